"""Where pages are kept now, after they were fetched through the edges, and what cannot be said of other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.warming import AT_ONCE, KEPT, PAGES_MAX, Copy, Warming, Warmth
from bot.domain.proof.folding import PLACE, said_of
from bot.domain.proof.variants import vary_told
from bot.domain.proof.verdict import Verdict
from bot.domain.proof.world import PUBLIC
from bot.domain.shown import count
from bot.services.looks.checks import DNS
from bot.services.replies import Warmed
from bot.slack.cards.blocks import Card, card, paragraphs
from bot.slack.cards.gone import has_gone
from bot.slack.cards.words import PLACES_SHOWN, listed, number
from bot.slack.escape import code, escape, person, url_text

REASONS_SHOWN = 4
IDS_SHOWN = 6
WHY_MAX = 200  # characters
ELSEWHERE = "Other places cannot be reached from here: an anycast address leads to the place nearest to this machine."
ONLY_DNS = "Asked where DNS leads this machine; other places cannot be reached from here."
FURTHER = "Nothing is known of other places."
SIGNED_IN = "Variants for those who are signed in are left alone."


def warm_card(told: Warmed, command: str) -> Card:
    """One warming: what is warm, what is not and why, and how far it is."""
    warming = told.warming
    lines = [
        *_results(warming),
        *_around(warming),
        _named(warming),
        _for_whom(warming),
        _reach(warming) if warming.found else "",
        _without_tls(warming),
        SIGNED_IN if warming.signed_in else "",
        _sent(warming),
        *_ways_out(told, command),
    ]
    return card(f"{_outcome(told)} · {_subject(warming)}", lines)


def with_warmings(shown: Card, first: Sequence[Warmed], total: int, command: str) -> Card:
    """`shown`, with a line for each warming that goes on."""
    if not first:
        return shown
    stops = f"`{command} cancel {first[0].warming.name}` stops {'it' if total == 1 else 'one'}"
    more = [f"and {count(total - len(first), 'more warming')}"] if total > len(first) else []
    lines = [f"{count(total, 'warming')} under way; {stops}:", *map(_under_way, first), *more]
    return Card(shown.text, [*shown.blocks, *paragraphs(lines)])


def _under_way(told: Warmed) -> str:
    after = f" · after P-{told.warming.job}" if told.warming.job else ""
    return f"{_outcome(told)} · {_subject(told.warming)}{after}"


def warm_lines(job: JobView) -> str:
    """What the card of a job says of its warming, or why there is none; "" where none was asked for."""
    if not job.warm:
        return ""
    warming = job.warming
    if warming is None:
        return _not_begun(job)
    parts = list(_results(warming))
    if warming.ended is None:
        so_far = f"warming, {number(len(warming.found))} of {count(warming.total, *_copies(warming))} so far"
        return "; ".join([so_far, *parts])
    told = "; ".join([*parts, *([f"stopped: {_stopped(warming)}"] if warming.stopped else [])])
    first = f" {number(len(warming.urls))}" if len(warming.urls) > 1 else ""
    more = f" Of {number(len(warming.urls) + warming.left_out)} pages the first{first}."
    reach = _reach(warming) if warming.found else ""
    ends = (f"{told}.{more if warming.left_out else ''}", _for_whom(warming), reach, _without_tls(warming))
    return " ".join(filter(None, ends))


def foreseen_line(warming: Warming | None) -> str:
    """What would follow the proof of a plan, with the number of requests."""
    if warming is None:
        return ""
    left = f" (the first of {number(len(warming.urls) + warming.left_out)})" if warming.left_out else ""
    pages = f"{count(len(warming.urls), 'page')}{left}"
    where = "where DNS leads" if warming.places == (DNS,) else f"at {_places(warming.places)}"
    variants = f" in {count(len(warming.variants), 'variant')}" if len(warming.variants) > 1 else ""
    be = "is" if len(warming.urls) == 1 else "are"
    most = f"at most {count(warming.most, 'request')}, those to the origin aside"
    return f"Once it is proven, {pages}{variants} {be} fetched {where}: {most}"


def _not_begun(job: JobView) -> str:
    match job.state:
        case _ if job.ended_by_restore:
            return "Not warmed: what was purged is not known."
        case State.FAILED | State.CANCELLED | State.DENIED | State.EXPIRED if has_gone(job):
            return "Not warmed: not all of it was purged, so what would be fetched may be old."
        case State.FAILED | State.CANCELLED | State.DENIED | State.EXPIRED:
            return "Not warmed: nothing was purged."
        case State.PARTIAL:
            return "Not warmed: some calls did not go, so what would be fetched may be old."
        case State.DONE if job.verdict is Verdict.STALE:
            return "Not warmed: the old is still served, and fetching it would keep it longer."
        case State.DONE if job.verdict is Verdict.FRESH:
            return "Not warmed: no page of it is known by name."
        case State.DONE:
            return "Not warmed: the purge is not proven."
        case _:
            return ""


def _outcome(told: Warmed) -> str:
    warming = told.warming
    if warming.ended is None and told.waits_for:
        return f"🔵 {warming.name} waits for {told.waits_for}, since a site is warmed by one at a time"
    if warming.ended is None:
        so_far = f"{number(len(warming.found))} of {count(warming.total, *_copies(warming))}"
        probes = f", then by probes from {_places(warming.regions)}" if warming.regions else ""
        return f"🔵 {warming.name} warming, {so_far}{probes}"
    if warming.stopped:
        return f"{'⚫' if warming.stopped_by else '🟠'} {warming.name} stopped: {_stopped(warming)}"
    warm = _all_warm(warming)
    if len(warm) == len(warming.places):
        return f"🟢 {warming.name} warm{_at(warm)}"
    if warm:
        return f"🟠 {warming.name} warm{_at(warm)}, not everywhere that was asked"
    if old := [place for place in warming.places if any(_is_old(copy, place) for copy in warming.found)]:
        return f"🟠 {warming.name} old{_at(old)}: nothing was warmed there"
    if warming.found and all(copy.warmth in (*KEPT, Warmth.UNCLEAR) for copy in warming.found):
        return f"⚪ {warming.name} kept{_at(warming.places)}; whether it is new cannot be told"
    some = any(copy.warmth in KEPT for copy in warming.found)
    return f"🟠 {warming.name} {'partly' if some else 'not'} warm"


def _is_old(copy: Copy, place: str) -> bool:
    return copy.place == place and copy.warmth is Warmth.OLD


def _stopped(warming: Warming) -> str:
    by = f" by {person(warming.stopped_by)}" if warming.stopped_by else ""
    what, _, why = warming.stopped.partition(": ") if warming.stopped_by else (warming.stopped, "", "")
    return f"{escape(what, WHY_MAX)}{by}{f': {escape(why, WHY_MAX)}' if why else ''}"


def _subject(warming: Warming) -> str:
    if len(warming.urls) == 1:
        return url_text(warming.urls[0], 100)
    return f"{count(len(warming.urls), 'page')} on {escape(warming.site, 60)}"


def _named(warming: Warming) -> str:
    """What is not warm, by name, where there are several pages."""
    cold = dict.fromkeys(copy.url for copy in warming.found if copy.warmth not in KEPT)
    if len(warming.urls) == 1 or not cold:
        return ""
    return f"not warm: {listed([url_text(url, 100) for url in cold], 3)}"


def _all_warm(warming: Warming) -> list[str]:
    """The places that keep everything that was to be kept there."""
    each = len(warming.urls) * len(warming.variants)
    return [place for place in warming.places if len(_kept_at(warming, place)) == each]


def _kept_at(warming: Warming, place: str) -> list[Copy]:
    return [copy for copy in warming.found if copy.place == place and copy.warmth in KEPT]


def _results(warming: Warming) -> Iterator[str]:
    """What is warm where, then each reason why something is not, with its places."""
    warm = _all_warm(warming)
    if warm:
        kept = [copy for place in warm for copy in _kept_at(warming, place)]
        yield f"warm{_at(warm, warming.found)} ({_how(kept)})"
        for why in list(dict.fromkeys(copy.why for copy in kept if copy.why))[:REASONS_SHOWN]:
            yield f"whether it is new was not told by the origin: {escape(why, WHY_MAX)}"
    for place in warming.places:
        here = [copy for copy in warming.found if copy.place == place]
        kept = _kept_at(warming, place)
        if kept and place not in warm:
            yield f"{number(len(kept))} of {count(len(here), *_copies(warming))} warm{_at([place], warming.found)}"
    reasons: dict[tuple[Warmth, str, str], list[Copy]] = {}
    for copy in warming.found:
        if copy.warmth not in KEPT:
            reasons.setdefault((copy.warmth, copy.says, copy.why.replace(copy.place, PLACE, 1)), []).append(copy)
    told = [_reason(warming, *reason, copies) for reason, copies in reasons.items()]
    yield from told[:REASONS_SHOWN]
    if len(told) > REASONS_SHOWN:
        yield f"and {count(len(told) - REASONS_SHOWN, 'more reason')}"


def _around(warming: Warming) -> Iterator[str]:
    """What probes around the world found, never as more than they are."""
    if warming.around:
        kept = [copy for copy in warming.around if copy.warmth in KEPT]
        n = len({copy.country for copy in warming.around})
        of = f"{number(len(kept))} of {count(len(warming.around), 'probe')} in {count(n, 'country', 'countries')}"
        pages = f", counted for each of {count(warming.measured, 'page')}" if warming.measured > 1 else ""
        yield f"warm for {of}{pages}"
        seen = dict.fromkeys(copy.seen_at for copy in kept if copy.seen_at)
        yield f"those were answered at {_places(list(seen))}" if seen else ""
        cold = {copy.place: copy for copy in warming.around if copy.warmth not in KEPT}
        for place, copy in list(cold.items())[:REASONS_SHOWN]:
            yield _REASONS[copy.warmth]("", f" from {escape(place, 60)}", escape(copy.says, WHY_MAX))
    if warming.unmeasured:
        yield f"Probes fetch no more: {escape(warming.unmeasured, WHY_MAX)}."
    if warming.public:
        yield f"{PUBLIC}: id {', id '.join(escape(one, 60) for one in warming.public[:IDS_SHOWN])}."


def _how(kept: Sequence[Copy]) -> str:
    """In the caches' own words, whether the first answer was enough."""
    words = dict.fromkeys(copy.says or "HIT" for copy in kept)
    said = escape(" or ".join(list(words)[:2]), 60)
    if all(copy.warmth is Warmth.KEPT for copy in kept):
        return f"{said} on the second request"
    if all(copy.warmth is Warmth.ALREADY for copy in kept):
        return f"{said} on the first request"
    return f"{said} on the first or second request"


