"""Bunny: POST /purge for URLs and what a star can say, POST /pullzone/<id>/purgeCache for tags and everything.

    URL                     /purge?url=…&exactPath=true          that URL; bucket `exact`, or `prefix` with a last /
    prefix, pattern, host   /purge?url=https://host/path*        by Bunny's wildcard; bucket `prefix`
    tag, everything         /pullzone/<id>/purgeCache            the pull zone's objects with this CDN-Tag, or all

Bunny waits until it is done (`async=false`) and answers 200 or 204 without a word; there is no job to ask about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

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
from providers.errors import BadCredentials, PurgeError, Refused, Unexpected, WrongAddress
from providers.pacing import paces_of
from providers.packing import visible_ascii
from providers.sides import cloud
from providers.signing import HeaderKeys
from providers.wire import Answer, Wire, gateway_trouble, said_by

API = "https://api.bunny.net"
LIMITS = "https://docs.bunny.net/docs/cdn-api-purge-rate-limits"
CHECKED = "2026-11-23"
PACES = {
    "exact": Pace(5, 1, 120, "URLs", source=LIMITS, checked=CHECKED),
    "prefix": Pace(0.5, 1, 20, "calls", source=LIMITS, checked=CHECKED),
}
KINDS = frozenset({Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.TAG, Kind.EVERYTHING})
MAX_BYTES = 30_000  # of a call; ours, Bunny names none
TAG_MAX = 1024  # bytes of a CDN-Tag header, https://docs.bunny.net/cdn/purge-cache, 2026-11-23
JSON = (("Content-Type", "application/json"),)
SIDE = cloud(
    "Bunny",
    "https://status.bunny.net",
    "Wait a minute, then retry. Where others purge with this account too, lower `exact` and `prefix` under `pace` to "
    "leave them room; Bunny's support raises limits.",
)
ZONE = "Set `pull_zone` to the number in the address of the pull zone's page at dash.bunny.net."
KEY = "Set `key` to the account's API key (dash.bunny.net, Account settings), whole; a storage zone's key is another."
REPORT = "Report it with what Bunny said."
SIGHTINGS = {"HIT": Cached.HIT, "MISS": Cached.MISS, "EXPIRED": Cached.EXPIRED, "BYPASS": Cached.UNCACHED}
_ZONE = re.compile(r"[0-9]{1,12}")
_ZONE_PATH = re.compile(r"/pullzone/([0-9]+)")


class _Zone(BaseModel):
    """A pull zone, as far as the doctor reads it."""

    Id: int
    Name: str = ""


class _Object(BaseModel):
    """Any JSON object."""


class Bunny:
    """One account at Bunny."""

    name = "bunny"
    title = "Bunny"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._key = account.secrets.get("key", "").strip()
        self._wire = Wire(
            account.settings.get("api_url") or API,
            HeaderKeys({"AccessKey": self._key}),
            transport,
            side=SIDE,
            secrets=(self._key,),
        )
        self.can = Capabilities(
            kinds=KINDS,
            soft=frozenset(),
            per_call=dict.fromkeys(KINDS, 1),
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
        )

    def plan(self, purge: Purge) -> Sequence[Call]:
        """One call for each target. Raises UnsupportedWish."""
        zone = _zone(purge.layer)
        targets = dict.fromkeys(purge.targets)
        if wrong := next((target for target in targets if not visible_ascii(target)), ""):
            raise UnsupportedWish(f"`{wrong[:80]}` is not as it goes on the wire.", "Percent-encode it.")
        match purge.kind:
            case Kind.URL:
                return [_by_url(Kind.URL, url, url, exact=True) for url in targets]
            case Kind.PREFIX:
                return [_by_url(Kind.PREFIX, t, f"https://{_below(t)}") for t in targets]
            case Kind.PATTERN:
                return [_by_url(Kind.PATTERN, t, f"https://{t}") for t in targets]
            case Kind.HOST:
                return [_by_url(Kind.HOST, host, f"https://{host}/*") for host in targets]
            case Kind.TAG:
                return [_tagged(zone, tag, purge.layer) for tag in targets]
            case Kind.EVERYTHING:
                return [_call(Kind.EVERYTHING, f"/pullzone/{zone}/purgeCache", (), "prefix")]
            case kind:
                possible = "Name URLs, a prefix, a pattern, a host, tags, or everything instead."
                raise UnsupportedWish(f"Bunny purges no {kind.value}s here.", possible)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self._ask(call.method, call.path, call.headers, call.body)
        if answer.status in (200, 202, 204) and (not answer.text.strip() or _is_object(answer)):
            return Receipt()
        raise _trouble(answer, call.path)

    async def _ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        if not visible_ascii(self._key):
            raise BadCredentials("`key` of this account is empty, or holds what no key of Bunny has.", KEY)
        return await self._wire.send(method, path, headers, body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """A purge is done when it is answered."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Bunny does not say."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """CDN-Cache."""
        says = headers.get("cdn-cache", "").strip()
        return Sighting(SIGHTINGS.get(says.upper(), Cached.UNKNOWN), says[:40])

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether the key may read the layer's pull zone, which every key of an account may that may purge it."""
        try:
            zone = _zone(layer)
        except UnsupportedWish as exc:
            return Probe(Health.BAD, exc.what, exc.possible)
        answer = await self._ask("GET", f"/pullzone/{zone}")
        try:
            seen = _Zone.model_validate_json(answer.text)
        except ValidationError:
            seen = None
        if answer.status == 200 and seen and str(seen.Id) == zone:
            return Probe(Health.GOOD, f"Bunny knows the key, and pull zone {zone} ({seen.Name[:40] or 'no name'}).")
        found = _trouble(answer, f"/pullzone/{zone}")
        return Probe(Health.BAD, found.what, found.cure)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


