"""A firewall that answers some of the same requests in the page's place, and lets others through: what those would have
got is not known, nor is what visitors get whom it stops."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.answers.guards import guard_on
from bot.domain.why.case import Case
from bot.domain.why.spots import Spot, Tier, names_of


def stopped(case: Case) -> Iterator[str]:
    """What is not known of edges that gave a plain visitor the page and, to other requests of the same kind, none."""
    alike: dict[str, list[Spot]] = {}
    for spot in case.at(Tier.EDGE):
        if why := _why(spot):
            alike.setdefault(why, []).append(spot)
    for why, spots in alike.items():
        yield f"what {names_of(spots)} would have given each time, since {why}"


def _why(spot: Spot) -> str:
    """ "1 of 2 plain requests got no page (403): Cloudflare's firewall asks for a proof of being no robot"; "" where
    all of them, or none, got one."""
    pages = [glance for glance in spot.plain if glance.is_about_the_page]
    stops = [guard for glance in spot.plain if glance not in pages and (guard := guard_on(glance.answer)) is not None]
    if not pages or not stops:
        return ""
    told = " and ".join(dict.fromkeys(guard.told for guard in stops))
    statuses = ", ".join(dict.fromkeys(str(guard.status) for guard in stops))
    return f"{len(stops)} of {len(spot.plain)} plain requests got no page ({statuses}): {told}"
