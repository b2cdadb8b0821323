"""The past at the desk: who finds what, page after page, and what it comes to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.actor import Actor
from bot.domain.grammar.speech import Search
from bot.domain.jobs.timeline import Entry
from bot.domain.stats import Stats
from bot.export.record import kept_record
from bot.services import deeds
from bot.services.history import PAGE, chunks, sought_by
from bot.services.replies import JobShown, LogShown, Refusal, Reply, StatsShown
from bot.services.requests.purges import Asking
from bot.services.running.keeping import forget
from bot.services.setup import Current
from bot.services.voting import approvals
from bot.slack.cards.history import timeline_card
from tests.services.shop import GUEST, KIM, LEA, MIA, SAM, SHOP, Shop, open_shop, url
from tests.services.test_desk import CI, EYE, OTHER, say
from tests.slate import START

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def lived(path: Path) -> Shop:
    """P-1 to P-10 are Mia's, P-11 is Lea's."""
    opened = open_shop(path)
    for n in range(PAGE):
        await opened.purge(MIA, url(f"/news/{n}"), reason="wrong price" if n == 3 else "")
        await opened.slate.advance(120)
    await opened.purge(LEA, url("/pricing"), reason="new menu")
    await opened.slate.advance(120)
    return opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def past(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One shop for all who only ask."""
    opened = await lived(tmp_path_factory.mktemp("past"))
    yield opened
    await opened.ledger.close()


@pytest_asyncio.fixture(loop_scope="module")
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    opened = await lived(tmp_path)
    yield opened
    await opened.ledger.close()


def numbers(reply: Reply) -> list[int]:
    assert isinstance(reply, LogShown), reply
    return [kept.job.id for kept in reply.jobs]


FOUND = {
    "all, a page": (MIA, "log", [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]),
    "the next page": (MIA, "log page 2", [1]),
    "beyond the last": (MIA, "log page 3", []),
    "one's own": (LEA, "log by me", [11]),
    "somebody's by name": (MIA, "log by @lea", [11]),
    "somebody's by mention": (MIA, "log by <@U_LEA>", [11]),
    "words": (KIM, "log wrong price", [4]),
    "lately": (KIM, "log since 3m", [11]),
    "a token of the site": (CI, "log since 3m", [11]),
    "a token that reads": (EYE, "log since 3m", [11]),
    "a token of another site": (OTHER, "log", []),
    "a token that names a site it may not see": (OTHER, "log shop", []),
}


@pytest.mark.parametrize(("by", "text", "expected"), FOUND.values(), ids=FOUND)
async def test_who_asks_finds(past: Shop, by: Actor, text: str, expected: list[int]) -> None:
    assert expected == numbers(await say(past, by, text))


async def test_pages_name_the_pages_beside_them(past: Shop) -> None:
    first, last = await say(past, MIA, "log shop"), await say(past, MIA, "log shop page 2")
    assert isinstance(first, LogShown) and isinstance(last, LogShown)
    assert ("", "log shop page 2", 0) == (first.newer, first.older, first.begin)
    assert ("log shop", "", 10) == (last.newer, last.older, last.begin)


async def test_a_machine_gets_a_longer_page_with_timelines(past: Shop) -> None:
    reply = await say(past, CI, "log")
    assert 11 == len(numbers(reply))
    assert isinstance(reply, LogShown)
    assert "asked" == reply.jobs[0].moments[0].what.event


async def test_nobody_of_that_name_is_said(past: Shop) -> None:
    advice = "Type the name after @ as Slack shows it, without blanks."
    assert Refusal("Nobody is known here as @eve.", advice) == await say(past, MIA, "log by @eve")


async def test_guests_see_nothing(past: Shop) -> None:
    replies = [await say(past, GUEST, text) for text in ("log", "stats")]
    assert [Refusal("Guests may not do this.", "Ask a full member of the workspace.", by_rule=True)] * 2 == replies


async def test_a_site_that_is_gone_is_still_in_the_log_of_people(past: Shop) -> None:
    setup = replace(past.core.setup, sites={"other": replace(SHOP, name="other", hosts=("other.test",))})
    core = replace(past.core, current=Current(setup))
    found = [await sought_by(core, actor, Search()) for actor in (MIA, CI)]
    assert [None, ()] == [None if isinstance(sought, Refusal) else sought.sites for sought in found]


