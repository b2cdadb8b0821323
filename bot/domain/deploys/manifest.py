"""What a build made: its files, and what tells the content of each. Read in the forms that people have.

    sha256sum, shasum, md5sum, b2sum   `<hash>  <path>`, `<hash> *<path>`, `SHA256 (<path>) = <hash>`
    a JSON object                      see `built`

A path is relative, with slashes. An id is whatever stays the same as long as the content does: a hash, or the name of a
file that a build names by its content; "" where nothing tells, and then the file may have changed at any time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.domain.shown import count, refused_character, shown

FILES_MAX = 20_000
NAME_MAX = 1_000  # characters
DEPTH_MAX = 50  # folders
FORMS = (
    "Send what `sha256sum` prints, an object {path: hash}, Vite's manifest.json,"
    " or what a manifest plugin of webpack writes."
)
A_LINE = "Write what `sha256sum` prints: the hash, two blanks, and the path."

Manifest = Mapping[str, str]

PASSING, MIXED = "~", "?"  # before, and in place of, a content in what `folded` gives; no hash holds them
_LENGTHS = frozenset({32, 40, 56, 64, 96, 128})  # hex digits of MD5, SHA-1, SHA-224, 256, 384 and 512
_PLAIN = re.compile(r"(\\?)([0-9a-fA-F]{32,128}) [ *](.+)")
_TAGGED = re.compile(r"(\\?)[A-Za-z0-9/-]{2,20} ?\((.+)\) ?= ([0-9a-fA-F]{32,128})")  # of BSD, and of openssl
_ESCAPES = {r"\\": "\\", r"\n": "\n", r"\r": "\r"}  # GNU coreutils, "cksum common options"
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")


class BadManifest(ValueError):
    """What is wrong with a manifest, where, and what to write."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Difference:
    """What two builds do not share, each by its path in order. `first`: nothing is known to have been purged before,
    and all of it counts as added. `untold` files are in both and nothing tells their content, so they count as
    changed. `unpurged` builds came out since the one that was purged, and what they changed is in it."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    first: bool = False
    untold: int = 0
    unpurged: int = 0

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


def compared(before: Manifest | None, now: Manifest) -> Difference:
    """What has changed between two builds; `before` is None at the first one, and may come from `folded`."""
    if before is None:
        return Difference(added=tuple(sorted(now)), first=True)
    both = before.keys() & now.keys()
    came = {path for path in both if now[path] and before[path] == f"{PASSING}{now[path]}"}
    return Difference(
        tuple(sorted((now.keys() - both) | came)),
        tuple(sorted(path for path in both - came if not now[path] or now[path] != before[path])),
        tuple(sorted(before.keys() - both)),
        untold=sum(1 for path in both if not now[path]),
    )


def folded(before: Manifest | None, later: Manifest) -> Manifest:
    """Two builds as one, of which caches may hold copies of either: `before` was purged, `later` came out after it and
    was not. A file is told by its content only where both have it alike; where only one has it, that is PASSING; where
    they differ it is MIXED. A page that became B and then A again is so not taken for one that never changed."""
    known = before or {}
    return {path: _either(known.get(path), later.get(path)) for path in known.keys() | later.keys()}


def _either(one: str | None, other: str | None) -> str:
    """What is known of a file's content in two builds; None where a build does not have it."""
    if one is None or other is None:
        content = (one or "") + (other or "")
        return content if content in ("", MIXED) or content.startswith(PASSING) else f"{PASSING}{content}"
    bare = one.removeprefix(PASSING)
    if MIXED in (one, other) or not bare or bare != other.removeprefix(PASSING):
        return MIXED
    return one if one == other else f"{PASSING}{bare}"


def named_files(names: Sequence[str], hosts: Collection[str] = ()) -> Difference:
    """The files of a list, such as `git diff --name-only` prints: new, changed or gone. Raises BadManifest."""
    paths = {file_path(name, f"File {n:,}", hosts) for n, name in enumerate(names, 1)}
    return Difference(added=tuple(sorted(_few(paths))))


