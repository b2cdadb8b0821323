"""A filled-in form is read by the grammar's own parser; what is wrong is said at its field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.grammar.command import parse
from bot.domain.grammar.filled_form import CHOOSE_ALL, NOTHING, TOO_MUCH, Filled, wrong_in
from bot.domain.grammar.speech import Command, Speaker
from bot.domain.site import Site

SHOP, BLOG = Site("shop", ("www.shop.test",), channel="C_SHOP"), Site("blog", ("blog.test",))
ONE, BOTH = Speaker([SHOP], "C_SHOP"), Speaker([SHOP, BLOG])
PAGE = "https://www.shop.test/"
EVERYWHERE = Filled(kind="everything", site="shop")

LINES = {
    "nothing": (Filled(), ""),
    "a kind": (Filled(kind="tag"), "tag"),
    "everything": (Filled(kind="everything", site="shop", reason="new design"),
                   'everything on shop --reason "new design"'),
    "all of it": (Filled(kind="path", site="shop", mode="soft", reason='it "broke"\n--hard'),
                  'path on shop --reason "it \\"broke\\" --hard" soft'),
}  # fmt: skip


@pytest.mark.parametrize(("filled", "line"), LINES.values(), ids=LINES)
def test_a_form_is_a_line(filled: Filled, line: str) -> None:
    assert line == filled.line()


def test_a_reason_cannot_give_options() -> None:
    filled = Filled("/x", site="shop", mode="soft", reason='quick" --hard --confirm shop because "more')
    understood = parse(filled.line(), ONE, filled.lines())
    assert isinstance(understood, Command)
    assert (True, "", filled.reason) == (understood.soft, understood.confirm, understood.reason)


WHOLE = {
    "a page": Filled(PAGE),
    "a path": Filled("/pricing", site="shop"),
    "a tag": Filled("news", kind="tag", site="shop"),
    "a tag of that name": Filled("everything", kind="tag", site="shop"),
    "a kind in its line": Filled("tag news", site="shop"),
    "several, with blank lines": Filled(f"{PAGE}\r\n\r\n{PAGE}a", site="shop"),
    "everything": EVERYWHERE,
    "a list alone": Filled(has_list=True),
    "a list of tags": Filled(has_list=True, kind="tag", site="blog"),
    "a list that may name the site": Filled("/x", has_list=True),
}


@pytest.mark.parametrize("filled", WHOLE.values(), ids=WHOLE)
def test_what_is_understood_has_no_fault(filled: Filled) -> None:
    assert {} == wrong_in(filled, BOTH)


FAULTS = {
    "the word for all": (Filled("everything", site="shop"), {"things": CHOOSE_ALL}),
    "the word for all in quotes": (Filled("`Everything`"), {"things": CHOOSE_ALL}),
    "the word for all with its site": (Filled("everything on shop"), {"things": CHOOSE_ALL}),
    "nearly the word for all": (
        Filled("all", site="shop"), {"things": f"I cannot tell what `all` is. {CHOOSE_ALL}"},
    ),
    "nothing": (Filled(), {"things": NOTHING}),
    "only blanks": (Filled(" \n\t"), {"things": NOTHING}),
    "only a site": (Filled(site="shop"), {"things": NOTHING}),
    "everything and a thing": (replace(EVERYWHERE, things="/x"), {"things": TOO_MUCH}),
    "everything and a list": (replace(EVERYWHERE, has_list=True), {"things": TOO_MUCH}),
    "everything nowhere": (Filled(kind="everything"), {"site": "Which site is `everything` for?"}),
    "a path nowhere": (Filled("/x"), {"site": "Which site is `/x` for?"}),
    "a misspelt site": (Filled("/x", site="blgo"), {"site": "There is no site `blgo` for you. Did you mean blog?"}),
    "a misspelt site of a list": (
        Filled(site="blgo", has_list=True), {"site": "There is no site `blgo` for you. Did you mean blog?"},
    ),
    "another site's page": (
        Filled("https://blog.test/", site="shop"), {"site": "`blog.test` belongs to blog, not to shop."},
    ),
    "an unseen character": (
        Filled("/x", site="shop", reason="a\u202eb"),
        {"reason": "The reason holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen. Type it without."},
    ),
    "no thing": (
        Filled("prcing", site="shop"), {"things": "I cannot tell what `prcing` is. For example: tag:prcing"},
    ),
    "the wrong kind": (
        Filled("/x", kind="url", site="shop"),
        {"things": "I cannot read `/x`. It has no host, so it is a path, not a URL. For example: path /x"},
    ),
    "some bad lines": (
        Filled(f"{PAGE}\nfoo\nplan /x", site="shop"),
        {"things": "Line 2, foo: I cannot tell what `foo` is."
                   " Line 3, plan /x: A thing to purge is one word without blanks."},
    ),
    "many bad lines": (
        Filled("\n".join([PAGE, *(f"bad{n}" for n in range(9))]), site="shop"),
        {"things": " ".join([*(f"Line {n + 2}, bad{n}: I cannot tell what `bad{n}` is." for n in range(5)),
                             "And 4 more."])},
    ),
    "two sites": (
        Filled(f"{PAGE}\nhttps://blog.test/"),
        {"things": "One request is for one site, and these belong to 2: shop (1), blog (1)."
                   f" For example: {PAGE}"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("filled", "wrong"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_said_at_its_field(filled: Filled, wrong: dict[str, str]) -> None:
    assert wrong == wrong_in(filled, BOTH)


@pytest.mark.parametrize("things", ["everything", "*", "/*", "shop", "everything on shop", "--confirm shop"])
def test_no_thing_that_is_typed_means_everything(things: str) -> None:
    assert ["things"] == list(wrong_in(Filled(things, site="shop"), ONE))
