"""Why a page still looks old: each rule where it speaks first, how sure it is, and beside it a near miss."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.grammar.speech import VERB_OF
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.site import Site
from bot.domain.why import (
    Case,
    Certainty,
    Front,
    Glance,
    InLine,
    Name,
    Ours,
    Reach,
    Reading,
    Resolved,
    Spot,
    Tier,
    diagnose,
)
from bot.domain.why.diagnose import RULES
from bot.domain.why.hops import NOT_ASKED
from providers.contract import Cached, Kind
from tests.domain.why.why_cases import (
    CLOUDFLARE,
    HELD,
    LAYERS,
    NO_PERMISSION,
    NOW,
    SHOP,
    URL,
    VARNISH,
    ago,
    case,
    edge,
    glance,
    ignored,
    job,
    layer,
    looked,
    new,
    old,
    only,
    origin,
    ours,
    shield,
    soft,
)
from tests.effort import examples

SEEN, LIKELY, POSSIBLE = Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE
MISS, HIT, STALE, UNCACHED, UNKNOWN = Cached.MISS, Cached.HIT, Cached.STALE, Cached.UNCACHED, Cached.UNKNOWN


@dataclass(frozen=True, slots=True)
class Row:
    """A case, and what speaks first there, or what must not."""

    case: Case
    name: Name
    certainty: Certainty
    title: str


def row(name: Name, certainty: Certainty, made: Case, title: str) -> Row:
    return Row(made, name, certainty, title)


def gone(place: str = "fra", problem: str = "connection refused") -> Spot:
    return edge(place, glance(place, problem=problem))


def cut_off(place: str) -> Spot:
    return edge(place, glance(place, problem="the body ends after 3 of 10 bytes", is_broken=True))


MADE_ANEW = (
    edge("fra", glance("fra", "x", HIT, 9, etag="", version="")),
    origin(glance(ORIGIN, "a", etag="", version=""), glance(ORIGIN, "b", etag="", version="")),
)


def waiting(state: State = State.QUEUED) -> JobView:
    return replace(
        job(20, state), layers=(layer(VARNISH, 20, LayerState.WAITING), layer(CLOUDFLARE, 20, LayerState.WAITING))
    )


LATER = replace(waiting(State.SCHEDULED), scheduled_for=NOW + 72_000, begins_told="Sat 16 Jan 05:00:00 CET")
CONFIRMING = replace(
    job(20, State.CONFIRMING),
    layers=(layer(VARNISH, 20), replace(layer(CLOUDFLARE, 20, LayerState.PURGING), pending=1, ids=("I2J",))),
)
SENDING = replace(
    job(20, State.PURGING),
    layers=(layer(VARNISH, 20), replace(layer(CLOUDFLARE, 20, LayerState.PURGING), calls=30, sent=4)),
)
FAILED = replace(
    job(300, State.FAILED),
    layers=(layer(VARNISH, 301), replace(layer(CLOUDFLARE, 300, LayerState.FAILED), trouble=NO_PERMISSION)),
)
SAME_THEN = replace(job(), looks=looked("new"))  # the origin was new already
OTHER_THEN = replace(job(), looks=looked("before"))  # it has changed since
AT_ONCE = replace(job(), layers=(layer(VARNISH, 200), layer(CLOUDFLARE, 300)))  # the shield after the edge
SLASH = ours(job(), Reach.OTHER_FORM, f"{URL}/", ("a slash at the end",))
ARGUMENT = ours(job(), Reach.OTHER_FORM, f"{URL}?page=2", ("its query string",))
BESIDE = ours(job(), Reach.BESIDE, "prefix www.shop.test/Pricing/", ("it is written /Pricing",))
TAG = ours(job(), Reach.UNTAGGED, "tag pricing")
LIKE_TAG = ours(job(), Reach.UNTAGGED, "tag pricing-2026")
FAR_TAG = ours(job(), Reach.UNTAGGED, "tag blog-7")
WAS_OLD = replace(SAME_THEN, proven=NOW - 290, before=looked("old", "fra"))  # the edge had the old one just before
WAS_NEW = replace(SAME_THEN, proven=NOW - 290, before=looked("new", "fra"))  # and here what it has now
WAS_FRESH = replace(WAS_NEW, before=(*looked("new", "fra"), *looked("new")))  # and so did the origin
WENT_BACK = replace(WAS_NEW, before=(*looked("new", "fra"), *looked("newer")))  # or something else
WORKER = glance("fra", "new", HIT, 9, text="navigator.serviceWorker.register('/sw.js')")
IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}
SHORT = {"cache-control": "public, max-age=60"}
PHONE = (("User-Agent", "Phone"),)
BY_AGENT = {"vary": "User-Agent"}
HIT_OLD, HIT_NEW = glance("fra", "old", HIT, 100), glance("fra", "new", HIT, 100)
BROTLI = (("Accept-Encoding", "br"),)
FASTLY = Front("Fastly", "fastly", "fastly")
AT_FASTLY = Resolved("9.9.9.9", ("shop.map.fastly.net",), ("203.0.113.1",), 300)
AT_CLOUDFLARE = Resolved("1.1.1.1", ("www.shop.test.cdn.cloudflare.net",), ("203.0.113.2",), 60)
AT_HOME = Resolved("10.0.0.2", ("lb.shop.test",), ("203.0.113.3",), 1800)


def origin_says(headers: Mapping[str, str], changed: float = 600, content: str = "new") -> Spot:
    return origin(glance(ORIGIN, content, headers={"last-modified": ago(changed), **headers}))


def by_phone(content: str, headers: Mapping[str, str] | None = None) -> Glance:
    return glance("fra", content, HIT, 9000, asked=PHONE, headers=headers)


SPEAKS = [
    row(Name.QUEUED, SEEN, case(old(), purges=[ours(waiting())]), "queued"),
    row(Name.QUEUED, SEEN, case(old(), purges=[ours(SENDING)]), "half-sent"),
    row(Name.QUEUED, SEEN, case(old(), purges=[ours(waiting(State.WAITING)), ours(job(9000, number=0))]), "for-votes"),
    row(Name.UNFINISHED, SEEN, case(old(), purges=[ours(CONFIRMING)]), "confirming"),
    row(
        Name.ORIGIN_FAILING,
        SEEN,
        case(old(cached=STALE), origin(glance(ORIGIN, "error", status=503))),
        "origin-503-and-the-edge-says-stale",
    ),
    row(Name.ORIGIN_FAILING, LIKELY, case(old(), origin(glance(ORIGIN, problem="connection refused"))), "origin-down"),
    row(Name.OLD_ENDPOINT, SEEN, case(new(), names=[AT_CLOUDFLARE, AT_FASTLY]), "dns-leads-some-to-another-cdn"),
    row(Name.OLD_ENDPOINT, SEEN, case(old(), names=[AT_FASTLY]), "dns-leads-all-to-another-cdn"),
    row(Name.OLD_ENDPOINT, LIKELY, case(new(), names=[AT_CLOUDFLARE, AT_HOME]), "dns-has-two-ends"),
    row(Name.OTHER_CDN, SEEN, case(old(headers={"cf-ray": "", "server": "", "x-vercel-id": "fra1::a"})), "vercel"),
    row(Name.OTHER_CDN, LIKELY, case(old(headers={"x-iinfo": "1-2"}), purges=[ours(SAME_THEN)]), "a-waf-and-ours"),
    row(
        Name.OTHER_CDN,
        LIKELY,
        case(old(cached=UNKNOWN, headers={"cf-ray": "", "server": "nginx"})),
        "no-mark-of-ours",
    ),
    row(Name.CACHED_ERROR, SEEN, case(edge("fra", glance("fra", "gone", HIT, 60, status=404))), "a-kept-404"),
    row(
        Name.CACHED_ERROR,
        SEEN,
        case(edge("fra", glance("fra", "moved", HIT, 60, status=302, headers={"location": "/login"}))),
        "a-kept-redirect",
    ),
    row(
        Name.REDIRECTED,
        SEEN,
        case(
            edge("fra", glance("fra", "moved", HIT, 60, status=301, headers={"location": "/prices"})),
            origin(glance(ORIGIN, "moved", status=301, headers={"location": "/prices"})),
        ),
        "only-a-redirect",
    ),
    row(
        Name.SOFT,
        SEEN,
        case(edge("fra", glance("fra", "old", HIT, 900), glance("fra", "new", HIT, 0)), purges=[ours(soft(job()))]),
        "soft-once",
    ),
    row(Name.SOFT, SEEN, case(old(cached=STALE), purges=[ours(soft(job()))]), "soft-and-still-stale"),
    row(Name.SOFT, LIKELY, case(old(), purges=[ours(soft(SAME_THEN))]), "soft-and-still-old"),
    row(
        Name.VARIANT,
        SEEN,
        case(
            edge("fra", glance("fra", "new", HIT, 9), variants=[by_phone("old", headers=BY_AGENT)] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "a-variant-by-device",
    ),
    row(
        Name.MIXED_UP,
        SEEN,
        case(edge("fra", glance("fra", "small", HIT, 9)), origin(variants=[glance(ORIGIN, "small", asked=PHONE)])),
        "the-page-of-phones-for-all",
    ),
    row(
        Name.VARIANT,
        LIKELY,
        case(
            edge("fra", glance("fra", "new", HIT, 9), variants=[by_phone("old")] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "a-variant-that-no-answer-names",
    ),
    row(
        Name.VARIANT,
        SEEN,
        case(
            edge("fra", glance("fra", "new", HIT, 9), variants=[by_phone("old")] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
            site=replace(SHOP, variants=({"user-agent": "Phone"},)),
        ),
        "a-variant-that-the-site-names",
    ),
    row(
        Name.VARIANT,
        POSSIBLE,
        case(
            edge("fra", glance("fra", "new", HIT, 9), variants=[by_phone("old", headers=BY_AGENT)]),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "a-variant-that-was-asked-once",
    ),
    row(
        Name.DISAGREE,
        SEEN,
        case(
            edge("fra", glance("fra", "new", HIT, 9), variants=[by_phone("old"), by_phone("new")] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "a-variant-that-was-new-when-asked-again",
    ),
    row(
        Name.DISAGREE,
        SEEN,
        case(
            edge("fra", HIT_OLD, HIT_NEW, HIT_OLD, HIT_NEW, variants=[by_phone("old")] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "old-to-every-other-visitor-and-to-another-request",
    ),
    row(Name.DISAGREE, SEEN, case(edge("fra", HIT_OLD, HIT_NEW, HIT_OLD)), "two-nodes-behind-one-address"),
    row(Name.DISAGREE, SEEN, case(edge("fra", HIT_NEW, HIT_OLD)), "new-and-then-old"),
    row(Name.DISAGREE, LIKELY, case(edge("fra", HIT_OLD, HIT_NEW)), "old-once-and-then-a-copy-of-before"),
    row(
        Name.DISAGREE,
        SEEN,
        case(edge("fra", HIT_OLD, HIT_NEW, HIT_OLD), purges=[ours(soft(job()))]),
        "two-nodes-and-a-soft-purge",
    ),
    row(
        Name.DISAGREE,
        LIKELY,
        case(edge("fra", HIT_OLD, HIT_NEW), purges=[ours(soft(job()))]),
        "a-soft-purge-does-not-excuse-a-copy-that-was-there",
    ),
    row(
        Name.DISAGREE,
        SEEN,
        case(edge("fra", glance("fra", "old", STALE, 900), glance("fra", "new", HIT, 0))),
        "old-once-more-past-its-time",
    ),
    row(
        Name.DISAGREE,
        SEEN,
        case(edge("fra", HIT_OLD, glance("fra", "new", MISS), glance("fra", "new", HIT, 0))),
        "old-and-then-fetched",
    ),
    row(
        Name.DISAGREE,
        SEEN,
        case(
            edge("fra", *(glance("fra", one, UNCACHED) for one in ("old", "new", "old"))),
        ),
        "never-kept-and-two-servers-behind",
    ),
    row(Name.QUEUED, SEEN, case(edge("fra", HIT_OLD, HIT_NEW), purges=[ours(waiting())]), "queued-and-in-two-minds"),
    row(Name.NOT_PURGED, SEEN, case(edge("fra", HIT_OLD, glance("fra", "busy", status=503))), "old-and-then-503"),
    row(
        Name.ORIGIN_OLD,
        SEEN,
        case(old(), origin(glance(ORIGIN, "new"), glance(ORIGIN, "older"))),
        "two-versions-at-the-origin",
    ),
    row(
        Name.ORIGIN_OLD,
        SEEN,
        case(
            new(),
            origin(variants=[glance(ORIGIN, "older", asked=BROTLI)]),
        ),
        "two-versions-met-by-another-encoding",
    ),
    row(Name.UNCACHED, SEEN, case(new(age=None, cached=UNCACHED)), "never-kept"),
    row(Name.UNCACHED, SEEN, case(old(age=None, cached=UNCACHED), shield()), "never-kept-and-old-further-in"),
    row(
        Name.UNCACHED,
        SEEN,
        case(new(age=None, cached=MISS), origin_says({"cache-control": "private"})),
        "fetched-twice",
    ),
    row(Name.UNCACHED, SEEN, case(old(age=None, cached=UNCACHED)), "never-kept-and-old-from-who-knows-where"),
    row(Name.NOT_REACHED, SEEN, case(old(), purges=[ours(FAILED)]), "the-edge-refused-the-purge"),
    row(
        Name.REFILLED,
        SEEN,
        case(old(age=None, cached=MISS), shield(), purges=[ours(replace(only(CLOUDFLARE), looks=looked("new")))]),
        "fetched-now-after-an-edge-only-purge-from-an-old-shield",
    ),
    row(
        Name.REFILLED,
        LIKELY,
        case(old(age=None, cached=MISS), shield(), purges=[ours(SAME_THEN)]),
        "fetched-now-from-an-old-shield-that-was-purged",
    ),
    row(
        Name.REFILLED,
        LIKELY,
        case(old(age=None, cached=MISS), purges=[ours(only(CLOUDFLARE))]),
        "fetched-now-after-an-edge-only-purge-from-who-knows-where",
    ),
    row(Name.NOT_PURGED, SEEN, case(old(age=None, cached=MISS), shield()), "fetched-for-us-from-an-old-shield"),
    row(Name.UNCACHED, LIKELY, case(old(age=None, cached=MISS)), "fetched-anew-each-time-from-who-knows-where"),
    row(
        Name.NOT_PURGED,
        POSSIBLE,
        case(edge("fra", glance("fra", "old", MISS), glance("fra", "old", HIT, 0))),
        "fetched-for-us-from-who-knows-where",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(), old("iad", None, MISS), old("sin", None, MISS), shield()),
        "kept-at-one-and-fetched-for-us-at-two",
    ),
    row(Name.NOT_PURGED, SEEN, case(old(), new("iad", None, MISS)), "kept-at-one-and-new-where-we-looked"),
    row(Name.NOT_PURGED, LIKELY, replace(case(old()), reading=Reading(30, is_cut=True)), "read-as-far-as-a-cap"),
    row(
        Name.REFILLED,
        SEEN,
        case(old(age=100), shield(), purges=[ours(replace(only(CLOUDFLARE), looks=looked("new")))]),
        "refilled-after-an-edge-only-purge",
    ),
    row(Name.REFILLED, LIKELY, case(old(age=100), purges=[ours(AT_ONCE)]), "refilled-before-the-shield-was-purged"),
    row(
        Name.REFILLED, LIKELY, case(old(age=900), shield(), purges=[ours(job())]), "refilled-and-age-counts-further-in"
    ),
    row(
        Name.REFILLED,
        LIKELY,
        case(old(age=100), shield(), origin(changed=None), purges=[ours(job())]),
        "filled-since-from-a-shield-whose-copy-outlived-its-purge",
    ),
    row(
        Name.NOT_PURGED,
        POSSIBLE,
        case(old(age=100), origin(changed=None), purges=[ours(job())]),
        "filled-since-and-nothing-else-known",
    ),
    row(
        Name.NOT_PURGED,
        POSSIBLE,
        case(old(age=100), shield(age=None), origin(changed=None), purges=[ours(job())]),
        "filled-since-and-the-shield-does-not-say-when",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(age=60), shield(age=60), origin(changed=None), purges=[ours(job())]),
        "the-shield-fetched-the-old-page-after-its-purge",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(
            old(age=100),
            old("iad", None, MISS),
            old("sin", None, MISS),
            shield(age=100),
            origin(changed=None),
            purges=[ours(job())],
        ),
        "kept-at-one-since-the-purge-and-fetched-for-us-at-two",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(age=60), shield(age=60), purges=[ours(job())]),
        "fetched-after-the-purge-and-deployed-with-its-old-time",
    ),
    row(
        Name.OVERWRITTEN,
        SEEN,
        case(old(headers=IMMUTABLE), origin_says(IMMUTABLE), purges=[]),
        "immutable-and-changed",
    ),
    row(
        Name.OVERWRITTEN,
        LIKELY,
        case(old(), url="https://www.shop.test/app.3f2a91c0.js", fingerprinted=True),
        "named-by-its-content-and-changed",
    ),
    row(Name.QUERY, SEEN, case(old(), purges=[ARGUMENT]), "another-query-was-purged"),
    row(
        Name.QUERY,
        SEEN,
        case(old(), url=f"{URL}?v=3", twins=ignored(glance("fra", "old", HIT, 18_000))),
        "the-query-is-ignored",
    ),
    row(Name.OTHER_URL, SEEN, case(old(), purges=[SLASH]), "purged-with-a-slash"),
    row(Name.OTHER_URL, LIKELY, case(old(age=None), purges=[SLASH]), "purged-with-a-slash-and-no-age"),
    row(Name.OTHER_PATHS, SEEN, case(old(), purges=[BESIDE]), "a-prefix-beside"),
    row(Name.UNTAGGED, SEEN, case(old(), purges=[TAG]), "a-tag-like-the-path"),
    row(Name.UNTAGGED, LIKELY, case(old(), purges=[LIKE_TAG]), "a-tag-with-a-word-of-the-path"),
    row(Name.OVERRIDDEN, SEEN, case(old(headers=SHORT), origin_says(SHORT)), "kept-longer-than-said"),
    row(Name.OVERRIDDEN, LIKELY, case(old(), origin_says(SHORT)), "kept-longer-and-other-words"),
    row(
        Name.OVERRIDDEN,
        SEEN,
        case(old(), origin_says({"cache-control": "max-age=60", "cdn-cache-control": "max-age=86400"})),
        "a-targeted-header-counts-more",
    ),
    row(Name.DISAGREE, SEEN, case(old(), new("iad"), purges=[ours(SAME_THEN)]), "after-a-purge"),
    row(Name.DISAGREE, SEEN, case(old(), new("iad")), "without-a-purge"),
    row(Name.NOT_REACHED, LIKELY, case(old(), purges=[ours(SAME_THEN)]), "older-than-the-purge"),
    row(Name.NOT_REACHED, SEEN, case(old(), purges=[ours(only(VARNISH))]), "the-edge-was-not-asked"),
    row(Name.NOT_REACHED, LIKELY, case(old(age=None), purges=[ours(SAME_THEN)]), "no-age-and-not-new"),
    row(
        Name.NOT_REACHED,
        LIKELY,
        case(old(headers=SHORT), origin_says(SHORT), purges=[ours(SAME_THEN)]),
        "older-than-the-purge-and-than-its-lifetime",
    ),
    row(
        Name.NOT_REACHED,
        LIKELY,
        case(old(headers=IMMUTABLE), origin_says(IMMUTABLE), purges=[ours(SAME_THEN)]),
        "older-than-the-purge-and-immutable",
    ),
    row(
        Name.NOT_REACHED,
        SEEN,
        case(old(headers=SHORT), origin_says(SHORT), purges=[ours(only(VARNISH))]),
        "the-edge-was-not-asked-and-keeps-longer-than-said",
    ),
    row(
        Name.REFILLED,
        LIKELY,
        case(old(age=200, headers=SHORT), origin_says(SHORT), purges=[ours(AT_ONCE)]),
        "refilled-since-the-purge-and-older-than-its-lifetime",
    ),
    row(
        Name.OVERRIDDEN,
        SEEN,
        case(old(headers=SHORT), origin_says(SHORT), purges=[ours(OTHER_THEN)]),
        "kept-longer-than-said-and-changed-after-the-purge",
    ),
    row(Name.NOT_PURGED, SEEN, case(old()), "nobody-purged"),
    row(
        Name.NOT_PURGED, SEEN, case(old(age=100), shield(age=100), purges=[ours(OTHER_THEN)]), "changed-after-the-purge"
    ),
    row(Name.NOT_PURGED, LIKELY, case(old(cached=UNKNOWN, age=None)), "kept-or-not"),
    row(Name.NO_ANSWER, SEEN, case(gone("fra"), gone("iad")), "no-edge-answered"),
    row(Name.BROKEN, SEEN, case(cut_off("fra"), gone("iad")), "answered-and-the-body-is-cut-off"),
    row(Name.BROKEN, SEEN, case(new(), cut_off("iad")), "broken-at-one-place-alone"),
    row(Name.BROWSERS, LIKELY, case(new(), origin(changed=30), purges=[ours(WAS_OLD)]), "old-before-and-kept-a-minute"),
    row(Name.BROWSERS, LIKELY, case(edge("fra", WORKER), purges=[ours(WAS_OLD)]), "old-before-and-a-service-worker"),
    row(
        Name.ORIGIN_OLD,
        LIKELY,
        case(new(), new("iad"), purges=[ours(WENT_BACK)]),
        "the-origin-gave-something-else-before-the-purge",
    ),
    row(Name.NOTHING_OLD, SEEN, case(new(), origin(changed=7200), purges=[ours(WAS_NEW)]), "proven-and-fresh-before"),
    row(Name.NOTHING_OLD, SEEN, case(new(), purges=[ours(WAS_FRESH)]), "proven-and-fresh-before-as-the-origin-was"),
    row(Name.NOTHING_OLD, SEEN, case(new(), new("iad")), "all-agree"),
    row(Name.NOTHING_OLD, SEEN, case(new(), origin(changed=30)), "browsers-may-keep-it-and-nothing-was-old"),
    row(Name.NOTHING_OLD, SEEN, case(edge("fra", WORKER)), "a-service-worker-and-nothing-was-old"),
    row(Name.NOTHING_OLD, SEEN, case(new(), purges=[ours(WAS_OLD)]), "old-before-and-longer-ago-than-browsers-keep"),
    row(Name.UNSTEADY, SEEN, case(*MADE_ANEW), "made-anew-each-time"),
    row(
        Name.UNSTEADY,
        SEEN,
        case(*MADE_ANEW, purges=[ours(replace(SAME_THEN, before=(glance("fra", "x", HIT, 9, etag="").look,)))]),
        "made-anew-each-time-and-the-edge-as-before-a-purge",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(age=200), purges=[ours(replace(SAME_THEN, first_looks=looked("old")))]),
        "another-deploy-since-a-purge-that-was-checked-again",
    ),
    row(Name.UNSTEADY, SEEN, case(*MADE_ANEW, purges=[ours(waiting())]), "made-anew-each-time-while-a-purge-waits"),
    row(Name.UNKNOWN, POSSIBLE, case(old(), site=replace(SHOP, origin="")), "no-origin-to-compare-with"),
    row(Name.UNKNOWN, POSSIBLE, case(edge("fra", glance("fra", "busy", status=503))), "the-edge-answers-503"),
]


@pytest.mark.parametrize("row", SPEAKS, ids=lambda row: row.title)
def test_what_speaks_first(row: Row) -> None:
    cause = diagnose(row.case).cause
    assert (row.name, row.certainty) == (cause.name, cause.certainty)


NEAR_MISSES = [
    row(Name.QUEUED, SEEN, case(new(), purges=[ours(waiting())]), "queued-and-nothing-is-old"),
    row(
        Name.QUEUED,
        SEEN,
        case(old(), purges=[ours(waiting(), Reach.OTHER_FORM, f"{URL}/", ("a slash at the end",))]),
        "queued-for-another-url",
    ),
    row(Name.UNFINISHED, SEEN, case(new(), purges=[ours(CONFIRMING)]), "confirming-and-nothing-is-old"),
    row(
        Name.ORIGIN_FAILING,
        SEEN,
        case(old(), origin(glance(ORIGIN, "new"), glance(ORIGIN, "e", status=502))),
        "one-502-of-two",
    ),
    row(
        Name.OLD_ENDPOINT,
        LIKELY,
        case(new(), names=[AT_CLOUDFLARE, replace(AT_CLOUDFLARE, chain=("b.cdn.cloudflare.net",))]),
        "two-names-of-our-cdn",
    ),
    row(
        Name.OLD_ENDPOINT,
        LIKELY,
        case(new(), names=[AT_CLOUDFLARE, replace(AT_FASTLY, problem="no answer")]),
        "a-silent-resolver",
    ),
    row(
        Name.OLD_ENDPOINT,
        SEEN,
        case(new(), names=[AT_CLOUDFLARE, replace(AT_FASTLY, addresses=AT_CLOUDFLARE.addresses)]),
        "two-names-of-one-address",
    ),
    row(
        Name.OLD_ENDPOINT,
        LIKELY,
        case(new(), names=[AT_CLOUDFLARE, replace(AT_HOME, addresses=AT_CLOUDFLARE.addresses)]),
        "two-ends-of-one-address",
    ),
    row(
        Name.OLD_ENDPOINT,
        SEEN,
        case(new(), names=[AT_FASTLY], layers=(Front("HTTP cache", "http", "x"),)),
        "a-recipe-may-be-any-cdn",
    ),
    row(
        Name.OTHER_CDN,
        SEEN,
        case(old(headers={"x-vercel-id": "a"}), origin_says({"x-vercel-id": "b"})),
        "behind-the-origin",
    ),
    row(
        Name.OTHER_CDN,
        LIKELY,
        case(edge("fra", glance("fra", "e", status=502, headers={"cf-ray": "", "server": ""}))),
        "an-unmarked-error",
    ),
    row(Name.OTHER_CDN, SEEN, case(new(headers={"x-iinfo": "1"})), "a-waf-in-front-of-what-is-fresh"),
    row(
        Name.CACHED_ERROR,
        SEEN,
        case(edge("fra", glance("fra", "gone", HIT, status=404)), origin(glance(ORIGIN, "gone", status=404))),
        "the-origin-says-404-too",
    ),
    row(
        Name.CACHED_ERROR, SEEN, case(edge("fra", glance("fra", "gone", MISS, status=404))), "an-error-that-is-not-kept"
    ),
    row(Name.OTHER_URL, SEEN, case(old(), origin(glance(ORIGIN, "moved", status=304))), "not-modified"),
    row(
        Name.SOFT,
        SEEN,
        case(edge("fra", glance("fra", "new", HIT, 9), glance("fra", "new", HIT, 9)), purges=[ours(soft(job()))]),
        "the-first-look-is-new",
    ),
    row(Name.SOFT, SEEN, case(new(cached=STALE), purges=[ours(soft(job()))]), "stale-by-its-word-and-new"),
    row(
        Name.SOFT,
        SEEN,
        case(
            edge("fra", glance("fra", "new", HIT, digest=""), glance("fra", "new", HIT, digest="")),
            purges=[ours(soft(job()))],
        ),
        "no-digest-and-new",
    ),
    row(Name.SOFT, SEEN, case(old(age=20), purges=[ours(soft(OTHER_THEN))]), "changed-after-the-soft-purge"),
    row(Name.SOFT, SEEN, case(old(), purges=[ours(job())]), "a-hard-purge"),
    row(
        Name.VARIANT,
        SEEN,
        case(
            edge("fra", glance("fra", "new", HIT), variants=[glance("fra", "phone", HIT, asked=PHONE)]),
            origin(variants=[glance(ORIGIN, "phone", asked=PHONE)]),
        ),
        "a-variant-that-is-as-the-origin-has-it",
    ),
    row(
        Name.VARIANT,
        SEEN,
        case(
            edge("fra", HIT_OLD, HIT_NEW, variants=[by_phone("old", headers=BY_AGENT)] * 2),
            origin(variants=[glance(ORIGIN, "new", asked=PHONE)]),
        ),
        "a-variant-where-a-plain-answer-was-old-too",
    ),
    row(Name.NOTHING_OLD, SEEN, case(edge("fra", HIT_OLD, HIT_NEW)), "old-once"),
    row(Name.SOFT, SEEN, case(edge("fra", HIT_NEW, HIT_OLD), purges=[ours(soft(job()))]), "softly-new-and-then-old"),
    row(Name.DISAGREE, SEEN, case(new(), new("iad")), "each-the-same-each-time"),
    row(
        Name.REFILLED,
        SEEN,
        case(old(age=100), shield(age=100), purges=[ours(OTHER_THEN)]),
        "refilled-before-the-deploy",
    ),
    row(
        Name.REFILLED,
        SEEN,
        case(old(age=100), shield(age=100), origin(changed=50), purges=[ours(job())]),
        "refilled-before-the-deploy-by-last-modified",
    ),
    row(
        Name.REFILLED,
        LIKELY,
        case(old(age=None, cached=MISS), shield(age=100), origin(changed=None), purges=[ours(job())]),
        "our-own-look-fetched-it-and-the-shield-is-younger-than-its-purge",
    ),
    row(Name.REFILLED, SEEN, case(old(), purges=[ours(SAME_THEN)]), "a-copy-from-before-the-purge"),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(age=60), shield(age=60), origin(changed=None), purges=[ours(only(CLOUDFLARE))]),
        "the-shield-was-not-purged",
    ),
    row(
        Name.NOT_PURGED,
        SEEN,
        case(old(age=60), shield(age=60), purges=[ours(SAME_THEN)]),
        "the-origin-was-seen-new-at-the-purge",
    ),
    row(
        Name.OVERWRITTEN,
        SEEN,
        case(old(headers=IMMUTABLE), origin(glance(ORIGIN, "gone", status=404))),
        "immutable-and-gone",
    ),
    row(
        Name.OVERWRITTEN,
        SEEN,
        case(old(headers={"cache-control": "max-age=60, x=immutable"}), origin_says({})),
        "the-word-in-another-place",
    ),
    row(
        Name.QUERY,
        SEEN,
        case(old(), url=f"{URL}?v=3", twins=ignored(glance("fra", "old", MISS, 0))),
        "a-new-argument-is-fetched-anew",
    ),
    row(
        Name.QUERY,
        SEEN,
        case(old(), url=f"{URL}?v=3", twins=ignored(glance("fra", "old", HIT, digest=""))),
        "no-digest-to-compare",
    ),
    row(Name.OTHER_URL, SEEN, case(old(age=100), purges=[SLASH]), "another-url-before-the-copy-was-made"),
    row(
        Name.OTHER_URL,
        SEEN,
        case(old(), purges=[ours(SAME_THEN), replace(SLASH, job=job(900))]),
        "another-url-and-then-this-one",
    ),
    row(
        Name.OTHER_URL,
        SEEN,
        case(old(), purges=[replace(SLASH, job=job(300, State.FAILED))]),
        "another-url-that-was-not-purged",
    ),
    row(Name.OTHER_PATHS, SEEN, case(old(), origin(changed=60), purges=[BESIDE]), "a-prefix-before-the-deploy"),
    row(Name.UNTAGGED, LIKELY, case(old(), purges=[FAR_TAG]), "a-tag-of-something-else"),
    row(
        Name.OVERRIDDEN,
        SEEN,
        case(old(age=3000, headers={"cache-control": "max-age=3600"}), origin_says({"cache-control": "max-age=3600"})),
        "within-its-time",
    ),
    row(
        Name.OVERRIDDEN,
        SEEN,
        case(old(age=3000), origin_says({"cache-control": "max-age=60, stale-while-revalidate=86400"})),
        "used-while-fetching",
    ),
    row(Name.OVERRIDDEN, SEEN, case(old(cached=STALE), origin_says(SHORT)), "past-its-time-and-says-so"),
    row(Name.DISAGREE, SEEN, case(old(), old("iad")), "all-old"),
    row(Name.DISAGREE, SEEN, case(old(), new("iad", None, MISS)), "new-only-where-our-look-fetched-it"),
    row(Name.REFILLED, SEEN, case(old(), old("iad", None, MISS), shield()), "our-own-look-filled-it"),
    row(
        Name.REFILLED,
        SEEN,
        case(old(age=None, cached=MISS), shield(), purges=[ours(OTHER_THEN)]),
        "our-own-look-filled-it-and-the-purge-was-before-the-deploy",
    ),
    row(Name.NOT_REACHED, LIKELY, case(old(age=100), purges=[ours(SAME_THEN)]), "a-copy-from-after-the-purge"),
    row(Name.NOT_PURGED, SEEN, case(old(cached=UNCACHED, age=None)), "what-is-never-kept-is-not-kept"),
    row(Name.BROWSERS, LIKELY, case(new(), origin(changed=30)), "nothing-was-seen-old"),
    row(
        Name.BROWSERS,
        LIKELY,
        case(new(), origin(changed=900), purges=[ours(WAS_OLD)]),
        "longer-ago-than-browsers-keep",
    ),
    row(Name.BROWSERS, LIKELY, case(old(), purges=[ours(WAS_OLD)]), "an-old-edge"),
    row(Name.ORIGIN_OLD, LIKELY, case(new(), purges=[ours(WAS_FRESH)]), "a-purge-of-what-was-fresh-already"),
    row(Name.ORIGIN_OLD, LIKELY, case(new(), purges=[ours(SAME_THEN)]), "nothing-says-what-was-there-before"),
    row(Name.ORIGIN_OLD, LIKELY, case(new(), purges=[ours(WAS_OLD)]), "the-purge-made-it-new"),
    row(Name.UNCACHED, SEEN, case(new(cached=UNCACHED), new("iad")), "kept-at-one-of-two"),
    row(Name.UNCACHED, SEEN, case(new(age=None, cached=MISS)), "fetched-twice-and-allowed-to-be-kept"),
    row(Name.NO_ANSWER, SEEN, case(gone("fra"), new("iad")), "one-of-two-answers"),
    row(Name.NO_ANSWER, SEEN, case(cut_off("fra"), cut_off("iad")), "every-edge-answers-and-its-body-is-broken"),
    row(Name.BROKEN, SEEN, case(edge("fra", *cut_off("fra").plain[:1], HIT_NEW)), "broken-once-and-then-whole"),
]


@pytest.mark.parametrize("row", NEAR_MISSES, ids=lambda row: row.title)
def test_what_must_not_speak(row: Row) -> None:
    told = diagnose(row.case)
    assert row.name not in {cause.name for cause in (told.cause, *told.also)}


def test_every_name_is_spoken_by_some_case() -> None:
    assert set(Name) == {row.name for row in SPEAKS}


@pytest.mark.parametrize("row", SPEAKS, ids=lambda row: row.title)
def test_the_next_step_begins_with_a_verb_where_a_verb_is_wanted(row: Row) -> None:
    cure = diagnose(row.case).cause.cure
    assert cure is None or not cure.typed or cure.typed.split()[0] in VERB_OF


BY_TAG = replace(SAME_THEN, kind=Kind.TAG, partly=("Varnish",))  # Varnish knows no tags
KEPT_BY = [
    pytest.param(case(old(age=100), shield(), purges=[ours(BY_TAG)]), SEEN, id="filled-again"),
    pytest.param(case(old(age=None, cached=MISS), shield(), purges=[ours(BY_TAG)]), SEEN, id="fetched-now"),
    pytest.param(case(old(age=100), purges=[ours(BY_TAG)]), LIKELY, id="from-a-layer-that-cannot-be-asked"),
]


@pytest.mark.parametrize(("made", "certainty"), KEPT_BY)
def test_a_layer_that_knows_no_tags_is_named_with_what_helps_there(made: Case, certainty: Certainty) -> None:
    told = diagnose(made).cause
    assert (Name.REFILLED, certainty) == (told.name, told.certainty)
    assert "Varnish" in told.what
    assert "Varnish knows no tags: P-1 purged only the URLs seen with the tag there" == told.evidence[-1]
    assert (
        "Have Varnish purge by tags too (`tags` in its account), or name a prefix, which every layer takes."
        == told.prevent
    )


def test_a_layer_that_cannot_learn_tags_is_not_told_to() -> None:
    nginx = (CLOUDFLARE, Front("nginx", "nginx", "shield"))
    told = diagnose(case(old(age=100), purges=[ours(replace(BY_TAG, partly=("nginx",)))], layers=nginx)).cause
    assert "Name pages or a prefix, which every layer takes: nginx cannot purge by tags." == told.prevent


def test_a_layer_that_knows_no_tags_and_is_new_is_not_blamed() -> None:
    told = diagnose(case(old(age=100), shield("new"), purges=[ours(replace(AT_ONCE, partly=("Varnish",)))]))
    assert "tags" not in f"{told.cause.prevent} {told.cause.evidence}"


def test_one_answer_alone_makes_nothing_seen() -> None:
    told = diagnose(case(edge("fra", glance("fra", "new", HIT, 9), glance("fra", problem="no answer")), new("iad")))
    assert (Name.NOTHING_OLD, LIKELY) == (told.cause.name, told.cause.certainty)
    assert "fra: only one answer tells of the page, and no second one agrees" == told.cause.evidence[1]


def test_a_cache_further_in_that_is_old_is_told_as_seen_where_the_edges_are_new_with_what_empties_it() -> None:
    told = diagnose(case(new(), shield())).cause
    assert (Name.NOTHING_OLD, SEEN) == (told.name, told.certainty)
    assert told.what.endswith(
        "Varnish further in still keeps the old one: an edge whose copy runs out may fetch that from it."
    )
    assert 'Varnish: 200 HIT, 5 h old, version "old"' in told.evidence
    assert not any("possible: Varnish" in line for line in told.evidence)
    assert told.cure is not None
    assert ("Purge every layer", URL) == (told.cure.label, told.cure.line)
    assert "Purge every layer, innermost first, before edges fetch from Varnish." == told.cure.says


def test_an_error_that_a_cache_further_in_keeps_is_told_as_that() -> None:
    gone = Spot("Varnish", Tier.INNER, (glance("Varnish", "gone", HIT, 9, status=404),) * 2)
    assert "Varnish further in still keeps something else (404): an edge" in diagnose(case(new(), gone)).cause.what


def test_a_cache_further_in_that_a_purge_went_by_is_not_offered_the_same_again() -> None:
    told = diagnose(case(new(), shield(), purges=[ours(SAME_THEN)])).cause
    assert (Name.NOTHING_OLD, "prefix www.shop.test/pricing") == (told.name, told.cure.line if told.cure else "")


BARE = glance(ORIGIN, "new", etag="", version="")
REDIS = Front("Redis", "redis", "app")


@pytest.mark.parametrize(
    ("inner", "where"),
    [
        (
            [shield()],
            "Varnish. Redis, further in still, cannot be asked from here, and may be where it comes from.",
        ),
        ([], "a cache further in, such as Varnish, Redis."),
    ],
    ids=["behind one that is old too", "where none can be asked"],
)
def test_a_cache_that_nobody_can_ask_may_be_where_the_old_page_comes_from(inner: list[Spot], where: str) -> None:
    told = diagnose(case(old(age=30), *inner, purges=[ours(SAME_THEN)], layers=(*LAYERS, REDIS)))
    assert (Name.REFILLED, where) == (told.cause.name, told.cause.what[-len(where) :])
    assert ["Varnish", "Redis", "origin"] == [hop.partition(":")[0] for hop in told.way[1:]]
    assert f"Redis: {NOT_ASKED}" in told.way


BY_BYTES = Spot("Varnish", Tier.INNER, (glance("Varnish", "old", HIT, 9, etag="", version=""),) * 2)
PERHAPS = [
    pytest.param(case(new(), shield(cached=MISS, age=None)), id="it-fetched-it-for-us"),
    pytest.param(case(new(), BY_BYTES, origin(BARE, BARE)), id="by-its-bytes"),
]


@pytest.mark.parametrize("made", PERHAPS)
def test_a_cache_further_in_that_may_not_keep_it_is_only_possible(made: Case) -> None:
    told = diagnose(made).cause
    assert "possible: Varnish further in is old, and an edge whose copy ends gets that" in told.evidence
    assert told.cure is not None and "Check again" == told.cure.label


def test_an_edge_that_begins_to_answer_is_not_shut_off_by_a_firewall() -> None:
    begun = Answer(URL, "fra", NOW, 200, problem="200, and no whole body within 8 s", late=True)
    spot = Spot("fra", Tier.EDGE, (Glance(begun, Look("fra", URL, NOW, problem=begun.problem)),))
    cause = diagnose(case(spot)).cause
    assert (Name.NO_ANSWER, False) == (cause.name, "firewall" in cause.prevent)
    assert cause.what.startswith("fra begins to answer and never ends")


def test_an_edge_that_a_purge_saw_fetch_the_old_page_was_filled_again_whatever_age_came_with_it() -> None:
    kept = diagnose(case(old(), purges=[ours(SAME_THEN)])).cause
    fetched = diagnose(case(old(), purges=[ours(replace(SAME_THEN, refetched_at=("fra",)))])).cause
    assert (Name.NOT_REACHED, Name.REFILLED) == (kept.name, fetched.name)


REFUSED = "purgebot looks only at configured hosts, at public addresses, on ports 80 and 443"


def test_where_dns_leads_to_a_private_address_the_next_step_says_so() -> None:
    told = diagnose(case(gone("dns", REFUSED), site=replace(SHOP, edges={}))).cause
    assert told.cure is not None
    assert (
        "See where DNS leads www.shop.test from this machine: a private address is not looked at by name. A site on a"
        " private network names its edges by address, in `edges`." == told.cure.says
    )


@pytest.mark.parametrize(
    ("ages", "lines"),
    [
        pytest.param((17, 16, 19), ["fra, iad and sin: 200 HIT, 16 s old"], id="seconds-apart"),
        pytest.param((17, 90, 19), ["fra and sin: 200 HIT, 17 s old", "iad: 200 HIT, 90 s old"], id="a-minute-apart"),
    ],
)
def test_places_asked_one_after_the_other_are_told_as_one(ages: tuple[int, int, int], lines: list[str]) -> None:
    told = diagnose(case(*(old(name, age) for name, age in zip(("fra", "iad", "sin"), ages, strict=True)))).cause
    assert [f'{line}, version "old"' for line in lines] == list(told.evidence[:-1])


def test_where_our_purge_went_by_a_copy_that_is_kept_too_long_is_told_beside_it() -> None:
    told = diagnose(case(old(headers=SHORT), origin_says(SHORT), purges=[ours(SAME_THEN)]))
    assert [Name.OVERRIDDEN] == [also.name for also in told.also]


PURGED = "Cloudflare took P-1 5 min ago"
NODES = [
    pytest.param(
        edge("fra", glance("fra", "old", HIT, 900), glance("fra", "new", HIT, 9), glance("fra", "old", HIT, 900)),
        f"{PURGED}: it emptied the copy that is new now, and did not reach the one that is older than that.",
        id="old-from-before-and-new-since",
    ),
    pytest.param(
        edge("fra", glance("fra", "old", HIT, 900), glance("fra", "new"), glance("fra", "old", HIT, 900)),
        f"{PURGED}, and it did not reach the one that is older than that.",
        id="the-new-one-does-not-say-since-when",
    ),
    pytest.param(
        edge("fra", glance("fra", "old", HIT, 9), glance("fra", "new", HIT, 9), glance("fra", "old", HIT, 9)),
        "some of the visitors there get the old one.",
        id="both-since",
    ),
]


@pytest.mark.parametrize(("spot", "ends"), NODES)
def test_of_two_nodes_the_purge_that_one_of_them_heard_is_named(spot: Spot, ends: str) -> None:
    told = diagnose(case(spot, purges=[ours(SAME_THEN)])).cause
    assert (Name.DISAGREE, SEEN) == (told.name, told.certainty)
    assert told.what.endswith(ends)


def test_while_a_purge_may_be_on_its_way_the_next_step_says_how_long() -> None:
    told = diagnose(case(old(), purges=[ours(replace(job(50), looks=looked("new")))])).cause
    assert told.cure is not None and told.cure.says.startswith("Wait 69 s, then ask again:")


WAITS = [
    pytest.param(waiting(), "has not begun.", id="not-begun"),
    pytest.param(waiting(State.WAITING), "waits for votes.", id="votes"),
    pytest.param(waiting(State.NEEDS_DECISION), "waits for a decision, since an answer was lost.", id="decision"),
    pytest.param(LATER, "waits for its time: it begins in 20 h, Sat 16 Jan 05:00:00 CET.", id="time"),
    pytest.param(
        replace(LATER, state=State.WAITING),
        "waits for votes, and then for its time: it begins in 20 h, Sat 16 Jan 05:00:00 CET.",
        id="votes-and-time",
    ),
    pytest.param(replace(LATER, begins_told=""), "waits for its time: it begins in 20 h.", id="time-of-an-old-ledger"),
    pytest.param(replace(LATER, scheduled_for=NOW), "waits for its time, which is now.", id="time-is-now"),
    pytest.param(replace(LATER, missed=NOW - 9), "has missed its time.", id="time-missed"),
    pytest.param(replace(LATER, unknown="x"), "cannot begin, as purgebot is configured now.", id="not-configured"),
    pytest.param(replace(waiting(), held=HELD), "waits: shop is on hold.", id="hold"),
    pytest.param(replace(waiting(), held=replace(HELD, site="*")), "waits: everything is on hold.", id="hold-on-all"),
    pytest.param(SENDING, "is still being sent: 4 of 30 calls to Cloudflare are done.", id="sending"),
    pytest.param(
        replace(SENDING, layers=(replace(SENDING.layers[1], waits_until=NOW + 95),)),
        "waits for Cloudflare, which takes no more calls for 95 s.",
        id="rate-limit",
    ),
    pytest.param(
        replace(SENDING, layers=(replace(SENDING.layers[1], waits_until=NOW + 0.4),)),
        "waits for Cloudflare, which takes no more calls for 1 s.",
        id="rate-limit-that-ends",
    ),
]


@pytest.mark.parametrize(("made", "words"), WAITS)
def test_what_one_of_our_jobs_waits_for(made: JobView, words: str) -> None:
    assert f"P-1, which would purge it, {words}" == diagnose(case(old(), purges=[ours(made)])).cause.what


GRAMMAR = [
    pytest.param(
        case(old()),
        "fra keeps a copy from before the change, 5 h old, and no purge here has covered it.",
        id="one-place",
    ),
    pytest.param(
        case(old(), old("iad")),
        "fra and iad keep a copy from before the change, 5 h old, and no purge here has covered it.",
        id="two-places",
    ),
    pytest.param(
        case(old(age=100), old("iad", 100), old("sin", 100), purges=[ours(AT_ONCE)]),
        "fra, iad and sin were purged by P-1 and filled again with the old content from Varnish.",
        id="three-places",
    ),
    pytest.param(
        case(old(), old("iad"), origin_says(SHORT)),
        "fra and iad keep their copies longer than the origin says (max-age=60): a rule, a minimum lifetime or a"
        " default of Cloudflare counts more.",
        id="their-copies",
    ),
    pytest.param(
        case(new(), new("iad")),
        'fra and iad serve what the origin serves (version "new"), to a plain visitor.',
        id="they-serve",
    ),
    pytest.param(
        case(edge("fra", glance("fra", "busy", status=503)), edge("iad", glance("iad", "busy", status=503))),
        "It cannot be told whether fra and iad are old: fra and iad answered 503.",
        id="they-are",
    ),
]


@pytest.mark.parametrize(("made", "what"), GRAMMAR)
def test_one_place_and_several(made: Case, what: str) -> None:
    assert what == diagnose(made).cause.what


def test_other_bytes_alone_make_nothing_sure() -> None:
    bare = case(
        edge("fra", glance("fra", "old", HIT, 900, etag="", version="")),
        origin(glance(ORIGIN, "new", etag="", version="")),
    )
    cause = diagnose(bare).cause
    assert (Name.NOT_PURGED, LIKELY) == (cause.name, cause.certainty)
    assert "only the bytes differ, which an edge that rewrites pages changes too" == cause.evidence[-1]


HASHED = case(old(), url="https://www.shop.test/app.3f2a91c0.js", fingerprinted=True)


def test_a_file_named_by_its_content_that_changed_is_to_be_purged_and_built_to_a_new_name() -> None:
    told = diagnose(HASHED)
    assert told.cause.what == (
        "This file promises never to change (its name looks like a hash of its content), and the origin now has another"
        " one under the same name."
    )
    assert told.cause.cure is not None and "purge https://www.shop.test/app.3f2a91c0.js" == told.cause.cure.typed
    assert told.cause.prevent.startswith("Build to a new name for new content.")
    assert () == told.also


def test_of_one_that_nothing_names_the_edge_may_have_rewritten_the_bytes() -> None:
    edges = edge("fra", glance("fra", "old", HIT, 900, etag="", version=""))
    made = replace(HASHED, spots=(edges, origin(glance(ORIGIN, "new", etag="", version=""))))
    told = diagnose(made).cause
    assert (Name.OVERWRITTEN, LIKELY) == (told.name, told.certainty)
    assert "only the bytes differ, which an edge that rewrites pages changes too" == told.evidence[-1]


def by_bytes(age: int | None) -> Case:
    """Other bytes than the origin's, and nothing else to go by, after a purge."""
    return case(
        edge("fra", glance("fra", "old", HIT, age, etag="", version="")),
        origin(glance(ORIGIN, "new", etag="", version="")),
        purges=[ours(replace(job(), looks=(replace(looked("new")[0], etag="", version=""),)))],
    )


