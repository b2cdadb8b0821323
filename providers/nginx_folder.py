"""nginx's cache files on this machine, removed one by one; the work of a thread, not of the loop.

The variants of a page (`Vary`) lie under names of their own and carry the same `KEY: <key>` line, so a URL is looked
for in the whole cache unless nothing varies. Nothing is removed but a regular file of such a name, in the folders that
its name demands, whose own KEY line says that it was asked for. Every step goes through an open folder and follows no
symlink, so no rename in between leads out of the cache.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from providers.contract import Kind
from providers.errors import BadCredentials, Unavailable, WrongAddress
from providers.nginx_keys import place_of, placed

T = TypeVar("T")
HEAD = 16_384  # bytes that are read of a file: 336 of nginx's own, then the key
_NAME = re.compile(r"[0-9a-f]{32}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class CacheFolder:
    """The folder of one `proxy_cache_path`, with the widths of its `levels`."""

    def __init__(self, folder: str, levels: Sequence[int]) -> None:
        self._folder = folder
        self._levels = tuple(levels)

    def remove(self, kind: Kind, body: str, scan: bool) -> int:
        """Remove what a call's body names: keys, one a line, or for a wider kind a regex of keys. `scan` looks for the
        variants of URLs in the whole cache. How many files went. Raises PurgeError."""
        if kind is not Kind.URL:
            regex = re.compile(body)
            return self._within(lambda root: self._sweep(root, lambda key: regex.fullmatch(key) is not None))
        keys = frozenset(body.split("\n"))
        return self._within(
            lambda root: self._exact(root, keys) + (self._sweep(root, keys.__contains__) if scan else 0)
        )

    def look(self) -> str | None:
        """The key of some file that may be removed; None where there is no file. Raises PurgeError."""
        return self._within(self._seen)

    def _within(self, deed: Callable[[int], T]) -> T:
        try:
            with _opened(self._folder, None) as root:
                return deed(root)
        except (FileNotFoundError, NotADirectoryError) as exc:
            what = f"There is no cache at {self._folder}."
            advice = "Set `cache_dir` to the path in `proxy_cache_path`, on this machine, where no symlink stands."
            raise WrongAddress(what, advice) from exc
        except PermissionError as exc:
            what = f"purgebot may not remove files in {self._folder}."
            raise BadCredentials(what, "Run it as the user of nginx's workers (`user` in nginx.conf).") from exc
        except OSError as exc:
            what = f"{self._folder} cannot be read: {exc.strerror}."
            raise Unavailable(what, "Look at the disk and the kernel's log, then retry.") from exc

    def _exact(self, root: int, keys: frozenset[str]) -> int:
        return sum(self._at(root, place_of(key, self._levels), keys.__contains__) for key in sorted(keys))

    def _at(self, folder: int, place: tuple[str, ...], wanted: Callable[[str], bool]) -> int:
        if len(place) == 1:
            return int(_remove(folder, place[0], wanted))
        with suppress(FileNotFoundError, NotADirectoryError), _opened(place[0], folder) as inner:
            return self._at(inner, place[1:], wanted)
        return 0

    def _sweep(self, root: int, wanted: Callable[[str], bool]) -> int:
        return sum(_remove(folder, name, wanted) for folder, name in self._files(root, ()))

    def _files(self, folder: int, above: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """Every file of a cache's name in its place, with its open folder."""
        depth = len(above)
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            if depth == len(self._levels):
                if _NAME.fullmatch(name) and placed(name, self._levels)[:-1] == above:
                    yield folder, name
            elif re.fullmatch(f"[0-9a-f]{{{self._levels[depth]}}}", name):
                with suppress(FileNotFoundError, NotADirectoryError), _opened(name, folder) as inner:
                    yield from self._files(inner, (*above, name))

    def _seen(self, root: int) -> str | None:
        for folder, name in self._files(root, ()):
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
                raise PermissionError
            with suppress(FileNotFoundError):
                return _key_in(folder, name)
        return None


@contextmanager
def _opened(path: str, folder: int | None) -> Iterator[int]:
    found = os.open(path, _FOLDER, dir_fd=folder)
    try:
        yield found
    finally:
        os.close(found)


def _remove(folder: int, name: str, wanted: Callable[[str], bool]) -> bool:
    """Remove the file `name` if its own KEY line is wanted; nginx may have removed it first."""
    with suppress(FileNotFoundError):
        key = _key_in(folder, name)
        if key is not None and wanted(key):
            os.unlink(name, dir_fd=folder)
            return True
    return False


def _key_in(folder: int, name: str) -> str | None:
    """The key that a file says of itself; None where it is no cache file."""
    try:
        file = os.open(name, _FILE, dir_fd=folder)
    except OSError as exc:
        if exc.errno == errno.ELOOP:  # a symlink
            return None
        raise
    try:
        head = os.read(file, HEAD) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    finally:
        os.close(file)
    _, found, rest = head.partition(b"\nKEY: ")
    key, end, _ = rest.partition(b"\n")
    return key.decode("latin-1") if found and end else None
