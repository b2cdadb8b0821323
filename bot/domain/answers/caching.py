"""How long an answer is kept, and by whom (RFC 9111, 4.2): for lint, diagnosis, and whoever asks how stale.

    shared cache   targeted field that it obeys ▸ s-maxage ▸ max-age ▸ Expires − Date ▸ guess ▸ its own default
    browser                                                  max-age ▸ Expires − Date ▸ guess

`lifetime_shared` and `lifetime_browser` take headers by lower-case name (`Answer.joined()`), and tell the worst case:
of a directive that is said twice the longest counts, since some cache may obey it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.domain.answers.caches import ANY, TARGETED, Cache

Headers = Mapping[str, str]

YEARS_10 = 315_360_000  # seconds; no copy is older
LONGEST = 2**31  # seconds; what says more counts as that (RFC 9111, 1.2.2)
SAID_MAX = 40  # characters of a value that are quoted
GUESSABLE = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})  # RFC 9110, 15.1
GUESSED_PART = 0.1  # of the time since Last-Modified: RFC 9111, 4.2.2 calls it typical

_DIRECTIVE = re.compile(r'([a-zA-Z0-9!#$%&\'*+.^_`|~-]+)\s*(?:=\s*("[^"]*"|[^,\s]*))?')
_SECONDS = re.compile(r"[0-9]+")
_DIGITS = len(str(LONGEST))
# RFC 8941, 3.2: a dictionary whose members are true, integers, decimals, tokens, strings or booleans; no inner lists.
_MEMBER = r'[a-z*][a-z0-9_.*-]*(?:=(?:-?[0-9]{1,15}(?:\.[0-9]{1,3})?|"[ !#-\[\]-~]*"|\?[01]|[A-Za-z*][!-+\--:<-~]*))?'
_DICTIONARY = re.compile(rf"{_MEMBER}(?:;{_MEMBER})*(?:[ \t]*,[ \t]*{_MEMBER}(?:;{_MEMBER})*)*")
_STRUCTURED = "cdn-cache-control"  # and every name that ends so (RFC 9213); Surrogate-Control is older and freer


class Basis(StrEnum):
    """What decided how long."""

    TARGETED = "targeted"  # a field for this sort of cache alone
    S_MAXAGE = "s-maxage"
    MAX_AGE = "max-age"
    EXPIRES = "expires"
    GUESS = "guess"  # nothing is said: part of the time since Last-Modified
    DEFAULT = "default"  # nothing is said: the cache's own setting
    FORBIDDEN = "forbidden"  # it may not be used again without asking
    NOTHING = "nothing"  # nothing is said, and nothing is known


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a copy is used without asking. `words` say what decided, as in the header: "max-age=600"."""

    seconds: int | None  # None: it cannot be told
    basis: Basis
    words: str = ""


@dataclass(frozen=True, slots=True)
class Directives:
    """One field of directives, such as Cache-Control, in order; names in lower case, values without quotes."""

    said: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, value: str) -> Directives:
        """Take a field's value apart, whatever it holds."""
        return cls(tuple((name.lower(), given.strip('"')) for name, given in _DIRECTIVE.findall(value)))

    def has(self, name: str) -> bool:
        """Whether `name` is said for the whole answer: `private="set-cookie"` is about one header only."""
        whole = ("private", "no-cache")
        return any(said == name and not (given and name in whole) for said, given in self.said)

    def values(self, name: str) -> tuple[str, ...]:
        """Every value that `name` is given."""
        return tuple(given for said, given in self.said if said == name)

    def seconds(self, name: str) -> int | None:
        """The longest time that `name` is given; one that cannot be read counts as none at all, 0. None: not said."""
        values = self.values(name)
        return max(map(_seconds, values)) if values else None

    def longest(self, name: str) -> str:
        """That time in the words that say it: "max-age=31536000"; "" where it is not said."""
        values = self.values(name)
        return _quoted(name, max(values, key=_seconds)) if values else ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an answer says about keeping it, read once."""

    control: Directives
    has_control: bool  # there is a Cache-Control with a word in it, however it reads
    expires: float | None  # seconds since the epoch; None: not said, or unreadable
    has_expires: bool
    date: float | None
    modified: float | None

    @property
    def guards(self) -> bool:
        """Whether nobody may use a copy without asking first."""
        return self.control.has("no-store") or self.control.has("no-cache")

    @property
    def says_nothing(self) -> bool:
        """Whether neither Cache-Control nor Expires says anything."""
        return not self.has_control and not self.has_expires


def policy_of(headers: Headers) -> Policy:
    """Read what `headers` say about keeping."""
    control = Directives.read(headers.get("cache-control", ""))
    return Policy(
        control=control,
        has_control=bool(control.said),
        expires=moment(headers.get("expires", "")),
        has_expires="expires" in headers,
        date=moment(headers.get("date", "")),
        modified=moment(headers.get("last-modified", "")),
    )


def lifetime_browser(headers: Headers, now: float, status: int = 200) -> Lifetime:
    """How long a browser uses the answer without asking. `now` stands in for a missing Date."""
    policy = policy_of(headers)
    return _forbidden(policy, ("no-store", "no-cache")) or _said(policy, now) or _guess(policy, now, status)


def lifetime_shared(headers: Headers, now: float, cache: Cache = ANY, status: int = 200) -> Lifetime:
    """How long `cache` uses the answer without asking. Targeted fields are often taken off at the edge: give it the
    origin's headers where there are some."""
    policy = policy_of(headers)
    kept_out = _kept_out(headers, cache)
    if kept_out is not None:
        return kept_out
    targeted = _targeted(headers, cache)
    if targeted is not None:
        return targeted
    forbidden = _forbidden(policy, ("no-store", "private", "no-cache"))
    if forbidden is not None:
        return forbidden
    shared = policy.control.seconds("s-maxage")
    if shared is not None:
        return Lifetime(shared, Basis.S_MAXAGE, policy.control.longest("s-maxage"))
    said = _said(policy, now)
    if said is not None:
        return said
    if cache is not ANY:
        default = cache.default if status in GUESSABLE else None
        return Lifetime(default, Basis.DEFAULT, f"{cache.title}'s default")
    return _guess(policy, now, status)


