"""What is said of an edge, seen from looks: who is fresh, who is stale, what cannot be known, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers.locations import mark_of
from bot.domain.proof.circles import GIVE_UP, LEFT, NOWHERE, PAGE_OVER_TLS, WITHOUT_TLS
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.finding import NEITHER_OLDER, UNCOMPARED
from bot.domain.proof.folding import said_of
from bot.domain.proof.look import Likeness, compare
from bot.domain.proof.reached import FROM_FURTHER_IN, STILL_THERE, Purged
from bot.domain.proof.reasons import FETCHED_ANEW, ORIGIN_OLD, REFILLED, REWRITTEN
from bot.domain.proof.verdict import NONE_COVERED, Judgement, Look, Verdict, describe, judge
from providers.contract import Cached
from tests.effort import examples

PURGED = 1_800_000_000.0
URL = "https://www.shop.test/pricing"
NEWS = "https://www.shop.test/news"


def look(
    place: str,
    content: str = "b7",
    cached: Cached = Cached.UNKNOWN,
    age: int | None = None,
    *,
    url: str = URL,
    at: float = PURGED + 10,
    status: int = 200,
    etag: str | None = None,
    digest: str | None = None,
    version: str = "",
    says: str = "",
    problem: str = "",
    variant: str = "",
) -> Look:
    """An answer whose ETag and body follow from its content."""
    if problem:
        return Look(place, url, at, problem=problem, variant=variant)
    return Look(
        place,
        url,
        at,
        status,
        etag=f'"{content}"' if etag is None else etag,
        digest=f"digest of {content}" if digest is None else digest,
        version=version,
        age=age,
        cached=cached,
        says=says or ("" if cached is Cached.UNKNOWN else cached.upper()),
        variant=variant,
    )


def earlier(*looks: Look) -> list[Look]:
    return [replace(seen, at=PURGED - 5) for seen in looks]


def through(cdn: str, seen: Look) -> Look:
    return replace(seen, through=(cdn,))


def origin(content: str = "b7", *, etag: str | None = None, digest: str | None = None, version: str = "") -> list[Look]:
    """The origin asked twice."""
    return [look("origin", content, etag=etag, digest=digest, version=version)] * 2


def to(location: str, seen: Look) -> Look:
    """A redirect, as `seen` for the rest."""
    return replace(seen, status=301, leads_to=location)


def secret(mark: str, seen: Look) -> Look:
    """A redirect of which a part is not shown."""
    return replace(to("/login?token=•••", seen), leads_mark=mark)


def dated(seen: Look, days: float) -> Look:
    """Changed so many days before the purge."""
    return replace(seen, last_modified=formatdate(PURGED - days * 86_400, usegmt=True))


def to_itself(seen: Look) -> Look:
    """The way to https, and nothing else."""
    return replace(seen, status=301, leads_to=URL, over="http")


def varied(content: str = "b7") -> list[Look]:
    """The origin asked twice for a variant."""
    return [look("origin", content, variant="X: y")] * 2


def at_news(looks: Sequence[Look]) -> list[Look]:
    return [replace(one, url=NEWS) for one in looks]


def in_all_encodings() -> list[Look]:
    """What `fra` and the origin say to who takes no encoding, to who takes Brotli, and to browsers."""
    taken = ("identity", "br", "gzip, deflate, br, zstd", "gzip, deflate, br")
    asked = [f"Accept-Encoding: {one}" for one in taken]
    return [replace(one, variant=it) for it in asked for one in (look("fra", "b7", Cached.HIT, 3), *origin())]


HIT, MISS, STALE, UNCACHED = Cached.HIT, Cached.MISS, Cached.STALE, Cached.UNCACHED
NEW = look("fra", "b7", MISS)
OLD = look("sin", "a1", HIT, 18_000, version="a1")
DOWN = [look("origin", problem="connection refused")] * 2
UNSTEADY = [look("origin", "x1"), look("origin", "x2")]
MARKED = [look("origin", "x1", version="b7"), look("origin", "x2", version="b7")]
BARE = origin(etag="")
SHOWING = replace(look("fra", "b7", HIT, 18_000, url=NEWS, etag=""), shows="x-build: 4")
MAY_BE_A_FIREWALLS = (
    "fra serves other bytes than the origin, through Imperva's firewall, which may have sent a page of its own:"
    " only a `marker` could tell"
)
SPELLED = "https://www.shop.test:443/%70ricing"
MOVED = [to("/b", look("origin", "to /b"))] * 2


@dataclass(frozen=True, slots=True)
class Row:
    """Looks, and what is to be said of them."""

    after: Sequence[Look]
    verdict: Verdict
    why: str
    before: Sequence[Look] = ()
    soft: bool = False
    covered: Sequence[str] | None = None
    proven: Sequence[Look] = ()
    left_alone: Sequence[str] = ()
    kept_by: Sequence[str] = ()
    began: float | None = None
    again: bool = True


FRESH_ROWS = {
    "a variant with content of its own": Row(
        [NEW, *origin(), look("fra", "mobile", HIT, 3, variant="X: y"), *varied("mobile")],
        Verdict.FRESH,
        "",
        again=False,
    ),
    "a variant that only one of two places was asked for": Row(
        [NEW, look("sin"), *origin(), look("fra", variant="X: y"), *varied()], Verdict.FRESH, "", again=False
    ),
    "fetched anew": Row([NEW, *origin()], Verdict.FRESH, "", again=False),
    "kept again, with the origin's content": Row(
        [look("fra", "b7", HIT, 3), *origin()], Verdict.FRESH, "", again=False
    ),
    "a weak mark and a compressed suffix are not other content": Row(
        [look("fra", etag='W/"b7-gzip"', digest=""), *origin(etag='"b7"')], Verdict.FRESH, "", again=False
    ),
    "a weak ETag, where the origin's bytes never hold still": Row(
        [
            look("fra", "x3", MISS, etag='W/"b7"'),
            look("origin", "x1", etag='W/"b7"'),
            look("origin", "x2", etag='W/"b7"'),
        ],
        Verdict.FRESH,
        "at fra by a weak ETag alone: other bytes than the origin's",
        again=False,
    ),
    "rewritten on the way, by the site's own marker": Row(
        [look("fra", "rewritten", MISS, etag='W/"b7"', version="b7"), *origin(version="b7")],
        Verdict.FRESH,
        "at fra by the marker alone: other bytes than the origin's",
        again=False,
    ),
    "one ETag per server, one body": Row([look("fra", etag='"node-2"'), *origin()], Verdict.FRESH, "", again=False),
    "gone at both, each with its own page": Row(
        [look("fra", "edge's 410", MISS, status=410), *[replace(x, status=410) for x in origin()]],
        Verdict.FRESH,
        "",
        again=False,
    ),
    "the marker, where the origin's bytes never hold still": Row(
        [look("fra", "x3", MISS, version="b7"), *MARKED],
        Verdict.FRESH,
        "at fra by the marker alone: other bytes than the origin's",
        again=False,
    ),
    "already the same": Row(
        [look("fra", "b7", HIT, 2), *origin()],
        Verdict.FRESH,
        "already the same at fra before the purge · if it still looks old, the origin itself may be old"
        ", or others get a copy of their own: this was seen as a plain visitor, with gzip",
        before=earlier(look("fra", "b7", HIT, 60), *origin()),
        again=False,
    ),
    "by User-Agent, and only a plain visitor asked": Row(
        [replace(NEW, varies="accept-encoding, user-agent"), *origin()],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: Accept-Encoding, User-Agent)",
        again=False,
    ),
    "by cookie and language": Row(
        [replace(NEW, varies="cookie,accept-language"), *origin()],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: Accept-Language, Cookie)",
        again=False,
    ),
    "by User-Agent, and one of those asked too": Row(
        [
            replace(NEW, varies="user-agent"),
            *origin(),
            look("fra", "b7", HIT, 3, variant="User-Agent: Phone"),
            *(replace(one, variant="User-Agent: Phone") for one in origin()),
        ],
        Verdict.FRESH,
        "",
        again=False,
    ),
    "by encoding alone, and each asked": Row(
        [replace(NEW, varies="accept-encoding"), *origin(), *in_all_encodings()], Verdict.FRESH, "", again=False
    ),
    "by encoding alone, and one of them not asked": Row(
        [replace(NEW, varies="accept-encoding"), *origin(), *in_all_encodings()[:3]],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: Accept-Encoding)",
        again=False,
    ),
    "by encoding on pages that were not asked so": Row(
        [*(replace(NEW, url=at, varies="accept-encoding") for at in (URL, NEWS)), *origin(), *at_news(origin())],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: Accept-Encoding)",
        again=False,
    ),
    "by encoding at the edge alone, and one page asked so": Row(
        [
            *(replace(NEW, url=at, varies="accept-encoding") for at in (URL, NEWS)),
            *origin(),
            *at_news(origin()),
            *in_all_encodings(),
            replace(NEW, place="iad"),
            *at_news([replace(NEW, place="iad")]),
        ],
        Verdict.FRESH,
        "asked in every variant on 1 of 2 pages",
        again=False,
    ),
    "by headers of the site's own, and by Origin": Row(
        [replace(NEW, varies="x-device, origin, accept-encoding"), *origin()],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: Accept-Encoding, Origin, X-Device)",
        again=False,
    ),
    "by more headers than a line holds": Row(
        [replace(NEW, varies="a, b, c, d, e, f, g"), *origin()],
        Verdict.FRESH,
        "seen as a plain visitor; others may get other copies (Vary: A, B, C, D, E, and 2 more)",
        again=False,
    ),
    "two pages that vary, and one of them asked so": Row(
        [
            *(replace(NEW, url=at, varies="accept-encoding") for at in (URL, NEWS)),
            *(replace(one, url=at) for at in (URL, NEWS) for one in origin()),
            *in_all_encodings(),
        ],
        Verdict.FRESH,
        "asked in every variant on 1 of 2 pages",
        again=False,
    ),
    "an https page, asked for without TLS": Row(
        [replace(NEW, over="http"), *origin()],
        Verdict.FRESH,
        "fra asked over http, as the address says: https visitors may get other copies",
        again=False,
    ),
    "a redirect to the same page, written otherwise and over other words": Row(
        [to("/b", look("fra", "Moved.", HIT, 3)), *[to("https://www.shop.test/b", one) for one in origin("<p>Moved")]],
        Verdict.FRESH,
        "",
        before=earlier(to("/a", look("fra", "Moved.", HIT, 60)), *MOVED),
        again=False,
    ),
    "a redirect with a secret that is the origin's, over other words": Row(
        [secret("aaaaaa", look("fra", "Moved.", HIT, 3)), *[secret("aaaaaa", one) for one in origin("<p>Moved")]],
        Verdict.FRESH,
        "",
        before=earlier(to("/a", look("fra", "Moved.", HIT, 60)), *MOVED),
        again=False,
    ),
    "a redirect of an origin that is asked without TLS, and so leads to http": Row(
        [
            to("https://www.shop.test/b", look("fra", "", HIT, 3)),
            *[replace(to("http://www.shop.test/b", one), over="http") for one in origin("")],
        ],
        Verdict.FRESH,
        "",
        before=earlier(to("/a", look("fra", "", HIT, 60)), *MOVED),
        again=False,
    ),
    "a redirect that the purge changed": Row(
        [to("/b", look("fra", "to /b", MISS)), *MOVED],
        Verdict.FRESH,
        "",
        before=earlier(to("/a", look("fra", "to /a", HIT, 60)), *MOVED),
        again=False,
    ),
    "a loop that the purge brought": Row(
        [to(URL, look("fra", "", MISS)), *[to("/pricing", one) for one in origin("")]],
        Verdict.FRESH,
        f"at fra it redirects (301) to the very URL that was asked for: {GIVE_UP}",
        before=earlier(look("fra", "a1", HIT, 60), *MOVED),
        again=False,
    ),
    "a redirect to nowhere that the purge brought": Row(
        [to("", look("fra", "", MISS)), *[to("", one) for one in origin("")]],
        Verdict.FRESH,
        f"at fra it answers 301 and {NOWHERE}",
        before=earlier(look("fra", "a1", HIT, 60), *MOVED),
        again=False,
    ),
    "a redirect beside a page": Row(
        [NEW, *origin(), to("/b", look("fra", "to /b", MISS, url=NEWS)), *(replace(one, url=NEWS) for one in MOVED)],
        Verdict.FRESH,
        "it only redirects (301), and the page that it leads to was not looked at: /b on 1 of 2 pages",
        again=False,
    ),
    "already the same, and seen as others too": Row(
        [look("fra", "b7", HIT, 2), *origin(), look("fra", "c7", HIT, 2, variant="X: y"), *varied("c7")],
        Verdict.FRESH,
        "already the same at fra before the purge · if it still looks old, the origin itself may be old",
        before=earlier(
            look("fra", "b7", HIT, 60), *origin(), look("fra", "c7", HIT, 60, variant="X: y"), *varied("c7")
        ),
        again=False,
    ),
    "already the same, where it says what it varies by": Row(
        [replace(one, varies="cookie") for one in (look("fra", "b7", HIT, 2), *origin())],
        Verdict.FRESH,
        "already the same at fra before the purge · if it still looks old, the origin itself may be old · seen as a"
        " plain visitor; others may get other copies (Vary: Cookie)",
        before=earlier(look("fra", "b7", HIT, 60), *origin()),
        again=False,
    ),
    "fetched for the look before": Row(
        [look("fra", "b7", HIT, 2), *origin()],
        Verdict.FRESH,
        "not in the cache at fra before the purge · if it still looks old, the origin itself may be old"
        ", or others get a copy of their own: this was seen as a plain visitor, with gzip",
        before=earlier(look("fra", "b7", MISS), *origin()),
        again=False,
    ),
    "the purged page is fresh, another one is old": Row(
        [NEW, *origin(), look("fra", "a1", HIT, 60, url=NEWS), *[replace(x, url=NEWS) for x in origin()]],
        Verdict.FRESH,
        "beside it www.shop.test/news is old at fra: this purge may not include it",
        covered=(URL,),
        again=False,
    ),
    "already the same, and new content meanwhile": Row(
        [NEW, *origin()],
        Verdict.FRESH,
        "already the same at fra before the purge",
        before=earlier(look("fra", "a1", HIT, 60), *origin("a1")),
        again=False,
    ),
    "old before, new now": Row(
        [NEW, *origin()], Verdict.FRESH, "", before=earlier(look("fra", "a1", HIT, 60), *origin()), again=False
    ),
    "a copy that outlived the purge but is the origin's": Row(
        [look("fra", "b7", HIT, 18_000), *origin()],
        Verdict.UNKNOWN,
        f"the copy at fra {STILL_THERE}",
        again=True,
    ),
    "a copy that says it is older, and is another than before": Row(
        [look("fra", "b7", HIT, 900), *origin()],
        Verdict.UNKNOWN,
        "the copy at fra is new and right, but says that it is older than the purge, so it proves nothing: either a"
        " cache further in, which is no layer of this site, adds to its Age, or another server gave it",
        before=earlier(look("fra", "a1", HIT, 60), *origin()),
        again=True,
    ),
    "a copy that says so by its Age alone, and is older": Row(
        [look("fra", "b7", age=900), *origin()],
        Verdict.UNKNOWN,
        f"the copy at fra {STILL_THERE}",
        again=True,
    ),
    "fetched anew, and older than the purge by its Age": Row(
        [look("fra", "b7", MISS, 61), *origin()],
        Verdict.UNKNOWN,
        f"fra {FROM_FURTHER_IN}",
        before=earlier(look("fra", "a1", HIT, 60), *origin()),
        again=True,
    ),
    "asked further in again, and older than the purge by its Age": Row(
        [look("fra", "b7", Cached.REVALIDATED, 61), *origin()], Verdict.UNKNOWN, f"fra {FROM_FURTHER_IN}", again=True
    ),
    "fetched anew from a cache that was not purged": Row(
        [look("fra", "b7", MISS, 61), *origin()],
        Verdict.UNKNOWN,
        "fra got it from a cache further in that kept a copy, which is what the origin serves: Varnish was not asked",
        left_alone=("Varnish",),
        again=False,
    ),
    "fetched anew, with an Age since the purge": Row(
        [look("fra", "b7", MISS, 3), *origin()], Verdict.FRESH, "", again=False
    ),
    "fetched anew, with the Age that the origin's answer had": Row(
        [look("fra", "b7", MISS, 61), *[replace(x, age=60) for x in origin()]], Verdict.FRESH, "", again=False
    ),
    "a copy with the Age that the origin's answer had": Row(
        [look("fra", "b7", HIT, 905), *[replace(x, age=905) for x in origin()]],
        Verdict.FRESH,
        "",
        before=earlier(look("fra", "a1", HIT, 60), *origin()),
        again=False,
    ),
    "a copy older than the purge and than the origin's answer": Row(
        [look("fra", "b7", HIT, 18_000), *[replace(x, age=905) for x in origin()]],
        Verdict.UNKNOWN,
        f"the copy at fra {STILL_THERE}",
        again=True,
    ),
    "an outer cache that was filled from the inner one": Row(
        [look("fra", "b7", HIT, 12), *origin()],
        Verdict.FRESH,
        "already the same at fra before the purge · if it still looks old, the origin itself may be old"
        ", or others get a copy of their own: this was seen as a plain visitor, with gzip",
        before=earlier(look("fra", "b7", HIT, 60), *origin()),
        began=PURGED - 5,
        again=False,
    ),
    "an outer cache with a copy from before the inner one was purged": Row(
        [look("fra", "b7", HIT, 16), *origin()],
        Verdict.UNKNOWN,
        f"the copy at fra {STILL_THERE}",
        before=earlier(look("fra", "b7", HIT, 60), *origin()),
        began=PURGED - 5,
        again=True,
    ),
    "a cache further in keeps other pages of it": Row(
        [NEW, *origin()],
        Verdict.UNKNOWN,
        "the page looked at is fresh, but Varnish keeps others that were to go: those may come back old",
        kept_by=("Varnish",),
        again=False,
    ),
    "a copy of a page that shows what it must, and was not to be purged": Row(
        [NEW, *origin(), SHOWING, *[replace(x, url=NEWS) for x in origin()]],
        Verdict.FRESH,
        "fra kept its copy of www.shop.test/news (HIT, 5 h old), which shows x-build: 4",
        again=False,
    ),
    "a copy that was not to be purged, and is the origin's": Row(
        [look("fra", "b7", HIT, 18_000), *origin()],
        Verdict.UNKNOWN,
        "fra kept its copy, which is what the origin serves: Cloudflare was not asked",
        left_alone=("Cloudflare",),
        again=False,
    ),
    "one of two pages is never cached": Row(
        [
            NEW,
            *origin(),
            look("fra", url=NEWS, cached=UNCACHED, says="DYNAMIC"),
            *[replace(x, url=NEWS) for x in origin()],
        ],
        Verdict.FRESH,
        "the page is never cached (DYNAMIC) on 1 of 2 pages",
        again=False,
    ),
}

STALE_ROWS = {
    "a kept redirect that leads elsewhere": Row(
        [to("/a", look("fra", "", HIT, 900)), *[to("/b", one) for one in origin("")]],
        Verdict.STALE,
        "still old at fra (HIT, 301, 15 min old, to /a; the origin redirects to /b)",
    ),
    "a kept redirect of another status": Row(
        [to("/a", look("fra", "", HIT, 900)), *[replace(to("/b", one), status=302) for one in origin("")]],
        Verdict.STALE,
        "still old at fra (HIT, 301, 15 min old, to /a; the origin redirects (302) to /b)",
    ),
    "a redirect to the same page, spelled otherwise": Row(
        [to("/%7ea/%2e%2e/caf%c3%a9", look("fra", "", HIT, 3)), *[to("/caf%C3%A9", one) for one in origin("")]],
        Verdict.FRESH,
        "",
        before=earlier(to("/a", look("fra", "", HIT, 60)), *MOVED),
        again=False,
    ),
    "a HIT with old content": Row([OLD, *origin()], Verdict.STALE, 'still old at sin (HIT, 5 h old, version "a1")'),
    "two places": Row(
        [OLD, look("fra", "a1", HIT), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 5 h old, version "a1"), fra (HIT, ETag "a1")',
    ),
    "a MISS with old content": Row(
        [look("sin", "a1", MISS), *origin()],
        Verdict.STALE,
        'still old at sin (MISS, ETag "a1")'
        " · the edge fetched it again after the purge and got the old one: a cache further in may still hold that",
    ),
    "a HIT younger than the purge": Row(
        [look("sin", "a1", HIT, 4), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 4 s old, ETag "a1")'
        " · the edge fetched it again after the purge and got the old one: a cache further in may still hold that",
    ),
    "a HIT younger than the purge by its Age alone, and the very copy of before": Row(
        [look("sin", "a1", HIT, 8), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 8 s old, ETag "a1") · after a soft purge a cache may serve the old once more while it'
        " fetches the new",
        before=[replace(look("sin", "a1", HIT, 0), at=PURGED + 1.5)],
        soft=True,
    ),
    "a frozen Age of 0 explains nothing": Row(
        [look("sin", "a1", HIT, 0), *origin()], Verdict.STALE, 'still old at sin (HIT, 0 s old, ETag "a1")'
    ),
    "never kept at the edge, and old": Row(
        [look("sin", "a1", UNCACHED, says="DYNAMIC"), *origin()],
        Verdict.STALE,
        'still old at sin (DYNAMIC, ETag "a1") · the edge does not keep it, so a cache further in does',
    ),
    "updating after a soft purge": Row(
        [look("sin", "a1", STALE, says="UPDATING"), *origin()],
        Verdict.STALE,
        'still old at sin (UPDATING, ETag "a1")'
        " · after a soft purge a cache may serve the old once more while it fetches the new",
        soft=True,
    ),
    "the page is gone at the origin": Row(
        [look("sin", "a1", HIT), *[replace(x, status=404) for x in origin("404")]],
        Verdict.STALE,
        'still old at sin (HIT, ETag "a1"; the origin answers 404)',
    ),
    "not found at the edge, gone at the origin": Row(
        [look("sin", "", HIT, 40, status=404, etag=""), *[replace(x, status=410) for x in origin()]],
        Verdict.STALE,
        "still old at sin (HIT, 404, 40 s old; the origin answers 410)",
    ),
    "a kept error": Row(
        [look("sin", "a fault", HIT, 40, status=503, etag=""), *origin()],
        Verdict.STALE,
        "still old at sin (HIT, 503, 40 s old; the origin answers 200)",
    ),
    "another version, where the origin's bytes never hold still": Row(
        [look("sin", "x1", MISS, version="a1", etag=""), *MARKED],
        Verdict.STALE,
        'still old at sin (MISS, version "a1")'
        " · the edge fetched it again after the purge and got the old one: a cache further in may still hold that",
    ),
    "the same marker over other content is not new": Row(
        [look("sin", "a1", HIT, version="1.0"), *origin(version="1.0")],
        Verdict.STALE,
        'still old at sin (HIT, version "1.0")',
    ),
    "only the bytes tell, and they are those of before": Row(
        [look("sin", "a1", MISS, etag=""), *BARE],
        Verdict.STALE,
        "still old at sin (MISS)"
        " · the edge fetched it again after the purge and got the old one: a cache further in may still hold that"
        " · only the bytes differ; if the edge rewrites pages it may be new: a `marker` for the site would tell",
        before=earlier(look("sin", "a1", HIT, etag=""), *BARE),
    ),
    "only the bytes tell, and the cache kept them": Row(
        [look("sin", "a1", HIT, 18_000, etag=""), *BARE],
        Verdict.STALE,
        "still old at sin (HIT, 5 h old)"
        " · only the bytes differ; if the edge rewrites pages it may be new: a `marker` for the site would tell",
    ),
    "another version and no ETag": Row(
        [look("sin", "a1", etag="", version="a1"), *origin(etag="", version="b7")],
        Verdict.STALE,
        'still old at sin (version "a1")',
    ),
    "the copy of before, where the origin is unsteady": Row(
        [look("sin", "x0", HIT, 7200, etag=""), *UNSTEADY],
        Verdict.STALE,
        "still old at sin (HIT, 2 h old)"
        " · only the bytes differ; if the edge rewrites pages it may be new: a `marker` for the site would tell",
        before=earlier(look("sin", "x0", HIT, 7185, etag=""), *UNSTEADY),
    ),
    "the origin changed during the purge": Row(
        [look("sin", "a1", HIT, 60), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 60 s old, ETag "a1") · edge and origin were already the same before the purge at sin:'
        " the origin changed since, or part of it is still old",
        before=earlier(look("sin", "a1", HIT, 45), *origin("a1")),
    ),
    "a cache of the chain was not asked": Row(
        [look("sin", "a1", HIT, 3), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 3 s old, ETag "a1") · Varnish was not asked, and may still hold the old one',
        left_alone=("Varnish",),
    ),
    "the origin has changed since the purge was proven": Row(
        [look("fra", "b7", HIT, 3), *origin("c9")],
        Verdict.STALE,
        'still old at fra (HIT, 3 s old, ETag "b7")'
        " · the origin has changed since this purge was proven: purge again for what is new",
        before=earlier(look("fra", "a1", HIT, 60), *origin("b7")),
        proven=[NEW, *origin("b7")],
        again=False,
    ),
    "one old page of two": Row(
        [OLD, *origin(), look("sin", url=NEWS), *[replace(x, url=NEWS) for x in origin()]],
        Verdict.STALE,
        'still old at sin (www.shop.test/pricing: HIT, 5 h old, version "a1", 1 of 2 pages)',
    ),
    "one of several looks at a place": Row(
        [look("sin"), OLD, *origin()], Verdict.STALE, 'still old at sin (HIT, 5 h old, version "a1")'
    ),
    "a stale place outweighs a silent one": Row(
        [OLD, look("fra", problem="connection refused"), *origin()],
        Verdict.STALE,
        'still old at sin (HIT, 5 h old, version "a1")',
    ),
}

STALE_ROWS |= {
    "a redirect that came after the purge": Row(
        [to("/b", look("fra", "", HIT, 3)), *origin()],
        Verdict.STALE,
        f"still old at fra (HIT, 301, 3 s old, to /b; the origin answers 200) · {FETCHED_ANEW}",
        before=earlier(look("fra", "a1", HIT, 60), *origin()),
    ),
    "a redirect that was there before and came again": Row(
        [to("/b", look("fra", "", HIT, 3)), *origin()],
        Verdict.STALE,
        f"still old at fra (HIT, 301, 3 s old, to /b; the origin answers 200) · {REFILLED}",
        before=earlier(to("/b", look("fra", "", HIT, 60)), *origin()),
    ),
    "a redirect of which a part is hidden, over other words": Row(
        [to("/login?token=•••", look("fra", "x", HIT, 60, etag="")), *[secret("", one) for one in origin(etag="")]],
        Verdict.STALE,
        "still old at fra (HIT, 301, 60 s old, to /login?token=•••)",
    ),
    "one variant of two": Row(
        [NEW, *origin(), look("fra", "a1", HIT, 18_000, variant="X: y"), *varied()],
        Verdict.STALE,
        'still old at fra (HIT, 5 h old, ETag "a1", asked with X: y) · a plain visitor gets the new page; the old copy'
        " seems to have a key of its own, which this purge did not reach",
    ),
    "a kept redirect that leads elsewhere than the origin's": Row(
        [to("/a", look("fra", "", HIT, 3)), *[to("/b", one) for one in origin("")]],
        Verdict.STALE,
        "still old at fra (HIT, 301, 3 s old, to /a; the origin redirects to /b)"
        " · the edge fetched it again after the purge and got the old one: a cache further in may still hold that",
    ),
    "a kept redirect with a secret that is another than the origin's": Row(
        [secret("aaaaaa", look("fra", "", HIT)), *[secret("bbbbbb", one) for one in origin("")]],
        Verdict.STALE,
        "still old at fra (HIT, 301, to /login?token=•••; the origin's differs in what is not shown here)",
    ),
    "another page by its ETag, and as old as the origin's": Row(
        [dated(OLD, 1), *[dated(one, 1) for one in origin()]],
        Verdict.STALE,
        'still old at sin (HIT, 5 h old, version "a1")',
    ),
    "another page by its ETag, as old as the origin's, fetched, and what was there before": Row(
        [dated(look("sin", "a1", MISS), 1), *[dated(one, 1) for one in origin()]],
        Verdict.STALE,
        f'still old at sin (MISS, ETag "a1") · {REFILLED}',
        before=earlier(dated(look("sin", "a1", HIT, 60), 1), *origin()),
    ),
    "another version, as old as the origin's, and fetched": Row(
        [dated(look("sin", "a1", MISS, version="a1"), 1), *[dated(one, 1) for one in origin(version="b7")]],
        Verdict.STALE,
        f'still old at sin (MISS, version "a1") · {REFILLED}',
    ),
    "another version, and newer than the origin's": Row(
        [dated(OLD, 1), *[dated(one, 2) for one in origin(version="b7")]],
        Verdict.STALE,
        'still old at sin (HIT, 5 h old, version "a1")',
    ),
}

UNKNOWN_ROWS = {
    "a challenge of a firewall in place of the page": Row(
        [replace(look("fra", "wait", MISS, status=202), guard="AWS WAF"), *origin()],
        Verdict.UNKNOWN,
        "fra gave no page: AWS WAF asks for a proof of being no robot",
    ),
    "another page by its ETag, newer than the origin's, and what was there before": Row(
        [dated(look("sin", "a1", HIT, 3), 1), *[dated(one, 2) for one in origin()]],
        Verdict.UNKNOWN,
        "sin serves other content than the origin, changed after the origin's (Last-Modified 14 Jan 08:00, the origin's"
        " 13 Jan 08:00)",
        before=earlier(dated(look("sin", "a1", HIT, 3), 1), *origin()),
    ),
    "the plain page in place of a variant": Row(
        [NEW, *origin(), look("fra", "b7", HIT, variant="X: y"), *varied("mobile")],
        Verdict.UNKNOWN,
        "fra gives all the same page, the origin not (asked with X: y)",
        again=False,
    ),
    "another page by its ETag, as old as the origin's, and fetched": Row(
        [dated(look("sin", "c9", MISS), 1), *[dated(one, 1) for one in origin()]],
        Verdict.UNKNOWN,
        "sin serves other content than the origin, under another ETag and changed when the origin's was (Last-Modified"
        f" 14 Jan 2027 08:00): {NEITHER_OLDER}",
        before=earlier(look("sin", "a1", HIT, 60), *origin()),
    ),
    "another page by its ETag, and newer than the origin's": Row(
        [dated(look("sin", "c9", HIT, 3), 1), *[dated(one, 2) for one in origin()]],
        Verdict.UNKNOWN,
        "sin serves other content than the origin, changed after the origin's (Last-Modified 14 Jan 08:00, the origin's"
        " 13 Jan 08:00)",
    ),
    "a copy older than the purge, and younger than what the origin answers with": Row(
        [look("fra", "b7", HIT, 3000), *[replace(x, age=3600) for x in origin()]],
        Verdict.UNKNOWN,
        f"the copy at fra {STILL_THERE}",
    ),
    "a redirect that is the origin's, and was before": Row(
        [to("/b", look("fra", "to /b", HIT, 3)), *MOVED],
        Verdict.UNKNOWN,
        "it only redirects (301), and the page that it leads to was not looked at: /b",
        before=earlier(to("/b", look("fra", "to /b", HIT, 60)), *MOVED),
        again=False,
    ),
    "a loop, at the origin too": Row(
        [to(URL, look("fra", "", HIT, 3)), *[to("/pricing", one) for one in origin("")]],
        Verdict.UNKNOWN,
        f"it only redirects (301), to the very URL that was asked for: {GIVE_UP}",
        before=earlier(to(URL, look("fra", "", HIT, 60)), *[to("/pricing", one) for one in origin("")]),
        again=False,
    ),
    "a loop of which a part is not shown": Row(
        [secret(mark_of(URL), look("fra", "", MISS)), *origin()],
        Verdict.UNKNOWN,
        f"fra redirects (301) to the very URL that was asked for, {GIVE_UP}; the origin does not",
        again=False,
    ),
    "a loop between TLS and an origin that is asked without": Row(
        [to("https://www.shop.test:443/pricing", look("fra", "", HIT, 900)), *map(to_itself, origin(""))],
        Verdict.UNKNOWN,
        f"fra redirects (301) to the very URL that was asked for, {GIVE_UP}: {WITHOUT_TLS}",
        again=False,
    ),
    "a loop that a cache has kept since the purge": Row(
        [to(URL, look("fra", "", HIT, 3)), *origin()],
        Verdict.UNKNOWN,
        f"fra redirects (301) to the very URL that was asked for, {GIVE_UP}, and fetched that after the purge;"
        f" {PAGE_OVER_TLS}",
        again=False,
    ),
    "a loop that a cache kept all along": Row(
        [to(URL, look("fra", "", HIT, 900)), *origin()],
        Verdict.STALE,
        f"still old at fra (HIT, 301 to itself, 15 min old; the origin answers 200) · {LEFT}",
    ),
    "a page, and an origin that leads back to itself": Row(
        [look("fra", "a1", HIT, 900), *[to("/pricing", one) for one in origin("")]],
        Verdict.UNKNOWN,
        f"the origin redirects (301) to the very URL that was asked for, {GIVE_UP}: a purge would bring that to"
        " visitors",
        again=False,
    ),
    "an origin that is asked without TLS, wants it, and spells the page otherwise": Row(
        [look("fra", "a1", HIT, 900), *[replace(to_itself(one), leads_to=SPELLED) for one in origin()]],
        Verdict.UNKNOWN,
        "the origin is asked over http, as its address in the configuration says, and only answers with a redirect to"
        " https",
        again=False,
    ),
    "a loop, and nothing to compare with": Row(
        [to(URL, look("fra", "", MISS)), *DOWN],
        Verdict.UNKNOWN,
        f"fra redirects (301) to the very URL that was asked for, {GIVE_UP}",
        again=False,
    ),
    "a redirect of which a part is hidden, over other words, and fetched": Row(
        [to("/login?token=•••", look("fra", "x", MISS, etag="")), *[secret("", one) for one in origin(etag="")]],
        Verdict.UNKNOWN,
        f"fra redirects (301) as the origin does, {UNCOMPARED}",
    ),
    "a redirect to nowhere": Row(
        [to("", look("fra", "", HIT, 3)), *[to("", one) for one in origin("")]],
        Verdict.UNKNOWN,
        f"it answers 301 and {NOWHERE}",
        again=False,
    ),
    "a redirect that is never cached": Row(
        [to("/b", look("fra", "to /b", UNCACHED)), *MOVED],
        Verdict.UNKNOWN,
        "it only redirects (301), and the page that it leads to was not looked at: /b",
        again=False,
    ),
    "an edge that is asked without TLS and wants it": Row(
        [to_itself(look("fra", "", HIT, 900)), *origin()],
        Verdict.UNKNOWN,
        "fra is asked over http, as its address in the configuration says, and only answers with a redirect to https",
        again=False,
    ),
    "an origin that is asked without TLS and wants it": Row(
        [look("fra", "b7", HIT, 3), *(to_itself(one) for one in origin())],
        Verdict.UNKNOWN,
        "the origin is asked over http, as its address in the configuration says, and only answers with a redirect to"
        " https",
        again=False,
    ),
    "served although stale, and the origin's content": Row(
        [look("fra", "b7", STALE, 20), *origin()],
        Verdict.UNKNOWN,
        "fra serves an expired copy (STALE) while it fetches, and it is what the origin serves",
    ),
    "a variant came too late": Row(
        [NEW, *origin(), look("fra", problem="no answer in time", variant="X: y"), *varied()],
        Verdict.UNKNOWN,
        "fra did not answer: no answer in time (asked with X: y)",
    ),
    "a variant that the origin was not asked for": Row(
        [NEW, *origin(), look("fra", variant="X: y")],
        Verdict.UNKNOWN,
        "the origin did not answer in time (asked with X: y)",
    ),
    "only another page is fresh": Row([NEW, *origin()], Verdict.UNKNOWN, NONE_COVERED, covered=(), again=False),
    "only another page is old": Row(
        [OLD, *origin()],
        Verdict.UNKNOWN,
        f"{NONE_COVERED} · beside it www.shop.test/pricing is old at sin: this purge may not include it",
        covered=(NEWS,),
        again=False,
    ),
    "never cached": Row(
        [look("fra", cached=UNCACHED, says="DYNAMIC"), *origin()],
        Verdict.UNKNOWN,
        "the page is never cached (DYNAMIC)",
        again=False,
    ),
    "never cached, and another answer each time": Row(
        [look("fra", "x3", UNCACHED, says="BYPASS"), *UNSTEADY],
        Verdict.UNKNOWN,
        "the page is never cached (BYPASS)",
        again=False,
    ),
    "the origin is unsteady": Row(
        [look("fra", "x3", MISS), *UNSTEADY],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        again=False,
    ),
    "half of an unsteady origin is no proof": Row(
        [look("fra", "x1", HIT, 18_000), *UNSTEADY],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        again=False,
    ),
    "the bytes of before, fetched anew from an unsteady origin": Row(
        [look("fra", "x0", MISS, etag=""), *UNSTEADY],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        before=earlier(look("fra", "x0", HIT, etag=""), *UNSTEADY),
        again=False,
    ),
    "no marker at the edge, where the origin's bytes never hold still": Row(
        [look("fra", "x3", MISS), *MARKED],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        again=False,
    ),
    "a fresh page beside one that is never cached and never the same": Row(
        [NEW, *origin(), look("fra", "x3", UNCACHED, url=NEWS), *[replace(x, url=NEWS) for x in UNSTEADY]],
        Verdict.UNKNOWN,
        "the page is never cached (UNCACHED) on 1 of 2 pages",
        again=False,
    ),
    "the edge is silent": Row(
        [look("fra", problem="connection refused"), *origin()],
        Verdict.UNKNOWN,
        "fra did not answer: connection refused",
    ),
    "one of two edges is silent": Row(
        [NEW, look("sin", problem="no answer within 8 s"), *origin()],
        Verdict.UNKNOWN,
        "sin did not answer: no answer within 8 s · fresh at fra",
    ),
    "the edge refuses purgebot": Row([look("fra", status=403), *origin()], Verdict.UNKNOWN, "fra answered 403"),
    "the edge is in trouble": Row([look("fra", status=502), *origin()], Verdict.UNKNOWN, "fra answered 502"),
    "the edge redirects, the origin does not": Row(
        [look("fra", "", status=301), *origin()], Verdict.UNKNOWN, "fra redirects (301), the origin does not"
    ),
    "the origin is silent": Row([NEW, *DOWN], Verdict.UNKNOWN, "the origin did not answer: connection refused"),
    "the origin is silent and the old copy stays": Row(
        [OLD, *DOWN], Verdict.UNKNOWN, "the origin did not answer: connection refused", before=earlier(OLD, *DOWN)
    ),
    "the origin is in trouble": Row(
        [look("fra", status=200), *[replace(x, status=503) for x in origin()]],
        Verdict.UNKNOWN,
        "the origin answered 503",
    ),
    "the origin is in trouble, and a place is called as parts of words are": Row(
        [look("a"), look("b"), *[replace(x, status=503) for x in origin()]],
        Verdict.UNKNOWN,
        "the origin answered 503",
    ),
    "trouble at both is not fresh": Row(
        [look("fra", cached=HIT, status=500), *[replace(x, status=500) for x in origin()]],
        Verdict.UNKNOWN,
        "the origin answered 500",
    ),
    "no origin": Row([NEW], Verdict.UNKNOWN, "no origin is configured to compare with", again=False),
    "the origin came too late": Row(
        [NEW], Verdict.UNKNOWN, "the origin did not answer in time", before=earlier(NEW, *origin())
    ),
    "a look came too late": Row(
        [NEW, *origin()],
        Verdict.UNKNOWN,
        "sin did not answer in time · fresh at fra",
        before=earlier(NEW, OLD, *origin()),
    ),
    "the same ETag over other bytes": Row(
        [look("fra", "a1", HIT, etag='"b7"'), *origin()],
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin under the same ETag",
    ),
    "the same weak ETag over other bytes": Row(
        [look("fra", "a1", HIT, etag='W/"b7"'), *origin(etag='W/"b7"')],
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin under the same ETag",
    ),
    "a strong ETag over bytes that never hold still": Row(
        [look("fra", "x3", MISS, etag='"b7"'), look("origin", "x1", etag='"b7"'), look("origin", "x2", etag='"b7"')],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        again=False,
    ),
    "other bytes than before and than the origin": Row(
        [look("fra", "rewritten", MISS, etag=""), *BARE],
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin, and only a `marker` could tell why",
        before=earlier(look("fra", "a1", HIT, etag=""), *BARE),
    ),
    "a firewall's bytes, as before": Row(
        [through("imperva", look("fra", "wait", HIT, etag="")), *BARE],
        Verdict.UNKNOWN,
        MAY_BE_A_FIREWALLS,
        before=earlier(through("imperva", look("fra", "wait", HIT, etag="")), *BARE),
    ),
    "a firewall's bytes, kept": Row(
        [through("imperva", look("fra", "wait", HIT, etag="")), *BARE], Verdict.UNKNOWN, MAY_BE_A_FIREWALLS
    ),
    "the bytes of before, through a firewall, where the origin never holds still": Row(
        [through("sucuri", look("fra", "a1", HIT, etag="")), *UNSTEADY],
        Verdict.UNKNOWN,
        "the origin answers differently each time",
        before=earlier(through("sucuri", look("fra", "a1", HIT, etag="")), *BARE),
        again=False,
    ),
    "the bytes of before under the origin's version": Row(
        [look("fra", "a1", HIT, etag="", version="1.0"), *origin(etag="", version="1.0")],
        Verdict.UNKNOWN,
        "fra serves the bytes of before the purge under the origin's version",
        before=earlier(look("fra", "a1", HIT, etag="", version="1.0"), *BARE),
    ),
    "nothing to compare": Row(
        [look("fra", etag="", digest=""), *origin(etag="", digest="")],
        Verdict.UNKNOWN,
        "the answers hold nothing to compare: no ETag, no version, no whole body",
    ),
    "an empty ETag says nothing": Row(
        [look("fra", etag='""', digest=""), *origin(etag='W/""', digest="")],
        Verdict.UNKNOWN,
        "the answers hold nothing to compare: no ETag, no version, no whole body",
    ),
}
ROWS = FRESH_ROWS | STALE_ROWS | UNKNOWN_ROWS


def judged_row(row: Row) -> Judgement:
    began = {} if row.began is None else {seen.url: row.began for seen in row.after}
    purged = Purged(PURGED, row.soft, row.covered, row.left_alone, row.proven, row.kept_by, began=began)
    return judge(row.before, row.after, purged)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_verdict_and_its_reason(row: Row) -> None:
    judgement = judged_row(row)
    assert (row.verdict, row.why, row.again) == (judgement.verdict, judgement.why, judgement.worth_another)


IN_WORDS = {Doubt.NONE_COVERED: NONE_COVERED, Doubt.ORIGIN_OLD: ORIGIN_OLD, Doubt.JUST_BYTES: REWRITTEN}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_is_left_open_is_what_its_words_say(row: Row) -> None:
    judgement = judged_row(row)
    assert {doubt for doubt, words in IN_WORDS.items() if words in judgement.why} == {*judgement.doubts}


def test_each_thing_that_is_left_open_is_met_among_the_rows() -> None:
    whys = [row.why for row in ROWS.values()]
    assert {*IN_WORDS} == {doubt for doubt, words in IN_WORDS.items() if any(words in why for why in whys)}


def test_every_place_is_named_by_what_it_serves() -> None:
    silent = look("iad", problem="connection refused")
    judgement = judge(earlier(look("fra", "b7", HIT, 60), *origin()), [NEW, OLD, silent, *origin()], Purged(PURGED))
    expected = Judgement(
        Verdict.STALE,
        'still old at sin (HIT, 5 h old, version "a1")',
        fresh_at=("fra",),
        stale_at=("sin",),
        unknown_at=("iad",),
        already_same=("fra",),
        worth_another=True,
    )
    assert expected == judgement


def test_without_a_purge_nothing_is_said_of_one() -> None:
    judgement = judge((), [look("sin", "a1", MISS), *origin()])
    assert (Verdict.STALE, 'old at sin (MISS, ETag "a1")') == (judgement.verdict, judgement.why)


def test_no_look_is_no_verdict() -> None:
    assert judge((), (), Purged(PURGED)) == Judgement(Verdict.UNCHECKED, "no page to look at is known")


def test_many_places_are_counted_after_three() -> None:
    old = [look(place, "a1", HIT, etag='"a1"') for place in ("ams", "fra", "iad", "sin", "syd")]
    judgement = judge((), [*old, *origin()], Purged(PURGED))
    told = ", ".join(f'{place} (HIT, ETag "a1")' for place in ("ams", "fra", "iad"))
    assert f"still old at {told}, 2 more" == judgement.why


def test_places_of_one_reason_are_told_together() -> None:
    silent = [look(place, problem="connection refused") for place in ("ams", "fra", "iad", "sin", "syd")]
    judgement = judge((), [*silent, *origin()], Purged(PURGED))
    assert "ams, fra, iad, 2 more did not answer: connection refused" == judgement.why


def test_a_reason_of_many_places_is_said_as_of_many() -> None:
    torn = [look(place, "a1", HIT, etag='"b7"') for place in ("fra", "iad")]
    judgement = judge((), [*torn, *origin()], Purged(PURGED))
    assert "fra, iad serve other bytes than the origin under the same ETag" == judgement.why


SAID_OF_MANY = {
    "\0 redirects (302), the origin does not": "fra, iad redirect (302), the origin does not",
    "\0 is asked over http, as its address in the configuration says, and only answers with a redirect to https": (
        "fra, iad are asked over http, as their addresses in the configuration say, and only answer with a redirect to "
        "https"
    ),
    "\0 kept its copy, which is what the origin serves: cf was not asked": (
        "fra, iad kept their copies, which is what the origin serves: cf was not asked"
    ),
    f"the copy at \0 {STILL_THERE}": (
        "the copies at fra, iad are older than the purge by their Age, and are what the origin serves: the purge has"
        " not got there, or a cache further in that is no layer of this site adds to that Age"
    ),
    f"\0 {FROM_FURTHER_IN}": (
        "fra, iad fetched it anew and got copies that are older than the purge, and are what the origin serves: they"
        " came from a cache further in, which the purge did not get to or which is no layer of this site"
    ),
    "the copy at \0 is right, but may be from before the purge, so it proves nothing": (
        "the copies at fra, iad are right, but may be from before the purge, so they prove nothing"
    ),
}


@pytest.mark.parametrize(("why", "expected"), SAID_OF_MANY.items())
def test_each_reason_has_its_words_for_one_place_and_for_many(why: str, expected: str) -> None:
    assert (why.replace("\0", "fra"), expected) == (said_of(["fra"], why), said_of(["fra", "iad"], why))


def test_a_place_that_fetched_the_old_page_anew_keeps_that_hint_at_later_looks() -> None:
    later = judge((), [OLD, *origin()], Purged(PURGED, refetched_at=("sin",)))
    assert (Verdict.STALE, True) == (later.verdict, later.why.endswith(f" · {REFILLED}"))


def test_many_reasons_are_counted_after_three() -> None:
    silent = [look(place, problem=f"reason {place}") for place in ("ams", "fra", "iad", "sin", "syd")]
    judgement = judge((), [*silent, *origin()], Purged(PURGED))
    told = " · ".join(f"{place} did not answer: reason {place}" for place in ("ams", "fra", "iad"))
    assert f"{told} · and 2 more reasons" == judgement.why


DESCRIBED = {
    "a kept copy": (OLD, 'HIT, 5 h old, version "a1"'),
    "an ETag where there is no version": (look("fra", "b7", HIT, 79), 'HIT, 79 s old, ETag "b7"'),
    "fetched anew": (look("fra", "b7", MISS, 0, version="b7"), 'MISS, version "b7"'),
    "the cache's own word": (look("fra", cached=UNCACHED, says="DYNAMIC", etag=""), "DYNAMIC"),
    "a status that is not 200": (look("fra", cached=HIT, etag="", status=404, age=200), "HIT, 404, 3 min old"),
    "no word at all": (look("fra", etag=""), "answered"),
    "a challenge": (
        replace(look("fra", etag="", status=403), guard="Cloudflare"),
        "403, Cloudflare asks for a proof of being no robot",
    ),
    "no answer": (look("fra", problem="connection refused"), "connection refused"),
}


@pytest.mark.parametrize(("seen", "expected"), DESCRIBED.values(), ids=DESCRIBED)
def test_a_look_in_a_few_words(seen: Look, expected: str) -> None:
    assert expected == describe(seen, seen.at)


def test_a_copy_is_as_old_as_it_is_by_now() -> None:
    assert 'HIT, 4 min old, ETag "b7"' == describe(look("fra", "b7", HIT, 60), PURGED + 10 + 180)


# Edges that lie.

AFTER = 5  # seconds from the purge to the look
TAGS = {
    "strong": '"{}"',
    "weak": 'W/"{}"',
    "compressed": '"{}-gzip"',
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Lie:
    """What an edge serves in truth, and what it says of itself."""

    content: str
    cached: Cached
    age: int | None
    tag: str
    status: int
    silent: bool
    late: bool
    before: str


lies = st.builds(
    Lie,
    content=st.sampled_from(["old", "older", "new"]),
    cached=st.sampled_from(list(Cached)),
    age=st.none() | st.integers(0, 30) | st.integers(0, 10**6),
    tag=st.sampled_from([*TAGS, "stolen"]),
    status=st.sampled_from([200, 200, 200, 200, 301, 404, 503]),
    silent=st.sampled_from([False, False, False, True]),
    late=st.sampled_from([False, False, False, True]),
    before=st.sampled_from(["old", "older", "new", ""]),
)
"""A late edge was seen before the purge and not after it; a stolen ETag is the origin's over whatever body."""


