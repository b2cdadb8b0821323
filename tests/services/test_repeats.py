"""A deploy that a person has purged once more: held against what it was to show, and no deploy of its sender's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.proof.reasons import ORIGIN_LACKS
from bot.domain.proof.verdict import Verdict
from bot.ledger.messages import Role
from bot.services.deeds import purge_again
from bot.services.deploying.deploys import Deployed, Overtaken, take
from bot.services.replies import JobMade, SiteHeld
from bot.services.requests.purges import Asking
from bot.slack.cards import root_card
from tests.services.shop import MIA, SHOP, Shop
from tests.services.test_deploys import BUILT, CI, NEW, RULED, SHOWS_V2, STAGING, V2, a_shop, deployed
from tests.slack.cases import spelled

OLD = {"origin": "v1", "fra": "v1", "iad": "v1"}
WANTED = replace(V2, paths=("/pricing",), expected=SHOWS_V2)


async def again(shop: Shop, number: int) -> JobView:
    """The job that Mia's click on *Purge again* of that one makes."""
    made = await purge_again(shop.core, Asking(MIA, "click", "slack", "C_SHOP"), number)
    assert isinstance(made, JobMade), made
    return made.job


async def test_a_repeat_is_held_against_what_the_deploy_was_to_show(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    first = await deployed(shop, WANTED)
    await shop.slate.advance(200)
    repeat = await again(shop, first.id)
    await shop.slate.advance(200)
    ended = await shop.job(repeat.id)
    await shop.ledger.close()
    assert (State.DONE, Verdict.STALE, MIA.id) == (ended.state, ended.verdict, ended.requested_by)
    assert ORIGIN_LACKS in ended.why
    assert first.deploy is not None
    assert replace(first.deploy, again=first.id) == ended.deploy


async def test_the_first_note_points_to_the_repeat_and_follows_it(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    first = await deployed(shop, WANTED)
    await shop.slate.advance(200)
    await again(shop, first.id)
    before = spelled(root_card(await shop.job(first.id), shop.clock.now()))
    shop.edges.serves = dict(NEW)
    await shop.slate.advance(200)
    after = await shop.job(first.id)
    repeat = await shop.job(2)
    note = await shop.ledger.read(lambda books: books.messages.find(first.id, Role.ROOT))
    due = await shop.ledger.read(lambda books: books._tx.rows("select due_at from messages where job = 1"))
    await shop.ledger.close()
    assert note is not None
    assert [repeat.ended] == [row["due_at"] for row in due]
    assert "again as P-2: 🔵 begins now · https://www.shop.test/pricing" in before
    assert "again as P-2: 🟢 fresh at fra, iad · https://www.shop.test/pricing" in spelled(
        root_card(after, shop.clock.now())
    )
    assert Verdict.STALE is after.verdict


async def test_a_repeat_says_who_asked_and_what_came_out(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    await deployed(shop, WANTED)
    await shop.slate.advance(200)
    card = spelled(root_card(await again(shop, 1), shop.clock.now()))
    await shop.ledger.close()
    assert card.startswith("🔵 shop v2 · P-2 begins now")
    assert "asked by <@U_MIA> · again, as P-1 · deployed by mia, told by token `ci-shop` · <https://ci.test/7|" in card


async def test_a_repeat_of_a_repeat_is_told_by_the_first_note(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    await deployed(shop, WANTED)
    for number in (1, 2):
        await shop.slate.advance(200)
        await again(shop, number)
    first = await shop.job(1)
    await shop.ledger.close()
    assert 3 == first.again_as


async def test_a_repeat_is_no_other_deploy_of_the_sender(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED)
    shop.edges.serves = dict(OLD)
    told = replace(V2, paths=(), manifest=BUILT, expected=SHOWS_V2, at=2000.0)
    first = await deployed(shop, told, "github gh 1")
    await shop.slate.advance(200)
    newer = await deployed(shop, replace(told, version="v3", manifest=None, paths=("/",), at=3000.0), "github gh 2")
    await again(shop, first.id)
    same = await take(shop.core, CI, "github gh 1", told)
    older = await take(shop.core, CI, "github gh 0", replace(told, at=1000.0))
    known = await shop.ledger.read(lambda books: [one.job for one in books.deploys.earlier("shop")])
    events = await shop.ledger.read(lambda books: books._tx.rows("select 1 from journal where event = 'deployed'"))
    kept = await shop.ledger.read(lambda books: books._tx.rows("select 1 from manifests"))
    await shop.ledger.close()
    assert isinstance(same, Deployed)
    assert (first.id, Overtaken("v3")) == (same.job.id, older)
    assert ([newer.id, first.id], 2, 1) == (known, len(events), len(kept))


async def test_what_is_purged_anyway_is_held_against_what_the_deploy_was_to_show(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves = {**OLD, "stg": "v1"}
    taken = await take(shop.core, CI, "k", WANTED)
    await shop.slate.advance(300)
    repeat = await again(shop, 2)
    await shop.slate.advance(200)
    ended, given_up = await shop.job(repeat.id), await shop.job(2)
    await shop.ledger.close()
    assert isinstance(taken, Deployed)
    assert (State.CANCELLED, repeat.id) == (given_up.state, given_up.again_as)
    assert (State.DONE, Verdict.STALE, 0) == (ended.state, ended.verdict, ended.after)


async def test_a_hold_refuses_a_repeat_like_any_purge(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    await deployed(shop, WANTED)
    await shop.slate.advance(200)
    await shop.ledger.write(lambda books: books.holds.keep("shop", Hold("shop", "U_LEA", "sale", shop.clock.now())))
    held = await purge_again(shop.core, Asking(MIA, "click", "slack", "C_SHOP"), 1)
    await shop.ledger.close()
    assert isinstance(held, SiteHeld)


async def test_the_repeat_of_a_quiet_deploy_has_a_card_and_calls_nobody(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(OLD)
    await deployed(shop, replace(WANTED, quiet=True, actor="U_LEA"))
    await shop.slate.advance(200)
    repeat = await again(shop, 1)
    roles = [Role.ROOT, Role.OUTCOME]
    await shop.slate.advance(200)
    found = await shop.ledger.read(lambda books: [books.messages.find(repeat.id, role) for role in roles])
    await shop.ledger.close()
    assert ["root"] == [str(message.role) for message in found if message]
