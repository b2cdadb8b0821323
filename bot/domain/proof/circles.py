"""Redirects on which nobody gets a page: to the very URL that was asked for, or to nowhere."""

from __future__ import annotations

from bot.domain.proof.look import Look

BACK = "to the very URL that was asked for"
GIVE_UP = "a loop, on which browsers give up"
NOWHERE = "does not say where to, so that visitors get no page"
WITHOUT_TLS = (
    "the origin sends everybody who asks over http to https, and whatever stands before it seems to ask over http"
)
PAGE_OVER_TLS = (
    "the origin gives a page here: most likely whatever stands before it asks it over http, and is sent to https"
)
LEFT = (
    "it leads to itself, a loop on which browsers give up: where the edge asks the origin over http, and is sent to"
    " https, a purge brings the same again"
)


def looped(look: Look, origin: Look | None) -> str:
    """Why nothing is known of the page where `look` leads back to itself; "" where it does not, where the origin does
    the same, or where a kept copy does and the origin has a page: such a copy is old."""
    if not look.leads_back or (origin is not None and origin.leads_back):
        return ""
    told = f"{look.place} redirects ({look.status}) {BACK}, {GIVE_UP}"
    if origin is None:
        return told
    if origin.only_asks_for_tls:
        return f"{told}: {WITHOUT_TLS}"
    return "" if look.is_kept else f"{told}; the origin does not"


def origin_looped(look: Look, origin: Look | None) -> str:
    """Why nothing can be compared where the origin sends its reader back to the page that was asked for; "" where it
    does not, or the place does the same."""
    if origin is None or not origin.leads_back or look.leads_back:
        return ""
    return f"the origin redirects ({origin.status}) {BACK}, {GIVE_UP}: a purge would bring that to visitors"


def looped_anew(look: Look, purged_at: float | None) -> str:
    """Why a kept copy that leads back to itself is not old though the origin has a page: it came after the purge, so
    that the next one would bring the same; "" where nothing shows that."""
    if not look.leads_back or not look.is_kept or purged_at is None or look.age is None:
        return ""
    if look.age >= look.at - purged_at:
        return ""
    return (
        f"{look.place} redirects ({look.status}) {BACK}, {GIVE_UP}, and fetched that after the purge; {PAGE_OVER_TLS}"
    )


def only_redirects(look: Look, to_max: int) -> str:
    """What is said of a redirect that is the origin's, and was so before; `to_max` characters of where it leads."""
    if look.leads_back:
        return f"it only redirects ({look.status}), {BACK}: {GIVE_UP}"
    if look.leads_nowhere:
        return f"it answers {look.status} and {NOWHERE}"
    to = f": {look.leads_to[:to_max]}" if look.leads_to else ""
    return f"it only redirects ({look.status}), and the page that it leads to was not looked at{to}"


def turned_in(look: Look) -> str:
    """What is said of such a redirect that came by the purge, and is the origin's; "" of any other answer."""
    if look.leads_back:
        return f"it redirects ({look.status}) {BACK}: {GIVE_UP}"
    return f"it answers {look.status} and {NOWHERE}" if look.leads_nowhere else ""
