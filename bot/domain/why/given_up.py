"""An answer that came and was not read to its end, since there was too much of it: neither the network nor a firewall
is at fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.answers.excess import Excess
from bot.domain.why.before import told_old
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Spot, Tier, do, each, names_of

_ALSO_HARD_ON = "Varnish, nginx, Apache and HAProxy refuse such headers too: behind one visitors may get errors."
# What sends such answers, and what to do about it. Caches draw the line at 64 to 101 header lines, and at 4 to 8 kB of
# one (Varnish's http_max_hdr, Apache's LimitRequestFields, nginx's proxy_buffer_size; read 2026-11-27).
_WHO: Mapping[Excess, str] = {
    Excess.LINES: "an application or a rule that adds a header or a cookie again and again, or a debug module",
    Excess.HEADERS: "an application or a rule that adds to one header again and again, or a debug module",
    Excess.INTERIM: "a server or a proxy that sends Early Hints in a circle",
    Excess.PIECES: "a server that flushes every few bytes, or one that holds robots up on purpose",
    Excess.PARTS: "something that flushes every few bytes while it packs, or wants to cost its readers time",
    Excess.WORK: "a body that is much larger than it looks as it comes, packed to cost its readers work",
}
_TO_DO: Mapping[Excess, str] = {
    Excess.LINES: "Look which of them come more than once, and stop whatever adds them",
    Excess.HEADERS: "Look which header is so large, and stop whatever adds to it",
    Excess.INTERIM: "Have it send Early Hints (103) once, or none",
    Excess.PIECES: "Have it buffer what it sends; where that holds robots up, let this machine through",
    Excess.PARTS: "Have it pack the page as one stream",
    Excess.WORK: "Look how large the page is once unpacked, and what packs it",
}
_PREVENT: Mapping[Excess, str] = {
    Excess.LINES: f"Watch how many headers an answer has. {_ALSO_HARD_ON}",
    Excess.HEADERS: f"Watch how large the headers of an answer are. {_ALSO_HARD_ON}",
    Excess.INTERIM: "Caches and browsers read few interim answers, and some read none: keep them to one.",
    Excess.PIECES: "A buffer of a few kB makes pages faster for visitors too.",
    Excess.PARTS: "Pack a page once, and flush only where a part of it is to be shown before the rest.",
    Excess.WORK: "Browsers have to unpack it too: keep pages to a few hundred kB, however small they come.",
}


def busy(case: Case) -> Cause | None:
    """Purgebot had too much to read to come to any edge's answer: that says nothing of the edges or the network."""
    edges = [spot for spot in case.spots if spot.tier is Tier.EDGE]
    if not edges or any(_excess(spot) is not Excess.OTHERS for spot in edges):
        return None
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN,
        f"purgebot was busy with other answers, and read none of {names_of(edges)} in time: nothing is known of what"
        " visitors get.",
        each(edges, lambda spot: spot.look.problem),
        Cure("Ask again", f"why {case.typed}", "Ask once more in a minute."),
        "Check fewer pages at once, and none that are not yours: what hostile ones cost holds up whoever asked.",
    )


def given_up(case: Case) -> Cause | None:
    """A place answers, an edge or the origin, and nothing of that can be read to its end."""
    edges, origins = ([spot for spot in case.spots if spot.tier is tier] for tier in (Tier.EDGE, Tier.ORIGIN))
    found = [spot for spot in (*edges, *origins) if _excess(spot) in _WHO]
    excess = _excess(found[0]) if found else None
    if excess is None or case.saw_old:
        return None
    alike = [spot for spot in found if _excess(spot) is excess and spot.tier is found[0].tier]
    about = alike if alike[0].tier is Tier.EDGE else edges
    was = told_old(case, about)
    too = " So does the origin." if any(spot in origins for spot in found[1:]) else ""
    return Cause(
        Name.UNKNOWN,
        Certainty.SEEN,
        f"{_names(alike)} {do(alike, 'answers', 'answer')}, and purgebot gave the answer up: {alike[0].look.problem}."
        f"{too} Whether {names_of(about)} {do(about, 'is', 'are')} old cannot be told."
        f"{f' {was}.' if was else ''}",
        each(found, _line),
        Cure("Check again", f"check {case.typed}", f"{_TO_DO[excess]}. Mostly that is {_WHO[excess]}."),
        _PREVENT[excess],
        pageless=tuple(spot.name for spot in alike if spot.tier is Tier.EDGE),
    )


def _excess(spot: Spot) -> Excess | None:
    """What there was too much of, where no plain answer could be read."""
    return None if any(glance.is_usable for glance in spot.plain) else spot.look.given_up


def _names(spots: Sequence[Spot]) -> str:
    return "The origin" if spots[0].tier is Tier.ORIGIN else names_of(spots)


def _line(spot: Spot) -> str:
    """What was too much, and by which headers whoever sent it names itself."""
    headers = [f"{name}: {value}" for name, value in spot.last.answer.headers]
    return "; ".join([spot.look.problem, *headers])
