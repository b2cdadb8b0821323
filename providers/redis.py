"""Redis as a page cache: keys made of a template, such as `page:{host}{path}`, removed with UNLINK.

    URL                               UNLINK      those keys, exactly
    prefix, pattern, host, everything SCAN        the keys that a regex matches whole, found by a glob
    tag                               TAG         the keys in a set such as `tag:{tag}`, then the set

Never KEYS, which blocks the server, and never FLUSH, which knows no prefix: everything here begins with the fixed
beginning of the layer's `keys`. A call does a bounded piece of work; what is left stands in the receipt's id, and
`progress` goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

import httpx

from providers.contract import (
    Account,
    Blueprint,
    Call,
    Capabilities,
    Confirmation,
    Field,
    Health,
    Kind,
    Pace,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import PurgeError, Unexpected
from providers.pacing import paces_of
from providers.packing import pack, visible_ascii
from providers.redis_keys import Piece, Template, below, exactly, like, set_of

if TYPE_CHECKING:
    from providers.redis_wire import Servers

KEYS_EXAMPLE = "page:{host}{path}"
BATCH = 500  # keys in one UNLINK; 1,000 looked at in one SCAN held up others by at most 7 ms, measured on 7.0
LOOKED_AT = 1000
ROUNDS = 500  # commands and their removals in one call
SECONDS = 5.0  # of one call in all
MAX_BYTES = 100_000  # of a call; ours
DOCTOR = "purgebot-doctor"  # a key that nobody has
ASIDE = "purgebot-purging"
PACES = {"calls": Pace(50, 1, 50, "calls", source="ours: Redis has no limit, this is kind to those who share it")}
WIDE = frozenset({Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})


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
            return Receipt(note=note)
        return Receipt(id=json.dumps(astuple(self)[:-1]), note=f"{note} so far", finished=False)


class Redis:
    """One Redis, or one Redis Cluster."""

    name = "redis"
    title = "Redis"

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
        self._servers: Servers | None = None
        kinds = frozenset({Kind.URL, *WIDE, *([Kind.TAG] if self._tags else [])})
        self.can = Capabilities(
            kinds=kinds,
            soft=frozenset(),
            per_call={**dict.fromkeys(kinds, 1), Kind.URL: account.per_call.get(Kind.URL, BATCH)},
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            confirmation=Confirmation.POLLED,
        )

    def plan(self, purge: Purge) -> Sequence[Call]:
        """Keys by the hundred, everything wider one by one. Raises UnsupportedWish."""
        template = Template(purge.layer.get("keys", ""))
        targets = dict.fromkeys(purge.targets)
        if wrong := next((target for target in targets if not visible_ascii(target)), ""):
            raise UnsupportedWish(f"`{wrong[:80]}` is not as it goes on the wire.", "Percent-encode it.")
        match purge.kind:
            case Kind.URL:
                return self._by_key(template, list(targets), purge.variants)
            case Kind.TAG if self._tags:
                return [_call(Kind.TAG, "TAG", set_of(self._tags, tag), template.prefix, (tag,)) for tag in targets]
            case kind if kind in WIDE:
                groups: list[tuple[str, ...]] = (
                    [(target,) for target in targets] if kind is not Kind.EVERYTHING else [()]
                )
                return [_scan_call(template, kind, some, purge.hosts) for some in groups]
            case Kind.TAG:
                what = "Redis knows no tags by itself, and this account names no sets of keys for them."
                raise UnsupportedWish(what, "Set `tags` on the account, or name URLs, a prefix, or everything.")
            case kind:
                possible = "Name URLs, a prefix, a pattern, a host, or everything instead."
                raise UnsupportedWish(f"Redis purges no {kind.value}s here.", possible)

    def _by_key(self, template: Template, urls: Sequence[str], variants: Sequence[Mapping[str, str]]) -> list[Call]:
        keys = {url: "\n".join(template.keys(url, variants)) for url in urls}
        if not all(text.replace("\n", "").isprintable() for text in keys.values()):
            raise UnsupportedWish("A variant holds a letter that no key of Redis should.", "Mend `variants`.")
        most = self.can.per_call[Kind.URL]
        packs = pack(urls, most, MAX_BYTES - 2_000, lambda url: len(keys[url].encode()) + 1)
        return [
            _call(Kind.URL, "UNLINK", template.prefix, "\n".join(dict.fromkeys(keys[u] for u in some)), some)
            for some in packs
        ]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Do a bounded piece of it. Raises PurgeError."""
        return await self._walk(Walk(call.method, call.path, call.body))

    async def progress(self, receipt: Receipt) -> Receipt:
        """Do the next piece. Raises PurgeError."""
        return receipt if receipt.finished else await self._walk(_read(receipt.id))

    async def _walk(self, walk: Walk) -> Receipt:
        servers, seen = self._opened(), walk
        try:
            async with asyncio.timeout(self._seconds):
                for _ in range(self._rounds):
                    seen = await _step(servers, seen)
                    if seen.finished:
                        break
        except TimeoutError as exc:
            if seen is walk:
                raise servers.late(self._seconds) from exc
        return seen.receipt()

    def _opened(self) -> Servers:
        if self._servers is None:
            from providers.redis_wire import Servers

            self._servers = Servers(self._url, self._cluster, self._ca_file)
        return self._servers

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Nothing: Redis has no budget of its own."""
        return ()

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """Nothing: Redis stands behind the application and writes no headers."""
        return Sighting()

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Whether every primary takes each command of a purge, tried on a key that is not there."""
        servers = self._opened()
        try:
            template = Template(layer.get("keys") or KEYS_EXAMPLE)
            sets = [set_of(self._tags, DOCTOR)] if self._tags else []
            async with asyncio.timeout(self._seconds):
                nodes = await _tried(servers, template.prefix, sets)
        except UnsupportedWish as exc:
            return Probe(Health.BAD, exc.what, exc.possible)
        except PurgeError as exc:
            return Probe(Health.BAD, exc.what, exc.advice)
        except TimeoutError:
            late = servers.late(self._seconds)
            return Probe(Health.BAD, late.what, late.advice)
        many = f" and the other primaries, {nodes} in all," if nodes > 1 else ""
        what = f"{servers.who}{many} {'take' if many else 'takes'} purges of {template.prefix}* from this account."
        return Probe(Health.GOOD, what)

    async def close(self) -> None:
        """Let go of connections."""
        if self._servers is not None:
            await self._servers.close()
            self._servers = None


