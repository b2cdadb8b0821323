"""Causes that the status of an answer shows: errors and redirects that were kept, and URLs that only redirect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.answers.locations import host_of, led
from bot.domain.grammar.saying import safe_word
from bot.domain.masking import masked, without_credentials
from bot.domain.proof.finding import Verdict
from bot.domain.why.answered_anew import answered_anew, came_since
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.kept_from_https import is_kept_from_a_page
from bot.domain.why.onward import end_of
from bot.domain.why.remedy import or_wider, past
from bot.domain.why.spots import LOCATION_MAX, Glance, Spot, Tier, do, each, in_the_middle, leading, names_of
from bot.domain.why.times import fetched_now, is_from_before, went_by

_SHORT_REDIRECTS = "Have the deploy purge the redirects that it changes, or give them a short life: `s-maxage=60`."
_SHORT_ERRORS = (
    "Give errors a short life of their own: `Cache-Control: no-store` on them, or the CDN's lifetime for errors."
)
_AT_ITS_END = "Purge the URL that visitors end at."
_URL = re.compile(r"[!-~]{1,400}")


def cached_error(case: Case) -> Cause | None:
    """A kept error or redirect where the origin has a page; or a kept redirect that leads elsewhere than its own."""
    origin = case.origin
    if origin is None:
        return None
    edges = [s for s in case.at(Tier.EDGE) if not is_kept_from_a_page(case, s)]
    kept = [s for s in edges if s.look.is_kept and s.look.status >= 300]
    sent = [s for s in edges if s.last.location and (s in kept or (s.look.is_fetched and fetched_now(s)))]
    bad = [s for s in kept if s.look.status != origin.look.status < 400]
    elsewhere = [s for s in sent if origin.location and case.verdict_at(s) is Verdict.STALE]
    since = [s for s in bad or elsewhere if came_since(case, s)]
    if since and len(since) == len(bad or elsewhere):
        return answered_anew(case, since, _what(since[0]), origin, _gives(case, origin, since[0]))
    if not bad and not elsewhere:
        return None
    cause = _kept_error(case, bad, origin) if bad else _kept_redirect(case, elsewhere, origin)
    return _after_ours(case, bad or elsewhere, cause)


def _after_ours(case: Case, bad: Sequence[Spot], cause: Cause) -> Cause:
    """The same, with the purge of ours that left them there: that one again would do so too."""
    last = case.last_purge
    if last is None or not went_by(case, last, bad):
        return cause
    title = case.layers[0].title if case.layers else "The edge"
    are_dated = all(is_from_before(case, spot, last) for spot in bad)
    dated = do(bad, "that copy is from before", "those copies are from before")
    told = dated if are_dated else f"{names_of(bad)} {do(bad, 'gives', 'give')} it all the same"
    line = f"{title} took {last.job.name} {case.ago(last.job.purged or case.now)}, and {told}"
    return replace(cause, evidence=(*cause.evidence, line), cure=past(case, last))


def _kept_error(case: Case, bad: Sequence[Spot], origin: Glance) -> Cause:
    goes = bad[0].last.location
    keep, gives = do(bad, "keeps", "keep"), _gives(case, origin, bad[0])
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN,
        f"{names_of(bad)} {keep} {_what(bad[0])} where the origin {gives}.",
        (*each(bad), f"origin: {origin.told}"),
        or_wider(case),
        _SHORT_REDIRECTS if goes else _SHORT_ERRORS,
    )


def _what(spot: Spot) -> str:
    """ "a redirect (301 to /b)"."""
    goes, status = spot.last.location, spot.look.status
    kind = "a redirect" if goes else "an error" if status >= 400 else "an answer without a page"
    return f"{kind} ({status}{f' to {masked(goes)[:LOCATION_MAX]}' if goes else ''})"


def _gives(case: Case, origin: Glance, beside: Spot) -> str:
    """What the origin does instead."""
    if not origin.location:
        return "gives a page"
    goes = beside.last.location
    if goes and led(case.url, goes) == led(case.url, origin.location):
        return f"redirects there with {origin.look.status}"
    told = f"redirects to {leading(origin.location)} ({origin.look.status})"
    return (
        f"{told}, and the two differ in what is not shown" if goes and _read_alike(case, beside.last, origin) else told
    )


def _kept_redirect(case: Case, bad: Sequence[Spot], origin: Glance) -> Cause:
    to, there = (leading(one.location) for one in (bad[0].last, origin))
    return Cause(
        Name.CACHED_ERROR,
        Certainty.SEEN,
        f"{names_of(bad)} {do(bad, 'keeps', 'keep')} a redirect to {to}, and the origin redirects to {there}"
        f"{_that_read_alike(case, bad[0].last, origin)}.",
        (*each(bad), f"origin: {origin.told}"),
        or_wider(case),
        _SHORT_REDIRECTS,
    )


def _that_read_alike(case: Case, one: Glance, other: Glance) -> str:
    """Said where nothing of what tells them apart is shown: it may be a secret, or stands behind what is shown."""
    return ", which differ in what is not shown here" if _read_alike(case, one, other) else ""


def _read_alike(case: Case, one: Glance, other: Glance) -> bool:
    return len({leading(led(case.url, glance.location)) for glance in (one, other)}) == 1


def redirected(case: Case) -> Cause | None:
    """The page lives at another URL: this one is a redirect everywhere. An origin that only asks for https, since it
    is asked without, says nothing of the page."""
    origin = case.origin
    if origin is None or not origin.is_about_the_page or not origin.location or case.saw_old:
        return None
    if origin.look.only_asks_for_tls:
        return None
    if origin.look.leads_back:
        return None  # told in `loops`
    goes = led(case.url, origin.location)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"This URL only redirects ({origin.look.status}) to {in_the_middle(masked(goes))}, and holds no page itself."
        + ("" if _is_ours(case, goes) else _elsewhere(case)),
        (f"origin: {origin.look.status}, location: {in_the_middle(masked(origin.location))}",),
        _follow(case, goes),
        _AT_ITS_END,
    )


def redirected_at_edge(case: Case) -> Cause | None:
    """No visitor of an edge gets the page, which the origin has: all are sent elsewhere, by nobody's kept answer."""
    edges = case.at(Tier.EDGE)
    sent = [spot for spot in edges if spot.last.location and case.verdict_at(spot) is Verdict.UNKNOWN]
    if case.origin is None or not case.origin.is_about_the_page or case.origin.look.redirects:
        return None
    if not sent or len(sent) != len(edges) or any(_is_of_another(spot) or spot.look.leads_back for spot in sent):
        return None
    goes = led(case.url, sent[0].last.location)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        f"{names_of(sent)} {do(sent, 'redirects', 'redirect')} this URL ({sent[0].look.status}) to"
        f" {in_the_middle(masked(goes))}, and the origin gives a page: it may be a rule of the CDN, for https, a"
        " country or a language." + ("" if _is_ours(case, goes) else _elsewhere(case)),
        (*each(sent), *each(case.at(Tier.ORIGIN))),
        _follow(case, goes),
        _AT_ITS_END,
    )


