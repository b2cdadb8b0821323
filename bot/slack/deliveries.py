"""Slack's payloads as plain deliveries: what is kept in the ledger before the ack, and nothing more."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.slack.links import files_of, links_in
from bot.slack.payload import part_of, text_of

Payload = Mapping[str, object]

_MARKS = re.compile(r"(<[^<>]*>)")  # https://docs.slack.dev/messaging/formatting-message-text
_MARK = re.compile(r"<(?:[@#!]|[A-Za-z][A-Za-z0-9+.-]*:)[^<>]*>")
_RAW = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)|https?://")  # Slack puts what it takes for a link in brackets
_ESCAPED = re.compile(r"&[lg]t;|(?<!\S)&amp;(?!\S)")
COMMAND, MENTION, CLICK, SUBMIT = "slack.command", "slack.mention", "slack.click", "slack.submit"
OPENING, SHORTCUT, INVITED = "slack.home", "slack.shortcut", "slack.invited"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One delivery: its idempotency key, its kind, and the body that is stored."""

    key: str
    kind: str
    body: dict[str, object]


def from_command(payload: Payload) -> Incoming:
    """A slash command. Its trigger_id is unique to what the user did."""
    body: dict[str, object] = {
        "user": text_of(payload, "user_id"),
        "team": text_of(payload, "team_id"),
        "channel": text_of(payload, "channel_id"),
        "text": _as_typed(text_of(payload, "text")),
        "response_url": text_of(payload, "response_url"),
        "trigger_id": text_of(payload, "trigger_id"),
    }
    return Incoming(_key("command", payload, text_of(payload, "trigger_id")), COMMAND, body)


def from_mention(payload: Payload) -> Incoming:
    """An `@purgebot …` message; Slack sends an event again under the same event_id."""
    event = part_of(payload, "event")
    text = text_of(event, "text")
    body: dict[str, object] = {
        "user": text_of(event, "user"),
        "team": text_of(event, "user_team") or text_of(event, "team") or text_of(payload, "team_id"),
        "channel": text_of(event, "channel"),
        "thread": text_of(event, "thread_ts"),
        "text": _unescaped(text.split(">", 1)[1].strip() if text.startswith("<@") and ">" in text else text),
    }
    return Incoming(_key("event", payload, text_of(payload, "event_id")), MENTION, body)


def from_opening(payload: Payload) -> Incoming | None:
    """Somebody opened the app; None where that was not its Home. `blank` when Slack shows nothing there yet."""
    event = part_of(payload, "event")
    if event.get("tab") != "home":
        return None
    body: dict[str, object] = {
        "user": text_of(event, "user"),
        "team": text_of(event, "user_team") or text_of(payload, "team_id"),
        "blank": not part_of(event, "view"),
    }
    return Incoming(_key("event", payload, text_of(payload, "event_id")), OPENING, body)


def _as_typed(text: str) -> str:
    """A command's text as typed. Whether Slack escapes it is a switch of the app that no delivery tells: it does where
    nothing stands unescaped, and a mark of Slack's, a bracket or a lone `&` shows it. Else `&amp;` was typed."""
    outside = _MARK.sub("", text)
    escapes = not _RAW.search(outside) and (outside != text or _ESCAPED.search(outside) is not None)
    return _unescaped(text) if escapes else text


def _unescaped(text: str) -> str:
    """Message text with `&`, `<` and `>` as typed. Inside `<…>`, Slack's own marks, the grammar does it."""
    return "".join(part if part.startswith("<") else _typed(part) for part in _MARKS.split(text))


