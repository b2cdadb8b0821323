"""The thread of a job: a line for each step, with the provider's own ids, and the lines that call people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.actor import is_machine
from bot.domain.durations import duration, length
from bot.domain.jobs.hold import OBSERVER, Hold
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.wording import expired
from bot.domain.shown import count
from bot.slack.cards.deploys import trouble_line
from bot.slack.cards.gone import has_gone, nothing_went
from bot.slack.cards.outcome import approvals_left, mentions, outcome
from bot.slack.cards.words import (
    UNLESS_CHANGED,
    clock,
    clock_with_seconds,
    listed,
    sentence,
    subject,
    why_again,
    with_clocks,
)
from bot.slack.escape import code, escape, person

IDS_SHOWN = 3
NAMES_SHOWN = 5
LONG = 30.0  # seconds; a shorter wait is not worth naming, since more of them may follow
TEXT_MAX = 500  # characters


Names = Mapping[str, str]
NOBODY: Names = {}


def thread_line(told: Told, names: Names = NOBODY) -> str:
    """One step in words. Whoever is in `names` is told by name, which calls nobody."""
    return f"{_MARKS.get(told.event, '•')} {_by_people(told, called(told.who, names)) or _by_itself(told)}"


def called(who: str, names: Names) -> str:
    """@Lea, where the name is known; else a mention."""
    return f"@{escape(names[who], 60)}" if who in names else person(who)


def outcome_line(job: JobView, names: Names = NOBODY) -> str:
    """What was decided, for the people who asked, and who decided by name; "" where nothing was."""
    approval = job.approval
    if job.deploy is not None and not job.deploy.again and not job.state.is_open and job.state is not State.WAITING:
        return trouble_line(job, outcome(job, job.ended or job.created))
    asked = " ".join(person(who) for who in sorted({*job.askers}) if not is_machine(who))
    stopped_by, _, because = job.stop_reason.partition(": ")
    if job.ended_by_restore:
        return f"{asked} {job.name} was ended by a restore: what it had sent since the backup is not known. Ask again."
    if job.state is State.CANCELLED and stopped_by not in job.askers:
        return f"{asked} {job.name} was cancelled by {called(stopped_by, names)}{_because(because)} · {_gone(job)}"
    if job.unknown and job.missed is None and job.state is State.SCHEDULED:
        return (
            f"{asked} {job.name} cannot begin as purgebot is configured now. {sentence(escape(job.unknown, TEXT_MAX))}"
        )
    if job.missed is not None and job.state is State.SCHEDULED:
        return f"{asked} {job.name} missed its time and has not begun. *Run now* on its card has it begin."
    if job.missed is not None and job.state is State.EXPIRED:
        return f"{asked} {job.name} expired: it missed its time, and nobody had it begin. {nothing_went(job)}"
    if job.scheduled_for is not None and job.state is State.DENIED and stopped_by == "policy":
        why = sentence(with_clocks(escape(because, TEXT_MAX)))
        return f"{asked} {job.name} did not begin at its time: {why} {nothing_went(job)}"
    if approval is None:
        return ""
    if approval.barred and job.state in (State.WAITING, State.EXPIRED):
        return f"{asked} {job.name} {_kept_back(job, approval, names)}"
    if job.state is State.WAITING and approval.returned:
        why = why_again(approval.returned, TEXT_MAX, calls=True)
        return f"{asked} {job.name} does not run yet. {why} It is asked for again and needs {approvals_left(job)}."
    no = next((vote for vote in approval.votes if not vote.yes), None)
    if no is not None:
        return f"{asked} {job.name} was denied by {called(no.by, names)}{_because(no.reason)} · {nothing_went(job)}"
    yes = [called(vote.by, names) for vote in approval.votes]
    if len(yes) >= approval.needed:
        held = job.held if job.state is State.QUEUED else None
        runs = f"; it waits, since {_held_by(held, names)}." if held else _runs(job)
        runs = runs if job.state.is_open else "."
        return f"{asked} {job.name} was approved by {listed(yes, NAMES_SHOWN)}{runs}"
    if job.state is State.EXPIRED:
        return f"{asked} {job.name} expired: {_too_few(approval, yes, names)}. {nothing_went(job)}"
    return ""


def end_line(job: JobView, names: Names = NOBODY) -> str:
    """How a job ended that several people asked for, for all of them; "" while it goes on, or where it never began."""
    if job.state.is_open or job.state in (State.DENIED, State.EXPIRED):
        return ""  # what was decided is told by itself
    asked = " ".join(person(who) for who in job.askers if not is_machine(who))
    if job.state is State.CANCELLED:
        stopped_by, _, because = job.stop_reason.partition(": ")
        how = f"was cancelled by {called(stopped_by, names)}{_because(because)} · {_gone(job)}"
        return f"{asked} {job.name} {how}" if stopped_by in job.askers else ""
    if job.state is State.FAILED and job.why:
        return f"{asked} {job.name} stopped: {sentence(escape(job.why, TEXT_MAX))} {nothing_went(job)}"
    ended = _ENDS.get(
        job.state if job.state is State.FAILED else f"{job.state} {job.verdict}", "Ended: its card says how."
    )
    return f"{asked} {job.name} has ended{ended.removeprefix('Ended')}"


def _held_by(hold: Hold, names: Names) -> str:
    return "this purgebot only observes" if hold.observes else f"{called(hold.by, names)} holds the site"


def _runs(job: JobView) -> str:
    """What an approved job does next. Before its first call all is looked at once more, and it may be asked again."""
    if job.state is State.SCHEDULED and job.scheduled_for is not None:
        return f"; it begins {clock_with_seconds(job.scheduled_for)} {UNLESS_CHANGED}."
    return f"; it runs {UNLESS_CHANGED}." if job.state is State.QUEUED else "; it runs."


def _kept_back(job: JobView, approval: Approval, names: Names) -> str:
    lost = listed([called(who, names) for who in approval.bar_lost], NAMES_SHOWN)
    fell = f"{lost} agreed and may vote on it no longer. " if lost else ""
    why = f"{fell}{with_clocks(escape(approval.barred, TEXT_MAX))}"
    if job.state is State.EXPIRED:
        return f"expired: {why} {nothing_went(job)}"
    meanwhile = "Nobody is asked meanwhile, and votes of before are void."
    if approval.bar_ends is not None:
        return f"does not run for now: {why} {meanwhile} Votes are asked for anew {clock(approval.bar_ends)}."
    return f"does not run for now: {why} {meanwhile} It expires {clock(approval.expires)}."


def _because(reason: str) -> str:
    return f": {escape(reason, TEXT_MAX)}" if reason else ""


def _gone(job: JobView) -> str:
    """What of a cancelled job had gone."""
    return "Some of it had gone; its card tells what." if has_gone(job) else "Nothing was purged."


def _too_few(approval: Approval, yes: Sequence[str], names: Names) -> str:
    asked = [called(who, names) for who in approval.of]
    if yes:
        return f"of {listed(asked, NAMES_SHOWN)} only {listed(yes, NAMES_SHOWN)} agreed in time"
    if len(asked) == 2:
        return f"neither {asked[0]} nor {asked[1]} agreed in time"
    return f"nobody agreed in time; {listed(asked, NAMES_SHOWN)} {'was' if len(asked) == 1 else 'were'} asked"


def reminder_line(job: JobView, silent: Sequence[str]) -> str:
    """Half of the time is over: who has not voted is called."""
    until = f", until {clock(job.approval.expires)}" if job.approval else ""
    return f"{mentions(silent)}: {job.name} still needs {approvals_left(job)}{until} · {subject(job)}"


def again_line(job: JobView, asked: Sequence[str]) -> str:
    """Everybody who is asked once more is called, and told why."""
    why = why_again(job.approval.returned, TEXT_MAX, calls=True) if job.approval else ""
    return f"{mentions(asked)}: {job.name} is asked again. {why} It needs {approvals_left(job)} · {subject(job)}"


def _by_people(told: Told, who: str) -> str:
    text = escape(told.text, TEXT_MAX)
    match told.event:
        case Event.ALLOWED:
            return f"Allowed by rule {code(told.text, 80)}."
        case Event.ASKED:
            return f"Waits for {count(told.n, 'approval')}, since {text}."
        case Event.VOTED_YES:
            return f"{who} agreed{f': {text}' if text else '.'}"
        case Event.VOTED_NO:
            said = f"{who} took back their yes and said no" if told.n else f"{who} said no"
            return f"{said}{f': {text}' if text else '.'}"
        case Event.ASKED_AGAIN:
            again = why_again(told.text, TEXT_MAX, calls=True)
            return f"Approved, and then held back: {again} {count(told.n, 'approval')} must be given anew."
        case Event.BARRED:
            return f"Kept back by the policy: {sentence(with_clocks(text))} Nobody is asked now; older votes are void."
        case Event.UNCONFIGURED if told.n:
            return f"It cannot begin as purgebot is configured now: {sentence(text)}"
        case Event.UNCONFIGURED:
            return f"Kept back by the configuration: {sentence(text)} Nobody is asked now; older votes are void."
        case Event.JUDGED_ANEW:
            again = why_again(told.text, TEXT_MAX, calls=True)
            return f"Judged anew: {again} {count(told.n, 'approval')} must be given; older votes are void."
        case Event.HELD:
            return f"Stands still: {text}" if told.who == OBSERVER else f"Held back by {who}{_until(told)}: {text}"
        case Event.HELD_AHEAD:
            waits = f"it waits for the {'end' if told.seconds else 'release'}."
            then = f"If it still is at that time, {waits}" if told.n else "The hold ends before that time."
            return f"The site is held now by {who}{_until(told) or ' until it is released'}: {sentence(text)} {then}"
        case Event.LET_GO:
            return f"Let go by {who}." if told.who else "Let go: the hold has ended."
        case Event.GLASS_BROKEN:
            return f"{who} broke the glass, {count(told.n, 'approval')} skipped: {text}"
        case Event.REVIEWED:
            return f"{who} closed the review of the broken glass{f': {text}' if text else '.'}"
        case Event.REFUSED:
            return f"Not begun: {sentence(with_clocks(text))} Nothing was purged."
        case Event.EXPIRED if text:
            return f"Expired: {sentence(with_clocks(text))} {_nothing(told)}"
        case Event.EXPIRED:
            return f"Expired: {expired(told.n)}. {_nothing(told)}"
        case Event.ASKED_PERSON:
            return f"The answer of {_layer(told)} was lost, and a repeat is not safe by itself: a person decides."
        case Event.RAN_NOW:
            early = f", {length(told.seconds)} before its time" if told.seconds >= 1 else ""
            return f"{who} had it begin{early}."
        case Event.CANCELLED:
            return f"Cancelled by {who}{f' ({text})' if text else ''}; {_unsent(told)}."
        case Event.JOINED:
            yes = "; their yes is taken back, since nobody votes on what they ask for" if told.n else ""
            return f"{who} asks for the same{f', because {text}' if text else ''}{yes}."
        case Event.LEFT:
            return f"{who} asks for it no more{f', because {text}' if text else ''}; it goes on without them."
        case Event.URGENT:
            return f"{who} has it go first, before everything that is not sent yet."
        case Event.CALMED:
            since = "has left it" if told.text == "left" else "may have no purge go first any more"
            return f"Goes first no more, since {who} {since}: it waits its turn."
        case Event.RETRIED:
            return f"{who} had it go on."
        case Event.CHECKED_AGAIN:
            return f"{who} has it looked at again."
        case _:
            return ""


def _nothing(told: Told) -> str:
    return "Nothing more was purged." if told.flying else "Nothing was purged."


def _until(told: Told) -> str:
    """When a hold ends by itself, if that is known."""
    return f" until {clock(told.seconds)}" if told.seconds else ""


def _by_itself(told: Told) -> str:
    text = escape(told.text, TEXT_MAX)
    match told.event:
        case Event.NOTED:
            return text
        case Event.SCHEDULED:
            return f"Begins {text}, in {length(told.seconds)}."
        case Event.CAME_DUE:
            return f"Its time has come{f', {length(told.seconds)} ago' if told.seconds >= 1 else ''}."
        case Event.MISSED:
            return f"Missed: its time was {length(told.seconds)} ago, and purgebot was not there, or a clock was set."
        case Event.LOOKED_BEFORE:
            return f"Before: {text}"
        case Event.LAYER_BEGUN:
            twice = f", and once more {duration(told.seconds)} later, since its caches refill one another"
            return f"{_layer(told)}: sending {count(told.n, 'call')}{twice if told.seconds else ''}."
        case Event.LAYER_DONE:
            noted = f" · {text}" if text else ""
            return f"{_layer(told)}: done in {duration(told.seconds)}{noted}{_ids(told)}"
        case Event.LAYER_STOPPED:
            return f"{_layer(told)}: stopped. {text}".rstrip()
        case Event.WAITING:
            goes_on = f"the next one goes in {duration(told.seconds)}" if told.seconds >= LONG else "it is asked again"
            return f"{_layer(told)} takes no more calls for now; {goes_on}."
        case Event.PASSED:
            return f"Waits a little longer: {text} is urgent."
        case Event.SENT_AGAIN:
            return f"{_layer(told)}: {count(told.n, 'call')} will be sent again. {text}".rstrip()
        case Event.UNWATCHED:
            return f"{_layer(told)} took it, and does not say when it is done. {text}".rstrip()
        case Event.RESUMED:
            flying = count(told.n, "call") if told.n else "no call"
            return f"purgebot started again and goes on; {flying} had been in flight."
        case Event.FIRST_PROVEN:
            goes_on = "it goes on once it is approved" if told.n else "it goes on"
            return f"{text}, which comes first, is proven on {_layer(told)}: {goes_on}."
        case Event.NOT_FIRST:
            return f"Given up: {sentence(text)} Nothing was purged here."
        case Event.LOOKED:
            return f"Look {told.n}{' after *Check again*' if told.again else ''}: {text}"
        case Event.RESTORED:
            was = _WAS.get(told.text, "under way")
            return f"Ended by a restore: it was {was} in the backup, and what was sent since is not known. Ask again."
        case Event.PARKED:
            return f"Parked. {text}".rstrip()
        case _:
            return _ENDS.get(told.text, f"Ended: {text.replace('_', ' ')}.")


def _unsent(told: Told) -> str:
    """How many calls of a cancelled job never went; what was in flight is neither sent nor unsent."""
    if not told.flying:
        return f"{count(told.n, 'call')} stayed unsent" if told.n else "every call had been sent"
    unsent = count(told.n, "call") if told.n else "no call"
    way = f"{told.flying:,} {'was on its' if told.flying == 1 else 'were on their'} way"
    return f"{unsent} stayed unsent, and {way}"


def _layer(told: Told) -> str:
    return escape(told.layer, 60)


def _ids(told: Told) -> str:
    more = max(told.n, len(told.ids)) - IDS_SHOWN
    shown = ", ".join(code(name, 80) for name in told.ids[:IDS_SHOWN])
    return f" · id {shown}{f' and {more:,} more' if more > 0 else ''}" if shown else ""


_ENDS = {
    "done fresh": "Ended: every layer asked is purged, and the pages that show it are as at the origin.",
    "done moved_on": "Ended: the purge was proven, and the origin has changed since.",
    "unpurged moved_on": "Ended: nothing had to be purged, which was shown, and the origin has changed since.",
    "partial moved_on": "Ended: some calls did not go; of the others it was proven, and the origin has changed since.",
    "done stale": "Ended: every layer asked is purged, and some place still serves the old.",
    "done unknown": "Ended: every layer asked is purged; what the edge serves cannot be proven from here.",
    "done unchecked": "Ended: every layer asked is purged; nobody looked at the edge.",
    "unpurged fresh": "Ended: nothing had to be purged, and the pages looked at are as at the origin.",
    "unpurged stale": "Ended: nothing had to be purged, and some place still serves the old.",
    "unpurged unknown": "Ended: nothing had to be purged; what the edge serves cannot be proven from here.",
    "unpurged unchecked": "Ended: nothing had to be purged, and nobody looked at the edge.",
    "failed": "Ended: what comes after it was not asked.",
    "partial fresh": "Ended: some calls did not go; the pages of the others are as at the origin.",
    "partial stale": "Ended: some calls did not go, and some place still serves the old.",
    "partial unknown": "Ended: some calls did not go; what the edge serves cannot be proven from here.",
    "partial unchecked": "Ended: some calls did not go; nobody looked at the edge.",
}  # by what Event.ENDED says: state and verdict

_WAS = {
    "waiting": "waiting for votes", "scheduled": "waiting for its time", "queued": "about to begin",
    "needs_decision": "waiting for a decision",
}  # fmt: skip

_MARKS = {Event.LAYER_DONE: "✓", Event.VOTED_YES: "✓", Event.VOTED_NO: "✗", Event.LAYER_STOPPED: "✗"}
