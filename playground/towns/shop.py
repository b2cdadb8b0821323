"""Site `shop`: content, an application with its page cache in Redis, a Varnish-like shield, Cloudflare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from playground.app import KEYS, TAGS, App, Pages
from playground.clouds.buckets import Bucket, Buckets, Window
from playground.clouds.cloudflare import Cloudflare
from playground.clouds.redis import Redis
from playground.clouds.resp import RespServer
from playground.http import Upstream
from playground.marks import cloudflare
from playground.shield import Shield
from playground.town import Ground, Listening, Town, Url

HOSTS = ("www.shop.test", "img.shop.test")
ZONE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
TOKEN = "playground-cloudflare-token"
PASSWORD = "playground-redis-password"
BUDGETS = {"urls": Bucket(60, 30), "bulk": Bucket(25, 5)}
API_PATH = "/cf/client/v4"
API_CALLS, API_SECONDS = 1200, 300.0


@dataclass(frozen=True, slots=True)
class _Inmost:
    """What stands between content and shield: the application and its Redis, or nothing."""

    upstream: Upstream  # what the shield asks
    inner: Mapping[str, Pages] = field(default_factory=dict)
    servers: Mapping[str, ASGIApp] = field(default_factory=dict)
    listening: Mapping[str, Listening] = field(default_factory=dict)
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    layers: tuple[str, ...] = ()


def _application(ground: Ground) -> _Inmost:
    pages, upstream = Pages(ground.store, "app", ground.now), Upstream()
    redis = Redis(pages, PASSWORD, ground.requests, ground.faults)
    return _Inmost(
        upstream,
        inner={"app": pages},
        servers={"pages": App(pages, ground.to_origin, ground.requests)},
        listening={"app": RespServer(ground.store, "app", redis)},
        upstreams={"pages": upstream},
        layers=(f'{{account: app, keys: "{KEYS}"}}',),
    )


def town(
    ground: Ground, budgets: Mapping[str, Bucket] | None = None, api_calls: int = API_CALLS, app: bool = True
) -> Town:
    """The shop. Its budgets are small enough to see. Without its `app` the shield asks for content itself."""
    inmost = _application(ground) if app else _Inmost(ground.to_origin)
    to_shield = Upstream()
    kept = ground.cache("shield")
    shield = Shield(kept, inmost.upstream, ground.requests, ground.faults, ground.pace, ground.now)
    edges = ground.edges(HOSTS, to_shield, cloudflare)
    cloud = Cloudflare(
        token=TOKEN,
        zone=ZONE,
        hosts=frozenset(HOSTS),
        manners=ground.manners,
        edges={city: edge.cache for city, edge in edges.items()},
        buckets=Buckets(ground.store, "cf", dict(budgets or BUDGETS), ground.now),
        window=Window(ground.store, "cf", api_calls, API_SECONDS, ground.now),
        requests=ground.requests,
        faults=ground.faults,
        pace=ground.pace,
        now=ground.now,
    )

    def refill() -> None:
        cloud.buckets.clear()
        cloud.window.clear()

    return Town(
        name="shop",
        hosts=HOSTS,
        provider="cloudflare",
        leads="www.shop.test.cdn.cloudflare.net",
        origin=ground.origin("shop"),
        edges=edges,
        accounts=lambda url: {**(_APP_ACCOUNT if app else {}), **_accounts(url)},
        layers=(*inmost.layers, "{account: shield}", f"{{account: cf, zone: {ZONE}, tier: pro}}"),
        settings=("tags: {header: Cache-Tag}",),
        inner={**inmost.inner, "shield": kept},
        servers={**inmost.servers, "shield": shield, "cf": Starlette(routes=[Mount(API_PATH, cloud)])},
        listening=inmost.listening,
        mounts={API_PATH: cloud},
        upstreams={**inmost.upstreams, "shield": to_shield},
        budgets=lambda: {"cf": _budgets(cloud)},
        refill=refill,
        environ={"CLOUDFLARE_TOKEN": TOKEN},
        addressed=_redis_url if app else lambda url: {},
    )


_APP_ACCOUNT = {"app": f'{{provider: redis, url: {{env: SHOP_REDIS_URL}}, tags: "{TAGS}"}}'}


def _redis_url(url: Url) -> Mapping[str, str]:
    return {"SHOP_REDIS_URL": url("app").replace("//", f"//:{PASSWORD}@")}


def _accounts(url: Url) -> Mapping[str, str]:
    pace = "{urls: {rate: 30, per: 1, burst: 60}, bulk: {rate: 5, per: 1, burst: 25}}"
    api = f'api_url: "{url("cf")}{API_PATH}", token: {{env: CLOUDFLARE_TOKEN}}'
    return {
        "shield": f'{{provider: varnish, url: "{url("shield")}", tags: header}}',
        "cf": f"{{provider: cloudflare, {api}, pace: {pace}}}",
    }


def _budgets(cloud: Cloudflare) -> Mapping[str, object]:
    window = cloud.window
    api = {"tokens": window.left(), "size": window.most, "per_s": window.most / window.per}
    return {**cloud.buckets.shown(), "api": api}
