"""What was seen of one URL on the way from the visitor to the origin, and what is known of purges of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.domain.answers.answer import varied
from bot.domain.answers.devices import AS_EDGES_NAME_PHONES
from bot.domain.durations import span
from bot.domain.grammar.saying import url_line
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, LayerView
from bot.domain.proof.finding import UNSTEADY, Finding, Page, Verdict, find
from bot.domain.proof.look import ORIGIN, Likeness, Look, compare
from bot.domain.proof.other_pages import in_place
from bot.domain.proof.variants import ENCODING
from bot.domain.site import Site
from bot.domain.why.spots import Course, Glance, Hop, Spot, Tier
from bot.domain.why.standing_in import no_page
from providers.contract import Copies, Kind

BY_OWN_HEADER = "may ask the origin for it with a header of its own"
_KNOWN = (Verdict.FRESH, Verdict.STALE)
_PROBES = frozenset(map(varied, AS_EDGES_NAME_PHONES))


@dataclass(frozen=True, slots=True)
class Front:
    """A layer of the site: its account's title, the provider's name, what the account can purge by, which copies go
    with a URL, and what to do about those that vary and do not."""

    title: str
    provider: str
    account: str
    kinds: frozenset[Kind] = frozenset(Kind)
    takes: Copies = Copies.ENCODINGS
    siblings: str = ""


class Reach(StrEnum):
    """What one of our purges has to do with the URL."""

    COVERED = "covered"  # it named this URL, or something this URL lies under
    OTHER_FORM = "other form"  # it named this page by another URL
    BESIDE = "beside"  # it named something that was probably meant to hold it, and does not
    UNTAGGED = "untagged"  # it named a tag, and it is not known that the page carries it


@dataclass(frozen=True, slots=True)
class Ours:
    """One of our jobs: what it named, and what that has to do with the URL."""

    job: JobView
    reach: Reach
    named: str  # "prefix www.shop.test/news/"
    by: tuple[str, ...] = ()  # of another form: how it differs

    def layer(self, account: str) -> LayerView | None:
        """What the job did at one account."""
        return next((layer for layer in self.job.layers if layer.account == account), None)

    def ended_at(self, account: str) -> float | None:
        """When it was done there."""
        layer = self.layer(account)
        return layer.ended if layer else None


@dataclass(frozen=True, slots=True)
class InLine:
    """A request that waits for the end of a hold and would purge the URL: its name, what it named, who asked, when."""

    name: str
    named: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How far back our jobs were read: how many, and whether a cap ended it before all that could matter was read."""

    jobs: int = 0
    is_cut: bool = False

    @property
    def within(self) -> str:
        """ " in the last 30 jobs"; "" where all that could matter was read."""
        return f" in the last {self.jobs:,} jobs" if self.is_cut else ""


