"""What is still to be done, as cards say it: what is missing, and what mends it."""

from __future__ import annotations

from bot.domain.undone import Undone
from bot.slack.escape import channel, code, escape


def mended(undone: Undone, most: int) -> str:
    """Add `channel: C…` under sites.shop; Type `/invite @purgebot` in #shop: with an end to it. Each of its parts has
    at most `most` characters."""
    if not undone.line:
        return escape(undone.where, most)
    where = f"in {channel(undone.channel)}" if undone.channel else escape(undone.where, most)
    return f"{' '.join(filter(None, (undone.way, code(undone.line, most), where)))}."
