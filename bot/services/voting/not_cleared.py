"""What becomes of a job that may not begin as it was agreed to: asked again, kept back, ended, or let go after all."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.jobs.plan import bound
from bot.domain.jobs.steps import NO_END, ready
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Allow, Ask, Decision, Deny, Lack
from bot.domain.policies.wording import dollars
from bot.ledger.books import Books
from bot.services.configured import GONE
from bot.services.requests.planning import costs_of
from bot.services.running.endings import tell_askers
from bot.services.setup import Core
from bot.services.voting.approvals import look_now, show_request_again, tell_outcome

BARRED_AGAIN = 300.0  # seconds between two looks at a no whose end is not known, at most
UNREAD_AGAIN = 60.0  # seconds between two looks at any job for want of a user-group: each asks Slack once for it


def ask_again(
    books: Books, core: Core, job: JobView, decision: Decision, usd: float, why: str, now: float,
    told: Event = Event.ASKED_AGAIN,
) -> JobView:  # fmt: skip
    policy = core.setup.policy
    old = job.approval or Approval(0, (), now, job.rule, "", core.setup.approvals_channel, round=-1)
    again = replace(
        old, expires=now + policy.approve_within, votes=(), asked=now, approved=None, round=old.round + 1,
        returned=why, usd=usd, costs=costs_of(job, books, core.setup.providers, now),
        usd_before=old.usd_before if dollars(usd) == dollars(old.usd) else old.usd,
        run_within=policy.run_within, broken_by="", broken_because="", reminded=False,
        earlier=(*old.earlier, *old.votes), policy=policy.version, barred="", bar_said="", bar_gone=False,
        bar_lost=(), bar_ends=None, look_at=None,
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


def bar(books: Books, core: Core, job: JobView, old: Approval, no: Deny, lost: tuple[str, ...], now: float) -> JobView:
    """`job` back among those that wait, with nobody asked: no yes helps until the no of the policy, or of the
    configuration, is over. `lost` had agreed, and may vote no longer."""
    policy, why = core.setup.policy, why_denied(no)
    ends = no.until if no.until is not None and no.until - now < NO_END else None
    look_at = _next_look(books, job, no, now) if ends is None else ends
    if old.barred == why:
        again = replace(old, bar_ends=ends, look_at=look_at, policy=policy.version)
        return replace(job, approval=again, due_at=min(look_at, old.expires))
    barred = replace(
        old, votes=(), approved=None, round=old.round + 1, earlier=(*old.earlier, *old.votes), broken_by="",
        broken_because="", asked=now, expires=(ends or now) + policy.approve_within, returned=why, barred=why,
        bar_said=no.why_to_others, bar_gone=no.rule == GONE, bar_lost=lost, bar_ends=ends,
        look_at=look_at, policy=policy.version,
    )  # fmt: skip
    fell = f"{'Somebody' if len(lost) == 1 else 'Some'} who agreed may vote on it no longer. " if lost else ""
    event = Event.UNCONFIGURED if barred.bar_gone else Event.BARRED
    books.messages.say(job.id, Told(event, text=f"{fell}{why}"), now)
    books.journal.add(
        now, "asked_again", "policy", job.id,
        why=why, rule=barred.rule, denied_by=no.rule, policy=policy.version, needed=barred.needed,
        of=[*barred.of], expires=barred.expires, round=barred.round, **({"lost": list(lost)} if lost else {}),
    )  # fmt: skip
    tell_outcome(books, job, now)
    return replace(
        job, state=State.WAITING, approval=barred, due_at=min(look_at, barred.expires),
        held=None, held_ends=None, held_no="",
    )  # fmt: skip


def _next_look(books: Books, job: JobView, no: Deny, now: float) -> float:
    """When a no is looked at again of which nobody knows when it ends. What Slack does not tell now it may tell soon:
    the more jobs are kept back, the less often each is looked at for that; the first that goes on has the others looked
    at."""
    if no.lacks is not Lack.GROUP:
        return now + BARRED_AGAIN
    return now + min(BARRED_AGAIN, UNREAD_AGAIN * len({*books.jobs.kept_back(), job.id}))


def look_at_others(books: Books, job: JobView, now: float) -> None:
    """`job` is kept back no longer: what keeps back others may be over as well, such as a user-group that Slack did not
    tell."""
    for number in books.jobs.kept_back():
        if number != job.id:
            look_now(books, books.jobs.get(number), now)


def let_go(books: Books, core: Core, job: JobView, old: Approval, decision: Allow, now: float) -> JobView:
    """The policy asks for nobody's vote any more."""
    version = core.setup.policy.version
    books.messages.say(job.id, Told(Event.ALLOWED, text=decision.rule), now)
    books.journal.add(now, "decided", "policy", job.id, rule=decision.rule, policy=version, needed=0, of=[])
    free = replace(
        old, barred="", bar_said="", bar_gone=False, bar_lost=(), bar_ends=None, look_at=None, policy=version
    )
    return ready(replace(job, approval=free, rule=decision.rule, looked_before=False), now)


def stop(books: Books, job: JobView, why: str, now: float) -> JobView:
    """What had begun and was to go on ends, since the policy denies the rest by now: it can be retried after that."""
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.PARKED, text=why), now)
    tell_askers(books, job, now)
    books.journal.add(now, "parked", "purgebot", job.id, why=why, sent=sum(layer.sent for layer in job.layers))
    return replace(job, state=State.FAILED, due_at=None, ended=now, why=why)


def deny(books: Books, job: JobView, why: str, now: float) -> JobView:
    books.batches.cancel(job.id)
    books.messages.say(job.id, Told(Event.REFUSED, text=why), now)
    books.journal.add(now, "denied", "policy", job.id, why=why)
    if job.scheduled_for is not None:
        tell_outcome(books, job, now)
    return replace(job, state=State.DENIED, due_at=None, ended=now, stop_reason=f"policy: {why}")


def why_denied(decision: Deny) -> str:
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
