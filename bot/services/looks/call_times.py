"""When the pages of a job were purged: by the call that holds a page, and of that by the attempt that was taken. The
layer may have begun long before, while its provider wanted fewer calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.covering import Extent
from bot.domain.jobs.job import JobView, LayerView
from bot.domain.proof.verdict import Look
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.services.looks.witnesses import tags_of
from providers.contract import Kind

CALLS_MAX = 200  # of the outermost layer, that are held against each page
ONE_GO = 10.0  # seconds at most between the end of one layer and the beginning of the next in one run


@dataclass(frozen=True, slots=True)
class CallTimes:
    """By page, in seconds since the epoch: when the outermost layer's call that holds it was `sent`, and when the first
    layer's of the same run was, whose Age an outer cache adds to its own. `last` is when the last one was; `put_off`
    are the pages whose call was not taken at its first attempt."""

    sent: Mapping[str, float] = field(default_factory=dict)
    since: Mapping[str, float] = field(default_factory=dict)
    last: float | None = None
    put_off: Collection[str] = ()


def call_times(books: Books, job: JobView, looks: Sequence[Look]) -> CallTimes:
    """The times of the pages that are looked at; none where nothing was sent."""
    if not job.layers:
        return CallTimes(last=job.purged)
    taken = books.batches.first_taken
    *inner, outer = (
        replace(layer, started=taken(job.id, position) or layer.started) for position, layer in enumerate(job.layers)
    )
    last = books.batches.last_taken(job.id, len(inner)) or outer.started or job.purged
    if last is None:
        return CallTimes()
    taken_by = _taken(books, job, looks)
    sent = {url: max(at for at, _ in calls) for url, calls in taken_by.items()}
    put_off = {url for url, calls in taken_by.items() if any(again for _, again in calls)}
    other = last if sent or job.kind is not Kind.URL or outer.started is None else outer.started
    at = {url: sent.get(url, other) for url in job.look_urls}
    since = {url: began_in_one_go((*inner, replace(outer, started=then))) or then for url, then in at.items()}
    return CallTimes(at, since, last, put_off)


def purged_pages(books: Books, job: JobView, looks: Sequence[Look]) -> Collection[str]:
    """The pages whose call to the outermost layer was taken by an earlier run of `job`."""
    return {*_taken(books, job, looks)} if job.has_begun else set()


def _taken(books: Books, job: JobView, looks: Sequence[Look]) -> Mapping[str, Sequence[tuple[float, bool]]]:
    """By page the calls of the outermost layer that hold it: when each was sent, and whether that was not its first
    attempt. Nothing where there are too many calls."""
    calls = books.batches.taken(job.id, len(job.layers) - 1, CALLS_MAX) if job.layers else []
    if not calls:
        return {}
    tags = tags_of(books, job, looks)
    extents = [(Extent(Target(kind, value) for value in names), at, again) for kind, names, at, again in calls]
    by_page = {
        url: [(at, again) for extent, at, again in extents if extent.holds(url, tags[url])] for url in job.look_urls
    }
    return {url: found for url, found in by_page.items() if found}


def began_in_one_go(layers: Sequence[LayerView]) -> float | None:
    """When the innermost of those layers began that were purged right before the outermost one, in seconds since the
    epoch. One that was purged long before, as in a job of which the rest is tried again, tells nothing of copies."""
    began = layers[-1].started if layers else None
    for inner in reversed(layers[:-1]):
        if began is None or inner.started is None or inner.ended is None or began - inner.ended > ONE_GO:
            break
        began = min(began, inner.started)
    return began
