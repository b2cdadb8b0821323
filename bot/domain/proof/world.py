"""Looking from around the world, where a site is opted in: regions with a name, and what probes there saw.

One place is never sold as the world: what is said of probes is how many of how many, and in how many countries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.answers.answer import Answer
from bot.domain.proof.verdict import Judgement, Look

PUBLIC = "Public: for about a week, whoever has the id can read at Globalping what was measured"


@dataclass(frozen=True, slots=True)
class Region:
    """Where probes are asked for: filters as Globalping names them (`continent`, `country`, `magic`, …), all of which
    count, and how many probes."""

    wants: tuple[tuple[str, str], ...]
    limit: int = 3


REGIONS: Mapping[str, Region] = {
    "eu": Region((("continent", "EU"),)),
    "us": Region((("country", "US"),)),
    "asia": Region((("continent", "AS"),)),
    "sa": Region((("continent", "SA"),), 2),
    "africa": Region((("continent", "AF"),), 2),
    "oceania": Region((("continent", "OC"),), 2),
}


@dataclass(frozen=True, slots=True)
class World:
    """What is configured of it. `limit` is the most tests that one request may cost (a test is one probe asked for one
    URL), `reserve` how many tests of an hour are left to others. `prove`: the same probes are asked before and after a
    purge."""

    sites: frozenset[str] = frozenset()
    regions: Mapping[str, Region] = field(default_factory=lambda: REGIONS)
    limit: int = 20
    reserve: int = 50
    prove: bool = False

    def names_for(self, site: str) -> tuple[str, ...]:
        """The regions that `site` can be looked at from."""
        return tuple(self.regions) if site in self.sites else ()

    def tests(self, names: Iterable[str]) -> int:
        """How many tests one URL costs from these regions."""
        return sum(self.regions[name].limit for name in names)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one probe saw, and the country it is in (ISO 3166)."""

    answer: Answer
    country: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the probes saw of one URL. `id` has the same probes asked again; `problem` says why there is nothing."""

    sights: tuple[Sight, ...] = ()
    id: str = ""
    problem: str = ""


def counted(places: Sequence[str], looks: Sequence[Look]) -> tuple[str, ...]:
    """`places` with all that are probes' as one: "fra", "8 of 9 probes in 6 countries"."""
    countries = {look.place: look.country for look in looks if look.country}
    probes = [place for place in places if place in countries]
    own = tuple(place for place in places if place not in countries)
    if not probes:
        return own
    n = len({countries[place] for place in probes})
    of = f"{len(probes)} of {len(countries)} probe{'s' * (len(countries) > 1)}"
    return (*own, f"{of} in {n} {'country' if n == 1 else 'countries'}")


def gathered(judgement: Judgement, looks: Sequence[Look]) -> Judgement:
    """`judgement` with all places that are probes' told as one."""
    return replace(
        judgement,
        fresh_at=counted(judgement.fresh_at, looks),
        stale_at=counted(judgement.stale_at, looks),
        unknown_at=counted(judgement.unknown_at, looks),
        already_same=counted(judgement.already_same, looks),
    )
