"""Causes that the status of an answer shows: errors and redirects that were kept, and URLs that only redirect."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.finding import Verdict
from bot.domain.locations import host_of, led
from bot.domain.masking import masked, without_credentials
from bot.domain.saying import safe_word
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import LOCATION_MAX, Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import is_from_before, took

_SHORT_REDIRECTS = "Have the deploy purge the redirects that it changes, or give them a short life: `s-maxage=60`."
_SHORT_ERRORS = (
    "Give errors a short life of their own: `Cache-Control: no-store` on them, or the CDN's lifetime for errors."
)
_URL = re.compile(r"[!-~]{1,400}")


def cached_error(case: Case) -> Cause | None:
    """A kept error or redirect where the origin has a page; or a kept redirect that leads elsewhere than its own."""
    origin = case.origin
    kept = [s for s in case.at(Tier.EDGE) if s.look.is_kept and s.look.status >= 300]
    if origin is None or not kept:
        return None
    bad = [s for s in kept if s.look.status != origin.look.status < 400]
    elsewhere = [s for s in kept if s.last.location and origin.location and case.verdict_at(s) is Verdict.STALE]
    if not bad and not elsewhere:
        return None
    return _kept_error(case, bad, origin) if bad else _kept_redirect(case, elsewhere, origin)


def _kept_error(case: Case, bad: Sequence[Spot], origin: Glance) -> Cause:
    look, goes = bad[0].look, bad[0].last.location
    what = "a redirect" if look.status < 400 else "an error"
    to = f" to {masked(goes)[:LOCATION_MAX]}" if goes else ""
    gives = f"redirects to {masked(origin.location)[:LOCATION_MAX]}" if origin.location else "gives a page"
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN,
        f"{names_of(bad)} {do(bad, 'keeps', 'keep')} {what} ({look.status}{to}) where the origin {gives}.",
        (*each(bad), f"origin: {origin.told}"),
        _purge(case, bad),
        _SHORT_REDIRECTS if goes else _SHORT_ERRORS,
    )


def _kept_redirect(case: Case, bad: Sequence[Spot], origin: Glance) -> Cause:
    to, there = (masked(one.location)[:LOCATION_MAX] for one in (bad[0].last, origin))
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN,
        f"{names_of(bad)} {do(bad, 'keeps', 'keep')} a redirect to {to}, and the origin redirects to {there}.",
        (*each(bad), f"origin: {origin.told}"),
        _purge(case, bad),
        _SHORT_REDIRECTS,
    )


def _purge(case: Case, bad: Sequence[Spot]) -> Cure:
    """A purge that takes it: not the one again that went by it."""
    last = case.last_purge
    if last is not None and took(case, last) and all(is_from_before(case, spot, last) for spot in bad):
        return past(case, last)
    return or_wider(case)


def redirected(case: Case) -> Cause | None:
    """The page lives at another URL: this one is a redirect everywhere."""
    origin = case.origin
    if origin is None or not 300 <= origin.look.status < 400 or not origin.answer.says("location") or case.saw_old:
        return None
    goes = led(case.url, origin.answer.says("location"))
    there = without_credentials(goes)
    ours = host_of(there) in case.site.hosts and _URL.fullmatch(there)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL only redirects ({origin.look.status}) to {masked(goes)[:200]}, and holds no page itself."
        + ("" if ours else f" That leads elsewhere: it is no page of {case.site.name}, and was not looked at."),
        (f"origin: {origin.look.status}, location: {masked(origin.answer.says('location'))[:200]}",),
        Cure(
            "Ask about that one",
            f"why {safe_word(there)}",
            "Ask about the page that visitors end at: it was not looked at.",
        )
        if ours
        else Cure("Check again", f"check {case.typed}", "Ask whoever runs the page that visitors end at."),
        "Purge the URL that visitors end at.",
    )