@pytest.mark.parametrize(("age", "name"), [(30, Name.REFILLED), (None, Name.NOT_REACHED)])
def test_where_only_the_bytes_differ_after_a_purge_the_edge_may_have_rewritten_them(
    age: int | None, name: Name
) -> None:
    cause = diagnose(by_bytes(age)).cause
    assert (name, POSSIBLE) == (cause.name, cause.certainty)
    assert cause.what.endswith(
        " Or nothing is old: an edge that rewrites pages gives other bytes than the origin each time."
    )
    assert REWRITTEN == cause.evidence[-1]


def test_a_copy_from_before_the_purge_is_one_however_its_bytes_came_to_be() -> None:
    cause = diagnose(by_bytes(18_000)).cause
    assert (Name.NOT_REACHED, LIKELY) == (cause.name, cause.certainty)


Q7 = InLine("Q-7", URL, "U_MIA", NOW - 60)


def test_a_request_in_line_behind_a_hold_is_what_the_page_waits_for() -> None:
    told = diagnose(replace(case(old()), hold=HELD, in_line=(Q7,))).cause
    assert (Name.QUEUED, SEEN) == (told.name, told.certainty)
    assert "Q-7, which would purge it, waits: shop is on hold." == told.what
    assert (f"Q-7 · {URL} · 60 s ago", "on hold since 15 min: sale") == told.evidence
    assert "show Q-7" == (told.cure.line if told.cure else "")


