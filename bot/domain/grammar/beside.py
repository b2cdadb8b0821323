"""What belongs to a time and stands elsewhere in the line, or is written as no time is: zones, days, 01/12/2026.

A time is understood whole or not at all. What is left over beside one is asked back, and never left out by a click.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from bot.domain.grammar.hearing import Heard, Thing
from bot.domain.grammar.mending import is_fit, typed
from bot.domain.grammar.speech import Choice, Confused, Misunderstood, Speaker
from bot.domain.grammar.when import CLOCK_WORD, DAY_WORD, DIGITS_DAY, ISO_WORD, LIKE, ZONE, read_when, written
from bot.domain.grammar.zones import is_short_name
from bot.domain.shown import quoted, shown
from providers.contract import Kind

_ADDRESS = re.compile(r"://|^/|[A-Za-z]\.[A-Za-z]")
_ANY_TIME = (CLOCK_WORD, ISO_WORD, DIGITS_DAY, DAY_WORD)
_LABEL_MAX = 75


def with_whole_time(heard: Heard, speaker: Speaker) -> Heard:
    """`heard` with what belongs to its time in that, wherever it stood. Raises Confused where that cannot be told, and
    where a day can be read in two ways."""
    if "at" not in heard.given:
        return heard
    beside = [thing for thing in heard.things if isinstance(thing, Thing) and _is_of_a_time(thing)]
    _must_not_be_tags(beside, heard, speaker)
    day, zone = (_the_one(sort, beside, heard, speaker) for sort in ("day", "zone"))
    _must_be_iso(heard, day, zone, speaker)
    if day is None and zone is None:
        return heard
    whole = " ".join([heard.given["at"], *(one.text for one in (day, zone) if one is not None)])
    left = [thing for thing in heard.things if thing is not day and thing is not zone]
    return replace(heard, things=left, given={**heard.given, "at": _in_order(whole)})


def _is_of_a_time(thing: Thing) -> bool:
    return thing.is_typed and not thing.exact and bool(_sort_of(thing.text))


def _sort_of(word: str) -> str:
    """`day` or `zone`; "" for any other word."""
    if DAY_WORD.fullmatch(word) or DIGITS_DAY.fullmatch(word):
        return "day"
    is_short = word.isalpha() and is_short_name(word)
    is_zone = is_short or (not word.isalpha() and ZONE.fullmatch(word)) or word.upper() in ("UTC", "GMT")
    return "zone" if is_zone else ""


def _must_not_be_tags(beside: Sequence[Thing], heard: Heard, speaker: Speaker) -> None:
    """After `tag` it may be a tag as well: nobody guesses which. A tag that stands alone is one."""
    tags = [thing for thing in heard.things if isinstance(thing, Thing) and thing.kind is Kind.TAG]
    found = next((thing for thing in beside if thing.kind is Kind.TAG), None)
    if found is None or len(tags) == 1:
        return
    word = shown(found.text)
    problem = f"`{word}` may belong to the time, or be one more tag."
    whole = _moved(heard, f"{heard.given['at']} {found.text}", found)
    tagged = f"{heard.text[: found.start]}{quoted(found.text)}{heard.text[found.end :]}"
    choices = (_choice(f"The time is {heard.given['at']} {word}", whole), _choice(f"{word} is a tag", tagged))
    raise _asked(problem, choices, speaker)


def _the_one(sort: str, beside: Sequence[Thing], heard: Heard, speaker: Speaker) -> Thing | None:
    """What says the time's day or zone, if anything does but the time itself. Raises Confused where two do."""
    found = [thing for thing in beside if thing.kind is not Kind.TAG and _sort_of(thing.text) == sort]
    inside = [word for word in heard.given["at"].split(" ") if _sort_of(word) == sort or _is_last_zone(word, sort)]
    said = [*inside, *(thing.text for thing in found)]
    if not found or len(said) == 1:
        return next(iter(found), None)
    both = " and ".join(f"`{shown(word)}`" for word in said[:2])
    choices = [_choice(f"At {_with(heard, word, inside)}", _moved(heard, _with(heard, word, inside), *found))
               for word in said[:2]]  # fmt: skip
    raise _asked(f"The time has two {sort}s: {both}.", choices, speaker)


def _is_last_zone(word: str, sort: str) -> bool:
    return sort == "zone" and word.isalpha() and word.lower() not in ("today", "tomorrow")


def _with(heard: Heard, word: str, instead: Sequence[str]) -> str:
    """The time with `word` in the place of what it holds of that sort."""
    kept = [one for one in heard.given["at"].split(" ") if one not in instead]
    return _in_order(" ".join([*kept, word]))


