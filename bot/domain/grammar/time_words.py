"""When, in as many words as it takes: `2 hours`, `tomorrow 9:00 Europe/Berlin`."""

from __future__ import annotations

import re

from bot.domain.durations import is_count, seconds_in
from bot.domain.grammar.speech import KIND_OF, OPTION_OF, VERB_OF, OptionRow
from bot.domain.grammar.when import (
    CLOCK_WORD,
    DAY_WORD,
    DIGITS_DAY,
    HALF_DAY,
    ISO_WORD,
    TWELVE_WORD,
    ZONE,
    counted,
    in_24,
)
from bot.domain.grammar.words import Scanner, Unclosed, Word
from bot.domain.shown import Notes

_DAYS = re.compile(f"{DAY_WORD.pattern}|{DIGITS_DAY.pattern}", re.IGNORECASE)
_CLOCKS = re.compile(f"{CLOCK_WORD.pattern}|{TWELVE_WORD.pattern}", re.IGNORECASE)
_OURS = frozenset({*VERB_OF, *KIND_OF, *OPTION_OF})


def time_follows(scanner: Scanner, option: OptionRow) -> bool:
    """Whether what comes next can be a time; nothing is taken."""
    ahead = Scanner(scanner.text[scanner.at :], Notes())
    try:
        words = [word.text if (word := ahead.word()) else "" for _ in range(2)]
    except Unclosed:
        return False
    if option.name == "in":
        return counted(words[0]) is not None or (is_count(words[0]) and counted(" ".join(words)) is not None)
    if _CLOCKS.fullmatch(words[0]) or ISO_WORD.fullmatch(words[0]):
        return True
    if words[0].isdigit() and HALF_DAY.fullmatch(words[1]):
        return True
    return _DAYS.fullmatch(words[0]) is not None and _CLOCKS.fullmatch(words[1]) is not None


def moment(scanner: Scanner, option: OptionRow, word: Word) -> str:
    """How long from now, or when: day, time and zone, in as many words as they take."""
    return f"{word.text}{unit_after(scanner, word)}" if option.name == "in" else " ".join(_clock_words(scanner, word))


def unit_after(scanner: Scanner, count: Word) -> str:
    """The unit of a time written in two words, with its blank: 2 hours."""
    at = scanner.at
    unit = scanner.word() if is_count(count.text) and not count.exact else None
    if unit is not None and not unit.exact and seconds_in(f"{count.text} {unit.text}") is not None:
        return f" {unit.text}"
    scanner.at = at
    return ""


def _clock_words(scanner: Scanner, first: Word) -> list[str]:
    day = first.text if _DAYS.fullmatch(first.text) else ""
    clock = _next_if(scanner, _CLOCKS) if day else first.text
    clock = in_24(f"{clock}{_next_if(scanner, HALF_DAY) if clock else ''}")
    day = day or _next_if(scanner, _DAYS)
    return [word for word in (day, clock, _next_if(scanner, ZONE)) if word]


def _next_if(scanner: Scanner, pattern: re.Pattern[str]) -> str:
    """The next word if it is one of those; else "", and it is still to come."""
    at = scanner.at
    ahead = Scanner(scanner.text[at:], Notes())
    try:
        word = ahead.word()
    except Unclosed:
        return ""
    if word is None or word.exact or not pattern.fullmatch(word.text) or word.text.lower() in _OURS:
        return ""
    scanner.at = at + ahead.at
    return word.text
