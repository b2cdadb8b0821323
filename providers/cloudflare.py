"""Cloudflare: POST /zones/<zone>/purge_cache, or /invalidate_cache where soft is asked for.

All kinds are on all plans since 2025-04-01. A 200 with `success: true` means accepted; there is no job to ask about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import httpx

from providers.cloudflare_answers import NO_SELECTOR, SIDE, ZONE_ID, read, trouble
from providers.cloudflare_limits import FRAME, MAX_BYTES, PACES, PER_CALL, SEPARATORS_MAX, TAG_MAX, TIERS
from providers.contract import (
    Account,
    Blueprint,
    Cached,
    Call,
    Capabilities,
    Field,
    Health,
    Kind,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import BadCredentials
from providers.pacing import paces_of
from providers.packing import pack, visible_ascii
from providers.signing import Bearer, HeaderKeys
from providers.wire import Answer, Wire

ZONE_EXAMPLE = "0123456789abcdef0123456789abcdef"
API = "https://api.cloudflare.com/client/v4"
FIELDS = {Kind.URL: "files", Kind.TAG: "tags", Kind.HOST: "hosts", Kind.PREFIX: "prefixes"}
JSON = (("Content-Type", "application/json"),)
KINDS = frozenset({*FIELDS, Kind.EVERYTHING})
SIGHTINGS = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "EXPIRED": Cached.EXPIRED,
    "REVALIDATED": Cached.REVALIDATED,
    "UPDATING": Cached.STALE,
    "STALE": Cached.STALE,
    "BYPASS": Cached.UNCACHED,
    "DYNAMIC": Cached.UNCACHED,
}  # https://developers.cloudflare.com/cache/concepts/cache-responses/, 2026-11-23
_ZONE = re.compile(r"[0-9a-f]{32}")
_PLACE = re.compile(r"[A-Z]{3}")
_LEFT = re.compile(r"\br=([0-9]{1,9})\b")
_RESET = re.compile(r"\bt=([0-9]{1,9})\b")


class Cloudflare:
    """One token, or one e-mail address and key, at Cloudflare."""

    name = "cloudflare"
    title = "Cloudflare"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._token = account.secrets.get("token", "").strip()
        self._key = account.secrets.get("key", "").strip()
        email = account.settings.get("email", "").strip()
        auth = Bearer(self._token) if self._token else HeaderKeys({"X-Auth-Email": email, "X-Auth-Key": self._key})
        self._wire = Wire(
            account.settings.get("api_url") or API,
            auth,
            transport,
            side=SIDE,
            secrets=(self._token, self._key),
        )
        own = account.settings.get("max_bytes", "")
        self.can = Capabilities(
            kinds=KINDS,
            soft=KINDS,
            per_call={**PER_CALL, **{kind: n for kind, n in account.per_call.items() if kind in PER_CALL}},
            max_bytes=int(own) if re.fullmatch(r"[1-9][0-9]{3,8}", own) else MAX_BYTES,
            pace=paces_of(PACES, account.pace),
        )

    def plan(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls that cover every target; all variants of a URL go in one. Raises UnsupportedWish."""
        path, tier = _path(purge), _tier(purge.layer)
        if purge.kind is Kind.EVERYTHING:
            return [_call(purge.kind, path, tier, (), '{"purge_everything":true}')]
        if purge.kind not in FIELDS:
            raise UnsupportedWish(f"Cloudflare purges no {purge.kind.value}s.", _instead(purge))
        entries = {target: _entry(purge, target) for target in purge.targets}
        each = 1 + len(purge.variants) if purge.kind is Kind.URL else 1
        packs = self._packed(purge.kind, entries, each)
        return [
            _call(purge.kind, path, tier, targets, _body(purge.kind, [entries[target] for target in targets]), each)
            for targets in packs
        ]

    def _packed(self, kind: Kind, entries: Mapping[str, str], each: int) -> list[tuple[str, ...]]:
        most = self.can.per_call[kind] // each
        if not most:
            what = f"A URL with its variants is {each} entries, and a call takes {self.can.per_call[kind]}."
            raise UnsupportedWish(what, "Name fewer `variants`, or raise `per_call`.")
        room = self.can.max_bytes - FRAME
        for target, entry in entries.items():
            if len(entry) + 1 > room:
                what = f"`{target[:60]}…` is longer than a call may be ({self.can.max_bytes:,} bytes)."
                raise UnsupportedWish(what, "Name a shorter prefix or the host, or raise `max_bytes`.")
        return pack(entries, most, room, lambda target: len(entries[target]) + 1)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        zone = call.path.split("/")[2]
        answer = await self._ask(call.method, call.path, call.headers, call.body)
        envelope = read(answer)
        if envelope is None or not envelope.success or answer.status >= 300:
            raise trouble(answer, zone)
        result = envelope.result if isinstance(envelope.result, dict) else {}
        name = str(result.get("id") or "")[:64]
        ours = answer.headers.get("cf-ray", "")[:64]  # what their support asks for; the id alone is often the zone's
        return Receipt(id=ours if name in ("", zone) else name, note=envelope.told()[:200], left=_left(answer))

    async def _ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        for field, secret in (("token", self._token), ("key", self._key)):
            if secret and not visible_ascii(secret):
                what = f"`{field}` of this account holds a blank or a letter that no Cloudflare credential has."
                raise BadCredentials(what, "Copy it again, then start the bot again.")
        return await self._wire.send(method, path, headers, body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Cloudflare has no job to ask about: its answer is all there is."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Cloudflare says what is left in its answers alone."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """CF-Cache-Status, and the data centre at the end of CF-Ray."""
        says = headers.get("cf-cache-status", "").strip()
        place = headers.get("cf-ray", "").rpartition("-")[2].strip()
        return Sighting(
            SIGHTINGS.get(says.upper(), Cached.UNKNOWN), says[:40], place if _PLACE.fullmatch(place) else ""
        )

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's zone.

        A call that names nothing to purge is refused for exactly that (code 1012) once credentials, permission and zone
        have been taken, and purges nothing.
        """
        zone = layer.get("zone", "")
        if not zone:
            return await self._alone()
        if not _ZONE.fullmatch(zone):
            return Probe(Health.BAD, f"`{zone[:40]}` is not a zone id.", ZONE_ID)
        tier = layer.get("tier") or TIERS[0]
        answer = await self._ask("POST", f"{_place(layer)}/purge_cache", JSON, "{}")
        envelope = read(answer)
        if envelope and str(NO_SELECTOR) in envelope.codes():
            return await self._seen(zone, tier)
        found = trouble(answer, zone)
        if self._token and isinstance(found, BadCredentials) and await self._is_active():
            found = BadCredentials(f"The token is active, but may not purge zone {zone}.", found.advice)
        return Probe(Health.BAD, found.what, found.cure)

    async def _alone(self) -> Probe:
        """What can be said without a zone."""
        if not self._token:
            return Probe(Health.DOUBTFUL, "No site uses this account, so there is no zone to try it on.")
        if await self._is_active():
            return Probe(Health.GOOD, "The token is active; no site names a zone for it.")
        return Probe(Health.BAD, "The token is not active.", "Copy it again, or make a new one.")

    async def _is_active(self) -> bool:
        envelope = read(await self._ask("GET", "/user/tokens/verify"))
        result = envelope.result if envelope and envelope.success else None
        return isinstance(result, dict) and result.get("status") == "active"

    async def _seen(self, zone: str, tier: str) -> Probe:
        """A good finding, or what should change. That a token which may only purge cannot read its zone is fine."""
        envelope = read(await self._ask("GET", f"/zones/{zone}"))
        result = envelope.result if envelope and envelope.success else None
        seen = result if isinstance(result, dict) else {}
        what = f"Cloudflare takes purges of zone {seen.get('name') or zone} from this account."
        plan = seen.get("plan")
        theirs = plan.get("legacy_id") if isinstance(plan, dict) else None
        if theirs in TIERS and theirs != tier:
            return Probe(Health.DOUBTFUL, what, f"Set `tier: {theirs}`: the zone is on that plan, not on {tier}.")
        if not self._token:
            advice = 'It uses the Global API Key, which may do everything. Make a token with only "Zone → Cache Purge".'
            return Probe(Health.DOUBTFUL, what, advice)
        return Probe(Health.GOOD, what)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


def _path(purge: Purge) -> str:
    zone = purge.layer.get("zone", "")
    if not _ZONE.fullmatch(zone):
        raise UnsupportedWish(f"`{zone[:40]}` is not a zone id.", ZONE_ID)
    return f"{_place(purge.layer)}/{'invalidate_cache' if purge.soft else 'purge_cache'}"


def _place(layer: Mapping[str, str]) -> str:
    """The zone, or the one environment of it that is named: at zone level everything means every environment."""
    environment = layer.get("environment", "")
    return f"/zones/{layer['zone']}{f'/environments/{environment}' if environment else ''}"


def _tier(layer: Mapping[str, str]) -> str:
    """The plan of the zone; the strictest where nothing is said."""
    tier = layer.get("tier") or TIERS[0]
    if tier not in TIERS:
        raise UnsupportedWish(f"Cloudflare has no plan {tier[:40]}.", f"Set `tier` to {', '.join(TIERS)}.")
    return tier


def _call(kind: Kind, path: str, tier: str, targets: tuple[str, ...], body: str, each: int = 1) -> Call:
    spent = (f"urls:{tier}", len(targets) * each) if kind is Kind.URL else (f"bulk:{tier}", 1)
    return Call(kind, "POST", path, targets, (spent, ("api", 1)), JSON, body)


def _body(kind: Kind, entries: Sequence[str]) -> str:
    return f'{{"{FIELDS[kind]}":[{",".join(entries)}]}}'


def _entry(purge: Purge, target: str) -> str:
    """One target as JSON. With variants a URL is several objects, the plain one first: the two never mix in a call."""
    if problem := _problem(purge.kind, target):
        raise UnsupportedWish(f"`{target[:80]}` {problem}", "Mend it, or name something wider.")
    if purge.kind is not Kind.URL or not purge.variants:
        return json.dumps(target)
    variants = [{"url": target}, *({"url": target, "headers": dict(headers)} for headers in purge.variants)]
    return ",".join(json.dumps(variant, separators=(",", ":")) for variant in variants)


def _problem(kind: Kind, target: str) -> str:
    if not visible_ascii(target):
        return "holds a blank or a letter that cannot go on the wire as it is."
    match kind:
        case Kind.TAG if len(target) > TAG_MAX or "," in target:
            return f"is not a tag: at most {TAG_MAX:,} characters, without commas."
        case Kind.PREFIX if "?" in target or "#" in target or "://" in target:
            return "is not a prefix: host and path, without scheme or query."
        case Kind.PREFIX if target.count("/") > SEPARATORS_MAX:
            return f"has more than {SEPARATORS_MAX} slashes, which Cloudflare does not take in a prefix."
        case _:
            return ""


def _instead(purge: Purge) -> str:
    """The nearest wider and narrower wish."""
    if purge.kind is not Kind.PATTERN or not purge.targets:
        return "Name URLs, tags, a prefix, a host, or everything instead."
    place = purge.targets[0].partition("*")[0]
    host, slash, path = place[: place.rfind("/") + 1].partition("/")
    wider = f"prefix {host}{slash}{path}" if path else f"host {host}"
    return f"Wider: {wider}. Narrower: the URLs, one by one."


def _left(answer: Answer) -> tuple[tuple[str, float, float], ...]:
    """Ratelimit: "default";r=50;t=30, units left and seconds to the reset (Cloudflare's changelog of 2025-09-03)."""
    members = answer.headers.get("ratelimit", "").split(",")
    found = [(_LEFT.search(member), _RESET.search(member)) for member in members]
    return tuple(("api", float(left[1]), float(reset[1])) for left, reset in found if left and reset)


BLUEPRINT = Blueprint(
    name=Cloudflare.name,
    title=Cloudflare.title,
    fields=(
        Field("token", 'an API token with "Zone → Cache Purge"', secret=True, example="{env: CLOUDFLARE_TOKEN}"),
        Field("email", "legacy: the account's e-mail address, with `key`", example="ops@shop.test"),
        Field("key", "legacy: the Global API Key, with `email`", secret=True, example="{env: CLOUDFLARE_KEY}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
        Field("max_bytes", "the longest body of one call, in bytes", example=str(MAX_BYTES)),
    ),
    layer_fields=(
        Field(
            "zone",
            "the zone's id, 32 hex digits",
            required=True,
            example=ZONE_EXAMPLE,
            pattern="[0-9a-f]{32}",
            form="a zone's id, 32 hex digits in small letters",
        ),
        Field(
            "environment",
            "one environment's `ref`, as GET /zones/<zone>/environments tells it; production has none",
            example="8d1e5b0c",
            pattern="[0-9A-Za-z_-]{1,32}",
            form="the `ref` of an environment",
        ),
        Field("tier", "the plan of the zone, free where nothing is said", choices=TIERS, example="pro"),
    ),
    build=Cloudflare,
    needs_one_of=(("token", "key"), ("token", "email")),
)
