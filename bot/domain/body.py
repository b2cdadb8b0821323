"""A body as it arrives: unpacked piece by piece and hashed, so that a large or hostile one costs no memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

READ_MAX = 2 * 1024 * 1024  # bytes as sent
INFLATED_MAX = 8 * 1024 * 1024  # bytes as unpacked
HEAD_MAX = 256 * 1024  # bytes that are kept
PIECE = 64 * 1024

_GZIP = 31  # zlib's window bits for a gzip header
_ZLIB = 15
_BARE = -15


class Body:
    """Take chunks until `take` says no, then ask. `encoding` is the answer's Content-Encoding; `goes_to` its Location,
    which is hashed along. A body larger than the caps, or packed in a way that was not asked for, has no digest: two
    such bodies are never taken for the same."""

    def __init__(self, encoding: str = "", goes_to: str = "") -> None:
        self._encoding = encoding.strip().lower()
        self._readable = self._encoding in ("", "identity", "gzip", "x-gzip", "deflate")
        self._unpacker: zlib._Decompress | None = None
        self._hash = hashlib.sha256(f"{goes_to}\n".encode(errors="surrogatepass") if goes_to else b"")
        self._head = bytearray()
        self._read = 0
        self._inflated = 0

    def take(self, chunk: bytes) -> bool:
        """Take what came; whether more is wanted. Raises zlib.error."""
        self._read += len(chunk)
        for piece in self._unpack(chunk):
            self._inflated += len(piece)
            if not self._within:
                return False
            self._hash.update(piece)
            self._head += piece[: HEAD_MAX - len(self._head)]
        return self._within

    @property
    def _within(self) -> bool:
        return self._readable and self._read <= READ_MAX and self._inflated <= INFLATED_MAX

    def _unpack(self, chunk: bytes) -> Iterator[bytes]:
        if self._encoding in ("", "identity"):
            yield chunk
        elif self._readable:
            yield from self._inflate(chunk)

    def _inflate(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            unpacker = self._unpacker = self._unpacker or self._begin(chunk)
            piece = unpacker.decompress(chunk, PIECE)
            yield piece
            while not unpacker.eof and (unpacker.unconsumed_tail or len(piece) == PIECE):
                piece = unpacker.decompress(unpacker.unconsumed_tail, PIECE)
                yield piece
            chunk = unpacker.unused_data if unpacker.eof else b""
            if chunk and self._begins_anew(chunk):
                self._unpacker = None
            else:
                return

    def _begin(self, chunk: bytes) -> zlib._Decompress:
        if self._encoding == "deflate":
            return zlib.decompressobj(_ZLIB if chunk[0] & 0x0F == 8 else _BARE)  # both are sent under this name
        return zlib.decompressobj(_GZIP)

    def _begins_anew(self, rest: bytes) -> bool:
        return self._encoding != "deflate" and rest[:1] == b"\x1f"

    @property
    def cut(self) -> bool:
        """Whether a packed body ended before its end."""
        return self._within and self._unpacker is not None and not self._unpacker.eof

    @property
    def digest(self) -> str:
        """SHA-256 of the unpacked body; "" where it was not read whole."""
        return self._hash.hexdigest() if self._within else ""

    @property
    def size(self) -> int:
        """Bytes of the unpacked body, as far as read."""
        return self._inflated

    @property
    def text(self) -> str:
        """The beginning of the unpacked body."""
        return bytes(self._head).decode(errors="replace")
