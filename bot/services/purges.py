"""A purge begins: plan, decide, record, start. One transaction makes the job; the same request never makes two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from bot.domain.actor import Actor
from bot.domain.command import Command
from bot.domain.deploy import Deploy
from bot.domain.hold import Hold
from bot.domain.job import Approval, JobView, State
from bot.domain.plan import Plan, bound
from bot.domain.policy import Allow, Ask, Decision, Deny, Roster
from bot.domain.ruling import WIDEST_FIRST, decide
from bot.domain.saying import lines_again
from bot.domain.site import Site
from bot.domain.target import Target
from bot.domain.told import Event, Told
from bot.domain.verdict import Verdict
from bot.domain.when import Due
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.ledger.packed import PackedPlan, packed
from bot.ledger.window import FOR_A_NEW_ONE
from bot.services.approvals import show_request, withdraw
from bot.services.aside import aside
from bot.services.cheaper import cheaper
from bot.services.choices import Choice, Choices, choices_of, keep
from bot.services.filling import full, with_room
from bot.services.instead import instead, narrower
from bot.services.joining import Wanted, join, joined_before
from bot.services.local import at_the_machine, journal_overruled, tell_of_local, with_voters
from bot.services.planning import Known, make_plan, with_seconds
from bot.services.replies import Full, JobMade, Joined, PlanShown, Refused, SiteHeld, refused_by
from bot.services.roster import read_roster
from bot.services.setup import SLACK, Core, job_name
from bot.services.urgency import hurry, may_not_hurry
from bot.services.window import of_plan, recent
from bot.services.witnesses import pages_to_look_at
from providers.contract import Kind, UnsupportedWish

SAMPLE_MAX = 20
VOTES_WITHIN = 86400.0  # seconds for votes on what begins later
NOTHING_ASKED = Allow("nothing to purge", "no cache is asked for anything")
_SO_FAR = {
    State.WAITING: "waited for approval",
    State.SCHEDULED: "waited for its time",
    State.NEEDS_DECISION: "waited for a decision",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, where, and through which door. `key` makes one request one job."""

    actor: Actor
    key: str
    source: str = "slack"
    channel: str = ""
    thread: str = ""
    also_by: tuple[str, ...] = ()  # others whose requests are in it
    instead_of: int = 0  # the waiting job that this one takes the place of
    deploy: Deploy | None = None  # that it follows: it waits for the end of a hold, and is never refused for one
    manifest: bytes | None = None  # what that deploy built, packed
    after: int = 0  # the job that must be proven before it begins
    anyway: bool = False  # at the machine: though the policy or a hold says no
    is_cure: bool = False  # a diagnosis names it as what helps: nothing narrower would


async def plan_for(core: Core, command: Command, site: Site) -> Plan | Refused:
    """The plan of `command`, with its time under the budgets as they stand; Refused when a layer cannot do it."""
    if not site.layers:
        return Refused(f"{site.name} has no layers to purge.", "Name its caches under `layers` in the configuration.")
    if command.only and command.only not in {layer.account for layer in site.layers}:
        accounts = ", ".join(layer.account for layer in site.layers)
        return Refused(f"{site.name} has no layer {command.only}.", f"Its layers are {accounts}.")
    known = await _seen_under(core, command, site)
    things = len(command.targets) + sum(map(len, known.values()))
    try:
        plan = await aside(things, lambda: make_plan(command, site, core.setup.providers, known))
    except UnsupportedWish as exc:
        more = await aside(things, lambda: instead(command, site, core.setup.providers, known))
        return Refused(exc.what, f"{exc.possible}{more}")
    now = core.clock.now()
    return await core.ledger.read(lambda books: _measured(books, core, plan, command, site, now))


def _measured(books: Books, core: Core, plan: Plan, command: Command, site: Site, now: float) -> Plan:
    providers = core.setup.providers
    measured = with_seconds(plan, books, providers, now)
    return replace(measured, offer=cheaper(measured, command, site, providers, books, now))


async def _seen_under(core: Core, command: Command, site: Site) -> Known:
    tags = [target.value for target in command.targets if target.kind is Kind.TAG]
    if not tags:
        return {}
    return await core.ledger.read(lambda books: {tag: books.known.tagged(site.name, tag) for tag in tags})


