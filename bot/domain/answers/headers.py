"""What an answer's headers say, read with suspicion: whoever sent them may be wrong, or lie."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from bot.domain.answers import charsets
from bot.domain.answers.caching import YEARS_10, Basis, Directives, is_seconds, lifetime_browser
from bot.domain.site import Marker
from providers.codings import codings

VERSION_MAX = 40  # characters
SAID_MAX = 60
ETAG_MAX = 200
ODD_MAX = 40
TYPE_MAX = 60
AGE_MAX = 1 << 31  # seconds: what is read of a number that is too great (RFC 9111, 1.2.2)
AGE_DIGITS = 10
AGES_MAX = 8  # that are read of one answer
TEXT_MAX = 256 * 1024  # characters of a body in which a version is looked for

_WHOLE = re.compile(r"[0-9]+")
_LENGTH = re.compile(r"[0-9]{1,15}")
_META = re.compile(r"<meta\b[^<>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(name|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_UNSAID = (Basis.GUESS, Basis.NOTHING)


def age_of(headers: Mapping[str, str]) -> int | None:
    """Age in seconds; None unless it is a whole number (RFC 9111, 5.1). One that is absurd is AGE_MAX, and so that of a
    very old copy (1.2.2). Of several, each of which is one, the greatest: a copy is not to pass for younger than some
    cache on the way says."""
    said = [value.strip() for value in headers.get("age", "").split(",", AGES_MAX)]
    if not all(_WHOLE.fullmatch(value) for value in said):
        return None
    return max(min(int(value), AGE_MAX) if len(value) <= AGE_DIGITS else AGE_MAX for value in said)


def likely_age_of(headers: Mapping[str, str]) -> int | None:
    """The same where it is no mistake: none that is longer than anything is kept."""
    age = age_of(headers)
    return None if age is None or age > YEARS_10 else age


def browsers_may_keep(headers: Mapping[str, str], now: float) -> int | None:
    """Seconds that a browser may keep the answer without asking again; None if it is not said. `now` stands in for a
    missing Date."""
    lifetime = lifetime_browser(headers, now)
    return None if lifetime.basis in _UNSAID else lifetime.seconds


def browsers_are_told(headers: Mapping[str, str], now: float) -> str:
    """What says so, as it was sent: "max-age=600"; "" where nothing does."""
    lifetime = lifetime_browser(headers, now)
    return "" if lifetime.basis in _UNSAID else fit(lifetime.words, SAID_MAX)


def odd_max_age(headers: Mapping[str, str]) -> str:
    """What max-age says where it cannot be read as seconds, fit to be shown; "" where it can, or nothing is said."""
    said = Directives.read(headers.get("cache-control", "")).values("max-age")
    return next((fit(value, ODD_MAX) or "nothing" for value in said if not is_seconds(value)), "")


def etag_of(headers: Mapping[str, str]) -> str:
    """The ETag as sent, fit to be shown."""
    return fit(headers.get("etag", "").strip(), ETAG_MAX)


def type_of(value: str) -> str:
    """The media type and charset of a Content-Type, in lower case and fit to be shown: "text/html; charset=utf-8"; ""
    where it names none."""
    media, charset = value.lower().partition(";")[0], charsets.said(value).replace("utf8", "utf-8")
    return fit(f"{media.strip()}; charset={charset}" if charset else media.strip(), TYPE_MAX)


def length_of(headers: Mapping[str, str]) -> int:
    """The bytes of a body by Content-Length; 0 where that does not say, or counts the bytes of a packed one."""
    value = headers.get("content-length", "").strip()
    is_packed = bool(codings(headers.get("content-encoding", "")))
    return int(value) if _LENGTH.fullmatch(value) and not is_packed else 0


def version_of(marker: Marker | None, headers: Mapping[str, str], text: str) -> str:
    """The version that the site says of itself, fit to be shown; "" if it says none. A pattern's first group counts."""
    if marker is None:
        return ""
    head = text[:TEXT_MAX]
    found = headers.get(marker.header.lower(), "") if marker.header else ""
    if not found and marker.meta:
        found = _meta(marker.meta, head)
    if not found and marker.pattern:
        found = _pattern(marker.pattern, head)
    return fit(found.strip(), VERSION_MAX)


def _pattern(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        return ""
    return str(match.groups("")[0] if match.groups() else match.group())


def _meta(name: str, text: str) -> str:
    for tag in _META.finditer(text):
        said: dict[str, str] = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(tag.group())}
        if said.get("name", "").lower() == name.lower():
            return said.get("content", "")
    return ""


def fit(text: str, limit: int) -> str:
    """`text` printable and at most `limit` characters. What was changed ends in a digest of the whole, so that two
    different texts never become one."""
    if len(text) <= limit and text.isprintable():
        return text
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:10]
    plain = "".join(c for c in text if c.isprintable())
    return f"{plain[: limit - 11]}…{digest}"


TAGS_MAX = 100


def tags_of(headers: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The tags in header `name`, separated by commas or blanks, at most a hundred; none where no header is named."""
    text = headers.get(name.lower(), "") if name else ""
    return tuple(dict.fromkeys(fit(tag, 80) for tag in text.replace(",", " ").split()))[:TAGS_MAX]