def test_votes_the_hold_and_the_line_behind_it_are_all_told() -> None:
    told = diagnose(replace(case(old(), purges=[ours(waiting(State.WAITING))]), hold=HELD, in_line=(Q7,))).cause
    assert (
        "P-1, which would purge it, waits for votes; and shop is on hold. Q-7 would purge it too: shop is on hold."
        == told.what
    )


def test_a_request_in_line_does_not_speak_where_nothing_is_old() -> None:
    told = diagnose(replace(case(new()), hold=HELD, in_line=(Q7,)))
    assert Name.NOTHING_OLD is told.cause.name


STEPS = [
    pytest.param(
        case(old(cached=STALE), origin(glance(ORIGIN, "error", status=503))),
        "Mend the origin first: a purge now would leave visitors with errors.",
        id="failing",
    ),
    pytest.param(
        case(old(), purges=[ours(FAILED)]),
        f"{NO_PERMISSION.advice} *Retry* is on the card of P-1; `retry P-1` does the same.",
        id="refused",
    ),
    pytest.param(
        case(old(), purges=[ours(replace(FAILED, for_good=True))]), NO_PERMISSION.advice, id="refused-for-good"
    ),
    pytest.param(
        case(old(), purges=[ours(LATER)]),
        "P-1 begins by itself then: `run P-1`, or *Run now* on its card, has all of it begin now. The page alone goes"
        f" out by `purge {URL}`.",
        id="time",
    ),
    pytest.param(
        case(old(), purges=[ours(replace(LATER, missed=NOW - 9))]),
        "Somebody decides about P-1: `run P-1`, or *Run now* on its card, has all of it begin now. The page alone goes"
        f" out by `purge {URL}`.",
        id="time-missed",
    ),
    pytest.param(
        case(old(), purges=[ours(replace(LATER, unknown="x"))]),
        f"Its card says why. The page alone goes out by `purge {URL}`.",
        id="not-configured",
    ),
    pytest.param(
        case(old(), purges=[ours(waiting(State.WAITING))]),
        "An approver answers P-1: its card says who is asked.",
        id="votes",
    ),
    pytest.param(case(old(), purges=[ours(SENDING)]), "Wait: P-1 goes on by itself.", id="sending"),
    pytest.param(case(old()), "Purge it.", id="nobody"),
    pytest.param(
        case(old(headers={"x-iinfo": "1-2"}), purges=[ours(SAME_THEN)]),
        "Purge it in the console of Imperva's firewall: purgebot cannot.",
        id="a-firewall-that-purgebot-cannot-purge",
    ),
    pytest.param(
        case(old(headers={"cf-ray": "", "server": "keycdn"})),
        "Purge it at KeyCDN; purgebot can, by an account with `provider: http` and the recipe “An API that takes JSON”"
        " in shop's `layers`.",
        id="a-recipe",
    ),
    pytest.param(
        case(new(), names=[AT_FASTLY]),
        "Purge it at Fastly; purgebot can, once shop's `layers` name an account with `provider: fastly`.",
        id="a-provider-of-ours",
    ),
]


