"""What one person's Home tab shows, as a value: what waits for them, what runs, what ended, their sites."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.actor import Actor
from bot.domain.job import JobView
from bot.domain.plan import Plan
from bot.domain.policy import Allow, Ask, Decision, Deed, Deny, authorise, decide
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.homes import Some
from bot.ledger.messages import Role
from bot.services.setup import Core
from providers.contract import Kind

VOTES, WAITING, RUNNING, ENDED, SITES = 10, 5, 8, 8, 10  # at most, of each
MANY = 1000  # targets; more at once are nobody's small change

_MANY = {Kind.URL: "URLs", Kind.PREFIX: "prefixes", Kind.EVERYTHING: "everything"}
_KINDS = (Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX, Kind.HOST, Kind.PATTERN, Kind.EVERYTHING)


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


async def home_of(core: Core, actor: Actor) -> HomeView:
    """What `actor`'s Home shows now."""
    setup = core.setup
    refused = authorise(actor, Deed.SEE)
    if refused is not None:
        return HomeView(actor, setup.command, refused)
    sites = setup.seen_by(actor)
    names = [site.name for site in sites]
    rights = [(site, may_do(core, actor, site)) for site in sites[:SITES]]

    def question(books: Books) -> HomeView:
        votes = books.homes.for_vote_of(actor.id, names, VOTES)
        waiting = books.homes.waiting_of(actor.id, names, WAITING)
        running = books.homes.running(actor.id, names, RUNNING)
        return HomeView(
            actor, setup.command, None, setup.observe,
            _requests(books, votes), votes.total,
            books.jobs.in_brief(waiting.first), waiting.total,
            books.jobs.in_brief(running.first), running.total,
            books.jobs.in_brief(books.homes.ended(names, ENDED)),
            rights, len(sites),
        )  # fmt: skip

    return await core.ledger.read(question)


def _requests(books: Books, votes: Some) -> list[Request]:
    return [Request(job, _token(books, job.id)) for job in books.jobs.in_brief(votes.first)]


def _token(books: Books, job: int) -> str:
    """What the buttons of the job's request carry, or those of its own card where it has no request."""
    message = books.messages.find(job, Role.REQUEST) or books.messages.find(job, Role.ROOT)
    return message.token if message else ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the policy says to one kind: how many targets run without a vote, and what one target needs."""

    at_once: int
    votes: int  # that one target needs; of more than `at_once` where that is not 0
    allowed: bool
    wants_reason: bool


def may_do(core: Core, actor: Actor, site: Site) -> str:
    """What `actor` may purge on `site`, in one sentence: the policy's answers to sample plans."""
    answers: dict[_Answer, list[Kind]] = {}
    for kind in _KINDS:
        answers.setdefault(_answer(core, actor, site, kind), []).append(kind)
    return "; ".join(_told(answer, kinds) for answer, kinds in answers.items())


def _answer(core: Core, actor: Actor, site: Site, kind: Kind) -> _Answer:
    def decided(n: int, reason: str = "a sample") -> Decision:
        targets = (Target(kind, "sample", site.name),) * n
        plan = Plan(site.name, site.environment, kind, kind, targets, site.soft, ())
        return decide(actor, plan, core.setup.approvers, reason)

    most = 1 if kind is Kind.EVERYTHING else MANY
    at_once = bisect_left(range(1, most + 1), True, key=lambda n: not isinstance(decided(n), Allow))
    next_one = decided(min(at_once + 1, most))
    wants_reason = isinstance(decided(1, ""), Deny) and not isinstance(decided(1), Deny)
    votes = next_one.needed if isinstance(next_one, Ask) else 0
    return _Answer(at_once, votes, bool(at_once or votes), wants_reason)


def _told(answer: _Answer, kinds: Sequence[Kind]) -> str:
    why = "a reason" if answer.wants_reason else ""
    needs = " and ".join(filter(None, [why, f"{answer.votes} approval{'' if answer.votes == 1 else 's'}"]))
    many = _either([_MANY.get(kind, f"{kind.value}s") for kind in kinds])
    if not answer.allowed:
        return f"not allowed: {many}"
    if not answer.at_once:
        one = _either([_named(kind) for kind in kinds])
        return f"{'' if kinds[0] is Kind.EVERYTHING else 'a '}{one} needs {needs}"
    if answer.at_once >= (1 if kinds[0] is Kind.EVERYTHING else MANY):
        return f"{many} at once{', with a reason' if why else ''}"
    more = f"needs {needs}" if answer.votes else "is not allowed"
    return f"up to {answer.at_once} {many} at once{', with a reason' if why else ''} (more {more})"


def _named(kind: Kind) -> str:
    return "URL" if kind is Kind.URL else kind.value


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
