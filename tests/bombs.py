"""Bodies that are small on their way and large once unpacked. To pack one takes up to a second, so the test that sends
it asks for it, and no process packs it that only looks which tests there are."""

from __future__ import annotations

import functools
import gzip

import brotli
import zstandard

CODINGS = ("gzip", "br", "zstd")


@functools.cache
def bomb(coding: str, size: int) -> bytes:
    """`size` zero bytes, packed as one of `CODINGS`."""
    zeros = bytes(size)
    match coding:
        case "gzip":
            return gzip.compress(zeros, 9)
        case "br":
            packed: bytes = brotli.compress(zeros, quality=5)
            return packed
        case _:
            return zstandard.compress(zeros)
