"""Fastly's purge API as far as purgebot meets it: tokens and scopes, validation, limits, error bodies, the shield race.

Calls, bodies and headers are those of Fastly's documentation and of answers recorded by go-fastly, read 2026-11-23:
https://github.com/fastly/fastly-py/blob/main/docs/PurgeApi.md and https://github.com/fastly/go-fastly. Nobody has
published the body of a 429. A purge reaches the edges when the pace says, and the shield `race` seconds after it was
taken, so an edge can refill from a shield that is still old; only a second purge cures that.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from playground.cache import Cache
from playground.clouds.buckets import Buckets
from playground.clouds.desk import Desk, Done, Refusals, Refused, Request, said
from playground.clouds.fastly_pop import Inner, exact
from playground.faults import THROTTLE_SECONDS
from playground.http import Reply, Target
from playground.store import Store

ACCOUNT = "fastly"
HOUR = 3600
KEYS_MAX, KEY_MAX, TARGET_MAX = 256, 1024, 8192
SELECT = frozenset({"global", "purge_select"})
ALL = frozenset({"global", "purge_all"})
READ = frozenset({"global", "global:read"})
MALFORMED = {"msg": "Malformed purge request"}
NO_CREDENTIALS = {"msg": "Provided credentials are missing or invalid"}
NO_SERVICE = {"msg": "Record not found", "details": "Cannot find service"}
TOO_MANY_KEYS = f"Batch surrogate key request only supports up to {KEYS_MAX} surrogate keys"
# not documented: our wording
NOT_AUTHORIZED = {"msg": "You are not authorized to perform this action"}
TOO_MANY, TOO_LONG = {"msg": "Too many requests"}, {"msg": "URI Too Long"}
NO_SUCH_METHOD, NO_SUCH_PATH = {"msg": "Method not allowed"}, {"msg": "Record not found"}


class Rejected(Refused):
    """An answer that is not a success: status, body and headers."""

    def __init__(self, status: int, body: Mapping[str, str], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(said(status, body, headers))


@dataclass(frozen=True, slots=True)
class Token:
    """What one token may, and for which services; for all where none is named."""

    scopes: frozenset[str]
    services: tuple[str, ...] = ()


class Hours:
    """At most `most` calls in each hour of the clock."""

    def __init__(self, store: Store, account: str, most: int, now: Callable[[], float]) -> None:
        self._store = store
        self._account = account
        self.most = most
        self._now = now
        store.execute("create table if not exists hours (account text primary key, hour integer, calls integer)")

    def reset(self) -> int:
        """When the next hour begins, in seconds since the epoch."""
        return (int(self._now()) // HOUR + 1) * HOUR

    def left(self) -> int:
        """Calls left in this hour."""
        sql = "select calls from hours where account = ? and hour = ?"
        rows = self._store.rows(sql, (self._account, self.reset()))
        return self.most - int(rows[0]["calls"]) if rows else self.most

    def take(self) -> bool:
        """Count a call, if there is one left."""
        left = self.left()
        if left > 0:
            row = (self._account, self.reset(), self.most - left + 1)
            self._store.execute("insert or replace into hours values (?, ?, ?)", row)
        return left > 0

    def clear(self) -> None:
        """Nothing was called."""
        self._store.execute("delete from hours where account = ?", (self._account,))


@dataclass(kw_only=True)
class Fastly(Desk):
    """One customer with one service whose caches it really empties; `others` are old services that hold nothing."""

    account: str = ACCOUNT
    tokens: Mapping[str, Token]
    service: str
    hosts: frozenset[str]
    purges: Buckets  # bucket "purges"
    calls: Hours
    checks: Hours
    shield: Cache | None = None
    race: float = 0.0
    pages: Mapping[str, Inner] = field(default_factory=dict)  # by city, for edge_check
    others: frozenset[str] = frozenset()
    name: str = "shop.test"
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(11035))

    def shown(self, request: Request) -> tuple[str, str, str]:
        """With the headers that say what is purged, and how."""
        names = ("surrogate-key", "fastly-soft-purge", "fastly-purge-environment")
        lines = [f"{name}: {request.headers[name]}" for name in names if name in request.headers]
        return request.target, "\n".join(filter(None, [*lines, request.text])), ""

    def refusals(self, request: Request) -> Refusals:
        """Each as one word: `msg`."""
        return Refusals(
            throttle=said(429, TOO_MANY, {"retry-after": str(THROTTLE_SECONDS)}),
            bad_token=said(401, NO_CREDENTIALS),
            forbidden=said(403, NOT_AUTHORIZED),
        )

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        if len(request.target) > TARGET_MAX:
            raise Rejected(414, TOO_LONG)
        headers, token = request.headers, self._token(request.headers)
        path, _, query = request.target.partition("?")
        match request.method, path.split("/")[1:]:
            case "POST", ["purge", host, *rest]:
                return self._url(token, host, "/".join(["", *rest]) + request.target[len(path) :], headers)
            case "POST", ["service", service, "purge"]:
                return self._keys(token, service, _keys(headers, request.body), headers)
            case "POST", ["service", service, "purge", *key]:
                return self._key(token, service, "/".join(key), headers)
            case "POST", ["service", service, "purge_all"]:
                return self._everything(token, service, headers)
            case "GET", ["tokens", "self"]:
                about = {"id": "5Yo3XXnrQpjc20u0ybrf2g", "name": "purgebot", "services": list(token.services)}
                return said(200, {**about, "scope": " ".join(sorted(token.scopes)), "expires_at": None}), ()
            case "GET", ["service", service, "details"]:
                return self._details(token, service), ()
            case "GET", ["content", "edge_check"]:
                return await self._edge_check(token, parse_qs(query).get("url", [""])[0]), ()
            case _, ["purge" | "service", *_]:
                raise Rejected(405, NO_SUCH_METHOD)
            case _:
                raise Rejected(404, NO_SUCH_PATH)

    def _token(self, headers: Mapping[str, str]) -> Token:
        token = self.tokens.get(headers.get("fastly-key", ""))
        if token is None:
            raise Rejected(401, NO_CREDENTIALS)
        return token

    def _may(self, token: Token, scopes: frozenset[str], service: str) -> None:
        if not token.scopes & scopes or (token.services and service not in token.services):
            raise Rejected(403, NOT_AUTHORIZED)
        if service != self.service and service not in self.others:
            raise Rejected(404, NO_SERVICE)

    def _url(self, token: Token, host: str, path: str, headers: Mapping[str, str]) -> Done:
        if "%2f" in host.lower() or not host:
            raise Rejected(400, MALFORMED)
        if host.lower() not in self.hosts:
            raise Rejected(404, NO_SERVICE)
        self._may(token, SELECT, self.service)
        self._pay(1)
        url = f"http://{host.lower()}{path if path.startswith('/') else '/' + path}"
        done = self._gone("url", [url], headers)
        return said(200, {"status": "ok", "id": self._id()}), done

    def _key(self, token: Token, service: str, key: str, headers: Mapping[str, str]) -> Done:
        """One key on the path, as it is: where it is escaped, no object has it."""
        self._may(token, SELECT, service)
        self._pay(1)
        done = self._gone("tag", [exact(key)] if "/" not in key else [], headers, service)
        return said(200, {"status": "ok", "id": self._id()}, _counted(1)), done

    def _keys(self, token: Token, service: str, keys: Sequence[str], headers: Mapping[str, str]) -> Done:
        self._may(token, SELECT, service)
        if len(keys) > KEYS_MAX:
            raise Rejected(400, {"status": "fail", "reason": TOO_MANY_KEYS})
        if not keys or any(len(key.encode()) > KEY_MAX for key in keys):
            raise Rejected(400, MALFORMED)
        self._pay(len(keys))
        done = self._gone("tag", [exact(key) for key in keys], headers, service)
        doc = {key: self._id() for key in keys}
        return Reply(200, _counted(len(keys)), json.dumps(doc).encode()), done

    def _everything(self, token: Token, service: str, headers: Mapping[str, str]) -> Done:
        """Always hard, whatever the headers say."""
        self._may(token, ALL, service)
        if not self.calls.take():
            raise Rejected(429, TOO_MANY, self._limited())
        hard = {name: value for name, value in headers.items() if name != "fastly-soft-purge"}
        return said(200, {"status": "ok"}, self._limited()), self._gone("everything", ["*"], hard, service)

    def _limited(self) -> dict[str, str]:
        left, reset = str(self.calls.left()), str(self.calls.reset())
        return {"fastly-ratelimit-remaining": left, "fastly-ratelimit-reset": reset, "cache-control": "no-store"}

    def _pay(self, units: int) -> None:
        if self.purges.take("purges", units):
            raise Rejected(429, TOO_MANY)

    def _id(self) -> str:
        return f"4151-{int(self.now())}-{next(self.ids)}"

    def _gone(self, kind: str, values: Sequence[str], headers: Mapping[str, str], service: str = "") -> tuple[str, ...]:
        """Have it gone, or stale if the soft header is there at all; the URLs reached."""
        is_staging = headers.get("fastly-purge-environment") == "staging"
        if service in self.others or is_staging:  # they share no cache with production
            return ()
        return self.purge(kind, values, "fastly-soft-purge" in headers)

    def places(self) -> Sequence[tuple[Cache, float]]:
        """The cities, and the shield after them."""
        late = self.now() + self.pace.api + self.race
        return [*super().places(), *([(self.shield, late)] if self.shield else [])]

    def _details(self, token: Token, service: str) -> Reply:
        self._may(token, READ, service)
        shield = "frankfurt-de" if self.shield and service == self.service else None
        version = {"number": 7, "active": True, "backends": [{"name": "origin", "shield": shield}]}
        return said(200, {"id": service, "name": self.name, "type": "vcl", "active_version": version})

    async def _edge_check(self, token: Token, url: str) -> Reply:
        self._may(token, READ, self.service)
        if not self.checks.take():
            raise Rejected(429, TOO_MANY)
        host, slash, path = url.partition("://")[2].partition("/") if "://" in url else url.partition("/")
        target = Target("GET", host, slash + path if slash else "/")
        return said(200, [await self._checked(city, page, target) for city, page in self.pages.items()])

    async def _checked(self, city: str, page: Inner, target: Target) -> Mapping[str, object]:
        reply = await page(target)
        return {
            "pop": city.upper(),
            "server": f"cache-{city}1",
            "hash": hashlib.md5(reply.body).hexdigest(),
            "response_time": 0.01,
            "request": {"headers": {"User-Agent": "Fastly/cache-check"}, "method": None, "url": None},
            "response": {"headers": dict(reply.headers), "status": reply.status},
        }


def _keys(headers: Mapping[str, str], body: bytes) -> list[str]:
    """From the header, or from a body `{"surrogate_keys": […]}`; each once."""
    if given := headers.get("surrogate-key"):
        return list(dict.fromkeys(given.split()))
    try:
        doc = json.loads(body or b"{}")
    except ValueError:
        raise Rejected(400, MALFORMED) from None
    keys = doc.get("surrogate_keys", []) if isinstance(doc, dict) else []
    return list(dict.fromkeys(map(str, keys)))


def _counted(keys: int) -> dict[str, str]:
    return {"fastly-surrogate-key-count": str(keys), "fastly-instant-rate": "0"}