@pytest.mark.parametrize(("made", "step"), STEPS)
def test_the_next_step_is_one_that_can_be_done(made: Case, step: str) -> None:
    cure = diagnose(made).cause.cure
    assert cure is not None and step == cure.says


PREVENTS = [
    pytest.param(
        CONFIRMING,
        "Wait for the proof, not for the provider's yes: `purgebot wait P-1` ends when the edge is fresh.",
        id="unfinished-names-the-job",
    ),
    pytest.param(
        SENDING,
        "Nothing is to be prevented: it is on its way, and its card says when it is proven.",
        id="one-url-that-is-being-sent",
    ),
    pytest.param(
        replace(SENDING, targets=900), "One tag or prefix needs one call where a list of URLs needs many.", id="many"
    ),
    pytest.param(
        replace(SENDING, layers=(replace(SENDING.layers[1], waits_until=NOW + 95),)),
        "`limits` shows how many calls are left, and what uses them up.",
        id="one-url-at-the-limit",
    ),
]


@pytest.mark.parametrize(("made", "words"), PREVENTS)
def test_what_prevents_a_wait_is_about_that_job(made: JobView, words: str) -> None:
    assert words == diagnose(case(old(), purges=[ours(made)])).cause.prevent


def test_each_place_behind_another_cdn_is_named() -> None:
    waf = {"x-iinfo": "1-2"}
    told = diagnose(case(old(headers=waf), old("iad", headers=waf), old("sin"), purges=[ours(SAME_THEN)])).cause
    assert told.what.startswith("The answer at fra and iad came through Imperva's firewall,")
    assert ("fra and iad: x-iinfo: 1-2",) == told.evidence


