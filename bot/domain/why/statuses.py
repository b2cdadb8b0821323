"""Causes that the status of an answer shows: errors and redirects that were kept, and URLs that only redirect."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.answers.locations import host_of, led
from bot.domain.grammar.saying import safe_word
from bot.domain.masking import masked, without_credentials
from bot.domain.proof.finding import Verdict
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import LOCATION_MAX, Glance, Spot, Tier, do, each, names_of
from bot.domain.why.times import is_from_before, took

_SHORT_REDIRECTS = "Have the deploy purge the redirects that it changes, or give them a short life: `s-maxage=60`."
_SHORT_ERRORS = (
    "Give errors a short life of their own: `Cache-Control: no-store` on them, or the CDN's lifetime for errors."
)
_AT_ITS_END = "Purge the URL that visitors end at."
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
    what = "a redirect" if goes else "an error" if look.status >= 400 else "an answer without a page"
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
    """The page lives at another URL: this one is a redirect everywhere. An origin that only asks for https, since it
    is asked without, says nothing of the page."""
    origin = case.origin
    if origin is None or not origin.is_about_the_page or not origin.location or case.saw_old:
        return None
    if origin.look.only_asks_for_tls:
        return None
    goes = led(case.url, origin.location)
    if _is_same_page(case, goes):
        return _loop(case, origin, [spot for spot in case.at(Tier.EDGE) if _leads_back(case, spot.last)])
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL only redirects ({origin.look.status}) to {masked(goes)[:200]}, and holds no page itself."
        + ("" if _is_ours(case, goes) else _elsewhere(case)),
        (f"origin: {origin.look.status}, location: {masked(origin.location)[:200]}",),
        _follow(case, goes),
        _AT_ITS_END,
    )


def redirected_at_edge(case: Case) -> Cause | None:
    """No visitor of an edge gets the page, which the origin has: all are sent elsewhere, by nobody's kept answer."""
    edges = case.at(Tier.EDGE)
    sent = [spot for spot in edges if spot.last.location and case.verdict_at(spot) is Verdict.UNKNOWN]
    if case.origin is None or not case.origin.is_about_the_page or case.origin.look.redirects:
        return None
    if not sent or len(sent) != len(edges) or any(_is_of_another(spot) for spot in sent):
        return None
    goes = led(case.url, sent[0].last.location)
    if _is_same_page(case, goes):
        return _loop(case, None, sent)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"{names_of(sent)} {do(sent, 'redirects', 'redirect')} this URL ({sent[0].look.status}) to"
        f" {masked(goes)[:200]}, and the origin gives a page: it may be a rule of the CDN, for https, a country or a"
        " language." + ("" if _is_ours(case, goes) else _elsewhere(case)),
        (*each(sent), *each(case.at(Tier.ORIGIN))),
        _follow(case, goes),
        _AT_ITS_END,
    )


def _is_of_another(spot: Spot) -> bool:
    """Whether it only asks for https, since it is asked without, or is a firewall's redirect to its challenge."""
    return spot.look.only_asks_for_tls or not spot.last.is_about_the_page


def _loop(case: Case, origin: Glance | None, edges: Sequence[Spot]) -> Cause:
    """A redirect to itself, at the origin too or at edges alone."""
    at = [*(["the origin"] if origin is not None else []), *([names_of(edges)] if edges else [])]
    status = (origin or edges[0].last).look.status
    answers = [*([origin] if origin is not None else []), *(spot.last for spot in edges)]
    cookie = (
        ", unless the cookie that it sets ends that" if any(one.answer.says("set-cookie") for one in answers) else ""
    )
    where = "at the origin" if origin is not None else "at the CDN"
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL redirects to itself ({status}) at {' and at '.join(at)}: a loop, on which browsers give up{cookie}.",
        (*each(edges), *each(case.at(Tier.ORIGIN))),
        Cure(
            "Check again",
            f"check {case.typed}",
            f"Mend the redirect {where}, then purge it. Mostly it sends visitors to https or to another spelling, and"
            " something on the way takes that away again.",
        ),
        "Let one place alone redirect to https, and tell the origin which scheme visitors use (`X-Forwarded-Proto`).",
    )


def _leads_back(case: Case, glance: Glance) -> bool:
    """Whether it leads to itself, and not to https alone, since it was asked without."""
    if glance.look.only_asks_for_tls:
        return False
    return bool(glance.location) and _is_same_page(case, led(case.url, glance.location))


def _is_same_page(case: Case, goes: str) -> bool:
    return goes.partition("#")[0] == case.url.partition("#")[0]


def _is_ours(case: Case, goes: str) -> bool:
    there = without_credentials(goes)
    return host_of(there) in case.site.hosts and bool(_URL.fullmatch(there))


def _elsewhere(case: Case) -> str:
    return f" That leads elsewhere: it is no page of {case.site.name}, and was not looked at."


def _follow(case: Case, goes: str) -> Cure:
    """To the page that it leads to, where that is one of the site's."""
    if not _is_ours(case, goes):
        return Cure("Check again", f"check {case.typed}", "Ask whoever runs the page that visitors end at.")
    line = f"why {safe_word(without_credentials(goes))}"
    return Cure("Ask about that one", line, "Ask about the page that visitors end at: it was not looked at.")
