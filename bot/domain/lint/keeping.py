"""Conditions about how long copies are kept, and whether the answer says so in one voice."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.domain.answers.caches import ANY, TARGETED
from bot.domain.answers.caching import Basis, Directives, Lifetime, is_targeted, titled
from bot.domain.answers.fingerprint import MONTH, named, version_in_query
from bot.domain.lint.apart import ask_each_time, kept_in_front, targeted
from bot.domain.lint.finding import Cure, Found
from bot.domain.lint.served import Served, up_to

PAGE_MAX = 180  # seconds: webhint's limit for a page (@hint/hint-http-cache 4.0.23)
FILE_MAX = 86_400
APART_MAX = 60  # seconds that Expires and max-age may differ

_QUOTED = re.compile(r'"[^"]*"')

FOR_EVER = Cure((("Cache-Control", "public, max-age=31536000, immutable"),), ("Expires",))


def missing(served: Served) -> Found | None:
    """CC01: nothing says how long."""
    targeted = any(name in served.headers for name in TARGETED)
    if served.status != 200 or not served.policy.says_nothing or targeted:
        return None
    causes = f"Nothing says how long to keep it, so every cache decides for itself.{_guessed(served)}{_default(served)}"
    lasts = served.is_file and served.is_hashed
    cure, in_front = (FOR_EVER, "") if lasts else (ask_each_time(served), kept_in_front(served))
    control = "Cache-Control is empty" if "cache-control" in served.headers else "no Cache-Control"
    return Found(causes, f"{control}, no Expires", cure, in_front=in_front)


def _guessed(served: Served) -> str:
    if served.browser.basis is not Basis.GUESS or not served.browser.seconds:
        return ""
    return f" Browsers may keep the old one for about {up_to(served.browser.seconds)}, going by Last-Modified."


def _default(served: Served) -> str:
    """What the cache in front does by itself, if that is known."""
    kept: Lifetime = served.shared
    if kept.basis is not Basis.DEFAULT or not kept.seconds:
        return ""
    return f" {served.cache.title} keeps it {up_to(kept.seconds)} unless it is set otherwise."


def page_kept_long(served: Served) -> Found | None:
    """CC02: a page that browsers keep, or show long after its end."""
    seconds = served.browser.seconds or 0
    if not served.is_page or served.status != 200:
        return None
    if not served.is_long_in_browsers or seconds <= PAGE_MAX:
        return _shown_once_more(served)
    causes = (
        f"After your next deploy visitors may see the old page for up to {up_to(seconds)}; "
        "a purge cannot reach browsers."
    )
    return Found(causes, _kept_by(served), ask_each_time(served), in_front=kept_in_front(served))


def _shown_once_more(served: Served) -> Found | None:
    """A page that browsers and caches may show long after its end, while they fetch it anew (RFC 5861, 3)."""
    said = served.policy.control
    beyond = said.seconds("stale-while-revalidate") or 0
    forbidden = served.policy.guards or said.has("must-revalidate") or said.seconds("s-maxage") is not None
    if forbidden or beyond <= FILE_MAX:
        return None
    causes = (
        f"For up to {up_to(beyond)} after your next deploy whoever has the old page may see it once more, while the new"
        " one is fetched (stale-while-revalidate); a purge cannot reach browsers."
    )
    return Found(causes, _control(served), ask_each_time(served), in_front=kept_in_front(served))


def file_kept_long(served: Served) -> Found | None:
    """CC03: a file that browsers keep under a name that does not change."""
    seconds = served.browser.seconds or 0
    forever = served.policy.control.has("immutable") and not served.policy.guards
    long = served.is_long_in_browsers and seconds > FILE_MAX
    if not served.is_file or served.status != 200 or served.is_hashed or served.is_worker or not (long or forever):
        return None
    if version_in_query(served.url):
        return None  # browsers keep it by its whole address: CC18 says what that takes
    how_long = f"for up to {up_to(seconds)}" if seconds else "for as long as they like"
    causes = (
        f"After your next deploy browsers use the old {named(served.url)} with the new page, {how_long}; "
        f"a purge cannot reach browsers.{_unless_hashed(served)}"
    )
    cure = replace(ask_each_time(served), special="names")
    return Found(causes, _kept_by(served), cure, in_front=kept_in_front(served))


def _unless_hashed(served: Served) -> str:
    """What else it may be, where its name reads like a word and like a hash."""
    if not served.may_be_hashed:
        return ""
    return " By its name nobody can tell whether a build made that from the content: if one did, nothing is wrong here."


def file_kept_short(served: Served) -> Found | None:
    """CC04: a file named by its content that browsers do not keep."""
    known = served.browser.seconds
    if not served.is_file or served.status != 200 or not served.is_hashed or served.policy.says_nothing:
        return None
    if known is None or known >= MONTH:
        return None
    causes = (
        f"{named(served.url)} looks named by its content, so its copies never grow old, "
        f"but browsers ask for it again after {up_to(known)}: repeated visits are slower than they need be."
        if known
        else f"{named(served.url)} looks named by its content, so its copies never grow old, "
        "but browsers ask for it each time: repeated visits are slower than they need be."
    )
    return Found(causes, _kept_by(served), FOR_EVER)


def conflict(served: Served) -> Found | None:
    """CC05: directives that exclude each other, in Cache-Control or in a CDN's own field; or that a semicolon parts."""
    own = sorted(TARGETED.intersection(served.headers))
    for name in ("cache-control", *(one for one in own if is_targeted(one, served.headers[one]))):
        title, value = titled(name), served.headers.get(name, "")
        if found := _contradiction(Directives.read(value)):
            what, keep = found
            causes = (
                f"{title} contradicts itself: {what}. Caches differ in which they obey, so nobody can tell who keeps"
                " it."
            )
            return Found(causes, f"{title}: {value}", Cure(((title, keep),)))
    return _semicolon(served)


