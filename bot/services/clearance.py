"""Before the first call of a job leaves, everything that let it run is looked at once more.

    an old yes             longer ago than `run_within`
    a vote of somebody     who is no longer asked
    a changed policy       or a freeze that has begun
    a changed price        more than a fifth above what was shown
    a hold                 on the site: the job waits for its end, unless it is retried and had begun
    missing votes          of a job that ended while it waited, and is retried

Where the glass was broken nobody's vote is looked at, but all the rest is. What does not hold any more sends the job
back to be asked again, with the reason; what the policy now denies and nobody voted on is denied. People and groups are
those of at most 15 minutes ago, which a request or a vote itself may be: so Slack being away stops nothing that was
just asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor, Standing
from bot.domain.hold import Hold
from bot.domain.job import Approval, JobView, State
from bot.domain.joint import strictest
from bot.domain.plan import bound
from bot.domain.policy import RECENT_SECONDS, Allow, Ask, Decision, Deny, Members, Outline, Roster
from bot.domain.rights import Deed, Subject, authorise
from bot.domain.ruling import decide, voters
from bot.domain.steps import FOREVER
from bot.domain.told import Event, Told
from bot.domain.wording import approvals
from bot.ledger.books import Books
from bot.services.approvals import show_request_again
from bot.services.holding import hold_back
from bot.services.planning import cost_of
from bot.services.roster import read_roster
from bot.services.setup import Core

STANDS_SECONDS = 900.0  # what was read at Slack for a request or a vote is believed so long
HOLD_PATIENCE = 1.0  # seconds; the end of a hold wakes its jobs, this only finds a lost wake
COST_MORE = 1.2  # times what was shown
COST_FREE = 0.01  # US dollars; less is not worth a question


@dataclass(frozen=True, slots=True)
class People:
    """Who asked and who agreed, as Slack says now."""

    requester: Actor
    agreed: Sequence[Actor]
    roster: Roster
    others: Sequence[Actor] = ()  # whose requests are in it too

    @property
    def is_away(self) -> bool:
        """Whether Slack did not say who they are."""
        away = any(actor.standing is Standing.AWAY for actor in (*self.askers, *self.agreed))
        return away or any(members.is_away for members in self.roster.values())

    @property
    def askers(self) -> tuple[Actor, ...]:
        """Everybody who asked for some of it."""
        return self.requester, *self.others


async def people_of(core: Core, job: JobView) -> People | None:
    """Everybody whose rights count for `job`; None while Slack does not say, and it has said nothing of late."""
    yes = [vote.by for vote in job.approval.votes if vote.yes] if job.approval else []
    requester, roster = await asyncio.gather(asker(core, job.requested_by, job.team), read_roster(core))
    agreed = await asyncio.gather(*(core.directory.actor(who, "") for who in yes))
    others = await asyncio.gather(*(asker(core, who, "") for who in job.also_by))
    people = People(requester, agreed, roster, others)
    if not people.is_away:
        return people
    return _as_they_were(people, job) if core.clock.now() - _last_read(job) < STANDS_SECONDS else None


async def asker(core: Core, who: str, team: str) -> Actor:
    """Who asked, as they are now."""
    if who.startswith("token:"):
        return core.setup.tokens.get(who, Actor(who, Standing.GONE))
    return await core.directory.actor(who, team)


def _last_read(job: JobView) -> float:
    """When Slack said who may: for the request, or for the last vote."""
    return job.approval.approved if job.approval and job.approval.approved else job.created


def _as_they_were(people: People, job: JobView) -> People:
    """As they were when it was asked for or agreed to."""
    members = Members(frozenset({*job.asked_by, *(job.approval.of if job.approval else ())}))
    roster = {name: members if m.is_away else m for name, m in people.roster.items()}
    agreed, others = [*map(_as_member, people.agreed)], [*map(_as_member, people.others)]
    return People(_as_member(people.requester), agreed, roster, others)


def _as_member(actor: Actor) -> Actor:
    return replace(actor, standing=Standing.MEMBER) if actor.standing is Standing.AWAY else actor


def cleared(books: Books, core: Core, job: JobView, people: People, now: float) -> JobView | None:
    """None when `job` may begin; else the job as it goes on: asked again or denied, with the reason, which is told."""
    hold = books.holds.on(job.site, now)
    if hold is not None and not any(layer.started is not None for layer in job.layers):
        return _wait_for(books, job, hold.alone, now)
    outline = _outline(books, core, job, now)
    decision = judged_again(books, core, job, people, outline, now)
    why = _what_changed(core, job, people, decision, outline.usd, now)
    if not why:
        return None
    if isinstance(decision, Ask) or job.approval is not None:
        return _ask_again(books, core, job, decision, outline.usd, why, now)
    return _deny(books, job, why, now)


def judge_again(books: Books, core: Core, job: JobView, people: People, now: float) -> Decision:
    """What the policy says of `job` at `now`."""
    return judged_again(books, core, job, people, _outline(books, core, job, now), now)


def judged_again(books: Books, core: Core, job: JobView, people: People, outline: Outline, now: float) -> Decision:
    """The strictest answer to those who asked."""

    def answer(who: Actor) -> Decision:
        recent = books.jobs.recent_counts(who.id, job.site, job.created - RECENT_SECONDS, job.id)
        return decide(who, outline, core.setup.policy, people.roster, now, recent)

    return strictest([answer(who) for who in people.askers], job.asked_by)


def _wait_for(books: Books, job: JobView, hold: Hold, now: float) -> JobView:
    """`job` until `hold` ends."""
    due_at = now + FOREVER if hold.until is None else hold.until + HOLD_PATIENCE
    return replace(hold_back(books, job, hold, now), due_at=due_at)


def _outline(books: Books, core: Core, job: JobView, now: float) -> Outline:
    providers = core.setup.providers
    costs = [cost_of(layer.account, layer.spends, books, providers[layer.account], now) for layer in job.layers]
    usd = sum(cost.usd for cost in costs if cost is not None)
    return Outline(job.site, job.environment, job.counts, job.soft, usd, bool(job.reason.strip()), job.kind)


def _what_changed(core: Core, job: JobView, people: People, decision: Decision, usd: float, now: float) -> str:
    """Why the job may not begin; "" when it may."""
    approval = job.approval
    if isinstance(decision, Deny):
        return f"{decision.why.rstrip('.')}. {decision.advice}".strip()
    if isinstance(decision, Allow):
        return ""
    if approval is None:
        return f"{decision.why[:1].upper()}{decision.why[1:]}."
    if _has_begun(job, approval):
        return ""
    if approval.approved is not None and now - approval.approved > approval.run_within:
        what = "The glass was broken" if approval.broken_by else "The last yes was"
        within = approval.run_within
        ago = f"{within / 60:.0f} min" if within >= 60 else f"{within:.0f} s"
        return f"{what} more than {ago} ago."
    if approval.broken_by:
        return ""
    agreed = len({who.id for who in people.agreed})
    if agreed < approval.needed:
        return f"It ended before it was approved: {agreed} of {approval.needed} agreed."
    if lost := _lost_votes(core, job, approval, people):
        return f"{lost} may no longer vote on it."
    if usd > approval.usd * COST_MORE and usd - approval.usd > COST_FREE:
        return f"It costs about ${usd:,.2f} now; ${approval.usd:,.2f} was shown."
    if bound(job.digest, decision) != approval.digest:
        return f"The policy has changed: it needs {approvals(decision.needed)} now, since {decision.why}."
    return ""


def _has_begun(job: JobView, approval: Approval) -> bool:
    """Whether calls have left under this very approval: what is retried was looked at then."""
    agreed = approval.approved
    return agreed is not None and any(layer.started is not None and layer.started >= agreed for layer in job.layers)


def _lost_votes(core: Core, job: JobView, approval: Approval, people: People) -> str:
    able = voters(core.setup.policy, people.roster, approval.groups, job.asked_by).people
    subject = Subject(job.site, job, voters=able)
    lost = [who.id for who in people.agreed if authorise(who, Deed.VOTE, subject) is not None]
    return " and ".join(f"<@{who}>" for who in lost)


def _ask_again(books: Books, core: Core, job: JobView, decision: Decision, usd: float, why: str, now: float) -> JobView:
    policy = core.setup.policy
    old = job.approval or Approval(0, (), now, job.rule, "", core.setup.approvals_channel, round=-1)
    again = replace(
        old, expires=now + policy.approve_within, votes=(), asked=now, approved=None, round=old.round + 1,
        returned=why, usd=usd, run_within=policy.run_within, broken_by="", broken_because="", reminded=False,
        earlier=(*old.earlier, *old.votes),
    )  # fmt: skip
    if isinstance(decision, Ask):
        again = replace(
            again, needed=decision.needed, of=decision.of, groups=decision.groups, rule=decision.rule,
            why=decision.why, digest=bound(job.digest, decision),
        )  # fmt: skip
    books.messages.say(job.id, Told(Event.ASKED_AGAIN, text=why, n=again.needed), now)
    books.journal.add(now, "asked_again", "policy", job.id, why=why, rule=again.rule, policy=policy.version)
    asked = replace(job, state=State.WAITING, approval=again, rule=again.rule, due_at=now)
    show_request_again(books, core, asked, now)
    return asked


def _deny(books: Books, job: JobView, why: str, now: float) -> JobView:
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.REFUSED, text=why), now)
    books.journal.add(now, "denied", "policy", job.id, why=why)
    return replace(job, state=State.DENIED, due_at=None, ended=now, stop_reason=f"policy: {why}")
