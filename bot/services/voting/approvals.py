"""Votes. A vote binds to the digest of the plan, counts once a person, and is checked at the click; one no ends it,
also of somebody who had said yes."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.actor import Actor, is_machine
from bot.domain.jobs.job import Approval, JobView, LayerState, State, Vote
from bot.domain.jobs.steps import ready
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Roster
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import voters
from bot.domain.policies.wording import expired
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.services.configured import no_longer_configured
from bot.services.deploying.following import given_up_for
from bot.services.forgotten import no_job
from bot.services.held.holding import hold_back, observes
from bot.services.replies import Done, Refusal
from bot.services.setup import SLACK, Core, job_name, wake_next
from bot.services.voting.altered import held_to_journal
from bot.services.voting.roster import read_roster

_UNKNOWN = "Whoever its card names was asked before that. Have the group put right at Slack, or in the policy."
_UNKNOWN_AWAY = "What Slack does not tell counts as no. Try again in a minute."


async def vote(
    core: Core, actor: Actor, number: int, yes: bool, digest: str = "", reason: str = "", round: int | None = None
) -> Done | Refusal:
    """Count `actor`'s word on job `number`. `digest` and `round` are those of the card that was clicked; empty and None
    when it was typed. A no wants a reason. What is refused has no effect."""
    actor, roster = await asyncio.gather(_as_of_now(core, actor), read_roster(core, within_a_minute=True))

    def deed(books: Books) -> Done | Refusal:
        job = _votable(books, core, actor, number, roster, yes, digest, round)
        if isinstance(job, Refusal):
            _doubt(books, core, number, roster)
            return job
        if not yes and not reason.strip():
            return Refusal(
                f"Say why: whoever asked for {job.name} reads it.",
                f"Type `{core.setup.command} deny {job.name} not during the sale`, with your own words.",
            )
        return _count(books, core, job, Vote(actor.id, yes, core.clock.now(), reason), roster)

    answer = await core.ledger.write(deed)
    core.engine.wake(SLACK)
    core.engine.wake(job_name(number))
    if isinstance(answer, Done):
        wake_next(core, answer.job)
    return answer


async def _as_of_now(core: Core, actor: Actor) -> Actor:
    """Whoever votes, as Slack says now, also where the vote was typed: what it said earlier does not stand."""
    return actor if actor.is_token else await core.directory.actor(actor.id, actor.team, within_a_minute=True)


async def deniable(core: Core, actor: Actor, number: int) -> JobView | Refusal:
    """Job `number` if `actor`'s no to it would count now, else why not."""
    actor, roster = await asyncio.gather(_as_of_now(core, actor), read_roster(core, within_a_minute=True))
    return await core.ledger.read(lambda books: _votable(books, core, actor, number, roster, yes=False))


def _votable(
    books: Books,
    core: Core,
    actor: Actor,
    number: int,
    roster: Roster,
    yes: bool,
    digest: str = "",
    round: int | None = None,
) -> JobView | Refusal:
    job = books.jobs.find(number)
    if job is None or not actor.may_see(job.site):
        return no_job(books, actor, number)
    refused = _refuse(core, actor, job, roster, yes)
    if refused is None and job.approval and not _is_newest(job.approval, digest, round):
        return Refusal(f"{job.name} is not what this card showed.", "Vote on the newest card.")
    if refused is None and yes and _has_voted(job, actor.id):
        return _twice(job, core.setup.command)
    if refused is None and yes and (gone := no_longer_configured(books, core, job)):
        advice = f"No yes helps. A no ends it: `{core.setup.command} deny {job.name} because …`."
        return Refusal(f"{job.name} cannot run. {gone}", advice)
    if refused is None and yes and (why := given_up_for(books, job)):
        return Refusal(f"{job.name} no longer waits for votes: it is given up.", f"{why}.")
    return refused or job


def _has_voted(job: JobView, who: str) -> bool:
    return job.approval is not None and any(vote.by == who for vote in job.approval.votes)


def _twice(job: JobView, command: str) -> Refusal:
    advice = f"Your vote counts once. Take it back with `{command} deny {job.name} because …`: one no ends it."
    return Refusal(f"You have voted on {job.name} already.", advice)


def _is_newest(approval: Approval, digest: str, round: int | None) -> bool:
    return digest in ("", approval.digest) and round in (None, approval.round)


