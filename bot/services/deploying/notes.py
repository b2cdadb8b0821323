"""The note of a deploy is its job's card. A quiet one is posted only once something is not well, and whoever deployed
is called where it ends so."""

from __future__ import annotations

import re

from bot.domain.jobs.job import JobView, State
from bot.domain.proof.verdict import Verdict
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.services.setup import Core

_SLACK_USER = re.compile(r"[UW][A-Z0-9_]{2,}")
_UNWELL = frozenset({State.WAITING, State.NEEDS_DECISION, State.PARTIAL, State.FAILED, State.CANCELLED, State.DENIED,
                     State.EXPIRED})  # fmt: skip


def is_unwell(job: JobView) -> bool:
    """Whether somebody should know of it: it waits for a person, did not go, or is not proven."""
    return job.state in _UNWELL or (job.state is State.DONE and job.verdict is not Verdict.FRESH)


def deployer(job: JobView) -> str:
    """The Slack id of whoever deployed, where it is known; else ""."""
    named = job.deploy.actor if job.deploy else ""
    return named if _SLACK_USER.fullmatch(named) else ""


def keep_note(books: Books, core: Core, job: JobView, now: float) -> None:
    """After a change of `job`: post the note of a quiet deploy, and call whoever deployed, where that is due. Not of
    one that a person repeats, who is told as of any job."""
    if job.deploy is None or job.deploy.again or not is_unwell(job):
        return
    site = core.setup.sites.get(job.site)
    channel = job.channel or (site.channel if site else "") or core.setup.approvals_channel
    if job.deploy.quiet and channel and books.messages.find(job.id, Role.ROOT) is None:
        books.messages.plan(job.id, Role.ROOT, channel, "", core.dice.token(), now)
    if not job.state.is_open and deployer(job):
        books.messages.call(job.id, Role.OUTCOME, now)
