"""Fetches a URL once for a look, behind the guards: only configured hosts, only public addresses, and the address that
was checked is the address that is dialled. What is configured (edges, origins) is dialled as written.

    url ─ parsed, host known? ─ DNS ─ every address public? ─ that address dialled ─ capped answer ─ Look

There are no tokens, cookies, proxies, redirects or kept connections here: a connection kept for one name at an address
would serve the next name too. The request is what a plain visitor sends, without `no-cache`, which caches ignore, and
without an extra argument, which would be another cache key. Who asks as a device has its User-Agent.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import version
from urllib.parse import urlsplit

import httpx
import structlog

from bot.domain.answers.answer import PLAIN, Answer, Asked, varied
from bot.domain.answers.devices import as_device
from bot.domain.answers.guards import challenge_on
from bot.domain.answers.headers import (
    age_of,
    browsers_are_told,
    browsers_may_keep,
    etag_of,
    fit,
    length_of,
    odd_max_age,
    tags_of,
    type_of,
    version_of,
)
from bot.domain.answers.locations import led, mark_of
from bot.domain.answers.marks import cdns_on
from bot.domain.grammar.words import Notes, shown
from bot.domain.masking import masked
from bot.domain.proof.verdict import Look
from bot.domain.reach import denied
from bot.domain.site import Marker
from bot.domain.target import Address, Unreadable, read_address
from bot.edge.line import Direct
from bot.edge.mishaps import Barred, Unusable, given_up, problem
from bot.edge.reading import Reading
from bot.edge.turns import Turns
from bot.ports import Clock, ReadHeaders
from providers.cache_status import told
from providers.codings import unreadable
from providers.contract import Seen, Sighting
from providers.heads import TooMuch
from providers.unpacking import Mispacked

LOOK_SECONDS = 8.0  # for whoever answers one look
WAIT_TIMES = 2  # as long, at most, a look waits for its turns: its round is over before
CONNECT_SECONDS = 3.0  # to be connected, and again for TLS, shared by the addresses that are tried
ADDRESSES_MAX = 3  # of a name, tried one after the other
SAYS_MAX = 40  # characters
VARIES_MAX = 200
URL_MAX = 500
PORT_MAX = 65_535
AGENT = f"purgebot/{version('purgebot')} (+cache check)"
REFUSED = "purgebot looks only at configured hosts, at public addresses, on ports 80 and 443"

Resolve = Callable[[str], Awaitable[Sequence[str]]]
log = structlog.get_logger()


async def resolve(host: str) -> Sequence[str]:
    """Every address that the system's resolver knows for `host`. Raises OSError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as exc:  # an empty or overlong label
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from exc
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@cache
def trusted() -> ssl.SSLContext:
    """Certificates that are believed: those shipped with httpx, and those that this machine was told of; read once."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def note_refusal(host: str, why: str) -> None:
    """Log a refusal."""
    log.warning("look_refused", host=host, why=why)


class EdgeLooker:
    """One look at a time, any number at once. `sightings`, `markers` and `tags` (the header that labels) are by host;
    `seconds` bound one look, but for the time in which this machine is busy with others.

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
        self._transport = transport
        self._tls = tls or trusted()
        self._refused = refused
        self._seconds = seconds
        self._turns = Turns(clock)

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        """One request. `address` ("https://203.0.113.7") is dialled as written, with Host and SNI of the URL; empty
        means through DNS. `asked` are request headers beyond a plain visitor's, or in their place. Never raises: what
        went wrong is the answer's `problem`."""
        began = Answer(url, place, self._clock.now(), asked=asked)
        with self._turns.look() as turn:
            reading = Reading(began, turn)
            answer = await self._read(reading, address)
        now = self._clock.now()
        return replace(answer, at=now, took=max(0.0, now - reading.sent))

    def held(self) -> float:
        """As Looker says."""
        return self._turns.held()

    async def _read(self, reading: Reading, address: str) -> Answer:
        try:
            async with asyncio.timeout(self._seconds) as limit:
                reading.turn.stop_while_waiting(limit, WAIT_TIMES * self._seconds)
                return await self._fetch(reading, address)
        except TimeoutError:
            return reading.late(self._seconds)
        except Barred:
            return replace(reading.began, problem=REFUSED)
        except (Unusable, TooMuch, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, Mispacked) as exc:
            too_much = given_up(exc)
            told = reading.of_its_sender if too_much else ()
            return replace(reading.began, headers=told, problem=problem(exc), given_up=too_much)

    async def _fetch(self, reading: Reading, address: str) -> Answer:
        began = reading.began
        asked = self._guard(began.url)
        dials = [as_written(address)] if address else await self._public(asked)
        if asked.scheme == "https" and dials[0].scheme == "http":
            reading.began = replace(began, over="http")
        request = partial(self._request, asked, began.asked, CONNECT_SECONDS / len(dials))
        for dial in dials[:-1]:
            try:
                return await self._ask(request(dial), reading)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._ask(request(dials[-1]), reading)

    def _guard(self, url: str) -> Address:
        """The URL taken apart, if it is one of ours. Raises Barred."""
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
        """The addresses of a host, if each of them is public. Raises Barred and OSError."""
        addresses = await self._resolve(asked.host.strip("[]"))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        for address in addresses:
            if why := denied(address):
                raise self._refusal(asked.host, f"{shown(address)} is {why}")
        return [httpx.URL(scheme=asked.scheme, host=address, path="/") for address in addresses[:ADDRESSES_MAX]]

    def _refusal(self, host: str, why: str) -> Barred:
        self._refused(shown(host), why)
        return Barred(why)

    async def _ask(self, request: httpx.Request, reading: Reading) -> Answer:
        await reading.turn.begin()  # where a hundred looks begin at once, that alone takes a while
        reading.sent = self._clock.now()
        async with self._transport() if self._transport else Direct(self._tls, reading.turn) as transport:
            response = await transport.handle_async_request(request)
            try:
                return await reading.read(response)
            finally:
                await response.aclose()

    def _request(self, asked: Address, more: Asked, connect: float, dial: httpx.URL) -> httpx.Request:
        headers = httpx.Headers({"Host": asked.host, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"})
        headers.update(as_device(more))
        headers.update({"Host": asked.host, "Connection": "close"})
        extensions = {
            "sni_hostname": asked.host.strip("[]"),
            "target": (asked.rest or "/").encode("ascii"),
            "timeout": httpx.Timeout(self._seconds, connect=connect).as_dict(),
        }
        return httpx.Request("GET", dial, headers=headers, extensions=extensions)

    def told(self, url: str, place: str, seen: Seen) -> Look:
        """What a provider saw, as a look: read by the same rules, without a body."""
        headers = tuple(seen.headers.items())
        answer = Answer(url, place, self._clock.now(), seen.status, headers, problem=seen.problem, md5=seen.md5)
        silent = answer.problem or ("" if answer.status else "no answer")
        return self.read(replace(answer, problem=fit(silent, SAYS_MAX)))

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        """An answer as a look. `by` reads the headers of a cache that is not the host's outermost one."""
        if answer.problem:
            asked = varied(answer.asked)
            broken = answer.status if answer.is_broken else 0
            return Look(
                answer.place,
                answer.url,
                answer.at,
                problem=answer.problem,
                variant=asked,
                broken=broken,
                given_up=answer.given_up,
            )
        leads_to = answer.location if 300 <= answer.status < 400 else ""
        headers, host = answer.joined(), urlsplit(answer.url).hostname or ""
        read = by or self._sightings.get(host)
        sighting = told(read(headers) if read else Sighting(), headers)
        return Look(
            place=answer.place,
            url=answer.url,
            at=answer.at,
            status=answer.status,
            etag=etag_of(headers),
            last_modified=fit(answer.says("last-modified").strip(), SAYS_MAX),
            age=age_of(headers) if sighting.own_age else None,
            digest=answer.digest,
            md5=answer.md5,
            begins=answer.begins,
            opening=answer.opening,
            size=answer.size if answer.digest or answer.begins else 0,
            version=version_of(self._markers.get(host), headers, answer.text),
            cached=sighting.cached,
            says=fit(sighting.says, SAYS_MAX),
            max_age=browsers_may_keep(headers, answer.at),
            max_age_said=browsers_are_told(headers, answer.at),
            tags=tags_of(headers, self._tags.get(host, "")),
            variant=varied(answer.asked),
            seen_at=fit(sighting.place, SAYS_MAX),
            leads_to=fit(masked(leads_to), URL_MAX),
            leads_mark=mark_of(led(answer.url, leads_to)) if leads_to else "",
            guard=guard.title if (guard := challenge_on(answer)) is not None else "",
            over=answer.over,
            odd_age=odd_max_age(headers),
            varies=fit(answer.says("vary").lower(), VARIES_MAX),
            length=length_of(headers) if answer.begins and not answer.digest else 0,
            packed=fit(unreadable(answer.says("content-encoding")), SAYS_MAX),
            content_type=type_of(answer.says("content-type")),
            through=tuple(cdns_on(answer)),
            took=answer.took,
        )


def as_written(address: str) -> httpx.URL:
    """Where a configured address leads. Raises httpx.InvalidURL."""
    written = httpx.URL(address)
    if written.scheme not in ("http", "https") or not written.host or (written.port or 0) > PORT_MAX:
        raise httpx.InvalidURL("an address is http:// or https://, a host, and perhaps a port")
    return httpx.URL(scheme=written.scheme, host=written.host, port=written.port, path="/")
