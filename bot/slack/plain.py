"""A card as plain lines, for terminals and machines: the same words, without Slack's marks. What people typed keeps its
stars and backticks, which are no marks of ours: they stand aside as characters that nothing else holds meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from bot.slack.cards import Card
from bot.slack.cards.blocks import ABOUT_A_TABLE, CELL_MAX
from bot.slack.escape import escape

ESCAPED_MOST = 5  # characters that one becomes: &amp;
_DATE = re.compile(r"<!date\^[0-9]+\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_BARE = re.compile(r"<(https?://[^|>]+)>")
_PERSON = re.compile(r"<[@#]([A-Z0-9_]+)(?:\|[^>]*)?>")
_BOLD = re.compile(r"`[^`\n]*`|(?<![^\s(])\*(\w[^*\n]*)\*(?![^\s,.:;)])")  # the stars of a pattern are none


_ASIDE = str.maketrans("*`", "\ue000\ue001")
_BACK = str.maketrans("\ue000\ue001", "*`")


def plain(card: Card, typed: Sequence[str] = ()) -> str:
    """The card's text blocks, a line each; buttons are left out, and what is said of how Slack shows a table. A card
    without blocks is its text. `typed` is what people typed of it."""
    lines = [line for block in card.blocks for line in _texts(block)]
    return "\n".join(unmarked(line, typed) for line in lines or [card.text])


def unmarked(text: str, typed: Sequence[str] = ()) -> str:
    """mrkdwn as a terminal shows it."""
    for said in typed:
        text = _set_aside(text, escape(said, len(said) * ESCAPED_MOST + 1))
    text = _DATE.sub(r"\1", text)
    text = _LINK.sub(r"\2 (\1)", text)
    text = _BARE.sub(r"\1", text)
    text = _PERSON.sub(r"\1", text)
    text = _BOLD.sub(lambda found: found[1] or found[0], text)
    text = text.replace("```\n", "").replace("\n```", "").replace("```", "").replace("`", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").translate(_BACK)


def _set_aside(text: str, said: str) -> str:
    """`text` with what was `said` as it was typed, where it stands whole or cut."""
    if not {*"*`"} & {*said}:
        return text
    at = text.find(said[:1])
    while at >= 0:
        end = at + _alike(text[at:], said)
        if end - at == len(said) or text[end : end + 1] == "…":
            text = text[:at] + text[at:end].translate(_ASIDE) + text[end:]
        at = text.find(said[:1], at + 1)
    return text


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _texts(block: Mapping[str, object]) -> Iterator[str]:
    if block.get("type") == "actions" or block.get("block_id") == ABOUT_A_TABLE:
        return
    if block.get("type") == "table":
        yield from _table(block.get("rows"))
    yield from _text(block.get("text"))
    for name in ("fields", "elements"):
        parts = block.get(name)
        for part in parts if isinstance(parts, list) else []:
            yield from _text(part)


def _table(rows: object) -> Iterator[str]:
    """A line a row, its cells below each other."""
    cells = [[_cell(cell) for cell in row] for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
    for row in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False)).rstrip()


def _cell(cell: object) -> str:
    return escape(str(cell.get("text", "")), CELL_MAX * ESCAPED_MOST) if isinstance(cell, Mapping) else ""


def _text(part: object) -> Iterator[str]:
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        yield str(part["text"])
