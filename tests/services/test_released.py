"""On the end of a hold each one's requests are judged as theirs: nobody's stop another's, and all hear why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor
from bot.domain.jobs.job import Part, State
from bot.domain.policies.policy import Approve, Conditions, Policy, Refuse, Rule, Run
from bot.ledger.books import Books
from bot.ledger.holds import Over
from bot.ledger.messages import Role
from bot.services.home import home_of
from bot.services.replies import Done, Joined, LogShown, QueuedOver, Refusal
from bot.services.running.queue import QueueShown
from bot.services.voting import approvals
from bot.services.voting.roster import read_roster
from bot.slack.cards.home import home_view
from bot.slack.cards.private import done_card
from bot.slack.cards.thread import end_line, outcome_line
from providers.contract import Kind, Receipt
from providers.errors import PurgeError, Refused
from tests.services.shop import KIM, LEA, MIA, SAM, Shop, open_shop
from tests.services.test_holds import done, say, with_policy
from tests.slate import START

PAGES = frozenset({Kind.URL, Kind.PATH})
SMALL = Rule("small", Conditions(kinds=PAGES), Run())
ALL = Rule("all", Conditions(who=("sre",), kinds=frozenset({Kind.EVERYTHING})), Approve(2, ("sre",)))
WIDE = Rule("wide", Conditions(who=("sre",), kinds=frozenset({Kind.PREFIX})), Approve(1, ("editors",)))
GROUPS = {"sre": ("U_LEA", "U_SAM", "U_KIM"), "editors": ("U_MIA", "U_LEA")}


async def held(tmp_path: Path, policy: Policy) -> Shop:
    """A shop under `policy` that Lea holds."""
    shop = open_shop(tmp_path)
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    await say(shop, LEA, "hold shop because deploying 4.2")
    return shop


async def told(shop: Shop) -> list[tuple[object, object, object]]:
    """What people were told in private, by the requests' order: who, what, what to do."""
    keys = [f"slack.refused Q-{n}" for n in range(1, 10)]
    found = await shop.ledger.read(lambda books: [books.intake.find(key) for key in keys])
    return [(one.body["user"], one.body["what"], one.body["advice"]) for one in found if one]


async def heard(shop: Shop) -> list[str]:
    """What the channels hear of requests that came to nothing."""

    def deed(books: Books) -> list[str]:
        said: list[str] = []
        while due := books.notices.due(float("inf")):
            for notice in due:
                said += notice.news.said
                books.notices.done(notice)
        return said

    return await shop.ledger.write(deed)


async def test_what_one_may_not_do_in_whole_stops_nobody_elses_part(tmp_path: Path) -> None:
    shop = await held(tmp_path, Policy((SMALL, ALL), groups=GROUPS))
    await say(shop, MIA, "/a --queue")
    await say(shop, SAM, "everything on shop --confirm shop --queue because new prices")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    (waiting,) = await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 5))
    for who in (LEA, KIM):
        await approvals.vote(shop.core, who, 1, yes=True)
    await shop.slate.advance(600)
    private = await told(shop)
    (ended,) = await done(shop)
    assert waiting.approval is not None
    assert (State.WAITING, Kind.EVERYTHING, "all") == (waiting.state, waiting.kind, waiting.rule)
    assert (2, ("U_LEA", "U_KIM")) == (waiting.approval.needed, waiting.approval.of)
    assert ("U_MIA", ("U_SAM",)) == (waiting.requested_by, waiting.also_by)
    assert Part(Kind.URL, {Kind.PATH: 1}) == replace(waiting.parts["U_MIA"], named="")
    assert (State.DONE, []) == (ended.state, private)


