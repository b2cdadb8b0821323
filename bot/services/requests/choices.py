"""Something narrower that whoever asked may have in place of a job that waits for votes, by one click."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.grammar.command import Command
from bot.domain.jobs.plan import Plan
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.codec import COMMAND, pack, unpack
from bot.services.requests.alternatives import is_possible
from providers.contract import Kind, Provider

KEPT_SECONDS = 86400.0  # beyond the time for votes, since a job may be asked again


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them: what its button says, and what it asks for."""

    label: str
    command: Command


@dataclass(frozen=True, slots=True)
class Choices:
    """Those of one job, for the person who asked for it."""

    job: int
    by: str
    channel: str
    thread: str
    offered: tuple[Choice, ...]


def choices_of(plan: Plan, command: Command, site: Site, providers: Mapping[str, Provider]) -> tuple[Choice, ...]:
    """What does less than `plan` in every layer that was asked, the least first."""
    found = list(_found(plan, site))
    able = [(label, t) for label, t in found if is_possible(t.kind, t.value, command, site, providers)]
    return tuple(Choice(label, _only(target, command)) for label, target in able)


def _found(plan: Plan, site: Site) -> Iterator[tuple[str, Target]]:
    first = plan.targets[0]
    match plan.effect:
        case Kind.EVERYTHING:
            yield "Only the front page", Target(Kind.URL, site.root_url(), site.name)
            if len(site.hosts) > 1:
                yield f"Only the host {site.hosts[0]}", Target(Kind.HOST, site.hosts[0], site.name)
        case Kind.HOST if first.kind is Kind.HOST:
            page = f"{site.schemes[0]}://{first.value}/"
            yield f"Only {page}", Target(Kind.URL, page, site.name)
        case Kind.PREFIX if len(plan.targets) == 1 and not first.value.startswith("/"):
            page = f"{site.schemes[0]}://{first.value}"
            yield f"Only the page {page}", Target(Kind.URL, page, site.name)


def _only(target: Target, command: Command) -> Command:
    """The same wish for `target` alone."""
    return replace(command, targets=(target,), confirm="", read_as="", notes=(), bad=(), wants_host_confirmed=False)


def keep(books: Books, name: str, choices: Choices, expires: float) -> None:
    """Keep them under `name`, which their buttons carry, until the votes' time is over and a day longer."""
    doc: dict[str, object] = {
        "instead_of": choices.job,
        "channel": choices.channel,
        "thread": choices.thread,
        "labels": [choice.label for choice in choices.offered],
        "wishes": [pack(COMMAND, choice.command) for choice in choices.offered],
    }
    books.intake.save_draft(name, choices.by, doc, expires + KEPT_SECONDS)


def kept(books: Books, name: str, now: float) -> Choices | None:
    """What was kept under `name`; None where that is nothing of this sort, or over."""
    draft = books.intake.draft(name, now)
    if draft is None or "instead_of" not in draft[1]:
        return None
    by, doc = draft
    offered = zip(_texts(doc.get("labels")), _texts(doc.get("wishes")), strict=True)
    return Choices(
        int(str(doc["instead_of"])), by, str(doc.get("channel")), str(doc.get("thread")),
        tuple(Choice(label, unpack(COMMAND, wish)) for label, wish in offered),
    )  # fmt: skip


def _texts(value: object) -> Sequence[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
