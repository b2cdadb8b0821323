"""Where each CDN is set to change what a server says, by what is to be mended. Menus move: each was read on the day in
`CHECKED`, and is a way to look for, not a promise."""

from __future__ import annotations

from collections.abc import Mapping

CHECKED = "2026-11-23"

_TOPIC_OF = {
    **dict.fromkeys(("CC01", "CC02", "CC03", "CC04", "CC05", "CC06", "CC07", "CC17", "CC19", "CC22"), "lifetime"),
    **dict.fromkeys(("CC09", "CC15"), "private"),
    **dict.fromkeys(("CC10", "CC11"), "variants"),
    "CC14": "stale",
    "CC16": "errors",
    "CC20": "tags",
}
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "cloudflare": {
        "lifetime": "Caching → Configuration → Browser Cache TTL: Respect Existing Headers; a Cache Rule with a "
        "Browser TTL goes before it. For the edge alone: CDN-Cache-Control.",
        "private": "a Cache Rule for these paths: Bypass cache; no “cache everything” where cookies are set.",
        "variants": "it is said to heed Vary for Accept-Encoding and for images only; for more, a custom cache key.",
        "stale": "Caching → Configuration → Always Online, and Serve stale content in Cache Rules.",
        "errors": "a Cache Rule → Edge TTL → Status code TTL: 400-599, no-store.",
        "tags": "the header is Cache-Tag.",
    },
    "fastly": {
        "lifetime": "Surrogate-Control is for Fastly alone, Cache-Control for browsers; see whether VCL or a header "
        "setting sets either.",
        "private": "return(pass) in vcl_fetch where Set-Cookie or Authorization is there.",
        "variants": "set a normal form of the header in vcl_recv before Vary counts.",
        "stale": "stale_if_error and stale_while_revalidate in vcl_fetch (beresp.stale_…).",
        "errors": "in vcl_fetch: set beresp.ttl = 10s where beresp.status is 400 or more.",
        "tags": "the header is Surrogate-Key.",
    },
    "cloudfront": {
        "lifetime": "the behaviour's cache policy: Minimum TTL 0, or it keeps what says no-cache; a response headers "
        "policy changes what browsers get.",
        "private": "a behaviour of its own for these paths, with the policy CachingDisabled.",
        "variants": "which headers and cookies count is chosen in the cache policy: all by which the page differs.",
        "stale": "the cache policy's Minimum and Default TTL.",
        "errors": "Error pages → Error caching minimum TTL.",
    },
    "akamai": {
        "lifetime": "the property's Caching behaviour: Honor origin Cache-Control; Downstream Cacheability decides "
        "what browsers get.",
        "private": "the Caching behaviour for these paths: Bypass cache or No store.",
        "variants": "it may refuse to keep what says Vary; Remove Vary Header where only Accept-Encoding counts.",
        "stale": "the Caching behaviour's Max-age, and Serve stale objects after expiration.",
        "errors": "the behaviour Cache HTTP Error Responses.",
        "tags": "the header is Edge-Cache-Tag.",
    },
    "googlecdn": {
        "lifetime": "the backend's cache mode USE_ORIGIN_HEADERS; Client TTL caps what browsers get. FORCE_CACHE_ALL "
        "keeps what says private too.",
        "private": "no FORCE_CACHE_ALL for a backend that sets cookies.",
        "variants": "which headers count is set in the cache key policy.",
        "stale": "serveWhileStale of the backend.",
        "errors": "negativeCachingPolicy of the backend.",
        "tags": "the header is Cache-Tag.",
    },
    "bunny": {
        "lifetime": "the pull zone → Caching: let cache and browser expiration follow the origin.",
        "private": "the pull zone → Caching: Strip response cookies, or an edge rule: Bypass cache.",
        "variants": "the pull zone → Caching → Vary cache.",
        "stale": "the pull zone → Caching → Stale cache.",
        "errors": "the pull zone → Caching: Cache error responses off.",
        "tags": "the header is CDN-Tag.",
    },
}


def setting_for(provider: str, rule: str) -> str:
    """Where that provider is set about what `rule` is about; "" where there is nothing to say."""
    return _SETTINGS.get(provider, {}).get(_TOPIC_OF.get(rule, ""), "")
