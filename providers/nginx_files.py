"""nginx on the same machine: its cache files are removed, and with them every variant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from providers.adapter import Adapter
from providers.contract import (
    Account,
    Call,
    Capabilities,
    Copies,
    Health,
    Kind,
    Pace,
    Probe,
    Purge,
    Receipt,
    Sighting,
    UnsupportedWish,
)
from providers.errors import Refused
from providers.nginx_folder import CacheFolder
from providers.nginx_keys import key_of, keys_below, keys_match, names_host, unusable
from providers.nginx_sightings import sighting
from providers.pacing import paces_of
from providers.packing import pack

KEY = "$scheme$host$request_uri"
LEVELS = "1:2"
URLS_A_PASS = 1_000
BODY_MAX = 262_144  # bytes of keys in one pass
PACES = {
    "passes": Pace(1, 1, 5, "passes", source="ours: a pass reads the head of every file in the cache"),
}
KINDS = frozenset({Kind.URL, Kind.PREFIX, Kind.HOST, Kind.EVERYTHING})
REMOVE = "REMOVE"
NAMELESS = (
    "The keys of this nginx do not say whose they are, so none but URLs can be told apart. "
    "Put $host into proxy_cache_key and `key`, or name the URLs."
)


class NginxFiles(Adapter):
    """The cache folder of one nginx."""

    name = "nginx"
    title = "nginx"

    def __init__(self, account: Account) -> None:
        settings = account.settings
        levels = settings.get("levels") or LEVELS
        self._path, self._key = settings["cache_dir"], settings.get("key") or KEY
        self._scan = settings.get("vary") != "no"
        self._folder = CacheFolder(self._path, [int(level) for level in levels.split(":") if level.isdigit()])
        self.can = Capabilities(
            kinds=KINDS if names_host(self._key) else frozenset({Kind.URL}),
            soft=frozenset(),
            per_call={kind: 1 for kind in KINDS if names_host(self._key)} | {Kind.URL: self._most(account)},
            max_bytes=BODY_MAX + len(self._path),
            pace=paces_of(PACES, account.pace),
            of_hosts=frozenset({Kind.EVERYTHING}),
            instead={} if names_host(self._key) else dict.fromkeys(KINDS, NAMELESS),
            takes=Copies.ALL,
        )

    def _most(self, account: Account) -> int:
        return account.per_call.get(Kind.URL, URLS_A_PASS)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One pass over the cache for as many URLs as fit; one for each prefix and host. Raises UnsupportedWish."""
        if problem := unusable(self._path, self._key):
            raise UnsupportedWish(problem, "See docs/providers/nginx.md.")
        match purge.kind:
            case Kind.URL:
                return self._urls(purge.targets, purge.variants)
            case Kind.EVERYTHING:
                return [self._call(purge.kind, (), keys_below(self._key, purge.hosts))]
            case kind:
                return [self._call(kind, (target,), self._below(target)) for target in purge.targets]

    def _urls(self, urls: Sequence[str], variants: Sequence[Mapping[str, str]]) -> list[Call]:
        keys = {url: "\n".join(dict.fromkeys(key_of(self._key, url, sent) for sent in ({}, *variants))) for url in urls}
        packs = pack(urls, self.can.per_call[Kind.URL], BODY_MAX, lambda url: len(keys[url]) + 1)
        return [self._call(Kind.URL, urls, "\n".join(keys[url] for url in urls)) for urls in packs]

    def _below(self, target: str) -> str:
        host, slash, path = target.partition("/")
        return keys_below(self._key, (host,), f"{slash or '/'}{path}")

    def _call(self, kind: Kind, targets: tuple[str, ...], body: str) -> Call:
        return Call(kind, REMOVE, self._path, targets, (("passes", 1),), body=body)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Go through the cache once. Raises PurgeError."""
        if call.method != REMOVE or call.path != self._path or unusable(self._path, self._key):
            what = f"This call was planned for {call.path[:80]}, and `cache_dir` is {self._path[:80]} now."
            raise Refused(what, "Ask again, so that it is planned anew.")
        removed = await asyncio.to_thread(self._folder.remove, call.kind, call.body, self._scan)
        return Receipt(note=f"Removed {removed:,} file{'' if removed == 1 else 's'}.")

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache-Status."""
        return sighting(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the cache is there, holds files of its shape, and may be changed by us. Raises PurgeError."""
        if problem := unusable(self._path, self._key):
            return Probe(Health.BAD, problem, "See docs/providers/nginx.md.")
        seen = await asyncio.to_thread(self._folder.look)
        if seen is None:
            what = f"{self._path} holds no cache file where `levels` puts them."
            return Probe(Health.DOUBTFUL, what, "Is the cache empty? Else check `cache_dir` and `levels`.")
        if not keys_match(self._key, seen):
            what = f"{self._path} holds keys of another shape than `key`: {seen[:80]}."
            return Probe(Health.DOUBTFUL, what, "Set `key` to what proxy_cache_key says in nginx.")
        return Probe(Health.GOOD, f"purgebot may remove the cache files in {self._path}.")

    async def close(self) -> None:
        """Nothing is open."""
