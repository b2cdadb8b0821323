"""The list of what begins by itself, word for word."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from bot.domain.cron import read_cron
from bot.domain.jobs.job import State
from bot.domain.jobs.schedule import Schedule
from bot.services.replies import Planned, SchedulesListed
from bot.slack.cards.schedules import schedules_card
from tests.slack.cases import AT_8_30, NEW, PRICING, T, spelled

SOON = replace(
    NEW, state=State.SCHEDULED, scheduled_for=T + 1800, created=T, zone="Europe/Berlin",
    begins_told="Fri 15 Jan 09:30:00 CET",
)  # fmt: skip
NIGHTLY = Schedule(
    "nightly", read_cron("0 3 * * 1-5"), ZoneInfo("Europe/Berlin"), "Europe/Berlin", "shop", "tag <news> on shop"
)
LISTS = {
    "nothing": (
        SchedulesListed(()),
        "Nothing is scheduled. `/purge in 10m …` or `/purge at 02:00 …` makes it so.",
    ),
    "a job and two schedules": (
        SchedulesListed(
            (SOON,),
            (Planned(NIGHTLY, T + 1800), Planned(replace(NIGHTLY, name="late", runs_late=True), None)),
            1,
        ),
        f"""\
        1 scheduled job, 2 schedules in the file
        🔵 P-1042 begins {AT_8_30} · {PRICING}
        Begins Fri 15 Jan 09:30:00 CET (Europe/Berlin), 30 min after it was asked for. Asked by <@U_MIA>
           [Run now = run_now P-1042] [Cancel = cancel P-1042]
        `nightly` next {AT_8_30}, in 30 min · `0 3 * * 1-5` Europe/Berlin · a missed one is told
        `tag &lt;news&gt; on shop`
           [Run now = run_now schedule:nightly]
        `late` never · `0 3 * * 1-5` Europe/Berlin · runs up to 2 h late
        `tag &lt;news&gt; on shop`
           [Run now = run_now schedule:late]""",
    ),
    "more than fit": (
        SchedulesListed((replace(SOON, state=State.WAITING, approval=None),), (), 12),
        f"""\
        12 scheduled jobs
        🟡 P-1042 waits · {PRICING}
        Begins Fri 15 Jan 09:30:00 CET (Europe/Berlin), 30 min after it was asked for. Asked by <@U_MIA>
           [Cancel = cancel P-1042]
        and 11 more""",
    ),
}


@pytest.mark.parametrize(("listed", "expected"), LISTS.values(), ids=LISTS)
def test_what_the_list_says(listed: SchedulesListed, expected: str) -> None:
    assert dedent(expected) == spelled(schedules_card(listed, T, "/purge"))
