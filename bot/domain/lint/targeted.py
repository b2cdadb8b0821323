"""The condition about a CDN's own field that its readers ignore, and what that field was meant to say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.domain.answers.caching import Directives, is_seconds, is_targeted, titled
from bot.domain.lint.finding import Cure, Found
from bot.domain.lint.served import Served
from bot.domain.shown import shown

CONTROL_MAX = 80  # characters shown
_QUOTED = re.compile(r'age="')
_TIMED = frozenset({"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"})
_UNKEPT = frozenset({"no-store", "no-cache", "private"})
_PLAIN = frozenset({"public", "immutable", "must-revalidate", "proxy-revalidate", "must-understand", "no-transform"})
_BETWEEN = re.compile(r"[\s,;]+")
_GIVEN = re.compile("[=:]")
_SECONDS = re.compile(r'("?)([0-9]{1,10})\1')


def targeted_unreadable(served: Served) -> Found | None:
    """CC22: a targeted field that caches ignore."""
    for name, value in served.headers.items():
        if not name.endswith("cdn-cache-control") or not value.strip():
            continue
        said = Directives.read(value)
        integers = all(is_seconds(part) for part in said.values("max-age") + said.values("s-maxage"))
        if is_targeted(name, value) and integers and not _QUOTED.search(value):
            continue
        title, meant = titled(name), meaning(value)
        cure = Cure(((title, meant),)) if meant else Cure(drops=(title,))
        told = _ignored(title, value) if meant else f"{_ignored(title, value)} {_without(served)}"
        return Found(told, f"{title}: {value}", cure)
    return None


def _ignored(title: str, value: str) -> str:
    if ";" in value:  # RFC 8941, 3.1.2: a parameter of the part before it
        return (
            f"{title} sets its parts apart by a semicolon, where RFC 9213 wants commas. Caches pass over what stands "
            "behind it, or ignore the field whole and go by Cache-Control."
        )
    return (
        f"{title} is not in the form that caches insist on (RFC 9213: a list with commas, whole numbers "
        "without quotes). They ignore it whole and go by Cache-Control."
    )


def _without(served: Served) -> str:
    """What counts once it is left out."""
    control = shown(served.headers.get("cache-control", ""), CONTROL_MAX)
    counts = f"then Cache-Control counts: {control}" if control else "then nothing says how long to keep it"
    return f"What it was meant to say cannot be told. Write it anew, or leave it out: {counts}."


def meaning(value: str) -> str:
    """What a field of directives was meant to say, in the form of RFC 9213; "" where that cannot be told: something in
    it is unknown, no number, or contradicts the rest."""
    said = list(_parts("=".join(part.strip() for part in _GIVEN.split(value.lower()))))
    if not said or "" in said or len({part.partition("=")[0] for part in said}) < len({*said}):
        return ""
    is_timed = any("=" in part for part in said)
    if _UNKEPT.intersection(said) and (is_timed or len(said) > 1):
        return ""
    return ", ".join(dict.fromkeys(said)) if is_timed or _UNKEPT.intersection(said) else ""


def _parts(value: str) -> Iterator[str]:
    """Each directive as it should be; "" for what cannot be read."""
    words = [word for word in _BETWEEN.split(value) if word]
    while words:
        name, equals, given = words.pop(0).partition("=")
        if name in _TIMED:
            given = given if equals else (words.pop(0) if words else "")
            seconds = _SECONDS.fullmatch(given)
            yield f"{name}={int(seconds[2])}" if seconds else ""
        else:
            yield name if name in _PLAIN | _UNKEPT and not equals else ""
