"""A layer or host is taken out of the file while a job waits for votes: it is kept back, told, and asked for anew once
all of it is configured again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.grammar.when import Due
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import BreakGlass
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.audit import audit
from bot.ledger.messages import Role
from bot.ledger.reading import reading
from bot.services.held import glass
from bot.services.replies import Done, JobMade, Refusal
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.setup import job_name
from bot.services.unconfigured import doubt_waiting
from bot.services.voting import approvals
from bot.slack.cards.request import request_card
from bot.slack.cards.root import root_card
from bot.slack.cards.thread import outcome_line
from providers.contract import Kind
from tests.services.shop import KIM, LEA, MIA, SAM, SHOP, Shop, open_shop

NEWS = Target(Kind.PREFIX, "www.shop.test/news/", "shop")
NO_SHIELD = replace(SHOP, layers=SHOP.layers[1:])
NO_HOST = replace(SHOP, hosts=("img.shop.test",))
LAYER_GONE = "shop has no layer shield any more: its plan is not what was asked for."
HOST_GONE = "www.shop.test is no host of shop any more: its plan is not what was asked for."
GONE = [pytest.param(NO_SHIELD, LAYER_GONE, id="a layer"), pytest.param(NO_HOST, HOST_GONE, id="its host")]


async def reloaded(shop: Shop, site: Site) -> None:
    """The file is read again, with the shop as it is in there now."""
    shop.core.current.become(replace(shop.core.setup, sites={"shop": site}))
    await shop.ledger.write(lambda books: doubt_waiting(books, shop.core, shop.clock.now()))
    shop.slate.wake(job_name(1), shop.clock.now())
    await shop.slate.advance(1)


async def outcomes_due(shop: Shop, job: JobView) -> int:
    """How many words to whoever asked are to be posted now."""
    due = await shop.ledger.read(lambda books: books.messages.due(shop.clock.now()))
    return sum(message.job == job.id and message.role is Role.OUTCOME for message in due)


@pytest.mark.parametrize(("site", "why"), GONE)
async def test_what_the_file_has_no_more_is_kept_back_with_the_reason_and_without_approve(
    tmp_path: Path, site: Site, why: str
) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    before = await outcomes_due(shop, job)
    await reloaded(shop, site)
    kept = await shop.job(job.id)
    called, events = await outcomes_due(shop, job), await shop.events(job.id)
    await shop.ledger.close()
    now = shop.clock.now()
    card, root = request_card(kept, now, "token", first=False), root_card(kept, now)
    first = "🟡 P-1 waits, and cannot run as purgebot is configured now · "
    assert (0, 1) == (before, called)
    assert card.text.startswith(f"{first}<@U_MIA> asks to purge prefix www.shop.test/news/")
    assert root.text.startswith(f"{first}prefix www.shop.test/news/")
    assert all(f"{why} Ask for it anew." in str(shown.blocks) for shown in (card, root))
    assert all("unless all of it is configured again before" in str(shown.blocks) for shown in (card, root))
    assert ("'approve'" in str(card.blocks), "'deny'" in str(card.blocks)) == (False, True)
    assert outcome_line(kept).startswith(
        f"<@U_MIA> P-1 does not run for now: {why} Ask for it anew. Nobody is asked meanwhile"
    )
    assert ["asked", "unconfigured"] == events


@pytest.mark.parametrize(("site", "why"), GONE)
async def test_a_yes_does_not_count_meanwhile_and_a_no_ends_it(tmp_path: Path, site: Site, why: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    await reloaded(shop, site)
    yes = await approvals.vote(shop.core, LEA, job.id, yes=True)
    no = await approvals.vote(shop.core, LEA, job.id, yes=False, reason="it moved")
    await shop.slate.advance(60)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert isinstance(yes, Refusal)
    assert f"No yes on P-1 helps for now. {why} Ask for it anew." == yes.what
    assert isinstance(no, Done)
    assert (State.DENIED, []) == (ended.state, shop.shield.sent)


@pytest.mark.parametrize(("site", "why"), GONE)
async def test_once_it_is_configured_again_it_is_asked_for_anew(tmp_path: Path, site: Site, why: str) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    await reloaded(shop, site)
    await reloaded(shop, SHOP)
    asked = await shop.job(job.id)
    yes = await approvals.vote(shop.core, LEA, job.id, yes=True)
    await shop.slate.advance(400)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert asked.approval is not None
    returned = f"What kept it back is over; it was: “{why}”"
    assert (returned, "", 2) == (asked.approval.returned, asked.approval.barred, asked.approval.round)
    assert isinstance(yes, Done)
    assert (State.DONE, True) == (ended.state, bool(shop.shield.sent))
    with reading(tmp_path / "ledger.db") as ledger:
        assert () == audit(ledger).breaches


async def test_a_yes_of_before_is_void(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, Target(Kind.EVERYTHING, "", "shop"), reason="x")
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await reloaded(shop, NO_SHIELD)
    kept = await shop.job(job.id)
    await reloaded(shop, SHOP)
    again = await shop.job(job.id)
    await shop.ledger.close()
    assert kept.approval is not None
    assert again.approval is not None
    assert ((), 1) == (kept.approval.votes, len(kept.approval.earlier))
    assert ((), 1) == (again.approval.votes, len(again.approval.earlier))


async def test_no_glass_is_broken_for_it(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    policy = replace(shop.core.setup.policy, break_glass=BreakGlass(("U_KIM",)))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    job = await shop.purge(MIA, NEWS)
    await reloaded(shop, NO_SHIELD)
    broken = await glass.break_glass(shop.core, KIM, job.id, "prices are wrong since noon")
    await shop.ledger.close()
    advice = "A broken glass skips votes, not that."
    assert Refusal(f"P-1 cannot run. {LAYER_GONE} Ask for it anew.", advice) == broken


async def test_what_is_never_configured_again_expires_with_the_reason(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    await reloaded(shop, NO_SHIELD)
    await shop.slate.advance(2000)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert State.EXPIRED is ended.state
    words = "⚫ P-1 expired, it could not run as purgebot is configured · prefix www.shop.test/news/"
    assert words == root_card(ended, shop.clock.now()).text


async def test_a_start_without_the_layer_keeps_it_back_too(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, NEWS)
    setup = shop.core.setup
    providers = {name: provider for name, provider in setup.providers.items() if name != "shield"}
    shop.core.current.become(replace(setup, sites={"shop": NO_SHIELD}, providers=providers))
    shop = await shop.crash()
    await shop.slate.advance(1)
    kept = await shop.job(job.id)
    await shop.ledger.close()
    assert kept.approval is not None
    assert (State.WAITING, f"{LAYER_GONE} Ask for it anew.") == (kept.state, kept.approval.barred)


async def scheduled(shop: Shop, hours: int) -> JobView:
    """Mia's purge of a page, so many hours from now."""
    command = Command(Verb.PURGE, (Target(Kind.URL, "https://www.shop.test/a", "shop"),), "shop", check=False)
    due = Due(shop.clock.now() + hours * 3600, "UTC", "Fri 15 Jan 10:00:00 UTC")
    made = await submit(shop.core, Asking(MIA, "later", "slack", "C_SHOP"), command, SHOP, due)
    assert isinstance(made, JobMade), made
    return made.job


@pytest.mark.parametrize(("site", "why"), GONE)
async def test_what_waits_for_its_time_says_that_it_cannot_begin(tmp_path: Path, site: Site, why: str) -> None:
    shop = open_shop(tmp_path)
    job = await scheduled(shop, 2)
    await reloaded(shop, site)
    await reloaded(shop, site)
    doubted, called, events = await shop.job(1), await outcomes_due(shop, job), await shop.events(1)
    await reloaded(shop, SHOP)
    again = await shop.job(1)
    await shop.slate.advance(3 * 3600)
    done = await shop.job(1)
    await shop.ledger.close()
    assert (State.SCHEDULED, why, 1) == (doubted.state, doubted.unknown, called)
    assert 1 == events.count("unconfigured")
    assert "as purgebot is configured now" in root_card(doubted, shop.clock.now()).text
    assert f"<@U_MIA> P-1 cannot begin as purgebot is configured now. {why}" == outcome_line(doubted)
    assert "Run now" not in str(root_card(doubted, shop.clock.now()).blocks)
    assert "Run now" in str(root_card(again, shop.clock.now()).blocks)
    assert (State.SCHEDULED, "", State.DONE) == (again.state, again.unknown, done.state)
