"""before … after …: the one page of a purge that shows best that it worked.

A page that was old before comes first, since only that proves something; of those that are alike in this, what was
named, in the order of the request, then what lies on a host that was named, then whatever else was looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.domain.deploys.deploy import is_page
from bot.domain.durations import length
from bot.domain.jobs.job import JobView, State
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.look import Likeness, Look, bare_etag, compare
from bot.domain.proof.places import named_one
from bot.domain.proof.verdict import Verdict, describe
from bot.services.looks.checks import DNS
from bot.slack.cards.words import PLACE_MAX
from bot.slack.escape import escape, url_text
from providers.contract import Kind

DIGEST_MAX = 12  # characters shown
_CHANGED = frozenset({Likeness.OTHER, Likeness.OTHER_BYTES, Likeness.TORN})
Rank = tuple[bool, bool, int, bool]


def comparison(job: JobView) -> str:
    """What one page was before and is after, at one place; that it is one of many is said. "" where nothing shows."""
    after = _shown(job)
    if after is None or job.state is not State.DONE or job.verdict is not Verdict.FRESH:
        return ""
    before = _before(job, after) if job.layers else None  # with nothing to purge there is no before
    if before and (nameless := _without_a_name(before, after)):
        before_told, after_told = nameless
    else:
        before_told, after_told = describe(before, before.at) if before else "", describe(after, after.at)
    was = f"before: {escape(before_told, 200)} · " if before else ""
    alone = job.kind is Kind.URL and job.targets == 1 and job.sample == (after.url,)
    many = len(job.covered) > 1
    page = "" if alone else f"{'one of them: ' if many else ''}{url_text(after.url, 150)} · "
    place = "" if after.place == DNS else f"{escape(named_one(after.place, [after]), PLACE_MAX)} "
    now = f"after{_later(job, after)}: " if job.layers else ""
    return f"{page}{place}{was}{now}{escape(after_told, 200)} = origin"


def _without_a_name(before: Look, after: Look) -> tuple[str, str] | None:
    """Both by their bytes, where nothing else tells them apart; None where something does."""
    told = describe(before, before.at)
    if told != describe(after, after.at) or before.version or bare_etag(before.etag) or before.problem:
        return None
    same = "the same" if compare(before, after).is_same else told
    if not (before.digest and after.digest) or before.digest == after.digest:
        return told, same
    return f"{told}, SHA-256 {before.digest[:DIGEST_MAX]}…", f"{told}, SHA-256 {after.digest[:DIGEST_MAX]}…"


def _later(job: JobView, after: Look) -> str:
    """How long after the proof the look was made, where the edge was looked at again since."""
    return f", looked at again {length(after.at - job.proven)} later" if job.proven and after.at > job.proven else ""


def _shown(job: JobView) -> Look | None:
    """The look that shows most, the first of those that show as much."""
    seen = job.first_looks if Doubt.MOVED_ON in job.doubts else job.looks  # what it was proven by
    looks = [x for x in seen if x.place in job.fresh_at and x.url in job.covered and not x.problem]
    named = {_host(_bare(place)) for place in _places(job)}
    return min(looks, key=lambda look: _rank(job, look, named), default=None)


def _rank(job: JobView, look: Look, hosts: Collection[str]) -> Rank:
    """The less, the more it shows."""
    before = _before(job, look)
    was_old = before is not None and not before.problem and compare(before, look) in _CHANGED
    return not was_old, before is None, _named_at(job, look.url), _host(_bare(look.url)) not in hosts


def _before(job: JobView, after: Look) -> Look | None:
    """The look at the same page from the same place before the purge."""
    seen_at = (after.place, after.url, after.variant)
    return next((look for look in job.before if (look.place, look.url, look.variant) == seen_at), None)


def _named_at(job: JobView, url: str) -> int:
    """The position of `url` in what was asked for: itself, or what it lies under; then what a deploy says that it must
    show, then what nobody named."""
    for n, place in enumerate(_places(job)):
        is_wide = "://" not in place
        if url == place or (is_wide and f"{_bare(url)}/".startswith(f"{place.rstrip('/')}/")):
            return n
    expected = job.deploy.expected if job.deploy else ()
    return len(job.sample) + (not any(is_page(url, one) for one in expected))


def _places(job: JobView) -> Iterator[str]:
    """What was asked for, without its kind: URLs with their scheme, prefixes and hosts without one."""
    return (thing.rpartition(" ")[2] for thing in job.sample)


def _bare(url: str) -> str:
    return url.partition("://")[2] or url


def _host(place: str) -> str:
    return place.partition("/")[0]
