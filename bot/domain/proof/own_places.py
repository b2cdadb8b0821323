"""What a provider's own places say of a page, where it looks for us: by name, and by the MD5 that it took of each body.

Those that can be compared with the origin stand among the looks, also where all that shows is that they hold something
else. The rest is told in a line, so that nobody takes places for fresh of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.proof.finding import REFUSING, Verdict
from bot.domain.proof.folding import listed
from bot.domain.proof.look import ORIGIN, Likeness, Look, bare_etag, compare, hashed_alike
from bot.domain.proof.verdict import judge

SEVERAL = (
    "serves other bytes than other places of its provider under the same ETag, and which are the origin's is not known"
)
_DIFFER = (Likeness.OTHER, Likeness.OTHER_BYTES, Likeness.TORN)


@dataclass(frozen=True, slots=True)
class OwnPlaces:
    """Looks at them that count, and a line about the others, and about those that count for less."""

    looks: tuple[Look, ...] = ()
    note: str = ""


def own_places(found: Sequence[Look], beside: Sequence[Look]) -> OwnPlaces:
    """What counts of `found`, one look at one page for each place; `beside` has the origin's looks at that page. Where
    the origin tells nothing, nothing counts, and the reason is told of the origin."""
    origins = [look for look in beside if look.place == ORIGIN and not look.variant and not look.problem]
    if not origins or any(origin.status in REFUSING or origin.guard for origin in origins):
        return OwnPlaces()
    looks = _torn_apart(found, origins)
    kept = [look for look in looks if _counts(look, origins)]
    silent = [look for look in looks if look not in kept]
    return OwnPlaces(tuple(kept), " ".join(filter(None, [_silence(silent, looks), _by_name(kept, origins)])))


def _torn_apart(looks: Sequence[Look], origins: Sequence[Look]) -> list[Look]:
    """The same, those in doubt of which the hash cannot be held against the origin's, and is not that of others under
    the same ETag."""
    hashes: dict[tuple[int, str, str], set[str]] = {}
    unheld = [look for look in looks if look.md5 and look.etag and _agrees(look, origins) is None]
    for look in unheld:
        hashes.setdefault(_named(look), set()).add(look.md5)
    torn = [look for look in unheld if len(hashes[_named(look)]) > 1]
    return [replace(look, doubt=SEVERAL) if look in torn else look for look in looks]


def _named(look: Look) -> tuple[int, str, str]:
    return look.status, bare_etag(look.etag), look.md5.rpartition(" ")[0]


def _agrees(look: Look, origins: Sequence[Look]) -> bool | None:
    """Whether its hash is that of the origin's body; None where that cannot be told."""
    return next((agrees for one in origins if (agrees := hashed_alike(look, one)) is not None), None)


def _counts(look: Look, origins: Sequence[Look]) -> bool:
    """Whether it is known to be fresh or old, or at least to differ from an origin that holds still."""
    if judge((), [look, *origins]).verdict in (Verdict.FRESH, Verdict.STALE) or look.doubt:
        return True
    first, *others = origins
    if look.problem or look.redirects or look.status != first.status:
        return False
    holds_still = all(compare(first, other).agrees for other in others)
    return holds_still and all(compare(look, one) in _DIFFER for one in origins)


def _silence(silent: Sequence[Look], looks: Sequence[Look]) -> str:
    """The places that say nothing of the page, and why."""
    if not silent:
        return ""
    why: dict[str, list[str]] = {}
    for look in silent:
        why.setdefault(_why(look), []).append(look.place)
    told = "; ".join(f"{listed(places)} ({reason})" for reason, places in why.items())
    differ = " Their bodies differ from one another." if len({look.md5 for look in silent if look.md5}) > 1 else ""
    tell = "tells" if len(silent) == 1 else "tell"
    asked = f"{len(silent)} of {len(looks)} places that were asked through the provider"
    return f"{asked} {tell} nothing: {told}.{differ}"


def _why(look: Look) -> str:
    if look.problem:
        return look.problem.removesuffix(f"-{look.place.rpartition(' ')[2].lower()}")
    if look.guard or look.status != 200:
        return f"answered {look.status}"
    return "nothing shows which is newer" if look.etag else "no ETag, and no hash to hold against the origin's"


def _by_name(kept: Sequence[Look], origins: Sequence[Look]) -> str:
    """Those that count as the origin's by their ETag alone."""
    alone = [look for look in kept if look.status < 300 and not look.doubt and _agrees(look, origins) is None]
    places = [look.place for look in alone if compare(look, origins[0]).is_same]
    return f"{listed(places)} by the ETag alone: no body was compared." if places else ""
