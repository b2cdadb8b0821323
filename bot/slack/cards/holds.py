"""What a hold is, who holds, why and until when, and what waits for its end."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.hold import ALL, Hold
from bot.domain.policy import Ask
from bot.services.replies import HoldEnded, HoldLaid, Queued
from bot.slack.cards.blocks import Card, card, context
from bot.slack.cards.private import copied
from bot.slack.cards.words import clock, count
from bot.slack.escape import escape, person

REASON_MAX = 500  # characters
HOLDS_SHOWN = 10


def place(site: str) -> str:
    """What is held."""
    return "every site" if site in ("", ALL) else escape(site, 60)


def hold_line(hold: Hold) -> str:
    """Who holds it, since when, until when, and why."""
    until = f"until {clock(hold.until)}" if hold.until is not None else "until it is released"
    who = f"by {person(hold.by)} since {clock(hold.since)}"
    return f"{place(hold.site)} is held {who}, {until}: {escape(hold.reason, REASON_MAX)}"


def held_card(hold: Hold, advice: str) -> Card:
    """Something is not done because of a hold."""
    return card(_begun(hold_line(hold)), [escape(advice, 1000)])


def laid_card(laid: HoldLaid, command: str) -> Card:
    """A hold begins."""
    hold, before = laid.hold, laid.before
    until = f"until {clock(hold.until)}" if hold.until is not None else "until it is released"
    return card(
        f"{_begun(place(hold.site))} is held {until}: {escape(hold.reason, REASON_MAX)}",
        [
            _place_of(before, hold) if before is not None else "",
            "Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.",
            copied("To end it", f"{command} release {'all' if hold.site == ALL else hold.site}"),
        ],
    )


def _place_of(before: Hold, hold: Hold) -> str:
    if before.by == hold.by:
        return f"It takes the place of yours: {escape(before.reason, REASON_MAX)}"
    return f"It lies on another, which stands when it ends: {hold_line(before)}"


def ended_card(ended: HoldEnded) -> Card:
    """A hold is over."""
    hold, still = ended.hold, ended.still
    if still is not None:
        first = f"The hold on {place(hold.site)} is released, and it stays held." if hold.site != ALL else ""
        return card(first or "The hold on every site is released, and another stands.", [_begun(hold_line(still))])
    each = " for each site" if hold.site == ALL else ""
    waited = [
        f"{count(ended.jobs, 'job')} that waited for it {'goes' if ended.jobs == 1 else 'go'} on; a yes that grew"
        " too old meanwhile is asked for again."
        if ended.jobs
        else "",
        f"{count(ended.requests, 'queued request')} become{'s' * (ended.requests == 1)} one plan{each}."
        if ended.requests
        else "",
    ]
    return card(f"{_begun(place(hold.site))} is released.", waited)


def queued_card(queued: Queued) -> Card:
    """A request waits for the end of a hold."""
    size = queued.size
    what = "URL" if size.urls == size.targets else "target"
    so_far = f"{count(size.requests, 'request')}, {count(size.targets, what)} so far"
    decision = queued.decision
    asks = ""
    if isinstance(decision, Ask):
        asks = f"It needs {count(decision.needed, 'approval')} then, since {escape(decision.why, REASON_MAX)}."
    return card(
        f"Queued: runs when {escape(queued.site, 60)} is released ({so_far}).", [_begun(hold_line(queued.hold)), asks]
    )


def also_held(shown: Card, hold: Hold | None) -> Card:
    """`shown`, with the hold that keeps it from beginning."""
    return Card(shown.text, [*shown.blocks, context([_begun(hold_line(hold))])]) if hold is not None else shown


def with_holds(shown: Card, holds: Sequence[Hold]) -> Card:
    """`shown`, with what is held."""
    if not holds:
        return shown
    more = len(holds) - HOLDS_SHOWN
    lines = [_begun(hold_line(hold)) for hold in holds[:HOLDS_SHOWN]]
    return Card(
        shown.text, [*shown.blocks, context([*lines, *([f"and {count(more, 'more hold')}"] if more > 0 else [])])]
    )


def _begun(line: str) -> str:
    return f"Every site{line.removeprefix('every site')}" if line.startswith("every site") else line
