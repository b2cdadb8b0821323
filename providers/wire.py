"""The one HTTP door of all adapters: a single attempt, bounded, and network trouble named by who must act.

    not sent                      refused, no DNS, no connection in time     Unavailable
    sent, no whole answer         time-out, cut, not HTTP, without end       OutcomeUnknown
    never sent                    certificate not trusted, bad base URL      WrongAddress
    answered                      Answer, whatever its status

An adapter reads the Answer; `gateway_trouble` reads the statuses that mean the same everywhere. There is no clock here:
a Retry-After given as a date counts from the answer's own Date.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from providers.causes import reason, untrusted
from providers.codings import beginning
from providers.errors import OutcomeUnknown, PurgeError, Throttled, Unavailable, Unexpected, WrongAddress, cleaned
from providers.heads import Crumbs, TooMuch
from providers.line import Bounded
from providers.sides import Side

CALL_SECONDS = 8.0  # one call in all, from the first packet to the last byte
CONNECT_SECONDS = 3.0
ANSWER_MAX = 1 << 20  # bytes that are read of an answer, and that are unpacked of it
CODING_MAX = 40  # characters of a Content-Encoding that are shown
SECRET_MIN = 8  # characters; what is shorter is no secret and may be part of any word
IDLE_SECONDS = 3.0  # below the 5 s after which Varnish and uvicorn close an idle connection

HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "keep-alive", "User-Agent": "purgebot"}

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_SENDING = "send_request_headers.started"
_DIALLING = "connection.connect"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names are lower-case, `text` holds at most 1 MiB of the body as UTF-8."""

    status: int
    headers: Mapping[str, str]
    text: str
    reason: str = ""


@cache
def trusted() -> ssl.SSLContext:
    """Certificates that are believed; read once, which takes a while."""
    return httpx.create_ssl_context(trust_env=False)