@dataclass(frozen=True, slots=True)
class Twin:
    """The same page by another URL, as one edge serves it."""

    url: str
    how: str  # "without its query", "with a slash at the end"
    glance: Glance


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one resolver says of the host: the names it leads over, the addresses, the seconds left to live."""

    resolver: str
    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ttl: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """All that the rules may know. `spots` go from the visitor inwards; `layers` too; `purges` newest first; `now` in
    seconds since the epoch."""

    site: Site
    url: str
    now: float
    spots: tuple[Spot, ...]
    layers: tuple[Front, ...] = ()
    twins: tuple[Twin, ...] = ()
    purges: tuple[Ours, ...] = ()
    names: tuple[Resolved, ...] = ()
    is_fingerprinted: bool = False
    hold: Hold | None = None
    in_line: tuple[InLine, ...] = ()
    reading: Reading = Reading()
    onward: tuple[Hop, ...] = ()  # where visitors are led on to, one after the other
    elsewhere: tuple[Spot, ...] = ()  # places that the provider asked for us, beside the edges
    elsewhere_unasked: str = ""  # why it did not
    looked_old: float | None = None  # when an earlier look of ours last saw a plain visitor get an old copy
    doubted: frozenset[tuple[str, str]] = frozenset()  # places and variants that seem old, and may be another page
    _judged: dict[tuple[str, int], tuple[Glance, Finding]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )  # by the spot's name and the glance, which each rule asks about again

    def ago(self, then: float) -> str:
        """How long `then` (seconds since the epoch) is gone: 5 min ago."""
        return f"{span(max(0.0, self.now - then))} ago"

    def at(self, tier: Tier) -> tuple[Spot, ...]:
        """The spots of one tier that answered."""
        return tuple(spot for spot in self.spots if spot.tier is tier and spot.last.is_usable)

    @property
    def typed(self) -> str:
        """The URL as the grammar reads it back."""
        return url_line(self.url)

    @property
    def origins(self) -> tuple[Glance, ...]:
        """What the origin answered a plain visitor."""
        return tuple(glance for spot in self.at(Tier.ORIGIN) for glance in spot.plain if glance.is_usable)

    @property
    def origin(self) -> Glance | None:
        """The origin's last answer."""
        return self.origins[-1] if self.origins else None

    def finding_at(self, spot: Spot, glance: Glance | None = None) -> Finding:
        """What `spot` serves, against the origin: its last plain answer, or `glance`."""
        seen = glance or spot.last
        key = (spot.name, id(seen))
        if key not in self._judged:
            self._judged[key] = (seen, self._judge(spot, seen))  # the glance too: while it is held, no other has its id
        return self._judged[key][1]

    def _judge(self, spot: Spot, seen: Glance) -> Finding:
        origins = self.asked_alike(seen.look.variant)
        if why := no_page(spot, seen, origins):
            return Finding(spot.name, self.url, Verdict.UNKNOWN, why, seen.look, variant=seen.look.variant)
        if not any(origin.is_usable for origin in origins) and self._is_other_packing(seen):
            found = self._compared(replace(seen.look, etag=""), self.origins)
            return replace(found, look=seen.look)
        found = self._compared(seen.look, origins)
        why = self._in_doubt(seen.look) if found.verdict is Verdict.STALE else ""
        return replace(found, verdict=Verdict.UNKNOWN, why=why, by_bytes=False) if why else found

    def _in_doubt(self, look: Look) -> str:
        """Why what seems old may be a page that the edge asks the origin for with a header of its own; else ""."""
        probed = [one.look for one in self._all_of_origin() if one.look.variant in _PROBES]
        if look.variant and (other := in_place(look, probed)) is not None:
            return other.why
        return f"{look.place} {BY_OWN_HEADER}" if (look.place, look.variant) in self.doubted else ""

    @property
    def own_variants(self) -> frozenset[str]:
        """The names of those that the site's configuration names."""
        return frozenset(varied(tuple(variant.items())) for variant in self.site.variants)

    def _of_origin(self) -> tuple[Look, ...]:
        """Its answers, without those to requests that nobody here makes but to see what an edge may ask."""
        probes = _PROBES - self.own_variants
        return tuple(one.look for one in self._all_of_origin() if one.look.variant not in probes)

    def _compared(self, look: Look, origins: Sequence[Glance]) -> Finding:
        """Against the origin; and where that tells nothing, by whether these are the bytes of before our last purge."""
        looks = (look, *(origin.look for origin in origins))
        page = Page(self.url, (), looks, has_origin=bool(self.site.origin), others=self._of_origin())
        found, last = find(page, look.place)[0], self.last_purge
        if found.by_bytes and self.is_made_anew:
            found = replace(found, verdict=Verdict.UNKNOWN, why=UNSTEADY, by_bytes=False)
        if found.verdict is not Verdict.UNKNOWN or found.why == UNSTEADY or last is None:
            return found
        before = tuple(one for one in last.job.before if (one.url, one.variant) == (self.url, look.variant))
        again = find(replace(page, before=before), look.place)[0]
        return again if again.verdict is Verdict.STALE else found

    def _is_other_packing(self, seen: Glance) -> bool:
        """Whether it differs from a plain visitor's answer in its encoding alone, and names its version: that is to be
        the plain page's, though its ETag may be one of its own."""
        asked = seen.answer.asked
        return bool(asked and seen.look.version and self.origins) and asked[0][0] == ENCODING

    @property
    def is_made_anew(self) -> bool:
        """Whether the origin gives plain visitors other bytes each time: then one answer to another visitor, who asks
        it once, tells nothing of the next."""
        answers = [origin.look for origin in self.origins]
        return any(compare(answers[0], look) in (Likeness.OTHER_BYTES, Likeness.TORN) for look in answers[1:])

    def verdict_at(self, spot: Spot, glance: Glance | None = None) -> Verdict:
        """The verdict of `finding_at`."""
        return self.finding_at(spot, glance).verdict

    def asked_alike(self, variant: str) -> list[Glance]:
        """What the origin answered to the same request."""
        return [glance for glance in self._all_of_origin() if glance.look.variant == variant]

    def _all_of_origin(self) -> list[Glance]:
        mine = [spot for spot in self.spots if spot.tier is Tier.ORIGIN]
        glances = [glance for spot in mine for glance in (*spot.plain, *spot.varied)]
        return [glance for glance in glances if glance.look.place == ORIGIN]

    def courses_at(self, spot: Spot) -> tuple[Course, ...]:
        """What `spot` gave to each request in turn: a plain visitor's first."""
        variants = dict.fromkeys(glance.answer.asked for glance in spot.varied)
        asked = [spot.plain, *([one for one in spot.varied if one.answer.asked == asked] for asked in variants)]
        return tuple(self._course(spot, glances) for glances in asked)

    def _course(self, spot: Spot, glances: Sequence[Glance]) -> Course:
        judged = [(glance, self.finding_at(spot, glance)) for glance in glances if glance.is_usable]
        known = [(glance, found) for glance, found in judged if found.uncached or found.verdict in _KNOWN]
        return Course(tuple(glance for glance, _ in known), tuple(found.verdict is Verdict.STALE for _, found in known))

    def torn(self) -> tuple[Spot, ...]:
        """The edges that gave both the old and the new one to one and the same request."""
        return tuple(spot for spot in self.at(Tier.EDGE) if self._is_torn(spot))

    def _is_torn(self, spot: Spot) -> bool:
        return spot.tier is Tier.EDGE and any(course.is_mixed for course in self.courses_at(spot))

    def old(self, tier: Tier = Tier.EDGE) -> tuple[Spot, ...]:
        """The spots that serve something else than the origin does, each time they are asked."""
        return self._settled(tier, Verdict.STALE)

    def fresh(self, tier: Tier = Tier.EDGE) -> tuple[Spot, ...]:
        """The spots that serve what the origin serves, each time they are asked."""
        return self._settled(tier, Verdict.FRESH)

    def _settled(self, tier: Tier, verdict: Verdict) -> tuple[Spot, ...]:
        spots = self.at(tier)
        return tuple(spot for spot in spots if self.verdict_at(spot) is verdict and not self._is_torn(spot))

    @property
    def old_elsewhere(self) -> tuple[Spot, ...]:
        """Those of the places that the provider asked for us that serve something else than the origin does."""
        return tuple(spot for spot in self.elsewhere if self.verdict_at(spot) is Verdict.STALE)

    @property
    def saw_old(self) -> bool:
        """Whether some edge gave an old answer to a plain visitor, or now this one and now that."""
        return bool(self.old() or self.torn())

    @property
    def is_fresh(self) -> bool:
        """Whether some edge serves what the origin does, and none something else."""
        return bool(self.fresh()) and not self.saw_old

    @property
    def is_old_to_somebody(self) -> bool:
        """Whether some edge gave an old answer, however it was asked."""
        return any(any(course.were_old) for spot in self.at(Tier.EDGE) for course in self.courses_at(spot))

    @property
    def is_new_to_all(self) -> bool:
        """Whether it is fresh, and nobody who asks otherwise got something old either."""
        return self.is_fresh and not self.is_old_to_somebody

    @property
    def is_by_bytes(self) -> bool:
        """Whether what is old is so by its bytes alone, which an edge that rewrites pages changes too."""
        spots = [*self.old(), *self.torn()] or self.at(Tier.EDGE)  # else what it is old to, it is to some who ask
        given = [
            (spot, glance)
            for spot in spots
            for course in self.courses_at(spot)
            for glance, is_old in zip(course.glances, course.were_old, strict=True)
            if is_old
        ]
        return bool(given) and all(self.finding_at(spot, glance).by_bytes for spot, glance in given)

    @property
    def unasked(self) -> tuple[Front, ...]:
        """The caches further in that nobody can ask from here, outermost first."""
        asked = {spot.name for spot in self.spots}
        return tuple(front for front in self.layers[1:] if front.title not in asked)

    @property
    def edge_account(self) -> str:
        """The outermost layer's account."""
        return self.layers[0].account if self.layers else ""

    def covering(self) -> tuple[Ours, ...]:
        """Our purges that reached for this very URL, newest first."""
        return tuple(ours for ours in self.purges if ours.reach is Reach.COVERED)

    @property
    def last_purge(self) -> Ours | None:
        """The newest covering purge whose layers are done."""
        return next((ours for ours in self.covering() if ours.job.purged is not None), None)
