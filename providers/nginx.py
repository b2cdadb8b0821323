"""nginx, by its purge module or by NGINX Plus; on the same machine, by removing its cache files (nginx_files).

    purge module   PURGE <door><path>, Host, X-Purge-Scheme    200 "Successful purge", 202; 404 and 412: nothing cached
    NGINX Plus     PURGE <path>, Host                          204; a key that ends in a star is a wildcard

The module's inline form (`proxy_cache_purge PURGE from …` in the location that serves) kills nginx's worker at each
purge with module 2.3, and all that is seen of it is an answer cut off; so the module is used through a location of its
own, the door (https://github.com/FRiCKLE/ngx_cache_purge/issues/68). A 404 is what an origin says as well, so it means
"nothing cached" only where the door adds X-Purgebot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from providers.adapter import OverHttp, bad
from providers.contract import Account, Blueprint, Call, Field, Health, Probe, Provider, Purge, Receipt, Sighting
from providers.errors import OutcomeUnknown
from providers.nginx_answers import CRASH, NOTHING, is_nothing, is_yes, side_at, trouble
from providers.nginx_calls import door_of
from providers.nginx_files import KEY, LEVELS, NginxFiles
from providers.nginx_keys import complaints
from providers.nginx_limits import can_of
from providers.nginx_sightings import sighting
from providers.sides import shown
from providers.wire import Answer

MODULES = ("purge", "plus")
NOWHERE = "/purgebot-looks-for-the-door"  # purged by the doctor: nothing is cached under it


class Nginx(OverHttp):
    """One nginx with a purge door."""

    name = "nginx"
    title = "nginx"

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        settings = account.settings
        url = settings.get("url", "")
        self.door = url.strip()
        self._door = door_of(settings)
        self.can = can_of(account, self._door.plus, self._door.wild)
        super().__init__(account, transport, api=url, side=side_at(shown(settings.get("api_url") or url)))

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each key: of a URL and its variants, or of a wildcard. Raises UnsupportedWish."""
        return self._door.plan(purge)

    async def send(self, call: Call, reference: str) -> Receipt:
        """Knock once. Raises PurgeError."""
        answer = await self.ask("PURGE", call.path, call.headers)
        if is_yes(answer, self._door.plus):
            return Receipt(note="Purged.")
        if is_nothing(answer):
            return Receipt(note=NOTHING)
        raise trouble(answer, self._wire.side, self._door.path, len(call.path))

    async def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: str = "") -> Answer:
        """One attempt, of which a crash is told. Raises PurgeError."""
        try:
            return await super().ask(method, path, headers, body)
        except OutcomeUnknown as exc:
            if self._door.plus or not isinstance(exc.__cause__, httpx.RemoteProtocolError | httpx.ReadError):
                raise
            raise OutcomeUnknown(exc.what, f"{exc.cure} {CRASH}", exc.said) from exc

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """X-Cache-Status."""
        return sighting(headers)

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the door is there and open to us, asked with a name under which nothing is cached."""
        answer = await self.ask("PURGE", f"{self._door.path}{NOWHERE}")
        if is_nothing(answer) or is_yes(answer, self._door.plus):
            return Probe(Health.GOOD, f"{self._wire.side.who} has its purge door open to this machine.")
        return bad(trouble(answer, self._wire.side, self._door.path))


def build(account: Account, transport: httpx.AsyncBaseTransport | None = None) -> Provider:
    """nginx by its files where `cache_dir` is given, else by its door."""
    return NginxFiles(account) if account.settings.get("cache_dir") else Nginx(account, transport)


BLUEPRINT = Blueprint(
    name=Nginx.name,
    title=Nginx.title,
    fields=(
        Field("url", "where nginx listens", example="http://10.0.0.6"),
        Field("module", "what purges there; `purge` where nothing is said", choices=MODULES, example="purge"),
        Field("door", "the path of the purge location", example="/purge", pattern="/[!-~]*", form="a path"),
        Field("wildcards", "whether the purge module is 3.0 or newer", choices=("no", "yes"), example="yes"),
        Field("cache_dir", "the cache's folder on this machine, instead of `url`", example="/var/cache/nginx/shop"),
        Field(
            "levels", "its `levels`; `none` where it has none", example=LEVELS, pattern="none|[12](:[12]){0,2}",
            form="what `levels` may say",
        ),
        Field("key", "its proxy_cache_key", example=KEY),
        Field("vary", "whether pages have variants (Vary): no saves reading all files", choices=("yes", "no")),
        Field("api_url", "another address to send to instead", example="http://127.0.0.1:8080"),
    ),
    layer_fields=(),
    build=build,
    needs_one_of=(("url", "cache_dir"),),
    excludes=(("url", "cache_dir"),),
    check=complaints,
)  # fmt: skip
