"""Amazon CloudFront: POST /2020-05-31/distribution/<id>/invalidation, or the same of a distribution tenant.

A list of paths and tags goes with a reference; the same reference again is the same invalidation and costs nothing. It
is `InProgress` first, and `Completed` some seconds later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import httpx

from providers.adapter import OverHttp
from providers.cloudfront_answers import SIDE, Asked, is_named, read, text_of, trouble
from providers.cloudfront_limits import MAX_BYTES, can_of
from providers.cloudfront_paths import batch, is_wildcard, packed, referenced
from providers.cloudfront_places import TENANT, XML, creating, path_to, place_in, place_of, watching
from providers.cloudfront_settings import Settings
from providers.contract import Account, Blueprint, Cached, Call, Field, Health, Kind, Probe, Purge, Receipt, Sighting
from providers.signing import utc_now
from providers.sigv4 import Chain, SigV4
from providers.wire import Answer

API = "https://cloudfront.amazonaws.com"
REGION = "us-east-1"
FIRST_SECONDS, LAST_SECONDS = 5.0, 30.0  # between two questions how far it is: 5, 10, 20, 30, 30, …
SIGHTINGS = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "refreshhit": Cached.REVALIDATED,
}  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html, 2026-11-23
DISTRIBUTION = "(?=[0-9]*[A-Z])[A-Z0-9]{6,64}"  # AWS: E and 12 or 13 more; emulators leave the E out
_PLACE = re.compile(r"[A-Z]{3}[0-9]{1,4}(-[A-Z0-9]{1,6})?")


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
        kind, path = purge.kind, path_to(place_of(purge.layer))
        if kind is Kind.EVERYTHING:
            return [_call(kind, path, (), ("/*",))]
        return [_call(kind, path, targets, entries) for targets, entries in packed(purge, self.can)]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        place = place_in(call.path)
        if call.kind is Kind.TAG:
            await self._settings.must_read_tags(place)
        answer = await self.ask(call.method, call.path, call.headers, referenced(call.body, reference))
        return _receipt(answer, creating(place))

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, signed with the credentials of now. Raises PurgeError."""
        self._auth.keys = await self._chain.keys()
        return await super().ask(method, path, headers, body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask whether it is Completed; each next question waits longer. Raises PurgeError."""
        short, _, id_ = receipt.id.rpartition("/")
        place = f"{TENANT}/{short.removeprefix('tenant:')}" if short.startswith("tenant:") else f"distribution/{short}"
        answer = await self.ask("GET", f"{path_to(place)}/{quote(id_, safe='')}")
        return _receipt(answer, watching(place), min(LAST_SECONDS, 2 * receipt.ready_in))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache, if it speaks of CloudFront, and the point of presence in X-Amz-Cf-Pop."""
        says = headers.get("x-cache", "").strip()
        place = headers.get("x-amz-cf-pop", "").strip()
        place = place if _PLACE.fullmatch(place) else ""
        if "cloudfront" not in says.lower():
            return Sighting(place=place)
        return Sighting(SIGHTINGS.get(says.split()[0].lower(), Cached.UNKNOWN), says[:40], place)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's distribution, watch it, and read its settings."""
        return await self._settings.finding(layer)

    async def alone(self, needed: str) -> Probe:
        """Whether there are credentials at all."""
        await self._chain.keys()
        return Probe(Health.DOUBTFUL, "There are AWS credentials, but no site names a distribution to try them on.")


def _call(kind: Kind, path: str, targets: tuple[str, ...], entries: tuple[str, ...]) -> Call:
    paths, wildcards = len(entries), sum(is_wildcard(entry) for entry in entries)
    cost = [("paths", paths), ("running_paths", paths), ("paid", paths)]
    if wildcards:
        cost += [("wildcards", wildcards), ("running_wildcards", wildcards)]
    return Call(kind, "POST", path, targets, tuple(cost), XML, batch(entries))


def _receipt(answer: Answer, asked: Asked, wait: float = FIRST_SECONDS) -> Receipt:
    """The invalidation that was answered. Raises PurgeError."""
    root = read(answer.text)
    if root is None or answer.status not in (200, 201) or not is_named(root, "Invalidation") or not text_of(root, "Id"):
        raise trouble(answer, asked)
    place = asked.place.removeprefix("distribution/").replace(f"{TENANT}/", "tenant:", 1)
    finished = text_of(root, "Status").lower() == "completed"
    return Receipt(f"{place}/{text_of(root, 'Id')[:128]}", ready_in=0.0 if finished else wait, finished=finished)


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
