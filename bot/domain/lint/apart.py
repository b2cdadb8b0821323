"""What is said to browsers and to the cache in front apart: browsers ask each time, since no purge reaches them, and
the cache keeps what it keeps now, since one reaches that. Which header it obeys `bot/domain/answers/caches.py` tells.
"""

from __future__ import annotations

from bot.domain.answers.caches import ANY
from bot.domain.answers.caching import Basis, stays_beyond, targeted_field, titled
from bot.domain.lint.finding import Cure
from bot.domain.lint.served import Served, up_to
from bot.domain.lint.varying import is_wide
from providers.contract import Cached

BEYOND_MAX = 86_400  # seconds
ASK_EACH_TIME = Cure((("Cache-Control", "no-cache"),), ("Expires",))
_COMES_BY = frozenset({Cached.MISS, Cached.EXPIRED})  # fetched now, by a cache that keeps it
_TOLD = frozenset({Basis.TARGETED, Basis.S_MAXAGE, Basis.MAX_AGE, Basis.EXPIRES, Basis.DEFAULT})


def ask_each_time(served: Served) -> Cure:
    """Browsers ask each time, and the cache in front goes on as it does."""
    seconds = left_in_front(served)
    if not seconds:
        return ASK_EACH_TIME
    field = served.cache.own_field
    by_itself = field and not served.further_in
    control = "no-cache" if by_itself else f"max-age=0, s-maxage={seconds}"
    said = stays_beyond(_source(served)) if field else 0
    beyond = said if said <= BEYOND_MAX else 0  # longer, it would show the old page long after a deploy
    own = () if not field or _has_own(served) else ((titled(field), targeted(seconds, beyond)),)
    return Cure((("Cache-Control", control), *own), ASK_EACH_TIME.drops)


def targeted(seconds: int, beyond: int = 0) -> str:
    """What a cache's own field says, of so many seconds, and of as many more in which a copy may be served beyond."""
    return f"max-age={seconds}" + (f", stale-while-revalidate={beyond}" if beyond else "")


def kept_in_front(served: Served) -> str:
    """What asking each time means for the cache in front, in a sentence; "" where it keeps nothing of it."""
    seconds = left_in_front(served)
    if not seconds:
        return ""
    who = "the cache in front" if served.cache is ANY else served.cache.title
    reached = f"keeps it for {up_to(seconds)}, where a purge reaches it."
    if _has_own(served):
        field = titled(targeted_field(_source(served), served.cache))
        return f"By its own {field} {who} still {reached}"
    header, value = ask_each_time(served).sets[-1]
    return (
        f"With no-cache alone {who} would keep it no more, and every visit would come to the server; with {header}: "
        f"{value} it still {reached}"
    )


def left_in_front(served: Served) -> int:
    """Seconds for which the cache in front keeps what is everybody's, as it is told; 0 where it keeps nothing, or what
    it keeps may be one visitor's."""
    is_kept = served.is_a_copy or served.cached in _COMES_BY
    signed_in = any(name.lower() == "authorization" for name, _ in served.answer.asked)
    is_someones = signed_in or "set-cookie" in served.headers or is_wide(served.headers.get("vary", ""))
    if served.status != 200 or not is_kept or is_someones or served.shared.basis not in _TOLD:
        return 0
    return served.shared.seconds or 0


def _source(served: Served) -> dict[str, str]:
    return dict((served.alike[0] if served.alike else served.answer).joined())


def _has_own(served: Served) -> bool:
    """Whether the cache in front is told by a field of its own already."""
    return served.shared.basis is Basis.TARGETED
