"""A purge of the page that somebody ended before it was carried out: it is named, and it changes no copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.why import Certainty, Name, Ours, diagnose
from tests.domain.why.why_cases import CLOUDFLARE, NOW, URL, VARNISH, case, job, layer, old, ours

DENIED = replace(
    job(60, State.DENIED, 2), layers=(layer(CLOUDFLARE, 0, LayerState.WAITING),), ended=NOW - 30,
    stop_reason="U_SAM: too wide for a Friday",
)  # fmt: skip
DENIED = replace(DENIED, layers=tuple(replace(one, started=None) for one in DENIED.layers))
CANCELLED = replace(DENIED, state=State.CANCELLED, stop_reason="U_MIA")
EXPIRED = replace(DENIED, state=State.EXPIRED, stop_reason="")
HALF = replace(CANCELLED, layers=(layer(VARNISH, 40), layer(CLOUDFLARE, 0, LayerState.WAITING)))

NAMED = [
    pytest.param(
        DENIED,
        f"P-2 · {URL} · denied 30 s ago: too wide for a Friday · nothing of it was sent",
        ("P-2 was denied", "U_SAM"),
        Certainty.SEEN,
        id="denied",
    ),
    pytest.param(
        CANCELLED,
        f"P-2 · {URL} · cancelled 30 s ago · nothing of it was sent",
        ("P-2 was cancelled", "U_MIA"),
        Certainty.SEEN,
        id="cancelled",
    ),
    pytest.param(
        EXPIRED,
        f"P-2 · {URL} · expired 30 s ago: nobody agreed in time · nothing of it was sent",
        ("", ""),
        Certainty.SEEN,
        id="expired",
    ),
    pytest.param(
        HALF,
        f"P-2 · {URL} · cancelled 30 s ago · some of it was sent before that",
        ("P-2 was cancelled", "U_MIA"),
        Certainty.LIKELY,
        id="cancelled-half-way",
    ),
]


@pytest.mark.parametrize(("made", "line", "ended", "sure"), NAMED)
def test_a_purge_that_came_to_nothing_is_named_first_with_when_and_why(
    made: JobView, line: str, ended: tuple[str, str], sure: Certainty
) -> None:
    told = diagnose(case(old(), purges=[ours(made)])).cause
    assert (Name.NOT_PURGED, sure, line, ended) == (told.name, told.certainty, told.evidence[0], told.ended)


def test_a_long_reason_is_cut_behind_a_word() -> None:
    made = replace(DENIED, stop_reason=f"U_SAM: {'too wide ' * 30}")
    assert "too wide too… · nothing" in diagnose(case(old(), purges=[ours(made)])).cause.evidence[0]


EARLIER = ours(job(9000, number=1))
NOT_NAMED = [
    pytest.param([ours(job(20, number=3)), ours(DENIED), EARLIER], id="a-later-one-was-carried-out"),
    pytest.param([ours(replace(job(20, State.FAILED, 3), layers=DENIED.layers)), ours(DENIED)], id="one-failed-since"),
    pytest.param([ours(replace(DENIED, ended=NOW - 90_000))], id="longer-ago-than-a-day"),
]


@pytest.mark.parametrize("purges", NOT_NAMED)
def test_what_does_not_matter_any_more_is_not_named(purges: Sequence[Ours]) -> None:
    told = diagnose(case(old(), purges=purges)).cause
    assert [] == [line for line in told.evidence if line.startswith("P-2")]


def test_the_newest_of_several_is_named_and_one_before_it_that_was_carried_out_stands_as_ever() -> None:
    earlier = replace(DENIED, id=1, state=State.EXPIRED)
    told = diagnose(case(old(), purges=[ours(DENIED), ours(earlier), EARLIER])).cause
    assert told.evidence[0].startswith("P-2 · ")
    assert [] == [line for line in told.evidence if line.startswith("P-1")]
