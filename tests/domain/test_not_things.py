"""Words that people expect to be verbs are never offered as something to purge."""

from __future__ import annotations

import pytest

from bot.domain.command import Misunderstood, Speaker, parse
from bot.domain.site import Site
from bot.domain.speech import NOT_THINGS, VERB_OF

SHOP = Site("shop", ("www.shop.test",), channel="C_SHOP")


@pytest.mark.parametrize("word", sorted(NOT_THINGS))
def test_a_lone_word_offers_nothing_to_purge(word: str) -> None:
    heard = parse(word, Speaker([SHOP], "C_SHOP"))
    assert isinstance(heard, Misunderstood)
    assert f"I cannot tell what `{word}` is." == heard.problem
    assert [] == [choice.line for choice in heard.choices if choice.line not in VERB_OF]
