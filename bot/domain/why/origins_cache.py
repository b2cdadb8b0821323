"""Signs that what answers at the origin is a cache too, before the application or in it: no purge of an edge empties
that, and an edge that asks it gets its copies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.answers.answer import Answer
from bot.domain.why.case import Case

_COPY = re.compile(r"\b(hit|stale|updating|fresh)\b", re.IGNORECASE)
_OF_RFC_9211 = re.compile(r";\s*hit\b", re.IGNORECASE)  # where "fwd=stale" tells of a copy that was not given
_NOTE = re.compile(
    r"\b(W3 Total Cache|WP[ -]Super[ -]Cache|WP Rocket|WP Fastest Cache|LiteSpeed Cache|Comet Cache|Cache Enabler)\b",
    re.IGNORECASE,
)
_NOTE_MAX = 200  # characters of a comment before its name
_SHOWN = 60  # characters of a header's value


def copies(case: Case) -> Iterator[str]:
    """A line where the origin's last answer is a copy, as it says itself."""
    origin = case.origin
    if origin is not None and (signs := signs_of_a_copy(origin.answer)):
        yield f"origin: its answer is a copy of a cache there ({', '.join(signs)})"


def signs_of_a_copy(answer: Answer) -> list[str]:
    """The headers and notes by which an answer says that it is one, as they stand in it. `X-LiteSpeed-Cache: hit`
    (https://docs.litespeedtech.com/lscache/), `X-Nextjs-Cache: STALE` (https://nextjs.org/docs/app/guides/self-hosting),
    `X-Cache`, `Cache-Status` (RFC 9211), `Age` (RFC 9111, 5.1); read 2026-11-27."""
    found = [
        f"{name}: {value[:_SHOWN]}"
        for name, value in answer.headers
        if "cache" in name and not name.endswith("-control") and _tells_of_a_copy(name, value)
    ]
    if (age := answer.says("age").strip()).isdecimal() and int(age[:12]):
        found.append(f"age: {age[:12]}")
    if note := _note(answer.text):
        found.append(f"a note of {note} in the page")
    return list(dict.fromkeys(found))


def _note(text: str) -> str:
    """The page cache that a comment in `text` names; "" where none does."""
    for name in _NOTE.finditer(text):
        comment = text.rfind("<!--", max(0, name.start() - _NOTE_MAX - 4), name.start())
        if comment >= 0 and text.find(">", comment + 4, name.start()) < 0:
            return name[1]
    return ""


def _tells_of_a_copy(name: str, value: str) -> bool:
    return bool((_OF_RFC_9211 if name == "cache-status" else _COPY).search(value))
