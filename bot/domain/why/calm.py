"""What is left where no cache serves anything old: the origin, the browsers, or nothing."""

from __future__ import annotations

import re

from bot.domain.finding import UNSTEADY, Verdict
from bot.domain.look import Look, span
from bot.domain.variants import ENCODING
from bot.domain.why.case import Case, Spot, Tier, do, each, names_of
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.times import modified

_WORKER = re.compile(r"serviceWorker\s*\.\s*register", re.IGNORECASE)


def no_answer(case: Case) -> Cause | None:
    """Nothing answered."""
    if case.at(Tier.EDGE):
        return None
    silent = [spot for spot in case.spots if spot.tier is Tier.EDGE]
    evidence = tuple(f"{spot.name}: {glance.look.problem}" for spot in silent for glance in spot.plain[-1:])
    return Cause(
        Name.NO_ANSWER,
        Certainty.SEEN,
        "No edge answered, so nothing can be said of what visitors get.",
        evidence,
        Cure("Check again", f"check {case.url}"),
        "",
    )


def unsteady(case: Case) -> Cause | None:
    """The origin gives two versions: several servers of which one is old, or a deploy that is under way."""
    versions = list(dict.fromkeys(look.version for look in _alike_asked(case) if look.version))
    if len(versions) < 2:
        return None
    said = " and ".join(f'"{version}"' for version in versions[:2])
    return Cause(
        Name.ORIGIN_OLD,
        Certainty.SEEN,
        f"The origin itself gives two versions, {said}: some of its servers are old, or a deploy is under way, and"
        " caches keep whichever they met.",
        (f"origin, asked {len(_alike_asked(case))} times: {said}",),
        Cure("Check again", f"check {case.url}"),
        "Finish the deploy on every server first, then purge.",
    )


def _alike_asked(case: Case) -> list[Look]:
    """The origin's answers to requests that one server would answer alike: plain, or in another encoding."""
    spots = case.at(Tier.ORIGIN)
    encoded = [one for spot in spots for one in spot.varied if one.answer.asked and one.answer.asked[0][0] == ENCODING]
    return [one.look for one in (*case.origins, *encoded) if one.is_usable and one.look.status < 300]


def browsers(case: Case) -> Cause | None:
    """The edge is right; browsers may hold what they have."""
    spot = next(iter(case.fresh()), None)
    if spot is None or case.old():
        return None
    worker = bool(_WORKER.search(spot.last.answer.text))
    keeps = _still_keeps(case, spot)
    if not keeps and not worker:
        return None
    evidence = [f"{names_of(case.fresh())}: the same as the origin"]
    evidence += [f"cache-control: {spot.last.answer.says('cache-control')[:100]}"] if keeps else []
    evidence += ["the page registers a service worker, which may answer without asking anybody"] if worker else []
    who = "a service worker" if worker and not keeps else "browsers that have the old page"
    long = f" for up to {span(keeps)}" if keeps else ""
    return Cause(
        Name.BROWSERS,
        Certainty.LIKELY,
        f"Every edge that answered serves what the origin serves; {who} may go on showing it{long}."
        if keeps
        else f"Every edge that answered serves what the origin serves; {who} may still show the old page.",
        tuple(evidence),
        Cure("Try it in a private window, where no browser cache or service worker answers"),
        "A purge cannot reach browsers: let pages say `max-age=0, s-maxage=…`, and a service worker's file `no-cache`.",
    )


def _still_keeps(case: Case, spot: Spot) -> int:
    """The seconds that a browser may go on with a page from before; 0 once it is too long since that one was given
    out."""
    keeps = spot.look.max_age or 0
    last = case.last_purge
    ends = [when for when in (modified(case), last.job.purged if last is not None else None) if when is not None]
    return keeps if not ends or case.now - max(ends) < keeps else 0


def origin_old(case: Case) -> Cause | None:
    """Caches and origin agree: what is old is old at the origin."""
    fresh = case.fresh()
    if not fresh or case.old() or case.origin is None:
        return None
    look = case.origin.look
    version = f' (version "{look.version}")' if look.version else ""
    since = modified(case)
    changed = f", unchanged for {span(case.now - since)}" if since is not None else ""
    last = case.last_purge
    proven = (
        [f"{last.job.name} was proven {span(max(0.0, case.now - last.job.proven))} ago"]
        if last is not None and last.job.proven is not None
        else []
    )
    return Cause(
        Name.ORIGIN_OLD,
        Certainty.LIKELY,
        f"{names_of(fresh)} {do(fresh, 'serves', 'serve')} what the origin serves{version}: if that is old, the origin"
        " itself is old.",
        (f"origin: {look.status}{version}{changed}", *proven),
        Cure("Check again", f"check {case.url}"),
        "Deploy to the origin first, and empty caches inside the application; then purge.",
    )


def not_known(case: Case) -> Cause | None:
    """What cannot be told, and why."""
    unknown = [spot for spot in case.at(Tier.EDGE) if case.verdict_at(spot) is Verdict.UNKNOWN]
    if not unknown:
        return None
    whys = list(dict.fromkeys(case.finding_at(spot).why for spot in unknown))
    unsteady_ = UNSTEADY in whys
    return Cause(
        Name.UNSTEADY if unsteady_ else Name.UNKNOWN,
        Certainty.SEEN if unsteady_ else Certainty.POSSIBLE,
        f"It cannot be told whether {names_of(unknown)} {do(unknown, 'is', 'are')} old: {'; '.join(whys)}.",
        each((*unknown, *case.at(Tier.ORIGIN))),
        Cure("Check again", f"check {case.url}"),
        ""
        if not unsteady_ and case.origin is not None and _is_error(whys)
        else "Give the site an `origin` to compare with."
        if not case.site.origin
        else "Give the site a `marker`: a header or a `<meta>` that names the build.",
    )


def _is_error(whys: list[str]) -> bool:
    return any(" answered " in why for why in whys)
