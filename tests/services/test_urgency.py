"""What goes first: who may have it so, what it passes, and that nothing waits for ever behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import State
from bot.domain.jobs.turns import EVERY, Place, Turns
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Urgency
from bot.domain.target import Target
from bot.services.desk import Desk
from bot.services.replies import JobMade, Joined, PlanShown, Refusal
from bot.services.requests.purges import Asking
from bot.services.setup import Setup
from bot.services.voting import approvals
from providers.contract import Kind
from tests.services.shop import APPROVERS, LEA, MIA, SHOP, ScriptedProvider, Shop, open_shop, url
from tests.slate import SlateClock

CI = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))


def urgent_shop(folder: Path, urgent: Urgency | None) -> Shop:
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock)
    policy = replace(built_in(APPROVERS), urgent=urgent)
    return open_shop(folder, clock, shield, cf, setup=Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, policy))


def test_of_ten_calls_in_a_row_one_is_for_the_rest() -> None:
    turns, places = Turns(), [Place(1, 0), Place(2, 0), Place(3, 0, urgent=True)]
    order = []
    for _ in range(3 * EVERY):
        order.append(turns.next(places))
        turns.served(order[-1])
    assert [3] * 9 + [1] + [3] * 9 + [2] + [3] * 9 + [1] == [place.job for place in order]


def test_without_urgent_work_the_jobs_alternate_a_new_one_first() -> None:
    turns, order = Turns(), []
    for places in ([1], [1], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3], [1, 2, 3]):
        place = turns.next([Place(job, 0) for job in places])
        turns.served(place)
        order.append(place.job)
    assert [1, 1, 2, 1, 3, 2, 1] == order


async def test_it_goes_before_what_is_not_sent_and_those_it_passes_are_told(tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, None)
    shop.shield.slow_down(1.0)
    slow = await shop.purge(MIA, *[url(f"/slow/{n}") for n in range(20)], check=False)
    await shop.slate.advance(5)
    quick = await shop.ask(LEA, *[url(f"/quick/{n}") for n in range(5)], check=False, urgent=True)
    before = len(shop.shield.sent)
    await shop.slate.advance(60)
    sent = [targets[0] for _, targets in shop.shield.sent[before:]]
    told = [event for event in await shop.events(slow.id) if event == "passed"]
    assert isinstance(quick, JobMade)
    of_quick = await shop.events(quick.job.id)
    await shop.ledger.close()
    assert [True] * 5 == ["/quick/" in target for target in sent[:5]]
    assert (["passed"], True, "U_LEA") == (told, "urgent" in of_quick, quick.job.urgent_by)


@pytest.mark.parametrize(
    ("urgent", "by", "may"),
    [
        pytest.param(None, LEA, True, id="approvers, where the policy says nothing"),
        pytest.param(None, MIA, False, id="nobody else then"),
        pytest.param(None, CI, False, id="no token then"),
        pytest.param(Urgency(("U_MIA",)), MIA, True, id="whom the policy names"),
        pytest.param(Urgency(("U_MIA",)), LEA, False, id="approvers no more then"),
        pytest.param(Urgency(("token:ci",)), CI, True, id="a token that it names"),
        pytest.param(Urgency(("members",)), MIA, True, id="every member"),
    ],
)
async def test_who_may(urgent: Urgency | None, by: Actor, may: bool, tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, urgent)
    made = await shop.ask(by, url("/a"), urgent=True)
    await shop.ledger.close()
    assert may is isinstance(made, JobMade)


async def test_a_no_has_the_line_that_waits_its_turn(tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, None)
    made = await shop.ask(MIA, url("/a"), urgent=True)
    await shop.ledger.close()
    assert made == Refusal(
        "You are not one of those who may have a purge go first.",
        "Nothing was purged. To have it wait its turn: `/purge url https://www.shop.test/a`",
        by_rule=True,
    )


async def test_it_may_be_asked_for_so_often_a_day(tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, Urgency(("U_MIA",), per_day=2))
    made = [await shop.ask(MIA, url(f"/{n}"), urgent=True) for n in range(3)]
    await shop.slate.advance(86_401)
    later = await shop.ask(MIA, url("/9"), urgent=True)
    await shop.ledger.close()
    assert [JobMade, JobMade, Refusal, JobMade] == [type(one) for one in (*made, later)]
    assert "You have had a purge go first 2 times within 24 hours" in getattr(made[2], "what", "")


async def test_who_joins_with_urgency_has_the_waiting_job_go_first(tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, None)
    first = await shop.purge(MIA, url("/a"))
    made = await shop.ask(LEA, url("/a"), urgent=True)
    job = await shop.job(first.id)
    await shop.ledger.close()
    assert (Joined, "U_LEA") == (type(made), job.urgent_by)


@pytest.mark.parametrize(
    ("urgent", "line", "expected"),
    [
        pytest.param(Urgency(("U_MIA",)), " --urgent", "", id="whom the policy names"),
        pytest.param(None, " --urgent", "You are not one of those who may have a purge go first.", id="nobody else"),
        pytest.param(Urgency(("U_MIA",)), "", None, id="nobody asks"),
        pytest.param(
            Urgency(("U_MIA",), per_day=1), " --urgent",
            "You have had a purge go first once within 24 hours, which is as often as the policy lets you.",
            id="often enough",
        ),
    ],
)  # fmt: skip
async def test_a_plan_tells_whether_it_may_go_first(
    urgent: Urgency | None, line: str, expected: str | None, tmp_path: Path
) -> None:
    shop = urgent_shop(tmp_path, urgent)
    await shop.ask(MIA, url("/before"), urgent=True)
    shown = await Desk(shop.core).ask(Asking(MIA, "plan"), f"plan https://www.shop.test/a{line}")
    await shop.ledger.close()
    assert isinstance(shown, PlanShown)
    assert expected == shown.urgent_no


PREFIX = Target(Kind.PREFIX, "www.shop.test/a/", "shop")


@pytest.mark.parametrize(
    ("keeps", "events"),
    [
        pytest.param(True, ["urgent"], id="the right is still there"),
        pytest.param(False, ["urgent", "calmed"], id="the right is gone"),
    ],
)
async def test_the_right_is_looked_at_again_when_it_begins(keeps: bool, events: list[str], tmp_path: Path) -> None:
    shop = urgent_shop(tmp_path, Urgency(("U_MIA",)))
    made = await shop.ask(MIA, PREFIX, check=False, urgent=True)
    assert isinstance(made, JobMade)
    policy = replace(shop.core.setup.policy, urgent=Urgency(("U_MIA",) if keeps else ("U_SAM",)))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    await approvals.vote(shop.core, LEA, made.job.id, True)
    await shop.slate.advance(600)
    job = await shop.job(made.job.id)
    told = [event for event in await shop.events(job.id) if event in ("urgent", "calmed")]
    entries = await shop.ledger.read(lambda books: books.journal.events(job.id))
    await shop.ledger.close()
    assert (State.DONE, events) == (job.state, told)
    assert "U_MIA" * keeps == job.urgent_by
    assert (not keeps) is any(event == "calmed" for _, event, _, _ in entries)


async def test_what_was_scheduled_as_urgent_runs_in_its_turn_where_nobody_may_have_it_so_any_more(
    tmp_path: Path,
) -> None:
    shop = urgent_shop(tmp_path, None)
    asking = Asking(LEA, "later", "slack", "C_SHOP")
    made = await Desk(shop.core).ask(asking, "https://www.shop.test/a in 10m --urgent")
    assert isinstance(made, JobMade), made
    shop.core.current.become(replace(shop.core.setup, policy=built_in(("U_SAM", "U_KIM"))))
    await shop.slate.advance(900)
    job = await shop.job(made.job.id)
    await shop.ledger.close()
    assert (State.DONE, "") == (job.state, job.urgent_by)