def led(place: str, to: str, cached: Cached = UNKNOWN, text: str = "Moved") -> Glance:
    """A redirect that names nothing but where it leads."""
    age = None if cached is UNKNOWN else 100
    return glance(
        place, text, cached, age, status=301, headers={"location": to}, etag="", version="", digest=f"digest of {text}"
    )


LED = [
    pytest.param("Moved", id="the-same-words-below"),
    pytest.param("Moved to /old", id="other-words-below"),
]


@pytest.mark.parametrize("text", LED)
def test_a_kept_redirect_that_leads_elsewhere_is_told_by_where_both_lead(text: str) -> None:
    told = diagnose(case(edge("fra", led("fra", "/old", HIT, text)), origin(led(ORIGIN, "/new"))))
    assert (Name.CACHED_ERROR, SEEN) == (told.cause.name, told.cause.certainty)
    assert "fra keeps a redirect to /old, and the origin redirects to /new." == told.cause.what
    assert ("fra: 301 HIT, 100 s old, to /old", "origin: 301, to /new") == told.cause.evidence
    assert ("fra: HIT, 301, 100 s old, to /old · old", f"Varnish: {NOT_ASKED}", "origin: 301, to /new") == told.way


def test_a_kept_redirect_is_not_told_to_be_an_error() -> None:
    told = diagnose(case(edge("fra", led("fra", "/login", HIT)))).cause
    assert "fra keeps a redirect (301 to /login) where the origin gives a page." == told.what
    assert told.prevent.startswith("Have the deploy purge the redirects that it changes")


