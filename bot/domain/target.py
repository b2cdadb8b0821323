"""Typed text to targets. The only URL parser in the house."""

from __future__ import annotations

from dataclasses import dataclass

from providers.contract import Kind


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to purge.

    `value` by kind: URL the absolute URL, host lower-cased, path and query byte for byte · PATH `/a?b=1` · PREFIX
    `host/path`, or `/path` while no host is chosen · TAG the tag · HOST the host · PATTERN `host/pa*th`, or `/pa*th` ·
    EVERYTHING empty. `site` is the site it belongs to, empty while unknown.
    """

    kind: Kind
    value: str
    site: str = ""
