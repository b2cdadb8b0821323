"""The card of `/purge queue`: what runs, what waits, in which order, and when each is expected to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.durations import duration
from bot.domain.jobs.job import State
from bot.domain.shown import count
from bot.services.replies import Full, Joined, Waits
from bot.services.running.queue import MINE_SHOWN, AccountQueue, HeldBack, QueueShown, Waiter
from bot.slack.cards.blocks import Block, Card, button, card
from bot.slack.cards.holds import begun, hold_line, waiting_line
from bot.slack.cards.words import clock, listed
from bot.slack.escape import escape, linked, person

LEAVE = "leave "  # before the job's name in what a button carries
ACCOUNTS_SHOWN, RUNNING_SHOWN, WAITING_SHOWN = 8, 5, 8


def queue_card(shown: QueueShown, command: str) -> Card:
    """Every account that was asked for, busy ones first, then what holds their sites and what waits for that."""
    if not shown.accounts:
        return card("No queue belongs to a site of yours.", ["`sites` lists them."])
    busy = [account for account in shown.accounts if not account.is_idle]
    running, waiting = len(shown.running), len(shown.waiting)
    names = listed([f"*{escape(x.account, 40)}*" for x in shown.accounts if x.is_idle], ACCOUNTS_SHOWN)
    lines = [line for account in busy[:ACCOUNTS_SHOWN] for line in _account(account, shown.now)]
    more = len(busy) - ACCOUNTS_SHOWN
    return card(
        f"Queue: {running:,} {'runs' if running == 1 else 'run'}, {waiting:,} {'waits' if waiting == 1 else 'wait'}"
        if running or waiting
        else "Queue: nothing runs and nothing waits for calls",
        [
            "This purgebot only observes: nothing is sent, and what was begun stands still." if shown.observing else "",
            *lines,
            f"and {count(more, 'more account')}: name a site or an account" if more > 0 else "",
            f"Idle: {names}" if names else "",
            *(line for held in shown.held for line in _held_back(held, command)),
        ],
        _buttons(shown),
    )


def _account(account: AccountQueue, now: float) -> Iterator[str]:
    silent = f" · takes no calls before {clock(account.silent_until)}" if account.silent_until else ""
    yield f"*{escape(account.account, 40)}* · {escape(account.title, 40)}{silent}"
    yield from _some([f"▶ {_named(x)}{_far(x, now)}" for x in account.running if x.seen], RUNNING_SHOWN, "running")
    hidden = sum(not x.seen for x in account.running)
    if hidden:
        yield f"    ▶ {count(hidden, 'other job')}"
    yield from _some(list(_waiting(account.waiting, now)), WAITING_SHOWN, "waiting")
    if account.finishing:
        one, title = account.finishing == 1, escape(account.title, 40)
        sent = "is sent and waits" if one else "are sent and wait"
        yield f"    {count(account.finishing, 'job')} {sent} for {title} to finish"
    elif not account.running and not account.waiting:
        yield "    nothing runs or waits for calls"
    if counted := _counted(account):
        yield f"    not in line yet: {listed(counted)}"


def _held_back(held: HeldBack, command: str) -> Iterator[str]:
    """A hold, and what waits for its end: jobs by their number, requests by name."""
    if held.hold is not None:
        yield begun(hold_line(held.hold))
    if held.jobs:
        yield f"    {count(held.jobs, 'job')} {'waits' if held.jobs == 1 else 'wait'} for the end of that hold"
    for request in held.first:
        yield f"    {waiting_line(Waits(request, held.hold))}"
    more = held.requests - len(held.first)
    if more > 0:
        yield f"    and {count(more, 'more request')}: `{command} status` lists them"


def _some(lines: Sequence[str], most: int, what: str) -> Iterator[str]:
    for line in lines[:most]:
        yield f"    {line}"
    if len(lines) > most:
        yield f"    and {len(lines) - most:,} more {what}"


def _waiting(waiting: Sequence[Waiter], now: float) -> Iterator[str]:
    """Those in line, by their place; others without a name, counted together."""
    others = 0
    for place, waiter in enumerate(waiting, 1):
        if not waiter.seen:
            others += 1
            continue
        if others:
            yield f"{count(others, 'other job')} before {waiter.name}"
        others = 0
        yield f"{ordinal(place)} {_named(waiter)} · {_comes(waiter, now)}"
    if others:
        yield count(others, "other job")


def _named(waiter: Waiter) -> str:
    urgent = "⚡ " if waiter.urgent else ""
    return f"{urgent}*{waiter.name}* on {escape(waiter.site, 60)}, asked by {person(waiter.by)}"


def _far(waiter: Waiter, now: float) -> str:
    """How far one is that runs: what came back, and what is on its way."""
    calls = waiter.gone + waiter.flying + waiter.left
    if waiter.flying == calls:
        return " · its call is on its way" if calls == 1 else f" · all {calls:,} calls are on their way"
    sent = f" · {waiter.gone:,} of {count(calls, 'call')} sent"
    flying = f", {waiter.flying:,} on {'its' if waiter.flying == 1 else 'their'} way" if waiter.flying else ""
    return f"{sent}{flying}{f', {_done(waiter, now)}' if waiter.left else ''}"


def _comes(waiter: Waiter, now: float) -> str:
    """When one begins that waits."""
    after = f"after {escape(waiter.after, 40)}, " if waiter.after else ""
    if waiter.begins is None:
        return f"{after}when is not known"
    soon = waiter.begins - now < 1
    return f"{after}begins {'at once' if soon else f'in about {duration(waiter.begins - now)}'}, {_done(waiter, now)}"


def _done(waiter: Waiter, now: float) -> str:
    if waiter.ends is None:
        return "when it is done is not known"
    return f"done in about {duration(max(1.0, waiter.ends - now))}"


def _counted(account: AccountQueue) -> list[str]:
    """What waits for something else than calls."""
    counts = (
        (account.votes, "for votes"), (account.held, "for the end of a hold"),
        (account.scheduled, f"for {'its' if account.scheduled == 1 else 'their'} time"),
        (account.decisions, "for a decision"), (account.following, "for a job that comes first"),
    )  # fmt: skip
    waiting = [f"{count(n, 'job')} {'waits' if n == 1 else 'wait'} {what}" for n, what in counts if n]
    still = f"{count(account.still, 'job')} {'stands' if account.still == 1 else 'stand'} still"
    return [*waiting, *([still] if account.still else [])]


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    teen = n % 100 in (11, 12, 13)
    return f"{n:,}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _buttons(shown: QueueShown) -> list[Block]:
    """Cancel for the caller's own jobs that are not fully sent, a page of them; and the pages beside it."""
    here = shown.mine[shown.begin : shown.begin + MINE_SHOWN]
    cancels = [button(f"Cancel P-{job}", "queue_cancel", f"P-{job}") for job, _ in here]
    page = shown.begin // MINE_SHOWN + 1
    before = [button("Before", "queue_before", f"{shown.line} page {page - 1}")] if page > 1 else []
    rest = len(shown.mine) - shown.begin - len(here)
    more = [button(f"{rest:,} more of yours", "queue_more", f"{shown.line} page {page + 1}")] if rest > 0 else []
    return [*cancels, *before, *more]


