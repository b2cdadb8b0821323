"""The keys with which issuers sign tokens: fetched from the issuer alone, kept for an hour, and not fetched often."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import jwt
import structlog

from bot.edge.bodies import whole_body
from bot.edge.looker import AGENT, trusted
from bot.edge.mishaps import Unusable, problem

log = structlog.get_logger()
PATH = "/.well-known/jwks"  # what GitHub's discovery document names, on github.com and on Enterprise Server
FRESH_SECONDS = 3600.0  # then keys are fetched again, so that one that was withdrawn does not count for long
STALE_SECONDS = 86400.0  # for so long they count while the issuer does not answer
AGAIN_SECONDS = 60.0  # between two fetches from one issuer, whichever keys are asked for
FAILED_SECONDS = 5.0  # the same after one that brought nothing
CALL_SECONDS = 5.0
ANSWER_MAX = 256_000  # bytes; GitHub's answer has about 10,000
KEYS_MAX = 50
BITS_LEAST = 2048


class NoKey(Exception):
    """There is no such key; the text says why, for the log."""


@dataclass(slots=True)
class _Kept:
    """An issuer's keys by their ids, and when they were fetched and asked for; in seconds since the epoch."""

    keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict)
    fetched: float | None = None
    tried: float | None = None
    trouble: str = ""
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)


class IssuerKeys:
    """The keys of every issuer that is asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._client: httpx.AsyncClient | None = None

    async def key(self, issuer: str, id: str, now: float) -> jwt.PyJWK:
        """The key `id` of a configured issuer, at `now` in seconds since the epoch. Raises NoKey."""
        kept = self._kept.setdefault(issuer, _Kept())
        if id not in kept.keys or _age(kept.fetched, now) >= FRESH_SECONDS:
            async with kept.alone:
                if _age(kept.tried, now) >= (FAILED_SECONDS if kept.trouble else AGAIN_SECONDS):
                    kept.tried = now
                    await self._fetch(issuer, kept, now)
        if not kept.keys or _age(kept.fetched, now) >= STALE_SECONDS:
            raise NoKey(f"the keys of {issuer} are not known: {kept.trouble}")
        if id not in kept.keys:
            raise NoKey(f"{issuer} has no key {id[:60]!r}")
        return kept.keys[id]

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _fetch(self, issuer: str, kept: _Kept, now: float) -> None:
        """Learn the keys; where that does not succeed, those that are known stay."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                kept.keys, kept.fetched, kept.trouble = read_keys(await self._body(issuer + PATH)), now, ""
        except (httpx.HTTPError, httpx.InvalidURL, Unusable, OSError) as exc:
            kept.trouble = problem(exc)
            log.warning("issuer_keys_unread", issuer=issuer, why=kept.trouble)

    async def _body(self, url: str) -> bytes:
        if self._client is None:
            headers = {"User-Agent": AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
            self._client = httpx.AsyncClient(headers=headers, trust_env=False, verify=trusted())
        async with self._client.stream("GET", url, timeout=CALL_SECONDS) as response:
            if response.status_code != 200:
                raise Unusable(f"it answered {response.status_code}")
            return await whole_body(response, ANSWER_MAX)


def read_keys(body: bytes) -> Mapping[str, jwt.PyJWK]:
    """The RSA keys of a JWK Set that are for signatures, by id; others are left out. Raises Unusable."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Unusable("its answer is not JSON") from None
    listed = said.get("keys") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise Unusable("its answer is no set of keys")
    found = {str(one["kid"]): key for one in listed[:KEYS_MAX] if (key := _key(one)) is not None}
    if not found:
        raise Unusable("its answer holds no key that can be used")
    return found


def _key(said: object) -> jwt.PyJWK | None:
    """One key, if it is of the sort that counts."""
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("kid", "n", "e")):
        return None
    sort = (said.get("kty"), said.get("use", "sig"), said.get("alg", "RS256"))
    if sort != ("RSA", "sig", "RS256") or "d" in said:
        return None
    try:
        key = jwt.PyJWK({name: said[name] for name in ("kty", "n", "e")}, algorithm="RS256")
    except Exception:  # whatever a library says of numbers that make no key
        return None
    return key if key.key.key_size >= BITS_LEAST else None


def _age(at: float | None, now: float) -> float:
    """Seconds since; without end where it never was. A clock that was set back makes it old."""
    return float("inf") if at is None or at > now else now - at
