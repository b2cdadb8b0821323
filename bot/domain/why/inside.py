"""Causes that lie further in than the edge: it was filled again from a layer that still held the old page."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.durations import span
from bot.domain.jobs.job import LayerView
from bot.domain.proof.finding import Verdict
from bot.domain.proof.folding import listed
from bot.domain.proof.look import in_short
from bot.domain.proof.variants import ENCODING
from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.kept_apart import filled_again
from bot.domain.why.own_headers import gives_all_the_same, is_known_old
from bot.domain.why.remedy import knows, or_wider, past
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import SENDS_MAX, Spot, Tier, do, each, names_of, same
from bot.domain.why.times import (
    at_edge,
    changed_since,
    fetched_now,
    has_outlived,
    is_from_before,
    outlived,
    replaced,
    stored,
    took,
    was_tried_again,
)
from bot.domain.why.which import called, last_of
from providers.contract import Cached, Kind

_CAN_LEARN_TAGS = frozenset({"varnish"})  # whose account has `tags`
_CURE = "Purge from the inside out"
_OR_ANOTHER_PAGE = " Or that is no old page: an edge that asks the origin with a header of its own gets another one."


def refilled(case: Case) -> Cause | None:
    """The edge holds what it fetched from a layer further in that was old."""
    return _fetched_now(case) or _filled_again(case) or _filled_again_for_some(case)


def _fetched_now(case: Case) -> Cause | None:
    """A purge of ours had emptied the edge, which asked further in while we looked, and got the old page. Without such
    a purge an empty edge says nothing: it may never have had a copy, and our look fetched one."""
    last = case.last_purge
    if last is None or not took(case, last) or changed_since(case, last) is True:
        return None
    fetched = [spot for spot in case.old() if _asked_inside(case, spot)]
    inner = _alike(case, fetched[0]) if fetched else []
    if not fetched or not _is_shown(case, last, inner):
        return None
    elsewhere = f"{_further_in(case)}, or another server than the origin that is asked here"
    where = names_of(inner) if inner else elsewhere
    is_seen = bool(inner and _culprit(case, last)) and changed_since(case, last) is False
    return Cause(
        Name.REFILLED,
        Certainty.SEEN if is_seen else Certainty.LIKELY,
        f"{names_of(fetched)} fetched the page just now, after {last.job.name}, and got"
        f" {called(case, last_of(fetched), 'the old one')} from {where}.{_beyond(case, inner)}",
        (*each(fetched, _asked), *_inside(inner), *_kept_by(case, last)),
        _cure(case, last, inner),
        _prevent(case, last),
    )


def _asked_inside(case: Case, spot: Spot) -> bool:
    first = next((glance for glance in spot.plain if glance.is_usable), None)
    return first is not None and fetched_now(spot) and case.verdict_at(spot, first) is Verdict.STALE


def _asked(spot: Spot) -> str:
    first = next(glance.look for glance in spot.plain if glance.is_usable)
    return f"{first.says or first.cached.value}, {_content(spot)}"


def _filled_again(case: Case) -> Cause | None:
    """The edge was purged, and what it holds came after that, or is what a layer further in still holds."""
    last = case.last_purge
    if last is None or not took(case, last) or changed_since(case, last) is True:
        return None
    kept = [spot for spot in case.old() if spot.look.cached is not Cached.UNCACHED]
    since = [spot for spot in kept if is_from_before(case, spot, last) is False]
    again = since or [spot for spot in kept if _alike(case, spot)]
    if not again:
        return None
    inner = _alike(case, again[0])
    if not _is_shown(case, last, inner):
        return None
    culprit = _culprit(case, last)
    where = names_of(inner) if inner else culprit or _further_in(case)
    return Cause(
        Name.REFILLED,
        Certainty.SEEN if since and inner and changed_since(case, last) is False else Certainty.LIKELY,
        f"{names_of(again)} {do(again, 'was', 'were')} purged by {last.job.name} and filled again with"
        f" {called(case, last_of(again), 'the old content')} from {where}{_or_another(case, last, again)}."
        f"{_beyond(case, inner)}",
        (*each(again, lambda spot: _times(case, last, spot)), *_inside(inner), *_kept_by(case, last)),
        _cure(case, last, inner),
        _prevent(case, last),
    )


def _filled_again_for_some(case: Case) -> Cause | None:
    """What a visitor gets who asks otherwise was purged as well, and came again old; a plain visitor's came new."""
    last, kept = case.last_purge, filled_again(case)
    if last is None or not kept:
        return None
    alike = [one for one in kept if one.asked == kept[0].asked]
    spots, look = [one.seen_so for one in alike], kept[0].other.glances[-1].look
    where = _culprit(case, last) or _further_in(case)
    is_told_apart = alike[0].asked[0][0] == ENCODING or not gives_all_the_same(case, look.variant)
    perhaps = not (is_told_apart or is_known_old(case, look))
    return Cause(
        Name.REFILLED,
        Certainty.LIKELY,
        f"{names_of(spots)} {do(spots, 'was', 'were')} purged by {last.job.name} and filled again: for a plain visitor"
        f" with the new page, and for who sends `{in_short(look.variant)[:SENDS_MAX]}` with the old one from {where}."
        f"{_OR_ANOTHER_PAGE if perhaps else ''}",
        (
            *each([one.spot for one in alike], lambda spot: f"plain: {spot.told}"),
            *each(spots, lambda spot: f"{in_short(look.variant)}: {spot.told}; the purge was {_gone(case, last)}"),
            *_kept_by(case, last),
        ),
        _cure(case, last, ()),
        _prevent(case, last),
        repeat=shown_again(case, [one.spot for one in alike], alike[0].asked),
    )


