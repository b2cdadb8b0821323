"""Block Kit as plain dicts, within Slack's limits (https://docs.slack.dev/reference/block-kit, read 2026-11-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.slack.escape import bare, cut_marked

Block = dict[str, object]
FIRST_MAX, LINE_MAX, PARAGRAPH_MAX, PARAGRAPHS_MAX = 1500, 1400, 2900, 2  # characters; Slack takes 3,000 a paragraph
TABLE_ROWS, TABLE_COLUMNS, CELL_MAX = 100, 20, 80
TABLE_MAX, CELL_FRAME = 7_000, 32  # characters of a table, and of a cell beside its text: a message takes 13,200 in all
BUTTON_MAX = 75
CONFIRM_TITLE_MAX, CONFIRM_TEXT_MAX, CONFIRM_BUTTON_MAX = 100, 300, 30


@dataclass(frozen=True, slots=True)
class Card:
    """A message: `text` for phones and screen readers, `blocks` for the rest. The first block says what `text` says."""

    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Confirm:
    """What Slack asks before a click counts."""

    title: str
    text: str
    yes: str
    no: str = "Back"
    danger: bool = False


def section(text: str, block_id: str = "") -> Block:
    """A paragraph of mrkdwn."""
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": cut_marked(text, PARAGRAPH_MAX)}}
    return block | ({"block_id": block_id} if block_id else {})


ABOUT_A_TABLE = "about_a_table"  # the id of small print on how Slack shows one, which means nothing elsewhere


def context(lines: Sequence[str], block_id: str = "") -> Block:
    """Small print, a line each."""
    text = cut_marked("\n".join(lines), PARAGRAPH_MAX)
    block: Block = {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}
    return block | ({"block_id": block_id} if block_id else {})


def paragraphs(lines: Sequence[str], salt: str = "") -> list[Block]:
    """Small print in as many blocks as it takes, and as a message has room for; what is left out is counted."""
    packed: list[list[str]] = [[]]
    for n, line in enumerate(lines):
        whole = cut_marked(line, LINE_MAX)
        if sum(len(other) + 1 for other in packed[-1]) + len(whole) > PARAGRAPH_MAX - 40:
            if len(packed) == PARAGRAPHS_MAX:
                packed[-1].append(f"… and {len(lines) - n:,} more lines")
                break
            packed.append([])
        packed[-1].append(whole)
    return [context(part, _id(salt, f"lines{n or ''}")) for n, part in enumerate(packed) if part]


def table(rows: Sequence[Sequence[str]], block_id: str = "") -> tuple[list[Block], int]:
    """A table, its first row the head, and how many rows it has no room for; nothing where there is only a head. A
    message takes one."""
    kept: list[list[Block]] = []
    room = TABLE_MAX
    for row in rows[:TABLE_ROWS]:
        texts = [bare(text, CELL_MAX) or "–" for text in row[:TABLE_COLUMNS]]
        room -= sum(CELL_FRAME + len(text) for text in texts)
        if room < 0 and kept:
            break
        kept.append([{"type": "raw_text", "text": text} for text in texts])
    if len(rows) < 2:
        return [], 0
    block: Block = {"type": "table", "rows": kept, "column_settings": [{"is_wrapped": True}]}
    return [block | ({"block_id": block_id} if block_id else {})], len(rows) - len(kept)


def button(text: str, action: str, value: str, style: str = "", confirm: Confirm | None = None) -> Block:
    """A button; `style` is "", "primary" or "danger"."""
    shown = bare(text, BUTTON_MAX) or action
    block: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": shown, "emoji": False},
        "value": value,
        "accessibility_label": shown,
    }
    if style:
        block["style"] = style
    if confirm is not None:
        block["confirm"] = _confirm(confirm)
    return block


def _confirm(confirm: Confirm) -> Block:
    asked: Block = {
        "title": {"type": "plain_text", "text": bare(confirm.title, CONFIRM_TITLE_MAX)},
        "text": {"type": "plain_text", "text": bare(confirm.text, CONFIRM_TEXT_MAX)},
        "confirm": {"type": "plain_text", "text": bare(confirm.yes, CONFIRM_BUTTON_MAX)},
        "deny": {"type": "plain_text", "text": bare(confirm.no, CONFIRM_BUTTON_MAX)},
    }
    return asked | ({"style": "danger"} if confirm.danger else {})


def actions(buttons: Sequence[Block], block_id: str = "") -> list[Block]:
    """The buttons, or nothing. Slack takes an action id once in a row: where it comes again, a further row begins."""
    rows: list[list[Block]] = []
    for one in buttons:
        if not rows or any(one["action_id"] == other["action_id"] for other in rows[-1]):
            rows.append([])
        rows[-1].append(one)
    blocks: list[Block] = [{"type": "actions", "elements": row} for row in rows]
    return [block | ({"block_id": f"{block_id}{n or ''}"} if block_id else {}) for n, block in enumerate(blocks)]


def card(first: str, lines: Sequence[str] = (), buttons: Sequence[Block] = (), salt: str = "") -> Card:
    """The usual shape: the outcome, a few lines, a few buttons. Block ids are new for each `salt`."""
    text = cut_marked(first, FIRST_MAX) or "…"  # Slack takes no empty text
    small = paragraphs([line for line in lines if line], salt)
    return Card(text, [section(text, _id(salt, "first")), *small, *actions(buttons, _id(salt, "buttons"))])


def _id(salt: str, name: str) -> str:
    return f"{salt}-{name}" if salt else ""
