"""Purges that go before all others: who may ask for one, how often, and what is told to those that it passes."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, line_of
from bot.domain.grammar.mending import is_fit
from bot.domain.jobs.job import JobView
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import Roster
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.ruling import is_one_of
from bot.ledger.books import Books
from bot.services.replies import Refusal
from bot.services.setup import Core
from bot.services.speaking import speaker_of
from bot.services.voting.job_people import People
from bot.services.voting.roster import approvers

DAY = 86400.0


class Calmed(StrEnum):
    """Why something goes first no more."""

    LEFT = "left"  # whoever had it so has left the job
    NO_RIGHT = "no right"  # they may have nothing go first any more


def may_not_hurry(
    books: Books, core: Core, actor: Actor, channel: str, command: Command, roster: Roster
) -> Refusal | None:
    """Why `command` may not go first, and what to type instead; None when it may, or does not ask to."""
    if not command.urgent:
        return None
    why = why_not(core, actor, command.site, roster)
    if why:
        return Refusal(why, _without(core, actor, channel, command), by_rule=True)
    urgency = core.setup.policy.urgent
    if urgency is None or books.queue.hurried(actor.id, core.clock.now() - DAY) < urgency.per_day:
        return None
    times = "once" if urgency.per_day == 1 else f"{urgency.per_day:,} times"
    what = f"You have had a purge go first {times} within 24 hours, which is as often as the policy lets you."
    return Refusal(what, _without(core, actor, channel, command), by_rule=True)


def why_not(core: Core, actor: Actor, site: str, roster: Roster) -> str:
    """Why `actor` may have nothing on `site` go first; "" where they may."""
    urgency = core.setup.policy.urgent
    if urgency is None:
        among, problem = actor.id in approvers(core, roster), ""
    else:
        among, problem = is_one_of(actor, core.setup.policy, roster, urgency.who)
    denied = authorise(actor, Deed.URGENT, Subject(site, urgents=frozenset({actor.id} if among else ())))
    if denied is None:
        return ""
    return f"{denied.why} {problem}" if problem and denied.rule == "urgent" else denied.why


def _without(core: Core, actor: Actor, channel: str, command: Command) -> str:
    """The line that waits its turn."""
    line = line_of(replace(command, urgent=False, bad=()), speaker_of(core, actor, channel))
    shown = f"`{core.setup.command} {line}`" if is_fit(line) else "leave `--urgent` out"
    return f"Nothing was purged. To have it wait its turn: {shown}"


def hurry(books: Books, job: JobView, by: str, now: float) -> None:
    """Have `job` go before everything that is not sent yet."""
    books.queue.hurry(job.id, by, now)
    books.messages.say(job.id, Told(Event.URGENT, who=by), now)
    books.journal.add(now, "urgent", by, job.id)


def calm(books: Books, job: JobView, why: Calmed, now: float) -> JobView:
    """Have `job` wait its turn like all others, and say why."""
    books.queue.calm(job.id)
    books.messages.say(job.id, Told(Event.CALMED, who=job.urgent_by, text=why), now)
    books.journal.add(now, "calmed", "purgebot", job.id, urgent_by=job.urgent_by, why=why)
    return replace(job, urgent_by="")


def still_urgent(books: Books, core: Core, job: JobView, people: People, now: float) -> JobView:
    """`job`, which begins: it goes first where whoever wanted that may still have it so, else in its ordinary turn."""
    if not job.urgent_by:
        return job
    who = next((actor for actor in people.askers if actor.id == job.urgent_by), None)
    if who is not None and not why_not(core, who, job.site, people.roster):
        return job
    return calm(books, job, Calmed.NO_RIGHT, now)


def tell_passed(books: Books, job: JobView, now: float) -> None:
    """As an urgent job begins, tell those that it goes before."""
    if not job.urgent_by:
        return
    accounts = [layer.account for layer in job.layers]
    for other in books.queue.open_jobs():
        if other.id == job.id or other.urgent_by or not other.runs:
            continue
        if any((layer := other.layer_on(account)) and layer.left for account in accounts):
            books.messages.say(other.id, Told(Event.PASSED, text=job.name), now)
            books.messages.changed(other.id, now)
