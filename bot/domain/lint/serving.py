"""Conditions about what is served: errors, redirects, versions in a query, service workers, clocks."""

from __future__ import annotations

from bot.domain.answers.caching import moment
from bot.domain.answers.fingerprint import named, version_in_query
from bot.domain.answers.headers import likely_age_of
from bot.domain.lint.apart import ask_each_time, kept_in_front
from bot.domain.lint.finding import Cure, Found
from bot.domain.lint.served import FETCHED, Served, up_to

ERROR_MAX = 60  # seconds
REDIRECT_MAX = 3600
_FOR_NOW = frozenset({302, 303, 307})
_REDIRECT = Cure((("Cache-Control", "max-age=3600"),), special="redirect")
CLOCK_MAX = 60
WORKER_MAX = 86_400  # browsers cap it there


def error_kept(served: Served) -> Found | None:
    """CC16: an error that stays."""
    said = served.policy.control
    told = 0 if served.policy.guards else max(said.seconds("max-age") or 0, said.seconds("s-maxage") or 0)
    if served.status < 400 or (told <= ERROR_MAX and not served.is_from_cache):
        return None
    stays = f"for up to {up_to(told)}" if told else "for as long as the cache is set to keep errors"
    causes = f"The error {served.status} is kept: after the page is mended visitors go on getting it {stays}."
    hit = "served from the cache" if served.is_from_cache else ""
    control = f"Cache-Control: {served.headers['cache-control']}" if served.policy.has_control else ""
    seen = "; ".join(filter(None, [f"status {served.status}", hit, control]))
    return Found(causes, seen, Cure((("Cache-Control", "no-store"),), special="error"))


def redirect_kept(served: Served) -> Found | None:
    """CC17: a permanent redirect without a word on how long (RFC 9110, 15.4.2: browsers may keep it), or one for the
    time being (15.4.3) that browsers are told to keep for long."""
    if served.status in _FOR_NOW and served.is_long_in_browsers:
        return _kept_for_now(served)
    if served.status not in (301, 308) or not served.policy.says_nothing:
        return None
    causes = (
        f"Browsers may keep a {served.status} for ever where nothing says how long. If it was wrong, "
        "they never ask again, and a purge cannot reach them."
    )
    seen = f"status {served.status}, no Cache-Control"
    return Found(causes, seen, _REDIRECT)


def _kept_for_now(served: Served) -> Found | None:
    seconds = served.browser.seconds or 0
    if seconds <= REDIRECT_MAX:
        return None
    causes = (
        f"A {served.status} leads elsewhere for the time being, and browsers are told to keep it for up to"
        f" {up_to(seconds)}: where it leads elsewhere before that, or is taken away, they do not ask, and a purge"
        " cannot reach them."
    )
    said = served.headers.get("cache-control", "")
    seen = f"Cache-Control: {said}" if served.policy.has_control else f"Expires: {served.headers.get('expires', '')}"
    return Found(causes, f"status {served.status}, {seen}", _REDIRECT)


def version_as_argument(served: Served) -> Found | None:
    """CC18: a version in the query, none in the name."""
    version = version_in_query(served.url)
    if not version or not served.is_file or served.is_hashed:
        return None
    name = named(served.url)
    causes = (
        f"{_kept_by_address(served, name, version)}A cache that leaves the query out of its key gives the old {name} "
        "until its copy expires; one that counts it keeps each version by itself, so a purge of one leaves the others; "
        "and while you deploy, an old server may answer the new address with old content, which is then kept."
    )
    return Found(causes, f"{name}?{version}", Cure(special="names"))


def _kept_by_address(served: Served, name: str, version: str) -> str:
    """What browsers do, which go by the whole address."""
    if not served.is_long_in_browsers:
        return ""
    how_long = up_to(served.browser.seconds or 0)
    return f"Browsers use the old {name} for up to {how_long} after a deploy, unless it changes {version}. "


def worker_kept(served: Served) -> Found | None:
    """CC19: a service worker's script that browsers keep."""
    if not served.is_worker or served.status != 200 or not served.is_long_in_browsers:
        return None
    seconds = min(WORKER_MAX, served.browser.seconds or 0)
    causes = (
        f"Browsers may keep the service worker {named(served.url)} for up to {up_to(seconds)} (never over a day), "
        "and visitors stay on the old application as long; a purge cannot reach them."
    )
    seen = f"Cache-Control: {served.headers['cache-control']}" if served.policy.has_control else "Expires"
    return Found(causes, seen, ask_each_time(served), in_front=kept_in_front(served))


def clock_apart(served: Served) -> Found | None:
    """CC21: a server whose clock is wrong."""
    from_origin = next((answer for answer in served.origins if answer.status), None)
    asked = from_origin or served.answer
    at = moment(asked.says("date"))
    if at is None:
        return None
    age = likely_age_of(asked.joined()) or 0
    ahead = min(at - asked.at, at + age - asked.at, key=abs)  # some caches say their own Date beside an Age
    telling = from_origin is not None or "age" in served.headers or served.cached in FETCHED
    if abs(ahead) <= CLOCK_MAX or (ahead < 0 and not telling):
        return None  # the Date of a copy is old, and says nothing of a clock
    way = "ahead of" if ahead > 0 else "behind"
    causes = (
        f"The server's clock is {up_to(abs(ahead))} {way} purgebot's. Caches reckon with Date, so Age and Expires come "
        "out wrong by as much."
    )
    return Found(causes, f"Date: {asked.says('date')}", Cure(special="clock"))
