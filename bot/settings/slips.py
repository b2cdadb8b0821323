"""What new operators write where something else is meant, and the advice that each gets."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from bot.settings.complaints import quoted
from bot.settings.parts import SLACK_ID

_ALL = frozenset({"*", "all", "any", "anybody", "anyone", "every", "everybody", "everyone"})
_ALL_ADVICE = {  # by the sort of word
    "kind": "Write everything for a whole site; for every kind remove the key.",
    "site": "Remove the key: without it every site is meant.",
    "group or person": "Write members; guests are named by themselves.",
}
_SMALL_ID = re.compile(r"[uws](?:\d[a-z0-9]{2,}|(?=[a-z]*\d)[a-z0-9]{8,})", re.IGNORECASE)
_LISTED = re.compile(r"[A-Za-z0-9_.:-]+(?:\s*[,;]\s*|\s+)[A-Za-z0-9_.:,;\s-]*[A-Za-z0-9_.:-]")


def keys(advice: Mapping[str, str]) -> Mapping[str, str]:
    """Advice by key, from advice by several keys with blanks between them."""
    return {word: text for words, text in advice.items() for word in words.split()}


def meant(sort: str, word: str, known: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with a word for several, or for all of a `sort`, and what to write; None for any other."""
    words = re.split(r"[\s,;]+", word) if _LISTED.fullmatch(word) else []
    if words and (re.search("[,;]", word) or all(one in known or re.fullmatch(SLACK_ID, one) for one in words)):
        return f"{quoted(word)} is one text, not a list.", f"Write [{', '.join(words)}]."
    if word.lower() in _ALL and sort in _ALL_ADVICE:
        return f"there is no {sort} {quoted(word)}.", _ALL_ADVICE[sort]
    return None


def meant_id(word: str) -> str:
    """The Slack id of a person or user-group that was written in small letters; "" where it is none."""
    return word.upper() if _SMALL_ID.fullmatch(word) and word != word.upper() else ""