async def test_a_part_that_the_policy_forbids_is_dropped_and_the_rest_goes_on(tmp_path: Path) -> None:
    shop = await held(tmp_path, Policy((SMALL,)))
    await say(shop, MIA, "/a --queue because prices")
    await say(shop, SAM, "/b --queue")
    not_mia = Rule("none", Conditions(who=("U_MIA",)), Refuse(), say="Not today.")
    shop = await with_policy(shop, Policy((not_mia, SMALL)))
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    private = await told(shop)
    news = await heard(shop)
    shown = [await say(shop, KIM, f"show Q-{n}") for n in (1, 2)]
    log = await say(shop, KIM, "log")
    (job,) = await done(shop)
    what = "Q-1, which you queued for shop, does not run. Refused, nothing was purged (rule `none`). Not today."
    assert [("U_MIA", what, "")] == private
    assert (State.DONE, "U_SAM", ("https://www.shop.test/b",)) == (job.state, job.requested_by, job.sample)
    assert ("Q-2 waited for the release",) == job.notes[:1]
    assert "Q-1 of @mia, queued for shop, does not run. Not today. Rule `none` says so." in news
    over = [(one.number, one.over) for one in shown if isinstance(one, QueuedOver)]
    assert [(0, Over("policy", START, "none", "Not today. Rule `none` says so.")), (1, None)] == over
    assert isinstance(log, LogShown)
    assert [("Q-1", "none")] == [(one.request.name, one.over.rule) for one in log.undone]


async def test_of_one_persons_requests_the_first_that_pass_together_go_on(tmp_path: Path) -> None:
    shop = await held(tmp_path, Policy((SMALL,)))
    for page in ("/a", "/b", "/c"):
        await say(shop, MIA, f"{page} --queue")
    two = Rule("few", Conditions(kinds=PAGES, max_items=2), Run())
    shop = await with_policy(shop, Policy((two,)))
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    private = await told(shop)
    (job,) = await done(shop)
    what = (
        "Q-3, which you queued for shop, does not run. No rule lets you purge paths on shop (production), so the answer"
        " is no. It was judged together with Q-1 and Q-2 of the same person, which go on."
    )
    assert [("U_MIA", what, "Up to 2 at once may run, those of the last 10 minutes counted.")] == private
    assert (State.DONE, 2) == (job.state, job.targets)


async def test_what_different_people_must_agree_to_becomes_plans_of_its_own(tmp_path: Path) -> None:
    shop = await held(tmp_path, Policy((SMALL, ALL, WIDE), groups=GROUPS))
    await say(shop, SAM, "prefix /news/ --queue")
    await say(shop, KIM, "everything on shop --confirm shop --queue because new prices")
    await say(shop, MIA, "/a --queue")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    private = await told(shop)
    first, second = await done(shop)
    assert [("wide", "U_SAM", ("U_MIA",)), ("all", "U_KIM", ())] == [
        (job.rule, job.requested_by, job.also_by) for job in (first, second)
    ]
    assert (State.WAITING, State.WAITING, []) == (first.state, second.state, private)


VOTERS = Policy(
    (
        SMALL,
        Rule("all", Conditions(who=("sre",), kinds=frozenset({Kind.EVERYTHING})), Approve(1, ("voters",))),
    ),
    groups={"sre": ("U_SAM",), "voters": ("U_KIM",)},
)  # fmt: skip


async def joint(tmp_path: Path) -> Shop:
    """P-1 waits for Kim's yes: Mia had queued a page of it, and Sam everything."""
    shop = await held(tmp_path, VOTERS)
    await say(shop, MIA, "/a --queue because prices")
    await say(shop, SAM, "everything on shop --confirm shop --queue because new prices")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    return shop


