"""Causes that the answers show: errors that were kept, variants, the query string, files overwritten in place."""

from __future__ import annotations

from bot.domain.finding import Verdict
from bot.domain.look import span
from bot.domain.why.case import Case, Glance, Reach, Spot, Tier, Twin, do, names_of
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from providers.contract import Cached

PROBE = "with an argument of ours"  # how the twin is told that nobody asked for before


def cached_error(case: Case) -> Cause | None:
    """A kept error or redirect where the origin has a page."""
    origin = case.origin
    bad = [s for s in case.at(Tier.EDGE) if s.look.is_kept and s.look.status >= 300]
    bad = [s for s in bad if origin and s.look.status != origin.look.status < 400]
    if not bad or origin is None:
        return None
    look = bad[0].look
    what = "a redirect" if look.status < 400 else "an error"
    goes = f" to {bad[0].last.answer.says('location')[:120]}" if look.status < 400 else ""
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN,
        f"{names_of(bad)} {do(bad, 'keeps', 'keep')} {what} ({look.status}{goes}) that the origin no longer gives.",
        tuple(f"{s.name}: {s.told}" for s in bad),
        Cure("Purge it", case.url),
        "Give errors a short life of their own: `Cache-Control: no-store` on them, or the CDN's lifetime for errors.",
    )


def variant(case: Case) -> Cause | None:
    """The plain answer is new and another request for the same URL gets the old one."""
    for spot in case.at(Tier.EDGE):
        if case.verdict_at(spot) is not Verdict.FRESH:
            continue
        for glance in spot.varied:
            if glance.is_usable and case.verdict_at(spot, glance.look) is Verdict.STALE:
                return _variant(case, spot, glance)
    return None


def _variant(case: Case, spot: Spot, glance: Glance) -> Cause:
    name = glance.answer.asked[0][0]
    varies = glance.answer.says("vary")
    known = any(name in variant for variant in case.site.variants)
    encoding = name.lower() == "accept-encoding"
    asks = f"a visitor who sends `{glance.look.variant}`"
    advice = (
        "Vary on as little as possible, and purge by tag or prefix: those reach every variant."
        if encoding or known
        else f"Name it in the site's `variants`, so that a purge covers it: `variants: [{{{name}: …}}]`."
    )
    return Cause(
        Name.VARIANT,
        Certainty.SEEN,
        f"{spot.name} serves the new page to most, and the old one to {asks}: that copy has a key of its own.",
        (
            f"{spot.name}, plain: {spot.told}",
            f"{spot.name}, {glance.look.variant}: {glance.look.says or glance.look.cached.value}, old"
            + (f", Vary: {varies}" if varies else ""),
        ),
        Cure("Purge it with its variants", case.url),
        advice,
    )


def query(case: Case) -> Cause | None:
    """The query string is part of the key and was not purged, or the cache ignores it."""
    if not case.old():
        return None
    ours = next((o for o in case.purges if o.reach is Reach.OTHER_FORM and any("query" in how for how in o.by)), None)
    if ours is not None:
        return Cause(
            Name.QUERY,
            Certainty.SEEN,
            f"{ours.job.name} purged {ours.named}; with another query string this is a copy of its own.",
            (f"asked about: {case.url}", f"purged: {ours.named}"),
            Cure("Purge this one", case.url),
            "Purge by tag or prefix to reach every query string, or take the arguments that change nothing out of the"
            " cache key.",
        )
    ignored = next((twin for twin in case.twins if _is_same_copy(twin, case)), None)
    if ignored is None or "?" not in case.url:
        return None
    return Cause(
        Name.QUERY,
        Certainty.SEEN,
        "The cache ignores the query string: a new argument gets the same old copy, so `?v=` names no new version.",
        (f"{ignored.url} answered {ignored.glance.look.says}, {span(ignored.glance.look.age or 0)} old",),
        Cure("Purge the page", case.url.partition("?")[0]),
        "Put the version into the path (`app.3f2a91c0.js`), not into the query.",
    )


def _is_same_copy(twin: Twin, case: Case) -> bool:
    """Whether an argument that nobody asked for before is answered from the cache with the very same old copy."""
    look, first = twin.glance.look, next(iter(case.old()), None)
    if twin.how != PROBE or first is None or not look.is_kept:
        return False
    return bool(look.digest) and look.digest == first.look.digest