class Wire:
    """One account's connection to `base_url`, whose path is put before every target.

    `side` gives the words of errors; `secrets` are cut out of whatever it says; `seconds` bound one call in all."""

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth | None,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        side: Side,
        secrets: Sequence[str] = (),
        seconds: float = CALL_SECONDS,
    ) -> None:
        self.side = side
        self._base_url = base_url
        self._base: tuple[httpx.URL, str] | None = None  # the same, parsed once
        self._auth = auth
        self._transport = transport
        self._secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_MIN)
        self._seconds = seconds
        self._idle: list[httpx.AsyncBaseTransport] = []  # with their connections; the one used last goes first

    async def send(self, method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt; the request target goes out byte for byte, a Host in `headers` replaces ours.
        Raises Unavailable, OutcomeUnknown, WrongAddress, Unexpected."""
        line = self._idle.pop() if self._idle else self._opened()
        phase = _Phase()
        try:
            request = self._request(method, target, headers, body)
            request.extensions["trace"] = phase.trace
            async with asyncio.timeout(self._seconds):
                return await self._attempt(line, request)
        except TimeoutError as exc:
            raise self._late(phase.dialling) from exc
        except TooMuch as exc:
            what = f"{self.side.who} sent an answer that was given up: {exc}."
            raise OutcomeUnknown(what, "Look at what answers there, or on the way.") from exc
        except httpx.HTTPError as exc:
            raise self._trouble(exc, phase.dialling) from exc
        except UnicodeError as exc:
            raise self._unsendable() from exc
        finally:
            self._idle.append(line)

    def _request(self, method: str, target: str, headers: Sequence[tuple[str, str]], body: str) -> httpx.Request:
        url, path = self._base = self._base or self._parsed()
        merged = httpx.Headers(HEADERS)
        try:
            raw = (path + target).encode("ascii")
            merged.update(list(headers))
            request = httpx.Request(method, url, headers=merged, content=body.encode() or None)
        except UnicodeError as exc:
            raise self._unsendable() from exc
        timeout = httpx.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds / 2))
        request.extensions = {"target": raw, "timeout": timeout.as_dict()}
        return request

    def _parsed(self) -> tuple[httpx.URL, str]:
        """Where to dial, and the path before every target."""
        try:
            base = urlsplit(self._base_url)
            _ = base.port
            url = httpx.URL(f"{base.scheme}://{base.netloc}/")
        except (ValueError, httpx.InvalidURL) as exc:
            raise self._no_address() from exc
        if base.scheme not in ("http", "https") or not base.hostname or "@" in base.netloc or base.query:
            raise self._no_address()
        return url, base.path.rstrip("/")

    def _opened(self) -> httpx.AsyncBaseTransport:
        """A line for one call at a time. A pool looks at all of its connections at each call: one for 32 calls at once
        takes three times the processor time of 32 lines."""
        if self._transport is not None:
            return self._transport
        return Bounded(trusted(), IDLE_SECONDS)

    async def _attempt(self, line: httpx.AsyncBaseTransport, request: httpx.Request) -> Answer:
        response = await line.handle_async_request(await self._signed(request))
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            body, crumbs = bytearray(), Crumbs()
            async for chunk in response.stream:  # as sent, packed or not
                crumbs.take(len(chunk))
                body += chunk
                if len(body) >= ANSWER_MAX:
                    break
        finally:
            await response.aclose()
        if body and (coding := _packed(response)):
            body = self._unpacked(body, coding, response.is_success)
        text = self._without_secrets(bytes(body[:ANSWER_MAX]).decode(errors="replace"))
        reason = self._without_secrets(response.reason_phrase)
        return Answer(response.status_code, dict(response.headers.items()), text, reason)

    def _unpacked(self, body: bytearray, coding: str, matters: bool) -> bytearray:
        """The beginning of a body that is packed, though nobody asked for that, as far as it can be unpacked. Raises
        OutcomeUnknown where all of it `matters`; of trouble it is what people are told."""
        if matters:
            what = f"{self.side.who} packed its answer as {coding}, though it was asked to send it as it is."
            cure = "Look at what packs answers there or on the way, and have it heed Accept-Encoding."
            raise OutcomeUnknown(what, cure)
        return beginning(bytes(body), coding, ANSWER_MAX)

    async def _signed(self, request: httpx.Request) -> httpx.Request:
        if self._auth is None:
            return request
        flow = self._auth.async_auth_flow(request)
        try:
            return await anext(flow)
        finally:
            await flow.aclose()  # one attempt is one request

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    def _late(self, dialling: bool) -> PurgeError:
        if dialling:
            return self._unreachable(": no connection in time")
        return OutcomeUnknown(f"{self.side.who} did not answer within {self._seconds:g} s.", self.side.lost)

    def _trouble(self, exc: httpx.HTTPError, dialling: bool) -> PurgeError:
        match exc:
            case httpx.ConnectError() if (fault := untrusted(exc)) is not None:
                what = f"The certificate of {self.side.who} is not trusted{fault}."
                return WrongAddress(what, f"Check `{self.side.setting}`, and the clock and certificates here.")
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
                return self._unreachable(reason(exc))
            case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
                return self._unsendable()
            case httpx.TimeoutException():
                return self._late(dialling)
            case _ if dialling:
                return self._unreachable(reason(exc))
            case _:
                return OutcomeUnknown(f"{self.side.who} broke off before its answer was whole.", self.side.lost)

    def _unreachable(self, why: str) -> PurgeError:
        return Unavailable(f"{self.side.who} cannot be reached{why}.", self.side.away)

    def _no_address(self) -> PurgeError:
        what = f"The address of {self.side.who} is not a URL that can be dialled."
        return WrongAddress(what, f"Write `{self.side.setting}` as http://host:port or https://host.")

    def _unsendable(self) -> PurgeError:
        what = f"This request to {self.side.who} is not valid HTTP, so it was not sent."
        return Unexpected(what, "Check the secret for blanks and line ends; else report the plan of this purge.")

    async def close(self) -> None:
        """Let go of connections."""
        while self._idle:
            await self._idle.pop().aclose()


def _packed(response: httpx.Response) -> str:
    """By what the body is packed; "" where it is as it is."""
    named = response.headers.get("content-encoding", "").strip().lower()
    return "" if named in ("", "identity") else cleaned(named)[:CODING_MAX]


class _Phase:
    """How far a request came: while `dialling` is true, nothing of it has left."""

    def __init__(self) -> None:
        self.dialling = False

    async def trace(self, name: str, info: Mapping[str, object]) -> None:
        if name.startswith(_DIALLING):
            self.dialling = True
        elif name.endswith(_SENDING):
            self.dialling = False


def gateway_trouble(answer: Answer, side: Side, said: str) -> PurgeError | None:
    """What 429 and 5xx mean wherever they come from; None for any other status. 520 and 524 are Cloudflare's own for an
    origin that broke off or did not answer (https://developers.cloudflare.com/support/troubleshooting/, 2026-11)."""
    match answer.status:
        case 429:
            return Throttled(f"{side.who} asks for fewer calls.", side.busy, said, retry_after(answer))
        case 504 | 520 | 524:
            what = f"{side.who} answered {answer.status}: its answer was lost on the way."
            return OutcomeUnknown(what, side.lost, said)
        case status if status >= 500 and status != 501:
            return Unavailable(f"{side.who} answered {status}.", side.down, said)
        case _:
            return None


def said_by(answer: Answer) -> str:
    """The first words of an answer for people: markup and blanks set aside."""
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.text[:4000], flags=re.DOTALL | re.IGNORECASE)
    return " ".join(plain.split())


def retry_after(answer: Answer) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110, 10.2.3), never negative; None if it does not say."""
    value = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(answer.headers.get("date", ""))
        return max(0.0, (until - since).total_seconds())
    except (TypeError, ValueError, OverflowError):  # no date, or one with and one without a time zone
        return None
