"""What comes before a body, counted as it arrives: a server that never begins its answer, or writes headers by the
thousand, is given up before anybody has taken them apart.

Caches and servers draw the line at 64 to 101 header lines (Varnish's http_max_hdr, Apache's LimitRequestFields,
HAProxy's tune.http.maxhdr; read 2026-11-27); Go's client takes five interim answers.
"""

from __future__ import annotations

import re

from bot.domain.answers.excess import Excess
from bot.edge.mishaps import HEADERS_MAX, LARGE_HEADERS, LINES_MAX, MANY_LINES, Unusable

INTERIM_MAX = 16  # answers (1xx) before the one that counts
_END = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"HTTP/[0-9]\.[0-9] 1")
_BACK = 3  # bytes of an end that may have come before


class Heads:
    """Give it all that arrives, until the answer is there."""

    def __init__(self) -> None:
        self._begun = bytearray()  # of the head that is arriving
        self._size = 0  # bytes of those before it
        self._interim = 0
        self._is_over = False

    def take(self, data: bytes) -> None:
        """Count `data`. Raises Unusable."""
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
            raise Unusable(f"it sends more than {INTERIM_MAX} interim answers (1xx) before any other", Excess.INTERIM)
        self._size += end
        del self._begun[:end]

    def _check(self, end: int) -> None:
        if self._size + end > HEADERS_MAX:
            raise Unusable(LARGE_HEADERS, Excess.HEADERS)
        if self._begun.count(b"\n", 0, end) > LINES_MAX + 2:  # the first and the last are none of its headers
            raise Unusable(MANY_LINES, Excess.LINES)
