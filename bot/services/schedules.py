"""What the file has begin by itself, again and again. Each occurrence makes one job, whatever crashes: its key is the
schedule's name and the time. What was missed becomes a job that waits for a person, unless the file says that it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, Misunderstood
from bot.domain.grammar.when import Due, on_the_clock
from bot.domain.jobs.hold_news import HoldNews, Turn
from bot.domain.jobs.schedule import PUNCTUAL, Schedule
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.ledger.books import Books
from bot.ledger.schedules import Seen
from bot.services.replies import JobMade, Planned, Refusal, Reply, SchedulesListed
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.setup import SLACK, Core, schedule_name
from bot.services.voting.roster import read_roster

log = structlog.get_logger()
LISTED_MAX = 10  # jobs
AWAY_SECONDS = 5.0  # until Slack is asked again
COUNTED_MAX = 100  # missed times of one schedule; more are "100 or more"
CLOCK_WAS_WRONG = 86_400.0  # seconds; what was seen to so far ahead was seen by a clock that was wrong


class Understands(Protocol):
    """Parses as somebody may."""

    def understand(self, actor: Actor, channel: str, text: str, more: Sequence[str] = ()) -> Command | Misunderstood:
        """`text` as a command."""
        ...


async def adopt(core: Core) -> None:
    """After a start or a reload: the ledger holds the file's schedules and no others. A new one, or one with other
    times than before, begins with its next time."""

    def deed(books: Books) -> None:
        now = core.clock.now()
        books.schedules.keep_only(core.setup.schedules)
        for schedule in core.setup.schedules.values():
            seen = books.schedules.find(schedule.name)
            if seen is None or seen.times != schedule.times or seen.seen > now + CLOCK_WAS_WRONG:
                books.schedules.save(_seen_to(schedule, now))

    await core.ledger.write(deed)


def _seen_to(schedule: Schedule, at: float) -> Seen:
    return Seen(schedule.name, schedule.times, at, schedule.cron.after(at, schedule.zone))


async def ring(core: Core, desk: Understands, name: str) -> None:
    """See to the times of the schedule `name` that have come, and come back for the next."""
    schedule, seen = core.setup.schedules.get(name), await core.ledger.read(lambda books: books.schedules.find(name))
    if schedule is None or seen is None:
        return
    now = core.clock.now()
    come = schedule.cron.missed(seen.seen, now, schedule.zone, COUNTED_MAX)
    if come is None:
        await _come_back(core, schedule, seen.seen)
        return
    at, times = come
    if not await _occur(core, desk, schedule, at, times - 1 - await _made(core, schedule, seen.seen, at)):
        core.engine.wake(schedule_name(name), now + AWAY_SECONDS)
        return
    await _come_back(core, schedule, at)


async def _come_back(core: Core, schedule: Schedule, seen: float) -> None:
    """Everything up to `seen` has been seen to: the next time is that of the rules of today."""
    after = _seen_to(schedule, seen)
    await core.ledger.write(lambda books: books.schedules.save(after))
    if after.due_at is not None:
        core.engine.wake(schedule_name(schedule.name), after.due_at)


def _key(schedule: Schedule, at: float) -> str:
    return f"schedule {schedule.name} {datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def _made(core: Core, schedule: Schedule, seen: float, at: float) -> bool:
    """Whether the first time after `seen`, which is not `at`, became a job before the process ended."""
    first = schedule.cron.after(seen, schedule.zone)
    if first is None or first == at:
        return False
    return await core.ledger.read(lambda books: books.jobs.made_under(_key(schedule, first)) is not None)


async def _occur(core: Core, desk: Understands, schedule: Schedule, at: float, earlier: int) -> bool:
    """The occurrence at `at` becomes a job, with a word on `earlier` ones that were missed. False where Slack is to be
    asked once more who would have to agree."""
    key = _key(schedule, at)
    site = core.setup.sites[schedule.site]
    asking = Asking(schedule.actor, key, "schedule", site.channel)
    command = command_of(desk, schedule)
    if isinstance(command, Misunderstood):
        await _came_to_nothing(core, schedule, at, Refusal(command.problem))
        return True
    missed = _missed(earlier)
    due = Due(at, schedule.zone_name, on_the_clock(at, schedule.zone), missed, schedule.late_max, schedule.name)
    is_away = any(members.is_away for members in (await read_roster(core)).values())
    if is_away and core.clock.now() - at < schedule.late_max:
        return False
    made = await submit(core, asking, command, site, due)
    if isinstance(made, Refusal):
        await _came_to_nothing(core, schedule, at, made)
    elif not isinstance(made, JobMade):
        log.info("schedule_observed", schedule=schedule.name)
    elif core.clock.now() - at > PUNCTUAL:
        log.warning("schedule_late", schedule=schedule.name, job=made.job.id, earlier=earlier)
    return True


def _missed(earlier: int) -> tuple[str, ...]:
    if not earlier:
        return ()
    many = f"{COUNTED_MAX - 1} or more" if earlier >= COUNTED_MAX - 1 else f"{earlier}"
    return (f"{many} earlier time{'s were' if earlier > 1 else ' was'} missed as well and will not be made up for.",)


def command_of(desk: Understands, schedule: Schedule) -> Command | Misunderstood:
    """What the schedule asks for."""
    command = desk.understand(schedule.actor, "", schedule.purge)
    if isinstance(command, Misunderstood):
        return command
    return replace(command, reason=command.reason or schedule.reason, wants_host_confirmed=False)


async def _came_to_nothing(core: Core, schedule: Schedule, at: float, refused: Refusal) -> None:
    """No job came of an occurrence: the site's channel is told why, and the journal too, in the write that goes on."""
    log.warning("schedule_refused", schedule=schedule.name, what=refused.what)
    channel = core.setup.sites[schedule.site].channel or core.setup.approvals_channel

    def deed(books: Books) -> None:
        now = core.clock.now()
        books.journal.add(
            now, "schedule_refused", schedule.actor.id, schedule=schedule.name, site=schedule.site, due=at,
            why=refused.what,
        )  # fmt: skip
        said = (
            f"The schedule {schedule.name} did not run {on_the_clock(at, schedule.zone)}",
            refused.what,
            refused.advice,
        )
        if channel:
            books.notices.tell(_key(schedule, at), channel, HoldNews(Turn.UNDONE, schedule.site, (), now, said=said))
        books.schedules.save(_seen_to(schedule, at))

    await core.ledger.write(deed)
    core.engine.wake(SLACK)


