"""Bunny's purge API as far as purgebot meets it: the key, both calls, wildcards, both buckets, error bodies.

Paths, limits and wildcards are those of Bunny's documentation, read on 2026-11-23: https://docs.bunny.net/cdn/purge-cache
and https://docs.bunny.net/docs/cdn-api-purge-rate-limits. Words of error bodies that it publishes nowhere are ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from playground.clouds.buckets import Bucket, Buckets
from playground.clouds.desk import JSON, Desk, Done, Refusals, Refused, Request, said
from playground.faults import THROTTLE_SECONDS
from playground.http import Reply

ACCOUNT = "bunny"
BODY_MAX = 64 * 1024  # bytes; ours
BUDGETS = {"exact": Bucket(120, 5), "prefix": Bucket(20, 0.5)}
_ZONE_PATH = re.compile(r"/pullzone/([^/]*)(/purgeCache)?")
_URL = re.compile(r"https?://([^/?#:]+)(?::[0-9]+)?(/[^#]*)", re.IGNORECASE)
_NO_KEY = said(401, {"Message": "Authorization has been denied for this request."})


# not documented: our wording, of every ErrorKey and Message here; that a 429 says when to retry is Bunny's
class Rejected(Refused):
    """An answer that is not a success."""

    def __init__(self, status: int, key: str, field: str, message: str, wait: float = 0.0) -> None:
        body = {"ErrorKey": key, "Field": field, "Message": message}
        super().__init__(said(status, body, {"retry-after": str(math.ceil(wait))} if wait else {}))


@dataclass(kw_only=True)
class Bunny(Desk):
    """One account with one pull zone, whose edges are empty before it answers."""

    account: str = ACCOUNT
    key: str
    zone: int
    hosts: frozenset[str]
    buckets: Buckets
    name: str = "shop"
    perma_cache: bool = False

    keeps = BODY_MAX

    async def reply(self, request: Request, ahead: float) -> Done:
        """One API request's answer."""
        if request.headers.get("accesskey", "") != self.key:
            return _NO_KEY, ()
        method, path = request.method, request.path
        if path == "/purge":
            if method != "POST":
                raise Rejected(405, "method_not_allowed", "", "The requested resource does not support this method.")
            return Reply(200), self._by_url(request.query)
        found = _ZONE_PATH.fullmatch(path)
        if found is None or method != ("POST" if found[2] else "GET"):
            raise Rejected(404, "not_found", "", "No HTTP resource was found that matches the request.")
        if found[1] != str(self.zone):
            raise Rejected(404, "pullZone.not_found", "Id", "The requested Pull Zone was not found.")
        if not found[2]:
            return said(200, {"Id": self.zone, "Name": self.name}), ()
        tag = _tag(request)
        if tag and self.perma_cache:
            raise Rejected(400, "validation_error", "CacheTag", "Tags cannot be purged with Perma-Cache.")
        self._take("prefix")
        return Reply(204), self._gone(self._tagged(tag) if tag else lambda url: True)

    def refusals(self, request: Request) -> Refusals:
        """The same words for both faults of the key."""
        again = {**JSON, "retry-after": str(THROTTLE_SECONDS)}
        return Refusals(
            throttle=Reply(429, again, b'{"Message":"Too many requests."}'),
            bad_token=_NO_KEY,
            forbidden=Reply(403, JSON, _NO_KEY.body),
        )

    def _by_url(self, query: str) -> tuple[str, ...]:
        given = parse_qs(query, keep_blank_values=True, errors="surrogateescape")
        found = _URL.fullmatch(given.get("url", [""])[0])
        if found is None or len(given["url"]) != 1:
            raise Rejected(400, "validation_error", "url", "The URL is invalid.")
        host, rest = found[1].lower(), found[2]
        if host not in self.hosts:
            raise Rejected(400, "validation_error", "url", "The hostname is not of this account.")
        path = rest.partition("?")[0]
        self._take("prefix" if "*" in rest or path.endswith("/") else "exact")
        matching = wildcard(host + rest, given.get("exactPath", ["false"])[0] == "true")
        return self._gone(lambda url: matching.fullmatch(url.partition("://")[2]) is not None)

    def _tagged(self, tag: str) -> Callable[[str], bool]:
        urls = {url for cache in self.edges.values() for url in cache.reached("tag", [tag])}
        return lambda url: url in urls

    def _gone(self, matching: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(url for cache in self.edges.values() for url in cache.forget(matching)))

    def _take(self, bucket: str) -> None:
        if wait := self.buckets.take(bucket, 1):
            raise Rejected(429, "rate_limited", "", f"Too many {bucket} purges. Retry later.", wait)


def wildcard(address: str, exact: bool) -> re.Pattern[str]:
    """What `host/path` names: itself where `exact`, else what is below a last slash, and what a star stands for."""
    if exact:
        return re.compile(re.escape(address), re.DOTALL)
    parts = [re.escape(part) for part in address.split("*")]
    return re.compile(".*".join(parts) + (".*" if address.endswith("/") else ""), re.DOTALL)


def _tag(request: Request) -> str:
    """The tag that a body names; "" where there is no body."""
    if not request.body.strip():
        return ""
    try:
        doc = json.loads(request.body)
    except ValueError:
        raise Rejected(400, "validation_error", "", "The request is invalid.") from None
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Rejected(415, "unsupported_media_type", "", "The request entity's media type is not supported.")
    tag = doc.get("CacheTag", "") if isinstance(doc, dict) else None
    if not isinstance(tag, str) or len(tag.encode()) > 1024:
        raise Rejected(400, "validation_error", "CacheTag", "The tag is invalid.")
    return tag