def _further_in(case: Case) -> str:
    """Where the old page may have come from, where no place that was asked has it."""
    return f"a cache further in, such as {listed([one.title for one in case.unasked]) if case.unasked else 'a shield'}"


def _beyond(case: Case, inner: Sequence[Spot]) -> str:
    """The caches still further in than `inner`, which may be where those have it from."""
    order = [front.title for front in case.layers]
    last = max((order.index(spot.name) for spot in inner if spot.name in order), default=len(order))
    beyond = [front.title for front in case.unasked if order.index(front.title) > last]
    may = "further in still, cannot be asked from here, and may be where it comes from"
    return f" {listed(beyond)}, {may}." if beyond else ""


def _cure(case: Case, last: Ours, inner: Sequence[Spot]) -> Cure:
    """From the inside out, where what is further in can be purged, and has not outlived a purge already."""
    if any(has_outlived(case, spot, last) for spot in inner):
        return past(case, last)
    if inner or len(case.layers) > 1:
        return or_wider(case, _CURE)
    site = case.site.name
    if was_tried_again(case, last):
        return _elsewhere(case, last)
    step = f"Purge it once more; where it is old again, name the cache further in among {site}'s `layers`, or empty it"
    return or_wider(case, "Purge it once more", f"{step} there.")


def _elsewhere(case: Case, last: Ours) -> Cure:
    """Where the same purge was pressed once more already, and the old content came again."""
    wide = past(case, last)
    name = f"name the cache further in among {case.site.name}'s `layers`, or empty it there"
    step = f"{last.job.name} was not the first to be followed by the old content: {name}. {wide.says}"
    return Cure(wide.label, wide.line, step)


def _is_shown(case: Case, last: Ours, inner: Sequence[Spot]) -> bool:
    """Whether anything tells it from a page that changed after a purge which did all that it should."""
    is_new = changed_since(case, last) is False
    return is_new or bool(_culprit(case, last)) or any(outlived(case, spot, last) for spot in inner)


