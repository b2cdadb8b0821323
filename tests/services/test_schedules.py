"""What begins at its time: once, never before, and what becomes of it when nobody is there or things have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.actor import Actor
from bot.domain.cron import read_cron
from bot.domain.grammar.zones import PLACES_OF
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.schedule import Schedule
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.defaults import built_in
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Allow, Conditions, Deny, Members, Policy, Tightening
from bot.domain.site import Layer
from bot.ledger.audit import audit
from bot.ledger.books import Books
from bot.ledger.reading import reading
from bot.ledger.schedules import Seen
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.replies import Done, JobMade, NotUnderstood, PlanShown, Refusal, Reply, SchedulesListed
from bot.services.requests.purges import Asking
from bot.services.setup import SWEEP, Current, Setup
from bot.services.timing import zone_named
from bot.services.voting import approvals
from tests.services.shop import APPROVERS, GUEST, LEA, MIA, SAM, SHOP, Everybody, ScriptedProvider, Shop, open_shop
from tests.slate import START, SlateClock

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
PRICING = "https://www.shop.test/pricing"  # START is Fri 15 Jan 2027, 08:00 UTC
NEWS = "prefix www.shop.test/news/"


def at(iso: str) -> float:
    """Seconds since the epoch of a time in UTC."""
    return datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()


async def say(shop: Shop, text: str, by: Actor = MIA) -> Reply:
    """`by` types it in the shop's channel."""
    return await Desk(shop.core).ask(Asking(by, shop.core.dice.token(), "slack", "C_SHOP"), text)


async def made(shop: Shop, text: str, by: Actor = MIA) -> JobView:
    """The job that a line makes."""
    reply = await say(shop, text, by)
    assert isinstance(reply, JobMade), reply
    return reply.job


async def refusal(shop: Shop, text: str, by: Actor = MIA) -> str:
    """Why a line comes to nothing."""
    reply = await say(shop, text, by)
    if isinstance(reply, NotUnderstood):
        return reply.misunderstood.problem
    assert isinstance(reply, Refusal), reply
    return reply.what


async def jobs(shop: Shop) -> list[JobView]:
    """Every job, the oldest first."""
    return sorted(await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 100)), key=lambda job: job.id)


async def entries(shop: Shop, number: int) -> list[str]:
    """What the journal holds of a job."""
    found = await shop.ledger.read(lambda books: books.journal.events(number))
    return [event for _, event, _, _ in found]


async def steps(shop: Shop, number: int) -> list[Told]:
    """The thread of a job."""
    return [told for _, told in await shop.ledger.read(lambda books: books.messages.steps(number))]


def of_holds(told: list[Told]) -> list[Told]:
    """What of a thread is about holds."""
    return [one for one in told if one.event in (Event.HELD, Event.HELD_AHEAD)]


