"""The cards of `log` and `show`: jobs found, and one job's whole timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain.grammar.period import told as period_told
from bot.domain.grammar.searching import search_line
from bot.domain.grammar.speech import WORD_OF, Search, Verb
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.timeline import Entry, Moment
from bot.domain.proof.verdict import Verdict
from bot.domain.shown import count
from bot.services.replies import LogShown
from bot.slack.cards.blocks import Block, Card, actions, button, card, paragraphs
from bot.slack.cards.holds import undone_line
from bot.slack.cards.root import root_card
from bot.slack.cards.targets import targets_listed
from bot.slack.cards.thread import thread_line
from bot.slack.cards.words import clock, listed, part_seen, subject
from bot.slack.escape import channel, code, escape, person

REASON_SHOWN = 80  # characters of a reason's beginning
WORD_SHOWN = 60
ASKERS_SHOWN = 3
FIRST_SHOWN = 8  # moments from the beginning, where not all have room
PRUNED = "; the rest of this entry was pruned."
ROOM = 5_000  # characters of a timeline in one message
_SELF = ("purgebot", "policy")
_DOORS = {"slack": "in Slack", "api": "over HTTP", "cli": "in a terminal", "deploy": "for a deploy",
          "schedule": "by a schedule"}  # fmt: skip
_OUTCOMES = {
    Verdict.FRESH: "🟢 fresh",
    Verdict.STALE: "🟠 purged, still old",
    Verdict.UNKNOWN: "⚪ purged, not proven",
    Verdict.UNCHECKED: "⚪ purged, not checked",
}
_STATES = {
    State.WAITING: "🟡 waits for approval",
    State.NEEDS_DECISION: "🟡 needs a decision",
    State.FAILED: "🔴 stopped",
    State.PARTIAL: "🟠 partly purged",
    State.CANCELLED: "⚫ cancelled",
    State.DENIED: "⚫ denied",
    State.EXPIRED: "⚫ expired",
}


def log_card(shown: LogShown, command: str) -> Card:
    """One page of what was found, newest first, with the ways to more of it and to files."""
    first, *lines = log_lines(shown, command)
    return card(first, lines, _ways(shown) if shown.jobs else ())


def log_lines(shown: LogShown, command: str) -> list[str]:
    """What was found, a line each; in a terminal, which has no buttons, with the line of the older page."""
    about, undone = " · ".join(searched(shown.search)), [*_undone(shown), *forgotten_told(shown.forgotten, "listed")]
    if not shown.jobs and shown.begin:
        return [f"Page {shown.search.page:,} lies beyond the last job.", "Leave out `page` to begin with the newest."]
    if not shown.jobs:
        if not about and shown.forgotten is not None:
            return ["No job is kept any more.", *undone]
        if not about:
            return ["There is no job yet.", "Nothing was purged yet.", *undone]
        return [f"No job matches · {about}", "Fewer words find more; `log` alone lists everything.", *undone]
    first, last = shown.begin + 1, shown.begin + len(shown.jobs)
    head = f"Jobs {first:,} to {last:,}" if last > first else f"Job {first:,}"
    older = [f"Older: {command} {shown.older}"] if shown.older and not command.startswith("/") else []
    lines = [log_line(kept.job) for kept in shown.jobs]
    return [f"{head}, newest first{f' · {about}' if about else ''}", *lines, *undone, *older]


def _undone(shown: LogShown) -> Iterator[str]:
    """Queued requests that no job took up."""
    if shown.undone:
        yield "Queued, and never run (`show Q-…` tells why):"
        yield from map(undone_line, shown.undone)


def log_line(job: JobView) -> str:
    """One job: when, which, who, what, what came of it, and why it was asked for."""
    reason = f" · {escape(job.reason, REASON_SHOWN)}" if job.reason else ""
    who = listed([*map(person, job.askers)], ASKERS_SHOWN)
    return f"{clock(job.created)} · *{job.name}* · {who} · {subject(job)} · {outcome_word(job)}{_broken(job)}{reason}"


def _broken(job: JobView) -> str:
    """Who had it run without its votes."""
    by = job.approval.broken_by if job.approval else ""
    return f" · glass broken by {person(by)}" if by else ""


def outcome_word(job: JobView) -> str:
    """State and verdict in a word or two."""
    if job.ended_by_restore:
        return "⚫ ended by a restore"
    if job.state is State.DONE and job.verdict is Verdict.FRESH and (part := part_seen(job)):
        return f"{_OUTCOMES[job.verdict]} where looked at: {part}"
    if job.state is State.DONE:
        return _OUTCOMES[job.verdict]
    return _STATES.get(job.state, f"🔵 {job.state.replace('_', ' ')}")


def forgotten_told(newest: float | None, how: str) -> Iterator[str]:
    """That older jobs were forgotten, the `newest` of them from then, and are not `how` any more."""
    if newest is not None:
        yield f"Older jobs were forgotten (`retention.jobs`), the last of them from {clock(newest)}: not {how} here."


def searched(search: Search) -> Iterator[str]:
    """What was looked for, in words."""
    if search.sites:
        yield f"on {listed([escape(site, WORD_SHOWN) for site in search.sites])}"
    if search.kinds:
        yield listed([WORD_OF[kind] for kind in search.kinds])
    if search.by:
        yield f"by {'you' if search.by == 'me' else _named(search.by)}"
    if search.since:
        yield period_told(search.since)
    if search.words:
        yield f"with {listed([f'“{escape(word, WORD_SHOWN)}”' for word in search.words])}"


def _named(by: str) -> str:
    return escape(by, WORD_SHOWN) if by.startswith("@") else person(by)


def _ways(shown: LogShown) -> list[Block]:
    newer = [button("Newer", "log_newer", shown.newer)] if shown.newer else []
    older = [button("Older", "log_page", shown.older)] if shown.older else []
    whole = search_line(Verb.LOG, replace(shown.search, page=1))
    return [*newer, *older, button("CSV", "log_csv", whole), button("JSON", "log_json", whole)]


def timeline_card(job: JobView, moments: Sequence[Moment], now: float, targets: Sequence[str] = ()) -> Card:
    """One job with all its `targets` and all that happened to it, each with its time; where that does not fit, the
    middle is in the file."""
    shown = root_card(job, now)
    blocks = [block for block in shown.blocks if block["type"] != "actions"]
    told = [f"{clock(moment.at)} {moment_line(moment, job)}" for moment in moments]
    record = button("All of it as JSON", "log_json", f"show {job.name}")
    listing = targets_listed(targets)
    return Card(shown.text, [*blocks, *listing, *paragraphs([*_record(job), *_fitting(told)]), *actions([record])])


def _record(job: JobView) -> Iterator[str]:
    votes = len(job.approval.votes) if job.approval else 0
    voted = f" · {count(votes, 'vote')}" if votes else ""
    yield f"rule {code(job.rule, 80)} · plan {code(job.digest[:12])} · asked {clock(job.created)}{voted}"


def _fitting(lines: Sequence[str]) -> list[str]:
    """The first and the last lines, as many as have room."""
    if sum(map(len, lines)) <= ROOM:
        return list(lines)
    first = list(lines[:FIRST_SHOWN])
    room = ROOM - sum(map(len, first))
    last: list[str] = []
    for line in reversed(lines[FIRST_SHOWN:]):
        room -= len(line)
        if room < 0:
            break
        last.insert(0, line)
    return [*first, f"… {count(len(lines) - len(first) - len(last), 'moment')} between", *last]


def moment_line(moment: Moment, job: JobView) -> str:
    """One moment in words."""
    if not isinstance(moment.what, Entry):
        return thread_line(moment.what)
    entry = moment.what
    match entry.event:
        case "asked":
            return _asked(entry, job)
        case "approved" if entry.is_pruned:
            return f"✓ Approved{PRUNED}"
        case _ if entry.is_pruned:
            return f"{_named_event(entry)}{PRUNED}"
        case "decided":
            people = entry.doc.get("of")
            of = listed([person(str(one)) for one in people]) if isinstance(people, list) else ""
            needed = f": {_whole(entry, 'needed')} of {of} must agree" if of else ""
            return f"• Rule {code(str(entry.doc.get('rule', '')), 80)}{needed}."
        case "deployed":
            back = "Back to" if entry.doc.get("rollback") else "Deployed"
            who = f", by {escape(str(entry.doc['by']), 60)}" if entry.doc.get("by") else ""
            was = f"; {escape(str(entry.doc['was']), 60)} was out before" if entry.doc.get("was") else ""
            return f"• {back} {escape(str(entry.doc.get('version', '')), 60)}{who}{was}."
        case "approved":
            return f"✓ Approved: {_whole(entry, 'votes')} agreed."
        case "warming":
            pages, most = count(_whole(entry, "pages"), "page"), count(_whole(entry, "most"), "request")
            return f"• Warming {pages} at the edges: at most {most}."
        case "warmed":
            stopped = f"; stopped: {escape(str(entry.doc['stopped']), 200)}" if entry.doc.get("stopped") else ""
            return f"• Warmed with {count(_whole(entry, 'requests'), 'request')}{stopped}."
        case _:
            return f"{_named_event(entry)}{_pairs(entry.doc)}."


def _named_event(entry: Entry) -> str:
    by = "" if entry.who in _SELF else f" by {person(entry.who)}"
    return f"• {escape(entry.event, 60).replace('_', ' ').capitalize()}{by}"


def _asked(entry: Entry, job: JobView) -> str:
    where = f"in {channel(job.channel)}" if job.source == "slack" and job.channel else _DOORS.get(job.source, "")
    reason = f" because {escape(job.reason, 200)}" if job.reason else ""
    calls = PRUNED if entry.is_pruned else f", {count(_whole(entry, 'calls'), 'call')}."
    who = listed([*map(person, _askers(entry))], ASKERS_SHOWN)
    return f"• Asked by {who} {where}{reason}: plan {code(job.digest[:12])}, {count(job.targets, 'target')}{calls}"


def _askers(entry: Entry) -> list[str]:
    also = entry.doc.get("also")
    return [entry.who, *(map(str, also) if isinstance(also, list) else ())]


def _whole(entry: Entry, name: str) -> int:
    value = entry.doc.get(name)
    return value if isinstance(value, int) else 0


def _pairs(doc: Mapping[str, object]) -> str:
    told = [
        f"{escape(name, 40)} {escape(str(value), 80)}"
        for name, value in doc.items()
        if isinstance(value, str | int) and value
    ]
    return f": {', '.join(told[:4])}" if told else ""
