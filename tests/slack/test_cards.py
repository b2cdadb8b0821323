"""The card of a job in every state, word for word, as one reads it."""

from __future__ import annotations

from dataclasses import replace
from inspect import cleandoc

import pytest

from bot.domain.job import JobView, LayerState, State, Vote
from bot.domain.verdict import Verdict
from bot.slack.cards import Card, root_card
from tests.slack.values import (
    CLOUDFLARE,
    FRESH,
    LAYERS,
    NEW,
    NOW,
    OLD,
    PAGE,
    REFUSED,
    TO_COME,
    TRUTH,
    VARNISH,
    everything,
    job,
    read,
    shown,
)

LEA, SAM = Vote("U_LEA", True, NOW), Vote("U_SAM", True, NOW + 60)
NO = Vote("U_LEA", False, NOW, "not on a Friday")
SENDING = replace(CLOUDFLARE, state=LayerState.PURGING, calls=41, sent=12, ended=None)
AT_ONCE = tuple(replace(layer, started=NOW - 3.9, ended=NOW - 3.88) for layer in LAYERS)
UNTIMED = tuple(replace(layer, started=None, ended=None) for layer in LAYERS)
MANY = replace(job(State.DONE, Verdict.FRESH), targets=900, sample=(PAGE,) * 20, fresh_at=("fra", "iad", "sin"))
LONG = "https://www.shop.test/" + "a" * 200

