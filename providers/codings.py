"""A Content-Encoding, which may be a list: each coding was put around what the ones before it made (RFC 9110, 8.4).

"gzip, br" is unpacked as br, then as gzip. A header of several lines is one list. A list with a coding that is not
known is unpacked by nobody, in no part.
"""

from __future__ import annotations

from providers.unpacking import Mispacked, Unpacker, unpacker

CODINGS_MAX = 3  # one around the other; each holds a window of up to 16 MB


def codings(encoding: str) -> tuple[str, ...]:
    """The codings of a Content-Encoding, the innermost first, in lower case; none where it changes nothing."""
    named = (coding.strip().lower() for coding in encoding.split(","))
    return tuple(coding for coding in named if coding not in ("", "identity"))


def unpackers(encoding: str) -> tuple[Unpacker, ...] | None:
    """What unpacks a body, the outermost coding first; None where a coding is not known, or there are too many."""
    named = codings(encoding)
    found = [one for coding in reversed(named) if (one := unpacker(coding)) is not None]
    return tuple(found) if len(found) == len(named) <= CODINGS_MAX else None


def beginning(body: bytes, encoding: str, most: int) -> bytearray:
    """The first `most` bytes that a body unpacks to, or as many as can be had: none where it is packed in more than one
    way, or in one that is not known."""
    known = unpackers(encoding) or ()
    unpacked = bytearray()
    try:
        for piece in known[0].unpack(body) if len(known) == 1 else ():
            unpacked += piece
            if len(unpacked) >= most:
                break
    except Mispacked:
        pass  # what came before it is readable
    return unpacked[:most]


def unreadable(encoding: str) -> str:
    """The codings of a body that cannot be unpacked here; "" where it can."""
    return "" if unpackers(encoding) is not None else ", ".join(codings(encoding))
