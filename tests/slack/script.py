"""Conversations as plain text, for whoever never saw the code: who does what, and what each person then sees.

    ## A title, which is the claim
    Mia in #shop: /purge http://www.shop.test/pricing     an act, at the margin
      | urls.txt holds this line                           what belongs to it: lines of a file, fields of a form
      #shop                                                where something new is to be seen
        🟢 P-1 fresh at fra, iad, sin                       all of it, line by line

What is not written there must not be seen. Lines that begin with `# ` are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

_TITLE = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sight:
    """What is new in one place, as people read it."""

    where: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One act, what belongs to it, and everything that is seen once it has come to rest."""

    act: str
    given: tuple[str, ...] = ()
    seen: tuple[Sight, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A title, remarks and steps; `file` is the name of the file that it stands in."""

    title: str
    remarks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = field(default=())
    file: str = ""


def read(path: Path) -> list[Conversation]:
    """Every conversation of a file."""
    _, *parts = _TITLE.split(path.read_text(encoding="utf-8"))
    return [replace(_conversation(part.splitlines()), file=path.name) for part in parts]


def _conversation(lines: Sequence[str]) -> Conversation:
    title, rest = lines[0], [line for line in lines[1:] if line.strip()]
    remarks = tuple(line for line in rest if line.startswith("# "))
    return Conversation(title, remarks, tuple(_steps([line for line in rest if line not in remarks])))


def _steps(lines: Sequence[str]) -> Iterator[Step]:
    starts = [n for n, line in enumerate(lines) if not line.startswith(" ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        below = lines[start + 1 : end]
        given = tuple(line[4:] for line in below if line.startswith("  |"))
        yield Step(lines[start], given, tuple(_sights([line for line in below if not line.startswith("  |")])))


def _sights(lines: Sequence[str]) -> Iterator[Sight]:
    starts = [n for n, line in enumerate(lines) if not line.startswith("    ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
        yield Sight(lines[start].strip(), tuple(line[4:] for line in lines[start + 1 : end]))


def written(conversation: Conversation) -> str:
    """A conversation as it stands in its file."""
    steps = "\n\n".join("\n".join(_written_step(step)) for step in conversation.steps)
    return "\n".join([f"## {conversation.title}", *conversation.remarks, "", steps, ""])


def _written_step(step: Step) -> Iterator[str]:
    yield step.act
    yield from (f"  | {line}".rstrip() for line in step.given)
    for sight in step.seen:
        yield f"  {sight.where}"
        yield from (f"    {line}".rstrip() for line in sight.lines)


def rewrite(path: Path, conversations: Iterable[Conversation]) -> None:
    """Put conversations in the place of those of the same titles in their file."""
    head, *_ = _TITLE.split(path.read_text(encoding="utf-8"))
    new = {conversation.title: conversation for conversation in conversations}
    parts = [written(new.get(old.title, old)) for old in read(path)]
    path.write_text(head + "\n\n".join(parts), encoding="utf-8")
