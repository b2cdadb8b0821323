"""To the second: when a request expires, a yes grows old, a freeze, a hold and the quiet hours begin and end; and what
a clock that jumps does to what was agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.jobs.job import JobView, State
from bot.domain.policies.hours import Days, Shift, Week
from bot.domain.policies.policy import Approve, BreakGlass, Conditions, Policy, Rule, Tightening
from bot.domain.target import Target
from bot.services.desk import Desk
from bot.services.held.glass import break_glass
from bot.services.replies import Done, JobMade, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.setup import SWEEP
from bot.services.voting import approvals
from providers.contract import Kind
from tests.services.crowd import LONG_REASON
from tests.services.shop import LEA, MIA, SAM, Shop, open_shop
from tests.slate import START

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
WIDE = Rule("wide", Conditions(kinds=frozenset({Kind.PREFIX})), Approve(1, ("approvers",)))
ALL = Rule("all", Conditions(kinds=frozenset({Kind.EVERYTHING})), Approve(2, ("approvers",)))
POLICY = Policy((WIDE, ALL), groups={"approvers": ("U_LEA", "U_SAM", "U_KIM")}, approvers=("approvers",))
FREEZE = Tightening("freeze", Conditions(during=Days(START + 600, START + 1200, "")), refuse=True, say="Sale freeze.")
WORKDAYS = frozenset(range(5))


def at(text: str) -> float:
    """A moment, as it is written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


async def under(shop: Shop, policy: Policy) -> Shop:
    """The same shop, started again under another policy."""
    people = shop.core.directory
    await shop.ledger.close()
    again = open_shop(shop.path, shop.clock, shop.shield, shop.cf, shop.edges, replace(shop.core.setup, policy=policy))
    object.__setattr__(again.core, "directory", people)
    await again.router.wake_all()
    return again


async def shop_at(path: Path, moment: float, policy: Policy = POLICY) -> Shop:
    """A shop that opened under `policy` and stands at `moment`."""
    shop = open_shop(path)
    shop.clock.at = moment
    return await under(shop, policy)


async def say(shop: Shop, text: str) -> Reply:
    """What Lea hears."""
    return await Desk(shop.core).ask(Asking(LEA, shop.core.dice.token(), "slack", "C_SHOP"), text)


async def approved(shop: Shop) -> JobView:
    """Mia asked for a prefix and Sam agreed; nothing has run since."""
    job = await shop.purge(MIA, PREFIX, check=False)
    assert isinstance(await approvals.vote(shop.core, SAM, job.id, True), Done)
    return job


async def later(shop: Shop, job: JobView, seconds: float = 300.0) -> tuple[State, str, int]:
    """Where the job is after a while, why it was asked again, and how many calls have gone."""
    await shop.slate.advance(seconds)
    now = await shop.job(job.id)
    await shop.ledger.close()
    returned = now.approval.returned if now.approval else ""
    return now.state, returned, len(shop.shield.sent) + len(shop.cf.sent)


# Expiry, and the age of a yes


@pytest.mark.parametrize(("left", "counts"), [(1.0, True), (0.001, True), (0.0, False), (-1.0, False)])
async def test_a_yes_counts_until_the_second_of_expiry(tmp_path: Path, left: float, counts: bool) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX)
    shop.clock.at = START + 1800 - left
    answer = await approvals.vote(shop.core, SAM, job.id, True)
    await shop.ledger.close()
    late = Refusal("P-1 has expired: nobody agreed in time.", "Ask for it again.")
    assert (late if not counts else "approved") == (answer.what if isinstance(answer, Done) else answer)


async def test_a_request_expires_at_its_second_and_not_before(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX)
    await shop.slate.advance(1799.9)
    before = await shop.job(job.id)
    await shop.slate.advance(0.1)
    after = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.WAITING, State.EXPIRED, START + 1800) == (before.state, after.state, after.ended)


@pytest.mark.parametrize(
    ("age", "state", "sent"), [(900.0, State.DONE, 2), (900.5, State.WAITING, 0)], ids=["a quarter", "half a second on"]
)
async def test_a_yes_stands_for_a_quarter_of_an_hour(tmp_path: Path, age: float, state: State, sent: int) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop.clock.at += age
    ended = await later(shop, job)
    assert (state, sent) == (ended[0], ended[2])


