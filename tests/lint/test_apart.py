"""What lines to copy tell the cache in front: by the header that it obeys, and nothing where it keeps nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.caches import ANY, CACHES, Cache
from bot.domain.answers.caching import lifetime_shared
from bot.domain.lint.finding import Cure, Finding
from bot.domain.lint.landings import merged
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from providers.contract import Cached
from tests.lint.pages import NOW, PAGE, SCRIPT, answer, made

HIT = Cached.HIT
STALE = "max-age=0, s-maxage=600, stale-while-revalidate=60"
OF_CDN = "max-age=600, stale-while-revalidate=60"
TO_COPY = {
    "cloudflare": ("no-cache", "Cloudflare-CDN-Cache-Control"),
    "fastly": ("no-cache", "Surrogate-Control"),
    "vercel": ("no-cache", "Vercel-CDN-Cache-Control"),
    "netlify": ("no-cache", "Netlify-CDN-Cache-Control"),
    **dict.fromkeys(
        ("cloudfront", "akamai", "googlecdn", "bunny", "azure", "varnish", "nginx"), ("max-age=0, s-maxage=600", "")
    ),
}


def hit(control: str, cache: Cache = ANY, path: str = "/", **more: str) -> Served:
    return made(path, PAGE if path == "/" else SCRIPT, control, more, cache=cache, cached=HIT)


def found(served: Served, rule: str) -> Finding:
    return next(finding for finding in lint(served) if finding.rule == rule)


def said(finding: Finding) -> dict[str, str]:
    return dict(finding.cure.sets)


def obeyed(cure: Cure, cache: Cache) -> int | None:
    """Seconds for which that cache keeps what is mended so."""
    return lifetime_shared({name.lower(): value for name, value in cure.sets}, NOW, cache).seconds


@pytest.mark.parametrize("cache", CACHES)
def test_browsers_ask_each_time_and_the_cache_in_front_is_told_in_its_own_way(cache: str) -> None:
    control, field = TO_COPY[cache]
    own = {field: "max-age=600"} if field else {}
    assert {"Cache-Control": control} | own == said(found(hit("max-age=600", CACHES[cache]), "CC02"))


@pytest.mark.parametrize("rule", ["CC02", "CC06"])
@pytest.mark.parametrize("cache", [*CACHES.values(), ANY], ids=[*CACHES, "any"])
def test_the_cache_in_front_keeps_it_for_as_long_as_before(cache: Cache, rule: str) -> None:
    control = "max-age=600" if rule == "CC02" else STALE
    assert 600 == obeyed(found(hit(control, cache), rule).cure, cache)


WITH_A_CACHE_IN_FRONT = {
    "a page": hit("max-age=600", CACHES["fastly"]),
    "a file": hit("max-age=604800", CACHES["fastly"], "/app.js"),
    "a worker": hit("max-age=604800", CACHES["fastly"], "/sw.js"),
    "a default": hit("", CACHES["fastly"]),
}


@pytest.mark.parametrize(
    ("case", "seconds"), [("a page", 600), ("a file", 604_800), ("a worker", 604_800), ("a default", 3600)]
)
def test_whatever_browsers_shall_ask_for_each_time_stays_at_the_edge(case: str, seconds: int) -> None:
    first = lint(WITH_A_CACHE_IN_FRONT[case])[0]
    assert {"Cache-Control": "no-cache", "Surrogate-Control": f"max-age={seconds}"} == said(first)
    assert first.is_for_edge_too


def test_a_cdn_with_a_field_of_its_own_is_told_of_in_a_sentence() -> None:
    assert (
        "After your next deploy visitors may see the old page for up to 10 min; a purge cannot reach browsers. With"
        " no-cache alone Fastly would keep it no more, and every visit would come to the server; with"
        " Surrogate-Control: max-age=600 it still keeps it for 10 min, where a purge reaches it."
        == found(hit("max-age=600", CACHES["fastly"]), "CC02").causes
    )


def test_a_cdn_without_one_is_told_by_s_maxage() -> None:
    assert (
        "After your next deploy visitors may see the old page for up to 10 min; a purge cannot reach browsers. With"
        " no-cache alone CloudFront would keep it no more, and every visit would come to the server; with"
        " Cache-Control: max-age=0, s-maxage=600 it still keeps it for 10 min, where a purge reaches it."
        == found(hit("max-age=600", CACHES["cloudfront"]), "CC02").causes
    )


def test_a_cdn_that_is_told_already_needs_no_line() -> None:
    served = hit("max-age=600", CACHES["cloudflare"], cdn_cache_control="max-age=86400")
    finding = found(served, "CC02")
    assert {"Cache-Control": "no-cache"} == said(finding)
    assert finding.causes.endswith(
        "By its own CDN-Cache-Control Cloudflare still keeps it for 24 h, where a purge reaches it."
    )


def test_caches_further_in_that_read_otherwise_keep_it_too() -> None:
    chain = replace(hit("max-age=600", CACHES["cloudflare"]), further_in=(CACHES["varnish"],))
    cure = found(chain, "CC02").cure
    assert {"Cache-Control": "max-age=0, s-maxage=600", "Cloudflare-CDN-Cache-Control": "max-age=600"} == dict(
        cure.sets
    )
    assert [600, 600] == [obeyed(cure, CACHES[name]) for name in ("cloudflare", "varnish")]


NOBODY_KEEPS = {
    "nothing tells of a cache": made("/", PAGE, "max-age=600", {}, cache=CACHES["fastly"]),
    "the edge passes it on": made("/", PAGE, "max-age=600", {}, cache=CACHES["fastly"], cached=Cached.UNCACHED),
    "it sets a cookie": hit("max-age=600", CACHES["fastly"], set_cookie="sid=1"),
    "it differs by cookie": hit("max-age=600", CACHES["fastly"], vary="Cookie"),
    "somebody has signed in": replace(
        hit("max-age=600", CACHES["fastly"]),
        answer=replace(hit("max-age=600").answer, asked=(("Authorization", "Basic x"),)),
    ),
    "shared caches may not": hit("private, max-age=600", CACHES["fastly"]),
}


@pytest.mark.parametrize("case", NOBODY_KEEPS)
def test_no_cache_is_told_to_keep_what_it_does_not_or_what_may_be_one_visitors(case: str) -> None:
    finding = found(NOBODY_KEEPS[case], "CC02")
    assert ({"Cache-Control": "no-cache"}, False) == (said(finding), finding.is_for_edge_too)


def test_what_the_edge_says_by_itself_is_not_mended_at_the_server() -> None:
    served = replace(
        hit("max-age=14400", CACHES["cloudflare"]),
        origins=(answer("/", PAGE | {"cache-control": "max-age=0, s-maxage=600"}),),
    )
    finding = found(served, "CC02")
    assert "With no-cache" not in finding.causes
    assert not finding.is_for_edge_too


STALE_TO_COPY = {
    "cloudflare": {"Cache-Control": "max-age=0", "Cloudflare-CDN-Cache-Control": OF_CDN},
    "fastly": {"Cache-Control": "max-age=0", "Surrogate-Control": OF_CDN},
    "cloudfront": {"Cache-Control": "max-age=0, s-maxage=600"},
    "akamai": {"Cache-Control": "max-age=0, s-maxage=600"},
    "varnish": {"Cache-Control": "max-age=0, s-maxage=600"},
    "nginx": {"Cache-Control": "max-age=0, s-maxage=600"},
}


@pytest.mark.parametrize("cache", STALE_TO_COPY)
def test_what_may_be_served_beyond_its_end_is_said_where_it_is_obeyed(cache: str) -> None:
    assert STALE_TO_COPY[cache] == said(found(hit(STALE, CACHES[cache]), "CC06"))


def test_a_cdn_that_has_no_field_for_it_is_to_be_set() -> None:
    assert found(hit(STALE, CACHES["cloudfront"]), "CC06").causes.endswith(
        " CloudFront obeys no field of its own in which both could stand: leave stale-while-revalidate out, and set in"
        " CloudFront for how long it may serve what is over."
    )


def test_nothing_goes_to_everybody_where_another_rule_keeps_it_to_one_visitor() -> None:
    long, alone = found(hit("max-age=600", CACHES["fastly"]), "CC02").cure, Cure((("Cache-Control", "private"),))
    assert (("Cache-Control", "private, no-cache"),) == merged([long, alone]).sets
