"""Bunny: POST /purge for URLs and what a star can say, POST /pullzone/<id>/purgeCache for tags and everything.

    URL                     /purge?url=…&exactPath=true          that URL; bucket `exact`, or `prefix` with a last /
    prefix, pattern, host   /purge?url=https://host/path*        by Bunny's wildcard; bucket `prefix`
    tag, everything         /pullzone/<id>/purgeCache            the pull zone's objects with this CDN-Tag, or all

Bunny waits until it is done (`async=false`) and answers 200 or 204 without a word; there is no job to ask about.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx

from providers.adapter import JSON, OverHttp, bad
from providers.answers import shaped
from providers.bunny_answers import CACHED, NO_KEY, SIDE, Zone, is_yes, trouble
from providers.bunny_limits import EXACT, TAG_MAX, WIDE, can_of
from providers.calls import Calls
from providers.contract import Account, Blueprint, Call, Field, Health, Kind, Probe, Purge, Receipt, UnsupportedWish
from providers.signing import HeaderKeys

API = "https://api.bunny.net"


class Bunny(OverHttp):
    """One account at Bunny."""

    name = "bunny"
    title = "Bunny"
    fields = (
        Field("key", "the account's API key", required=True, secret=True, example="{env: BUNNY_KEY}"),
        Field("api_url", "an egress proxy, or an emulator", example=API),
    )
    layer_fields = (
        Field("pull_zone", "the pull zone's number, in the address of its page", required=True, example="123456",
              pattern="[0-9]{1,12}", form="the number of a pull zone"),
        Field("perma_cache", "whether it has Perma-Cache, which knows no tags", choices=("yes", "no"), example="no"),
    )  # fmt: skip

    cache_header, cached = "cdn-cache", CACHED

    def __init__(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        key = account.secrets.get("key", "").strip()
        auth = HeaderKeys({"AccessKey": key})
        super().__init__(account, transport, api=API, side=SIDE, auth=auth, secrets=(key,), no_key=NO_KEY)
        self.can = can_of(account)

    def calls(self, purge: Purge) -> Sequence[Call]:
        """One for each target. Raises UnsupportedWish."""
        zone = f"/pullzone/{purge.layer['pull_zone']}/purgeCache"
        match purge.kind:
            case Kind.URL:
                return _exactly(purge.targets)
            case Kind.PREFIX:
                return [_by_url(Kind.PREFIX, prefix, _below(prefix)) for prefix in purge.targets]
            case Kind.HOST:
                return [_by_url(Kind.HOST, host, f"https://{host}/*") for host in purge.targets]
            case Kind.TAG:
                bodies = [(tag, _body(tag, purge.layer)) for tag in purge.targets]
                return [Call(Kind.TAG, "POST", zone, (tag,), WIDE, JSON, body) for tag, body in bodies]
            case Kind.EVERYTHING:
                return [Call(Kind.EVERYTHING, "POST", zone, (), WIDE)]
            case kind:
                return [_by_url(kind, pattern, f"https://{pattern}") for pattern in purge.targets]

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Raises PurgeError."""
        answer = await self.ask(call.method, call.path, call.headers, call.body)
        if not is_yes(answer):
            raise trouble(answer, call.path)
        return Receipt()

    async def examine(self, layer: Mapping[str, str]) -> Probe:
        """Whether the key may read the layer's pull zone, which every key of an account may that may purge it."""
        zone = layer["pull_zone"]
        answer = await self.ask("GET", f"/pullzone/{zone}")
        seen = shaped(Zone, answer)
        if answer.status == 200 and seen and str(seen.Id) == zone:
            return Probe(Health.GOOD, f"Bunny knows the key, and pull zone {zone} ({seen.Name[:40] or 'no name'}).")
        return bad(trouble(answer, f"/pullzone/{zone}"))


def _exactly(urls: Sequence[str]) -> Calls:
    spent = Counter("prefix" if _is_wide(url) else "exact" for url in urls)
    return Calls(len(urls), lambda n: _by_url(Kind.URL, urls[n], urls[n]), spent)


def _by_url(kind: Kind, target: str, url: str) -> Call:
    """Bunny counts as prefix what holds a star or ends in a slash, exactPath or not."""
    exact = "true" if kind is Kind.URL else "false"
    path = f"/purge?url={quote(url, safe='')}&async=false&exactPath={exact}"
    return Call(kind, "POST", path, (target,), WIDE if _is_wide(url) else EXACT)


def _is_wide(url: str) -> bool:
    return "*" in url or url.partition("?")[0].endswith("/")


def _below(prefix: str) -> str:
    """Everything under `host/path`: a path that ends in a slash already means that."""
    if "?" in prefix or "*" in prefix:
        raise UnsupportedWish(f"`{prefix[:80]}` is not a prefix for Bunny.", "Name host and path, without ? and *.")
    return f"https://{prefix}{'' if prefix.endswith('/') else '*' if '/' in prefix else '/*'}"


def _body(tag: str, layer: Mapping[str, str]) -> str:
    if layer.get("perma_cache") == "yes":
        what = "Bunny purges no tags of a pull zone with Perma-Cache."
        raise UnsupportedWish(what, "Name URLs, a prefix, or everything instead.")
    if len(tag) > TAG_MAX or "," in tag:
        raise UnsupportedWish(f"`{tag[:80]}` is not a tag.", f"A tag has at most {TAG_MAX:,} bytes and no commas.")
    return json.dumps({"CacheTag": tag}, separators=(",", ":"))


BLUEPRINT = Blueprint(Bunny.name, Bunny.title, Bunny.fields, Bunny.layer_fields, build=Bunny)
