"""Lines to copy as a shell takes them, in what the terminal prints and HTTP answers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from itertools import takewhile

KINDS = ("url", "path", "prefix", "tag", "host", "pattern", "everything")  # that may stand before what is purged
TIME_WORDS = 4  # at most, of `at 2027-03-28 01:59 Europe/Berlin`
_COPY = re.compile(r"^(.*?): (?:/\S+|purgebot) (.+)$", re.MULTILINE)
_LABELS = frozenset(
    {"Copy", "To purge", "To purge in every variant", "Begin with"}
)  # behind which a line to copy stands for sure
_EXPANDED = re.compile(r"[$`!\\]")  # in double quotes, by a shell
_TIMES = ("in", "at")
_BEGINS = frozenset({*_TIMES, *KINDS})  # a line without a verb, beside what holds a slash or a colon


def for_terminal(text: str, verbs: Collection[str]) -> str:
    """The bot's words, with each line to copy as a shell takes it: `/purge` is `purgebot` here, one of `verbs` comes
    first, and without one it is `purgebot purge`. What was written so before stays as it is."""

    def here(found: re.Match[str]) -> str:
        line = found[2]
        words = line.split()
        if found[1] not in _LABELS and not _is_verbless(words[0]):
            return found[0]
        quoted = line if _is_quoted(line) else " ".join(map(_quoted, _words_of(line)))
        return f"{found[1]}: purgebot {_with_verb(quoted.split(), verbs)}"

    return _COPY.sub(here, text)


def _is_verbless(first: str) -> bool:
    """Whether what begins with that word, behind the command, is a purge and no sentence."""
    return first in _BEGINS or "/" in first or ":" in first


def _with_verb(words: Sequence[str], verbs: Collection[str]) -> str:
    """The line with its verb first; a verb may stand behind the time."""
    if words[0] in verbs:
        return " ".join(words)
    timed = takewhile(_is_of_time, words[1 : TIME_WORDS + 1]) if words[0] in _TIMES else ()
    at = next((n for n, word in enumerate(timed, 1) if word in verbs), None)
    if at is None:
        return " ".join(["purge", *words])
    return " ".join([words[at], *words[:at], *words[at + 1 :]])


def _is_of_time(word: str) -> bool:
    """Whether the time may go on with that word: it begins no thing."""
    return not word.startswith("/") and "://" not in word and word not in KINDS


def _quoted(word: str) -> str:
    """As one word of a shell; what is left to fill in, `…`, needs no quotes."""
    return word if shlex.quote(safe := word.replace("…", "")) == safe or word == "…" else shlex.quote(word)


def _is_quoted(line: str) -> bool:
    """Whether a shell reads the line as it was meant already: what stands in double quotes, if it expands nothing."""
    if '"' in line:
        return not _EXPANDED.search(line)
    try:
        return " ".join(map(_quoted, shlex.split(line))) == line
    except ValueError:
        return False


def _words_of(line: str) -> list[str]:
    """The words of a line in which double quotes hold several together."""
    try:
        return shlex.split(line) if '"' in line else line.split()
    except ValueError:
        return line.split()
