"""Who answered: the marks that CDNs and firewalls leave on an answer, and the names that lead to them. What answers in
a page's place stands in `guards`.

Sources: the CDNs' own documentation of their response headers and of the names that customers point at, as listed in
docs/providers, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.answers.answer import Answer

_HEADERS = {
    "cf-ray": "cloudflare",
    "x-amz-cf-id": "cloudfront",
    "x-amz-cf-pop": "cloudfront",
    "x-akamai-request-id": "akamai",
    "x-akamai-transformed": "akamai",
    "akamai-cache-status": "akamai",
    "akamai-grn": "akamai",
    "x-azure-ref": "azure",
    "x-vercel-id": "vercel",
    "x-nf-request-id": "netlify",
    "x-sucuri-id": "sucuri",
    "x-iinfo": "imperva",
    "cdn-pullzone": "bunny",
    "x-varnish": "varnish",
}
_SERVERS = {
    "cloudflare": "cloudflare",
    "akamaighost": "akamai",
    "akamainetstorage": "akamai",
    "bunnycdn": "bunny",
    "cloudfront": "cloudfront",
    "keycdn": "keycdn",
    "sucuri": "sucuri",
}
_VIA = {"cloudfront": "cloudfront", "1.1 google": "googlecdn", "fastly": "fastly", "varnish": "varnish"}
_ENDS = {
    "cloudfront.net": "cloudfront",
    "cdn.cloudflare.net": "cloudflare",
    "fastly.net": "fastly",
    "fastlylb.net": "fastly",
    "edgekey.net": "akamai",
    "edgesuite.net": "akamai",
    "akamaiedge.net": "akamai",
    "akamai.net": "akamai",
    "akamaized.net": "akamai",
    "b-cdn.net": "bunny",
    "azureedge.net": "azure",
    "azurefd.net": "azure",
    "kxcdn.com": "keycdn",
    "vercel-dns.com": "vercel",
    "netlify.app": "netlify",
    "netlifyglobalcdn.com": "netlify",
    "impervadns.net": "imperva",
    "incapdns.net": "imperva",
}
TITLES: Mapping[str, str] = {
    "cloudflare": "Cloudflare",
    "cloudfront": "CloudFront",
    "fastly": "Fastly",
    "akamai": "Akamai",
    "googlecdn": "Google Cloud CDN",
    "bunny": "Bunny",
    "azure": "Azure Front Door",
    "vercel": "Vercel",
    "netlify": "Netlify",
    "keycdn": "KeyCDN",
    "sucuri": "Sucuri's firewall",
    "imperva": "Imperva's firewall",
    "varnish": "Varnish",
}
FIREWALLS = frozenset({"imperva", "sucuri"})  # these mark what they answer themselves and what they hand on alike
ALWAYS_MARKED = frozenset({"cloudflare", "cloudfront", "fastly"})  # these mark every answer that they give
ANY_CDN = frozenset({"http"})  # an account that may stand for any CDN
_HIT = re.compile(r"\bhit\b", re.IGNORECASE)
_SAYS_HIT = ("x-cache", "x-cache-status", "cache-status")
_POP = re.compile(r"cache-[a-z0-9-]{3,40}-[A-Z]{3}")
_INSIDE = frozenset({"varnish"})  # a cache of one's own, not a CDN in front


def marks_on(answer: Answer) -> dict[str, str]:
    """Whose marks an answer carries: the provider's name, and the header line that shows it."""
    found: dict[str, str] = {}
    for header, who in _HEADERS.items():
        if answer.lines(header):
            found.setdefault(who, f"{header}: {answer.says(header)}")
    server, via = answer.says("server").lower(), answer.says("via").lower()
    for word, who in _SERVERS.items():
        if server.startswith(word):
            found.setdefault(who, f"server: {answer.says('server')}")
    for word, who in _VIA.items():
        if word in via:
            found.setdefault(who, f"via: {answer.says('via')}")
    if _POP.search(answer.says("x-served-by")):
        found.setdefault("fastly", f"x-served-by: {answer.says('x-served-by')}")
    return found


def cdns_on(answer: Answer) -> dict[str, str]:
    """As `marks_on`, without caches of one's own."""
    return {who: line for who, line in marks_on(answer).items() if who not in _INSIDE}


def hit_on(answer: Answer) -> str:
    """The header line by which some cache on the way, whichever it is, says that the answer is a copy of its own; ""
    where none does. `Age` says so too, since what is made for this request has none, or 0."""
    for header in _SAYS_HIT:
        if _HIT.search(answer.says(header)):
            return f"{header}: {answer.says(header)[:100]}"
    age = answer.says("age").strip()
    return f"age: {age[:12]}" if age.isascii() and age.isdigit() and int(age[:12]) > 0 else ""


def cdn_of(name: str) -> str:
    """The CDN that a host name belongs to, by how it ends; "" if it is not known."""
    bare = f".{name.rstrip('.').lower()}"
    return next((who for end, who in _ENDS.items() if bare.endswith(f".{end}")), "")
