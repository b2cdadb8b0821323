"""Akamai's Fast Purge as far as purgebot meets it: signatures, validation, rights, budgets, and what they answer.

Paths, bodies and limits are those of Akamai's API description and pages, read on 2026-11-23:
https://techdocs.akamai.com/purge-cache/reference/api and .../reference/rate-limiting. Words that it publishes nowhere
are marked in akamai_bodies.py; the Retry-After of the fault `throttle` is ours too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate

from playground.clouds.akamai_bodies import NO_SUCH_METHOD, NO_SUCH_PATH, UNAUTHORIZED, Problem, new_id, read
from playground.clouds.akamai_gate import HASHED_MAX, Arrived, Denied, Gate
from playground.clouds.buckets import TOLERANCE, Bucket, Buckets
from playground.clouds.desk import Desk, Done, Refusals, Request, said
from playground.faults import THROTTLE_SECONDS
from playground.http import Reply

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


@dataclass(kw_only=True)
class Akamai(Desk):
    """One account. `cpcodes` says which hosts each CP code holds; `edges` are its production, really emptied."""

    account: str = ACCOUNT
    gate: Gate
    cpcodes: Mapping[int, frozenset[str]]
    buckets: Buckets

    keeps = HASHED_MAX + 1

    def shown(self, request: Request) -> tuple[str, str, str]:
        """The path as it was signed."""
        return request.target, request.text, ""

    def refusals(self, request: Request) -> Refusals:
        """Those of the gateway have a shape of their own."""
        about = {"rateLimit": 100, "rateLimitCurrentRequestSize": 1, "rateLimitRemaining": 0}
        again = {"retry-after": str(THROTTLE_SECONDS)}
        more = "If problem persists over multiple requests, please contact Customer Care"
        inactive = Denied(401, "Not authorized", "Inactive client token", "deny", _arrived(request))
        return Refusals(
            throttle=Problem(429, "Rate Limit exceeded", "", about, again).reply,
            error500=Problem(500, "internal error", more).reply,
            bad_token=_denied(inactive, self.now()),
            forbidden=_forbidden(request).reply,
        )

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        try:
            client = self.gate.admit(_arrived(request), ahead)
        except Denied as exc:
            return _denied(exc, self.now() + ahead), ()
        path = request.target.partition("?")[0]
        purge, status = _PURGE.fullmatch(path), _STATUS.fullmatch(path)
        if purge is None and status is None:
            raise Problem(404, NO_SUCH_PATH)
        if request.method != "POST":
            raise Problem(405, NO_SUCH_METHOD)
        if not client.purging:
            raise Problem(400, "Invalid endpoint")
        if purge is None:
            kind = status[1] if status else "url"
            return said(201, {"httpStatus": 201, "detail": "", "supportId": new_id("rl", kind)}, self._rates(kind)), ()
        deed, kind, network = purge.groups()
        objects = read(kind, request.headers.get("content-type", ""), request.body)
        reached = self._permitted(kind, objects)
        self._take(kind, len(objects))
        sort = {"url": "url", "cpcode": "host", "tag": "tag"}[kind]
        urls = self.purge(sort, reached, soft=deed == "invalidate") if network != "staging" else ()
        return self._accepted(deed, kind), urls

    def _permitted(self, kind: str, objects: Sequence[str]) -> tuple[str, ...]:
        """What `objects` are in these caches; all of them, or none."""
        match kind:
            case "url":
                return tuple(url for one in objects for url in _both(self._own(one)))
            case "cpcode":
                foreign = [code for code in objects if int(code) not in self.cpcodes]
                if foreign:
                    raise Problem(403, UNAUTHORIZED["cpcode"], foreign[0])
                return tuple(host for code in objects for host in sorted(self.cpcodes[int(code)]))
            case _:
                return tuple(objects)

    def _own(self, url: str) -> str:
        found = _URL.fullmatch(url)
        if found is not None and not _HOST.fullmatch(found[1]):
            raise Problem(400, "bad URL hostname", "Invalid or malformed hostname")
        if found is None or found[1].lower() not in frozenset().union(*self.cpcodes.values()):
            raise Problem(403, UNAUTHORIZED["url"], url)
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

    def _accepted(self, deed: str, kind: str) -> Reply:
        told = new_id(deed[0], kind)
        doc = {"httpStatus": 201, "detail": "Request accepted", "estimatedSeconds": ESTIMATE}
        return said(201, {**doc, "purgeId": told, "supportId": told}, self._rates(kind))


def _both(rest: str) -> tuple[str, str]:
    """One URL over either scheme: Akamai keeps one copy of both."""
    return f"http://{rest}", f"https://{rest}"


def _forbidden(request: Request) -> Problem:
    """As the purge service says it: of the first object that was asked for."""
    found = _PURGE.fullmatch(request.target.partition("?")[0])
    kind = found[2] if found else "url"
    try:
        named = read(kind, request.headers.get("content-type", ""), request.body)[0]
    except Problem:
        named = ""
    return Problem(403, UNAUTHORIZED[kind], named)


def _denied(exc: Denied, now: float) -> Reply:
    date = formatdate(now, usegmt=True)
    return said(exc.status, exc.doc, {"content-type": "application/problem+json", "date": date})


def _arrived(request: Request) -> Arrived:
    headers = request.headers
    return Arrived(
        request.method, headers.get("host", ""), request.target, headers.get("authorization", ""), request.body
    )
