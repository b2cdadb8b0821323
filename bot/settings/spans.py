"""Lengths of time, days of the calendar and hours of the week, as people write them.

30m                                                 a length
[2026-11-26, 2026-11-30]                            whole days, both included
[2026-11-26T08:00, 2026-11-27T20:00+01:00]          moments; the last is not included
Mon-Fri 08:00-19:00, Sat 10:00-14:00 Europe/Berlin  hours; 22:00-06:00 ends on the next day
Mon,Wed 00:00-24:00                                 with the zone that is configured
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.policies.hours import Days, Shift, Week
from bot.settings.complaints import Complaints, quoted
from bot.settings.policy_document import DURATION
from bot.settings.reader import Place

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?")
_SAID = re.compile(f"{_DATE.pattern}|{_MOMENT.pattern}")
_HOURS = re.compile(r"(\d\d?:\d\d)-(\d\d?:\d\d)")
_PART = re.compile(r"(?:(?P<days>[^\s\d][^\s]*)\s+)?(?P<hours>\d[^\s]*)")
_LIKE = "Write it like Mon-Fri 08:00-19:00 Europe/Berlin."
_OFFSET = re.compile(r"(?:UTC|GMT)?[+-]\d{1,2}(?::?\d\d)?", re.IGNORECASE)
_LOOSE = re.compile(r"(\d\d?)(?::?(\d\d))?\s*([ap]m|h)?-(\d\d?)(?::?(\d\d))?\s*([ap]m|h)?", re.IGNORECASE)
_CONTINENTS = frozenset({"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"})
_WEEKS = {"weekday": "Mon-Fri", "workday": "Mon-Fri", "weekend": "Sat-Sun", "daily": "Mon-Sun", "everyday": "Mon-Sun"}
_EVERY_DAY = frozenset(range(7))


def duration(complaints: Complaints, place: Place, typed: str) -> float:
    """A length of time in seconds."""
    if re.fullmatch(r"0+[smhd]", typed):
        complaints.add(place, f"{quoted(typed)} is too short: the least is 1s.", "Write it like 90s, 30m or 2h.")
        return 0.0
    if not re.fullmatch(DURATION, typed):
        complaints.add(place, f"{quoted(typed)} is no length of time.", "Write it like 90s, 30m or 2h.")
        return 0.0
    return float(int(typed[:-1]) * _SECONDS[typed[-1]])


def zone(complaints: Complaints, place: Place, typed: str) -> tzinfo | None:
    """A time zone by its name in the IANA database, https://www.iana.org/time-zones."""
    if typed in _shipped() or typed in _zones():
        return ZoneInfo(typed)
    known = _zones()
    near = _near_zone(typed, known)
    like = "Write one like Europe/Berlin or UTC." if known else "This machine knows none: install tzdata."
    if _OFFSET.fullmatch(typed):
        like = "Write a place, such as Europe/Berlin, since an offset knows no summer time; or UTC."
    complaints.add(place, f"there is no time zone {quoted(typed)}.", f"Did you mean `{near}`?" if near else like)
    return None


@cache
def _shipped() -> frozenset[str]:
    """The zones that come with tzdata, in one file; empty where it is not installed."""
    try:
        return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
    except (ModuleNotFoundError, OSError):
        return frozenset()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # it goes through every file of the database


def _near_zone(typed: str, known: Collection[str]) -> str:
    """The zone that was meant; "" where that is a guess: CEST is no misspelt EST."""
    by_small = {name.lower(): name for name in known}
    by_town = {name.lower().rpartition("/")[2]: name for name in sorted(known) if name.split("/")[0] in _CONTINENTS}
    small = typed.lower().replace(" ", "_")
    if small in by_small or small in by_town or len(typed) < 6 or _OFFSET.fullmatch(typed):
        return by_small.get(small) or by_town.get(small, "")
    names = by_small if "/" in small else by_town
    near = get_close_matches(small, names, n=1, cutoff=0.7 if "/" in small else 0.8)
    return names[near[0]] if near else ""


def days(complaints: Complaints, place: Place, typed: Sequence[str], where: tzinfo) -> Days | None:
    """Days of the calendar or moments, first and last; those without an offset are of the zone `where`."""
    if len(typed) != 2:
        advice = "Write the first and the last, such as [2026-11-26, 2026-11-30]; both days are included."
        complaints.add(place, f"must name two days or moments, not {len(typed)}.", advice)
        return None
    if bool(_DATE.fullmatch(typed[0])) != bool(_DATE.fullmatch(typed[1])) and all(map(_SAID.fullmatch, typed)):
        advice = "Write two days, such as [2026-11-26, 2026-11-30], or give both their hours, as in 2026-11-26T08:00."
        complaints.add(place, f"names a day and a moment, {quoted(typed[0])} and {quoted(typed[1])}.", advice)
        return None
    begins = _moment(complaints, (*place, 0), typed[0], where, is_last=False)
    ends = _moment(complaints, (*place, 1), typed[1], where, is_last=True)
    if begins is None or ends is None:
        return None
    if ends == begins:
        complaints.add(place, f"ends at {quoted(typed[1])}, where it begins.", "Write a later end.")
        return None
    if ends < begins:
        complaints.add(place, f"ends at {quoted(typed[1])}, before it begins.", "Write the first moment first.")
        return None
    return Days(begins, ends, f"{typed[0]} to {typed[1]}")


