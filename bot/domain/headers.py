"""What an answer's headers say, read with suspicion: whoever sent them may be wrong, or lie."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from bot.domain.site import Marker

YEARS_10 = 315_360_000  # seconds; an Age beyond it is a mistake
VERSION_MAX = 40  # characters
ETAG_MAX = 200
TEXT_MAX = 256 * 1024  # characters of a body in which a version is looked for

_SECONDS = re.compile(r"[0-9]{1,10}")
_DIRECTIVE = re.compile(r'([a-zA-Z-]+)\s*(?:=\s*("[^"]*"|[^,\s]*))?')
_META = re.compile(r"<meta\b[^<>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(name|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def age_of(headers: Mapping[str, str]) -> int | None:
    """Age in seconds; None unless it is one whole number that can be true (RFC 9111, 5.1)."""
    value = headers.get("age", "").strip()
    if not _SECONDS.fullmatch(value):
        return None
    return int(value) if int(value) <= YEARS_10 else None


def browsers_may_keep(headers: Mapping[str, str], now: float) -> int | None:
    """Seconds that a browser may keep the answer without asking again (RFC 9111, 4.2.1); None if it is not said.

    Of several max-age the longest counts, since some browser may obey it. `now` stands in for a missing Date."""
    directives = _directives(headers.get("cache-control", ""))
    if ("no-store", "") in directives or ("no-cache", "") in directives:
        return 0
    ages = [_seconds(value) for name, value in directives if name == "max-age"]
    if ages:
        return max(ages)
    if "expires" not in headers:
        return None
    until = _moment(headers["expires"])
    since = _moment(headers.get("date", ""))
    return 0 if until is None else max(0, int(until - (now if since is None else since)))


def _directives(value: str) -> list[tuple[str, str]]:
    return [(name.lower(), said.strip('"')) for name, said in _DIRECTIVE.findall(value)]


def _seconds(value: str) -> int:
    return min(int(value), YEARS_10) if _SECONDS.fullmatch(value) else 0  # what cannot be read counts as expired


def _moment(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def etag_of(headers: Mapping[str, str]) -> str:
    """The ETag as sent, fit to be shown."""
    return fit(headers.get("etag", "").strip(), ETAG_MAX)


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
