"""Data centres behind one address: one that was old after a purge counts until it is seen new, whoever else answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import Look
from bot.domain.proof.reached import Purged
from bot.domain.proof.verdict import Verdict, judge
from providers.contract import Cached
from tests.domain.proof.test_verdict import PURGED, look, origin

MAD_OLD = replace(look("fra", "a1", Cached.HIT, 540, at=PURGED + 2), seen_at="MAD")
UNNAMED_OLD = replace(MAD_OLD, seen_at="")
FRA_NEW = replace(look("fra", "b7", Cached.HIT, 1, at=PURGED + 10), seen_at="FRA", answers=4)
MAD_NEW = replace(FRA_NEW, seen_at="MAD")
IN_BROTLI = "Accept-Encoding: br"
STILL = (
    'fra at MAD was still old 2 s after the purge (HIT, 9 min old, ETag "a1"),'
    " and nothing new has come from there since · fresh at iad"
)
IAD = look("iad", "b7", Cached.HIT, 1)


def after(*earlier: Look) -> Purged:
    """A purge after which these old answers are owed a new one."""
    return Purged(PURGED, was_old_at=("fra",), not_seen_new=earlier)


def test_a_data_centre_that_is_old_is_named() -> None:
    seen = judge((), [replace(FRA_NEW, answers=1), MAD_OLD, *origin()], Purged(PURGED))
    assert (Verdict.STALE, (MAD_OLD,)) == (seen.verdict, seen.not_seen_new)
    assert 'still old at fra at MAD (HIT, 9 min old, ETag "a1")' == seen.why


def test_others_that_are_new_do_not_prove_the_one_that_was_old() -> None:
    seen = judge((), [FRA_NEW, IAD, *origin()], after(MAD_OLD))
    assert (Verdict.UNKNOWN, STILL, (MAD_OLD,), True) == (
        seen.verdict, seen.why, seen.not_seen_new, seen.worth_another,
    )  # fmt: skip


def test_of_several_places_it_is_said_as_of_many() -> None:
    owed = (MAD_OLD, replace(MAD_OLD, place="iad"))
    why = judge((), [FRA_NEW, IAD, *origin()], after(*owed)).why
    assert why.startswith("fra, iad at MAD were still old 2 s after the purge (HIT,")


def test_it_is_named_with_the_request_that_it_was_asked_with() -> None:
    owed = replace(MAD_OLD, variant=IN_BROTLI)
    seen = judge((), [FRA_NEW, IAD, *origin()], after(owed))
    assert (Verdict.UNKNOWN, STILL.replace("since ·", f"since (asked with {IN_BROTLI}) ·")) == (seen.verdict, seen.why)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(MAD_NEW, id="it answers first"),
        pytest.param(replace(FRA_NEW, also_at=("MAD",)), id="it is among those that answer alike"),
    ],
)
def test_once_it_is_new_itself_the_purge_is_proven(seen: Look) -> None:
    judgement = judge((), [seen, *origin()], after(MAD_OLD))
    told = "fra: old at an earlier look, fresh now in 4 answers in a row"
    assert (Verdict.FRESH, told, ()) == (judgement.verdict, judgement.why, judgement.not_seen_new)


def test_where_answers_name_no_data_centre_four_new_ones_prove_it() -> None:
    first = judge((), [replace(FRA_NEW, seen_at=""), UNNAMED_OLD, *origin()], Purged(PURGED))
    then = judge((), [replace(FRA_NEW, seen_at=""), *origin()], after(*first.not_seen_new))
    assert (Verdict.STALE, Verdict.FRESH) == (first.verdict, then.verdict)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        pytest.param(replace(MAD_NEW, place="iad"), Verdict.UNKNOWN, id="of the same name behind another address"),
        pytest.param(replace(MAD_NEW, url="https://www.shop.test/b"), Verdict.UNKNOWN, id="with another page"),
        pytest.param(replace(MAD_NEW, variant=IN_BROTLI), Verdict.UNKNOWN, id="to another request"),
        pytest.param(replace(MAD_NEW, at=PURGED + 1), Verdict.UNKNOWN, id="before it was old"),
        pytest.param(MAD_NEW, Verdict.FRESH, id="the very same, later"),
    ],
)
def test_only_its_own_new_answer_counts(other: Look, verdict: Verdict) -> None:
    origins = [replace(one, url=other.url, variant=other.variant) for one in origin()]
    assert verdict is judge((), [FRA_NEW, other, *origin(), *origins], after(MAD_OLD)).verdict


def test_what_the_origin_has_gone_back_to_is_not_old() -> None:
    seen = judge((), [replace(look("fra", "a1", Cached.HIT, 1), seen_at="FRA"), *origin("a1")], after(MAD_OLD))
    assert (Verdict.FRESH, ()) == (seen.verdict, seen.not_seen_new)


def test_a_page_that_the_purge_may_not_have_reached_owes_nothing() -> None:
    purged = replace(after(replace(MAD_OLD, url="https://www.shop.test/news")), covered=[FRA_NEW.url])
    assert Verdict.FRESH is judge((), [FRA_NEW, *origin()], purged).verdict


def test_without_a_purge_nothing_is_owed() -> None:
    assert () == judge((), [MAD_OLD, *origin()]).not_seen_new


ASKS = "Cloudflare asks for a proof of being no robot"


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        pytest.param(("502",), "fra: 1 of 3 answers was an error (502)", id="one"),
        pytest.param(("502", "503", "502"), "fra: 3 of 5 answers were errors (502, 503)", id="several"),
        pytest.param((ASKS,), f"fra: 1 of 3 answers was no page ({ASKS})", id="a-challenge"),
        pytest.param((ASKS, "502"), f"fra: 2 of 4 answers were no page ({ASKS}, 502)", id="a-challenge-and-an-error"),
        pytest.param(("no answer",), "fra: 1 of 3 answers was an error (no answer)", id="none at all"),
    ],
)
def test_failures_beside_new_answers_are_told(failures: tuple[str, ...], told: str) -> None:
    seen = judge((), [replace(FRA_NEW, answers=2, failures=failures), *origin()], Purged(PURGED))
    assert (Verdict.FRESH, told) == (seen.verdict, seen.why)


def test_places_that_fail_alike_are_told_together() -> None:
    looks = [replace(look(place, "b7", Cached.HIT, 1), failures=("502",)) for place in ("fra", "iad")]
    assert "fra, iad: 1 of 2 answers was an error (502)" == judge((), [*looks, *origin()], Purged(PURGED)).why


def test_a_data_centre_that_was_old_before_and_does_not_answer_again_is_told() -> None:
    before = replace(MAD_OLD, at=PURGED - 2)
    seen = judge([before, *origin()], [FRA_NEW, *origin()], Purged(PURGED))
    told = "fra at MAD: old before the purge, and not met again since"
    assert (Verdict.FRESH, told) == (seen.verdict, seen.why)


@pytest.mark.parametrize(
    ("was", "met"),
    [
        pytest.param(MAD_OLD, MAD_NEW, id="it answers"),
        pytest.param(MAD_OLD, replace(FRA_NEW, also_at=("MAD",)), id="it answers second"),
        pytest.param(UNNAMED_OLD, FRA_NEW, id="it had no name"),
        pytest.param(replace(MAD_NEW, age=30), FRA_NEW, id="it was new"),
    ],
)
def test_one_that_answers_again_or_was_not_old_is_not_told(was: Look, met: Look) -> None:
    seen = judge([replace(was, at=PURGED - 2), *origin()], [met, *origin()], Purged(PURGED))
    assert (Verdict.FRESH, False) == (seen.verdict, "not met again" in seen.why)


def test_what_came_from_there_since_and_cannot_be_compared_is_told_as_that() -> None:
    anew = replace(look("fra", "x3", Cached.HIT, 1), seen_at="MAD")
    made_anew = [replace(origin()[0], etag="", digest=made) for made in ("x1", "x2")]
    seen = judge((), [replace(anew, etag="", digest="x3"), *made_anew], after(MAD_OLD))
    assert Verdict.UNKNOWN is seen.verdict
    assert "and whether what came from there since is new cannot be told" in seen.why
    assert "nothing new has come" not in seen.why