# Freezes and holds


@pytest.mark.parametrize(
    ("runs_at", "state", "sent"),
    [
        pytest.param(599.9, State.DONE, 2, id="just before"),
        pytest.param(600.0, State.WAITING, 0, id="as it begins"),
        pytest.param(1199.9, State.WAITING, 0, id="just before it ends"),
        pytest.param(1200.0, State.DONE, 2, id="as it ends"),
    ],
)
async def test_what_was_agreed_runs_before_a_freeze_and_after_it(
    tmp_path: Path, runs_at: float, state: State, sent: int
) -> None:
    shop = await shop_at(tmp_path, START + 500, replace(POLICY, tighten=(FREEZE,)))
    job = await approved(shop)
    shop.clock.at = START + runs_at
    ended = await later(shop, job, 0.1)
    assert (state, sent) == (ended[0], ended[2])


@pytest.mark.parametrize(
    ("moment", "answer"), [(599.9, JobMade), (600.0, Refusal), (1199.9, Refusal), (1200.0, JobMade)]
)
async def test_a_freeze_refuses_from_its_first_second_to_its_last(
    tmp_path: Path, moment: float, answer: type[Reply]
) -> None:
    shop = await shop_at(tmp_path, START + moment, replace(POLICY, tighten=(FREEZE,)))
    asked = await shop.ask(MIA, PREFIX)
    await shop.ledger.close()
    assert answer is type(asked)


@pytest.mark.parametrize(("seconds", "state"), [(7199.0, State.QUEUED), (7202.0, State.DONE)])
async def test_a_hold_of_two_hours_lasts_two_hours_also_when_the_clocks_change(
    tmp_path: Path, seconds: float, state: State
) -> None:
    shop = await shop_at(tmp_path, at("2026-10-25T00:30"), replace(POLICY, run_within=86_400.0))
    job = await approved(shop)
    await say(shop, "hold shop for 2h because deploying")
    assert state is (await later(shop, job, seconds))[0]


@pytest.mark.parametrize(("seconds", "answer"), [(86_399.0, Refusal), (86_400.0, Done)])
async def test_the_ration_begins_anew_at_midnight_utc(tmp_path: Path, seconds: float, answer: type[Reply]) -> None:
    glass = BreakGlass(("U_SAM",), 20, 1)
    midnight = at("2026-10-25T00:00")  # a day of 25 hours in Berlin
    shop = await shop_at(tmp_path, midnight, replace(POLICY, break_glass=glass, approve_within=200_000.0))
    jobs = [await shop.purge(MIA, Target(Kind.PREFIX, f"www.shop.test/{n}/", "shop")) for n in range(2)]
    await break_glass(shop.core, SAM, jobs[0].id, LONG_REASON)
    shop.clock.at = midnight + seconds
    again = await break_glass(shop.core, SAM, jobs[1].id, LONG_REASON)
    await shop.ledger.close()
    assert answer is type(again)


# Quiet hours: outside Mon-Fri 08:00-19:00 one vote more. Moments are those that the zone's own law gives, in UTC.

OPENS = [
    ("Europe/Berlin", "2026-03-27T07:00", "2026-03-30T06:00"),
    ("Europe/Berlin", "2026-10-23T06:00", "2026-10-26T07:00"),
    ("Europe/Berlin", "2027-03-26T07:00", "2027-03-29T06:00"),
    ("Europe/Berlin", "2027-10-29T06:00", "2027-11-01T07:00"),
    ("Europe/Amsterdam", "2026-03-27T07:00", "2026-03-30T06:00"),
    ("Europe/Amsterdam", "2027-10-29T06:00", "2027-11-01T07:00"),
    ("America/New_York", "2026-03-06T13:00", "2026-03-09T12:00"),
    ("America/New_York", "2026-10-30T12:00", "2026-11-02T13:00"),
    ("America/New_York", "2027-03-12T13:00", "2027-03-15T12:00"),
    ("America/New_York", "2027-11-05T12:00", "2027-11-08T13:00"),
    ("Australia/Lord_Howe", "2026-04-02T21:00", "2026-04-05T21:30"),
    ("Australia/Lord_Howe", "2026-10-01T21:30", "2026-10-04T21:00"),
    ("Australia/Lord_Howe", "2027-04-01T21:00", "2027-04-04T21:30"),
    ("Australia/Lord_Howe", "2027-09-30T21:30", "2027-10-03T21:00"),
]


