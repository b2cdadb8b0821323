"""The condition about a copy that outlived what it was given, and whether what it holds is old."""

from __future__ import annotations

from bot.domain.answers.answer import Answer
from bot.domain.answers.caching import Basis, stays_beyond
from bot.domain.answers.headers import likely_age_of
from bot.domain.lint.finding import Cure, Found
from bot.domain.lint.served import Served, up_to
from bot.domain.proof.look import bare_etag

_SAID = (Basis.TARGETED, Basis.S_MAXAGE, Basis.MAX_AGE, Basis.EXPIRES)


def older_than_allowed(served: Served) -> Found | None:
    """CC14: a copy beyond its end; not where the origin has an error in its place, which no purge should let in."""
    allowed = served.shared
    age = likely_age_of(served.headers)
    if allowed.basis not in _SAID or allowed.seconds is None or age is None:
        return None
    if age <= allowed.seconds or served.origin_has_error:
        return None
    beyond = stays_beyond((served.alike[0] if served.alike else served.answer).joined())
    why = (
        f"stale-while-revalidate lets it, for {up_to(beyond)} more"
        if beyond
        else "a setting of the cache keeps it longer, or the origin could not be reached"
    )
    causes = (
        f"This copy is {up_to(age)} old and was to live {up_to(allowed.seconds)}: {_what_it_holds(served)} "
        f"It may be that {why}."
    )
    return Found(causes, f"Age: {age}; {allowed.words}", Cure(special="purge"))


def _what_it_holds(served: Served) -> str:
    """Whether visitors get old content, as far as the origin's of now tells."""
    match _is_as_origin(served):
        case True:
            return (
                "its content is what the origin has now, so nothing old is given out, but the next change may be late."
            )
        case False:
            return "visitors get old content."
    return "visitors may get old content."


def _is_as_origin(served: Served) -> bool | None:
    """None where nobody asked the origin, only the bytes differ, as an edge may rewrite them, or the origin itself
    names its content otherwise each time."""
    told = [_is_same(served.answer, origin) for origin in served.alike]
    if True in told:
        return True
    is_steady = len({bare_etag(origin.says("etag")) for origin in served.alike}) == 1
    return False if False in told and is_steady else None


def _is_same(one: Answer, other: Answer) -> bool | None:
    if one.digest and one.digest == other.digest:
        return True
    tags = bare_etag(one.says("etag")), bare_etag(other.says("etag"))
    return tags[0] == tags[1] if all(tags) else None
