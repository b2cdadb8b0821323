"""A purge counts as soft where all of it is carried out so: what a layer removes at once is judged as hard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Approve, Conditions, Policy, Rule, Run
from bot.domain.target import Target
from bot.services.deeds import purge_again
from bot.services.desk import Desk
from bot.services.replies import JobMade, PlanShown
from bot.services.requests.planning import make_plan
from bot.services.requests.purges import Asking
from bot.services.running.halves import halves
from bot.services.voting.allowed import may_do
from providers.contract import Call, Kind, Purge
from tests.services.shop import MIA, SHOP, ScriptedProvider, Shop, open_shop, url

POLICY = Policy(
    rules=(
        Rule("softly", Conditions(soft=True), Run()),
        Rule("rest", Conditions(), Approve(1, ("U_SAM", "U_KIM"))),
    )
)
EVERY, PAGES, NONE = frozenset(Kind), frozenset({Kind.URL}), frozenset[Kind]()
HARD = "To the policy this is a hard purge, since"

# what the shield softens, what Cloudflare softens, the site's own mode, what is typed; which rule, and what is told
JUDGED = {
    "both layers soften": (EVERY, EVERY, False, "prefix /a/ soft", "softly", ""),
    "one layer purges hard": (NONE, EVERY, False, "prefix /a/ soft", "rest", f"{HARD} Varnish purges hard"),
    "both purge hard": (NONE, NONE, False, "prefix /a/ soft", "rest", f"{HARD} Varnish and Cloudflare purge hard"),
    "the kind is not softened": (PAGES, EVERY, False, "prefix /a/ soft", "rest", f"{HARD} Varnish purges hard"),
    "only the layer that softens": (NONE, EVERY, False, "prefix /a/ soft only cf", "softly", ""),
    "only the layer that does not": (
        NONE, EVERY, False, "prefix /a/ soft only shield", "rest", f"{HARD} Varnish purges hard",
    ),
    "the site is soft": (EVERY, EVERY, True, "prefix /a/", "softly", ""),
    "the site is soft, and a layer is not": (
        NONE, EVERY, True, "prefix /a/", "rest", f"{HARD} Varnish purges hard",
    ),
    "hard is typed": (EVERY, EVERY, True, "prefix /a/ hard", "rest", ""),
}  # fmt: skip


def shop_of(path: Path, shield: frozenset[Kind], cf: frozenset[Kind], soft: bool = False) -> Shop:
    shop = open_shop(path)
    shop.shield.can, shop.cf.can = replace(shop.shield.can, soft=shield), replace(shop.cf.can, soft=cf)
    site = replace(SHOP, soft=soft)
    shop.core.current.become(replace(shop.core.setup, sites={"shop": site}, policy=POLICY))
    return shop


@pytest.mark.parametrize(("shield", "cf", "soft", "typed", "rule", "told"), JUDGED.values(), ids=JUDGED)
async def test_the_mode_is_judged_as_it_is_carried_out(
    shield: frozenset[Kind], cf: frozenset[Kind], soft: bool, typed: str, rule: str, told: str, tmp_path: Path
) -> None:
    shop = shop_of(tmp_path, shield, cf, soft)
    desk = Desk(shop.core)
    shown = await desk.ask(Asking(MIA, "one", "slack", "C_SHOP"), f"plan {typed} on shop because x")
    made = await desk.ask(Asking(MIA, "two", "slack", "C_SHOP"), f"{typed} on shop because x")
    await shop.ledger.close()
    assert isinstance(shown, PlanShown)
    assert isinstance(made, JobMade)
    assert (rule, rule) == (shown.decision.rule, made.job.rule)
    assert ([told] if told else [], [told] if told else []) == (
        [note for note in shown.plan.notes if note.startswith(HARD)],
        [note for note in made.job.notes if note.startswith(HARD)],
    )


def plan_of(shop: Shop, *targets: Target, soft: bool = True) -> Plan:
    return make_plan(Command(Verb.PURGE, targets, "shop", soft), SHOP, shop.core.setup.providers, {})


async def test_a_layer_that_softens_some_of_what_is_asked_says_which_it_removes(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, PAGES, EVERY)
    plan = plan_of(shop, url("/b"), Target(Kind.PREFIX, "/a/", "shop"))
    await shop.ledger.close()
    assert (False, [True, True]) == (plan.soft, [layer.soft for layer in plan.layers])
    assert ["Varnish knows no soft purge of prefixes: those hard", ""] == [layer.note for layer in plan.layers]


async def test_the_digest_tells_at_which_layers_a_purge_is_soft(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, NONE, EVERY)
    partly, hard = plan_of(shop, url("/a")), plan_of(shop, url("/a"), soft=False)
    shop.cf.can = replace(shop.cf.can, soft=NONE)
    nowhere = plan_of(shop, url("/a"))
    shop.cf.can = shop.shield.can = replace(shop.cf.can, soft=EVERY)
    wholly = plan_of(shop, url("/a"))
    await shop.ledger.close()
    assert 3 == len({partly.digest, hard.digest, wholly.digest})
    assert hard.digest == nowhere.digest


async def test_what_was_soft_at_one_layer_is_asked_for_again_as_softly(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, NONE, EVERY)
    asking = Asking(MIA, "one", "slack", "C_SHOP")
    policy = Policy(rules=(Rule("all", Conditions(), Run()),))
    shop.core.current.become(replace(shop.core.setup, policy=policy))
    made = await Desk(shop.core).ask(asking, "/a soft on shop")
    await shop.slate.advance(600)
    again = await purge_again(shop.core, asking, 1)
    await shop.ledger.close()
    assert isinstance(made, JobMade)
    assert isinstance(again, JobMade)
    assert [(False, [False, True])] * 2 == [
        (one.job.soft, [layer.soft for layer in one.job.layers]) for one in (made, again)
    ]


@pytest.mark.parametrize(
    ("shield", "expected"),
    [
        pytest.param(EVERY, "URLs, paths, tags, prefixes, hosts, patterns or everything at once", id="all-is-soft"),
        pytest.param(
            PAGES,
            "URLs or paths at once; a tag, prefix, host, pattern or everything needs 1 approval",
            id="only-pages-are",
        ),
    ],
)
async def test_what_one_may_do_is_told_by_what_is_carried_out(
    shield: frozenset[Kind], expected: str, tmp_path: Path
) -> None:
    shop = shop_of(tmp_path, shield, EVERY, soft=True)
    told = may_do(shop.core, MIA, shop.core.setup.sites["shop"], {})
    await shop.ledger.close()
    assert expected == told


class Heard(ScriptedProvider):
    """Cloudflare, which remembers how it was asked."""

    wishes: list[Purge]

    def plan(self, purge: Purge) -> list[Call]:
        self.wishes = [*getattr(self, "wishes", []), purge]
        return [*super().plan(purge)]


async def test_a_call_in_halves_is_as_soft_as_it_was_whole(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, NONE, EVERY)
    cf = Heard("cf", shop.clock)
    cf.can = replace(cf.can, soft=EVERY)
    shop.core.current.become(replace(shop.core.setup, providers={"shield": shop.shield, "cf": cf}))
    made = await Desk(shop.core).ask(Asking(MIA, "one", "slack", "C_SHOP"), "/a /b soft on shop")
    assert isinstance(made, JobMade)
    call = Call(Kind.URL, "POST", "/purge", ("https://www.shop.test/a", "https://www.shop.test/b"), ())
    cf.wishes.clear()
    parts = halves(shop.core.setup, cf, "cf", made.job, call)
    await shop.ledger.close()
    assert 2 == len(parts)
    assert [True, True] == [wish.soft for wish in cf.wishes]