@dataclass(frozen=True, slots=True)
class World:
    edges: tuple[Lie, ...]
    origin_tag: str
    origin_is: str  # steady, unsteady, silent, refusing or once
    with_body: bool
    marked: bool
    soft: bool


worlds = st.builds(
    World,
    edges=st.lists(lies, min_size=1, max_size=3).map(tuple),
    origin_tag=st.sampled_from(list(TAGS)),
    origin_is=st.sampled_from(["steady", "steady", "steady", "unsteady", "silent", "refusing", "once"]),
    with_body=st.booleans(),
    marked=st.booleans(),
    soft=st.booleans(),
)


def seen_at(world: World, n: int, lie: Lie, content: str, at: float) -> Look:
    if lie.silent and at > PURGED:
        return look(f"edge{n}", problem="connection refused", at=at)
    tag = TAGS["strong" if lie.tag == "stolen" else lie.tag].format("new" if lie.tag == "stolen" else content)
    return look(
        f"edge{n}", content, lie.cached, lie.age, at=at, status=lie.status, etag=tag,
        digest=None if world.with_body else "", version=content if world.marked else "",
    )  # fmt: skip


def origin_of(world: World) -> list[Look]:
    bodies = {"steady": ["new", "new"], "unsteady": ["new", "newer"], "once": ["new"], "refusing": ["new", "new"]}
    if world.origin_is == "silent":
        return DOWN
    return [
        look(
            "origin", content, status=503 if world.origin_is == "refusing" else 200,
            etag=TAGS[world.origin_tag].format(content), digest=None if world.with_body else "",
            version=content if world.marked else "",
        )
        for content in bodies[world.origin_is]
    ]  # fmt: skip


