"""What pretend providers are tested on: caches full of copies in some cities, a port, and the faults that all have."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from playground.cache import Cache
from playground.clouds.buckets import Bucket, Buckets
from playground.faults import Faults
from playground.http import Reply, Server, loopback_client
from playground.requests import Requests
from playground.store import Store
from providers.errors import BadCredentials, OutcomeUnknown, Throttled, Unavailable, WrongAddress
from tests.playground.slack_land import START, Clock

faults = pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param("throttle", Throttled, id="throttle"),
        pytest.param("error500", Unavailable, id="error500"),
        pytest.param("bad_token", BadCredentials, id="bad-token"),
        pytest.param("forbidden", BadCredentials, id="forbidden"),
        pytest.param("html", WrongAddress, id="html"),
        pytest.param("reset", OutcomeUnknown, id="reset"),
    ],
)


@dataclass(frozen=True, slots=True)
class Ground:
    """What an emulator stands on."""

    store: Store
    clock: Clock
    requests: Requests
    faults: Faults

    def edges(self, held: Mapping[str, Sequence[str]], cities: Sequence[str]) -> dict[str, Cache]:
        """A cache in each city with a copy of each URL of `held`, under its tags."""
        caches = {city: Cache(self.store, city, self.clock) for city in cities}
        for cache in caches.values():
            for url, tags in held.items():
                cache.keep(url, Reply(200), tags, cache.mark())
        return caches

    def buckets(self, buckets: Mapping[str, Bucket]) -> Buckets:
        """Budgets of one account, full."""
        return Buckets(self.store, "cf", dict(buckets), self.clock)

    @contextlib.asynccontextmanager
    async def served(self, app: ASGIApp) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
        """`app` on a free port until the block ends: its address, and a client."""
        server = Server(self.store, "api", app)
        await server.start()
        async with loopback_client() as client:
            try:
                yield server.url, client
            finally:
                await server.stop()


@contextlib.contextmanager
def ground(data: Path, at: float = START) -> Iterator[Ground]:
    """Ground that ends with the block; its clock stands at `at`, in epoch seconds."""
    clock = Clock(at)
    with contextlib.closing(Store(data / "world.db")) as store:
        yield Ground(store, clock, Requests(store, clock), Faults(store))