def _typed(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def from_joining(payload: Payload) -> Incoming | None:
    """The bot was invited to a channel; None where somebody else joined one. Slack names the bot's own user beside
    the event, https://docs.slack.dev/apis/events-api, read 2026-11-26."""
    event = part_of(payload, "event")
    authorizations = payload.get("authorizations")
    ours = [one for one in authorizations if isinstance(one, Mapping)] if isinstance(authorizations, list) else []
    who, channel = text_of(event, "user"), text_of(event, "channel")
    if not (who and channel and any(one.get("is_bot") and one.get("user_id") == who for one in ours)):
        return None
    return Incoming(_key("event", payload, text_of(payload, "event_id")), INVITED, {"channel": channel})


def from_click(payload: Payload) -> Incoming:
    """A button. The actor is the signed user, the message the container's: never what a value says."""
    action = _first_action(payload)
    container = part_of(payload, "container")
    user = part_of(payload, "user")
    view = part_of(payload, "view")
    body: dict[str, object] = {
        "user": text_of(user, "id"),
        "team": text_of(user, "team_id") or text_of(part_of(payload, "team"), "id"),
        "channel": text_of(container, "channel_id") or text_of(part_of(payload, "channel"), "id"),
        "message_ts": text_of(container, "message_ts"),
        "thread": text_of(container, "thread_ts"),
        "ephemeral": bool(container.get("is_ephemeral")),
        "action": text_of(action, "action_id"),
        "value": text_of(action, "value") or text_of(part_of(action, "selected_option"), "value"),
        "response_url": text_of(payload, "response_url"),
        "trigger_id": text_of(payload, "trigger_id"),
        "view": text_of(view, "id"),
        "home": view.get("type") == "home",
    }
    if view:
        body |= {"draft": text_of(view, "private_metadata"), "hash": text_of(view, "hash"), "fields": _fields(view)}
    return Incoming(_key("click", payload, text_of(payload, "trigger_id")), CLICK, body)


def from_submit(payload: Payload) -> Incoming:
    """A form. `private_metadata` names the draft it belongs to."""
    view = part_of(payload, "view")
    user = part_of(payload, "user")
    body: dict[str, object] = {
        "user": text_of(user, "id"),
        "team": text_of(user, "team_id") or text_of(part_of(payload, "team"), "id"),
        "form": text_of(view, "callback_id"),
        "draft": text_of(view, "private_metadata"),
        "view": text_of(view, "id"),
        "trigger_id": text_of(payload, "trigger_id"),
        "fields": _fields(view),
    }
    return Incoming(_key("view", payload, text_of(view, "id"), text_of(view, "hash")), SUBMIT, body)


def _key(what: str, payload: Payload, *names: str) -> str:
    """The idempotency key: Slack's own names for the deed. Where one is missing, a digest of the whole payload, which
    is the same when it comes again and another for another deed."""
    if all(names):
        return " ".join((what, *names))
    return f"{what} sha256:{hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()}"


def from_shortcut(payload: Payload) -> Incoming:
    """A global shortcut, which knows no channel, or one on a message: then the message's links and lists."""
    user, message = part_of(payload, "user"), part_of(payload, "message")
    body: dict[str, object] = {
        "user": text_of(user, "id"),
        "team": text_of(user, "team_id") or text_of(part_of(payload, "team"), "id"),
        "shortcut": text_of(payload, "callback_id"),
        "channel": text_of(part_of(payload, "channel"), "id"),
        "thread": text_of(message, "thread_ts"),
        "links": links_in(message),
        "files": [[text_of(file, "id"), text_of(file, "name")] for file in files_of(message)],
        "response_url": text_of(payload, "response_url"),
        "trigger_id": text_of(payload, "trigger_id"),
    }
    return Incoming(_key("shortcut", payload, text_of(payload, "trigger_id")), SHORTCUT, body)


def first_field(incoming: Incoming) -> str:
    """The block of a form that says what is wrong with all of it: the one that it begins with."""
    fields = incoming.body.get("fields")
    names = list(fields) if isinstance(fields, dict) else []
    return next((name for name in names if name.partition("-")[0] in ("site_name", "things")), "site_name")


def _fields(view: Payload) -> dict[str, str]:
    return {name: _field(block) for name, block in part_of(part_of(view, "state"), "values").items()}


def _field(block: object) -> str:
    """What was typed or chosen; of files the ids, with commas between."""
    if not isinstance(block, Mapping):
        return ""
    for element in block.values():
        if isinstance(element, Mapping):
            chosen = text_of(part_of(element, "selected_option"), "value")
            files = ",".join(text_of(file, "id") for file in files_of(element))
            return str(element.get("value") or "") or chosen or files
    return ""


def _first_action(payload: Payload) -> Payload:
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, Mapping) else {}
