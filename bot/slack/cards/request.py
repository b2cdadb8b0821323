"""The approval card, complete on a phone: who, what, why, how much, what it does to the origin, how long there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.durations import duration
from bot.domain.jobs.job import Approval, JobView, State, Vote
from bot.domain.policies.wording import dollars
from bot.domain.shown import count
from bot.slack.cards.blocks import Block, Card, Confirm, actions, button, card
from bot.slack.cards.glass import hint_line
from bot.slack.cards.gone import has_gone, nothing_went
from bot.slack.cards.outcome import (
    approvals_left,
    barred,
    denier,
    groups,
    held_told,
    mentions,
    missing,
    restored,
    too_few,
    waits,
)
from bot.slack.cards.root import RESTORED_TOLD, starts, what
from bot.slack.cards.thread import NAMES_SHOWN, NOBODY, Names, called
from bot.slack.cards.words import (
    LAYERS_SHOWN,
    NARROW,
    clock,
    cost_text,
    hosts,
    listed,
    origin_load,
    sentence,
    subject,
    title,
    titles,
    why_again,
)
from bot.slack.escape import code, escape, linked, person, url_text
from providers.contract import Kind

NOTES_SHOWN, VOTES_SHOWN = 4, 10
THINGS_SHOWN, WIDE_SHOWN = 3, 10
NOTES_MAX, OFFER_MAX, WHY_MAX, NO_MAX = 800, 400, 500, 200  # characters


def request_card(
    job: JobView, now: float, token: str, first: bool, link: str = "", salt: str = "", command: str = "/purge",
    asked: Sequence[str] = (), is_root: bool = False, is_edit: bool = True,
) -> Card:  # fmt: skip
    """The request for votes on `job`; `token` is what its buttons carry, `link` leads to the job's own card, unless
    this one `is_root` too. When `first`, the approvers are mentioned, as `asked` says where user-groups reach them, so
    that an edit calls nobody again. Where it `is_edit`, a mention calls nobody: those who have not voted are named."""
    waiting = job.state is State.WAITING
    called = (asked or job.approval.of) if first and job.approval else ()
    voting = [*_vote(job, called, is_edit), hint_line(job, now, command)] if waiting else _decided(job)
    lines = [*asked_for(job, command), *voting, _elsewhere(job, link)]
    return card(_first(job), lines, vote_buttons(job, token, is_root) if waiting else [], salt)


def asked_card(job: JobView, at_once: Sequence[str], token: str, names: Names = NOBODY) -> Card:
    """What only the requester sees while the job waits: who is asked and why, until when, and which of the narrower
    choices would run `at_once`. Whoever is in `names` is told by name, which calls nobody."""
    approval = job.approval
    if approval is None:
        return card(f"{job.name} waits.")
    asked = listed([called(who, names) for who in approval.of], NAMES_SHOWN)
    lines = [
        f"Asked: {asked}{_where(approval)} · {_time(job, approval)}",
        f"Rule {code(approval.rule, 80)}: {escape(approval.why, WHY_MAX)}",
        f"Needs no votes: {listed([escape(label[:1].lower() + label[1:], 200) for label in at_once])}."
        if at_once
        else "",
    ]
    said = card(f"{job.name} waits for {approvals_left(job)}. The outcome is told in its thread.", lines)
    return Card(
        said.text, [*said.blocks, *actions([choice(label, token, n) for n, label in enumerate(approval.choices)])]
    )


def choice(label: str, token: str, n: int) -> Block:
    """A button for something narrower in a job's place."""
    return button(label, "pick", f"{token}:{n}")


def _where(approval: Approval) -> str:
    from_groups = groups(approval)
    return f" ({from_groups})" if from_groups else ""