def read_sums(text: str) -> Manifest:
    """What `sha256sum` and its like print. Raises BadManifest."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        if line.strip():
            path, digest = _sum(line, number)
            put(found, path, digest, f"Line {number:,}")
    return some(found)


def _sum(line: str, number: int) -> tuple[str, str]:
    """Path and hash of one line."""
    if plain := _PLAIN.fullmatch(line):
        escaped, digest, name = plain.groups()
    elif tagged := _TAGGED.fullmatch(line):
        escaped, name, digest = tagged.groups()
    else:
        raise BadManifest(f"Line {number:,} of the manifest is not of `sha256sum`: `{shown(line, 60)}`.", A_LINE)
    if len(digest) not in _LENGTHS:
        raise BadManifest(f"Line {number:,} of the manifest has a hash of {count(len(digest), 'digit')}.", A_LINE)
    name = re.sub(r"\\[\\nr]", lambda sign: _ESCAPES[sign.group()], name) if escaped else name
    return file_path(name, f"Line {number:,}"), digest.lower()


def file_path(name: str, where: str, hosts: Collection[str] = ()) -> str:
    """The path of a file as rules see it: relative, without `./`. An absolute URL counts only on one of `hosts`.
    Raises BadManifest."""
    if len(name) > NAME_MAX:
        raise BadManifest(f"{where} of the manifest names a file with {len(name):,} characters.", "Leave it out.")
    if character := refused_character(name):
        raise BadManifest(f"{where} of the manifest names a file that holds {character}.", "Rename the file.")
    if "\\" in name:
        raise BadManifest(f"{where} of the manifest holds a backslash: `{shown(name, 60)}`.", "Write slashes.")
    if "*" in name:
        what = f"{where} of the manifest holds a star: `{shown(name, 60)}`. Providers purge more than one file by it."
        raise BadManifest(what, "Rename the file.")
    path = _on_host(name, where, hosts) if _ADDRESS.match(name) else name
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadManifest(f"{where} of the manifest leads out of the build: `{shown(name, 60)}`.", "Leave `..` away.")
    if not parts or path.endswith("/"):
        raise BadManifest(f"{where} of the manifest names no file: `{shown(name, 60)}`.", "Leave it out.")
    if len(parts) > DEPTH_MAX:
        raise BadManifest(f"{where} of the manifest lies below more than {DEPTH_MAX} folders.", "Leave it out.")
    return "/".join(parts)


def _on_host(address: str, where: str, hosts: Collection[str]) -> str:
    """The path of an absolute URL."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("", "http", "https") or host not in hosts:
        what = f"{where} of the manifest is on a host that is not the site's: `{shown(address, 60)}`."
        raise BadManifest(what, "Write a path, or send it to the site that it belongs to.")
    return unquote(parts.path)


def put(found: dict[str, str], path: str, content: str, where: str) -> None:
    """Keep one file; naming it twice is well where both say the same, or one says nothing. Raises BadManifest."""
    known = found.get(path, "")
    found[path] = known or content
    if known and content and known != content:
        raise BadManifest(f"{where} of the manifest names `{shown(path, 60)}` again, with another hash.", "Keep one.")


def some(found: dict[str, str]) -> Manifest:
    """The manifest, unless it is empty or too long. Raises BadManifest."""
    if not found:
        raise BadManifest("The manifest names no file.", FORMS)
    _few(found)
    return found


def _few(paths: Iterable[str]) -> Collection[str]:
    files = paths if isinstance(paths, Collection) else tuple(paths)
    if len(files) > FILES_MAX:
        what = f"The manifest names {len(files):,} files, and at most {FILES_MAX:,} are compared."
        raise BadManifest(what, "Leave out what is named by its content, or send `prefixes` or `tags`.")
    return files


def parsed(text: str) -> object:
    """JSON text as a value; a key that is given twice is refused. Raises BadManifest."""
    try:
        value: object = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        if isinstance(exc, BadManifest):
            raise
        where = f" on line {exc.lineno:,}" if isinstance(exc, json.JSONDecodeError) else ""
        raise BadManifest(f"The manifest begins like JSON and ends as none{where}.", FORMS) from exc
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise BadManifest(f"The manifest names `{shown(key, 60)}` twice.", "Keep one.")
        found[key] = value
    return found