@pytest.mark.parametrize(
    ("by", "card"),
    [
        pytest.param(SAM, "P-1 is cancelled, also for <@U_MIA> (1 path).", id="who asked for the widest part"),
        pytest.param(MIA, "P-1 is cancelled, also for <@U_SAM> (everything).", id="who asked first"),
        pytest.param(KIM, "P-1 is cancelled for <@U_MIA> (1 path) and <@U_SAM> (everything).", id="an approver"),
    ],
)
async def test_each_of_those_who_queued_parts_of_it_may_cancel_it_and_all_hear_who_did(
    by: Actor, card: str, tmp_path: Path
) -> None:
    shop = await joint(tmp_path)
    cancelled = await say(shop, by, "cancel P-1 because wrong")
    told = await shop.ledger.read(lambda books: [books.messages.find(1, role) for role in (Role.END, Role.OUTCOME)])
    (job,) = await done(shop)
    assert isinstance(cancelled, Done), cancelled
    assert (State.CANCELLED, card) == (job.state, done_card(cancelled.job, cancelled.what).text)
    assert [by is not KIM, by is KIM] == [one is not None for one in told]
    line = outcome_line(job) if by is KIM else end_line(job)
    assert f"<@U_MIA> <@U_SAM> P-1 was cancelled by <@{by.id}>: wrong · Nothing was purged." == line


async def test_who_asked_for_none_of_it_may_not(tmp_path: Path) -> None:
    shop = await joint(tmp_path)
    refused = [await say(shop, LEA, f"{verb} P-1") for verb in ("cancel", "retry")]
    await shop.ledger.close()
    advice = "Its requester or an approver can do that."
    assert [Refusal("P-1 is not yours.", advice, by_rule=True)] * 2 == refused


async def test_a_part_stays_in_the_plan_so_that_who_asked_for_it_once_more_still_cancels_it(tmp_path: Path) -> None:
    shop = await joint(tmp_path)
    again = await say(shop, SAM, "everything on shop --confirm shop because new prices")
    cancelled = await say(shop, SAM, "cancel P-1")
    (job,) = await done(shop)
    assert isinstance(again, Joined)
    assert isinstance(cancelled, Done)
    assert (State.CANCELLED, "cancelled") == (job.state, cancelled.what)


async def test_the_queue_and_the_home_of_each_of_them_have_the_button(tmp_path: Path) -> None:
    shop = await joint(tmp_path)
    queues = [await say(shop, who, "queue shop") for who in (MIA, SAM, KIM)]
    roster = await read_roster(shop.core)
    homes = [str(home_view(await home_of(shop.core, who, roster), shop.clock.now())) for who in (MIA, SAM)]
    await shop.ledger.close()
    assert [[(1, "shop")], [(1, "shop")], []] == [list(one.mine) for one in queues if isinstance(one, QueueShown)]
    assert [1, 1] == [home.count("'action_id': 'cancel'") for home in homes]


@pytest.mark.parametrize(
    ("mishaps", "line"),
    [
        pytest.param(
            [],
            "P-1 has ended: every layer asked is purged, and the pages that show it are as at the origin.",
            id="green",
        ),
        pytest.param([Refused("no", "ask less")], "P-1 has ended: what comes after it was not asked.", id="red"),
    ],
)
async def test_all_whose_requests_became_one_plan_are_called_once_at_its_end(
    mishaps: list[PurgeError | Receipt], line: str, tmp_path: Path
) -> None:
    shop = await held(tmp_path, Policy((SMALL,)))
    shop.edges.serves = dict.fromkeys(shop.edges.serves, "v2")
    shop.shield.script += mishaps
    await say(shop, MIA, "/a --queue")
    await say(shop, SAM, "/a --queue")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    called = await shop.ledger.read(
        lambda books: [role for role in Role if role.is_call and books.messages.find(1, role)]
    )
    (job,) = await done(shop)
    assert ([Role.END], f"<@U_MIA> <@U_SAM> {line}") == (called, end_line(job))


async def test_who_queued_alone_is_not_called_at_the_end(tmp_path: Path) -> None:
    shop = await held(tmp_path, Policy((SMALL,)))
    for path in ("/a", "/b"):
        await say(shop, MIA, f"{path} --queue")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    called = await shop.ledger.read(lambda books: books.messages.find(1, Role.END))
    (job,) = await done(shop)
    assert (State.DONE, None) == (job.state, called)
