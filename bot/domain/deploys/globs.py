"""Which files a rule means, and what its stars stood for.

`*` stands for any part of one name, `**` for any number of folders (at the end: for all that lies below). All else
stands for itself, brackets too, since there are files like `[slug].html`. Never slow, whatever the file is called: of a
name's stars all but the last take as little as they can and never more (Python's own `fnmatch` does so since 3.9).

`/a/*` means what `a/*` does: a manifest names its files from the build's folder on, and pages have a slash in front.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.shown import refused_character

STARS_MAX = 6
DEEP_MAX = 2  # of `**`: each more multiplies the places to look at
STAR = re.compile(r"\*+")

_LIKE = "Write it like content/news/*.md: relative, with slashes, as the manifest names its files."


class BadRule(ValueError):
    """What is wrong with a rule, and what to write."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Stars:
    """What the stars stood for, each sort in its order; no slash at the ends of what `**` stood for."""

    single: tuple[str, ...] = ()
    deep: tuple[str, ...] = ()


class Glob:
    """One `match`."""

    def __init__(self, written: str) -> None:
        """Raises BadRule where it could never match, or means something else than it seems to."""
        _must_be_plain(written)
        self.written = written
        from_folder = relative(written)
        parts = from_folder.split("/")
        stars = STAR.findall(written)
        self.deep = sum(1 for star in stars if star == "**")
        self.single = len(stars) - self.deep
        if self.deep > DEEP_MAX or len(stars) > STARS_MAX:
            what = f"holds more than {STARS_MAX} stars, or more than {DEEP_MAX} of `**`."
            raise BadRule(what, "Write several rules.")
        self._head = from_folder.partition("*")[0]
        self._tail = "" if parts[-1] == "**" else parts[-1].rpartition("*")[2]
        self._deep = tuple(f"d{n}" for n in range(self.deep))
        self._single = tuple(f"s{n}" for n in range(self.single))
        self._match = re.compile(_pattern(parts)).fullmatch

    def stars(self, path: str) -> Stars | None:
        """What the stars stand for in `path`; None where it does not match."""
        if not (path.startswith(self._head) and path.endswith(self._tail)):
            return None
        found = self._match(path)
        if found is None:
            return None
        return Stars(tuple(found[name] for name in self._single), tuple(found[name].rstrip("/") for name in self._deep))


def relative(written: str) -> str:
    """A `match` as the manifest names files: without a slash in front."""
    return written.removeprefix("/")


def _must_be_plain(written: str) -> None:
    """Raises BadRule."""
    parts = relative(written).split("/")
    if not written.strip():
        raise BadRule("is empty.", _LIKE)
    if character := refused_character(written):
        raise BadRule(f"holds {character}, and no file's name does.", "Remove it.")
    if "\\" in written:
        raise BadRule("holds a backslash, and so matches nothing.", "Write slashes.")
    if "" in parts[:-1] or {".", ".."} & {*parts}:
        raise BadRule("matches nothing: files are named from the build's folder on.", _LIKE)
    if parts[-1] == "":
        raise BadRule("names a folder, and so matches no file.", f"Write {written}** for all that lies below.")
    if written.startswith("!"):
        raise BadRule("begins with `!`, and no rule takes anything back.", "Name what is to be purged.")
    if "?" in written:
        raise BadRule("holds a `?`, which stands for itself here.", "Write a star for any part of a name.")
    if re.search(r"\{[^{}/]*,[^{}/]*\}", written):
        raise BadRule("holds choices in braces, which stand for themselves here.", "Write a rule for each.")
    if any("**" in part and part != "**" for part in parts):
        raise BadRule("holds `**` within a name.", "Let `**` stand alone between slashes, or write one star.")


def _pattern(parts: list[str]) -> str:
    """The regex of a path's parts: groups s0, s1 … for `*`, d0, d1 … for `**`."""
    pieces, single, deep = [], 0, 0
    for n, part in enumerate(parts):
        last = n == len(parts) - 1
        if part == "**":
            pieces.append(f"(?P<d{deep}>.+)" if last else f"(?P<d{deep}>(?:[^/]++/)*?)")
            deep += 1
            continue
        pieces.append(_name(part, single) + ("" if last else "/"))
        single += part.count("*")
    return "".join(pieces)


def _name(part: str, first: int) -> str:
    literals = [re.escape(literal) for literal in part.split("*")]
    if len(literals) == 1:
        return literals[0]
    inner = "".join(f"(?>(?P<s{first + n}>[^/]*?){literal})" for n, literal in enumerate(literals[1:-1]))
    return f"{literals[0]}{inner}(?P<s{first + len(literals) - 2}>[^/]*){literals[-1]}"
