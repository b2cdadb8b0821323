"""Which Redis keys hold what a purge names, by a layer's template such as `page:{host}{path}`.

A URL is a key, exactly. Anything wider is a pair: a glob, which the server looks for, and a regex, which decides. The
glob may find too much, never too little; only what the whole regex matches is removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from providers.contract import UnsupportedWish

ASIDE = "purgebot-purging"
SLOTS = "{scheme}, {host}, {path} and {header:name}"
STARS_MAX = 3  # in a glob; a server tries every way to match many
TEMPLATE = "Write `keys` like page:{host}{path}: a fixed beginning, then what changes."
_SLOT = re.compile(r"\{(scheme|host|path|header:[A-Za-z0-9-]+)\}")
_FIXED = re.compile(r"[^{}]*[A-Za-z0-9][^{}]*")
_URL = re.compile(r"(https?)://([^/?#]+)(/[^#]*)")
_PARTS = re.compile(r"\*+|(?:\\.|[^*\\])+", re.DOTALL)  # of a glob: stars, or what stands between


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a key: what finds it, and what decides."""

    glob: str
    regex: str


class Template:
    """A layer's `keys`. Raises UnsupportedWish where it has no fixed beginning, no {path}, or an unknown word."""

    def __init__(self, text: str) -> None:
        self._parts = _SLOT.split(text)  # a literal, a slot's name, a literal, …
        self.prefix = self._parts[0].rstrip("{")
        if unknown := re.search(r"\{[^\0{}]+\}", _SLOT.sub("\0", text)):
            raise UnsupportedWish(f"The keys `{text[:80]}` hold an unknown {unknown[0]}.", f"There are {SLOTS}.")
        if not _FIXED.fullmatch(self.prefix) or not text.isprintable():
            raise UnsupportedWish(f"The keys `{text[:80]}` have no fixed beginning.", TEMPLATE)
        if "path" not in self.slots:
            raise UnsupportedWish(f"The keys `{text[:80]}` hold no {{path}}.", TEMPLATE)

    @property
    def slots(self) -> list[str]:
        """The names of what changes, in order."""
        return self._parts[1::2]

    def keys(self, url: str, variants: Sequence[Mapping[str, str]]) -> list[str]:
        """The keys of `url`: without headers, then with those of each variant. Raises UnsupportedWish."""
        found = _URL.fullmatch(url)
        if not found:
            raise UnsupportedWish(f"`{url[:80]}` is not a whole URL.", "Write it with scheme, host and path.")
        plain = {"scheme": found[1], "host": found[2], "path": found[3]}
        each = [plain | {f"header:{name}".lower(): value for name, value in one.items()} for one in ({}, *variants)]
        return list(dict.fromkeys(self._filled(values) for values in each))

    def _filled(self, values: Mapping[str, str]) -> str:
        return "".join(values.get(part.lower(), "") if is_slot else part for part, is_slot in _told_apart(self._parts))

    def matching(self, hosts: Sequence[str], path: Piece) -> Piece:
        """What holds `path` on any of `hosts`."""
        by_name = {"scheme": Piece("http*", "https?"), "host": _any_of(hosts), "path": path}
        pieces = [
            by_name.get(part, Piece("*", ".*")) if is_slot else exactly(part)
            for part, is_slot in _told_apart(self._parts)
        ]
        glob = "".join(piece.glob for piece in pieces)
        return Piece(_short(glob), "(?s)" + "".join(piece.regex for piece in pieces))


def _told_apart(parts: Sequence[str]) -> list[tuple[str, bool]]:
    return [(part, bool(n % 2)) for n, part in enumerate(parts)]


def exactly(text: str) -> Piece:
    """This text."""
    return Piece(re.sub(r"[*?\[\]\\]", r"\\\g<0>", text), re.escape(text))


def below(prefix: str) -> Piece:
    """What lies under a path, at its boundaries: `/news` is /news, /news/… and /news?…."""
    piece = exactly(prefix or "/")
    return Piece(f"{piece.glob}*", piece.regex + (".*" if piece.regex.endswith("/") else "(?:[/?].*)?"))


def like(pattern: str) -> Piece:
    """What a pattern with stars names. One without `?` covers every query string.

    Between two stars the first match is kept (an atomic group), so a long key costs linear time."""
    head, *rest = pattern.split("*")
    query = "" if "?" in pattern else r"(?:\?.*)?"
    if not rest:
        piece = exactly(head)
        return Piece(f"{piece.glob}*", piece.regex + query)
    *middle, tail = rest
    steps = "".join(f"(?>.*?{re.escape(part)})" for part in middle if part)
    end = f".*{re.escape(tail)}{query}" if tail else ".*"
    glob = "*".join(exactly(part).glob for part in (head, *rest))
    return Piece(f"{glob}*" if query else glob, re.escape(head) + steps + end)


def _any_of(hosts: Sequence[str]) -> Piece:
    """Any of these hosts, whatever port a visitor wrote."""
    glob = f"{exactly(hosts[0]).glob}*" if len(hosts) == 1 else "*"
    return Piece(glob, f"(?:{'|'.join(re.escape(host) for host in hosts)})(?::[0-9]+)?")


def _short(glob: str) -> str:
    """`glob` with few stars: where it has more, only what stands before the first."""
    parts = ["*" if part.startswith("*") else part for part in _PARTS.findall(glob)]
    return "".join(parts) if parts.count("*") <= STARS_MAX else "".join([*parts[: parts.index("*")], "*"])


def set_of(template: str, tag: str) -> str:
    """The key of a tag's set. Raises UnsupportedWish."""
    if not _FIXED.fullmatch(template.partition("{tag}")[0].rstrip("{")) or "{tag}" not in template:
        what = f"The tags `{template[:80]}` have no fixed beginning or no {{tag}}."
        raise UnsupportedWish(what, "Write `tags` like tag:{tag}.")
    if not tag or not tag.isprintable() or "{" in tag or "}" in tag:
        raise UnsupportedWish(f"`{tag[:80]}` is not a tag.", "A tag holds no braces and no line ends.")
    return template.replace("{tag}", tag)


def aside_of(name: str, cluster: bool) -> bytes:
    """Where a tag's set is set aside: in the same slot of a cluster."""
    tagged = not cluster or re.search(r"\{[^}]", name)
    return (f"{name}:{ASIDE}" if tagged else f"{{{name}}}:{ASIDE}").encode()
