"""Before the first call of a job leaves, everything that let it run is looked at once more.

    an old yes             longer ago than `run_within`
    a vote of somebody     who is no longer asked
    a changed policy       or a freeze that has begun
    a changed price        more than a fifth above what was shown
    a hold                 on the site: the job waits for its end, also one that is retried
    a bot that observes    by now: the job waits until it purges again
    missing votes          of a job that ended while it waited, and is retried

Where the glass was broken nobody's vote is looked at, but all the rest is. What does not hold any more sends the job
back to be asked again, with the reason. What the policy denies whoever agrees waits too, but nobody is asked until that
is over: until its end where that is known, else as long as one waits for votes. What nobody voted on is denied. What is
retried keeps its votes for a day after its end; what the policy denies of it by now stays as it ended. A job
that waits is judged again where another policy is in force than the one that it was asked under. People and groups are
those of at most 15 minutes ago, which a request or a vote itself may be: so Slack being away stops nothing that was
just asked for.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.jobs.hold import OVERRULED, Hold
from bot.domain.jobs.job import Approval, JobView, Part, State
from bot.domain.jobs.plan import bound
from bot.domain.jobs.steps import NO_END
from bot.domain.jobs.thread_step import Event
from bot.domain.policies.joint import strictest, together
from bot.domain.policies.policy import Allow, Ask, Decision, Deny, Outline
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import decide, voters
from bot.domain.policies.wording import approvals, dollars
from bot.ledger.books import Books
from bot.ledger.job_entries import Said
from bot.services.configured import why_gone
from bot.services.held.holding import hold_back, observes
from bot.services.requests.local import RULE
from bot.services.requests.planning import costs_of
from bot.services.requests.window import beside, of_job, recent
from bot.services.setup import Core
from bot.services.voting.job_people import People
from bot.services.voting.not_cleared import ask_again, bar, deny, let_go, look_at_others, stop, why_denied

HOLD_PATIENCE = 1.0  # seconds; the end of a hold wakes its jobs, this only finds a lost wake
COST_MORE = 1.2  # times what was shown
COST_FREE = 0.01  # US dollars; less is not worth a question
RETRY_WITHIN = 86400.0  # seconds after its end in which a job that had begun keeps its votes


def cleared(books: Books, core: Core, job: JobView, people: People, now: float) -> JobView | None:
    """None when `job` may begin; else the job as it goes on: asked again or denied, with the reason, which is told."""
    if core.setup.observe:
        return observes(books, job, now)
    if job.rule == OVERRULED:
        return None
    hold = books.holds.on(job.site, now)
    if hold is not None:
        return _wait_for(books, core, job, people, hold.alone, now)
    if job.rule == RULE:
        return None  # nobody could vote, and what was refused was refused when it was asked for
    outline = outline_of(books, core, job, now)
    decision = judged_again(books, core, job, people, outline, now)
    why = _what_changed(books, core, job, people, decision, outline, now)
    if not why:
        return None
    if isinstance(decision, Deny) and job.has_begun:
        return stop(books, job, why, now)
    if isinstance(decision, Deny) and job.approval is not None:
        return bar(books, core, job, job.approval, decision, _lost(core, job, job.approval, people), now)
    if isinstance(decision, Ask) or job.approval is not None:
        return ask_again(books, core, job, decision, outline.usd, why, now)
    return deny(books, job, why, now)


def is_of_another_policy(core: Core, job: JobView) -> bool:
    """Whether `job` waits for votes that another policy than today's asked for."""
    return job.state is State.WAITING and job.approval is not None and job.approval.policy != core.setup.policy.version


def waits_on(books: Books, core: Core, job: JobView, people: People, now: float) -> JobView:
    """`job`, which waits for votes, as policy and configuration of now have it: as it was, asked anew, kept from votes,
    or let go."""
    approval = job.approval
    if approval is None or job.state is not State.WAITING:
        return job
    if gone := why_gone(books, core, job):
        return bar(books, core, job, approval, gone, (), now)
    outline = outline_of(books, core, job, now)
    decision = judged_again(books, core, job, people, outline, now)
    if isinstance(decision, Deny):
        return bar(books, core, job, approval, decision, _lost(core, job, approval, people), now)
    if approval.barred:
        look_at_others(books, job, now)
    if isinstance(decision, Allow):
        return let_go(books, core, job, approval, decision, now)
    if why := _asked_otherwise(books, core, job, approval, people, decision, outline, now):
        return ask_again(books, core, job, decision, outline.usd, why, now, Event.JUDGED_ANEW)
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
    due_at = now + NO_END if hold.until is None else hold.until + HOLD_PATIENCE
    held = hold_back(books, job, hold, now)
    no = "" if held.held_ends is None else _no_at(books, core, job, people, held.held_ends)
    return replace(held, held_no=no, due_at=due_at)


