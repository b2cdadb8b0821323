"""Reasons, as they are typed: the rest of a line, or what stands in quotes."""

from __future__ import annotations

import re

from bot.domain.grammar.numbers import job_of
from bot.domain.grammar.speech import OPTION_OF
from bot.domain.grammar.words import Scanner, Unclosed
from bot.domain.shown import Notes, one_line

_FLAG_IN_PROSE = re.compile(r"(?:^|(?<=\s))(?P<dashes>[-‐‑‒–—―−﹘﹣－]{1,3})(?P<name>[A-Za-z][A-Za-z-]*)(?=[\s=]|$)")
_OPTIONS_ONLY = re.compile(
    r"(?:\s+(?:soft|hard|dry-run|no-check|(?:on|only|for)\s+[^\s]+|[-‐‑‒–—―−﹘﹣－]{1,3}[A-Za-z].*))*\s*"
)
_REASON_WORD = re.compile(r"\s*(?:because:?|[-‐‑‒–—―−﹘﹣－]{1,3}(?:reason|because))(?:=|\s+|$)", re.IGNORECASE)


def prose(scanner: Scanner) -> str:
    """The reason after `because`: the rest of the line, up to a flag."""
    rest = scanner.rest_of_line()
    begin = scanner.at
    if (quote := _quoted(scanner, rest)) is not None:
        return quote
    scanner.at = begin + len(rest)
    for found in _FLAG_IN_PROSE.finditer(rest):
        known = f"--{found['name'].lower()}" in OPTION_OF
        if known or found["dashes"] == "--":
            scanner.at = begin + found.start()
            return rest[: found.start()]
    return rest


def _quoted(scanner: Scanner, rest: str) -> str | None:
    """A quoted reason with nothing but options behind it; else None, and the scanner has not moved."""
    inner = Scanner(rest, Notes())
    try:
        word = inner.word()
    except Unclosed:
        return None
    if word is None or not word.exact or not _OPTIONS_ONLY.fullmatch(rest[word.end :]):
        return None
    scanner.at += word.end
    return word.text


def reason_of(rest: str) -> str:
    """The reason in what follows a job that is voted on: with or without because, with or without quotes."""
    said = _REASON_WORD.sub("", rest, count=1) if _REASON_WORD.match(rest) else rest
    scanner = Scanner(said, Notes())
    try:
        word = scanner.word()
    except Unclosed:
        word = None
    whole = word is not None and word.exact and not said[word.end :].strip()
    return one_line(word.text if word is not None and whole else said)


def is_no_note(rest: str) -> bool:
    """Whether what follows an approved job cannot be meant as words about it: an option, or more jobs."""
    words = rest.replace(",", " ").split()
    jobs = [word for word in words if word.lower() not in ("and", "&")]
    is_flag = bool(words) and _FLAG_IN_PROSE.match(words[0]) is not None
    return (is_flag and _REASON_WORD.match(rest) is None) or (bool(jobs) and all(map(job_of, jobs)))
