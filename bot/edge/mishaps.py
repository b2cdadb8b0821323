"""What went wrong between purgebot and an answer, in plain words."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from collections.abc import Sequence

import httpx

from bot.domain.answers.answer import UNTRUSTED
from bot.domain.answers.caches import TARGETED
from bot.domain.answers.caching import titled
from bot.domain.answers.excess import Excess
from providers.heads import HEADERS_MAX, LARGE_HEADERS, LINES_MAX, MANY_LINES, TooMuch
from providers.unpacking import Mispacked, Splintered

FIELD_MAX = 4_000  # bytes of a header that rules take apart; Varnish, nginx and Apache take 4 to 8 kB of one line
READ_APART = frozenset(
    ["age", "cache-control", "cache-status", "content-encoding", "content-length", "content-type", "date", "etag",
     "expires", "last-modified", "pragma", "server", "vary", "via", "x-cache", "x-powered-by"]
) | TARGETED  # fmt: skip
_STRUCTURED = "cdn-cache-control"  # and every name that ends so
LENGTH_MAX = 16  # digits


class Barred(Exception):
    """The guards say no; the text is for the log, people get a sentence that is the same for all reasons."""


class Unusable(Exception):
    """There was an answer that nothing can be made of; the text says why, `excess` of what there was too much in
    one that came to a look."""

    def __init__(self, why: str, excess: Excess | None = None) -> None:
        super().__init__(why)
        self.excess = excess


def check(headers: Sequence[tuple[str, str]]) -> None:
    """See whether an answer's headers, their names in lower case, may be taken apart. Raises Unusable."""
    if len(headers) > LINES_MAX:
        raise Unusable(MANY_LINES, Excess.LINES)
    if sum(len(name) + len(value) + 4 for name, value in headers) > HEADERS_MAX:
        raise Unusable(LARGE_HEADERS, Excess.HEADERS)
    sizes = Counter[str]()
    for name, value in headers:
        sizes[name] += len(value) + 2
    large = next((name for name, size in sizes.items() if size > FIELD_MAX and _is_read_apart(name)), "")
    if large:
        raise Unusable(f"its {titled(large)} is larger than {FIELD_MAX // 1000} kB", Excess.HEADERS)


def _is_read_apart(name: str) -> bool:
    return name in READ_APART or name.endswith(_STRUCTURED)


def cut_off(came: int, length: str) -> str:
    """How a body is broken of which `came` bytes are there, and a Content-Length says `length`."""
    whole = int(length) if length.isascii() and length.isdigit() and len(length) < LENGTH_MAX else 0
    return f"the body ends after {came:,} of {whole:,} bytes" if whole else f"the body is cut off after {came:,} bytes"


def problem(error: BaseException) -> str:
    """What went wrong between us and an answer, in plain words."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case Unusable() | TooMuch():
                return str(cause)
            case ssl.SSLCertVerificationError():
                return f"{UNTRUSTED} ({cause.verify_message})"
            case ssl.SSLError():
                return "no encrypted connection could be made"
            case socket.gaierror():
                return "DNS knows no address of it"
            case ConnectionRefusedError():
                return "connection refused"
            case Splintered():
                return "the body is packed in more parts than anybody needs"
            case Mispacked():
                return "the body is not what its Content-Encoding says"
    return _problem_of_http(error, causes)


def given_up(error: BaseException) -> Excess | None:
    """Of what there was too much in an answer that came; None where it failed otherwise."""
    causes = _causes(error)
    ours = (cause.excess if isinstance(cause, Unusable) else _excess(cause) for cause in causes)
    found = next(filter(None, ours), None)
    return found or (Excess.HEADERS if _is_too_large(causes) else None)


def _excess(cause: BaseException) -> Excess | None:
    return Excess(cause.of) if isinstance(cause, TooMuch) else None


def _is_too_large(causes: Sequence[BaseException]) -> bool:
    """Whether httpcore has given up the headers."""
    return any(getattr(cause, "error_status_hint", 0) == 431 for cause in causes)


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
        case httpx.RemoteProtocolError() if _is_too_large(causes):
            return LARGE_HEADERS
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return "the answer was cut off, or is not HTTP"
        case _:
            return "the configured address cannot be dialled"
