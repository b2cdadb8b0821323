"""The form for a purge, within Slack's limits, whoever's sites, targets and links stand in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.site import Site
from bot.services.replies import PurgeFormWanted
from bot.slack.cards.blocks import Block
from bot.slack.cards.purge_form import button_card, purge_form
from playground.slack.blocks import MESSAGE, MODAL, block_problems, view_problems
from tests.slack.wild import strings, without_ours

SHOP, BLOG = Site("shop", ("www.shop.test",)), Site("blog", ("blog.test",), soft=True)
HOSTILE = "<!channel> <@U_LEA> <https://evil|x> & \u202e `"
WANTED = PurgeFormWanted("d-1", (SHOP, BLOG), "shop")
MANY = tuple(Site(f"site-{n}", (f"h{n}.test",)) for n in range(1000))

FORMS: dict[str, Block] = {
    "as it is": purge_form(WANTED),
    "filled in": purge_form(replace(WANTED, turn=3, things="/a\n" * 1000, recent=(("path /a", "shop"),) * 5)),
    "with a list": purge_form(replace(WANTED, files=("urls.txt",))),
    "with many links": purge_form(replace(WANTED, waiting=1000)),
    "a thousand sites": purge_form(replace(WANTED, sites=MANY, site="site-7")),
    "hundred sites": purge_form(replace(WANTED, sites=MANY[:100], site="site-7")),
    "a long name": purge_form(replace(WANTED, sites=(Site("x" * 400, ("h.test",)),), site="")),
    **{
        name: purge_form(
            PurgeFormWanted("d-1", (Site(text[:150], ("h.test",)),), text[:150], text, 0, (text,), (text,) * 13,
                            ((text, text),) * 5, 1)
        )
        for name, text in {"hostile": HOSTILE, "long": "x" * 2000, "marks": "&" * 2000}.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_slack_takes_it(name: str) -> None:
    assert [] == view_problems(FORMS[name], MODAL)


@pytest.mark.parametrize("name", FORMS)
def test_no_mark_of_others_gets_into_it(name: str) -> None:
    found = [(sort, without_ours(text) if sort == "mrkdwn" else text) for sort, text in strings(FORMS[name])]
    assert [] == [text for sort, text in found if {*("<>&" if sort == "mrkdwn" else "<>"), "\u202e"} & set(text)]


def element(form: Block, name: str) -> Block:
    """The element of one input."""
    blocks = form["blocks"]
    assert isinstance(blocks, list)
    found: Block = next(block["element"] for block in blocks if block.get("block_id") == name)
    return found


@pytest.mark.parametrize(
    ("sites", "kind"), [(MANY[:100], "static_select"), (MANY[:101], "plain_text_input")], ids=["100", "101"]
)
def test_more_sites_than_slack_can_list_are_typed(sites: tuple[Site, ...], kind: str) -> None:
    assert kind == element(purge_form(replace(WANTED, sites=sites, site="site-1")), "site")["type"]


def first_mode(form: Block) -> object:
    """What the first way to purge says."""
    options = element(form, "mode")["options"]
    assert isinstance(options, list)
    return options[0]["text"]["text"]


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        pytest.param((SHOP,), "As the site is set: hard", id="hard"),
        pytest.param((BLOG,), "As the site is set: soft", id="soft"),
        pytest.param((SHOP, BLOG), "As the site is set", id="which-is-not-known-yet"),
    ],
)
def test_the_sites_own_mode_is_named_where_there_is_one_site(sites: tuple[Site, ...], words: str) -> None:
    assert words == first_mode(purge_form(replace(WANTED, sites=sites)))


def test_the_button_that_opens_it_is_a_card_that_slack_takes() -> None:
    card = button_card("d-1", "/purge")
    assert "What should be gone?" == card.text
    assert [] == block_problems(card.blocks, MESSAGE)