CARDS: dict[str, tuple[JobView, str]] = {
    "fresh": (
        FRESH,
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
        fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, purged at once and nothing seen before": (
        replace(FRESH, layers=AT_ONCE, before=(), proven=NOW - 3.9),
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop: Varnish under 0.1 s → Cloudflare under 0.1 s → proven at fra, iad, sin in 0.1 s
        fra after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, wherever DNS leads": (
        replace(FRESH, looks=(replace(NEW, place="dns"), TRUTH), fresh_at=("dns",), edges=()),
        """
        🟢 P-1042 fresh where DNS leads · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven where DNS leads in 3.1 s
        after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, and the same before": (
        replace(FRESH, before=(replace(NEW, at=NOW - 5), TRUTH), why="already the same at fra before the purge"),
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
        fra before: MISS, version "b7" · after: MISS, version "b7" = origin
        already the same at fra before the purge
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, softly": (
        replace(FRESH, soft=True),
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop (soft): Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
        fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, and browsers ask each time": (
        replace(FRESH, before=(), looks=(replace(NEW, max_age=0), replace(TRUTH, max_age=0))),
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
        fra after: MISS, version "b7" = origin
        Browsers ask again at once (max-age=0).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, by looks at two of many": (
        replace(MANY, looks=(NEW, replace(NEW, url=f"{PAGE}/2"), TRUTH), proven=NOW + 30),
        """
        🟢 P-1042 fresh at fra, iad, sin · 900 URLs on shop
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 34 s, 2 of 900 URLs looked at
        https://www.shop.test/pricing · fra after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "fresh, all of a site": (
        replace(
            everything(State.DONE, LEA, SAM),
            verdict=Verdict.FRESH,
            layers=LAYERS,
            looks=(NEW, TRUTH),
            fresh_at=("fra", "iad", "sin"),
            proven=NOW,
        ),
        """
        🟢 P-1042 fresh at fra, iad, sin · everything on shop (production)
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 4 s, 1 page looked at
        fra after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · because new prices · approved by <@U_LEA> and <@U_SAM>
        [Check again] check_again P-1042
        """,
    ),
    "fresh, with what was repaired": (
        replace(FRESH, notes=("The curly quotes were taken as straight ones.",)),
        """
        🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s
        fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        The curly quotes were taken as straight ones.
        [Check again] check_again P-1042
        """,
    ),
    "stale": (
        replace(
            job(State.DONE, Verdict.STALE),
            looks=(NEW, replace(OLD, place="sin"), TRUTH),
            fresh_at=("fra", "iad"),
            stale_at=("sin",),
            why='still old at sin (HIT, 5 h old, version "a1")',
        ),
        """
        🟠 P-1042 purged, still old at sin · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        still old at sin (HIT, 5 h old, version "a1")
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        [Purge again] purge_again P-1042 primary
        """,
    ),
    "not to be proven": (
        replace(
            job(State.DONE, Verdict.UNKNOWN),
            looks=(replace(NEW, max_age=None),),
            why="the page is never cached (BYPASS)",
        ),
        """
        ⚪ P-1042 purged, cannot be proven from here · https://www.shop.test/pricing · the page is never cached (BYPASS)
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        Nothing says how long browsers may keep a copy they have.
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "not checked": (
        job(State.DONE),
        """
        ⚪ P-1042 purged, not checked · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        Nobody looked at the edge, so it is not known what it serves now.
        Browsers may still keep a copy of their own.
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "not checked, and no times are known": (
        replace(job(State.DONE), layers=UNTIMED, why="no page to look at is known"),
        """
        ⚪ P-1042 purged, not checked · https://www.shop.test/pricing
        shop: Varnish purged → Cloudflare purged
        no page to look at is known
        Browsers may still keep a copy of their own.
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "a long URL": (
        replace(job(State.DONE), sample=(LONG,)),
        """
        ⚪ P-1042 purged, not checked · `https://www.shop.test/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…`
        `https://www.shop.test/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        Nobody looked at the edge, so it is not known what it serves now.
        Browsers may still keep a copy of their own.
        asked by <@U_MIA> · read as URL
        [Check again] check_again P-1042
        """,
    ),
    "stopped": (
        replace(job(State.FAILED), layers=(VARNISH, REFUSED)),
        """
        🔴 P-1042 stopped at Cloudflare · The token may not purge zone shop.test
        Give it “Zone → Cache Purge” for zone shop.test, then Retry.
        https://www.shop.test/pricing: Varnish was purged; Cloudflare was not
        Cloudflare said: “Authentication error (10000)”
        asked by <@U_MIA> · read as URL
        [Retry] retry P-1042 primary
        """,
    ),
    "stopped among many, with the rest not begun": (
        replace(
            job(State.FAILED),
            targets=900,
            sample=(PAGE,) * 20,
            layers=(replace(REFUSED, title="Varnish"), replace(TO_COME[1], state=LayerState.STOPPED)),
        ),
        """
        🔴 P-1042 stopped at Varnish · The token may not purge zone shop.test
        Give it “Zone → Cache Purge” for zone shop.test, then Retry.
        900 URLs on shop: nothing was purged
        not purged at Varnish: https://www.shop.test/pricing
        Varnish said: “Authentication error (10000)”
        asked by <@U_MIA> · read as URL
        [Retry] retry P-1042 primary
        """,
    ),
    "stopped for nobody's fault": (
        replace(job(State.FAILED), layers=TO_COME, why="purgebot could not go on with it (KeyError)."),
        """
        🔴 P-1042 stopped · purgebot could not go on with it (KeyError) · https://www.shop.test/pricing
        https://www.shop.test/pricing: nothing was purged
        asked by <@U_MIA> · read as URL
        [Retry] retry P-1042 primary
        """,
    ),
    "partial": (
        replace(
            job(State.PARTIAL, Verdict.FRESH),
            targets=900,
            sample=(PAGE,) * 20,
            fresh_at=("fra",),
            looks=(NEW, TRUTH),
            layers=(replace(VARNISH, calls=9, sent=9), replace(REFUSED, calls=30, sent=29)),
        ),
        """
        🟠 P-1042 partly purged, 1 call did not go, fresh at fra · 900 URLs on shop
        Give it “Zone → Cache Purge” for zone shop.test, then Retry.
        900 URLs on shop: Varnish was purged; Cloudflare took 29 of 30 calls
        not purged at Cloudflare: https://www.shop.test/pricing
        Cloudflare said: “Authentication error (10000)”
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        [Retry] retry P-1042 primary
        """,
    ),
    "partial, and old": (
        replace(
            job(State.PARTIAL, Verdict.STALE),
            targets=2,
            sample=(PAGE, f"{PAGE}/2"),
            stale_at=("fra",),
            layers=(VARNISH, replace(REFUSED, calls=2, sent=1)),
            looks=(OLD, TRUTH),
            why="still old at fra (HIT, 5 h old)",
        ),
        """
        🟠 P-1042 partly purged, 1 call did not go, still old at fra · 2 URLs on shop
        Give it “Zone → Cache Purge” for zone shop.test, then Retry.
        2 URLs on shop: Varnish was purged; Cloudflare took 1 of 2 calls
        not purged at Cloudflare: https://www.shop.test/pricing
        Cloudflare said: “Authentication error (10000)”
        still old at fra (HIT, 5 h old)
        asked by <@U_MIA> · read as URL
        [Retry] retry P-1042 primary
        """,
    ),
    "allowed": (
        replace(job(State.QUEUED), layers=TO_COME),
        """
        🔵 P-1042 begins now · https://www.shop.test/pricing
        Varnish to come → Cloudflare to come
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "scheduled": (
        replace(job(State.SCHEDULED), layers=TO_COME, due_at=NOW + 3600),
        """
        🔵 P-1042 begins 2027-01-15 09:00 UTC · https://www.shop.test/pricing
        Varnish to come → Cloudflare to come
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "purging": (
        replace(job(State.PURGING), targets=41, layers=(VARNISH, SENDING), purged=None),
        """
        🔵 P-1042 purging · 41 URLs on shop · 1 of 2 layers · about 9 s left  ▓▓▓░░░░░░░ 30 %
        Varnish 0.2 s → Cloudflare 12 of 41
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "purging, as long as the budget says": (
        replace(job(State.PURGING), targets=41, layers=(VARNISH, replace(SENDING, sent=2)), eta=NOW + 40),
        """
        🔵 P-1042 purging · 41 URLs on shop · 1 of 2 layers · about 40 s left  ░░░░░░░░░░ 7 %
        Varnish 0.2 s → Cloudflare 2 of 41
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "purging one page": (
        replace(job(State.PURGING), layers=(VARNISH, TO_COME[1]), purged=None),
        """
        🔵 P-1042 purging · https://www.shop.test/pricing · 1 of 2 layers
        Varnish 0.2 s → Cloudflare to come
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "a provider at it": (
        replace(
            job(State.CONFIRMING), layers=(VARNISH, replace(SENDING, calls=1, sent=1, pending=1, ready_at=NOW + 40))
        ),
        """
        🔵 P-1042 sent, Cloudflare is still at it · https://www.shop.test/pricing · about 40 s left
        Varnish 0.2 s → Cloudflare 1 of 1
        asked by <@U_MIA> · read as URL
        [Cancel] cancel P-1042
        """,
    ),
    "about to look": (
        job(State.CHECKING),
        """
        🔵 P-1042 purged, proving… · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        Browsers may still keep a copy of their own.
        asked by <@U_MIA> · read as URL
        """,
    ),
    "proving": (
        replace(job(State.CHECKING), round=1, looks=(NEW, TRUTH), fresh_at=("fra",), stale_at=("sin",)),
        """
        🔵 P-1042 purged, fresh at fra, 2 to go · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        """,
    ),
    "proving, all still old": (
        replace(
            job(State.CHECKING), round=1, looks=(OLD, TRUTH), stale_at=("fra",), why="still old at fra (HIT, 5 h old)"
        ),
        """
        🔵 P-1042 purged, still old at fra, looking again · https://www.shop.test/pricing
        shop: Varnish 0.2 s → Cloudflare 0.4 s
        still old at fra (HIT, 5 h old)
        Browsers that have it may keep it up to 5 min (max-age=300).
        asked by <@U_MIA> · read as URL
        """,
    ),
    "needs a decision": (
        replace(
            everything(State.NEEDS_DECISION, LEA, SAM),
            layers=(VARNISH, replace(TO_COME[1], state=LayerState.UNKNOWN, unknown=1)),
        ),
        """
        🟡 P-1042 needs a decision, the answer of Cloudflare was lost · everything on shop (production)
        It may have been done already. A repeat purges it once more, so a person decides.
        everything on shop (production): Varnish was purged; whether Cloudflare was is not known
        asked by <@U_MIA> · because new prices · approved by <@U_LEA> and <@U_SAM>
        [Cancel] cancel P-1042
        [Repeat anyway] repeat_anyway P-1042 danger
          Send it once more?
          This may purge a second time: everything on shop (production), hosts www.shop.test, img.shop.test.
          [Repeat] [Back]
        """,
    ),
    "waiting": (
        everything(),
        """
        🟡 P-1042 waits for 2 approvals (3 people asked) · everything on shop (production) · until 2027-01-15 08:28 UTC
        It empties all of shop (production) (rule `everything`).
        asked by <@U_MIA> · because new prices
        [Cancel] cancel P-1042
        """,
    ),
    "waiting for one more": (
        everything(State.WAITING, LEA),
        """
        🟡 P-1042 waits for 1 approval (3 people asked) · everything on shop (production) · until 2027-01-15 08:28 UTC
        It empties all of shop (production) (rule `everything`).
        agreed so far: <@U_LEA>
        asked by <@U_MIA> · because new prices
        [Cancel] cancel P-1042
        """,
    ),
    "cancelled in time": (
        replace(job(State.CANCELLED), layers=TO_COME, stop_reason="U_LEA"),
        """
        ⚫ P-1042 cancelled by <@U_LEA> · https://www.shop.test/pricing
        Nothing was purged.
        asked by <@U_MIA> · read as URL
        """,
    ),
    "cancelled half way": (
        replace(
            job(State.CANCELLED), stop_reason="U_LEA", layers=(VARNISH, replace(SENDING, state=LayerState.STOPPED))
        ),
        """
        ⚫ P-1042 cancelled by <@U_LEA> · https://www.shop.test/pricing
        https://www.shop.test/pricing: Varnish was purged; Cloudflare took 12 of 41 calls
        asked by <@U_MIA> · read as URL
        """,
    ),
    "denied": (
        replace(everything(State.DENIED, NO), stop_reason="U_LEA: not on a Friday"),
        """
        ⚫ P-1042 denied by <@U_LEA>: not on a Friday · everything on shop (production)
        Nothing was purged.
        asked by <@U_MIA> · because new prices
        """,
    ),
    "denied without a word": (
        replace(everything(State.DENIED, NO), stop_reason="U_LEA"),
        """
        ⚫ P-1042 denied by <@U_LEA> · everything on shop (production)
        Nothing was purged.
        asked by <@U_MIA> · because new prices
        """,
    ),
    "expired": (
        everything(State.EXPIRED),
        """
        ⚫ P-1042 expired, nobody agreed in time · everything on shop (production)
        Nothing was purged. If it is still wanted, ask again.
        asked by <@U_MIA> · because new prices
        [Ask again] purge_again P-1042
        """,
    ),
    "asked by a token": (
        replace(job(State.QUEUED), layers=TO_COME, requested_by="token:ops-cli", read_as="", reason="deploy 4.2"),
        """
        🔵 P-1042 begins now · https://www.shop.test/pricing
        Varnish to come → Cloudflare to come
        asked by token `ops-cli` · because deploy 4.2
        [Cancel] cancel P-1042
        """,
    ),
}


@pytest.mark.parametrize(("told", "expected"), CARDS.values(), ids=CARDS)
def test_the_card_of_a_job_says(told: JobView, expected: str) -> None:
    assert cleandoc(expected) == read(root_card(told, NOW))


TOLD = [pytest.param(told, id=name) for name, (told, _) in CARDS.items()]


@pytest.mark.parametrize("told", TOLD)
def test_a_phone_shows_the_first_line(told: JobView) -> None:
    card = root_card(told, NOW)
    assert read(card).split("\n")[0] == shown(card.text)


@pytest.mark.parametrize("told", TOLD)
def test_a_phone_has_room_for_the_first_line(told: JobView) -> None:
    assert 150 >= len(shown(root_card(told, NOW).text))


@pytest.mark.parametrize("told", TOLD)
def test_below_it_are_six_lines_at_most(told: JobView) -> None:
    lines = [block for block in root_card(told, NOW).blocks if block["type"] == "context"]
    assert 6 >= len(read(Card("", lines)).split("\n"))


@pytest.mark.parametrize("told", TOLD)
def test_a_job_that_was_purged_always_says_what_browsers_do(told: JobView) -> None:
    tells = "Browsers" in read(root_card(told, NOW)) or "browsers" in read(root_card(told, NOW))
    assert tells or told.state not in (State.DONE, State.CHECKING)


def test_a_reason_too_long_for_a_phone_stands_below_in_full() -> None:
    why = "fra did not answer: " + "it took too long, " * 8
    card = root_card(replace(job(State.DONE, Verdict.UNKNOWN), why=why), NOW)
    assert "…" == card.text[-1]
    assert why.strip() in read(card).split("\n")


def test_a_long_way_out_counts_its_layers() -> None:
    card = root_card(replace(FRESH, layers=tuple(replace(VARNISH, title=f"L{n}") for n in range(12))), NOW)
    assert "L7 0.2 s → 4 more → proven at fra, iad, sin in 3.1 s" in read(card)


def test_many_places_are_counted() -> None:
    card = root_card(replace(FRESH, fresh_at=tuple(f"p{n}" for n in range(40))), NOW)
    assert "🟢 P-1042 fresh at p0, p1, p2, p3, p4, p5, 34 more · https://www.shop.test/pricing" == card.text


def test_every_state_has_its_card() -> None:
    assert {*State} == {told.state for told, _ in CARDS.values()}


def test_every_verdict_has_its_card() -> None:
    assert {*Verdict} == {told.verdict for told, _ in CARDS.values() if told.state is State.DONE}


def test_block_ids_are_new_for_each_salt() -> None:
    first, second = (root_card(FRESH, NOW, salt).blocks for salt in ("1042-1-root", "1042-2-root"))
    assert not {block["block_id"] for block in first} & {block["block_id"] for block in second}


def test_block_ids_differ_within_a_card() -> None:
    blocks = root_card(FRESH, NOW, "1042-1-root").blocks
    assert len(blocks) == len({block["block_id"] for block in blocks})
