"""What a style or module that stands in a page itself asks a browser to fetch. Read with suspicion, and in one go: each
pattern takes what it has passed for good.

    <style>                  @import at its beginning       https://www.w3.org/TR/css-cascade-5, 2
    <script type=module>     import and export … from       https://html.spec.whatwg.org, 8.1.6
    <script type=importmap>  imports and scopes             https://html.spec.whatwg.org, 8.1.6.1
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

_PARTS_MAX = 50  # of a module's name
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LINE_COMMENT = re.compile(r"^[ \t]*+//.*$", re.MULTILINE)
_LEADING = re.compile(
    r"""\s*+@(?P<rule>charset|layer|import)\b(?P<what>(?:"[^"]*+"|'[^']*+'|\([^)]*+\)|[^;{}"'(])*+);""", re.IGNORECASE
)
_IMPORTED = re.compile(
    r"""\s*+(?:url\(\s*+)?(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?<=\()(?P<bare>[^\s"'()]++))""", re.IGNORECASE
)
_MODULE = re.compile(r"""\b(?:from|import)\s*+(?:"([^"\n]++)"|'([^'\n]++)')""")
_AN_ADDRESS = re.compile(r"\.{0,2}/|https?://", re.IGNORECASE)


def of_style(text: str) -> Iterator[str]:
    """The styles that a style imports: only at its beginning is that heeded."""
    plain, at = _COMMENT.sub(" ", text), 0
    while found := _LEADING.match(plain, at):
        at = found.end()
        if found["rule"].lower() == "import" and (named := _IMPORTED.match(found["what"])):
            yield (named["double"] or named["single"] or named["bare"] or "").strip()


def of_module(text: str, known: Mapping[str, str]) -> Iterator[str]:
    """The modules that a module imports outright, by an address or by a name of the import map `known`."""
    plain = _LINE_COMMENT.sub("", _COMMENT.sub(" ", text))
    for double, single in _MODULE.findall(plain):
        yield _address(double or single, known)


def _address(name: str, known: Mapping[str, str]) -> str:
    """What a module's name stands for; "" where nothing says so."""
    if name in known:
        return known[name]
    parts = name.split("/")
    folders = ("/".join(parts[:n]) + "/" for n in range(len(parts) - 1, 0, -1)) if len(parts) <= _PARTS_MAX else ()
    folder = next((one for one in folders if known.get(one, "").endswith("/")), "")
    if folder:
        return known[folder] + name.removeprefix(folder)
    return name if _AN_ADDRESS.match(name) else ""


def import_map(text: str) -> Iterator[tuple[str, str]]:
    """Each name of an import map with the address that it stands for, those of scopes first; nothing where it is
    none."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return
    for one in (*_table(_table(read).get("scopes")).values(), _table(read).get("imports")):
        yield from ((name, address) for name, address in _table(one).items() if isinstance(address, str))


def _table(read: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], read) if isinstance(read, dict) else {}
