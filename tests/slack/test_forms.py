"""The form for everything: the site's name typed, a reason if none was given, and what would do less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.domain.grammar.command import Command, Verb
from bot.domain.policies.policy import Allow, Ask, Decision
from bot.domain.site import Environment, Layer, Site
from bot.domain.target import Target
from bot.services.replies import FormWanted
from bot.slack.cards import chosen_form, everything_form
from bot.slack.cards.blocks import Block
from bot.slack.cards.deny import deny_form
from playground.slack.blocks import MODAL, view_problems
from providers.contract import Kind
from tests.slack.cases import ALL
from tests.slack.wild import strings, without_ours

SHOP = Site("shop", ("www.shop.test", "img.shop.test"), layers=(Layer("shield"), Layer("cf")))
COMMAND = Command(Verb.PURGE, (Target(Kind.EVERYTHING, "", "shop"),), "shop")
WITH_REASON = replace(COMMAND, reason="INC-881")
FORM = FormWanted("d-1", COMMAND, SHOP, "", ("https://www.shop.test/ on shop", "host www.shop.test on shop"))
HOSTILE = "<!channel> <@U_LEA> <https://evil|x> & \u202e"


def spelled(view: Mapping[str, object]) -> list[str]:
    """A view as one reads it, a line a block."""
    blocks = view["blocks"]
    return [_spelled(block) for block in blocks] if isinstance(blocks, list) else []


def _spelled(block: Mapping[str, object]) -> str:
    match block:
        case {"type": "section", "text": {"text": str(text)}} | {"type": "context", "elements": [{"text": str(text)}]}:
            return text
        case {"type": "input", "block_id": name, "label": {"text": label}, "element": {"action_id": action, **more}}:
            return f"{label}: [{name}/{action}, {more['type']}, at most {more['max_length']}]"
        case {"type": "actions", "elements": [{"text": {"text": label}, "action_id": action, "value": value}]}:
            return f"[{label}] {action} {value}"
        case _:
            return str(block)


def test_it_says_what_it_empties_and_asks_for_name_and_reason() -> None:
    assert [
        "This empties *all* of shop (production) in 2 layers: www.shop.test, img.shop.test.",
        "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.",
        "Type shop to confirm: [site_name/site_name, plain_text_input, at most 100]",
        "Why: [reason/reason, plain_text_input, at most 500]",
        "Or something narrower:",
        "[Only the front page, https://www.shop.test/] pick d-1:0",
        "[Only the host www.shop.test] pick d-1:1",
    ] == spelled(everything_form(FORM))


ASKS = Ask("everything", "it empties all of shop (production)", 2, ("U_SAM", "U_KIM"))
DECIDED = {
    "who is asked": (ASKS, "Policy: needs 2 approvals of <@U_SAM> and <@U_KIM> (rule `everything`: it empties all of"
                     " shop (production))"),
    "nobody is": (Allow("free", "it is staging"), "Policy: runs once you send this (rule `free`: it is staging)"),
}  # fmt: skip


@pytest.mark.parametrize(("decision", "says"), DECIDED.values(), ids=DECIDED)
def test_it_says_before_it_is_sent_who_will_be_asked_and_by_which_rule(decision: Decision, says: str) -> None:
    assert says == spelled(everything_form(replace(FORM, decision=decision)))[1]


@pytest.mark.parametrize(("when", "says"), [("at tomorrow 04:00", "tomorrow 04:00"), ("in 10m", "in 10m")])
def test_it_says_when_it_begins(when: str, says: str) -> None:
    assert f"It begins {says}." in spelled(everything_form(replace(FORM, command=replace(COMMAND, when=when))))


def test_it_says_which_layers_only_mark_their_copies_as_stale() -> None:
    assert [
        "This empties *all* of shop (production) in 2 layers, soft at Cloudflare: www.shop.test, img.shop.test.",
        "Soft: old copies stay, marked as stale, until they are fetched anew.",
    ] == spelled(everything_form(replace(FORM, softly="soft at Cloudflare")))[:2]


def test_a_reason_that_was_given_is_not_asked_for_again() -> None:
    assert [] == [line for line in spelled(everything_form(replace(FORM, command=WITH_REASON))) if "reason" in line]


def test_it_offers_what_its_draft_holds_and_no_more() -> None:
    only = replace(FORM, narrower=FORM.narrower[:1])
    assert ["[Only the front page, https://www.shop.test/] pick d-1:0"] == [
        line for line in spelled(everything_form(only)) if "pick" in line
    ]


def test_a_site_with_many_hosts_names_five() -> None:
    many = replace(SHOP, hosts=tuple(f"h{n}.test" for n in range(9)), layers=SHOP.layers[:1])
    assert (
        "This empties *all* of shop (production) in 1 layer: h0.test, h1.test, h2.test, h3.test, h4.test, 4 more."
        == spelled(everything_form(replace(FORM, site=many)))[0]
    )


def test_it_belongs_to_its_draft() -> None:
    view = everything_form(FORM)
    assert ("modal", "everything", "d-1") == (view["type"], view["callback_id"], view["private_metadata"])


def test_its_buttons_say_that_it_only_asks() -> None:
    view = everything_form(FORM)
    assert ["Purge everything", "Ask for it", "Back"] == [
        dict(strings([view[name]])).get("plain_text") for name in ("title", "submit", "close")
    ]


def test_what_it_becomes_says_what_goes_on() -> None:
    assert ["Taken: the narrower purge goes on in its channel. Nothing else was asked for."] == spelled(chosen_form())


def test_a_no_is_asked_for_its_reason() -> None:
    view = deny_form(ALL, "token-1")
    assert [
        "<@U_MIA> asks to purge everything on shop (production), because INC-881.",
        "One denial ends the request; nothing is purged.",
        "Why not: [reason/reason, plain_text_input, at most 500]",
    ] == spelled(view)
    assert ("deny", "token-1:") == (view["callback_id"], view["private_metadata"])


def test_a_no_to_what_several_ask_for_names_all_of_them() -> None:
    view = deny_form(replace(ALL, also_by=("U_KIM", "U_SAM")), "token-1")
    assert [
        "<@U_MIA>, <@U_KIM> and <@U_SAM> ask to purge everything on shop (production), because INC-881.",
        "One denial ends the request for all of them; nothing is purged.",
    ] == spelled(view)[:2]


FORMS: dict[str, Block] = {
    "as it is": everything_form(FORM),
    "soft": everything_form(replace(FORM, softly="soft")),
    "with a reason": everything_form(replace(FORM, command=WITH_REASON)),
    "staging": everything_form(replace(FORM, site=replace(SHOP, environment=Environment.STAGING))),
    "chosen": chosen_form(),
    "deny": deny_form(replace(ALL, requested_by="token:ci"), "token-1"),
    **{
        f"deny {name}": deny_form(replace(ALL, site=text, reason=text, requested_by=text, sample=(text,)), "t" * 40)
        for name, text in {"hostile": HOSTILE, "long": "x" * 2000, "marks": "&" * 2000}.items()
    },
    **{
        name: everything_form(replace(FORM, site=replace(SHOP, name=text, hosts=(text,) * 60), softly=text))
        for name, text in {"hostile": HOSTILE, "long": "x" * 2000, "marks": "&" * 2000}.items()
    },
}


@pytest.mark.parametrize("name", FORMS)
def test_slack_takes_it(name: str) -> None:
    assert [] == view_problems(FORMS[name], MODAL)


@pytest.mark.parametrize("name", FORMS)
def test_no_mark_of_others_gets_into_it(name: str) -> None:
    found = [(sort, without_ours(text) if sort == "mrkdwn" else text) for sort, text in strings(FORMS[name])]
    assert [] == [text for sort, text in found if {*("<>&" if sort == "mrkdwn" else "<>"), "\u202e"} & set(text)]
