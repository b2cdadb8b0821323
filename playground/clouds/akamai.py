"""Akamai's Fast Purge as far as purgebot meets it: signatures, validation, rights, budgets, and what they answer.

Paths, bodies and limits are those of Akamai's API description and pages, read on 2026-11-23:
https://techdocs.akamai.com/purge-cache/reference/api and .../reference/rate-limiting. Titles that it publishes nowhere
(what a client without rights on a CP code is told, a body too long) are ours.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.clouds.akamai_bodies import Problem, read
from playground.clouds.akamai_gate import HASHED_MAX, Arrived, Client, Denied, Gate
from playground.clouds.buckets import TOLERANCE, Bucket, Buckets
from playground.cut import cut
from playground.faults import CLOCK_SECONDS, SLOW_SECONDS, THROTTLE_SECONDS, Faults
from playground.http import Reply, answer, hold
from playground.pace import Pace
from playground.requests import Requests

ACCOUNT = "akamai"
API_PATH = "/ccu/v3"
ESTIMATE = 5
BUDGETS = {
    "requests": Bucket(100, 50),
    "urls": Bucket(10_000, 200),
    "cpcodes": Bucket(300, 0.5),
    "tags": Bucket(5_000, 500 / 60),
}
OBJECTS = {"url": "urls", "cpcode": "cpcodes", "tag": "tags"}
TITLES = {"url": "URL Rate Limit exceeded", "cpcode": "CPCODE Rate Limit exceeded", "tag": "TAG Rate Limit exceeded"}
_PURGE = re.compile(API_PATH + r"/(invalidate|delete)/(url|cpcode|tag)(?:/(production|staging))?")
_STATUS = re.compile(API_PATH + r"/rate-limit-status/(url|cpcode|tag)")
_URL = re.compile(r"https?://([^/?#\s]+)([^#\s]*)", re.IGNORECASE)
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_JSON = {"content-type": "application/json"}


@dataclass
class Akamai:
    """One account. `cpcodes` says which hosts each CP code holds; `edges` are its production, really emptied."""

    gate: Gate
    cpcodes: Mapping[int, frozenset[str]]
    edges: Mapping[str, Cache]
    buckets: Buckets
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    account: str = ACCOUNT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one API request."""
        if scope["type"] != "http":
            return
        arrived = await _arrived(scope, receive)
        fault = self.faults.take(self.account)
        if fault in ("down", "reset"):
            self._record(arrived, 0, fault)
            await cut(scope, receive, send)
            return
        reply = _faulty(fault, arrived, self.now())
        purged: tuple[str, ...] = ()
        if reply is None:
            reply, purged = self._reply(arrived, _content_type(scope), CLOCK_SECONDS if fault == "clock" else 0)
        self._record(arrived, reply.status, fault, purged)
        if fault == "timeout_after_effect":
            await hold(scope, receive, send)
            return
        slow = SLOW_SECONDS if fault == "slow" else 0.0
        await asyncio.sleep(slow + (self.pace.api if reply.status == 201 else 0.0))
        await answer(send, reply)

    def _record(self, arrived: Arrived, status: int, fault: str, purged: Sequence[str] = ()) -> None:
        body = arrived.body.decode(errors="replace")
        self.requests.record(self.account, arrived.method, arrived.path, body, status, fault, purged)

    def _reply(self, arrived: Arrived, content_type: str, ahead: int) -> tuple[Reply, tuple[str, ...]]:
        try:
            return self._routed(arrived, content_type, self.gate.admit(arrived, ahead))
        except Denied as exc:
            return _denied(exc, self.now() + ahead), ()
        except Problem as exc:
            return _problem(exc), ()

    def _routed(self, arrived: Arrived, content_type: str, client: Client) -> tuple[Reply, tuple[str, ...]]:
        path = arrived.path.partition("?")[0]
        purge, status = _PURGE.fullmatch(path), _STATUS.fullmatch(path)
        if purge is None and status is None:
            raise Problem(404, "Not Found")
        if arrived.method != "POST":
            raise Problem(405, "Method Not Allowed")
        if not client.purging:
            raise Problem(400, "Invalid endpoint")
        if purge is None:
            kind = status[1] if status else "url"
            return _reply(201, {"httpStatus": 201, "detail": "", "supportId": _id("rl", kind)}, self._rates(kind)), ()
        deed, kind, network = purge.groups()
        objects = read(kind, content_type, arrived.body)
        reached = self._permitted(kind, objects)
        self._take(kind, len(objects))
        urls = self._purge(kind, reached, soft=deed == "invalidate") if network != "staging" else ()
        return self._accepted(deed, kind), urls

    def _permitted(self, kind: str, objects: Sequence[str]) -> tuple[str, ...]:
        """What `objects` are in these caches; all of them, or none."""
        match kind:
            case "url":
                return tuple(url for one in objects for url in _both(self._own(one)))
            case "cpcode":
                foreign = [code for code in objects if int(code) not in self.cpcodes]
                if foreign:
                    raise Problem(403, "unauthorized cpcode", foreign[0])
                return tuple(host for code in objects for host in sorted(self.cpcodes[int(code)]))
            case _:
                return tuple(objects)

    def _own(self, url: str) -> str:
        found = _URL.fullmatch(url)
        if found is not None and not _HOST.fullmatch(found[1]):
            raise Problem(400, "bad URL hostname", "Invalid or malformed hostname")
        if found is None or found[1].lower() not in frozenset().union(*self.cpcodes.values()):
            raise Problem(403, "unauthorized arl", url)
        return f"{found[1].lower()}{found[2] if found[2].startswith('/') else '/' + found[2]}"

    def _take(self, kind: str, units: int) -> None:
        """Take a request and its objects, or neither."""
        for bucket, size, title in (("requests", 1, "Rate Limit exceeded"), (OBJECTS[kind], units, TITLES[kind])):
            left = self.buckets.tokens(bucket)
            if left < size - TOLERANCE:
                limit = self.buckets.buckets[bucket].size
                about = {"rateLimit": limit, "rateLimitCurrentRequestSize": size, "rateLimitRemaining": int(left)}
                raise Problem(429, title, "", about, self._rates(kind))
        self.buckets.take("requests", 1)
        self.buckets.take(OBJECTS[kind], units)

    def _rates(self, kind: str) -> dict[str, str]:
        told: dict[str, str] = {}
        for bucket, end in (("requests", ""), (OBJECTS[kind], "-objects")):
            rule, left = self.buckets.buckets[bucket], self.buckets.tokens(bucket)
            told |= {
                f"x-ratelimit-limit{end}": f"{rule.size:g}",
                f"x-ratelimit-remaining{end}": f"{left:.2f}".rstrip("0").rstrip("."),
                f"x-ratelimit-limit-per-second{end}": f"{rule.per_s:.2f}",
                f"x-ratelimit-seconds-to-refresh-limit{end}": f"{(rule.size - left) / rule.per_s:.2f}",
            }
        return told

    def _purge(self, kind: str, values: Sequence[str], soft: bool) -> tuple[str, ...]:
        """Have it gone in each city when it is due; the URLs it is about."""
        accepted, sort = self.now(), {"url": "url", "cpcode": "host", "tag": "tag"}[kind]
        reached: dict[str, None] = {}
        for city, cache in self.edges.items():
            reached |= dict.fromkeys(cache.reached(sort, values))
            cache.purge_at(accepted + self.pace.api + self.pace.cities[city], sort, values, soft)
        return tuple(reached)

    def _accepted(self, deed: str, kind: str) -> Reply:
        told = _id(deed[0], kind)
        doc = {"httpStatus": 201, "detail": "Request accepted", "estimatedSeconds": ESTIMATE}
        return _reply(201, {**doc, "purgeId": told, "supportId": told}, self._rates(kind))


