"""What begins by itself: jobs that wait for their time, and what the file has come again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.durations import length
from bot.domain.jobs.job import JobView, State
from bot.domain.shown import count
from bot.services.replies import Planned, SchedulesListed
from bot.slack.cards.blocks import Block, Card, actions, button, section
from bot.slack.cards.outcome import outcome
from bot.slack.cards.root import starts
from bot.slack.cards.words import clock
from bot.slack.escape import code, escape, person

SHOWN = 10  # of each sort
LINE_MAX = 300  # characters of a schedule's line


def schedules_card(listed: SchedulesListed, now: float, command: str) -> Card:
    """Each with when it comes next, who asked for it and what it is; what waits can be cancelled or run now."""
    jobs, planned = listed.jobs[:SHOWN], listed.planned[:SHOWN]
    schedules = f", {count(len(listed.planned), 'schedule')} in the file" if listed.planned else ""
    first = f"{count(max(listed.jobs_total, len(jobs)), 'scheduled job')}{schedules}"
    if not listed.jobs and not listed.planned:
        first = f"Nothing is scheduled. {code(f'{command} in 10m …')} or {code(f'{command} at 02:00 …')} makes it so."
    blocks = [section(first)]
    for job in jobs:
        blocks += _job(job, now)
    for one in planned:
        blocks += _planned(one, now)
    more = max(listed.jobs_total - len(jobs), 0) + max(len(listed.planned) - len(planned), 0)
    return Card(first, [*blocks, *([section(f"and {more:,} more")] if more else [])])


def _job(job: JobView, now: float) -> Iterator[Block]:
    lines = [outcome(job, now), f"{starts(job)} Asked by {person(job.requested_by)}".strip()]
    yield section("\n".join(lines))
    run = [button("Run now", "run_now", job.name)] if job.state is State.SCHEDULED else []
    yield from actions([*run, button("Cancel", "cancel", job.name)])


def _planned(one: Planned, now: float) -> Iterator[Block]:
    schedule = one.schedule
    comes = f"next {clock(one.next_at)}, in {length(max(0.0, one.next_at - now))}" if one.next_at else "never"
    late = f"runs up to {length(schedule.within)} late" if schedule.runs_late else "a missed one is told"
    lines = [
        f"{code(schedule.name, 60)} {comes} · {code(schedule.cron.text, 80)} {escape(schedule.zone_name, 60)} · {late}",
        code(schedule.purge, LINE_MAX),
    ]
    yield section("\n".join(lines))
    yield from actions([button("Run now", "run_now", f"schedule:{schedule.name}")])
