"""Which site is purged before which at a deploy: a chain, and never a circle."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.domain.site import Site
from bot.settings.complaints import Complaints, quoted, unknown


def check_order(complaints: Complaints, sites: Mapping[str, Site | None], named: Collection[str]) -> None:
    """Complain of a `before` that names no other site of `named`, one that another site has too, and a circle."""
    before = {name: site.before for name, site in sites.items() if site is not None and site.before}
    first: dict[str, str] = {}
    for name, after in before.items():
        place = ("sites", name, "before")
        if after not in named:
            complaints.add(place, *unknown("site", after, [one for one in named if one != name]))
        elif after in first:
            what = f"{quoted(first[after])} comes before {quoted(after)} already."
            complaints.add(place, what, f"Write before: {first[after]} here, or remove one of them.")
        elif _circle(name, before):
            complaints.add(place, "leads back to this site.", "Remove it where nothing comes first.")
        first.setdefault(after, name)


def _circle(name: str, before: Mapping[str, str]) -> bool:
    seen, at = {name}, before[name]
    while at in before and at not in seen:
        seen.add(at)
        at = before[at]
    return at in seen
