"""The addresses of a srcset, parted as browsers part it (https://html.spec.whatwg.org, 4.8.4.2.3, read 2026-11-27)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADDRESS = re.compile(r"[\t\n\f\r ,]*+([^\t\n\f\r ]*+)")
_DESCRIPTORS = re.compile(r"[^,(]*+(?:\([^)]*+\)?+[^,(]*+)*+,?")


def addresses(value: str) -> Iterator[str]:
    """Each address in order. Blanks end one, and so does a comma at its end; a comma in it is part of it. Its width
    comes behind it and ends at a comma, which needs no blank."""
    at = 0
    while (found := _ADDRESS.match(value, at)) and found[1]:
        at = found.end()
        yield found[1].rstrip(",")
        if not found[1].endswith(",") and (behind := _DESCRIPTORS.match(value, at)):
            at = behind.end()