async def _tried(servers: Servers, prefix: str, sets: Sequence[str]) -> int:
    """Every command of a purge on what is not there; the number of primaries."""
    nodes = await servers.primaries()
    for node in nodes:
        await servers.ask(node, "SCAN", 0, "MATCH", exactly(f"{prefix}{DOCTOR}").glob, "COUNT", 1)
    await servers.unlink([f"{prefix}{DOCTOR}".encode()])
    for name in sets:
        await _drain(servers, Walk("TAG", name, prefix))
        aside = _aside(name, servers.cluster)
        await servers.set_aside(name.encode(), aside)
        await servers.ask(await servers.home(aside), "SREM", aside, DOCTOR)
    return len(nodes)


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


async def _scan(servers: Servers, walk: Walk) -> Walk:
    """One SCAN and the removal of what it found. Where a cluster lost the node, the walk begins again."""
    from providers.redis_wire import words

    nodes = await servers.primaries()
    if walk.node not in nodes:
        walk = replace(walk, node=nodes[0], cursor=0)
    answer = await servers.ask(walk.node, "SCAN", walk.cursor, "MATCH", walk.path, "COUNT", LOOKED_AT)
    cursor, found = answer if isinstance(answer, list | tuple) else (0, [])
    exact = re.compile(walk.body.encode())
    keys = [key for key in words(found) if exact.fullmatch(key)]
    gone = walk.gone
    for some in range(0, len(keys), BATCH):
        gone += await servers.unlink(keys[some : some + BATCH])
    if int(cursor):
        return replace(walk, cursor=int(cursor), gone=gone)
    if walk.node == nodes[-1]:
        return replace(walk, gone=gone, finished=True)
    return replace(walk, node=nodes[nodes.index(walk.node) + 1], cursor=0, gone=gone)


