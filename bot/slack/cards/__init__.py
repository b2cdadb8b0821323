"""Every sentence that Slack shows. Values in, cards out; nothing here asks anything."""

from bot.slack.cards.blocks import Card
from bot.slack.cards.forms import chosen_form, everything_form
from bot.slack.cards.glass import glass_card, reminder_card
from bot.slack.cards.local import local_card
from bot.slack.cards.request import request_card
from bot.slack.cards.root import root_card
from bot.slack.cards.thread import thread_line

__all__ = [
    "Card",
    "chosen_form",
    "everything_form",
    "glass_card",
    "local_card",
    "reminder_card",
    "request_card",
    "root_card",
    "thread_line",
]