def _no_at(books: Books, core: Core, job: JobView, people: People, at: float) -> str:
    """What the policy of now will say against `job` at `at`; "" where it will let it go on or ask for votes."""
    decision = judge_again(books, core, job, people, at)
    return why_denied(decision) if isinstance(decision, Deny) else ""


def outline_of(books: Books, core: Core, job: JobView, now: float) -> Outline:
    """What `job` amounts to, as the policy judges it at `now`."""
    usd = sum(cost.usd for cost in costs_of(job, books, core.setup.providers, now) if cost is not None)
    soft = job.soft and all(layer.soft for layer in job.layers)  # an earlier version kept what was typed
    return Outline(job.site, job.environment, job.counts, soft, usd, bool(job.reason.strip()), job.kind)


def _what_changed(
    books: Books, core: Core, job: JobView, people: People, decision: Decision, outline: Outline, now: float
) -> str:
    """Why the job may not begin; "" when it may."""
    approval, usd = job.approval, outline.usd
    if isinstance(decision, Deny):
        return why_denied(decision)
    if isinstance(decision, Allow):
        return ""
    if approval is None:
        return f"{decision.why[:1].upper()}{decision.why[1:]}."
    said = books.said(job.id)
    if said.sent and _has_begun(job, approval):
        return _why_not_again(core, job, approval, people, decision, said.ended_at, now)
    agreed_at = _agreed_at(job, approval, said)
    within = min(approval.run_within, core.setup.policy.run_within)
    if agreed_at is not None and now - agreed_at > within:
        what = "The glass was broken" if approval.broken_by else "The last yes was"
        waited = approval.approved is not None and agreed_at > approval.approved
        what = "It was to begin" if waited else what
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


def _agreed_at(job: JobView, approval: Approval, said: Said) -> float | None:
    """From when its votes count: no later than the journal says that the last of them was given."""
    if approval.approved is None or approval.broken_by or said.last_yes is None:
        return job.agreed_at
    last = min(approval.approved, said.last_yes)
    return replace(job, approval=replace(approval, approved=last)).agreed_at


def _why_not_again(
    core: Core, job: JobView, approval: Approval, people: People, decision: Ask, ended_at: float | None, now: float
) -> str:
    """Why the votes that a job began with do not carry its retry; "" when they do. Its cost is not looked at: what it
    was shown at is for all of it."""
    if ended_at is not None and now - ended_at > RETRY_WITHIN:
        return f"It ended more than {RETRY_WITHIN / 3600:.0f} h ago, and its votes carry a retry no longer than that."
    if approval.broken_by:
        return ""
    if decision.needed > approval.needed:
        return _policy_changed(decision)
    lost = _lost_votes(core, job, approval, people)
    return f"{lost} may no longer vote on it." if lost else ""


def _too_few(agreed: int, needed: int) -> str:
    """What to say where the journal has fewer votes than it, or the policy of now, asks for; else ""."""
    if agreed >= needed:
        return ""
    return (
        f"Its votes are too few: {agreed} of {needed}, by what the journal says of them. Somebody changed the ledger's"
        " file: run `purgebot log verify`."
    )


def _has_begun(job: JobView, approval: Approval) -> bool:
    """Whether calls have left under this very approval."""
    agreed = approval.approved
    return agreed is not None and any(layer.started is not None and layer.started >= agreed for layer in job.layers)


def _lost_votes(core: Core, job: JobView, approval: Approval, people: People) -> str:
    return " and ".join(f"<@{who}>" for who in _lost(core, job, approval, people))


def _lost(core: Core, job: JobView, approval: Approval, people: People) -> tuple[str, ...]:
    """Who agreed and may vote no longer."""
    able = voters(core.setup.policy, people.roster, approval.groups, job.asked_by).people
    subject = Subject(job.site, job, voters=able)
    return tuple(who.id for who in people.agreed if authorise(who, Deed.VOTE, subject) is not None)
