"""That something was asked for at the machine, without votes, while Slack or the bot was away."""

from __future__ import annotations

from bot.domain.jobs.hold import OVERRULED
from bot.domain.jobs.job import JobView
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.root import what
from bot.slack.cards.words import subject
from bot.slack.escape import escape, linked, person

REASON_MAX = 1000  # characters


def local_card(job: JobView, link: str, salt: str = "") -> Card:
    """The post that tells of it, where broken glass is told of."""
    over = "though the policy refuses it or the site was held" if job.rule == OVERRULED else "without votes"
    lines = [
        f"Why: {escape(job.reason, REASON_MAX)}",
        f"What: {escape(what(job), 500)}",
        linked(link, f"The card of {job.name}"),
    ]
    return card(f"🟡 {person(job.requested_by)} asked for {job.name}, {over} · {subject(job)}", lines, [], salt)
