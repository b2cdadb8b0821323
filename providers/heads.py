"""What arrives of an answer, counted as it does: one that never begins, has headers by the thousand, or comes in crumbs
is given up before anybody has taken it apart, whether a provider sent it or an edge that is looked at.

Caches and servers draw the line at 64 to 101 header lines (Varnish's http_max_hdr, Apache's LimitRequestFields,
HAProxy's tune.http.maxhdr; read 2026-11-27); Go's client takes five interim answers.
"""

from __future__ import annotations

import re
from enum import StrEnum

HEADERS_MAX = 64_000  # bytes, of interim answers too
LINES_MAX = 256  # headers of one answer
INTERIM_MAX = 16  # answers (1xx) before the one that counts
PIECES_MAX = 8_000  # of one answer, where they are small; of large ones as many as its bytes allow
PIECE_MIN = 200  # bytes, in the mean
LARGE_HEADERS = f"its headers are larger than {HEADERS_MAX // 1000} kB"
MANY_LINES = f"its headers have more than {LINES_MAX} lines"

_END = re.compile(rb"\n\r?\n")
_BACK = 3  # bytes of an end that may have come before
_INTERIM = re.compile(rb"HTTP/[0-9]\.[0-9] 1")


class Bound(StrEnum):
    """What there may be too much of."""

    LINES = "lines"
    HEADERS = "headers"
    INTERIM = "interim"
    PIECES = "pieces"


class TooMuch(Exception):
    """An answer that is given up; the text says of what there is too much in it, and `of` by its name."""

    def __init__(self, why: str, of: Bound) -> None:
        super().__init__(why)
        self.of = of


class Crumbs:
    """Counts the pieces in which something arrives."""

    def __init__(self) -> None:
        self._pieces = 0
        self._bytes = 0

    def take(self, size: int) -> None:
        """One more, of `size` bytes. Raises TooMuch."""
        self._pieces += 1
        self._bytes += size
        if self._pieces > PIECES_MAX and self._bytes < self._pieces * PIECE_MIN:
            raise TooMuch(f"its answer only trickles in, in more than {PIECES_MAX:,} small pieces", Bound.PIECES)


class Heads:
    """Give it all that arrives, until the answer is there."""

    def __init__(self) -> None:
        self._begun = bytearray()  # of the head that is arriving
        self._size = 0  # bytes of those before it
        self._interim = 0
        self._is_over = False

    def take(self, data: bytes) -> None:
        """Count `data`. Raises TooMuch."""
        if self._is_over:
            return
        looked = max(0, len(self._begun) - _BACK)
        self._begun += data
        while not self._is_over and (end := _END.search(self._begun, looked)):
            self._close(end.end())
            looked = 0
        if not self._is_over:
            self._check(len(self._begun))

    def _close(self, end: int) -> None:
        """A head has come to its end."""
        self._check(end)
        self._is_over = _INTERIM.match(self._begun) is None
        self._interim += 1
        if self._interim > INTERIM_MAX and not self._is_over:
            raise TooMuch(f"it sends more than {INTERIM_MAX} interim answers (1xx) before any other", Bound.INTERIM)
        self._size += end
        del self._begun[:end]

    def _check(self, end: int) -> None:
        if self._size + end > HEADERS_MAX:
            raise TooMuch(LARGE_HEADERS, Bound.HEADERS)
        if self._begun.count(b"\n", 0, end) > LINES_MAX + 2:  # the first and the last are none of its headers
            raise TooMuch(MANY_LINES, Bound.LINES)