def _is_of_another(spot: Spot) -> bool:
    """Whether it only asks for https, since it is asked without, or is a firewall's redirect to its challenge."""
    return spot.look.only_asks_for_tls or not spot.last.is_about_the_page


def _is_ours(case: Case, goes: str) -> bool:
    there = without_credentials(goes)
    return host_of(there) in case.site.hosts and bool(_URL.fullmatch(there))


def _elsewhere(case: Case) -> str:
    return f" That leads elsewhere: it is no page of {case.site.name}, and was not looked at."


def _follow(case: Case, goes: str) -> Cure:
    """To the page that it leads to, where that is one of the site's."""
    if not _is_ours(case, goes):
        return Cure("Check again", f"check {case.typed}", "Ask whoever runs the page that visitors end at.")
    end = end_of(case)
    line = f"why {safe_word(_as_served(case, without_credentials(end or goes)))}"
    seen = "it was not looked at" if not end else "it was asked for once, and not compared"
    return Cure("Ask about that one", line, f"Ask about the page that visitors end at: {seen}.")


def _as_served(case: Case, url: str) -> str:
    """`url` by a scheme that the site is served over, since a place asked without TLS may name the other one; not where
    that is the page asked about."""
    scheme, _, rest = url.partition("://")
    served = url if scheme in case.site.schemes else f"{case.site.schemes[0]}://{rest}"
    return url if served == case.url else served
