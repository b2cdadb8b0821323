"""What jobs, queued requests and warmings are called: `P-12`, `Q-7`, `W-3`."""

from __future__ import annotations

from bot.domain.grammar.reading import IN_LINE, JOB, WARMING


def job_of(text: str) -> int:
    """The number in `P-12`; 0 if it is no job's name."""
    found = JOB.fullmatch(text)
    return int(found.group(1)) if found else 0


def in_line_of(text: str) -> int:
    """The number in `Q-7`, a queued request; 0 if it is no such name."""
    found = IN_LINE.fullmatch(text)
    return int(found.group(1)) if found else 0


def warming_of(text: str) -> int:
    """The number in `W-3`, a warming; 0 if it is no such name."""
    found = WARMING.fullmatch(text)
    return int(found.group(1)) if found else 0
