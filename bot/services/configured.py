"""Whether what a job is for is still configured: its site, its layers, its hosts."""

from __future__ import annotations

from collections.abc import Collection

from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Deny
from bot.domain.target import host_of
from bot.ledger.books import Books
from bot.services.setup import Core
from providers.contract import Kind

_OF_A_HOST = frozenset({Kind.URL, Kind.PREFIX, Kind.PATTERN, Kind.HOST})  # others are on every host of the site
GONE = "configuration"  # the name of what says no there, in the place of a rule's
ANEW = "Ask for it anew."


def why_gone(books: Books, core: Core, job: JobView) -> Deny | None:
    """The no to `job` of a configuration that does not know all of it; None where it does."""
    why = no_longer_configured(books, core, job)
    return Deny(GONE, why.removesuffix(f" {ANEW}"), ANEW) if why else None


def no_longer_configured(books: Books, core: Core, job: JobView) -> str:
    """What of `job` the configuration knows no more; "" where it knows all of it."""
    site = core.setup.sites.get(job.site)
    if site is None:
        return f"{job.site}, which it was for, is no longer configured. {ANEW}"
    known = {layer.account for layer in site.layers}
    gone = [layer.account for layer in job.layers if layer.account not in known]
    if gone:
        return f"{job.site} has no layer {gone[0]} any more: its plan is not what was asked for. {ANEW}"
    hosts = {*job.hosts} - {*site.hosts}
    if hosts and (lost := _named(books, job, hosts)):
        return f"{lost} is no host of {job.site} any more: its plan is not what was asked for. {ANEW}"
    return ""


def _named(books: Books, job: JobView, hosts: Collection[str]) -> str:
    """The first of `hosts` that a target of `job` reaches; "" where none does."""
    for target in books.jobs.targets(job.id):
        if target.kind in _OF_A_HOST and host_of(target) in hosts:
            return host_of(target)
        if target.kind not in _OF_A_HOST:
            return min(hosts)
    return ""
