"""Redirects on which nobody gets a page: to the very URL that was asked for, or to nowhere."""

from __future__ import annotations

from bot.domain.proof.look import Look

BACK = "to the very URL that was asked for"
GIVE_UP = "a loop, on which browsers give up"
NOWHERE = "does not say where to, so that visitors get no page"
WITHOUT_TLS = (
    "the origin sends everybody who asks over http to https, and whatever stands before it seems to ask over http"
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
