"""The queue, a request that joins and an account that is full, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.proof.verdict import Verdict
from bot.ledger.holds import Waiting
from bot.services.replies import Full, Joined
from bot.services.running.queue import AccountQueue, HeldBack, QueueShown, Waiter
from bot.slack.cards.blocks import Card
from bot.slack.cards.private import done_card
from bot.slack.cards.queue import full_card, joined_card, ordinal, queue_card
from bot.slack.cards.thread import end_line
from bot.slack.plain import plain
from playground.slack.blocks import block_problems
from providers.contract import Kind

NOW = 1_795_000_000.0
CF = AccountQueue(
    "cf",
    "Cloudflare",
    (
        Waiter(12, True, "shop", "U_MIA", False, 40, 60, NOW + 1, NOW + 118),
        Waiter(9, False, begins=NOW, ends=NOW + 5),
    ),
    (
        Waiter(13, True, "shop", "U_SAM", True, 0, 5, NOW + 0.2, NOW + 4, ""),
        *(Waiter(n, False, begins=NOW + 9, ends=NOW + 30) for n in (14, 15, 16)),
        Waiter(17, True, "shop", "token:ci", False, 0, 2, NOW + 40, NOW + 125, "Varnish"),
        Waiter(18, False),
    ),
    held=2,
    votes=1,
    silent_until=NOW + 60,
)
IDLE = AccountQueue("shield", "Varnish", (), ())
JOB = JobView(
    12, "shop", "production", State.QUEUED, Verdict.UNCHECKED, Kind.URL, 1, ("https://www.shop.test/a",), False,
    "U_MIA", NOW - 40, (), "d", "small",
)  # fmt: skip


def buttons(card: Card) -> list[tuple[str, str]]:
    """What they say, and what they carry."""
    rows = [block["elements"] for block in card.blocks if block["type"] == "actions"]
    found = [one for row in rows if isinstance(row, list) for one in row if isinstance(one, Mapping)]
    return [(str(one["text"]["text"]), str(one["value"])) for one in found]


def test_every_account_tells_what_runs_and_what_waits_in_its_order() -> None:
    said = plain(queue_card(QueueShown([CF, IDLE], NOW), "/purge"))
    assert said == (
        "Queue: 2 run, 6 wait\n"
        "cf · Cloudflare · takes no calls before 2026-11-18 11:07 UTC\n"
        "    ▶ P-12 on shop, asked by U_MIA · 40 of 100 calls sent, done in about 118 s\n"
        "    ▶ 1 other job\n"
        "    1st ⚡ P-13 on shop, asked by U_SAM · begins at once, done in about 4 s\n"
        "    3 other jobs before P-17\n"
        "    5th P-17 on shop, asked by token ci · after Varnish, begins in about 40 s, done in about 2 min\n"
        "    1 other job\n"
        "    not in line yet: 1 job waits for votes and 2 jobs wait for the end of a hold\n"
        "Idle: shield"
    )


def on_cf(*running: Waiter, scheduled: int = 0, following: int = 0) -> list[str]:
    """What is said of one account under its name."""
    account = replace(IDLE, account="cf", title="Cloudflare", running=running, scheduled=scheduled, following=following)
    return plain(queue_card(QueueShown([account], NOW), "/purge")).split("\n")[2:]


@pytest.mark.parametrize(
    ("gone", "flying", "left", "expected"),
    [
        pytest.param(0, 1, 0, "its call is on its way", id="the only one is in flight"),
        pytest.param(0, 3, 0, "all 3 calls are on their way", id="all are"),
        pytest.param(2, 1, 0, "2 of 3 calls sent, 1 on its way", id="the last is"),
        pytest.param(1, 2, 4, "1 of 7 calls sent, 2 on their way, done in about 9 s", id="some are"),
        pytest.param(1, 0, 6, "1 of 7 calls sent, done in about 9 s", id="none is"),
    ],
)
def test_a_call_in_flight_is_not_called_sent(gone: int, flying: int, left: int, expected: str) -> None:
    one = Waiter(12, True, "shop", "U_MIA", False, gone, left, NOW, NOW + 9, flying=flying)
    assert [f"    ▶ P-12 on shop, asked by U_MIA · {expected}"] == on_cf(one)


def test_one_waits_for_its_time_and_several_for_theirs() -> None:
    assert "    not in line yet: 1 job waits for its time" == on_cf(scheduled=1)[1]
    assert "    not in line yet: 5 jobs wait for their time" == on_cf(scheduled=5)[1]
    assert "    not in line yet: 1 job waits for a job that comes first" == on_cf(following=1)[1]


def test_a_bot_that_observes_says_so_and_tells_no_time() -> None:
    account = replace(IDLE, account="cf", title="Cloudflare", still=2, scheduled=1)
    assert plain(queue_card(QueueShown([account, IDLE], NOW, observing=True), "/purge")) == (
        "Queue: nothing runs and nothing waits for calls\n"
        "This purgebot only observes: nothing is sent, and what was begun stands still.\n"
        "cf · Cloudflare\n"
        "    nothing runs or waits for calls\n"
        "    not in line yet: 1 job waits for its time and 2 jobs stand still\n"
        "Idle: shield"
    )


def test_a_job_in_several_lanes_is_counted_once() -> None:
    here, there = Waiter(12, True, "shop", "U_MIA", False, 0, 6), Waiter(13, True, "shop", "U_SAM", False, 0, 5)
    shield = replace(IDLE, running=(here,), waiting=(there,))
    cf = replace(IDLE, account="cf", title="Cloudflare", waiting=(here, there))
    assert "Queue: 1 runs, 1 waits" == plain(queue_card(QueueShown([shield, cf], NOW), "/purge")).split("\n")[0]


def test_nothing_to_do_is_said_so() -> None:
    idle = plain(queue_card(QueueShown([IDLE], NOW), "/purge"))
    assert "Queue: nothing runs and nothing waits for calls\nIdle: shield" == idle
    assert "No queue belongs to a site of yours.\nsites lists them." == plain(queue_card(QueueShown([], NOW), "/purge"))


def test_a_hold_is_named_with_what_waits_for_its_end() -> None:
    first = [
        Waiting(1, "shop", "U_MIA", NOW, 1, 1, "https://www.shop.test/a", "the price"),
        Waiting(2, "shop", "U_SAM", NOW, 3, 3, "https://www.shop.test/b", ""),
    ]
    held = HeldBack(Hold("shop", "U_LEA", "deploy", NOW, NOW + 3600), 2, first, 4)
    assert plain(queue_card(QueueShown([IDLE], NOW, held=[held]), "/purge")).split("\n")[1:] == [
        "Idle: shield",
        "shop is held by U_LEA since 2026-11-18 11:06 UTC, until 2026-11-18 12:06 UTC: deploy",
        "    2 jobs wait for the end of that hold",
        "    🟡 Q-1 waits for the hold of U_LEA, until 2026-11-18 12:06 UTC · https://www.shop.test/a on shop ·"
        " queued by U_MIA 2026-11-18 11:06 UTC · because the price",
        "    🟡 Q-2 waits for the hold of U_LEA, until 2026-11-18 12:06 UTC · 3 URLs on shop"
        " (https://www.shop.test/b, …) · queued by U_SAM 2026-11-18 11:06 UTC",
        "    and 2 more requests: /purge status lists them",
    ]


def test_what_is_about_to_run_after_a_hold_is_told_too() -> None:
    held = HeldBack(None, 0, [Waiting(1, "shop", "U_MIA", NOW, 1, 1, "https://www.shop.test/a", "")], 1)
    assert plain(queue_card(QueueShown([IDLE], NOW, held=[held]), "/purge")).split("\n")[2:] == [
        "    🟡 Q-1 is about to run · https://www.shop.test/a on shop · queued by U_MIA 2026-11-18 11:06 UTC"
    ]


def test_own_jobs_have_a_button_five_a_page() -> None:
    mine = [(n, "shop") for n in range(1, 13)]
    whole = queue_card(QueueShown([IDLE], NOW, mine, 0, "queue shop"), "/purge")
    first = buttons(whole)
    second = buttons(queue_card(QueueShown([IDLE], NOW, mine, 5, "queue shop"), "/purge"))
    last = buttons(queue_card(QueueShown([IDLE], NOW, mine, 10, "queue shop"), "/purge"))
    assert [*((f"Cancel P-{n}", f"P-{n}") for n in range(1, 6)), ("7 more of yours", "queue shop page 2")] == first
    assert [("Before", "queue shop page 1"), ("2 more of yours", "queue shop page 3")] == second[5:]
    assert [("Cancel P-11", "P-11"), ("Cancel P-12", "P-12"), ("Before", "queue shop page 2")] == last
    assert [] == block_problems(whole.blocks)


def test_who_joins_can_leave_by_a_button_and_who_asked_first_cancels() -> None:
    assert [("Leave P-12", "leave P-12")] == buttons(joined_card(Joined(JOB), NOW))
    assert [] == buttons(joined_card(Joined(JOB, by_self=True), NOW))


def test_who_left_hears_for_whom_it_goes_on() -> None:
    assert plain(done_card(replace(JOB, also_by=("U_SAM",), left_by=("U_LEA",)), "left")) == (
        "You are in P-12 no more; it goes on for U_MIA and U_SAM.\n"
        "Whoever asked for it first, or an approver, can cancel it."
    )


def test_who_cancels_hears_for_whom_else() -> None:
    alone, for_two = replace(JOB, also_by=()), replace(JOB, also_by=("U_SAM", "U_LEA"))
    assert "P-12 is cancelled." == plain(done_card(alone, "cancelled"))
    assert plain(done_card(for_two, "cancelled")) == (
        "P-12 is cancelled, also for U_SAM and U_LEA, who asked for the same."
    )


def test_who_joins_is_told_what_does_it() -> None:
    assert plain(joined_card(Joined(JOB), NOW)) == (
        "P-12, asked for by U_MIA 40 s ago, does the same: you will hear of it there.\nNothing is sent twice."
    )
    assert plain(joined_card(Joined(JOB, by_self=True), NOW)) == (
        "P-12, which you asked for 40 s ago, does the same: you will hear of it there.\nNothing is sent twice."
    )


def test_what_is_full_says_since_when_and_when_there_is_room() -> None:
    full = Full("cf has 200 open jobs, and at most 200 may be open (`limits.jobs`).", account="cf", since=NOW,
                seconds=185.0)  # fmt: skip
    assert plain(full_card(full, NOW, "/purge")) == (
        "cf has 200 open jobs, and at most 200 may be open (limits.jobs). Nothing was purged.\n"
        "So it has been since 2026-11-18 11:06 UTC. There is room again in about 3 min: ask again then.\n"
        "/purge queue cf shows what is open; cancel what is not needed."
    )


def test_everybody_who_asked_is_called_at_the_end() -> None:
    joined = replace(JOB, also_by=("U_LEA", "token:ci"), state=State.DONE, verdict=Verdict.FRESH)
    assert end_line(joined) == (
        "<@U_MIA> <@U_LEA> P-12 has ended: every layer asked is purged, and the pages that show it are as at the"
        " origin."
    )
    cancelled = replace(joined, state=State.CANCELLED, stop_reason="U_MIA: not needed")
    assert "<@U_MIA> <@U_LEA> P-12 was cancelled by <@U_MIA>: not needed · Nothing was purged." == end_line(cancelled)
    assert "" == end_line(replace(joined, state=State.PURGING))


def test_places_are_counted_as_people_do() -> None:
    assert ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th"] == [
        ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 112)
    ]


def test_where_nobody_knows_when_there_is_room_it_says_what_is_waited_for() -> None:
    full = Full("cf has 2 open jobs.", account="cf", since=NOW)
    assert "is not known: what is open waits for people, its time, or a job that comes first." in plain(
        full_card(full, NOW, "/purge")
    )


AWAITED = {
    "the provider alone": (False, "is not known: what is open waits for Cloud_Front to finish."),
    "people too": (
        True,
        "is not known: what is open waits for Cloud_Front to finish, for people, its time, or a job that comes first.",
    ),
}


@pytest.mark.parametrize(("others", "expected"), AWAITED.values(), ids=AWAITED)
def test_where_a_provider_is_still_at_it_nobody_else_is_blamed(others: bool, expected: str) -> None:
    full = Full("cf has 2 open jobs.", account="cf", since=NOW, finishing="Cloud_Front", others=others)
    assert expected in plain(full_card(full, NOW, "/purge"))


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, "1 job is sent and waits for Varnish to finish"), (2, "2 jobs are sent and wait for Varnish to finish")],
)
def test_what_waits_for_its_provider_to_finish_is_no_idle_account(n: int, expected: str) -> None:
    said = plain(queue_card(QueueShown([replace(IDLE, finishing=n)], NOW), "/purge"))
    assert ["shield · Varnish", f"    {expected}"] == said.split("\n")[1:]
