"""Amazon CloudFront: POST /2020-05-31/distribution/<id>/invalidation, or the same of a distribution tenant.

A list of paths and tags goes with a reference; the same reference again is the same invalidation and costs nothing. It
is `InProgress` first, and `Completed` some seconds later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element

import httpx

from providers.adapter import OverHttp, bad
from providers.cloudfront_answers import (
    SIDE,
    Asked,
    failure,
    is_named,
    read,
    text_of,
    texts_of,
    trouble,
)
from providers.cloudfront_limits import FRAME, MAX_BYTES, can_of
from providers.cloudfront_paths import (
    apart,
    batch,
    by_path,
    element,
    is_wildcard,
    listed,
    must_be_takeable,
    referenced,
)
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
)
from providers.errors import BadCredentials, OutcomeUnknown, Refused, Unavailable
from providers.packing import pack
from providers.signing import utc_now
from providers.sigv4 import Chain, SigV4
from providers.wire import Answer

API = "https://cloudfront.amazonaws.com"
VERSION = "/2020-05-31/"
REGION = "us-east-1"
XML = (("Content-Type", "text/xml"),)
TENANT = "distribution-tenant"
CREATE = {"distribution": "CreateInvalidation", TENANT: "CreateInvalidationForDistributionTenant"}
WATCH = {"distribution": "GetInvalidation", TENANT: "GetInvalidationForDistributionTenant"}
FIRST_SECONDS, LAST_SECONDS = 5.0, 30.0  # between two questions how far it is: 5, 10, 20, 30, 30, …
NOTHING = batch(()).replace(">0<", ">1<")  # says one path and names none, so it can be refused only
REFUSED_FOR_NOTHING = ("InconsistentQuantities", "InvalidArgument")
TAGS = (
    "Name the header with the tags in the distribution's cache tag configuration, or purge URLs: CloudFront would "
    "accept the tags and remove nothing."
)
SIGHTINGS = {
    "hit": Cached.HIT,
    "miss": Cached.MISS,
    "refreshhit": Cached.REVALIDATED,
}  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html, 2026-11-23
ID = "[A-Za-z0-9_-]{1,128}"
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
        Field(
            "distribution",
            "the distribution's id, on its page",
            required=True,
            example="E1A2B3C4D5E6F7",
            pattern=DISTRIBUTION,
            form="a distribution's id: not its number, name or domain",
        ),
        Field(
            "tenant",
            "a distribution tenant's id",
            example="dt_2wjDZi3hD1ivOXf6rpZJOSNE1AB",
            pattern=ID,
            form="the id of a distribution tenant",
        ),
    )

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
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """The fewest calls; targets of one path are one entry. Raises UnsupportedWish."""
        kind, path = purge.kind, f"{VERSION}{_place(purge.layer)}/invalidation"
        if kind is Kind.EVERYTHING:
            return [_call(kind, path, (), ("/*",))]
        entries = {target: listed(kind, target) for target in purge.targets}
        return [
            _call(kind, path, targets, tuple(dict.fromkeys(e for target in targets for e in entries[target])))
            for some in apart(kind, entries)
            for targets in self._packed(kind, {target: entries[target] for target in some})
        ]

    def _packed(self, kind: Kind, entries: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
        bytes_ = {target: sum(len(element(entry)) for entry in entries[target]) for target in entries}
        room = self.can.max_bytes - FRAME
        return pack(by_path(entries), self.can.per_call[kind], room, lambda target: bytes_[target])

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        place = call.path.removeprefix(VERSION).removesuffix("/invalidation")
        if call.kind is Kind.URL:
            must_be_takeable(call.targets)
        if call.kind is Kind.TAG:
            await self._must_read_tags(place)
        answer = await self.ask(call.method, call.path, call.headers, referenced(call.body, reference))
        return _receipt(answer, Asked(CREATE[_sort(place)], place))

    async def _must_read_tags(self, place: str) -> None:
        """A distribution that reads no tags accepts them and removes nothing, so it is asked before."""
        try:
            header = text_of(await self._distribution(place), "DistributionConfig/CacheTagConfig/HeaderName")
        except OutcomeUnknown as exc:
            raise Unavailable(exc.what, f"Nothing was purged. {exc.cure}", exc.said) from exc
        if not header:
            raise Refused(f"CloudFront reads no tags from the origin of {Asked('', place).name}.", TAGS)

    async def _distribution(self, place: str) -> Element:
        """What is known of the distribution, or of that of a tenant."""
        if _sort(place) == TENANT:
            tenant = await self._got("GetDistributionTenant", place, "DistributionTenant")
            place = f"distribution/{quote(text_of(tenant, 'DistributionId'), safe='')}"
        return await self._got("GetDistribution", place, "Distribution")

    async def _got(self, action: str, place: str, name: str) -> Element:
        answer = await self.ask("GET", f"{VERSION}{place}")
        root = read(answer.text)
        if root is None or answer.status != 200 or not is_named(root, name):
            raise trouble(answer, Asked(action, place))
        return root

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, signed with the credentials of now. Raises PurgeError."""
        self._auth.keys = await self._chain.keys()
        return await super().ask(method, path, headers, body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask whether it is Completed; each next question waits longer. Raises PurgeError."""
        short, _, id_ = receipt.id.rpartition("/")
        place = f"{TENANT}/{short.removeprefix('tenant:')}" if short.startswith("tenant:") else f"distribution/{short}"
        answer = await self.ask("GET", f"{VERSION}{place}/invalidation/{quote(id_, safe='')}")
        return _receipt(answer, Asked(WATCH[_sort(place)], place), min(LAST_SECONDS, 2 * receipt.ready_in))

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache, if it speaks of CloudFront, and the point of presence in X-Amz-Cf-Pop."""
        says = headers.get("x-cache", "").strip()
        place = headers.get("x-amz-cf-pop", "").strip()
        place = place if _PLACE.fullmatch(place) else ""
        if "cloudfront" not in says.lower():
            return Sighting(place=place)
        return Sighting(SIGHTINGS.get(says.split()[0].lower(), Cached.UNKNOWN), says[:40], place)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's distribution, watch it, and read its settings.

        A batch that says one path and names none is refused for exactly that once the permission has been seen, and
        purges nothing.
        """
        place = _place(layer)
        body = referenced(NOTHING, "purgebot-doctor")
        answer = await self.ask("POST", f"{VERSION}{place}/invalidation", XML, body)
        failed = failure(answer)
        if failed is None or failed.code not in REFUSED_FOR_NOTHING:
            return bad(trouble(answer, Asked(CREATE[_sort(place)], place)))
        return await self._watched(place, layer["distribution"])

    async def alone(self, needed: str) -> Probe:
        """Whether there are credentials at all."""
        await self._chain.keys()
        return Probe(Health.DOUBTFUL, "There are AWS credentials, but no site names a distribution to try them on.")

    async def _watched(self, place: str, distribution: str) -> Probe:
        """A good finding, or what should change."""
        taken = f"CloudFront takes purges of {Asked('', place).name} from these credentials"
        answer = await self.ask("GET", f"{VERSION}{place}/invalidation/I0")
        failed = failure(answer)
        if failed is None or failed.code != "NoSuchInvalidation":
            found = trouble(answer, Asked(WATCH[_sort(place)], place))
            return Probe(Health.DOUBTFUL, f"{taken}, but cannot be watched. {found.what}", found.cure)
        try:
            return _finding(taken, await self._distribution(place), distribution)
        except BadCredentials as exc:
            return Probe(Health.DOUBTFUL, f"{taken}, but tags cannot be purged. {exc.what}", exc.cure)


def _place(layer: Mapping[str, str]) -> str:
    """Where the layer's invalidations go."""
    tenant = layer.get("tenant", "")
    return f"{TENANT}/{tenant}" if tenant else f"distribution/{layer['distribution']}"


def _sort(place: str) -> str:
    return place.partition("/")[0]


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


def _finding(taken: str, distribution: Element, wanted: str) -> Probe:
    """What the distribution's settings say."""
    names = [*texts_of(distribution, "DistributionConfig/Aliases/Items/CNAME"), text_of(distribution, "DomainName")]
    header = text_of(distribution, "DistributionConfig/CacheTagConfig/HeaderName")
    tags = f"its tags come from {header}" if header else "it reads no tags"
    what = f"{taken}: {', '.join(names[:3])}; {tags}."
    if (found := text_of(distribution, "Id")) != wanted:
        return Probe(Health.BAD, f"The tenant is of distribution {found}, not of {wanted}.", "Mend `distribution`.")
    if text_of(distribution, "DistributionConfig/Enabled") == "false":
        return Probe(Health.DOUBTFUL, what, "Enable the distribution, or take it out of the site: it serves nobody.")
    return Probe(Health.GOOD, what)


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
