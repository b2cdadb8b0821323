"""What one person's Home tab shows, as a value: what waits for them, what runs, what ended, their sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.domain.actor import Actor
from bot.domain.job import JobView
from bot.domain.policy import Allow, Ask, Conditions, Decision, Deny, Outline, Policy, Roster
from bot.domain.rights import Deed, authorise
from bot.domain.ruling import decide, members_of
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.ledger.homes import Some
from bot.ledger.messages import Role
from bot.services.setup import Core
from providers.contract import Kind

VOTES, WAITING, RUNNING, ENDED, SITES = 10, 5, 8, 8, 10  # at most, of each

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


async def home_of(core: Core, actor: Actor, roster: Roster) -> HomeView:
    """What `actor`'s Home shows now; `roster` is who is in the policy's user-groups."""
    setup = core.setup
    refused = authorise(actor, Deed.SEE)
    if refused is not None:
        return HomeView(actor, setup.command, refused)
    sites = setup.seen_by(actor)
    names = [site.name for site in sites]
    rights, policy = _rights(core, actor, sites[:SITES], roster), setup.policy
    asked_as = [name for name in policy.asked if actor.id in members_of(policy, roster, name).people]

    def question(books: Books) -> HomeView:
        votes = books.homes.for_vote_of(actor.id, asked_as, names, VOTES)
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
    """What the policy says to one kind. `at_once` targets run without a vote; of more, where that is not all of them,
    `votes` are needed; 0 means that it may not be."""

    at_once: int
    is_all: bool
    votes: int
    wants_reason: bool


def _rights(core: Core, actor: Actor, sites: Sequence[Site], roster: Roster) -> list[tuple[Site, str]]:
    """Each site with what may be done there; asked once of sites that are the same to the policy."""
    known: dict[tuple[str, bool, str], str] = {}
    for site in sites:
        alike = _alike(core.setup.policy, site)
        if alike not in known:
            known[alike] = may_do(core, actor, site, roster)
    return [(site, known[_alike(core.setup.policy, site)]) for site in sites]


def _alike(policy: Policy, site: Site) -> tuple[str, bool, str]:
    """The same for sites between which no rule tells."""
    named = any(site.name in when.sites for when in _whens(policy))
    return site.environment, site.soft, site.name if named else ""


def _whens(policy: Policy) -> list[Conditions]:
    return [*(rule.when for rule in policy.rules), *(one.when for one in policy.tighten)]


def may_do(core: Core, actor: Actor, site: Site, roster: Roster) -> str:
    """What `actor` may purge on `site` now, in one sentence: the policy's answers to samples of every kind."""
    answers: dict[_Answer, list[Kind]] = {}
    for kind in _KINDS:
        answers.setdefault(_answer(core, actor, site, kind, roster), []).append(kind)
    return "; ".join(_told(answer, kinds) for answer, kinds in answers.items())


def _answer(core: Core, actor: Actor, site: Site, kind: Kind, roster: Roster) -> _Answer:
    policy, now = core.setup.policy, core.clock.now()

    def decided(n: int, has_reason: bool = True) -> Decision:
        sample = Outline(site.name, site.environment, {kind: n}, site.soft, 0.0, has_reason, kind)
        return decide(actor, sample, policy, roster, now, {})

    sizes = [1] if kind is Kind.EVERYTHING else _sizes(policy)
    first = decided(1)
    free = list(takewhile(lambda n: isinstance(decided(n), Allow), sizes)) if isinstance(first, Allow) else []
    beyond = decided(sizes[len(free)]) if len(free) < len(sizes) else None
    wants_reason = not isinstance(first, Deny) and isinstance(decided(1, has_reason=False), Deny)
    votes = beyond.needed if isinstance(beyond, Ask) else 0
    return _Answer(free[-1] if free else 0, beyond is None, votes, wants_reason)


def _sizes(policy: Policy) -> list[int]:
    """The numbers of targets between which the policy's answer does not change."""
    limits = [n for when in _whens(policy) for n in (when.max_items, when.over_items) if n is not None]
    return sorted({1, *limits, *(n + 1 for n in limits)} - {0})


def _told(answer: _Answer, kinds: Sequence[Kind]) -> str:
    why = "a reason" if answer.wants_reason else ""
    needs = " and ".join(filter(None, [why, f"{answer.votes} approval{'' if answer.votes == 1 else 's'}"]))
    many = _either([_MANY.get(kind, f"{kind.value}s") for kind in kinds])
    at_once = f"{many} at once{', with a reason' if why else ''}"
    if answer.is_all:
        return at_once
    if answer.at_once:
        return f"up to {answer.at_once} {at_once} (more {f'needs {needs}' if answer.votes else 'is not allowed'})"
    if not answer.votes:
        return f"not allowed: {many}"
    return f"{'' if kinds[0] is Kind.EVERYTHING else 'a '}{_either([_named(kind) for kind in kinds])} needs {needs}"


def _named(kind: Kind) -> str:
    return "URL" if kind is Kind.URL else kind.value


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
