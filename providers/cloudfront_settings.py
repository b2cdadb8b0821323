"""What is asked of CloudFront beside invalidations: may these credentials purge, and does a distribution read tags?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree.ElementTree import Element

from providers.adapter import Ask, bad
from providers.cloudfront_answers import Asked, failure, is_named, read, text_of, texts_of, trouble
from providers.cloudfront_paths import batch, referenced
from providers.cloudfront_places import VERSION, XML, creating, is_tenant, path_to, place_of, watching
from providers.contract import Health, Probe
from providers.errors import BadCredentials, OutcomeUnknown, Refused, Unavailable

NOTHING = batch(()).replace(">0<", ">1<")  # says one path and names none, so it can be refused only
REFUSED_FOR_NOTHING = ("InconsistentQuantities", "InvalidArgument")
TAGS = (
    "Name the header with the tags in the distribution's cache tag configuration, or purge URLs: CloudFront would "
    "accept the tags and remove nothing."
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Those of the distributions that one account may see."""

    ask: Ask

    async def must_read_tags(self, place: str) -> None:
        """A distribution that reads no tags accepts them and removes nothing, so it is asked before. Raises
        PurgeError."""
        try:
            header = text_of(await self._distribution(place), "DistributionConfig/CacheTagConfig/HeaderName")
        except OutcomeUnknown as exc:
            raise Unavailable(exc.what, f"CloudFront was not asked to purge yet. {exc.cure}", exc.said) from exc
        if not header:
            raise Refused(f"CloudFront reads no tags from the origin of {Asked('', place).name}.", TAGS)

    async def finding(self, layer: Mapping[str, str]) -> Probe:
        """Whether these credentials may purge the layer's distribution, watch it, and read its settings. Raises
        PurgeError.

        A batch that says one path and names none is refused for exactly that once the permission has been seen, and
        purges nothing.
        """
        place = place_of(layer)
        answer = await self.ask("POST", path_to(place), XML, referenced(NOTHING, "purgebot-doctor"))
        failed = failure(answer)
        if failed is None or failed.code not in REFUSED_FOR_NOTHING:
            return bad(trouble(answer, creating(place)))
        return await self._watched(place, layer["distribution"])

    async def _watched(self, place: str, wanted: str) -> Probe:
        """A good finding, or what should change."""
        taken = f"CloudFront takes purges of {Asked('', place).name} from these credentials"
        answer = await self.ask("GET", f"{path_to(place)}/I0")
        failed = failure(answer)
        if failed is None or failed.code != "NoSuchInvalidation":
            found = trouble(answer, watching(place))
            return Probe(Health.DOUBTFUL, f"{taken}, but cannot be watched. {found.what}", found.cure)
        try:
            return _seen(taken, await self._distribution(place), wanted)
        except BadCredentials as exc:
            return Probe(Health.DOUBTFUL, f"{taken}, but tags cannot be purged. {exc.what}", exc.cure)

    async def _distribution(self, place: str) -> Element:
        """What is known of the distribution, or of that of a tenant."""
        if is_tenant(place):
            tenant = await self._got("GetDistributionTenant", place, "DistributionTenant")
            place = f"distribution/{quote(text_of(tenant, 'DistributionId'), safe='')}"
        return await self._got("GetDistribution", place, "Distribution")

    async def _got(self, action: str, place: str, name: str) -> Element:
        answer = await self.ask("GET", f"{VERSION}{place}")
        root = read(answer.text)
        if root is None or answer.status != 200 or not is_named(root, name):
            raise trouble(answer, Asked(action, place))
        return root


def _seen(taken: str, distribution: Element, wanted: str) -> Probe:
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
