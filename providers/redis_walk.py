"""The work behind a call to Redis, round by round: each round is safe to repeat, and what is left fits in a receipt."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

from providers.contract import Receipt
from providers.errors import Unexpected
from providers.redis_keys import aside_of, exactly
from providers.redis_wire import Servers, whole, words

BATCH = 500  # keys in one UNLINK; 1,000 looked at in one SCAN held up others by at most 7 ms, measured on 7.0
LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a call has come. `node` and `cursor` say where the next SCAN goes on; `cursor` is 1 for a tag whose set
    is already set aside. `gone` counts keys."""

    method: str
    path: str
    body: str
    node: str = ""
    cursor: int = 0
    gone: int = 0
    finished: bool = False

    def receipt(self) -> Receipt:
        """What is told of it; while it is not finished, the id holds all of it."""
        note = f"{self.gone:,} key{'' if self.gone == 1 else 's'} removed"
        if self.finished:
            return Receipt(note=f"{note}.")
        return Receipt(id=json.dumps(astuple(self)[:-1]), note=f"{note} so far.", finished=False)


class Walker:
    """Walks at most `rounds` rounds or `seconds` in one call."""

    def __init__(self, servers: Servers, rounds: int, seconds: float) -> None:
        self._servers = servers
        self._rounds = rounds
        self._seconds = seconds

    async def begin(self, method: str, path: str, body: str) -> Receipt:
        """The first piece of a call. Raises PurgeError."""
        return await self._walk(Walk(method, path, body))

    async def go_on(self, id_: str) -> Receipt:
        """The next piece, from where a receipt's id says. Raises PurgeError."""
        return await self._walk(_read(id_))

    async def _walk(self, walk: Walk) -> Receipt:
        seen = walk
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(self._rounds):
                    seen = await _step(self._servers, seen)
                    if seen.finished:
                        break
        except TimeoutError as exc:
            if seen is walk:
                raise self._servers.late(self._seconds) from exc
        return seen.receipt()

    async def tried(self, prefix: str, doctor: str, sets: Sequence[str]) -> str:
        """Try every command of a purge on keys that are not there; who takes them. Raises PurgeError."""
        servers = self._servers
        try:
            async with asyncio.timeout(self._seconds):
                nodes = await servers.primaries()
                for node in nodes:
                    await servers.ask(node, "SCAN", 0, "MATCH", exactly(prefix + doctor).glob, "COUNT", 1)
                await servers.unlink([f"{prefix}{doctor}".encode()])
                for name in sets:
                    await _try_set(servers, name, prefix)
        except TimeoutError as exc:
            raise servers.late(self._seconds) from exc
        return f"{servers.who} takes" if len(nodes) == 1 else f"{servers.who} and its {len(nodes)} primaries take"

    async def close(self) -> None:
        """Let go of connections."""
        await self._servers.close()


async def _try_set(servers: Servers, name: str, prefix: str) -> None:
    aside = aside_of(name, servers.cluster)
    await _drain(servers, Walk("TAG", name, prefix))
    await servers.set_aside(name.encode(), aside)
    await servers.ask(await servers.home(aside), "SREM", aside, "nothing")


async def _step(servers: Servers, walk: Walk) -> Walk:
    """The next round of a walk."""
    match walk.method:
        case "UNLINK":
            keys = [key.encode() for key in walk.body.split("\n") if key.startswith(walk.path)]
            return replace(walk, gone=walk.gone + await servers.unlink(keys), finished=True)
        case "SCAN":
            return await _scan(servers, walk)
        case _:
            return await _drain(servers, walk)


def _matched(regex: str, keys: Sequence[bytes]) -> list[bytes]:
    """Those that the whole regex matches."""
    exact = re.compile(regex.encode())
    return [key for key in keys if exact.fullmatch(key)]


async def _scan(servers: Servers, walk: Walk) -> Walk:
    """One SCAN and the removal of what it found. Where a cluster lost the node, the walk begins again."""
    nodes = await servers.primaries()
    if walk.node not in nodes:
        walk = replace(walk, node=nodes[0], cursor=0)
    answer = await servers.ask(walk.node, "SCAN", walk.cursor, "MATCH", walk.path, "COUNT", LOOKED_AT)
    match answer:
        case [int(cursor), [*found]]:
            keys = _matched(walk.body, words(found))
        case _:
            raise servers.odd()
    gone = walk.gone
    for some in range(0, len(keys), BATCH):
        gone += await servers.unlink(keys[some : some + BATCH])
    if cursor:
        return replace(walk, cursor=cursor, gone=gone)
    if walk.node == nodes[-1]:
        return replace(walk, gone=gone, finished=True)
    return replace(walk, node=nodes[nodes.index(walk.node) + 1], cursor=0, gone=gone)


async def _drain(servers: Servers, walk: Walk) -> Walk:
    """Set a tag's set aside, so that keys which the application adds meanwhile start a new one, and remove its members
    bit by bit. A member leaves the set only after its key is gone, so a walk that was cut off can be walked again."""
    name, aside = walk.path.encode(), aside_of(walk.path, servers.cluster)
    node = await servers.home(name)
    if members := words(await servers.ask(node, "SRANDMEMBER", aside, BATCH)):
        ours = [key for key in members if key.startswith(walk.body.encode())]
        gone = await servers.unlink(ours)
        await servers.ask(node, "SREM", aside, *members)
        return replace(walk, gone=walk.gone + gone)
    if walk.cursor or not whole(await servers.ask(node, "SCARD", name)):
        return replace(walk, finished=True)
    await servers.set_aside(name, aside)
    return replace(walk, cursor=1)


def _read(id_: str) -> Walk:
    """The walk that a receipt holds. Raises Unexpected."""
    try:
        match json.loads(id_):
            case [str(method), str(path), str(body), str(node), int(cursor), int(gone)]:
                return Walk(method, path, body, node, cursor, gone)
    except ValueError:
        pass
    raise Unexpected("A receipt of Redis does not say where to go on.", "Purge it again.")