async def submit(
    core: Core, asking: Asking, command: Command, site: Site, due: Due | None = None
) -> JobMade | Joined | PlanShown | Refused:
    """Make `command` a job that begins at once or when it is `due`, or say why not; where a job that waits does the
    same, it is in that. In a bot that only observes, the plan is shown instead."""
    plan = await plan_for(core, command, site) if command.targets else nothing_to_purge(command, site)
    if isinstance(plan, Refused):
        return plan
    roster = await read_roster(core)
    if core.setup.observe:
        return PlanShown(plan, await judge_plan(core, asking.actor, plan, command.reason), command, observing=True)
    stored = await aside(len(plan.targets) + plan.calls, lambda: packed(plan))
    made = await core.ledger.write(lambda books: _decide(books, core, asking, command, plan, stored, roster, due))
    if isinstance(made, Full):
        return await with_room(core, made, len(plan.targets))
    if isinstance(made, Refused):
        return made
    core.engine.wake(job_name(made.job.id))
    core.engine.wake(SLACK)
    return made


async def judge_plan(core: Core, actor: Actor, plan: Plan, reason: str) -> Decision:
    """What the policy would say of `plan` now."""
    roster = await read_roster(core)
    return await core.ledger.read(lambda books: judged(books, core, actor, plan, reason, roster))


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


def _decide(
    books: Books,
    core: Core,
    asking: Asking,
    command: Command,
    plan: Plan,
    stored: PackedPlan,
    roster: Roster,
    due: Due | None = None,
) -> JobMade | Joined | Refused:
    """Judge and record in one transaction, so that two requests at once are summed like two in a row."""
    known = books.jobs.made_under(asking.key)
    if known is not None:
        return JobMade(known, new=False)
    if (joined := joined_before(books, asking.key, asking.actor.id)) is not None:
        return joined
    if asking.instead_of and (late := _no_longer_waits(books, asking.instead_of)):
        return late
    if plan.site not in core.setup.sites or any(layer.account not in core.setup.providers for layer in plan.layers):
        return Refused("The configuration changed while this was planned.", "Nothing was purged. Ask for it anew.")
    roster = with_voters(roster) if asking.actor.is_local else roster
    decision: Decision = NOTHING_ASKED
    if plan.targets:
        decision = judged(books, core, asking.actor, plan, command.reason, roster, due, asking.instead_of)
    hold = books.holds.on(plan.site, core.clock.now())
    if asking.actor.is_local:
        found = at_the_machine(decision, hold, plan.site, asking.anyway)
        if isinstance(found, Refused):
            if isinstance(decision, Deny):
                journal_denied(books, core, asking, plan, decision)
            return found
        made = create(books, core, asking, command, plan, stored, found, due)
        journal_overruled(books, made.job, decision, hold, core.clock.now())
        return made
    if isinstance(decision, Deny):
        journal_denied(books, core, asking, plan, decision)
        return refused_by(decision)
    if hold is not None and asking.deploy is None and due is None:  # at its time it waits for the release
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


def _no_longer_waits(books: Books, number: int) -> Refused | None:
    job = books.jobs.get(number)
    if job.state is State.WAITING:
        return None
    return Refused(f"{job.name} no longer waits: it is {job.state}.", "Ask for the narrower one by itself.")


def journal_denied(books: Books, core: Core, asking: Asking, plan: Plan, decision: Deny) -> None:
    """Keep that the policy said no."""
    books.journal.add(
        core.clock.now(), "denied", asking.actor.id,
        site=plan.site, kind=plan.kind, targets=len(plan.targets), rule=decision.rule, why=decision.why,
    )  # fmt: skip


def create(
    books: Books,
    core: Core,
    asking: Asking,
    command: Command,
    plan: Plan,
    stored: PackedPlan,
    decision: Allow | Ask,
    due: Due | None = None,
) -> JobMade:
    """Write the job, its calls, journal entries and messages."""
    now = core.clock.now()
    site = core.setup.sites[plan.site]
    draft = _job(core, asking, command, plan, site, decision, now)
    draft = draft if due is None else _timed(draft, due, now)
    choices: tuple[Choice, ...] = ()
    if draft.approval is not None and not asking.actor.is_token and not asking.is_cure:
        choices = choices_of(plan, command, site, core.setup.providers)
        draft = replace(draft, approval=replace(draft.approval, choices=tuple(choice.label for choice in choices)))
    urls = pages_to_look_at(books, site, plan.targets, asking.deploy)
    draft = replace(
        draft,
        look_urls=urls,
        notes=(*draft.notes, *_not_queued(command, decision), *_asked_already(books, asking, plan), *plan.notes),
    )
    job = books.jobs.create(draft, stored, asking.key)
    if asking.deploy is not None:
        _deployed(books, asking, asking.deploy, job, now)
    _journal(books, core, job, asking, plan, stored.seal, decision, now)
    _plan_messages(books, core, job, asking, site, now)
    if asking.actor.is_local:
        tell_of_local(books, core, job, now)
    if not asking.actor.is_token:
        books.intake.remember(asking.actor.id, site.name, lines_again(command), now)
    _keep_choices(books, core, job, asking, choices)
    if asking.instead_of:
        withdraw(books, asking.instead_of, asking.actor.id, job, now)
    if due is None or not _is_missed(due, now):
        books.messages.say(job.id, _first_line(decision), now)
    if due is not None and due.at > now:
        books.messages.say(job.id, Told(Event.SCHEDULED, text=due.told, seconds=due.at - now), now)
    if command.urgent:
        hurry(books, job, asking.actor.id, now)
        job = replace(job, urgent_by=asking.actor.id)
    return JobMade(job)


