"""A deploy becomes a job whose card is its note: what must show, what comes first, what was overtaken, what is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.deploys.deploy import Announced, Expected, elsewhere
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.thread_step import Event
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Conditions, Policy, Rule, Run
from bot.domain.proof.reasons import ORIGIN_LACKS
from bot.domain.proof.verdict import Verdict
from bot.domain.site import DeployRules, Environment, FileRule, Layer, Site
from bot.export.record import job_record
from bot.ledger.messages import Role
from bot.services import deeds
from bot.services.deploying.deploy_costs import most_shared
from bot.services.deploying.deploy_wishes import NotRead
from bot.services.deploying.deploys import Deployed, Observed, Overtaken, take
from bot.services.replies import JobMade, PlanShown, Refusal
from bot.services.requests.purges import Asking
from bot.services.setup import Core, Current, Most, Setup
from bot.slack.cards import root_card
from bot.slack.cards.outcome import outcome
from bot.slack.plain import plain
from providers.contract import Kind, Price
from providers.errors import Refused
from tests.services.shop import APPROVERS, SHOP, ScriptedProvider, Shop, open_shop
from tests.slate import SlateClock

CI = Actor("token:ci-shop", Standing.TOKEN, "", frozenset({"shop", "staging"}), is_sender=True)
V2 = Announced("shop", "v2", paths=("/", "/pricing"), actor="mia", link="https://ci.test/7")
SHOWS_V2 = (Expected("/", "x-build", "v2"),)
PAGE = "https://www.shop.test/"
NEW = {"origin": "v2", "fra": "v2", "iad": "v2"}
STAGING = replace(
    SHOP, name="staging", hosts=("stage.shop.test",), environment=Environment.STAGING, before="shop", channel="",
    layers=(Layer("cf"),), edges={"stg": "https://203.0.113.11"},
)  # fmt: skip


def a_shop(path: Path, *sites: Site, policy: Policy | None = None) -> Shop:
    """The shop, or these sites, and a sender of deploys."""
    path.mkdir(exist_ok=True)
    clock = SlateClock()
    shield, cf = ScriptedProvider("shield", clock, per_call=1), ScriptedProvider("cf", clock)
    setup = Setup(
        {site.name: site for site in sites or (SHOP,)},
        {"shield": shield, "cf": cf},
        policy or built_in(APPROVERS, ("ci-shop",)),
        "C_APPROVE",
        tokens={CI.id: CI},
    )
    return open_shop(path, clock, shield, cf, setup=setup)


async def deployed(shop: Shop, told: Announced, key: str = "hook ci-shop 1", by: Actor = CI) -> JobView:
    taken = await take(shop.core, by, key, told)
    assert isinstance(taken, Deployed), taken
    return taken.job


async def test_what_changed_is_purged_and_proven_and_the_note_is_the_jobs_card(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.becomes = {"fra": ["v1", "v1", "v2"], "iad": ["v1", "v1", "v2"]}
    job = await deployed(shop, V2)
    await shop.slate.advance(10)
    ended = await shop.job(job.id)
    note = await shop.ledger.read(lambda books: books.messages.find(job.id, Role.ROOT))
    await shop.ledger.close()
    assert (State.DONE, Verdict.FRESH) == (ended.state, ended.verdict)
    assert "C_SHOP" == (note.channel if note else "")
    assert ("v2", "token:ci-shop", "mia") == (
        ended.deploy and (ended.deploy.version, ended.deploy.sender, ended.deploy.actor)
    )
    assert [1, 1] == [len(shop.cf.sent), len({one for _, sent in shop.shield.sent for one in sent}) - 1]


BUILT = {"content/news/a.md": "1a2b3c4d", "content/news/b.md": "2b3c4d5e", "dist/app.4f3a9c1e.js": "3c4d5e6f"}
RULED = replace(
    SHOP,
    deploy=DeployRules(
        (FileRule("content/news/*.md", ("/news/*", "/")), FileRule("dist/**", ("/**",))), ("/news/",), ("/feed.xml",)
    ),
)


async def test_files_become_the_pages_that_show_them_and_hashed_ones_are_skipped(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, replace(RULED, deploy=replace(RULED.deploy, widen=())))
    changed = ("content/news/a.md", "dist/app.9e8d7c6b.js", "README.md")
    job = await deployed(shop, replace(V2, paths=(), changed=changed))
    await shop.ledger.close()
    assert {"/feed.xml", "/", "/news/a"} == {value.removeprefix("https://www.shop.test") for value in job.sample}
    assert job.deploy is not None
    told = (
        "1 hashed asset needs no purge: `app.9e8d7c6b.js`.",
        "1 changed file matches no rule and purges nothing: `README.md`.",
    )
    assert (3, told) == (job.deploy.files, job.deploy.told)


async def test_only_what_differs_from_the_last_deploy_that_went_is_purged(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, replace(RULED, deploy=replace(RULED.deploy, widen=(), always=())))
    shop.edges.serves = dict(NEW)
    pages = []
    for n, built in enumerate((BUILT, BUILT | {"content/news/b.md": "ffffffff"}, BUILT)):
        job = await deployed(shop, replace(V2, paths=(), version=f"v{n}", manifest=built), f"hook ci-shop {n}")
        await shop.slate.advance(30)
        pages.append({value.removeprefix("https://www.shop.test") for value in job.sample})
    same = await deployed(shop, replace(V2, paths=(), version="v9", manifest=BUILT), "hook ci-shop 9")
    await shop.ledger.close()
    assert [{"/", "/news/a", "/news/b"}, {"/", "/news/b"}, {"/", "/news/b"}] == pages
    assert 0 == same.targets


async def test_a_deploy_that_did_not_go_is_made_up_for_by_the_next_one(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, replace(RULED, deploy=replace(RULED.deploy, widen=(), always=())))
    shop.edges.serves = dict(NEW)
    await deployed(shop, replace(V2, paths=(), manifest=BUILT), "hook ci-shop 1")
    await shop.slate.advance(30)
    shop.shield.script = [Refused("Varnish will not.", "Mend it.")] * 10
    changed = BUILT | {"content/news/a.md": "aaaaaaaa"}
    await deployed(shop, replace(V2, paths=(), manifest=changed), "hook ci-shop 2")
    await shop.slate.advance(60)
    shop.shield.script = []
    job = await deployed(shop, replace(V2, paths=(), manifest=changed), "hook ci-shop 3")
    await shop.ledger.close()
    assert {"https://www.shop.test/", "https://www.shop.test/news/a"} == set(job.sample)


async def test_many_pages_become_one_prefix_where_the_site_and_the_policy_let_it(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED)
    files = tuple(f"content/news/{n}.md" for n in range(14))
    job = await deployed(shop, replace(V2, paths=(), changed=files))
    by_people = a_shop(tmp_path / "people", RULED, policy=built_in(APPROVERS))
    asked = await take(by_people.core, replace(CI, is_sender=False), "k", replace(V2, paths=(), changed=files))
    await shop.ledger.close()
    await by_people.ledger.close()
    assert job.deploy is not None
    assert ("14 pages → 1 prefix /news/, 12 calls saved.",) == job.deploy.told
    assert {Kind.PREFIX: 1, Kind.PATH: 2} == dict(job.counts)
    assert isinstance(asked, Deployed)
    assert {Kind.PATH: 16} == dict(asked.job.counts)  # a prefix would have needed a vote


async def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED)
    taken = await take(shop.core, CI, "k", replace(V2, manifest="nonsense"))
    await shop.ledger.close()
    assert isinstance(taken, NotRead)
    assert taken.told.startswith("the manifest: Line 1 of the manifest is not of `sha256sum`")


async def test_the_same_deploy_told_twice_is_one_job(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    jobs = {(await deployed(shop, V2)).id, (await deployed(shop, V2)).id}
    await shop.ledger.close()
    assert {1} == jobs


async def test_a_page_that_does_not_show_what_it_must_is_old_although_the_origin_is_too(
    tmp_path: Path,
) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = {"origin": "v1", "fra": "v1", "iad": "v1"}
    job = await deployed(shop, replace(V2, expected=SHOWS_V2))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, 5) == (ended.verdict, ended.round)
    assert ended.why.endswith(f" · {ORIGIN_LACKS}")
    assert {"x-build: v2"} == {look.lacks for look in ended.looks if look.url == PAGE}


async def test_the_origin_may_be_late_and_the_deploy_is_still_proven(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = {"origin": "v1", "fra": "v1", "iad": "v1"}
    job = await deployed(shop, replace(V2, paths=("/",), expected=SHOWS_V2))
    await shop.slate.advance(1)
    shop.edges.serves = dict(NEW)
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.FRESH, ("fra", "iad")) == (ended.verdict, ended.fresh_at)
    assert {"x-build: v2"} == {look.shows for look in ended.looks}


async def test_what_is_expected_is_looked_at_although_it_was_not_purged(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = {**NEW, "iad": "v1"}
    job = await deployed(shop, replace(V2, paths=("/pricing",), expected=SHOWS_V2))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (Verdict.STALE, ("iad",)) == (ended.verdict, ended.stale_at)
    assert PAGE in {look.url for look in ended.looks}


async def test_the_thread_tells_of_every_page_that_the_note_has_no_room_for(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = {**NEW, "iad": "v1"}
    paths = ("/", "/a", "/b", "/c", "/d")
    expected = tuple(Expected(path, "x-build", "v2") for path in paths)
    job = await deployed(shop, replace(V2, paths=("/a",), expected=expected))
    await shop.slate.advance(200)
    steps = await shop.ledger.read(lambda books: books.messages.steps(job.id))
    note = plain(root_card(await shop.job(job.id), shop.clock.now()))
    await shop.ledger.close()
    told = [one.text for _, one in steps if one.event is Event.NOTED]
    assert [f"{path} shows x-build: v2 at fra, not at iad." for path in paths] == told
    assert (
        "/, /a and /b show x-build: v2 at fra, not at iad · 2 more pages in the thread, which do not show it everywhere"
    ) in note.splitlines()


async def test_the_thread_repeats_nothing_of_what_the_note_tells(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(NEW)
    expected = tuple(Expected(path, "x-build", "v2") for path in ("/", "/a", "/b"))
    job = await deployed(shop, replace(V2, expected=expected))
    await shop.slate.advance(200)
    events = await shop.events(job.id)
    await shop.ledger.close()
    assert Event.NOTED not in events


async def test_where_nothing_is_to_be_purged_the_front_page_is_looked_at_and_nothing_is_sent(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(NEW)
    job = await deployed(shop, replace(V2, paths=()))
    await shop.slate.advance(5)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.DONE, Verdict.FRESH, 0) == (ended.state, ended.verdict, ended.targets)
    assert {PAGE} == {look.url for look in ended.looks}
    assert [] == [*shop.cf.sent, *shop.shield.sent]


async def test_whoever_deployed_is_told_by_their_slack_id_where_that_is_known(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    core = replace(shop.core, current=Current(replace(shop.core.setup, people={"octocat": "U_MIA"})))
    taken = [await take(core, CI, name, replace(V2, actor=name)) for name in ("octocat", "hubot")]
    await shop.ledger.close()
    jobs = [one.job for one in taken if isinstance(one, Deployed)]
    assert ["U_MIA", "hubot"] == [job.deploy.actor for job in jobs if job.deploy]


async def test_a_version_that_was_out_before_is_a_rollback(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    seen = []
    for n, version in enumerate(("v1", "v2", "v2", "v1", "v3")):
        shop.clock.at += 60
        job = await deployed(shop, replace(V2, version=version), f"hook ci-shop {n}")
        assert job.deploy is not None
        seen.append((job.deploy.was, job.deploy.rollback))
    await shop.ledger.close()
    assert [("", False), ("v1", False), ("v2", False), ("v2", True), ("v1", False)] == seen


async def test_a_deploy_from_the_future_does_not_make_later_ones_older(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    await deployed(shop, replace(V2, at=shop.clock.at + 1e9), "github gh 1")
    shop.clock.at += 60
    later = await take(shop.core, CI, "github gh 2", replace(V2, version="v3", at=shop.clock.at - 1))
    await shop.ledger.close()
    assert isinstance(later, Deployed)


async def test_a_deploy_older_than_the_newest_of_its_sender_is_passed_over(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    newest = await deployed(shop, replace(V2, at=2000.0), "github gh 2")
    older = await take(shop.core, CI, "github gh 1", replace(V2, version="v1", at=1000.0))
    again = await take(shop.core, CI, "github gh 2", replace(V2, at=2000.0))
    await shop.ledger.close()
    assert Overtaken("v2") == older
    assert Deployed(newest) == again


async def test_while_the_site_is_held_a_deploy_waits_and_is_not_lost(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(NEW)
    hold = Hold("shop", "U_LEA", "sale", shop.clock.now(), shop.clock.now() + 600)
    await shop.ledger.write(lambda books: books.holds.keep("shop", hold))
    job = await deployed(shop, V2)
    await shop.slate.advance(5)
    waits = await shop.job(job.id)
    await shop.slate.advance(700)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert (State.QUEUED, True) == (waits.state, waits.held is not None)
    assert State.DONE is ended.state


async def test_things_that_cannot_be_read_are_all_named_and_nothing_is_done(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    told = replace(V2, urls=("https://other.test/a", "https://www.shop.test/b"), paths=("pricing",), tags=("",))
    taken = await take(shop.core, CI, "k", told)
    jobs = await shop.ledger.read(lambda books: books.jobs.recent(["shop"]))
    await shop.ledger.close()
    assert isinstance(taken, NotRead)
    assert ["url `https://other.test/a`", "path `pricing`", "tag ``"] == [what for what, _ in taken.unread]
    assert [] == jobs


@pytest.mark.parametrize("path", ["/*", "/news/*"])
async def test_a_star_is_no_wildcard_in_a_path(path: str, tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    taken = [await take(shop.core, CI, "k", replace(V2, paths=(path,))),
             await take(shop.core, CI, "k", replace(V2, urls=(f"https://www.shop.test{path}",)))]  # fmt: skip
    await shop.ledger.close()
    assert ["under `prefixes`, without the star." in one.told for one in taken if isinstance(one, NotRead)] == [
        True
    ] * 2


async def test_the_next_deploy_is_not_called_a_repeat_of_the_one_under_way(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    jobs = [await deployed(shop, replace(V2, version=version), version) for version in ("v2", "v3")]
    await shop.ledger.close()
    assert [(), ()] == [job.notes for job in jobs]


REFUSED = {
    "a site that is not the sender's": (replace(V2, site="blog"), CI, "There is no site blog for you."),
    "a token that may only read": (V2, replace(CI, may_command=False), "This token may only read."),
}


@pytest.mark.parametrize(("told", "by", "why"), REFUSED.values(), ids=REFUSED)
async def test_refused(told: Announced, by: Actor, why: str, tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    taken = await take(shop.core, by, "k", told)
    await shop.ledger.close()
    assert isinstance(taken, Refusal)
    assert (why, True) == (taken.what, taken.by_rule)


async def test_a_bot_that_only_observes_shows_the_plan(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    taken = await take(watching(shop), CI, "k", V2)
    await shop.ledger.close()
    assert isinstance(taken, Observed)
    assert [2] == [len(shown.plan.targets) for shown in taken.plans]


async def test_a_bot_that_only_observes_shows_the_site_that_comes_before_too(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    taken = await take(watching(shop), CI, "k", V2)
    await shop.ledger.close()
    assert isinstance(taken, Observed)
    assert ["staging", "shop"] == [shown.plan.site for shown in taken.plans]


def watching(shop: Shop) -> Core:
    """The core of a bot that only observes."""
    return replace(shop.core, current=Current(replace(shop.core.setup, observe=True)))


def pages_of(targets: Iterable[str]) -> set[str]:
    return {value.removeprefix("https://www.shop.test") for value in targets}


async def observed(shop: Shop, manifest: Mapping[str, str], key: str) -> PlanShown:
    """What a bot that only observes tells of a deploy of these files."""
    taken = await take(watching(shop), CI, key, replace(V2, paths=(), manifest=manifest))
    assert isinstance(taken, Observed)
    return taken.plans[0]


BARE = replace(RULED, deploy=replace(RULED.deploy, widen=(), always=()))
B_CHANGED = BUILT | {"content/news/b.md": "ffffffff"}


async def test_a_bot_that_only_observes_tells_what_the_files_came_to_beside_the_last_ones(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, BARE)
    first = await observed(shop, BUILT | {"README.md": "11111111"}, "1")
    then = await observed(shop, B_CHANGED | {"README.md": "22222222"}, "2")
    same = await observed(shop, B_CHANGED | {"README.md": "22222222"}, "3")
    await shop.ledger.close()
    assert {"/", "/news/a", "/news/b"} == pages_of(target.value for target in first.plan.targets)
    assert (
        "No manifest of an earlier deploy to compare with: all 4 files count as changed.",
        "1 hashed asset needs no purge: `app.4f3a9c1e.js`.",
        "1 changed file matches no rule and purges nothing: `README.md`.",
    ) == first.plan.notes
    assert {"/", "/news/b"} == pages_of(target.value for target in then.plan.targets)
    assert ("1 changed file matches no rule and purges nothing: `README.md`.",) == then.plan.notes
    assert ((), "nothing to purge") == (same.plan.targets, same.decision.rule)


async def test_the_first_deploy_that_purges_makes_up_for_all_that_were_only_observed(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, BARE)
    shop.edges.serves = dict(NEW)
    await observed(shop, BUILT | {"content/news/gone.md": "11111111"}, "1")
    job = await deployed(shop, replace(V2, paths=(), manifest=BUILT), "2")
    await shop.slate.advance(30)
    after = await deployed(shop, replace(V2, paths=(), manifest=BUILT), "3")
    await shop.ledger.close()
    assert {"/", "/news/a", "/news/b", "/news/gone"} == pages_of(job.sample)
    assert job.deploy is not None
    assert (
        "Nothing was purged for the 1 deploy before it: all 4 files count as changed, gone ones too.",
        "1 hashed asset needs no purge: `app.4f3a9c1e.js`.",
    ) == job.deploy.told
    assert 0 == after.targets


async def test_what_was_changed_and_changed_back_while_nothing_was_purged_is_purged(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, BARE)
    shop.edges.serves = dict(NEW)
    await deployed(shop, replace(V2, paths=(), manifest=BUILT), "1")
    await shop.slate.advance(30)
    await observed(shop, B_CHANGED, "2")
    job = await deployed(shop, replace(V2, paths=(), manifest=BUILT), "3")
    await shop.ledger.close()
    assert {"/", "/news/b"} == pages_of(job.sample)
    assert job.deploy is not None
    assert ("1 deploy before it is not purged, so what it changed counts too.",) == job.deploy.told


async def test_staging_is_proven_first_and_production_only_then(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves = {**NEW, "stg": "v1"}
    taken = await take(shop.core, CI, "k", replace(V2, urls=("https://www.shop.test/a?b=1",)))
    assert isinstance(taken, Deployed)
    first, then = taken.first[0].id, taken.job.id
    await shop.slate.advance(5)
    between = await shop.job(then)
    shop.edges.serves["stg"] = "v2"
    await shop.slate.advance(30)
    ended, after = await shop.job(first), await shop.job(then)
    told = await shop.events(then)
    await shop.ledger.close()
    assert (State.QUEUED, first) == (between.state, between.after)
    assert (("staging", Verdict.FRESH), ("shop", Verdict.FRESH)) == (
        (ended.site, ended.verdict), (after.site, after.verdict),
    )  # fmt: skip
    assert "https://stage.shop.test/a?b=1" in ended.look_urls
    assert Event.FIRST_PROVEN in told
    assert min(layer.started or 0 for layer in after.layers) > max(layer.ended or 0 for layer in ended.layers)


async def test_production_is_not_touched_where_staging_was_not_proven(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING)
    shop.edges.serves = {**NEW, "stg": "v1"}
    taken = await take(shop.core, CI, "k", V2)
    assert isinstance(taken, Deployed)
    await shop.slate.advance(300)
    ended = await shop.job(taken.job.id)
    await shop.ledger.close()
    assert (State.CANCELLED, "P-1, which comes first on staging, still serves the old") == (ended.state, ended.why)
    assert [] == shop.shield.sent


RULED_FIRST = replace(
    RULED,
    deploy=DeployRules(
        (
            FileRule("content/news/*.md", ("/news/*", "url https://www.shop.test/feed/*")),
            FileRule("layout/**", ("prefix www.shop.test/docs/",)),
        ),
        always=("/feed.xml",),
    ),
)  # fmt: skip
FIRST_FILES = {"content/news/a.md": "1a2b3c4d", "layout/x.html": "2b3c4d5e", "README.md": "3c4d5e6f"}


async def both(shop: Shop, manifest: object, key: str = "k", told: Announced = V2) -> tuple[JobView, JobView]:
    """The job on staging and that on the shop."""
    taken = await take(shop.core, CI, key, replace(told, paths=(), manifest=manifest))
    assert isinstance(taken, Deployed), taken
    return taken.first[0], taken.job


def bare(job: JobView) -> set[str]:
    return {value.removeprefix("https://").partition("/")[2] for value in job.sample}


async def test_what_the_rules_of_production_yield_is_purged_on_staging_first(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED_FIRST, STAGING)
    first, then = await both(shop, FIRST_FILES)
    await shop.ledger.close()
    assert {"feed.xml", "news/a", "feed/a", "docs/"} == bare(first) == bare(then)
    assert {"stage.shop.test"} == {
        value.removeprefix("prefix ").removeprefix("https://").partition("/")[0] for value in first.sample
    }
    assert first.deploy is not None
    assert (
        "staging has no rules for files of its own, so those of shop count.",
        "No manifest of an earlier deploy to compare with: all 3 files count as changed.",
        "1 changed file matches no rule and purges nothing: `README.md`.",
    ) == first.deploy.told


async def test_staging_is_compared_with_what_came_out_on_staging(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED_FIRST, STAGING)
    shop.edges.serves = {**NEW, "stg": "v1"}
    await both(shop, FIRST_FILES, "1")
    await shop.slate.advance(300)  # staging is purged and stays old, so production is given up
    shop.edges.serves["stg"] = "v2"
    first, then = await both(shop, FIRST_FILES | {"content/news/b.md": "ffffffff"}, "2")
    await shop.ledger.close()
    assert {"feed.xml", "news/b", "feed/b"} == bare(first)
    assert {"feed.xml", "news/a", "feed/a", "news/b", "feed/b", "docs/"} == bare(then)


async def test_the_rules_of_staging_win_where_it_has_some(tmp_path: Path) -> None:
    own = replace(STAGING, deploy=DeployRules((FileRule("content/**", ("/all",)),), always=("/up",)))
    shop = a_shop(tmp_path, RULED_FIRST, own)
    first, _ = await both(shop, FIRST_FILES)
    await shop.ledger.close()
    assert {"all", "up"} == bare(first)
    assert first.deploy is not None
    assert "those of shop" not in " ".join(first.deploy.told)


async def test_of_several_sites_that_come_first_each_goes_by_the_rules_of_the_next_that_has_some(
    tmp_path: Path,
) -> None:
    own = replace(STAGING, deploy=DeployRules((FileRule("content/**", ("/all",)),)))
    preview = replace(STAGING, name="preview", hosts=("pre.shop.test",), before="staging")
    by = replace(CI, sites=frozenset({"shop", "staging", "preview"}))
    shop = a_shop(tmp_path, RULED_FIRST, own, preview)
    taken = await take(shop.core, by, "k", replace(V2, paths=(), manifest=FIRST_FILES))
    await shop.ledger.close()
    assert isinstance(taken, Deployed)
    assert [{"https://pre.shop.test/all", "https://pre.shop.test/feed.xml"},
            {"https://stage.shop.test/all", "https://stage.shop.test/feed.xml"}] == [
        set(job.sample) for job in taken.first
    ]  # fmt: skip


async def test_a_manifest_of_addresses_and_prefixes_with_a_host_are_meant_on_staging_too(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, RULED_FIRST, STAGING)
    built = {"a": {"file": "https://www.shop.test/content/news/a.md"}}
    named = replace(V2, prefixes=("www.shop.test/blog/", "https://www.shop.test/b/", "/c/"))
    first, _ = await both(shop, built, told=named)
    await shop.ledger.close()
    assert {"news/a", "feed/a", "feed.xml", "blog/", "b/", "c/"} == bare(first)


async def test_what_staging_may_purge_whole_is_what_production_may(tmp_path: Path) -> None:
    rules = DeployRules((FileRule("content/news/*.md", ("/news/*",)),), ("/news/",))
    shop = a_shop(tmp_path, replace(SHOP, deploy=rules), replace(STAGING, layers=SHOP.layers))
    first, _ = await both(shop, {f"content/news/{n}.md": f"{n:08x}" for n in range(14)})
    await shop.ledger.close()
    assert ("stage.shop.test/news/",) == first.sample


async def test_where_nothing_can_be_named_on_staging_that_is_said_and_not_looked_at_for_minutes(tmp_path: Path) -> None:
    own = replace(STAGING, deploy=DeployRules((FileRule("other/**", ("/all",)),)))
    shop = a_shop(tmp_path, replace(RULED, deploy=replace(RULED.deploy, always=())), own)
    shop.edges.serves = {**NEW, "stg": "v1"}
    taken = await take(shop.core, CI, "k", replace(V2, paths=(), manifest=BUILT))
    assert isinstance(taken, Deployed)
    await shop.slate.advance(10)
    first, then = await shop.job(taken.first[0].id), await shop.job(taken.job.id)
    await shop.ledger.close()
    assert ("P-1, which comes first on staging, has nothing to purge there.",) == taken.notes
    assert (State.DONE, Verdict.STALE, 2) == (first.state, first.verdict, first.round)
    why = "P-1, which comes first on staging, had nothing to purge and still serves the old"
    assert (State.CANCELLED, why) == (then.state, then.why)


async def test_what_is_expected_is_waited_for_although_nothing_was_purged(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = {"origin": "v1", "fra": "v1", "iad": "v1"}
    job = await deployed(shop, replace(V2, paths=(), expected=SHOWS_V2))
    await shop.slate.advance(200)
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert 5 == ended.round


STAGING_ALONE = Policy((Rule("staging", Conditions((CI.id,), sites=frozenset({"staging"})), Run()),))
WORKS = frozenset({Kind.URL, Kind.PATH, Kind.PREFIX})
BOTH_HALVES: dict[str, tuple[Announced, Policy | None, Most, str]] = {
    "a layer of production cannot": (
        replace(V2, tags=("pages",)), None, Most(),
        "shop: Varnish (shield) purges no tags, and no URL was seen under tag pages yet. Name the URLs instead."
        " Every layer of shop can purge `urls`, `paths` and `prefixes`. staging is not purged either.",
    ),
    "the policy forbids production": (
        V2, STAGING_ALONE, Most(),
        "shop: No rule lets you purge paths on shop ",
    ),
    "production's account is full": (V2, None, Most(jobs=1), "shop: cf has 1 open job"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "policy", "most", "says"), BOTH_HALVES.values(), ids=BOTH_HALVES)
async def test_where_one_half_is_refused_the_other_is_not_begun(
    told: Announced, policy: Policy | None, most: Most, says: str, tmp_path: Path
) -> None:
    shop = a_shop(tmp_path, SHOP, STAGING, policy=policy)
    shop.shield.can = replace(shop.shield.can, kinds=WORKS)
    taken = await take(replace(shop.core, current=Current(replace(shop.core.setup, most=most))), CI, "k", told)
    await shop.slate.advance(60)
    jobs = await shop.ledger.read(lambda books: books.jobs.recent(["shop", "staging"]))
    denied = await shop.ledger.read(lambda books: books._tx.rows("select event from journal where event = 'denied'"))
    await shop.ledger.close()
    assert isinstance(taken, Refusal)
    assert f"{taken.what} {taken.advice}".startswith(says)
    assert ([], []) == (jobs, [*shop.cf.sent, *shop.shield.sent])
    assert (policy is not None) == len(denied)


async def test_a_quiet_deploy_that_goes_well_is_not_told(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.edges.serves = dict(NEW)
    job = await deployed(shop, replace(V2, quiet=True))
    await shop.slate.advance(10)
    note = await shop.ledger.read(lambda books: books.messages.find(job.id, Role.ROOT))
    await shop.ledger.close()
    assert None is note


async def test_a_quiet_deploy_that_does_not_go_is_told_and_its_deployer_called(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    shop.shield.script = [Refused("Varnish will not.", "Mend it.")] * 10
    job = await deployed(shop, replace(V2, quiet=True, actor="U_MIA"))
    await shop.slate.advance(60)
    roles = [Role.ROOT, Role.OUTCOME]
    found = await shop.ledger.read(lambda books: [books.messages.find(job.id, role) for role in roles])
    ended = await shop.job(job.id)
    await shop.ledger.close()
    assert State.FAILED is ended.state
    assert ["root", "outcome"] == [str(message.role) for message in found if message]


def test_pages_of_one_site_on_another_host_by_host() -> None:
    site = replace(SHOP, hosts=("www.shop.test", "img.shop.test"))
    other = replace(STAGING, hosts=("stage.shop.test", "stage-img.shop.test"), schemes=("http",))
    urls = ("https://img.shop.test/a.png?x=%2F", "https://www.shop.test/", "https://img.shop.test/a.png?x=%2F")
    assert ("http://stage-img.shop.test/a.png?x=%2F", "http://stage.shop.test/") == elsewhere(urls, site, other)


TEN = tuple(f"content/news/{n}.md" for n in range(10))
MANY = tuple(f"content/news/{n:03}.md" for n in range(300))
WIDENED = replace(RULED, deploy=replace(RULED.deploy, always=(), files=(FileRule("content/news/*.md", ("/news/*",)),)))


async def widened_deploy(shop: Shop, files: tuple[str, ...], told: Announced = V2) -> JobView:
    """A deploy of these files, ended."""
    shop.edges.serves = {**NEW, "fra": "v1", "iad": "v1"}
    shop.edges.becomes = {}
    job = await deployed(shop, replace(told, paths=(), changed=files))
    shop.edges.serves = dict(NEW)
    await shop.slate.advance(200)
    return await shop.job(job.id)


async def test_the_pages_that_a_prefix_is_purged_in_place_of_are_looked_at(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, WIDENED)
    ended = await widened_deploy(shop, TEN)
    await shop.ledger.close()
    pages = {f"{PAGE}news/{n}" for n in range(10)}
    assert ("www.shop.test/news/",) == ended.sample
    assert pages <= {*ended.look_urls}
    assert (Verdict.FRESH, pages) == (ended.verdict, pages & {*ended.covered})
    assert outcome(ended, 0.0) == "🟢 shop v2 · P-1 fresh at fra, iad · prefix www.shop.test/news/"


async def test_of_many_such_pages_a_sample_of_all_is_looked_at_and_counted(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, WIDENED)
    ended = await widened_deploy(shop, MANY)
    steps = await shop.ledger.read(lambda books: books.messages.steps(ended.id))
    await shop.ledger.close()
    fifths = [int(at.rpartition("/")[2]) // 5 for at in ended.look_urls if at.startswith(f"{PAGE}news/0")]
    assert [*range(20)] == fifths
    part = "60 of 300 pages under prefixes"
    assert outcome(ended, 0.0).startswith(f"🟢 shop v2 · P-1 fresh where looked at: {part}, at fra, iad · prefix ")
    assert [True] == [told.text.endswith(f"looked at {part}") for _, told in steps if told.event is Event.LOOKED]
    told = job_record(ended)["deploy"]
    assert isinstance(told, dict)
    assert (300, 60) == (told["pages_under_prefixes"], told["pages_under_prefixes_looked_at"])


async def test_a_page_that_a_named_prefix_covers_is_looked_at(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, replace(WIDENED, deploy=replace(WIDENED.deploy, widen=())))
    await shop.ledger.write(lambda books: books.known.remember("shop", f"{PAGE}news/by-chance", (), 1.0))
    ended = await widened_deploy(shop, TEN[:2], replace(V2, prefixes=("/news/",)))
    await shop.ledger.close()
    assert {f"{PAGE}news/0", f"{PAGE}news/1", f"{PAGE}news/by-chance"} <= {*ended.covered}


async def test_a_page_that_a_rule_purges_by_its_prefix_is_looked_at(tmp_path: Path) -> None:
    rules = (*WIDENED.deploy.files, FileRule("layout/**", ("prefix /news/",)))
    shop = a_shop(tmp_path, replace(WIDENED, deploy=DeployRules(rules)))
    ended = await widened_deploy(shop, (*TEN[:1], "layout/a"))
    await shop.ledger.close()
    assert (("www.shop.test/news/",), True) == (ended.sample, f"{PAGE}news/0" in ended.covered)


async def test_what_is_purged_once_more_is_held_against_the_same_pages(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, WIDENED)
    ended = await widened_deploy(shop, TEN)
    again = await deeds.purge_again(shop.core, Asking(CI, "again", "slack", "C_SHOP"), ended.id)
    await shop.ledger.close()
    assert isinstance(again, JobMade)
    assert {f"{PAGE}news/{n}" for n in range(10)} <= {*again.job.look_urls}


async def test_what_is_expected_takes_its_room_from_what_is_named_and_not_from_tags(tmp_path: Path) -> None:
    shop = a_shop(tmp_path)
    await shop.ledger.write(lambda books: books.known.remember("shop", f"{PAGE}tagged", ("news",), 1.0))
    told = replace(V2, paths=tuple(f"/{n}" for n in range(90)), tags=("news",), expected=SHOWS_V2)
    job = await deployed(shop, told)
    await shop.ledger.close()
    assert (PAGE, True) == (job.look_urls[0], f"{PAGE}tagged" in job.look_urls)


async def test_what_a_deploy_costs_is_told_with_what_would_save_it(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, replace(WIDENED, deploy=replace(WIDENED.deploy, widen=())))
    shop.cf.cost_money(Price(0.005))
    taken = await take(shop.core, CI, "k", replace(V2, changed=MANY))
    assert isinstance(taken, Deployed)
    under_way = plain(root_card(taken.job, 0.0))
    await shop.slate.advance(200)
    ended = await shop.job(taken.job.id)
    await shop.ledger.close()
    cost = "It costs about $1.51. Naming /news/ in `widen` would save about $1.50."
    assert (cost,) == taken.notes
    assert cost.replace("`", "") in under_way
    assert cost.replace("`", "") in plain(root_card(ended, 0.0))
    assert (State.QUEUED, cost) == (taken.job.state, ended.deploy and ended.deploy.cost)


COSTS: dict[str, tuple[Site, Policy | None, Announced, Price, str]] = {
    "what costs nothing": (SHOP, None, V2, Price(0.005, free=1000), ""),
    "pages in no folder": (SHOP, None, V2, Price(0.005), "It costs about $0.01."),
    "a prefix that needs a vote": (
        SHOP, built_in(APPROVERS), replace(V2, paths=("/f/a", "/f/b")), Price(0.005), "It costs about $0.01.",
    ),
    "what is widened": (
        WIDENED, None, replace(V2, paths=("/news/a", "/news/b")), Price(0.005), "It costs about $0.005.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("site", "policy", "told", "price", "says"), COSTS.values(), ids=COSTS)
async def test_costs(
    site: Site, policy: Policy | None, told: Announced, price: Price, says: str, tmp_path: Path
) -> None:
    shop = a_shop(tmp_path, site, policy=policy)
    shop.cf.cost_money(price)
    job = await deployed(shop, told, by=replace(CI, is_sender=policy is None))
    await shop.ledger.close()
    assert says == (job.deploy and job.deploy.cost)


FOLDERS = {
    "one folder": (["/f/1", "/f/2"], "/f/"),
    "the deepest": (["/f/a/1", "/f/a/2?x=/y/"], "/f/a/"),
    "that of the most": (["/f/a/1", "/f/b/2", "/g/1", "/"], "/f/"),
    "none": (["/a", "/b", "/?x=/y/"], ""),
}


@pytest.mark.parametrize(("paths", "folder"), FOLDERS.values(), ids=FOLDERS)
def test_the_folder_that_would_stand_for_the_most(paths: list[str], folder: str) -> None:
    assert folder == most_shared(paths)
