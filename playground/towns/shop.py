"""Site `shop`: origin, a Varnish-like shield, Cloudflare."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.routing import Mount

from playground.clouds.buckets import Bucket, Buckets, Window
from playground.clouds.cloudflare import Cloudflare
from playground.http import Upstream
from playground.marks import cloudflare
from playground.shield import Shield
from playground.town import Ground, Town, Url

HOSTS = ("www.shop.test", "img.shop.test")
ZONE = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"
TOKEN = "playground-cloudflare-token"
BUDGETS = {"urls": Bucket(60, 30), "bulk": Bucket(25, 5)}
API_PATH = "/cf/client/v4"
API_CALLS, API_SECONDS = 1200, 300.0


def town(ground: Ground, budgets: Mapping[str, Bucket] | None = None, api_calls: int = API_CALLS) -> Town:
    """The shop. Its budgets are small enough to see."""
    to_shield = Upstream()
    kept = ground.cache("shield")
    shield = Shield(kept, ground.to_origin, ground.requests, ground.faults, ground.pace, ground.now)
    edges = ground.edges(HOSTS, to_shield, cloudflare)
    cloud = Cloudflare(
        token=TOKEN,
        zone=ZONE,
        hosts=frozenset(HOSTS),
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
        origin=ground.origin("shop"),
        edges=edges,
        accounts=_accounts,
        layers=("{account: shield}", f"{{account: cf, zone: {ZONE}, tier: pro}}"),
        settings=("tags: {header: Cache-Tag}",),
        inner={"shield": kept},
        servers={"shield": shield, "cf": Starlette(routes=[Mount(API_PATH, cloud)])},
        mounts={API_PATH: cloud},
        upstreams={"shield": to_shield},
        budgets=lambda: {"cf": _budgets(cloud)},
        refill=refill,
        environ={"CLOUDFLARE_TOKEN": TOKEN},
    )


def _accounts(url: Url) -> Mapping[str, str]:
    pace = "{urls: {rate: 30, per: 1, burst: 60}, bulk: {rate: 5, per: 1, burst: 25}}"
    api = f'api_url: "{url("cf")}{API_PATH}", token: {{env: CLOUDFLARE_TOKEN}}'
    return {
        "shield": f'{{provider: varnish, url: "{url("shield")}"}}',
        "cf": f"{{provider: cloudflare, {api}, pace: {pace}}}",
    }


def _budgets(cloud: Cloudflare) -> Mapping[str, object]:
    window = cloud.window
    api = {"tokens": window.left(), "size": window.most, "per_s": window.most / window.per}
    return {**cloud.buckets.shown(), "api": api}
