"""What a Home tab says, that it stays within Slack's limits, and when it is drawn anew."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Conditions, Deny, Members, Policy, Rule, Run, Tightening
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Environment, Layer, Site
from bot.domain.target import Target
from bot.domain.undone import Undone, Way
from bot.services import deeds
from bot.services.home import HomeView, Request, home_of
from bot.services.setup import Core, Current, Setup
from bot.services.voting import approvals
from bot.services.voting.allowed import may_do
from bot.services.voting.roster import read_roster
from bot.slack.cards.home import CHARACTERS, home_view
from bot.slack.home import OPEN_SECONDS, HomeTabs, opened
from bot.slack.web_api import SlackApi
from playground.slack.blocks import HOME, view_problems
from playground.slack.mrkdwn import pings
from providers.contract import Kind
from tests.playground.slack_land import Land, land
from tests.services.shop import EVERYTHING, GUEST, KIM, LEA, MIA, SAM, Everybody, Shop, open_shop, url
from tests.slack.cases import (
    ALL,
    APPROVAL,
    AT_8_30,
    DONE,
    LINK,
    MANY,
    NEW,
    ONE_YES,
    PRICING,
    SHOP,
    VARNISH,
    T,
    home_spelled,
)
from tests.slack.wild import strings, wild_job, without_ours

AT_8 = "<!date^1800000000^{date_short_pretty} {time}|2027-01-15 08:00 UTC>"
RIGHTS = "up to 30 URLs, paths or tags at once (more needs 1 approval); everything needs a reason and 2 approvals"
EMPTY = HomeView(LEA, "/purge")
WAITS = replace(ALL, id=1045, url=LINK)
FULL = HomeView(
    LEA, "/purge",
    requests=[Request(WAITS, "token"), Request(replace(WAITS, id=1046, approval=ONE_YES, reason="", url=""), "")],
    requests_total=39,
    waiting=[replace(WAITS, id=1047, requested_by="U_LEA"), replace(WAITS, id=1044, also_by=("U_LEA",))],
    waiting_total=2,
    running=[
        replace(MANY, id=1048, state=State.PURGING, requested_by="U_LEA", eta=T + 40, url=LINK, layers=(
            replace(VARNISH, calls=1200, sent=1200, seconds=4.0), replace(MANY.layers[1], calls=40, seconds=36.0))),
        replace(NEW, id=1049, url=LINK),
    ],
    running_total=12,
    ended=[DONE, replace(DONE, id=1041, verdict=Verdict.STALE, stale_at=("sin",)), replace(
        ALL, id=1040, state=State.DENIED, stop_reason="U_SAM: not now")],
    sites=[(SHOP, RIGHTS)], sites_total=11,
)  # fmt: skip


def read(view: Mapping[str, object]) -> list[str]:
    """A Home as one reads it, line by line."""
    return home_spelled(view).split("\n")


def test_what_waits_for_the_reader_comes_first_then_the_rest() -> None:
    agreed = "agreed so far: <@U_LEA>"
    what = (
        "What: everything in both layers of *shop*, production: www.shop.test, img.shop.test (Varnish and Cloudflare)"
    )
    how = [
        "How much: 2 calls, about 28 s of sending under the budgets",
        "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.",
        "Rule `everything`: it empties all of shop (production)",
    ]
    assert [
        "🟡 39 requests wait for your vote · 2 of yours wait · 12 jobs run [Purge … = open_purge_form form]",
        "",
        "# Waits for your vote",
        "🟡 *P-1045* <@U_MIA> asks to purge everything on shop (production)",
        what,
        "Why: INC-881",
        *how,
        f"needs 2 approvals · expires {AT_8_30} · <{LINK}|Its card>",
        "   [Approve = approve token primary asks] [Deny = deny token danger]",
        "🟡 *P-1046* <@U_MIA> asks to purge everything on shop (production)",
        what,
        "Why: no reason was given",
        *how,
        f"needs 1 approval · {agreed} · expires {AT_8_30}",
        "Vote with `/purge approve P-1046` or `/purge deny P-1046 because …`.",
        "   and 37 more: `/purge status`",
        "",
        "# Your requests that wait",
        f"🟡 P-1047 waits for 2 approvals (3 people asked) · everything on shop (production) · until {AT_8_30}"
        f" · <{LINK}|Its card> [Cancel = cancel P-1047]",
        f"🟡 P-1044 waits for 2 approvals (3 people asked) · everything on shop (production) · until {AT_8_30}"
        f" · <{LINK}|Its card>",
        "",
        "# Running",
        "🔵 P-1048 purging · 1,200 URLs on shop · 1 of 2 layers · about 40 s left  ▓░░░░░░░░░ 15 %"
        f" · <{LINK}|Its card> [Cancel = cancel P-1048]",
        f"🔵 P-1049 begins now · {PRICING} · <{LINK}|Its card>",
        "   and 10 more: `/purge status`",
        "",
        "# Recent",
        f"🟢 P-1042 fresh at fra, iad, sin · {PRICING} [Check again = check_again P-1042]",
        f"🟠 P-1041 purged, still old at sin · {PRICING} [Check again = check_again P-1041]",
        "⚫ P-1040 denied by <@U_SAM>: not now · everything on shop (production)",
        "",
        "# Your sites",
        "*shop* (production): www.shop.test, img.shop.test · layers shield → cf",
        f"U{RIGHTS[1:]}",
        "   and 10 more: `/purge sites`",
    ] == read(home_view(FULL, T))


LEAS = Hold("shop", "U_LEA", "deploying <4.2>", T, T + 1800)
SALE = Hold("*", "U_LEA", "the sale begins", T)


@pytest.mark.parametrize(
    ("holds", "expected", "site"),
    [
        pytest.param([LEAS], f"🟡 you hold shop until {AT_8_30}",
                     f"🟡 shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;", id="one"),
        pytest.param([SALE, LEAS], "🟡 you hold every site and shop",
                     f"🟡 shop is held by <@U_LEA> since {AT_8}, until {AT_8_30}: deploying &lt;4.2&gt;", id="two"),
        pytest.param([replace(SALE, by="U_SAM")], "⚪ Nothing waits for you, and nothing runs.",
                     f"🟡 Every site is held by <@U_SAM> since {AT_8}, until it is released: the sale begins",
                     id="somebody else's"),
    ],
)  # fmt: skip
def test_a_hold_is_told_to_who_laid_it_and_on_its_sites(holds: list[Hold], expected: str, site: str) -> None:
    view = read(home_view(replace(EMPTY, holds=holds, sites=[(SHOP, RIGHTS)], sites_total=1), T))
    assert expected == view[0].partition(" [")[0]
    assert site in view


async def test_a_held_job_waits_for_the_hold_and_does_not_run(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    job = await shop.purge(MIA, EVERYTHING, reason="leak")
    hold = Hold("shop", "U_LEA", "deploying 4.2", T)
    await shop.ledger.write(lambda books: books.holds.keep("shop", hold))
    await approvals.vote(shop.core, SAM, job.id, yes=True)
    await approvals.vote(shop.core, LEA, job.id, yes=True)
    view = await home_of(shop.core, MIA, await read_roster(shop.core))
    await shop.ledger.close()
    assert ([job.id], 1, [], 0) == ([one.id for one in view.held], view.held_total, [*view.running], view.running_total)
    said = read(home_view(view, T))
    assert "🟡 1 job waits for a hold" == said[0].partition(" [")[0]
    assert "🟡 P-1 waits, shop is held by <@U_LEA> · everything on shop (production) [Cancel = cancel P-1]" in said


def test_a_request_for_several_targets_counts_those_it_does_not_name() -> None:
    four = replace(MANY, state=State.WAITING, approval=APPROVAL, targets=4)
    view = home_view(replace(EMPTY, requests=[Request(four, "token")], requests_total=1), T)
    pages = ", ".join(f"https://www.shop.test/{n}" for n in range(3))
    said = read(view)
    assert f"What: {pages} and 1 more in both layers of *shop*, production (Varnish and Cloudflare)" in said
    assert "All targets: `/purge show P-1042`" in said


def test_an_observing_bot_says_so() -> None:
    view = home_view(replace(EMPTY, observing=True, ended=[DONE]), T)
    assert "   This bot only observes: it plans and looks, and purges nothing." == read(view)[-1]


def test_who_may_see_nothing_reads_why() -> None:
    denied = Deny("members", "People of other workspaces may not do this.", "Ask a full member of the workspace.")
    said = "⚫ You cannot use purgebot. People of other workspaces may not do this. Ask a full member of the workspace."
    assert [said] == read(home_view(replace(FULL, refused=denied), T))


def test_a_note_stands_under_the_first_line() -> None:
    view = home_view(EMPTY, T, ("You have voted on P-7 already.", "Your vote counts once."))
    expected = ["⚪ Nothing waits for you, and nothing runs.", "You have voted on P-7 already."]
    assert [*expected, "   Your vote counts once."] == read(view)[:3]


def test_a_vote_at_home_asks_what_the_request_card_asks() -> None:
    blocks = home_view(FULL, T)["blocks"]
    assert isinstance(blocks, list)
    approve, deny = next(block["elements"] for block in blocks if block["type"] == "actions")
    assert (
        "Once enough people agree it purges everything on shop (production), hosts www.shop.test, img.shop.test."
        == approve["confirm"]["text"]["text"]
    )
    assert "confirm" not in deny  # the form is the question


WILD = {
    "marks": "<!channel> <@U_LEA> <https://evil.test|shop> &amp; `a` ",
    "maximal lengths": "<!here>&" * 2000,
    "plain and long": "a" * 5000,
    "what hides": "\u202e\u200b\x00",
    "an address": "https://evil.test/" + "a" * 5000,
}


def crowded(text: str, n: int) -> HomeView:
    """A Home with `text` wherever something comes from outside, and `n` of everything."""

    def jobs(state: State, first: int) -> list[JobView]:
        return [replace(wild_job(text, state, Verdict.STALE), id=first + k) for k in range(n)]

    site = Site(text, (text,) * 30, layers=(Layer(text),) * 30)
    return HomeView(
        LEA, "/purge", None, True,
        [Request(job, "token") for job in jobs(State.WAITING, 10**7)], 10**7,
        jobs(State.NEEDS_DECISION, 2 * 10**7), 10**7, jobs(State.PURGING, 3 * 10**7), 10**7,
        jobs(State.DONE, 4 * 10**7), [(site, text)] * n, 10**7,
        held=jobs(State.QUEUED, 5 * 10**7), held_total=10**7,
        holds=[Hold(text, text, text, T, T + 60), *(Hold(f"{k}{text}", LEA.id, text, T) for k in range(n))],
        undone=[Undone(f"{k}{text}", Way.ADD, text, text, text if k % 2 else "") for k in range(n)],
    )  # fmt: skip


@pytest.mark.parametrize("n", [1, 60])
@pytest.mark.parametrize("text", WILD.values(), ids=WILD)
def test_it_stays_within_slacks_limits_and_names_nobody(text: str, n: int) -> None:
    view = home_view(crowded(text, n), T, (text, text))
    marks = [part for sort, part in strings(view["blocks"]) if sort == "mrkdwn" and "<" in without_ours(part)]
    assert [] == view_problems(view, HOME)
    assert CHARACTERS >= sum(len(part) for _, part in strings(view["blocks"]))
    assert ([], []) == ([mark for mark in marks if LINK not in mark and "evil.test/" not in mark], pings("", [view]))


@pytest.mark.parametrize("text", WILD.values(), ids=WILD)
def test_whatever_the_names_something_of_everything_is_shown(text: str) -> None:
    blocks = home_view(crowded(text, 60), T, (text, text))["blocks"]
    assert isinstance(blocks, list)
    titles = [block["text"]["text"] for block in blocks if block["type"] == "header"]
    rows = [b for a, b in pairwise(blocks) if a["type"] == "header" and b["type"] == "section"]
    assert [
        "Waits for your vote",
        "Your requests that wait",
        "Wait for a hold",
        "Running",
        "Recent",
        "Your sites",
        "What is still to be done",
    ] == titles
    assert 7 == len(rows)


# What one may do


def shop_of(environment: Environment = Environment.PRODUCTION) -> Site:
    return Site("shop", ("www.shop.test",), layers=(Layer("cf"),), environment=environment)


SMALL = "up to 30 URLs, paths or tags at once"
TWO = built_in(("U_LEA", "U_SAM"))
WIDE = f"{SMALL} (more needs 1 approval); a prefix, host or pattern needs 1 approval"
FREEZE = Tightening(
    "freeze", Conditions(kinds=frozenset({Kind.HOST, Kind.EVERYTHING}), sites=frozenset({"shop"})), True
)
PAIRS = Tightening("pairs", Conditions(kinds=frozenset({Kind.TAG}), over_items=5), more=1)
MAY = [
    pytest.param(
        TWO, Environment.PRODUCTION, MIA, f"{WIDE}; everything needs a reason and 2 approvals", id="with-approvers"
    ),
    pytest.param(TWO, Environment.STAGING, MIA, f"{WIDE}; everything needs a reason and 1 approval", id="staging"),
    pytest.param(
        built_in(("U_LEA", "U_MIA")), Environment.PRODUCTION, MIA, f"{WIDE}; not allowed: everything",
        id="one-approver-besides-oneself",
    ),
    pytest.param(
        built_in(()), Environment.PRODUCTION, MIA,
        f"{SMALL} (more is not allowed); not allowed: prefixes, hosts, patterns or everything", id="no-approvers",
    ),
    pytest.param(
        TWO, Environment.PRODUCTION, GUEST,
        "not allowed: URLs, paths, tags, prefixes, hosts, patterns or everything", id="a-guest",
    ),
    pytest.param(
        replace(TWO, tighten=(FREEZE,)), Environment.PRODUCTION, MIA,
        f"{SMALL} (more needs 1 approval); a prefix or pattern needs 1 approval; not allowed: hosts or everything",
        id="a-freeze-of-this-site",
    ),
    pytest.param(
        replace(TWO, tighten=(PAIRS,)), Environment.PRODUCTION, MIA,
        "up to 30 URLs or paths at once (more needs 1 approval); up to 5 tags at once (more needs 1 approval);"
        " a prefix, host or pattern needs 1 approval; everything needs a reason and 2 approvals",
        id="a-tightening-beyond-a-size",
    ),
    pytest.param(
        Policy((Rule("any", Conditions(), Run()),)), Environment.PRODUCTION, MIA,
        "URLs, paths, tags, prefixes, hosts, patterns or everything at once", id="everybody-everything",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "environment", "actor", "expected"), MAY)
async def test_what_one_may_do_on_a_site_is_what_the_policy_says(
    tmp_path: Path, policy: Policy, environment: Environment, actor: Actor, expected: str
) -> None:
    site = shop_of(environment)
    shop = open_shop(tmp_path, setup=Setup({"shop": site}, {}, policy))
    assert expected == may_do(shop.core, actor, site, {})
    await shop.ledger.close()


async def test_what_a_path_counts_as_on_several_hosts_is_told(tmp_path: Path) -> None:
    one = shop_of()
    two = replace(one, name="two", hosts=("www.two.test", "img.two.test"), schemes=("https", "http"))
    shop = open_shop(tmp_path, setup=Setup({"shop": one, "two": two}, {}, TWO))
    told = {site.name: may for site, may in (await home_of(shop.core, MIA, {})).sites}
    await shop.ledger.close()
    rest = "a prefix, host or pattern needs 1 approval; everything needs a reason and 2 approvals"
    assert {
        "shop": f"{SMALL} (more needs 1 approval); {rest}",
        "two": f"{SMALL} (a path counts as 4 here; more needs 1 approval); {rest}",
    } == told


async def test_each_site_has_its_own_sentence_where_the_policy_tells_them_apart(tmp_path: Path) -> None:
    sites = {name: replace(shop_of(), name=name) for name in ("shop", "blog", "media")}
    shop = open_shop(tmp_path, setup=Setup(sites, {}, replace(TWO, tighten=(FREEZE,))))
    told = {site.name: may for site, may in (await home_of(shop.core, MIA, {})).sites}
    await shop.ledger.close()
    assert told["blog"] == told["media"] == f"{WIDE}; everything needs a reason and 2 approvals"
    assert told["shop"].endswith("not allowed: hosts or everything")


# Which jobs belong on it


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    opened = open_shop(tmp_path)
    yield opened
    await opened.ledger.close()


async def shown(shop: Shop, actor: Actor) -> dict[str, list[str]]:
    """The jobs on `actor`'s Home, by list."""
    view = await home_of(shop.core, actor, await read_roster(shop.core))
    lists = {"requests": [request.job for request in view.requests]}
    lists |= {"waiting": list(view.waiting), "running": list(view.running), "ended": list(view.ended)}
    return {name: [job.name for job in jobs] for name, jobs in lists.items() if jobs}


