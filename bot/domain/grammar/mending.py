"""A line told back to whoever typed it, mended: what may be shown of it, and how it is copied."""

from __future__ import annotations

from bot.domain.grammar.speech import VERB_OF, Choice, Misunderstood, Speaker, Verb
from bot.domain.shown import JOINERS, one_line, refused_character, shown

_LINE_SHOWN_MAX = 300  # characters of a line to copy
_REASON_SHOWN_MAX = 150  # characters of a reason in it
_LABEL_MAX = 75  # characters on a button (Slack's limit)


def typed(speaker: Speaker, line: str) -> str:
    """`line` as it is typed whole. A shell knows no line without a verb, so there `purge` is spoken."""
    bare = not speaker.command.startswith("/") and line.split(" ", 1)[0] not in VERB_OF
    return f"{speaker.command} {Verb.PURGE.value} {line}" if bare else f"{speaker.command} {line}"


def misunderstood(speaker: Speaker, problem: str, mended: str = "", topic: str = "") -> Misunderstood:
    """`problem`, with `mended` as the line to copy and to click if it may be shown, else the way to help."""
    if not mended or not is_fit(mended):
        return Misunderstood(problem, f"{speaker.command} help {topic}".strip())
    choices = (Choice(shown(mended, _LABEL_MAX), mended),)
    return Misunderstood(problem, typed(speaker, mended), choices, "fix")


def is_fit(line: str) -> bool:
    """Whether a line may be shown back whole: short, printable, and without anything that could be a credential."""
    return len(line) <= _LINE_SHOWN_MAX and all(shown(word, len(word)) == word for word in line.split(" ") if word)


def fitting(reason: str) -> str:
    """As much of `reason` as a line to copy holds, without what cannot be seen."""
    seen = one_line("".join(char for char in reason if not refused_character(char, JOINERS)))
    return seen if len(seen) <= _REASON_SHOWN_MAX else f"{seen[: _REASON_SHOWN_MAX - 1].rstrip()}…"
