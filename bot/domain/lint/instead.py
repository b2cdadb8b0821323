"""What came where a page was asked for: the page, or an error or a redirect in its place. What those say of caching is
theirs, and tells nothing of the page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit, urlunsplit

from bot.domain.answers.answer import Answer
from bot.domain.answers.guards import challenge_on, guard_before_origin, guard_on
from bot.domain.lint.finding import Note
from bot.domain.masking import without_credentials
from bot.domain.policies.wording import listed
from bot.domain.proof.circles import NOWHERE
from bot.domain.proof.look import SENDS_ON

PLACES_SHOWN = 6
TO_ITSELF = "that is the very URL that was asked for, a loop, on which browsers give up"
WITHOUT_TLS = (
    ". If the CDN asks the origin over http, and that sends everybody to https, have it ask over https: at Cloudflare"
    " that is the SSL mode Full (strict)"
)
REFUSING = frozenset({401, 403, 407, 429})  # about who asks, not about the page


def is_whole(answer: Answer) -> bool:
    """Whether an answer is what was asked for, and no firewall's challenge."""
    return not answer.problem and 200 <= answer.status < 300 and not is_challenge(answer)


def is_challenge(answer: Answer) -> bool:
    """Whether a firewall asks for a proof of being no robot: then every header is its own, and none the page's."""
    return challenge_on(answer) is not None


def is_own(origin: Answer) -> bool:
    """Whether what the origin answered is its own, and no firewall's that stands before it."""
    return not origin.problem and guard_before_origin(origin) is None


def leads_to(answer: Answer) -> str:
    """Where a redirect leads, without fragment; "" for what is none, or cannot be read."""
    where = answer.says("location").strip()
    if answer.problem or not 300 <= answer.status < 400 or not where or is_challenge(answer):
        return ""
    try:
        parts = urlsplit(urljoin(answer.url, where))
        on_usual_port = parts.port in (None, 80, 443)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or not on_usual_port:
        return ""
    return urlunsplit(parts._replace(path=parts.path or "/", fragment=""))


def came(answers: Sequence[Answer]) -> str:
    """What came in the page's place: "fra and iad answered 503: an error in its place; sin: no answer within 8 s"."""
    problems = {answer.problem for answer in answers}
    return answers[0].problem if len(problems) == 1 and answers[0].problem else _by_place(answers)


def _by_place(answers: Sequence[Answer]) -> str:
    places: dict[str, list[str]] = {}
    for answer in answers:
        places.setdefault(_what(answer), []).append(answer.place)
    return "; ".join(f"{_at(at)}{what}" for what, at in places.items())


def _what(answer: Answer) -> str:
    if answer.problem:
        return f": {answer.problem}"
    if (guard := guard_on(answer)) is not None:
        return f" answered {answer.status}: {guard.told}"
    if answer.status >= 400:
        return f" answered {answer.status}: an error in its place"
    where = leads_to(answer)
    return f" answered {answer.status}, which leads to {in_short(where)}" if where else _not_led(answer)


def _not_led(answer: Answer) -> str:
    """Of what leads to no page that could be read here: where, and why it is not followed."""
    told, where = f" answered {answer.status}", answer.says("location").strip()
    if answer.status in SENDS_ON and not where:
        return f"{told} and {NOWHERE}"
    if not 300 <= answer.status < 400 or not where:
        return told
    try:
        parts = urlsplit(urljoin(answer.url, where))
        port = parts.port
    except ValueError:
        return f"{told}, and where that leads cannot be read"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{told}, which leads to no page"
    to = in_short(without_credentials(urlunsplit(parts)))
    if "@" in parts.netloc:
        return f"{told}, which leads to {to} with a user's name, and is not followed"
    return f"{told}, which leads to {to}, on port {port}, where nothing is read"


def in_short(url: str) -> str:
    """A URL without its query, in which others' secrets may stand."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="")) + ("?…" if parts.query else "")


def _at(places: Sequence[str]) -> str:
    named = list(dict.fromkeys("the place where DNS leads" if place == "dns" else place for place in places))
    more = len(named) - PLACES_SHOWN
    return listed([*named[:PLACES_SHOWN], *([f"{more:,} more"] if more > 0 else [])], "and")


def missed(url: str, at_edges: Sequence[Answer]) -> list[Note]:
    """Where a page that was read elsewhere was not to be had."""
    others = [answer for answer in at_edges if not is_whole(answer)]
    if not others or len(others) == len(at_edges):
        return []
    read = _at([answer.place for answer in at_edges if is_whole(answer)])
    return [Note(url, f"{_by_place(others)}. What is said here was read at {read}.")]


def beside_origin(url: str, at_edges: Sequence[Answer], origins: Sequence[Answer], is_kept: bool) -> list[Note]:
    """That edge and origin answered with something else altogether, and what follows from it. `is_kept` when a cache
    says that the edges' answers are copies of its own."""
    edges = [answer for answer in at_edges if not answer.problem and not is_challenge(answer)]
    origin = next((answer for answer in origins if is_own(answer)), None)
    if origin is None:
        return [Note(url, f"the origin was not read: {_unread(origins)}")] if origins and edges else []
    others = [answer for answer in edges if answer.status != origin.status]
    if not others:
        return []
    at_edge = "; ".join(
        f"{_at([x.place for x in others if x.status == status])} {status}"
        for status in dict.fromkeys(answer.status for answer in others)
    )
    told = f"the origin answered {origin.status}, and {at_edge}, so the two were not compared."
    return [Note(url, f"{told}{_so(origin, others, is_kept)}")]


def _unread(origins: Sequence[Answer]) -> str:
    guard = next(filter(None, map(guard_before_origin, origins)), None)
    if guard is None:
        return origins[0].problem
    return guard.told if guard.is_challenge else f"it answered {guard.status}{guard.beside}"


def _so(origin: Answer, others: Sequence[Answer], is_kept: bool) -> str:
    if is_whole(origin) and all(answer.status >= 400 for answer in others):
        if is_kept:
            return " The page is there, and a cache keeps the error: a purge brings the page back."
        return " The page is there: what stands before the origin answers with the error."
    if is_whole(origin) and all(300 <= answer.status < 400 for answer in others):
        if is_kept:
            return " The page is there, and a cache keeps the redirect: a purge brings the page back."
        return " The page is there: what stands before the origin redirects."
    if origin.status >= 400 and origin.status not in REFUSING and all(map(is_whole, others)):
        return " Visitors get a copy that is kept, and a purge now would leave them with that error."
    return ""
