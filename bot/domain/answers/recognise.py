"""Which caches an answer came through, by the marks that they leave on it and the names that DNS leads over.

    headers, names ── each mark ──▶ Found, Found, …      innermost first, as a site's `layers` are

A mark is `certain` where only that cache writes it and in its own form (a ray, a request id, the end of a name), and
`likely` where anybody may write it. Nothing here is proof: every header can be written by whoever answers, so a person
confirms what is recognised. Sources: the providers' own pages on response headers, as in docs/providers, read 2026-11;
Via is RFC 9110, 7.6.3, Cache-Status is RFC 9211.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from bot.domain.answers.answer import Answer
from bot.domain.answers.marks import TITLES, cdn_of
from bot.domain.grammar.words import shown

SHOWN_MAX = 90  # characters of one header in evidence
MEMBERS_MAX = 32  # caches that one header may name
_MEMBER = re.compile(r'(?:[^,"]|"[^"]*")+')
OTHER = "http"  # the provider for a cache that has no adapter of its own
_OURS = frozenset({"cloudflare", "cloudfront", "fastly", "akamai", "googlecdn", "bunny", "varnish", "nginx"})
_OWN = ("nginx", "varnish", "squid", "trafficserver", "named", "unnamed")  # caches of one's own stand behind a CDN
_TITLES = {
    **TITLES,
    "nginx": "nginx",
    "squid": "Squid",
    "trafficserver": "Traffic Server",
    "unnamed": "another HTTP cache",
}
_UPSTREAM = "HIT|MISS|BYPASS|EXPIRED|STALE|UPDATING|REVALIDATED"  # nginx's $upstream_cache_status


class Certainty(StrEnum):
    """How much a mark says."""

    CERTAIN = "certain"  # only that cache writes it so
    LIKELY = "likely"  # anybody may write it


@dataclass(frozen=True, slots=True)
class Mark:
    """A header that a cache writes: `form` is looked for in its value, in any case."""

    who: str
    header: str
    form: str = ""
    certainty: Certainty = Certainty.CERTAIN


@dataclass(frozen=True, slots=True)
class Found:
    """One cache that was recognised: `who` it is, the `provider` that purges it here, and what shows it."""

    who: str
    title: str
    provider: str
    certainty: Certainty
    evidence: tuple[str, ...]
    doubt: str = ""

    @property
    def told(self) -> str:
        """One line for people."""
        return f"{self.title}, {self.certainty}: {'; '.join(self.evidence)}{f' ({self.doubt})' if self.doubt else ''}"


_LIKELY = Certainty.LIKELY
MARKS: Sequence[Mark] = (
    Mark("cloudflare", "cf-ray", r"^[0-9a-f]{16}(-[A-Z]{3})?$"),
    Mark("cloudflare", "cf-cache-status", r"^[A-Z]+(/[A-Z]+)?$", _LIKELY),
    Mark("cloudflare", "server", r"^cloudflare", _LIKELY),
    Mark("cloudfront", "x-amz-cf-pop", r"^[A-Z]{3}\d+-[A-Z]\d+$"),
    Mark("cloudfront", "x-amz-cf-id", r"^[\w=-]{20,}$"),
    Mark("cloudfront", "via", r"\.cloudfront\.net \(CloudFront\)"),
    Mark("cloudfront", "x-cache", r" from cloudfront", _LIKELY),
    Mark("cloudfront", "server", r"^CloudFront", _LIKELY),
    Mark("fastly", "x-served-by", r"\bcache-[a-z0-9-]{3,40}-[A-Z]{3}\b"),
    Mark("fastly", "x-timer", r"^S\d+\.\d+,VS\d+", _LIKELY),
    Mark("akamai", "akamai-grn", r"^\d+\.[0-9a-f]+\.\d+\.[0-9a-f]+"),
    Mark("akamai", "x-akamai-request-id"),
    Mark("akamai", "x-akamai-transformed"),
    Mark("akamai", "akamai-cache-status"),
    Mark("akamai", "x-cache", r"\((AkamaiGHost|GHost)/|\.akamai(technologies|edge)?\.(com|net)"),
    Mark("akamai", "x-cache-remote", r"AkamaiGHost/"),
    Mark("akamai", "x-check-cacheable", r"^(YES|NO)$", _LIKELY),
    Mark("akamai", "server", r"^Akamai(GHost|NetStorage)"),
    Mark("googlecdn", "via", r"(^|, *)1\.1 google(,|$)", _LIKELY),
    Mark("bunny", "cdn-pullzone", r"^\d+$"),
    Mark("bunny", "server", r"^BunnyCDN"),
    Mark("bunny", "cdn-requestid", r"^[0-9a-f]{32}$", _LIKELY),
    Mark("bunny", "cdn-cache", r"^(HIT|MISS|EXPIRED|BYPASS|STALE)$", _LIKELY),
    Mark("varnish", "x-varnish", r"^\d+( \d+)?$"),
    Mark("varnish", "via", r"varnish-v\d|\(Varnish/"),
    Mark("nginx", "x-cache-status", rf"^({_UPSTREAM})$", _LIKELY),
    Mark("nginx", "x-proxy-cache", rf"^({_UPSTREAM})$", _LIKELY),
    Mark("nginx", "x-nginx-cache", rf"^({_UPSTREAM})$", _LIKELY),
    Mark("squid", "via", r"\(squid/"),
    Mark("squid", "x-cache-lookup", r"^(HIT|MISS|NONE) from ", _LIKELY),
    Mark("squid", "x-squid-error"),
    Mark("trafficserver", "via", r"\(ApacheTrafficServer/"),
    Mark("trafficserver", "server", r"^ATS/", _LIKELY),
    Mark("azure", "x-azure-ref"),
    Mark("vercel", "x-vercel-id"),
    Mark("netlify", "x-nf-request-id"),
    Mark("keycdn", "server", r"^keycdn"),
    Mark("sucuri", "x-sucuri-id"),
    Mark("imperva", "x-iinfo"),
)
_STRANGER = (  # how each answers for a host that is nobody's: "" is any; the status, and what its page says
    ("", 421, ""),  # RFC 9110, 15.5.20
    ("", 409, ""),  # Cloudflare's errors 1000 and 1001
    ("cloudflare", 403, r"error (code: )?100[0-3]\b"),
    ("cloudfront", 403, r"request could not be satisfied.*bad request"),
    ("fastly", 500, r"unknown domain"),
    ("akamai", 400, r"invalid url"),
    ("bunny", 403, r"not configured"),
    ("vercel", 404, r"DEPLOYMENT_NOT_FOUND"),
)
_GENERIC = (Mark("unnamed", "x-cache", r"\b(HIT|MISS)\b", _LIKELY), Mark("unnamed", "age", r"^\d+$", _LIKELY))
_WITHOUT_X_CACHE = frozenset({"cloudflare", "googlecdn", "bunny", "vercel", "netlify"})  # so another one wrote it
_WRITES_SERVER = frozenset({"cloudflare", "bunny", "keycdn", "sucuri"})  # over whatever further in was written there


def recognise(answers: Sequence[Answer], names: Sequence[str] = ()) -> tuple[Found, ...]:
    """The caches that `answers` to one URL came through, innermost first; `names` are those that DNS leads over, the
    first of them asked first. Nothing where nothing is recognised."""
    usable = [answer for answer in answers if not answer.problem]
    found = _found([*_by_headers(usable, MARKS), *_bare_varnish(usable), *_named(usable), *_by_names(names)])
    if {one.who for one in found} <= _WITHOUT_X_CACHE:
        found += _found(_by_headers(usable, _GENERIC if not found else _GENERIC[:1]))
    front = next((who for name in reversed(names) if (who := cdn_of(name))), "")
    return tuple(_doubted(one, usable) for one in sorted(found, key=lambda one: _depth(one, front, usable)))


def is_cdn(who: str) -> bool:
    """Whether it is a CDN, and no cache of one's own."""
    return who not in _OWN


