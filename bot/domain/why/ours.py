"""Causes that our own jobs show: what was accepted and is not finished, what went softly, what did not arrive."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.durations import span
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.proof.finding import AHEAD, OTHER_BYTES, Verdict
from bot.domain.proof.look import Look, describe
from bot.domain.proof.modified import beside
from bot.domain.shown import in_part
from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.owners import is_own, siblings
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import at_edge, changed_since, is_from_before, met_before, took, was_there_before
from bot.domain.why.which import called, last_of
from providers.contract import Cached, Kind

SAID_MAX = 160  # characters of a provider's own words
_HARD = "Where nobody may see the old one even once, purge `hard`: the next visitor waits for the origin instead."
SETTLING = 120.0  # seconds in which places of one CDN may still differ after a purge


def unfinished(case: Case) -> Cause | None:
    """A provider has taken the purge and says that it is not done."""
    ours = next((o for o in case.covering() if o.job.state is State.CONFIRMING), None)
    layer = next((one for one in ours.job.layers if one.pending), None) if ours else None
    if ours is None or layer is None or case.is_new_to_all:
        return None
    ready = layer.ready_at or 0.0
    left = f"; it is asked again in {span(ready - case.now)}" if ready > case.now + 1 else ""
    ids = [f"{layer.title}'s own id: {one}" for one in layer.ids[:1]]
    return Cause(
        Name.UNFINISHED,
        Certainty.SEEN,
        f"{layer.title} accepted {ours.job.name} and is not done with it{left}.",
        (f"{ours.job.name} · {ours.named} · sent {case.ago(layer.started or ours.job.created)}", *ids),
        Cure("Check again", f"check {case.typed}", f"Wait until {layer.title} is done, then check again."),
        f"Wait for the proof, not for the provider's yes: `purgebot wait {ours.job.name}` ends when the edge is fresh.",
    )


def softly(case: Case) -> Cause | None:
    """After a soft purge a cache serves its old copy once more, while it fetches the new one."""
    last = case.last_purge
    if last is None or not _was_soft(case, last) or changed_since(case, last) is True:
        return None
    once = [spot for spot in case.at(Tier.EDGE) if _began_old(case, spot)]
    if healed := healed_softly(case):
        return _healed(case, last, healed)
    if case.is_new_to_all and case.looked_old is not None and case.looked_old > (last.job.purged or case.now):
        return _used_up(case, last, case.looked_old)
    marked = [spot for spot in once if _says_stale(spot)]
    before = marked or [spot for spot in once if spot.look.is_kept and is_from_before(case, spot, last)]
    return _not_yet(case, last, before, bool(marked)) if before else None


def _was_soft(case: Case, last: Ours) -> bool:
    layer = last.layer(case.edge_account)
    return took(case, last) and layer is not None and (layer.soft or last.job.soft)


def healed_softly(case: Case) -> list[Spot]:
    """The edges that gave their old copy once more after a soft purge of ours, and the new one ever since. Not those
    whose new copy was there before the old one was given: there, two copies stand behind one address."""
    last = case.last_purge
    if last is None or not _was_soft(case, last) or changed_since(case, last) is True:
        return []
    plain = [(spot, case.courses_at(spot)[0]) for spot in case.at(Tier.EDGE)]
    return [spot for spot, course in plain if course.has_turned and not was_there_before(course)]


def _first(spot: Spot) -> Glance | None:
    return next((glance for glance in spot.plain if glance.is_usable), None)


def _began_old(case: Case, spot: Spot) -> bool:
    first = _first(spot)
    return first is not None and case.verdict_at(spot, first) is Verdict.STALE


def _says_stale(spot: Spot) -> bool:
    first = _first(spot)
    return first is not None and first.look.cached is Cached.STALE


def _used_up(case: Case, last: Ours, looked: float) -> Cause:
    """A look of ours got the old copy, and so nobody after it does."""
    fresh = list(case.fresh())
    return Cause(
        Name.SOFT,
        Certainty.LIKELY,
        f"{last.job.name} was a soft purge, after which a place serves its old copy once more: a look of purgebot's own"
        f" got that {case.ago(looked)}, and {names_of(fresh)} {do(fresh, 'serves', 'serve')} the new one now.",
        (f"{last.job.name} · {last.named} · soft · {case.ago(last.job.purged or case.now)}", *each(fresh)),
        Cure("Check again", f"check {case.typed}"),
        _HARD,
    )


def _healed(case: Case, last: Ours, healed: list[Spot]) -> Cause:
    return Cause(
        Name.SOFT,
        Certainty.SEEN,
        f"{last.job.name} was a soft purge: {names_of(healed)} served the old copy once more, and the new one after"
        " that.",
        _lines(healed),
        Cure("Check again", f"check {case.typed}"),
        _HARD,
    )


def _not_yet(case: Case, last: Ours, spots: list[Spot], marked: bool) -> Cause:
    return Cause(
        Name.SOFT,
        Certainty.SEEN if marked else Certainty.LIKELY,
        f"{last.job.name} was a soft purge: {names_of(spots)} may serve the old copy until the new one is fetched, and"
        f" {do(spots, 'does', 'do')}.",
        _lines(spots),
        _hard(case),
        _HARD,
    )


def _hard(case: Case) -> Cure:
    cure = or_wider(case, "Purge hard")
    return replace(cure, line=f"{cure.line} hard") if cure.line == case.typed else cure


def _lines(spots: list[Spot]) -> tuple[str, ...]:
    return each(spots, lambda spot: f"first {_told(spot.plain[0].look)}, then {_told(spot.look)}")


def _told(look: Look) -> str:
    named = f' with version "{look.version}"' if look.version else f" with ETag {look.etag}" if look.etag else ""
    return look.problem or f"{look.says or look.cached.value}{named}"


def stopped(case: Case) -> Cause | None:
    """The newest purge of this page ended before the edge was purged."""
    ours = next(iter(case.covering()), None)
    if ours is None or not case.old() or ours.job.state not in (State.FAILED, State.PARTIAL):
        return None
    layer = next((one for one in ours.job.layers if one.trouble is not None), None)
    edge = ours.layer(case.edge_account)
    if layer is None or layer.trouble is None or edge is None or edge.state is LayerState.DONE:
        return None
    return Cause(
        Name.NOT_REACHED,
        Certainty.SEEN,
        f"{ours.job.name} stopped at {layer.title}: {layer.trouble.what}",
        (f"{ours.job.name} · {ours.named} · {case.ago(ours.job.created)}", *_said(layer.trouble.said)),
        Cure(f"Show {ours.job.name}", f"status {ours.job.name}", layer.trouble.advice),
        "After a change of tokens or accounts let `doctor` try them: it purges nothing.",
    )


def _said(words: str) -> tuple[str, ...]:
    return (f"it said: {in_part(words, SAID_MAX)}",) if words else ()


def not_reached(case: Case) -> Cause | None:
    """A copy from before the purge that covers it."""
    last = case.last_purge
    if last is None or changed_since(case, last) is True:
        return None
    kept = [spot for spot in case.old() if spot.look.cached is not Cached.UNCACHED]
    before = [spot for spot in kept if is_from_before(case, spot, last)]
    silent = [spot for spot in kept if is_from_before(case, spot, last) is None]
    if not took(case, last):
        return _not_asked(case, last, before or silent) if before or silent else None
    newer = [spot for spot in _ahead(case) if is_from_before(case, spot, last)]
    if before or newer:
        return _survived(case, last, [*before, *newer])
    return _ageless(case, last, silent) if silent and changed_since(case, last) is False else None


def _ahead(case: Case) -> list[Spot]:
    """The edges whose copy is another than the origin's and newer by its date, since that may have gone back: a purge
    that was taken leaves no copy from before it, whichever is the right one. Not where only the bytes are others, which
    an edge that rewrites pages changes too."""
    kept = [(spot, case.finding_at(spot).why) for spot in case.at(Tier.EDGE) if spot.look.is_kept]
    return [spot for spot, why in kept if AHEAD in why and OTHER_BYTES not in why]


def _not_asked(case: Case, last: Ours, kept: list[Spot]) -> Cause:
    title = case.layers[0].title if case.layers else "the edge"
    return Cause(
        Name.NOT_REACHED,
        Certainty.SEEN,
        f"{last.job.name} did not purge {title}, where {names_of(kept)} {do(kept, 'keeps', 'keep')}"
        f" {called(case, last_of(kept), 'the old copy')}.",
        (f"{last.job.name} · {last.named} · {_layers(last.job)}", *each(kept)),
        or_wider(case),
        "A plain purge asks every layer, innermost first; `only …` asks one.",
    )


def _layers(job: JobView) -> str:
    titles = [layer.title for layer in job.layers if layer.state is LayerState.DONE]
    return f"purged {' and '.join(titles)}" if titles else "purged nothing"


def _survived(case: Case, last: Ours, kept: list[Spot]) -> Cause:
    purged = (at_edge(case, last) or case.now) + 1
    young = case.now - purged < SETTLING
    title = case.layers[0].title if case.layers else "The edge"
    later = " It may still be on its way." if young else ""
    return Cause(
        Name.NOT_REACHED,
        Certainty.LIKELY,
        f"{title} took {last.job.name}, and the copy at {names_of(kept)} is older than that.{later}",
        (
            *each(
                kept,
                lambda spot: (
                    f"a copy {span(spot.look.age or 0)} old, and the purge was {case.ago(purged)}"
                    f"{_met(case, last, spot)}"
                ),
            ),
            *each([spot for spot in kept if spot in _ahead(case)], lambda spot: _dated(case, spot)),
            *_or_filled_again(case, kept),
        ),
        _in_time(case, last, purged + SETTLING - case.now) if young else past(case, last),
        _other_key(case, kept[0], last),
    )


def _met(case: Case, last: Ours, spot: Spot) -> str:
    met = met_before(case, spot, last)
    return f"; {last.job.name} met it there before that ({describe(met, met.at)})" if met is not None else ""


def _dated(case: Case, spot: Spot) -> str:
    """Why a copy is not told to be old."""
    dates = beside(spot.look, case.origins[-1].look)
    return f"another page than the origin's, and newer ({dates}): the origin may have gone back"


def _or_filled_again(case: Case, kept: list[Spot]) -> tuple[str, ...]:
    """What else leaves such a copy behind, where nobody asked the caches further in."""
    if case.at(Tier.INNER):
        return ()
    return (
        f"an Age counts from the origin on: a cache further in that is no layer of {case.site.name}, and filled"
        f" {names_of(kept)} again after the purge, would look the same",
    )


def _ageless(case: Case, last: Ours, kept: list[Spot]) -> Cause:
    title = case.layers[0].title if case.layers else "The edge"
    return Cause(
        Name.NOT_REACHED,
        Certainty.LIKELY,
        f"{title} took {last.job.name}, and {names_of(kept)} still {do(kept, 'serves', 'serve')}"
        f" {called(case, last_of(kept), 'the old copy')}, {_ages(kept)}.",
        each(kept),
        past(case, last),
        _other_key(case, kept[0], last),
    )


def _ages(kept: list[Spot]) -> str:
    """Why nothing is known of when the copies were made."""
    if any(spot.look.age is None for spot in kept):
        return "without saying how old it is"
    return f"with an Age that never grows ({span(kept[0].look.age or 0)} at each look), so that it tells nothing"


def _in_time(case: Case, last: Ours, seconds: float) -> Cure:
    """While a purge may still be on its way: what is narrower than that need not wait."""
    reaching = past(case, last)
    if reaching.line == case.typed:
        return reaching
    step = f"Wait {span(max(1.0, seconds))}, then ask again: a purge may take that long to be everywhere."
    return Cure("Ask again", f"why {case.typed}", step)


def _other_key(case: Case, spot: Spot, last: Ours) -> str:
    """Why a purge may go by a copy, again and again."""
    if last.job.kind in (Kind.PREFIX, Kind.PATTERN):
        return (
            f"Where a rule of the CDN rewrites URLs, a purge by {last.job.kind.value} goes by what they are rewritten"
            " to: name the URLs as visitors ask for them."
        )
    varies = spot.last.answer.says("vary")[:60]
    if varies and (told := siblings(case)):
        return f"It says `Vary: {varies}`, and {told}."
    if varies:
        return f"It says `Vary: {varies}`, so there are several copies under keys of their own: see `variants`."
    other = "by another cache" if is_own(case) else "by another zone or account"
    return (
        "Where this comes again, the copy is kept under another key (a variant, another host; see `variants`), or"
        f" {other} than the one that is purged."
    )