def judged(world: World) -> Judgement:
    after = [seen_at(world, n, lie, lie.content, PURGED + AFTER) for n, lie in enumerate(world.edges) if not lie.late]
    before = [seen_at(world, n, lie, lie.before, PURGED - 5) for n, lie in enumerate(world.edges) if lie.before]
    return judge(before, [*after, *origin_of(world)], Purged(PURGED, world.soft))


def is_new(world: World, lie: Lie) -> bool:
    """Whether an edge was seen to serve what the origin serves."""
    steady = world.origin_is in ("steady", "once")
    return steady and not lie.silent and not lie.late and (lie.content, lie.status) == ("new", 200)


def never_falsely_fresh(world: World) -> None:
    judgement = judged(world)
    truly = {f"edge{n}" for n, lie in enumerate(world.edges) if is_new(world, lie)}
    stolen = {f"edge{n}" for n, lie in enumerate(world.edges) if lie.tag == "stolen" and not world.with_body}
    assert set() == set(judgement.fresh_at) - truly - stolen
    if not world.soft:
        assert set() == {f"edge{n}" for n, lie in enumerate(world.edges) if (lie.age or 0) > AFTER} & {
            *judgement.fresh_at
        }
    if judgement.verdict is Verdict.FRESH:
        assert all(not lie.late or not lie.before for lie in world.edges)
        assert () == judgement.stale_at


