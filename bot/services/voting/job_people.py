"""Whose rights count for a job: who asked, who agreed, and whom the rules ask, as Slack says now or said of late."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.actor import Actor, Standing, is_machine
from bot.domain.jobs.hold import OVERRULED
from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Members, Roster
from bot.services.requests.local import LOCAL, RULE
from bot.services.setup import Core
from bot.services.voting.roster import read_roster

_OUTSIDE = frozenset({Standing.GUEST, Standing.BOT, Standing.STRANGER})
STANDS_SECONDS = 900.0  # what was read at Slack for a request or a vote is believed so long


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
    requester = await asker(core, job.requested_by, job.team)
    agreed = await asyncio.gather(*(core.directory.actor(who, "") for who in yes))
    others = await asyncio.gather(*(asker(core, who, "") for who in job.also_by))
    gone = {who.id: Members() for who in agreed if _is_out(who)}  # whom no rule asks again
    roster = {**await read_roster(core), **gone}  # read last: it knows of each group's people what was read of them
    people = People(requester, agreed, roster, others)
    if not people.is_away or job.rule in (RULE, OVERRULED):
        return people
    return _as_they_were(people, job) if core.clock.now() - _last_read(job) < STANDS_SECONDS else None


def _is_out(who: Actor) -> bool:
    """Whether it is known that somebody who agreed has no vote any more."""
    return who.standing is Standing.GONE or (who.standing in _OUTSIDE and not who.is_named)


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
