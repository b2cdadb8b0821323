"""What was seen of one URL on the way from the visitor to the origin, and what is known of purges of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.answer import Answer
from bot.domain.finding import Finding, Page, Verdict, find
from bot.domain.hold import Hold
from bot.domain.job import JobView, LayerView
from bot.domain.look import ORIGIN, Likeness, Look, compare, span
from bot.domain.site import Site
from providers.contract import Cached


class Tier(StrEnum):
    """How far in something answers."""

    EDGE = "edge"
    INNER = "inner"  # a cache between edge and origin, asked by its own address
    ORIGIN = "origin"


@dataclass(frozen=True, slots=True)
class Glance:
    """One answer, and what it says as a look."""

    answer: Answer
    look: Look

    @property
    def is_usable(self) -> bool:
        """Whether there was an answer."""
        return not self.look.problem


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of the chain: what it answered to a plain visitor, in the order asked (at least once), and to other
    requests for the same URL (another encoding, a configured variant)."""

    name: str
    tier: Tier
    plain: tuple[Glance, ...]
    varied: tuple[Glance, ...] = ()

    @property
    def last(self) -> Glance:
        """The last plain answer that can be used; the last one if none can."""
        return next((glance for glance in reversed(self.plain) if glance.is_usable), self.plain[-1])

    @property
    def look(self) -> Look:
        """What `last` says."""
        return self.last.look

    @property
    def told(self) -> str:
        """The look in a few words: "200 HIT, 5 h old, version "b7""."""
        look = self.look
        says = look.says or ("" if look.cached is Cached.UNKNOWN else look.cached.value)
        age = f", {span(look.age)} old" if look.age is not None else ""
        version = f', version "{look.version}"' if look.version else ""
        return look.problem or f"{look.status} {says}".rstrip() + age + version


@dataclass(frozen=True, slots=True)
class Front:
    """A layer of the site: its account's title, and the provider's name."""

    title: str
    provider: str
    account: str


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

    def at(self, tier: Tier) -> tuple[Spot, ...]:
        """The spots of one tier that answered."""
        return tuple(spot for spot in self.spots if spot.tier is tier and spot.last.is_usable)

    @property
    def origins(self) -> tuple[Glance, ...]:
        """What the origin answered a plain visitor."""
        return tuple(glance for spot in self.at(Tier.ORIGIN) for glance in spot.plain if glance.is_usable)

    @property
    def origin(self) -> Glance | None:
        """The origin's last answer."""
        return self.origins[-1] if self.origins else None

    def finding_at(self, spot: Spot, look: Look | None = None) -> Finding:
        """What `spot` serves, against the origin: its last plain answer, or `look`."""
        seen = look or spot.look
        page = Page(self.url, (), (seen, *self._asked_alike(seen.variant)), has_origin=bool(self.site.origin))
        return find(page, seen.place)[0]

    def verdict_at(self, spot: Spot, look: Look | None = None) -> Verdict:
        """The verdict of `finding_at`."""
        return self.finding_at(spot, look).verdict

    def _asked_alike(self, variant: str) -> list[Look]:
        mine = [spot for spot in self.spots if spot.tier is Tier.ORIGIN]
        looks = [glance.look for spot in mine for glance in (*spot.plain, *spot.varied)]
        return [look for look in looks if look.variant == variant and look.place == ORIGIN]

    def old(self, tier: Tier = Tier.EDGE) -> tuple[Spot, ...]:
        """The spots that serve something else than the origin does."""
        return tuple(spot for spot in self.at(tier) if self.verdict_at(spot) is Verdict.STALE)

    def fresh(self, tier: Tier = Tier.EDGE) -> tuple[Spot, ...]:
        """The spots that serve what the origin serves."""
        return tuple(spot for spot in self.at(tier) if self.verdict_at(spot) is Verdict.FRESH)

    @property
    def is_fresh(self) -> bool:
        """Whether some edge serves what the origin does, and none something else."""
        return bool(self.fresh()) and not self.old()

    @property
    def is_by_bytes(self) -> bool:
        """Whether what is old is so by its bytes alone, which an edge that rewrites pages changes too."""
        old = self.old()
        return bool(old) and all(self.finding_at(spot).by_bytes for spot in old)

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


def same(one: Glance, other: Glance) -> bool:
    """Whether two answers hold the same content."""
    return compare(one.look, other.look) in (Likeness.SAME, Likeness.SAME_VERSION)


def do(spots: Sequence[Spot], one: str, several: str) -> str:
    """The verb that goes with so many places."""
    return one if len(spots) == 1 else several


def each(spots: Iterable[Spot], told: Callable[[Spot], str] = lambda spot: spot.told) -> tuple[str, ...]:
    """A line for each place, those that are alike in one."""
    lines: dict[str, list[Spot]] = {}
    for spot in spots:
        lines.setdefault(told(spot), []).append(spot)
    return tuple(f"{names_of(alike)}: {line}" for line, alike in lines.items())


def names_of(spots: Sequence[Spot]) -> str:
    """Places in a sentence."""
    names = [spot.name for spot in spots]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nowhere"
