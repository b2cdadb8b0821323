"""A job as JSON, as promised to machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.deploys.deploy import Deploy, Expected, is_page
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import Approval, JobView, LayerView, State
from bot.domain.jobs.progress import share_sent, still_at_it
from bot.domain.jobs.timeline import Entry, Moment
from bot.domain.jobs.warming import KEPT, Copy, Warming
from bot.domain.proof.finding import Page, Verdict, find
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.stand_ins import stand_ins
from bot.domain.stats import Stats
from bot.domain.why import Cause, Diagnosis
from bot.services.looks.checks import by_page, verdict_of
from bot.services.replies import Checked
from bot.services.running.queue import QueueShown, Waiter

Record = dict[str, object]
_FRESH = {Verdict.FRESH: True, Verdict.STALE: False}
TARGETS_MAX = 2_000  # listed; `targets` says how many there are


def job_record(job: JobView) -> Record:
    """Everything a pipeline or a checker wants of `job`. Times are ISO 8601 in UTC."""
    record: Record = {
        "job": job.name,
        "site": job.site,
        "state": job.state,
        "verdict": job.verdict,
        "kind": job.kind,
        "targets": job.targets,
        **({"targets_looked_at": job.seen} if job.seen else {}),
        "requested_by": job.requested_by,
        "created": moment(job.created),
        "layers": [_layer(layer) for layer in job.layers],
        "looks": [look_record(look, _is_fresh(look, job)) for look in job.looks],
        "browsers_may_keep_s": job.browsers_may_keep,
    }
    optional: Record = {"reason": job.reason, "why": job.why, "url": job.url, "urgent_by": job.urgent_by}
    optional["finishing"] = still_at_it(job)
    record |= {name: value for name, value in optional.items() if value}
    if job.state in (State.PURGING, State.CONFIRMING):
        record["share_sent"] = round(share_sent(job), 3)
    if job.deploy is not None:
        record["deploy"] = _deploy(job, job.deploy)
    if job.altered:
        record["altered"] = True
    if job.again_as:
        record["again_as"] = f"P-{job.again_as}"
    if job.after:
        record["after"] = f"P-{job.after}"
    if job.scheduled_for is not None:
        record["scheduled"] = _scheduled(job)
    if job.warming is not None:
        record["warming"] = warming_record(job.warming)
    if job.approval is not None:
        record["approval"] = _approval(job.approval)
    return record


def _scheduled(job: JobView) -> Record:
    """When it begins, or was to begin."""
    record: Record = {"at": moment(job.scheduled_for or job.created), "zone": job.zone}
    optional: Record = {"schedule": job.schedule}
    times = {"ran_early": job.ran_early, "missed": job.missed}
    optional |= {name: moment(at) for name, at in times.items() if at is not None}
    return record | {name: value for name, value in optional.items() if value}


def kept_record(job: JobView, moments: Sequence[Moment], targets: Sequence[str] = ()) -> Record:
    """A job of the past with everything that happened to it, as `log` hands it out; `show` with its first `targets`."""
    votes = job.approval.votes if job.approval else ()
    record = job_record(job) | {
        "sample": list(job.sample),
        "rule": job.rule,
        "source": job.source,
        "digest": job.digest,
        "ended": moment(job.ended) if job.ended is not None else None,
        "proven": moment(job.proven) if job.proven is not None else None,
        "votes": [{"by": vote.by, "yes": vote.yes, "at": moment(vote.at), "reason": vote.reason} for vote in votes],
        "timeline": [_moment(one) for one in moments],
    }
    if job.approval is not None and job.approval.broken_by:
        record |= {"broken_by": job.approval.broken_by, "broken_because": job.approval.broken_because}
    record |= {"all_targets": list(targets[:TARGETS_MAX])} if targets else {}
    record |= {"also_by": list(job.also_by)} if job.also_by else {}
    return record | ({"stopped_by": job.stop_reason} if job.stop_reason else {})


def _moment(told: Moment) -> Record:
    """One moment; what says nothing is left out."""
    what = told.what
    if isinstance(what, Entry):
        pruned: Record = {"pruned": True} if what.is_pruned else {}
        return {"at": moment(told.at), "event": what.event, "by": what.who, **pruned, **what.doc}
    fields: Record = {
        "who": what.who, "layer": what.layer, "n": what.n, "seconds": what.seconds, "ids": list(what.ids),
        "text": what.text,
    }  # fmt: skip
    return {"at": moment(told.at), "event": what.event, **{name: value for name, value in fields.items() if value}}


def _deploy(job: JobView, deploy: Deploy) -> Record:
    """What came out, and at which places each page shows what was expected of it."""
    record: Record = {"version": deploy.version, "told_by": deploy.sender}
    optional: Record = {
        "actor": deploy.actor, "link": deploy.link, "before": deploy.was, "rollback": deploy.rollback,
        "files": deploy.files, "cost": deploy.cost, "pages_under_prefixes": deploy.pages,
        "pages_under_prefixes_looked_at": stand_ins(job).seen, "told": list(deploy.told), "notes": list(deploy.notes),
        "again": f"P-{deploy.again}" if deploy.again else "",
        "expect": [_expected(job, one) for one in deploy.expected],
    }  # fmt: skip
    return record | {name: value for name, value in optional.items() if value}


def _expected(job: JobView, expected: Expected) -> Record:
    page = [look for look in job.looks if is_page(look.url, expected) and not look.variant]
    shows = dict.fromkeys(look.place for look in page if look.shows == expected.told)
    lacks = dict.fromkeys(look.place for look in page if look.lacks == expected.told)
    return {"path": expected.path, "expected": expected.told, "found_at": list(shows), "missing_at": list(lacks)}


def diagnosis_record(diagnosis: Diagnosis) -> Record:
    """A diagnosis: its cause by name, how sure it is, what shows it; the line of the next step, what is not known of
    other visitors, what prevents it and the shell line that shows it again, where there are such."""
    cause = diagnosis.cause
    record: Record = {
        "cause": cause.name,
        "sure": cause.certainty,
        "what": cause.what,
        "evidence": list(cause.evidence),
        "also": [other.name for other in diagnosis.also],
    }
    line = cause.cure.typed if cause.cure is not None else ""
    unseen = list(diagnosis.unseen)
    more = {"next": line, "not_known": unseen, "prevent": cause.prevent, "repeat": cause.repeat}
    return record | {name: told for name, told in more.items() if told}


def queue_record(shown: QueueShown) -> list[Record]:
    """Every account of a queue: what runs, what waits in its order, and how many jobs wait for something else."""
    return [
        {
            "account": account.account,
            "silent_until": moment(account.silent_until) if account.silent_until is not None else None,
            "running": [_waiter(one, None, shown.now) for one in account.running],
            "waiting": [_waiter(one, place, shown.now) for place, one in enumerate(account.waiting, 1)],
            "held": account.held,
            "scheduled": account.scheduled,
            "waiting_for_votes": account.votes,
            "needs_decision": account.decisions,
            "following": account.following,
            "standing_still": account.still,
            "finishing": account.finishing,
        }
        for account in shown.accounts
    ]


def held_record(shown: QueueShown) -> list[Record]:
    """Every hold on the sites of a queue, how many jobs wait for its end, and the first requests in line of how many;
    without a hold those that are about to run."""
    return [
        {
            "hold": _hold(held.hold) if held.hold is not None else None,
            "jobs": held.jobs,
            "requests": held.requests,
            "first": [
                {"request": one.name, "site": one.site, "requested_by": one.by, "targets": one.targets}
                for one in held.first
            ],
        }
        for held in shown.held
    ]


def _hold(hold: Hold) -> Record:
    until = moment(hold.until) if hold.until is not None else None
    return {"site": hold.site, "by": hold.by, "since": moment(hold.since), "until": until, "reason": hold.reason}


def _waiter(one: Waiter, place: int | None, now: float) -> Record:
    """One job in line, in seconds from now; of a job on a site that is not seen its place and times alone."""
    times: Record = {
        "begins_in": round(max(0.0, one.begins - now), 1) if one.begins is not None else None,
        "ends_in": round(max(0.0, one.ends - now), 1) if one.ends is not None else None,
    }
    where: Record = {"place": place} if place is not None else {}
    if not one.seen:
        return {"job": None, **where, **times}
    named: Record = {"job": one.name, "site": one.site, "requested_by": one.by, "urgent": one.urgent}
    return {**named, **where, "sent": one.gone, "in_flight": one.flying, "left": one.left, **times}


def warming_record(warming: Warming) -> Record:
    """One warming: how far it is, and what became of each copy; `warm` is null while it is under way."""
    record: Record = {
        "warming": warming.name,
        "site": warming.site,
        "ended": moment(warming.ended) if warming.ended is not None else None,
        "pages": len(warming.urls),
        "left_out": warming.left_out,
        "requests": warming.requests,
        "total": warming.total,
        "copies": [_copy(copy) for copy in (*warming.found, *warming.around)],
        "warm": _is_warm(warming),
    }
    optional: Record = {"stopped": warming.stopped, "stopped_by": warming.stopped_by, "public": list(warming.public)}
    optional["left_to_vary"] = list(warming.left_to_vary)
    optional["to_origin"] = warming.to_origin
    return record | {name: value for name, value in optional.items() if value}


def _is_warm(warming: Warming) -> bool | None:
    if warming.ended is None:
        return None
    return len(warming.found) == warming.total and all(copy.warmth in KEPT for copy in warming.found)


def _copy(copy: Copy) -> Record:
    record: Record = {"url": copy.url, "place": copy.place, "is": copy.warmth, "cache": copy.says}
    optional: Record = {"variant": copy.variant, "seen_at": copy.seen_at, "country": copy.country}
    return record | {name: value for name, value in optional.items() if value}


def stats_record(stats: Stats) -> Record:
    """What was counted. Times in seconds."""
    return {
        "total": stats.total, "by": dict(stats.by), "kinds": dict(stats.kinds), "sources": dict(stats.sources),
        "outcomes": dict(stats.outcomes), "not_run": dict(stats.not_run),
        "nothing_purged": dict(stats.in_vain),
        "proven": stats.proof.n, "p50_s": stats.proof.p50, "p95_s": stats.proof.p95,
        "broken_glass": stats.broken, "waited": stats.waited,
        "p50_alone_s": stats.alone.p50, "p95_alone_s": stats.alone.p95,
        "hot": [{"what": one.what, "n": one.n, "share": round(one.share, 4)} for one in stats.hot],
        "weekly": stats.weekly,
        "spans": [{"begin": begin, **outcomes} for begin, outcomes in stats.spans],
    }  # fmt: skip


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


def check_record(checked: Checked) -> Record:
    """A check: every look at edges and origin as a job has them, those at caches further in, and what was left out."""
    judgement, of_page = checked.judgement, by_page(checked.looks)
    record: Record = {
        "site": checked.site.name,
        "urls": list(checked.urls),
        "why": judgement.why,
        "fresh_at": list(judgement.fresh_at),
        "stale_at": list(judgement.stale_at),
        "unknown_at": list(judgement.unknown_at),
        "looks": [look_record(look, _serves(look, of_page)) for look in checked.looks],
        "inner": [look_record(look, _serves(look, of_page)) for look in checked.inner],
        "left_out": len(checked.left_out),
    }
    under_way = {url: job.name for url, job in checked.under_way.items()}
    instead = {url: _instead(cause) for url, cause in checked.ours.items()}
    optional: Record = {"under_way": under_way, "apart": dict(checked.apart), "instead": instead}
    return record | {name: value for name, value in optional.items() if value}


def _instead(cause: Cause) -> Record:
    """Why another step than a purge of the URL helps, and its line as `diagnosis_record` has it."""
    step = {"next": cause.cure.typed} if cause.cure is not None and cause.cure.line else {}
    return {"cause": cause.name, "what": cause.what, **step}


def _serves(look: Look, of_page: Mapping[str, Sequence[Look]]) -> bool | None:
    """Whether this place serves what the origin serves of this URL."""
    if look.place == ORIGIN:
        return None
    return _FRESH.get(verdict_of(look, of_page.get(look.url, ())))


def look_record(look: Look, fresh: bool | None) -> Record:
    """One look; `fresh` is null where it cannot be said."""
    record: Record = {
        "at": moment(look.at),
        "place": look.place,
        "url": look.url,
        "status": look.status,
        "cache": look.says or look.cached,
        "age": look.age,
        "etag": look.etag,
        "fresh": fresh,
    }
    if look.variant:
        record["variant"] = look.variant
    optional: Record = {
        "data_centre": look.seen_at, "data_centres": [look.seen_at, *look.also_at] if look.also_at else [],
        "version": look.version, "problem": look.problem, "leads_to": look.leads_to, "over": look.over,
    }  # fmt: skip
    return record | {name: value for name, value in optional.items() if value}


def _is_fresh(look: Look, job: JobView) -> bool | None:
    """Whether this place serves the origin's content of this URL; of another URL it may still serve the old."""
    if look.place == ORIGIN:
        return None
    has_origin = any(one.place == ORIGIN for one in (*job.looks, *job.before))
    before, after = (_like(look, looks) for looks in (job.before, job.looks))
    page = Page(look.url, before, after, has_origin, look.variant, others=job.looks)
    found = [one.verdict for one in find(page, look.place) if one.look == look]
    return _FRESH.get(found[0]) if found else None


def _like(look: Look, looks: Sequence[Look]) -> tuple[Look, ...]:
    """Those of `looks` that are answers to the same request."""
    return tuple(one for one in looks if (one.url, one.variant) == (look.url, look.variant))


def _approval(approval: Approval) -> Record:
    broken: Record = {"broken_by": approval.broken_by, "broken_because": approval.broken_because}
    return {
        "needed": approval.needed,
        "of": list(approval.of),
        "votes": [{"by": vote.by, "yes": vote.yes, "at": moment(vote.at)} for vote in approval.votes],
        "expires": moment(approval.expires),
        **(broken if approval.broken_by else {}),
    }