def _first(job: JobView) -> str:
    match job.state:
        case _ if job.ended_by_restore:
            return restored(job)
        case State.WAITING:
            who = listed([person(one) for one in (job.requested_by, *job.also_by)])
            asks = f"{who} ask{'' if job.also_by else 's'} to purge {subject(job)}"
            needs = waits(job) if job.approval and job.approval.barred else f"needs {approvals_left(job)}"
            return f"🟡 {job.name} {needs} · {asks}"
        case State.DENIED:
            return f"⚫ {job.name} denied by {denier(job)} · {subject(job)}"
        case State.EXPIRED:
            return f"⚫ {job.name} expired, {too_few(job)} · {subject(job)}"
        case State.CANCELLED if not _is_approved(job) and job.stop_reason == "purgebot":
            return f"⚫ {job.name} given up · {subject(job)}"
        case State.CANCELLED if not _is_approved(job):
            return f"⚫ {job.name} cancelled by {denier(job)} · {subject(job)}"
        case _ if job.approval is not None and job.approval.broken_by:
            return f"🟡 {job.name} needs no votes, {person(job.approval.broken_by)} broke the glass · {subject(job)}"
        case State.FAILED if _is_approved(job) and not has_gone(job):
            return f"🔴 {job.name} approved by {listed(_agreed(job))}, and nothing was purged · {subject(job)}"
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


def asked_for(job: JobView, command: str) -> Iterator[str]:
    """What a vote is about, a line each: things, reason, calls, cost, start, the load on the origin; "" for none."""
    approval = job.approval
    if approval is not None and approval.returned and not approval.barred and job.state is State.WAITING:
        yield f"Asked again: {why_again(approval.returned, WHY_MAX, calls=False)}"
    yield f"What: {_in_words(job)}"
    if job.kind is not Kind.EVERYTHING and job.targets > len(_shown(job)):
        yield f"All targets: {code(f'{command} show {job.name}')}"
    yield f"Why: {escape(job.reason, 500)}" if job.reason else "Why: no reason was given"
    yield f"How much: {_how_much(job)}"
    yield _cost(job)
    yield starts(job)
    yield origin_load(job.kind, job.counts, job.targets)
    if job.warm:
        yield "Then: once it is proven, its pages are fetched through the edges, two requests at once at most."
    if notes := list(dict.fromkeys(filter(None, [*(layer.note for layer in job.layers), *job.notes]))):
        yield escape(" · ".join(notes[:NOTES_SHOWN]), NOTES_MAX)


def _in_words(job: JobView) -> str:
    where = f"*{escape(job.site, 60)}*, {escape(job.environment, 20)}"
    soft = f", {escape(job.softly, 80)}" if job.softly else ""
    if job.kind is Kind.EVERYTHING:
        return f"everything in {_layers(job)} of {where}: {hosts(job.hosts)} ({titles(job.layers)}{soft})"
    shown = _shown(job)
    things = ", ".join(_thing(job, target) for target in shown)
    more = f" and {job.targets - len(shown):,} more" if job.targets > len(shown) else ""
    return f"{things}{more} in {_layers(job)} of {where} ({titles(job.layers)}{soft})"


def _shown(job: JobView) -> tuple[str, ...]:
    """The targets that are named; the widest come first."""
    wide = sum(n for kind, n in job.counts.items() if kind not in NARROW)
    return job.sample[: max(THINGS_SHOWN, min(wide, WIDE_SHOWN))]


def _layers(job: JobView) -> str:
    """All 3 layers, or 1 of 3 layers."""
    asked, left = len(job.layers), len(job.left_alone)
    if left:
        return f"{asked} of {count(asked + left, 'layer')}"
    return {1: "the one layer", 2: "both layers"}.get(asked, f"all {asked} layers")


def _thing(job: JobView, target: str) -> str:
    """One target with what it means: a prefix is not the page of that name."""
    if job.targets > 1 or job.kind is Kind.URL:
        return url_text(target, 120)
    below = " with all that lies below it" if job.kind is Kind.PREFIX else ""
    return f"{job.kind.value} {escape(target, 120)}{below}"


def _how_much(job: JobView) -> str:
    calls = count(sum(layer.calls for layer in job.layers), "call")
    seconds = (job.eta or job.begins) - job.begins
    time = "sent at once" if seconds < 1 else f"about {duration(seconds)} of sending under the budgets"
    targets = "" if job.kind is Kind.EVERYTHING else f"{count(job.targets, 'target')} in "
    return f"{targets}{calls}, {time}"


