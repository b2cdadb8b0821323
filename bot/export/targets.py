"""All that a job or a queued request names, as plain lines for terminals and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.export.record import TARGETS_MAX


def listed(name: str, targets: Sequence[str]) -> Iterator[str]:
    """The targets of `name` under a head line, as many as JSON lists too."""
    if not targets:
        return
    more = len(targets) - TARGETS_MAX
    first = f", the first {TARGETS_MAX:,} of them" if more > 0 else ""
    yield f"{len(targets):,} target{'' if len(targets) == 1 else 's'} of {name}{first}:"
    yield from targets[:TARGETS_MAX]
    if more > 0:
        yield f"and {more:,} more, which `show {name}` in Slack sends as a file"


def file_name(name: str) -> str:
    """P-2-targets.txt."""
    return f"{name}-targets.txt"


def file_text(targets: Sequence[str]) -> bytes:
    """Every target, one a line."""
    return "".join(f"{target}\n" for target in targets).encode()
