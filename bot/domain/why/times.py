"""When things came to be: a copy, a purge at the edge, what the origin has now. Seconds since the epoch; None where
nothing tells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bot.domain.answers.caching import moment
from bot.domain.jobs.job import LayerState, LayerView
from bot.domain.proof.look import ORIGIN, Likeness, Look, compare, is_one_copy
from bot.domain.proof.modified import NOW
from bot.domain.why.case import Case, Front, Ours
from bot.domain.why.cause import Certainty
from bot.domain.why.spots import Course, Spot, Tier

WORKING = 5.0  # seconds from a purge's effect to the answer that says so
ROUNDED = 1.0  # second that an Age, which is whole, may be short of
STILL, APART = 2, 2.0  # looks; seconds between two that must have seen an Age grow


def stored(look: Look) -> float | None:
    """When the copy was made, by its Age: when it left the origin, if a cache further in counts as well."""
    return None if look.age is None else look.at - look.age


def took(case: Case, ours: Ours) -> bool:
    """Whether the outermost layer took that purge whole."""
    layer = ours.layer(case.edge_account)
    return layer is not None and is_done(layer)


def is_done(layer: LayerView) -> bool:
    """Whether a layer was purged whole."""
    return layer.state is LayerState.DONE and layer.trouble is None


def at_edge(case: Case, ours: Ours) -> float | None:
    """Since when a copy at the edge can be one that the purge did not remove."""
    layer = ours.layer(case.edge_account)
    ended = ours.job.purged if layer is None else layer.ended
    if ended is None:
        return None
    started = layer.started if layer is not None and layer.started is not None else 0.0
    return max(started, ended - WORKING) - 1.0


def modified(case: Case) -> float | None:
    """When the origin got what it has now, by Last-Modified."""
    said = {(glance.look.last_modified, glance.look.at) for glance in case.origins}
    if len({text for text, _ in said}) != 1:
        return None
    text, at = max(said, key=lambda one: one[1])
    found = moment(text)
    return None if found is None or found > at - NOW else found


def changed_since(case: Case, ours: Ours) -> bool | None:
    """Whether the origin got what it has now after that purge: by what the purge's own looks saw there, else by an old
    copy that left the origin after it, else by Last-Modified, which a deploy may keep from where it built."""
    if case.origin is None or ours.job.purged is None:
        return None
    seen = ours.job.first_looks or ours.job.looks
    looks = [look for look in seen if (look.place, look.url) == (ORIGIN, case.url) and not look.problem]
    likeness = compare(looks[-1], case.origin.look) if looks else Likeness.UNSAID
    if likeness.is_same:
        return False
    if likeness is Likeness.OTHER or (likeness is Likeness.OTHER_BYTES and not case.is_made_anew):
        return True
    changed = modified(case)
    if left_since(case, ours):
        return True
    return None if changed is None else changed > ours.job.purged


def left_since(case: Case, ours: Ours) -> tuple[Spot, ...]:
    """The caches further in whose old copy left the origin after that purge: the origin still gave it then."""
    return tuple(spot for spot in case.old(Tier.INNER) if _left_since(case, spot, ours))


def _left_since(case: Case, spot: Spot, ours: Ours) -> bool:
    """By its Age, where that purge had emptied this cache and each one between it and the origin before."""
    since, purged = stored(spot.look), [ours.layer(front.account) for front in _from(case, spot)]
    if since is None or not spot.look.is_kept or not purged or ours.job.partly:
        return False
    return all(
        layer is not None and is_done(layer) and layer.ended is not None and since - ROUNDED > layer.ended
        for layer in purged
    )


def outlived(case: Case, spot: Spot, ours: Ours) -> bool:
    """Whether the old copy of a cache further in is from before that purge, or was not purged by it."""
    layer = _its_layer(case, spot, ours)
    if layer is None or not is_done(layer) or layer.ended is None or spot.name in ours.job.partly:
        return True
    return has_outlived(case, spot, ours)


def has_outlived(case: Case, spot: Spot, ours: Ours) -> bool:
    """Whether that purge was taken by a cache further in, and went by its old copy, which is from before."""
    layer, since = _its_layer(case, spot, ours), stored(spot.look)
    if layer is None or not is_done(layer) or layer.ended is None or spot.name in ours.job.partly or since is None:
        return False
    return since < max(layer.started or 0.0, layer.ended - WORKING) - 1.0


def _its_layer(case: Case, spot: Spot, ours: Ours) -> LayerView | None:
    return next((ours.layer(front.account) for front in _from(case, spot)), None)


def _from(case: Case, spot: Spot) -> Sequence[Front]:
    """The layers from a cache further in to the origin; none where its name is that of several."""
    places = [n for n, front in enumerate(case.layers) if front.title == spot.name]
    return case.layers[places[0] :] if len(places) == 1 else ()


def is_from_before(case: Case, spot: Spot, ours: Ours) -> bool | None:
    """Whether the copy at `spot` is older than what that purge did at the edge. One that the purge met there before is,
    however young it was. Where that purge itself saw the edge fetch the old page anew, or met another copy there
    before, it is not, whatever Age came with it from further in."""
    if spot.name in ours.job.refetched_at:
        return False
    since, purged = stored(spot.look), at_edge(case, ours)
    if since is None or purged is None or stands_still(case, spot):
        return None
    return met_before(case, spot, ours) is not None or (since < purged and not replaced(case, spot, ours))


def went_by(case: Case, ours: Ours, spots: Sequence[Spot]) -> bool:
    """Whether that purge was taken and left what `spots` give: they are from before it, or do not say so and the origin
    has not changed since."""
    if not took(case, ours):
        return False
    found = {is_from_before(case, spot, ours) for spot in spots}
    return found == {True} or (False not in found and changed_since(case, ours) is False)


def met_before(case: Case, spot: Spot, ours: Ours) -> Look | None:
    """The look before that purge which met the very copy that `spot` gives: a kept one with the same content, made in
    the same moment by its Age."""
    purged = ours.job.purged
    before = (look for look in _looks_before(case, spot, ours) if purged is not None and look.at < purged)
    return next((look for look in before if is_one_copy(look, spot.look)), None)


def _looks_before(case: Case, spot: Spot, ours: Ours) -> list[Look]:
    """What the purge saw of a plain visitor's page at `spot` before it."""
    return [look for look in ours.job.before if (look.place, look.url, look.variant) == (spot.name, case.url, "")]


