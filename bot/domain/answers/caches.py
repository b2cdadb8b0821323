"""How each sort of shared cache reads an answer, as data: what it obeys first, what it does where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_OF_SECONDS = "x-accel-expires"  # holds a number and no directives


@dataclass(frozen=True, slots=True)
class Cache:
    """How one sort of shared cache reads an answer. Data, as of `checked`; `source` says where it comes from."""

    title: str
    targeted: tuple[str, ...] = ()  # fields obeyed before Cache-Control and Expires, first wins
    default: int | None = None  # seconds an answer is kept that says nothing; None: not known, or it depends
    cookies: bool = True  # whether an answer with Set-Cookie is kept
    source: str = ""
    checked: str = "2026-11-23"

    @property
    def own_field(self) -> str:
        """The field of directives that it obeys before Cache-Control; "" where it knows none."""
        return next((name for name in self.targeted if name != _OF_SECONDS), "")


CACHES: Mapping[str, Cache] = {  # by a provider's name, or by what is recognised from an answer
    "cloudflare": Cache(
        "Cloudflare",
        ("cloudflare-cdn-cache-control", "cdn-cache-control"),
        cookies=False,
        source="developers.cloudflare.com/cache/concepts/cdn-cache-control",
    ),
    "fastly": Cache(
        "Fastly",
        ("surrogate-control",),
        default=3600,
        cookies=False,
        source="fastly.com/documentation/guides/full-site-delivery/caching/about-cache-control-headers",
    ),
    "cloudfront": Cache(
        "CloudFront",
        default=86_400,  # unless the distribution says otherwise
        source="repost.aws/knowledge-center/cloudfront-cache-files-time",
    ),
    "akamai": Cache("Akamai", source="techdocs.akamai.com/property-mgr/reference/latest-caching"),
    "googlecdn": Cache("Google Cloud CDN", source="cloud.google.com/cdn/docs/using-cache-modes"),
    "bunny": Cache("bunny.net"),
    "azure": Cache("Azure Front Door", source="learn.microsoft.com/azure/frontdoor/front-door-caching"),
    "vercel": Cache(
        "Vercel",
        ("vercel-cdn-cache-control", "cdn-cache-control"),
        source="vercel.com/docs/headers/cache-control-headers",
    ),
    "netlify": Cache(
        "Netlify", ("netlify-cdn-cache-control", "cdn-cache-control"), source="docs.netlify.com/platform/caching"
    ),
    "varnish": Cache("Varnish", default=120, cookies=False, source="Varnish 7.1.1 with its built-in VCL, as run"),
    "nginx": Cache("nginx", (_OF_SECONDS,), default=0, cookies=False, source="nginx 1.22.1 with proxy_cache, as run"),
}
ANY = Cache("a shared cache")


def cache_of(provider: str) -> Cache:
    """How the caches of that provider read; one that only keeps to RFC 9111 where nothing more is known."""
    return CACHES.get(provider, ANY)


TARGETED = frozenset(name for cache in CACHES.values() for name in cache.targeted)
