"""A purge is not offered of what it would leave old; and offered wherever it may help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.in_vain import Layers, in_vain
from bot.domain.proof.look import ORIGIN, Look
from providers.contract import Cached

URL = "https://www.shop.test/a"
OLD = Look("fra", URL, 0.0, 200, etag='"a1"', through=("cloudflare",), cached=Cached.HIT)
NEW = Look(ORIGIN, URL, 0.0, 200, etag='"b7"')
DYNAMIC = replace(OLD, cached=Cached.UNCACHED)
MISSED = replace(OLD, cached=Cached.MISS, cached_next=Cached.MISS, answers=2)
LOOP, HTTP = replace(OLD, status=301, leads_to=URL), "http://www.shop.test/a"
ALONE = Layers(("cloudflare",), ("fra", "iad"), is_new_inside=True)
BEFORE_A_SHIELD = replace(ALONE, providers=("cloudflare", "varnish"), is_new_inside=False)

KEPT = "no cache of the site keeps it at the edge"
SEEN = {
    "a copy": ([OLD], ALONE, NEW, ""),
    "never kept": ([DYNAMIC], ALONE, NEW, KEPT),
    "fetched both times": ([MISSED], ALONE, NEW, KEPT),
    "fetched, and kept then": ([replace(MISSED, cached_next=Cached.HIT)], ALONE, NEW, ""),
    "fetched once": ([replace(MISSED, answers=1, cached_next=Cached.UNKNOWN)], ALONE, NEW, ""),
    "asked whether it changed": ([replace(MISSED, cached=Cached.REVALIDATED)], ALONE, NEW, ""),
    "a copy at one of two places": ([DYNAMIC, replace(OLD, place="iad")], ALONE, NEW, ""),
    "never kept at the edge, and perhaps further in": ([DYNAMIC], BEFORE_A_SHIELD, NEW, ""),
    "never kept, and new further in": ([DYNAMIC], replace(BEFORE_A_SHIELD, is_new_inside=True), NEW, KEPT),
    "another CDN": ([replace(OLD, through=("fastly",))], ALONE, NEW, "through Fastly, which is no layer of the site"),
    "another CDN before ours, which kept nothing": (
        [replace(MISSED, through=("imperva", "cloudflare"))],
        ALONE,
        NEW,
        "through Imperva's firewall",
    ),
    "another CDN before ours": ([replace(OLD, through=("fastly", "cloudflare"))], ALONE, NEW, ""),
    "another CDN before the origin": (
        [replace(OLD, through=("fastly",))],
        replace(ALONE, providers=("akamai",)),
        replace(NEW, through=("fastly",)),
        "",
    ),
    "another CDN at one of two places": ([OLD, replace(OLD, place="iad", through=("fastly",))], ALONE, NEW, ""),
    "no mark of ours": ([replace(OLD, through=())], ALONE, NEW, "no mark of Cloudflare"),
    "no mark of one that may leave none": ([replace(OLD, through=())], replace(ALONE, providers=("akamai",)), NEW, ""),
    "an error without a mark": ([replace(OLD, through=(), status=502)], ALONE, NEW, ""),
    "any CDN": ([replace(OLD, through=("fastly",))], replace(ALONE, providers=("http",)), NEW, ""),
    "no layer": ([replace(OLD, through=("fastly",))], replace(ALONE, providers=()), NEW, ""),
    "told by the provider": ([replace(DYNAMIC, place="Fastly FRA")], ALONE, NEW, ""),
    "a page that leads to itself": ([LOOP], ALONE, NEW, "a purge brings the same again"),
    "an http page that leads to itself": ([replace(LOOP, url=HTTP, leads_to=HTTP)], ALONE, NEW, ""),
    "a page that leads to itself at one of two places": ([LOOP, replace(OLD, place="iad")], ALONE, NEW, ""),
    "nothing old": ([], ALONE, NEW, ""),
}


@pytest.mark.parametrize(("old", "layers", "origin", "expected"), SEEN.values(), ids=SEEN)
def test_why_a_purge_changes_nothing(old: list[Look], layers: Layers, origin: Look, expected: str) -> None:
    told = in_vain(old, [*old, origin], layers)
    assert (bool(expected), True) == (bool(told), expected in told)
