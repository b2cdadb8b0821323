"""nginx, by its purge module or by NGINX Plus; on the same machine, by removing its cache files (nginx_files).

    purge module   PURGE <door><path>, Host, X-Purge-Scheme    200 "Successful purge", 202; 404 and 412: nothing cached
    NGINX Plus     PURGE <path>, Host                          204; a key that ends in a star is a wildcard

The module's inline form (`proxy_cache_purge PURGE from …` in the location that serves) kills nginx's worker at each
purge with module 2.3, and all that is seen of it is an answer cut off; so the module is used through a location of its
own, the door (https://github.com/FRiCKLE/ngx_cache_purge/issues/68). A 404 is what an origin says as well, so it means
"nothing cached" only where the door adds X-Purgebot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import OverHttp, bad
from providers.calls import Calls
from providers.contract import (
    Account,
    Blueprint,
    Call,
    Capabilities,
    Field,
    Health,
    Kind,
    Pace,
    Probe,
    Provider,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import OutcomeUnknown
from providers.nginx_answers import CRASH, NOTHING, is_nothing, is_yes, side_at, trouble
from providers.nginx_files import KEY, LEVELS, NginxFiles
from providers.nginx_keys import complaints
from providers.nginx_sightings import sighting
from providers.pacing import paces_of
from providers.packing import alike, named
from providers.sides import shown
from providers.wire import Answer

LINE_MAX = 8_100  # bytes of a request line; large_client_header_buffers is 4 of 8k by default
MAX_BYTES = 16_384  # of target and headers
PACES = {
    "calls": Pace(200, 1, 200, "calls", source="ours: nginx has no limit, this is kind to a small one"),
}
MODULES = ("purge", "plus")
WIDE = frozenset({Kind.PREFIX, Kind.HOST, Kind.EVERYTHING})
NEWER = "Name the URLs; with module 3.0 or newer set `wildcards: yes`, on the same machine `cache_dir`."
NOWHERE = "/purgebot-looks-for-the-door"  # purged by the doctor: nothing is cached under it


class Nginx(OverHttp):
    """One nginx with a purge door."""

    name = "nginx"
    title = "nginx"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        settings = account.settings
        url = settings.get("url", "")
        self._plus = settings.get("module") == "plus"
        self._wild = self._plus or settings.get("wildcards") == "yes"
        self._door = "" if self._plus else settings.get("door", "/purge").rstrip("/")
        kinds = WIDE | {Kind.URL} if self._wild else frozenset({Kind.URL})
        self.can = Capabilities(
            kinds=kinds,
            soft=frozenset(),
            per_call={**dict.fromkeys(kinds, 1), **({Kind.URL: 2} if self._plus else {})},
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            of_hosts=frozenset({Kind.EVERYTHING}),
            instead={} if self._wild else dict.fromkeys(WIDE, NEWER),
        )
        super().__init__(account, transport, api=url, side=side_at(shown(settings.get("api_url") or url)))

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each key: of a URL and its variants, or of a wildcard. Raises UnsupportedWish."""
        match purge.kind:
            case Kind.URL:
                return self._urls(purge.targets, purge.variants)
            case Kind.EVERYTHING:
                return [call for host in purge.hosts for call in self._wide(purge.kind, (), host)]
            case kind:
                return [call for target in purge.targets for call in self._wide(kind, (target,), target)]

    def _urls(self, urls: Sequence[str], variants: Sequence[Mapping[str, str]]) -> Calls:
        """The variants go first: once the entry that nginx met first is gone, its `Vary` siblings cannot be found."""
        if wild := next((url for url in urls if self._wild and url.endswith("*")), ""):
            raise UnsupportedWish(f"`{wild[:80]}` ends in a star, a wildcard to nginx.", "Name it as a prefix.")
        each, others = alike(urls) if self._plus else (urls, dict[str, str]())
        headers = (*variants, None)

        def make(n: int) -> Call:
            url, variant = each[n // len(headers)], headers[n % len(headers)]
            scheme, _, address = url.partition("://")
            host, slash, path = address.partition("/")
            covered = named(url, others) if variant is None else ()
            return self._call(Kind.URL, covered, "" if self._plus else scheme, host, slash + path, variant)

        for n, url in enumerate(each):
            if len(self._door + url) > LINE_MAX:
                make(n * len(headers))  # which refuses what is too long
        return Calls(len(each) * len(headers), make, {"calls": len(each) * len(headers)})

    def _wide(self, kind: Kind, targets: tuple[str, ...], place: str) -> list[Call]:
        """A wildcard knows no path boundary, so `/news` is three keys: /news, /news/* and /news?*."""
        host, _, path = place.partition("/")
        rests = [f"/{path}*"] if not path or path.endswith("/") else [f"/{path}", f"/{path}/*", f"/{path}?*"]
        schemes = ("",) if self._plus else ("http", "https")
        keys = [(scheme, rest) for rest in rests for scheme in schemes]
        return [self._call(kind, () if n else targets, scheme, host, rest) for n, (scheme, rest) in enumerate(keys)]

    def _call(
        self,
        kind: Kind,
        targets: tuple[str, ...],
        scheme: str,
        host: str,
        rest: str,
        variant: Mapping[str, str] | None = None,
    ) -> Call:
        if len(self._door + rest) > LINE_MAX:
            raise UnsupportedWish(f"`{host}{rest[:60]}…` is too long for one line to nginx.", "Name a shorter prefix.")
        headers = {"Host": host} | ({"X-Purge-Scheme": scheme} if scheme else {}) | dict(variant or {})
        return Call(kind, "PURGE", self._door + rest, targets, (("calls", 1),), tuple(headers.items()))

    async def send(self, call: Call, reference: str) -> Receipt:
        """Knock once. Raises PurgeError."""
        answer = await self.ask("PURGE", call.path, call.headers)
        if is_yes(answer, self._plus):
            return Receipt(note="Purged.")
        if is_nothing(answer):
            return Receipt(note=NOTHING)
        raise trouble(answer, self._wire.side, self._door, len(call.path))

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, of which a crash is told. Raises PurgeError."""
        try:
            return await super().ask(method, path, headers, body)
        except OutcomeUnknown as exc:
            if self._plus or not isinstance(exc.__cause__, httpx.RemoteProtocolError | httpx.ReadError):
                raise
            raise OutcomeUnknown(exc.what, f"{exc.cure} {CRASH}", exc.said) from exc

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache-Status."""
        return sighting(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the door is there and open to us, asked with a name under which nothing is cached."""
        answer = await self.ask("PURGE", f"{self._door}{NOWHERE}")
        if is_nothing(answer) or is_yes(answer, self._plus):
            return Probe(Health.GOOD, f"{self._wire.side.who} has its purge door open to this machine.")
        return bad(trouble(answer, self._wire.side, self._door))


def build(account: Account, transport: httpx.AsyncBaseTransport | None = None) -> Provider:
    """nginx by its files where `cache_dir` is given, else by its door."""
    return NginxFiles(account) if account.settings.get("cache_dir") else Nginx(account, transport)


BLUEPRINT = Blueprint(
    name=Nginx.name,
    title=Nginx.title,
    fields=(
        Field("url", "where nginx listens", example="http://10.0.0.6"),
        Field("module", "what purges there; `purge` where nothing is said", choices=MODULES, example="purge"),
        Field("door", "the path of the purge location", example="/purge", pattern="/[!-~]*", form="a path"),
        Field("wildcards", "whether the purge module is 3.0 or newer", choices=("no", "yes"), example="yes"),
        Field("cache_dir", "the cache's folder on this machine, instead of `url`", example="/var/cache/nginx/shop"),
        Field(
            "levels", "its `levels`; `none` where it has none", example=LEVELS, pattern="none|[12](:[12]){0,2}",
            form="what `levels` may say",
        ),
        Field("key", "its proxy_cache_key", example=KEY),
        Field("vary", "whether pages have variants (Vary): no saves reading all files", choices=("yes", "no")),
        Field("api_url", "another address to send to instead", example="http://127.0.0.1:8080"),
    ),
    layer_fields=(),
    build=build,
    needs_one_of=(("url", "cache_dir"),),
    excludes=(("url", "cache_dir"),),
    check=complaints,
)  # fmt: skip
