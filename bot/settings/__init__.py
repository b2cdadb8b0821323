"""Configuration and secrets. Nothing else in the house reads the environment."""

from bot.settings.environment import Environment
from bot.settings.model import (
    AccountSettings,
    ApiToken,
    Approvals,
    BadSettings,
    MissingSecret,
    Mode,
    Problem,
    Secret,
    Settings,
)

__all__ = [
    "AccountSettings",
    "ApiToken",
    "Approvals",
    "BadSettings",
    "Environment",
    "MissingSecret",
    "Mode",
    "Problem",
    "Secret",
    "Settings",
]