def _contradiction(said: Directives) -> tuple[str, str] | None:
    """What excludes what, and what to keep of it."""
    doubled = next((name for name in ("max-age", "s-maxage") if len(said.values(name)) > 1), "")
    lasting = (said.seconds("max-age") or 0) > 0 or (said.seconds("s-maxage") or 0) > 0
    if said.has("no-store") and lasting:
        return "no-store says never to keep it, and max-age says for how long", "no-store"
    if said.has("public") and said.has("private"):
        return "it is called public and private at once", "private"
    if said.has("private") and said.seconds("s-maxage"):
        return "private keeps it out of shared caches, and s-maxage says how long they keep it", "private"
    if doubled:
        return f"{doubled} is said twice", f"{doubled}={min(map(_number, said.values(doubled)))}"
    return None


def _semicolon(served: Served) -> Found | None:
    """Commas part directives (RFC 9111, 5.2): with a semicolon, what stands behind it is part of the word before."""
    value = served.headers.get("cache-control", "")
    if ";" not in _QUOTED.sub("", value):
        return None
    causes = (
        "Cache-Control parts its words by a semicolon, where commas belong. Caches differ in whether they read what"
        " stands behind it, so nobody can tell who keeps it."
    )
    words = [word.strip() for word in re.split("[;,]", value) if word.strip()]
    cure = Cure((("Cache-Control", ", ".join(words)),) if '"' not in value else ())
    return Found(causes, _control(served), cure)


def _number(value: str) -> int:
    return Directives((("max-age", value),)).seconds("max-age") or 0


def cancelled(served: Served) -> Found | None:
    """CC06: s-maxage takes stale-while-revalidate away (RFC 9111, 5.2.2.10: it implies proxy-revalidate)."""
    said = served.policy.control
    shared, beyond = said.seconds("s-maxage"), said.seconds("stale-while-revalidate")
    if shared is None or not beyond:
        return None
    causes = (
        f"s-maxage forbids shared caches to use a copy beyond its end, so stale-while-revalidate={beyond} does nothing "
        "in those that take it strictly: visitors wait for the origin instead."
    )
    browsers, cache = said.seconds("max-age") or 0, served.cache
    field = cache.own_field or ("cdn-cache-control" if cache is ANY else "")
    alone = bool(cache.own_field) and not served.further_in
    control = f"max-age={browsers}" if alone else f"max-age={browsers}, s-maxage={shared}"
    own = ((titled(field), targeted(shared, beyond)),) if field else ()
    in_front = "" if field else _without_a_field(cache.title)
    return Found(causes, _control(served), Cure((("Cache-Control", control), *own)), in_front=in_front)


def _without_a_field(title: str) -> str:
    return (
        f"{title} obeys no field of its own in which both could stand: leave stale-while-revalidate out, and set in"
        f" {title} for how long it may serve what is over."
    )


def expires_apart(served: Served) -> Found | None:
    """CC07: Expires says something else than max-age, or nothing that can be read."""
    policy = served.policy
    if not policy.has_expires:
        return None
    seen = f"Expires: {served.headers['expires']}"
    cure = Cure(drops=("Expires",))
    if policy.expires is None:
        return Found(
            "Expires is no date. Caches take it as over, so it only says what Cache-Control should.", seen, cure
        )
    longest = 0 if policy.guards else policy.control.seconds("max-age")
    since = served.answer.at if policy.date is None else policy.date
    if longest is None or abs(policy.expires - since - longest) <= APART_MAX:
        return None
    if longest == 0 and policy.expires <= since:
        return None  # over is over, since whenever
    told = "Old caches that know only Expires keep it for another time than the others."
    return Found(told, f"{seen}; {_control(served)}", cure)


def pragma(served: Served) -> Found | None:
    """CC08: Pragma in an answer."""
    if "pragma" not in served.headers:
        return None
    causes = "Pragma means nothing in an answer (RFC 9111, 5.4): whoever relies on it is not protected by it."
    return Found(causes, f"Pragma: {served.headers['pragma']}", Cure(drops=("Pragma",)))


def _control(served: Served) -> str:
    return f"Cache-Control: {served.headers.get('cache-control', '')}"


def _kept_by(served: Served) -> str:
    """The header that decides for browsers."""
    return _control(served) if served.policy.has_control else f"Expires: {served.headers.get('expires', '')}"
