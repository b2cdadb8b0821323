"""A body as it arrives: unpacked piece by piece and hashed, so that a large or hostile one costs no memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from bot.domain.answers.charsets import UTF_8, charset_of, text_of
from providers.codings import unpackers
from providers.unpacking import Unpacker

READ_MAX = 2 * 1024 * 1024  # bytes as sent
INFLATED_MAX = 8 * 1024 * 1024  # bytes as unpacked
HEAD_MAX = 256 * 1024  # bytes that are kept
MARK = 256 * 1024  # bytes as unpacked, after each of which the hash so far is kept
MARK_SHOWN = 16  # characters of such a hash
OPENING = 8 * 1024  # bytes, of which a hash is kept too: a probe reads little more


class Body:
    """Take chunks while it is open, then ask. `encoding` is the answer's Content-Encoding; `goes_to` its Location,
    which is hashed along. A body larger than the caps has no digest: two such bodies are never taken for the same, and
    are known to differ where their beginnings do. One that is packed in a way that is not known is hashed as sent, and
    has no text. `content_type` is the answer's; without it the body is UTF-8. `with_md5`: that is wanted too."""

    def __init__(
        self, encoding: str = "", goes_to: str = "", content_type: str | None = None, with_md5: bool = False
    ) -> None:
        known = unpackers(encoding)
        self._unpackers = known or ()
        self._content_type = content_type
        self._is_readable = known is not None
        self._is_whole = True
        self._hash = hashlib.sha256(f"{goes_to}\n".encode(errors="surrogatepass") if goes_to else b"")
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 and self._is_readable else None
        self._head = bytearray()
        self._begins: list[str] = []
        self._read = 0
        self._between = 0  # bytes between two codings
        self._inflated = 0

    def take(self, chunk: bytes) -> bool:
        """Take what came; whether more is wanted. Raises Mispacked."""
        for _ in self.pieces(chunk):
            pass
        return self.is_open

    def pieces(self, chunk: bytes) -> Iterator[None]:
        """Take what came, however much it unpacks to, a piece at a time: it is to be gone through to its end. Raises
        Mispacked."""
        self._read += len(chunk)
        for piece in self._unpacked(chunk, self._unpackers) if self._is_whole else ():
            self._add(piece)
            if not self._is_within:
                break
            yield
        self._is_whole = self._is_whole and self._is_within
        if not self._is_whole:
            self._unpackers = ()  # lets go of windows of up to 16 MB

    @property
    def is_open(self) -> bool:
        """Whether more is wanted."""
        return self._is_whole

    def _unpacked(self, chunk: bytes, unpackers: Sequence[Unpacker]) -> Iterator[bytes]:
        """What `chunk` holds behind all codings, the outermost first; it ends where too much lies between two."""
        if not unpackers:
            yield chunk
            return
        outer, *inner = unpackers
        for piece in outer.unpack(chunk):
            self._between += len(piece) if inner else 0
            if self._between > INFLATED_MAX:
                return
            yield from self._unpacked(piece, inner)

    def _add(self, piece: bytes) -> None:
        """Hash `piece`, stopping at each MARK."""
        self._head += piece[: HEAD_MAX - len(self._head)] if self._is_readable else b""
        if self._md5 is not None:
            self._md5.update(piece)
        rest = memoryview(piece)
        while rest:
            part = rest[: MARK - self._inflated % MARK]
            self._hash.update(part)
            self._inflated += len(part)
            rest = rest[len(part) :]
            if self._inflated % MARK == 0:
                self._begins.append(self._hash.hexdigest()[:MARK_SHOWN])

    @property
    def _is_within(self) -> bool:
        return self._read <= READ_MAX and max(self._between, self._inflated) <= INFLATED_MAX

    @property
    def cut(self) -> bool:
        """Whether a packed body ended before its end."""
        return self._is_whole and any(one.cut for one in self._unpackers)

    @property
    def digest(self) -> str:
        """SHA-256 of the unpacked body; "" where it was not read whole."""
        return self._hash.hexdigest() if self._is_whole else ""

    @property
    def md5(self) -> str:
        """MD5 of the unpacked body alone; "" where it was not wanted, not read whole, or could not be unpacked."""
        return self._md5.hexdigest() if self._md5 is not None and self._is_whole else ""

    @property
    def begins(self) -> tuple[str, ...]:
        """Hashes of its first MARK bytes, of twice as many, and so on, as far as read: also of a body that is cut."""
        return tuple(self._begins)

    @property
    def opening(self) -> str:
        """The hash of its first OPENING bytes; "" where there are not so many, or it has no text."""
        opening = self._head[:OPENING]
        return hashlib.sha256(opening).hexdigest()[:MARK_SHOWN] if len(opening) == OPENING else ""

    @property
    def size(self) -> int:
        """Bytes of the unpacked body, as far as read."""
        return self._inflated

    @property
    def charset(self) -> str:
        """Python's name for the encoding of its text."""
        return UTF_8 if self._content_type is None else charset_of(self._content_type, self._head)

    @property
    def text(self) -> str:
        """The beginning of the unpacked body."""
        return text_of(self._head, self.charset)
