"""Fetches a URL once for a look, behind the guards: only configured hosts, only public addresses, and the address that
was checked is the address that is dialled. What is configured (edges, origins) is dialled as written.

    url ─ parsed, host known? ─ DNS ─ every address public? ─ that address dialled ─ capped answer ─ Look

There are no tokens, cookies, proxies, redirects or kept connections here: a connection kept for one name at an address
would serve the next name too. The request is what a plain visitor sends, without `no-cache`, which caches ignore, and
without an extra argument, which would be another cache key.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
import structlog

from bot.domain.body import Body
from bot.domain.headers import age_of, browsers_may_keep, etag_of, fit, tags_of, version_of
from bot.domain.reach import denied
from bot.domain.site import Marker
from bot.domain.target import Address, Unreadable, read_address
from bot.domain.verdict import Look
from bot.domain.words import Notes, shown
from bot.services.ports import Clock
from providers.contract import Seen, Sighting

LOOK_SECONDS = 8.0  # one look in all
CONNECT_SECONDS = 3.0  # to be connected, and again for TLS, shared by the addresses that are tried
ADDRESSES_MAX = 3  # of a name, tried one after the other
HEADERS_MAX = 64_000  # bytes
SAYS_MAX = 40  # characters
PORT_MAX = 65_535
AGENT = f"purgebot/{version('purgebot')} (+cache check)"
REFUSED = "purgebot looks only at configured hosts, at public addresses, on ports 80 and 443"

Resolve = Callable[[str], Awaitable[Sequence[str]]]
ReadHeaders = Callable[[Mapping[str, str]], Sighting]
log = structlog.get_logger()


class Refusal(Exception):
    """The guards say no; the text is for the log, people get REFUSED."""


class Unusable(Exception):
    """There was an answer that nothing can be made of; the text says why."""


async def resolve(host: str) -> Sequence[str]:
    """Every address that the system's resolver knows for `host`. Raises OSError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as exc:  # an empty or overlong label
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from exc
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def trusted() -> ssl.SSLContext:
    """Certificates that are believed: those shipped with httpx, and those that this machine was told of."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def note_refusal(host: str, why: str) -> None:
    """Log a refusal."""
    log.warning("look_refused", host=host, why=why)


class EdgeLooker:
    """One look at a time, any number at once. `sightings`, `markers` and `tags` (the header that labels) are by host;
    `seconds` bound one look in all.

    `transport` makes the connection of one look; `refused` is told the host and the reason that people are not.
    """

    def __init__(
        self,
        hosts: Callable[[], frozenset[str]],
        sightings: Mapping[str, ReadHeaders],
        markers: Mapping[str, Marker],
        clock: Clock,
        *,
        tags: Mapping[str, str] | None = None,
        resolve: Resolve = resolve,
        transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
        tls: ssl.SSLContext | None = None,
        refused: Callable[[str, str], None] = note_refusal,
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._hosts = hosts
        self._sightings = sightings
        self._markers = markers
        self._tags = tags or {}
        self._clock = clock
        self._resolve = resolve
        self._transport = transport or self._direct
        self._tls = tls or trusted()
        self._refused = refused
        self._seconds = seconds

    async def look(self, url: str, place: str, address: str = "") -> Look:
        """One look. `address` ("https://203.0.113.7") is dialled as written, with Host and SNI of the URL; empty means
        through DNS. Never raises: what went wrong is the look's `problem`."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._look(url, place, address)
        except TimeoutError:
            return self._nothing(url, place, f"no answer within {self._seconds:g} s")
        except Refusal:
            return self._nothing(url, place, REFUSED)
        except (Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, zlib.error) as exc:
            return self._nothing(url, place, problem(exc))

    def _nothing(self, url: str, place: str, why: str) -> Look:
        return Look(place, url, self._clock.now(), problem=why)

    async def _look(self, url: str, place: str, address: str) -> Look:
        asked = self._guard(url)
        dials = [as_written(address)] if address else await self._public(asked)
        request = partial(self._request, asked, CONNECT_SECONDS / len(dials))
        for dial in dials[:-1]:
            try:
                return await self._ask(request(dial), asked.host, url, place)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._ask(request(dials[-1]), asked.host, url, place)

    def _guard(self, url: str) -> Address:
        """The URL taken apart, if it is one of ours. Raises Refusal."""
        try:
            asked = read_address(url, Notes())
        except Unreadable as exc:
            raise self._refusal("", exc.problem) from exc
        if not asked.scheme or asked.host not in self._hosts():
            raise self._refusal(asked.host, "not a host of a configured site")
        if not all("!" <= c <= "~" for c in asked.rest):
            raise self._refusal(asked.host, "a blank or control character in the path")
        return asked

    async def _public(self, asked: Address) -> list[httpx.URL]:
        """The addresses of a host, if each of them is public. Raises Refusal and OSError."""
        addresses = await self._resolve(asked.host.strip("[]"))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        for address in addresses:
            if why := denied(address):
                raise self._refusal(asked.host, f"{shown(address)} is {why}")
        return [httpx.URL(scheme=asked.scheme, host=address, path="/") for address in addresses[:ADDRESSES_MAX]]

    def _refusal(self, host: str, why: str) -> Refusal:
        self._refused(shown(host), why)
        return Refusal(why)

    def _direct(self) -> httpx.AsyncBaseTransport:
        return httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, limits=httpx.Limits(max_connections=1))

    async def _ask(self, request: httpx.Request, host: str, url: str, place: str) -> Look:
        async with self._transport() as transport:
            response = await transport.handle_async_request(request)
            try:
                return await self._seen(response, host, url, place)
            finally:
                await response.aclose()

    def _request(self, asked: Address, connect: float, dial: httpx.URL) -> httpx.Request:
        headers = {
            "Host": asked.host,
            "User-Agent": AGENT,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        extensions = {
            "sni_hostname": asked.host.strip("[]"),
            "target": (asked.rest or "/").encode("ascii"),
            "timeout": httpx.Timeout(self._seconds, connect=connect).as_dict(),
        }
        return httpx.Request("GET", dial, headers=headers, extensions=extensions)

    def told(self, url: str, place: str, seen: Seen) -> Look:
        """What a provider saw, as a look: read by the same rules, without a body."""
        if seen.problem or not seen.status:
            return self._nothing(url, place, fit(seen.problem or "no answer", SAYS_MAX))
        host = urlsplit(url).hostname or ""
        return self._read_headers(seen.status, seen.headers, host, url, place)

    async def _seen(self, response: httpx.Response, host: str, url: str, place: str) -> Look:
        if sum(len(name) + len(value) + 4 for name, value in response.headers.raw) > HEADERS_MAX:
            raise Unusable(f"its headers are larger than {HEADERS_MAX // 1000} kB")
        headers = dict(response.headers.items())
        body = await _read(response, headers)
        return self._read_headers(response.status_code, headers, host, url, place, body.digest, body.text)

    def _read_headers(
        self, status: int, headers: Mapping[str, str], host: str, url: str, place: str, digest: str = "", text: str = ""
    ) -> Look:
        at = self._clock.now()
        read = self._sightings.get(host)
        sighting = read(headers) if read else Sighting()
        return Look(
            place=place,
            url=url,
            at=at,
            status=status,
            etag=etag_of(headers),
            last_modified=fit(headers.get("last-modified", "").strip(), SAYS_MAX),
            age=age_of(headers),
            digest=digest,
            version=version_of(self._markers.get(host), headers, text),
            cached=sighting.cached,
            says=fit(sighting.says, SAYS_MAX),
            max_age=browsers_may_keep(headers, at),
            tags=tags_of(headers, self._tags.get(host, "")),
        )


async def _read(response: httpx.Response, headers: Mapping[str, str]) -> Body:
    """The body, within its caps. Where the answer sends elsewhere, the place is part of the content."""
    goes_to = headers.get("location", "") if 300 <= response.status_code < 400 else ""
    body = Body(headers.get("content-encoding", ""), goes_to)
    async for chunk in response.aiter_raw():
        if not body.take(chunk):
            break
    if body.cut:
        raise Unusable("the answer was cut off")
    return body


def as_written(address: str) -> httpx.URL:
    """Where a configured address leads. Raises httpx.InvalidURL."""
    written = httpx.URL(address)
    if written.scheme not in ("http", "https") or not written.host or (written.port or 0) > PORT_MAX:
        raise httpx.InvalidURL("an address is http:// or https://, a host, and perhaps a port")
    return httpx.URL(scheme=written.scheme, host=written.host, port=written.port, path="/")


def problem(error: BaseException) -> str:
    """What went wrong between us and an answer, in plain words."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case Unusable():
                return str(cause)
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted ({cause.verify_message})"
            case ssl.SSLError():
                return "no encrypted connection could be made"
            case socket.gaierror():
                return "DNS knows no address of it"
            case ConnectionRefusedError():
                return "connection refused"
            case zlib.error():
                return "its body is not what its Content-Encoding says"
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
