"""A manifest as a JSON object, told by its shape.

    {"main.js": "/static/main.4f3a9c1e.js"}                 webpack-manifest-plugin, Create React App, Laravel Mix
    {"main.js": {"src": "main.4f3a9c1e.js", "integrity": …}}  webpack-assets-manifest
    {"main": {"js": "/static/main.4f3a9c1e.js", "css": […]}}  assets-webpack-plugin
    {"src/a.js": {"file": "assets/a-4889e940.js", "css": […], "assets": […]}}  Vite
    {"news/a.html": "9f86d081884c…"}                        a hash each

Looked up in what Vite 8.3, webpack 5.112 and these plugins wrote, 2026-11-26.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from bot.domain.answers.fingerprint import is_fingerprinted, may_be_fingerprinted
from bot.domain.deploys.manifest import FORMS, BadManifest, Manifest, file_path, parsed, put, read_sums, some
from bot.domain.deploys.neighbours import Neighbours
from bot.domain.shown import shown

ADDRESS_MAX = 2_000  # characters of a built file's name or URL that are looked at
_HASH = re.compile(r"(?:[A-Za-z0-9]{2,12}[:-])?[A-Za-z0-9+/_=-]{6,512}")
_EXTENSION = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
_LISTS = ("css", "assets")  # of Vite, besides `file`


def read_manifest(given: object, hosts: Collection[str] = ()) -> Manifest:
    """The files of a manifest, given as text or as a value of JSON; `hosts` are the site's. Raises BadManifest."""
    if isinstance(given, str):
        is_json = given.lstrip("\ufeff \t\r\n").startswith(("{", "["))
        return read_manifest(parsed(given), hosts) if is_json else read_sums(given)
    if not isinstance(given, Mapping):
        raise BadManifest("The manifest is neither text nor an object.", FORMS)
    files = [*_files(_entries(given))]
    neighbours = Neighbours(name for _, name, _ in files if len(name) <= ADDRESS_MAX)
    found: dict[str, str] = {}
    for key, name, content in files:
        where = f"`{shown(key, 60)}`"
        path, _, query = name.partition("?")
        put(found, file_path(path, where, hosts), content or _by_others(key, name, neighbours) or query, where)
    return some(found)


def _entries(given: Mapping[str, object]) -> Mapping[str, object]:
    """The entries that stand for files: what is said of entry points beside them names no other ones."""
    files = given.get("files")
    if isinstance(files, Mapping) and given.keys() <= {"files", "entrypoints"}:
        return files
    return {key: value for key, value in given.items() if key != "entrypoints" or isinstance(value, str)}


def _files(entries: Mapping[str, object]) -> Iterable[tuple[str, str, str]]:
    """The key, the file and its content's id, of each."""
    if all(isinstance(value, str) for value in entries.values()):
        return _texts({key: str(value) for key, value in entries.items()})
    objects = {key: value for key, value in entries.items() if isinstance(value, Mapping)}
    odd = next((key for key in entries if key not in objects), "")
    if odd and objects:
        raise _mixture(odd, next(iter(objects)))
    if odd:
        raise BadManifest(f"`{shown(odd, 60)}` of the manifest is neither a hash nor a file.", FORMS)
    for sign in ("file", "src"):
        with_sign = [key for key, value in objects.items() if isinstance(value.get(sign), str)]
        if len(with_sign) == len(objects):
            return _vite(objects) if sign == "file" else _with_integrity(objects)
    return _by_extension(objects)


def _texts(entries: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """Hashes by path, or built files by the name of their source."""
    if all(_is_hash(key, value) for key, value in entries.items()):
        return ((key, key, value) for key, value in entries.items())
    files = {key: value for key, value in entries.items() if _is_file(key, value)}
    odd = next((key for key in entries if key not in files), "")
    if odd and _is_hash(odd, entries[odd]) and files:
        raise _mixture(odd, next(key for key in files if not _is_hash(key, files[key])))
    if odd:
        raise BadManifest(f"`{shown(odd, 60)}` of the manifest is neither a hash nor a file.", FORMS)
    return ((key, value, _content(value)) for key, value in entries.items())


def _is_hash(key: str, value: str) -> bool:
    """A file may be called like a hash, but then it is seldom called like its source."""
    return _HASH.fullmatch(value) is not None and value.strip("/") != key.strip("/")


def _is_file(key: str, value: str) -> bool:
    _, dot, extension = value.partition("?")[0].rpartition("/")[2].rpartition(".")
    return bool(dot and _EXTENSION.fullmatch(extension)) or value.strip("/") == key.strip("/")


def _content(name: str) -> str:
    """What tells the content of a built file: its name, where a build made it of the content. Its folder's name tells
    nothing of it."""
    return _called(name) if len(name) <= ADDRESS_MAX and is_fingerprinted(_called(name)) else ""


def _by_others(key: str, name: str, neighbours: Neighbours) -> str:
    """The same where a name that reads like words (`index-TJmedwuw.css`) lies among those that show a hash, and its
    source is called otherwise."""
    may_be = len(name) <= ADDRESS_MAX and may_be_fingerprinted(name) and neighbours.are_hashed(name)
    return _called(name) if may_be and _stem(key) != _stem(name) else ""


def _called(name: str) -> str:
    return name.partition("?")[0].rpartition("/")[2]


def _stem(name: str) -> str:
    return _called(name).partition(".")[0]


def _mixture(one: str, other: str) -> BadManifest:
    what = f"The manifest is a mixture: `{shown(one, 60)}` is of another form than `{shown(other, 60)}`."
    return BadManifest(what, FORMS)


def _vite(entries: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str, str]]:
    for key, entry in entries.items():
        names = [entry["file"], *(name for some in _LISTS for name in _names(key, entry.get(some, [])))]
        yield from ((key, str(name), _content(str(name))) for name in names)


def _with_integrity(entries: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str, str]]:
    for key, entry in entries.items():
        name, integrity = str(entry["src"]), entry.get("integrity")
        yield key, name, _content(name) or (integrity if isinstance(integrity, str) else "")


def _by_extension(entries: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str, str]]:
    for key, entry in entries.items():
        for value in entry.values():
            yield from ((key, name, _content(name)) for name in _names(key, value))


def _names(key: str, value: object) -> list[str]:
    """One name, or a list of them."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadManifest(f"`{shown(key, 60)}` of the manifest is neither a hash nor a file.", FORMS)
    return [str(name) for name in names]
