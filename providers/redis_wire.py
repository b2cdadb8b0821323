"""The one door to Redis, or to every primary of a Redis Cluster: a single attempt, and trouble named by who must act.

Imported only where an account is used, since the package `redis` is an extra. Its own retries are off. Cluster is done
here and not by RedisCluster, which reads every command's description first, sleeps, and tries again by itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import unquote, urlsplit

from redis import exceptions
from redis.asyncio import Connection, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot

from providers.causes import causes, reason, untrusted
from providers.errors import (
    BadCredentials,
    OutcomeUnknown,
    PurgeError,
    Throttled,
    Unavailable,
    Unexpected,
    WrongAddress,
)

CONNECT_SECONDS = 2.0
FULL = "Raise its `maxclients`, or end idle ones (CLIENT LIST there shows them). Then retry."
RIGHTS = "Give the user in `url` +unlink +scan +info +cluster|slots, for tags +scard +srandmember +srem +renamenx, and"
BY_CLASS: tuple[tuple[type[Exception], type[PurgeError], str, str], ...] = (
    (exceptions.NoPermissionError, BadCredentials, "does not let this user do a purge.",
     f"{RIGHTS} the layer's keys (~page:*), by ACL SETUSER."),
    (exceptions.AuthenticationError, BadCredentials, "does not take the user name and password.",
     "Mend them in `url`: redis://user:password@host:port; a password without a user is redis://:password@host."),
    (exceptions.BusyLoadingError, Unavailable, "is still loading its data.",
     "Wait until it has (INFO persistence there tells how far it is), then retry."),
    (exceptions.ReadOnlyError, WrongAddress, "is a replica, which takes no purges.",
     "Set `url` to the primary."),
    (exceptions.MasterDownError, Unavailable, "is a replica whose primary is down.",
     "Start that, or set `url` to what is primary now, then retry."),
    (exceptions.ClusterDownError, Unavailable, "says that its cluster is down.",
     "Look at CLUSTER INFO there, then retry."),
    (exceptions.TryAgainError, Unavailable, "is just moving these keys to another node.",
     "Wait until they are moved (CLUSTER NODES there shows it), then retry."),
    (exceptions.OutOfMemoryError, Unavailable, "is out of memory and takes no commands.",
     "Raise its `maxmemory`, or let it evict, then retry."),
    (exceptions.MaxConnectionsError, Throttled, "has too many connections.", FULL),
)  # fmt: skip
BY_WORD: tuple[tuple[str, type[PurgeError], str, str], ...] = (
    ("WRONGTYPE", WrongAddress, "keeps something else than a set where a tag's keys should be.",
     "Mend `tags`: it names the set that holds the keys of a tag."),
    ("MISCONF", Unavailable, "takes no changes because it cannot save to its disk.",
     "Look at its disk and log, then retry."),
    ("NOREPLICAS", Unavailable, "takes no changes because it has too few replicas.", "Look at them, then retry."),
    ("DENIED", BadCredentials, "is in protected mode and takes no one from outside.",
     "Give it a password and put that into `url`."),
    ("unknown command", WrongAddress, "does not know a command that a purge needs.",
     "It must be Redis 4 or newer with UNLINK and SCAN not renamed, and no Sentinel: `url` names the primary."),
    ("This instance has cluster support disabled", WrongAddress, "is not part of a cluster.",
     "Remove `cluster: yes`."),
    ("max number of clients", Throttled, "has too many connections.", FULL),
    ("Invalid Database", WrongAddress, "has no database of this number.", "Mend the number at the end of `url`."),
    ("SELECT is not allowed in cluster mode", WrongAddress, "is a cluster, which has only database 0.",
     "End `url` with /0, or with the port."),
    ("DB index", WrongAddress, "has no database of this number.", "Mend the number at the end of `url`."),
)  # fmt: skip
ODD = (AttributeError, LookupError, TypeError, ValueError)  # the package reading an answer of another shape
FOREIGN = (exceptions.RedisError, OSError, *ODD)
NOT_REDIS = ("does not answer as Redis does", "Check host and port in `url`.")
OURS = frozenset({"Invalid Database", "Invalid Username or Password", "Too many connections"})  # redis-py's own words
IN_CLUSTER = ("is part of a cluster.", "Set `cluster: yes` on the account.")
MOVED = (
    "has given these keys to another node.",
    "Retry: its nodes are then asked anew which holds what. If it stays, look at CLUSTER NODES there.",
)


class Servers:
    """One Redis, or the primaries of one cluster, by `host:port`."""

    def __init__(self, url: str, cluster: bool, ca_file: str) -> None:
        self.who = f"Redis at {_shown(url)}"
        self.cluster = cluster
        self._url = url
        self._ca_file = ca_file
        self._clients: dict[str, Redis] = {}
        self._slots: tuple[tuple[int, int, str], ...] = ()  # first, last, node
        self._checked = False
        self.dialling = False

    async def primaries(self) -> list[str]:
        """Every node that holds keys, in a fixed order. Raises PurgeError."""
        first = self._first()
        if not self.cluster:
            await self._check_alone(first)
            return [first]
        if not self._slots:
            self._slots = _slots(await self.ask(first, "CLUSTER", "SLOTS"), first)
        if not self._slots:
            raise Unavailable(f"{self.who} is of a cluster without any slots.", "Look at CLUSTER INFO there.")
        return sorted({node for _, _, node in self._slots})

    async def _check_alone(self, node: str) -> None:
        """One node of a cluster would scan its own keys and never mention the others'."""
        if self._checked:
            return
        try:
            info = await self.ask(node, "INFO", "cluster")
        except BadCredentials as exc:
            if not isinstance(exc.__cause__, exceptions.NoPermissionError):
                raise
        else:
            if isinstance(info, dict) and str(info.get("cluster_enabled")) == "1":
                raise WrongAddress(f"{self.who} {IN_CLUSTER[0]}", IN_CLUSTER[1])
        self._checked = True

    async def home(self, key: bytes) -> str:
        """The node that holds `key`. Raises PurgeError."""
        nodes = await self.primaries()
        if not self.cluster:
            return nodes[0]
        slot = key_slot(key)
        for first, last, node in self._slots:
            if first <= slot <= last:
                return node
        self._slots = ()
        raise Unavailable(f"{self.who} says that no node of its cluster holds slot {slot}.", "Look at CLUSTER INFO.")

    async def ask(self, node: str, *words: str | bytes | int) -> object:
        """One command to one node. Raises PurgeError."""
        client = await self._ready(node)
        try:
            return await _command(client)(*words)
        except FOREIGN as exc:
            raise self._trouble(exc) from exc

    async def set_aside(self, name: bytes, aside: bytes) -> None:
        """Rename a key unless `aside` is there; nothing where it is gone. Raises PurgeError."""
        try:
            await self.ask(await self.home(name), "RENAMENX", name, aside)
        except PurgeError as exc:
            if str(exc.__cause__) != "no such key":
                raise

    async def unlink(self, keys: Sequence[bytes]) -> int:
        """Remove these keys, wherever they are; how many there were. Raises PurgeError."""
        if not keys:
            return 0
        by_node: dict[str, list[bytes]] = {}
        for key in keys:
            by_node.setdefault(await self.home(key), []).append(key)
        return sum([await self._unlink_at(node, some) for node, some in by_node.items()])

    async def _unlink_at(self, node: str, keys: Sequence[bytes]) -> int:
        if not self.cluster:
            return whole(await self.ask(node, "UNLINK", *keys))
        client = await self._ready(node)
        pipe = client.pipeline(transaction=False)  # one by one: keys of one command must share a slot
        for key in keys:
            pipe.unlink(key)
        try:
            return sum(whole(one) for one in await pipe.execute())
        except FOREIGN as exc:
            raise self._trouble(exc) from exc

    async def _ready(self, node: str) -> Redis:
        """A client of `node` with an open connection, so that what goes wrong later went wrong after that."""
        client = self._clients.get(node)
        if client is None:
            client = self._clients[node] = self._client(node)
        self.dialling = True
        try:
            pool = client.connection_pool
            await pool.release(await cast(Callable[[], Awaitable[Connection]], pool.get_connection)())
        except FOREIGN as exc:
            self._slots = ()
            raise self._trouble(exc) from exc
        self.dialling = False
        return client

    def _first(self) -> str:
        try:
            parts = urlsplit(self._url)
            if parts.scheme in ("redis", "rediss") and parts.hostname and not (parts.query or parts.fragment):
                return _name(parts.hostname, parts.port or 6379)
        except ValueError:
            pass
        advice = "Write it as redis://user:password@host:port/0, or rediss:// for TLS, without options behind `?`."
        raise WrongAddress("`url` of this account is not the address of a Redis.", advice)

    def _client(self, node: str) -> Redis:
        parts = urlsplit(self._url)
        if self._ca_file and not Path(self._ca_file).is_file():
            raise WrongAddress(f"There is no file {self._ca_file}.", "Set `ca_file` to a file of certificates.")
        who = parts.netloc.rpartition("@")[0]
        url = parts._replace(netloc=f"{who}@{node}" if who else node).geturl()
        once, wait = Retry(NoBackoff(), 0), CONNECT_SECONDS
        if parts.scheme == "rediss" and self._ca_file:
            return Redis.from_url(url, socket_connect_timeout=wait, retry=once, ssl_ca_certs=self._ca_file)
        return Redis.from_url(url, socket_connect_timeout=wait, retry=once)

    def _trouble(self, exc: Exception) -> PurgeError:
        heard = self._without_password(str(exc))
        said = "" if heard in OURS else heard
        if isinstance(exc, exceptions.MovedError | exceptions.AskError | exceptions.ClusterCrossSlotError):
            self._slots = ()
            what, advice = MOVED if self.cluster else IN_CLUSTER
            return (Unavailable if self.cluster else WrongAddress)(f"{self.who} {what}", advice, said)
        for word, error, what, advice in BY_WORD:
            if heard.startswith(word):
                return error(f"{self.who} {what}", advice, said)
        for kind, error, what, advice in BY_CLASS:
            if isinstance(exc, kind):
                return error(f"{self.who} {what}", advice, said)
        if isinstance(exc, (exceptions.InvalidResponse, *ODD)):
            return self.odd("HTTP/" in heard)
        if isinstance(exc, exceptions.ResponseError):
            return Unexpected(f"{self.who} answered what purgebot does not know.", "Report it.", said)
        return self._broken(exc)

    def _broken(self, exc: Exception) -> PurgeError:
        """A connection that is none, told in our words: redis-py's are not Redis'."""
        if (fault := untrusted(exc)) is not None:
            advice = "Set `ca_file` to its authority's certificate, and name it in `url` as the certificate does."
            return WrongAddress(f"The certificate of {self.who} is not trusted{fault}.", advice)
        if any(isinstance(one, ssl.SSLError) for one in causes(exc)):
            return WrongAddress(f"{self.who} does not speak TLS.", "Write redis:// in `url`, or mend the port.")
        if self.dialling:
            advice = "Check that it runs, the network in between, and `url`: redis:// for plain, rediss:// for TLS."
            return Unavailable(f"{self.who} cannot be reached{reason(exc)}.", advice)
        return OutcomeUnknown(f"{self.who} broke off before it answered.", "If it stays, look at its log there.")

    def odd(self, in_http: bool = False) -> PurgeError:
        """What it means that an answer has another shape than Redis gives."""
        what, advice = NOT_REDIS
        return WrongAddress(f"{self.who} {what}{': it speaks HTTP' if in_http else ''}.", advice)

    def late(self, seconds: float) -> PurgeError:
        """What it means that nothing was done within `seconds`."""
        if self.dialling:
            advice = "Check that it runs, the network in between, and `url`."
            return Unavailable(f"{self.who} cannot be reached: no connection in time.", advice)
        what = f"{self.who} did not answer within {seconds:g} s."
        return OutcomeUnknown(what, "If it stays, look at SLOWLOG there.")

    def _without_password(self, text: str) -> str:
        try:
            password = urlsplit(self._url).password or ""
        except ValueError:
            return text
        for secret in {password, unquote(password)} - {""}:
            text = text.replace(secret, "…")
        return text

    async def close(self) -> None:
        """Let go of connections."""
        clients, self._clients, self._slots, self._checked = list(self._clients.values()), {}, (), False
        for client in clients:
            await client.aclose()


