"""A yes of somebody who left the group is told once, by name, and to nobody as "you"; a no still counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import Approve, Conditions, Members, Policy, Rule
from bot.domain.target import Target
from bot.ledger.messages import Role
from bot.services.replies import Done, Refusal
from bot.services.voting import approvals
from bot.slack.cards.thread import outcome_line
from providers.contract import Kind
from tests.services.shop import KIM, MIA, SAM, Everybody, Shop, open_shop

NEWS = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
BOTH = Members(frozenset({"U_KIM", "U_SAM"}))
SAM_ALONE = Members(frozenset({"U_SAM"}))
TOO_FEW = (
    "This needs 2 approvers other than whoever asked for it, and `S_SRE` has 1. Ask whoever configured purgebot to name"
    " more of them."
)


def group(shop: Shop, members: Members) -> None:
    """Who is in S_SRE from now on."""
    assert isinstance(shop.core.directory, Everybody)
    shop.core.directory.groups["S_SRE"] = members


async def asked(tmp_path: Path, needed: int = 2) -> tuple[Shop, JobView]:
    """Mia asks for a prefix; Kim and Sam are asked."""
    shop = open_shop(tmp_path)
    group(shop, BOTH)
    policy = Policy((Rule("wide", Conditions(), Approve(needed, ("S_SRE",))),))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    return shop, await shop.purge(MIA, NEWS)


async def calls(shop: Shop) -> list[Role]:
    """Whoever asked is to be called now."""
    due = await shop.ledger.read(lambda books: books.messages.due(shop.clock.now()))
    return [message.role for message in due if message.role is Role.OUTCOME]


async def test_an_approval_that_a_lost_yes_undoes_is_told_once_with_who_left(tmp_path: Path) -> None:
    shop, job = await asked(tmp_path)
    await approvals.vote(shop.core, KIM, job.id, yes=True)
    group(shop, SAM_ALONE)
    voted = await approvals.vote(shop.core, SAM, job.id, yes=True)
    at_once = await calls(shop)
    await shop.slate.advance(5)
    kept_back, later = await shop.job(job.id), await calls(shop)
    await shop.ledger.close()
    assert isinstance(voted, Done)
    assert ("in doubt", [], [Role.OUTCOME]) == (voted.what, at_once, later)
    assert kept_back.approval is not None
    assert (State.WAITING, ("U_KIM",), TOO_FEW) == (
        kept_back.state, kept_back.approval.bar_lost, kept_back.approval.barred,
    )  # fmt: skip
    line = outcome_line(kept_back, {"U_KIM": "Kim"})
    assert line.startswith(f"<@U_MIA> P-1 does not run for now: @Kim agreed and may vote on it no longer. {TOO_FEW}")


async def test_what_was_kept_back_is_asked_again_without_an_advice_that_is_over(tmp_path: Path) -> None:
    shop, job = await asked(tmp_path)
    await approvals.vote(shop.core, KIM, job.id, yes=True)
    group(shop, SAM_ALONE)
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(5)
    group(shop, BOTH)
    await shop.slate.advance(301)
    again = await shop.job(job.id)
    await shop.ledger.close()
    assert again.approval is not None
    was = "“This needs 2 approvers other than whoever asked for it, and `S_SRE` has 1.”"
    assert (f"What kept it back is over; it was: {was}", ()) == (again.approval.returned, again.approval.bar_lost)


async def test_a_no_ends_what_is_kept_back_and_a_yes_does_not_count(tmp_path: Path) -> None:
    shop, job = await asked(tmp_path)
    await approvals.vote(shop.core, KIM, job.id, yes=True)
    group(shop, SAM_ALONE)
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(5)
    yes = await approvals.vote(shop.core, SAM, job.id, yes=True)
    no = await approvals.vote(shop.core, SAM, job.id, yes=False, reason="not tonight")
    await shop.ledger.close()
    assert Refusal(
        f"No yes on P-1 helps for now. {TOO_FEW}",
        "Those who are asked are called as soon as it does. A no counts now too, and ends it.",
        by_rule=True,
    ) == yes  # fmt: skip
    assert isinstance(no, Done)
    assert State.DENIED is no.job.state


async def test_where_nobody_can_tell_who_votes_the_voter_and_whoever_asked_are_told_so(tmp_path: Path) -> None:
    shop, job = await asked(tmp_path, needed=1)
    group(shop, Members(problem="Slack knows no user-group S_SRE."))
    vote = await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(5)
    kept_back = await shop.job(job.id)
    await shop.ledger.close()
    assert Refusal(
        "Nobody can tell whether you may vote on P-1. Slack knows no user-group S_SRE.",
        "Whoever its card names was asked before that. Have the group put right at Slack, or in the policy.",
        by_rule=True,
    ) == vote  # fmt: skip
    assert kept_back.approval is not None
    assert kept_back.approval.barred.startswith(
        "This needs approval, since it purges a prefix. Slack knows no user-group S_SRE."
    )


UNTOLD = Members(problem="Slack knows no user-group S_SRE.")


async def kept_back(tmp_path: Path, more: int) -> Shop:
    """Mia's prefixes wait while Slack does not tell S_SRE: the first, and `more`."""
    shop, _ = await asked(tmp_path, needed=1)
    for n in range(more):
        await shop.purge(MIA, Target(Kind.PREFIX, f"www.shop.test/{n}/", "shop"))
    group(shop, UNTOLD)
    for number in range(1, more + 2):
        await approvals.vote(shop.core, SAM, number, yes=True)
    await shop.router.wake_all()
    await shop.slate.advance(5)
    return shop


