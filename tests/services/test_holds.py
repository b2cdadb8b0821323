"""While a site is held nothing begins on it; what was queued meanwhile becomes one plan when it is let go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Conditions, Policy, Tightening
from bot.domain.target import Target
from bot.ledger.holds import Over, Waiting
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.replies import (
    Checked,
    HoldEnded,
    HoldLaid,
    JobMade,
    JobsListed,
    PlanShown,
    Queued,
    QueuedOver,
    QueuedShown,
    Refusal,
    Reply,
    SiteHeld,
    SitesListed,
    TakenBack,
    Waits,
)
from bot.services.requests.purges import Asking
from bot.services.voting import approvals
from providers.contract import Kind
from tests.services.shop import GUEST, KIM, LEA, MIA, SAM, Everybody, Shop, open_shop, url
from tests.slate import START

PREFIX = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
TOKEN = Actor("token:ci", Standing.TOKEN, "", frozenset({"shop"}))


async def say(shop: Shop, who: Actor, text: str, key: str = "") -> Reply:
    """What the desk answers."""
    return await Desk(shop.core).ask(Asking(who, key or shop.core.dice.token(), "slack", "C_SHOP"), text)


async def done(shop: Shop) -> list[JobView]:
    """Every job, oldest first, once the ledger is closed."""
    jobs = await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 50))
    await shop.ledger.close()
    return sorted(jobs, key=lambda job: job.id)


async def with_policy(shop: Shop, policy: Policy) -> Shop:
    """The same shop, started again under another policy."""
    await shop.ledger.close()
    setup = replace(shop.core.setup, policy=policy)
    again = open_shop(shop.path, shop.clock, shop.shield, shop.cf, shop.edges, setup)
    await again.router.wake_all()
    return again


def told_holds(reply: Reply) -> list[Hold | None]:
    """The holds that a reply tells of."""
    match reply:
        case SiteHeld(hold=hold) | PlanShown(held=hold) | Checked(held=hold):
            return [hold]
        case JobsListed(holds=holds) | SitesListed(holds=holds):
            return [*holds]
        case _:
            return []


async def test_a_purge_of_a_held_site_is_refused_with_who_and_why(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    laid = await say(shop, LEA, "hold shop for 2h because deploying 4.2")
    refused = await shop.ask(MIA, url("/a"))
    hold = Hold("shop", "U_LEA", "deploying 4.2", START, START + 7200)
    assert HoldLaid(hold) == laid
    assert isinstance(refused, SiteHeld)
    assert (hold, "Nothing was purged. Add --queue to have it run on release.") == (refused.hold, refused.advice)
    assert [] == await done(shop)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("everything on shop because new design", SiteHeld, id="everything opens no form"),
        pytest.param("/a", SiteHeld, id="one page"),
        pytest.param("www.shop.test", SiteHeld, id="a host is not asked about"),
        pytest.param("plan /a", PlanShown, id="a plan"),
        pytest.param("check /a", Checked, id="a check"),
        pytest.param("sites", SitesListed, id="sites"),
        pytest.param("status", JobsListed, id="status"),
    ],
)
async def test_whatever_is_asked_of_a_held_site_tells_the_hold(
    tmp_path: Path, typed: str, expected: type[Reply]
) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    reply = await say(shop, MIA, typed)
    await shop.ledger.close()
    hold = Hold("shop", "U_LEA", "deploying 4.2", START)
    assert isinstance(reply, expected)
    assert [hold] == told_holds(reply)


async def test_a_hold_on_all_holds_every_site(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold all because the sale begins")
    refused = await shop.ask(MIA, url("/a"))
    await shop.ledger.close()
    assert isinstance(refused, SiteHeld)
    assert Hold("*", "U_LEA", "the sale begins", START) == refused.hold


@pytest.mark.parametrize(
    ("who", "typed", "expected"),
    [
        pytest.param(GUEST, "hold shop because x", "Guests may not do this.", id="a guest"),
        pytest.param(MIA, "hold all because x", "Only approvers may hold or release every site.", id="all, a member"),
        pytest.param(TOKEN, "hold all because x", "Tokens may not do this.", id="all, a token"),
        pytest.param(MIA, "release shop", "shop is not held.", id="a release of nothing"),
        pytest.param(MIA, "release all", "No hold is on every site.", id="a release of no hold on all"),
    ],
)  # fmt: skip
async def test_who_may_not_hold_is_told_why(tmp_path: Path, who: Actor, typed: str, expected: str) -> None:
    shop = open_shop(tmp_path)
    reply = await say(shop, who, typed)
    await shop.ledger.close()
    assert isinstance(reply, Refusal)
    assert expected == reply.what


async def test_a_token_may_hold_its_site(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    laid = await say(shop, TOKEN, "hold shop for 30m because deploying 4.2")
    await shop.ledger.close()
    assert HoldLaid(Hold("shop", "token:ci", "deploying 4.2", START, START + 1800)) == laid


async def test_only_who_holds_or_an_approver_releases(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, "hold shop because an incident")
    other = Actor("U_NIA", Standing.MEMBER, "T_SHOP")
    refused = await say(shop, other, "release shop")
    released = await say(shop, SAM, "release shop")
    await shop.ledger.close()
    hold = Hold("shop", "U_MIA", "an incident", START)
    assert SiteHeld(
        "It is held by somebody else.", "Whoever holds it can release it, and so can an approver.", True,
        hold=hold, site="shop",
    ) == refused  # fmt: skip
    assert HoldEnded(hold, None) == released


async def test_nobody_ends_anothers_hold_with_one_of_their_own(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    mias = await say(shop, MIA, "hold shop for 30m because an incident")
    released = await say(shop, MIA, "release shop")
    refused = await shop.ask(MIA, url("/a"))
    await shop.ledger.close()
    leas = Hold("shop", "U_LEA", "deploying 4.2", START)
    top = Hold("shop", "U_MIA", "an incident", START, START + 1800, leas)
    assert HoldLaid(top, leas) == mias
    assert HoldEnded(top.alone, leas) == released
    assert isinstance(refused, SiteHeld)
    assert leas == refused.hold


async def test_an_approver_ends_one_hold_at_a_time_and_their_own_first(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    leas = Hold("shop", "U_LEA", "deploying 4.2", START)
    mias = Hold("shop", "U_MIA", "an incident", START)
    sams = Hold("shop", "U_SAM", "the cache is full", START)
    for who, hold in ((SAM, sams), (LEA, leas), (MIA, mias)):
        await say(shop, who, f"hold shop because {hold.reason}")
    answers = [await say(shop, LEA, "release shop") for _ in range(4)]
    await shop.ledger.close()
    assert [
        HoldEnded(leas, mias, may_end=True),
        HoldEnded(mias, sams, may_end=True),
        HoldEnded(sams, None),
        Refusal("shop is not held.", "Nothing is held."),
    ] == answers


@pytest.mark.parametrize(
    ("who", "advice"),
    [
        pytest.param(LEA, "To end that: /purge release all", id="who laid it"),
        pytest.param(SAM, "To end that: /purge release all", id="an approver"),
        pytest.param(
            MIA,
            "That is held by somebody else; whoever holds it can end it, and so can an approver: /purge release all",
            id="a member",
        ),
    ],
)
async def test_who_may_end_the_hold_on_every_site_is_told_where_one_is_released(
    tmp_path: Path, who: Actor, advice: str
) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold all because the sale begins")
    answer = await say(shop, who, "release shop")
    await shop.ledger.close()
    assert isinstance(answer, SiteHeld)
    assert ("shop is held only with every other site.", advice) == (answer.what, answer.advice)


async def test_what_lies_under_a_hold_stands_when_that_ends_by_itself(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop for 2h because deploying 4.2")
    await say(shop, MIA, "hold shop for 30m because an incident")
    await shop.slate.advance(1801)
    under = await shop.ask(MIA, url("/a"))
    await shop.slate.advance(5400)
    free = await shop.ask(MIA, url("/a"))
    await shop.ledger.close()
    assert isinstance(under, SiteHeld)
    assert "U_LEA" == under.hold.by
    assert isinstance(free, JobMade)


async def test_what_is_purging_goes_on(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.slow_down(0.1)
    await shop.purge(MIA, *(url(f"/{n}") for n in range(25)), check=False)
    await shop.slate.advance(0.1)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await shop.slate.advance(900)
    (job,) = await done(shop)
    assert State.DONE == job.state


async def test_an_approved_job_waits_for_the_release_and_then_runs(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(300)
    held = await shop.job(job.id)
    sent = len(shop.cf.sent)
    released = await say(shop, LEA, "release shop")
    await shop.slate.advance(300)
    events = await shop.events(job.id)
    (ended,) = await done(shop)
    assert (State.QUEUED, Hold("shop", "U_LEA", "deploying 4.2", START), 0) == (held.state, held.held, sent)
    assert isinstance(released, HoldEnded)
    assert 1 == released.jobs
    assert (State.DONE, None) == (ended.state, ended.held)
    assert "asked voted_yes held looked_before let_go looked_before layer_begun" == " ".join(events[:7])


async def test_a_job_that_waits_for_a_release_can_be_cancelled(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(10)
    await deeds.cancel(shop.core, MIA, job.id)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(300)
    (ended,) = await done(shop)
    assert (State.CANCELLED, []) == (ended.state, shop.cf.sent)


async def test_a_yes_that_grew_old_under_a_hold_is_asked_for_again(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop for 1h because deploying 4.2")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(3700)
    again = await shop.job(job.id)
    await shop.ledger.close()
    assert again.approval is not None
    assert (State.WAITING, "The last yes was more than 15 min ago.") == (again.state, again.approval.returned)


async def test_a_held_job_knows_when_the_last_of_its_holds_ends(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    for who, typed in ((LEA, "hold shop for 1h because x"), (KIM, "hold all for 2h because y"),
                       (SAM, "hold shop for 5m because z")):  # fmt: skip
        await say(shop, who, typed)
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    at_once = await shop.job(job.id)
    await shop.slate.advance(1)
    await say(shop, LEA, "hold all because y")
    await shop.slate.advance(1)
    for_good = await shop.job(job.id)
    await shop.ledger.close()
    assert (START + 7200, None) == (at_once.held_ends, for_good.held_ends)


@pytest.mark.parametrize(
    ("begins", "ends", "no"),
    [(600, 1200, "Sale freeze. It ends "), (60, 300, "")],
    ids=["a freeze lasts when the hold ends", "a freeze is over by then"],
)
async def test_a_held_job_knows_of_the_freeze_that_meets_it_after_the_hold(
    tmp_path: Path, begins: float, ends: float, no: str
) -> None:
    shop = open_shop(tmp_path)
    freeze = Tightening("f", Conditions(during=Days(START + begins, START + ends, "")), refuse=True, say="Sale freeze.")
    shop = await with_policy(shop, replace(shop.core.setup.policy, tighten=(freeze,)))
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop for 12m because deploying 4.2")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(10)
    held = await shop.job(job.id)
    await shop.slate.advance(730)
    after = await shop.job(job.id)
    await shop.ledger.close()
    assert no == held.held_no[: len("Sale freeze. It ends ")]
    assert (State.WAITING if no else State.CHECKING, "") == (after.state, after.held_no)


async def test_a_hold_ends_by_itself_also_after_a_restart(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, PREFIX)
    await say(shop, LEA, "hold shop for 10m because deploying 4.2")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await shop.slate.advance(60)
    shop = await shop.crash()
    await shop.slate.advance(900)
    events = await shop.events(job.id)
    (ended,) = await done(shop)
    assert State.DONE == ended.state
    assert ["held", "looked_before", "let_go", "looked_before"] == events[2:6]


async def test_queued_requests_become_one_plan_on_release(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a /b --queue because prices")
    await say(shop, SAM, "/b /news/x --queue because an error")
    third = await say(shop, KIM, "prefix /news/ --queue")
    released = await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    entries = await shop.ledger.read(lambda books: books.journal.events(1))
    (job,) = await done(shop)
    assert [["U_SAM", "U_KIM"]] == [doc["also"] for _, event, _, doc in entries if event == "asked"]
    assert isinstance(third, Queued)
    assert (3, 5, 4) == (third.size.requests, third.size.targets, third.size.urls)
    assert isinstance(released, HoldEnded)
    assert 3 == released.requests
    assert (State.WAITING, 3) == (job.state, job.targets)
    assert ("U_MIA", ("U_SAM", "U_KIM"), "prices; an error") == (job.requested_by, job.also_by, job.reason)
    covered = "1 dropped that prefix /news/ covers"
    assert f"3 requests (Q-1, Q-2 and Q-3) that waited for the release; 1 duplicate dropped; {covered}" == job.notes[0]
    assert job.approval is not None
    assert ("U_LEA",) == job.approval.of


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("/a --queue", ("shop is not held: it runs now, without waiting in line.",)),
        ("prefix /news/ --queue", ("shop is not held: it is asked for now, without waiting in line.",)),
        ("/a", ()),
    ],
)
async def test_what_would_wait_in_line_says_that_it_does_not_where_nothing_is_held(
    tmp_path: Path, typed: str, expected: tuple[str, ...]
) -> None:
    shop = open_shop(tmp_path)
    made = await say(shop, MIA, typed)
    await shop.ledger.close()
    assert isinstance(made, JobMade)
    assert expected == made.job.notes[: len(expected) or None]


async def test_requests_of_another_softness_are_another_plan(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.mark_as_stale()
    await say(shop, LEA, "hold shop because deploying 4.2")
    for typed in ("/a --queue", "/b soft --queue", "/c hard --queue", "/d only cf --queue", "/e --no-check --queue"):
        await say(shop, MIA, typed)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(600)
    jobs = await done(shop)
    assert [["a", "c"], ["b"], ["d"], ["e"]] == [[page.rpartition("/")[2] for page in job.sample] for job in jobs]
    assert ["", "soft at Cloudflare", "", ""] == [job.softly for job in jobs]


async def test_the_queue_runs_when_the_hold_ends_by_itself(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop for 10m because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    shop = await shop.crash()
    await shop.slate.advance(900)
    (job,) = await done(shop)
    assert (State.DONE, START + 600) == (job.state, job.created)


async def test_the_queue_waits_for_the_hold_on_all_too(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold all because sale")
    await say(shop, MIA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    still = await say(shop, MIA, "release shop")
    await shop.slate.advance(60)
    before = await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 5))
    await say(shop, LEA, "release all")
    await shop.slate.advance(300)
    (job,) = await done(shop)
    assert isinstance(still, HoldEnded)
    assert Hold("*", "U_LEA", "sale", START) == still.still
    assert [] == before
    assert State.DONE == job.state


async def test_what_the_policy_denies_is_not_queued(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    refused = await say(shop, GUEST, "/a --queue")
    everything = await say(shop, TOKEN, "everything on shop --confirm shop --queue")
    assert isinstance(refused, Refusal)
    assert isinstance(everything, Refusal)
    assert ("Guests may not do this.", "Purging everything needs a reason.") == (refused.what, everything.what)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    assert [] == await done(shop)


async def listed(shop: Shop, who: Actor) -> JobsListed:
    reply = await say(shop, who, "status")
    assert isinstance(reply, JobsListed)
    return reply


async def test_status_lists_what_waits_and_for_which_hold(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a /b --queue because prices")
    await say(shop, TOKEN, "prefix /news/ --queue")
    status = await listed(shop, SAM)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    after = await listed(shop, SAM)
    await shop.ledger.close()
    hold = Hold("shop", "U_LEA", "deploying 4.2", START)
    assert [
        Waits(Waiting(1, "shop", "U_MIA", START, 2, 2, "https://www.shop.test/a", "prices"), hold),
        Waits(Waiting(2, "shop", "token:ci", START, 1, 0, "prefix www.shop.test/news/", ""), hold),
    ] == status.waiting
    assert (2, [], 0) == (status.waiting_total, after.waiting, after.waiting_total)


async def test_a_list_of_what_waits_names_ten_and_counts_the_others(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    for n in range(12):
        await say(shop, MIA, f"/{n} --queue")
    status = await listed(shop, SAM)
    await shop.ledger.close()
    assert (10, 12) == (len(status.waiting), status.waiting_total)


async def test_what_is_taken_back_does_not_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    for page in ("/a", "/b"):
        await say(shop, MIA, f"{page} --queue")
    taken = await say(shop, MIA, "cancel Q-1 because wrong page")
    again = await say(shop, MIA, "cancel Q-1")
    status = await listed(shop, MIA)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(300)
    too_late = await say(shop, MIA, "cancel Q-2")
    (job,) = await done(shop)
    assert TakenBack("Q-1", "shop") == taken
    assert Refusal("Q-1 waits no more: it was cancelled or refused.", "`show Q-1` tells by whom.") == again
    assert ["Q-2"] == [waits.request.name for waits in status.waiting]
    assert ("https://www.shop.test/b",) == job.sample
    assert Refusal("Q-2 waits no more: it is in P-1.", "`cancel P-1` stops all of that.") == too_late


@pytest.mark.parametrize(
    ("who", "typed", "expected"),
    [
        pytest.param(KIM, "cancel Q-1", None, id="an approver"),
        pytest.param(Actor("U_NIA", Standing.MEMBER, "T_SHOP"), "cancel Q-1", "Q-1 is not yours.", id="another"),
        pytest.param(TOKEN, "cancel Q-1", "Q-1 was not asked for by this token.", id="a token"),
        pytest.param(GUEST, "cancel Q-1", "Guests may not do this.", id="a guest"),
        pytest.param(MIA, "cancel Q-9", "There is no Q-9.", id="one that never was"),
        pytest.param(
            Actor("token:blog", Standing.TOKEN, "", frozenset({"blog"})), "cancel Q-1", "There is no Q-1.",
            id="of a site that is not there for them",
        ),
    ],
)  # fmt: skip
async def test_whoever_asked_and_approvers_take_a_request_back(
    tmp_path: Path, who: Actor, typed: str, expected: str | None
) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    answer = await say(shop, who, typed)
    await shop.ledger.close()
    assert (expected is None) is isinstance(answer, TakenBack)
    assert expected == getattr(answer, "what", None)


async def test_who_asked_is_told_once_that_an_approver_took_it_back(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    await say(shop, MIA, "/b --queue")
    await say(shop, KIM, "cancel Q-1 because the page is gone")
    await say(shop, MIA, "cancel Q-2")
    due = await shop.ledger.read(lambda books: [books.intake.find(key) for key, _ in books.intake.due(float("inf"))])
    await shop.ledger.close()
    assert [("U_MIA", "Q-1, which you queued for shop, was cancelled by @kim: the page is gone")] == [
        (delivery.body["user"], delivery.body["what"]) for delivery in due if delivery
    ]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        pytest.param(KIM, ("https://www.shop.test/a", "path /b"), id="who sees the site"),
        pytest.param(TOKEN, ("https://www.shop.test/a", "path /b"), id="a token of the site"),
        pytest.param(
            Actor("token:blog", Standing.TOKEN, "", frozenset({"blog"})),
            Refusal("There is no Q-1.", "`status`, without a number, lists what waits."),
            id="a token of another site",
        ),
    ],
)
async def test_a_queued_request_is_shown_with_all_that_it_names(tmp_path: Path, who: Actor, expected: object) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploy")
    await say(shop, MIA, "https://www.shop.test/a path /b on shop --queue")
    shown = await say(shop, who, "show Q-1")
    await say(shop, MIA, "cancel Q-1 because wrong page")
    gone = await say(shop, MIA, "show Q-1")
    await shop.ledger.close()
    assert expected == (shown.targets if isinstance(shown, QueuedShown) else shown)
    assert isinstance(gone, QueuedOver)
    assert (None, 0, Over("U_MIA", START, "", "wrong page")) == (gone.job, gone.number, gone.over)


async def test_queued_answer_list_release_and_plan_count_alike(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    two_hosts = replace(shop.core.setup.sites["shop"], hosts=("www.shop.test", "img.shop.test"))
    setup = replace(shop.core.setup, sites={"shop": two_hosts})
    await shop.ledger.close()
    shop = open_shop(tmp_path, shop.clock, shop.shield, shop.cf, shop.edges, setup)
    await say(shop, LEA, "hold shop because deploying 4.2")
    first = await say(shop, MIA, "/a /b --queue")
    second = await say(shop, SAM, "/b --queue")
    status = await listed(shop, MIA)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    (job,) = await done(shop)
    assert isinstance(first, Queued) and isinstance(second, Queued)
    assert [(2, 4), (1, 2)] == [(queued.named, queued.told.targets) for queued in (first, second)]
    assert [4, 2] == [waits.request.targets for waits in status.waiting]
    assert (6, 4) == (second.size.targets, job.targets)
    assert "2 requests (Q-1 and Q-2) that waited for the release; 2 duplicates dropped" == job.notes[0]


async def test_queued_where_nothing_holds_runs_at_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    made = await say(shop, MIA, "/a --queue")
    await shop.ledger.close()
    assert isinstance(made, JobMade)


async def test_the_same_request_is_in_line_once(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    for _ in range(2):
        queued = await say(shop, MIA, "/a --queue", key="the same")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    await say(shop, LEA, "hold shop because once more")
    again = await say(shop, MIA, "/a --queue", key="the same")
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    jobs = await done(shop)
    assert isinstance(queued, Queued)
    assert 1 == queued.size.requests
    assert isinstance(again, Queued)
    assert 0 == again.size.requests
    assert 1 == len(jobs)


async def test_slack_being_away_loses_no_queued_request(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, LEA, "hold shop because deploying 4.2")
    await say(shop, MIA, "/a --queue")
    everybody = shop.core.directory
    assert isinstance(everybody, Everybody)
    everybody.people["U_MIA"] = replace(MIA, standing=Standing.AWAY)
    await say(shop, LEA, "release shop")
    await shop.slate.advance(60)
    before = await shop.ledger.read(lambda books: books.jobs.recent(["shop"], 5))
    everybody.people["U_MIA"] = MIA
    await shop.slate.advance(300)
    (job,) = await done(shop)
    assert [] == before
    assert State.DONE == job.state
