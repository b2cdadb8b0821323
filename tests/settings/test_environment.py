"""Every variable, its default, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, Environment

GOOD = {
    "nothing": ({}, Environment()),
    "empty counts as not set": ({"PORT": "", "SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": ""}, Environment()),
    "config": ({"PURGEBOT_CONFIG": "/config/p.yaml"}, Environment(config="/config/p.yaml")),
    "database": (
        {"PURGEBOT_DATABASE": "sqlite:////data/purgebot.db"},
        Environment(database="sqlite:////data/purgebot.db"),
    ),
    "slack": (
        {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_APP_TOKEN": "xapp-1"},
        Environment(slack_bot_token="xoxb-1", slack_signing_secret="s", slack_app_token="xapp-1"),
    ),
    "slack's address": (
        {"SLACK_API_URL": "http://127.0.0.1:1/api"},
        Environment(slack_api_url="http://127.0.0.1:1/api/"),
    ),
    "connections": ({"SLACK_CONNECTIONS": "10"}, Environment(slack_connections=10)),
    "doors": ({"HOST": "0.0.0.0", "PORT": "0"}, Environment(host="0.0.0.0", port=0)),
    "metrics": (
        {"METRICS_HOST": "10.0.0.1", "METRICS_PORT": "65535"},
        Environment(metrics_host="10.0.0.1", metrics_port=65535),
    ),
    "logs": ({"LOG_FORMAT": "json"}, Environment(log_format="json")),
    "terminal": (
        {"PURGEBOT_URL": "https://bot.test/", "PURGEBOT_TOKEN": "t"},
        Environment(purgebot_url="https://bot.test", purgebot_token="t"),
    ),
}
BAD = {
    "both": (
        {"SLACK_BOT_TOKEN": "hunter2", "SLACK_BOT_TOKEN_FILE": "/x"},
        "SLACK_BOT_TOKEN: both SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are set. Unset one of them.",
    ),
    "no file": (
        {"SLACK_SIGNING_SECRET_FILE": "/none/secret"},
        "SLACK_SIGNING_SECRET_FILE: the file /none/secret does not exist."
        " Name a file that holds the secret, or set SLACK_SIGNING_SECRET.",
    ),
    "app token for bot token": (
        {"SLACK_BOT_TOKEN": "xapp-hunter2"},
        "SLACK_BOT_TOKEN: holds an app-level token."
        " Put the bot token (xoxb-…) here, and this one into SLACK_APP_TOKEN.",
    ),
    "user token for bot token": (
        {"SLACK_BOT_TOKEN": "xoxp-hunter2"},
        "SLACK_BOT_TOKEN: holds a user's token. Put the bot token (xoxb-…) here.",
    ),
    "bot token for app token": (
        {"SLACK_APP_TOKEN": "xoxb-hunter2"},
        "SLACK_APP_TOKEN: holds a bot token. Put the app-level token (xapp-…) here, and this one into SLACK_BOT_TOKEN.",
    ),
    "two words": (
        {"SLACK_BOT_TOKEN": "xoxb-hunter2 #prod"},
        "SLACK_BOT_TOKEN: holds blanks or line ends. Set it to the token alone.",
    ),
    "postgres": (
        {"PURGEBOT_DATABASE": "postgresql://u:hunter2@db/purgebot"},
        "PURGEBOT_DATABASE: is not a database that this version knows."
        " Write sqlite:///path, such as sqlite:///purgebot.db.",
    ),
    "bare path": (
        {"PURGEBOT_DATABASE": "purgebot.db"},
        "PURGEBOT_DATABASE: is not a database that this version knows."
        " Write sqlite:///path, such as sqlite:///purgebot.db.",
    ),
    "port's name": ({"PORT": "http"}, "PORT: is not a port. Write a number from 0 to 65535, such as 8080."),
    "port too high": (
        {"METRICS_PORT": "65536"},
        "METRICS_PORT: is not a port. Write a number from 0 to 65535, such as 9464.",
    ),
    "no connection": (
        {"SLACK_CONNECTIONS": "0"},
        "SLACK_CONNECTIONS: is not a number that fits. Write one from 1 to 10, such as 2.",
    ),
    "more connections than Slack gives": (
        {"SLACK_CONNECTIONS": "11"},
        "SLACK_CONNECTIONS: is not a number that fits. Write one from 1 to 10, such as 2.",
    ),
    "connections in words": (
        {"SLACK_CONNECTIONS": "two"},
        "SLACK_CONNECTIONS: is not a number that fits. Write one from 1 to 10, such as 2.",
    ),
    "log format": ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: is not a choice. Write console or json."),
    "slack's address": (
        {"SLACK_API_URL": "slack.com"},
        "SLACK_API_URL: is not an http or https URL. Write one, such as https://slack.com/api/.",
    ),
    "bot's address": (
        {"PURGEBOT_URL": "http://:x"},
        "PURGEBOT_URL: is not an http or https URL. Write one, such as http://127.0.0.1:8080.",
    ),
}


@pytest.mark.parametrize(("environ", "expected"), GOOD.values(), ids=GOOD)
def test_variables_are_read(environ: dict[str, str], expected: Environment) -> None:
    assert Environment.read(environ, terminal=True) == expected


@pytest.mark.parametrize(("environ", "said"), BAD.values(), ids=BAD)
def test_a_wrong_variable_is_told_without_its_value(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        Environment.read(environ, terminal=True)
    assert str(caught.value) == said


def test_every_wrong_variable_is_told_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        Environment.read({"PORT": "x", "METRICS_PORT": "y", "LOG_FORMAT": "z"}, terminal=True)
    assert [problem.key for problem in caught.value.problems] == ["PORT", "METRICS_PORT", "LOG_FORMAT"]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"])
def test_a_slack_secret_may_be_in_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    read = Environment.read({f"{name}_FILE": str(tmp_path / "secret")}, terminal=True)
    assert [read.slack_bot_token, read.slack_signing_secret, read.slack_app_token].count("s3cret") == 1


def test_logs_are_json_where_nobody_watches() -> None:
    assert Environment.read({}, terminal=False).log_format == "json"


def test_printing_the_environment_shows_no_secret() -> None:
    names = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "PURGEBOT_TOKEN")
    read = Environment.read(dict.fromkeys(names, "hunter2"), terminal=True)
    assert (read.purgebot_token, "hunter2" in repr(read)) == ("hunter2", False)
