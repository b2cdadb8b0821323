"""The providers of bench.pacing: an account each, how its requests are read, and the limits that are documented.

The limits are those of docs/providers/*.md, said anew; those of Varnish, nginx and HTTP caches are purgebot's own.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from itertools import count

import httpx

from bench.strict import Bill, Limit, Strict
from providers import PROVIDERS
from providers.contract import Account, Provider

ZONE = "0123456789abcdef0123456789abcdef"
HOST = "www.shop.test"
XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
EDGERC = """[default]
host = akab-bench.luna.akamaiapis.net
client_token = akab-bench-client
client_secret = bench-secret-bench-secret=
access_token = akab-bench-access
"""
_IDS = count(1)


@dataclass(frozen=True, slots=True)
class Cloud:
    """One provider: the account, the site's layer, and the strict other end."""

    name: str
    read: Callable[[httpx.Request], Bill]
    yes: Callable[[httpx.Request], httpx.Response]
    limits: Mapping[str, Limit]
    no: Callable[[float], httpx.Response] = lambda wait: httpx.Response(429, headers=_after(wait))
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    layer: Mapping[str, str] = field(default_factory=dict)

    def strict(self, share: float = 1.0) -> Strict:
        """The other end, with `share` of what is documented."""
        limits = {name: limit.smaller(share) if share != 1.0 else limit for name, limit in self.limits.items()}
        return Strict(limits, self.read, self.yes, self.no)

    def account(self, name: str, strict: Strict) -> Provider:
        """The adapter, with its own idea of the limits."""
        account = Account(name, self.settings, self.secrets)
        return PROVIDERS[self.name].build(account, httpx.MockTransport(strict))


def _after(wait: float) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(wait)))}


def _read_cloudflare(request: httpx.Request) -> Bill:
    body = json.loads(request.content)
    wanted = tuple(str(x) for values in body.values() if isinstance(values, list) for x in values)
    return Bill(wanted, {"urls": len(wanted), "api": 1} if "files" in body else {"bulk": 1, "api": 1})


def _yes_cloudflare(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "errors": [], "messages": [], "result": {"id": ZONE}})


def _no_cloudflare(wait: float) -> httpx.Response:
    errors = [{"code": 10429, "message": "Rate limited"}]
    answer = {"success": False, "errors": errors, "messages": [], "result": None}
    return httpx.Response(429, json=answer, headers=_after(wait))


def _read_cloudfront(request: httpx.Request) -> Bill:
    if request.method != "POST":
        return Bill()
    paths = tuple(unescape(path) for path in re.findall(r"<Path>(.*?)</Path>", request.content.decode()))
    wild = sum(path.endswith("*") for path in paths)
    units = {"paths": len(paths), "paths in progress": len(paths)}
    return Bill(paths, units | ({"wildcards": wild, "wildcards in progress": wild} if wild else {}))


def _yes_cloudfront(request: httpx.Request) -> httpx.Response:
    made = request.method == "POST"
    status = "InProgress" if made else "Completed"
    text = f'<Invalidation xmlns="{XMLNS}"><Id>I{next(_IDS)}</Id><Status>{status}</Status></Invalidation>'
    return httpx.Response(201 if made else 200, text=text)


def _no_cloudfront(wait: float) -> httpx.Response:
    error = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    return httpx.Response(400, text=f'<ErrorResponse xmlns="{XMLNS}">{error}</ErrorResponse>')


def _read_fastly(request: httpx.Request) -> Bill:
    path = request.extensions["target"].decode()
    if path.startswith("/purge/"):
        return Bill((path.removeprefix("/purge/"),), {"purges": 1})
    if path.endswith("/purge_all"):
        return Bill(("everything",), {"api": 1})
    tags = tuple(request.headers["surrogate-key"].split())
    return Bill(tags, {"purges": len(tags)})


def _yes_fastly(request: httpx.Request) -> httpx.Response:
    if tags := request.headers.get("surrogate-key", "").split():
        return httpx.Response(200, json={tag: f"108-{next(_IDS)}" for tag in tags})
    return httpx.Response(200, json={"status": "ok", "id": f"108-{next(_IDS)}"})


def _read_akamai(request: httpx.Request) -> Bill:
    word = request.extensions["target"].decode().split("/")[4]
    if "rate-limit-status" in request.extensions["target"].decode():
        return Bill()
    objects = tuple(str(x) for x in json.loads(request.content)["objects"])
    return Bill(objects, {"requests": 1, word: len(objects)})


def _yes_akamai(request: httpx.Request) -> httpx.Response:
    id_ = f"bench-{next(_IDS)}"
    said = {"httpStatus": 201, "detail": "Request accepted", "supportId": id_, "purgeId": id_, "estimatedSeconds": 5}
    limit = {"x-ratelimit-limit": "100"} if "rate-limit-status" in str(request.url) else {}
    return httpx.Response(201, json=said, headers=limit)


def _no_akamai(wait: float) -> httpx.Response:
    return httpx.Response(429, json={"title": "Rate Limit exceeded", "status": 429}, headers=_after(wait))


def _read_door(request: httpx.Request) -> Bill:
    path = request.extensions["target"].decode().removeprefix("/purge")
    return Bill((request.headers["host"] + path,), {"calls": 1})


def _yes_nginx(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="Successful purge")


def _yes_varnish(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"x-purgebot": "purged"})


def _yes_http(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200)


CPCODES = 340
CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud(
            "cloudflare", _read_cloudflare, _yes_cloudflare,
            {"urls": Limit(1500, 1, 1500), "bulk": Limit(5, 1, 25), "api": Limit(1200, 300, window=True)},
            _no_cloudflare, secrets={"token": "bench-token"}, layer={"zone": ZONE, "tier": "pro"},
        ),
        Cloud(
            "cloudfront", _read_cloudfront, _yes_cloudfront,
            {
                "paths": Limit(150, 1, 150), "wildcards": Limit(1, 1, 1),
                "paths in progress": Limit(3000, 25, window=True), "wildcards in progress": Limit(15, 25, window=True),
            },
            _no_cloudfront, {"access_key_id": "AKIDEXAMPLE"}, {"secret_access_key": "bench-secret-access-key"},
            {"distribution": "E1A2B3C4D5E6F7"},
        ),
        Cloud(
            "fastly", _read_fastly, _yes_fastly,
            {"purges": Limit(100_000, 3600, 100_000), "api": Limit(1000, 3600, window=True)},
            secrets={"token": "bench-token"}, layer={"service": "SU1Z0isxPaozGVKXdv0eY5"},
        ),
        Cloud(
            "akamai", _read_akamai, _yes_akamai,
            {
                "requests": Limit(50, 1, 100), "url": Limit(200, 1, 10_000), "tag": Limit(500, 60, 5_000),
                "cpcode": Limit(30, 60, 300),
            },
            _no_akamai, secrets={"edgerc": EDGERC},
            layer={"cpcodes": ",".join(str(100_000 + n) for n in range(CPCODES))},
        ),
        Cloud("varnish", _read_door, _yes_varnish, {"calls": Limit(500, 1, 500)}, settings={"url": "http://door.test"}),
        Cloud("nginx", _read_door, _yes_nginx, {"calls": Limit(200, 1, 200)}, settings={"url": "http://door.test"}),
        Cloud(
            "http", _read_door, _yes_http, {"calls": Limit(50, 1, 50)},
            settings={"url": "http://door.test", "purge": json.dumps({"url": {"method": "PURGE"}})},
        ),
    )
}  # fmt: skip
