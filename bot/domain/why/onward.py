"""Where a redirect leads visitors on to: round in a circle, from one URL to the next without an end, or to a page."""

from __future__ import annotations

from bot.domain.answers.locations import host_of, led, spelled
from bot.domain.grammar.saying import safe_word
from bot.domain.masking import masked, without_credentials
from bot.domain.proof.finding import Verdict
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.spots import Glance, Spot, Tier, each, in_the_middle

HOPS_MAX = 5  # that are followed; browsers give up after about 20
_PREVENT = "Let one rule alone decide where a page lives, and test a new redirect by following it to its end."


def followed(case: Case) -> Spot | None:
    """The edge whose redirect is followed: one that leads to another URL, and is no old copy."""
    for spot in case.at(Tier.EDGE):
        goes = spot.last.location and spot.last.is_about_the_page and not spot.look.leads_back
        if goes and not spot.look.only_asks_for_tls and case.verdict_at(spot) is not Verdict.STALE:
            return spot
    return None


def next_url(case: Case, glance: Glance, address: str) -> str:
    """The URL to ask for next at `address`, where `glance` leads: one of the site's that was not met yet; "" for none,
    or where that address takes https alone, and nobody can be asked over http."""
    goes = _goes(_last(case), glance)
    if not goes or host_of(goes) not in case.site.hosts or goes != without_credentials(goes):
        return ""
    if _plain(goes) in map(_plain, _met(case)) or len(case.onward) >= HOPS_MAX:
        return ""
    return goes if not (address.startswith("https:") and goes.startswith("http:")) else ""


def end_of(case: Case) -> str:
    """The last URL that visitors were followed to, which answers with no further redirect; "" where nobody followed."""
    return case.onward[-1].url if case.onward and not case.onward[-1].glance.location else ""


def going_round(case: Case) -> Cause | None:
    """Redirects from which nobody ever gets to a page."""
    spot = followed(case)
    if spot is None:
        return None
    last = case.onward[-1].glance if case.onward else spot.last
    goes = _goes(_last(case), last)
    if case.onward and goes and _plain(goes) in map(_plain, _met(case)):
        return _circle(case, spot, goes)
    if goes and len(case.onward) >= HOPS_MAX:
        return _endless(case, spot, goes)
    is_ours = host_of(goes) in case.site.hosts and goes == without_credentials(goes)
    if is_ours and not case.onward and _leads_to_http(case.url, goes):
        return _between_schemes(case, spot, goes)
    return None


def _circle(case: Case, spot: Spot, goes: str) -> Cause:
    """`goes` was met before."""
    met, back = [*map(_plain, _met(case))], _plain(goes)
    first, *more = case.onward
    behind = "".join(f", that one to {_shown(hop.url)}" for hop in more)
    home = f"back to {_shown(goes)}"
    if met.index(back) in (0, len(met) - 1):
        home = "to itself" if met.index(back) else "back to the one that was asked for"
    return _cause(
        case,
        spot,
        f"This URL redirects ({spot.look.status}) to {_shown(first.url)}{behind}, and that one {home}: a loop, on which"
        " browsers give up.",
        "Mend one of these redirects where it is made, at the origin or at the CDN; then purge each of these URLs.",
    )


def _endless(case: Case, spot: Spot, goes: str) -> Cause:
    return _cause(
        case,
        spot,
        f"This URL redirects ({spot.look.status}) on and on: {len(case.onward) + 1} redirects one after the other lead"
        f" to no page, the last one to {_shown(goes)}. Browsers give up on that after about 20.",
        "Look which rule adds to the URL each time, and mend it; then purge these URLs.",
    )


def _between_schemes(case: Case, spot: Spot, goes: str) -> Cause:
    """From https to http: nobody asked over http, but perhaps the origin."""
    sends = any(glance.look.only_asks_for_tls for glance in case.origins)
    who = "The origin sends http visitors" if sends else "Where http visitors are sent"
    back = "back to https: a loop" if sends else "to https, as is usual, that is a loop"
    return _cause(
        case,
        spot,
        f"This URL redirects ({spot.look.status}) to itself over http. {who} {back}, on which browsers give up.",
        "Look what http visitors get there, and let one rule alone decide on the scheme. Mostly the application does"
        " not know that visitors use https, since `X-Forwarded-Proto` does not reach it.",
        goes,
    )


def _cause(case: Case, spot: Spot, what: str, step: str, about: str = "") -> Cause:
    hops = (f"{spot.name}, {_shown(hop.url)}: {_told(hop.glance)}" for hop in case.onward)
    return Cause(
        Name.REDIRECTED,
        Certainty.SEEN,
        what,
        (f"{spot.name}: {_told(spot.last)}", *hops, *each(case.at(Tier.ORIGIN), lambda one: _told(one.last))),
        Cure("Ask about that one", f"why {safe_word(about)}", step)
        if about
        else Cure("Check again", f"check {case.typed}", step),
        _PREVENT,
    )


def _told(glance: Glance) -> str:
    """ "301, to /b"."""
    to = f", to {in_the_middle(masked(glance.location))}" if glance.location else ""
    return f"{glance.look.status}{to}" if glance.is_usable else glance.told


def _met(case: Case) -> list[str]:
    return [case.url, *(hop.url for hop in case.onward)]


def _last(case: Case) -> str:
    return _met(case)[-1]


def _goes(url: str, glance: Glance) -> str:
    is_known = glance.location and glance.is_about_the_page and not glance.look.only_asks_for_tls
    return led(url, glance.location).partition("#")[0] if is_known else ""


def _plain(url: str) -> str:
    """A URL as it is compared."""
    return spelled(led(url, url).partition("#")[0])


def _leads_to_http(url: str, goes: str) -> bool:
    """Whether that is the very page without TLS."""
    here, there = _plain(url).partition("://"), _plain(goes).partition("://")
    return bool(goes) and here[2] == there[2] and (here[0], there[0]) == ("https", "http")


def _shown(url: str) -> str:
    return in_the_middle(masked(url))