def below(path: str) -> Target:
    """What one of the approvers must agree to; two requests for the same would be one job."""
    return Target(Kind.PREFIX, f"www.shop.test{path}", "shop")


async def test_each_sees_their_own_requests_and_those_they_are_asked_about(shop: Shop) -> None:
    await shop.purge(MIA, EVERYTHING, reason="one")
    await shop.purge(LEA, below("/news/"))
    await shop.purge(MIA, url("/a"))
    assert {"requests": ["P-1", "P-2"], "running": ["P-3"]} == await shown(shop, SAM)
    assert {"requests": ["P-1"], "waiting": ["P-2"], "running": ["P-3"]} == await shown(shop, LEA)
    assert {"waiting": ["P-1"], "running": ["P-3"]} == await shown(shop, MIA)
    assert {} == await shown(shop, GUEST)


async def test_a_request_is_gone_once_one_has_voted_and_waits_for_the_others(shop: Shop) -> None:
    await shop.purge(MIA, EVERYTHING, reason="one")
    await approvals.vote(shop.core, LEA, 1, True)
    assert ({}, {"requests": ["P-1"]}) == (await shown(shop, LEA), await shown(shop, KIM))


async def test_asked_once_more_it_waits_for_those_who_had_voted_too(shop: Shop) -> None:
    await shop.purge(MIA, EVERYTHING, reason="one")
    await approvals.vote(shop.core, LEA, 1, True)
    job = await shop.job(1)
    assert job.approval is not None
    again = replace(job, approval=replace(job.approval, round=1))
    await shop.ledger.write(lambda books: books.jobs.save(again))
    assert {"requests": ["P-1"]} == await shown(shop, LEA)