def turned_away(answer: Answer, found: Sequence[Found]) -> str:
    """The cache that `answer` shows not to know the host, which so proves nothing of what stands in front of it; ""
    where it knows it. Whoever answers at an address answers for every name that is asked there."""
    who = {one.who for one in found}
    for cache, status, form in _STRANGER:
        if (
            answer.status == status
            and (not cache or cache in who)
            and re.search(form, answer.text, re.IGNORECASE | re.DOTALL)
        ):
            return _TITLES[cache] if cache else (found[-1].title if found else "a server")
    return ""


Seen = tuple[str, Certainty, str]  # who, how much it says, what shows it


def _by_headers(answers: Iterable[Answer], marks: Iterable[Mark]) -> Iterator[Seen]:
    for answer in answers:
        for mark in marks:
            for value in answer.lines(mark.header):
                if re.search(mark.form, value.strip(), re.IGNORECASE):
                    yield mark.who, mark.certainty, _line(mark.header, value)


def _bare_varnish(answers: Iterable[Answer]) -> Iterator[Seen]:
    """`1.1 varnish` alone is what Fastly writes; Varnish itself writes X-Varnish beside it."""
    for answer in answers:
        via = answer.says("via")
        if re.search(r"(^|, *)1\.1 varnish *(,|$)", via, re.IGNORECASE):
            yield "varnish" if answer.lines("x-varnish") else "fastly", _LIKELY, _line("via", via)