async def test_a_file_holds_every_job_with_its_timeline(past: Shop) -> None:
    sought = await sought_by(past.core, MIA, Search())
    assert not isinstance(sought, Refusal)
    kept = [one async for some in chunks(past.core, sought) for one in some]
    assert list(range(11, 0, -1)) == [one.job.id for one in kept]
    assert all(one.moments for one in kept)


async def test_the_past_is_counted(past: Shop) -> None:
    reply = await say(past, MIA, "stats")
    assert isinstance(reply, StatsShown)
    stats = reply.stats
    assert (Search(since="30d"), {"U_MIA": "mia", "U_LEA": "lea"}) == (reply.search, reply.names)
    assert (11, {"U_MIA": 10, "U_LEA": 1}, 11) == (stats.total, stats.by, sum(stats.outcomes.values()))
    assert "/news/*" == stats.hot[0].what


async def test_a_token_of_another_site_counts_nothing(past: Shop) -> None:
    reply = await say(past, OTHER, "stats")
    assert isinstance(reply, StatsShown)
    assert Stats(total=0) == reply.stats


@pytest_asyncio.fixture(loop_scope="module")
async def joined(tmp_path: Path) -> AsyncIterator[Shop]:
    """P-1 is what Mia and Sam had queued; P-2 was denied, P-3 waits."""
    opened = open_shop(tmp_path)
    await say(opened, LEA, "hold shop because deploying 4.2")
    await say(opened, MIA, "/a /b --queue because prices")
    await opened.slate.advance(600)
    await say(opened, SAM, "/b /c --queue because an error")
    await say(opened, LEA, "release shop")
    await opened.slate.advance(60)
    for section in ("news", "sport"):
        await say(opened, KIM, f"prefix /{section}/")
    await approvals.vote(opened.core, LEA, 2, yes=False, reason="not now")
    yield opened
    await opened.ledger.close()


async def test_a_joined_plan_is_found_by_everybody_who_asked_for_some_of_it(joined: Shop) -> None:
    said = ((MIA, "log by @sam"), (SAM, "log by me"), (LEA, "log by <@U_MIA>"), (LEA, "log U_SAM"), (LEA, "log by me"))
    assert [[1], [1], [1], [1], []] == [numbers(await say(joined, by, text)) for by, text in said]


async def test_a_joined_plan_tells_everybody_who_asked_for_some_of_it(joined: Shop) -> None:
    reply = await say(joined, LEA, "show P-1")
    assert isinstance(reply, JobShown)
    card = timeline_card(reply.job, reply.moments, joined.core.clock.now())
    assert any("• Asked by <@U_MIA> and <@U_SAM> " in str(block) for block in card.blocks)


async def test_what_did_not_run_is_no_purge(joined: Shop) -> None:
    reply = await say(joined, LEA, "stats")
    assert isinstance(reply, StatsShown)
    stats = reply.stats
    assert (1, {"U_MIA": 1, "U_SAM": 1}) == (stats.total, stats.by)
    assert {"denied": 1, "open": 1} == stats.not_run


async def test_a_run_that_purged_nothing_is_no_purge_and_one_that_purged_some_is(shop: Shop) -> None:
    shop.shield.bad, shop.cf.bad = {url("/bad").value}, {url("/half").value}
    for path in ("/bad", "/half"):
        await shop.purge(KIM, url(path))
        await shop.slate.advance(120)
    reply = await say(shop, MIA, "stats by @kim")
    assert isinstance(reply, StatsShown)
    stats = reply.stats
    assert (1, {"failed": 1}, {"failed": 1}) == (stats.total, stats.outcomes, stats.in_vain)


async def test_show_says_what_was_pruned_and_never_that_it_was_nothing(joined: Shop) -> None:
    await deeds.cancel(joined.core, KIM, 3)
    joined.clock.at += 40 * 86_400
    await forget(joined.core, None, 30 * 86_400)
    reply = await say(joined, LEA, "show P-3")
    assert isinstance(reply, JobShown)
    told = str(timeline_card(reply.job, reply.moments, joined.core.clock.now()).blocks)
    assert "1 target; the rest of this entry was pruned." in told and "• Decided; the rest of this entry was" in told
    assert [] == [said for said in ("0 call", "Rule .", "Rule `` ", "0 agreed") if said in told]
    assert "'event': 'decided', 'by': 'policy', 'pruned': True" in str(kept_record(reply.job, reply.moments))


