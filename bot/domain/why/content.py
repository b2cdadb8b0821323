"""Causes that the answers show: variants, the query string, files overwritten in place, places that disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answers.caching import Directives
from bot.domain.durations import span
from bot.domain.proof.look import Look
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.proof.variants import ENCODING
from bot.domain.why.case import Case, Twin
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.kept_apart import Kept, in_variants, is_key, is_named, is_of_before, old_variants
from bot.domain.why.owners import siblings
from bot.domain.why.remedy import every_key, or_wider, past, takes_variants, with_variants
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import (
    SENDS_MAX,
    Course,
    Glance,
    Spot,
    Tier,
    do,
    each,
    names_of,
)
from bot.domain.why.times import as_read, at_edge, changed_since, fetched_now, stored, took
from bot.domain.why.which import by_status, last_of

PROBE = "with an argument of ours"  # how the twin is told that nobody asked for before
SETTLING = 120.0  # seconds in which places of one CDN may still differ after a purge
_ORDER = (Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE)
_HAS_A_KEY = "that copy has a key of its own"
_OR_REWRITTEN = " Or nothing is old: an edge that rewrites pages for them gives other bytes than the origin each time."
_KEY = {
    Certainty.SEEN: _HAS_A_KEY,
    Certainty.LIKELY: "that copy seems to have a key of its own, which no answer names in `Vary`",
    Certainty.POSSIBLE: "that copy may have a key of its own, and was asked for only once",
}


def variant(case: Case) -> Cause | None:
    """Every plain answer is new, and another request for the same URL gets the old one each time, of which no purge of
    ours emptied the place."""
    found = [one for spot in case.at(Tier.EDGE) for one in old_variants(case, spot) if is_of_before(case, one)]
    return _variant(case, min(found, key=lambda one: _ORDER.index(one.certainty)), found) if found else None


def _variant(case: Case, first: Kept, found: Sequence[Kept]) -> Cause:
    glance, name = first.other.glances[-1], first.asked[0][0]
    told = glance.look.variant
    sends = told if len(told) <= SENDS_MAX else f"{told[:SENDS_MAX]}…"
    is_encoding, status = name.lower() == ENCODING.lower(), glance.look.status
    kept, which = ("the old one", "the old one") if status < 400 else (f"a kept {status}", f"its {status}")
    if first.by_bytes:
        kept, which = "other bytes than the origin", "other bytes"
    alike = {one.spot.name: one for one in found if one.asked == first.asked and one.certainty is first.certainty}
    spots = [one.spot for one in alike.values()]
    return Cause(
        Name.VARIANT,
        first.certainty,
        f"{names_of(spots)} {do(spots, 'serves', 'serve')} the new page to a plain visitor, and {kept} to a visitor who"
        f" sends `{sends}`: {_key(case, first)}.{_OR_REWRITTEN if first.by_bytes else ''}",
        (
            *each(spots, lambda spot: _each_time("plain", alike[spot.name].plain, "the new one")),
            *each(spots, lambda spot: _each_time(told, alike[spot.name].other, which)),
            *((REWRITTEN,) if first.by_bytes else ()),
        ),
        _reaching(case, glance, is_named(case, name), is_encoding),
        _so_that_none_stays(case, name, is_encoding or is_named(case, name)),
        repeat=shown_again(case, spots, first.asked),
    )


def _key(case: Case, kept: Kept) -> str:
    """Whether that copy lies under a key of its own."""
    is_told = len(kept.other.glances) > 1 and is_key(case, kept.other.glances[-1])
    return _HAS_A_KEY if is_told else _KEY[kept.certainty]


def _each_time(asked: str, course: Course, which: str) -> str:
    """ "plain: 200 HIT, 9 s old, version "v3", the new one both times (Vary: User-Agent)"."""
    glance, times = course.glances[-1], len(course.glances)
    each_time = ", asked once" if times == 1 else " both times" if times == 2 else f" all {times} times"
    varies = glance.answer.says("vary") if glance.look.variant else ""
    return f"{asked}: {glance.told}, {which}{each_time}" + (f" (Vary: {varies[:60]})" if varies else "")


def _reaching(case: Case, glance: Glance, is_named: bool, is_encoding: bool) -> Cure:
    """What takes the variant, which may be there from before a purge that went by it."""
    last, made = case.last_purge, stored(glance.look)
    purged = at_edge(case, last) if last is not None and took(case, last) else None
    if last is not None and made is not None and purged is not None and made < purged:
        return past(case, last, is_variant=True)
    return with_variants(case, is_named, is_encoding)


def _so_that_none_stays(case: Case, name: str, is_named: bool) -> str:
    """What keeps a purge from going by the variant next time, at the layers that this site has."""
    if not is_named and takes_variants(case):
        header, value = in_variants(case, name)
        line = f"`variants: [{{{header}: {value}}}]`"
        return f"Name it in the site's `variants`, so that a purge of the URL covers it: {line}."
    if told := siblings(case):
        return f"{_as_little(case)}; {told}."
    reaching = every_key(case)
    does = "those reach" if " or " in reaching else "that reaches"
    return _as_little(case) + (f", or purge by {reaching}: {does} every variant." if reaching else ".")


def _as_little(case: Case) -> str:
    """What makes fewer copies: a shorter `Vary`, where any answer sends one."""
    spots = (*case.at(Tier.EDGE), *case.at(Tier.ORIGIN))
    if any(one.answer.says("vary") for spot in spots for one in (*spot.plain, *spot.varied)):
        return "Vary on as little as possible"
    return "Have the cache keep apart as little as possible (no answer sends `Vary`, so a rule of its own does that)"


def ignores_query(case: Case) -> Cause | None:
    """The cache ignores the query string, so that a new one names no new copy."""
    ignored = next((twin for twin in case.twins if _is_same_copy(twin, case)), None)
    if ignored is None or "?" not in case.url:
        return None
    return Cause(
        Name.QUERY,
        Certainty.SEEN,
        "The cache ignores the query string: a new argument gets the same old copy, so `?v=` names no new version.",
        (f"{ignored.url}: {_kept(ignored.glance)}",),
        _with_and_without_query(case),
        "Put the version into the path (`app.3f2a91c0.js`), not into the query.",
        repeat=shown_again(replace(case, url=ignored.url), case.old()[:1]),
    )


def _with_and_without_query(case: Case) -> Cure:
    """The key of the place that ignores the query, and that of caches further in which do not."""
    cure = or_wider(case, "Purge the page, with and without its query")
    bare = replace(case, url=case.url.partition("?")[0])
    return replace(cure, line=f"{bare.typed} {case.typed}") if cure.line == case.typed else cure


def _kept(glance: Glance) -> str:
    age = f", {span(glance.look.age)} old" if glance.look.age is not None else ""
    return f"{glance.look.says or glance.look.cached.value}{age}, though nobody asked for it before"


def _is_same_copy(twin: Twin, case: Case) -> bool:
    """Whether an argument that nobody asked for before is answered from the cache with the very same old copy."""
    look, first = twin.glance.look, next(iter(case.old()), None)
    if twin.how != PROBE or first is None or not look.is_kept:
        return False
    return bool(look.digest) and look.digest == first.look.digest


def overwritten(case: Case) -> Cause | None:
    """A file that promised never to change has changed."""
    origin = case.origin
    old = [spot for spot in case.old() if origin and spot.look.status == origin.look.status == 200]
    if not old or origin is None or _named(old[0].look) == _named(origin.look):
        return None
    promised = Directives.read(old[0].last.answer.says("cache-control")).has("immutable")
    if not (promised or case.is_fingerprinted):
        return None
    promise = "its answer says `immutable`" if promised else "its name looks like a hash of its content"
    return Cause(
        Name.OVERWRITTEN,
        Certainty.SEEN if promised else Certainty.LIKELY,
        f"This file promises never to change ({promise}), and the origin now has another one under the same name.",
        (*each(old, lambda spot: _named(spot.look)), f"origin: {_named(origin.look)}"),
        or_wider(case),
        "Build to a new name for new content. Browsers that have the old one keep it, and no purge reaches them.",
    )


def _named(look: Look) -> str:
    """What tells one content from another."""
    if look.version:
        return f'version "{look.version}"'
    return f"SHA-256 {look.digest[:12]}…" if look.digest else f"ETag {look.etag}" if look.etag else "unnamed"


def disagree(case: Case) -> Cause | None:
    """Some places are new and some are old."""
    old, fresh = case.old(), case.fresh()
    if not old or not fresh:
        return None
    last = case.last_purge
    if last is None or not took(case, last) or changed_since(case, last) is True:
        return None if all(map(fetched_now, fresh)) else _never_purged(old, fresh, case)
    since = max(0.0, case.now - (last.job.purged or case.now))
    young = since < SETTLING
    return Cause(
        Name.DISAGREE,
        Certainty.SEEN,
        f"Places disagree {span(since)} after {last.job.name}: {_apart(case, old, fresh)}."
        + (" The purge may still be on its way." if young else ""),
        each((*old, *fresh)),
        Cure("Check again", f"check {case.typed}") if young else past(case, last),
        "A purge reaches places one after another: wait for the proof before telling people.",
    )


def _apart(case: Case, old: Sequence[Spot], fresh: Sequence[Spot]) -> str:
    """Where is what."""
    if apart := by_status(case, last_of(old)):
        return f"{apart} at {names_of(old)}, and what the origin gives at {names_of(fresh)}"
    return f"old at {names_of(old)}, fresh at {names_of(fresh)}"


def _never_purged(old: Sequence[Spot], fresh: Sequence[Spot], case: Case) -> Cause:
    return Cause(
        Name.DISAGREE,
        as_read(case, Certainty.SEEN),
        f"Places disagree, and nothing here has purged the page since it changed{case.reading.within}:"
        f" {_apart(case, old, fresh)}, {do(fresh, 'which has', 'which have')} fetched it since.",
        each((*old, *fresh)),
        or_wider(case),
        "Each place keeps a copy of its own: let the deploy purge what it changed, and all of them change at once.",
    )