def _both(rest: str) -> tuple[str, str]:
    """One URL over either scheme: Akamai keeps one copy of both."""
    return f"http://{rest}", f"https://{rest}"


def _id(deed: str, kind: str) -> str:
    return f"e{deed}{kind[0]}p-{secrets.token_urlsafe(16)[:22]}"


def _reply(status: int, doc: Mapping[str, object], headers: Mapping[str, str]) -> Reply:
    return Reply(status, {**_JSON, **headers}, json.dumps(doc).encode())


def _problem(exc: Problem) -> Reply:
    told = _id("e", "r")
    about = {"httpStatus": exc.status, "title": exc.title, "detail": exc.detail, "supportId": told}
    doc = {**about, "describedBy": "https://problems.purge.akamaiapis.net/-/ccu", **exc.more}
    return _reply(exc.status, doc, {"content-type": "application/api-problem+json", **exc.headers})


def _denied(exc: Denied, now: float) -> Reply:
    date = formatdate(now, usegmt=True)
    return _reply(exc.status, exc.doc, {"content-type": "application/problem+json", "date": date})


async def _arrived(scope: Scope, receive: Receive) -> Arrived:
    """The request with its body, cut one byte above what is hashed at most."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    path = scope["raw_path"].decode("latin-1").removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1")
    body, more = b"", True
    while more:
        message = await receive()
        body += bytes(message.get("body", b""))[: HASHED_MAX + 1 - len(body)]
        more = bool(message.get("more_body"))
    whole = f"{path}?{query}" if query else path
    return Arrived(scope["method"], headers.get(b"host", ""), whole, headers.get(b"authorization", ""), body)


def _content_type(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-type"), "")


def _faulty(fault: str, arrived: Arrived, now: float) -> Reply | None:
    match fault:
        case "throttle":
            about = {"rateLimit": 100, "rateLimitCurrentRequestSize": 1, "rateLimitRemaining": 0}
            again = {"retry-after": str(THROTTLE_SECONDS)}
            return _problem(Problem(429, "Rate Limit exceeded", "", about, again))
        case "error500":
            more = "If problem persists over multiple requests, please contact Customer Care"
            return _problem(Problem(500, "internal error", more))
        case "bad_token":
            return _denied(Denied(401, "Not authorized", "Inactive client token", "deny", arrived), now)
        case "forbidden":
            return _problem(Problem(403, "unauthorized arl", f"http://{arrived.host}/"))
        case "html":
            return Reply(200, {"content-type": "text/html"}, b"<html><h1>Just a moment</h1></html>")
        case _:
            return None
