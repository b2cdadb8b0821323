"""What is left where nothing can be compared: no answer, or an origin that is not one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bot.domain.proof.finding import AHEAD, NEITHER_OLDER, UNSTEADY, Verdict
from bot.domain.proof.folding import folded
from bot.domain.proof.look import Look
from bot.domain.proof.unreadable import UNREADABLE
from bot.domain.proof.variants import ENCODING
from bot.domain.why import certificates
from bot.domain.why.before import told_old, were_old
from bot.domain.why.case import Case
from bot.domain.why.cause import Cause, Certainty, Cure, Name
from bot.domain.why.closed import PREVENT, silent_to_us
from bot.domain.why.repeating import shown_again
from bot.domain.why.spots import Glance, Spot, Tier, do, each, in_words, names_of, with_bytes
from bot.domain.why.unmet import unmet

_LET_THROUGH = "Let this machine through to every edge: a firewall that stops purgebot stops every proof too."
_OF_A_FIREWALL = "which may have sent a page of its own"
_TO_TELL = {  # what a reason that is not known asks for
    AHEAD: "See whether the origin went back to an older version, or one of its servers is behind: where it went back,"
    " purge the page; else bring every server up to date.",
    NEITHER_OLDER: "See whether servers of the origin give one page ETags of their own, or the edge rewrites it.",
    UNREADABLE: "Look who packs it so: a browser that did not ask for that encoding cannot read it either.",
    " redirects (": "Look which rule redirects visitors there, and ask about the page that they end at.",
    " over http, ": "Name that place by an https address: in `edges`, or in `origin`.",
    _OF_A_FIREWALL: "Let this machine through that firewall, or give the site a `marker`.",
    " under the origin's version": "Have the build write another `marker` whenever the page is another one.",
}
_TO_PREVENT = {
    AHEAD: "Have a deploy bring every server up to date before it purges, and purge whenever the origin goes back.",
    NEITHER_OLDER: "Have every server of the origin give one page one ETag, or give the site a `marker`.",
    UNREADABLE: "Let caches answer in no other encodings than a request asks for.",
    " redirects (": "Purge the URL that visitors end at: one that only redirects holds no page.",
    " over http, ": "Where visitors use https, https is what has to be looked at.",
    _OF_A_FIREWALL: _LET_THROUGH,
    " under the origin's version": "A `marker` that two contents share tells neither from the other.",
}
_BY_MARKER = (" other bytes ", " begins as the origin does", "hold nothing to compare", UNSTEADY)  # tells these apart
_REFUSED = frozenset({401, 403, 407, 429})
ORDINALS = ("asked first", "asked again", "asked once more")


def no_answer(case: Case) -> Cause | None:
    """Nothing answered."""
    silent = [spot for spot in case.spots if spot.tier is Tier.EDGE]
    if case.at(Tier.EDGE) or any(spot.last.answer.is_broken or spot.look.is_given_up for spot in silent):
        return None
    evidence = each(silent, lambda spot: spot.plain[-1].look.problem)
    if spots := certificates.untrusted(silent):
        step, what = certificates.to_mend(case, spots), certificates.told(case, spots)
        cure = Cure("Check again", f"check {case.typed}", step)
        return Cause(Name.NO_ANSWER, Certainty.SEEN, what, evidence, cure, certificates.PREVENT)
    if late := [spot for spot in silent if any(glance.answer.late for glance in spot.plain)]:
        return _late(case, late)
    return Cause(
        Name.NO_ANSWER,
        Certainty.SEEN,
        "No edge answered, so nothing can be said of what visitors get.",
        evidence,
        Cure("Check again", f"check {case.typed}", _to_reach(case, silent)),
        _LET_THROUGH,
    )


def _late(case: Case, late: Sequence[Spot]) -> Cause:
    """An edge that lets purgebot in, and does not go on."""
    begins, ends = do(late, "begins", "begin"), do(late, "ends", "end")
    return Cause(
        Name.NO_ANSWER,
        Certainty.SEEN,
        f"{names_of(late)} {begins} to answer and never {ends}: visitors there wait as well, and what they would get"
        " cannot be told.",
        each(late, lambda spot: next(glance.look.problem for glance in spot.plain if glance.answer.late)),
        Cure(
            "Check again", f"check {case.typed}", "Look at the edge and at what it asks: something there holds it back."
        ),
        "Give caches a time after which they answer without a slow origin, such as stale-if-error.",
    )


def _to_reach(case: Case, silent: Sequence[Spot]) -> str:
    """What to look at where no edge answered: what DNS said, where that led nowhere that may be looked at."""
    if not case.site.edges and any("only at configured hosts" in spot.look.problem for spot in silent):
        host = urlsplit(case.url).hostname
        return (
            f"See where DNS leads {host} from this machine: a private address is not looked at by name. A site on a"
            " private network names its edges by address, in `edges`."
        )
    return "Look at the network and at DNS, then check again."


def unsteady(case: Case) -> Cause | None:
    """The origin gives two versions: several servers of which one is old, or a deploy that is under way."""
    looks = _alike_asked(case)
    versions = list(dict.fromkeys(look.version for look in looks if look.version))
    if len(versions) < 2:
        return None
    said = " and ".join(f'"{version}"' for version in versions[:2])
    return Cause(
        Name.ORIGIN_OLD,
        Certainty.SEEN,
        f"The origin itself gives two versions, {said}: some of its servers are old, or a deploy is under way, and"
        " caches keep whichever they met.",
        (f"origin: {', then '.join(map(_answered, _telling(looks)))}; asked {len(looks)} times in all",),
        Cure("Check again", f"check {case.typed}", "Finish the deploy on every server first, then purge."),
        "Let a deploy end when every server gives the new version, and purge after that.",
        repeat=shown_again(case, case.at(Tier.ORIGIN), several=True),
    )


def _telling(looks: Sequence[Look]) -> list[Look]:
    """A plain visitor's answers, and of the others those that name a version which was not met before."""
    told: list[Look] = []
    for look in looks:
        if not look.variant or (look.version and look.version not in [one.version for one in told]):
            told.append(look)
    return told


