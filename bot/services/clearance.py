"""Before the first call of a job leaves, everything that let it run is looked at once more.

    an old yes             longer ago than `run_within`
    a vote of somebody     who is no longer asked
    a changed policy       or a freeze that has begun
    a changed price        more than a fifth above what was shown
    a hold                 on the site: the job waits for its end, unless it is retried and had begun
    a bot that observes    by now: the job waits until it purges again
    missing votes          of a job that ended while it waited, and is retried

Where the glass was broken nobody's vote is looked at, but all the rest is. What does not hold any more sends the job
back to be asked again, with the reason. What the policy denies whoever agrees waits too, but nobody is asked until that
is over: until its end where that is known, else as long as one waits for votes. What nobody voted on is denied. A job
that waits is judged again where another policy is in force than the one that it was asked under. People and groups are
those of at most 15 minutes ago, which a request or a vote itself may be: so Slack being away stops nothing that was
just asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor, Standing, is_machine
from bot.domain.hold import Hold
from bot.domain.job import Approval, JobView, Part, State
from bot.domain.joint import strictest, together
from bot.domain.plan import bound
from bot.domain.policy import Allow, Ask, Decision, Deny, Members, Outline, Roster
from bot.domain.rights import Deed, Subject, authorise
from bot.domain.ruling import decide, voters
from bot.domain.steps import FOREVER, ready
from bot.domain.told import Event, Told
from bot.domain.wording import approvals, dollars
from bot.ledger.books import Books
from bot.services.approvals import show_request_again, tell_outcome
from bot.services.holding import hold_back, observes
from bot.services.local import LOCAL, OVERRULED, RULE
from bot.services.planning import cost_of
from bot.services.roster import read_roster
from bot.services.setup import Core
from bot.services.window import beside, of_job, recent

STANDS_SECONDS = 900.0  # what was read at Slack for a request or a vote is believed so long
HOLD_PATIENCE = 1.0  # seconds; the end of a hold wakes its jobs, this only finds a lost wake
COST_MORE = 1.2  # times what was shown
BARRED_AGAIN = 300.0  # seconds between two looks at a no of the policy's whose end is not known
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
    if not people.is_away or job.rule in (RULE, OVERRULED):
        return people
    return _as_they_were(people, job) if core.clock.now() - _last_read(job) < STANDS_SECONDS else None


async def asker(core: Core, who: str, team: str) -> Actor:
    """Who asked, as they are now."""
    if who.startswith(LOCAL):
        return Actor(who, Standing.LOCAL)
    if is_machine(who):
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
    if core.setup.observe:
        return observes(books, job, now)
    if job.rule == OVERRULED:
        return None
    hold = books.holds.on(job.site, now)
    begun = any(layer.started is not None for layer in job.layers) and books.said(job.id).sent
    if hold is not None and not begun:
        return _wait_for(books, core, job, people, hold.alone, now)
    if job.rule == RULE:
        return None  # nobody could vote, and what was refused was refused when it was asked for
    outline = outline_of(books, core, job, now)
    decision = judged_again(books, core, job, people, outline, now)
    why = _what_changed(books, core, job, people, decision, outline, now)
    if not why:
        return None
    if isinstance(decision, Deny) and job.approval is not None:
        return _bar(books, core, job, job.approval, decision, _lost(core, job, job.approval, people), now)
    if isinstance(decision, Ask) or job.approval is not None:
        return _ask_again(books, core, job, decision, outline.usd, why, now)
    return _deny(books, job, why, now)


def is_of_another_policy(core: Core, job: JobView) -> bool:
    """Whether `job` waits for votes that another policy than today's asked for."""
    return job.state is State.WAITING and job.approval is not None and job.approval.policy != core.setup.policy.version


