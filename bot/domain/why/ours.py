"""Causes that our own jobs show: what is still waiting, what was accepted and is not finished, what was named."""

from __future__ import annotations

from bot.domain.job import JobView, LayerState, LayerView, State
from bot.domain.look import span
from bot.domain.why.case import Case, Ours, Reach, Spot, Tier, do, names_of, same
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from providers.contract import Cached

PEOPLE = (State.WAITING, State.NEEDS_DECISION)
SETTLING = 120.0  # seconds in which places of one CDN may still differ after a purge


def queued(case: Case) -> Cause | None:
    """A purge of this page that has not been sent whole."""
    ours = next((o for o in case.covering() if o.job.state.is_open and o.job.purged is None), None)
    if ours is None or ours.job.state is State.CONFIRMING:
        return None
    job = ours.job
    asked = f"asked by <@{job.requested_by}>, {_ago(case, job.created)}"
    return Cause(
        Name.QUEUED,
        Certainty.SEEN,
        f"{job.name}, which would purge it, {_waits(job, case.now)}",
        (f"{job.name} · {ours.named} · {asked}",),
        Cure(f"Show {job.name}", f"status {job.name}"),
        _sooner(job),
    )


def _waits(job: JobView, now: float) -> str:
    if job.state in PEOPLE:
        return "waits for votes." if job.state is State.WAITING else "waits for a decision: an answer was lost."
    if job.held is not None:
        return f"waits: {job.held.site or 'everything'} is on hold."
    if job.state is State.SCHEDULED:
        return "waits for its time."
    waiting = next((layer for layer in job.layers if (layer.waits_until or 0) > now), None)
    if waiting is not None:
        return f"waits for {waiting.title}, which takes no more calls for {span((waiting.waits_until or now) - now)}."
    layer = next((one for one in job.layers if one.state is LayerState.PURGING), None)
    if layer is None:
        return "has not begun."
    return f"is still being sent: {layer.sent} of {layer.calls} calls to {layer.title} are done."


def _sooner(job: JobView) -> str:
    if job.state in PEOPLE or job.held is not None:
        return "What many people may decide together is decided sooner: name more approvers."
    return "One tag or prefix needs one call where a list of URLs needs many."


def _ago(case: Case, then: float) -> str:
    return f"{span(max(0.0, case.now - then))} ago"


def unfinished(case: Case) -> Cause | None:
    """A provider has taken the purge and says that it is not done."""
    ours = next((o for o in case.covering() if o.job.state is State.CONFIRMING), None)
    layer = next((one for one in ours.job.layers if one.pending), None) if ours else None
    if ours is None or layer is None:
        return None
    ready = layer.ready_at or 0.0
    left = f", and expects to need {span(ready - case.now)} more" if ready > case.now else ""
    return Cause(
        Name.UNFINISHED,
        Certainty.SEEN,
        f"{layer.title} accepted {ours.job.name} and is not done with it{left}.",
        tuple(f"{layer.title}'s own id: {one}" for one in layer.ids[:1]),
        Cure("Check again", f"check {case.url}"),
        "Wait for the proof, not for the provider's 200: `purgebot wait` ends when the edge is fresh.",
    )


def softly(case: Case) -> Cause | None:
    """After a soft purge a cache may serve its old copy once more."""
    last = case.last_purge
    if last is None or not last.job.soft:
        return None
    stale = [spot for spot in case.at(Tier.EDGE) if _once(spot, case)]
    if not stale:
        return None
    healed = [spot for spot in stale if spot in case.fresh()]
    certain = Certainty.SEEN if healed or any(_says_stale(spot) for spot in stale) else Certainty.LIKELY
    then = f" The next answer from {names_of(healed)} was the new one." if healed else ""
    return Cause(
        Name.SOFT,
        certain,
        f"{last.job.name} was a soft purge: {names_of(stale)} served the old copy once more while fetching.{then}",
        tuple(_line(spot, i) for spot in stale for i in range(len(spot.plain))),
        Cure("Check again", f"check {case.url}") if healed else Cure("Purge hard", f"{case.url} hard"),
        "Where nobody may see the old one, purge `hard`: the next visitor waits for the origin instead.",
    )


def _once(spot: Spot, case: Case) -> bool:
    first = next((glance for glance in spot.plain if glance.is_usable), None)
    return first is not None and (_says_stale(spot) or not _is_new(first.look.digest, case))


def _is_new(digest: str, case: Case) -> bool:
    return any(digest and digest == origin.look.digest for origin in case.origins)


def _says_stale(spot: Spot) -> bool:
    return any(glance.look.cached is Cached.STALE for glance in spot.plain)


def _line(spot: Spot, i: int) -> str:
    look = spot.plain[i].look
    what = f'version "{look.version}"' if look.version else look.etag
    return f"{spot.name}, {'first' if i == 0 else 'next'} answer: {look.says or look.cached.value} {what}".rstrip()


