"""The headers of a delivery, of which each that proves something may stand there once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

VALUE_MAX = 10_000  # characters of one header that is looked at


class Unreadable(Exception):
    """Headers that prove nothing; the text says why, for the log."""


class Request:
    """Headers by their names in small letters. A header that came twice is in `items()` twice, as in Starlette."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._values: dict[str, list[str]] = {}
        pairs: Iterable[tuple[str, str]] = headers.items()
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def has(self, name: str) -> bool:
        """Whether it came."""
        return name in self._values

    def has_bearer(self) -> bool:
        """Whether a bearer token came; what a proxy asks for beside it is none of ours."""
        return any(value.lower().startswith("bearer ") for value in self._values.get("authorization", ()))

    def one(self, name: str) -> str:
        """Its only value, of ASCII; "" where it did not come. Raises Unreadable."""
        values = self._values.get(name, [])
        if len(values) > 1:
            raise Unreadable(f"{name} came {len(values)} times")
        value = values[0] if values else ""
        if len(value) > VALUE_MAX:
            raise Unreadable(f"{name} has {len(value)} characters")
        if not value.isascii():
            raise Unreadable(f"{name} holds characters that are not ASCII")
        return value
