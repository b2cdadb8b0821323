"""What people do to a job that exists: cancel, retry, repeat, purge again, check again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.deploys.deploy import Deploy
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.hold import OVERRULED
from bot.domain.jobs.job import JobView, LayerState, State
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Ask, Deny, Roster
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import decide
from bot.domain.policies.wording import approvals
from bot.ledger.books import Books
from bot.ledger.window import Beside
from bot.services.configured import no_longer_configured
from bot.services.forgotten import no_job
from bot.services.held.holding import hold_back
from bot.services.looks.checks import places_of
from bot.services.looks.rationing import of_looks, spend
from bot.services.replies import Done, JobMade, Joined, PlanShown, Refusal, refused_by
from bot.services.requests import joining
from bot.services.requests.deciding import journal_denied, submit
from bot.services.requests.joining import may_leave
from bot.services.requests.local import RULE, at_the_machine, journal_overruled, with_voters
from bot.services.requests.purges import Asking
from bot.services.requests.window import of_job, recent
from bot.services.running import timed
from bot.services.running.endings import tell_askers
from bot.services.setup import SLACK, Core, job_name, wake_next
from bot.services.voting import clearance
from bot.services.voting.altered import held_to_journal
from bot.services.voting.approvals import tell_outcome
from bot.services.voting.forged import OTHER_RECORD, OTHER_WORDS
from bot.services.voting.job_people import People, people_of
from bot.services.voting.not_cleared import why_denied
from bot.services.voting.roster import approvers, read_roster
from bot.services.warmup.fetching import stop

_SHOWN_MAX = 200  # characters of a target
_CHECKABLE = frozenset({State.DONE, State.PARTIAL})


async def cancel(core: Core, actor: Actor, number: int, reason: str = "") -> Done | Refusal:
    """Stop job `number`: what was not sent stays unsent; of one that has ended, its warming.
    Who joined it leaves it, and it goes on for the others."""
    stopped_by = f"{actor.id}: {reason}" if reason else actor.id

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if job.ended_by_restore:
            return Refusal(f"{job.name} has ended already: a restore of a backup ended it.")
        if job.warming is not None and job.warming.ended is None:
            stop(books, job.warming, actor, reason, now)
            return Done(books.jobs.get(job.id), "not warmed further")
        if not job.state.is_open:
            return Refusal(f"{job.name} has ended already: it is {job.state}.")
        if may_leave(books, job, actor.id):
            return Done(joining.leave(books, job, actor.id, reason, now), "left")
        n = books.batches.cancel(job.id)
        flying = sum(layer.open for layer in books.jobs.get(job.id).layers)
        books.messages.say(job.id, Told(Event.CANCELLED, who=actor.id, n=n, text=reason, flying=flying), now)
        books.journal.add(now, "cancelled", actor.id, job.id, unsent=n, in_flight=flying, reason=reason)
        for position, layer in enumerate(books.jobs.get(job.id).layers):
            if layer.state in (LayerState.WAITING, LayerState.PURGING, LayerState.UNKNOWN):
                books.jobs.save_layer(job.id, position, replace(layer, state=LayerState.STOPPED))
        if actor.id in job.askers:
            tell_askers(books, job, now)
        else:
            tell_outcome(books, job, now)
        ended = replace(job, state=State.CANCELLED, due_at=None, ended=now, stop_reason=stopped_by)
        return Done(books.jobs.save(held_to_journal(books, ended)), "cancelled")

    return await _on_job(core, actor, number, Deed.CANCEL, change)


async def leave(core: Core, actor: Actor, number: int) -> Done | Refusal:
    """Have `actor`, whose request joined job `number`, be in it no more. It is never stopped by that."""

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if may_leave(books, job, actor.id):
            return Done(joining.leave(books, job, actor.id, "", now), "left")
        if not job.state.is_open:
            return Refusal(f"{job.name} has ended already: it is {job.state}.")
        return Refusal(f"No request of yours is in {job.name}.", f"`cancel {job.name}` stops it, where you may.")

    return await _on_job(core, actor, number, Deed.CANCEL, change)


async def run_now(core: Core, actor: Actor, number: int) -> Done | Refusal:
    """Have job `number`, which waits for its time or has missed it, begin now, if the policy would let `actor`."""
    roster = await read_roster(core)

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if job.state is not State.SCHEDULED:
            return Refusal(f"{job.name} is not scheduled: it is {job.state}.", "`schedules` lists what is.")
        outline = clearance.outline_of(books, core, job, now)
        late = recent(books, core, actor.id, of_job(job), now, Beside(job.id, is_moved=True))
        decision = decide(actor, outline, core.setup.policy, roster, now, late)
        if isinstance(decision, Deny):
            return refused_by(decision)
        is_agreed = job.approval is not None and job.approval.approved is not None
        if isinstance(decision, Ask) and not is_agreed and actor.id not in job.askers:
            why = f"{job.name} does not begin by your word: for you it needs {approvals(decision.needed)}."
            return Refusal(why, f"Ask for it yourself, since {decision.why}.", by_rule=True)
        return Done(books.jobs.save(timed.run_now(books, job, actor, decision.rule, now)), "run")

    return await _on_job(core, actor, number, Deed.RUN, change)


async def retry(core: Core, actor: Actor, number: int, anyway: bool = False) -> Done | Refusal:
    """Send the calls of job `number` that did not go once more; the approval that it began with stays, since nothing is
    added. What the policy denies now is not sent, and what is held waits; at the machine, what it denies or a hold
    keeps is sent only if `anyway`."""
    roster = with_voters(await read_roster(core))
    people = None if actor.is_local else await _people(core, number)

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if job.state is not State.FAILED and not job.is_partial:
            return Refusal(f"{job.name} has nothing to retry: it is {job.state}.")
        if refused := _never(books, core, job):
            return refused
        if not actor.is_local:
            return _denied_now(books, core, job, actor, people, now) or _again(books, job, actor, now)
        found = _decided_here(books, core, job, actor, roster, anyway, now)
        return found if isinstance(found, Refusal) else _again(books, found, actor, now)

    return await _on_job(core, actor, number, Deed.RETRY, change)


async def _people(core: Core, number: int) -> People | None:
    """Whose rights count for job `number`; None where there is none, or Slack does not say."""
    job = await core.ledger.read(lambda books: books.jobs.find(number))
    return None if job is None else await people_of(core, job)


def _denied_now(
    books: Books, core: Core, job: JobView, actor: Actor, people: People | None, now: float
) -> Refusal | None:
    """The policy's no to what is left of `job`, which had begun: it stays as it ended, to be retried after that."""
    if people is None or job.rule in (RULE, OVERRULED) or not job.has_begun:
        return None
    decision = clearance.judge_again(books, core, job, people, now)
    if not isinstance(decision, Deny):
        return None
    journal_denied(books, now, actor.id, job, decision, to_others=True)
    advice = f"Nothing more of {job.name} is purged. It can be retried once that is over."
    return Refusal(why_denied(decision), advice, by_rule=True)


