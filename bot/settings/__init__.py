"""Configuration and secrets. Nothing else in the house reads the environment."""

from bot.settings.cautions import unset
from bot.settings.doubts import over
from bot.settings.environment import Environment
from bot.settings.example import example
from bot.settings.loading import load
from bot.settings.lost import Lacking, lost, without_secret
from bot.settings.model import (
    AccountSettings,
    ApiToken,
    Approvals,
    BadSettings,
    Deploys,
    GithubEvent,
    GithubSender,
    Globalping,
    HookSender,
    MissingSecret,
    Mode,
    OidcSender,
    Problem,
    Retention,
    Secret,
    Sender,
    Settings,
)
from bot.settings.open_ends import open_ends
from bot.settings.rendering import lines, summary
from bot.settings.schema import schema

__all__ = [
    "AccountSettings",
    "ApiToken",
    "Approvals",
    "BadSettings",
    "Deploys",
    "Environment",
    "GithubEvent",
    "GithubSender",
    "Globalping",
    "HookSender",
    "Lacking",
    "MissingSecret",
    "Mode",
    "OidcSender",
    "Problem",
    "Retention",
    "Secret",
    "Sender",
    "Settings",
    "example",
    "lines",
    "load",
    "lost",
    "open_ends",
    "over",
    "schema",
    "summary",
    "unset",
    "without_secret",
]