async def test_whose_request_is_in_anothers_is_not_asked(shop: Shop) -> None:
    job = await shop.purge(MIA, EVERYTHING, reason="one")
    await shop.ledger.write(lambda books: books.jobs.save(replace(job, also_by=("U_LEA",))))
    assert ({"waiting": ["P-1"]}, {"requests": ["P-1"]}) == (await shown(shop, LEA), await shown(shop, SAM))


async def test_a_user_group_is_asked_as_slack_says_who_is_in_it_now(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, setup=Setup({"shop": shop_of()}, {}, built_in(("S_SRE",))))
    shop = replace(shop, core=replace(shop.core, current=Current(replace(shop.core.setup, providers={"cf": shop.cf}))))
    groups = shop.core.directory
    assert isinstance(groups, Everybody)
    groups.groups["S_SRE"] = Members(frozenset({"U_LEA", "U_SAM", "U_KIM"}))
    await shop.purge(MIA, EVERYTHING, reason="one")
    before = await shown(shop, LEA)
    groups.groups["S_SRE"] = Members(frozenset({"U_SAM", "U_KIM"}))
    assert ({"requests": ["P-1"]}, {}) == (before, await shown(shop, LEA))
    await shop.ledger.close()


async def test_running_begins_with_ones_own_and_recent_with_the_newest(shop: Shop) -> None:
    for n, who in enumerate((MIA, LEA, MIA, SAM)):
        await shop.purge(who, url(f"/{n}"), check=False)
    before = await shown(shop, MIA)
    await shop.slate.advance(60)
    assert {"running": ["P-3", "P-1", "P-4", "P-2"]} == before
    assert {"ended": ["P-4", "P-3", "P-2", "P-1"]} == await shown(shop, MIA)