def _refuse(core: Core, actor: Actor, job: JobView, roster: Roster, yes: bool) -> Refusal | None:
    able = voters(core.setup.policy, roster, job.approval.groups if job.approval else (), job.asked_by)
    denied = authorise(actor, Deed.VOTE, Subject(job.site, job, voters=able.people))
    if denied is not None and authorise(actor, Deed.SEE, Subject(job.site, job)) is not None:
        return Refusal(denied.why, denied.advice, by_rule=True)  # nor is told what became of it
    if late := too_late(job, core.clock.now(), yes):
        return late
    if denied is None:
        return None
    if able.problem and denied.rule == "approvers":
        why = f"Nobody can tell whether you may vote on {job.name}. {able.problem}"
        return Refusal(why, _UNKNOWN_AWAY if _is_away(roster) else _UNKNOWN, by_rule=True)
    return Refusal(denied.why, denied.advice, by_rule=True)


def _is_away(roster: Roster) -> bool:
    return any(members.is_away for members in roster.values())


def _doubt(books: Books, core: Core, number: int, roster: Roster) -> None:
    """Where nobody can tell who votes on a job, or the configuration knows it no more, have it judged anew: its card
    must not go on naming them. What is kept back is judged anew where everybody can be told who votes on it."""
    job = books.jobs.find(number)
    if job is None or job.state is not State.WAITING or job.approval is None:
        return
    able = voters(core.setup.policy, roster, job.approval.groups, job.asked_by)
    if job.approval.barred:
        is_over = not able.problem and number in books.jobs.kept_back()
        if is_over:  # a user-group may be what kept it back, and Slack tells it now
            look_now(books, job, core.clock.now())
        return
    if (able.problem and not _is_away(roster)) or no_longer_configured(books, core, job):
        look_now(books, job, core.clock.now())


def look_now(books: Books, job: JobView, now: float) -> None:
    """Have `job`, which waits for votes, judged anew at once."""
    if job.approval is not None:
        books.jobs.save(replace(job, approval=replace(job.approval, policy=""), due_at=now))


def too_late(job: JobView, now: float, yes: bool) -> Refusal | None:
    """Why no such vote on `job` counts any more, whoever's it is; None while one does. A no always does while it
    waits: it ends what is kept back too."""
    if job.ended_by_restore:
        return Refusal(f"{job.name} was ended by a restore of a backup: no vote counts any more.", "Ask for it again.")
    if job.state is State.EXPIRED or (
        job.state is State.WAITING and job.approval is not None and now >= job.approval.expires
    ):
        return Refusal(f"{job.name} has expired: {expired(job.agreed)}.", "Ask for it again.")
    if yes and job.state is State.WAITING and job.approval is not None and job.approval.barred:
        what = f"No yes on {job.name} helps for now. {job.approval.barred}"
        advice = "Those who are asked are called as soon as it does. A no counts now too, and ends it."
        return Refusal(what, advice, by_rule=True)
    if job.state is not State.WAITING:
        state = "given up" if _is_given_up(job) else job.state
        return Refusal(f"{job.name} no longer waits for votes: it is {state}.", _who_decided(job))
    return None


def _who_decided(job: JobView) -> str:
    """Who decided, or why it was given up."""
    votes = job.approval.votes if job.approval else ()
    if _is_given_up(job):
        return f"{job.why}."
    if job.state is State.CANCELLED or (job.approval and job.approval.broken_by):
        return ""
    no = [vote for vote in votes if not vote.yes]
    names = " and ".join(f"<@{vote.by}>" for vote in no or votes)
    return f"{names} decided." if names else ""


def _is_given_up(job: JobView) -> bool:
    return job.state is State.CANCELLED and job.stop_reason == "purgebot"


