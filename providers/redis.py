"""Redis as a page cache: keys made of a template, such as `page:{host}{path}`, removed with UNLINK.

    URL                               UNLINK      those keys, exactly
    prefix, pattern, host, everything SCAN        the keys that a regex matches whole, found by a glob
    tag                               TAG         the keys in a set such as `tag:{tag}`, then the set

Never KEYS, which blocks the server, and never FLUSH, which knows no prefix: everything here begins with the fixed
beginning of the layer's `keys`. A call does a bounded piece of work; what is left stands in the receipt's id, and
`progress` goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import httpx

from providers.adapter import Adapter, bad
from providers.contract import Account, Blueprint, Call, Health, Kind, Probe, Purge, Receipt, Sighting, UnsupportedWish
from providers.errors import PurgeError
from providers.redis_calls import by_key, by_scan, by_tag
from providers.redis_keys import Template, set_of
from providers.redis_limits import ROUNDS, SECONDS, can_of
from providers.redis_settings import FIELDS, KEYS_EXAMPLE, LAYER_FIELDS, check, check_layer

if TYPE_CHECKING:
    from providers.redis_walk import Walker

DOCTOR = "purgebot-doctor"  # a key that nobody has


class Redis(Adapter):
    """One Redis, or one Redis Cluster."""

    name = "redis"
    title = "Redis"
    layer_fields = LAYER_FIELDS

    def __init__(
        self,
        account: Account,
        transport: httpx.AsyncBaseTransport | None = None,
        *,
        rounds: int = ROUNDS,
        seconds: float = SECONDS,
    ) -> None:
        self._url = (account.secrets.get("url") or account.settings.get("url") or "").strip()
        self._cluster = account.settings.get("cluster") == "yes"
        self._ca_file = account.settings.get("ca_file", "")
        self._tags = account.settings.get("tags", "")
        self._rounds = rounds
        self._seconds = seconds
        self._walker: Walker | None = None
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """Keys by the hundred, everything wider one by one. Raises UnsupportedWish."""
        template, targets = Template(purge.layer["keys"]), purge.targets
        match purge.kind:
            case Kind.URL:
                return by_key(template, targets, purge.variants, self.can.per_call[Kind.URL])
            case Kind.TAG:
                return [by_tag(template, self._tags, tag) for tag in targets]
            case Kind.EVERYTHING:
                return [by_scan(template, purge.kind, (), purge.hosts)]
            case kind:
                return [by_scan(template, kind, (target,), ()) for target in targets]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Do a bounded piece of it. Raises PurgeError."""
        return await self._opened().begin(call.method, call.path, call.body)

    async def progress(self, receipt: Receipt) -> Receipt:
        """Do the next piece. Raises PurgeError."""
        return receipt if receipt.finished else await self._opened().go_on(receipt.id)

    def _opened(self) -> Walker:
        if self._walker is None:
            from providers.redis_walk import Walker
            from providers.redis_wire import Servers

            servers = Servers(self._url, self._cluster, self._ca_file)
            self._walker = Walker(servers, self._rounds, self._seconds)
        return self._walker

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """Nothing: Redis stands behind the application and writes no headers."""
        return Sighting()

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether every primary takes each command of a purge, tried on a key that is not there."""
        try:
            prefix = Template(layer["keys"]).prefix
            sets = [set_of(self._tags, DOCTOR)] if self._tags else []
            who = await self._opened().tried(prefix, DOCTOR, sets)
        except UnsupportedWish as exc:
            return Probe(Health.BAD, exc.what, exc.possible)
        except PurgeError as exc:
            return bad(exc)
        return Probe(Health.GOOD, f"{who} purges of {prefix}* from this account.")

    async def alone(self, needed: str) -> Probe:
        """The same, on keys as in the example."""
        return await self.examine({needed: KEYS_EXAMPLE})

    async def close(self) -> None:
        """Let go of connections."""
        if self._walker is not None:
            await self._walker.close()
            self._walker = None


BLUEPRINT = Blueprint(
    Redis.name, Redis.title, FIELDS, LAYER_FIELDS, Redis, "redis", "redis", check=check, check_layer=check_layer
)
