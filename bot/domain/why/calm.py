"""What is left where no cache serves anything old: the origin, the browsers, or nothing."""

from __future__ import annotations

import re

from bot.domain.finding import Verdict
from bot.domain.look import span
from bot.domain.why.case import Case, Tier, do, names_of
from bot.domain.why.cause import Cause, Certainty, Cure, Name

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
    """The origin gives two answers: several servers of which one is old, or a page that is made anew each time."""
    if len(case.origins) < 2:
        return None
    first, second = case.origins[-2:]
    if not first.look.version or first.look.version == second.look.version:
        return None
    return Cause(
        Name.ORIGIN_OLD,
        Certainty.SEEN,
        f'The origin itself gives two versions, "{first.look.version}" and "{second.look.version}": one of its servers'
        " is old, and caches keep whichever they met.",
        (f'origin: "{first.look.version}", then "{second.look.version}"',),
        Cure("Check again", f"check {case.url}"),
        "Finish the deploy on every server first, then purge.",
    )


def browsers(case: Case) -> Cause | None:
    """The edge is right; browsers may hold what they have."""
    spot = next(iter(case.fresh()), None)
    if spot is None or case.old():
        return None
    keeps, worker = spot.look.max_age or 0, bool(_WORKER.search(spot.last.answer.text))
    if not keeps and not worker:
        return None
    evidence = [f"{names_of(case.fresh())}: the same as the origin"]
    evidence += [f"cache-control: {spot.last.answer.says('cache-control')}"] if keeps else []
    evidence += ["the page registers a service worker, which may answer without asking anybody"] if worker else []
    who = "a service worker" if worker and not keeps else "browsers that have it"
    long = f" for up to {span(keeps)}" if keeps else ""
    return Cause(
        Name.BROWSERS,
        Certainty.LIKELY,
        f"Every cache that was asked serves what the origin serves; {who} may show the old one{long}.",
        tuple(evidence),
        Cure("Lint its headers", f"lint {case.url}"),
        "A purge cannot reach browsers. Use `max-age=0, s-maxage=…` for pages, and `no-cache` for a service worker.",
    )


def origin_old(case: Case) -> Cause | None:
    """Caches and origin agree: what is old is old at the origin."""
    fresh = case.fresh()
    if not fresh or case.old() or case.origin is None:
        return None
    look = case.origin.look
    version = f' (version "{look.version}")' if look.version else ""
    changed = f", last modified {look.last_modified}" if look.last_modified else ""
    last = case.last_purge
    proven = [f"{last.job.name} was proven {span(case.now - last.job.proven)} ago"] if last and last.job.proven else []
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
    """What cannot be told: nothing to compare with."""
    unknown = [spot for spot in case.at(Tier.EDGE) if case.verdict_at(spot) is Verdict.UNKNOWN]
    named = names_of(unknown) if unknown else "the edge"
    return Cause(
        Name.UNSTEADY if len(case.origins) > 1 else Name.NO_ANSWER,
        Certainty.POSSIBLE,
        f"It cannot be told whether {named} is old: the answers hold nothing steady to compare.",
        tuple(f"{spot.name}: {spot.look.status}" for spot in case.at(Tier.EDGE)),
        Cure("Lint its headers", f"lint {case.url}"),
        "Give the site a `marker`: a header or a `<meta>` that names the build.",
    )