async def test_of_many_the_first_are_shown_and_all_are_counted(shop: Shop) -> None:
    for n in range(25):
        await shop.purge(MIA, below(f"/{n}/"))
    view, own = await home_of(shop.core, LEA, {}), await home_of(shop.core, MIA, {})
    assert (10, 25, "P-1") == (len(view.requests), view.requests_total, view.requests[0].job.name)
    assert (5, 25, "P-25") == (len(own.waiting), own.waiting_total, own.waiting[0].name)


@pytest.mark.parametrize(("channel", "role"), [("C_APPROVE", "request"), ("", "root")])
async def test_the_token_is_that_of_the_request_or_else_of_the_jobs_own_card(
    shop: Shop, tmp_path: Path, channel: str, role: str
) -> None:
    (tmp_path / "other").mkdir()
    setup = replace(shop.core.setup, approvals_channel=channel)
    other = open_shop(tmp_path / "other", shop.clock, shop.shield, shop.cf, shop.edges, setup)
    await other.purge(MIA, EVERYTHING, reason="one")
    [request] = (await home_of(other.core, LEA, {})).requests
    message = await other.ledger.read(lambda books: books.messages.by_token(request.token))
    await other.ledger.close()
    assert message is not None
    assert (1, role) == (message.job, message.role)