async def barred(shop: Shop) -> list[bool]:
    """Whether each job is kept back, in their order."""
    jobs = await shop.ledger.read(lambda books: [books.jobs.get(number) for number in books.jobs.waiting()])
    return [bool(job.approval and job.approval.barred) for job in jobs]


async def test_once_a_group_is_told_again_a_job_that_waits_for_it_is_asked_anew_within_a_minute(tmp_path: Path) -> None:
    shop = await kept_back(tmp_path, more=0)
    before = await barred(shop)
    group(shop, BOTH)
    await shop.slate.advance(60)
    after = await barred(shop)
    await shop.ledger.close()
    assert ([True], [False]) == (before, after)


async def test_the_first_that_is_asked_anew_has_all_others_judged(tmp_path: Path) -> None:
    shop = await kept_back(tmp_path, more=7)
    before = await barred(shop)
    group(shop, BOTH)
    await shop.slate.advance(60)  # the second by itself is looked at after two minutes
    after = await barred(shop)
    await shop.ledger.close()
    assert ([True] * 8, [False] * 8) == (before, after)


class Counting(Everybody):
    """Counts how often it is asked who is in a user-group."""

    asked = 0

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
        self.asked += 1
        return await super().members(group, within_a_minute)


async def test_however_many_are_kept_back_slack_is_not_asked_more_than_about_once_a_minute(tmp_path: Path) -> None:
    shop = await kept_back(tmp_path, more=4)
    counting = Counting()
    counting.groups["S_SRE"] = UNTOLD
    object.__setattr__(shop.core, "directory", counting)
    await shop.slate.advance(1200)
    await shop.ledger.close()
    assert 0 < counting.asked <= 25


async def test_a_vote_on_what_is_kept_back_has_it_judged_at_once_where_the_group_is_told_again(tmp_path: Path) -> None:
    shop = await kept_back(tmp_path, more=1)
    group(shop, BOTH)
    early = await approvals.vote(shop.core, SAM, 2, yes=True)
    await shop.slate.advance(5)
    again = await barred(shop)
    counts = await approvals.vote(shop.core, SAM, 2, yes=True)
    await shop.ledger.close()
    assert isinstance(early, Refusal)
    assert [False, False] == again
    assert isinstance(counts, Done)
