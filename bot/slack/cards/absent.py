"""That a page is not there, which a verdict alone does not say: an edge without it serves what the origin serves."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.proof.absent import absent
from bot.domain.proof.look import Look
from bot.slack.cards.words import listed
from bot.slack.escape import url_text

NAMED_MAX = 3
URL_MAX = 100  # characters


def absent_told(looks: Sequence[Look], before: Sequence[Look] = ()) -> str:
    """Which of the pages looked at are not there and were not `before`; "" where each is."""
    gone = absent(looks, before)
    if not gone:
        return ""
    if len({look.url for look in looks}) == 1:
        status = next(iter(gone.values()))
        return (
            f"The page is not there ({status}), at the edge as at the origin. If it should be, see whether its URL is "
            "written right."
        )
    named = listed([f"{url_text(url, URL_MAX)} ({status})" for url, status in gone.items()], NAMED_MAX)
    its = "it should be, see whether its URL is" if len(gone) == 1 else "they should be, see whether their URLs are"
    return f"Not there, at the edge as at the origin: {named}. If {its} written right."