def test_a_redirect_that_leads_to_the_same_place_is_the_same_whatever_stands_below() -> None:
    told = diagnose(case(edge("fra", led("fra", f"{URL}/new", HIT, "Gone there")), origin(led(ORIGIN, "/pricing/new"))))
    assert Name.REDIRECTED is told.cause.name
    assert told.way[0].endswith(" · fresh")


def test_pages_that_nothing_names_are_named_by_their_bytes() -> None:
    told = diagnose(
        case(
            edge("fra", glance("fra", "old", HIT, 900, digest="0123456789abcdef", etag="", version="")),
            origin(glance(ORIGIN, "new", digest="fedcba9876543210", etag="", version="")),
        )
    )
    assert (
        "fra: 200 HIT, 15 min old, SHA-256 0123456789ab…",
        "origin: 200, SHA-256 fedcba987654…",
    ) == told.cause.evidence[:2]
    assert "origin: answered, SHA-256 fedcba987654…" == told.way[-1]


def test_two_bodies_under_one_etag_are_told_apart() -> None:
    told = diagnose(
        case(
            edge("fra", glance("fra", "x", HIT, 900, digest="0123456789abcdef", version="")),
            origin(glance(ORIGIN, "x", digest="fedcba9876543210", version="")),
        )
    )
    assert (
        'fra: 200 HIT, 15 min old, ETag "x", SHA-256 0123456789ab…',
        'origin: 200, ETag "x", SHA-256 fedcba987654…',
    ) == told.cause.evidence


REDIRECTS = [
    pytest.param("/prices", "why https://www.shop.test/prices", "and holds no page itself.", id="of-the-site"),
    pytest.param(
        "https://evil.test/",
        f"check {URL}",
        "That leads elsewhere: it is no page of shop, and was not looked at.",
        id="elsewhere",
    ),
]