def redirected(case: Case) -> Cause | None:
    """The page lives at another URL: this one is a redirect everywhere."""
    origin = case.origin
    if origin is None or not 300 <= origin.look.status < 400 or case.old():
        return None
    goes = origin.answer.says("location")
    return Cause(
        Name.OTHER_URL,
        Certainty.SEEN,
        f"This URL only redirects ({origin.look.status}) to {goes[:200]}: what looks old is cached there.",
        (f"origin: {origin.look.status}, location: {goes[:200]}",),
        Cure("Ask about that one", f"why {goes}") if goes.startswith("http") else None,
        "Purge the URL that visitors end at.",
    )


def overwritten(case: Case) -> Cause | None:
    """A file that promised never to change has changed."""
    old, origin = case.old(), case.origin
    if not old or origin is None:
        return None
    promised = "immutable" in old[0].last.answer.says("cache-control").lower()
    if not (promised or case.is_fingerprinted):
        return None
    promise = "its answer says `immutable`" if promised else "its name holds a hash of its content"
    return Cause(
        Name.OVERWRITTEN,
        Certainty.SEEN,
        f"This file promises never to change ({promise}), and the origin now has other bytes under the same name.",
        (
            f"{old[0].name}: {old[0].look.digest[:12] or old[0].look.etag}",
            f"origin: {origin.look.digest[:12] or origin.look.etag}",
        ),
        Cure("Purge it", case.url),
        "Build to a new name for new content. Browsers that have the old one keep it, and no purge reaches them.",
    )


def disagree(case: Case) -> Cause | None:
    """Some places are new and some are old."""
    old, fresh = case.old(), case.fresh()
    if not old or not fresh:
        return None
    last = case.last_purge
    since = case.now - last.job.purged if last is not None and last.job.purged is not None else None
    why = f" {span(since)} after {last.job.name}" if since is not None and last is not None else ""
    return Cause(
        Name.DISAGREE,
        Certainty.SEEN,
        f"Places disagree{why}: old at {names_of(old)}, fresh at {names_of(fresh)}.",
        tuple(f"{spot.name}: {spot.told}" for spot in (*old, *fresh)),
        Cure("Check again", f"check {case.url}") if since is not None and since < 120 else Cure("Purge it", case.url),
        "A purge reaches places one after another: wait for the proof before telling people.",
    )


def not_purged(case: Case) -> Cause | None:
    """The copy is old because it may be: it lives, and no purge of ours covered it since."""
    old = case.old()
    if not old:
        return None
    look = old[0].look
    since = f" when it was stored {span(look.age)} ago" if look.age is not None else ""
    newest = case.last_purge
    before = f" The last one, {newest.job.name}, was before that." if newest is not None else ""
    certain = Certainty.SEEN if newest is None and look.is_kept else Certainty.LIKELY
    return Cause(
        Name.NOT_PURGED,
        certain,
        f"{names_of(old)} {do(old, 'keeps', 'keep')} the copy that was right{since}, and no purge here has covered it"
        f" since.{before}",
        tuple(f"{spot.name}: {spot.told}" for spot in old),
        Cure("Purge it", case.url),
        "Let the deploy purge what it changed.",
    )


def uncached(case: Case) -> Cause | None:
    """No cache keeps it: every visitor gets what the origin makes for them."""
    edges = case.at(Tier.EDGE)
    says = [s for s in edges if s.look.cached is Cached.UNCACHED]
    if not says or len(says) != len(edges):
        return None
    answer = says[0].last.answer
    because = [line for line in ("cache-control", "set-cookie", "vary") if answer.says(line)]
    shown = [f"{name}: {answer.says(name)[:100]}" if name != "set-cookie" else "set-cookie: …" for name in because]
    old_inside = case.old(Tier.INNER)
    if old_inside:
        inside = names_of(old_inside)
        return Cause(
            Name.UNCACHED,
            Certainty.SEEN,
            f"The edge never keeps this page ({says[0].look.says}); {inside} further in does, and is old.",
            tuple(f"{spot.name}: {spot.told}" for spot in (*says, *old_inside)),
            Cure("Purge it", case.url),
            f"Purge {inside}: a purge of the edge alone changes nothing here.",
        )
    return Cause(
        Name.UNCACHED,
        Certainty.SEEN,
        f"The edge never keeps this page ({says[0].look.says}): visitors get what the origin gives each of them.",
        (*(f"{spot.name}: {spot.told}" for spot in says), *shown),
        None,
        "A purge cannot change this page. Look at the origin, and at caches inside the application.",
    )