# When it is drawn


@dataclass
class Tabs:
    """A shop whose Home tabs a strict Slack shows."""

    shop: Shop
    slack: Land
    tabs: HomeTabs

    async def open(self, *people: Actor) -> None:
        for person in people:
            await opened(self.shop.core, {"user": person.id, "team": person.team, "blank": False})

    def asking(self, group: str) -> Core:
        """The shop, if its policy asked this user-group."""
        return replace(self.shop.core, current=Current(replace(self.shop.core.setup, policy=built_in((group,)))))

    def drawn(self) -> list[str]:
        """Whose tab Slack was asked to show, in order."""
        rows = [row for row in self.slack.requests.listed() if row["path"] == "/api/views.publish"]
        return [json.loads(str(row["body"]))["user_id"] for row in rows]


@pytest_asyncio.fixture
async def home(shop: Shop, tmp_path: Path) -> AsyncIterator[Tabs]:
    """Nobody has opened theirs; the shop's other names ring in vain."""
    (tmp_path / "slack").mkdir()
    async with land(tmp_path / "slack", shop.clock.now) as slack:
        tabs = Tabs(shop, slack, HomeTabs(shop.core, SlackApi(slack.bot)))
        rest = shop.slate.run

        async def run(name: str) -> None:
            await (tabs.tabs.run() if name == "home" else rest(name))

        shop.slate.run = run
        yield tabs


