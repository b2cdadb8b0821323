"""A job as JSON, as promised to machines."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.finding import Page, Verdict, find
from bot.domain.job import Approval, JobView, LayerView
from bot.domain.look import ORIGIN, Look

Record = dict[str, object]


def job_record(job: JobView) -> Record:
    """Everything a pipeline or a checker wants of `job`. Times are ISO 8601 in UTC."""
    record: Record = {
        "job": job.name,
        "site": job.site,
        "state": job.state,
        "verdict": job.verdict,
        "kind": job.kind,
        "targets": job.targets,
        "requested_by": job.requested_by,
        "created": moment(job.created),
        "layers": [_layer(layer) for layer in job.layers],
        "looks": [look_record(look, job) for look in job.looks],
        "browsers_may_keep_s": job.browsers_may_keep,
    }
    optional: Record = {"reason": job.reason, "why": job.why, "url": job.url}
    record |= {name: value for name, value in optional.items() if value}
    if job.approval is not None:
        record["approval"] = _approval(job.approval)
    return record


def moment(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _layer(layer: LayerView) -> Record:
    record: Record = {
        "account": layer.account,
        "state": layer.state,
        "calls": layer.calls,
        "sent": layer.sent,
        "ids": list(layer.ids),
    }
    if layer.trouble is not None:
        trouble = layer.trouble
        record["error"] = {"class": trouble.cls, "what": trouble.what, "advice": trouble.advice}
        record["failing"] = list(layer.failing)
    return record


def look_record(look: Look, job: JobView) -> Record:
    """One look; `fresh` is null where it cannot be said."""
    record: Record = {
        "at": moment(look.at),
        "place": look.place,
        "url": look.url,
        "status": look.status,
        "cache": look.says or look.cached,
        "age": look.age,
        "etag": look.etag,
        "fresh": _is_fresh(look, job),
    }
    if look.version:
        record["version"] = look.version
    if look.problem:
        record["problem"] = look.problem
    return record


def _is_fresh(look: Look, job: JobView) -> bool | None:
    """Whether this place serves the origin's content of this URL; of another URL it may still serve the old."""
    if look.place == ORIGIN:
        return None
    has_origin = any(one.place == ORIGIN for one in (*job.looks, *job.before))
    before, after = (tuple(one for one in looks if one.url == look.url) for looks in (job.before, job.looks))
    found = [one.verdict for one in find(Page(look.url, before, after, has_origin), look.place) if one.look == look]
    return {Verdict.FRESH: True, Verdict.STALE: False}.get(found[0]) if found else None


def _approval(approval: Approval) -> Record:
    broken: Record = {"broken_by": approval.broken_by, "broken_because": approval.broken_because}
    return {
        "needed": approval.needed,
        "of": list(approval.of),
        "votes": [{"by": vote.by, "yes": vote.yes, "at": moment(vote.at)} for vote in approval.votes],
        "expires": moment(approval.expires),
        **(broken if approval.broken_by else {}),
    }
