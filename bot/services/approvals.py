"""Votes. A vote binds to the digest of the plan, counts once a person, and is checked at the click; one no ends it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.job import JobView, State, Vote
from bot.domain.policy import Roster
from bot.domain.rights import Deed, Subject, authorise
from bot.domain.ruling import voters
from bot.domain.told import Event, Told
from bot.ledger.books import Books
from bot.services.replies import Done, Refused
from bot.services.roster import read_roster
from bot.services.setup import SLACK, Core, job_name


async def vote(core: Core, actor: Actor, number: int, yes: bool, digest: str = "", reason: str = "") -> Done | Refused:
    """Count `actor`'s word on job `number`. `digest` is that of the plan on the card that was clicked; empty when it
    was typed. What is refused has no effect."""

    roster = await read_roster(core, fresh=True)

    def deed(books: Books) -> Done | Refused:
        job = books.jobs.find(number)
        if job is None or not actor.may_see(job.site):
            return Refused(f"There is no P-{number}.", "`status`, without a number, lists the jobs.")
        refused = _refuse(core, actor, job, digest, roster)
        return refused if refused else _count(books, job, Vote(actor.id, yes, core.clock.now(), reason))

    answer = await core.ledger.write(deed)
    if isinstance(answer, Done):
        core.engine.wake(SLACK)
        core.engine.wake(job_name(number))
    return answer


def _refuse(core: Core, actor: Actor, job: JobView, digest: str, roster: Roster) -> Refused | None:
    if job.state is not State.WAITING:
        return Refused(f"{job.name} no longer waits for votes: it is {job.state}.", _who_decided(job))
    if job.approval is not None and core.clock.now() >= job.approval.expires:
        return Refused(f"{job.name} has expired: nobody agreed in time.", "Ask for it again.")
    able = voters(core.setup.policy, roster, job.approval.groups if job.approval else (), job.asked_by)
    denied = authorise(actor, Deed.VOTE, Subject(job.site, job, voters=able.people))
    if denied is not None:
        why = f"{denied.why} {able.problem}" if able.problem and denied.rule == "approvers" else denied.why
        return Refused(why, denied.advice, by_rule=True)
    if job.approval is not None and digest and digest != job.approval.digest:
        return Refused(f"{job.name} is not what this card showed.", "Vote on the newest card.")
    return None


def _who_decided(job: JobView) -> str:
    votes = job.approval.votes if job.approval else ()
    names = " and ".join(f"<@{vote.by}>" for vote in votes)
    return f"{names} decided." if names else ""


def _count(books: Books, job: JobView, vote: Vote) -> Done | Refused:
    approval = job.approval
    if approval is None or not books.jobs.vote(job.id, vote, approval.digest, approval.round):
        return Refused(f"You have voted on {job.name} already.", "Your vote counts once.")
    event = Event.VOTED_YES if vote.yes else Event.VOTED_NO
    books.messages.say(job.id, Told(event, who=vote.by, text=vote.reason), vote.at)
    books.messages.changed(job.id, vote.at)
    books.journal.add(
        vote.at, "vote", vote.by, job.id,
        yes=vote.yes, reason=vote.reason, digest=approval.digest, round=approval.round,
    )  # fmt: skip
    if not vote.yes:
        return Done(_deny(books, job, vote), "denied")
    agreed = books.jobs.votes_for(job.id, approval.digest, approval.round)
    if agreed < approval.needed:
        books.jobs.touch(job.id)
        return Done(books.jobs.get(job.id), "voted")
    books.journal.add(vote.at, "approved", "policy", job.id, votes=agreed, digest=approval.digest)
    agreed_at = replace(approval, approved=vote.at)
    return Done(books.jobs.save(replace(job, state=State.QUEUED, due_at=vote.at, approval=agreed_at)), "approved")


def _deny(books: Books, job: JobView, vote: Vote) -> JobView:
    books.batches.cancel(job.id)
    return books.jobs.save(
        replace(job, state=State.DENIED, due_at=None, ended=vote.at, stop_reason=_by(vote.by, vote.reason))
    )


def _by(who: str, reason: str) -> str:
    return f"{who}: {reason}" if reason else who
