"""Jobs that begin at their time: when that has come, when it was missed, when somebody has one begin now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.job import JobView, State
from bot.domain.target import host_of
from bot.domain.told import Event, Told
from bot.ledger.books import Books
from bot.services.approvals import tell_outcome
from bot.services.setup import Core
from providers.contract import Kind

_OF_A_HOST = frozenset({Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST})  # others are on every host of the site


def no_longer_configured(books: Books, core: Core, job: JobView) -> str:
    """What of `job` the configuration knows no more; "" where it knows all of it."""
    site = core.setup.sites.get(job.site)
    if site is None:
        return f"{job.site}, which it was for, is no longer configured. Ask for it anew."
    known = {layer.account for layer in site.layers}
    gone = [layer.account for layer in job.layers if layer.account not in known]
    if gone:
        return f"{job.site} has no layer {gone[0]} any more: its plan is not what was asked for. Ask for it anew."
    hosts = {*job.hosts} - {*site.hosts}
    if hosts and (lost := _named(books, job, hosts)):
        return f"{lost} is no host of {job.site} any more: its plan is not what was asked for. Ask for it anew."
    return ""


def _named(books: Books, job: JobView, hosts: Collection[str]) -> str:
    """The first of `hosts` that a target of `job` reaches; "" where none does."""
    for target in books.jobs.targets(job.id):
        if target.kind in _OF_A_HOST and host_of(target) in hosts:
            return host_of(target)
        if target.kind not in _OF_A_HOST:
            return min(hosts)
    return ""


def come_due(books: Books, job: JobView, now: float) -> JobView:
    """Its time has come: it begins now."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.CAME_DUE, seconds=now - at), now)
    books.journal.add(now, "came_due", "purgebot", job.id, due=at, late_s=round(now - at, 3))
    return _begun(job, now)


def miss(books: Books, job: JobView, now: float) -> JobView:
    """Its time has passed without it: whoever asked is told, and a person has it begin, or nobody does."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.MISSED, seconds=now - at), now)
    books.journal.add(now, "missed", "purgebot", job.id, due=at, late_s=round(now - at, 3))
    tell_outcome(books, job, now)
    return replace(job, missed=now, due_at=now)


def run_now(books: Books, job: JobView, actor: Actor, rule: str, now: float) -> JobView:
    """`actor` has it begin now; `rule` let them."""
    at = job.created if job.scheduled_for is None else job.scheduled_for
    books.messages.say(job.id, Told(Event.RAN_NOW, who=actor.id, seconds=at - now), now)
    books.journal.add(now, "ran_now", actor.id, job.id, rule=rule, due=at)
    sending = max(0.0, (job.eta or now) - job.begins)
    return replace(_begun(job, now), ran_early=now, eta=now + sending)


def _begun(job: JobView, now: float) -> JobView:
    return replace(job, state=State.QUEUED, due_at=now, missed=None, looked_before=False)