@settings(max_examples=examples(200), deadline=None, derandomize=True, database=None)
@given(worlds)
def test_an_edge_that_lies_is_never_called_fresh(world: World) -> None:
    never_falsely_fresh(world)


@pytest.mark.slow
@settings(max_examples=examples(4_000), deadline=None, database=None)
@given(worlds)
def test_thousands_of_edges_that_lie_are_never_called_fresh(world: World) -> None:
    never_falsely_fresh(world)


@settings(max_examples=examples(200), deadline=None, derandomize=True, database=None)
@given(worlds)
def test_every_place_is_named_once_and_every_doubt_has_a_reason(world: World) -> None:
    judgement = judged(world)
    named = [*judgement.fresh_at, *judgement.stale_at, *judgement.unknown_at]
    assert len(named) == len(set(named))
    assert judgement.verdict in (Verdict.FRESH, Verdict.UNCHECKED) or judgement.why
    assert {doubt for doubt, words in IN_WORDS.items() if words in judgement.why} == {*judgement.doubts}


@settings(max_examples=examples(200), deadline=None, derandomize=True, database=None)
@given(worlds, worlds)
def test_likeness_is_the_same_from_both_sides(one: World, other: World) -> None:
    a, b = (seen_at(w, 0, w.edges[0], w.edges[0].content, PURGED - 1) for w in (one, other))
    assert compare(a, b) is compare(b, a)


