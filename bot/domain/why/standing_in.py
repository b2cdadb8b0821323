"""Answers that stand in for a page, and tell nothing of whether that is old."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.why.spots import Glance, Spot

NOT_MODIFIED = 304


def no_page(spot: Spot, seen: Glance, origins: Sequence[Glance]) -> str:
    """Why an answer is none about the page at all: a 304 to who has no copy; "" where it may be."""
    is_bare = seen.look.status == NOT_MODIFIED and not seen.look.is_kept
    if is_bare and not any(origin.look.status == NOT_MODIFIED for origin in origins):
        return f"{spot.name} answered {NOT_MODIFIED}, which holds no page"
    return ""
