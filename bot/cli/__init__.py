"""The terminal: the bot itself, its doctor and configuration, and the grammar of `/purge` to the running bot."""

from bot.cli import commands, verbs  # each registers its own, in this order
from bot.cli.commands import main
from bot.cli.root import app

__all__ = ["app", "commands", "main", "verbs"]
