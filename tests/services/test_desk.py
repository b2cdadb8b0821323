"""The desk: text and actor in, a reply out, the same behind every door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command
from bot.domain.grammar.speech import VERBS
from bot.domain.jobs.job import State
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Ask, Conditions, Refuse, Rule
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Site
from bot.domain.undone import Undone, Way
from bot.services.desk import Desk
from bot.services.replies import (
    BadLinesFound,
    Checked,
    FormWanted,
    HelpShown,
    HostToConfirm,
    JobMade,
    JobShown,
    JobsListed,
    NotUnderstood,
    PlanShown,
    Refusal,
    Reply,
    SitesListed,
    WhoAmI,
)
from bot.services.requests.purges import Asking
from bot.services.setup import Current
from providers.contract import Kind, Seen
from providers.errors import BadCredentials
from tests.services.shop import GUEST, LEA, MIA, SHOP, Shop, open_shop

CI = Actor("token:ci", Standing.TOKEN, sites=frozenset({"shop"}))
OTHER = Actor("token:other", Standing.TOKEN, sites=frozenset({"bank"}))
EYE = Actor("token:eye", Standing.TOKEN, sites=frozenset({"shop"}), may_command=False)


async def say(shop: Shop, by: Actor, text: str, key: str = "", *more: str) -> Reply:
    asking = Asking(by, key or shop.core.dice.token(), "api" if by.is_token else "slack", "C_SHOP")
    return await Desk(shop.core).ask(asking, text, more)


REPLIES = [
    pytest.param(MIA, "https://www.shop.test/a", JobMade, id="a-url"),
    pytest.param(MIA, "/a", JobMade, id="a-path-in-the-sites-channel"),
    pytest.param(MIA, "/news/* because redesign", JobMade, id="a-prefix-waits"),
    pytest.param(MIA, "www.shop.test", HostToConfirm, id="a-bare-host-is-confirmed"),
    pytest.param(MIA, "host www.shop.test", FormWanted, id="the-only-host-is-asked-as-everything"),
    pytest.param(MIA, "prefix / on shop", FormWanted, id="a-root-prefix-is-asked-as-everything"),
    pytest.param(CI, "prefix / on shop because x", Refusal, id="a-root-prefix-of-a-token-must-be-confirmed"),
    pytest.param(LEA, "everything on shop because leak", FormWanted, id="everything-opens-a-form"),
    pytest.param(LEA, "everything on shop", FormWanted, id="everything-without-a-reason-asks-in-the-form"),
    pytest.param(LEA, "everything on shop because leak --confirm shop", JobMade, id="typed-confirmation"),
    pytest.param(CI, "everything on shop because leak", Refusal, id="a-token-must-confirm"),
    pytest.param(CI, "everything on shop because leak --confirm shop", JobMade, id="a-token-that-confirms"),
    pytest.param(MIA, "https://www.shop.test/a https://evil.test/", BadLinesFound, id="bad-beside-good"),
    pytest.param(MIA, "plan https://www.shop.test/a https://evil.test/", BadLinesFound, id="plan-of-bad-beside-good"),
    pytest.param(MIA, "check https://www.shop.test/a https://evil.test/", BadLinesFound, id="check-bad-beside-good"),
    pytest.param(MIA, "lint https://www.shop.test/a https://evil.test/", BadLinesFound, id="lint-bad-beside-good"),
    pytest.param(MIA, "warm https://www.shop.test/a https://evil.test/", BadLinesFound, id="warm-bad-beside-good"),
    pytest.param(MIA, "plan https://www.shop.test/a", PlanShown, id="plan"),
    pytest.param(MIA, "https://www.shop.test/a --dry-run", PlanShown, id="dry-run"),
    pytest.param(MIA, "check https://www.shop.test/a", Checked, id="check"),
    pytest.param(MIA, "frobnicate", NotUnderstood, id="nonsense"),
    pytest.param(MIA, "status", JobsListed, id="status"),
    pytest.param(MIA, "show P-9", Refusal, id="a-job-that-is-none"),
    pytest.param(MIA, "sites", SitesListed, id="sites"),
    pytest.param(MIA, "whoami", WhoAmI, id="whoami"),
    pytest.param(GUEST, "help", HelpShown, id="help-for-a-guest"),
    pytest.param(GUEST, "https://www.shop.test/a", Refusal, id="a-guest-does-not-purge"),
    pytest.param(GUEST, "status", Refusal, id="a-guest-sees-no-jobs"),
    pytest.param(EYE, "status", JobsListed, id="a-reading-token-reads"),
    pytest.param(EYE, "check https://www.shop.test/a", Refusal, id="a-reading-token-does-not-command"),
    pytest.param(OTHER, "https://www.shop.test/a", NotUnderstood, id="another-tokens-site-has-no-name"),
    pytest.param(CI, "approve P-1", Refusal, id="a-token-does-not-vote"),
    pytest.param(MIA, "https://www.shop.test/a only nowhere", NotUnderstood, id="an-account-that-is-none"),
]


@pytest.mark.parametrize(("by", "text", "expected"), REPLIES)
async def test_what_is_answered(tmp_path: Path, by: Actor, text: str, expected: type[Reply]) -> None:
    shop = open_shop(tmp_path)
    reply = await say(shop, by, text)
    await shop.ledger.close()
    assert expected is type(reply), reply


async def test_a_plan_says_what_a_purge_then_does(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    planned = await say(shop, MIA, "plan /news/* /a on shop because x")
    made = await say(shop, MIA, "/news/* /a on shop because x")
    await shop.ledger.close()
    assert isinstance(planned, PlanShown)
    assert isinstance(made, JobMade)
    assert planned.plan.digest == made.job.digest
    assert isinstance(planned.decision, Ask)
    assert [len(layer.calls) for layer in planned.plan.layers] == [layer.calls for layer in made.job.layers]


async def test_a_spoken_root_prefix_is_judged_as_everything(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    planned = await say(shop, MIA, "plan prefix / on shop because x")
    await shop.ledger.close()
    assert isinstance(planned, PlanShown)
    assert (Kind.PREFIX, Kind.EVERYTHING) == (planned.plan.kind, planned.plan.effect)
    assert isinstance(planned.decision, Ask)
    assert 2 == planned.decision.needed


async def test_only_one_account_is_purged_when_told_so(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, "https://www.shop.test/a only cf")
    await shop.slate.advance(200)
    await shop.ledger.close()
    assert (0, 1) == (len(shop.shield.sent), len(shop.cf.sent))


async def test_an_observing_bot_shows_the_plan_and_sends_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.core = replace(shop.core, current=Current(replace(shop.core.setup, observe=True)))
    replies = [
        await say(shop, LEA, text)
        for text in ("https://www.shop.test/a", "everything on shop because x", "www.shop.test")
    ]
    await shop.slate.advance(200)
    await shop.ledger.close()
    assert [True] * 3 == [isinstance(reply, PlanShown) and reply.observing for reply in replies]
    assert 0 == len(shop.shield.sent) + len(shop.cf.sent)


async def test_900_targets_beside_the_line_are_one_job(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    reply = await say(shop, CI, "purge", "", *[f"https://www.shop.test/{n}" for n in range(900)])
    await shop.ledger.close()
    assert isinstance(reply, JobMade)
    assert (900, State.WAITING) == (reply.job.targets, reply.job.state)


AMS, HND = Seen("AMS", 200, {"etag": '"v2"'}), Seen("HND", 200, {"etag": '"v1"'})
SILENT, BARE = Seen("FRA", problem="error-timeout-fra"), Seen("GRU", 200)
FROM_WITHIN = {
    "fresh and old": ([AMS, HND], ["Fastly AMS", "Fastly HND"], Verdict.STALE, ""),
    "what says nothing is left out": ([AMS, SILENT, BARE], ["Fastly AMS"], Verdict.FRESH, ""),
    "not allowed": (
        BadCredentials("The token may not.", "Give it `global:read`."), [], Verdict.FRESH,
        "Fastly's own places could not be asked: The token may not. Give it `global:read`.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sees", "places", "verdict", "problem"), FROM_WITHIN.values(), ids=FROM_WITHIN)
async def test_a_check_asks_the_provider_for_its_own_places(
    tmp_path: Path, sees: list[Seen] | BadCredentials, places: list[str], verdict: Verdict, problem: str
) -> None:
    shop = open_shop(tmp_path)
    shop.cf.title, shop.cf.sees = "Fastly", sees
    shop.edges.serves |= {"fra": "v2", "iad": "v2"}
    reply = await say(shop, MIA, "check https://www.shop.test/a")
    many = await say(shop, MIA, "check https://www.shop.test/a https://www.shop.test/b")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert isinstance(many, Checked)
    assert (verdict, problem) == (reply.judgement.verdict, reply.problem)
    assert places == [look.place for look in reply.looks if look.place.startswith("Fastly ")]
    assert {"origin", "fra", "iad"} == {look.place for look in many.looks}


async def test_a_check_tells_of_own_places_what_says_nothing(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.title, shop.cf.sees = "Fastly", [AMS, SILENT, BARE]
    reply = await say(shop, MIA, "check https://www.shop.test/a")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert [
        "2 of 3 places that were asked through the provider tell nothing: Fastly FRA (error-timeout); Fastly GRU (no "
        "ETag, and no hash to hold against the origin's). Fastly AMS by the ETag alone: no body was compared."
    ] == list(reply.notes)


async def test_a_check_of_several_urls_says_that_own_places_were_not_asked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.title, shop.cf.can = "Fastly", replace(shop.cf.can, looks=True)
    one = await say(shop, MIA, "check https://www.shop.test/a")
    many = await say(shop, MIA, "check https://www.shop.test/a https://www.shop.test/b")
    await shop.ledger.close()
    assert isinstance(one, Checked)
    assert isinstance(many, Checked)
    told = "Fastly's own places were not asked: that is for a check of one URL."
    assert (False, True) == (told in one.notes, told in many.notes)


async def test_a_check_compares_edges_with_the_origin(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.serves = {"origin": "v2", "fra": "v2", "iad": "v1"}
    reply = await say(shop, MIA, "check https://www.shop.test/a")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert (Verdict.STALE, ("fra",), ("iad",)) == (
        reply.judgement.verdict,
        reply.judgement.fresh_at,
        reply.judgement.stale_at,
    )


async def test_a_check_of_more_than_it_looks_at_is_not_fresh(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.edges.serves = {"origin": "v2", "fra": "v2", "iad": "v2"}
    reply = await say(shop, MIA, f"check {' '.join(f'https://www.shop.test/{n}' for n in range(103))}")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert (100, ["https://www.shop.test/100", "https://www.shop.test/101", "https://www.shop.test/102"]) == (
        len(reply.urls),
        list(reply.left_out),
    )
    told = "100 of 103 URLs were looked at, and those are fresh"
    assert (Verdict.UNKNOWN, told) == (reply.judgement.verdict, reply.judgement.why)


async def test_a_check_tells_the_job_that_purges_what_is_old(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, "/news/* on shop because x")
    reply = await say(shop, MIA, "check https://www.shop.test/news/1 https://www.shop.test/a")
    await shop.ledger.close()
    assert isinstance(reply, Checked)
    assert {"https://www.shop.test/news/1": "P-1"} == {url: job.name for url, job in reply.under_way.items()}


async def test_status_of_one_job_and_of_all(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    await say(shop, MIA, "/news/* because x")
    listed = await say(shop, MIA, "status")
    shown = await say(shop, MIA, "P-1")
    await shop.ledger.close()
    assert isinstance(listed, JobsListed)
    assert ["P-1"] == [job.name for job in listed.jobs]
    assert isinstance(shown, JobShown)
    assert State.WAITING == shown.job.state


async def test_a_bare_host_sends_nothing_until_it_is_confirmed(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    reply = await say(shop, MIA, "www.shop.test because x")
    await shop.slate.advance(100)
    assert isinstance(reply, HostToConfirm)
    draft = await shop.ledger.read(lambda books: books.intake.draft(reply.draft, shop.clock.now()))
    gone = await shop.ledger.read(lambda books: books.intake.draft(reply.draft, shop.clock.now() + 600))
    await shop.ledger.close()
    assert draft is not None
    assert "U_MIA" == draft[0]
    assert gone is None
    assert 0 == len(shop.shield.sent)


async def test_the_form_says_what_is_soft_and_offers_what_every_layer_can_do(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    shop.cf.mark_as_stale()
    forms = [await say(shop, LEA, f"everything on shop {how} because leak") for how in ("soft", "hard")]
    await shop.ledger.close()
    assert [("soft at Cloudflare", 1), ("", 1)] == [
        (form.softly, len(form.narrower)) for form in forms if isinstance(form, FormWanted)
    ]


async def test_what_is_narrower_in_the_form_keeps_all_else_that_was_said(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    asking = Asking(LEA, "form", "slack", "C_SHOP")
    form = await Desk(shop.core).ask(asking, "everything on shop soft --no-check in 10m because embargo")
    await shop.ledger.close()
    assert isinstance(form, FormWanted)
    [line] = form.narrower
    understood = Desk(shop.core).understand(LEA, "C_SHOP", line)
    assert isinstance(understood, Command)
    assert ("https://www.shop.test/", True, False, "embargo", "in 10m") == (
        understood.targets[0].value, understood.soft, understood.check, understood.reason, understood.when,
    )  # fmt: skip


NOT_LISTED = [
    pytest.param(MIA, {"approve", "deny", "break-glass", "review"}, False, id="a-member"),
    pytest.param(LEA, {"break-glass"}, True, id="an-approver"),
    pytest.param(CI, {"approve", "deny", "break-glass", "review"}, False, id="a-token"),
    pytest.param(
        EYE,
        {"approve", "deny", "break-glass", "review", "purge", "plan", "check", "lint", "why", "warm", "doctor", "hold",
         "cancel", "retry", "run"},
        False,
        id="a-token-that-only-reads",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("by", "barred", "hurries"), NOT_LISTED)
async def test_help_lists_what_the_caller_may_do(tmp_path: Path, by: Actor, barred: set[str], hurries: bool) -> None:
    shop = open_shop(tmp_path)
    reply, asked = await say(shop, by, "help"), await say(shop, by, "help break-glass")
    await shop.ledger.close()
    assert isinstance(reply, HelpShown)
    assert isinstance(asked, HelpShown)
    lines = reply.text.splitlines()
    assert barred == {row.verb.value for row in VERBS if f"/purge {row.usage} · {row.what}" not in lines}
    assert hurries == any(line.startswith("--urgent") for line in lines)
    assert asked.text.splitlines()[-1].startswith("Not for you: ")


DENIED = Rule("never-all", Conditions(kinds=frozenset({Kind.EVERYTHING})), Refuse(), say="Purge a prefix instead.")
FOR_NOW = replace(DENIED, when=replace(DENIED.when, during=Days(0.0, 4e9, "for long")))
NEWS = replace(SHOP, name="news", hosts=("www.news.test",))
HELPED = [
    pytest.param((), (SHOP,), True, id="a-rule-asks"),
    pytest.param((DENIED,), (SHOP,), False, id="a-rule-denies-it"),
    pytest.param((FOR_NOW,), (SHOP,), True, id="for-some-days"),
    pytest.param(
        (replace(DENIED, when=replace(DENIED.when, sites=frozenset({"shop"}))),), (SHOP, NEWS), True, id="on-one-site"
    ),
]


@pytest.mark.parametrize(("first", "sites", "offered"), HELPED)
async def test_help_leaves_out_what_a_rule_denies_on_every_site(
    first: tuple[Rule, ...], sites: tuple[Site, ...], offered: bool, tmp_path: Path
) -> None:
    shop = open_shop(tmp_path)
    setup = shop.core.setup
    policy = replace(setup.policy, rules=(*first, *setup.policy.rules))
    shop.core.current.become(replace(setup, policy=policy, sites={site.name: site for site in sites}))
    overview, named = await say(shop, MIA, "help"), await say(shop, MIA, "help everything")
    await shop.ledger.close()
    assert isinstance(overview, HelpShown)
    assert isinstance(named, HelpShown)
    assert (offered, offered) == (
        any(line.startswith("everything ·") for line in overview.text.splitlines()),
        "Not for you: Purge a prefix instead." not in named.text,
    )


async def test_a_plan_tells_which_of_its_accounts_has_no_secret(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    of_cf = Undone("Account cf cannot purge: CF_TOKEN is not set.", Way.SET, "CF_TOKEN=…", account="cf")
    shop.core.undone.configure((of_cf, replace(of_cf, account="another"), replace(of_cf, account="")))
    planned = await say(shop, MIA, "plan /a")
    await shop.ledger.close()
    assert isinstance(planned, PlanShown)
    assert (of_cf,) == planned.lacking
