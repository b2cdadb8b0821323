"""Every policy of docs/policy.md and docs/policy-cookbook.md loads without a note, and decides as its table says.
`DOCS=write pytest tests/settings/test_cookbook.py` writes the tables of the second."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from bot.domain.actor import Actor, Standing
from bot.domain.policies.policy import Ask, Members, Outline
from bot.domain.policies.recent import NOTHING_RECENT
from bot.domain.policies.ruling import decide
from providers.contract import Kind
from tests.docs.generated import compare
from tests.schema import of_configuration
from tests.settings.bench import loaded

DOCS = Path(__file__).parent.parent.parent / "docs"
COOKBOOK = "policy-cookbook.md"
_RECIPE = re.compile(r"^(##+ ([^\n]+)\n\n```yaml policy\n(.*?)^```\n)(?:\n(?:\|[^\n]*\n)+)?", re.DOTALL | re.MULTILINE)
RECIPES = {
    heading: policy
    for page in ("policy.md", COOKBOOK)
    for _, heading, policy in _RECIPE.findall((DOCS / page).read_text("utf-8"))
}
BASE = """\
accounts: {shield: {provider: varnish, url: "http://10.0.0.5:6081", soft: yes}}
sites:
  shop: {hosts: [a.test], layers: [{account: shield}]}
  preview: {hosts: [b.test], environment: staging, layers: [{account: shield}]}