async def test_a_tab_is_drawn_when_it_is_opened_and_for_nobody_else(home: Tabs) -> None:
    await home.open(LEA)
    await home.shop.purge(MIA, EVERYTHING, reason="one")
    await home.shop.slate.advance(1)
    assert ["U_LEA"] == home.drawn()


async def test_changes_are_drawn_together_three_seconds_apart(home: Tabs) -> None:
    await home.open(LEA)
    await home.shop.slate.advance(0.1)
    for n in range(5):
        await home.shop.purge(MIA, below(f"/{n}/"))
        await home.shop.slate.advance(0.5)
    soon = len(home.drawn())
    await home.shop.slate.advance(1)
    assert (1, 2) == (soon, len(home.drawn()))


async def test_who_opens_or_clicks_waits_for_nothing(home: Tabs) -> None:
    await home.open(LEA)
    await home.shop.slate.advance(0.1)
    await home.shop.purge(MIA, EVERYTHING, reason="one")
    await home.open(LEA)
    await home.shop.slate.advance(0.1)
    assert ["U_LEA", "U_LEA"] == home.drawn()


async def test_what_shows_the_same_is_not_sent_again_unless_slack_shows_nothing(home: Tabs) -> None:
    await home.open(LEA)
    await home.shop.slate.advance(10)
    await home.open(LEA)
    await home.shop.slate.advance(10)
    before = len(home.drawn())
    await opened(home.shop.core, {"user": "U_LEA", "team": "T_SHOP", "blank": True})
    await home.shop.slate.advance(1)
    assert (1, 2) == (before, len(home.drawn()))


