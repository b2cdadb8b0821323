"""The rules in order. Where two find something, the one that stands first in a kind, and is surer, speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain.jobs.job import State
from bot.domain.jobs.retrying import can_be_retried
from bot.domain.proof.finding import Page
from bot.domain.proof.fresh_notes import noted
from bot.domain.proof.modified import told_older
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.why import (
    broken,
    by_encoding,
    calm,
    closed,
    content,
    elsewhere,
    given_up,
    guarded,
    inside,
    kept_from_https,
    last_look,
    lifetime,
    loops,
    missed,
    mixed_up,
    not_carried_out,
    nothing_old,
    onward,
    ours,
    own_headers,
    several_places,
    statuses,
    torn,
    unkept,
    unpurged,
    waiting,
    way,
)
from bot.domain.why.asking import is_in_doubt, unseen
from bot.domain.why.calm import undecided
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Diagnosis, Name
from bot.domain.why.hops import hops_of
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import DIGEST_MAX, Tier, each
from bot.domain.why.times import is_from_before

Rule = Callable[[Case], Cause | None]
ALSO_MAX = 2

RULES: tuple[Rule, ...] = (
    waiting.queued,
    ours.unfinished,
    given_up.busy,
    given_up.given_up,
    closed.closed,
    way.origin_failing,
    guarded.guarded,
    closed.guarded,
    way.old_endpoint,
    way.other_cdn,
    broken.broken,
    kept_from_https.kept_from_https,
    loops.looping,
    onward.going_round,
    statuses.cached_error,
    several_places.several_places,
    statuses.redirected,
    statuses.redirected_at_edge,
    ours.softly,
    mixed_up.mixed_up,
    torn.torn,
    by_encoding.by_encoding,
    torn.partly_other,
    content.variant,
    calm.unsteady,
    unkept.uncached,
    unkept.anew_each_time,
    ours.stopped,
    inside.refilled,
    ours.not_reached,
    content.overwritten,
    content.ignores_query,
    missed.query,
    missed.other_url,
    missed.other_paths,
    missed.untagged,
    lifetime.overridden,
    content.disagree,
    elsewhere.old_elsewhere,
    unpurged.not_purged,
    calm.no_answer,
    last_look.disagree,
    nothing_old.browsers,
    nothing_old.origin_old,
    calm.not_known,
    nothing_old.nothing_old,
)
_OF_THE_OLD = frozenset(
    {Name.REFILLED, Name.OVERWRITTEN, Name.QUERY, Name.OVERRIDDEN, Name.DISAGREE, Name.NOT_PURGED, Name.SOFT}
)
_OF_THE_NEW = frozenset({Name.NOTHING_OLD, Name.BROWSERS, Name.ORIGIN_OLD})
# What is left where nothing else is found.
_BY_ITSELF = frozenset({Name.NOT_PURGED, Name.UNSTEADY, Name.UNKNOWN, Name.NOTHING_OLD})
# What a copy is, and why it is still there: where a purge of ours should have taken it, that comes first.
_OF_THE_COPY, _OF_OUR_PURGE = (
    frozenset({Name.OVERRIDDEN, Name.OVERWRITTEN}),
    frozenset({Name.NOT_REACHED, Name.REFILLED}),
)
_IN_DOUBT = {Name.BROWSERS: Certainty.POSSIBLE, Name.NOTHING_OLD: Certainty.LIKELY}  # where not all was seen
_REWRITTEN = "only the bytes differ, which an edge that rewrites pages changes too"
_ORDER = [Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE]


def diagnose(case: Case) -> Diagnosis:
    """The cause and what stands beside it; there is always one. What was seen goes before what is only likely."""
    case = replace(case, doubted=own_headers.doubted(case))
    found = [_weighed(case, cause) for rule in RULES if (cause := rule(case)) is not None] or [undecided(case)]
    first = min(found, key=lambda cause: (_stands_behind(cause, found), _ORDER.index(cause.certainty)))
    first = replace(first, evidence=(*first.evidence, *_beside(case, first.name)))
    first = _with_its_card(case, _with_what_came_to_nothing(case, first))
    first = first if first.repeat else replace(first, repeat=_again(case, first.name))
    names = {first.name}
    also: list[Cause] = []
    for cause in found:
        if cause.name not in names | _BY_ITSELF and cause.certainty is Certainty.SEEN and len(also) < ALSO_MAX:
            names.add(cause.name)
            also.append(cause)
    return Diagnosis(first, tuple(also), hops_of(case), unseen(case, first.pageless))


def _beside(case: Case, name: Name) -> tuple[str, ...]:
    """How an old copy was told by its date, or what is to be told beside pages that are the origin's."""
    origins = [origin.look for origin in case.origins]
    if name in _OF_THE_OLD | _OF_OUR_PURGE and origins:
        older = [spot for spot in case.old() if told_older(spot.look, origins)]
        return each(older, lambda spot: told_older(spot.look, origins))
    looks = [*(spot.look for spot in case.fresh()), *origins]
    return tuple(noted([Page(case.url, (), tuple(looks), bool(origins))], ", ".join)) if name in _OF_THE_NEW else ()