def _decided_here(
    books: Books, core: Core, job: JobView, actor: Actor, roster: Roster, anyway: bool, now: float
) -> JobView | Refusal:
    """`job` under the rule by which whoever is at the machine has it go on, which is journalled; or why it does not."""
    outline = clearance.outline_of(books, core, job, now)
    late = recent(books, core, actor.id, of_job(job), now, Beside(job.id))
    decision, hold = decide(actor, outline, core.setup.policy, roster, now, late), books.holds.on(job.site, now)
    found = at_the_machine(decision, hold, job.site, anyway)
    if isinstance(found, Refusal):
        if isinstance(decision, Deny):
            journal_denied(books, now, actor.id, job, decision)
        return found
    here = replace(job, rule=found.rule)
    version = core.setup.policy.version
    books.journal.add(now, "decided", "policy", job.id, rule=found.rule, policy=version, needed=0, of=[])
    journal_overruled(books, here, decision, hold, now, actor.id)
    return here


def _never(books: Books, core: Core, job: JobView) -> Refusal | None:
    """What to do where it is not what was asked for, or all that did not go was refused for good: the same calls would
    be refused once more."""
    gone = job.why if job.for_good else no_longer_configured(books, core, job)
    if job.altered or (job.state.is_open and books.unlike(job.id)):
        gone = OTHER_WORDS
    elif not gone and not job.state.is_open and not books.is_as_sealed(job.id):
        gone = OTHER_RECORD
    if gone:
        return Refusal(f"{job.name} cannot go on: {gone}")
    if not books.batches.is_refused(job.id):
        return None
    layer = next(layer for layer in job.layers if layer.failed)
    more = ", …" if layer.failed > len(layer.failing) else ""
    failing = f"{', '.join(f'`{target[:_SHOWN_MAX]}`' for target in layer.failing)}{more}"
    what = f"{layer.title} refused {failing or job.kind.value} for good: a retry of {job.name} would change nothing."
    advice = layer.trouble.advice if layer.trouble else "Mend it."
    return Refusal(what, f"{advice} Then ask for it anew.")


async def repeat_anyway(core: Core, actor: Actor, number: int) -> Done | Refusal:
    """Send the call of job `number` whose outcome is unknown once more; a person decided."""
    people = await _people(core, number)

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if job.state is not State.NEEDS_DECISION:
            return Refusal(f"{job.name} waits for no decision: it is {job.state}.")
        if books.unlike(job.id):
            return Refusal(f"{job.name} cannot go on: {OTHER_WORDS}")
        return _denied_now(books, core, job, actor, people, now) or _again(books, job, actor, now)

    return await _on_job(core, actor, number, Deed.RETRY, change)


