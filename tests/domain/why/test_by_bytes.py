"""Pages that differ by their bytes alone, without ETag or marker: nothing about old copies is more than likely then."""

from __future__ import annotations

from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.proof.variants import BROTLI
from bot.domain.why import Case, Certainty, Diagnosis, Glance, Name, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import case, edge, glance, origin

OF_ENCODINGS = {"vary": "Accept-Encoding"}


def bare(place: str, content: str, asked: Asked = PLAIN) -> Glance:
    """A page that nothing names."""
    cached = Cached.UNKNOWN if place == ORIGIN else Cached.HIT
    return glance(place, content, cached, 9, asked=asked, etag="", version="", headers=OF_ENCODINGS)


def packed_otherwise() -> Case:
    """An edge that keeps other bytes for who takes Brotli, as one does that rewrites pages for them."""
    return case(
        edge("fra", bare("fra", "new"), variants=[bare("fra", "small", BROTLI)] * 2),
        origin(bare(ORIGIN, "new"), variants=[bare(ORIGIN, "new", BROTLI)]),
    )


def told() -> Diagnosis:
    return diagnose(packed_otherwise())


def test_a_variant_that_is_told_by_its_bytes_alone_is_no_more_than_likely() -> None:
    cause = told().cause
    assert (Name.VARIANT, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert REWRITTEN == cause.evidence[-1]


def test_it_is_not_called_old_where_an_edge_may_have_rewritten_it() -> None:
    assert (
        "fra serves the new page to a plain visitor, and other bytes than the origin to a visitor who sends"
        " `Accept-Encoding: br`: that copy has a key of its own. Or nothing is old: an edge that rewrites pages for"
        " them gives other bytes than the origin each time." == told().cause.what
    )
    assert not any("old" in line.replace(" old, ", "") for line in told().cause.evidence[:-1])


def test_the_way_does_not_call_it_old_either() -> None:
    assert told().way[0].endswith(" · fresh to a plain visitor, other bytes to Accept-Encoding: br")


def test_a_variant_with_an_etag_of_its_own_is_seen() -> None:
    made = case(
        edge("fra", glance("fra", "new", Cached.HIT, 9), variants=[_tagged("old")] * 2),
        origin(variants=[glance(ORIGIN, "new", asked=BROTLI)]),
    )
    cause = diagnose(made).cause
    assert (Name.VARIANT, Certainty.SEEN) == (cause.name, cause.certainty)
    assert "and the old one to a visitor who sends" in cause.what


def _tagged(content: str) -> Glance:
    return glance("fra", content, Cached.HIT, 9, asked=BROTLI, headers=OF_ENCODINGS)
