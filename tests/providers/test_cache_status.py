"""Cache-Status (RFC 9211) read strictly, and only where the provider's own header says nothing."""

from __future__ import annotations

import pytest

from providers.cache_status import read, told
from providers.contract import Cached, Sighting

READ = {
    "a hit": ("ExampleCache; hit", Sighting(Cached.HIT, "hit")),
    "a hit with seconds left": ("ExampleCache; hit; ttl=376", Sighting(Cached.HIT, "hit; ttl=376")),
    "a stale hit": ("ExampleCache; hit; ttl=-412", Sighting(Cached.STALE, "hit; ttl=-412")),
    "fetched": ("ExampleCache; fwd=uri-miss; stored", Sighting(Cached.MISS, "fwd=uri-miss; stored")),
    "collapsed": ("ExampleCache; fwd=uri-miss; collapsed", Sighting(Cached.MISS, "fwd=uri-miss; collapsed")),
    "another variant": ("ExampleCache; fwd=vary-miss", Sighting(Cached.MISS, "fwd=vary-miss")),
    "asked for anew": ("ExampleCache; fwd=request", Sighting(Cached.MISS, "fwd=request")),
    "expired": ("ExampleCache; fwd=stale; fwd-status=200", Sighting(Cached.EXPIRED, "fwd=stale; fwd-status=200")),
    "unchanged": ("ExampleCache; fwd=stale; fwd-status=304", Sighting(Cached.REVALIDATED, "fwd=stale; fwd-status=304")),
    "never kept": ("ExampleCache; fwd=bypass", Sighting(Cached.UNCACHED, "fwd=bypass")),
    "nearest last": ("OriginCache; hit; ttl=1100, CDN; fwd=uri-miss", Sighting(Cached.MISS, "fwd=uri-miss")),
    "Netlify": (
        '"Next.js"; hit, "Netlify Durable"; fwd=miss; stored, "Netlify Edge"; hit', Sighting(Cached.HIT, "hit")
    ),
    "a comma and a quote in a name": (r'a; hit, "b\", c; hit"; fwd=miss', Sighting(Cached.MISS, "fwd=miss")),
    "a key with a semicolon": ('a; key="x; hit"; fwd=miss', Sighting(Cached.MISS, 'key="x; hit"; fwd=miss')),
    "the last of two counts": ("a; fwd=miss; fwd=bypass", Sighting(Cached.UNCACHED, "fwd=miss; fwd=bypass")),
    "a name alone": ("a", Sighting()),
    "nothing": ("", Sighting()),
    "hit and forwarded contradict": ("a; hit; fwd=miss", Sighting(Cached.UNKNOWN, "hit; fwd=miss")),
    "a hit that is no boolean": ("a; hit=1", Sighting(Cached.UNKNOWN, "hit=1")),
    "not a hit": ("a; hit=?0", Sighting(Cached.UNKNOWN, "hit=?0")),
    "an unknown way": ("a; fwd=teleport", Sighting(Cached.UNKNOWN, "fwd=teleport")),
    "a comma at the end": ("a; hit,", Sighting()),
    "not separated": ("a hit", Sighting()),
    "capitals are no key": ("a; HIT", Sighting()),
    "a string that does not end": ('a; hit, "b; hit', Sighting()),
    "a broken member spoils the list": ("a; =, b; hit", Sighting()),
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), READ.values(), ids=READ)
def test_cache_status_says(value: str, expected: Sighting) -> None:
    assert expected == read(value)


HEADERS = {"cache-status": "cdn; hit"}
TOLD = {
    "the provider's own word goes first": (Sighting(Cached.MISS, "MISS"), HEADERS, Sighting(Cached.MISS, "MISS")),
    "so does a word that it does not know": (Sighting(says="NONE"), HEADERS, Sighting(says="NONE")),
    "else the standard": (Sighting(place="FRA"), HEADERS, Sighting(Cached.HIT, "hit", "FRA")),
    "or nothing": (Sighting(), {}, Sighting()),
}


@pytest.mark.parametrize(("own", "headers", "expected"), TOLD.values(), ids=TOLD)
def test_the_standard_header_speaks_where_the_provider_is_silent(
    own: Sighting, headers: dict[str, str], expected: Sighting
) -> None:
    assert expected == told(own, headers)
