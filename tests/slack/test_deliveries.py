"""Slack's payloads as plain deliveries: ids from what is signed, text as it was typed."""

from __future__ import annotations

import pytest

from bot.slack.deliveries import from_command, from_mention

TEXTS = [
    pytest.param("<@U0BOT> help", "help", id="the-mention-is-dropped"),
    pytest.param("<@U0BOT> www.shop.test/m?x=1&amp;y=2", "www.shop.test/m?x=1&y=2", id="an-ampersand-as-typed"),
    pytest.param("<@U0BOT> /a because a&amp;b &lt;c&gt;", "/a because a&b <c>", id="a-reason-as-typed"),
    pytest.param("<@U0BOT> &amp;lt;", "&lt;", id="decoded-once"),
    pytest.param(
        "<@U0BOT> <http://www.shop.test/m?x=1&amp;y=2>",
        "<http://www.shop.test/m?x=1&amp;y=2>",
        id="inside-slacks-marks-the-grammar-decodes",
    ),
    pytest.param("help", "help", id="no-mention-in-front"),
]


@pytest.mark.parametrize(("text", "typed"), TEXTS)
def test_a_mention_is_read_as_typed(text: str, typed: str) -> None:
    event = {"user": "U_MIA", "team": "T_SHOP", "channel": "C_SHOP", "text": text}
    incoming = from_mention({"event_id": "E1", "team_id": "T_SHOP", "event": event})
    assert ("event E1", typed) == (incoming.key, incoming.body["text"])


def test_a_command_is_kept_byte_for_byte() -> None:
    incoming = from_command({"trigger_id": "1.2", "user_id": "U_MIA", "text": "http://www.shop.test/?a=1&amp;b"})
    assert ("command 1.2", "http://www.shop.test/?a=1&amp;b") == (incoming.key, incoming.body["text"])