def refilled(case: Case) -> Cause | None:
    """The edge was purged and fetched the old content again from further in."""
    last = case.last_purge
    old = case.old()
    if last is None or not old:
        return None
    purged = last.ended_at(case.edge_account)
    again = [spot for spot in old if purged is not None and _filled_since(spot, purged)]
    if purged is None or not again:
        return None
    inner = [spot for spot in case.at(Tier.INNER) if spot in case.old(Tier.INNER)]
    culprit = _culprit(case, last)
    where = names_of(inner) if inner else culprit or "a cache further in, a shield for one"
    holds = inner and any(same(spot.last, again[0].last) for spot in inner)
    certain = Certainty.SEEN if holds else Certainty.LIKELY if inner or culprit else Certainty.POSSIBLE
    evidence = [
        f"{spot.name} stored its copy {span(spot.look.age or 0)} ago, {span(case.now - purged)} after the purge"
        if not spot.look.age
        else f"{spot.name}'s copy is {_age(spot)} old; the edge was purged {span(case.now - purged)} ago"
        for spot in again
    ]
    evidence += [f"{spot.name} further in still serves the old: {_version(spot)}" for spot in inner]
    return Cause(
        Name.REFILLED,
        certain,
        f"{names_of(again)} {do(again, 'was', 'were')} purged by {last.job.name} and filled again with the old content"
        f" from {where}.",
        tuple(evidence),
        Cure("Purge from the inside out", case.url),
        "Purge every layer in one request, innermost first, as a plain purge does; `only …` leaves the others full.",
    )


def _filled_since(spot: Spot, purged: float) -> bool:
    look = spot.look
    return look.age is not None and look.at - look.age >= purged


def _age(spot: Spot) -> str:
    return span(spot.look.age or 0)


def _version(spot: Spot) -> str:
    look = spot.look
    return f'version "{look.version}"' if look.version else f"ETag {look.etag}" if look.etag else "other bytes"


def _culprit(case: Case, last: Ours) -> str:
    """A layer that was not asked, or that was purged after the edge."""
    if last.job.left_alone:
        return " and ".join(last.job.left_alone)
    edge = last.ended_at(case.edge_account) or 0.0
    late = [layer for layer in last.job.layers if layer.account != case.edge_account and _later(layer, edge)]
    return " and ".join(layer.title for layer in late)


def _later(layer: LayerView, edge: float) -> bool:
    return layer.ended is None or layer.ended > edge


def not_reached(case: Case) -> Cause | None:
    """A copy from before the purge that covers it."""
    last, old = case.last_purge, case.old()
    if last is None or not old or last.job.purged is None:
        return None
    purged = last.ended_at(case.edge_account) or last.job.purged
    kept = [s for s in old if s.look.is_kept and s.look.age is not None and _before(s, purged)]
    if not kept:
        return None
    layer = last.layer(case.edge_account)
    if layer is None:
        what = f"{last.job.name} did not purge {case.layers[0].title if case.layers else 'the edge'}"
        certain = Certainty.SEEN
    elif layer.trouble is not None:
        what, certain = f"{layer.title} did not take {last.job.name}: {layer.trouble.what}", Certainty.SEEN
    else:
        what = f"{layer.title} took {last.job.name}, and the copy at {names_of(kept)} is older than that"
        certain = Certainty.LIKELY
    young = case.now - purged < SETTLING
    return Cause(
        Name.NOT_REACHED,
        certain,
        f"{what}." + (" It may still be on its way." if young and certain is Certainty.LIKELY else ""),
        tuple(f"{s.name}'s copy is {_age(s)} old; the purge was {span(case.now - purged)} ago" for s in kept),
        Cure("Check again", f"check {case.url}") if young else Cure("Purge it", case.url),
        "Where this comes again, the copy is kept under another key (a variant, another host): see `variants`.",
    )


def _before(spot: Spot, purged: float) -> bool:
    look = spot.look
    return look.age is not None and look.at - look.age < purged - 1


def untagged(case: Case) -> Cause | None:
    """A tag was purged that the page does not carry."""
    ours = next((o for o in case.purges if o.reach is Reach.UNTAGGED), None)
    origin = case.origin
    if ours is None or origin is None or not case.old():
        return None
    header = case.site.tag_header
    said = origin.answer.says(header.lower()) if header else ""
    certain = Certainty.SEEN if header else Certainty.POSSIBLE
    carries = f"carries {header}: {said[:120]}" if said else f"carries no {header}" if header else "has no known tags"
    return Cause(
        Name.UNTAGGED,
        certain,
        f"{ours.job.name} purged the {ours.named}, and this page does not carry that tag.",
        (f"the origin's answer {carries}", *([] if header else [f"site {case.site.name} names no `tags` header"])),
        Cure("Purge the page", case.url),
        "Have the origin send the tag with every page that should go with it; CDNs strip it before visitors see it.",
    )


def other_paths(case: Case) -> Cause | None:
    """A prefix or pattern stopped short of this page."""
    ours = next((o for o in case.purges if o.reach is Reach.BESIDE), None)
    if ours is None or not case.old():
        return None
    return Cause(
        Name.OTHER_PATHS,
        Certainty.SEEN,
        f"{ours.job.name} purged the {ours.named}, and this page does not lie under it.",
        tuple(ours.by),
        Cure("Purge the page", case.url),
        "A prefix ends at a slash: `…/news/` holds `…/news/a`, and neither `…/news` nor `…/newsletter`.",
    )


def other_url(case: Case) -> Cause | None:
    """The page was purged by another URL than the one it is cached under."""
    ours = next((o for o in case.purges if o.reach is Reach.OTHER_FORM and "query" not in " ".join(o.by)), None)
    if ours is None or not case.old():
        return None
    how = " and ".join(ours.by)
    return Cause(
        Name.OTHER_URL,
        Certainty.SEEN,
        f"{ours.job.name} purged {ours.named}, which is another URL to a cache: it differs by {how}.",
        (f"asked about: {case.url}", f"purged: {ours.named}"),
        Cure("Purge this one", case.url),
        "Caches keep each spelling apart: redirect all of them to one at the origin, or purge by tag.",
    )
