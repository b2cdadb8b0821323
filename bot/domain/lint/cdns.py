"""What each CDN calls the setting by which it changes what a server says, by what is to be mended.

Names of settings and no ways through menus, which move. Each was read in the sources beside it on the day in `CHECKED`,
in the provider's own documents unless it says otherwise; what no source tells is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

CHECKED = "2026-11-26"

_TOPIC_OF = {
    **dict.fromkeys(("CC01", "CC02", "CC03", "CC04", "CC05", "CC07", "CC17", "CC19", "CC22"), "lifetime"),
    **dict.fromkeys(("CC09", "CC15"), "private"),
    **dict.fromkeys(("CC10", "CC11"), "variants"),
    **dict.fromkeys(("CC06", "CC14"), "stale"),
    "CC16": "errors",
    "CC20": "tags",
}
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    # developers.cloudflare.com/cache: how-to/cache-rules/settings and examples/browser-cache-ttl, concepts/vary,
    # concepts/cdn-cache-control, how-to/configure-cache-status-code; browser_cache_ttl in the API's schema
    "cloudflare": {
        "lifetime": "the zone's Browser Cache TTL: Respect Existing Headers; a Cache Rule with a Browser TTL changes "
        "it for its pages. For the edge alone: CDN-Cache-Control.",
        "private": "a Cache Rule for these paths: Bypass cache; see that no other one makes them Eligible for cache.",
        "variants": "which headers of Vary count is set in Cache Rules (Vary); Vary for images is a setting of its "
        "own.",
        "stale": "a Cache Rule with an Edge TTL keeps pages longer than they say; stale-while-revalidate and "
        "stale-if-error of the answer are heeded too.",
        "errors": "a Cache Rule with a Cache TTL by status code, short or none for 400 to 599.",
        "tags": "the header is Cache-Tag.",
    },
    # fastly.com/documentation/reference: http/http-headers/Surrogate-Control and Vary, vcl/variables/backend-response
    # (beresp.ttl, beresp.stale_while_revalidate), api/vcl-services/cache-settings; Set-Cookie: Fastly's own vcl_fetch
    # as people publish it; fastly.com/blog/best-practices-using-vary-header
    "fastly": {
        "lifetime": "Surrogate-Control is for Fastly, Cache-Control for browsers; see whether VCL or a header setting "
        "sets either.",
        "private": "return(pass) in vcl_fetch where Set-Cookie is there, as in Fastly's own VCL; see that custom VCL "
        "has it.",
        "variants": "set a normal form of the header in vcl_recv before Vary counts.",
        "stale": "beresp.stale_if_error and beresp.stale_while_revalidate in vcl_fetch, or a cache setting's stale "
        "TTL; without them the answer's own count.",
        "errors": "in vcl_fetch: set beresp.ttl = 10s where beresp.status is 400 or more.",
        "tags": "the header is Surrogate-Key.",
    },
    # docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide: cache-key-understand-cache-policy,
    # using-managed-cache-policies, working-with-policies, Expiration, custom-error-pages-expiration,
    # invalidation-by-tags
    "cloudfront": {
        "lifetime": "the behaviour's cache policy: Minimum TTL 0, or it keeps what says no-cache; a response headers "
        "policy changes what browsers get.",
        "private": "a behaviour of its own for these paths, with the managed cache policy CachingDisabled.",
        "variants": "which headers and cookies count is chosen in the cache policy: all by which the page differs.",
        "stale": "the cache policy's Minimum TTL, which goes before a shorter lifetime; stale-while-revalidate and "
        "stale-if-error of the answer are heeded too.",
        "errors": "the Error Caching Minimum TTL of each status; but for 404, 410, 414 and 501 it counts though the "
        "answer says no-store.",
        "tags": "the header is the one that CacheTagConfig of the distribution names.",
    },
    # techdocs.akamai.com: property-mgr/docs/caching-2, downstream-cacheability, cache-http-err-responses,
    # property-mgr/reference/latest-caching, terraform/docs/ga-remove-vary; Edge-Cache-Tag: purge-cache/docs
    "akamai": {
        "lifetime": "the property's behavior Caching says whether the origin's Cache-Control counts; Downstream "
        "Cacheability decides what browsers get.",
        "private": "the behavior Caching for these paths: no store, or bypass cache.",
        "variants": "by default it does not keep what says Vary, but for Accept-Encoding with gzip; the behavior "
        "Remove Vary Header takes it away, which is right where the page does not differ.",
        "stale": "the behavior Caching: its time, and whether what is over must be validated before it is served.",
        "errors": "the behavior Cache HTTP Error Responses: 10 s where nothing else is set.",
        "tags": "the header is Edge-Cache-Tag.",
    },
    # cloud.google.com/python/docs/reference/compute/latest/google.cloud.compute_v1.types.BackendServiceCdnPolicy,
    # docs.cloud.google.com/cdn/docs: using-cache-modes, serving-stale-content, cache-invalidation-overview
    "googlecdn": {
        "lifetime": "the backend's cacheMode USE_ORIGIN_HEADERS; clientTtl is the most that browsers get. "
        "FORCE_CACHE_ALL keeps what says private too.",
        "private": "no FORCE_CACHE_ALL for a backend that sets cookies.",
        "variants": "which headers count is set in the backend's cacheKeyPolicy.",
        "stale": "serveWhileStale of the backend: a day, where nothing says otherwise.",
        "errors": "negativeCachingPolicy of the backend.",
        "tags": "the header is Cache-Tag.",
    },
    # docs.bunny.net/cdn: vary-cache, smart-cache, edge-rules/custom-cache-time; CacheControlMaxAgeOverride: its clients
    # (pypi.org/project/bunnynet); Strip response cookies: docs.datadome.co/docs/bunny
    "bunny": {
        "lifetime": "the pull zone's cache expiration time (CacheControlMaxAgeOverride: -1 is the origin's own), and "
        "edge rules with Override Cache Time.",
        "private": "the pull zone's Smart Cache keeps pages out of the cache; Strip response cookies takes cookies "
        "off.",
        "variants": "the pull zone's Vary Cache; what Vary says is not what counts.",
        "stale": "the pull zone's cache expiration time, and edge rules with Override Cache Time.",
        "errors": "see whether an edge rule with Override Cache Time means these pages.",
        "tags": "the header is CDN-Tag.",
    },
}


def setting_for(provider: str, rule: str) -> str:
    """What that provider calls the setting about what `rule` is about; "" where nothing is known."""
    return _SETTINGS.get(provider, {}).get(_TOPIC_OF.get(rule, ""), "")
