"""Block Kit as plain dicts, within Slack's limits (https://docs.slack.dev/reference/block-kit, read 2026-11-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.slack.escape import cut

Block = dict[str, object]
SECTION_MAX, BUTTON_MAX, VALUE_MAX = 2900, 75, 2000
CONFIRM_TITLE_MAX, CONFIRM_TEXT_MAX, CONFIRM_BUTTON_MAX = 100, 300, 30
TEXT_MAX = 3000


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
    block: Block = {"type": "section", "text": {"type": "mrkdwn", "text": cut(text, SECTION_MAX)}}
    return block | ({"block_id": block_id} if block_id else {})


def context(lines: Sequence[str], block_id: str = "") -> Block:
    """Small print, a line each."""
    block: Block = {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": cut("\n".join(lines), SECTION_MAX)}],
    }
    return block | ({"block_id": block_id} if block_id else {})


def button(text: str, action: str, value: str, style: str = "", confirm: Confirm | None = None) -> Block:
    """A button; `style` is "", "primary" or "danger"."""
    block: Block = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": cut(text, BUTTON_MAX), "emoji": False},
        "value": cut(value, VALUE_MAX),
        "accessibility_label": cut(text, BUTTON_MAX),
    }
    if style:
        block["style"] = style
    if confirm is not None:
        block["confirm"] = _confirm(confirm)
    return block


def _confirm(confirm: Confirm) -> Block:
    asked: Block = {
        "title": {"type": "plain_text", "text": cut(confirm.title, CONFIRM_TITLE_MAX)},
        "text": {"type": "plain_text", "text": cut(confirm.text, CONFIRM_TEXT_MAX)},
        "confirm": {"type": "plain_text", "text": cut(confirm.yes, CONFIRM_BUTTON_MAX)},
        "deny": {"type": "plain_text", "text": cut(confirm.no, CONFIRM_BUTTON_MAX)},
    }
    return asked | ({"style": "danger"} if confirm.danger else {})


def actions(buttons: Sequence[Block], block_id: str = "") -> list[Block]:
    """A row of buttons, or nothing."""
    if not buttons:
        return []
    block: Block = {"type": "actions", "elements": list(buttons)}
    return [block | ({"block_id": block_id} if block_id else {})]


def card(first: str, lines: Sequence[str] = (), buttons: Sequence[Block] = (), salt: str = "") -> Card:
    """The usual shape: the outcome, a few lines, a few buttons. Block ids are new for each `salt`."""
    said = [line for line in lines if line]
    blocks = [section(first, _id(salt, "first"))]
    if said:
        blocks.append(context(said, _id(salt, "lines")))
    return Card(cut(first, TEXT_MAX), [*blocks, *actions(buttons, _id(salt, "buttons"))])


def _id(salt: str, name: str) -> str:
    return f"{salt}-{name}" if salt else ""
