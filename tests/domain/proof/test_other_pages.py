"""What is the origin's page for another request is never called old, and whose page it is gets told."""

from __future__ import annotations

import pytest

from bot.domain.answers.devices import PHONE
from bot.domain.proof.look import Look
from bot.domain.proof.verdict import Verdict, judge
from bot.services.looks.checks import verdict_of
from providers.contract import Cached
from tests.domain.proof.test_verdict import look, origin

MOBILE, TABLET, GERMAN = "X-Device: mobile", "X-Device: tablet", "Accept-Language: de"
AS_A_PHONE = f"User-Agent: {PHONE}, Accept-Encoding: gzip, deflate, br"
NEW = look("fra", "b7", Cached.HIT, 3)
MIXED_UP = "fra gives plain visitors the page that the origin gives to X-Device: mobile"
OF_MOBILE = "fra gives such a visitor the page that the origin gives to X-Device: mobile (asked with {})"


def seen(place: str, content: str, variant: str = "", status: int = 200) -> Look:
    return look(place, content, Cached.HIT if place != "origin" else Cached.UNKNOWN, variant=variant, status=status)


ROWS = [
    pytest.param(
        [seen("fra", "small"), *origin(), seen("origin", "small", MOBILE)], Verdict.UNKNOWN, MIXED_UP, id="plain"
    ),
    pytest.param(
        [NEW, seen("fra", "small", TABLET), *origin(), seen("origin", "wide", TABLET), seen("origin", "small", MOBILE)],
        Verdict.UNKNOWN,
        OF_MOBILE.format(TABLET),
        id="another-device",
    ),
    pytest.param(
        [NEW, seen("fra", "small", GERMAN), *origin(), seen("origin", "b7", GERMAN), seen("origin", "small", MOBILE)],
        Verdict.UNKNOWN,
        OF_MOBILE.format(GERMAN),
        id="a-language",
    ),
    pytest.param(
        [NEW, seen("fra", "small", AS_A_PHONE), *origin(), seen("origin", "b7", AS_A_PHONE),
         seen("origin", "small", MOBILE)],
        Verdict.FRESH,
        "",
        id="a-phone-by-the-edge's-own-header",
    ),
    pytest.param(
        [NEW, seen("fra", "small", AS_A_PHONE), *origin(), seen("origin", "b7", AS_A_PHONE),
         seen("origin", "small", TABLET)],
        Verdict.UNKNOWN,
        "fra gives such a visitor the page that the origin gives to X-Device: tablet (asked with User-Agent: iPhone)",
        id="a-phone-that-gets-a-tablet's",
    ),
    pytest.param(
        [seen("fra", "small"), *origin(), seen("origin", "small", "Accept-Encoding: br")],
        Verdict.STALE,
        'old at fra (HIT, ETag "small")',
        id="another-packing-is-no-other-page",
    ),
    pytest.param(
        [seen("fra", "gone", status=404), *origin(), seen("origin", "none", MOBILE, status=404)],
        Verdict.STALE,
        'old at fra (HIT, 404, ETag "gone"; the origin answers 200)',
        id="an-error-is-nobody's-page",
    ),
    pytest.param(
        [seen("fra", "a1"), *origin(), seen("origin", "small", MOBILE)],
        Verdict.STALE,
        'old at fra (HIT, ETag "a1")',
        id="nobody's-page-now",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("looks", "verdict", "why"), ROWS)
def test_the_origins_page_for_another_request_is_not_old(looks: list[Look], verdict: Verdict, why: str) -> None:
    judged = judge((), looks)
    assert (verdict, why) == (judged.verdict, judged.why)


@pytest.mark.parametrize(("looks", "verdict", "why"), ROWS)
def test_one_answer_alone_says_the_same(looks: list[Look], verdict: Verdict, why: str) -> None:
    one = next(seen for seen in looks if seen.place == "fra" and seen != NEW)
    assert verdict is verdict_of(one, looks)


def test_several_places_give_it_in_good_english() -> None:
    looks = [seen("fra", "small"), seen("iad", "small"), *origin(), seen("origin", "small", MOBILE)]
    assert "fra, iad give plain visitors the page that the origin gives to X-Device: mobile" == judge((), looks).why
