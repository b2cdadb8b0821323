"""What becomes of a request: judged by the policy it becomes a job, joins one, or is refused. One transaction decides
and makes, so that the same request never makes two."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.grammar.when import Due
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Allow, Decision, Deny, Roster
from bot.domain.policies.ruling import decide
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.packed import PackedPlan, packed
from bot.ledger.window import FOR_A_NEW_ONE
from bot.services.off_loop import aside
from bot.services.replies import Full, JobMade, Joined, PlanShown, Refusal, SiteHeld, refused_by
from bot.services.requests.joining import Wanted, join, joined_before
from bot.services.requests.local import at_the_machine, journal_overruled, with_voters
from bot.services.requests.making import create
from bot.services.requests.purges import Asking, nothing_to_purge, plan_for
from bot.services.requests.window import of_plan, recent
from bot.services.running.open_limits import full, with_room
from bot.services.running.urgency import may_not_hurry
from bot.services.setup import SLACK, Core, job_name
from bot.services.voting.roster import read_roster

NOTHING_ASKED = Allow("nothing to purge", "no cache is asked for anything")


@dataclass(frozen=True, slots=True)
class Ready:
    """What was planned for a request, to be judged and recorded."""

    asking: Asking
    command: Command
    plan: Plan
    stored: PackedPlan
    due: Due | None = None


async def submit(
    core: Core, asking: Asking, command: Command, site: Site, due: Due | None = None
) -> JobMade | Joined | PlanShown | Refusal:
    """Make `command` a job that begins at once or when it is `due`, or say why not; where a job that waits does the
    same, it is in that. In a bot that only observes, the plan is shown instead."""
    ready = await readied(core, asking, command, site, due)
    if not isinstance(ready, Ready):
        return ready
    roster = await read_roster(core)
    made = await core.ledger.write(lambda books: enter(books, core, ready, roster))
    if isinstance(made, Full):
        return await with_room(core, made, len(ready.plan.targets))
    if isinstance(made, Refusal):
        return made
    core.engine.wake(job_name(made.job.id))
    core.engine.wake(SLACK)
    return made


async def readied(
    core: Core, asking: Asking, command: Command, site: Site, due: Due | None = None
) -> Ready | PlanShown | Refusal:
    """`command` planned, and nothing kept of it; why not, or in a bot that only observes, the plan to be shown."""
    if command.targets:
        plan = await plan_for(core, command, site, is_deploy=asking.is_told)
    else:
        plan = nothing_to_purge(command, site)
    if isinstance(plan, Refusal):
        return plan
    if core.setup.observe:
        decision = await judge_plan(core, asking.actor, plan, command.reason, due) if plan.targets else NOTHING_ASKED
        shown = PlanShown(plan, decision, command, observing=True, due=due)
        return await _at_the_machine(core, asking, shown) if asking.actor.is_local else shown
    stored = await aside(len(plan.targets) + plan.calls, lambda: packed(plan))
    return Ready(asking, command, plan, stored, due)


async def _at_the_machine(core: Core, asking: Asking, shown: PlanShown) -> PlanShown:
    """`shown` with what would come of it there, where nobody is asked for a vote; with the hold, if that is in its
    way."""
    at = core.clock.now() if shown.due is None else shown.due.at
    hold = await core.ledger.read(lambda books: books.holds.on(shown.plan.site, at))
    in_the_way = None if asking.anyway else hold
    ruled = at_the_machine(shown.decision, None if in_the_way else hold, shown.plan.site, asking.anyway)
    decision = shown.decision if isinstance(ruled, Refusal) or not shown.plan.targets else ruled
    return replace(shown, decision=decision, held=in_the_way)


async def judge_plan(core: Core, actor: Actor, plan: Plan, reason: str, due: Due | None = None) -> Decision:
    """What the policy would say of `plan` now, or of what begins when it is `due`."""
    roster = await read_roster(core)
    roster = with_voters(roster) if actor.is_local else roster
    return await core.ledger.read(lambda books: judged(books, core, actor, plan, reason, roster, due))


def judged(
    books: Books, core: Core, actor: Actor, plan: Plan, reason: str, roster: Roster, due: Due | None = None,
    instead_of: int = 0,
) -> Decision:  # fmt: skip
    """The policy's answer, with what `actor` asked for of late but for the job that this is `instead_of`. What begins
    later is judged as of its time, and what is denied today is denied unless that is known to end before."""
    now = core.clock.now()

    def at(moment: float) -> Decision:
        late = recent(books, core, actor.id, of_plan(plan), moment, FOR_A_NEW_ONE, instead_of)
        return decide(actor, plan.outline(reason), core.setup.policy, roster, moment, late)

    today = at(now)
    if due is None or due.at <= now:
        return today
    is_over = isinstance(today, Deny) and today.until is not None and today.until <= due.at
    return today if isinstance(today, Deny) and not is_over else at(due.at)


def enter(books: Books, core: Core, ready: Ready, roster: Roster) -> JobMade | Joined | Refusal:
    """Judge and record in one transaction, so that two requests at once are summed like two in a row."""
    asking, command, plan, stored, due = ready.asking, ready.command, ready.plan, ready.stored, ready.due
    known = books.jobs.made_under(asking.key)
    if known is not None:
        return JobMade(known, new=False)
    if (joined := joined_before(books, asking.key, asking.actor.id)) is not None:
        return joined
    if asking.instead_of and (late := _no_longer_waits(books, asking.instead_of)):
        return late
    if plan.site not in core.setup.sites or any(layer.account not in core.setup.providers for layer in plan.layers):
        return Refusal("The configuration changed while this was planned.", "Nothing was purged. Ask for it anew.")
    roster = with_voters(roster) if asking.actor.is_local else roster
    decision: Decision = NOTHING_ASKED
    if plan.targets:
        decision = judged(books, core, asking.actor, plan, command.reason, roster, due, asking.instead_of)
    hold = books.holds.on(plan.site, core.clock.now())
    if asking.actor.is_local:
        found = at_the_machine(decision, hold, plan.site, asking.anyway)
        if isinstance(found, Refusal):
            if isinstance(decision, Deny):
                journal_denied(books, core.clock.now(), asking.actor.id, plan, decision)
            return found
        made = create(books, core, asking, command, plan, stored, found, due)
        journal_overruled(books, made.job, decision, hold, core.clock.now())
        return made
    if isinstance(decision, Deny):
        journal_denied(books, core.clock.now(), asking.actor.id, plan, decision)
        return refused_by(decision)
    if hold is not None and not asking.is_told and due is None:  # at its time it waits for the release
        return site_held(hold, plan.site)
    if refused := may_not_hurry(books, core, asking.actor, asking.channel, command, roster):
        return refused
    now = core.clock.now()
    wanted = Wanted(asking.actor, asking.key, command, plan, decision)
    is_own = asking.instead_of or asking.deploy or due  # what it does is done for itself
    if not is_own and (same := join(books, wanted, core.setup.policy, roster, now)):
        return same
    return full(books, core, plan) or create(books, core, asking, command, plan, stored, decision, due)


def site_held(hold: Hold, site: str) -> SiteHeld:
    """Nothing begins on `site` while `hold` lasts."""
    advice = "Nothing was purged. Add --queue to have it run on release."
    return SiteHeld(f"{site} is held: {hold.reason}", advice, by_rule=True, hold=hold.alone, site=site)


def _no_longer_waits(books: Books, number: int) -> Refusal | None:
    job = books.jobs.get(number)
    if job.state is State.WAITING:
        return None
    return Refusal(f"{job.name} no longer waits: it is {job.state}.", "Ask for the narrower one by itself.")


def journal_refusal(books: Books, core: Core, ready: Ready, roster: Roster) -> None:
    """Keep the policy's no, where it is one, to what was entered with others and undone with them."""
    if not ready.plan.targets:
        return
    decision = judged(books, core, ready.asking.actor, ready.plan, ready.command.reason, roster, ready.due)
    if isinstance(decision, Deny):
        journal_denied(books, core.clock.now(), ready.asking.actor.id, ready.plan, decision)


def journal_denied(
    books: Books, now: float, by: str, asked: Plan | JobView, decision: Deny, to_others: bool = False
) -> None:
    """Keep that the policy said no to a plan, or to what `by` would send anew of a job; `to_others` where that is told
    of somebody else's wish."""
    targets, retry = (asked.targets, {"retry": asked.id}) if isinstance(asked, JobView) else (len(asked.targets), {})
    why = decision.why_to_others if to_others else decision.why
    books.journal.add(
        now, "denied", by, site=asked.site, kind=asked.kind, targets=targets, rule=decision.rule, why=why, **retry
    )
