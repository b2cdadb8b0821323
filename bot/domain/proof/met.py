"""At which places pages show what a deploy says that they must: in the order in which it matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.domain.deploys.deploy import Expected, is_page
from bot.domain.proof.look import ORIGIN, Look

EXPECTED_SHOWN = 3  # pages that a card tells of; of all, where those are more, the thread
PATH_MAX = 100  # characters of a page's path in a sentence
_DNS = "dns"  # the place that is wherever DNS leads


@dataclass(frozen=True, slots=True)
class Met:
    """What was expected of a page, the places that show it to a plain visitor, and those that do not. Places that gave
    no page are in neither; the origin is no place of visitors."""

    expected: Expected
    shows: tuple[str, ...]
    lacks: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether some place shows it, and none lacks it."""
        return bool(self.shows) and not self.lacks

    @property
    def told(self) -> str:
        """/pricing shows x-build: 4.2.0 at fra, iad, not at sin."""
        path, mark = self.expected.path, self.expected.told
        page = path if len(path) <= PATH_MAX else f"{path[: PATH_MAX - 1]}…"
        if self.shows:
            return f"{page} shows {mark} {_at(self.shows)}{f', not {_at(self.lacks)}' if self.lacks else ''}."
        return f"{page} lacks {mark} {_at(self.lacks)}." if self.lacks else f"Whether {page} shows {mark} is not known."


def met(expected: Sequence[Expected], looks: Sequence[Look]) -> list[Met]:
    """What `looks` say of each of `expected`: first what some place lacks, then what is not known; nothing where they
    say nothing of any."""
    found = [_met(one, [look for look in looks if is_page(look.url, one)]) for one in expected]
    if not any(one.shows or one.lacks for one in found):
        return []
    return sorted(found, key=lambda one: (not one.lacks, bool(one.shows)))


def _met(expected: Expected, looks: Sequence[Look]) -> Met:
    here = [look for look in looks if not look.variant and look.place != ORIGIN]
    shows = _places(look for look in here if look.shows == expected.told)
    return Met(expected, shows, _places(look for look in here if look.lacks == expected.told))


def _places(looks: Iterable[Look]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(look.place for look in looks))


def _at(places: Sequence[str]) -> str:
    """At fra, iad, and where DNS leads."""
    named = ", ".join(place for place in places if place != _DNS)
    return " and ".join(filter(None, [f"at {named}" if named else "", "where DNS leads" if _DNS in places else ""]))
