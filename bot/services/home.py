"""What one person's Home tab shows, as a value: what waits for them, what runs, what ended, their sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Deny, Roster
from bot.domain.policies.rights import Deed, authorise
from bot.domain.policies.ruling import members_of
from bot.domain.site import Site
from bot.domain.undone import Undone
from bot.ledger.books import Books
from bot.ledger.homes import Some
from bot.ledger.messages import Role
from bot.services.held.holds import in_line, seen_holds
from bot.services.replies import Waits
from bot.services.setup import Core
from bot.services.undone import shown_to
from bot.services.voting.allowed import rights_on

VOTES, WAITING, RUNNING, ENDED, SITES = 10, 5, 8, 8, 10  # at most, of each


@dataclass(frozen=True, slots=True)
class Request:
    """A job that waits for the person's vote; `token` is what its buttons carry, "" where no message has one."""

    job: JobView
    token: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """One person's Home. Each `…_total` counts all that there is, the lists hold the first of them."""

    actor: Actor
    command: str
    refused: Deny | None = None
    observing: bool = False
    requests: Sequence[Request] = ()
    requests_total: int = 0
    waiting: Sequence[JobView] = ()
    waiting_total: int = 0
    running: Sequence[JobView] = ()
    running_total: int = 0
    ended: Sequence[JobView] = ()
    sites: Sequence[tuple[Site, str]] = ()  # and what the person may do there
    sites_total: int = 0
    queued: Sequence[Waits] = ()  # requests of theirs that are in line for the end of a hold
    queued_total: int = 0
    held: Sequence[JobView] = ()  # what a hold keeps from beginning
    held_total: int = 0
    holds: Sequence[Hold] = ()  # those that stand, each the one on top
    undone: Sequence[Undone] = ()  # what is still to be done before the bot is of full use


async def home_of(core: Core, actor: Actor, roster: Roster) -> HomeView:
    """What `actor`'s Home shows now; `roster` is who is in the policy's user-groups."""
    setup = core.setup
    refused = authorise(actor, Deed.SEE)
    if refused is not None:
        return HomeView(actor, setup.command, refused)
    sites = setup.seen_by(actor)
    names = [site.name for site in sites]
    rights, policy = rights_on(core, actor, sites[:SITES], roster), setup.policy
    asked_as = [name for name in policy.asked if actor.id in members_of(policy, roster, name).people]

    def question(books: Books) -> HomeView:
        votes = books.homes.for_vote_of(actor.id, asked_as, names, VOTES)
        waiting = books.homes.waiting_of(actor.id, names, WAITING)
        queued, queued_total = in_line(core, books, names, actor.id)
        running = books.homes.running(actor.id, names, RUNNING)
        held = books.homes.held(actor.id, names, WAITING)
        return HomeView(
            actor, setup.command, None, setup.observe,
            _requests(books, votes), votes.total,
            books.jobs.in_brief(waiting.first), waiting.total,
            books.jobs.in_brief(running.first), running.total,
            books.jobs.in_brief(books.homes.ended(names, ENDED)),
            rights, len(sites), queued[:WAITING], queued_total,
            books.jobs.in_brief(held.first), held.total, seen_holds(books, actor, core.clock.now()),
            shown_to(core, actor),
        )  # fmt: skip

    return await core.ledger.read(question)


def _requests(books: Books, votes: Some) -> list[Request]:
    return [Request(job, _token(books, job.id)) for job in books.jobs.in_brief(votes.first)]


def _token(books: Books, job: int) -> str:
    """What the buttons of the job's request carry, or those of its own card where it has no request."""
    message = books.messages.find(job, Role.REQUEST) or books.messages.find(job, Role.ROOT)
    return message.token if message else ""
