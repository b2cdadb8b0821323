"""The page of rights is whole, and the one function behind every door says what it says."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from importlib import import_module

import pytest

from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Verb
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.proof.verdict import Verdict
from bot.slack.cards import deny, forms, purge_form
from bot.slack.cards.home import PURGE_FORM
from providers.contract import Kind
from tests.slack.rights_page import (
    ANSWERS,
    BUTTONS,
    DEEDS,
    FORMS,
    HOME,
    LINES,
    ROLES,
    ROOT,
    SHORTCUTS,
    TABLES,
    is_no,
    pairs,
)


def test_every_deed_has_a_row_and_every_role_a_column() -> None:
    assert set(Deed) == set(DEEDS)
    assert [ROLES] * len(DEEDS) == [list(row) for row in DEEDS.values()]
    assert set() == {answer for row in DEEDS.values() for answer in row.values()} - ANSWERS


def test_every_standing_is_some_role() -> None:
    said = {name for row in TABLES["role"][1] for name in re.findall(r"`(\w+)`", row[1])}
    assert {str(standing) for standing in Standing} == said


def test_every_verb_is_some_deed() -> None:
    assert set(Verb) == set(LINES)


def test_every_button_is_some_deed() -> None:
    assert _cases("bot/slack/clicks.py", "action") | _cases("bot/slack/buttons.py", "action") == set(BUTTONS)


def test_every_button_of_home_is_some_deed() -> None:
    assert _cases("bot/slack/buttons.py", "action", "at_home") == set(HOME) - {"open", "deny", PURGE_FORM}
    assert _cases("bot/slack/clicks.py", "action", "_at_home") == set()


def test_every_shortcut_and_form_is_some_deed() -> None:
    manifest = (ROOT / "manifest.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"callback_id: (\w+)", manifest)) == set(SHORTCUTS)
    assert {forms.CALLBACK, purge_form.CALLBACK, deny.CALLBACK} == set(FORMS)


def test_every_door_that_bolt_listens_at_is_on_the_page() -> None:
    said = {entry for entries in pairs("door").values() for entry in re.split(r"`, `", entries)}
    assert _listeners() | _routes() == said | {"GET /healthz", "GET /readyz", "POST /slack/events"}


def _cases(file: str, name: str, within: str = "") -> set[str]:
    """Every text that `match <name>:` has a case for, in a file or in one function of it."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and node.name == within]
    parts: list[ast.AST] = [*functions] if within else [tree]
    matches = [node for part in parts for node in ast.walk(part) if isinstance(node, ast.Match)]
    named = [node for node in matches if isinstance(node.subject, ast.Name) and node.subject.id == name]
    values = [inner.value for node in named for inner in ast.walk(node) if isinstance(inner, ast.MatchValue)]
    said = {str(value.value) for value in values if isinstance(value, ast.Constant)}
    guards = [inner.guard for node in named for inner in node.cases if isinstance(inner.guard, ast.Compare)]
    return said | {str(_constant(file, ast.unparse(guard.comparators[0]))) for guard in guards}


def _constant(file: str, name: str) -> object:
    module = import_module(file.removesuffix(".py").replace("/", "."))
    return vars(module)[name]