@pytest.mark.parametrize(("to", "line", "ends"), REDIRECTS)
def test_a_redirect_says_nothing_of_where_it_leads(to: str, line: str, ends: str) -> None:
    moved = {"location": to}
    made = case(
        edge("fra", glance("fra", "moved", HIT, 60, status=302, headers=moved)),
        origin(glance(ORIGIN, "moved", status=302, headers=moved)),
    )
    told = diagnose(made).cause
    assert Name.REDIRECTED is told.name and told.what.endswith(ends)
    assert line == (told.cure.line if told.cure else "")


def test_what_a_look_fetched_is_told_as_the_looks_doing() -> None:
    told = diagnose(case(old(), old("iad", None, MISS), new("sin", None, MISS), shield())).cause
    assert (
        "fra keeps a copy from before the change, 5 h old, and no purge here has covered it. iad had no copy to give:"
        " this look made it fetch the old one from Varnish. sin had no copy to give: this look made it fetch the new"
        " one." == told.what
    )


def test_where_a_cap_ended_the_reading_it_is_named() -> None:
    told = diagnose(replace(case(old()), reading=Reading(2000, is_cut=True))).cause
    assert told.what.endswith("and no purge here has covered it in the last 2,000 jobs.")


def test_where_nothing_is_old_what_may_be_is_only_possible() -> None:
    told = diagnose(case(edge("fra", WORKER), origin(changed=30))).cause
    assert "nothing old was found at fra" == told.title
    assert (
        "fra: the same as the origin",
        "possible: browsers with an older page keep it for up to 60 s (cache-control: public, max-age=60,"
        " s-maxage=86400)",
        "possible: the page registers a service worker, which may answer without asking anybody",
        "possible: the origin itself is old (unchanged for 30 s)",
        "possible: another place, or a visitor with other headers or cookies, gets an old one: nobody looked there",
    ) == told.evidence


def of_phones(content: str, place: str) -> Look:
    """What a purge saw of a phone's page at one place."""
    return replace(glance(place, content).look, variant="User-Agent: Phone")


PHONES_WERE_OLD = replace(
    WAS_FRESH,
    before=(*WAS_FRESH.before, of_phones("old", "fra"), of_phones("new", ORIGIN)),
    looks=(*WAS_FRESH.looks, of_phones("new", "fra"), of_phones("new", ORIGIN)),
)


def test_a_purge_that_made_a_variant_new_is_not_said_to_have_changed_nothing() -> None:
    told = diagnose(case(new(headers={"cache-control": "s-maxage=600"}), purges=[ours(PHONES_WERE_OLD)])).cause
    assert Name.NOTHING_OLD is told.name and "changed nothing" not in " ".join(told.evidence)


def test_browsers_may_keep_what_only_some_visitors_got_before_a_purge() -> None:
    told = diagnose(case(new(), origin(changed=30), purges=[ours(PHONES_WERE_OLD)])).cause
    assert (Name.BROWSERS, "fra: old before P-1") == (told.name, told.evidence[1])


def test_a_purge_is_said_to_have_changed_nothing_where_variants_were_new_too() -> None:
    made = replace(PHONES_WERE_OLD, before=(*WAS_FRESH.before, of_phones("new", "fra"), of_phones("new", ORIGIN)))
    told = diagnose(case(new(headers={"cache-control": "s-maxage=600"}), purges=[ours(made)])).cause
    assert any("changed nothing: fra served the same before it" in line for line in told.evidence)


def test_a_purge_of_what_was_fresh_already_is_named_and_hides_no_hint() -> None:
    told = diagnose(case(edge("fra", WORKER), origin(changed=7200), purges=[ours(WAS_FRESH)])).cause
    assert (
        "fra: the same as the origin",
        "P-1 was proven 4 min ago, and changed nothing: fra served the same before it",
        "possible: the page registers a service worker, which may answer without asking anybody",
        "possible: the origin itself is old (unchanged for 2 h)",
        "possible: another place, or a visitor with other headers or cookies, gets an old one: nobody looked there",
    ) == told.evidence


def test_an_origin_that_went_back_is_shown_by_what_it_gave_before() -> None:
    told = diagnose(case(edge("fra", WORKER), purges=[ours(WENT_BACK)])).cause
    assert (
        'origin before P-1: 200, version "newer"',
        'origin now: 200, version "new"',
        "P-1 was proven 4 min ago",
        "possible: the page registers a service worker, which may answer without asking anybody",
    ) == told.evidence


def test_every_data_centre_that_answered_is_named() -> None:
    first, second = (glance("fra", "new", HIT, 9) for _ in range(2))
    by_turns = [
        replace(one, look=replace(one.look, seen_at=at))
        for one, at in ((first, "FRA"), (second, "MAD"), (first, "AMS"))
    ]
    told = diagnose(case(edge("fra", *by_turns)))
    assert 'fra: HIT, 9 s old, version "new" · fresh · answered at FRA, MAD, AMS' == told.way[0]
    alone = diagnose(case(edge("fra", by_turns[0])))
    assert 'fra: HIT, 9 s old, version "new" · fresh' == alone.way[0]


def test_the_same_bytes_under_another_version_are_told_so() -> None:
    told = diagnose(case(edge("fra", glance("fra", "new", HIT, 9, version="b8"))))
    assert 'fra: HIT, 9 s old, version "b8" · fresh, the origin\'s bytes under another version' == told.way[0]


def test_two_answers_of_an_unsteady_origin_are_told_apart() -> None:
    made = case(
        edge("fra", glance("fra", "x", HIT, 9, etag="", version="")),
        origin(glance(ORIGIN, "a", etag="", version=""), glance(ORIGIN, "b", etag="", version="")),
    )
    assert (
        "origin, asked first: 200, 0 bytes, SHA-256 digest of a…",
        "origin, asked again: 200, 0 bytes, SHA-256 digest of b…",
    ) == diagnose(made).cause.evidence[1:]


def test_the_origins_address_stays_out_of_the_line_that_asks_it_again() -> None:
    made = case(
        edge("fra", glance("fra", "x", HIT, 9, etag="", version="")),
        origin(glance(ORIGIN, "a", etag="", version=""), glance(ORIGIN, "b", etag="", version="")),
    )
    line = f"curl -sS --compressed -H 'Accept-Encoding: gzip' --connect-to ::ORIGIN:PORT {URL}"
    assert f"for n in 1 2 3 4; do {line} | sha256sum; done" == diagnose(made).cause.repeat


TWO_SERVERS = [
    pytest.param(("v1", "v2"), "v1", 'origin: "v1", then "v2"; asked 3 times in all', id="by-plain-answers"),
    pytest.param(
        ("v1", "v1"),
        "v2",
        'origin: "v1", then "v1", then "v2" (Accept-Encoding: br); asked 3 times in all',
        id="by-another-encoding",
    ),
]


@pytest.mark.parametrize(("plain", "packed", "line"), TWO_SERVERS)
def test_the_answers_that_tell_two_servers_apart_are_named(plain: tuple[str, str], packed: str, line: str) -> None:
    spot = origin(*(glance(ORIGIN, one) for one in plain), variants=[glance(ORIGIN, packed, asked=BROTLI)])
    assert (line,) == diagnose(case(new(), spot)).cause.evidence


@pytest.mark.parametrize("row", SPEAKS, ids=lambda row: row.title)
def test_every_cause_says_what_prevents_it_and_how_to_see_it_again(row: Row) -> None:
    told = diagnose(row.case).cause
    assert told.prevent.endswith((".", "`"))
    assert told.repeat.startswith(("curl ", "for at in fra=", "for n in ", "dig "))


ASKED_AGAIN = [
    pytest.param(
        {"fra": "http://10.0.0.2", "iad": "http://10.0.0.3:8080"},
        'for at in fra=10.0.0.2:80 iad=10.0.0.3:8080; do echo "${at%%=*}"; curl -sS -o /dev/null -D -'
        " -H 'Accept-Encoding: gzip' --connect-to ::\"${at#*=}\" 'http://www.shop.test/a?b=1&c=2'; done",
        id="each-by-its-address",
    ),
    pytest.param(
        {"fra": "https://10.0.0.2", "iad": "https://10.0.0.3"},
        'for at in fra=https://10.0.0.2 iad=https://10.0.0.3; do echo "${at%%=*}"; curl -sS -o /dev/null -D -'
        " -H 'Accept-Encoding: gzip' -H 'Host: www.shop.test' \"${at#*=}\"'/a?b=1&c=2'; done",
        id="each-by-its-address-of-another-scheme",
    ),
    pytest.param(
        {"fra": "http://[2001:db8::1]", "iad": "https://10.0.0.3"},
        "curl -sS -o /dev/null -D - -H 'Accept-Encoding: gzip' --connect-to ::'[2001:db8::1]:80'"
        " 'http://www.shop.test/a?b=1&c=2'; "
        "curl -sS -o /dev/null -D - -H 'Accept-Encoding: gzip' -H 'Host: www.shop.test' https://10.0.0.3'/a?b=1&c=2'",
        id="each-in-its-own-way",
    ),
    pytest.param(
        {},
        "curl -sS -o /dev/null -D - -H 'Accept-Encoding: gzip' 'http://www.shop.test/a?b=1&c=2'",
        id="by-dns",
    ),
]


@pytest.mark.parametrize(("edges", "line"), ASKED_AGAIN)
def test_the_line_asks_every_place_that_counts(edges: Mapping[str, str], line: str) -> None:
    url = "http://www.shop.test/a?b=1&c=2"
    made = case(old(), old("iad"), new("sin", None, MISS), site=replace(SHOP, edges=edges), url=url)
    assert line == diagnose(made).cause.repeat


def test_a_look_by_dns_is_shown_again_at_the_address_that_answered() -> None:
    seen = glance("dns", "old", HIT, 9000)
    seen = replace(seen, answer=replace(seen.answer, dialled="203.0.113.9"))
    made = case(edge("dns", seen), site=replace(SHOP, edges={}))
    line = "curl -sS -o /dev/null -D - -H 'Accept-Encoding: gzip' --resolve www.shop.test:443:203.0.113.9"
    assert f"{line} {URL}" == diagnose(made).cause.repeat


