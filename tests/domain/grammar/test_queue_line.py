"""What can be said of the queue, and how urgency is asked for."""

from __future__ import annotations

import pytest

from bot.domain.grammar.command import Command, Misunderstood, Speaker, Verb, line_of, parse
from bot.domain.site import Layer, Site

SHOP = Site("shop", ("www.shop.test",), channel="C_SHOP", layers=(Layer("cf"),))
NEWS = Site("news", ("www.news.test",), layers=(Layer("shield"),))
MIA = Speaker([SHOP, NEWS], "C_SHOP", frozenset({"cf", "shield"}))


@pytest.mark.parametrize(
    ("line", "command"),
    [
        pytest.param("queue", Command(Verb.QUEUE), id="all"),
        pytest.param("queue SHOP", Command(Verb.QUEUE, site="shop"), id="a site"),
        pytest.param("queue on news", Command(Verb.QUEUE, site="news"), id="a site with on"),
        pytest.param("queue cf", Command(Verb.QUEUE, only="cf"), id="an account"),
        pytest.param("queue cf page 2", Command(Verb.QUEUE, only="cf", page=2), id="a page"),
        pytest.param("queue page 3", Command(Verb.QUEUE, page=3), id="a page of all"),
    ],
)
def test_a_line_about_the_queue_is_understood_and_read_back(line: str, command: Command) -> None:
    assert command == parse(line, MIA)
    assert command == parse(line_of(command, MIA), MIA)


@pytest.mark.parametrize(
    ("line", "problem", "suggestion"),
    [
        pytest.param("queue shp", "`shp` is no site and no account of yours. Yours: cf, news, shield, shop.",
                     "/purge queue shop", id="nearly a site"),
        pytest.param("queue shop cf", "queue takes one site or account and nothing else.", "/purge queue", id="two"),
        pytest.param("queue shop --urgent", "`--urgent` does not go with queue.", "/purge help queue", id="an option"),
    ],
)  # fmt: skip
def test_what_is_not_understood_says_what_to_type(line: str, problem: str, suggestion: str) -> None:
    heard = parse(line, MIA)
    assert isinstance(heard, Misunderstood)
    assert (problem, suggestion) == (heard.problem, heard.suggestion)


def test_an_urgent_purge_reads_back() -> None:
    command = parse("https://www.shop.test/a --urgent", MIA)
    assert isinstance(command, Command)
    assert command.urgent
    assert "https://www.shop.test/a --urgent" == line_of(command, MIA)


def test_what_waits_for_a_release_is_not_urgent() -> None:
    heard = parse("https://www.shop.test/a --queue --urgent", MIA)
    assert isinstance(heard, Misunderstood)
    assert "`--urgent` does not go with `--queue`: what waits for a release is joined into one plan." == heard.problem
    assert "/purge https://www.shop.test/a --queue" == heard.suggestion