def _cost(job: JobView) -> str:
    """What each layer that bills its calls will charge, as shown to those who vote, and the sum of several; nothing
    where none does. Where something else was shown before that, this too."""
    approval = job.approval
    costs = approval.costs if approval is not None and approval.costs else [layer.cost for layer in job.layers]
    billed = [(layer, cost) for layer, cost in zip(job.layers, costs, strict=True) if cost is not None]
    told = [f"{title(layer)} {cost_text(cost)}" for layer, cost in billed[:LAYERS_SHOWN]]
    total = f" · about {dollars(sum(cost.usd for _, cost in billed))} in all" if len(billed) > 1 else ""
    before = approval.usd_before if approval is not None else None
    was = "" if before is None else f" · {dollars(before)} was shown before"
    return f"Cost: {'; '.join(told)}{total}{was}" if told else ""


def _vote(job: JobView, called: Sequence[str], named: bool) -> Iterator[str]:
    approval = job.approval
    if approval is None:
        return
    if approval.barred:
        yield from barred(approval)
        yield from _votes(approval)
        return
    yield from (escape(offer, OFFER_MAX) for offer in approval.offers)
    yield f"Rule {code(approval.rule, 80)}: {escape(approval.why)}"
    yield from _votes(approval)
    if approval.votes and named:
        yield f"Not yet: {missing(approval)} · {_time(job, approval)}"
        return
    of = groups(approval)
    people = f"{count(len(approval.of), 'person', 'people')}{f' of {of}' if of else ''}"
    yield f"Asked: {people}{f': {mentions(called)}' if called else ''} · {_time(job, approval)}"


def _time(job: JobView, approval: Approval) -> str:
    """How long there is, and until when."""
    return f"{duration(approval.expires - (approval.asked or job.created))}, until {clock(approval.expires)}"


def _decided(job: JobView) -> Iterator[str]:
    if job.approval is not None:
        yield from _votes(job.approval)
        if job.approval.broken_by:
            yield f"Why without votes: {escape(job.approval.broken_because, 500)}"
    match job.state:
        case _ if job.ended_by_restore:
            yield RESTORED_TOLD
        case State.DENIED | State.EXPIRED:
            yield nothing_went(job)
        case State.CANCELLED if not _is_approved(job):
            why = f" {sentence(escape(job.why, WHY_MAX))}" if job.stop_reason == "purgebot" and job.why else ""
            yield f"Nothing was purged.{why}"
        case State.CANCELLED:
            yield f"Then cancelled by {denier(job)}; its own card tells what had gone."
        case State.NEEDS_DECISION:
            yield "It waits for a decision; its own card tells why."
        case State.QUEUED if job.held is not None:
            yield held_told(job.held, job.site)
        case _ if _is_approved(job) and job.state.is_open:
            yield "It goes on by itself; its own card tells how."
        case _ if _is_approved(job):
            yield "It has ended; its own card tells what came of it."


def _votes(approval: Approval) -> Iterator[str]:
    if approval.votes:
        yield f"Votes: {listed([_told(vote) for vote in approval.votes], VOTES_SHOWN)}"
    if approval.earlier:
        yield f"Void, from before it was asked again: {listed([_told(vote) for vote in approval.earlier], VOTES_SHOWN)}"


def _told(vote: Vote) -> str:
    why = f" (“{escape(vote.reason, NO_MAX)}”)" if vote.reason else ""
    return f"{person(vote.by)} {'yes' if vote.yes else 'no'} {clock(vote.at)}{why}"


def _elsewhere(job: JobView, url: str) -> str:
    return linked(url, f"The card of {job.name}")


def vote_buttons(job: JobView, token: str, is_root: bool = False) -> list[Block]:
    """Approve and Deny; where the card is the job's own too, Cancel between them."""
    token = of_round(job, token)
    yes = Confirm(f"Approve {job.name}?", f"Once enough people agree it purges {what(job)}.", "Approve")
    cancel = [button("Cancel", "cancel", job.name)] if is_root else []
    approve, deny = button("Approve", "approve", token, "primary", yes), button("Deny", "deny", token, "danger")
    if job.approval is not None and job.approval.barred:
        return [*cancel, deny]
    return [approve, *cancel, deny]


def of_round(job: JobView, token: str) -> str:
    """What a vote's buttons carry. From the second round on the round is in it, so that a click on an older card is no
    word on what this one shows."""
    return f"{token.partition('.')[0]}.{job.approval.round}" if job.approval and job.approval.round else token
