"""Everything that a job or a queued request names: in the card as far as there is room, else in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.slack.cards.blocks import LINE_MAX, PARAGRAPH_MAX, Block, context
from bot.slack.cards.words import number
from bot.slack.escape import url_text

ROOM = PARAGRAPH_MAX - 200  # characters of all lines
SHORT = 300  # characters of a line where not all fit


def targets_listed(targets: Sequence[str]) -> list[Block]:
    """The targets, as many as there is room for; of a single one the card says all, unless it is long."""
    if not is_listed(targets):
        return []
    lines, total = list(_fitting(targets)), f"{number(len(targets))} target{'' if len(targets) == 1 else 's'}"
    if not is_cut(targets):
        return [context([f"All {total}:" if len(targets) > 1 else "All of its target:", *lines])]
    return [context([f"The first {number(len(lines))} of {total}; the file holds all of them:", *lines])]


def is_listed(targets: Sequence[str]) -> bool:
    """Whether a list says more than the card above it."""
    return len(targets) > 1 or any(len(target) > SHORT for target in targets)


def is_cut(targets: Sequence[str]) -> bool:
    """Whether the list in the card leaves something out."""
    return not _have_room(targets)


def _have_room(targets: Sequence[str]) -> bool:
    if len(targets) > ROOM or any(len(target) > LINE_MAX for target in targets):
        return False
    return sum(len(url_text(target, LINE_MAX)) + 1 for target in targets) <= ROOM


def _fitting(targets: Sequence[str]) -> Iterator[str]:
    limit, room = LINE_MAX if _have_room(targets) else SHORT, ROOM
    for target in targets:
        line = url_text(target, limit)
        room -= len(line) + 1
        if room < 0:
            return
        yield line
