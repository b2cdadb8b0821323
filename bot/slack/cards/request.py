"""The approval card, complete on a phone: who, what, why, how much, what it does to the origin, how long there is."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.job import JobView, State
from bot.slack.cards.blocks import Block, Card, Confirm, button, card
from bot.slack.cards.words import clock, count, duration, listed, subject
from bot.slack.escape import code, escape, person
from providers.contract import Kind

_NARROW = frozenset({Kind.URL, Kind.PATH, Kind.TAG})


def request_card(job: JobView, now: float, token: str, first: bool, link: str = "", salt: str = "") -> Card:
    """The request for votes on `job`; `token` is what its buttons carry. The approvers are mentioned when `first`."""
    waiting = job.state is State.WAITING
    lines = [line for line in _lines(job, first, link) if line]
    return card(_first(job), lines, _buttons(job, token) if waiting else [], salt)


def _first(job: JobView) -> str:
    approval = job.approval
    match job.state:
        case State.WAITING if approval is not None:
            left = approval.needed - sum(vote.yes for vote in approval.votes)
            asks = f"{person(job.requested_by)} asks to purge {subject(job)}"
            return f"🟡 {job.name} needs {count(left, 'approval')} · {asks}"
        case State.DENIED:
            who, _, reason = job.stop_reason.partition(": ")
            why = f": {escape(reason)}" if reason else ""
            return f"⚫ {job.name} denied by {person(who)}{why} · {subject(job)}"
        case State.EXPIRED:
            return f"⚫ {job.name} expired: nobody agreed in time · {subject(job)}"
        case State.CANCELLED if not _agreed(job):
            return f"⚫ {job.name} cancelled by {person(job.stop_reason)} · {subject(job)}"
        case _:
            return f"🟢 {job.name} approved by {listed(_agreed(job))} · {subject(job)}"


def _agreed(job: JobView) -> list[str]:
    return [person(vote.by) for vote in job.approval.votes if vote.yes] if job.approval else []


def _lines(job: JobView, first: bool, link: str) -> Iterator[str]:
    yield f"What: {_in_words(job)}"
    yield f"Why: {escape(job.reason, 300)}" if job.reason else "Why: no reason was given"
    calls = sum(layer.calls for layer in job.layers)
    time = duration(max(0.0, (job.eta or job.created) - job.created))
    yield f"How much: {count(job.targets, 'target')} in {count(calls, 'call')}, about {time} of sending"
    if job.kind not in _NARROW:
        yield "Origin: its traffic is unknown here, so treat the load of refilling as high."
    approval = job.approval
    if approval is not None:
        yield f"Rule {code(approval.rule)}: {escape(approval.why)}"
        if _agreed(job) and job.state is State.WAITING:
            yield f"Agreed so far: {listed(_agreed(job))}"
        if job.state is State.WAITING:
            asked = (
                listed([person(who) for who in approval.of]) if first else count(len(approval.of), "person", "people")
            )
            yield f"Asked: {asked} · expires {clock(approval.expires)}"
    if link.startswith("https://") or link.startswith("http://"):
        yield f"<{link}|Progress of {job.name}>"


def _in_words(job: JobView) -> str:
    hosts = ", ".join(escape(host, 80) for host in job.hosts[:5])
    layers = listed([layer.title for layer in job.layers])
    if job.kind is Kind.EVERYTHING:
        return f"all {count(len(job.layers), 'layer')} ({layers}) of *{job.site}*, {job.environment}: {hosts}"
    things = ", ".join(escape(target, 120) for target in job.sample[:3])
    more = f" and {job.targets - 3:,} more" if job.targets > 3 else ""
    return f"{things}{more} on *{job.site}*, {job.environment}, in {layers}{' · soft' if job.soft else ''}"


def _buttons(job: JobView, token: str) -> list[Block]:
    what = subject(job).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    caches = listed([layer.title for layer in job.layers])
    yes = Confirm(f"Approve {job.name}?", f"This lets purgebot purge {what} from {caches}.", "Approve")
    no = Confirm(f"Deny {job.name}?", "One denial ends the request.", "Deny", danger=True)
    return [button("Approve", "approve", token, "primary", yes), button("Deny", "deny", token, "danger", no)]
