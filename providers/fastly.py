"""Fastly: URLs, surrogate keys ("tags" here) and everything of one service, hard or soft.

    URL          POST /purge/<host><path>               as it is; no scheme, for http and https are one object
    TAG          POST /service/<id>/purge               keys in the Surrogate-Key header: on the path a slash loses them
    EVERYTHING   POST /service/<id>/purge_all           always hard

`Fastly-Soft-Purge` makes a purge soft by being there, whatever its value, so a hard purge goes without it. A 200 means
accepted, even for what was never cached. In a shielded service an edge can refill from the shield before that is purged
in turn, so each call is sent twice: Fastly's own advice (https://github.com/pypi/warehouse/pull/12771, 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx

from providers.adapter import OverHttp
from providers.calls import Calls
from providers.contract import (
    Account,
    Blueprint,
    Call,
    Field,
    Kind,
    Probe,
    Purge,
    Receipt,
    Seen,
    Sighting,
    UnsupportedWish,
)
from providers.errors import Unexpected
from providers.fastly_answers import SIDE, about, ids_of, left_of, reading, trouble, yes_of
from providers.fastly_limits import SECOND_PASS, SECOND_PASS_EVERYTHING, TAG_MAX, TAGS_ROOM, TARGET_MAX, can_of
from providers.fastly_probe import finding
from providers.fastly_sightings import pops_of, seen
from providers.packing import alike, named, pack
from providers.signing import HeaderKeys
from providers.wire import Answer

API = "https://api.fastly.com"
NO_TOKEN = (
    "`token` of this account is empty, or holds a blank or a letter that no Fastly token has.",
    "Copy it again, then start the bot again.",
)


class Fastly(OverHttp):
    """One token at Fastly."""

    name = "fastly"
    title = "Fastly"
    fields = (
        Field("token", "an API token with the scopes `purge_select` and, for everything, `purge_all`", required=True,
              secret=True, example="{env: FASTLY_TOKEN}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    )  # fmt: skip
    layer_fields = (
        Field("service", "the service's id, under its name in Fastly's control panel", required=True,
              example="SU1Z0isxPaozGVKXdv0eY5", pattern="[0-9A-Za-z]{10,40}", form="a service's id"),
        Field("shielded", "whether a backend has a shield: every call is then sent twice", choices=("yes", "no")),
        Field("second_pass", "seconds between the two; 2, and at least 30 after everything, where nothing is said",
              example="20", pattern="[0-9]{1,3}", form="a number of seconds up to 999"),
        Field("environment", "production, or staging", example="production", pattern="production|staging",
              form="production or staging"),
    )  # fmt: skip

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        token = account.secrets.get("token", "").strip()
        auth = HeaderKeys({"Fastly-Key": token})
        super().__init__(account, transport, api=API, side=SIDE, auth=auth, secrets=(token,), no_key=NO_TOKEN)
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each URL, for up to 256 tags, or for everything. Raises UnsupportedWish."""
        path, again, headers = f"/service/{purge.layer['service']}", _again(purge), _headers(purge)
        match purge.kind:
            case Kind.URL:
                return _urls(purge, headers, again)
            case Kind.TAG:
                packs = pack(map(_tag, purge.targets), self.can.per_call[Kind.TAG], TAGS_ROOM, lambda t: len(t) + 1)
                return [
                    Call(Kind.TAG, "POST", f"{path}/purge", tags, (("purges", len(tags)),),
                         (("Surrogate-Key", " ".join(tags)), *headers), again_after=again)
                    for tags in packs
                ]  # fmt: skip
            case kind:
                return [Call(kind, "POST", f"{path}/purge_all", (), (("api", 1),), headers, again_after=again)]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self.ask(call.method, call.path, call.headers)
        if call.kind is Kind.TAG:
            return _tags_taken(call, answer)
        yes = yes_of(answer)
        if yes is None or (call.kind is Kind.URL and not yes.id):
            raise trouble(answer, about(call))
        return Receipt(id=yes.id[:64], left=left_of(answer))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache and X-Served-By."""
        return seen(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether this token may purge the layer's service, by what token and service say of themselves."""
        return await finding(lambda path: self.ask("GET", path), layer)

    async def alone(self, needed: str) -> Probe:
        """Whether the token may purge anything."""
        return await self.examine({})

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """What every POP serves for `url`, by edge_check: at most 200 an hour (docs/ContentApi.md of fastly-py,
        2026-11-23), and each POP fetches what it does not hold. Raises PurgeError."""
        answer = await self.ask("GET", f"/content/edge_check?url={quote(url, safe='')}")
        pops = pops_of(answer)
        if pops is None:
            raise trouble(answer, reading("what the POPs hold"))
        return pops


def _again(purge: Purge) -> float:
    """Seconds until the second pass; none where the service has no shield."""
    if purge.layer.get("shielded") != "yes":
        return 0.0
    after = float(purge.layer.get("second_pass", SECOND_PASS))
    return max(after, SECOND_PASS_EVERYTHING) if after and purge.kind is Kind.EVERYTHING else after


def _headers(purge: Purge) -> tuple[tuple[str, str], ...]:
    """Those that say how to purge, and where. None at all for a hard purge in production."""
    if purge.soft and purge.kind is Kind.EVERYTHING:
        possible = "Purge it hard, or have the origin give all pages one tag and purge that softly."
        raise UnsupportedWish("Fastly cannot purge everything softly.", possible)
    soft = (("Fastly-Soft-Purge", "1"),) if purge.soft else ()
    if purge.layer.get("environment") != "staging":
        return soft
    if purge.kind is Kind.URL:
        raise UnsupportedWish("Fastly's API purges no URLs in staging.", "Name tags or everything.")
    return (*soft, ("Fastly-Purge-Environment", "staging"))


def _urls(purge: Purge, headers: tuple[tuple[str, str], ...], again: float) -> Calls:
    """One call for each object: http and https are one."""
    if long := next((url for url in purge.targets if len(_object(url)) > TARGET_MAX), ""):
        raise UnsupportedWish(f"`{long[:60]}…` is longer than Fastly takes ({TARGET_MAX:,} bytes).", "Purge a tag.")
    each, others = alike(purge.targets)
    cost = (("purges", 1),)

    def make(n: int) -> Call:
        return Call(Kind.URL, "POST", _object(each[n]), named(each[n], others), cost, headers, again_after=again)

    return Calls(len(each), make, {"purges": len(each) * (2 if again else 1)}, again)


def _object(url: str) -> str:
    return f"/purge/{url.partition('://')[2]}"


def _tag(tag: str) -> str:
    if len(tag) > TAG_MAX:
        what = f"`{tag[:80]}` is not a tag: up to {TAG_MAX:,} printable ASCII characters without blanks."
        raise UnsupportedWish(what, "Mend it, or name URLs or everything.")
    return tag


def _tags_taken(call: Call, answer: Answer) -> Receipt:
    """The answer to tags is a purge id for each. Raises PurgeError."""
    ids = ids_of(answer)
    missing = [tag for tag in call.targets if tag not in ids]
    if len(missing) == len(call.targets):
        raise trouble(answer, about(call))
    if missing:
        what = f"Fastly purged {len(call.targets) - len(missing)} of {len(call.targets)} tags, and not `{missing[0]}`."
        raise Unexpected(what, "Purge that tag alone, and report it.")
    note = f"one purge id for each of {len(ids)} tags" if len(ids) > 1 else ""
    return Receipt(id=ids[call.targets[0]][:64], note=note)


BLUEPRINT = Blueprint(Fastly.name, Fastly.title, Fastly.fields, Fastly.layer_fields, build=Fastly)
