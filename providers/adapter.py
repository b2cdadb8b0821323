"""What adapters have in common. One says only what is its provider's: which calls a wish becomes, what an answer means.

Adapter     checks a wish and its calls for all of them; what a provider does not do is quiet here
OverHttp    an adapter whose calls go over one wire
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

import httpx

from providers.calls import Calls
from providers.contract import Account, Cached, Call, Capabilities, Field, Health, Probe, Purge, Receipt, Seen, Sighting
from providers.errors import BadCredentials, PurgeError, Throttled
from providers.packing import visible_ascii
from providers.planning import long_ones, mistaken, must_fit, sound
from providers.sides import Side
from providers.wire import Answer, Wire

JSON = (("Content-Type", "application/json"),)


class Adapter(ABC):
    """The contract, but for `calls`, `send` and `examine`, and for what is more at some provider."""

    name: str
    title: str
    can: Capabilities
    fields: tuple[Field, ...] = ()  # of the account
    layer_fields: tuple[Field, ...] = ()
    cache_header: str = ""  # the header, in small letters, in which the cache says what it did
    cached: Mapping[str, Cached] = MappingProxyType({})  # by its words, in capitals
    door: str = ""  # where this cache itself can be asked for a page: "http://10.0.0.5:6081"

    def plan(self, purge: Purge) -> Sequence[Call]:
        """The calls for what the account can do. Raises UnsupportedWish."""
        wish = sound(purge, self.title, self.can, self.layer_fields)
        calls = self.calls(wish)
        if not isinstance(calls, Calls):
            must_fit(calls, self.can, self.fields)
        elif long := long_ones(wish, self.can.max_bytes):  # planned alone, so that no other call is made now
            must_fit(self.calls(replace(wish, targets=long)), self.can, self.fields)
        return calls

    @abstractmethod
    def calls(self, purge: Purge) -> Sequence[Call]:
        """The calls that cover every target once, of a wish that is sound: its kind is among `can.kinds`, its targets
        are each there once and as they go on the wire, its layer is as `layer_fields` say. Pure. Raises
        UnsupportedWish where the provider is more particular."""

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether the account can purge this layer; `{}` where no site has one. Purges nothing. Raises PurgeError."""
        needed = [field.name for field in self.layer_fields if field.required]
        if needed and not layer:
            return await self.alone(needed[0])
        wrong = mistaken(layer, self.layer_fields)
        return Probe(Health.BAD, wrong.what, wrong.possible) if wrong else await self.examine(layer)

    @abstractmethod
    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Try credential, permission and reachability for a layer that is as `layer_fields` say. Purges nothing.
        Raises PurgeError."""

    async def alone(self, needed: str) -> Probe:
        """What can be tried without a layer, and so without the setting `needed`. Raises PurgeError."""
        return Probe(Health.DOUBTFUL, f"No site uses this account, so there is no `{needed}` to try it on.")

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """The word in `cache_header`."""
        says = headers.get(self.cache_header, "").strip() if self.cache_header else ""
        return Sighting(self.cached.get(says.upper(), Cached.UNKNOWN), says[:40])

    async def progress(self, receipt: Receipt) -> Receipt:
        """Nothing to ask about: the answer to a call is all there is."""
        return receipt

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: the provider does not say what is left of its budgets."""
        return ()

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """Nothing: the provider does not look for us."""
        return ()


class OverHttp(Adapter):
    """One that asks over the wire to its account's `api_url`, or to `api`. Where one of the `secrets` cannot go into a
    header, nothing is sent: `no_key` says so, and what to do."""

    def __init__(
        self,
        account: Account,
        transport: httpx.AsyncBaseTransport | None,
        *,
        api: str,
        side: Side,
        auth: httpx.Auth | None = None,
        secrets: Sequence[str] = (),
        no_key: tuple[str, str] | None = None,
    ) -> None:
        self._wire = Wire(
            account.settings.get("api_url", "").strip() or api, auth, transport, side=side, secrets=secrets
        )
        self._no_key = None if all(map(visible_ascii, secrets)) else no_key

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, with the key. Raises PurgeError."""
        if self._no_key:
            raise BadCredentials(*self._no_key)
        return await self._wire.send(method, path, headers, body)

    async def close(self) -> None:
        """Let go of connections."""
        await self._wire.close()


class Ask(Protocol):
    """`OverHttp.ask`, for a part of an adapter that stands in a module of its own."""

    def __call__(
        self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = ""
    ) -> Awaitable[Answer]: ...


def bad(found: PurgeError) -> Probe:
    """An error as a doctor's finding; where jobs would only wait, nothing is broken."""
    if isinstance(found, Throttled):
        return Probe(Health.DOUBTFUL, f"{found.what} Jobs wait for it.", found.cure)
    return Probe(Health.BAD, found.what, found.cure)
