"""A place that was new before a purge and gives an old page after it: what is known, and nothing that is not."""

from __future__ import annotations

import pytest

from bot.domain.proof.reached import Purged
from bot.domain.proof.verdict import Judgement, Look, Verdict, judge
from tests.domain.proof.test_verdict import HIT, PURGED, earlier, look, origin

ORIGIN_MAY = (
    "edge and origin were already the same before the purge at fra: the origin changed since, or part of it is still"
    " old"
)
NODES = (
    "several nodes or copies stand behind {}: the one that was seen before the purge was new already, and the purge did"
    " not reach the old one"
)


def judged(*after: Look, places: tuple[str, ...] = ("fra",)) -> Judgement:
    """What is said after a purge of a page that was new at each place before."""
    before = earlier(*(look(place, "b7", HIT, 20) for place in places), *origin())
    return judge(before, [*after, *origin()], Purged(PURGED))


ROWS = [
    pytest.param([look("fra", "a1", HIT, 900)], NODES.format("fra"), id="a-copy-from-before-the-purge"),
    pytest.param([look("fra", "a1", HIT, 4)], ORIGIN_MAY, id="a-copy-from-after-the-purge"),
    pytest.param([look("fra", "a1", HIT)], ORIGIN_MAY, id="a-copy-that-does-not-say-how-old-it-is"),
    pytest.param(
        [look("fra", "a1", HIT, 900), look("fra", "b7", HIT, 4)], NODES.format("fra"), id="one-old-and-one-new-answer"
    ),
]


@pytest.mark.parametrize(("after", "words"), ROWS)
def test_the_origin_is_blamed_only_where_it_may_have_been(after: list[Look], words: str) -> None:
    told = judged(*after)
    assert Verdict.STALE is told.verdict
    assert told.why.endswith(f" · {words}")


def test_places_that_differ_are_told_apart() -> None:
    told = judged(look("fra", "a1", HIT, 4), look("iad", "a1", HIT, 900), places=("fra", "iad"))
    assert told.why.endswith(f" · {NODES.format('iad')} · {ORIGIN_MAY}")


def test_the_very_copy_of_before_says_that_the_origin_has_changed() -> None:
    before = earlier(look("fra", "a1", HIT, 20), *origin("a1"))
    assert judge(before, [look("fra", "a1", HIT, 900), *origin()], Purged(PURGED)).why.endswith(f" · {ORIGIN_MAY}")
