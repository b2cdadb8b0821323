"""The approval card, complete on a phone: who, what, why, how much, what it does to the origin, how long there is."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.job import Approval, JobView, State
from bot.slack.cards.blocks import Block, Card, Confirm, button, card
from bot.slack.cards.glass import hint_line
from bot.slack.cards.outcome import approvals_left, denier
from bot.slack.cards.root import what
from bot.slack.cards.words import NARROW, ORIGIN_LOAD, clock, count, duration, hosts, listed, subject, titles
from bot.slack.escape import code, escape, linked, person, url_text
from providers.contract import Kind

NOTES_SHOWN = 4
NOTES_MAX, OFFER_MAX = 800, 400  # characters


def request_card(
    job: JobView, now: float, token: str, first: bool, link: str = "", salt: str = "", command: str = "/purge"
) -> Card:
    """The request for votes on `job`; `token` is what its buttons carry, `link` leads to the job's own card. The
    approvers are mentioned when `first`, so that an edit calls nobody again."""
    waiting = job.state is State.WAITING
    voting = [*_vote(job, first), hint_line(job, now, command)] if waiting else _decided(job)
    lines = [*_asked_for(job), *voting, _elsewhere(job, link)]
    return card(_first(job), lines, vote_buttons(job, token) if waiting else [], salt)


def _first(job: JobView) -> str:
    match job.state:
        case State.WAITING:
            asks = f"{person(job.requested_by)} asks to purge {subject(job)}"
            return f"🟡 {job.name} needs {approvals_left(job)} · {asks}"
        case State.DENIED:
            return f"⚫ {job.name} denied by {denier(job)} · {subject(job)}"
        case State.EXPIRED:
            return f"⚫ {job.name} expired, nobody agreed in time · {subject(job)}"
        case State.CANCELLED if not _is_approved(job):
            return f"⚫ {job.name} cancelled by {person(job.stop_reason)} · {subject(job)}"
        case _ if job.approval is not None and job.approval.broken_by:
            return f"🟡 {job.name} needs no votes, {person(job.approval.broken_by)} broke the glass · {subject(job)}"
        case _ if _is_approved(job):
            return f"🟢 {job.name} approved by {listed(_agreed(job))} · {subject(job)}"
        case _:
            return f"⚫ {job.name} asks for no votes any more · {subject(job)}"


def _agreed(job: JobView) -> list[str]:
    return [person(vote.by) for vote in job.approval.votes if vote.yes] if job.approval else []


def _is_approved(job: JobView) -> bool:
    """Whether it runs, or ran: by its votes, or without."""
    approval = job.approval
    return approval is not None and (bool(approval.broken_by) or len(_agreed(job)) >= approval.needed)


def _asked_for(job: JobView) -> Iterator[str]:
    yield f"What: {_in_words(job)}"
    yield f"Why: {escape(job.reason, 500)}" if job.reason else "Why: no reason was given"
    yield f"How much: {_how_much(job)}"
    if job.kind not in NARROW:
        yield ORIGIN_LOAD
    if notes := list(dict.fromkeys(filter(None, [*(layer.note for layer in job.layers), *job.notes]))):
        yield escape(" · ".join(notes[:NOTES_SHOWN]), NOTES_MAX)


def _in_words(job: JobView) -> str:
    where = f"*{escape(job.site, 60)}*, {escape(job.environment, 20)}"
    layers = f"{count(len(job.layers), 'layer')} ({titles(job.layers)})"
    soft = f", {escape(job.softly, 80)}" if job.softly else ""
    if job.kind is Kind.EVERYTHING:
        return f"everything in {layers} of {where}: {hosts(job.hosts)}{soft}"
    things = ", ".join(_thing(job, target) for target in job.sample[:3])
    more = f" and {job.targets - 3:,} more" if job.targets > 3 else ""
    return f"{things}{more} on {where}, in {layers}{soft}"


def _thing(job: JobView, target: str) -> str:
    """One target with what it means: a prefix is not the page of that name."""
    if job.targets > 1 or job.kind is Kind.URL:
        return url_text(target, 120)
    below = " with all that lies below it" if job.kind is Kind.PREFIX else ""
    return f"{job.kind.value} {escape(target, 120)}{below}"


def _how_much(job: JobView) -> str:
    calls = count(sum(layer.calls for layer in job.layers), "call")
    seconds = (job.eta or job.created) - job.created
    time = "sent at once" if seconds < 1 else f"about {duration(seconds)} of sending under the budgets"
    targets = "" if job.kind is Kind.EVERYTHING else f"{count(job.targets, 'target')} in "
    return f"{targets}{calls}, {time}"


def _vote(job: JobView, first: bool) -> Iterator[str]:
    approval = job.approval
    if approval is None:
        return
    yield from (escape(offer, OFFER_MAX) for offer in approval.offers)
    yield f"Rule {code(approval.rule, 80)}: {escape(approval.why)}"
    if agreed := _agreed(job):
        yield f"Agreed so far: {listed(agreed)}"
    people = listed([person(who) for who in approval.of]) if first else count(len(approval.of), "person", "people")
    yield f"Asked: {people} · expires {clock(approval.expires)}"


def _decided(job: JobView) -> Iterator[str]:
    if job.approval is not None:
        yield from _votes(job.approval)
        if job.approval.broken_by:
            yield f"Why without votes: {escape(job.approval.broken_because, 500)}"
    match job.state:
        case State.DENIED | State.EXPIRED:
            yield "Nothing was purged."
        case State.CANCELLED if not _is_approved(job):
            yield "Nothing was purged."
        case State.CANCELLED:
            yield f"Then cancelled by {person(job.stop_reason)}; its own card tells what had gone."
        case State.NEEDS_DECISION:
            yield "It waits for a decision; its own card tells why."
        case _ if _is_approved(job) and job.state.is_open:
            yield "It goes on by itself; its own card tells how."
        case _ if _is_approved(job):
            yield "It has ended; its own card tells what came of it."


def _votes(approval: Approval) -> Iterator[str]:
    told = [f"{person(vote.by)} {'yes' if vote.yes else 'no'} {clock(vote.at)}" for vote in approval.votes]
    if told:
        yield f"Votes: {listed(told, 10)}"


def _elsewhere(job: JobView, url: str) -> str:
    return linked(url, f"The card of {job.name}")


def vote_buttons(job: JobView, token: str) -> list[Block]:
    yes = Confirm(f"Approve {job.name}?", f"Once enough people agree it purges {what(job)}.", "Approve")
    no = Confirm(f"Deny {job.name}?", "One denial ends the request; nothing is purged.", "Deny", danger=True)
    return [button("Approve", "approve", token, "primary", yes), button("Deny", "deny", token, "danger", no)]