def _answered(look: Look) -> str:
    """Which answer it was, and what it said."""
    asked = f" ({look.variant})" if look.variant else ""
    return f'"{look.version}"{asked}' if look.version else f"no version{asked}"


def _alike_asked(case: Case) -> list[Look]:
    """The origin's answers to requests that one server would answer alike: plain, or in another encoding."""
    spots = case.at(Tier.ORIGIN)
    encoded = [one for spot in spots for one in spot.varied if one.answer.asked and one.answer.asked[0][0] == ENCODING]
    return [one.look for one in (*case.origins, *encoded) if one.is_usable and one.look.status < 300]


def undecided(case: Case) -> Cause:
    """What was seen, where no rule has a cause for it."""
    edges = case.at(Tier.EDGE)
    return Cause(
        Name.UNKNOWN,
        Certainty.POSSIBLE,
        f"It cannot be told whether {names_of(edges)} {do(edges, 'is', 'are')} old: what {do(edges, 'it', 'they')} gave"
        " fits no cause that is known here.",
        each(edges, lambda spot: spot.told),
        Cure("Check again", f"check {case.typed}", "Ask again in a minute: a deploy or a purge may be under way."),
        "With a `marker`, every look tells the page from what stands in for it.",
    )


def not_known(case: Case) -> Cause | None:
    """What cannot be told, and why; an edge without any answer too, where it was old before."""
    silent = [spot for spot in unmet(case) if case.at(Tier.EDGE)]
    open_ = [spot for spot in case.at(Tier.EDGE) if case.verdict_at(spot) is Verdict.UNKNOWN]
    unknown = [*open_, *(spot for spot in were_old(case, silent) if spot not in open_)]
    if not unknown:
        return None
    findings = [case.finding_at(spot) for spot in unknown]
    whys = list(dict.fromkeys(found.why for found in findings))
    reasons, unsteady_, was = folded(findings, in_words), UNSTEADY in whys, told_old(case, unknown)
    return Cause(
        Name.UNSTEADY if unsteady_ else Name.UNKNOWN,
        Certainty.SEEN if unsteady_ else Certainty.POSSIBLE,
        f"It cannot be told whether {names_of(unknown)} {do(unknown, 'is', 'are')} old: {'; '.join(reasons)}."
        f"{f' {was}.' if was else ''}",
        (*each(unknown, with_bytes if _are_other_bytes(whys) else lambda spot: spot.told), *_origins(case, whys)),
        Cure("Check again", f"check {case.typed}", _to_tell(case, unknown, whys)),
        _prevent(case, unknown, whys),
        repeat=shown_again(case, case.at(Tier.ORIGIN), several=True) if unsteady_ else "",
        pageless=tuple(spot.name for spot in unknown if spot in silent),
    )


