"""The form behind Deny: a no wants a reason, which whoever asked reads."""

from __future__ import annotations

from bot.domain.jobs.job import JobView
from bot.slack.cards.blocks import Block, Card, button, card, section
from bot.slack.cards.gone import has_gone
from bot.slack.cards.words import listed, subject
from bot.slack.escape import escape, person

CALLBACK = "deny"
REASON_MAX = 500  # characters
EMPTY = "Say why; whoever asked reads it."


def deny_form(job: JobView, token: str) -> Block:
    """The view; `token` is that of the card whose button was pressed."""
    who = listed([person(one) for one in job.askers])
    because = f", because {escape(job.reason, 300)}" if job.reason else ""
    rest = "no more of it is purged" if has_gone(job) else "nothing is purged"
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": f"{token}:{job.approval.digest if job.approval else ''}",
        "title": {"type": "plain_text", "text": f"Deny {job.name}"},
        "submit": {"type": "plain_text", "text": "Deny"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [
            section(f"{who} ask{'' if job.also_by else 's'} to purge {subject(job)}{because}."),
            section(f"One denial ends the request{' for all of them' if job.also_by else ''}; {rest}."),
            {
                "type": "input",
                "block_id": "reason",
                "label": {"type": "plain_text", "text": "Why not"},
                "element": {
                    "type": "plain_text_input", "action_id": "reason", "multiline": True, "max_length": REASON_MAX,
                },
            },
        ],
    }  # fmt: skip


def why_card(job: JobView, token: str) -> Card:
    """The form needs a click of its own to open."""
    lines = [f"Or type the reason behind `deny {job.name}`."]
    return card(f"Say why {job.name} is denied.", lines, [button("Continue", "open_form", token, "primary")])
