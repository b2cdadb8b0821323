"""Why a page still looks old to who asks for it in another encoding, as phones do too."""

from __future__ import annotations

import pytest

from bot.domain.answers.answer import Asked
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.variants import AS_A_PHONE, BROTLI, SAFARI
from bot.domain.why import Case, Name, diagnose
from bot.domain.why.torn import to_ask_again
from providers.contract import Cached
from tests.domain.why.why_cases import case, edge, glance, origin


def old_to(*asked: Asked, times: int = 2) -> Case:
    """Old to who sends one of these, as often as it was asked; Vary names the device."""
    seen = [
        glance("fra", "old" if one in asked else "new", Cached.HIT, 9, asked=one, headers={"vary": "User-Agent"})
        for one in (AS_A_PHONE, BROTLI, SAFARI)
    ]
    alike = [glance(ORIGIN, "new", asked=one) for one in (AS_A_PHONE, BROTLI, SAFARI)]
    return case(edge("fra", glance("fra", "new", Cached.HIT, 9), variants=seen * times), origin(variants=alike))


BLAMED = [
    pytest.param(old_to(AS_A_PHONE, SAFARI), "`Accept-Encoding: gzip, deflate, br`", id="an-encoding-that-phones-send"),
    pytest.param(old_to(AS_A_PHONE), "`User-Agent: Mozilla/5.0 (iPhone;", id="phones-alone"),
    pytest.param(old_to(AS_A_PHONE, BROTLI), "`User-Agent: Mozilla/5.0 (iPhone;", id="another-encoding-beside"),
]


@pytest.mark.parametrize(("made", "words"), BLAMED)
def test_a_phone_is_not_blamed_for_the_encoding_that_it_sends(made: Case, words: str) -> None:
    cause = diagnose(made).cause
    assert Name.VARIANT is cause.name and words in cause.what


def test_a_phone_is_not_asked_again_where_the_encoding_that_it_sends_is() -> None:
    made = old_to(AS_A_PHONE, SAFARI, times=1)
    assert (SAFARI, (), ()) == to_ask_again(made, made.spots[0])


def test_where_a_plain_visitor_got_the_old_page_after_the_new_one_nobody_else_is_asked_again() -> None:
    new, old = (glance("fra", content, Cached.HIT, 9) for content in ("new", "old"))
    packed = glance("fra", "old", Cached.HIT, 9, asked=BROTLI)
    made = case(edge("fra", new, old, variants=[packed]))
    assert ((), ()) == to_ask_again(made, made.spots[0])
    turned = case(edge("fra", old, new, variants=[packed]))
    assert (BROTLI, (), ()) == to_ask_again(turned, turned.spots[0])
