"""Who answered: the marks that CDNs and firewalls leave on an answer, and the names that lead to them.

Sources: the CDNs' own documentation of their response headers and of the names that customers point at, as listed in
docs/providers, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
# What asks a visitor for a proof of being no robot says so itself, read 2026-11:
# https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
# https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
_CHALLENGES = {"cf-mitigated": ("Cloudflare", "challenge"), "x-amzn-waf-action": ("AWS WAF", "challenge", "captcha")}
CHALLENGES = "asks for a proof of being no robot"
MAY_REFUSE = "may have refused this machine"
_REFUSALS = frozenset({403, 406, 429, 503})
_FIREWALLS = ("x-iinfo", "x-sucuri-id")  # each answer that came through has it, the firewall's own too
_REFUSES = {"akamaighost": "Akamai"}  # names itself in Server where it answers by itself
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


@dataclass(frozen=True, slots=True)
class Guard:
    """A firewall that answered in the page's place, or may have: whose it is, and the header line that shows it. One
    that asks for no proof, `is_challenge`, may only have refused this machine."""

    title: str
    line: str
    is_challenge: bool = True

    @property
    def told(self) -> str:
        """ "Cloudflare's firewall asks for a proof of being no robot"."""
        return f"{firewall_of(self.title)} {CHALLENGES if self.is_challenge else MAY_REFUSE}"


def firewall_of(title: str) -> str:
    """How the firewall of who is called so is named."""
    return title if "firewall" in title or "WAF" in title else f"{title}'s firewall"


def challenge_on(answer: Answer) -> Guard | None:
    """The firewall that says of this answer that it asks for a proof of being no robot."""
    for header, (title, *words) in _CHALLENGES.items():
        if answer.says(header).strip().lower() in words:
            return Guard(title, f"{header}: {answer.says(header)}")
    return None


def refusal_on(answer: Answer) -> Guard | None:
    """The firewall that may have refused this machine: the answer is a refusal, and carries its mark."""
    if answer.status not in _REFUSALS:
        return None
    if header := next((name for name in _FIREWALLS if answer.lines(name)), ""):
        return Guard(TITLES[_HEADERS[header]], f"{header}: {answer.says(header)[:100]}", is_challenge=False)
    server = answer.says("server")
    title = _REFUSES.get(server.lower())
    return Guard(title, f"server: {server}", is_challenge=False) if title else None


def guard_on(answer: Answer) -> Guard | None:
    """The firewall that answered in the page's place, or may have."""
    return challenge_on(answer) or refusal_on(answer)


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