def _is_missed(due: Due, now: float) -> bool:
    """Whether its time is so long ago that a person decides first; the policy is asked then."""
    return now - due.at > due.late_max


def _timed(job: JobView, due: Due, now: float) -> JobView:
    """`job` for its time. Who votes may do so until then, and a day at most; of what has come due, as ever."""
    timed = replace(
        job, scheduled_for=due.at, zone=due.zone, begins_told=due.told, late_max=due.late_max, schedule=due.schedule,
        notes=(*due.notes, *job.notes), eta=due.at + (job.eta or now) - now,
    )  # fmt: skip
    if job.approval is None or _is_missed(due, now):
        return replace(timed, state=State.SCHEDULED, approval=None, due_at=max(now, due.at))
    if due.at <= now:
        return timed
    within = max(VOTES_WITHIN, job.approval.expires - now)
    return replace(timed, approval=replace(job.approval, expires=min(due.at, now + within)))


def _job(
    core: Core, asking: Asking, command: Command, plan: Plan, site: Site, decision: Allow | Ask, now: float
) -> JobView:
    return JobView(
        id=0,
        site=site.name,
        environment=site.environment,
        state=State.WAITING if isinstance(decision, Ask) else State.QUEUED,
        verdict=Verdict.UNCHECKED,
        kind=plan.effect,
        targets=len(plan.targets),
        sample=_sample(plan),
        soft=plan.soft,
        requested_by=asking.actor.id,
        also_by=asking.also_by,
        created=now,
        layers=(),
        digest=plan.digest,
        rule=decision.rule,
        counts=plan.outline(command.reason).counts,
        reason=command.reason,
        approval=_approval(core, command, plan, site, decision, now),
        read_as=plan.read_as,
        team=asking.actor.team,
        source=asking.source,
        channel=asking.channel or site.channel,
        asked_thread=asking.thread,
        hosts=site.hosts,
        edges=tuple(site.edges),
        left_alone=_left_alone(core, site, plan),
        edge_asked=not plan.layers or site.layers[-1].account == plan.layers[-1].account,
        check=command.check,
        warm=command.warm,
        due_at=now,
        eta=now + plan.seconds,
        deploy=asking.deploy,
        after=asking.after,
    )


def nothing_to_purge(command: Command, site: Site) -> Plan:
    """The plan of a deploy whose files need no purge: what the edges serve is looked at all the same."""
    soft = site.soft if command.soft is None else command.soft
    return Plan(site.name, site.environment, Kind.URL, Kind.URL, (), soft, (), command.notes)


def _deployed(books: Books, asking: Asking, deploy: Deploy, job: JobView, now: float) -> None:
    """Remember that this version came out, and let the job before know which one waits for it."""
    books.deploys.add(job.site, deploy.version, asking.actor.id, job.id, now)
    if asking.manifest is not None:
        books.manifests.keep(job.site, asking.key, asking.manifest, now)
    books.journal.add(
        now, "deployed", asking.actor.id, job.id,
        site=job.site, version=deploy.version, by=deploy.actor, was=deploy.was, rollback=deploy.rollback,
    )  # fmt: skip
    if job.after:
        books.jobs.save(replace(books.jobs.get(job.after), then=job.id))


def _left_alone(core: Core, site: Site, plan: Plan) -> tuple[str, ...]:
    asked = {layer.account for layer in plan.layers}
    if not asked:
        return ()
    return tuple(core.setup.providers[x.account].title for x in site.layers if x.account not in asked)


