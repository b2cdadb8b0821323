"""The card of a job: its outcome, at most six short lines, at most three buttons, the dangerous one last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from bot.domain.durations import duration, length
from bot.domain.jobs.job import Approval, JobView, LayerView, State
from bot.domain.jobs.retrying import can_be_retried
from bot.domain.jobs.steps import DECIDE_WITHIN, looks_of
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.look import kept_longest
from bot.domain.proof.verdict import Verdict
from bot.domain.shown import count
from bot.slack.cards.absent import absent_after
from bot.slack.cards.blocks import Block, Card, Confirm, actions, button, card
from bot.slack.cards.comparison import comparison
from bot.slack.cards.deploys import cost_line, deploy_lines, told_by
from bot.slack.cards.gone import has_gone, what_went
from bot.slack.cards.outcome import WHY_MAX as FIRST_WHY_MAX
from bot.slack.cards.outcome import (
    again_as,
    barred,
    first_reason,
    held_ahead,
    held_until,
    is_long,
    missing,
    outcome,
    troubled,
)
from bot.slack.cards.warm import warm_lines
from bot.slack.cards.words import (
    THING_MAX,
    at_fresh,
    clock,
    clock_with_seconds,
    layers_told,
    listed,
    number,
    part_seen,
    sentence,
    title,
    whole,
)
from bot.slack.escape import channel, code, escape, person, url_text
from providers.contract import Kind

LINES_MAX = 6
CHOICES_MAX = 2  # beside Cancel
NAMED_MAX = 3  # targets
WAIT_MIN = 1.0  # seconds; less is not worth telling
WHY_MAX = 500  # characters
RESTORED_TOLD = "A backup from before its end was put in place: what it had sent since is not known."
ALTERED_TOLD = (
    "Somebody changed the ledger's file before it ended: what stands here may not be what was asked for. Run"
    " `purgebot log verify`."
)
NOTHING_PURGED = "Nothing was to be purged; the edge was held against the origin."
WHY_URL_MAX = 1900  # characters; a button holds 2,000


def root_card(
    job: JobView, now: float, salt: str = "", token: str = "", names: Mapping[str, str] = MappingProxyType({})
) -> Card:
    """The card of `job` at `now` (seconds since the epoch), whatever its state. With a `token` whoever asked may have
    something narrower in its place while it waits. Who held the site is told by name, which calls nobody, where they
    are in `names`."""
    asked = _asked(job)
    altered = ALTERED_TOLD if job.altered else ""
    told = (altered, whole(job), again_as(job, now), *_lines(job, now, names))
    lines = _fitting([line for line in told if line], job)
    instead = " · ".join(escape(layer.note) for layer in job.layers if layer.note)
    notes = [note for note in (instead, *(escape(note) for note in job.notes)) if note]
    shown = card(outcome(job, now), [*lines, asked, *notes, _named(job)][:LINES_MAX], _buttons(job), salt)
    return Card(shown.text, [*shown.blocks[:-1], *_choices(job, token, salt), shown.blocks[-1]]) if token else shown


def _fitting(lines: Sequence[str], job: JobView) -> list[str]:
    """As many of `lines` as there is room for beside who asked. Of a deploy what one page was and is goes first, since
    what the pages show is told; then the end of what the thread tells too. What browsers keep stays: nothing else says
    that."""
    room = LINES_MAX - 1
    if len(lines) > room and job.deploy is not None:
        lines = [line for line in lines if line != comparison(job)]
    kept = _browsers(job)
    return [*lines[: room - 1], kept] if kept in lines[room:] else list(lines[:room])


def _choices(job: JobView, token: str, salt: str) -> list[Block]:
    if job.state is not State.WAITING or job.approval is None:
        return []
    picks = [button(label, "pick", f"{token}:{n}") for n, label in enumerate(job.approval.choices[:CHOICES_MAX])]
    return actions(picks, f"{salt}-choice" if salt else "")


def _lines(job: JobView, now: float, names: Mapping[str, str]) -> Iterator[str]:
    match job.state:
        case _ if job.ended_by_restore:
            yield RESTORED_TOLD
            yield "If it is still wanted, ask again."
            yield warm_lines(job)
        case State.WAITING:
            yield from _waiting(job, names)
        case State.SCHEDULED:
            yield from scheduled(job, names)
        case State.QUEUED | State.PURGING | State.CONFIRMING if job.held is not None and job.held.observes:
            yield f"Since {clock(job.held.since)} {escape(job.held.reason, WHY_MAX)}. Nobody can release that."
        case State.QUEUED if job.held is not None:
            yield f"Held since {clock(job.held.since)}: {escape(job.held.reason, WHY_MAX)}"
            yield held_until(job)
            yield what_went(job) if has_gone(job) else ""
        case State.FAILED | State.NEEDS_DECISION | State.PARTIAL:
            yield from _trouble(job)
            yield warm_lines(job) if job.state is State.FAILED else ""
        case State.CHECKING if job.is_partial:
            yield from _trouble(job)
            yield _looks_again(job) or _browsers(job)
        case State.DONE | State.CHECKING:
            yield from _purged(job)
        case State.DENIED:
            yield what_went(job) if has_gone(job) else "Nothing was purged."
            yield warm_lines(job)
        case State.EXPIRED:
            yield f"{what_went(job) if has_gone(job) else 'Nothing was purged'}. If it is still wanted, ask again."
            yield warm_lines(job)
        case State.CANCELLED if not has_gone(job):
            yield f"Nothing was purged. {escape(job.why, WHY_MAX)}".rstrip()
            yield warm_lines(job)
        case State.CANCELLED:
            yield what_went(job)
            yield "Nobody looked at the edge, which may still serve the old. *Purge again* asks for all of it."
            yield warm_lines(job)
        case _:
            yield f"{layers_told(job.layers)}{_not_asked(job)}"
            yield cost_line(job)
            yield _held_up(job, now)


def _held_up(job: JobView, now: float) -> str:
    """Why nothing is sent at the moment, if a provider asked for that."""
    for layer in job.layers:
        if layer.waits_until is not None and layer.waits_until > now + WAIT_MIN:
            return f"{title(layer)} takes no more calls for now. It goes on by itself {clock(layer.waits_until)}."
    return ""


def _named(job: JobView) -> str:
    """The first of several targets."""
    if job.targets < 2:
        return ""
    shown = [url_text(target, THING_MAX) for target in job.sample[:NAMED_MAX] if target]
    more = job.targets - len(shown)
    return f"{', '.join(shown)}{f' and {number(more)} more' if more > 0 else ''}"


def _waiting(job: JobView, names: Mapping[str, str]) -> Iterator[str]:
    approval = job.approval
    if approval is None:
        return
    if approval.barred:
        yield from barred(approval)
        return
    yield f"Rule {code(approval.rule, 80)}: {escape(approval.why, WHY_MAX)}"
    yes = [person(vote.by) for vote in approval.votes if vote.yes]
    if yes:
        yield f"agreed so far: {listed(yes)}; not yet: {missing(approval)}"
    yield starts(job)
    yield held_ahead(job, names)
    if approval.channel:
        yield f"votes are asked for in {channel(approval.channel)}"


def scheduled(job: JobView, names: Mapping[str, str]) -> Iterator[str]:
    """When it begins, or what became of that."""
    if job.missed is not None:
        yield f"It was to begin {escape(job.begins_told, 80)}; purgebot was not there to begin it, or a clock was set."
        yield f"Nothing was purged. *Run now* has it begin; else it expires {clock(job.missed + DECIDE_WITHIN)}."
        return
    if job.unknown:
        yield f"{escape(job.unknown, WHY_MAX)} It begins all the same if all of it is configured again before its time."
    yield starts(job)
    yield held_ahead(job, names)
    yield f"{layers_told(job.layers)}{_not_asked(job)}"


def starts(job: JobView) -> str:
    """When it begins, on the clocks of the zone it was asked in; "" for what begins at once."""
    if job.scheduled_for is None or job.ran_early is not None:
        return ""
    ahead = job.scheduled_for - job.created
    asked = f", {length(ahead)} after it was asked for" if ahead > 0 else ""
    zone = "" if job.begins_told.endswith(f" {job.zone}") else f" ({escape(job.zone, 60)})"
    return f"Begins {escape(job.begins_told, 80)}{zone}{asked}."


def _trouble(job: JobView) -> Iterator[str]:
    layer = troubled(job)
    if job.state is State.NEEDS_DECISION:
        lost = f"{escape(layer.trouble.what)} " if layer is not None and layer.trouble is not None else ""
        yield f"{lost}It may have been done already. A repeat purges it once more, so a person decides."
    elif layer is not None and layer.trouble is not None:
        partly = f"{escape(layer.trouble.what)} " if job.is_partial else ""  # else the first line says it
        yield f"{partly}{escape(layer.trouble.advice, WHY_MAX)}"
    yield what_went(job)
    if layer is None:
        yield escape(job.why, WHY_MAX) if is_long(job.why) else ""
        return
    if layer.failing and (job.targets > 1 or job.is_partial):
        yield f"not purged at {title(layer)}: {_failing(layer)}"
    if layer.trouble is not None and layer.trouble.said:
        yield f"{title(layer)} said: “{escape(layer.trouble.said)}”"
    if job.state is State.PARTIAL:
        yield escape(job.why, WHY_MAX)
        yield warm_lines(job)
        yield _browsers(job)


def _failing(layer: LayerView) -> str:
    """The first targets that a layer did not take, and how many more."""
    shown = [url_text(target, 120) for target in layer.failing[:NAMED_MAX]]
    more = layer.not_purged - len(shown)
    return f"{', '.join(shown)}{f' and {number(more)} more' if more > 0 else ''}"


def _purged(job: JobView) -> Iterator[str]:
    missing = absent_after(job)
    yield missing
    yield _path(job) if job.layers else ""
    yield from deploy_lines(job)
    yield "" if missing else comparison(job) or _looked_at(job)
    yield warm_lines(job)
    yield _looks_again(job) or escape(_rest_of_why(job), WHY_MAX) or _unseen(job)
    yield _browsers(job)


def _looks_again(job: JobView) -> str:
    """Why a proof takes longer, when the next look is, and when the last one at the latest."""
    begin = job.looks_begin
    if job.state is not State.CHECKING or not job.round or not job.why or job.due_at is None or begin is None:
        return ""
    last = begin + looks_of(job)[-1]
    end = f", and for the last time {clock_with_seconds(last)}" if job.due_at < last else ", for the last time"
    why = sentence(escape(job.why, WHY_MAX))
    return f"Not proven yet: {why} Looks again {clock_with_seconds(job.due_at)}{end}."


def _rest_of_why(job: JobView) -> str:
    """What stands behind the verdict, without what the first line says already."""
    first = first_reason(job)
    if job.verdict is Verdict.FRESH and not job.layers:
        return NOTHING_PURGED
    if job.verdict is Verdict.UNKNOWN and len(escape(first)) <= FIRST_WHY_MAX:
        return job.why.removeprefix(first).removeprefix(" · ")
    return job.why


def _unseen(job: JobView) -> str:
    unseen = job.state is State.DONE and job.verdict is Verdict.UNCHECKED
    return "Nobody looked at the edge, so it is not known what it serves now." if unseen else ""


def _path(job: JobView) -> str:
    """The layers on the way out, and the proof."""
    how = f" ({escape(job.softly, 80)})" if job.softly else ""
    path = f"{escape(job.site, 60)}{how}: {layers_told(job.layers)}{_not_asked(job)}"
    if job.state is not State.DONE or job.verdict is not Verdict.FRESH or job.proven is None:
        return path
    return f"{path} → proven{at_fresh(job)} in {duration(job.proven - _began(job))}{_by_looking_at(job)}"


def _not_asked(job: JobView) -> str:
    names = [escape(name, 40) for name in job.left_alone]
    return f"; {listed(names, NAMED_MAX)} {'was' if len(names) == 1 else 'were'} not asked" if names else ""


def _by_looking_at(job: JobView) -> str:
    """How much of it was looked at, where that is not all."""
    looked = len({look.url for look in job.looks if look.url in job.covered})
    if job.seen and (job.kind is Kind.URL or part_seen(job)):
        return ""  # the first line says it
    if job.kind is Kind.URL:
        return f", {number(looked)} of {count(job.targets, 'URL')} looked at" if 0 < looked < job.targets else ""
    return f", {count(looked, 'page')} looked at" if looked else ""


def _looked_at(job: JobView) -> str:
    """The pages that the verdict is about, where the first line does not name them."""
    pages = list(dict.fromkeys(look.url for look in job.looks))
    if not pages or (job.kind is Kind.URL and job.targets == 1):
        return ""
    return f"looked at {listed([url_text(page, THING_MAX) for page in pages], NAMED_MAX)}"


def _browsers(job: JobView) -> str:
    """The part that no purge reaches."""
    kept = kept_longest((*job.before, *job.looks))
    if kept is None and not any(look.status for look in (*job.before, *job.looks)):
        return "Browsers may still keep a copy of their own."
    if kept is None:
        return "Nothing says how long browsers may keep a copy they have."
    if not kept.max_age:
        return "Browsers ask again at once."
    return f"Browsers that have it may keep it up to {duration(kept.max_age)} ({escape(kept.keeps_told)})."


def _began(job: JobView) -> float:
    """When the purge itself began; waiting for people or its time does not count."""
    return next((layer.started for layer in job.layers if layer.started), job.begins)


def _asked(job: JobView) -> str:
    by = f"asked by {listed([person(who) for who in (job.requested_by, *job.also_by)])}"
    is_repeat = job.deploy is not None and job.deploy.again
    words = [by, job.read_as and escape(job.read_as, 60), told_by(job)] if is_repeat else [told_by(job) or by]
    if job.urgent_by and job.state.is_open:
        words.append("⚡ urgent, goes first")
    if job.warm and job.state.is_open:
        words.append("to be warmed once it is proven")
    if job.read_as and not is_repeat:
        words.append(escape(job.read_as, 60))
    if job.reason and job.deploy is None:
        words.append(f"because {escape(job.reason, 200)}")
    if job.approval is not None and job.state not in (State.WAITING, State.DENIED, State.EXPIRED):
        yes = [person(vote.by) for vote in job.approval.votes if vote.yes]
        words.append(f"approved by {listed(yes)}" if yes else "")
        words.append(_broken(job.approval))
    return " · ".join(filter(None, words))


def _broken(approval: Approval) -> str:
    """That it runs without the votes, if it does."""
    if not approval.broken_by:
        return ""
    return f"the glass was broken by {person(approval.broken_by)}: {escape(approval.broken_because, 200)}"


def _buttons(job: JobView) -> list[Block]:
    match job.state:
        case State.SCHEDULED:
            run = [] if job.unknown else [button("Run now", "run_now", job.name)]
            return [*run, button("Cancel", "cancel", job.name)]
        case State.WAITING | State.QUEUED | State.PURGING | State.CONFIRMING:
            return [button("Cancel", "cancel", job.name)]
        case State.NEEDS_DECISION:
            return [
                button("Cancel", "cancel", job.name),
                button("Repeat anyway", "repeat_anyway", job.name, "danger", _repeat(job)),
            ]
        case State.FAILED | State.PARTIAL | State.CHECKING if can_be_retried(job):
            return [button("Retry", "retry", job.name, "primary")]
        case _ if job.state is State.EXPIRED or job.ended_by_restore or job.for_good:
            return [button("Ask again", "purge_again", job.name)]
        case State.FAILED | State.PARTIAL:
            return [button("Purge again", "purge_again", job.name)]
        case State.DONE if job.verdict is Verdict.STALE or Doubt.MOVED_ON in job.doubts:
            again = "Purge all layers" if job.left_alone else "Purge again"
            return [
                button("Check again", "check_again", job.name),
                *_why_button(job),
                button(again, "purge_again", job.name, "primary"),
            ]
        case State.CANCELLED if job.after and not job.after_proven and job.stop_reason == "purgebot":
            return [button("Purge anyway", "purge_again", job.name)]
        case State.CANCELLED if has_gone(job):
            return [button("Purge again", "purge_again", job.name)]
        case State.DONE if job.warming is not None and job.warming.ended is None:
            return [button("Stop warming", "cancel", job.name)]
        case State.DONE:
            is_unknown = job.verdict is Verdict.UNKNOWN and Doubt.NONE_COVERED not in job.doubts
            about = is_unknown or Doubt.ORIGIN_OLD in job.doubts
            asks = _why_button(job) if about else []
            return [button("Check again", "check_again", job.name), *asks]
        case _:
            return []


def _why_button(job: JobView) -> list[Block]:
    """Asks why a page that was looked at is not proven fresh: one that is old, if there is one."""
    reached = [look for look in job.looks if look.url in job.covered] or job.looks
    old = (look.url for look in reached if look.place in job.stale_at)
    url = next(old, next((look.url for look in reached), ""))
    return [button("Why?", "why", f"why {url}")] if url and len(url) <= WHY_URL_MAX and "<" not in url else []


def _repeat(job: JobView) -> Confirm:
    return Confirm("Send it once more?", f"This may purge a second time: {what(job)}.", "Repeat", danger=True)


def what(job: JobView) -> str:
    """What a job purges, for a dialog, which Slack does not parse."""
    if job.kind is Kind.EVERYTHING:
        return f"everything on {job.site} ({job.environment}), hosts {', '.join(job.hosts)}"
    if job.targets == 1 and job.sample:
        return f"{'' if job.kind is Kind.URL else f'{job.kind.value} '}{job.sample[0]} on {job.site}"
    shown = ", ".join(job.sample[:2])
    more = f" and {job.targets - 2:,} more" if job.targets > 2 else ""
    return f"{count(job.targets, 'target')} on {job.site}: {shown}{more}"
