"""Cloudflare: POST /zones/<zone>/purge_cache, or /invalidate_cache where soft is asked for.

All kinds are on all plans since 2025-04-01. A 200 with `success: true` means accepted; there is no job to ask about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx

from providers.adapter import JSON, OverHttp, bad
from providers.calls import Calls
from providers.cloudflare_answers import NO_SELECTOR, SIDE, read, trouble
from providers.cloudflare_limits import FRAME, MAX_BYTES, SEPARATORS_MAX, TAG_MAX, TIERS, can_of
from providers.contract import (
    Account,
    Blueprint,
    Cached,
    Call,
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
from providers.packing import pack, visible_ascii
from providers.signing import Bearer, HeaderKeys
from providers.wire import Answer

ZONE_EXAMPLE = "0123456789abcdef0123456789abcdef"
API = "https://api.cloudflare.com/client/v4"
FIELDS = {Kind.URL: "files", Kind.TAG: "tags", Kind.HOST: "hosts", Kind.PREFIX: "prefixes"}
CACHED = {
    "HIT": Cached.HIT,
    "MISS": Cached.MISS,
    "EXPIRED": Cached.EXPIRED,
    "REVALIDATED": Cached.REVALIDATED,
    "UPDATING": Cached.STALE,
    "STALE": Cached.STALE,
    "BYPASS": Cached.UNCACHED,
    "DYNAMIC": Cached.UNCACHED,
}  # https://developers.cloudflare.com/cache/concepts/cache-responses/, 2026-11-23
NOT_SENDABLE = "holds a blank or a letter that no Cloudflare credential has."
_quoted = json.JSONEncoder().encode
_PLACE = re.compile(r"[A-Z]{3}")
_LEFT = re.compile(r"\br=([0-9]{1,9})\b")
_RESET = re.compile(r"\bt=([0-9]{1,9})\b")


class Cloudflare(OverHttp):
    """One token, or one e-mail address and key, at Cloudflare."""

    name = "cloudflare"
    title = "Cloudflare"
    fields = (
        Field("token", 'an API token with "Zone → Cache Purge"', secret=True, example="{env: CLOUDFLARE_TOKEN}"),
        Field("email", "legacy: the account's e-mail address, with `key`", example="ops@shop.test"),
        Field("key", "legacy: the Global API Key, with `email`", secret=True, example="{env: CLOUDFLARE_KEY}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
        Field("max_bytes", "the longest body of one call, in bytes", example=str(MAX_BYTES)),
    )
    layer_fields = (
        Field("zone", "the zone's id, 32 hex digits, on the domain's overview page", required=True,
              example=ZONE_EXAMPLE, pattern="[0-9a-f]{32}", form="a zone's id, 32 hex digits in small letters"),
        Field("environment", "one environment's `ref`, as GET /zones/<zone>/environments tells it; production has none",
              example="8d1e5b0c", pattern="[0-9A-Za-z_-]{1,32}", form="the `ref` of an environment"),
        Field("tier", "the plan of the zone, free where nothing is said", choices=TIERS, example="pro"),
    )  # fmt: skip
    cache_header, cached = "cf-cache-status", CACHED

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        token, key = (account.secrets.get(name, "").strip() for name in ("token", "key"))
        email = account.settings.get("email", "").strip()
        auth = Bearer(token) if token else HeaderKeys({"X-Auth-Email": email, "X-Auth-Key": key})
        wrong = "token" if token and not visible_ascii(token) else "key"
        super().__init__(
            account,
            transport,
            api=API,
            side=SIDE,
            auth=auth,
            secrets=[secret for secret in (token, key) if secret],
            no_key=(f"`{wrong}` of this account {NOT_SENDABLE}", "Copy it again, then start the bot again."),
        )
        self._by_token = bool(token)
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls; all variants of a URL go in one. Raises UnsupportedWish."""
        kind, tier = purge.kind, purge.layer.get("tier", TIERS[0])
        path = f"{_place(purge.layer)}/{'invalidate_cache' if purge.soft else 'purge_cache'}"
        if kind is Kind.EVERYTHING:
            return [_call(kind, path, tier, (), '{"purge_everything":true}')]
        each = 1 + len(purge.variants) if kind is Kind.URL else 1
        packs = self._packed(purge, each)

        def make(n: int) -> Call:
            return _call(kind, path, tier, packs[n], _body(kind, [_entry(purge, one) for one in packs[n]]), each)

        urls, n = sum(map(len, packs)), len(packs)
        return Calls(n, make, dict(_cost(kind, tier, urls * each, n)))

    def _packed(self, purge: Purge, each: int) -> list[tuple[str, ...]]:
        most = self.can.per_call[purge.kind] // each
        if not most:
            what = f"A URL with its variants is {each} entries, and a call takes {self.can.per_call[purge.kind]}."
            raise UnsupportedWish(what, "Name fewer `variants`, or raise `per_call`.")
        for target in purge.targets if purge.kind is not Kind.URL else ():
            if problem := _problem(purge.kind, target):
                raise UnsupportedWish(f"`{target[:80]}` {problem}", "Mend it, or name something wider.")
        room = self.can.max_bytes - FRAME
        return pack(purge.targets, most, room, lambda target: len(_entry(purge, target)) + 1)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        zone = call.path.split("/")[2]
        answer = await self.ask(call.method, call.path, call.headers, call.body)
        envelope = read(answer)
        if envelope is None or not envelope.success or answer.status >= 300:
            raise trouble(answer, zone)
        result = envelope.result if isinstance(envelope.result, dict) else {}
        name = str(result.get("id") or "")[:64]
        ours = answer.headers.get("cf-ray", "")[:64]  # what their support asks for; the id alone is often the zone's
        return Receipt(id=ours if name in ("", zone) else name, note=envelope.told()[:200], left=_left(answer))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """CF-Cache-Status, and the data centre at the end of CF-Ray."""
        place = headers.get("cf-ray", "").rpartition("-")[2].strip()
        return replace(super().sighting(headers), place=place if _PLACE.fullmatch(place) else "")

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's zone.

        A call that names nothing to purge is refused for exactly that (code 1012) once credentials, permission and zone
        have been taken, and purges nothing.
        """
        zone = layer["zone"]
        answer = await self.ask("POST", f"{_place(layer)}/purge_cache", JSON, "{}")
        envelope = read(answer)
        if envelope and str(NO_SELECTOR) in envelope.codes():
            return await self._seen(zone, layer.get("tier", TIERS[0]))
        found = trouble(answer, zone)
        if self._by_token and isinstance(found, BadCredentials) and await self._is_active():
            found = BadCredentials(f"The token is active, but may not purge zone {zone}.", found.advice)
        return bad(found)

    async def alone(self, needed: str) -> Probe:
        """What can be said without a zone."""
        if not self._by_token:
            return Probe(Health.DOUBTFUL, "No site uses this account, so there is no zone to try it on.")
        if await self._is_active():
            return Probe(Health.GOOD, "The token is active; no site names a zone for it.")
        return Probe(Health.BAD, "The token is not active.", "Copy it again, or make a new one.")

    async def _is_active(self) -> bool:
        envelope = read(await self.ask("GET", "/user/tokens/verify"))
        result = envelope.result if envelope and envelope.success else None
        return isinstance(result, dict) and result.get("status") == "active"

    async def _seen(self, zone: str, tier: str) -> Probe:
        """A good finding, or what should change. That a token which may only purge cannot read its zone is fine."""
        envelope = read(await self.ask("GET", f"/zones/{zone}"))
        result = envelope.result if envelope and envelope.success else None
        seen = result if isinstance(result, dict) else {}
        what = f"Cloudflare takes purges of zone {seen.get('name') or zone} from this account."
        plan = seen.get("plan")
        theirs = plan.get("legacy_id") if isinstance(plan, dict) else None
        if theirs in TIERS and theirs != tier:
            return Probe(Health.DOUBTFUL, what, f"Set `tier: {theirs}`: the zone is on that plan, not on {tier}.")
        if not self._by_token:
            advice = 'It uses the Global API Key, which may do everything. Make a token with only "Zone → Cache Purge".'
            return Probe(Health.DOUBTFUL, what, advice)
        return Probe(Health.GOOD, what)


def _place(layer: Mapping[str, str]) -> str:
    """The zone, or the one environment of it that is named: at zone level everything means every environment."""
    environment = layer.get("environment", "")
    return f"/zones/{layer['zone']}{f'/environments/{environment}' if environment else ''}"


def _call(kind: Kind, path: str, tier: str, targets: tuple[str, ...], body: str, each: int = 1) -> Call:
    return Call(kind, "POST", path, targets, _cost(kind, tier, len(targets) * each, 1), JSON, body)


def _cost(kind: Kind, tier: str, urls: int, calls: int) -> tuple[tuple[str, int], ...]:
    return (f"urls:{tier}", urls) if kind is Kind.URL else (f"bulk:{tier}", calls), ("api", calls)


def _body(kind: Kind, entries: Sequence[str]) -> str:
    return f'{{"{FIELDS[kind]}":[{",".join(entries)}]}}'


def _entry(purge: Purge, target: str) -> str:
    """One target as JSON. With variants a URL is several objects, the plain one first: the two never mix in a call."""
    if purge.kind is not Kind.URL or not purge.variants:
        return _quoted(target)
    variants = [{"url": target}, *({"url": target, "headers": dict(headers)} for headers in purge.variants)]
    return ",".join(json.dumps(variant, separators=(",", ":")) for variant in variants)


def _problem(kind: Kind, target: str) -> str:
    match kind:
        case Kind.TAG if len(target) > TAG_MAX or "," in target:
            return f"is not a tag: at most {TAG_MAX:,} characters, without commas."
        case Kind.PREFIX if "?" in target or "#" in target or "://" in target:
            return "is not a prefix: host and path, without scheme or query."
        case Kind.PREFIX if target.count("/") > SEPARATORS_MAX:
            return f"has more than {SEPARATORS_MAX} slashes, which Cloudflare does not take in a prefix."
        case _:
            return ""


def _left(answer: Answer) -> tuple[tuple[str, float, float], ...]:
    """Ratelimit: "default";r=50;t=30, units left and seconds to the reset (Cloudflare's changelog of 2025-09-03)."""
    members = answer.headers.get("ratelimit", "").split(",")
    found = [(_LEFT.search(member), _RESET.search(member)) for member in members]
    return tuple(("api", float(left[1]), float(reset[1])) for left, reset in found if left and reset)


BLUEPRINT = Blueprint(
    Cloudflare.name,
    Cloudflare.title,
    Cloudflare.fields,
    Cloudflare.layer_fields,
    build=Cloudflare,
    needs_one_of=(("token", "key"), ("token", "email")),
)
