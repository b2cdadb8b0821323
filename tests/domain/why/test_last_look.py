"""What a purge of ours saw a moment ago is not contradicted by what is seen now: both are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.proof.look import Look
from bot.domain.proof.variants import AS_A_PHONE
from bot.domain.proof.verdict import Verdict
from bot.domain.why import Case, Certainty, Glance, Name, Ours, diagnose
from bot.domain.why.nothing_old import shortened
from providers.contract import Cached
from tests.domain.why.why_cases import NOW, URL, asked_as, case, edge, glance, job, looked, new, old, origin, ours, soft

FRA_OLD, IAD_OLD = (replace(glance(place, "old", Cached.HIT, 1).look, at=NOW - 4) for place in ("fra", "iad"))
FRA_NEW = replace(glance("fra", "new", Cached.HIT, 1).look, at=NOW - 4)
SEEN_NEW = looked("new")
KEPT_LONG = {"cache-control": "max-age=86400"}
SAW = 'P-1 saw it old at fra 4 s ago (HIT, 1 s old, version "old")'


def purge(*looks: Look, not_seen_new: Sequence[Look] = (), origins: str = "new") -> Ours:
    return ours(replace(job(40), looks=(*looks, *looked(origins)), not_seen_new=tuple(not_seen_new)))


def now(made: Ours, *spots: Glance) -> Case:
    return case(*(edge(one.look.place, one) for one in spots), purges=(made,)) if spots else case(new(), purges=(made,))


def test_an_edge_that_was_old_to_a_purge_seconds_ago_is_told_and_only_possible() -> None:
    cause = diagnose(now(purge(FRA_OLD))).cause
    assert (Name.DISAGREE, Certainty.POSSIBLE, "fra") == (cause.name, cause.certainty, cause.at)
    assert cause.what.startswith(f"{SAW}; now fra serves what the origin serves.")
    assert ('fra, 4 s ago: HIT, 1 s old, version "old"', "fra, now: the same as the origin") == cause.evidence


def test_each_edge_that_was_old_is_named() -> None:
    both = case(new(), new("iad"), purges=(purge(FRA_OLD, IAD_OLD),))
    assert diagnose(both).cause.what.startswith("P-1 saw it old at fra, iad 4 s ago (")


def test_a_data_centre_that_was_not_seen_new_is_named() -> None:
    made = purge(FRA_NEW, not_seen_new=[replace(FRA_OLD, seen_at="MAD")])
    assert diagnose(now(made)).cause.what.startswith("P-1 saw it old at fra at MAD 4 s ago (")


def test_browsers_are_no_likelier_than_the_edge_that_was_just_old() -> None:
    was = replace(purge(FRA_OLD).job, before=looked("old", "fra"))
    cause = diagnose(now(ours(was), glance("fra", "new", Cached.HIT, 30, headers=KEPT_LONG))).cause
    assert (Name.DISAGREE, Certainty.POSSIBLE) == (cause.name, cause.certainty)


def test_after_a_while_nothing_old_is_found_and_what_was_seen_is_still_told() -> None:
    cause = diagnose(now(purge(replace(FRA_OLD, at=NOW - 7_200)))).cause
    assert (Name.NOTHING_OLD, Certainty.POSSIBLE) == (cause.name, cause.certainty)
    assert 'P-1 saw it old at fra 2 h ago (HIT, 1 s old, version "old")' == cause.evidence[0]


def test_an_earlier_look_of_a_purge_that_is_not_proven_is_told() -> None:
    made = replace(purge(FRA_NEW).job, was_old_at=("fra", "iad"), look_urls=(URL,))
    cause = diagnose(now(ours(made))).cause
    assert (Name.NOTHING_OLD, Certainty.POSSIBLE) == (cause.name, cause.certainty)
    assert "P-1 saw it old at fra, iad, and did not prove it new after that" == cause.evidence[0]


def test_an_earlier_look_of_a_purge_that_was_proven_since_is_not_told() -> None:
    made = replace(purge(FRA_NEW).job, was_old_at=("fra",), look_urls=(URL,), proven=NOW - 4)
    assert "saw it old" not in " ".join(diagnose(now(ours(made))).cause.evidence)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(purge(FRA_NEW), id="it was new then"),
        pytest.param(purge(replace(FRA_OLD, at=NOW - 90_000)), id="it was long ago"),
        pytest.param(purge(FRA_OLD, origins="before"), id="the origin has changed since"),
        pytest.param(purge(replace(FRA_OLD, url="https://www.shop.test/news")), id="it was another page"),
    ],
)
def test_what_tells_nothing_of_now_is_not_told(made: Ours) -> None:
    cause = diagnose(now(made)).cause
    assert (Name.NOTHING_OLD, Certainty.SEEN) == (cause.name, cause.certainty)


def test_what_is_old_now_is_told_by_what_is_seen_now() -> None:
    cause = diagnose(case(old(), origin(), purges=(purge(FRA_OLD),))).cause
    assert cause.name is not Name.NOTHING_OLD and "saw it old" not in cause.what


MOBILE = (("X-Device", "mobile"),)
GAVE_ALL_THE_SAME = [asked_as(glance("fra", "new", Cached.HIT, 1), MOBILE), asked_as(glance("origin", "small"), MOBILE)]


def test_the_plain_page_in_a_variants_place_was_never_old() -> None:
    told = diagnose(now(purge(FRA_NEW, *(replace(one.look, at=NOW - 4) for one in GAVE_ALL_THE_SAME)))).cause
    assert Name.NOTHING_OLD is told.name and "saw it old" not in " ".join(told.evidence)


def by_turns(*phone: Glance) -> Case:
    """fra, new to a plain visitor by now, and old to a phone."""
    plain = glance("fra", "new", Cached.HIT, 1)
    return case(edge("fra", plain, variants=phone), purges=(purge(FRA_OLD),))


PHONE_OLD = glance("fra", "old", Cached.HIT, 18_000, asked=AS_A_PHONE)


def test_no_key_is_blamed_where_a_plain_visitor_got_the_old_one_too_moments_ago() -> None:
    cause = diagnose(by_turns(PHONE_OLD)).cause
    assert (Name.DISAGREE, Certainty.POSSIBLE) == (cause.name, cause.certainty)


def test_a_key_is_blamed_where_the_other_visitor_gets_the_old_one_again_and_again() -> None:
    assert Name.VARIANT is diagnose(by_turns(PHONE_OLD, PHONE_OLD)).cause.name


def test_a_page_that_is_never_cached_and_was_old_moments_ago_is_not_the_same_to_everybody() -> None:
    live = glance("fra", "new", Cached.UNCACHED)
    cause = diagnose(now(purge(replace(FRA_OLD, cached=Cached.UNCACHED)), live)).cause
    assert (Name.DISAGREE, Certainty.POSSIBLE) == (cause.name, cause.certainty)


NOT_PROVEN = "the copy at fra is right, but may be from before the purge, so it proves nothing"


def test_a_purge_that_is_not_proven_is_told_with_its_reason_where_nothing_is_old() -> None:
    unproven = replace(job(), verdict=Verdict.UNKNOWN, why=NOT_PROVEN, looks=looked("new"))
    told = diagnose(case(new(), new("iad"), purges=[ours(unproven)])).cause
    assert Name.NOTHING_OLD is told.name
    assert f"P-1 purged it 5 min ago and is not proven: {NOT_PROVEN}" in told.evidence
    later = replace(unproven, looks=looked("what was there then"))
    assert not any("not proven" in line for line in diagnose(case(new(), purges=[ours(later)])).cause.evidence)


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        pytest.param(f"{'a reason ' * 20}· {'another one ' * 20}", f"{'a reason ' * 20}".strip() + " · …", id="whole"),
        pytest.param("one reason " * 30, f"{('one reason ' * 21)[:-1]}…", id="by-words"),
    ],
)
def test_a_long_reason_of_a_proof_is_cut_between_its_parts(why: str, shown: str) -> None:
    assert shown == shortened(why)


TAKEN = "a look of purgebot's own got that 9 s ago, and fra serves the new one now."


@pytest.mark.parametrize(
    ("looked", "name", "told"),
    [
        pytest.param(NOW - 9, Name.SOFT, TAKEN, id="after-the-soft-purge"),
        pytest.param(NOW - 301, Name.NOTHING_OLD, "fra serves what the origin serves", id="before-it"),
        pytest.param(None, Name.NOTHING_OLD, "fra serves what the origin serves", id="never"),
    ],
)
def test_a_look_of_ours_may_have_taken_the_one_old_answer_of_a_soft_purge(
    looked: float | None, name: Name, told: str
) -> None:
    made = replace(case(new(), purges=[ours(soft(replace(job(), looks=SEEN_NEW)))]), looked_old=looked)
    cause = diagnose(made).cause
    assert (name, True) == (cause.name, told in cause.what)


@pytest.mark.parametrize(
    ("looked", "purges", "certainty"),
    [
        pytest.param(NOW - 9, (), Certainty.LIKELY, id="nothing-purged-since"),
        pytest.param(NOW - 400, (ours(job(300)),), Certainty.SEEN, id="purged-since"),
        pytest.param(NOW - 90_000, (), Certainty.SEEN, id="long-ago"),
    ],
)
def test_what_a_look_of_ours_saw_old_is_told_beside_what_is_new(
    looked: float, purges: Sequence[Ours], certainty: Certainty
) -> None:
    cause = diagnose(replace(case(new(), purges=purges), looked_old=looked)).cause
    is_told = "a look of purgebot's own got an old copy 9 s ago" in cause.evidence
    assert (Name.NOTHING_OLD, certainty, certainty is Certainty.LIKELY) == (cause.name, cause.certainty, is_told)
