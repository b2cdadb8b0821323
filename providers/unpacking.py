"""Packed bodies, unpacked piece by piece: however much a few bytes unpack to, little of it is held at once.

gzip, x-gzip   one member or several; what is no member behind them is padding
deflate        with zlib's frame, as specified, or bare, as often sent
br             one stream, and nothing behind it
zstd           one frame or several, and nothing behind them

A few bytes can also make many members, frames or blocks that hold nothing. Each costs time, so that they are counted.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

import brotli
import zstandard

PIECE = 64 * 1024  # bytes; Brotli may give half as much again, Zstandard twice as much
WINDOW_MAX = 8 * 1024 * 1024  # bytes that a zstd decoder has to hold: RFC 9659, 3
MEMBERS_MAX = 1_000  # of one gzip body; who packs by blocks, as bgzip does, needs one for 64 kB
PARTS_MAX = 40_000  # of one zstd body: frames, and in each its headers and blocks

_GZIP = 31  # zlib's window bits for a gzip header
_ZLIB = 15
_BARE = -15


class Mispacked(Exception):
    """A body is not packed in the way that its Content-Encoding says."""


class Splintered(Mispacked):
    """A body is packed in more parts than anybody needs."""


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
        case "zstd":
            return Zstandard()
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
        self._members = 0

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
        self._members += 1
        if self._members > MEMBERS_MAX:
            raise Splintered
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


_ZSTD_MAGIC = 0xFD2FB528
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_RLE = 1  # a block of one byte, said over and over
_DICTIONARY_ID, _CONTENT_SIZE = (0, 1, 2, 4), (0, 2, 4, 8)  # bytes, by the flags in a frame's header
_PART_KEPT = 8  # bytes of a part, as many as its reader wants


class Zstandard:
    """Zstandard. The decoder has no limit on what it gives for what it gets, so that it gets one block at a time, which
    makes at most 128 KiB (RFC 8878, 3.1.1.2.4)."""

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX)  # for one stream at a time
        self._parts: Generator[int, bytes, None] | None = None
        self._stream: zstandard.ZstdDecompressionObj | None = None
        self._left = 0  # bytes of this part
        self._done = 0  # parts
        self._begin = b""  # of this part

    @property
    def cut(self) -> bool:
        """Whether the last frame has not come to its end."""
        return self._parts is not None

    def unpack(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` adds. Raises Mispacked."""
        rest = memoryview(chunk)
        while rest:
            if self._parts is None:
                self._parts, self._stream = _parts(), self._decompressor.decompressobj()
                self._left = next(self._parts)
            part = bytes(rest[: self._left])
            rest = rest[len(part) :]
            if piece := self._decoded(part):
                yield piece
            self._advance(part)

    def _decoded(self, part: bytes) -> bytes:
        try:
            return self._stream.decompress(part) if self._stream else b""
        except zstandard.ZstdError as exc:
            raise Mispacked from exc

    def _advance(self, part: bytes) -> None:
        """Go on to the next part where this one is there whole."""
        self._begin += part[: _PART_KEPT - len(self._begin)]
        self._left -= len(part)
        if self._left or self._parts is None:
            return
        self._done += 1
        if self._done > PARTS_MAX:
            raise Splintered
        try:
            self._left = self._parts.send(self._begin)
        except StopIteration:
            self._parts = self._stream = None
        self._begin = b""


def _parts() -> Generator[int, bytes, None]:
    """The lengths in bytes of a frame's parts, each told once the one before is sent in (RFC 8878, 3.1). Raises
    Mispacked."""
    magic = int.from_bytes((yield 4), "little")
    if magic in _SKIPPABLE:
        if length := int.from_bytes((yield 4), "little"):
            yield length
        return
    if magic != _ZSTD_MAGIC:
        raise Mispacked
    flags = (yield 1)[0]
    if length := _header_length(flags):
        yield length
    is_last = False
    while not is_last:
        header = int.from_bytes((yield 3), "little")
        is_last, length = bool(header & 1), 1 if header >> 1 & 3 == _RLE else header >> 3
        if length:
            yield length
    if flags & 4:
        yield 4  # checksum


def _header_length(flags: int) -> int:
    """Bytes of a frame's header behind its flags."""
    is_single = bool(flags & 0x20)
    content = _CONTENT_SIZE[flags >> 6] or int(is_single)
    return int(not is_single) + _DICTIONARY_ID[flags & 3] + content