def _in_order(text: str) -> str:
    """Day, clock and zone in the order in which they are read."""
    words = text.split(" ")
    days = [word for word in words if _sort_of(word) == "day"]
    clocks = [word for word in words if CLOCK_WORD.fullmatch(word)]
    zones = [word for word in words if word not in days and word not in clocks]
    return written(f"at {' '.join([*days, *clocks, *zones])}").partition(" ")[2]


def _must_be_iso(heard: Heard, beside: Thing | None, zone: Thing | None, speaker: Speaker) -> None:
    """A day in digits is none that everybody reads alike. Raises Confused with each that it can be."""
    words = heard.given["at"].split(" ")
    day = next((word for word in words if DIGITS_DAY.fullmatch(word)), "")
    if not day and (beside is None or not DIGITS_DAY.fullmatch(beside.text)):
        return
    day = day or (beside.text if beside else "")
    rest = [*(word for word in words if word != day), *([zone.text] if zone else [])]
    times = [time for one in days_of(day) if read_when(f"at {(time := _in_order(' '.join([one, *rest])))}")]
    lines = [_moved(heard, time, *filter(None, (beside, zone))) for time in times]
    if not times:
        raise Confused(Misunderstood(f"`{shown(day)}` is no day. Write it like {LIKE}.", f"{speaker.command} help at"))
    meant = " or ".join(f"`at {time}`" for time in times)
    problem = f"`{shown(day)}` is not read as a day{', since it may be two' * (len(times) > 1)}: write {meant}."
    raise _asked(problem, [_choice(f"at {time}", line) for time, line in zip(times, lines, strict=True)], speaker)


def days_of(text: str) -> list[str]:
    """Every day that 01/12/2026 can be, as 2026-12-01; day before month comes first. Dots are for day and month."""
    found = DIGITS_DAY.fullmatch(text)
    if found is None:
        return []
    first, second, third = (int(found[name]) for name in ("first", "second", "third"))
    if len(found["first"]) == 4:
        tries = [(first, second, third)]
    else:
        year = third if len(found["third"]) == 4 else 2000 + third
        tries = [(year, second, first), *([] if found["sign"] == "." else [(year, first, second)])]
    return list(dict.fromkeys(_real(tries)))


def _real(tries: Sequence[tuple[int, int, int]]) -> Iterator[str]:
    for year, month, day in tries:
        try:
            yield date(year, month, day).isoformat()
        except ValueError:
            continue


def must_leave_nothing(heard: Heard, unread: Sequence[Thing], speaker: Speaker) -> None:
    """A word that nobody could read and that may be part of a time: the rest is not offered without it. Raises
    Confused."""
    words = [thing.text for thing in unread if thing.is_typed and not thing.exact and thing.kind is None]
    timed = "at" in heard.given or "in" in heard.given
    odd = next((word for word in words if _says_a_time(word) or (timed and not _ADDRESS.search(word))), "")
    if not odd:
        return
    if timed:
        given = " ".join(f"{word} {heard.given[word]}" for word in ("at", "in") if word in heard.given)
        problem = f"I cannot tell what `{shown(odd)}` is beside `{given}`. A time is written like {LIKE}."
    else:
        problem = f"`{shown(odd)}` is no thing to purge. A time is written with `at`, like {LIKE}."
    raise Confused(Misunderstood(problem, f"{speaker.command} help at"))


def _says_a_time(word: str) -> bool:
    return any(sort.fullmatch(word) for sort in _ANY_TIME)


def _moved(heard: Heard, time: str, *things: Thing) -> str:
    """The line with `time` in the place of its own, and without what stood elsewhere."""
    start, end = heard.moment
    pieces = sorted([(start, end, f"at {time}"), *((thing.start, thing.end, "") for thing in things)], reverse=True)
    text = heard.text
    for begin, stop, new in pieces:
        text = f"{text[:begin]} {new} {text[stop:]}"
    return text


def _choice(label: str, line: str) -> Choice:
    return Choice(shown(label, _LABEL_MAX), " ".join(line.split()))


def _asked(problem: str, choices: Sequence[Choice], speaker: Speaker) -> Confused:
    """Each reading is a line to copy and a button; where one cannot be shown whole, the way to help is."""
    if not all(is_fit(choice.line) for choice in choices):
        return Confused(Misunderstood(problem, f"{speaker.command} help at"))
    lines = [f"Copy: `{typed(speaker, choice.line)}`" for choice in choices]
    return Confused(Misunderstood("\n".join([problem, *lines]), "", tuple(choices)))
