"""Lengths of time, in seconds, as people type them and as they are told.

- as_typed, 30m: as it is typed again, for what was typed.
- span, 79 s, 5 min: in one unit and never more than it is, for what is so old or lasts so long.
- length, 4 d 22 h: in two units, for how far a time is ahead or gone.
- duration, 3.1 s, 28 min: in one unit, rounded, for what something took or will take.
"""

from __future__ import annotations

import re

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604_800.0}
YEAR, YEARS_FROM = 365.2425 * 86_400, 2 * 366 * 86_400  # seconds
_SPANS = ((172_800, 86_400, "d"), (7_200, 3_600, "h"), (120, 60, "min"), (0, 1, "s"))  # from, size, name; in seconds
_WORDS = {
    "an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_UNIT = "s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?"
_TYPED = re.compile(rf"(?P<n>[0-9]{{1,9}}|{'|'.join(_WORDS)})[ -]?(?P<unit>{_UNIT})", re.IGNORECASE)
_AT_END = re.compile(rf"(.*\S)\s+for\s+({_TYPED.pattern})", re.IGNORECASE | re.DOTALL)


def seconds_in(text: str) -> float | None:
    """How many seconds `30m`, `2 hours` or `two days` are, which may be more or fewer than a hold lasts; None where it
    is no such time."""
    found = _TYPED.fullmatch(text)
    if found is None:
        return None
    n = _WORDS.get(found["n"].lower())
    return float(found["n"] if n is None else n) * _UNITS[found["unit"][0].lower()]


def is_count(text: str) -> bool:
    """Whether `text` is a number alone, written in digits or as a word: a unit may follow."""
    return text.lower() in _WORDS or (text.isascii() and text.isdigit())


def typed_at_end(reason: str) -> tuple[str, str] | None:
    """A reason that ends in `for 2h` or `for two hours`, cut there: whether that is how long or why cannot be told."""
    found = _AT_END.fullmatch(reason)
    return (found[1], found[2]) if found else None


def as_typed(seconds: float) -> str:
    """`seconds` as one types them: 30m, 2h, 2d."""
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds / _UNITS[unit]:.0f}{unit}"


def span(seconds: float) -> str:
    """A length of time in one unit, never longer than it is: 79 s, 5 min, 5 h, 3 d, 68 years."""
    if seconds >= YEARS_FROM:
        return f"{int(seconds // YEAR):,} years"
    size, name = next((size, name) for least, size, name in _SPANS if seconds >= least or not least)
    return f"{int(seconds // size)} {name}"


def length(seconds: float) -> str:
    """4 d 22 h, 9 min 30 s, 10 s: the two largest units."""
    parts: list[str] = []
    left = round(seconds) if seconds < 120 else round(seconds / 10) * 10
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if left >= size or (unit == "s" and not parts):
            parts.append(f"{left // size} {unit}")
        elif parts:
            break
        left %= size
        if len(parts) == 2:
            break
    return " ".join(parts)


def duration(seconds: float) -> str:
    """3.1 s, 40 s, 28 min, 5 h, 3 d, 68 years."""
    if seconds >= YEARS_FROM:
        return f"{seconds / YEAR:,.0f} years"
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} d"
