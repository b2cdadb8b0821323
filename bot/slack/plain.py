"""A card as plain lines, for terminals and machines: the same words, without Slack's marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.slack.cards import Card

_DATE = re.compile(r"<!date\^[0-9]+\^[^|>]*\|([^>]*)>")
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")
_BARE = re.compile(r"<(https?://[^|>]+)>")
_PERSON = re.compile(r"<[@#]([A-Z0-9_]+)(?:\|[^>]*)?>")
_BOLD = re.compile(r"`[^`\n]*`|(?<![^\s(])\*(\w[^*\n]*)\*(?![^\s,.:;)])")  # the stars of a pattern are none


def plain(card: Card) -> str:
    """The card's text blocks, a line each; buttons are left out. A card without blocks is its text."""
    lines = [line for block in card.blocks for line in _texts(block)]
    return "\n".join(unmarked(line) for line in lines or [card.text])


def unmarked(text: str) -> str:
    """mrkdwn as a terminal shows it."""
    text = _DATE.sub(r"\1", text)
    text = _LINK.sub(r"\2 (\1)", text)
    text = _BARE.sub(r"\1", text)
    text = _PERSON.sub(r"\1", text)
    text = _BOLD.sub(lambda found: found[1] or found[0], text)
    text = text.replace("```\n", "").replace("\n```", "").replace("```", "").replace("`", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _texts(block: Mapping[str, object]) -> Iterator[str]:
    if block.get("type") == "actions":
        return
    yield from _text(block.get("text"))
    for name in ("fields", "elements"):
        parts = block.get(name)
        for part in parts if isinstance(parts, list) else []:
            yield from _text(part)


def _text(part: object) -> Iterator[str]:
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        yield str(part["text"])
