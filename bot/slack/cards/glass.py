"""That a glass was broken: who, what, why, how many votes were skipped, what follows, and who has looked at it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.durations import duration
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.policies.policy import is_person
from bot.domain.policies.wording import listed as either
from bot.domain.shown import count
from bot.ledger.reviews import Review
from bot.slack.cards.blocks import Block, Card, Confirm, button, card, context
from bot.slack.cards.outcome import held_told, mentions
from bot.slack.cards.root import what
from bot.slack.cards.words import clock, listed, subject
from bot.slack.escape import code, escape, linked, person

REASON_MAX, NOTE_MAX, WHY_MAX = 1000, 1000, 500  # characters
GROUPS_SHOWN = 6
FOLLOWS = "It runs as any other: layer by layer, within the rate limits, proven at the edge, and recorded."


def glass_card(job: JobView, review: Review, link: str, salt: str = "", called: Sequence[str] = ()) -> Card:
    """The post that tells of it and calls those who may close its review; once that is closed it says by whom."""
    lines = [
        f"Why: {escape(review.reason, REASON_MAX)}",
        f"What: {escape(what(job), 500)}",
        f"Asked by {listed([person(who) for who in (job.requested_by, *job.also_by)])}; {_skipped(job, review)}",
        _follows(job),
        _review(job, review, called),
        linked(link, f"The card of {job.name}"),
    ]
    return card(_first(job, review), lines, [_close(job)] if review.is_open else [], salt)


def _first(job: JobView, review: Review) -> str:
    if review.is_open:
        return f"🟡 {person(review.by)} broke the glass of {job.name} · {subject(job)}"
    return f"🟢 {job.name}: the broken glass was reviewed by {person(review.closed_by)} · {subject(job)}"


def _skipped(job: JobView, review: Review) -> str:
    rule = f" of rule {code(job.approval.rule, 80)}" if job.approval else ""
    why = f", asked for since {escape(job.approval.why, WHY_MAX)}" if job.approval and job.approval.why else ""
    return f"{review.skipped} of {count(review.needed, 'approval')}{rule} skipped{why}"


def _follows(job: JobView) -> str:
    """What comes of it, or came."""
    match job.state:
        case State.WAITING:
            return "It did not run and waits again. Its own card tells why."
        case State.QUEUED if job.held is not None:
            return held_told(job.held, job.site)
        case state if state.is_open:
            return FOLLOWS
        case _:
            return "It has ended; its own card tells what came of it."


def _review(job: JobView, review: Review, called: Sequence[str]) -> str:
    if review.closed_at is None:
        every = f" Until then it is asked for every {duration(review.remind)}." if review.remind > 0 else ""
        who = f"{_reviewers(job)} who neither asked for it nor broke the glass"
        to = f"{mentions(called)}: " if called else ""
        return f"{to}{who[:1].lower() if to else who[:1]}{who[1:]} looks at it and closes the review.{every}"
    note = f": {escape(review.note, NOTE_MAX)}" if review.note else ""
    closed = f"{person(review.closed_by)} closed the review {clock(review.closed_at)}{note}"
    return f"{person(review.by)} broke it {clock(review.at)}; {closed}"


def _reviewers(job: JobView) -> str:
    """Who may close it, by the policy's words: those who are asked for votes, and those who may break the glass."""
    approval = job.approval
    words = dict.fromkeys((*approval.groups, *approval.breakers)) if approval else ()
    named = either([_named(word) for word in words][:GROUPS_SHOWN], "or")
    return f"One of {named}" if named else "An approver"


def _named(word: str) -> str:
    return person(word) if is_person(word) else code(word, 60)


def _close(job: JobView) -> Block:
    asked = Confirm(
        "Close the review?", f"You have looked at what {job.name} did, and why its votes were skipped.", "Close"
    )
    return button("Close the review", "close_review", job.name, "primary", asked)


def reminder_card(job: JobView, review: Review, command: str, called: Sequence[str] = ()) -> Card:
    """In the thread of the post, while nobody has looked at it: those who may are called."""
    to = f"{mentions(called)}: the" if called else "The"
    return card(
        f"{to} review of {job.name} is open since {clock(review.at)}: {person(review.by)} broke the glass, and somebody"
        f" else closes it, with the button above or {code(f'{command} review {job.name}')}."
    )


def hint_line(job: JobView, now: float, command: str) -> str:
    """On the request, when half of the time is over: who could do without the votes."""
    approval = job.approval
    if approval is None or approval.barred or not approval.breakers or now < half_time(approval):
        return ""
    who = listed([_named(name) for name in approval.breakers])
    return f"{who} may break the glass: {code(f'{command} break-glass {job.name} because …')}"


def half_time(approval: Approval) -> float:
    """When half of the time to agree is over."""
    return approval.asked + (approval.expires - approval.asked) / 2


def with_reviews(shown: Card, reviews: Sequence[int]) -> Card:
    """`shown`, with the reviews that are open."""
    if not reviews:
        return shown
    names = listed([f"P-{number}" for number in reviews], 10)
    return Card(
        shown.text,
        [*shown.blocks, context([f"{count(len(reviews), 'review')} open: the glass of {names} was broken."])],
    )
