"""Varnish (and Vinyl Cache) through the doors of docs/providers/varnish/purgebot.vcl.

    URL                               PURGE <path> with the URL's Host     that object, all its variants
    prefix, pattern, host, everything BAN / with X-Ban-Host, X-Ban-Url     objects that match both regexes
    doctor                            PURGEBOT /                           nothing; are the doors there?

A plain 200 proves nothing: without the doors a purge reaches the origin as an odd request, and its page looks like a
yes. So an answer counts when it says X-Purgebot, and for PURGE also by Varnish's own reason "Purged".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import httpx

from providers.contract import (
    Account,
    Blueprint,
    Cached,
    Call,
    Capabilities,
    Field,
    Health,
    Kind,
    Pace,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import BadCredentials, PurgeError, Refused, WrongAddress
from providers.pacing import paces_of
from providers.packing import pack, visible_ascii
from providers.wire import Answer, Wire, gateway_trouble

LINE_SURE = 4_000  # bytes of a line that nobody finds too long
LINE_MAX = 8_100  # bytes of a request line or header; Varnish's http_req_hdr_len is 8,192 by default, measured on 7.1.1
MAX_BYTES = 16_384  # of target, headers and body; http_req_size is 32,768 by default
READY = "ready 1"
PACES = {
    "calls": Pace(500, 1, 500, "calls", source="ours: Varnish has no limit, this is kind to a small one"),
}
KINDS = frozenset({Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})
DOORS = "Include docs/providers/varnish/purgebot.vcl in its VCL and load it again."
SIGHTINGS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "PASS": Cached.UNCACHED,
    "STALE": Cached.STALE,
}
_URL = re.compile(r"https?://([^/?#]+)(/[^#]*)")
_TWO_IDS = re.compile(r"[0-9]+ [0-9]+")


class Varnish:
    """One Varnish."""

    name = "varnish"
    title = "Varnish"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        url = account.settings.get("api_url") or account.settings["url"]
        self.can = Capabilities(
            kinds=KINDS,
            soft=frozenset(),
            per_call={**dict.fromkeys(KINDS, 1), Kind.URL: 2},  # http and https of one URL are one object
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
        )
        self._wire = Wire(url, None, transport, who=f"Varnish at {_shown(url)}")

    def plan(self, purge: Purge) -> Sequence[Call]:
        """One call for each object or ban; http and https of one URL are one object. Raises UnsupportedWish."""
        targets = dict.fromkeys(purge.targets)
        match purge.kind:
            case Kind.URL:
                return _purges(targets)
            case Kind.PREFIX:
                return [_ban(Kind.PREFIX, (t,), (_host(t),), below(_rest(t))) for t in targets]
            case Kind.PATTERN:
                return [_ban(Kind.PATTERN, (t,), (_host(t),), like(_rest(t))) for t in targets]
            case Kind.HOST:
                return [_ban(Kind.HOST, (t,), (t,), below("/")) for t in targets]
            case Kind.EVERYTHING:
                return _everything(purge.hosts)
            case kind:
                possible = "Name URLs, a prefix, a pattern, a host, or everything instead."
                raise UnsupportedWish(f"Varnish purges no {kind.value}s here.", possible)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Knock at a door once. Raises PurgeError."""
        answer = await self._wire.send(call.method, call.path, call.headers, call.body)
        said = answer.headers.get("x-purgebot", "")
        if answer.status == 200 and said == ("purged" if call.method == "PURGE" else "banned"):
            return Receipt(note=answer.reason)
        if answer.status == 200 and call.method == "PURGE" and answer.reason == "Purged":
            return Receipt(note=answer.reason)
        raise self._trouble(answer, long=max(len(call.path), *(len(value) for _, value in call.headers)) > LINE_SURE)

    def _trouble(self, answer: Answer, long: bool = False) -> PurgeError:
        who, said = self._wire.who, answer.reason
        match answer.status:
            case 403 if "proxy" in answer.reason:
                what = f"{who} saw this call come through a proxy, where it cannot tell callers apart."
                return BadCredentials(what, "Set `url` to the address where Varnish itself listens.", said)
            case 401 | 403 | 407:
                what = f"{who} takes no purges from the address of this machine."
                return BadCredentials(what, "Add it to acl purgebot_clients in its VCL and load that again.", said)
            case 400 if "x-purgebot" in answer.headers:
                return Refused(f"{who} did not take this ban.", "Name the URLs, or the host.", said)
            case 400 | 413 | 414 | 431 if long:
                return Refused(f"{who} cannot read a request this long.", "Name a shorter prefix, or the host.", said)
            case _:
                return gateway_trouble(answer, who, said) or self._no_door(answer)

    def _no_door(self, answer: Answer) -> PurgeError:
        if answer.status == 200 and answer.reason.startswith("Ban"):
            what = f"{self._wire.who} has a ban door of its own, which did not read what to ban."
            return WrongAddress(what, DOORS, answer.reason)
        what = f"{self._wire.who} has no purge door: it answered {answer.status} like to any request."
        return WrongAddress(what, f"{DOORS} Is `url` the right one?", answer.reason)

    async def progress(self, receipt: Receipt) -> Receipt:
        """A purge is done when it is answered."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Varnish has no budget of its own."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache as our VCL says it, else X-Varnish, which holds a second number where the object was in the cache."""
        says = headers.get("x-cache", "").strip()
        word = re.split(r"[\s,;]", says.upper())[0]
        if word in SIGHTINGS:
            return Sighting(SIGHTINGS[word], says[:40])
        if ids := headers.get("x-varnish", "").strip():
            hit = _TWO_IDS.fullmatch(ids) is not None
            return Sighting(Cached.HIT, "HIT") if hit else Sighting(Cached.MISS, "MISS")
        return Sighting()

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether the doors are there and open to us."""
        answer = await self._wire.send("PURGEBOT", "/")
        said = answer.headers.get("x-purgebot", "")
        if answer.status == 200 and said == READY:
            return Probe(Health.GOOD, f"{self._wire.who} has its purge doors open to this machine.")
        if answer.status == 200 and said.startswith("ready"):
            what = f"{self._wire.who} has purge doors of another version ({said})."
            return Probe(Health.DOUBTFUL, what, DOORS)
        trouble = self._trouble(answer)
        return Probe(Health.BAD, trouble.what, trouble.advice)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


def below(prefix: str) -> str:
    """The regex of what lies under `prefix`, at path boundaries: `/news` is /news, /news/… and /news?…."""
    return f"^{_escaped(prefix)}" if prefix.endswith("/") else f"^{_escaped(prefix)}([/?]|$)"


def like(pattern: str) -> str:
    """The regex of what a pattern with stars names. A pattern without `?` covers every query string.

    Between two stars the first match is kept (an atomic group), so a long URL costs linear time: where a ban runs into
    PCRE's match limit, Varnish 7.1 panics and loses its cache (`^/.*a.*a.*a.*b$` on 8,000 a's, measured)."""
    head, *middle, tail = pattern.split("*")
    steps = "".join(f"(?>.*?{_escaped(part)})" for part in middle if part)
    end = "" if not tail else f".*{_escaped(tail)}$" if "?" in pattern else rf".*{_escaped(tail)}(\?|$)"
    return f"^{_escaped(head)}{steps}{end}"


def _escaped(text: str) -> str:
    """`text` as PCRE inside a ban, which a quote would end."""
    return re.sub(r"[^A-Za-z0-9/_%&=~,:;@<>!-]", r"\\\g<0>", text).replace('\\"', r"\x22")


def _host_regex(hosts: Sequence[str]) -> str:
    """These hosts, whatever port a visitor wrote."""
    return f"^({'|'.join(_escaped(host) for host in hosts)})(:[0-9]+)?$"


def _host(target: str) -> str:
    return target.partition("/")[0]


def _rest(target: str) -> str:
    return target[len(_host(target)) :] or "/"


def _purges(urls: Iterable[str]) -> list[Call]:
    same: dict[tuple[str, str], list[str]] = {}
    for url in urls:
        found = _URL.fullmatch(url)
        if not found or not visible_ascii(url):
            raise UnsupportedWish(
                f"`{url[:80]}` is not a URL as it goes on the wire.", "Write it whole, percent-encoded."
            )
        same.setdefault((found[1], found[2]), []).append(url)
    return [_call(Kind.URL, "PURGE", rest, tuple(urls), [("Host", host)]) for (host, rest), urls in same.items()]


def _everything(hosts: Sequence[str]) -> list[Call]:
    """Bans of this site's hosts only: another site's objects stay."""
    if not hosts:
        raise UnsupportedWish("Everything means the site's hosts, and it has none.", "Name them under `hosts`.")
    packs = pack(hosts, len(hosts), LINE_MAX - 100, lambda host: len(_escaped(host)) + 1)
    return [_ban(Kind.EVERYTHING, (), some, below("/")) for some in packs]


def _ban(kind: Kind, targets: tuple[str, ...], hosts: Sequence[str], url_regex: str) -> Call:
    if not all(visible_ascii(text) for text in (*targets, *hosts)):
        raise UnsupportedWish(f"`{targets[0][:80]}` is not an address as it goes on the wire.", "Percent-encode it.")
    headers = [("Host", hosts[0]), ("X-Ban-Host", _host_regex(hosts)), ("X-Ban-Url", url_regex)]
    return _call(kind, "BAN", "/", targets, headers)


def _call(kind: Kind, method: str, path: str, targets: tuple[str, ...], headers: Sequence[tuple[str, str]]) -> Call:
    if max(len(path), *(len(value) for _, value in headers)) > LINE_MAX:
        what = f"`{''.join(targets)[:60]}…` is too long for one line to Varnish."
        raise UnsupportedWish(what, "Name a shorter prefix, or the host.")
    return Call(kind, method, path, targets, (("calls", 1),), tuple(headers))


def _shown(url: str) -> str:
    """Where an address leads, without what may be secret in it."""
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2] or "an address that is not a URL"


BLUEPRINT = Blueprint(
    name=Varnish.name,
    title=Varnish.title,
    fields=(
        Field("url", "where Varnish listens", required=True, example="http://10.0.0.5:6081"),
        Field("api_url", "another address to send to instead", example="http://127.0.0.1:6081"),
    ),
    layer_fields=(),
    build=Varnish,
)
