"""Amazon CloudFront: POST /2020-05-31/distribution/<id>/invalidation, or the same of a distribution tenant.

A list of paths and tags goes with a reference; the same reference again is the same invalidation and costs nothing. It
is `InProgress` first, and `Completed` some seconds later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import httpx

from providers.adapter import OverHttp
from providers.cloudfront_answers import SIDE, seen
from providers.cloudfront_calls import calls_of
from providers.cloudfront_limits import LAST_SECONDS, MAX_BYTES, can_of
from providers.cloudfront_paths import referenced
from providers.cloudfront_places import creating, place_in, watching
from providers.cloudfront_receipts import receipt_of, whereabouts
from providers.cloudfront_settings import Settings
from providers.contract import Account, Blueprint, Call, Field, Health, Kind, Probe, Purge, Receipt, Sighting
from providers.signing import utc_now
from providers.sigv4 import Chain, SigV4
from providers.wire import Answer

API = "https://cloudfront.amazonaws.com"
REGION = "us-east-1"
DISTRIBUTION = "(?=[0-9]*[A-Z])[A-Z0-9]{6,64}"  # AWS: E and 12 or 13 more; emulators leave the E out


class CloudFront(OverHttp):
    """The credentials of one AWS account."""

    name = "cloudfront"
    title = "CloudFront"
    fields = (
        Field("profile", "a profile of the AWS configuration files, else botocore's own chain", example="purgebot"),
        Field("access_key_id", "a key instead of botocore's chain, with `secret_access_key`", example="AKIDEXAMPLE"),
        Field(
            "secret_access_key", "the secret of `access_key_id`", secret=True, example="{env: AWS_SECRET_ACCESS_KEY}"
        ),
        Field("region", "the region that signatures name, another in China only", example=REGION),
        Field("api_url", "an egress proxy, an emulator, or the API in China", example=API),
        Field("max_bytes", "the longest body of one call, in bytes", example=str(MAX_BYTES)),
    )
    layer_fields = (
        Field("distribution", "the distribution's id, on its page", required=True, example="E1A2B3C4D5E6F7",
              pattern=DISTRIBUTION, form="a distribution's id: not its number, name or domain"),
        Field("tenant", "a distribution tenant's id", example="dt_2wjDZi3hD1ivOXf6rpZJOSNE1AB",
              pattern="[A-Za-z0-9_-]{1,128}", form="the id of a distribution tenant"),
    )  # fmt: skip

    def __init__(
        self,
        account: Account,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        settings = {name: value.strip() for name, value in account.settings.items()}
        secret = account.secrets.get("secret_access_key", "").strip()
        self._chain = Chain(settings.get("access_key_id", ""), secret, settings.get("profile", ""))
        self._auth = SigV4(settings.get("region") or REGION, "cloudfront", now)
        super().__init__(account, transport, api=API, side=SIDE, auth=self._auth, secrets=(secret,))
        self._settings = Settings(self.ask)
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls; targets of one path are one entry. Raises UnsupportedWish."""
        return calls_of(purge, self.can)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        place = place_in(call.path)
        if call.kind is Kind.TAG:
            await self._settings.must_read_tags(place)
        answer = await self.ask(call.method, call.path, call.headers, referenced(call.body, reference))
        return receipt_of(answer, creating(place))

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, signed with the credentials of now. Raises PurgeError."""
        self._auth.keys = await self._chain.keys()
        return await super().ask(method, path, headers, body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask whether it is Completed; each next question waits longer. Raises PurgeError."""
        place, address = whereabouts(receipt)
        answer = await self.ask("GET", address)
        return receipt_of(answer, watching(place), min(LAST_SECONDS, 2 * receipt.ready_in))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache, if it speaks of CloudFront, and the point of presence in X-Amz-Cf-Pop."""
        return seen(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's distribution, watch it, and read its settings."""
        return await self._settings.finding(layer)

    async def alone(self, needed: str) -> Probe:
        """Whether there are credentials at all."""
        await self._chain.keys()
        return Probe(Health.DOUBTFUL, "There are AWS credentials, but no site names a distribution to try them on.")


BLUEPRINT = Blueprint(
    CloudFront.name,
    CloudFront.title,
    CloudFront.fields,
    CloudFront.layer_fields,
    build=CloudFront,
    package="botocore",
    extra="aws",
    needs=(("access_key_id", "secret_access_key"), ("secret_access_key", "access_key_id")),
)