async def listed(core: Core, actor: Actor, site: str) -> SchedulesListed:
    """What begins by itself on `actor`'s sites, or on the one that is named."""
    names = [one.name for one in core.setup.seen_by(actor) if site in ("", one.name)]

    def question(books: Books) -> SchedulesListed:
        jobs, total = books.jobs.scheduled(names, LISTED_MAX)
        planned = [
            Planned(schedule, seen.due_at if (seen := books.schedules.find(schedule.name)) else None)
            for schedule in core.setup.schedules.values()
            if schedule.site in names
        ]
        return SchedulesListed(jobs, planned, total)

    return await core.ledger.read(question)


async def run_now(core: Core, desk: Understands, asking: Asking, name: str) -> Reply:
    """Have what the schedule `name` asks for purged now, as whoever wants it may."""
    schedule = core.setup.schedules.get(name)
    if schedule is None or not asking.actor.may_see(schedule.site):
        return Refusal(f"There is no schedule `{name}`.", f"`{core.setup.command} schedules` lists them.")
    denied = authorise(asking.actor, Deed.RUN, Subject(schedule.site))
    if denied is not None:
        return Refusal(denied.why, denied.advice, by_rule=True)
    command = command_of(desk, schedule)
    if isinstance(command, Misunderstood):
        return Refusal(command.problem, f"Mend the schedule {name} in the configuration.")
    return await submit(core, asking, command, core.setup.sites[schedule.site])