def replaced(case: Case, spot: Spot, ours: Ours) -> tuple[Look, ...]:
    """The copies that `spot` gave before that purge, by their Age, where what it has now is a younger one than each of
    them, and is old though the origin has not changed since."""
    since = stored(spot.look)
    if since is None or changed_since(case, ours) is not False:
        return ()
    was = _looks_before(case, spot, ours)
    made = [when for look in was if look.is_copy and (when := stored(look)) is not None]
    return tuple(was) if len(made) == len(was) and all(when + 2 * ROUNDED < since for when in made) else ()


def was_tried_again(case: Case, last: Ours) -> bool:
    """Whether a purge of the page before that one, of the same kind, was taken since the origin changed too."""
    others = (ours for ours in case.covering() if ours.job.id < last.job.id and ours.job.kind is last.job.kind)
    return any(
        ours.job.purged is not None and took(case, ours) and changed_since(case, ours) is False for ours in others
    )


def stands_still(case: Case, spot: Spot) -> bool:
    """Whether its Age is worthless: at STILL looks of our purges before this one, of which each would have met another
    new copy, the cache gave the same content with this same Age."""
    now = spot.look
    looks = [look for ours in case.covering() for look in (*ours.job.before, *ours.job.looks) if not look.problem]
    mine = [look for look in looks if (look.place, look.url, look.variant) == (spot.name, case.url, "")]
    seen = [*sorted(mine, key=lambda look: look.at), now]
    apart = sum(after.at - before.at > APART for before, after in pairwise(seen))
    same = all(look.is_kept and look.age == now.age and compare(look, now).is_same for look in seen)
    return now.age is not None and apart >= STILL and same


def fetched_now(spot: Spot) -> bool:
    """Whether our own first look made the place ask further in: what it holds since then is our doing."""
    first = next((glance for glance in spot.plain if glance.is_usable), None)
    return first is not None and first.look.is_fetched


def was_there_before(course: Course) -> bool:
    """Of one that has turned: whether the new copy, by its Age, was kept already when the old one was given."""
    old, new = course.turned
    made = stored(new.look)
    return made is not None and new.look.is_kept and made + 2 * ROUNDED < old.look.at


def as_read(case: Case, certainty: Certainty) -> Certainty:
    """Nothing that rests on our jobs is seen where they were not read far enough back."""
    return Certainty.LIKELY if case.reading.is_cut and certainty is Certainty.SEEN else certainty