def _reason(warming: Warming, warmth: Warmth, says: str, why: str, copies: Sequence[Copy]) -> str:
    places = list(dict.fromkeys(copy.place for copy in copies))
    many = warming.total > len(warming.places)
    n = f"{count(len(copies), *_copies(warming))} " if many else ""
    because = f": {escape(said_of(places, why), WHY_MAX)}" if why else ""
    return f"{_REASONS[warmth](n, _at(places, copies), escape(says, WHY_MAX))}{because}"


_REASONS: dict[Warmth, Callable[[str, str, str], str]] = {
    Warmth.OLD: lambda n, at, says: f"{n}kept{at} ({says}), and old: the origin has something else; purge it first",
    Warmth.UNCLEAR: lambda n, at, says: f"{n}kept{at} ({says}); whether it is new cannot be told",
    Warmth.EXPIRED: lambda n, at, says: f"{n}kept{at} beyond its time ({says}), and no new one was fetched",
    Warmth.NOT_KEPT: lambda n, at, says: f"{n}not kept{at} ({says})",
    Warmth.UNSAID: lambda n, at, says: f"{n}asked for twice{at}, where no answer says whether it is kept",
    Warmth.FOR_ONE: lambda n, at, says: f"{n}left alone, being for one visitor only ({says})",
    Warmth.NO_PAGE: lambda n, at, says: f"{n}not warmed{at}: the answer was {says}",
    Warmth.SILENT: lambda n, at, says: f"{n}not warmed{at}: {says}",
}