def _moment(complaints: Complaints, place: Place, typed: str, where: tzinfo, is_last: bool) -> float | None:
    is_day = bool(_DATE.fullmatch(typed))
    try:
        if not is_day and not _MOMENT.fullmatch(typed):
            raise ValueError(typed)
        read = datetime.fromisoformat(typed) + timedelta(days=int(is_day and is_last))
    except (ValueError, OverflowError):
        complaints.add(place, f"{quoted(typed)} is no day or moment.", "Write it like 2026-11-26 or 2026-11-26T08:00.")
        return None
    return (read if read.tzinfo else read.replace(tzinfo=where)).timestamp()


def week(complaints: Complaints, place: Place, typed: str, where: tzinfo | None) -> Week | None:
    """Hours of the week; in the zone `where` if they name none."""
    words = typed.replace("–", "-").split()
    has_zone = len(words) > 1 and not _names_day_or_hours(words[-1])
    if not has_zone and where is None:
        advice = "End it with one, such as Europe/Berlin, or set policy.timezone."
        complaints.add(place, f"{quoted(typed)} names no time zone.", advice)
        return None
    found = zone(complaints, place, words[-1]) if has_zone else where
    parts = re.split(r",\s+|(?<=\d),", " ".join(words[:-1] if has_zone else words))
    shifts = [_shift(complaints, place, part, len(parts) == 1) for part in parts]
    whole = tuple(shift for shift in shifts if shift is not None)
    return Week(whole, found, typed) if found and len(whole) == len(shifts) else None


def _names_day_or_hours(word: str) -> bool:
    return word[0].isdigit() or re.split(r"[-,]", word)[0].capitalize() in DAY_NAMES


def _shift(complaints: Complaints, place: Place, typed: str, is_alone: bool) -> Shift | None:
    """One sort of day, and its hours."""
    part = _PART.fullmatch(typed)
    if part is None and not re.search(r"\d", typed):
        whole = _week_of(typed) or typed
        advice = f"Write {whole} 00:00-24:00 for whole days." if re.fullmatch(r"[A-Za-z,-]+", typed) else _LIKE
        complaints.add(place, f"{quoted(typed)} has no hours.", advice)
    elif part is None:
        complaints.add(place, f"{quoted(typed)} are no days and hours.", _LIKE)
    elif not part["days"] and not is_alone:
        complaints.add(
            place, f"{quoted(typed)} names no days.", f"Write the days too, such as Mon-Fri {part['hours']}."
        )
    else:
        on = _weekdays(complaints, place, part["days"]) if part["days"] else _EVERY_DAY
        hours = _hours(complaints, place, part["hours"])
        return Shift(on, *hours) if on and hours else None
    return None


def _weekdays(complaints: Complaints, place: Place, typed: str) -> frozenset[int]:
    found: set[int] = set()
    for part in typed.split(","):
        numbers = [_weekday(complaints, place, word) for word in part.split("-", 1)]
        if None in numbers:
            return frozenset()
        first, last = (number or 0 for number in (numbers[0], numbers[-1]))
        found |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    return frozenset(found)


def _weekday(complaints: Complaints, place: Place, word: str) -> int | None:
    short = word[:3].capitalize()
    if len(word) == 3 and short in DAY_NAMES:
        return DAY_NAMES.index(short)
    near = [_week_of(word)] if _week_of(word) else get_close_matches(short, DAY_NAMES, n=1, cutoff=0.6)
    advice = f"Did you mean `{near[0]}`?" if near else f"Write {', '.join(DAY_NAMES[:-1])} or Sun."
    complaints.add(place, f"there is no weekday {quoted(word)}.", advice)
    return None


def _week_of(word: str) -> str:
    """The days behind a word for several; "" for any other."""
    return _WEEKS.get(word.lower().removesuffix("s"), "")


def _hours(complaints: Complaints, place: Place, typed: str) -> tuple[time, time] | None:
    read = _HOURS.fullmatch(typed)
    if read is None:
        meant = _meant_hours(typed)
        complaints.add(
            place, f"{quoted(typed)} are no hours.", f"Write {meant}." if meant else "Write them like 08:00-19:00."
        )
        return None
    try:
        begins = datetime.strptime(read[1], "%H:%M").time()
        ends = time() if read[2] == "24:00" else datetime.strptime(read[2], "%H:%M").time()
    except ValueError:
        complaints.add(place, f"{quoted(typed)} are no hours of a day.", "Write them from 00:00 to 24:00.")
        return None
    if begins == ends and read[2] != "24:00":
        complaints.add(place, f"{quoted(typed)} ends where it begins.", "Write 00:00-24:00 for the whole day.")
        return None
    return begins, ends


def _meant_hours(typed: str) -> str:
    """`22-6` as 22:00-06:00; "" where that is a guess."""
    read = _LOOSE.fullmatch(typed)
    if read is None:
        return ""
    clocks = [_clock(read[n], read[n + 1] or "00", (read[n + 2] or "").lower()) for n in (1, 4)]
    return "-".join(clocks) if all(clocks) else ""


def _clock(hour: str, minute: str, half: str) -> str:
    """One moment of the day; "" where there is none such."""
    number = int(hour) % 12 + 12 * (half == "pm") if half in ("am", "pm") else int(hour)
    return f"{number:02}:{minute}" if number < 24 and int(minute) < 60 else ""