def _listeners() -> set[str]:
    tree = ast.parse((ROOT / "bot/slack/listeners.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    ours = [call for call in calls if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "app"]
    names = [(call.func.attr, call.args[0]) for call in ours if isinstance(call.func, ast.Attribute)]
    return {f"{name} {arg.value!s}" if isinstance(arg, ast.Constant) else name for name, arg in names} - {"error"}


def _routes() -> set[str]:
    text = (ROOT / "bot/http/web.py").read_text(encoding="utf-8")
    found = re.findall(r'Route\("([^"]+)", [\w.]+, methods=\["(\w+)"\]\)', text)
    return {f"{method} {path}" for path, method in found}


# Deeds × roles, by the function alone

JOB = JobView(
    1, "shop", "production", State.WAITING, Verdict.UNCHECKED, Kind.URL, 1, ("/a",), False, "U_ASKER", 0.0, (), "d",
    "wide", {Kind.URL: 1}, approval=Approval(1, ("U_VOTER",), 9e9, "wide", "it is wide", "C_APPROVE"),
)  # fmt: skip
SUBJECT = Subject(
    "shop", JOB, voters=frozenset({"U_VOTER", "U_OUT_VOTER"}), approvers=frozenset({"U_VOTER", "U_OUT_VOTER"}),
    breakers=frozenset({"U_BREAKER", "U_OUT_BREAKER"}), held_by="U_ASKER",
    urgents=frozenset({"U_VOTER", "U_OUT_VOTER"}),
)  # fmt: skip
OUTSIDE = (Standing.GUEST, Standing.BOT, Standing.STRANGER)
UNKNOWN = (Standing.GONE, Standing.UNREADABLE, Standing.AWAY)
SHOP_ONLY = frozenset({"shop"})
ACTORS = [
    ("member", Actor("U_MIA", Standing.MEMBER)),
    ("member", Actor("U_ASKER", Standing.MEMBER)),
    ("approver", Actor("U_VOTER", Standing.MEMBER)),
    *(("approver", Actor("U_OUT_VOTER", standing, is_named=True)) for standing in OUTSIDE),
    ("breaker", Actor("U_BREAKER", Standing.MEMBER)),
    *(("outsider", Actor(user, standing)) for standing in OUTSIDE for user in ("U_MIA", "U_ASKER", "U_VOTER")),
    *(("named outsider", Actor(user, x, is_named=True)) for x in OUTSIDE for user in ("U_MIA", "U_ASKER")),
    *(("nobody", Actor("U_VOTER", standing, is_named=named)) for standing in UNKNOWN for named in (False, True)),
    *(("token", Actor(token, Standing.TOKEN, sites=SHOP_ONLY)) for token in ("token:ci", "U_ASKER")),
    *(("reading token", Actor(x, Standing.TOKEN, sites=SHOP_ONLY, may_command=False)) for x in ("token:ci", "U_ASKER")),
    *(("machine", Actor(who, Standing.LOCAL)) for who in ("local:root", "U_ASKER")),
    ("foreign token", Actor("token:ci", Standing.TOKEN, sites=frozenset({"bank"}))),
]


@pytest.mark.parametrize("deed", Deed)
def test_the_function_says_what_the_table_says(deed: Deed, subtests: pytest.Subtests) -> None:
    for role, actor in ACTORS:
        with subtests.test(role, actor=actor.id, standing=actor.standing.value):
            own = actor.id == "U_ASKER"
            allowed = {"yes": True, "no": False, "own": own, "not own": not own, "policy": True}
            denied = authorise(actor, deed, SUBJECT)
            assert allowed[DEEDS[deed][role]] is (denied is None), denied
            assert denied is None or is_no(denied.why)


ASIDE = [
    pytest.param(Deed.URGENT, "U_MIA", Subject(urgents=frozenset({"U_MIA"})), True, id="who-may-have-it-go-first"),
    pytest.param(Deed.URGENT, "U_VOTER", replace(SUBJECT, urgents=frozenset({"U_MIA"})), False, id="nobody-else-then"),
    pytest.param(
        Deed.BREAK_GLASS, "U_BREAKER", replace(SUBJECT, job=replace(JOB, requested_by="U_BREAKER")), True,
        id="a-breaker-on-what-they-asked-for",
    ),
    pytest.param(
        Deed.REVIEW, "U_BREAKER", replace(SUBJECT, job=replace(JOB, requested_by="U_BREAKER")), False,
        id="who-does-not-review-it",
    ),
    pytest.param(
        Deed.VOTE, "U_VOTER", replace(SUBJECT, job=replace(JOB, requested_by="U_VOTER")), False,
        id="nobody-votes-on-what-they-asked-for",
    ),
    pytest.param(
        Deed.VOTE, "U_VOTER", replace(SUBJECT, job=replace(JOB, also_by=("U_VOTER",))), False,
        id="nor-on-what-they-asked-for-with-others",
    ),
    pytest.param(Deed.VOTE, "U_VOTER", replace(SUBJECT, voters=frozenset()), False, id="an-approver-of-other-rules"),
    pytest.param(Deed.RELEASE, "U_MIA", replace(SUBJECT, held_by="U_MIA"), True, id="ones-own-hold"),
    pytest.param(Deed.HOLD_ALL, "U_MIA", Subject(nobody_asked=True), True, id="every-site-where-nobody-is-asked"),
    pytest.param(Deed.HOLD_ALL, "U_MIA", Subject(), False, id="not-where-nobody-can-say-who-is-asked"),
    pytest.param(Deed.RELEASE, "U_MIA", Subject(held_by="U_LEA", nobody_asked=True), True, id="anothers-hold-likewise"),
    pytest.param(Deed.RELEASE, "U_MIA", Subject(held_by="U_LEA"), False, id="nor-anothers-hold"),
]  # fmt: skip


@pytest.mark.parametrize(("deed", "user", "subject", "allowed"), ASIDE)
def test_what_stands_beside_the_table(deed: Deed, user: str, subject: Subject, allowed: bool) -> None:
    assert allowed is (authorise(Actor(user, Standing.MEMBER), deed, subject) is None)
