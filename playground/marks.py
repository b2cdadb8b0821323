"""What a pretend edge writes on its answers, in the words of the provider that it stands for."""

from __future__ import annotations

import secrets
from collections.abc import Callable

Marks = Callable[[str, str, int | None], dict[str, str]]  # city, what the cache did, age


def cloudflare(city: str, says: str, age: int | None) -> dict[str, str]:
    """CF-Cache-Status, and the city at the end of CF-Ray."""
    marks = {"cf-ray": f"{secrets.token_hex(8)}-{city.upper()}", "server": "cloudflare"}
    return marks | ({"cf-cache-status": says} if says else {}) | _age(age)


def cloudfront(city: str, says: str, age: int | None) -> dict[str, str]:
    """X-Cache in words, and the point of presence."""
    words = {"HIT": "Hit", "MISS": "Miss", "EXPIRED": "Miss", "REVALIDATED": "RefreshHit", "STALE": "Hit"}
    marks = {"x-cache": f"{words.get(says, 'Error')} from cloudfront", "x-amz-cf-pop": f"{city.upper()}56-P1"}
    return {**marks, "via": "1.1 playground.cloudfront.net (CloudFront)", **_age(age)}


def akamai(city: str, says: str, age: int | None) -> dict[str, str]:
    """X-Cache as debug headers show it."""
    words = {"HIT": "TCP_HIT", "MISS": "TCP_MISS", "EXPIRED": "TCP_EXPIRED_MISS", "REVALIDATED": "TCP_REFRESH_HIT",
             "STALE": "TCP_REFRESH_FAIL_HIT"}  # fmt: skip
    machine = f"{words.get(says, 'TCP_DENIED')} from a-{city}.deploy.akamaitechnologies.com (AkamaiGHost/22.0)"
    return {"x-cache": machine, **_age(age)}


def another(says: str, age: int | None) -> dict[str, str]:
    """What a CDN that stands before this one writes over its answers: Imperva's."""
    return {"x-cdn": "Imperva", "x-iinfo": f"7-1-2 {says}", **_age(age)}


def _age(age: int | None) -> dict[str, str]:
    return {} if age is None else {"age": str(age)}
