"""Google Cloud CDN: urlMaps.invalidateCache by path, host or tag; an operation that is asked until it is DONE.

    URL                {"host", "path": "/a"}                the path, whatever its query string
    prefix             "/news/*", and "/news" itself         a star stands only at the end, after a slash
    host, everything   {"host", "path": "/*"}                each host of the site; the whole map where it has none
    tag                {"cacheTags": [...]}                  any of them

The service account signs its own bearer token (https://google.aip.dev/auth/4111), so there is no token to fetch; the
clock of that signature is google-auth's. Every call carries a requestId, so that a repeat is no second invalidation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import httpx

from providers.contract import (
    A_HEADER,
    HEADER,
    Account,
    Blueprint,
    Cached,
    Call,
    Capabilities,
    Confirmation,
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
from providers.errors import Refused
from providers.googlecdn_answers import SIDE, Operation, operation, trouble
from providers.googlecdn_key import ServiceAccount
from providers.pacing import paces_of
from providers.packing import pack, visible_ascii
from providers.wire import Answer, Wire

API = "https://compute.googleapis.com/compute/v1"
DOCS = "https://cloud.google.com/cdn/docs/cache-invalidation-overview"
PACES = {
    "calls": Pace(500, 60, 500, "invalidations", window=True, source=DOCS, checked="2026-11-23"),
}
KINDS = frozenset({Kind.URL, Kind.PREFIX, Kind.TAG, Kind.HOST, Kind.EVERYTHING})
URLS_MAX = 100  # query strings of one path in one call; they cost nothing, since the path is sent
TAGS_MAX = 10  # Media CDN's number; Cloud CDN's reference names none
READY_SECONDS = 10.0  # "about 10 seconds", DOCS
MAX_BYTES = 100_000  # of a call; ours
JSON = (("Content-Type", "application/json"),)
SIGHTINGS = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "revalidated": Cached.REVALIDATED,
    "stale": Cached.STALE,
    "uncacheable": Cached.UNCACHED,
    "disabled": Cached.UNCACHED,
}  # https://cloud.google.com/load-balancing/docs/https/custom-headers, {cdn_cache_status}
NO_PATH = '{"path":"purgebot-doctor"}'  # without a slash: refused, and nothing is invalidated
_NAME = re.compile(r"[a-z][-a-z0-9:.]{0,98}")
_AGE = re.compile(r"[0-9]{1,9}")


class GoogleCdn:
    """One service account in one project."""

    name = "googlecdn"
    title = "Google Cloud CDN"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._project = account.settings.get("project", "")
        self._status_header = account.settings.get("status_header", "").lower()
        self._key = ServiceAccount(account.secrets.get("credentials", ""))
        url = account.settings.get("api_url") or API
        self._wire = Wire(url, None, transport, side=SIDE)
        self.can = Capabilities(
            kinds=KINDS,
            soft=frozenset(),
            per_call={
                **dict.fromkeys(KINDS, 1),
                Kind.URL: URLS_MAX,
                Kind.TAG: account.per_call.get(Kind.TAG, TAGS_MAX),
            },
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            confirmation=Confirmation.POLLED,
        )

    def plan(self, purge: Purge) -> Sequence[Call]:
        """One call for each path, ten tags a call. Raises UnsupportedWish."""
        at = self._path(purge.layer)
        targets = tuple(dict.fromkeys(purge.targets))
        if wrong := next((target for target in targets if not visible_ascii(target)), ""):
            raise UnsupportedWish(f"`{wrong[:80]}` is not as it goes on the wire.", "Percent-encode it.")
        match purge.kind:
            case Kind.URL:
                return _by_path(at, targets)
            case Kind.PREFIX:
                return [call for target in targets for call in _below(at, target)]
            case Kind.HOST:
                return [_call(at, Kind.HOST, {"host": host, "path": "/*"}, (host,)) for host in targets]
            case Kind.TAG:
                packs = pack(targets, self.can.per_call[Kind.TAG], MAX_BYTES // 2, lambda tag: len(tag) + 3)
                return [_call(at, Kind.TAG, {"cacheTags": list(tags)}, tags) for tags in packs]
            case Kind.EVERYTHING:
                hosts = [{"host": host} for host in purge.hosts] or [{}]
                return [_call(at, Kind.EVERYTHING, {**host, "path": "/*"}, ()) for host in hosts]
            case kind:
                raise UnsupportedWish(f"Google Cloud CDN purges no {kind.value}s.", _instead(purge))

    def _path(self, layer: Mapping[str, str]) -> str:
        url_map = layer.get("url_map", "")
        for name, setting in ((self._project, "project"), (url_map, "url_map")):
            if not _NAME.fullmatch(name):
                what = f"`{name[:60]}` is not the name of a {'project' if setting == 'project' else 'URL map'}."
                raise UnsupportedWish(what, f"Set `{setting}` to its name, as gcloud compute url-maps list shows it.")
        return f"/projects/{self._project}/global/urlMaps/{url_map}/invalidateCache"

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt; a repeat with the same reference is the same invalidation. Raises PurgeError."""
        target = f"{call.path}?requestId={uuid5(NAMESPACE_URL, reference)}"
        answer = await self._ask(call.method, target, call.headers, call.body)
        found = operation(answer)
        if found is None:
            raise trouble(answer, call.path)
        return _receipt(found)

    async def _ask(self, method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        token = self._key.token()
        answer = await self._wire.send(method, target, [*headers, ("Authorization", f"Bearer {token}")], body)
        return replace(answer, text=answer.text.replace(token, "…"), reason=answer.reason.replace(token, "…"))

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask for the operation. Raises PurgeError: Refused where it ended with an error."""
        if receipt.finished:
            return receipt
        path = f"/projects/{self._project}/global/operations/{receipt.id}"
        answer = await self._ask("GET", path)
        found = operation(answer)
        if found is None:
            raise trouble(answer, path)
        return _receipt(found)

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Google does not say."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """The header of {cdn_cache_status} where one is configured, else an Age behind `Via: 1.1 google`."""
        if says := headers.get(self._status_header, "").strip() if self._status_header else "":
            return Sighting(SIGHTINGS.get(says.lower(), Cached.UNKNOWN), says[:40])
        age = headers.get("age", "").strip()
        if "google" in headers.get("via", "") and _AGE.fullmatch(age):
            return Sighting(Cached.HIT, f"Age {age}")
        return Sighting()

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether the service account may invalidate, by a path that Google refuses after everything else was taken."""
        try:
            path = self._path(layer)
        except UnsupportedWish as exc:
            return Probe(Health.BAD, exc.what, exc.possible)
        answer = await self._ask("POST", path, JSON, NO_PATH)
        found = trouble(answer, path)
        if isinstance(found, Refused) and "path" in found.said:
            what = f"Google Cloud CDN takes invalidations of {layer['url_map']} from {self._key.email}."
            return Probe(Health.GOOD, what)
        return Probe(Health.BAD, found.what, found.cure)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


def _receipt(found: Operation) -> Receipt:
    if found.status != "DONE":
        return Receipt(id=found.name, ready_in=READY_SECONDS, finished=False)
    if found.trouble():
        raise Refused(
            f"Google ended {found.name} with an error.", "Retry; if it ends so again, ask Google.", found.trouble()
        )
    return Receipt(id=found.name)


def _by_path(at: str, urls: Iterable[str]) -> list[Call]:
    """URLs of one host and path are one call: Google matches paths only."""
    same: dict[tuple[str, str], list[str]] = {}
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UnsupportedWish(f"`{url[:80]}` is not a whole URL.", "Write it with scheme, host and path.")
        same.setdefault((parts.netloc, _literal(parts.path or "/")), []).append(url)
    calls = []
    for (host, path), group in same.items():
        packs = pack(group, URLS_MAX, MAX_BYTES, lambda url: 1)
        calls += [_call(at, Kind.URL, {"host": host, "path": path}, some) for some in packs]
    return calls


def _literal(path: str) -> str:
    """A path; the folder where a star stands in it, which Google would read or refuse."""
    head, star, _ = path.partition("*")
    return f"{head[: head.rfind('/') + 1]}*" if star else path


def _below(at: str, prefix: str) -> list[Call]:
    """`host/news` is /news/* and /news: two calls, of which the first names the target."""
    host, slash, rest = prefix.partition("/")
    if "?" in rest or "#" in rest or "*" in rest:
        what = f"`{prefix[:80]}` is not a prefix for Google Cloud CDN."
        raise UnsupportedWish(what, "Name host and path, without ?, # and *.")
    path = slash + rest
    wide = path if path.endswith("/") else f"{path}/"
    calls = [_call(at, Kind.PREFIX, {"host": host, "path": f"{wide}*"}, (prefix,))]
    if path and path != wide:
        calls.append(_call(at, Kind.PREFIX, {"host": host, "path": path}, ()))
    return calls


def _instead(purge: Purge) -> str:
    """The nearest wider and narrower wish."""
    if purge.kind is not Kind.PATTERN or not purge.targets:
        return "Name URLs, tags, a prefix, a host, or everything instead."
    place = purge.targets[0].partition("*")[0]
    host, slash, path = place[: place.rfind("/") + 1].partition("/")
    wider = f"prefix {host}{slash}{path}" if path else f"host {host}"
    return f"Wider: {wider}. Narrower: the URLs, one by one."


def _call(at: str, kind: Kind, body: Mapping[str, str | list[str]], targets: tuple[str, ...]) -> Call:
    text = json.dumps(body, separators=(",", ":"))
    if len(text) > MAX_BYTES - 1_000:
        what = f"`{''.join(targets)[:60]}…` is longer than a call may be ({MAX_BYTES:,} bytes)."
        raise UnsupportedWish(what, "Name a shorter prefix, or the host.")
    return Call(kind, "POST", at, targets, (("calls", 1),), JSON, text)


BLUEPRINT = Blueprint(
    name=GoogleCdn.name,
    title=GoogleCdn.title,
    fields=(
        Field(
            "credentials", "a service account's key, the whole JSON", required=True, secret=True,
            example="{file: /run/secrets/google.json}",
        ),
        Field("project", "the project of the URL map", required=True, example="shop-prod", pattern=_NAME.pattern,
            form="a project's id"),
        Field("status_header", "the response header that holds {cdn_cache_status}", example="x-cache-status",
            pattern=HEADER, form=A_HEADER),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    ),
    layer_fields=(
        Field("url_map", "the name of the global URL map", required=True, example="shop-map", pattern=_NAME.pattern,
            form="the name of a URL map"),
    ),
    build=GoogleCdn,
    package="google",  # of google-auth; a dotted name cannot be looked for where its parent is missing
    extra="google",
)  # fmt: skip