def _count(books: Books, core: Core, job: JobView, vote: Vote, roster: Roster) -> Done | Refusal:
    approval = job.approval
    if approval is None or not books.jobs.vote(job.id, vote, approval.digest, approval.round):
        return _twice(job, core.setup.command)
    event = Event.VOTED_YES if vote.yes else Event.VOTED_NO
    taken_back = _has_voted(job, vote.by)
    books.messages.say(job.id, Told(event, who=vote.by, n=int(taken_back), text=vote.reason), vote.at)
    books.messages.changed(job.id, vote.at)
    books.journal.add(
        vote.at, "vote", vote.by, job.id,
        yes=vote.yes, reason=vote.reason, digest=approval.digest, round=approval.round,
        **({"instead_of": "yes"} if taken_back else {}),
    )  # fmt: skip
    if not vote.yes:
        tell_outcome(books, job, vote.at)
        return Done(_deny(books, job, vote), "denied")
    agreed = books.jobs.votes_for(job.id, approval.digest, approval.round)
    if agreed < approval.needed:
        books.jobs.touch(job.id)
        return Done(books.jobs.get(job.id), "voted")
    books.journal.add(vote.at, "approved", "policy", job.id, votes=agreed, digest=approval.digest)
    in_doubt = _may_vote_no_longer(core, job, approval, roster)
    if not in_doubt:
        tell_outcome(books, job, vote.at)  # else what comes of that is told, once it is looked at before the first call
    approved = ready(replace(job, approval=replace(approval, approved=vote.at)), vote.at)
    if core.setup.observe and approved.state is State.QUEUED:
        return Done(books.jobs.save(observes(books, approved, vote.at)), "in doubt" if in_doubt else "approved")
    hold = books.holds.on(job.site, vote.at) if approved.state is State.QUEUED else None
    saved = books.jobs.save(hold_back(books, approved, hold, vote.at) if hold else approved)
    return Done(saved, "in doubt" if in_doubt else "approved")


def _may_vote_no_longer(core: Core, job: JobView, approval: Approval, roster: Roster) -> bool:
    """Whether somebody who agreed earlier is asked no more, so that the job does not run for their yes."""
    able = voters(core.setup.policy, roster, approval.groups, job.asked_by)
    return any(vote.yes and vote.by not in able.people for vote in approval.votes)


def _deny(books: Books, job: JobView, vote: Vote) -> JobView:
    books.batches.cancel(job.id)
    denied = replace(job, state=State.DENIED, due_at=None, ended=vote.at, stop_reason=_by(vote.by, vote.reason))
    return books.jobs.save(held_to_journal(books, denied))


def _by(who: str, reason: str) -> str:
    return f"{who}: {reason}" if reason else who


def show_request(books: Books, core: Core, job: JobView, now: float) -> None:
    """Have the request for votes posted in the approvals' channel; where the job's own card is there, or no such
    channel is configured, that card takes the votes."""
    root = books.messages.find(job.id, Role.ROOT)
    where = job.approval.channel if job.approval else ""
    if where and (root is None or root.channel != where):
        books.messages.plan(job.id, Role.REQUEST, where, "", core.dice.token(), now)


def show_request_again(books: Books, core: Core, job: JobView, now: float) -> None:
    """As for a new job; who is asked is called in the thread where the card with the votes stands already."""
    before = books.messages.find(job.id, Role.REQUEST)
    show_request(books, core, job, now)
    if before is not None or books.messages.find(job.id, Role.REQUEST) is None:
        books.messages.call(job.id, Role.AGAIN, now)


def tell_outcome(books: Books, job: JobView, now: float) -> None:
    """Have the people who asked told what was decided, by name; machines look for themselves."""
    if not all(map(is_machine, job.askers)):
        books.messages.call(job.id, Role.OUTCOME, now)


def remind(books: Books, job: JobView, now: float) -> JobView:
    """Half of the time is over: those who have not voted are called once more."""
    approval = job.approval
    if approval is None:
        return job
    books.messages.call(job.id, Role.HALF_TIME, now)
    books.journal.add(now, "reminded", "purgebot", job.id, round=approval.round)
    return replace(job, approval=replace(approval, reminded=True), due_at=approval.expires)


def withdraw(books: Books, number: int, by: str, other: JobView, now: float) -> None:
    """End job `number`, which waits for votes, since `by` asks for `other` in its place."""
    job = books.jobs.get(number)
    n = books.batches.cancel(number)
    books.messages.say(number, Told(Event.CANCELLED, who=by, n=n), now)
    books.journal.add(now, "cancelled", by, number, unsent=n, instead=other.name)
    for position, layer in enumerate(job.layers):
        books.jobs.save_layer(number, position, replace(layer, state=LayerState.STOPPED))
    why = f"{other.name} was asked for instead."
    withdrawn = replace(job, state=State.CANCELLED, due_at=None, ended=now, stop_reason=by, why=why)
    books.jobs.save(held_to_journal(books, withdrawn))
    books.messages.changed(number, now)
