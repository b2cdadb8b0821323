"""The one desk behind every door: text and actor in, a reply out. Every deed is authorised here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, Misunderstood, Speaker, Verb, line_of, parse
from bot.domain.grammar.help import help_text
from bot.domain.grammar.speech import SERVERS
from bot.domain.grammar.when import Due
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Deny
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.site import Site
from bot.domain.target import Target, empties, resolve
from bot.domain.undone import Undone
from bot.ledger.books import Books
from bot.ledger.codec import COMMAND, pack
from bot.services import deeds, history, schedules, timing
from bot.services.advice.cures import with_policy
from bot.services.advice.linting import lint_urls
from bot.services.advice.why import explain
from bot.services.forgotten import no_job
from bot.services.held import glass, holds
from bot.services.held.holds import seen_holds
from bot.services.held.queued import put_in_line, show_queued, take_back
from bot.services.helping import barred_to
from bot.services.looks.checking import check
from bot.services.looks.rationing import may_look, of_check, of_lint, of_why
from bot.services.off_loop import aside
from bot.services.probing import probe_layers
from bot.services.replies import (
    BadLinesFound,
    FormWanted,
    HelpShown,
    HostToConfirm,
    JobShown,
    JobsListed,
    LimitsShown,
    NotUnderstood,
    PlanShown,
    Probed,
    Refusal,
    Reply,
    SitesListed,
    WhoAmI,
    refused_by,
)
from bot.services.requests.alternatives import is_possible
from bot.services.requests.deciding import judge_plan, site_held, submit
from bot.services.requests.purges import Asking, plan_for
from bot.services.running.limits import limits
from bot.services.running.queue import queue
from bot.services.running.urgency import may_not_hurry
from bot.services.setup import Core
from bot.services.speaking import speaker_of
from bot.services.undone import examples_of, left_of, look_again
from bot.services.voting import approvals
from bot.services.voting.allowed import rights_on
from bot.services.voting.quorums import probe_groups
from bot.services.voting.roster import approvers, read_roster
from bot.services.warmup import warming
from providers.contract import Kind

DRAFT_SECONDS = 600.0
RIGHTS_SHOWN = 20

_DEEDS = {
    Verb.PURGE: Deed.PURGE,
    Verb.PLAN: Deed.PLAN,
    Verb.CHECK: Deed.CHECK,
    Verb.LINT: Deed.CHECK,
    Verb.WHY: Deed.CHECK,
    Verb.WARM: Deed.CHECK,
    Verb.STATUS: Deed.SEE,
    Verb.SHOW: Deed.SEE,
    Verb.CANCEL: Deed.SEE,  # the job or the hold itself is checked where it is read
    Verb.RETRY: Deed.SEE,
    Verb.APPROVE: Deed.VOTE,
    Verb.DENY: Deed.VOTE,
    Verb.HOLD: Deed.SEE,
    Verb.RELEASE: Deed.SEE,
    Verb.BREAK_GLASS: Deed.SEE,
    Verb.REVIEW: Deed.SEE,
    Verb.SITES: Deed.SEE,
    Verb.QUEUE: Deed.SEE,
    Verb.LIMITS: Deed.SEE,
    Verb.LOG: Deed.SEE,
    Verb.STATS: Deed.SEE,
    Verb.DOCTOR: Deed.CHECK,
    Verb.SCHEDULES: Deed.SEE,
    Verb.RUN: Deed.RUN,
    Verb.WHOAMI: Deed.HELP,
    Verb.HELP: Deed.HELP,
}


class Desk:
    """Takes what people and machines ask for."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def understand(self, actor: Actor, channel: str, text: str, more: Sequence[str] = ()) -> Command | Misunderstood:
        """Parse as `actor` may: only what they may see has a name."""
        return parse(text, self.speaker(actor, channel), more)

    def speaker(self, actor: Actor, channel: str) -> Speaker:
        """What the parser may know of `actor`'s world."""
        return speaker_of(self._core, actor, channel)

    async def ask(self, asking: Asking, text: str, more: Sequence[str] = (), notes: Sequence[str] = ()) -> Reply:
        """Answer `text` as typed, with `more` lines of things; `notes` tell what of a list was not read."""
        understood = await aside(len(more), lambda: self.understand(asking.actor, asking.channel, text, more))
        if isinstance(understood, Misunderstood):
            denied = authorise(asking.actor, Deed.SEE)  # what would be right names sites and hosts
            if denied is not None:
                return Refusal(denied.why, denied.advice, by_rule=True)
            return await self._not_understood(asking, understood)
        return await self.do(asking, replace(understood, notes=(*notes, *understood.notes)))

    async def do(self, asking: Asking, command: Command, sure: bool = False) -> Reply:
        """Do what was understood; `sure` when host or everything was confirmed."""
        denied = authorise(asking.actor, _DEEDS[command.verb], Subject(command.site))
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True)
        if command.bad:
            return await self._bad_lines(asking, command)
        match command.verb:
            case Verb.PURGE:
                return await self._purge(asking, command, sure)
            case Verb.PLAN:
                return await self._plan(asking, command)
            case Verb.CHECK:
                return await self._check(asking, command)
            case Verb.LINT:
                return await self._lint(asking, command)
            case Verb.WHY:
                return await self._why(asking, command)
            case Verb.WARM:
                return await warming.warm(self._core, asking, command)
            case Verb.STATUS | Verb.SHOW if command.warming:
                return await warming.show(self._core, asking.actor, command.warming)
            case Verb.CANCEL if command.warming:
                return await warming.cancel(self._core, asking.actor, command.warming, command.reason)
            case Verb.STATUS | Verb.SHOW:
                return await self._show(asking, command)
            case Verb.CANCEL:
                if command.in_line:
                    return await take_back(self._core, asking.actor, command.in_line, command.reason)
                return await deeds.cancel(self._core, asking.actor, command.job, command.reason)
            case Verb.RETRY:
                return await deeds.retry(self._core, asking.actor, command.job, asking.anyway)
            case Verb.APPROVE | Verb.DENY:
                yes = command.verb is Verb.APPROVE
                return await approvals.vote(self._core, asking.actor, command.job, yes, reason=command.reason)
            case Verb.SCHEDULES:
                return await schedules.listed(self._core, asking.actor, command.site)
            case Verb.RUN:
                return await self._run(asking, command)
            case Verb.HOLD:
                return await holds.lay(self._core, asking, command)
            case Verb.RELEASE:
                return await holds.release(self._core, asking, command)
            case Verb.BREAK_GLASS:
                return await glass.break_glass(self._core, asking.actor, command.job, command.reason)
            case Verb.REVIEW:
                return await glass.close_review(self._core, asking.actor, command.job, command.reason)
            case Verb.SITES:
                return await self._sites(asking.actor)
            case Verb.QUEUE:
                return await queue(self._core, asking.actor, command)
            case Verb.LIMITS:
                return LimitsShown(await limits(self._core, self._named(asking.actor, command)))
            case Verb.LOG:
                return await history.log(self._core, asking.actor, command)
            case Verb.STATS:
                return await history.stats(self._core, asking.actor, command)
            case Verb.DOCTOR:
                sites = self._named(asking.actor, command)
                return await self._probed(asking.actor, sites)
            case Verb.WHOAMI:
                return await self._whoami(asking.actor)
            case Verb.HELP:
                stranger = authorise(asking.actor, Deed.SEE)
                if stranger is not None:
                    return HelpShown(f"{stranger.why} You may ask for help and whoami.\n{stranger.advice}")
                barred = await barred_to(self._core, asking.actor, _DEEDS)
                return HelpShown(help_text(command.topic, self.speaker(asking.actor, asking.channel), barred))

    async def _probed(self, actor: Actor, sites: Sequence[Site]) -> Probed:
        """What is found now of `sites`, and what is still to be done."""
        probes, _ = await asyncio.gather(probe_layers(self._core.setup.providers, sites), look_again(self._core))
        groups = await probe_groups(self._core, [site.name for site in sites])
        return Probed(probes, left_of(self._core, actor, sites), groups)

    async def _whoami(self, actor: Actor) -> WhoAmI:
        """What `actor` may know of themselves: who may see nothing hears of no site."""
        refused = authorise(actor, Deed.SEE)
        if refused is not None:
            return WhoAmI(actor, False, (), 0, refused)
        roster, sites = await read_roster(self._core), self._core.setup.seen_by(actor)
        rights = rights_on(self._core, actor, sites[:RIGHTS_SHOWN], roster)
        return WhoAmI(actor, actor.id in approvers(self._core, roster), rights, len(sites), refused)

    def _named(self, actor: Actor, command: Command) -> list[Site]:
        """The one site that was named, or all that `actor` sees."""
        return [site for site in self._core.setup.seen_by(actor) if command.site in ("", site.name)]

    async def _not_understood(self, asking: Asking, misunderstood: Misunderstood) -> NotUnderstood:
        if not misunderstood.choices:
            return NotUnderstood(misunderstood)
        lines = [choice.line for choice in misunderstood.choices]
        return NotUnderstood(misunderstood, await self.save_draft(asking, {"lines": lines}))

    async def _purge(self, asking: Asking, command: Command, sure: bool) -> Reply:
        site = self._core.setup.sites[command.site]
        due = await self._due(asking, command) if command.when else None
        if isinstance(due, Misunderstood):
            return await self._not_understood(asking, due)
        waits = self._core.setup.observe or due is not None or asking.actor.is_local  # who is told in a moment
        hold = None if waits else await holds.held(self._core, site.name)
        if hold is not None and not command.queue:
            return site_held(hold, site.name)
        if refused := await self._may_not_hurry(asking, command):
            return refused
        if not sure and (question := await self._question(asking, command, site, due)) is not None:
            return question
        if hold is not None and (queued := await put_in_line(self._core, asking, command, site)) is not None:
            return queued
        return await submit(self._core, asking, command, site, due)

    async def _due(self, asking: Asking, command: Command) -> Due | Misunderstood:
        """When it is to begin. Of what cannot begin then, the times beside it are offered."""
        line = line_of(replace(command, when=""), self.speaker(asking.actor, asking.channel))
        return await timing.due_of(self._core, asking.actor, command, line)

    async def _run(self, asking: Asking, command: Command) -> Reply:
        if command.job:
            return await deeds.run_now(self._core, asking.actor, command.job)
        return await schedules.run_now(self._core, self, asking, command.schedule)

    async def _may_not_hurry(self, asking: Asking, command: Command) -> Refusal | None:
        """Why it may not go first, before anything is asked back."""
        if not command.urgent or self._core.setup.observe:
            return None
        roster, core = await read_roster(self._core), self._core
        return await core.ledger.read(
            lambda books: may_not_hurry(books, core, asking.actor, asking.channel, command, roster)
        )

    async def _bad_lines(self, asking: Asking, command: Command) -> BadLinesFound:
        """The good ones wait for a click; a machine has no button to go on with them."""
        draft = "" if asking.actor.is_token else await self._draft_of(asking, replace(command, bad=()))
        return BadLinesFound(draft, command)

    async def _sites(self, actor: Actor) -> SitesListed:
        sites, now = self._core.setup.seen_by(actor), self._core.clock.now()
        theirs = frozenset(site.name for site in sites if examples_of(self._core, [site]))
        return SitesListed(sites, await self._core.ledger.read(lambda books: seen_holds(books, actor, now)), theirs)

    async def _question(self, asking: Asking, command: Command, site: Site, due: Due | None) -> Reply | None:
        """What must be confirmed first: a bare host, everything; None when nothing must."""
        if self._core.setup.observe:
            return None
        if command.wants_host_confirmed and not asking.actor.is_token:
            return HostToConfirm(await self._draft_of(asking, command), command)
        if not await aside(len(command.targets), lambda: empties(resolve(command.targets, site), site)):
            return None
        if command.confirm:
            wrong = f"--confirm says {command.confirm}, the purge is on {site.name}."
            return None if command.confirm == site.name else Refusal(wrong, f"Write --confirm {site.name}.")
        if asking.actor.is_token:
            return Refusal(f"Purging everything on {site.name} must be confirmed.", f"Add: --confirm {site.name}")
        return await self._form(asking, command, site, due)

    async def _form(self, asking: Asking, command: Command, site: Site, due: Due | None) -> Reply:
        plan = await plan_for(self._core, command, site, due)
        if isinstance(plan, Refusal):
            return plan
        decision = await judge_plan(self._core, asking.actor, plan, command.reason or "to be given", due)
        if isinstance(decision, Deny):
            return refused_by(decision)
        lines, softly = self._narrower(asking, command, site), plan.softly
        draft = await self.save_draft(asking, {"command": pack(COMMAND, command), "lines": lines, "softly": softly})
        return FormWanted(draft, command, site, softly, lines, decision)

    def _narrower(self, asking: Asking, command: Command, site: Site) -> list[str]:
        """The front page, and one host of several where every layer can purge one; with all else that was said."""
        host, providers = site.hosts[0], self._core.setup.providers
        is_part = len(site.hosts) > 1 and is_possible(Kind.HOST, host, command, site, providers)
        targets = [Target(Kind.URL, site.root_url(), site.name), *([Target(Kind.HOST, host, site.name)] * is_part)]
        speaker = self.speaker(asking.actor, asking.channel)
        return [line_of(replace(command, targets=(target,), confirm=""), speaker) for target in targets]

    async def _plan(self, asking: Asking, command: Command) -> Reply:
        """What a purge would do, now or at its time. Makes nothing."""
        due = await self._due(asking, command) if command.when else None
        if isinstance(due, Misunderstood):
            return await self._not_understood(asking, due)
        plan = await plan_for(self._core, command, self._core.setup.sites[command.site], due)
        if isinstance(plan, Refusal):
            return plan
        decision = await judge_plan(self._core, asking.actor, plan, command.reason, due)
        hold = await holds.held(self._core, plan.site, None if due is None else due.at)
        follows = await warming.foreseen(self._core, plan) if command.warm else None
        no = await self._urgent_no(asking, command)
        return PlanShown(plan, decision, command, self._core.setup.observe, hold, follows, due, no, self._lacking(plan))

    def _lacking(self, plan: Plan) -> tuple[Undone, ...]:
        """The secrets that accounts of `plan` have not, without which they cannot purge."""
        accounts = {layer.account for layer in plan.layers}
        return tuple(one for one in self._core.undone.all if one.account in accounts)

    async def _urgent_no(self, asking: Asking, command: Command) -> str | None:
        """Why what is planned may not go first, "" where it may; None where it does not ask to."""
        if not command.urgent:
            return None
        roster, core = await read_roster(self._core), self._core
        refused = await core.ledger.read(
            lambda books: may_not_hurry(books, core, asking.actor, asking.channel, command, roster)
        )
        return refused.what if refused else ""

    async def _check(self, asking: Asking, command: Command) -> Reply:
        core, site = self._core, self._core.setup.sites[command.site]
        if refused := await may_look(core, asking.actor, of_check(core, site, command)):
            return refused
        checked = await check(core.looking_for(asking.actor.id), command)
        if asking.actor.is_token:
            return checked  # a machine has no button, and reads the line
        again = line_of(command, self.speaker(asking.actor, asking.channel))
        lines = [again, " ".join(checked.to_purge), f"prefix {' '.join(checked.to_purge_wider)}"]
        lines += [checked.cure.line] if checked.cure is not None else []
        return replace(checked, draft=await self.save_draft(asking, {"lines": lines}))

    async def _lint(self, asking: Asking, command: Command) -> Reply:
        """What cache headers will cause; where nothing tells the server, a line for each is kept for a click."""
        site = self._core.setup.sites[command.site]
        if refused := await may_look(self._core, asking.actor, of_lint(site, command.targets)):
            return refused
        linted = await lint_urls(self._core.looking_for(asking.actor.id), command, site)
        if not linted.report.asks_for_server or asking.actor.is_token:
            return linted
        speaker = self.speaker(asking.actor, asking.channel)
        lines = [line_of(replace(command, server=server), speaker) for server in SERVERS]
        return replace(linted, draft=await self.save_draft(asking, {"lines": lines}))

    async def _why(self, asking: Asking, command: Command) -> Reply:
        if refused := await may_look(self._core, asking.actor, of_why(self._core.setup.sites[command.site])):
            return refused
        told = await explain(self._core.looking_for(asking.actor.id), command)
        told = await with_policy(self._core, asking.actor, told, self.speaker(asking.actor, asking.channel))
        cure = told.diagnosis.cause.cure
        if cure is None or not cure.line or asking.actor.is_token:
            return told  # a machine has no button, and reads the line
        return replace(told, draft=await self.save_draft(asking, {"lines": [cure.line], "is_cure": True}))

    async def _show(self, asking: Asking, command: Command) -> Reply:
        if command.in_line:
            return await show_queued(self._core, asking.actor, command.in_line)
        names = [site.name for site in self._core.setup.seen_by(asking.actor)]

        def question(books: Books) -> Reply:
            if not command.job:
                jobs = books.jobs.open(names) or books.jobs.recent(names, 5)
                held = seen_holds(books, asking.actor, self._core.clock.now())
                line, warms = holds.in_line(self._core, books, names), warming.under_way(books, names)
                return JobsListed(jobs, held, books.reviews.open_on(names), *line, *warms)
            job = books.jobs.find(command.job)
            if job is None or job.site not in names:
                where = f"`{self._core.setup.command} status` lists the jobs."
                return no_job(books, asking.actor, command.job, where)
            whole = command.verb is Verb.SHOW
            return JobShown(job, whole, history.moments(books, job.id) if whole else ())

        shown = await self._core.ledger.read(question)
        if not isinstance(shown, JobShown) or not shown.whole:
            return shown
        return replace(shown, targets=await history.things(self._core, shown.job))

    async def _draft_of(self, asking: Asking, command: Command) -> str:
        packed = await aside(len(command.targets), lambda: pack(COMMAND, command))
        return await self.save_draft(asking, {"command": packed})

    async def save_draft(self, asking: Asking, doc: Mapping[str, object], seconds: float = DRAFT_SECONDS) -> str:
        """Keep `doc` for `seconds` and a click; its name. The same request keeps the same draft."""
        draft = self._core.dice.token()
        where = {"channel": asking.channel, "thread": asking.thread}
        expires = self._core.clock.now() + seconds
        await self._core.ledger.write(
            lambda books: books.intake.save_draft(draft, asking.actor.id, {**doc, **where}, expires)
        )
        return draft
