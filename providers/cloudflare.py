"""Cloudflare: POST /zones/<zone>/purge_cache, or /invalidate_cache where soft is asked for.

All kinds are on all plans since 2025-04-01. A 200 with `success: true` means accepted; there is no job to ask about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import httpx

from providers.adapter import OverHttp
from providers.cloudflare_answers import CACHED, SIDE, data_center, left_of, read, trouble
from providers.cloudflare_calls import calls_of, place_of
from providers.cloudflare_limits import MAX_BYTES, MOST, TIERS, can_of
from providers.cloudflare_probe import Doctor
from providers.contract import Account, Blueprint, Call, Field, Probe, Purge, Receipt, Sighting
from providers.packing import visible_ascii
from providers.signing import Bearer, HeaderKeys

ZONE_EXAMPLE = "0123456789abcdef0123456789abcdef"
API = "https://api.cloudflare.com/client/v4"
NOT_SENDABLE = "holds a blank or a letter that no Cloudflare credential has."


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
        self._doctor = Doctor(self.ask, by_token=bool(token))
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls; all variants of a URL go in one. Raises UnsupportedWish."""
        return calls_of(purge, self.can)

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
        return Receipt(id=ours if name in ("", zone) else name, note=envelope.told()[:200], left=left_of(answer))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """CF-Cache-Status, and the data centre at the end of CF-Ray."""
        return replace(super().sighting(headers), place=data_center(headers))

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's zone."""
        return await self._doctor.finding(layer, f"{place_of(layer)}/purge_cache")

    async def alone(self, needed: str) -> Probe:
        """Whether a token is active."""
        return await self._doctor.alone()


BLUEPRINT = Blueprint(
    Cloudflare.name,
    Cloudflare.title,
    Cloudflare.fields,
    Cloudflare.layer_fields,
    build=Cloudflare,
    needs_one_of=(("token", "key"), ("token", "email")),
    overrides=(("token", "email"), ("token", "key")),
    most_per_call=MOST,
)
