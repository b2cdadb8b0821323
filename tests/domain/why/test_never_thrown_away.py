"""Why a page still looks old: what was seen old is told, whoever asked for it and whatever else is on its way."""

from __future__ import annotations

import pytest

from bot.domain.jobs.job import State
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.variants import AS_A_PHONE, BROTLI
from bot.domain.why import Case, Name, Spot, Tier, diagnose
from bot.domain.why.asking import left_out
from providers.contract import Cached
from tests.domain.why.test_why import waiting
from tests.domain.why.why_cases import case, edge, glance, origin, ours

VARY = {"vary": "Accept-Encoding"}


def packed(content: str, etag: str | None = None) -> Spot:
    """An edge that is new to a plain visitor, and gives `content` twice to one who takes Brotli."""
    plain = glance("fra", "new", Cached.HIT, 30, headers=VARY)
    other = glance("fra", content, Cached.HIT, 900, headers=VARY, asked=BROTLI, etag=etag)
    return edge("fra", plain, variants=(other, other))


LOST = origin(variants=(glance(ORIGIN, asked=BROTLI, problem="no answer within 8.5 s"),))


def test_an_old_version_in_another_encoding_is_old_though_the_origin_gave_none_in_it() -> None:
    assert Name.VARIANT is diagnose(case(packed("old"), LOST)).cause.name


def test_a_new_version_in_another_encoding_has_an_etag_of_its_own() -> None:
    assert Name.NOTHING_OLD is diagnose(case(packed("new", etag='"of its own"'), LOST)).cause.name


def test_what_one_place_alone_was_asked_is_asked_everywhere() -> None:
    inner = Spot("Varnish", Tier.INNER, (glance("Varnish"),) * 2)
    silent = Spot("iad", Tier.EDGE, (glance("iad", problem="no answer"),) * 2)
    assert {"origin": (BROTLI,)} == left_out([packed("old"), silent, inner, origin()])
    assert {"fra": (BROTLI,)} == left_out(
        [edge("fra", glance("fra")), origin(variants=(glance(ORIGIN, asked=BROTLI),))]
    )
    assert AS_A_PHONE not in left_out([packed("old"), origin()])["origin"]


STILL = [
    pytest.param(case(packed("old"), purges=[ours(waiting(State.WAITING))]), Name.QUEUED, id="old-to-some"),
    pytest.param(case(packed("new"), purges=[ours(waiting(State.WAITING))]), Name.NOTHING_OLD, id="new-to-all"),
]


@pytest.mark.parametrize(("made", "name"), STILL)
def test_the_cure_of_a_variant_that_waits_for_votes_is_not_offered_again(made: Case, name: Name) -> None:
    assert name is diagnose(made).cause.name