def _named(answers: Iterable[Answer]) -> Iterator[Seen]:
    """Caches that tell their own name by Cache-Status, innermost first."""
    for answer in answers:
        for found in islice(_MEMBER.finditer(answer.says("cache-status")), MEMBERS_MAX):
            part = found[0]
            name = part.split(";")[0].strip().strip('"')
            who = next((who for who, title in _TITLES.items() if title.lower() in name.lower()), "")
            if name:
                yield who or f"named:{name[:40]}", _LIKELY, _line("cache-status", part)


def _by_names(names: Iterable[str]) -> Iterator[Seen]:
    for name in names:
        if who := cdn_of(name):
            yield who, Certainty.CERTAIN, f"DNS leads to {shown(name, SHOWN_MAX)}"


def _found(seen: Iterable[Seen]) -> list[Found]:
    by: dict[str, Found] = {}
    for who, certainty, line in seen:
        kind, _, name = who.partition(":")
        title = shown(name, 40) if name else _TITLES[kind]
        one = by.setdefault(who, Found(kind, title, kind if kind in _OURS else OTHER, certainty, ()))
        evidence = one.evidence if line in one.evidence else (*one.evidence, line)
        surest = Certainty.CERTAIN if Certainty.CERTAIN in (certainty, one.certainty) else _LIKELY
        by[who] = replace(one, evidence=evidence, certainty=surest)
    return list(by.values())


def _depth(one: Found, front: str, answers: Sequence[Answer]) -> tuple[bool, bool, bool, int]:
    """What sorts innermost first: one's own caches, then CDNs; the last is where DNS leads, else who wrote `server`,
    else by the order of Via, to which each cache adds at the right."""
    outer = is_cdn(one.who)
    wrote_server = one.who in _WRITES_SERVER and any(line.startswith("server: ") for line in one.evidence)
    return outer, outer and one.who == front, outer and wrote_server, _place_in_via(one, answers)


def _place_in_via(one: Found, answers: Sequence[Answer]) -> int:
    forms = [mark.form for mark in MARKS if mark.who == one.who and mark.header == "via"]
    forms += [r"^1\.1 varnish$"] if one.who in ("fastly", "varnish") else []
    entries = [entry.strip() for answer in answers for entry in answer.says("via").split(",", MEMBERS_MAX)]
    return next((n for n, entry in enumerate(entries) if any(re.search(f, entry, re.IGNORECASE) for f in forms)), -1)


def _doubted(one: Found, answers: Sequence[Answer]) -> Found:
    """With what speaks against it."""
    if one.who == "googlecdn" and not any(answer.lines("age") for answer in answers):
        return replace(one, doubt="Google's load balancer; whether its CDN is on is not shown")
    if one.who == "cloudflare" and one.certainty is _LIKELY:
        return replace(one, doubt="Cloudflare itself writes a cf-ray on every answer, and none is here")
    if one.who == "fastly" and one.certainty is _LIKELY:
        return replace(one, doubt="an old Varnish writes that too")
    if one.who == "nginx":
        return replace(one, doubt="a header that people give their own caches, mostly nginx")
    return one


def _line(header: str, value: str) -> str:
    return f"{header}: {shown(value.strip(), SHOWN_MAX)}"