def _with_what_came_to_nothing(case: Case, cause: Cause) -> Cause:
    """The same, first in its evidence a purge that would have helped and that somebody ended."""
    undone = not_carried_out.newest(case) if cause.name in _OF_THE_OLD | _OF_OUR_PURGE | {Name.VARIANT} else None
    if undone is None:
        return cause
    who = not_carried_out.ended_by(undone.job)
    ended = (f"{undone.job.name} was {undone.job.state.value}", who) if who else ("", "")
    return replace(cause, evidence=(not_carried_out.told(case, undone), *cause.evidence), ended=ended)


def _with_its_card(case: Case, cause: Cause) -> Cause:
    """The same, where the card stands of the job that it shows, whose buttons are nowhere else; and what sends again
    what did not go."""
    shown = cause.cure.line.removeprefix("status ") if cause.cure is not None else ""
    job = next((ours.job for ours in case.purges if ours.job.name == shown), None)
    if job is None or cause.cure is None:
        return cause
    if job.state in (State.FAILED, State.PARTIAL) and can_be_retried(job):
        again = f"{cause.cure.says} *Retry* is on the card of {job.name}; `retry {job.name}` does the same."
        return replace(cause, card=job.url, cure=replace(cause.cure, step=again))
    return replace(cause, card=job.url)


def _stands_behind(cause: Cause, found: Sequence[Cause]) -> bool:
    """Whether another cause speaks before it, however sure both are."""
    others = {other.name for other in found}
    if cause.name is Name.NOT_PURGED and Name.OVERWRITTEN in others:
        return True  # a purge mends it once, and a name that is kept for one content for good
    went_by = bool(others & _OF_OUR_PURGE)
    return cause.name is Name.NOTHING_OLD or (went_by and cause.name in _OF_THE_COPY)


def _again(case: Case, name: Name) -> str:
    """The line that asks the edges again: those that gave the old one; all, where they are compared or none did."""
    edges = [spot for spot in case.spots if spot.tier is Tier.EDGE]
    old = () if name is Name.DISAGREE else (*case.old(), *case.torn())
    spots = [spot for spot in edges if spot in old] or edges
    bare = [spot for spot in spots if spot.look.status == 200 and not spot.look.etag]
    return shown_again(case, spots, by_bytes=bool(bare))


def _weighed(case: Case, cause: Cause) -> Cause:
    """Less sure where only the bytes are other than the origin's, as an edge that rewrites pages changes them too; and
    where nothing old was seen, and other visitors' requests told nothing."""
    if cause.name is Name.NOTHING_OLD and (line := last_look.saw(case)):
        return replace(cause, certainty=Certainty.POSSIBLE, evidence=(line, *cause.evidence))
    if cause.name is Name.NOTHING_OLD and (line := last_look.looked(case)):
        weaker = Certainty.LIKELY if cause.certainty is Certainty.SEEN else cause.certainty
        cause = replace(cause, certainty=weaker, evidence=(line, *cause.evidence))
    if cause.name is Name.BROWSERS and last_look.is_young(case):
        return replace(cause, certainty=Certainty.POSSIBLE)
    if cause.name in _IN_DOUBT and is_in_doubt(case):
        return replace(cause, certainty=_IN_DOUBT[cause.name])
    if cause.name is Name.NOTHING_OLD and unseen(case):
        return replace(cause, certainty=Certainty.LIKELY)
    if cause.name not in _OF_THE_OLD | _OF_OUR_PURGE or not case.is_by_bytes:
        return cause
    if cause.name is Name.REFILLED or _is_ageless(case, cause):
        return _perhaps_rewritten(case, cause)
    if cause.certainty is not Certainty.SEEN and cause.name is not Name.OVERWRITTEN:
        return cause
    if cause.name is Name.NOT_REACHED:
        return cause
    return replace(cause, certainty=Certainty.LIKELY, evidence=_by_bytes(case, cause, _REWRITTEN))


def _is_ageless(case: Case, cause: Cause) -> bool:
    """Whether a purge is said to have gone by copies of which none says that it is older."""
    last = case.last_purge
    if cause.name is not Name.NOT_REACHED or cause.certainty is not Certainty.LIKELY or last is None:
        return False
    return not any(is_from_before(case, spot, last) for spot in case.old())


def _perhaps_rewritten(case: Case, cause: Cause) -> Cause:
    """A purge that did all that it should leaves such a page, too, where the edge rewrites what it fetches."""
    weaker = Certainty.LIKELY if cause.certainty is Certainty.SEEN else Certainty.POSSIBLE
    what = f"{cause.what} Or nothing is old: an edge that rewrites pages gives other bytes than the origin each time."
    return replace(cause, certainty=weaker, what=what, evidence=_by_bytes(case, cause, REWRITTEN))


def _by_bytes(case: Case, cause: Cause, line: str) -> tuple[str, ...]:
    return (*cause.evidence, *_digests(case, cause.evidence), line)


def _digests(case: Case, shown: Sequence[str]) -> tuple[str, ...]:
    """The bytes by their names, where no line shows them yet."""
    spots = [spot for spot in (*case.old(), *case.torn(), *case.at(Tier.ORIGIN)) if spot.look.digest]
    lines = each(spots, lambda spot: f"SHA-256 {spot.look.digest[:DIGEST_MAX]}…")
    return () if all(any(line.partition(": ")[2] in one for one in shown) for line in lines) else lines
