"""Accounts whose secret may change while the bot runs: where the provider does not accept who we are, the secret is
read once more, and a call that was refused with the old one is made again with the new one. Nothing was taken before,
so nothing is done twice.

An adapter that gave way to another is let go of after its last call.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from bot.adapters import adapter_of, build_globalping, missing_in, revealed
from bot.domain.answers.answer import PLAIN, Asked
from bot.domain.proof.world import Measured, Region
from bot.edge.globalping import MEASURE_SECONDS
from bot.ports import Clock
from bot.settings import AccountSettings, Settings
from providers.contract import Call, Probe, Provider, Receipt, Seen, Sighting
from providers.errors import BadCredentials

log = structlog.get_logger()


class Closable(Protocol):
    """Something with connections."""

    async def close(self) -> None:
        """Let go of them."""
        ...


T = TypeVar("T")
C = TypeVar("C", bound=Closable)


class Lent(Generic[C]):
    """Something with connections that is lent out; what gave way is closed by whoever brings it back last."""

    def __init__(self, first: C) -> None:
        self.now = first
        self._out: dict[int, int] = {}  # by identity, how many have it
        self._old: dict[int, C] = {}

    @contextlib.asynccontextmanager
    async def borrowed(self) -> AsyncIterator[C]:
        """What is there now, for as long as it is needed."""
        mine = self.now
        self._out[id(mine)] = self._out.get(id(mine), 0) + 1
        try:
            yield mine
        finally:
            self._out[id(mine)] -= 1
            await self._let_go(mine)

    async def become(self, new: C) -> None:
        """From now on `new` is lent."""
        old, self.now = self.now, new
        self._old[id(old)] = old
        await self._let_go(old)

    async def close(self) -> None:
        """Let go of all, in use or not."""
        for one in (self.now, *self._old.values()):
            await one.close()
        self._old.clear()

    async def _let_go(self, one: C) -> None:
        if self._out.get(id(one)):
            return
        self._out.pop(id(one), None)
        if self._old.pop(id(one), None) is not None:
            await one.close()


class Renewing:
    """A provider's account as configured, whose secret is read again once it is not accepted."""

    def __init__(self, settings: AccountSettings) -> None:
        self.settings = settings
        self._account = revealed(settings)
        if self._account is None and (missing := missing_in(settings)) is not None:
            log.warning("account_without_secret", account=settings.name, what=str(missing))
        first = adapter_of(settings, self._account)
        self._lent: Lent[Provider] = Lent(first)
        self._reading = asyncio.Lock()
        self.name, self.title, self.can, self.door = first.name, first.title, first.can, first.door
        self.plan = first.plan

    async def is_of(self, settings: AccountSettings) -> bool:
        """Whether these settings, with the secrets that are there now, would give the same."""
        return self.settings == settings and self._account == await asyncio.to_thread(revealed, settings)

    @property
    def lacks_secret(self) -> bool:
        """Whether one of its secrets was not there when they were read last."""
        return self._account is None

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """Read this provider's cache headers; names are lower-case."""
        return self._lent.now.sighting(headers)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt, and another one if the secret has changed since. Raises only PurgeError."""
        return await self._with(lambda adapter: adapter.send(call, reference))

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask how far the provider is. Raises only PurgeError."""
        return await self._with(lambda adapter: adapter.progress(receipt))

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """What the provider says of its budgets now. Raises only PurgeError."""
        return await self._with(lambda adapter: adapter.left(layer))

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """What each of the provider's places serves. Raises only PurgeError."""
        return await self._with(lambda adapter: adapter.everywhere(url))

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Try credential, permission and reachability for one layer, with the secret as it is now."""
        await self._renew(self._lent.now)
        async with self._lent.borrowed() as adapter:
            return await adapter.probe(layer)

    async def close(self) -> None:
        """Let go of connections."""
        await self._lent.close()

    async def retire(self) -> None:
        """Another one takes its place: connections are let go of once no call uses them. Whoever has it in hand still
        can make a call, over a new one."""
        await self._lent.become(adapter_of(self.settings, self._account))

    async def _with(self, deed: Callable[[Provider], Awaitable[T]]) -> T:
        async with self._lent.borrowed() as adapter:
            try:
                return await deed(adapter)
            except BadCredentials:
                if not await self._renew(adapter):
                    raise
        async with self._lent.borrowed() as adapter:
            return await deed(adapter)

    async def _renew(self, refused: Provider) -> bool:
        """Whether there is another adapter than the one that was refused, made of the secrets as they are now."""
        async with self._reading:
            if self._lent.now is not refused:
                return True
            account = await asyncio.to_thread(revealed, self.settings)
            if account is None or account == self._account:
                return False
            self._account = account
            await self._lent.become(adapter_of(self.settings, account))
        log.info("secret_renewed", account=self.settings.name)
        return True


async def renewed(settings: Settings, before: Mapping[str, Renewing]) -> Mapping[str, Renewing]:
    """Every account of `settings`: those of `before` that are as they were, and new ones for the others."""
    found = {}
    for name, account in settings.accounts.items():
        known = before.get(name)
        is_known = known is not None and await known.is_of(account)
        found[name] = known if known is not None and is_known else Renewing(account)
    return found


class Probing:
    """Probes around the world as configured; where no site is opted in, nobody is asked."""

    def __init__(self, settings: Settings, clock: Clock, hosts: Callable[[], frozenset[str]]) -> None:
        self._clock = clock
        self._hosts = hosts
        self._of = _asked_as(settings)
        first = build_globalping(settings, clock, hosts)
        self._lent = None if first is None else Lent(first)

    async def become(self, settings: Settings) -> None:
        """From now on they are asked as `settings` say."""
        of = await asyncio.to_thread(_asked_as, settings)
        if of == self._of:
            return
        new = build_globalping(settings, self._clock, self._hosts)
        self._of = of
        if new is not None and self._lent is not None:
            await self._lent.become(new)
        elif new is not None:
            self._lent = Lent(new)

    @property
    def has_token(self) -> bool:
        """Whether probes are asked for by name."""
        return bool(self._of[1])

    async def measure(
        self,
        url: str,
        regions: Sequence[Region],
        asked: Asked = PLAIN,
        again: str = "",
        within: float = MEASURE_SECONDS,
    ) -> Measured:
        """What probes in `regions` get for `url`. Never raises: what went wrong is the `problem`."""
        if self._lent is None:
            return Measured(problem="no site is opted in")
        async with self._lent.borrowed() as globalping:
            return await globalping.measure(url, regions, asked, again, within)

    async def close(self) -> None:
        """Let go of connections."""
        if self._lent is not None:
            await self._lent.close()


def _asked_as(settings: Settings) -> tuple[str, str | None, int, bool]:
    """What makes a client another one."""
    wanted = settings.globalping
    token = wanted.token.reveal_or_none() if wanted.token else ""
    return wanted.api_url, token, wanted.world.reserve, bool(wanted.world.sites)
