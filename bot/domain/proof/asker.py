"""For whom a look is made. What looks cost is counted by asker, so that one whose pages are dear to read holds up
nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asker:
    """A job, or a person or token. `is_behind`: its looks stand behind those of proofs."""

    name: str = ""
    is_behind: bool = False


NOBODY = Asker()
ASKER: ContextVar[Asker] = ContextVar("asker", default=NOBODY)
"""For whom the look that goes on here is made."""


@contextmanager
def asked_by(asker: Asker) -> Iterator[None]:
    """Whatever is looked at meanwhile is for `asker`."""
    before = ASKER.set(asker)
    try:
        yield
    finally:
        ASKER.reset(before)
