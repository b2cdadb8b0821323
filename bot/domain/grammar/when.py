"""When a purge is to begin, as people type it: `in 10m`, `at 02:00`, `at 2026-12-01 09:00:00 Europe/Berlin`.

What was typed stays text until it is asked for, since the same words mean another time a minute later. A time of day is
that of the zone it is read in: one that the clocks leave out is refused, with the times beside it; of one that they
show twice the first is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from bot.domain.cron import comes_twice, instant, is_left_out
from bot.domain.durations import seconds_in

SOONEST, LATEST = 10.0, 90 * 86400.0  # seconds ahead
_DAY = r"today|tomorrow|[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?P<h>[0-9]{1,2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2}))?"
_OFFSET = r"Z|UTC|GMT|[+-][0-9]{2}:[0-9]{2}"
_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific|US"
_AREA = rf"(?i:{_AREAS})(?:/[A-Za-z0-9_+-]+){{1,2}}"
_ISO = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[Tt]([0-9:]{{4,8}})({_OFFSET})?", re.IGNORECASE)
_AT = re.compile(rf"(?:(?P<day>{_DAY}) )?{_CLOCK}(?: (?P<zone>.+))?", re.IGNORECASE)
_PARTS = re.compile(r"([0-9]{1,5}[smhd])+")
ZONE = re.compile(rf"{_AREA}|(?i:{_OFFSET})|[A-Z]{{3,5}}")
DAY_WORD = re.compile(_DAY, re.IGNORECASE)
CLOCK_WORD = re.compile(rf"{_CLOCK}(?:{_OFFSET})?".replace("?P<h>", "").replace("?P<m>", "").replace("?P<s>", ""))
DIGITS_DAY = re.compile(
    r"(?!\d{4}-\d\d-\d\d\Z)(?P<first>[0-9]{1,4})(?P<sign>[/.-])(?P<second>[0-9]{1,2})(?P=sign)(?P<third>[0-9]{4}|[0-9]{1,2})"
)
HALF_DAY = re.compile(r"[ap]\.?m\.?", re.IGNORECASE)
TWELVE_WORD = re.compile(r"(?P<h>[0-9]{1,2})(?P<rest>(?::[0-9]{2}){0,2})(?P<half>[ap])\.?m\.?", re.IGNORECASE)
ISO_WORD = _ISO
LIKE = "at 02:00, at tomorrow 09:00 or at 2026-12-01 09:00:00 Europe/Berlin"


@dataclass(frozen=True, slots=True)
class When:
    """A time as typed: `seconds` from now, or a clock time on a `day` ("" for the next such time) in a `zone` ("" for
    the asker's own)."""

    seconds: float = 0.0
    day: str = ""  # today, tomorrow, 2026-12-01
    clock: tuple[int, int, int] | None = None
    zone: str = ""

    @property
    def is_clock(self) -> bool:
        """Whether it is a time on the clock, and not counted from now."""
        return self.clock is not None


@dataclass(frozen=True, slots=True)
class Due:
    """When it begins, in seconds since the epoch, in the zone `zone`, and as its clocks `told` it. `notes` are
    sentences about what was meant. It begins by itself up to `late_max` seconds after: for what was typed the policy's
    `run_within`; `schedule` is the file's name for what it is an occurrence of."""

    at: float
    zone: str
    told: str
    notes: tuple[str, ...] = ()
    late_max: float = 900.0
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Instead:
    """A time that could be meant, as typed, and what tells it from others: before the gap, 00:59 UTC."""

    typed: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class NotThen:
    """It cannot begin then: why, and the times that could be meant."""

    why: str
    instead: tuple[Instead, ...] = ()


def counted(text: str) -> float | None:
    """How many seconds `10m`, `2 hours` or `1h30m` are; None where it is no such time."""
    if _PARTS.fullmatch(text.lower()):
        return sum(seconds_in(part) or 0.0 for part in re.findall(r"[0-9]+[smhd]", text.lower()))
    return seconds_in(text)


def read_when(text: str) -> When | None:
    """What `in 10m` or `at 02:00 Europe/Berlin` says; None where it is no time."""
    word, _, rest = text.partition(" ")
    if word == "in":
        seconds = counted(rest)
        return None if seconds is None else When(seconds)
    found = _AT.fullmatch(_spaced(rest))
    if found is None:
        return None
    clock = (int(found["h"]), int(found["m"]), int(found["s"] or 0))
    in_day = clock < (24, 0, 0) and clock[1] < 60 and clock[2] < 60
    day = (found["day"] or "").lower()
    return When(0.0, day, clock, found["zone"] or "") if in_day and _is_day(day) else None


def _spaced(text: str) -> str:
    """With a blank between day, time and offset, as in 2026-12-01T09:00Z."""
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return " ".join(part for part in iso.groups() if part)
    text = re.sub(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?=[0-9])", r"\1 ", text)
    return re.sub(rf"(?<=[0-9])({_OFFSET})$", r" \1", text)


def in_24(word: str) -> str:
    """`9pm` or `9:30pm` on a clock of 24 hours; any other word as it is."""
    found = TWELVE_WORD.fullmatch(word)
    if found is None or not 1 <= int(found["h"]) <= 12:
        return word
    hour = int(found["h"]) % 12 + 12 * (found["half"].lower() == "p")
    return f"{hour:02}{found['rest'] or ':00'}"


def _is_day(day: str) -> bool:
    if not day or day in ("today", "tomorrow"):
        return True
    try:
        return 2000 <= datetime.fromisoformat(day).year < 3000
    except ValueError:
        return False


def written(text: str) -> str:
    """`in 10m` or `at 02:00 Europe/Berlin`, as typed, the one way that reads back as the same."""
    when = read_when(text)
    if when is None:
        return text
    if text.startswith("in "):
        return f"in {_length(when.seconds)}"
    return _typed(when)


def _length(seconds: float) -> str:
    left, parts = int(seconds), []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if left >= size:
            parts.append(f"{left // size}{unit}")
        left %= size
    return "".join(parts) or "0s"


def offset_zone(name: str) -> tzinfo | None:
    """The zone of `Z`, `UTC`, `GMT` or `+01:00`; None for any other name."""
    if name.upper() in ("Z", "UTC", "GMT"):
        return UTC
    if not re.fullmatch(r"[+-][0-9]{2}:[0-9]{2}", name) or int(name[1:3]) > 14 or int(name[4:]) > 59:
        return None
    ahead = timedelta(hours=int(name[1:3]), minutes=int(name[4:]))
    return timezone(-ahead if name[0] == "-" else ahead)


TOO_FAR = NotThen("That is more than 90 days ahead, and nothing is kept waiting longer.")


def due(when: When, now: float, zone: tzinfo, name: str) -> Due | NotThen:
    """When that is, read at `now` (seconds since the epoch) in `zone`, which is called `name`."""
    counted = Due(now + when.seconds, name, on_the_clock(now + when.seconds, zone))
    found = _on_the_clock(when, now, zone, name) if when.is_clock else counted
    if isinstance(found, NotThen):
        return found
    if found.at - now > LATEST:
        return TOO_FAR
    if found.at - now < SOONEST:
        return NotThen("That is less than 10 s ahead. Without a time it begins at once.")
    return found


def _on_the_clock(when: When, now: float, zone: tzinfo, name: str) -> Due | NotThen:
    today = datetime.fromtimestamp(now, zone).replace(tzinfo=None)
    hour, minute, second = when.clock or (0, 0, 0)
    wall = today.replace(hour=hour, minute=minute, second=second, microsecond=0, fold=0)
    if when.day == "tomorrow":
        wall += timedelta(days=1)
    elif when.day not in ("", "today"):
        day = datetime.fromisoformat(when.day)
        wall = wall.replace(year=day.year, month=day.month, day=day.day)
    moved = not when.day and _next(wall, zone, now) <= now
    if moved:
        wall += timedelta(days=1)
    at = _next(wall, zone, now)
    if is_left_out(wall, zone) and at > now:  # of what has passed, or is too far, no time beside it is offered
        return _left_out(when, wall, zone, name) if at - now <= LATEST else TOO_FAR
    if at <= now:
        return NotThen(f"{wall:%Y-%m-%d %H:%M:%S} has passed in {name}.", _later(when))
    shown = f"{wall:%H:%M:%S}" if second else f"{wall:%H:%M}"
    which = "first time" if at == instant(wall, zone) else "second, since the first has passed,"
    notes = (
        *((f"{shown} had passed for today in {name}, so tomorrow is meant.",) if moved else ()),
        *((f"The clocks show {shown} twice on that day: the {which} is meant.",) if comes_twice(wall, zone) else ()),
    )
    return Due(at, name, on_the_clock(at, zone), notes)


def _next(wall: datetime, zone: tzinfo, now: float) -> float:
    """When the clocks show `wall`: the first time, or the second where they show it twice and the first has passed."""
    first = instant(wall, zone)
    if first > now or not comes_twice(wall, zone):
        return first
    return wall.replace(tzinfo=zone, fold=1).timestamp()


def _later(when: When) -> tuple[Instead, ...]:
    return (Instead(_typed(replace(when, day="tomorrow"))),) if when.day == "today" else ()


def _typed(when: When) -> str:
    hour, minute, second = when.clock or (0, 0, 0)
    clock = f"{hour:02}:{minute:02}{f':{second:02}' if second else ''}"
    return " ".join(part for part in ("at", when.day, clock, when.zone) if part)


def in_zone(when: When, zone: str) -> str:
    """The clock time `when` as typed, in `zone`."""
    return _typed(replace(when, zone=zone))


def _left_out(when: When, wall: datetime, zone: tzinfo, name: str) -> NotThen:
    """The clocks jump over it: the last minute before the jump, and the first after it."""
    jump = instant(wall, zone)
    beside = [datetime.fromtimestamp(at, zone) for at in (jump - 60, jump)]
    lines = [_typed(When(0.0, f"{at:%Y-%m-%d}", (at.hour, at.minute, 0), when.zone or name)) for at in beside]
    told = [
        f"{side} the gap, {at.astimezone(UTC):%H:%M} UTC" for side, at in zip(("before", "after"), beside, strict=True)
    ]
    gap = f"{wall:%H:%M} does not exist on {wall:%Y-%m-%d} in {name}"
    why = f"{gap}: the clocks go from {beside[0]:%H:%M} to {beside[1]:%H:%M}."
    return NotThen(why, tuple(map(Instead, lines, told)))


def on_the_clock(at: float, zone: tzinfo) -> str:
    """A moment as the clocks of `zone` show it: Tue 1 Dec 09:00:00 CET."""
    wall = datetime.fromtimestamp(at, zone)
    name = wall.tzname() or ""
    return f"{wall:%a} {wall.day} {wall:%b %H:%M:%S} {f'UTC{name}' if name[:1] in '+-' else name}".rstrip()
