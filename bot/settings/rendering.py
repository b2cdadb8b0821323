"""The configuration as lines, the same for the same meaning: what the journal compares. A secret shows as its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum

from bot.domain.cron import Cron
from bot.settings.model import Secret, Settings

_LEFT_OUT = frozenset({"warnings"})  # they follow from the rest


def lines(settings: Settings) -> tuple[str, ...]:
    """One line a value, `sites.shop.hosts[0]: www.shop.test`, in order of their keys. What has a name in a list stands
    under it, `sites.shop.layers[cf].settings.tier: pro`, and their order is a line of its own."""
    return tuple(sorted(_lines("", settings)))


def summary(settings: Settings) -> str:
    """The whole in one line."""
    accounts = ", ".join(f"{name} ({account.provider})" for name, account in sorted(settings.accounts.items()))
    sites = ", ".join(sorted(settings.sites))
    return f"mode {settings.mode}; sites {sites or 'none'}; accounts {accounts or 'none'}"


def _lines(key: str, value: object) -> Iterator[str]:
    if isinstance(value, Secret):
        yield f"{key}: {{env: {value.env}}}" if value.env else f"{key}: {{file: {value.file}}}"
    elif isinstance(value, Cron):
        yield f"{key}: {_text(value.text)}"
    elif is_dataclass(value) and not isinstance(value, type):
        if not fields(value):  # it says by its name alone what it is
            yield f"{key}: {type(value).__name__.lower()}"
        for field in fields(value):
            if field.name not in _LEFT_OUT:
                yield from _lines(_under(key, field.name), getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _lines(_under(key, _text(name)), part)
    elif isinstance(value, Set):
        yield from _lines(key, sorted(value, key=_text))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        names = _names(value)
        if names:
            yield f"{key}: {', '.join(names)}"
        for name, part in zip(names or map(str, range(len(value))), value, strict=True):
            yield from _lines(f"{key}[{name}]", part)
    elif value not in (None, ""):
        yield f"{key}: {_text(value)}"


def _names(parts: Sequence[object]) -> list[str]:
    """What each of `parts` is called, so that one that comes between others is no change of these: the second of a
    name is `everything 2`. None where some have no name."""
    if any(isinstance(part, Secret) or not is_dataclass(part) for part in parts):
        return []
    found = [_text(getattr(part, "account", "") or getattr(part, "name", "")) for part in parts]
    told = [name if (n := found[: at + 1].count(name)) == 1 else f"{name} {n}" for at, name in enumerate(found)]
    return told if all(found) and len({*told}) == len(told) else []


def _under(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _text(value: object) -> str:
    """On one line, whatever it is."""
    plain = str(value.value if isinstance(value, Enum) else value)
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
