"""Where a redirect leads, as whoever sent it wrote it: perhaps no URL at all."""

from __future__ import annotations

import hashlib
import re
import string
from urllib.parse import quote, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"\A[/\\]{2,}")  # however many there are, a host comes behind: https://url.spec.whatwg.org, 4.4
_AS_WRITTEN = string.punctuation.replace("`", "")
_MARK = 6  # hex digits: too few to find a value by


def led(url: str, location: str) -> str:
    """The URL to which `location` leads from `url`, as browsers ask for it: its host in lower case, without the port
    that is its scheme's own, letters beyond ASCII encoded. `location` itself where that is no URL."""
    try:
        goes = urlsplit(urljoin(url, _AUTHORITY.sub("//", location)))
        port, host = goes.port, (goes.hostname or "").lower()
    except ValueError:
        return location
    if not host:
        return goes.geturl()
    user = f"{goes.netloc.rpartition('@')[0]}@" if "@" in goes.netloc else ""
    host = f"[{host}]" if ":" in host else host
    at = host if port is None or port == _PORTS.get(goes.scheme) else f"{host}:{port}"
    return quote(goes._replace(netloc=user + at, path=goes.path or "/").geturl(), safe=_AS_WRITTEN)


def mark_of(url: str) -> str:
    """A short mark of `url`, which tells it from others where secrets in it are not shown."""
    return hashlib.sha256(url.encode()).hexdigest()[:_MARK]


def host_of(url: str) -> str:
    """The host of `url`, in lower case; "" where there is none, or `url` is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
