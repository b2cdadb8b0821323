"""A broken glass skips votes and nothing else; it is rationed, told, and reviewed by somebody else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Approve, BreakGlass, Conditions, Policy, Rule, Run, Tightening
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.books import Books
from bot.ledger.history import Sought
from bot.ledger.messages import Role
from bot.ledger.reading import reading
from bot.services.desk import Desk
from bot.services.held.glass import break_glass, close_review
from bot.services.replies import Done, JobsListed, Refusal, SiteHeld
from bot.services.requests.purges import Asking
from bot.services.setup import SWEEP, Setup
from bot.services.voting import approvals
from bot.services.voting.forged import OTHER_RECORD
from providers.contract import Kind
from tests.services.shop import GUEST, KIM, LEA, MIA, SAM, SHOP, Everybody, ScriptedProvider, Shop, open_shop, url
from tests.slate import START, SlateClock

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
REASON = "prices are wrong since noon and nobody answers"
NIA = Actor("U_NIA", Standing.MEMBER, "T_SHOP")
TOKEN = Actor("token:ci", Standing.TOKEN, "", frozenset({"shop"}))
GLASS = BreakGlass(("sre",), 20, 2, ("C_SEC", "C_OPS"), 4 * 3600.0)
FREEZE = Tightening(
    "freeze", Conditions(during=Days(START + 60, START + 600, "2027-01-15")), refuse=True, say="Sale freeze."
)
POLICY = Policy(
    (
        Rule("small", Conditions(kinds=frozenset({Kind.URL})), Run()),
        Rule("wide", Conditions(), Approve(2, ("approvers",))),
    ),
    groups={"approvers": ("U_LEA", "U_SAM", "U_KIM"), "sre": ("U_SAM", "U_MIA")},
    approvers=("approvers",),
    break_glass=GLASS,
)


def glass_shop(path: Path, policy: Policy = POLICY) -> Shop:
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock), ScriptedProvider("cf", clock)
    setup = Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, policy, "C_APPROVE")
    return open_shop(path, clock, shield, cf, setup=setup)


async def say(shop: Shop, who: Actor, text: str) -> object:
    return await Desk(shop.core).ask(Asking(who, shop.core.dice.token(), "slack", "C_SHOP"), text)


async def told(shop: Shop, job: JobView, role: Role) -> list[str]:
    """The channels of a job's messages in that role."""
    due = await shop.ledger.read(lambda books: books.messages.due(float("inf")))
    return [message.channel for message in due if message.job == job.id and message.role is role]


