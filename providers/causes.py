"""Why no connection came about, in our words: what httpx, redis-py or a socket say is not what the other end said."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})


def causes(exc: BaseException | None) -> Iterator[BaseException]:
    """An error and what lies behind it, those of several attempts among it."""
    while exc is not None:
        yield exc
        for one in exc.exceptions if isinstance(exc, BaseExceptionGroup) else ():
            yield from causes(one)
        exc = exc.__cause__ or exc.__context__


def reason(exc: BaseException) -> str:
    """Half a sentence to stand behind `cannot be reached`, with its colon; empty where nothing is known."""
    found = next(filter(None, map(_gist, causes(exc))), "")
    return f": {found}" if found else ""


def untrusted(exc: BaseException) -> str | None:
    """What is wrong with a certificate, with its colon; None where no certificate is at fault."""
    for one in causes(exc):
        if isinstance(one, ssl.SSLCertVerificationError):
            words = getattr(one, "verify_message", "")
            return f": {words.rstrip('.')}" if words else ""
    return None


def _gist(exc: BaseException) -> str:
    match exc:
        case socket.gaierror():
            return "its name is not found here"
        case ConnectionRefusedError():
            return "the connection was refused"
        case ConnectionResetError() | BrokenPipeError():
            return "the connection was cut"
        case ssl.SSLError():
            return "no TLS could be agreed on"
        case TimeoutError():
            return "no connection in time"
        case OSError(errno=number) if number in NO_WAY:
            return "no network leads there"
        case _:
            return ""
