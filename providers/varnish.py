"""Varnish (and Vinyl Cache) through the doors of docs/providers/varnish/purgebot.vcl, or by its management port.

    URL                               PURGE <path> with the URL's Host     that object, all its variants
    tag (tags: xkey)                  PURGE with xkey-purge                objects that carry one of these keys
    tag (tags: header)                ban                                  objects of the site that list one of them
    prefix, pattern, host, everything ban                                  objects that match host and URL
    doctor                            PURGEBOT /, status                   nothing; are the doors there?

A ban is a line of the management port where `admin` is set, else BAN / at a door. A plain 200 proves nothing: without
the doors a purge reaches the origin as an odd request, and its page looks like a yes. So an answer counts when it says
X-Purgebot, and for PURGE also by Varnish's own reason "Purged".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import Adapter
from providers.calls import Calls
from providers.contract import (
    A_HEADER,
    Account,
    Blueprint,
    Cached,
    Call,
    Capabilities,
    Field,
    Kind,
    Pace,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import WrongAddress
from providers.pacing import paces_of
from providers.packing import alike, named, pack
from providers.sides import shown
from providers.varnish_admin import FIELD, AdminPort
from providers.varnish_answers import command_trouble, door_trouble, side_at, taken
from providers.varnish_bans import (
    COMMAND,
    COST,
    LINE_MAX,
    TAGS_A_BAN,
    bans_of,
    taken_apart,
    too_long,
)
from providers.varnish_probe import door_probe, port_probe, worst
from providers.wire import Wire

MAX_BYTES = 16_384  # of target, headers and body; http_req_size is 32,768 by default
TAGS_A_CALL = 200  # ours: xkey takes any number that fits a line
XKEY_PATH = "/purgebot-tags"  # a VCL without the door purges this, which is nowhere
PACES = {
    "calls": Pace(500, 1, 500, "calls", source="ours: Varnish has no limit, this is kind to a small one"),
}
NO_DOOR = "xkey is asked through a door of its VCL: set `url` beside `admin`."
BANS = frozenset({Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})
SIGHTINGS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "PASS": Cached.UNCACHED,
    "STALE": Cached.STALE,
}
_TWO_IDS = re.compile(r"[0-9]+ [0-9]+")


class Varnish(Adapter):
    """One Varnish."""

    name = "varnish"
    title = "Varnish"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        settings = account.settings
        url = settings.get("api_url") or settings.get("url", "")
        admin = settings.get("admin", "")
        self._tags = settings.get("tags", "")
        self._field = settings.get("tag_header", "Cache-Tag")
        self._wire = Wire(url, None, transport, side=side_at(shown(url))) if url else None
        self._admin = AdminPort(admin, account.secrets.get("secret", "")) if admin else None
        tags = frozenset({Kind.TAG} if self._tags == "header" or (self._tags and url) else ())
        urls = frozenset({Kind.URL} if url and settings.get("soft") == "yes" else ())
        most = account.per_call.get(Kind.TAG, TAGS_A_CALL)
        self.can = Capabilities(
            kinds=BANS | tags | {Kind.URL},
            soft=urls | (tags if self._tags == "xkey" else frozenset()),
            per_call={
                **dict.fromkeys(BANS, 1),
                Kind.URL: 2,  # http and https of one URL are one object
                **dict.fromkeys(tags, min(most, TAGS_A_CALL if self._tags == "xkey" else TAGS_A_BAN)),
            },
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            of_hosts=frozenset({Kind.EVERYTHING, *(tags if self._tags == "header" else ())}),
            instead={Kind.TAG: NO_DOOR} if self._tags == "xkey" else {},
        )

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each object, ban or pack of tags. Raises UnsupportedWish."""
        soft = purge.soft and purge.kind in self.can.soft
        if purge.kind is Kind.URL and self._wire:
            return _purges(purge.targets, soft)
        if purge.kind is Kind.TAG and self._tags == "xkey":
            return _keys(purge, soft, self.can.per_call[Kind.TAG])
        bans = bans_of(purge, self._field, self.can.per_call.get(Kind.TAG, 1))
        return [ban.as_a_command() if self._admin else ban.at_a_door() for ban in bans]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Knock at a door, or give one command, once. Raises PurgeError."""
        if call.method == COMMAND:
            return await self._command(call)
        if self._wire is None:
            raise WrongAddress("This call was planned for a door of Varnish.", "Set `url` again.")
        answer = await self._wire.send(call.method, call.path, call.headers, call.body)
        if receipt := taken(call, answer):
            return receipt
        raise door_trouble(answer, self._wire.side, call)

    async def _command(self, call: Call) -> Receipt:
        if self._admin is None:
            raise WrongAddress("This call was planned for the management port of Varnish.", "Set `admin` again.")
        (reply,) = await self._admin.ask(call.path)
        if not reply.good:
            raise command_trouble(reply, self._admin.who)
        return Receipt(note="Banned.")

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache as our VCL says it, else X-Varnish, which holds a second number where the object was in the cache."""
        says = headers.get("x-cache", "").strip()
        word = re.split(r"[\s,;]", says.upper())[0]
        if word in SIGHTINGS:
            return Sighting(SIGHTINGS[word], says[:40])
        if ids := (headers.get("x-varnish") or headers.get("x-vinyl") or "").strip():
            hit = _TWO_IDS.fullmatch(ids) is not None
            return Sighting(Cached.HIT, "HIT") if hit else Sighting(Cached.MISS, "MISS")
        return Sighting()

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the doors and the port are there and open to us, with all that this account asks of them."""
        found: list[Probe] = []
        if self._wire:
            found.append(await door_probe(self._wire, self._needs()))
        if self._admin:
            found.append(await port_probe(self._admin))
        return worst(found)

    def _needs(self) -> tuple[str, ...]:
        """The doors beyond PURGE and BAN that this account knocks at."""
        soft = ("soft",) if Kind.URL in self.can.soft else ()
        if self._tags == "xkey":
            return (*soft, "xkey")
        return (*soft, "tags") if self._tags and not self._admin else soft

    async def close(self) -> None:
        """Let go of connections."""
        if self._wire:
            await self._wire.close()


def _purges(urls: Sequence[str], soft: bool) -> Calls:
    mark = (("X-Purgebot-Soft", "yes"),) if soft else ()
    each, others = alike(urls)

    def make(n: int) -> Call:
        host, rest = taken_apart(each[n])
        return Call(Kind.URL, "PURGE", rest, named(each[n], others), COST, (("Host", host), *mark))

    for url in each:
        if len(url) > LINE_MAX and max(map(len, taken_apart(url))) > LINE_MAX:
            raise too_long(named(url, others))
    return Calls(len(each), make, {"calls": len(each)})


def _keys(purge: Purge, soft: bool, most: int) -> list[Call]:
    """xkey parts its keys at blanks and commas, and knows no hosts: a key goes wherever it stands."""
    if two := next((tag for tag in purge.targets if "," in tag), ""):
        raise UnsupportedWish(f"`{two[:80]}` is no single xkey.", "Name tags without blanks and commas, one by one.")
    name = "xkey-softpurge" if soft else "xkey-purge"
    host = purge.hosts[0] if purge.hosts else "purgebot"
    packs = pack(purge.targets, most, LINE_MAX - 100, lambda tag: len(tag) + 1)
    return [_call(Kind.TAG, XKEY_PATH, some, (("Host", host), (name, " ".join(some)))) for some in packs]


def _call(kind: Kind, path: str, targets: tuple[str, ...], headers: tuple[tuple[str, str], ...]) -> Call:
    if max(len(path), *(len(value) for _, value in headers)) > LINE_MAX:
        raise too_long(targets)
    return Call(kind, "PURGE", path, targets, COST, headers)


BLUEPRINT = Blueprint(
    name=Varnish.name,
    title=Varnish.title,
    fields=(
        Field("url", "where Varnish listens", example="http://10.0.0.5:6081"),
        Field("api_url", "another address to send to instead", example="http://127.0.0.1:6081"),
        Field(
            "admin",
            "host and port of its management port (-T)",
            example="10.0.0.5:6082",
            pattern=FIELD,
            form="a host and a port",
        ),
        Field("secret", "the file of its management port (-S)", secret=True),
        Field("tags", "how its objects are tagged", choices=("xkey", "header"), example="xkey"),
        Field(
            "tag_header",
            "the header that lists tags",
            example="Cache-Tag",
            pattern=r"[A-Za-z][A-Za-z0-9-]*",
            form=A_HEADER,
        ),
        Field("soft", "whether its VCL softens single URLs", choices=("yes", "no"), example="yes"),
    ),
    layer_fields=(),
    build=Varnish,
    needs_one_of=(("url", "admin"),),
    needs=(("secret", "admin"), ("tags: xkey", "url")),
)