async def test_a_broken_glass_runs_a_job_without_its_votes(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    done = await say(shop, SAM, f"break-glass P-{job.id} because {REASON}")
    await shop.slate.advance(300)
    ended, events, channels = await shop.job(job.id), await shop.events(job.id), await told(shop, job, Role.GLASS)
    (review,) = await shop.ledger.read(lambda books: books.reviews.of_job(job.id))
    journal = await shop.ledger.read(lambda books: books.journal.events(job.id))
    await shop.ledger.close()
    assert isinstance(done, Done)
    assert ended.approval is not None
    assert (State.DONE, "U_SAM", REASON) == (ended.state, ended.approval.broken_by, ended.approval.broken_because)
    assert "asked voted_yes glass_broken looked_before layer_begun" == " ".join(events[:5])
    assert ["C_SEC", "C_OPS"] == channels
    assert (1, 2, START + 4 * 3600) == (review.skipped, review.needed, review.due_at)
    assert {"reason": REASON, "skipped": 1, "needed": 2}.items() <= dict(
        next(doc for _, event, _, doc in journal if event == "glass_broken")
    ).items()


@pytest.mark.parametrize("words", ["glass", "broken", "break-glass", "prices are wrong", "U_SAM"])
async def test_the_log_finds_a_broken_glass_by_its_words(tmp_path: Path, words: str) -> None:
    shop = glass_shop(tmp_path)
    await shop.purge(MIA, url("/other"))
    job = await shop.purge(MIA, PREFIX)
    await say(shop, SAM, f"break-glass P-{job.id} because {REASON}")
    found = await shop.ledger.read(lambda books: books.history.find(Sought(words=(words,)), 9))
    counted = await shop.ledger.read(lambda books: books.history.ended(Sought(), 9))
    await shop.ledger.close()
    assert ([job.id], [True, False]) == (found, [ended.broken for ended in counted])


async def test_a_log_from_before_knows_the_broken_glass_once_the_ledger_is_opened(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, SAM, f"break-glass P-{job.id} because {REASON}")
    await shop.ledger.write(lambda books: books._tx.run("update history set words = 'P-1 shop'"))
    await shop.ledger.close()
    shop = glass_shop(tmp_path)
    found = await shop.ledger.read(lambda books: books.history.find(Sought(words=("glass",)), 9))
    await shop.ledger.close()
    assert [job.id] == found


async def test_the_requester_may_break_their_own(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    done = await break_glass(shop.core, MIA, job.id, REASON)
    await shop.ledger.close()
    assert isinstance(done, Done)


@pytest.mark.parametrize(
    ("who", "reason", "what", "advice"),
    [
        pytest.param(
            LEA, REASON, "You are not one of those who may break the glass.", "Ask for it the usual way.",
            id="an approver",
        ),
        pytest.param(GUEST, REASON, "Guests may not do this.", "Ask a full member of the workspace.", id="a guest"),
        pytest.param(TOKEN, REASON, "Tokens may not do this.", "A person does it in Slack.", id="a token"),
        pytest.param(
            SAM, "a  b " * 9 + "\t\t x",
            "Breaking the glass needs a reason of at least 20 characters, blanks not counted; this has 19.",
            "Say what happens if it waits.", id="a short reason",
        ),
    ],
)  # fmt: skip
async def test_who_may_not_break_the_glass_is_told_why(
    tmp_path: Path, who: Actor, reason: str, what: str, advice: str
) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    refused = await break_glass(shop.core, who, job.id, reason)
    still = await shop.job(job.id)
    await shop.ledger.close()
    assert Refusal(what, advice, by_rule=True) == refused
    assert State.WAITING == still.state


async def test_what_somebody_is_now_counts_not_what_they_were_when_they_asked(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    gone = replace(SAM, id="U_GONE")
    refused = await break_glass(shop.core, gone, job.id, REASON)
    await shop.ledger.close()
    assert (
        Refusal("People of other workspaces may not do this.", "Ask a full member of the workspace.", True) == refused
    )


async def test_without_a_word_of_it_in_the_policy_nobody_may(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    refused = await break_glass(shop.core, SAM, job.id, REASON)
    await shop.ledger.close()
    advice = "The policy names nobody under `break_glass`. Ask an approver."
    assert Refusal("Nobody may break the glass here.", advice, by_rule=True) == refused


async def test_what_the_policy_denies_stays_denied(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path, replace(POLICY, tighten=(FREEZE,)))
    job = await shop.purge(MIA, PREFIX)
    await shop.slate.advance(120)
    refused = await break_glass(shop.core, SAM, job.id, REASON)
    still = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(refused, Refusal)
    assert "Refused, nothing was purged (rule `freeze`). Sale freeze." == refused.what
    assert refused.advice.endswith("UTC. A broken glass skips votes, not what the policy denies.")
    assert State.WAITING == still.state


async def test_a_freeze_that_begins_before_it_runs_ends_it(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path, replace(POLICY, tighten=(FREEZE,)))
    job = await shop.purge(MIA, PREFIX)
    await shop.slate.advance(59)
    await break_glass(shop.core, SAM, job.id, REASON)
    shop.clock.at += 2
    await shop.slate.advance(300)
    after = await shop.job(job.id)
    await shop.ledger.close()
    assert after.approval is not None
    assert (State.WAITING, "", []) == (after.state, after.approval.broken_by, shop.cf.sent)


async def test_a_hold_stays_too(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop because deploying 4.2")
    refused = await break_glass(shop.core, SAM, job.id, REASON)
    await shop.ledger.close()
    advice = "A broken glass skips votes, not holds. Whoever holds it can release it, and so can an approver."
    assert isinstance(refused, SiteHeld)
    assert ("deploying 4.2", advice) == (refused.hold.reason, refused.advice)


async def test_a_hold_laid_after_the_break_holds_it_back(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await break_glass(shop.core, SAM, job.id, REASON)
    await say(shop, LEA, "hold shop for 5m because deploying 4.2")
    await shop.slate.advance(200)
    held = await shop.job(job.id)
    await shop.slate.advance(400)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, State.DONE) == (held.state, ended.state)


async def test_votes_that_count_no_more_do_not_hold_a_broken_glass_back(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    await break_glass(shop.core, SAM, job.id, REASON)
    everybody = shop.core.directory
    assert isinstance(everybody, Everybody)
    everybody.people["U_LEA"] = replace(LEA, standing=Standing.GONE)
    await shop.slate.advance(300)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert State.DONE == ended.state


async def test_what_does_not_wait_has_no_glass(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, url("/a"))
    refused = await break_glass(shop.core, SAM, job.id, REASON)
    unknown = await break_glass(shop.core, SAM, 99, REASON)
    await shop.ledger.close()
    assert Refusal("P-1 does not wait for votes: it is queued.", "There is no glass to break.") == refused
    assert Refusal("There is no P-99.", "`status`, without a number, lists the jobs.") == unknown


async def test_the_same_break_counts_once(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    for _ in range(2):
        done = await break_glass(shop.core, SAM, job.id, REASON)
    reviews = await shop.ledger.read(lambda books: books.reviews.of_job(job.id))
    await shop.ledger.close()
    assert isinstance(done, Done)
    assert 1 == len(reviews)


async def test_another_reason_for_the_same_break_is_not_lost_in_silence(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await break_glass(shop.core, SAM, job.id, REASON)
    again = await break_glass(shop.core, SAM, job.id, "the prices are wrong in the app as well")
    other = await break_glass(shop.core, MIA, job.id, "the prices are wrong in the app as well")
    await shop.ledger.close()
    advice = "That reason stands; this one was not kept. Say more in the thread of the post of it."
    assert Refusal(f"You have broken the glass of P-1 already: {REASON}", advice) == again
    advice = "`show P-1` tells by whom, and how far it is."
    assert Refusal(f"The glass of P-1 is broken already: {REASON}", advice) == other


async def test_who_may_not_break_it_is_not_asked_why_first(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    await shop.purge(MIA, PREFIX)
    answers = [await say(shop, who, "break-glass P-1") for who in (LEA, SAM)]
    await shop.ledger.close()
    what = "Breaking the glass needs a reason of at least 20 characters, blanks not counted."
    assert [
        Refusal("You are not one of those who may break the glass.", "Ask for it the usual way.", by_rule=True),
        Refusal(what, "Say what happens if it waits: `/purge break-glass P-1 because …`", by_rule=True),
    ] == answers


async def test_the_ration_is_by_person_and_day(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    shop.clock.at = START // 86400 * 86400 + 86400 - 60
    jobs = [await shop.purge(LEA, Target(Kind.PREFIX, f"www.shop.test/{n}/", "shop")) for n in range(5)]
    answers = [await break_glass(shop.core, SAM, job.id, REASON) for job in jobs[:3]]
    others = await break_glass(shop.core, MIA, jobs[3].id, REASON)
    shop.clock.at += 60
    tomorrow = await break_glass(shop.core, SAM, jobs[4].id, REASON)
    await shop.ledger.close()
    assert [Done, Done, Refusal, Done, Done] == [type(answer) for answer in (*answers, others, tomorrow)]
    assert answers[2] == Refusal(
        "You have broken the glass twice today (UTC), and may do so twice a day.",
        "Ask an approver, or somebody else who may break it.", by_rule=True,
    )  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(per_day=st.integers(0, 3), n=st.integers(1, 6))
def test_the_ration_holds_when_all_come_at_once(tmp_path_factory: pytest.TempPathFactory, per_day: int, n: int) -> None:
    async def broken() -> int:
        policy = replace(POLICY, break_glass=replace(GLASS, per_day=per_day))
        shop = glass_shop(tmp_path_factory.mktemp("ration"), policy)
        jobs = [await shop.purge(LEA, Target(Kind.PREFIX, f"www.shop.test/{x}/", "shop")) for x in range(n)]
        answers = await asyncio.gather(*(break_glass(shop.core, SAM, job.id, REASON) for job in jobs))
        await shop.ledger.close()
        return sum(isinstance(answer, Done) for answer in answers)

    assert min(per_day, n) == asyncio.run(broken())


STEPS = st.lists(st.sampled_from(["lea", "sam", "short", "break", "hold", "release", "wait"]), max_size=8)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_nothing_runs_without_votes_unless_the_glass_is_broken_and_nothing_begins_while_held(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[str]
) -> None:
    async def lived() -> tuple[bool, bool]:
        shop = glass_shop(tmp_path_factory.mktemp("life"))
        job = await shop.purge(MIA, PREFIX, check=False)
        is_held, began_held = False, False
        for step in steps:
            before = len(shop.shield.sent)
            match step:
                case "lea" | "sam":
                    await approvals.vote(shop.core, {"lea": LEA, "sam": SAM}[step], job.id, yes=True)
                case "short" | "break":
                    await break_glass(shop.core, SAM, job.id, REASON if step == "break" else "now")
                case "hold" | "release":
                    is_held = step == "hold"
                    await say(shop, LEA, "hold shop because a deploy" if is_held else "release shop")
                case _:
                    await shop.slate.advance(30)
            began_held |= is_held and len(shop.shield.sent) > before
        ended = await shop.job(job.id)
        await shop.ledger.close()
        assert ended.approval is not None
        allowed = sum(vote.yes for vote in ended.approval.votes) >= 2 or bool(ended.approval.broken_by)
        return allowed or not shop.shield.sent, not began_held

    assert (True, True) == asyncio.run(lived())


async def test_a_review_reminds_once_a_period_until_it_is_closed(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await break_glass(shop.core, SAM, job.id, REASON)
    await posted(shop)
    await shop.slate.advance(4 * 3600 - 1, {SWEEP: 60.0})
    none_yet = await told(shop, job, Role.REMINDER)
    shop = await shop.crash()
    await shop.slate.advance(2)
    first = await told(shop, job, Role.REMINDER)
    shop = await shop.crash()
    shop.clock.at += 3 * 4 * 3600
    shop = await shop.crash()
    await shop.slate.advance(3600)
    late = await told(shop, job, Role.REMINDER)
    await close_review(shop.core, LEA, job.id, "rightly so")
    await shop.slate.advance(10 * 4 * 3600, {SWEEP: 60.0})
    after = await told(shop, job, Role.REMINDER)
    await shop.ledger.close()
    assert [] == none_yet
    assert ["C_OPS", "C_SEC"] == sorted(first)
    assert 4 == len(late)
    assert late == after


async def posted(shop: Shop) -> None:
    """Slack has shown everything that was to be shown."""

    def deed(books: Books) -> None:
        for message in books.messages.due(float("inf")):
            books.messages.shown(message, f"1.{message.channel}", "", shop.clock.now())

    await shop.ledger.write(deed)


@pytest.mark.parametrize(
    ("who", "what"),
    [
        pytest.param(SAM, "You broke the glass of P-1, so somebody else must review it.", id="who broke it"),
        pytest.param(MIA, "You asked for P-1, so somebody else must review it.", id="who asked"),
        pytest.param(NIA, "People of other workspaces may not do this.", id="a stranger"),
        pytest.param(GUEST, "Guests may not do this.", id="a guest"),
        pytest.param(TOKEN, "Tokens may not do this.", id="a token"),
    ],
)
async def test_who_may_not_review_is_told_why(tmp_path: Path, who: Actor, what: str) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await break_glass(shop.core, SAM, job.id, REASON)
    refused = await close_review(shop.core, who, job.id)
    await shop.ledger.close()
    assert isinstance(refused, Refusal)
    assert what == refused.what


async def test_a_review_is_closed_once_and_counted_until_then(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    early = await close_review(shop.core, LEA, job.id)
    await break_glass(shop.core, SAM, job.id, REASON)
    before = await say(shop, MIA, "status")
    closed = await say(shop, KIM, f"review P-{job.id} rightly so")
    twice = await close_review(shop.core, LEA, job.id)
    after = await say(shop, MIA, "status")
    (review,) = await shop.ledger.read(lambda books: books.reviews.of_job(job.id))
    await shop.ledger.close()
    assert Refusal("Nobody broke the glass of P-1.", "`status` tells which reviews are open.") == early
    assert isinstance(before, JobsListed) and isinstance(after, JobsListed)
    assert ([1], []) == (before.reviews, after.reviews)
    assert isinstance(closed, Done)
    assert ("U_KIM", "rightly so", None) == (review.closed_by, review.note, review.due_at)
    assert Refusal("The review of P-1 is closed already.", "`show P-1` tells by whom.") == twice


async def test_breaking_once_more_what_has_ended_and_is_reviewed_claims_neither(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await break_glass(shop.core, SAM, job.id, REASON)
    await shop.slate.advance(300)
    ended = await break_glass(shop.core, SAM, job.id, REASON)
    await close_review(shop.core, LEA, job.id)
    reviewed = await break_glass(shop.core, SAM, job.id, REASON)
    await shop.ledger.close()
    what = f"The glass of P-1 is broken already: {REASON}"
    assert Refusal(what, "It has ended, and its review is open: `show P-1` tells how and by whom.") == ended
    assert Refusal(what, "It has ended, and its review is closed: `show P-1` tells how and by whom.") == reviewed


async def test_a_review_that_somebody_changed_in_the_file_is_not_closed(tmp_path: Path) -> None:
    shop = glass_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX, check=False)
    await break_glass(shop.core, SAM, job.id, REASON)
    await shop.slate.advance(60)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection, connection:
        connection.execute("update reviews set reason = 'I just felt like it', skipped = 0")
    refused = await close_review(shop.core, LEA, job.id, "rightly so")
    await shop.ledger.close()
    assert isinstance(refused, Refusal)
    assert f"P-1 cannot be reviewed: {OTHER_RECORD}" == refused.what
    with reading(tmp_path / "ledger.db") as ledger:
        told = [breach.what for breach in audit(ledger).breaches]
    assert ["P-1: the reviews of its broken glass are not as they were written."] == told