def joined_card(joined: Joined, now: float) -> Card:
    """Another job does the same, and nothing of it has been sent."""
    job = joined.job
    ago = duration(max(0.0, now - job.created))
    by = "which you asked for" if joined.by_self else f"asked for by {person(job.requested_by)}"
    name = linked(job.url, job.name) or job.name
    waits = "It waits for votes. " if job.state is State.WAITING else ""
    return card(
        f"*{name}*, {by} {ago} ago, does the same: you will hear of it there.",
        [f"{waits}Nothing is sent twice."],
        [] if joined.by_self else [button(f"Leave {job.name}", "queue_cancel", f"{LEAVE}{job.name}")],
    )


def full_card(full: Full, now: float, command: str) -> Card:
    """An account has so much in line that it takes no more."""
    free = (
        f"When there is room again is not known: what is open waits for {_awaited(full)}."
        if full.seconds is None
        else f"There is room again in about {duration(max(1.0, full.seconds))}: ask again then."
    )
    see = f"`{command} queue {full.account}` shows what is open; `cancel` what is not needed."
    return card(
        f"{escape(full.what, 600)} Nothing was purged.",
        [f"So it has been since {clock(full.since)}. {free}", see],
    )


def _awaited(full: Full) -> str:
    """What nobody can foretell of what is open."""
    people = "people, its time, or a job that comes first"
    if not full.finishing:
        return people
    provider = f"{escape(full.finishing, 40)} to finish"
    return f"{provider}, for {people}" if full.others else provider