def waits_on(books: Books, core: Core, job: JobView, people: People, now: float) -> JobView:
    """`job`, which waits for votes, as the policy of now has it: as it was, asked anew, kept from votes, or let go."""
    approval = job.approval
    if approval is None or job.state is not State.WAITING:
        return job
    outline = outline_of(books, core, job, now)
    decision = judged_again(books, core, job, people, outline, now)
    if isinstance(decision, Deny):
        return _bar(books, core, job, approval, decision, _lost(core, job, approval, people), now)
    if isinstance(decision, Allow):
        return _let_go(books, core, job, approval, decision, now)
    if why := _asked_otherwise(books, core, job, approval, people, decision, outline, now):
        return _ask_again(books, core, job, decision, outline.usd, why, now, Event.JUDGED_ANEW)
    same = replace(approval, of=decision.of, policy=core.setup.policy.version)
    if {*same.of} != {*approval.of}:
        books.journal.add(
            now, "decided", "policy", job.id,
            rule=same.rule, policy=same.policy, needed=same.needed, of=[*same.of], expires=same.expires,
            round=same.round,
        )  # fmt: skip
    return replace(job, approval=same, due_at=now)


def _asked_otherwise(
    books: Books, core: Core, job: JobView, approval: Approval, people: People, decision: Ask, outline: Outline,
    now: float,
) -> str:  # fmt: skip
    """What is not as it was when the votes on a waiting job were asked for; "" when all is."""
    if approval.barred:
        said = approval.bar_said or approval.barred.partition(" It ends ")[0]
        return f"What kept it back is over; it was: “{said.rstrip('.')}.”"
    if not _is_as_asked(books, core, job, approval, people, decision, outline, now):
        return _policy_changed(decision)
    lost = _lost_votes(core, job, approval, people)
    return f"{lost} may no longer vote on it." if lost else ""


def _is_as_asked(
    books: Books, core: Core, job: JobView, approval: Approval, people: People, decision: Ask, outline: Outline,
    now: float,
) -> bool:  # fmt: skip
    """Whether its votes were for no less than what `decision` asks: what counted with it may have been withdrawn."""
    if bound(job.digest, decision) == approval.digest:
        return True
    if decision.needed > approval.needed:
        return False
    then = judged_again(books, core, job, people, outline, now, withdrawn=True)
    return isinstance(then, Ask) and bound(job.digest, then) == approval.digest


def _policy_changed(decision: Ask) -> str:
    return f"The policy has changed: it needs {approvals(decision.needed)} now, since {decision.why}."


def judge_again(books: Books, core: Core, job: JobView, people: People, now: float) -> Decision:
    """What the policy says of `job` at `now`."""
    return judged_again(books, core, job, people, outline_of(books, core, job, now), now)


def judged_again(
    books: Books, core: Core, job: JobView, people: People, outline: Outline, now: float, withdrawn: bool = False
) -> Decision:
    """The strictest answer to those who asked, with what each asked for; of what begins later, as of its time."""
    ahead = now if job.scheduled_for is None or job.ran_early is not None else job.scheduled_for

    def answer(who: Actor, part: Part | None) -> Decision:
        of = of_job(job) if part is None else replace(of_job(job), counts=part.counts)
        late = recent(books, core, who.id, of, job.begins, beside(job, withdrawn))
        asked = outline if part is None else _outline_of_part(outline, part)
        return decide(who, asked, core.setup.policy, people.roster, max(now, ahead), late)

    of_all = [answer(who, None) for who in people.askers]
    if not job.parts:
        return strictest(of_all, job.asked_by)
    return together([answer(who, job.parts.get(who.id)) for who in people.askers], of_all, job.asked_by)


def _outline_of_part(outline: Outline, part: Part) -> Outline:
    """What one of several asked for of what `outline` is."""
    return replace(
        outline,
        counts=part.counts,
        usd=part.usd,
        has_reason=part.has_reason,
        spoken=part.kind,
        named=part.named,
        soft=part.soft,
    )


def _wait_for(books: Books, core: Core, job: JobView, people: People, hold: Hold, now: float) -> JobView:
    """`job` until `hold` ends, with the no that is known to meet it then."""
    due_at = now + FOREVER if hold.until is None else hold.until + HOLD_PATIENCE
    held = hold_back(books, job, hold, now)
    no = "" if held.held_ends is None else _no_at(books, core, job, people, held.held_ends)
    return replace(held, held_no=no, due_at=due_at)


def _no_at(books: Books, core: Core, job: JobView, people: People, at: float) -> str:
    """What the policy of now will say against `job` at `at`; "" where it will let it go on or ask for votes."""
    decision = judge_again(books, core, job, people, at)
    return _denied(decision) if isinstance(decision, Deny) else ""


