"""Values that are likely to be secrets are not shown: those of arguments whose names say so, as `token` in a query.
What is stored, purged and asked for keeps them."""

from __future__ import annotations

import re

from bot.domain.world import secret_in

MASK = "•••"
_ARGUMENT = re.compile(r"""(?<=[?&;#])([A-Za-z0-9_.~%\[\]-]{1,80})=([^&;#\s<>|`"')]+)""")


def masked(text: str) -> str:
    """`text` with each such value as "•••", wherever a URL stands in it."""
    return _ARGUMENT.sub(_hidden, text) if "=" in text else text


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if secret_in([found[1]]) else found[0]