async def test_twelve_hours_after_it_was_opened_nobody_looks_any_more(home: Tabs) -> None:
    await home.open(LEA, SAM)
    await home.shop.slate.advance(OPEN_SECONDS - 60)
    await home.open(SAM)
    await home.shop.purge(MIA, EVERYTHING, reason="early")
    await home.shop.slate.advance(120)
    early = home.drawn()
    await home.shop.purge(MIA, below("/late/"))
    await home.shop.slate.advance(30)
    assert ["U_LEA", "U_SAM"] == sorted(set(early))
    assert ["U_SAM"] == home.drawn()[len(early) :]


async def test_a_budget_for_all_with_those_first_who_have_just_opened(home: Tabs) -> None:
    await home.open(LEA, SAM, KIM, MIA)
    await home.shop.slate.advance(1)
    for n in range(40):
        await home.shop.purge(MIA, url(f"/{n}"), key=f"{n}", check=False)
        await home.shop.slate.advance(3)
    statuses = {row["status"] for row in home.slack.requests.listed() if row["path"] == "/api/views.publish"}
    assert {200} == statuses
    assert 4 + 16 + 120 * 80 / 60 >= len(home.drawn())


ILL = [
    pytest.param("down", id="away"),
    pytest.param("error500", id="errors"),
    pytest.param("html", id="pages-of-html"),
    pytest.param("throttle", id="throttled"),
]


@pytest.mark.parametrize("kind", ILL)
async def test_slack_away_is_tried_again_until_it_is_back(home: Tabs, kind: str) -> None:
    home.slack.faults.set("slack", kind, None)
    await home.open(LEA)
    await home.shop.slate.advance(60)
    tries = len(home.drawn())
    home.slack.faults.set("slack", kind, 0)
    await home.shop.slate.advance(60)
    rows = [row for row in home.slack.requests.listed() if row["path"] == "/api/views.publish"]
    assert 3 <= tries <= 25
    assert (tries + 1, 200) == (len(rows), rows[-1]["status"])


async def test_while_slack_does_not_say_who_is_in_a_group_nothing_is_drawn(home: Tabs) -> None:
    groups = home.shop.core.directory
    assert isinstance(groups, Everybody)
    home.tabs = HomeTabs(home.asking("S_SRE"), SlackApi(home.slack.bot))
    groups.groups["S_SRE"] = Members(problem="Slack does not say who is in S_SRE now.", is_away=True)
    await home.open(LEA)
    await home.shop.slate.advance(5)
    before = home.drawn()
    groups.groups["S_SRE"] = Members(frozenset({"U_LEA"}))
    await home.shop.slate.advance(30)
    assert ([], ["U_LEA"]) == (before, home.drawn())


async def test_what_slack_will_not_take_is_not_tried_again_until_it_is_opened(home: Tabs) -> None:
    stranger = Actor("U_NOBODY", Standing.MEMBER, "T_SHOP")
    await home.open(stranger)
    await home.shop.slate.advance(600)
    once = len(home.drawn())
    await home.open(stranger)
    await home.shop.slate.advance(1)
    assert (1, 2) == (once, len(home.drawn()))


async def test_after_a_restart_every_open_tab_is_looked_at_again(home: Tabs) -> None:
    await home.open(LEA)
    await home.shop.slate.advance(10)
    await home.shop.ledger.write(lambda books: books.homes.changed())
    await home.shop.purge(MIA, EVERYTHING, reason="one")
    await home.shop.router.wake_all()
    await home.shop.slate.advance(5)
    assert ["U_LEA", "U_LEA"] == home.drawn()


async def test_a_change_while_it_is_drawn_is_drawn_next(home: Tabs) -> None:
    await home.open(LEA)
    now = home.shop.clock.now()
    [begun] = await home.shop.ledger.write(lambda books: books.homes.begin(now, 0))
    await home.shop.purge(MIA, EVERYTHING, reason="one")
    await home.shop.ledger.write(lambda books: books.homes.shown(begun, "what it was", now))
    due = await home.shop.ledger.read(lambda books: books.homes.next_due())
    assert now + 3 == due


async def test_cancelling_is_seen_by_all(home: Tabs) -> None:
    await home.open(LEA, MIA)
    await home.shop.purge(MIA, EVERYTHING, reason="one")
    await home.shop.slate.advance(5)
    await deeds.cancel(home.shop.core, MIA, 1)
    await home.shop.slate.advance(5)
    assert ["U_LEA", "U_MIA"] == sorted(home.drawn()[-2:])
