"""Whether a purge that names something reaches a URL."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.domain.target import Target, begins
from providers.contract import Kind


def lies_under(target: Target, url: str, tags: Collection[str]) -> bool:
    """Whether `url`, which carries `tags`, is what `target` names or lies under it."""
    host_and_path = url.split("://", 1)[-1]
    match target.kind:
        case Kind.EVERYTHING:
            return True
        case Kind.URL:
            return target.value == url
        case Kind.PATH:
            return target.value == f"/{host_and_path.partition('/')[2]}"
        case Kind.HOST:
            return host_and_path.split("/", 1)[0] == target.value
        case Kind.PREFIX:
            return begins(host_and_path, target.value)
        case Kind.TAG:
            return target.value in tags
        case Kind.PATTERN:
            parts = ".*".join(re.escape(part) for part in target.value.split("*"))
            return re.fullmatch(parts, host_and_path) is not None
