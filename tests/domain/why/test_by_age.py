"""Why a page still looks old, by the Age of its copy: one that never grows, one that a cache further in gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN, Look
from bot.domain.site import Layer
from bot.domain.why import Cause, Certainty, Name, Ours, Spot, diagnose
from providers.contract import Cached, Kind
from tests.domain.why.why_cases import CLOUDFLARE, NOW, SHOP, case, edge, glance, job, layer, ours, shield, soft

HIT, MISS = Cached.HIT, Cached.MISS
SITE = replace(SHOP, layers=(Layer("cf"),))
FROZEN = edge("fra", glance("fra", "old", HIT, 0))


def seen(at: float, age: int | None = 0, content: str = "old", cached: Cached = HIT, place: str = "fra") -> Look:
    """What a job saw so many seconds ago."""
    return replace(glance(place, content, cached, age).look, at=NOW - at)


def purged(
    before: Sequence[Look], after: Sequence[Look], at: float = 300, number: int = 1, kind: Kind = Kind.URL
) -> Ours:
    """A purge of Cloudflare alone, of a page that was new at the origin already."""
    made = replace(job(at, number=number), layers=(layer(CLOUDFLARE, at),), kind=kind)
    return ours(replace(made, before=tuple(before), looks=(seen(at - 30, None, "new", place=ORIGIN), *after)))


def told(*purges: Ours, edge: Spot = FROZEN) -> Cause:
    """What is said of `edge` after these, the newest first."""
    return diagnose(case(edge, purges=purges, layers=[CLOUDFLARE], site=SITE)).cause


def aged(age: int) -> Spot:
    """An edge with an old copy."""
    return edge("fra", glance("fra", "old", HIT, age))


def test_an_age_that_never_grows_tells_nothing_and_the_cure_is_wider() -> None:
    cause = told(purged([seen(303)], [seen(270)]))
    assert (Name.NOT_REACHED, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert cause.what.endswith("with an Age that never grows (0 s at each look), so that it tells nothing.")
    assert cause.cure is not None and "prefix www.shop.test/pricing" == cause.cure.line


def test_where_the_wider_one_was_pressed_too_the_next_is_wider_still() -> None:
    first, second = purged([seen(303)], [seen(270)]), purged([seen(103)], [seen(70)], 100, 2, Kind.PREFIX)
    cause = told(second, first)
    assert Name.NOT_REACHED is cause.name
    assert cause.cure is not None and cause.cure.line.startswith("host ")


REFILLED = [
    pytest.param(purged([seen(303, 900)], [seen(270, 0)]), id="it-had-an-age-before"),
    pytest.param(purged([seen(303)], [seen(270, 30)]), id="it-grew"),
    pytest.param(purged([], [seen(270)]), id="seen-twice-alone"),
    pytest.param(purged([seen(303)], [seen(270, None, cached=MISS)]), id="it-fetched"),
    pytest.param(purged([seen(303, content="older")], [seen(270)]), id="of-another-content"),
    pytest.param(purged([seen(1.5), seen(1.0)], [seen(0.5)]), id="all-at-once"),
    pytest.param(purged([seen(303, place="iad")], [seen(270, place="iad")]), id="elsewhere"),
]


@pytest.mark.parametrize("purge", REFILLED)
def test_an_age_that_may_be_true_is_believed(purge: Ours) -> None:
    assert Name.REFILLED is told(purge).name


def test_a_purge_once_more_is_offered_once() -> None:
    first, second = purged([], []), purged([], [], 100, 2)
    once = told(first)
    again = told(second, first)
    assert (Name.REFILLED, Name.REFILLED) == (once.name, again.name)
    assert once.cure is not None and "Purge it once more" == once.cure.label
    assert again.cure is not None and "prefix www.shop.test/pricing" == again.cure.line
    assert again.cure.step.startswith("P-2 was not the first to be followed by the old content: name the cache")


MET = purged([seen(303, 900)], [seen(270, 530)])  # 300 s ago; it made its copy 1,203 s ago, and the next 800 s ago


def test_another_copy_than_before_was_filled_again_though_its_age_is_older_than_the_purge() -> None:
    cause = told(MET, edge=aged(800))
    assert (Name.REFILLED, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert cause.what == (
        "fra was purged by P-1 and filled again with the old content from a cache further in, such as a shield, or"
        " comes from another server behind that address."
    )
    assert cause.evidence[0] == (
        "fra: a copy 13 min old, and the purge was 5 min ago; before that there was another one (15 min old then): its"
        " Age goes on from that of the cache it was filled from"
    )
    assert cause.cure is not None
    assert cause.cure.says == (
        "Purge it once more; where it is old again, name the cache further in among shop's `layers`, or empty it there."
    )


def test_of_a_copy_that_is_younger_than_the_purge_no_other_age_is_spoken_of() -> None:
    cause = told(MET, edge=aged(25))
    assert Name.REFILLED is cause.name
    assert cause.evidence[0] == (
        "fra: a copy 25 s old, and the purge was 5 min ago; before that there was another one (15 min old then)"
    )


def test_so_was_one_of_a_cache_that_says_nothing_but_its_age() -> None:
    silent = purged([seen(303, 900, cached=Cached.UNKNOWN)], [seen(270, 530, cached=Cached.UNKNOWN)])
    assert Name.REFILLED is told(silent, edge=edge("fra", glance("fra", "old", age=800))).name


@pytest.mark.parametrize(
    "purge",
    [
        pytest.param(purged([seen(303, 497)], []), id="the-same-copy"),
        pytest.param(purged([seen(303, 496)], []), id="the-same-copy-rounded"),
        pytest.param(purged([seen(303, 900), seen(302, 498)], []), id="one-of-two-that-were-there"),
        pytest.param(purged([seen(303, 400)], []), id="an-older-copy-than-before"),
        pytest.param(purged([seen(303, 900, cached=MISS)], []), id="fetched-for-that-look"),
        pytest.param(purged([seen(303, None)], []), id="no-age-then"),
        pytest.param(purged([], []), id="nothing-seen-then"),
    ],
)
def test_a_copy_that_may_be_the_one_of_before_was_not_reached_and_what_else_it_may_be_is_said(purge: Ours) -> None:
    cause = told(purge, edge=aged(800))
    assert (Name.NOT_REACHED, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert cause.evidence[1] == (
        "an Age counts from the origin on: a cache further in that is no layer of shop, and filled fra again after the"
        " purge, would look the same"
    )


def test_where_a_cache_further_in_was_asked_no_other_one_is_guessed() -> None:
    inner = shield("new", age=30)
    cause = diagnose(case(aged(800), inner, purges=[purged([], [])])).cause
    assert Name.NOT_REACHED is cause.name
    assert not any("would look the same" in line for line in cause.evidence)


def met(before: Sequence[Look], *, is_soft: bool) -> Ours:
    """A purge of nine seconds ago, which looked a second before."""
    made = purged(before, [], 9)
    return replace(made, job=soft(made.job)) if is_soft else made


@pytest.mark.parametrize("age", [8, 10, 12])
def test_a_young_copy_that_a_soft_purge_met_before_is_served_once_more_as_designed(age: int) -> None:
    cause = told(met([seen(10, 0)], is_soft=True), edge=aged(age))
    assert (Name.SOFT, Certainty.LIKELY) == (cause.name, cause.certainty)


@pytest.mark.parametrize("age", [8, 10, 12])
def test_a_young_copy_that_a_hard_purge_met_before_was_not_reached(age: int) -> None:
    cause = told(met([seen(10, 0)], is_soft=False), edge=aged(age))
    assert (Name.NOT_REACHED, Certainty.LIKELY) == (cause.name, cause.certainty)
    line = f'a copy {age} s old, and the purge was 9 s ago; P-1 met it there before that (HIT, 0 s old, version "old")'
    assert f"fra: {line}" == cause.evidence[0]


ANOTHER = [
    pytest.param([seen(10, 0, "other")], 9, id="another-content"),
    pytest.param([seen(10, 5)], 9, id="made-at-another-moment"),
    pytest.param([seen(10, 0, cached=MISS)], 9, id="fetched-for-that-look"),
    pytest.param([seen(10, 0, place="iad")], 9, id="at-another-place"),
]


@pytest.mark.parametrize("is_soft", [True, False])
@pytest.mark.parametrize(("before", "age"), ANOTHER)
def test_a_young_copy_that_was_not_met_before_was_filled_again(before: Sequence[Look], age: int, is_soft: bool) -> None:
    assert Name.REFILLED is told(met(before, is_soft=is_soft), edge=aged(age)).name