def outline_of(books: Books, core: Core, job: JobView, now: float) -> Outline:
    """What `job` amounts to, as the policy judges it at `now`."""
    providers = core.setup.providers
    costs = [cost_of(layer.account, layer.spends, books, providers[layer.account], now) for layer in job.layers]
    usd = sum(cost.usd for cost in costs if cost is not None)
    soft = job.soft and all(layer.soft for layer in job.layers)  # an earlier version kept what was typed
    return Outline(job.site, job.environment, job.counts, soft, usd, bool(job.reason.strip()), job.kind)


def _what_changed(
    books: Books, core: Core, job: JobView, people: People, decision: Decision, outline: Outline, now: float
) -> str:
    """Why the job may not begin; "" when it may."""
    approval, usd = job.approval, outline.usd
    if isinstance(decision, Deny):
        return _denied(decision)
    if isinstance(decision, Allow):
        return ""
    if approval is None:
        return f"{decision.why[:1].upper()}{decision.why[1:]}."
    said = books.said(job.id)
    if said.sent and _has_begun(job, approval):
        return ""
    agreed_at = job.agreed_at
    if agreed_at is not None and now - agreed_at > approval.run_within:
        what = "The glass was broken" if approval.broken_by else "The last yes was"
        what = what if agreed_at == approval.approved else "It was to begin"
        within = approval.run_within
        ago = f"{within / 60:.0f} min" if within >= 60 else f"{within:.0f} s"
        return f"{what} more than {ago} ago."
    if approval.broken_by in said.glass:
        return ""
    agreed = {who.id for who in people.agreed}
    if len(agreed) < approval.needed:
        return f"It ended before it was approved: {len(agreed)} of {approval.needed} agreed."
    if forged := _too_few(len(agreed & said.agreed), max(approval.needed, said.needed or 0)):
        return forged
    if lost := _lost_votes(core, job, approval, people):
        return f"{lost} may no longer vote on it."
    if usd > approval.usd * COST_MORE and usd - approval.usd > COST_FREE:
        return f"It costs about {dollars(usd)} now; {dollars(approval.usd)} was shown."
    if not _is_as_asked(books, core, job, approval, people, decision, outline, now):
        return _policy_changed(decision)
    return _too_few(len(agreed & said.agreed), decision.needed)


def _too_few(agreed: int, needed: int) -> str:
    """What to say where the journal has fewer votes than it, or the policy of now, asks for; else ""."""
    if agreed >= needed:
        return ""
    return (
        f"Its votes are too few: {agreed} of {needed}, by what the journal says of them. Somebody changed the ledger's"
        " file: run `purgebot log verify`."
    )


def _denied(decision: Deny) -> str:
    """The policy's no, and what makes it pass."""
    why = decision.why
    if decision.rule in ("members", "sites"):  # who asked, and not what
        why = f"Whoever asked for it may do so no more: {_to_others(why)}"
        return f"{why} Somebody else can ask for it anew."
    return decision.to_others


def _to_others(why: str) -> str:
    """A no about whoever asked, for those who read it: guests may not do this."""
    said = why if why.startswith("Slack ") else f"{why[:1].lower()}{why[1:]}"
    return said.replace("who you are", "who they are").replace(" for you", " for them")


def _has_begun(job: JobView, approval: Approval) -> bool:
    """Whether calls have left under this very approval: what is retried was looked at then."""
    agreed = approval.approved
    return agreed is not None and any(layer.started is not None and layer.started >= agreed for layer in job.layers)


def _lost_votes(core: Core, job: JobView, approval: Approval, people: People) -> str:
    return " and ".join(f"<@{who}>" for who in _lost(core, job, approval, people))


def _lost(core: Core, job: JobView, approval: Approval, people: People) -> tuple[str, ...]:
    """Who agreed and may vote no longer."""
    able = voters(core.setup.policy, people.roster, approval.groups, job.asked_by).people
    subject = Subject(job.site, job, voters=able)
    return tuple(who.id for who in people.agreed if authorise(who, Deed.VOTE, subject) is not None)