approvals: {channel: C0APPROVE}
api: {tokens: [{name: ci-shop, bearer: {env: T}, sites: [shop], may: command}]}
"""
ROSTER = {
    group: Members(frozenset(people))
    for group, people in {
        "S0APPR": ("U0SAM", "U0KIM"), "S0EDIT": ("U0MIA",), "S0SRE": ("U0LEA", "U0SAM", "U0KIM"), "S0SHOP": ("U0MIA",),
        "S0PREV": ("U0EVE",),
    }.items()
}  # fmt: skip
MIA, LEA, EVE = (Actor(f"U0{name}", Standing.MEMBER) for name in ("MIA", "LEA", "EVE"))
GUEST = Actor("U0GUEST", Standing.GUEST, is_named=True)
CI = Actor("token:ci-shop", Standing.TOKEN, sites=frozenset({"shop"}))
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 10, 7, 12, tzinfo=BERLIN).timestamp()  # a Wednesday
NIGHT = datetime(2026, 10, 7, 23, tzinfo=BERLIN).timestamp()
SALE = datetime(2026, 11, 30, 23, 59, tzinfo=BERLIN).timestamp()
AFTER = datetime(2026, 12, 1, tzinfo=BERLIN).timestamp()


def outline(
    kind: str, n: int = 1, site: str = "shop", soft: bool = False, usd: float = 0.0, reason: bool = False
) -> Outline:
    environment = "staging" if site == "preview" else "production"
    return Outline(site, environment, {Kind(kind): n}, soft, usd, reason, Kind(kind))


FIRST = "A first policy"
WITHOUT = "What counts without a policy"
EDITORS = "Editors refresh pages, engineers do the rest"
PIPELINE = "A pipeline purges what it deploys, and never everything"
STAGING = "Staging is free"
FREEZE = "Nothing wide while the sale is on"
EYES = "At night a second pair of eyes"
MONEY = "What costs money is asked for"
TEAMS = "Each team its own site"
SOFT = "Soft at once, hard with a yes"
AGENCY = "An agency's guests refresh a few pages in office hours"
GLASS = "Nobody purges everything, but the glass can be broken"
END = "the end of the rules"
# the recipe, who asks for what and when, and what is heard: which rule, and yes, no or how many votes
JUDGED = [
    (FIRST, MIA, outline("url", 30), NOON, "narrow yes"),
    (FIRST, MIA, outline("url", 31), NOON, "rest 1"),
    (FIRST, MIA, outline("url"), NIGHT, "night no"),
    (WITHOUT, MIA, outline("url", 30), NOON, "small yes"),
    (WITHOUT, MIA, outline("url", 31), NOON, "wide 1"),
    (WITHOUT, MIA, outline("everything", reason=True), NOON, "all 2"),
    (WITHOUT, MIA, outline("everything"), NOON, "all no"),
    (WITHOUT, MIA, outline("everything", site="preview", reason=True), NOON, "all-elsewhere 1"),
    (EDITORS, MIA, outline("path", 30), NOON, "pages yes"),
    (EDITORS, MIA, outline("tag"), NOON, f"{END} no"),
    (EDITORS, LEA, outline("tag"), NOON, "wide 1"),
    (EDITORS, LEA, outline("everything", reason=True), NOON, "all 2"),
    (EDITORS, EVE, outline("url"), NOON, f"{END} no"),
    (PIPELINE, CI, outline("prefix"), NOON, "ci yes"),
    (PIPELINE, CI, outline("everything"), NOON, "no-machines no"),
    (PIPELINE, LEA, outline("everything"), NOON, "people 1"),
    (STAGING, MIA, outline("everything", site="preview"), NOON, "staging yes"),
    (STAGING, MIA, outline("url"), NOON, "small yes"),
    (STAGING, MIA, outline("everything", reason=True), NOON, "rest 1"),
    (FREEZE, MIA, outline("prefix"), NOON, "rest 1"),
    (FREEZE, MIA, outline("prefix"), SALE, "freeze no"),
    (FREEZE, MIA, outline("prefix"), AFTER, "rest 1"),
    (FREEZE, MIA, outline("url", 10), SALE, "pages yes"),
    (FREEZE, MIA, outline("url", 11), SALE, "pages 1"),
    (EYES, MIA, outline("tag"), NOON, "small yes"),
    (EYES, MIA, outline("tag"), NIGHT, "small 1"),
    (EYES, LEA, outline("host"), NOON, "wide 1"),
    (EYES, LEA, outline("host"), NIGHT, "wide 2"),
    (MONEY, MIA, outline("url", usd=5.0), NOON, "narrow yes"),
    (MONEY, MIA, outline("url", usd=5.01), NOON, "why no"),
    (MONEY, MIA, outline("url", usd=20.01, reason=True), NOON, "narrow 1"),
    (MONEY, MIA, outline("host", usd=20.01, reason=True), NOON, "rest 2"),
    (TEAMS, MIA, outline("prefix"), NOON, "shop yes"),
    (TEAMS, MIA, outline("prefix", site="preview", reason=True), NOON, "wide 1"),
    (TEAMS, EVE, outline("prefix", site="preview"), NOON, "preview yes"),
    (TEAMS, EVE, outline("host"), NOON, "wide no"),
    (TEAMS, LEA, outline("url"), NOON, f"{END} no"),
    (SOFT, MIA, outline("prefix", soft=True), NOON, "soft yes"),
    (SOFT, MIA, outline("prefix"), NOON, "hard 1"),
    (SOFT, MIA, outline("host", reason=True), NOON, "wide 2"),
    (AGENCY, GUEST, outline("url", 5), NOON, "agency yes"),
    (AGENCY, GUEST, outline("url", 6), NOON, f"{END} no"),
    (AGENCY, GUEST, outline("url"), NIGHT, f"{END} no"),
    (AGENCY, MIA, outline("url", 6), NIGHT, "small yes"),
    (GLASS, LEA, outline("everything", reason=True), NOON, "never-all no"),
    (GLASS, MIA, outline("tag"), NOON, "narrow yes"),
    (GLASS, LEA, outline("host"), NOON, "wide 2"),
]


def test_every_recipe_is_judged_and_every_judgement_has_its_recipe() -> None:
    assert list(RECIPES) == list(dict.fromkeys(recipe for recipe, *_ in JUDGED))


@pytest.mark.parametrize("text", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_loaded_without_a_note_and_as_the_schema_says(text: str, tmp_path: Path) -> None:
    plain = json.loads(json.dumps(YAML(typ="safe", pure=True).load(BASE + text), default=str))
    of_configuration().validate(plain)
    assert () == loaded(tmp_path, BASE + text).warnings


@pytest.mark.parametrize(
    ("recipe", "actor", "asked", "now", "expected"),
    [pytest.param(*row, id=f"{row[0]}: {row[1].id} {row[2].spoken} {n}") for n, row in enumerate(JUDGED)],
)
def test_a_recipe_decides_as_it_says(
    recipe: str, actor: Actor, asked: Outline, now: float, expected: str, tmp_path: Path
) -> None:
    assert expected == answered(recipe, actor, asked, now, tmp_path)


def answered(recipe: str, actor: Actor, asked: Outline, now: float, folder: Path) -> str:
    decision = decide(actor, asked, loaded(folder, BASE + RECIPES[recipe]).policy, ROSTER, now, NOTHING_RECENT)
    answer = decision.needed if isinstance(decision, Ask) else {"Allow": "yes", "Deny": "no"}[type(decision).__name__]
    return f"{decision.rule} {answer}"


WHO = {"U0MIA": "Mia", "U0LEA": "Lea", "U0EVE": "Eve", "U0GUEST": "a guest", "token:ci-shop": "`token:ci-shop`"}
WHEN = {NOON: "noon", NIGHT: "23:00", SALE: "the sale's last minute", AFTER: "the day after"}
WORDS = {"url": "URL", "everything": "everything"}


def asked_for(outline: Outline) -> str:
    """In words: 30 URLs of preview, soft, for $5.01, with a reason."""
    [(kind, n)] = outline.counts.items()
    word = WORDS.get(kind.value, kind.value)
    what = word if kind is Kind.EVERYTHING else f"{n} {word}s" if n > 1 else f"a {word}"
    more = ["softly"] * outline.soft + [f"for ${outline.usd:.2f}"] * bool(outline.usd)
    more += ["with a reason"] * outline.has_reason
    where = " of preview" if outline.site == "preview" else ""
    return f"{what}{where}{''.join(f', {word}' for word in more)}"


def told(answer: str) -> str:
    """`small yes` as people say it."""
    rule, _, what = answer.rpartition(" ")
    by = "no rule speaks" if rule == END else f"`{rule}`"
    heard = {"yes": "at once", "no": "no"}.get(what) or f"{what} vote{'s' * (what != '1')}"
    return f"{heard}: {by}"


def table(recipe: str, folder: Path) -> str:
    rows = [
        f"| {WHO[actor.id]} | {asked_for(asked)} | {WHEN[now]} | {told(answered(recipe, actor, asked, now, folder))} |"
        for one, actor, asked, now, _ in JUDGED
        if one == recipe
    ]
    return "\n| who | asks for | when | and hears |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def test_each_recipe_of_the_cookbook_tells_three_answers_or_more_and_they_are_so(tmp_path: Path) -> None:
    text = (DOCS / COOKBOOK).read_text("utf-8")
    made = _RECIPE.sub(lambda found: found[1] + table(found[2], tmp_path), text)
    compare(COOKBOOK, made)
    for heading in (heading for _, heading, _ in _RECIPE.findall(text)):
        assert 3 <= sum(1 for recipe, *_ in JUDGED if recipe == heading), heading
