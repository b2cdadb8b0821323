"""Slack's payloads as plain deliveries: ids from what is signed, text as it was typed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.slack.deliveries import (
    Incoming,
    Payload,
    from_click,
    from_command,
    from_joining,
    from_mention,
    from_opening,
    from_submit,
)

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


COMMANDS = [
    pytest.param("http://www.shop.test/?a=1&amp;b", "http://www.shop.test/?a=1&amp;b", id="a-query-byte-for-byte"),
    pytest.param("/a?b=1&amp;c=2", "/a?b=1&amp;c=2", id="a-path-byte-for-byte"),
    pytest.param("/a because b & c &lt;d", "/a because b & c &lt;d", id="an-ampersand-that-nobody-escaped"),
    pytest.param("/a?b&amp;c because <b>", "/a?b&amp;c because <b>", id="a-bracket-that-nobody-escaped"),
    pytest.param("/a because b &amp; &lt;!channel&gt;", "/a because b & <!channel>", id="escaped"),
    pytest.param("/a because b &amp; c", "/a because b & c", id="an-escaped-ampersand-alone"),
    pytest.param("/a because &amp;lt; &lt;", "/a because &lt; <", id="escaped-twice-is-decoded-once"),
    pytest.param(
        "<http://www.shop.test/?a&amp;b> because c&amp;d",
        "<http://www.shop.test/?a&amp;b> because c&d",
        id="escaped-beside-a-mark-which-the-grammar-decodes",
    ),
]


@pytest.mark.parametrize(("text", "typed"), COMMANDS)
def test_a_command_is_read_as_typed(text: str, typed: str) -> None:
    incoming = from_command({"trigger_id": "1.2", "user_id": "U_MIA", "text": text})
    assert ("command 1.2", typed) == (incoming.key, incoming.body["text"])


@pytest.mark.parametrize(("shown", "blank"), [({}, True), ({"view": {"id": "V1", "type": "home"}}, False)])
def test_an_opening_says_whose_home_it_is_and_whether_it_is_blank(shown: dict[str, object], blank: bool) -> None:
    event = {"type": "app_home_opened", "user": "U_LEA", "channel": "D_LEA", "tab": "home", **shown}
    incoming = from_opening({"event_id": "E2", "team_id": "T_SHOP", "event": event})
    assert incoming is not None
    assert ("event E2", "slack.home") == (incoming.key, incoming.kind)
    assert {"user": "U_LEA", "team": "T_SHOP", "blank": blank} == incoming.body


def test_who_opens_the_messages_opens_no_home() -> None:
    event = {"type": "app_home_opened", "user": "U_LEA", "channel": "D_LEA", "tab": "messages"}
    assert from_opening({"event_id": "E3", "team_id": "T_SHOP", "event": event}) is None


def joining(user: str, *authorizations: object) -> dict[str, object]:
    event = {"type": "member_joined_channel", "user": user, "channel": "C_SHOP", "channel_type": "C", "team": "T_SHOP"}
    return {"event_id": "E4", "team_id": "T_SHOP", "event": event, "authorizations": [*authorizations]}


def test_an_invitation_of_the_bot_is_its_channel_and_nothing_more() -> None:
    incoming = from_joining(joining("U_BOT", {"user_id": "U_BOT", "is_bot": True}))
    assert incoming is not None
    assert ("event E4", "slack.invited", {"channel": "C_SHOP"}) == (incoming.key, incoming.kind, incoming.body)


OTHERS = {
    "somebody else joins": joining("U_MIA", {"user_id": "U_BOT", "is_bot": True}),
    "whoever installed the app joins": joining("U_LEA", {"user_id": "U_LEA", "is_bot": False}),
    "Slack does not say who the bot is": joining("U_BOT"),
    "an authorization that is none": joining("U_BOT", "U_BOT"),
    "nobody": joining("", {"user_id": "", "is_bot": True}),
}


@pytest.mark.parametrize("payload", OTHERS.values(), ids=OTHERS)
def test_that_others_join_is_not_kept(payload: dict[str, object]) -> None:
    assert from_joining(payload) is None


@pytest.mark.parametrize(("kind", "at_home"), [("home", True), ("modal", False)])
def test_a_click_at_home_is_told_from_one_in_a_form(kind: str, at_home: bool) -> None:
    user, action = {"id": "U_LEA", "team_id": "T_SHOP"}, {"action_id": "cancel", "value": "P-1"}
    view = {"id": "V1", "type": kind}
    payload = {"user": user, "container": {"type": "view", "view_id": "V1"}, "view": view, "actions": [action]}
    body = from_click({**payload, "trigger_id": "1.2"}).body
    assert ("V1", at_home, "", "") == (body["view"], body["home"], body["channel"], body["message_ts"])


# What Slack left without a name of its own


def click(**more: object) -> Payload:
    action = {"action_id": "approve", "value": "token-1", "action_ts": "1.5"}
    return {"type": "block_actions", "user": {"id": "U_LEA", "team_id": "T_SHOP"}, "actions": [action], **more}


def submit(reason: str) -> Payload:
    return {"type": "view_submission", "view": {"state": {"values": {"reason": {"reason": {"value": reason}}}}}}


NAMELESS = [
    pytest.param(from_click, click(), click(container={"message_ts": "1.6"}), id="clicks-on-two-messages"),
    pytest.param(
        from_click, click(), click(actions=[{"action_id": "approve", "value": "token-1", "action_ts": "1.7"}]),
        id="two-clicks-on-one-message",
    ),
    pytest.param(from_click, click(), click(user={"id": "U_SAM"}), id="clicks-of-two-people"),
    pytest.param(from_command, {"text": "/a"}, {"text": "/a", "response_url": "https://x.test/2"}, id="two-commands"),
    pytest.param(from_mention, {"event": {"ts": "1.1"}}, {"event": {"ts": "1.2"}}, id="two-mentions"),
    pytest.param(from_submit, submit("a"), submit("b"), id="two-forms"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "one", "other"), NAMELESS)
def test_what_slack_gave_no_name_counts_for_itself(
    read: Callable[[Payload], Incoming], one: Payload, other: Payload
) -> None:
    keys = read(one).key, read(other).key, read({**one}).key
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


def test_what_slack_named_has_that_key_whatever_else_is_in_it() -> None:
    named = {"trigger_id": "1.2.3", "user": {"id": "U_LEA"}}
    keys = {from_click({**named, "token": token}).key for token in ("a", "b")}
    assert {"click 1.2.3"} == keys