def _ask_again(
    books: Books, core: Core, job: JobView, decision: Decision, usd: float, why: str, now: float,
    told: Event = Event.ASKED_AGAIN,
) -> JobView:  # fmt: skip
    policy = core.setup.policy
    old = job.approval or Approval(0, (), now, job.rule, "", core.setup.approvals_channel, round=-1)
    again = replace(
        old, expires=now + policy.approve_within, votes=(), asked=now, approved=None, round=old.round + 1,
        returned=why, usd=usd, run_within=policy.run_within, broken_by="", broken_because="", reminded=False,
        earlier=(*old.earlier, *old.votes), policy=policy.version, barred="", bar_said="", bar_lost=(),
        bar_ends=None, look_at=None,
    )  # fmt: skip
    if isinstance(decision, Ask):
        again = replace(
            again, needed=decision.needed, of=decision.of, groups=decision.groups, rule=decision.rule,
            why=decision.why, digest=bound(job.digest, decision),
        )  # fmt: skip
    books.messages.say(job.id, Told(told, text=why, n=again.needed), now)
    books.journal.add(
        now, "asked_again", "policy", job.id,
        why=why, rule=again.rule, policy=policy.version, needed=again.needed, of=[*again.of], expires=again.expires,
        round=again.round,
    )  # fmt: skip
    asked = replace(
        job, state=State.WAITING, approval=again, rule=again.rule, due_at=now, held=None, held_ends=None, held_no=""
    )
    show_request_again(books, core, asked, now)
    if told is Event.ASKED_AGAIN:
        tell_outcome(books, asked, now)
    return asked


def _bar(
    books: Books, core: Core, job: JobView, old: Approval, denied: Deny, lost: tuple[str, ...], now: float
) -> JobView:
    """`job` back among those that wait, with nobody asked: no yes helps until the policy's no is over. `lost` had
    agreed, and may vote no longer."""
    policy, why = core.setup.policy, _denied(denied)
    ends = denied.until if denied.until is not None and denied.until - now < FOREVER else None
    look_at = now + BARRED_AGAIN if ends is None else ends
    if old.barred == why:
        again = replace(old, bar_ends=ends, look_at=look_at, policy=policy.version)
        return replace(job, approval=again, due_at=min(look_at, old.expires))
    barred = replace(
        old, votes=(), approved=None, round=old.round + 1, earlier=(*old.earlier, *old.votes), broken_by="",
        broken_because="", asked=now, expires=(ends or now) + policy.approve_within, returned=why, barred=why,
        bar_said=denied.why_to_others, bar_lost=lost, bar_ends=ends, look_at=look_at, policy=policy.version,
    )  # fmt: skip
    fell = f"{'Somebody' if len(lost) == 1 else 'Some'} who agreed may vote on it no longer. " if lost else ""
    books.messages.say(job.id, Told(Event.BARRED, text=f"{fell}{why}"), now)
    books.journal.add(
        now, "asked_again", "policy", job.id,
        why=why, rule=barred.rule, denied_by=denied.rule, policy=policy.version, needed=barred.needed,
        of=[*barred.of], expires=barred.expires, round=barred.round, **({"lost": list(lost)} if lost else {}),
    )  # fmt: skip
    tell_outcome(books, job, now)
    return replace(
        job, state=State.WAITING, approval=barred, due_at=min(look_at, barred.expires),
        held=None, held_ends=None, held_no="",
    )  # fmt: skip


def _let_go(books: Books, core: Core, job: JobView, old: Approval, decision: Allow, now: float) -> JobView:
    """The policy asks for nobody's vote any more."""
    version = core.setup.policy.version
    books.messages.say(job.id, Told(Event.ALLOWED, text=decision.rule), now)
    books.journal.add(now, "decided", "policy", job.id, rule=decision.rule, policy=version, needed=0, of=[])
    free = replace(old, barred="", bar_said="", bar_lost=(), bar_ends=None, look_at=None, policy=version)
    return ready(replace(job, approval=free, rule=decision.rule, looked_before=False), now)


def _deny(books: Books, job: JobView, why: str, now: float) -> JobView:
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.REFUSED, text=why), now)
    books.journal.add(now, "denied", "policy", job.id, why=why)
    if job.scheduled_for is not None:
        tell_outcome(books, job, now)
    return replace(job, state=State.DENIED, due_at=None, ended=now, stop_reason=f"policy: {why}")
