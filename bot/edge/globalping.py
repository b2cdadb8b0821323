"""Asks probes around the world for a URL through Globalping (https://globalping.io), within its limits.

    URL ─ may it be asked? ─ what is left? ─ POST /v1/measurements ─ GET until it is done ─ an answer for each probe

Only the API knows what is left: the hour's budget belongs to an address or a token that others may use too, and it
outlives us. So it is asked each time, which costs nothing, and nothing is counted here. Beyond that budget a token has
credits; they are never touched.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.durations import span
from bot.domain.proof.world import Measured, Region
from bot.edge.abroad import Unaskable, address_of, locations, plain, public, wish
from bot.edge.bodies import whole_body
from bot.edge.globalping_answers import Created, Left, MeasurementDoc, Unclear, left_of, read, sights, told
from bot.edge.looker import AGENT, Resolve, resolve, trusted
from bot.edge.mishaps import Unusable, problem
from bot.ports import Clock
from providers.contract import Health, Probe

# Source: jsdelivr/globalping, public/v1/spec.yaml and config/default.cjs, read 2026-11-26
POLL_SECONDS = 0.5  # after an answer, until the next is asked for
MEASURE_SECONDS = 40.0  # a measurement ends after 30 s, and 10 s are allowed on top
CALL_SECONDS = 10.0  # one request to the API
MISSES_MAX = 3  # askings one after the other that bring nothing
ANSWER_MAX = 8_000_000  # bytes
BLOCKED_MAX = 3600.0  # seconds


class Silent(Exception):
    """There is no measurement, or no more of it; the text says why."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One answer of the API."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Globalping:
    """Globalping at `api_url`. `hosts` are those of the sites that are opted in; `reserve` tests of an hour are left to
    others."""

    def __init__(
        self,
        api_url: str,
        hosts: Callable[[], frozenset[str]],
        clock: Clock,
        *,
        token: str = "",
        reserve: int = 0,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        seconds: float = CALL_SECONDS,
    ) -> None:
        self._api_url = api_url
        self._hosts = hosts
        self._clock = clock
        self._token = token
        self._reserve = reserve
        self._resolve = resolve
        self._blocked = -math.inf  # until then, by the clock that never steps back, nothing is asked
        self._one_at_a_time = asyncio.Lock()  # between reading what is left and spending it
        headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        signed = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(
            headers=headers | signed, trust_env=False, verify=tls or trusted(), timeout=seconds
        )

    async def measure(
        self,
        url: str,
        regions: Sequence[Region],
        asked: Asked = PLAIN,
        again: str = "",
        within: float = MEASURE_SECONDS,
    ) -> Measured:
        """What probes in `regions` get for `url`, or the same probes as in the measurement `again`, which had as many;
        after `within` seconds what is there by then. `asked` are request headers beyond a plain visitor's. Never
        raises: what went wrong is the `problem`."""
        ends = self._clock.monotonic() + within
        try:
            address = address_of(url, self._hosts())
            plain(asked)
            await public(address.host, self._resolve)
            began = Answer(url, "", self._clock.now(), asked=asked)
            id = await self._create(wish(address, asked, again or locations(regions)), regions, bool(again))
        except (Unaskable, Silent) as exc:
            return Measured(problem=str(exc))
        try:
            return Measured(sights(await self._follow(id, ends), began), id)
        except Silent as exc:
            return Measured(id=id, problem=str(exc))

    async def left(self) -> Left:
        """What is left of the hour. Raises Silent."""
        said = await self._call("GET", "/v1/limits")
        if said.status != 200:
            raise Silent(self._why_not(said))
        try:
            return left_of(said.body)
        except Unclear:
            raise Silent(_NOT_GLOBALPING) from None

    async def probe(self) -> Probe:
        """Whether it answers and takes the token. Asks no probe."""
        try:
            left = await self.left()
        except Silent as exc:
            return Probe(Health.BAD, f"It cannot be asked: {exc}.", "Mend it, or take the sites out of `globalping`.")
        now = f"{left.remaining} of {left.limit} tests are left of this hour"
        if self._token and not left.by_token:
            return Probe(Health.BAD, f"It does not count by the token: {now}.", "Make a new one at dash.globalping.io.")
        if left.remaining <= self._reserve:
            advice = f"Wait {span(left.reset)}, or lower `reserve`; a token has more."
            return Probe(Health.DOUBTFUL, f"{now}, and {self._reserve} are kept for others.", advice)
        return Probe(Health.GOOD, f"{now}, {self._reserve} of them kept for others.")

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _create(self, asked: Mapping[str, object], regions: Sequence[Region], again: bool) -> str:
        """Begin a measurement; its id. Raises Silent."""
        async with self._one_at_a_time:
            await self._must_have(sum(region.limit for region in regions))
            said = await self._call("POST", "/v1/measurements", asked)
        if said.status == 422:
            raise Silent("the probes asked before are no longer known" if again else "it has no such probe now")
        if said.status != 202:
            raise Silent(self._why_not(said))
        try:
            return read(Created, said.body).id
        except Unclear:
            raise Silent(_NOT_GLOBALPING) from None

    async def _must_have(self, tests: int) -> None:
        """Nothing, if so many tests can be spent. Raises Silent."""
        wait = self._blocked - self._clock.monotonic()
        if wait > 0:
            raise Silent(f"its limit is used up: again in {span(max(1.0, wait))}")
        left = await self.left()
        if left.remaining - tests < self._reserve:
            kept = f", of which {self._reserve} are kept for others" if self._reserve else ""
            raise Silent(
                f"{left.remaining} of {left.limit} tests are left of this hour{kept}, and this takes {tests}:"
                f" again in {span(max(1.0, left.reset))}"
            )

    async def _follow(self, id: str, ends: float) -> MeasurementDoc:
        """The measurement once it is done, or as it stands at `ends`. Raises Silent where there is nothing of it."""
        found: MeasurementDoc | None = None
        etag, misses, wait = "", 0, POLL_SECONDS
        while True:
            try:
                said = await self._call("GET", f"/v1/measurements/{id}", etag=etag)
                found, etag, wait = self._taken(said, found, etag)
                misses = 0
            except Silent:
                misses += 1
                if misses >= MISSES_MAX and found is None:
                    raise
            is_done = found is not None and not found.is_running
            if is_done or misses >= MISSES_MAX or self._clock.monotonic() + wait > ends:
                break
            await self._clock.sleep(wait)
        if found is None:
            raise Silent("it did not tell the results in time")
        return found

    def _taken(self, said: _Said, found: MeasurementDoc | None, etag: str) -> tuple[MeasurementDoc | None, str, float]:
        """What is known with this answer: the measurement, its ETag, and seconds until the next. Raises Silent."""
        match said.status:
            case 200:
                try:
                    return read(MeasurementDoc, said.body), said.headers.get("etag", ""), POLL_SECONDS
                except Unclear:
                    raise Silent(_NOT_GLOBALPING) from None
            case 304:
                return found, etag, POLL_SECONDS
            case 429:
                return found, etag, max(POLL_SECONDS, _reset(said))
            case _:
                raise Silent(self._why_not(said))

    def _why_not(self, said: _Said) -> str:
        """Why there is nothing, and whether to ask again; a limit that is used up is kept in mind."""
        words = told(said.body)
        quoted = f' ("{words}")' if words else ""
        match said.status:
            case 429:
                wait = min(BLOCKED_MAX, max(1.0, _reset(said)))
                self._blocked = self._clock.monotonic() + wait
                return f"its limit is used up: again in {span(wait)}"
            case 400:
                return f"it did not take the request{quoted}"
            case 401 | 403:
                return f"it does not take {'the token' if self._token else 'us'}{quoted}"
            case status if status >= 500:
                return f"it answered {status}"
            case status if words:
                return f"it answered {status}{quoted}"
            case _:
                return _NOT_GLOBALPING

    async def _call(self, method: str, path: str, asked: Mapping[str, object] | None = None, etag: str = "") -> _Said:
        """One request. Raises Silent where nothing usable comes."""
        headers = {"If-None-Match": etag} if etag else {}
        try:
            async with self._client.stream(method, self._api_url + path, json=asked, headers=headers) as response:
                return _Said(response.status_code, response.headers, await whole_body(response, ANSWER_MAX))
        except (httpx.HTTPError, httpx.InvalidURL, Unusable, OSError) as exc:
            raise Silent(problem(exc)) from exc


_NOT_GLOBALPING = "what answers there is not Globalping's API"


def _reset(said: _Said) -> float:
    """Seconds until the limit is there again; 0 where that is not said."""
    value = said.headers.get("x-ratelimit-reset") or said.headers.get("retry-after") or ""
    return min(float(value), BLOCKED_MAX) if value.isascii() and value.isdigit() else 0.0
