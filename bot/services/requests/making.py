"""A request that may be one becomes a job: written with its calls, its votes, its messages and its journal entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from bot.domain.deploys.deploy import Deploy
from bot.domain.grammar.command import Command
from bot.domain.grammar.saying import lines_again
from bot.domain.grammar.when import Due
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.jobs.plan import Plan, bound
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Allow, Ask, Decision
from bot.domain.policies.ruling import WIDEST_FIRST
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.ledger.packed import PackedPlan
from bot.ledger.seal import layered
from bot.ledger.sums import written
from bot.services.held.holding import tell_ahead
from bot.services.looks.witnesses import pages_to_look_at
from bot.services.replies import JobMade
from bot.services.requests.alternatives import narrower
from bot.services.requests.choices import Choice, Choices, choices_of, keep
from bot.services.requests.local import tell_of_local
from bot.services.requests.planning import title_of
from bot.services.requests.purges import Asking
from bot.services.running.urgency import hurry
from bot.services.setup import Core
from bot.services.voting.approvals import show_request, withdraw
from providers.contract import Kind

SAMPLE_MAX = 20
VOTES_WITHIN = 86400.0  # seconds for votes on what begins later
_SO_FAR = {
    State.WAITING: "was waiting for approval",
    State.SCHEDULED: "was waiting for its time",
    State.NEEDS_DECISION: "was waiting for a decision",
}


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
    draft = draft if due is None else _timed(draft, due, books.holds.on(plan.site, now), now)
    choices: tuple[Choice, ...] = ()
    if draft.approval is not None and not asking.actor.is_token and not asking.is_cure:
        choices = choices_of(plan, command, site, core.setup.providers)
        draft = replace(draft, approval=replace(draft.approval, choices=tuple(choice.label for choice in choices)))
    stand_for = asking.pages or (asking.deploy.shown_by if asking.deploy else ())
    urls = pages_to_look_at(books, site, plan.targets, asking.deploy, asking.key, stand_for)
    draft = replace(
        draft,
        look_urls=urls,
        deploy=_shown_by(asking, urls),
        notes=(*draft.notes, *_not_queued(command, decision), *_asked_already(books, asking, plan), *plan.notes),
    )
    job = books.jobs.create(draft, stored, asking.key)
    if asking.deploy is not None:
        _deployed(books, asking, asking.deploy, job, now)
    _journal(books, core, job, asking, plan, stored, decision, now)
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
    for note in asking.deploy.notes if asking.deploy else ():
        books.messages.say(job.id, Told(Event.NOTED, text=note), now)
    if due is not None and due.at > now:
        books.messages.say(job.id, Told(Event.SCHEDULED, text=due.told, seconds=due.at - now), now)
        tell_ahead(books, job, now)
    if command.urgent:
        hurry(books, job, asking.actor.id, now)
        job = replace(job, urgent_by=asking.actor.id)
    return JobMade(job)


def _is_missed(due: Due, now: float) -> bool:
    """Whether its time is so long ago that a person decides first; the policy is asked then."""
    return now - due.at > due.late_max


def _timed(job: JobView, due: Due, hold: Hold | None, now: float) -> JobView:
    """`job` for its time, on a site that `hold` is on now. Who votes may do so until then, and a day at most; of what
    has come due, as ever."""
    timed = replace(
        job, scheduled_for=due.at, zone=due.zone, begins_told=due.told, late_max=due.late_max, schedule=due.schedule,
        notes=(*due.notes, *job.notes), eta=due.at + (job.eta or now) - now,
        held_ahead=hold.alone if hold is not None and due.at > now else None,
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
        parts=asking.parts,
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
        hosts=site.hosts,
        edges=tuple(site.edges),
        left_alone=_left_alone(core, site, plan),
        partly=tuple(layer.title for layer in plan.layers if layer.partly),
        edge_asked=not plan.layers or site.layers[-1].account == plan.layers[-1].account,
        check=command.check,
        warm=command.warm,
        due_at=now,
        eta=now + plan.seconds,
        deploy=asking.deploy,
        after=asking.after,
    )


def _shown_by(asking: Asking, urls: Sequence[str]) -> Deploy | None:
    """The deploy with those of its pages in place of which prefixes are purged, as far as they are looked at."""
    if asking.deploy is None or not asking.pages:
        return asking.deploy
    there = {*asking.pages}
    return replace(asking.deploy, pages=len(asking.pages), shown_by=tuple(url for url in urls if url in there))


def _deployed(books: Books, asking: Asking, deploy: Deploy, job: JobView, now: float) -> None:
    """Remember that this version came out, and let the job before know which one waits for it."""
    if deploy.again:
        _repeated(books, deploy.again, job, now)
        return
    books.deploys.add(job.site, deploy.version, asking.actor.id, job.id, now)
    if asking.manifest is not None:
        books.manifests.keep(job.site, asking.key, asking.manifest, now)
    books.journal.add(
        now, "deployed", asking.actor.id, job.id,
        site=job.site, version=deploy.version, by=deploy.actor, was=deploy.was, rollback=deploy.rollback,
    )  # fmt: skip
    if job.after:
        books.jobs.save(replace(books.jobs.get(job.after), then=job.id))


def _repeated(books: Books, number: int, again: JobView, now: float) -> None:
    """Have the note of the deploy that `again` repeats point to it, if it is still there."""
    first = books.jobs.find(number)
    if first is not None:
        books.jobs.save(replace(first, again_as=again.id))
        books.messages.changed(first.id, now)


def _left_alone(core: Core, site: Site, plan: Plan) -> tuple[str, ...]:
    asked = {layer.account for layer in plan.layers}
    if not asked:
        return ()
    return tuple(title_of(x, site, core.setup.providers) for x in site.layers if x.account not in asked)


def _not_queued(command: Command, decision: Allow | Ask) -> tuple[str, ...]:
    """A word on a request that would have waited for a release, where nothing is held."""
    if not command.queue:
        return ()
    what = "runs now" if isinstance(decision, Allow) else "is asked for now"
    return (f"{command.site} is not held: it {what}, without waiting in line.",)


def _asked_already(books: Books, asking: Asking, plan: Plan) -> tuple[str, ...]:
    """A word on the open job that does the same: two of them send everything twice. Each deploy is another one."""
    if asking.is_told:
        return ()
    alike = books.jobs.alike(plan.site, plan.digest)
    if alike is None:
        return ()
    time = f" ({alike.begins_told})" if alike.state is State.SCHEDULED and alike.begins_told else ""
    so_far = f"{_SO_FAR.get(alike.state, 'was under way')}{time}"
    return (f"{alike.name} is for the same, and {so_far} when this was asked for.",)


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
    books: Books,
    core: Core,
    job: JobView,
    asking: Asking,
    plan: Plan,
    stored: PackedPlan,
    decision: Allow | Ask,
    now: float,
) -> None:
    books.journal.add(
        now, "asked", asking.actor.id, job.id,
        site=plan.site, kind=plan.kind, effect=plan.effect, targets=len(plan.targets), calls=plan.calls, soft=plan.soft,
        digest=job.digest, reason=job.reason, source=asking.source, team=asking.actor.team,
        seal=stored.seal, judged=books.judged(job.id), layers=layered(job), listed=stored.listed,
        written=books.written(job.id),
        sums=[written(layer.sum) for layer in stored.layers],
        **({"also": list(job.also_by)} if job.also_by else {}),
        **({"queued": [f"Q-{number}" for number in asking.queued]} if asking.queued else {}),
        **({} if job.scheduled_for is None else {"due": job.scheduled_for, "zone": job.zone}),
        **({"schedule": job.schedule} if job.schedule else {}),
    )  # fmt: skip
    if job.scheduled_for is not None and now - job.scheduled_for > job.late_max:
        return  # the policy is asked when a person has it begin
    asked = list(decision.of) if isinstance(decision, Ask) else []
    needed = decision.needed if isinstance(decision, Ask) else 0
    version = core.setup.policy.version
    books.journal.add(
        now, "decided", "policy", job.id, rule=decision.rule, policy=version, needed=needed, of=asked,
        **({"expires": job.approval.expires, "round": job.approval.round} if job.approval else {}),
    )  # fmt: skip


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
