"""What Redis means by the pattern of a SCAN."""

from __future__ import annotations

import re

_GLOB = re.compile(r"\\(?P<literal>.)|\[(?P<not>\^?)(?P<among>(?:\\.|[^\]\\])*)\]?|(?P<any>\*+)|(?P<one>\?)", re.DOTALL)


def matcher(glob: str) -> re.Pattern[str]:
    """What MATCH means: `*`, `?`, `[a-c]`, `[^a]`, and a backslash before what is meant itself."""
    found, at = "", 0
    for part in _GLOB.finditer(glob):
        found += re.escape(glob[at : part.start()]) + _piece(part)
        at = part.end()
    return re.compile(found + re.escape(glob[at:]), re.DOTALL)


def _piece(part: re.Match[str]) -> str:
    if part["literal"]:
        return re.escape(part["literal"])
    if part["any"]:
        return ".*"
    if part["one"]:
        return "."
    among = re.findall(r"\\?(.)(?:-(.))?", part["among"], re.DOTALL)
    ranges = "".join(_range(*sorted((first, last or first))) for first, last in among)
    if not ranges:
        return "." if part["not"] else "(?!)"
    return f"[{part['not']}{ranges}]"


def _range(first: str, last: str) -> str:
    return f"{re.escape(first)}-{re.escape(last)}"
