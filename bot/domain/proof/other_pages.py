"""Pages that the origin has for other requests: what a place gives instead of the one that it was asked for.

Such an answer is as new as the origin, and so is never old. An edge may tell visitors apart by a header of its own,
which nobody else sends to the origin; or it may keep one copy for visitors whom the origin tells apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.answers.devices import PHONE
from bot.domain.proof.look import ORIGIN, Likeness, Look, compare, in_short

ALIKE_TO_ALL = "gives all the same page, the origin not"
MIXED_UP = "gives plain visitors the page that the origin gives to "
OF_ANOTHER = "gives such a visitor the page that the origin gives to "

_ENCODING = "accept-encoding:"  # which is to change no page
_GUESSED = ("user-agent:", "accept-language:", "origin:")  # as asked where a site names nothing
_AS_A_PHONE = f"User-Agent: {PHONE}"
_OF_PHONES = ("mobile", "phone")


@dataclass(frozen=True, slots=True)
class InPlace:
    """The origin's page that a place gives instead, and how that is told. `is_new`: it is the one that the site names
    for such a visitor, by a header that the edge sets itself."""

    page: Look
    why: str
    is_new: bool


def in_place(look: Look, looks: Iterable[Look]) -> InPlace | None:
    """Which of the origin's answers among `looks`, to other requests for the same URL, is what `look` shows, a plain
    visitor's first; None where it is none of them."""
    there = [one for one in looks if (one.place, one.url) == (ORIGIN, look.url) and one.variant != look.variant]
    others = sorted((one for one in there if _is_another_page(one)), key=lambda one: bool(one.variant))
    found = next((one for one in others if compare(look, one) is Likeness.SAME), None)
    if found is None:
        return None
    if not found.variant:
        return InPlace(found, f"{look.place} {ALIKE_TO_ALL}", is_new=False)
    told = f"{OF_ANOTHER if look.variant else MIXED_UP}{in_short(found.variant)}"
    return InPlace(found, f"{look.place} {told}", _is_of_one_device(look.variant, found.variant))


def _is_another_page(other: Look) -> bool:
    """Whether the origin's answer to another request is to be compared: an error or a redirect is nobody's page, and
    what is packed otherwise no other one."""
    if other.problem or not other.variant:
        return not other.problem
    return other.status < 300 and not other.variant.lower().startswith(_ENCODING)


def _is_of_one_device(asked: str, other: str) -> bool:
    """Whether a phone got what the site's own variant of phones gets at the origin."""
    is_own = not other.lower().startswith(_GUESSED)
    return asked.startswith(_AS_A_PHONE) and is_own and any(word in other.lower() for word in _OF_PHONES)