def _again(books: Books, job: JobView, actor: Actor, now: float) -> Done:
    for position, layer in enumerate(job.layers):
        if layer.state is LayerState.DONE:
            continue
        books.batches.revive(job.id, position)
        waiting = replace(layer, state=LayerState.WAITING, trouble=None, failing=(), not_purged=0, ended=None)
        books.jobs.save_layer(job.id, position, waiting)
    books.messages.say(job.id, Told(Event.RETRIED, who=actor.id), now)
    books.jobs.forget_first_looks(job.id)
    books.journal.add(now, "retried", actor.id, job.id, digest=job.digest)
    fresh = replace(
        job, state=State.QUEUED, due_at=now, ended=None, purged=None, proven=None, why="", round=0, crashes=0,
        doubts=(), fresh_at=(), stale_at=(), was_old_at=(), refetched_at=(), not_seen_new=(), seen=0,
        looked_before=False,
    )  # fmt: skip
    hold = None if job.rule == OVERRULED else books.holds.on(job.site, now)
    saved = books.jobs.save(fresh if hold is None else hold_back(books, fresh, hold.alone, now))
    is_late = job.approval is not None and job.ended is not None and now - job.ended > clearance.RETRY_WITHIN
    return Done(saved, "retried late" if is_late else "retried")


async def check_again(core: Core, actor: Actor, number: int) -> Done | Refusal:
    """Look at the edge anew; the card says what is seen."""

    def change(books: Books, job: JobView, now: float) -> Done | Refusal:
        if job.state not in _CHECKABLE:
            return Refusal(f"{job.name} cannot be checked: it is {job.state}.")
        if not books.is_as_sealed(job.id):
            return Refusal(f"{job.name} cannot be checked: {OTHER_RECORD}")
        site = core.setup.sites.get(job.site)
        requests = of_looks(core, site, len(job.look_urls), len(places_of(site))) if site else 0
        if requests and (refused := spend(books, actor, requests, now)):
            return refused
        books.messages.say(job.id, Told(Event.CHECKED_AGAIN, who=actor.id), now)
        books.jobs.keep_first_looks(job.id)
        looking = replace(job, state=State.CHECKING, round=0, looked_from=now, due_at=now, check=True, ended=None)
        return Done(books.jobs.save(looking), "checking")

    return await _on_job(core, actor, number, Deed.CHECK, change)


async def purge_again(core: Core, asking: Asking, number: int) -> JobMade | Joined | PlanShown | Refusal:
    """Ask for the same purge as job `number`, as a new job under today's policy; while that is open, not once more.
    That of a deploy is held against what its pages were to show."""

    def question(books: Books) -> tuple[JobView, Command, str] | Refusal:
        job = books.jobs.find(number)
        if job is None or not asking.actor.may_see(job.site):
            return no_job(books, asking.actor, number)
        again = Command(
            Verb.PURGE,
            books.jobs.targets(number),
            job.site,
            job.soft or any(layer.soft for layer in job.layers),
            job.reason,
            warm=job.warm,
            read_as=f"again, as {job.name}",
        )
        return job, again, f"again {job.name} {books.jobs.ended_under(f'again {job.name} ')}"

    found = await core.ledger.read(question)
    if isinstance(found, Refusal):
        return found
    job, command, key = found
    if job.site not in core.setup.sites:
        return Refusal(f"{job.name} was for {job.site}, which is no longer configured.")
    asking = replace(asking, key=key, deploy=_repeated(job))
    made = await submit(core, asking, command, core.setup.sites[job.site])
    if isinstance(made, JobMade) and not made.new:
        return Refusal(f"{made.job.name} does that already: it is {made.job.state}.")
    return made


def _repeated(job: JobView) -> Deploy | None:
    """The deploy of `job` for a job that repeats it, which is never quiet."""
    if job.deploy is None:
        return None
    return replace(job.deploy, again=job.deploy.again or job.id, quiet=False)


async def _on_job(
    core: Core, actor: Actor, number: int, deed: Deed, change: Callable[[Books, JobView, float], Done | Refusal]
) -> Done | Refusal:
    asked = approvers(core, await read_roster(core))

    def within(books: Books) -> Done | Refusal:
        job = books.jobs.find(number)
        if job is None or not actor.may_see(job.site):
            return no_job(books, actor, number)
        joined = deed is Deed.CANCEL and may_leave(books, job, actor.id)
        denied = authorise(actor, deed, Subject(job.site, job, approvers=asked, joined=joined))
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True)
        now = core.clock.now()
        answer = change(books, job, now)
        books.messages.changed(number, now)
        return answer

    answer = await core.ledger.write(within)
    if isinstance(answer, Done):
        core.engine.wake(job_name(number))
        wake_next(core, answer.job)
        core.engine.wake(SLACK)
    return answer
