"""What is left where no cache serves anything old: what may still be, and what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.domain.answers.caching import Directives
from bot.domain.durations import span
from bot.domain.jobs.job import State
from bot.domain.proof.circles import NOWHERE
from bot.domain.proof.finding import Verdict
from bot.domain.proof.look import GONE, Likeness, Look, compare
from bot.domain.why.before import old_before, old_to_others_before, origin_before, seen_before, were_old
from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.elsewhere import fresh_elsewhere
from bot.domain.why.origins_cache import copies
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import changed_since, has_outlived, modified
from bot.domain.why.unmet import unmet

WHY_MAX = 230  # characters; a card shows 300 of a line
_WORKER = re.compile(r"serviceWorker\s*\.\s*register", re.IGNORECASE)
_WORKS = "the page registers a service worker, which may answer without asking anybody"


def browsers(case: Case) -> Cause | None:
    """The edges are right now and were seen old before, and browsers may go on with what they were given then."""
    fresh, old = case.fresh(), old_before(case) or old_to_others_before(case)
    if (
        not fresh
        or case.saw_old
        or case.old_elsewhere
        or not old
        or _served_this_before(case)
        or _are_others_open(case)
    ):
        return None
    keeps, worker = _still_keeps(case, fresh[0]), _registers_worker(fresh[0])
    if not keeps and not worker:
        return None
    places = list(dict.fromkeys(look.place for look in old))
    who = "browsers that have the old page" if keeps else "a service worker"
    goes_on = f"may go on showing it for up to {span(keeps)}" if keeps else "may still show the old page"
    return Cause(
        Name.BROWSERS,
        Certainty.LIKELY,
        f"Every edge that answered serves what the origin serves; {who} {goes_on}.",
        (
            f"{names_of(fresh)}: the same as the origin now",
            f"{', '.join(places)}: old before {_name(case)}",
            *([f"cache-control: {_said(fresh[0])}"] if keeps else []),
            *([_WORKS] if worker else []),
        ),
        Cure(
            "Check again",
            f"check {case.typed}",
            "Try it in a private window, where a browser answers from nothing kept.",
        ),
        "A purge cannot reach browsers: let pages say `max-age=0, s-maxage=…`, and a service worker's file `no-cache`.",
    )


def _are_others_open(case: Case) -> bool:
    """Whether some edge is not known to be right, and answers something else or was old before."""
    known = (*case.fresh(), *(spot for spot in case.at(Tier.EDGE) if case.finding_at(spot).uncached))
    silent = unmet(case)
    others = [spot for spot in case.at(Tier.EDGE) if spot not in (*known, *silent)]
    return bool(others or were_old(case, silent))


def origin_old(case: Case) -> Cause | None:
    """The origin gave something else before a purge that was proven, and has now what the edges had then. That a page
    which was fresh before is so after a purge is no such evidence."""
    fresh, last = case.fresh(), case.last_purge
    if not fresh or not _served_this_before(case) or case.origin is None or last is None or last.job.proven is None:
        return None
    then, origin = origin_before(case), case.origin.look
    if then is None or not compare(then, origin).is_other:
        return None
    version = f' (version "{origin.version}")' if origin.version else ""
    return Cause(
        Name.ORIGIN_OLD,
        Certainty.LIKELY,
        f"{names_of(fresh)} {do(fresh, 'serves', 'serve')} what the origin serves{version}, as before {last.job.name};"
        " the origin gave something else then: it went back, or one of its servers is old.",
        (
            f"origin before {last.job.name}: {then.status}{_content(then)}",
            f"origin now: {origin.status}{_content(origin)}",
            f"{last.job.name} was proven {case.ago(last.job.proven)}",
            *_hints(case, fresh[0]),
        ),
        Cure("Check again", f"check {case.typed}", "Look whether the deploy has reached every server of the origin."),
        "Deploy to the origin first, and empty caches inside the application; then purge.",
    )


def _served_this_before(case: Case) -> bool:
    """Whether the edges served before the last purge what they and the origin serve now."""
    last, was = case.last_purge, seen_before(case)
    if case.saw_old or case.old_elsewhere or case.origin is None:
        return False
    if last is None or last.job.proven is None or not was:
        return False
    is_same = all(compare(look, case.origin.look) is Likeness.SAME for look in was)
    return is_same and not changed_since(case, last) and not old_to_others_before(case)


def _content(look: Look) -> str:
    return f', version "{look.version}"' if look.version else f", ETag {look.etag}" if look.etag else ""


def nothing_old(case: Case) -> Cause | None:
    """Nothing old was found, and what may be all the same."""
    fresh = case.fresh()
    if not fresh or case.saw_old or case.old_elsewhere or case.origin is None:
        return None
    version = f' (version "{case.origin.look.version}")' if case.origin.look.version else ""
    once = [spot for spot in fresh if len(case.courses_at(spot)[0].were_old) < 2]
    of_origin, inside = [*copies(case)], _old_inside(case)
    return Cause(
        Name.NOTHING_OLD,
        Certainty.LIKELY if once or of_origin else Certainty.SEEN,
        f"{names_of(fresh)} {do(fresh, 'serves', 'serve')} what the origin serves{version}, to a plain visitor"
        f"{_but_no_page(case.origin)}.{_for_now(case.origin, inside)}",
        (
            f"{names_of(fresh)}: the same as the origin",
            *fresh_elsewhere(case),
            *each(inside),
            *([f"{names_of(once)}: only one answer tells of the page, and no second one agrees"] if once else []),
            *of_origin,
            *_not_proven(case),
            *_changed_nothing(case),
            *_perhaps(case, fresh[0]),
        ),
        _of_every_layer(case, inside) if inside else _elsewhere(case, case.origin),
        "Purge every layer in one request, as a plain purge does: what is left further in comes back."
        if inside
        else "`lint` tells before a deploy what browsers and caches may go on showing after it, and for how long.",
        at=", ".join(spot.name for spot in fresh),
    )


def _but_no_page(origin: Glance) -> str:
    """Said where what all of them serve is an error."""
    status = origin.look.status
    if status in GONE:
        return f": the page is not there ({status}), at the edge as at the origin"
    if origin.look.leads_nowhere:
        return f": an answer {status} that {NOWHERE}"
    return f": an error ({status}), at the edge as at the origin" if status >= 400 else ""


def _elsewhere(case: Case, origin: Glance) -> Cure:
    """Where to look when nothing is old here."""
    deploy = "look whether the deploy has reached the origin"
    if origin.look.status in GONE:
        step = f"If it should be there, see whether its URL is written right, and {deploy}."
    else:
        then = f"{'empty the cache at the origin, and ' if any(copies(case)) else ''}{deploy}"
        step = f"Try it in a private window; where it is old there too, {then}."
    return Cure("Check again", f"check {case.typed}", step)


def _old_inside(case: Case) -> list[Spot]:
    """The caches further in that keep something else than the origin gives, by more than their bytes alone."""
    return [spot for spot in case.old(Tier.INNER) if spot.look.is_copy and not case.finding_at(spot).by_bytes]


def _for_now(origin: Glance, inside: Sequence[Spot]) -> str:
    """What those keep, and who may get it."""
    if not inside:
        return ""
    errors = dict.fromkeys(spot.look.status for spot in inside if spot.look.status not in (200, origin.look.status))
    what = f"something else ({', '.join(map(str, errors))})" if errors else "the old one"
    keep, it = do(inside, "keeps", "keep"), do(inside, "it", "them")
    may = f"an edge whose copy runs out may fetch that from {it}"
    return f" {names_of(inside)} further in still {keep} {what}: {may}."


def _of_every_layer(case: Case, inside: Sequence[Spot]) -> Cure:
    """What empties caches further in: the next wider one, where a purge was taken there and went by the copy."""
    last = case.last_purge
    is_since = last is not None and changed_since(case, last) is not True
    if last is not None and is_since and any(has_outlived(case, spot, last) for spot in inside):
        return past(case, last)
    step = f"Purge every layer, innermost first, before edges fetch from {names_of(inside)}."
    return or_wider(case, "Purge every layer", step)


def _not_proven(case: Case) -> Iterator[str]:
    """The last purge of the page, where that could not be proven: what it saw may come again."""
    last = case.last_purge
    if last is None or last.job.state not in (State.DONE, State.CHECKING) or not last.job.why:
        return
    if last.job.verdict is not Verdict.UNKNOWN:
        return
    if changed_since(case, last) is not True:
        ago = case.ago(last.job.purged or case.now)
        yield f"{last.job.name} purged it {ago} and is not proven: {shortened(last.job.why)}"


def shortened(why: str) -> str:
    """As many whole reasons as there is room for; of the first one whole words."""
    if len(why) <= WHY_MAX:
        return why
    room = why[: WHY_MAX + 1]
    whole = room.rpartition(" · ")[0]
    return f"{whole} · …" if whole else f"{room.rpartition(' ')[0] or room}…"


def _changed_nothing(case: Case) -> Iterator[str]:
    """A purge of what was fresh already: it is told, and says nothing of the origin."""
    last = case.last_purge
    if last is not None and last.job.proven is not None and _served_this_before(case):
        places = list(dict.fromkeys(look.place for look in seen_before(case)))
        proven = f"{last.job.name} was proven {case.ago(last.job.proven)}, and changed nothing"
        yield f"{proven}: {', '.join(places)} served the same before it"


def _perhaps(case: Case, spot: Spot) -> Iterator[str]:
    """What was not seen, and would make a page look old."""
    yield from _hints(case, spot)
    if inner := [spot for spot in case.old(Tier.INNER) if spot not in _old_inside(case)]:
        are = do(inner, "is", "are")
        yield f"possible: {names_of(inner)} further in {are} old, and an edge whose copy ends gets that"
    since = modified(case)
    changed = f" (unchanged for {span(case.now - since)})" if since is not None else ""
    yield f"possible: the origin itself is old{changed}"
    yield "possible: another place, or a visitor with other headers or cookies, gets an old one: nobody looked there"


def _hints(case: Case, spot: Spot) -> Iterator[str]:
    """What may answer visitors before any cache is asked."""
    keeps = _still_keeps(case, spot)
    if keeps:
        yield f"possible: browsers with an older page keep it for up to {span(keeps)} (cache-control: {_said(spot)})"
    if _registers_worker(spot):
        yield f"possible: {_WORKS}"


def _name(case: Case) -> str:
    last: Ours | None = case.last_purge
    return last.job.name if last is not None else "now"


def _registers_worker(spot: Spot) -> bool:
    return bool(_WORKER.search(spot.last.answer.text))


def _said(spot: Spot) -> str:
    return spot.last.answer.says("cache-control")[:100]


def _still_keeps(case: Case, spot: Spot) -> int:
    """The seconds that a browser may go on with a page from before; 0 once it is too long since that one was given
    out."""
    keeps = spot.look.max_age or 0
    if Directives.read(spot.last.answer.says("cache-control")).has("immutable"):
        return keeps
    last = case.last_purge
    ends = [when for when in (modified(case), last.job.purged if last is not None else None) if when is not None]
    return keeps if not ends or case.now - max(ends) < keeps else 0