def _copies(warming: Warming) -> tuple[str, str]:
    """What is counted: pages, or copies where each has several variants or places."""
    return ("page", "pages") if len(warming.variants) == len(warming.places) == 1 else ("copy", "copies")


def _at(places: Sequence[str], copies: Sequence[Copy] = ()) -> str:
    """ " at fra, iad", each with the data centre that its answers name."""
    if tuple(places) == (DNS,):
        seen = next((copy.seen_at for copy in copies if copy.seen_at), "")
        return f" where DNS leads{f' ({escape(seen, 40)})' if seen else ''}"
    seen_at = {copy.place: copy.seen_at for copy in copies if copy.seen_at.lower() not in ("", copy.place.lower())}
    return f" at {_places([f'{one} ({seen_at[one]})' if one in seen_at else one for one in places])}" if places else ""


def _places(places: Sequence[str]) -> str:
    more = len(places) - PLACES_SHOWN
    shown = [escape(place, 60) for place in places[:PLACES_SHOWN]]
    return ", ".join([*shown, *([f"{number(more)} more"] if more > 0 else [])])


def _for_whom(warming: Warming) -> str:
    """Who may find nothing warm, by what the answers vary by and nobody asked."""
    left = warming.left_to_vary
    if not left or not any(copy.warmth in KEPT for copy in (*warming.found, *warming.around)):
        return ""
    also = ", and as the site's variants" if len(warming.variants) > 1 else ""
    vary = escape(vary_told(left), WHY_MAX)
    return f"Warm for who asks as a plain visitor does, with gzip{also}; others may find nothing warm (Vary: {vary})."


def _reach(warming: Warming) -> str:
    if warming.around:
        return FURTHER
    return ONLY_DNS if warming.places == (DNS,) else ELSEWHERE


def _without_tls(warming: Warming) -> str:
    """For whom nothing is warm, where an edge's address says http."""
    over = list(dict.fromkeys(copy.place for copy in warming.found if copy.over))
    are = "was" if len(over) == 1 else "were"
    return (
        f"{escape(listed(over), WHY_MAX)} {are} asked over http: https visitors may have other copies." if over else ""
    )


def _sent(warming: Warming) -> str:
    """How many requests it took, also at the origin, and that they were few at once."""
    gently = ", two at once at most" if warming.requests + warming.to_origin > AT_ONCE else ""
    edges = [count(warming.requests, "request")] if warming.requests else []
    origin = [f"{number(warming.to_origin) if edges else count(warming.to_origin, 'request')} to the origin"]
    sent = " and ".join([*edges, *(origin if warming.to_origin else [])])
    return f"{sent}{gently}" if sent else ""


def _ways_out(told: Warmed, command: str) -> Iterator[str]:
    warming = told.warming
    if warming.ended is None:
        yield f"It goes on by itself. {code(f'{command} cancel {warming.name}')} stops it."
    if warming.left_out:
        beyond = "page is" if warming.left_out == 1 else "pages are"
        yield f"{number(warming.left_out)} more {beyond} beyond the {number(PAGES_MAX)} of one warming"
