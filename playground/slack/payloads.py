"""What Slack sends: every field of its payloads, for what somebody in the pretend workspace did.

Sources, read 2026-11-23: https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/apis/events-api.
"""

from __future__ import annotations

from collections.abc import Mapping

from playground.people import APP, BOT_USER, TEAM, TEAM_DOMAIN, Channel, Person, direct_id
from playground.slack.room import Message
from playground.slack.views import View

Doc = dict[str, object]


def command(person: Person, channel: Channel, name: str, text: str, response_url: str, trigger: str) -> dict[str, str]:
    """A slash command's form fields."""
    return {
        "token": "deprecated", "team_id": person.team, "team_domain": TEAM_DOMAIN, "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_direct else channel.name, "user_id": person.id,
        "user_name": person.name, "command": name, "text": text, "api_app_id": APP, "is_enterprise_install": "false",
        "response_url": response_url, "trigger_id": trigger,
    }  # fmt: skip


def click(
    person: Person, channel: Channel, message: Message, action: Mapping[str, object], response_url: str, trigger: str
) -> Doc:
    """block_actions from a message; what only one person sees comes without the message itself."""
    container: Doc = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    container |= {"is_ephemeral": bool(message.only_for)}
    container |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    doc = _interaction("block_actions", person, trigger)
    doc |= {"container": container, "channel": {"id": channel.id, "name": channel.name or "directmessage"}}
    doc |= {} if message.only_for else {"message": message.record()}
    return doc | {"state": {"values": {}}, "response_url": response_url, "actions": [dict(action)]}


def view_click(
    person: Person, view: View, action: Mapping[str, object], trigger: str, values: Mapping[str, object]
) -> Doc:
    """block_actions from an open form or a Home tab, with what stands in its fields: no message, no channel."""
    doc = _interaction("block_actions", person, trigger)
    doc |= {"container": {"type": "view", "view_id": view.id}, "view": view.record(values)}
    return doc | {"actions": [dict(action)]}


def submission(person: Person, view: View, values: Mapping[str, object], trigger: str) -> Doc:
    """view_submission; it knows no channel."""
    return _interaction("view_submission", person, trigger) | {"view": view.record(values), "response_urls": []}


def shortcut(person: Person, callback_id: str, trigger: str, at: str) -> Doc:
    """A global shortcut: it knows neither channel nor response_url."""
    return _interaction("shortcut", person, trigger) | {"callback_id": callback_id, "action_ts": at}


def message_shortcut(
    person: Person, channel: Channel, message: Mapping[str, object], callback_id: str, response_url: str, trigger: str,
    at: str,
) -> Doc:  # fmt: skip
    """A shortcut on a message, which comes with it whole."""
    doc = _interaction("message_action", person, trigger) | {"callback_id": callback_id, "action_ts": at}
    doc |= {"channel": {"id": channel.id, "name": channel.name or "directmessage"}, "message": dict(message)}
    return doc | {"message_ts": message.get("ts"), "response_url": response_url}


def mention(person: Person, message: Message, event_id: str, at: int) -> Doc:
    """app_mention, in its envelope."""
    event: Doc = {"type": "app_mention", "user": person.id, "text": message.text, "ts": message.ts}
    event |= {"client_msg_id": event_id.lower(), "team": person.team, "channel": message.channel}
    event |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    return _envelope(event | {"event_ts": message.ts}, event_id, at)


def opening(person: Person, tab: str, home: View | None, event_id: str, at: float) -> Doc:
    """app_home_opened, in its envelope; with the Home that is shown, where one was published."""
    event: Doc = {"type": "app_home_opened", "user": person.id, "channel": direct_id(person.id), "tab": tab}
    event |= {"view": home.record()} if home and tab == "home" else {}
    return _envelope(event | {"event_ts": f"{at:.6f}"}, event_id, int(at))


def joining(who: str, team: str, channel: Channel, inviter: str, event_id: str, at: float) -> Doc:
    """member_joined_channel, in its envelope; without an inviter somebody joined by themselves. Channels of either
    sort begin with C since 2021, and so says `channel_type` (https://docs.slack.dev/reference/events, 2026-11-26)."""
    event: Doc = {"type": "member_joined_channel", "user": who, "channel": channel.id, "channel_type": "C"}
    event |= {"team": team} | ({"inviter": inviter} if inviter else {})
    return _envelope(event | {"event_ts": f"{at:.6f}"}, event_id, int(at))


def _envelope(event: Doc, event_id: str, at: int) -> Doc:
    who = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": "deprecated", "team_id": TEAM, "api_app_id": APP, "type": "event_callback", "event_id": event_id,
        "event_time": at, "event": event, "authorizations": [who], "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }  # fmt: skip


def action_of(element: Mapping[str, object], block_id: str, value: str | None, at: str) -> Doc:
    """What was done to an element; `value` stands for its own where given."""
    kind = str(element.get("type", "button"))
    doc: Doc = {"type": kind, "action_id": element.get("action_id", ""), "block_id": block_id, "action_ts": at}
    if kind == "button":
        doc |= {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return doc | ({"value": value} if value is not None else {})
    return doc | typed_value(element, value or "")


def typed_value(element: Mapping[str, object], value: object) -> Doc:
    """What an element holds once `value` was typed or chosen in it."""
    kind = str(element.get("type", ""))
    match kind:
        case "static_select" | "external_select" | "radio_buttons" | "overflow":
            return {"type": kind, "selected_option": _option(element, value)}
        case "checkboxes" | "multi_static_select":
            chosen = value if isinstance(value, list) else [value]
            return {"type": kind, "selected_options": [_option(element, one) for one in chosen if one]}
        case "conversations_select" | "users_select" | "channels_select":
            return {"type": kind, f"selected_{kind.split('_')[0].removesuffix('s')}": value or None}
        case "datepicker" | "timepicker" | "datetimepicker":
            what = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}[kind]
            return {"type": kind, f"selected_{what}": value or None}
        case "file_input":
            return {"type": kind, "files": value if isinstance(value, list) else []}
        case _:
            return {"type": kind, "value": value if value != "" else None}


def _option(element: Mapping[str, object], value: object) -> object:
    return next((dict(option) for option in options_of(element) if option.get("value") == value), None)


def options_of(element: Mapping[str, object]) -> list[Mapping[str, object]]:
    """What can be chosen in an element, in its groups or without."""
    groups = element.get("option_groups")
    grouped = [group for group in groups if isinstance(group, Mapping)] if isinstance(groups, list) else []
    lists = [element.get("options"), *(group.get("options") for group in grouped)]
    return [option for some in lists if isinstance(some, list) for option in some if isinstance(option, Mapping)]


def _interaction(kind: str, person: Person, trigger: str) -> Doc:
    return {
        "type": kind, "token": "deprecated", "api_app_id": APP, "trigger_id": trigger, "enterprise": None,
        "team": {"id": person.team, "domain": TEAM_DOMAIN}, "is_enterprise_install": False,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team},
    }  # fmt: skip