def test_a_look_is_like_itself() -> None:
    assert Likeness.SAME is compare(NEW, NEW)


OUR_OWN = earlier(look("fra", "b7", MISS))
OF_BEFORE = earlier(look("fra", "b7", HIT, 60))
OLD_THEN = earlier(look("fra", "a1", HIT, 60))
WITNESSES = {
    "a copy of our own look before, as young as the purge": (OUR_OWN, look("fra", "b7", HIT, 10), Verdict.UNKNOWN),
    "a copy of our own look before, surely younger": (OUR_OWN, look("fra", "b7", HIT, 9), Verdict.FRESH),
    "of our own look before, and said to be younger a second before the answer was there": (
        OUR_OWN,
        replace(look("fra", "b7", HIT, 9), took=1.0),
        Verdict.UNKNOWN,
    ),
    "the same as before, without an Age": (OF_BEFORE, look("fra", "b7", HIT), Verdict.UNKNOWN),
    "the same as before, and fetched anew": (OF_BEFORE, NEW, Verdict.FRESH),
    "fetched from a cache further in that has had it since before": (
        OF_BEFORE,
        look("fra", "b7", MISS, 10),
        Verdict.UNKNOWN,
    ),
    "another than before": (OLD_THEN, look("fra", "b7", HIT, 10), Verdict.FRESH),
}


