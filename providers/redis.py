"""Redis as a page cache: keys made of a template, such as `page:{host}{path}`, removed with UNLINK.

    URL                               UNLINK      those keys, exactly
    prefix, pattern, host, everything SCAN        the keys that a regex matches whole, found by a glob
    tag                               TAG         the keys in a set such as `tag:{tag}`, then the set

Never KEYS, which blocks the server, and never FLUSH, which knows no prefix: everything here begins with the fixed
beginning of the layer's `keys`. A call does a bounded piece of work; what is left stands in the receipt's id, and
`progress` goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import httpx

from providers.adapter import Adapter, bad
from providers.contract import (
    Account,
    Blueprint,
    Call,
    Capabilities,
    Complaint,
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
from providers.errors import PurgeError
from providers.pacing import paces_of
from providers.packing import pack
from providers.redis_keys import Piece, Template, below, like, set_of

if TYPE_CHECKING:
    from providers.redis_walk import Walker

KEYS_EXAMPLE = "page:{host}{path}"
BATCH = 500  # URLs in one call
ROUNDS = 500  # commands and their removals in one call
SECONDS = 5.0  # of one call in all
MAX_BYTES = 100_000  # of a call; ours
DOCTOR = "purgebot-doctor"  # a key that nobody has
PACES = {"calls": Pace(50, 1, 50, "calls", source="ours: Redis has no limit, this is kind to those who share it")}
WIDE = frozenset({Kind.PREFIX, Kind.PATTERN, Kind.HOST, Kind.EVERYTHING})


class Redis(Adapter):
    """One Redis, or one Redis Cluster."""

    name = "redis"
    title = "Redis"
    layer_fields = (
        Field(
            "keys",
            "the key of a page, with a fixed beginning",
            required=True,
            example=KEYS_EXAMPLE,
            pattern=r"[^{}]*[A-Za-z0-9][^{}]*\{.*",
            form="a key with a fixed beginning and {path}",
        ),
    )

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
        kinds = frozenset({Kind.URL, *WIDE, *([Kind.TAG] if self._tags else [])})
        self.can = Capabilities(
            kinds=kinds,
            soft=frozenset(),
            per_call={**dict.fromkeys(kinds, 1), Kind.URL: account.per_call.get(Kind.URL, BATCH)},
            max_bytes=MAX_BYTES,
            pace=paces_of(PACES, account.pace),
            confirmation=Confirmation.POLLED,
            instead={Kind.TAG: "Set `tags` on the account, or name URLs, a prefix, or everything."},
        )

    def calls(self, purge: Purge) -> Sequence[Call]:
        """Keys by the hundred, everything wider one by one. Raises UnsupportedWish."""
        template, targets = Template(purge.layer["keys"]), purge.targets
        match purge.kind:
            case Kind.URL:
                return self._by_key(template, targets, purge.variants)
            case Kind.TAG:
                return [_call(Kind.TAG, "TAG", set_of(self._tags, tag), template.prefix, (tag,)) for tag in targets]
            case Kind.EVERYTHING:
                return [_scan_call(template, purge.kind, (), purge.hosts)]
            case kind:
                return [_scan_call(template, kind, (target,), ()) for target in targets]

    def _by_key(self, template: Template, urls: Sequence[str], variants: Sequence[Mapping[str, str]]) -> list[Call]:
        keys = {url: template.keys(url, variants) for url in urls}
        if not all(key.isprintable() for some in keys.values() for key in some):
            raise UnsupportedWish("A variant holds a letter that no key of Redis should.", "Mend `variants`.")
        most = self.can.per_call[Kind.URL]
        packs = pack(urls, most, MAX_BYTES - 2_000, lambda url: sum(len(key.encode()) + 1 for key in keys[url]))
        bodies = ["\n".join(dict.fromkeys(key for url in some for key in keys[url])) for some in packs]
        return [
            _call(Kind.URL, "UNLINK", template.prefix, body, some) for some, body in zip(packs, bodies, strict=True)
        ]

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
    return Call(kind, method, path, targets, (("calls", 1),), (), body)


def _check(settings: Mapping[str, str]) -> Sequence[Complaint]:
    return _refused("tags", lambda: set_of(settings["tags"], "news")) if "tags" in settings else ()


def _check_layer(layer: Mapping[str, str]) -> Sequence[Complaint]:
    return _refused("keys", lambda: Template(layer["keys"])) if "keys" in layer else ()


def _refused(key: str, deed: Callable[[], object]) -> Sequence[Complaint]:
    try:
        deed()
    except UnsupportedWish as exc:
        return [Complaint((key,), exc.what, exc.possible)]
    return ()


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
            clear=r"rediss?://[^/?#@\s]+(/[0-9]*)?",
            form="a Redis URL without a password, such as redis://10.0.0.9:6379/0",
        ),
        Field("cluster", "whether it is a Redis Cluster", choices=("yes", "no"), example="yes"),
        Field("ca_file", "certificates to trust, as PEM, instead of the machine's", example="/etc/ssl/redis-ca.pem"),
        Field(
            "tags",
            "the set that holds the keys of a tag",
            example="tag:{tag}",
            pattern=r"[^{}]+\{.*",
            form="the name of a set, with a fixed beginning and {tag}",
        ),
    ),
    layer_fields=Redis.layer_fields,
    build=Redis,
    package="redis",
    extra="redis",
    check=_check,
    check_layer=_check_layer,
)
