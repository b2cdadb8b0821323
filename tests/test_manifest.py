"""The Slack app manifests, by the rules of Slack's App manifest reference (docs.slack.dev/reference/app-manifest, read
2026-11-23). Slack's own schema does not know scopes and events by name, so our own list does."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from bot.settings import Settings
from bot.slack.health import SCOPES
from bot.slack.purge_forms import PURGE_FORM, PURGE_LINKS
from tests.schema import validator

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
SOCKET, HTTP = ROOT / "manifest.yml", ROOT / "docs" / "manifest-http.yml"
KNOWN_SCOPES = ["app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public", "commands"]
KNOWN_SCOPES += [
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:write",
    "usergroups:read",
    "users:read",
]
KNOWN_EVENTS = ["app_home_opened", "app_mention", "file_shared", "member_joined_channel"]
KNOWN_EVENTS += ["subteam_members_changed", "subteam_updated"]


def closed(required: list[str], **properties: object) -> dict[str, object]:
    """A mapping with exactly these keys."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def text(longest: int, **more: object) -> dict[str, object]:
    """Text of at most `longest` characters."""
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


def several(most: int, values: object) -> dict[str, object]:
    """A list of at most `most` different values."""
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": values}


YES_OR_NO: dict[str, object] = {"type": "boolean"}
HTTPS = text(3000, pattern="^https://[^/]+/slack/events$")
COMMAND = closed(
    ["command", "description", "should_escape"],
    command=text(32, pattern="^/[a-z0-9_-]+$"),
    description=text(2000),
    usage_hint=text(1000),
    should_escape=YES_OR_NO,
    url=HTTPS,
)
SHORTCUT = closed(
    ["name", "type", "callback_id", "description"],
    name=text(35),
    type={"enum": ["global", "message"]},
    callback_id=text(255),
    description=text(150),
)
SCHEMA = closed(
    ["_metadata", "display_information", "features", "oauth_config", "settings"],
    _metadata=closed(["major_version"], major_version={"const": 2}),
    display_information=closed(
        ["name"], name=text(35), description=text(140), background_color=text(7, pattern="^#[0-9a-f]{6}$")
    ),
    features=closed(
        ["app_home", "bot_user", "slash_commands", "shortcuts"],
        app_home=closed(
            ["home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"],
            home_tab_enabled={"const": True},  # views.publish answers `not_enabled` without it
            messages_tab_enabled=YES_OR_NO,
            messages_tab_read_only_enabled=YES_OR_NO,
        ),
        bot_user=closed(["display_name"], display_name=text(80), always_online=YES_OR_NO),
        slash_commands=several(50, COMMAND),
        shortcuts=several(10, SHORTCUT),
    ),
    oauth_config=closed(["scopes"], scopes=closed(["bot"], bot=several(255, {"enum": KNOWN_SCOPES}))),
    settings=closed(
        ["event_subscriptions", "interactivity", "socket_mode_enabled"],
        event_subscriptions=closed(["bot_events"], bot_events=several(100, {"enum": KNOWN_EVENTS}), request_url=HTTPS),
        interactivity=closed(["is_enabled"], is_enabled=YES_OR_NO, request_url=HTTPS),
        org_deploy_enabled=YES_OR_NO,
        socket_mode_enabled=YES_OR_NO,
        token_rotation_enabled={"const": False},
    ),
)


def manifest(file: Path) -> dict[str, Any]:
    """The manifest as Slack reads it."""
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    return data


def addresses(data: dict[str, Any]) -> list[str | None]:
    """Where Slack is told to deliver commands, events and clicks."""
    settings = data["settings"]
    places = [*data["features"]["slash_commands"]]
    return [place.get("url") for place in places] + [
        settings[part].get("request_url") for part in ("event_subscriptions", "interactivity")
    ]


def without_addresses(data: dict[str, Any]) -> dict[str, Any]:
    """`data` as if Slack delivered by socket."""
    bare = copy.deepcopy(data)
    bare["settings"]["socket_mode_enabled"] = True
    for part in ("event_subscriptions", "interactivity"):
        bare["settings"][part].pop("request_url", None)
    for command in bare["features"]["slash_commands"]:
        command.pop("url", None)
    return bare


@functools.cache
def _slacks() -> Draft202012Validator:
    return validator(SCHEMA)


@pytest.mark.parametrize("file", [SOCKET, HTTP], ids=["socket", "http"])
def test_slack_takes_it(file: Path) -> None:
    _slacks().validate(manifest(file))


def test_by_socket_no_address_is_named() -> None:
    data = manifest(SOCKET)
    assert (data["settings"]["socket_mode_enabled"], addresses(data)) == (True, [None, None, None])


def test_by_http_everything_comes_to_one_address() -> None:
    data = manifest(HTTP)
    url = "https://purgebot.example.com/slack/events"
    assert (data["settings"]["socket_mode_enabled"], addresses(data)) == (False, [url, url, url])


def test_both_ask_for_the_same() -> None:
    assert without_addresses(manifest(HTTP)) == manifest(SOCKET)


def test_the_command_is_the_one_that_is_configured_by_default() -> None:
    assert [command["command"] for command in manifest(SOCKET)["features"]["slash_commands"]] == [Settings().command]


def test_its_shortcuts_are_those_that_are_understood() -> None:
    assert [shortcut["callback_id"] for shortcut in manifest(SOCKET)["features"]["shortcuts"]] == [
        PURGE_FORM,
        PURGE_LINKS,
    ]


def test_it_grants_what_the_doctor_asks_for() -> None:
    assert sorted(SCOPES) == manifest(SOCKET)["oauth_config"]["scopes"]["bot"]


def test_it_asks_for_nothing_that_is_not_used() -> None:
    assert manifest(SOCKET)["oauth_config"]["scopes"]["bot"] == [
        "app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public",
        "commands", "files:read", "files:write", "groups:history", "groups:read", "im:write",
        "usergroups:read", "users:read",
    ]  # fmt: skip


WRONG = {
    "unknown key": (("features",), {"slash_command": []}),
    "misspelt scope": (("oauth_config", "scopes"), {"bot": ["chat:writes"]}),
    "misspelt event": (("settings", "event_subscriptions"), {"bot_events": ["app_mentioned"]}),
    "no is_enabled": (("settings",), {"interactivity": {}}),
    "long name": (("display_information",), {"name": "p" * 36}),
    "no slash": (
        ("features",),
        {"slash_commands": [{"command": "purge", "description": "d", "should_escape": False}]},
    ),
    "not https": (("settings", "event_subscriptions"), {"request_url": "http://bot.test/slack/events"}),
}


@pytest.mark.parametrize(("place", "change"), WRONG.values(), ids=WRONG)
def test_these_rules_would_notice(place: tuple[str, ...], change: dict[str, object]) -> None:
    data = manifest(SOCKET)
    part = data
    for key in place:
        part = part[key]
    part.update(change)
    assert _slacks().is_valid(data) is False