WAS_FORGOTTEN = "P-2 was forgotten on 2027-02-24: a job is kept for a time after it has ended (`retention.jobs`)."
IN_JOURNAL = "Its entries in the journal stay: `purgebot log export`, where the bot runs, has them."
DAY = 86_400


async def forgot(shop: Shop) -> Shop:
    """P-1 to P-11 were forgotten after 40 days, and there is P-12."""
    shop.clock.at += 40 * DAY
    await forget(shop.core, 30 * DAY, None)
    await shop.purge(MIA, url("/young"), key="young", check=False)
    return shop


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def forgotten(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One shop for all who only ask, or are refused."""
    opened = await forgot(await lived(tmp_path_factory.mktemp("forgotten")))
    yield opened
    await opened.ledger.close()


@pytest_asyncio.fixture(loop_scope="module")
async def old(shop: Shop) -> Shop:
    return await forgot(shop)


@pytest.mark.parametrize(
    "line",
    ["show P-2", "status P-2", "cancel P-2", "retry P-2", "approve P-2", "deny P-2 no", "run P-2", "review P-2 seen"],
)
async def test_a_forgotten_job_is_said_to_be_that(forgotten: Shop, line: str) -> None:
    assert Refusal(WAS_FORGOTTEN, IN_JOURNAL) == await say(forgotten, KIM, line)


async def test_what_is_asked_again_of_a_forgotten_job_says_so(forgotten: Shop) -> None:
    asking = Asking(MIA, "again", "slack", "C_SHOP")
    assert Refusal(WAS_FORGOTTEN, IN_JOURNAL) == await deeds.purge_again(forgotten.core, asking, 2)


async def test_who_may_not_see_its_site_hears_of_no_forgotten_job_and_a_job_that_never_was_is_said_to_be_that(
    forgotten: Shop,
) -> None:
    said = [
        await say(forgotten, who, f"show P-{number}") for who, number in ((OTHER, 2), (GUEST, 2), (MIA, 99), (CI, 2))
    ]
    told = [reply.what if isinstance(reply, Refusal) else "" for reply in said]
    assert ["There is no P-2.", "Guests may not do this.", "There is no P-99.", WAS_FORGOTTEN] == told
    cancelled = await deeds.cancel(forgotten.core, GUEST, 2)
    assert "There is no P-2." == (cancelled.what if isinstance(cancelled, Refusal) else "")


async def test_a_token_of_a_site_hears_of_no_job_whose_site_is_not_known_any_more(old: Shop) -> None:
    await forget(old.core, None, 30 * DAY)
    said = [await say(old, who, "show P-2") for who in (CI, MIA)]
    assert ["There is no P-2.", WAS_FORGOTTEN] == [one.what if isinstance(one, Refusal) else "" for one in said]


async def test_the_log_and_stats_say_that_jobs_were_forgotten_where_they_reach_back_to_them(forgotten: Shop) -> None:
    newest = START + PAGE * 120
    asked = {
        "log": newest, "log since 60d": newest, "log since 30d": None,
        "stats since 60d": newest, "stats": None, "stats since 41d by @lea": newest,
    }  # fmt: skip
    replies = {text: await say(forgotten, MIA, text) for text in asked}
    told = {text: one.forgotten for text, one in replies.items() if isinstance(one, LogShown | StatsShown)}
    assert asked == told


async def test_only_the_last_page_of_the_log_tells_of_older_jobs(old: Shop) -> None:
    for n in range(PAGE):
        await old.purge(MIA, url(f"/new/{n}"), check=False)
    pages = [await say(old, MIA, text) for text in ("log", "log page 2")]
    assert [False, True] == [one.forgotten is not None for one in pages if isinstance(one, LogShown)]


async def test_show_tells_each_moment_once(past: Shop) -> None:
    reply = await say(past, MIA, "show P-11")
    assert isinstance(reply, JobShown)
    told = [moment.what.event for moment in reply.moments]
    assert ["asked", "allowed", "looked_before"] == told[:3]
    assert ("ended", 1) == (told[-1], told.count("ended"))
    assert [] == [moment for moment in reply.moments if isinstance(moment.what, Entry) and moment.what.event == "layer"]