async def close(shop: Shop) -> None:
    """The ledger is shut, and the audit finds nothing."""
    await shop.ledger.close()
    with reading(shop.path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def start(shop: Shop) -> None:
    """As a process begins, but for the sweep."""
    await shop.router.wake_all()
    shop.slate.forget(SWEEP)


async def crash(shop: Shop, as_owner: str = "second") -> Shop:
    """The process ends, and another begins; but for the sweep."""
    shop = await shop.crash(as_owner)
    shop.slate.forget(SWEEP)
    return shop


def under(shop: Shop, **changes: object) -> None:
    """From now on another configuration counts, as after a restart with another file."""
    setup = shop.core.setup
    for name, value in changes.items():
        object.__setattr__(setup, name, value)


def people(shop: Shop) -> Everybody:
    """Slack's people."""
    assert isinstance(shop.core.directory, Everybody)
    return shop.core.directory


async def test_who_asks_for_the_same_hears_when_the_scheduled_one_is_to_begin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await made(shop, f"in 10m {PRICING}")
    now = await made(shop, PRICING)
    await close(shop)
    assert now.notes == (
        "P-1 is for the same, and was waiting for its time (Fri 15 Jan 08:10:00 UTC) when this was asked for.",
    )


async def test_it_begins_at_its_time_and_not_before(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 10m {PRICING}")
    await shop.slate.advance(599.9)
    sent_before = len(shop.shield.sent) + shop.edges.looks
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    told = await entries(shop, job.id)
    await close(shop)
    assert (State.SCHEDULED, START + 600.0, 0) == (job.state, job.scheduled_for, sent_before)
    assert [START + 600.0] == [when for when, _ in shop.shield.sent]
    assert (State.DONE, ["asked", "decided", "came_due"]) == (ended.state, told[:3])


TIMES = [
    pytest.param("in 10m", "", "2027-01-15T08:10", "Fri 15 Jan 08:10:00 UTC", id="from-now"),
    pytest.param("in 1h30m", "", "2027-01-15T09:30", "Fri 15 Jan 09:30:00 UTC", id="hours-and-minutes"),
    pytest.param("at 09:00", "", "2027-01-15T09:00", "Fri 15 Jan 09:00:00 UTC", id="configured-zone"),
    pytest.param("at 09:30", "Europe/Berlin", "2027-01-15T08:30", "Fri 15 Jan 09:30:00 CET", id="their-own-zone"),
    pytest.param("at 09:00", "Europe/Berlin", "2027-01-16T08:00", "Sat 16 Jan 09:00:00 CET", id="passed-so-tomorrow"),
    pytest.param("at 05:00 America/New_York", "", "2027-01-15T10:00", "Fri 15 Jan 05:00:00 EST", id="named-zone"),
    pytest.param("at 21:00:30 Asia/Kolkata", "", "2027-01-15T15:30:30", "Fri 15 Jan 21:00:30 IST", id="seconds"),
    pytest.param("at tomorrow 09:00", "", "2027-01-16T09:00", "Sat 16 Jan 09:00:00 UTC", id="tomorrow"),
    pytest.param("at 2027-02-01 09:00", "", "2027-02-01T09:00", "Mon 1 Feb 09:00:00 UTC", id="a-day"),
    pytest.param("at 2027-02-01T09:00+05:30", "", "2027-02-01T03:30", "Mon 1 Feb 09:00:00 UTC+05:30", id="an-offset"),
    pytest.param("at 2027-04-01 09:00 europe/berlin", "", "2027-04-01T07:00", "Thu 1 Apr 09:00:00 CEST", id="summer"),
    pytest.param("at 09:30", "Atlantis/Capital", "2027-01-15T09:30", "Fri 15 Jan 09:30:00 UTC", id="no-zone"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "own", "expected", "told"), TIMES)
async def test_when_it_begins(tmp_path: Path, typed: str, own: str, expected: str, told: str) -> None:
    shop = open_shop(tmp_path)
    people(shop).zones["U_MIA"] = own
    job = await made(shop, f"{typed} {PRICING}")
    await close(shop)
    assert (at(expected), told) == (job.scheduled_for, job.begins_told)


async def test_a_passed_time_is_told_to_mean_tomorrow(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"at 07:00 {PRICING}")
    await close(shop)
    assert ("07:00 had passed for today in UTC, so tomorrow is meant.",) == job.notes


async def test_of_a_time_that_comes_twice_the_first_is_meant(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, clock=SlateClock(at("2026-10-24T12:00")))
    job = await made(shop, f"at tomorrow 02:30 Europe/Berlin {PRICING}")
    await close(shop)
    assert at("2026-10-25T00:30") == job.scheduled_for
    assert ("The clocks show 02:30 twice on that day: the first time is meant.",) == job.notes


async def test_of_a_time_that_comes_twice_the_second_is_meant_once_the_first_has_passed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, clock=SlateClock(at("2026-10-25T00:45")))
    job = await made(shop, f"at 02:30 Europe/Berlin {PRICING}")
    await close(shop)
    assert (at("2026-10-25T01:30"), "Sun 25 Oct 02:30:00 CET") == (job.scheduled_for, job.begins_told)
    told = "The clocks show 02:30 twice on that day: the second, since the first has passed, is meant."
    assert (told,) == job.notes


async def test_of_a_time_that_does_not_exist_its_neighbours_are_offered(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, clock=SlateClock(at("2026-03-28T12:00")))
    reply = await say(shop, f"at 02:30 Europe/Berlin {PRICING} because embargo")
    made_none = await jobs(shop)
    await close(shop)
    assert isinstance(reply, NotUnderstood)
    gap = (
        "02:30 does not exist on 2026-03-29 in Europe/Berlin: the clocks go from 01:59 to 03:00. Nothing was scheduled."
        f'\nBefore the gap, 00:59 UTC: `/purge at 2026-03-29 01:59 Europe/Berlin {PRICING} --reason "embargo"`'
        f'\nAfter the gap, 01:00 UTC: `/purge at 2026-03-29 03:00 Europe/Berlin {PRICING} --reason "embargo"`'
    )
    assert (gap, []) == (reply.misunderstood.problem, made_none)
    assert [
        f'at 2026-03-29 01:59 Europe/Berlin {PRICING} --reason "embargo"',
        f'at 2026-03-29 03:00 Europe/Berlin {PRICING} --reason "embargo"',
    ] == [choice.line for choice in reply.misunderstood.choices]
    assert [
        "at 2026-03-29 01:59 Europe/Berlin (before the gap, 00:59 UTC)",
        "at 2026-03-29 03:00 Europe/Berlin (after the gap, 01:00 UTC)",
    ] == [choice.label for choice in reply.misunderstood.choices]


NOT_THEN = [
    pytest.param(
        "in 9s", "That is less than 10 s ahead. Without a time it begins at once. Nothing was scheduled.", id="s"
    ),
    pytest.param(
        "in 91d", "That is more than 90 days ahead, and nothing is kept waiting longer. Nothing was scheduled.", id="d"
    ),
    pytest.param(
        "at 2028-03-26 02:30 Europe/Berlin",
        "That is more than 90 days ahead, and nothing is kept waiting longer. Nothing was scheduled.", id="far gap",
    ),
    pytest.param(
        "at 2026-03-29 02:30 Europe/Berlin", "2026-03-29 02:30:00 has passed in Europe/Berlin. Nothing was scheduled.",
        id="gap of the past",
    ),
    pytest.param("at today 07:00", "2027-01-15 07:00:00 has passed in UTC. Nothing was scheduled.", id="passed-today"),
    pytest.param("at 2027-01-01 09:00", "2027-01-01 09:00:00 has passed in UTC. Nothing was scheduled.", id="day"),
    pytest.param(
        "at 09:00 Europe/Berln",
        "There is no time zone `Europe/Berln`. Did you mean Europe/Berlin? Nothing was scheduled.",
        id="near",
    ),
    pytest.param(
        "at 09:00 cest",
        "There is no time zone `cest`. Did you mean Europe/Berlin? Nothing was scheduled.",
        id="short-name",
    ),
    pytest.param(
        "at 09:00 CST",
        "There is no time zone `CST`. Did you mean America/Chicago or Asia/Shanghai? Nothing was scheduled.\n"
        f"America/Chicago: `/purge at 09:00 America/Chicago {PRICING}`\n"
        f"Asia/Shanghai: `/purge at 09:00 Asia/Shanghai {PRICING}`",
        id="name-of-two-zones",
    ),
    pytest.param(
        "at 09:00 ABCD", "There is no time zone `ABCD`. Write a place, such as Europe/Berlin, or UTC.", id="no-name"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), NOT_THEN)
async def test_when_it_cannot_begin(tmp_path: Path, typed: str, expected: str) -> None:
    shop = open_shop(tmp_path)
    told = await refusal(shop, f"{typed} {PRICING}")
    none = await jobs(shop)
    await close(shop)
    assert (expected, []) == (told, none)


def test_every_place_of_a_short_name_is_a_zone() -> None:
    places = {place for some in PLACES_OF.values() for place in some}
    assert set() == {place for place in places if zone_named(place) is None}


async def test_what_the_policy_denies_is_refused_at_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    told, none = await refusal(shop, f"in 10m {PRICING}", GUEST), await jobs(shop)
    await close(shop)
    assert ("Guests may not do this.", []) == (told, none)


async def test_votes_are_asked_for_at_once_and_it_begins_at_its_time(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 3d {NEWS}")
    await shop.slate.advance(20 * HOUR)
    voted = await approvals.vote(shop.core, LEA, job.id, True)
    assert isinstance(voted, Done)
    await shop.slate.advance(3 * DAY - 20 * HOUR - 1)
    sent_before = len(shop.shield.sent)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await close(shop)
    assert (State.WAITING, START + DAY) == (job.state, job.approval and job.approval.expires)
    assert (State.SCHEDULED, START + 3 * DAY) == (voted.job.state, voted.job.due_at)
    assert (0, State.DONE, [START + 3 * DAY]) == (sent_before, ended.state, [when for when, _ in shop.shield.sent])


async def test_the_time_for_votes_ends_when_it_is_to_begin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 5m {NEWS}")
    await shop.slate.advance(301)
    ended = await shop.job(job.id)
    late = await approvals.vote(shop.core, LEA, job.id, True)
    await close(shop)
    assert (START + 300, State.EXPIRED) == (job.approval and job.approval.expires, ended.state)
    assert isinstance(late, Refusal)


def frozen(begins: float, ends: float) -> Policy:
    """The built-in policy with a sale freeze."""
    freeze = Tightening("freeze", Conditions(during=Days(begins, ends, "")), refuse=True, say="Sale freeze.")
    return replace(built_in(APPROVERS), tighten=(freeze,))


async def test_a_freeze_that_is_known_for_its_time_refuses_it_at_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    under(shop, policy=frozen(START + HOUR, START + 2 * HOUR))
    told, after = await refusal(shop, f"in 90m {PRICING}"), await made(shop, f"in 3h {PRICING}")
    await close(shop)
    assert told.startswith("Refused, nothing was purged (rule `freeze`). Sale freeze.")
    assert State.SCHEDULED is after.state


async def lay(shop: Shop, hold: Hold) -> None:
    """Lea holds a site, as the deed writes it."""

    def deed(books: Books) -> None:
        books.holds.keep(hold.site, hold)
        books.journal.add(hold.since, "hold", hold.by, site=hold.site, reason=hold.reason, until=hold.until)

    await shop.ledger.write(deed)


async def test_a_plan_for_later_is_judged_for_then_and_makes_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    under(shop, policy=frozen(START + HOUR, START + 2 * HOUR))
    laid = Hold("shop", "U_LEA", "sale", START, START + 2.5 * HOUR)
    await lay(shop, laid)
    lines = (f"plan in 90m {PRICING}", f"plan in 3h {PRICING}", f"in 90m {PRICING} --dry-run", f"plan {PRICING}")
    plans = [reply for line in lines if isinstance(reply := await say(shop, line), PlanShown)]
    none = await jobs(shop)
    await shop.slate.advance(4 * HOUR)
    none_later = await jobs(shop)
    await close(shop)
    assert [
        (Deny, laid, START + 1.5 * HOUR),
        (Allow, None, START + 3 * HOUR),
        (Deny, laid, START + 1.5 * HOUR),
        (Allow, laid, None),
    ] == [(type(plan.decision), plan.held, plan.due and plan.due.at) for plan in plans]
    assert ([], [], []) == (none, none_later, shop.shield.sent)


async def test_a_plan_for_a_time_that_cannot_be_meant_is_asked_back(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    told = await refusal(shop, f"plan at 2027-01-01 09:00 {PRICING}")
    await close(shop)
    assert "2027-01-01 09:00:00 has passed in UTC. Nothing was scheduled." == told


async def test_a_freeze_of_today_that_ends_before_its_time_does_not_refuse_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    under(shop, policy=frozen(START - HOUR, START + HOUR))
    job, told = await made(shop, f"in 2h {PRICING}"), await refusal(shop, f"in 30m {PRICING}")
    await shop.slate.advance(2 * HOUR + 200)
    ended = await shop.job(job.id)
    await close(shop)
    assert (True, State.DONE) == (told.startswith("Refused"), ended.state)


async def test_what_the_policy_denies_by_then_does_not_begin_and_is_told(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    under(shop, policy=frozen(START + HOUR, START + 9 * HOUR))
    await shop.slate.advance(2 * HOUR + 200)
    ended, told = await shop.job(job.id), await shop.events(job.id)
    await close(shop)
    assert (State.DENIED, []) == (ended.state, shop.shield.sent)
    assert "refused" == told[-1]


async def test_whoever_left_meanwhile_purges_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    people(shop).people["U_MIA"] = replace(GUEST, id="U_MIA")
    await shop.slate.advance(2 * HOUR + 200)
    ended = await shop.job(job.id)
    await close(shop)
    assert (State.DENIED, []) == (ended.state, shop.shield.sent)


async def test_on_a_held_site_it_is_scheduled_and_waits_for_the_release_at_its_time(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    laid = Hold("shop", "U_LEA", "sale", START, START + 3 * HOUR)
    await lay(shop, laid)
    job = await made(shop, f"in 2h {PRICING}")
    later = await made(shop, f"in 4h {PRICING}?later")
    await shop.slate.advance(2.5 * HOUR)
    held, told = await shop.job(job.id), await steps(shop, job.id)
    told_later = await steps(shop, later.id)
    await shop.slate.advance(HOUR)
    ended = await shop.job(job.id)
    await close(shop)
    ahead = Told(Event.HELD_AHEAD, who="U_LEA", n=1, seconds=START + 3 * HOUR, text="sale")
    assert (laid, laid) == (job.held_ahead, later.held_ahead)
    assert [ahead, Told(Event.HELD, who="U_LEA", seconds=START + 3 * HOUR, text="sale")] == of_holds(told)
    assert [replace(ahead, n=0)] == of_holds(told_later)
    assert (State.QUEUED, laid) == (held.state, held.held)
    assert (State.DONE, True) == (ended.state, shop.shield.sent[0][0] >= START + 3 * HOUR)


async def test_an_hour_on_hold_after_its_time_makes_its_votes_old(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {NEWS}")
    await approvals.vote(shop.core, LEA, job.id, True)
    laid = Hold("shop", "U_LEA", "sale", START, START + 3 * HOUR)
    await lay(shop, laid)
    await shop.slate.advance(3 * HOUR + 5)
    asked = await shop.job(job.id)
    await close(shop)
    assert (State.WAITING, []) == (asked.state, shop.shield.sent)
    assert "It was to begin more than 15 min ago." == (asked.approval and asked.approval.returned)


async def test_what_the_configuration_knows_no_more_does_not_begin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    under(shop, sites={"shop": replace(SHOP, layers=(Layer("cf"),))})
    await shop.slate.advance(2 * HOUR + 5)
    ended = await shop.job(job.id)
    await close(shop)
    expected = "shop has no layer shield any more: its plan is not what was asked for. Ask for it anew."
    assert (State.FAILED, expected, []) == (ended.state, ended.why, shop.shield.sent)


async def test_changed_in_the_ledgers_file_it_does_not_begin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    await shop.ledger.write(
        lambda books: books._tx.run("update batches set call = replace(call, '/pricing', '/') where job = 1")
    )
    await shop.slate.advance(2 * HOUR + 200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.FAILED, []) == (ended.state, shop.shield.sent)


DOWN = [
    pytest.param(5 * MINUTE, State.DONE, 1, id="five-minutes-late-it-runs"),
    pytest.param(16 * MINUTE, State.SCHEDULED, 0, id="longer-than-run-within-a-person-decides"),
    pytest.param(3 * DAY, State.SCHEDULED, 0, id="days-later-too"),
]


@pytest.mark.parametrize(("late", "state", "sent"), DOWN)
async def test_after_downtime_it_runs_or_is_told(tmp_path: Path, late: float, state: State, sent: int) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    shop.clock.at += 2 * HOUR + late
    shop = await crash(shop)
    await shop.slate.advance(200)
    then, told = await shop.job(job.id), await entries(shop, job.id)
    await close(shop)
    assert (state, sent) == (then.state, len(shop.shield.sent))
    assert [("missed" in told)] == [state is State.SCHEDULED]


@pytest.mark.parametrize(("late", "state"), [(4.0, State.DONE), (32.0, State.SCHEDULED)], ids=["within", "later"])
async def test_how_late_a_typed_time_may_be_is_what_the_policy_says(tmp_path: Path, late: float, state: State) -> None:
    shop = open_shop(tmp_path)
    under(shop, policy=replace(shop.core.setup.policy, run_within=5.0))
    job = await made(shop, f"in 12s {PRICING}")
    shop.clock.at += 12.0 + late
    shop = await crash(shop)
    await shop.slate.advance(200)
    then = await shop.job(job.id)
    await close(shop)
    assert (5.0, state) == (then.late_max, then.state)


async def test_what_was_missed_begins_when_somebody_says_so(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    shop.clock.at += 5 * HOUR
    shop = await crash(shop)
    await shop.slate.advance(HOUR)
    answer = await say(shop, f"run {job.name}", LEA)
    await shop.slate.advance(200)
    ended, told = await shop.job(job.id), await entries(shop, job.id)
    await close(shop)
    assert isinstance(answer, Done)
    assert (State.DONE, 1) == (ended.state, len(shop.shield.sent))
    assert ["missed", "ran_now"] == [event for event in told if event in ("missed", "came_due", "ran_now")]


async def test_what_was_missed_expires_after_a_day(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    shop.clock.at += 5 * HOUR
    shop = await crash(shop)
    await shop.slate.advance(DAY + MINUTE)
    ended = await shop.job(job.id)
    await close(shop)
    assert (State.EXPIRED, []) == (ended.state, shop.shield.sent)


async def test_a_crash_at_its_time_neither_loses_nor_doubles_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    await shop.slate.advance(2 * HOUR - 0.01)
    shop = await crash(shop)
    await shop.slate.advance(0.02)
    shop = await crash(shop, "third")
    await shop.slate.advance(200)
    ended, told = await shop.job(job.id), await entries(shop, job.id)
    await close(shop)
    assert (State.DONE, 1, 1) == (ended.state, len(shop.shield.sent), told.count("came_due"))


STEPS = [
    pytest.param(-HOUR, 3 * HOUR, id="back-an-hour"),
    pytest.param(HOUR, HOUR, id="forward-an-hour"),
]


@pytest.mark.parametrize(("step", "wait"), STEPS)
async def test_a_clock_that_steps_makes_it_begin_once_by_the_new_clock(
    tmp_path: Path, step: float, wait: float
) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    await shop.router.wake_all()
    await shop.slate.advance(30 * MINUTE)
    shop.clock.at += step
    await shop.slate.advance(wait + 200)
    ended = await shop.job(job.id)
    await close(shop)
    assert (State.DONE, 1) == (ended.state, len(shop.shield.sent))
    assert 0 <= shop.shield.sent[0][0] - (START + 2 * HOUR) < 3


async def test_it_is_cancelled_like_any_job(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    await deeds.cancel(shop.core, MIA, job.id)
    await shop.slate.advance(3 * HOUR)
    ended = await shop.job(job.id)
    await close(shop)
    assert (State.CANCELLED, []) == (ended.state, shop.shield.sent)


async def test_run_now_begins_it_before_its_time_and_only_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {PRICING}")
    await say(shop, f"run {job.name}")
    await shop.slate.advance(3 * HOUR)
    ended, again = await shop.job(job.id), await refusal(shop, f"run {job.name}")
    await close(shop)
    assert (State.DONE, [START]) == (ended.state, [when for when, _ in shop.shield.sent])
    assert f"{job.name} is not scheduled: it is done." == again


async def test_run_now_is_judged_for_whoever_presses(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2h {NEWS}")
    early = await refusal(shop, f"run {job.name}")
    await approvals.vote(shop.core, LEA, job.id, True)
    guest = await refusal(shop, f"run {job.name}", GUEST)
    await say(shop, f"run {job.name}", SAM)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await close(shop)
    assert (f"{job.name} is not scheduled: it is waiting.", "Guests may not do this.") == (early, guest)
    assert State.DONE is ended.state


async def test_votes_of_hours_ago_do_not_let_it_begin_before_its_time(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await made(shop, f"in 2d {NEWS}")
    await approvals.vote(shop.core, LEA, job.id, True)
    await shop.slate.advance(5 * HOUR)
    await say(shop, f"run {job.name}")
    await shop.slate.advance(100)
    asked = await shop.job(job.id)
    await close(shop)
    assert (State.WAITING, []) == (asked.state, shop.shield.sent)


async def test_one_persons_purges_for_one_time_are_summed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    urls = " ".join(f"https://www.shop.test/{n}" for n in range(20))
    first = await made(shop, f"at 12:00 {urls}")
    await shop.slate.advance(HOUR)
    same_time = await made(shop, f"at 12:00 {urls.replace('test/', 'test/b')}")
    another = await made(shop, f"at 13:00 {urls.replace('test/', 'test/c')}")
    await close(shop)
    assert [State.SCHEDULED, State.WAITING, State.SCHEDULED] == [first.state, same_time.state, another.state]


async def test_what_is_scheduled_is_listed_the_next_first(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    late, soon, now = [await made(shop, f"{when} {PRICING}?{when[-2]}") for when in ("in 3h", "in 2h", "in 10m")]
    await deeds.cancel(shop.core, MIA, now.id)
    listed = await say(shop, "schedules")
    await close(shop)
    assert isinstance(listed, SchedulesListed)
    assert ([soon.id, late.id], 2) == ([job.id for job in listed.jobs], listed.jobs_total)


NIGHTLY = Schedule("nightly", read_cron("0 3 * * *"), ZoneInfo("Europe/Berlin"), "Europe/Berlin", "shop", PRICING)


def filed(tmp_path: Path, begins: str, *schedules: Schedule, policy: Policy | None = None) -> Shop:
    """A shop whose file has schedules."""
    clock = SlateClock(at(begins))
    shield, cf = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock)
    setup = Setup(
        {"shop": SHOP}, {"shield": shield, "cf": cf}, policy or built_in(APPROVERS, scheduled=True), "C_APPROVE",
        tokens={one.actor.id: one.actor for one in schedules}, schedules={one.name: one for one in schedules},
    )  # fmt: skip
    return open_shop(tmp_path, clock, shield, cf, setup=setup)


async def test_a_schedule_of_the_file_makes_a_job_each_time(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    await shop.slate.advance(2 * DAY)
    found = await jobs(shop)
    await close(shop)
    assert [at("2026-11-27T02:00"), at("2026-11-28T02:00")] == [job.scheduled_for for job in found]
    assert [(State.DONE, "schedule:nightly", "schedule")] * 2 == [(j.state, j.requested_by, j.source) for j in found]
    assert [at("2026-11-27T02:00"), at("2026-11-28T02:00")] == [when for when, _ in shop.shield.sent]


CHANGES = [
    pytest.param("2026-03-28T12:00", "30 2 * * *", "Europe/Berlin", ["29 01:00", "30 00:30"], id="berlin-gap"),
    pytest.param("2026-10-24T12:00", "30 2 * * *", "Europe/Berlin", ["25 00:30", "26 01:30"], id="berlin-fold"),
    pytest.param("2026-03-07T15:00", "30 2 * * *", "America/New_York", ["08 07:00", "09 06:30"], id="new-york-gap"),
    pytest.param("2026-10-31T15:00", "30 1 * * *", "America/New_York", ["01 05:30", "02 06:30"], id="new-york-fold"),
    pytest.param("2026-10-03T00:00", "15 2 * * *", "Australia/Lord_Howe", ["03 15:30", "04 15:15"], id="half-hour-gap"),
    pytest.param("2026-04-04T00:00", "45 1 * * *", "Australia/Lord_Howe", ["04 14:45", "05 15:15"], id="half-an-hour"),
]  # fmt: skip


@pytest.mark.parametrize(("begins", "cron", "zone", "expected"), CHANGES)
async def test_over_a_change_of_the_clocks_each_day_has_one(
    tmp_path: Path, begins: str, cron: str, zone: str, expected: list[str]
) -> None:
    nightly = replace(NIGHTLY, cron=read_cron(cron), zone=ZoneInfo(zone), zone_name=zone)
    shop = filed(tmp_path, begins, nightly)
    await start(shop)
    await shop.slate.advance(2 * DAY)
    found = await jobs(shop)
    await close(shop)
    assert expected == [f"{datetime.fromtimestamp(job.scheduled_for or 0, UTC):%d %H:%M}" for job in found]
    assert 2 == len(shop.shield.sent)


MISSED = [
    pytest.param(False, 2 * HOUR, HOUR, State.SCHEDULED, id="reported"),
    pytest.param(True, 2 * HOUR, HOUR, State.DONE, id="run-late"),
    pytest.param(True, 2 * HOUR, 3 * HOUR, State.SCHEDULED, id="too-late-so-reported"),
    pytest.param(False, 2 * HOUR, 30.0, State.DONE, id="half-a-minute-is-not-late"),
]


@pytest.mark.parametrize(("runs_late", "within", "late", "state"), MISSED)
async def test_a_missed_one_runs_or_waits_for_a_person(
    tmp_path: Path, runs_late: bool, within: float, late: float, state: State
) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", replace(NIGHTLY, runs_late=runs_late, within=within))
    await start(shop)
    shop.clock.at = at("2026-11-27T02:00") + late
    shop = await crash(shop)
    await shop.slate.advance(200)
    found = await jobs(shop)
    told = await entries(shop, found[0].id)
    await close(shop)
    assert [(state, at("2026-11-27T02:00"))] == [(job.state, job.scheduled_for) for job in found]
    assert [int(state is State.DONE), state is State.SCHEDULED] == [len(shop.shield.sent), "missed" in told]


async def test_after_days_of_downtime_the_latest_stands_for_all(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-20T12:00", replace(NIGHTLY, runs_late=True))
    await start(shop)
    shop.clock.at = at("2026-11-26T02:30")
    shop = await crash(shop)
    await shop.slate.advance(HOUR)
    found = await jobs(shop)
    await close(shop)
    assert [(State.DONE, at("2026-11-26T02:00"))] == [(job.state, job.scheduled_for) for job in found]
    assert "5 earlier times were missed as well and will not be made up for." == found[0].notes[0]


async def test_a_missed_one_that_a_person_runs_is_one_job(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    shop.clock.at = at("2026-11-27T05:00")
    shop = await crash(shop)
    await shop.slate.advance(MINUTE)
    await say(shop, "run P-1", LEA)
    await shop.slate.advance(200)
    found = await jobs(shop)
    await close(shop)
    assert [State.DONE] == [job.state for job in found]


async def test_a_crash_between_job_and_next_time_makes_no_second_job(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    before = await shop.ledger.read(lambda books: books.schedules.find("nightly"))
    assert before is not None
    await shop.slate.advance(DAY)
    await shop.ledger.write(lambda books: books.schedules.save(before))
    shop = await crash(shop)
    await shop.slate.advance(200)
    found = await jobs(shop)
    await close(shop)
    assert (1, 1) == (len(found), len(shop.shield.sent))


STEPPED = [pytest.param(-HOUR, id="back-an-hour"), pytest.param(HOUR, id="forward-an-hour")]


@pytest.mark.parametrize("step", STEPPED)
@pytest.mark.parametrize("when", [at("2026-11-27T01:30"), at("2026-11-27T02:10")], ids=["before", "just-after"])
async def test_a_clock_that_steps_neither_loses_nor_doubles_an_occurrence(
    tmp_path: Path, step: float, when: float
) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", replace(NIGHTLY, runs_late=True))
    await start(shop)
    await shop.slate.advance(when - shop.clock.at)
    shop.clock.at += step
    await shop.slate.advance(at("2026-11-28T12:00") - shop.clock.at)
    found = await jobs(shop)
    await close(shop)
    assert [at("2026-11-27T02:00"), at("2026-11-28T02:00")] == [job.scheduled_for for job in found]
    assert [State.DONE] * 2 == [job.state for job in found]


async def test_a_clock_that_was_years_ahead_does_not_silence_a_schedule(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2038-01-01T00:00", NIGHTLY)
    await start(shop)
    shop.clock.at = at("2026-11-26T12:00")
    shop = await crash(shop)
    await shop.slate.advance(DAY)
    found = await jobs(shop)
    await close(shop)
    assert [at("2026-11-27T02:00")] == [job.scheduled_for for job in found]


async def test_a_next_time_that_is_none_any_more_is_put_right(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    now = shop.clock.now()
    wrong = Seen("nightly", NIGHTLY.times, now, now + 5)  # as after a change of the zone's rules
    await shop.ledger.write(lambda books: books.schedules.save(wrong))
    shop = await crash(shop)
    await shop.slate.advance(MINUTE)
    row, found = await shop.ledger.read(lambda books: books.schedules.find("nightly")), await jobs(shop)
    await close(shop)
    assert ([], at("2026-11-27T02:00")) == (found, row and row.due_at)


async def test_other_times_in_the_file_count_from_the_next_start(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    under(shop, schedules={"nightly": replace(NIGHTLY, cron=read_cron("0 9 * * *"))})
    shop.clock.at = at("2026-11-27T12:00")
    shop = await crash(shop)
    await shop.slate.advance(DAY)
    found = await jobs(shop)
    await close(shop)
    assert [at("2026-11-28T08:00")] == [job.scheduled_for for job in found]


async def test_what_the_file_names_no_more_comes_no_more(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    under(shop, schedules={})
    shop = await crash(shop)
    await shop.slate.advance(3 * DAY)
    found, row = await jobs(shop), await shop.ledger.read(lambda books: books.schedules.find("nightly"))
    await close(shop)
    assert ([], None) == (found, row)


async def test_what_a_schedule_may_not_do_is_told_in_the_sites_channel(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY, policy=built_in(APPROVERS))
    await start(shop)
    await shop.slate.advance(15 * HOUR)
    notices = await shop.ledger.read(lambda books: books.notices.due(shop.clock.now()))
    found = await jobs(shop)
    await close(shop)
    assert ([], ["C_SHOP"]) == (found, [notice.channel for notice in notices])
    assert "The schedule nightly did not run Fri 27 Nov 03:00:00 CET" == notices[0].news.said[0]


async def test_a_prefix_by_schedule_needs_no_votes_where_no_policy_says_so(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", replace(NIGHTLY, purge=f"{NEWS} on shop"))
    await start(shop)
    await shop.slate.advance(DAY)
    found = await jobs(shop)
    await close(shop)
    assert [(State.DONE, "scheduled")] == [(job.state, job.rule) for job in found]


async def test_while_slack_does_not_say_who_agrees_an_occurrence_is_not_lost(tmp_path: Path) -> None:
    policy = built_in(("S_SRE",), scheduled=True)
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY, policy=policy)
    people(shop).groups["S_SRE"] = Members(problem="Slack does not say who is in S_SRE now.", is_away=True)
    await start(shop)
    await shop.slate.advance(at("2026-11-27T02:00") + 20 - shop.clock.at)
    none = await jobs(shop)
    people(shop).groups["S_SRE"] = Members(frozenset({"U_LEA"}))
    await shop.slate.advance(200)
    found = await jobs(shop)
    await close(shop)
    assert ([], [State.DONE]) == (none, [job.state for job in found])


async def test_run_by_name_purges_now_as_whoever_says_so(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    job = await made(shop, "run nightly", SAM)
    unknown = await refusal(shop, "run weekly")
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await close(shop)
    assert ("U_SAM", State.DONE) == (ended.requested_by, ended.state)
    assert "There is no schedule `weekly`." == unknown


async def test_the_files_schedules_are_listed_with_their_next_time(tmp_path: Path) -> None:
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    await start(shop)
    listed = await say(shop, "schedules")
    await close(shop)
    assert isinstance(listed, SchedulesListed)
    assert [("nightly", at("2026-11-27T02:00"))] == [(one.schedule.name, one.next_at) for one in listed.planned]


async def test_cancel_of_a_schedule_tells_what_it_is_and_only_to_who_sees_its_site(tmp_path: Path) -> None:
    elsewhere = replace(NIGHTLY, name="weekly", site="news")
    shop = filed(tmp_path, "2026-11-26T12:00", NIGHTLY)
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, schedules={
        one.name: one for one in (NIGHTLY, elsewhere)
    })))  # fmt: skip
    its, unseen = await refusal(shop, "cancel nightly"), await refusal(shop, "cancel weekly")
    await close(shop)
    assert its.startswith("`nightly` is a schedule of the configuration and no job.")
    assert "`weekly` is not a job's name, which looks like P-12." == unseen