def _zone(layer: Mapping[str, str]) -> str:
    zone = layer.get("pull_zone", "")
    if not _ZONE.fullmatch(zone):
        raise UnsupportedWish(f"`{zone[:40]}` is not a pull zone of Bunny.", ZONE)
    return zone


def _below(prefix: str) -> str:
    """Everything under `host/path`: a path that ends in a slash already means that."""
    if "?" in prefix or "*" in prefix:
        raise UnsupportedWish(f"`{prefix[:80]}` is not a prefix for Bunny.", "Name host and path, without ? and *.")
    return prefix if prefix.endswith("/") else f"{prefix}*" if "/" in prefix else f"{prefix}/*"


def _by_url(kind: Kind, target: str, url: str, exact: bool = False) -> Call:
    """Bunny counts as prefix what holds a star or ends in a slash, exactPath or not."""
    wide = "*" in url or url.partition("?")[0].endswith("/")
    path = f"/purge?url={quote(url, safe='')}&async=false&exactPath={'true' if exact else 'false'}"
    return _call(kind, path, (target,), "prefix" if wide else "exact")


def _tagged(zone: str, tag: str, layer: Mapping[str, str]) -> Call:
    if layer.get("perma_cache") == "yes":
        what = "Bunny purges no tags of a pull zone with Perma-Cache."
        raise UnsupportedWish(what, "Name URLs, a prefix, or everything instead.")
    if len(tag) > TAG_MAX or "," in tag:
        raise UnsupportedWish(f"`{tag[:80]}` is not a tag.", f"A tag has at most {TAG_MAX:,} bytes and no commas.")
    body = json.dumps({"CacheTag": tag}, separators=(",", ":"))
    return _call(Kind.TAG, f"/pullzone/{zone}/purgeCache", (tag,), "prefix", JSON, body)


def _call(
    kind: Kind,
    path: str,
    targets: tuple[str, ...],
    bucket: str,
    headers: tuple[tuple[str, str], ...] = (),
    body: str = "",
) -> Call:
    if len(path) + len(body) > MAX_BYTES - 100:
        what = f"`{''.join(targets)[:60]}…` is longer than a call may be ({MAX_BYTES:,} bytes)."
        raise UnsupportedWish(what, "Name a shorter prefix, or the host.")
    return Call(kind, "POST", path, targets, ((bucket, 1),), headers, body)


def _is_object(answer: Answer) -> bool:
    try:
        _Object.model_validate_json(answer.text)
    except ValidationError:
        return False
    return True


def _trouble(answer: Answer, path: str) -> PurgeError:
    said = said_by(answer)
    if busy := gateway_trouble(answer, SIDE, said):
        return busy
    zone = _ZONE_PATH.match(path)
    match answer.status:
        case 401:
            return BadCredentials("Bunny does not know the key.", KEY, said)
        case 403 | 407:
            return BadCredentials("Bunny does not let this key do it, or not from this machine.", KEY, said)
        case 404 if zone and (_is_object(answer) or not said):
            return WrongAddress(f"Bunny knows no pull zone {zone[1]} of this account.", ZONE, said)
        case 400 if _is_object(answer):
            advice = "Check that it is of a host of this account's pull zones."
            return Refused("Bunny does not take this target.", advice, said)
        case status if status < 400 or status in (404, 405, 421):
            what = f"What answers for Bunny is not its API: status {status}."
            return WrongAddress(what, "Check `api_url`, and any proxy on the way to it.", said)
        case status:
            return Unexpected(f"Bunny answered {status} in a way purgebot does not know.", REPORT, said)


BLUEPRINT = Blueprint(
    name=Bunny.name,
    title=Bunny.title,
    fields=(
        Field("key", "the account's API key", required=True, secret=True, example="{env: BUNNY_KEY}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    ),
    layer_fields=(
        Field(
            "pull_zone",
            "the pull zone's number",
            required=True,
            example="123456",
            pattern="[0-9]{1,12}",
            form="the number of a pull zone",
        ),
        Field("perma_cache", "whether it has Perma-Cache, which knows no tags", choices=("yes", "no"), example="no"),
    ),
    build=Bunny,
)