def test_where_dns_leads_elsewhere_each_resolver_is_asked_again() -> None:
    told = diagnose(case(new(), names=[AT_CLOUDFLARE, replace(AT_FASTLY, resolver="10.0.0.2:5353")])).cause
    assert (
        "dig +noall +answer @1.1.1.1 -p 53 www.shop.test; dig +noall +answer @10.0.0.2 -p 5353 www.shop.test"
        == told.repeat
    )


def test_pages_that_only_their_bytes_name_are_asked_for_their_bytes() -> None:
    made = case(
        edge("dns", glance("dns", "old", HIT, 900, etag="", version="")),
        origin(glance(ORIGIN, "new", etag="", version="")),
    )
    assert f"curl -sS --compressed {GZIP} {URL} | sha256sum" == diagnose(made).cause.repeat


GZIP = "-H 'Accept-Encoding: gzip'"
LONG = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
SHOWN = [
    pytest.param("https://10.0.0.2:8443", f"--connect-to ::10.0.0.2:8443 {URL}", id="another-address"),
    pytest.param("http://10.0.0.2", "-H 'Host: www.shop.test' http://10.0.0.2/pricing", id="another-scheme"),
    pytest.param("", URL, id="by-dns"),
]


@pytest.mark.parametrize(("address", "ends"), SHOWN)
def test_a_variant_is_shown_whole_and_by_a_line_that_shows_it_again(address: str, ends: str) -> None:
    asked = (("User-Agent", LONG),)
    made = case(
        edge("fra", glance("fra", "new", HIT, 9), variants=[glance("fra", "old", HIT, 9000, asked=asked)] * 2),
        origin(variants=[glance(ORIGIN, "new", asked=asked)]),
        site=replace(SHOP, edges={"fra": address}),
    )
    told = diagnose(made).cause
    assert f'fra: User-Agent: {LONG}: 200 HIT, 2 h old, version "old", the old one both times' == told.evidence[1]
    assert f"curl -sS -o /dev/null -D - {GZIP} -H 'User-Agent: {LONG}' {ends}" == told.repeat


def test_the_line_asks_for_the_copy_of_a_device_as_that_device() -> None:
    asked = (("CF-Device-Type", "mobile"),)
    made = case(
        edge("fra", glance("fra", "new", HIT, 9), variants=[glance("fra", "old", HIT, 9000, asked=asked)] * 2),
        origin(variants=[glance(ORIGIN, "new", asked=asked)]),
        site=replace(SHOP, edges={"fra": ""}, variants=({"CF-Device-Type": "mobile"},)),
    )
    told = diagnose(made).cause
    assert 'fra: CF-Device-Type: mobile: 200 HIT, 2 h old, version "old", the old one both times' == told.evidence[1]
    sent = f"{GZIP} -H 'CF-Device-Type: mobile' -H 'User-Agent: {LONG}'"
    assert f"curl -sS -o /dev/null -D - {sent} {URL}" == told.repeat


def test_a_variant_by_a_secret_is_told_by_its_name_and_the_line_leaves_room_for_the_value() -> None:
    asked = (("Cookie", "tier=gold"),)
    made = case(
        edge("fra", glance("fra", "new", HIT, 9), variants=[glance("fra", "old", HIT, 9000, asked=asked)] * 2),
        origin(variants=[glance(ORIGIN, "new", asked=asked)]),
        site=replace(SHOP, edges={"fra": ""}),
    )
    told = diagnose(made).cause
    assert f"curl -sS -o /dev/null -D - {GZIP} -H 'Cookie: tier=•••' {URL}" == told.repeat
    assert 'fra: Cookie: tier=••• #6686: 200 HIT, 2 h old, version "old", the old one both times' == told.evidence[1]


VARIANTS = [
    pytest.param(SHOP, "/pricing", "prefix www.shop.test/pricing", id="unnamed"),
    pytest.param(replace(SHOP, variants=({"user-agent": "Phone"},)), "/pricing", URL, id="named"),
    pytest.param(SHOP, "/", "host www.shop.test", id="the-front-page"),
]


@pytest.mark.parametrize(("site", "path", "line"), VARIANTS)
def test_the_cure_of_a_variant_reaches_it(site: Site, path: str, line: str) -> None:
    plain = edge("fra", glance("fra", "new", HIT), variants=[glance("fra", "old", HIT, asked=PHONE)] * 2)
    made = case(
        plain, origin(variants=[glance(ORIGIN, "new", asked=PHONE)]), site=site, url=URL.replace("/pricing", path)
    )
    cure = diagnose(made).cause.cure
    assert cure is not None and line == cure.line


# Whatever is seen

contents = st.sampled_from(["new", "old", "older", ""])
ages = st.sampled_from([None, 0, 20, 900, 18_000])
kept = st.sampled_from(list(Cached))
untold = st.sampled_from([None, ""])
statuses = st.sampled_from([200, 200, 200, 301, 304, 404, 429, 503])
problems = st.sampled_from(["", "", "", "", "connection refused"])
named = ["cache-control", "vary", "last-modified", "location", "set-cookie", "x-vercel-id", "cdn-cache-control"]
values = ["", "no-store", "private", "max-age=60", "immutable", "*", "https://www.shop.test/a`b c", ago(600)]
says = st.dictionaries(
    st.sampled_from([*named, "cf-mitigated"]),
    st.sampled_from([*values, URL, "challenge"]),
    max_size=3,
)


@st.composite
def glances(draw: st.DrawFn, place: str, asked: st.SearchStrategy[Asked]) -> Glance:
    return glance(
        place,
        draw(contents),
        draw(kept),
        draw(ages),
        status=draw(statuses),
        headers=draw(says),
        asked=draw(asked),
        digest=draw(untold),
        version=draw(untold),
        problem=draw(problems),
    )


@functools.cache
def spots(name: str, tier: Tier) -> st.SearchStrategy[Spot]:
    plain = st.lists(glances(name, st.just(PLAIN)), min_size=1, max_size=3).map(tuple)
    varied = st.lists(glances(name, st.sampled_from([PHONE, BROTLI])), max_size=2).map(tuple)
    return st.builds(Spot, st.just(name), st.just(tier), plain, varied)


states = st.sampled_from(list(State))
layer_states = st.sampled_from(list(LayerState))
moments = st.sampled_from([0.0, 5.0, 300.0, 30_000.0])
shifts = st.sampled_from([-1.0, 0.0, 1.0])
fronts_that_purged = st.lists(st.sampled_from(LAYERS), unique=True)
troubles = st.sampled_from([None, NO_PERMISSION])


@st.composite
def jobs(draw: st.DrawFn) -> JobView:
    at = draw(moments)
    made = job(at, draw(states))
    fronts = draw(fronts_that_purged)
    views = tuple(
        replace(
            layer(front, at + draw(shifts), draw(layer_states)),
            soft=draw(st.booleans()),
            pending=draw(st.integers(0, 2)),
            trouble=draw(troubles),
        )
        for front in fronts
    )
    return replace(made, layers=views, looks=looked(draw(contents)) if draw(st.booleans()) else ())


purges = st.lists(
    st.builds(
        Ours, jobs(), st.sampled_from(list(Reach)), st.sampled_from([URL, "tag pricing", "prefix www.shop.test/x/"]),
        st.sampled_from([(), ("its query string",), ("a slash at the end",)]),
    ),
    max_size=3,
)  # fmt: skip
resolved = st.lists(
    st.sampled_from([AT_FASTLY, AT_CLOUDFLARE, AT_HOME, Resolved("x", problem="no answer")]), max_size=3
)


places = st.sampled_from([("fra",), ("fra", "iad")])
layered = st.sampled_from([LAYERS, (FASTLY,), ()])
urls = st.sampled_from([URL, f"{URL}?v=3"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    edges = [draw(spots(name, Tier.EDGE)) for name in draw(places)]
    inner = [draw(spots("Varnish", Tier.INNER))] if draw(st.booleans()) else []
    site = SHOP if draw(st.booleans()) else replace(SHOP, origin="", tag_header="")
    inmost = [draw(spots(ORIGIN, Tier.ORIGIN))] if site.origin else []
    return case(
        *edges, *inner, *inmost, purges=draw(purges), names=draw(resolved), site=site,
        layers=draw(layered), fingerprinted=draw(st.booleans()),
        url=draw(urls),
        twins=ignored(glance("fra", draw(contents), HIT)) if draw(st.booleans()) else (),
    )  # fmt: skip


OF_OLD_COPIES = {
    Name.REFILLED, Name.OTHER_PATHS, Name.UNTAGGED, Name.QUERY, Name.OVERWRITTEN, Name.OVERRIDDEN, Name.DISAGREE,
    Name.NOT_REACHED, Name.NOT_PURGED,
}  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(cases())
def test_there_is_always_a_cause_and_what_is_seen_is_shown(made: Case) -> None:
    told = diagnose(made)
    assert told == diagnose(made)
    for cause in (told.cause, *told.also):
        assert cause.what and cause.what.endswith(".") and "  " not in cause.what and "nowhere" not in cause.what
        assert cause.evidence or cause.certainty is not SEEN
        assert all(line.strip() for line in cause.evidence)
        assert made.saw_old or cause.name not in OF_OLD_COPIES
        assert cause.cure is not None and "`" not in cause.cure.line and "  " not in cause.cure.line


@settings(max_examples=examples(100), deadline=None)
@given(cases())
def test_each_rule_alone_never_raises(made: Case) -> None:
    assert [] == [rule for rule in RULES if (found := rule(made)) is not None and not found.what]


LINK = "https://shop.slack.com/archives/C_SHOP/p1"


@pytest.mark.parametrize("made", [FAILED, LATER], ids=["failed", "scheduled"])
def test_the_card_of_the_job_that_is_shown_is_named(made: JobView) -> None:
    told = diagnose(
        case(old(), purges=[ours(replace(made, url=LINK)), ours(replace(job(9000), id=9, url="https://x.test"))])
    )
    assert LINK == told.cause.card


def test_what_is_purged_leads_to_no_card() -> None:
    assert "" == diagnose(case(old(), purges=[ours(replace(OTHER_THEN, url=LINK))])).cause.card
