"""Which caches are recognised from the headers that they really write, and from those of whoever lies."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.answers.recognise import MEMBERS_MAX, recognise
from providers import PROVIDERS

URL = "https://www.shop.test/"
Headers = Mapping[str, str]

CLOUDFLARE = {"server": "cloudflare", "cf-ray": "8f3a5c2d1b0e4f67-FRA", "cf-cache-status": "HIT", "age": "112"}
CLOUDFRONT = {
    "x-cache": "Hit from cloudfront",
    "via": "1.1 3f9a0d1c2b7e.cloudfront.net (CloudFront)",
    "x-amz-cf-pop": "FRA56-P4",
    "x-amz-cf-id": "q1W2e3R4t5Y6u7I8o9P0aSdFgHjKlZxCvBnM==",
    "age": "31",
}
FASTLY = {
    "via": "1.1 varnish, 1.1 varnish",
    "x-served-by": "cache-ams2100124-AMS, cache-fra-eddf8230029-FRA",
    "x-cache": "MISS, HIT",
    "x-cache-hits": "0, 1",
    "x-timer": "S1764144000.123456,VS0,VE1",
}
AKAMAI = {"akamai-grn": "0.6c4e1702.1764144000.2f1a3b4c", "server-timing": "cdn-cache; desc=HIT"}
AKAMAI_DEBUG = {"x-cache": "TCP_MEM_HIT from a69-174-50-208.deploy.akamaitechnologies.com (AkamaiGHost/22.1.3)"}
GOOGLE = {"via": "1.1 google", "age": "7", "cache-control": "public, max-age=300"}
BUNNY = {"server": "BunnyCDN-DE1-1080", "cdn-pullzone": "123456", "cdn-cache": "HIT", "cdn-requestcountrycode": "DE"}
VARNISH = {"x-varnish": "98412 65538", "via": "1.1 cache1 (Varnish/7.1)", "age": "12", "x-cache": "HIT"}
OLD_VARNISH = {"x-varnish": "98412", "via": "1.1 varnish"}
NGINX = {"server": "nginx/1.22.1", "x-cache-status": "HIT"}
SQUID = {"via": "1.1 proxy1 (squid/5.7)", "x-cache": "HIT from proxy1", "x-cache-lookup": "HIT from proxy1:3128"}
ATS = {"via": "http/1.1 edge7 (ApacheTrafficServer/9.2.5 [cHs f ])", "server": "ATS/9.2.5"}
NOTHING = {"server": "nginx/1.22.1", "content-type": "text/html", "etag": '"v1"'}


def seen(headers: Headers, status: int = 200) -> Answer:
    return Answer(URL, "init", 0.0, status, tuple(headers.items()))


def told(headers: Headers, *names: str) -> list[tuple[str, str, str]]:
    """Who was recognised, innermost first: the name, the provider that purges it, how certain that is."""
    return [(one.who, one.provider, one.certainty.value) for one in recognise([seen(headers)], names)]


ONE = {
    "Cloudflare": (CLOUDFLARE, ("cloudflare", "cloudflare", "certain")),
    "CloudFront": (CLOUDFRONT, ("cloudfront", "cloudfront", "certain")),
    "Fastly, through a shield": (FASTLY, ("fastly", "fastly", "certain")),
    "Akamai": (AKAMAI, ("akamai", "akamai", "certain")),
    "Akamai, asked by Pragma": (AKAMAI_DEBUG, ("akamai", "akamai", "certain")),
    "Google Cloud CDN": (GOOGLE, ("googlecdn", "googlecdn", "likely")),
    "Bunny": (BUNNY, ("bunny", "bunny", "certain")),
    "Varnish": (VARNISH, ("varnish", "varnish", "certain")),
    "Varnish before 5": (OLD_VARNISH, ("varnish", "varnish", "certain")),
    "nginx that tells its cache": (NGINX, ("nginx", "nginx", "likely")),
    "Squid": (SQUID, ("squid", "http", "certain")),
    "Traffic Server": (ATS, ("trafficserver", "http", "certain")),
    "Azure Front Door": ({"x-azure-ref": "0abcD", "x-cache": "TCP_HIT"}, ("azure", "http", "certain")),
    "Vercel": (
        {"server": "Vercel", "x-vercel-id": "fra1::x-1", "x-vercel-cache": "HIT"},
        ("vercel", "http", "certain"),
    ),
    "Netlify": ({"x-nf-request-id": "01J", "cache-status": '"Netlify Edge"; hit'}, ("netlify", "http", "certain")),
    "a cache that tells its name": ({"cache-status": "tea-cache; hit; ttl=30"}, ("named", "http", "likely")),
    "only a HIT": ({"x-cache": "HIT", "server": "Apache"}, ("unnamed", "http", "likely")),
    "only an age": ({"age": "55"}, ("unnamed", "http", "likely")),
}


@pytest.mark.parametrize(("headers", "expected"), ONE.values(), ids=ONE)
def test_a_cache_is_known_by_what_it_writes(headers: Headers, expected: tuple[str, str, str]) -> None:
    assert [expected] == told(headers)


LIES = {
    "nginx as a server is no cache": (NOTHING, []),
    "a server name that anybody can write": ({"server": "cloudflare"}, [("cloudflare", "cloudflare", "likely")]),
    "a ray that is none": ({"cf-ray": "<script>", "server": "Apache"}, []),
    "a CDN named in another header": ({"x-powered-by": "CloudFront, Fastly and Akamai", "server": "x cloudflare"}, []),
    "Fastly's Via alone": ({"via": "1.1 varnish"}, [("fastly", "fastly", "likely")]),
    "a mark of Varnish that is no number": ({"x-varnish": "yes"}, []),
    "a Via of something else named google": ({"via": "1.1 google-proxy.shop.test"}, []),
    "x-cache-status in a word of its own": ({"x-cache-status": "warm"}, []),
    "a pull zone that is no number": ({"cdn-pullzone": "shop"}, []),
    "no header at all": ({}, []),
}


@pytest.mark.parametrize(("headers", "expected"), LIES.values(), ids=LIES)
def test_what_anybody_may_write_is_never_certain(headers: Headers, expected: list[tuple[str, str, str]]) -> None:
    assert expected == told(headers)


def _in_row(*sets: Headers) -> dict[str, str]:
    """Headers of caches in a row, innermost first: each adds its Via at the right, and the outer ones win."""
    via = ", ".join(one["via"] for one in sets if "via" in one)
    merged = {name: value for one in sets for name, value in one.items()}
    return merged | ({"via": via} if via else {})


IN_A_ROW = {
    "Varnish behind Cloudflare": (_in_row(VARNISH, CLOUDFLARE), (), ["varnish", "cloudflare"]),
    "Varnish behind Fastly": (_in_row(VARNISH, FASTLY), (), ["varnish", "fastly"]),
    "nginx and Varnish behind CloudFront": (
        _in_row(NGINX, VARNISH, CLOUDFRONT),
        (),
        ["nginx", "varnish", "cloudfront"],
    ),
    "Fastly behind CloudFront, by Via": (_in_row(FASTLY, CLOUDFRONT), (), ["fastly", "cloudfront"]),
    "CloudFront behind Fastly, by Via": (_in_row(CLOUDFRONT, FASTLY), (), ["cloudfront", "fastly"]),
    "CloudFront behind Cloudflare, which writes `server`": (
        _in_row(CLOUDFRONT, CLOUDFLARE),
        (),
        ["cloudfront", "cloudflare"],
    ),
    "two CDNs, the outer one by DNS": (
        _in_row(CLOUDFRONT, {"cf-ray": CLOUDFLARE["cf-ray"]}),
        ("d111.cloudfront.net",),
        ["cloudflare", "cloudfront"],
    ),
    "an inner cache that Cloudflare hides": ({**CLOUDFLARE, "x-cache": "HIT"}, (), ["unnamed", "cloudflare"]),
    "only DNS tells": (NOTHING, ("www.bank.test.edgekey.net", "e1234.a.akamaiedge.net"), ["akamai"]),
    "a name that only looks like a CDN's": (NOTHING, ("cloudfront.net.shop.test", "notfastly.net"), []),
}


@pytest.mark.parametrize(("headers", "names", "expected"), IN_A_ROW.values(), ids=IN_A_ROW)
def test_several_are_told_innermost_first(headers: Headers, names: tuple[str, ...], expected: list[str]) -> None:
    assert expected == [one.who for one in recognise([seen(headers)], names)]


def test_what_a_second_look_shows_counts_too() -> None:
    assert ["akamai"] == [one.who for one in recognise([seen(NOTHING), seen(AKAMAI_DEBUG)])]


def test_an_answer_that_went_wrong_shows_nothing() -> None:
    assert () == recognise([Answer(URL, "init", 0.0, headers=tuple(CLOUDFLARE.items()), problem="no answer")])


def test_each_is_told_in_a_line_with_what_shows_it_and_what_speaks_against_it() -> None:
    lines = [one.told for headers in (CLOUDFLARE, {"server": "cloudflare"}, {"via": "1.1 google"}, NGINX)
             for one in recognise([seen(headers)])]  # fmt: skip
    assert [
        "Cloudflare, certain: cf-ray: 8f3a5c2d1b0e4f67-FRA; cf-cache-status: HIT; server: cloudflare",
        "Cloudflare, likely: server: cloudflare (Cloudflare itself writes a cf-ray on every answer, and none is here)",
        "Google Cloud CDN, likely: via: 1.1 google (Google's load balancer; whether its CDN is on is not shown)",
        "nginx, likely: x-cache-status: HIT (a header that people give their own caches, mostly nginx)",
    ] == lines


def test_what_is_shown_of_a_header_is_short_and_visible() -> None:
    long = {"x-served-by": "cache-fra1-FRA" + "\u202e" + "x" * 400}
    [found] = recognise([seen(long)])
    assert (True, False) == (len(found.told) < 160, "\u202e" in found.told)


def test_whatever_is_recognised_leads_to_a_provider_that_there_is() -> None:
    named = [one for headers, _ in ONE.values() for one in recognise([seen(headers)])]
    assert set() == {one.provider for one in named} - set(PROVIDERS)


def test_one_header_names_no_more_caches_than_any_chain_has() -> None:
    named = ", ".join(f"cache-{n}; hit" for n in range(MEMBERS_MAX * 9))
    assert MEMBERS_MAX == len(recognise([Answer(URL, "fra", 0.0, 200, (("cache-status", named), ("via", named)))]))
