"""The environment, read once. Every variable is listed here; an empty one counts as not set."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.settings.model import BadSettings, MissingSecret, Problem, Secret

_TOKENS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN")
_MIXED_UP = {
    ("SLACK_BOT_TOKEN", "xapp-"): (
        "holds an app-level token.",
        "Put the bot token (xoxb-…) here, and this one into SLACK_APP_TOKEN.",
    ),
    ("SLACK_BOT_TOKEN", "xoxp-"): ("holds a user's token.", "Put the bot token (xoxb-…) here."),
    ("SLACK_APP_TOKEN", "xoxb-"): (
        "holds a bot token.",
        "Put the app-level token (xapp-…) here, and this one into SLACK_BOT_TOKEN.",
    ),
}
_FORMATS = ("console", "json")
_SQLITE = "sqlite:///"
MOST_CONNECTIONS = 10  # of one app, https://docs.slack.dev/apis/events-api/using-socket-mode


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says, with defaults."""

    config: str = "purgebot.yaml"
    database: str = "sqlite:///purgebot.db"
    slack_bot_token: str | None = field(default=None, repr=False)
    slack_signing_secret: str | None = field(default=None, repr=False)
    slack_app_token: str | None = field(default=None, repr=False)
    slack_connections: int = 2
    slack_api_url: str = "https://slack.com/api/"
    host: str = "127.0.0.1"
    port: int = 8080
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 9464
    log_format: str = "console"
    purgebot_url: str = "http://127.0.0.1:8080"
    purgebot_token: str | None = field(default=None, repr=False)

    @property
    def has_slack(self) -> bool:
        """Whether anything of Slack is configured; without it terminal and HTTP work alone."""
        return any((self.slack_bot_token, self.slack_signing_secret, self.slack_app_token))

    @classmethod
    def read(cls, environ: Mapping[str, str], terminal: bool | None = None) -> Environment:
        """Read every variable. `terminal` says whether logs go to one (asked of standard error where None).
        Raises BadSettings."""
        reader, usual = _Reader(environ), cls()
        tokens = {name: reader.token(name) for name in _TOKENS}
        on_terminal = sys.stderr.isatty() if terminal is None else terminal
        found = cls(
            config=reader.text("PURGEBOT_CONFIG", usual.config),
            database=reader.database("PURGEBOT_DATABASE", usual.database),
            slack_bot_token=tokens["SLACK_BOT_TOKEN"],
            slack_signing_secret=tokens["SLACK_SIGNING_SECRET"],
            slack_app_token=tokens["SLACK_APP_TOKEN"],
            slack_connections=reader.count("SLACK_CONNECTIONS", usual.slack_connections, 1, MOST_CONNECTIONS),
            slack_api_url=reader.url("SLACK_API_URL", usual.slack_api_url).rstrip("/") + "/",
            host=reader.text("HOST", usual.host),
            port=reader.port("PORT", usual.port),
            metrics_host=reader.text("METRICS_HOST", usual.metrics_host),
            metrics_port=reader.port("METRICS_PORT", usual.metrics_port),
            log_format=reader.choice("LOG_FORMAT", _FORMATS, "console" if on_terminal else "json"),
            purgebot_url=reader.url("PURGEBOT_URL", usual.purgebot_url).rstrip("/"),
            purgebot_token=reader.text("PURGEBOT_TOKEN", "") or None,
        )
        if reader.problems:
            raise BadSettings(tuple(reader.problems))
        return found


class _Reader:
    """Reads variables by sort and collects what is wrong. Values that may hold a secret are never repeated."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name) or default

    def token(self, name: str) -> str | None:
        plain, by_file = (self._environ.get(key, "") for key in (name, f"{name}_FILE"))
        if plain and by_file:
            self._wrong(name, f"both {name} and {name}_FILE are set.", "Unset one of them.")
            return None
        if not (plain or by_file):
            return None
        try:
            value = Secret(name if plain else "", by_file, self._environ).reveal().strip()
        except MissingSecret as exc:
            self._wrong(f"{name}_FILE", str(exc), f"Name a file that holds the secret, or set {name}.")
            return None
        self._check_token(name, value)
        return value

    def _check_token(self, name: str, value: str) -> None:
        if re.search(r"\s", value) or not value.isprintable():
            self._wrong(name, "holds blanks or line ends.", "Set it to the token alone.")
        wrong = _MIXED_UP.get((name, value[:5]))
        if wrong:
            self._wrong(name, *wrong)

    def database(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if value.startswith(_SQLITE) and len(value) > len(_SQLITE):
            return value
        self._wrong(
            name, "is not a database that this version knows.", "Write sqlite:///path, such as sqlite:///purgebot.db."
        )
        return default

    def url(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if _is_url(value):
            return value
        self._wrong(name, "is not an http or https URL.", f"Write one, such as {default}.")
        return default

    def port(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and int(value) <= 65535:
            return int(value)
        self._wrong(name, "is not a port.", f"Write a number from 0 to 65535, such as {default}.")
        return default

    def count(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdigit() and least <= int(value) <= most:
            return int(value)
        self._wrong(name, "is not a number that fits.", f"Write one from {least} to {most}, such as {default}.")
        return default

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value in choices:
            return value
        self._wrong(name, "is not a choice.", f"Write {' or '.join(choices)}.")
        return default

    def _wrong(self, name: str, what: str, advice: str) -> None:
        self.problems.append(Problem(what, advice, key=name))


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
