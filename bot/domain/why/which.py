"""How an answer is called that is not the origin's: the old page, or by its status where that is another than the
origin's: then nothing shows which of the two is older, and the status says more."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.proof.look import TRANSFORMED
from bot.domain.why.case import Case
from bot.domain.why.spots import Glance, Spot, in_words


def called(case: Case, glances: Iterable[Glance], otherwise: str = "the old page") -> str:
    """ "an answer 404" of those that differ by their status; else `otherwise`."""
    statuses = by_status(case, glances)
    return f"{'an answer' if statuses.isdigit() else 'answers'} {statuses}" if statuses else otherwise


def by_status(case: Case, glances: Iterable[Glance]) -> str:
    """ "404", "404 and 503"; "" where one of them has the status of the origin's answer."""
    if case.origin is None:
        return ""
    statuses = list(dict.fromkeys(_status(glance) for glance in glances))
    return "" if _status(case.origin) in statuses else in_words([str(status) for status in statuses if status])


def last_of(spots: Iterable[Spot]) -> list[Glance]:
    """What each of them answered."""
    return [spot.last for spot in spots]


def _status(glance: Glance) -> int:
    return 200 if glance.look.status == TRANSFORMED else glance.look.status