@pytest.mark.parametrize(("before", "now", "verdict"), WITNESSES.values(), ids=WITNESSES)
def test_a_page_that_stands_for_others_proves_nothing_by_a_copy_that_may_be_older(
    before: Sequence[Look], now: Look, verdict: Verdict
) -> None:
    seen = [now, *origin()]
    others = judge([*before, *earlier(*origin())], seen, Purged(PURGED, stands_for_others=True))
    itself = judge([*before, *earlier(*origin())], seen, Purged(PURGED))
    assert (verdict, Verdict.FRESH) == (others.verdict, itself.verdict)
    assert (verdict is Verdict.UNKNOWN) == others.worth_another


def test_a_page_that_is_never_cached_is_fresh_where_nothing_was_purged() -> None:
    seen = [look("fra", "b7", UNCACHED, says="DYNAMIC"), *origin()]
    assert (Verdict.FRESH, Verdict.UNKNOWN) == (judge((), seen).verdict, judge((), seen, Purged(PURGED)).verdict)


def test_a_probe_that_looks_at_some_pages_is_not_missing_at_others() -> None:
    probe = replace(look("Frankfurt", "b7", HIT, 1), country="DE")
    other = [look("fra", "b7", HIT, 1, url=NEWS), *[replace(x, url=NEWS) for x in origin()]]
    judgement = judge((), [NEW, probe, *origin(), *other])
    assert (Verdict.FRESH, ("fra", "Frankfurt")) == (judgement.verdict, judgement.fresh_at)


def test_a_probe_that_looked_before_and_not_after_is_missing() -> None:
    probe = replace(look("Frankfurt", "a1", HIT, 60), country="DE")
    judgement = judge(earlier(probe, *origin()), [NEW, *origin()], Purged(PURGED))
    assert (Verdict.UNKNOWN, ("Frankfurt",)) == (judgement.verdict, judgement.unknown_at)
