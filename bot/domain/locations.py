"""Where a redirect leads, as whoever sent it wrote it: perhaps no URL at all."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def led(url: str, location: str) -> str:
    """The URL to which `location` leads from `url`; `location` itself where that is none."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def host_of(url: str) -> str:
    """The host of `url`, in lower case; "" where there is none, or `url` is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