def _to_tell(case: Case, unknown: Sequence[Spot], whys: list[str]) -> str:
    """What has to be there before anything can be told."""
    if silent_to_us(case):
        return "See whether the origin fails or refuses this machine: mend that, or name an `origin` that answers it."
    if silent := [spot for spot in unknown if not spot.last.is_usable]:
        return _to_reach(case, silent)
    if any(spot.look.status in _REFUSED for spot in unknown):
        return "See whether a firewall or a limit refuses this machine there, and let it through."
    if _is_error(whys):
        return "Look why it answers so, then check again."
    if said := _by_reason(whys, _TO_TELL):
        return said
    if not case.site.origin:
        return "Give the site an `origin` to compare with."
    if _a_marker_tells(whys):
        return "Give the site a `marker`: a header or a `<meta>` that names the build."
    return "Look what answers there, then check again."


def _prevent(case: Case, unknown: Sequence[Spot], whys: list[str]) -> str:
    """What would let the next look tell."""
    if silent_to_us(case):
        return PREVENT
    if any(spot.look.status in _REFUSED or not spot.last.is_usable for spot in unknown):
        return _LET_THROUGH
    if _is_error(whys):
        return "Watch the errors of the edges and the origin themselves: no purge mends those."
    if said := _by_reason(whys, _TO_PREVENT):
        return said
    if not case.site.origin:
        return "With an `origin` to compare with, every look tells fresh from old."
    if _a_marker_tells(whys):
        return "With a `marker`, every look tells fresh from old, whatever else in the page changes."
    return "Have every place answer this machine as it answers visitors."


def _a_marker_tells(whys: list[str]) -> bool:
    return any(reason in why for reason in _BY_MARKER for why in whys)


def _by_reason(whys: list[str], told: Mapping[str, str]) -> str:
    return next((said for reason, said in told.items() if any(reason in why for why in whys)), "")


def _are_other_bytes(whys: list[str]) -> bool:
    return any(" other bytes " in why for why in whys)


def _origins(case: Case, whys: list[str]) -> list[str]:
    """What the origin answered each time, by its bytes where they differ."""
    if _are_other_bytes(whys):
        return list(each(case.at(Tier.ORIGIN), with_bytes))
    if len({glance.look.digest for glance in case.origins}) < 2:
        return list(each(case.at(Tier.ORIGIN)))
    return [f"origin, {when}: {_bytes(glance)}" for when, glance in zip(ORDINALS, case.origins, strict=False)]


def _bytes(glance: Glance) -> str:
    digest = f"SHA-256 {glance.look.digest[:12]}…" if glance.look.digest else "not read whole"
    return f"{glance.look.status}, {glance.answer.size:,} bytes, {digest}"


def _is_error(whys: list[str]) -> bool:
    return any(" answered " in why for why in whys)