def _command(client: Redis) -> Callable[..., Awaitable[object]]:
    """`client.execute_command`, which has no types of its own."""
    return cast(Callable[..., Awaitable[object]], client.execute_command)


def whole(answer: object) -> int:
    """A number that Redis answered."""
    return answer if isinstance(answer, int) else 0


def words(answer: object) -> list[bytes]:
    """A list or set of strings that Redis answered."""
    found = answer if isinstance(answer, list | tuple | set) else ()
    return [one for one in found if isinstance(one, bytes)]


def _slots(answer: object, first: str) -> tuple[tuple[int, int, str], ...]:
    """CLUSTER SLOTS: [first, last, [host, port, …], replicas …]; an empty host is the one that was asked.
    https://redis.io/docs/latest/commands/cluster-slots/, 2026-11-25"""
    own = first.rpartition(":")[0]
    found = []
    for row in answer if isinstance(answer, list) else ():
        match row:
            case [int(low), int(high), [host, int(port), *_], *_]:
                name = host.decode() if isinstance(host, bytes) else ""
                found.append((low, high, _name(name, port) if name not in ("", "?") else f"{own}:{port}"))
    return tuple(found)


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _shown(url: str) -> str:
    """Where an address leads, without what may be secret in it."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2] or "an unknown address"
