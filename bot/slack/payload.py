"""Reading what others wrote into a document, Slack or a delivery kept of it: whatever has another shape counts as
nothing."""

from __future__ import annotations

from collections.abc import Mapping


def text_of(body: object, name: str) -> str:
    """The text `name` of a document; "" where it has none."""
    value = body.get(name) if isinstance(body, Mapping) else None
    return value if isinstance(value, str) else ""


def part_of(body: object, name: str) -> Mapping[str, object]:
    """The document `name` inside a document; an empty one where it has none."""
    part = body.get(name) if isinstance(body, Mapping) else None
    return part if isinstance(part, Mapping) else {}
