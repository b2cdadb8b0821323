"""What a page is made of and was not seen, since not all of the page could be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.answers.body import HEAD_MAX
from bot.domain.lint.finding import Note
from bot.domain.lint.markup import LINKS_MAX
from bot.domain.lint.served import Served
from bot.domain.shown import shown
from providers.codings import unreadable

SAYS_MAX = 40  # characters


def read_at(page: Sequence[Served]) -> Served | None:
    """The first place that serves a page as HTML: what the page is made of is read there."""
    first = next((served for served in page if served.is_whole), None)
    return first if first is not None and first.is_page else None


def unseen(page: Sequence[Served], named: int) -> Iterator[Note]:
    """Why files may be missing; `named` is the number of those that were found in what was read."""
    first = read_at(page)
    if first is None:
        return
    if packed := unreadable(first.answer.says("content-encoding")):
        told = f"it is packed in a way that cannot be read here ({shown(packed, SAYS_MAX)}), so files that it names"
        yield Note(first.url, f"{told} were not seen.")
    elif named >= LINKS_MAX:
        yield Note(first.url, f"it names {LINKS_MAX:,} files or more, and no more were counted.")
    elif first.answer.size > HEAD_MAX:
        told = f"it is longer than the {HEAD_MAX // 1024} KiB that are read of a page, so files that it names behind"
        yield Note(first.url, f"{told} were not seen.")
