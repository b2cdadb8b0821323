"""What went wrong between purgebot and an answer, in plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

import httpx

from bot.domain.answer import UNTRUSTED
from bot.domain.unpacking import Mispacked

HEADERS_MAX = 64_000  # bytes
LENGTH_MAX = 16  # digits


class Barred(Exception):
    """The guards say no; the text is for the log, people get a sentence that is the same for all reasons."""


class Unusable(Exception):
    """There was an answer that nothing can be made of; the text says why."""


def cut_off(came: int, length: str) -> str:
    """How a body is broken of which `came` bytes are there, and a Content-Length says `length`."""
    whole = int(length) if length.isascii() and length.isdigit() and len(length) < LENGTH_MAX else 0
    return f"the body ends after {came:,} of {whole:,} bytes" if whole else f"the body is cut off after {came:,} bytes"


def problem(error: BaseException) -> str:
    """What went wrong between us and an answer, in plain words."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case Unusable():
                return str(cause)
            case ssl.SSLCertVerificationError():
                return f"{UNTRUSTED} ({cause.verify_message})"
            case ssl.SSLError():
                return "no encrypted connection could be made"
            case socket.gaierror():
                return "DNS knows no address of it"
            case ConnectionRefusedError():
                return "connection refused"
            case Mispacked():
                return "the body is not what its Content-Encoding says"
    return _problem_of_http(error, causes)


def _causes(error: BaseException | None) -> list[BaseException]:
    if error is None:
        return []
    beside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return [error, *(cause for one in (*beside, error.__cause__ or error.__context__) for cause in _causes(one))]


def _problem_of_http(error: BaseException, causes: Sequence[BaseException]) -> str:
    match error:
        case httpx.ConnectTimeout():
            return "no connection in time"
        case httpx.TimeoutException():
            return "no answer in time"
        case httpx.ConnectError():
            return "no connection could be made"
        case httpx.RemoteProtocolError() if any(getattr(c, "error_status_hint", 0) == 431 for c in causes):
            return f"its headers are larger than {HEADERS_MAX // 1000} kB"
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return "the answer was cut off, or is not HTTP"
        case _:
            return "the configured address cannot be dialled"
