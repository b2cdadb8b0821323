"""The way from the visitor to the origin, a line a hop; and who answers there, by its own words."""

from __future__ import annotations

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Name, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import case, edge, glance, new, old, origin

BARE = {"cf-ray": "", "server": ""}
SQUID = {**BARE, "via": "1.1 squid.corp (squid/5.7)", "x-cache": "HIT from squid.corp"}


def test_a_page_that_is_never_kept_and_is_the_origins_reads_so() -> None:
    told = diagnose(case(new(age=None, cached=Cached.UNCACHED)))
    assert 'fra: UNCACHED, version "new" · the origin\'s, never kept' == told.way[0]


def test_one_that_is_never_kept_and_is_not_the_origins_is_old() -> None:
    assert diagnose(case(old(age=None, cached=Cached.UNCACHED))).way[0].endswith(" · old")


def test_every_version_that_the_origin_gave_a_plain_visitor_is_named() -> None:
    told = diagnose(case(new(), origin(*(glance(ORIGIN, one) for one in ("v1", "v2", "v1")))))
    assert 'origin: version "v1", by turns with version "v2"' == told.way[-1]


def test_an_unknown_hop_is_named_by_its_own_words_at_every_place_that_is_alike() -> None:
    told = diagnose(case(*(old(name, cached=Cached.UNKNOWN, headers=SQUID) for name in ("fra", "iad")))).cause
    assert (Name.OTHER_CDN, Certainty.LIKELY) == (told.name, told.certainty)
    words = "via: 1.1 squid.corp (squid/5.7); x-cache: HIT from squid.corp"
    assert told.what.startswith("The answer at fra and iad carries no mark of Cloudflare")
    assert told.what.endswith(f"It says of itself: {words}.")
    assert (f"fra and iad: no header that Cloudflare sends with every answer; {words}",) == told.evidence


def test_an_unknown_hop_that_says_nothing_of_itself_is_named_by_nothing() -> None:
    silent = edge("fra", glance("fra", "old", Cached.UNKNOWN, 900, headers=BARE))
    told = diagnose(case(silent)).cause
    assert told.what.endswith("by something else, or by another zone or account.")