def _times(case: Case, last: Ours, spot: Spot) -> str:
    purged = _gone(case, last)
    if spot.look.age is None:
        return f"{_content(spot)}, and the purge was {purged}"
    if was := replaced(case, spot, last):
        before = span(min(look.age or 0 for look in was))
        return (
            f"a copy {span(spot.look.age)} old, and the purge was {purged}; before that there was another one"
            f" ({before} old then){_counted_on(case, last, spot)}"
        )
    return f"a copy {span(spot.look.age)} old, and the purge was {purged}"


def _counted_on(case: Case, last: Ours, spot: Spot) -> str:
    """Why a copy that came after the purge may say that it is older."""
    since, purged = stored(spot.look), at_edge(case, last)
    is_older = since is not None and purged is not None and since < purged
    return ": its Age goes on from that of the cache it was filled from" if is_older else ""


def _gone(case: Case, last: Ours) -> str:
    """How long ago the edge was purged."""
    return f"{span(max(0.0, case.now - (at_edge(case, last) or case.now) - 1))} ago"


def _or_another(case: Case, last: Ours, again: Sequence[Spot]) -> str:
    """What else it may be where the copy, which is another than before, is older than the purge."""
    purged = at_edge(case, last)
    older = [
        spot for spot in again if (since := stored(spot.look)) is not None and purged is not None and since < purged
    ]
    is_met = any(replaced(case, spot, last) for spot in older)
    return f", or {do(again, 'comes', 'come')} from another server behind that address" if is_met else ""


def _inside(inner: list[Spot]) -> list[str]:
    return [f"{spot.name} further in: {_content(spot)} too" for spot in inner]


def _content(spot: Spot) -> str:
    look = spot.look
    named = f'version "{look.version}"' if look.version else f"ETag {look.etag}" if look.etag else "the old bytes"
    return named if named == "the old bytes" else f"the old {named}"


def _alike(case: Case, spot: Spot) -> list[Spot]:
    """The caches further in that hold what `spot` does, and are old as well."""
    return [inner for inner in case.old(Tier.INNER) if same(inner.last, spot.last)]


def _culprit(case: Case, last: Ours) -> str:
    """A layer that was not asked, or that was purged after the edge."""
    if last.job.left_alone:
        return " and ".join(last.job.left_alone)
    if partly := _partly(case, last):
        return " and ".join(partly)
    layer = last.layer(case.edge_account)
    edge = layer.ended if layer is not None and layer.ended is not None else 0.0
    late = [one for one in last.job.layers if one.account != case.edge_account and _later(one, edge)]
    return " and ".join(one.title for one in late)


def _later(layer: LayerView, edge: float) -> bool:
    return layer.ended is None or layer.ended > edge


def _partly(case: Case, last: Ours) -> list[str]:
    """The layers that know no tags, and so were purged of the URLs seen under one alone; not where those are new."""
    new = {spot.name for spot in case.fresh(Tier.INNER)}
    return [title for title in last.job.partly if title not in new]


def _kept_by(case: Case, last: Ours) -> list[str]:
    partly = _partly(case, last)
    know = "knows" if len(partly) == 1 else "know"
    line = f"{' and '.join(partly)} {know} no tags: {last.job.name} purged only the URLs seen with the tag there"
    return [line] if partly else []


def _prevent(case: Case, last: Ours) -> str:
    if partly := _partly(case, last):
        names, learn = " and ".join(partly), {one.title for one in case.layers if one.provider in _CAN_LEARN_TAGS}
        if set(partly) <= learn:
            pages = "a prefix, which every layer takes" if knows(case, Kind.PREFIX) else "the pages one by one"
            return f"Have {names} purge by tags too (`tags` in its account), or name {pages}."
        pages = "pages or a prefix, which every layer takes" if knows(case, Kind.PREFIX) else "the pages one by one"
        return f"Name {pages}: {names} cannot purge by tags."
    if last.job.left_alone:
        return (
            "Purge every layer in one request, as a plain purge does, innermost first; `only …` leaves the others full."
        )
    return "Purge every layer in one request, innermost first, so that none is filled from one that is still old."
