"""Answers of which nothing can be made, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.answers.excess import Excess
from bot.domain.answers.guards import CHALLENGES
from bot.domain.proof.look import Look

UNREADABLE = "in an encoding that cannot be read here"


def challenged(look: Look) -> str:
    """ "Cloudflare asks for a proof of being no robot"; "" where nobody does."""
    return f"{look.guard} {CHALLENGES}" if look.guard else ""


def gave_no_page(look: Look) -> str:
    """What a firewall gave in the page's place."""
    return f"gave no page: {challenged(look)}"


def silence(look: Look) -> str:
    """Why nothing can be made of what a place gave."""
    if look.broken:
        return f"gave a broken answer: {look.broken}, and {look.problem}"
    if look.given_up is Excess.TIME:
        return f"began to answer and did not end: {look.problem}"
    if look.is_left_unread:
        return f"was {look.problem}"
    if look.is_given_up:
        return f"gave an answer that was given up: {look.problem}"
    return f"did not answer: {look.problem}"


def unread_of(origins: Sequence[Look]) -> Look | None:
    """The first of them that is packed in a way that is not known here."""
    return next((origin for origin in origins if origin.packed), None)


def unread(look: Look, origin: Look) -> str:
    """Which of the two cannot be unpacked here."""
    if not look.packed:
        return f"the origin answers {UNREADABLE} ({origin.packed})"
    alike = ", in other bytes than the origin" if look.packed == origin.packed else ""
    return f"{look.place} answers {UNREADABLE} ({look.packed}){alike}"