def _not_queued(command: Command, decision: Allow | Ask) -> tuple[str, ...]:
    """A word on a request that would have waited for a release, where nothing is held."""
    if not command.queue:
        return ()
    what = "runs now" if isinstance(decision, Allow) else "is asked for now"
    return (f"{command.site} is not held: it {what}, without waiting in line.",)


def _asked_already(books: Books, asking: Asking, plan: Plan) -> tuple[str, ...]:
    """A word on the open job that does the same: two of them send everything twice. Each deploy is another one."""
    if asking.deploy is not None:
        return ()
    alike = books.jobs.alike(plan.site, plan.digest)
    return (f"{alike[0]} had asked for the same and {_SO_FAR.get(alike[1], 'was under way')} then.",) if alike else ()


def widest_first(plan: Plan) -> Iterator[Target]:
    """What needs the most agreement comes first, so that no card hides it behind many pages."""
    for kind in WIDEST_FIRST if len(plan.counts or ()) > 1 else ():
        yield from (target for target in plan.targets if target.kind is kind)
    if len(plan.counts or ()) <= 1:
        yield from plan.targets


def _sample(plan: Plan) -> tuple[str, ...]:
    """The first targets; of several, those that are no URLs with their kind."""
    some = tuple(islice(widest_first(plan), SAMPLE_MAX))
    if len(some) == 1:
        return (some[0].value,)
    return tuple(x.value if x.kind is Kind.URL else f"{x.kind.value} {x.value}" for x in some)


def _approval(core: Core, command: Command, plan: Plan, site: Site, decision: Decision, now: float) -> Approval | None:
    if not isinstance(decision, Ask):
        return None
    expires = now + decision.expires_in
    offers = tuple(filter(None, (narrower(plan, command, site, core.setup.providers), plan.offer)))
    channel = core.setup.approvals_channel
    return Approval(
        decision.needed, decision.of, expires, decision.rule, decision.why, channel, offers=offers,
        groups=decision.groups, digest=bound(plan.digest, decision), run_within=decision.run_within, usd=plan.usd,
        asked=now, policy=core.setup.policy.version,
        breakers=core.setup.policy.break_glass.who if core.setup.policy.break_glass else (),
    )  # fmt: skip


def _journal(
    books: Books, core: Core, job: JobView, asking: Asking, plan: Plan, seal: str, decision: Allow | Ask, now: float
) -> None:
    books.journal.add(
        now, "asked", asking.actor.id, job.id,
        site=plan.site, kind=plan.kind, effect=plan.effect, targets=len(plan.targets), calls=plan.calls, soft=plan.soft,
        digest=job.digest, reason=job.reason, source=asking.source, team=asking.actor.team, seal=seal,
        **({"also": list(job.also_by)} if job.also_by else {}),
        **({} if job.scheduled_for is None else {"due": job.scheduled_for, "zone": job.zone}),
        **({"schedule": job.schedule} if job.schedule else {}),
    )  # fmt: skip
    if job.scheduled_for is not None and now - job.scheduled_for > job.late_max:
        return  # the policy is asked when a person has it begin
    asked = list(decision.of) if isinstance(decision, Ask) else []
    needed = decision.needed if isinstance(decision, Ask) else 0
    version = core.setup.policy.version
    books.journal.add(now, "decided", "policy", job.id, rule=decision.rule, policy=version, needed=needed, of=asked)


def _plan_messages(books: Books, core: Core, job: JobView, asking: Asking, site: Site, now: float) -> None:
    channel = asking.channel or site.channel or core.setup.approvals_channel
    silent = job.deploy is not None and job.deploy.quiet and job.state is not State.WAITING
    if channel and not silent:
        books.messages.plan(job.id, Role.ROOT, channel, asking.thread, core.dice.token(), now)
    show_request(books, core, job, now)


def _keep_choices(books: Books, core: Core, job: JobView, asking: Asking, offered: tuple[Choice, ...]) -> None:
    """What is narrower, under the token of the job's card, which its buttons carry."""
    root = books.messages.find(job.id, Role.ROOT)
    if job.approval is not None and root is not None and offered:
        choices = Choices(job.id, asking.actor.id, asking.channel, asking.thread, offered)
        keep(books, root.token, choices, job.approval.expires)


def _first_line(decision: Allow | Ask) -> Told:
    if isinstance(decision, Ask):
        return Told(Event.ASKED, n=decision.needed, text=decision.why)
    return Told(Event.ALLOWED, text=decision.rule)
