"""Packed bodies, unpacked piece by piece: however much a few bytes unpack to, little of it is held at once.

gzip, x-gzip   any number of members; what is no member behind them is padding
deflate        with zlib's frame, as specified, or bare, as often sent
br             one stream, and nothing behind it
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli

PIECE = 64 * 1024  # bytes; Brotli may give half as much again

_GZIP = 31  # zlib's window bits for a gzip header
_ZLIB = 15
_BARE = -15


class Mispacked(Exception):
    """A body is not packed in the way that its Content-Encoding says."""


class Unpacker(Protocol):
    """A body that is being unpacked."""

    @property
    def cut(self) -> bool:
        """Whether a packed body began, and has not come to its end."""

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` adds, in pieces of about PIECE bytes; nothing is unpacked that is not fetched. Raises
        Mispacked."""


def unpacker(encoding: str) -> Unpacker | None:
    """The unpacker for a Content-Encoding; None for one, or for several, that are not known."""
    match encoding.strip().lower():
        case "" | "identity":
            return Plain()
        case "gzip" | "x-gzip":
            return Zipped(deflate=False)
        case "deflate":
            return Zipped(deflate=True)
        case "br":
            return Brotli()
        case _:
            return None


class Plain:
    """A body that is not packed."""

    cut = False

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """`chunk` itself."""
        yield chunk


class Zipped:
    """gzip, or deflate."""

    def __init__(self, *, deflate: bool) -> None:
        self._deflate = deflate
        self._stream: zlib._Decompress | None = None

    @property
    def cut(self) -> bool:
        """Whether the last member has not come to its end."""
        return self._stream is not None and not self._stream.eof

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` adds. Raises Mispacked."""
        try:
            yield from self._inflate(chunk)
        except zlib.error as exc:
            raise Mispacked from exc

    def _inflate(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            stream = self._stream = self._stream or self._begin(chunk)
            piece = stream.decompress(chunk, PIECE)
            yield piece
            while not stream.eof and (stream.unconsumed_tail or len(piece) == PIECE):
                piece = stream.decompress(stream.unconsumed_tail, PIECE)
                yield piece
            chunk = stream.unused_data if stream.eof else b""
            if chunk and self._begins_anew(chunk):
                self._stream = None
            else:
                return

    def _begin(self, chunk: bytes) -> zlib._Decompress:
        if self._deflate:
            return zlib.decompressobj(_ZLIB if chunk[0] & 0x0F == 8 else _BARE)  # both are sent under this name
        return zlib.decompressobj(_GZIP)

    def _begins_anew(self, rest: bytes) -> bool:
        return not self._deflate and rest[:1] == b"\x1f"


class _BrotliStream(Protocol):
    def process(self, data: bytes, output_buffer_limit: int) -> bytes: ...

    def is_finished(self) -> bool: ...


_begin_brotli: Callable[[], _BrotliStream] = brotli.Decompressor


class Brotli:
    """Brotli. The decoder itself holds a window of at most 16 MB, which RFC 7932 sets."""

    def __init__(self) -> None:
        self._stream: _BrotliStream | None = None

    @property
    def cut(self) -> bool:
        """Whether the stream has not come to its end."""
        return self._stream is not None and not self._stream.is_finished()

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` adds. Raises Mispacked."""
        if not chunk:
            return
        stream = self._stream = self._stream or _begin_brotli()
        try:
            piece = stream.process(chunk, output_buffer_limit=PIECE)
            while piece:
                yield piece
                # Its can_accept_more_data says yes while there is still output to fetch, so the output is asked.
                piece = stream.process(b"", output_buffer_limit=PIECE)
        except brotli.error as exc:
            raise Mispacked from exc
