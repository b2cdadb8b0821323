"""What a hold is, who holds, why and until when, and what waits for its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.jobs.hold import ALL, Hold
from bot.domain.policies.policy import Ask, Decision
from bot.domain.shown import count
from bot.ledger.dropped import AGAIN, NOT_KNOWN
from bot.ledger.holds import BY_RESTORE, CameToNothing, Over, Waiting
from bot.services.replies import HoldEnded, HoldLaid, Queued, QueuedOver, Waits
from bot.slack.cards.blocks import Card, card, context, paragraphs
from bot.slack.cards.private import copied
from bot.slack.cards.targets import targets_listed
from bot.slack.cards.thread import NOBODY, Names, called
from bot.slack.cards.words import clock, number
from bot.slack.escape import code, escape, person

REASON_MAX = 500  # characters
HOLDS_SHOWN = 10
_ENDED_BY = {"policy": "refused", BY_RESTORE: "ended by a restore"}


def place(site: str) -> str:
    """What is held."""
    return "every site" if site in ("", ALL) else escape(site, 60)


def until(hold: Hold) -> str:
    """When it ends by itself, if it does."""
    return f"until {clock(hold.until)}" if hold.until is not None else "until it is released"


def hold_line(hold: Hold, names: Names = NOBODY) -> str:
    """Who holds it, since when, until when, and why."""
    who = f"by {called(hold.by, names)} since {clock(hold.since)}"
    return f"{place(hold.site)} is held {who}, {until(hold)}: {escape(hold.reason, REASON_MAX)}"


def would_wait(hold: Hold, line: str) -> str:
    """What a hold has against a purge that is offered; `line` is what purges it, on one of its own."""
    queued = copied("Nothing is purged before that. To have it run on release", f"{line} --queue")
    then = queued or "Nothing is purged before that; with `--queue` it runs on release."
    return f"{begun(hold_line(hold))}\n{then}"


def held_card(hold: Hold, advice: str) -> Card:
    """Something is not done because of a hold."""
    return card(begun(hold_line(hold)), [escape(advice, 1000)])


def laid_card(laid: HoldLaid, command: str) -> Card:
    """A hold begins."""
    hold = laid.hold
    first = f"{begun(place(hold.site))} is held {until(hold)}: {escape(hold.reason, REASON_MAX)}"
    return card(first, laid_lines(hold, laid.before, command, "your earlier one"))


def laid_lines(hold: Hold, before: Hold | None, command: str, own: str, names: Names = NOBODY) -> list[str]:
    """What a hold means for others; `own` is what an earlier one of the same person is called."""
    return [
        _place_of(before, hold, own, names) if before is not None else "",
        "Nothing begins there meanwhile. Jobs that purge already go on; `cancel` stops them.",
        copied("To end it", f"{command} release {'all' if hold.site == ALL else hold.site}"),
    ]


def _place_of(before: Hold, hold: Hold, own: str, names: Names) -> str:
    if before.by == hold.by:
        return f"It takes the place of {own}: {escape(before.reason, REASON_MAX)}"
    return f"It lies on another, which stands when it ends: {hold_line(before, names)}"


def ended_card(ended: HoldEnded, command: str) -> Card:
    """A hold is over."""
    hold, still = ended.hold, ended.still
    if still is not None:
        first = f"The hold on {place(hold.site)} is released, and it stays held." if hold.site != ALL else ""
        end = copied("To end that too", f"{command} release {'all' if still.site == ALL else still.site}")
        others = "Whoever holds it can release it, and so can an approver."
        return card(
            first or "The hold on every site is released, and another stands.",
            [begun(hold_line(still)), end if ended.may_end else others],
        )
    waited = goes_on(ended.jobs, ended.requests, ended.plans)
    return card(f"{begun(place(hold.site))} is released.", [*waited])


def goes_on(jobs: int, requests: int, plans: int, size: str = "") -> Iterator[str]:
    """What had waited for the end of a hold; `size` is that of the requests."""
    if jobs:
        go = "goes" if jobs == 1 else "go"
        unless = "unless the policy forbids it by now; a yes that grew too old meanwhile is asked for again"
        yield f"{count(jobs, 'job')} that waited for it {go} on, {unless}."
    if requests:
        one = plans == 1
        waited = f"{count(requests, 'queued request')}{size}"
        if requests == 1:
            yield f"{waited} is judged now and may need votes."
        else:
            become = f"{number(plans)} plans" if not one else "one plan"
            yield f"{waited} are judged now, each person's as theirs; what passes becomes {become} and may need votes."


def queued_card(queued: Queued, command: str) -> Card:
    """A request waits for the end of a hold."""
    size, site = queued.size, escape(queued.site, 60)
    most = "at most " if size.requests > 1 else ""  # what several name counts once when they are joined
    so_far = f"{count(size.requests, 'request')}, {most}{_targets(size.targets, size.urls)} so far"
    return card(
        f"Queued: runs when {site} is released ({so_far}).",
        [
            begun(hold_line(queued.hold)),
            _of_it(queued, site),
            _judged_then(queued.decision, queued.size.requests),
            copied(f"It is {queued.told.name}. To take it back", f"{command} cancel {queued.told.name}"),
        ],
    )


def _targets(targets: int, urls: int) -> str:
    return count(targets, "URL" if urls == targets else "target")


def _of_it(queued: Queued, site: str) -> str:
    """How many targets it is, where that is another number than was typed."""
    told, named = queued.told, queued.named
    if told.targets <= named:
        return ""
    each = f"the {'one thing' if named == 1 else count(named, 'thing')} you named, on every host of {site}"
    return f"Of these yours are {_targets(told.targets, told.urls)}: {each}."


def _judged_then(decision: Decision, requests: int) -> str:
    theirs = "each person's are judged again as theirs; what passes becomes one plan and"
    then = "it is judged again and" if requests == 1 else theirs
    if not isinstance(decision, Ask):
        return f"On the release {then} may need votes."
    needs = f"By itself it needs {count(decision.needed, 'approval')}, since {escape(decision.why, REASON_MAX)}."
    return f"{needs} On the release {then} may need more."


def waiting_line(waits: Waits, by: bool = True) -> str:
    """A request in line: what, why, since when, whose where `by`, and what it waits for."""
    request, hold = waits.request, waits.hold
    until_what = f"waits for the hold of {person(hold.by)}, {until(hold)}" if hold else "is about to run"
    who = f"queued{f' by {person(request.by)}' if by else ''} {clock(request.at)}"
    why = f" · because {escape(request.reason, 160)}" if request.reason else ""
    return f"🟡 *{request.name}* {until_what} · {_what(request)} · {who}{why}"


def with_waiting(shown: Card, waiting: Sequence[Waits], total: int, command: str) -> Card:
    """`shown`, with the requests in line."""
    if not waiting:
        return shown
    more = total - len(waiting)
    head = f"{count(total, 'queued request')}; `{command} cancel {waiting[0].request.name}` takes one back:"
    rest = [f"and {count(more, 'more request')}"] if more > 0 else []
    return Card(shown.text, [*shown.blocks, *paragraphs([head, *map(waiting_line, waiting), *rest])])


def queued_shown_card(waits: Waits, targets: Sequence[str], command: str) -> Card:
    """A request in line with everything that it names."""
    name = waits.request.name
    shown = card(waiting_line(waits), [copied("To take it back", f"{command} cancel {name}")])
    return Card(shown.text, [*shown.blocks, *targets_listed(targets)])


def queued_over_card(shown: QueuedOver, command: str) -> Card:
    """A request that waits no more, and what became of it."""
    request, job, over = shown.request, shown.job, shown.over
    lines = [_asked(request)]
    if shown.number:
        name = f"P-{shown.number}"
        state = f", which is {job.state.replace('_', ' ')} (rule {code(job.rule, 80)})" if job else ""
        lines.append(copied("To see that", f"{command} show {name}") if job else "That job is no longer kept.")
        return card(f"{request.name} waits no more: it is in {name}{state}.", lines)
    if over is None:
        return card(f"{request.name} waits no more: no job took it up.", [*lines, "Nothing of it was purged."])
    if over.by == BY_RESTORE:
        return card(f"{request.name} {_how_it_ended(over)}", [*lines, f"{NOT_KNOWN} {AGAIN}"])
    return card(f"{request.name} {_how_it_ended(over)}", [*lines, "Nothing of it was purged."])


def _how_it_ended(over: Over) -> str:
    why = escape(over.why, REASON_MAX)
    if over.by == BY_RESTORE:
        return f"was dropped {clock(over.at)}: a backup of purgebot's ledger was restored."
    if over.by == "policy":
        return f"does not run: it was refused {clock(over.at)}. {why}".strip()
    return f"was cancelled by {person(over.by)} {clock(over.at)}{f': {why}' if why else '.'}"


def _asked(request: Waiting) -> str:
    why = f" · because {escape(request.reason, 160)}" if request.reason else ""
    return f"{_what(request)} · queued by {person(request.by)} {clock(request.at)}{why}"


def _what(request: Waiting) -> str:
    what = escape(request.first, 120) if request.targets == 1 else _targets(request.targets, request.urls)
    more = f" ({escape(request.first, 120)}, …)" if request.targets > 1 and request.first else ""
    return f"{what} on {escape(request.site, 60)}{more}"


def undone_line(undone: CameToNothing) -> str:
    """A request that came to nothing, as the log tells it."""
    request, over = undone.request, undone.over
    by = _ENDED_BY.get(over.by) or f"cancelled by {person(over.by)}"
    rule = f" (rule {code(over.rule, 80)})" if over.rule else ""
    why = f" · {escape(request.reason, 80)}" if request.reason else ""
    return f"{clock(over.at)} · *{request.name}* · {person(request.by)} · {_what(request)} · ⚫ {by}{rule}{why}"


def taken_back_card(name: str, site: str) -> Card:
    """A queued request is cancelled."""
    return card(
        f"{name} is cancelled: it no longer waits for the release of {escape(site, 60)}.", ["Nothing of it was purged."]
    )


def also_held(shown: Card, hold: Hold | None) -> Card:
    """`shown`, with the hold that keeps it from beginning."""
    return Card(shown.text, [*shown.blocks, context([begun(hold_line(hold))])]) if hold is not None else shown


def with_holds(shown: Card, holds: Sequence[Hold]) -> Card:
    """`shown`, with what is held."""
    if not holds:
        return shown
    more = len(holds) - HOLDS_SHOWN
    lines = [begun(hold_line(hold)) for hold in holds[:HOLDS_SHOWN]]
    return Card(
        shown.text, [*shown.blocks, context([*lines, *([f"and {count(more, 'more hold')}"] if more > 0 else [])])]
    )


def begun(line: str) -> str:
    """`line` as the first words of a sentence."""
    return f"Every site{line.removeprefix('every site')}" if line.startswith("every site") else line