async def _drain(servers: Servers, walk: Walk) -> Walk:
    """Set a tag's set aside, so that keys which the application adds meanwhile start a new one, and remove its members
    bit by bit. A member leaves the set only after its key is gone, so a walk that was cut off can be walked again."""
    from providers.redis_wire import whole, words

    name, aside = walk.path.encode(), _aside(walk.path, servers.cluster)
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


def _aside(name: str, cluster: bool) -> bytes:
    """Where a tag's set is set aside: in the same slot of a cluster."""
    tagged = not cluster or re.search(r"\{[^}]", name)
    return (f"{name}:{ASIDE}" if tagged else f"{{{name}}}:{ASIDE}").encode()


def _scan_call(template: Template, kind: Kind, targets: tuple[str, ...], hosts: Sequence[str]) -> Call:
    piece = _scanned(template, kind, "".join(targets), hosts)
    return _call(kind, "SCAN", piece.glob, piece.regex, targets)


def _scanned(template: Template, kind: Kind, target: str, hosts: Sequence[str]) -> Piece:
    """What a target wider than a URL finds. Raises UnsupportedWish."""
    host, slash, rest = target.partition("/")
    anywhere = Piece("/*", "/.*")
    match kind:
        case Kind.PREFIX:
            return template.matching((host,), below(slash + rest))
        case Kind.PATTERN:
            return template.matching((host,), like(slash + rest))
        case Kind.HOST if "host" not in template.slots:
            raise UnsupportedWish("The keys of this layer of Redis do not hold the host.", "Purge everything.")
        case Kind.HOST:
            return template.matching((host,), anywhere)
        case _ if "host" in template.slots and not hosts:
            raise UnsupportedWish("Everything means the site's hosts, and it has none.", "Name them under `hosts`.")
        case _:
            return template.matching(hosts or ("",), anywhere)


def _call(kind: Kind, method: str, path: str, body: str, targets: tuple[str, ...]) -> Call:
    if len(path.encode()) + len(body.encode()) > MAX_BYTES:
        what = f"`{''.join(targets)[:60]}…` is longer than a call may be ({MAX_BYTES:,} bytes)."
        raise UnsupportedWish(what, "Name a shorter prefix, or the host.")
    return Call(kind, method, path, targets, (("calls", 1),), (), body)


def _read(id_: str) -> Walk:
    """The walk that a receipt holds. Raises Unexpected."""
    try:
        match json.loads(id_):
            case [str(method), str(path), str(body), str(node), int(cursor), int(gone)]:
                return Walk(method, path, body, node, cursor, gone)
    except ValueError:
        pass
    raise Unexpected("A receipt of Redis does not say where to go on.", "Purge it again.", id_)


BLUEPRINT = Blueprint(
    name=Redis.name,
    title=Redis.title,
    fields=(
        Field(
            "url",
            "where Redis listens: redis://user:password@host:port/0, or rediss:// for TLS",
            required=True,
            secret=True,
            example="{env: REDIS_URL}",
        ),
        Field("cluster", "whether it is a Redis Cluster", choices=("yes", "no"), example="yes"),
        Field("ca_file", "certificates to trust, as PEM, instead of the machine's", example="/etc/ssl/redis-ca.pem"),
        Field("tags", "the set that holds the keys of a tag", example="tag:{tag}", pattern=r"[^{}]+\{.*"),
    ),
    layer_fields=(
        Field(
            "keys",
            "the key of a page, with a fixed beginning",
            required=True,
            example=KEYS_EXAMPLE,
            pattern=r"[^{}]*[A-Za-z0-9][^{}]*\{.*",
        ),
    ),
    build=Redis,
    package="redis",
    extra="redis",
)