def targeted_field(headers: Headers, cache: Cache) -> str:
    """The name of the field that counts for `cache` instead of Cache-Control; "" where none does."""
    return next((name for name in cache.targeted if is_targeted(name, headers.get(name, ""))), "")


def is_targeted(name: str, value: str) -> bool:
    """Whether a targeted field can be obeyed: it says something, in the form that its readers insist on (RFC 9213,
    2.2: what is no dictionary is ignored whole)."""
    if not value.strip():
        return False
    return not name.endswith(_STRUCTURED) or _DICTIONARY.fullmatch(value.strip()) is not None


def stays_beyond(headers: Headers, name: str = "stale-while-revalidate") -> int:
    """Seconds that a copy may be used after its end while a new one is fetched, or on errors; in whichever field."""
    fields = [value for field, value in headers.items() if field == "cache-control" or field in TARGETED]
    return max((Directives.read(value).seconds(name) or 0 for value in fields), default=0)


def varied_by(vary: str) -> list[str]:
    """The fields that a Vary names, each once, in lower case."""
    return list(dict.fromkeys(name for field in vary.split(",") if (name := field.strip().lower())))


def moment(date: str) -> float | None:
    """An HTTP date as seconds since the epoch; None where it is none, such as `0`."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _kept_out(headers: Headers, cache: Cache) -> Lifetime | None:
    """What keeps a shared cache from reusing an answer, whatever its Cache-Control says."""
    if "*" in varied_by(headers.get("vary", "")):
        return Lifetime(0, Basis.FORBIDDEN, "Vary: *")
    if "set-cookie" in headers and not cache.cookies:
        return Lifetime(0, Basis.FORBIDDEN, "Set-Cookie")
    return None


def _targeted(headers: Headers, cache: Cache) -> Lifetime | None:
    name = targeted_field(headers, cache)
    if not name:
        return None
    title, value = titled(name), headers[name]
    if name == "x-accel-expires":  # seconds, or @ and a moment; what a moment means here nobody needs
        seconds = _seconds(value.strip()) if is_seconds(value.strip()) else None
        return Lifetime(seconds, Basis.TARGETED, f"{title}: {value.strip()}")
    said = Directives.read(value)
    for never in ("no-store", "private", "no-cache"):
        if said.has(never):
            return Lifetime(0, Basis.FORBIDDEN, f"{title}: {never}")
    for directive in ("s-maxage", "max-age"):
        seconds = said.seconds(directive)
        if seconds is not None:
            return Lifetime(seconds, Basis.TARGETED, f"{title}: {said.longest(directive)}")
    return Lifetime(cache.default, Basis.DEFAULT, f"{title} without max-age")


def _forbidden(policy: Policy, directives: tuple[str, ...]) -> Lifetime | None:
    found = next((name for name in directives if policy.control.has(name)), "")
    return Lifetime(0, Basis.FORBIDDEN, found) if found else None


def _said(policy: Policy, now: float) -> Lifetime | None:
    """What max-age or Expires say, in seconds; None where neither is there."""
    longest = policy.control.seconds("max-age")
    if longest is not None:
        return Lifetime(longest, Basis.MAX_AGE, policy.control.longest("max-age"))
    if not policy.has_expires:
        return None
    since = now if policy.date is None else policy.date
    seconds = 0 if policy.expires is None else min(LONGEST, max(0, int(policy.expires - since)))
    return Lifetime(seconds, Basis.EXPIRES, "Expires")


def _guess(policy: Policy, now: float, status: int) -> Lifetime:
    """Part of the time since Last-Modified, where a cache may guess at all."""
    if status not in GUESSABLE:
        return Lifetime(0, Basis.FORBIDDEN, f"status {status}")
    if policy.modified is None:
        return Lifetime(None, Basis.NOTHING)
    since = now if policy.date is None else policy.date
    guessed = int(max(0.0, since - policy.modified) * GUESSED_PART)
    return Lifetime(min(LONGEST, guessed), Basis.GUESS, "a tenth of the time since Last-Modified")


_SPELT = {
    "cdn": "CDN", "cf": "CF", "ch": "CH", "cloudfront": "CloudFront", "dpr": "DPR", "ios": "IOS", "smarttv": "SmartTV",
    "ua": "UA",
}  # fmt: skip


def titled(name: str) -> str:
    """A header's name as people write it: CDN-Cache-Control, CF-Device-Type, X-Accel-Expires."""
    return "-".join(_SPELT.get(part, part.capitalize()) for part in name.split("-"))


def is_seconds(value: str) -> bool:
    """Whether a directive's value is a whole number, however large."""
    return _SECONDS.fullmatch(value) is not None


def _seconds(value: str) -> int:
    """0 where it cannot be read."""
    digits = value.lstrip("0") if is_seconds(value) else ""
    return LONGEST if len(digits) > _DIGITS else min(int(digits or "0"), LONGEST)


def _quoted(name: str, value: str) -> str:
    return f"{name}={value}" if len(value) <= SAID_MAX else f"{name}={value[:SAID_MAX]}…"
