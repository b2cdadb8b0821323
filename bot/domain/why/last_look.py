"""What the last purge of the page saw at the edges after it: that one of them was old, though none is by now."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.durations import span
from bot.domain.proof.finding import Page, Verdict, find
from bot.domain.proof.look import ORIGIN, Look, describe
from bot.domain.why.case import Case, Ours
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.ours import SETTLING
from bot.domain.why.spots import Spot, Tier, do, names_of
from bot.domain.why.times import changed_since

LONG = 86_400.0  # seconds, after which a look tells nothing of now
SHOWN_MAX = 3  # places
_PREVENT = (
    "Name each node by an address of its own in the site's `edges`, so that each is looked at, and wait for the proof"
    " before telling people."
)


def saw_old(case: Case) -> tuple[Look, ...]:
    """The old answers of the last purge's last look, one of each place, where every edge is new now; none that are LONG
    ago, or where the origin has changed since."""
    last = case.last_purge
    if last is None or case.saw_old or not _new(case) or changed_since(case, last) is True:
        return ()
    recent = [look for look in _old(case) if case.now - look.at < LONG]
    return tuple({look.place_named: look for look in reversed(recent)}.values())[::-1]


def _new(case: Case) -> tuple[Spot, ...]:
    """The edges that give what the origin gives, kept there or not."""
    uncached = [spot for spot in case.at(Tier.EDGE) if case.finding_at(spot).uncached]
    return (*case.fresh(), *uncached)


def saw(case: Case) -> str:
    """ "P-75 saw it old at fra 4 s ago (HIT, ETag "v1")", or that it did so earlier and proved nothing since; "" where
    it did not."""
    looks, last = saw_old(case), case.last_purge
    if last is None:
        return ""
    if not looks:
        places = _was_old_at(case, last)
        return f"{last.job.name} saw it old at {places}, and did not prove it new after that" if places else ""
    names = [look.place_named for look in looks[:SHOWN_MAX]]
    more = len(looks) - len(names)
    places = ", ".join([*names, *([f"{more} more"] if more else [])])
    newest = max(looks, key=lambda look: look.at)
    ago = span(max(0.0, case.now - newest.at))
    return f"{last.job.name} saw it old at {places} {ago} ago ({describe(looks[0], looks[0].at)})"


def looked(case: Case) -> str:
    """ "a look of purgebot's own got an old copy 8 s ago", where nothing was purged since; "" where none did."""
    last = case.last_purge
    if case.looked_old is None or case.now - case.looked_old >= LONG or not case.is_fresh:
        return ""
    is_since = last is None or case.looked_old > (last.job.purged or 0.0)
    return f"a look of purgebot's own got an old copy {case.ago(case.looked_old)}" if is_since else ""


def _was_old_at(case: Case, last: Ours) -> str:
    """Where the page itself was old to an earlier look of a purge that is not proven."""
    job = last.job
    if job.proven is not None or job.look_urls != (case.url,) or case.now - (job.purged or 0.0) >= LONG:
        return ""
    is_same = case.is_fresh and changed_since(case, last) is not True
    return ", ".join(job.was_old_at[:SHOWN_MAX]) if is_same else ""


def is_young(case: Case) -> bool:
    """Whether an edge that was old then may still be so by turns, or have turned while it was asked."""
    return any(case.now - look.at < SETTLING for look in saw_old(case))


def was_old_to_all(case: Case, place: str) -> bool:
    """Whether `place` gave a plain visitor the old page too, moments ago: then no key of its own tells why another
    visitor got that."""
    return is_young(case) and any(look.place == place and not look.variant for look in saw_old(case))


def disagree(case: Case) -> Cause | None:
    """An edge was old to a purge's last look, and is new a moment later."""
    if not is_young(case):
        return None
    fresh, looks = _new(case), saw_old(case)
    return Cause(
        Name.DISAGREE,
        Certainty.POSSIBLE,
        f"{saw(case)}; now {names_of(fresh)} {do(fresh, 'serves', 'serve')} what the origin serves. Either the purge"
        " got there since, or several nodes or copies stand behind an address, and some of the visitors there get the"
        " old one.",
        (
            *(f"{look.place_named}, {case.ago(look.at)}: {describe(look, look.at)}" for look in looks[:SHOWN_MAX]),
            f"{names_of(fresh)}, now: the same as the origin",
        ),
        Cure("Check again", f"check {case.typed}", "Check again: each place is asked twice, one after the other."),
        _PREVENT,
        at=", ".join(dict.fromkeys(look.place for look in looks)),
    )


def _old(case: Case) -> Iterator[Look]:
    """What was old of the page at that look, or at an earlier one and not seen since, by the origin of then."""
    job = case.last_purge.job if case.last_purge is not None else None
    if job is None:
        return
    mine = [look for look in job.looks if look.url == case.url]
    has_origin = any(look.place == ORIGIN for look in (*job.looks, *job.before))
    for asked in dict.fromkeys(look.variant for look in mine):
        before, after = (
            tuple(look for look in looks if (look.url, look.variant) == (case.url, asked))
            for looks in (job.before, mine)
        )
        page = Page(case.url, before, after, has_origin, asked, others=job.looks)
        places = dict.fromkeys(look.place for look in after if look.place != ORIGIN)
        found = [one for place in places for one in find(page, place)]
        yield from (one.look for one in found if one.look is not None and one.verdict is Verdict.STALE)
    yield from (look for look in job.not_seen_new if look.url == case.url)