def quiet(zone: str) -> Policy:
    """One more vote outside the hours of work in `zone`."""
    week = Week((Shift(WORKDAYS, time(8), time(19)),), ZoneInfo(zone), "Mon-Fri 08:00-19:00")
    return replace(POLICY, tighten=(Tightening("night", Conditions(outside=week), more=1),))


async def votes_needed(shop: Shop, moments: Sequence[float]) -> list[int]:
    """How many votes a prefix needs at each moment."""
    needed = []
    for moment in moments:
        shop.clock.at = moment
        job = await shop.purge(MIA, Target(Kind.PREFIX, f"www.shop.test/{moment}/", "shop"))
        needed.append(job.approval.needed if job.approval else 0)
    return needed


@pytest.mark.parametrize(("zone", "friday", "monday"), OPENS)
async def test_the_day_begins_at_eight_on_the_wall_before_and_after_the_clocks_change(
    tmp_path: Path, zone: str, friday: str, monday: str
) -> None:
    shop = await shop_at(tmp_path, at(friday) - 3600, quiet(zone))
    opens = [moment for day in (friday, monday) for moment in (at(day) - 1, at(day))]
    closes = [moment for day in (friday, monday) for moment in (at(day) + 11 * 3600 - 1, at(day) + 11 * 3600)]
    needed = await votes_needed(shop, [*opens, *closes])
    await shop.ledger.close()
    assert [2, 1, 2, 1, 1, 2, 1, 2] == needed


@pytest.mark.parametrize(("zone", "friday", "monday"), OPENS)
async def test_what_was_agreed_by_day_is_asked_again_when_the_quiet_hours_begin_first(
    tmp_path: Path, zone: str, friday: str, monday: str
) -> None:
    shop = await shop_at(tmp_path, at(monday) + 11 * 3600 - 1, quiet(zone))
    job = await approved(shop)
    shop.clock.at += 1
    more = "rule `night` asks for 1 approval more outside Mon-Fri 08:00-19:00"
    why = f"The policy has changed: it needs 2 approvals now, since it purges a prefix, and {more}."
    assert (State.WAITING, why, 0) == await later(shop, job, 60.0)


# A clock that jumps between the vote and the run, or while it is sent


async def test_a_clock_that_steps_back_after_the_vote_runs_it_once(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop.clock.at -= 3600
    shop = await shop.crash()
    assert (State.DONE, "", 2) == await later(shop, job, 3 * 3600.0)


async def test_a_clock_that_leaps_a_day_after_the_vote_asks_again_and_stays_so_when_it_comes_back(
    tmp_path: Path,
) -> None:
    shop = await shop_at(tmp_path, START)
    job = await approved(shop)
    shop.clock.at += 86_400
    await shop.slate.advance(5)
    shop.clock.at -= 86_400
    assert (State.WAITING, "The last yes was more than 15 min ago.", 0) == await later(shop, job)


@pytest.mark.parametrize("jump", [-3600.0, 86_400.0])
async def test_a_clock_that_jumps_while_it_is_sent_sends_nothing_twice(tmp_path: Path, jump: float) -> None:
    shop = await shop_at(tmp_path, START)

    async def jumps() -> None:
        shop.clock.at += jump

    shop.shield.before_answer = jumps
    job = await approved(shop)
    await shop.slate.advance(abs(jump) + 3600, {SWEEP: 60.0})
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, 1, 1) == (ended.state, len(shop.shield.sent), len(shop.cf.sent))


async def test_what_expired_by_a_leap_stays_expired_when_the_clock_comes_back(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path, START)
    job = await shop.purge(MIA, PREFIX)
    shop.clock.at += 86_400
    await shop.slate.advance(1)
    shop.clock.at -= 86_400
    answer = await approvals.vote(shop.core, SAM, job.id, True)
    await shop.slate.advance(300)
    await shop.ledger.close()
    assert Refusal("P-1 has expired: nobody agreed in time.", "Ask for it again.") == answer
    assert [] == shop.cf.sent
