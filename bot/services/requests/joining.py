"""Requests for what another job will do anyway: they join it, while nothing of it has been sent.

A request joins only where that is not weaker for anybody: the job does exactly the same plan, looks and warms where the
request wants that, and waits for no votes that the request would not wait for itself. Who joins has no vote on it; a
yes that they gave is taken back. A reason of their own is kept in the thread and in the journal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.plan import Plan, bound
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Allow, Ask, Policy, Roster
from bot.domain.policies.ruling import voters
from bot.ledger.books import Books
from bot.services.replies import Joined, Refusal
from bot.services.running.urgency import Calmed, calm, hurry


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request about to become a job: by whom, under which key, and what the policy says of it."""

    actor: Actor
    key: str
    command: Command
    plan: Plan
    decision: Allow | Ask


def joined_before(books: Books, key: str, who: str) -> Joined | Refusal | None:
    """The job that `who`'s request under `key` joined, if it did; Refusal once they have left that."""
    number = books.queue.joined(key)
    if number is None:
        return None
    job = books.jobs.get(number)
    if who in job.left_by:
        return Refusal(f"This request was in {job.name}, which you have left.", "Ask for it anew.")
    return Joined(job, new=False, by_self=job.requested_by == who)


def join(books: Books, wanted: Wanted, policy: Policy, roster: Roster, now: float) -> Joined | None:
    """Have it join the first job that does all it asks for; None where there is none."""
    for number in books.queue.waiting_alike(wanted.plan.site, wanted.plan.digest):
        job = books.jobs.get(number)
        if _does_all(job, wanted) and _waits_for_the_same(job, wanted, policy, roster):
            return _join(books, job, wanted, now)
    return None


def _does_all(job: JobView, wanted: Wanted) -> bool:
    """Whether `job`, of the same plan, leaves out nothing that is wanted, and is not for a time of its own. A deploy's
    tells of that deploy."""
    command = wanted.command
    return (
        job.deploy is None
        and job.scheduled_for is None
        and (job.check or not command.check)
        and (job.warm or not command.warm)
    )


def _waits_for_the_same(job: JobView, wanted: Wanted, policy: Policy, roster: Roster) -> bool:
    """Whether nobody waits longer, or for more votes, than by themselves."""
    approval, decision = job.approval, wanted.decision
    if isinstance(decision, Allow):
        return approval is None and job.state is State.QUEUED
    if approval is None or job.state is not State.WAITING or approval.barred:
        return False
    able = voters(policy, roster, approval.groups, {*job.asked_by, wanted.actor.id})
    return len(able.people) >= approval.needed and bound(job.digest, decision) == approval.digest


def _join(books: Books, job: JobView, wanted: Wanted, now: float) -> Joined:
    who, reason = wanted.actor.id, wanted.command.reason
    books.queue.join(wanted.key, job.id, who, now, reason)
    if wanted.command.urgent and not job.urgent_by:
        hurry(books, job, who, now)
    taken_back = False
    if who not in job.askers:
        taken_back = job.approval is not None and books.jobs.unvote(job.id, who, job.approval.round)
        job = _with(job, who)
    told = Told(Event.JOINED, who=who, n=int(taken_back), text=reason)
    books.messages.say(job.id, told, now)
    books.journal.add(now, "joined", who, job.id, reason=reason, took_back=taken_back)
    books.jobs.save(job)
    books.messages.changed(job.id, now)
    books.history.keep(job.id)
    return Joined(books.jobs.get(job.id), by_self=job.requested_by == who)


def _with(job: JobView, who: str) -> JobView:
    """`job` with one more who asks for it, and so with one less who is asked."""
    left_by = tuple(one for one in job.left_by if one != who)
    joined = replace(job, also_by=(*job.also_by, who), left_by=left_by)
    if job.approval is None:
        return joined
    return replace(joined, approval=replace(job.approval, of=tuple(one for one in job.approval.of if one != who)))


def may_leave(books: Books, job: JobView, who: str) -> bool:
    """Whether a request of `who` joined `job`, which is open, and is still in it."""
    is_extra = who in job.also_by and who not in job.parts  # a part of the plan stays in it, whoever leaves
    return job.state.is_open and is_extra and who in books.queue.joiners(job.id)


def leave(books: Books, job: JobView, who: str, reason: str, now: float) -> JobView:
    """`job` goes on for the others; what `who` had brought to it goes with them."""
    books.messages.say(job.id, Told(Event.LEFT, who=who, text=reason), now)
    books.journal.add(now, "left", who, job.id, reason=reason)
    also_by = tuple(one for one in job.also_by if one != who)
    left = replace(job, also_by=also_by, left_by=(*job.left_by, who))
    if job.urgent_by == who:
        left = calm(books, left, Calmed.LEFT, now)
    left = books.jobs.save(left)
    books.history.keep(job.id)
    return left
