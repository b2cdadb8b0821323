"""The first line of a job: what came of it, in one sentence that a phone shows alone. Emoji, word and colour agree.

🔵 under way   🟡 a person is needed   🟢 proven   🟠 not all of it   ⚪ not known   🔴 stopped   ⚫ given up
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.durations import duration
from bot.domain.jobs.hold import ALL, Hold
from bot.domain.jobs.job import Approval, JobView, LayerState, LayerView, State
from bot.domain.jobs.progress import share_sent
from bot.domain.policies.wording import expired
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.verdict import ORIGIN, Verdict
from bot.domain.shown import count
from bot.slack.cards.deploys import headline
from bot.slack.cards.words import (
    at_fresh,
    at_stale,
    bar,
    clock,
    clock_with_seconds,
    fresh_words,
    listed,
    sentence,
    subject,
    title,
    with_clocks,
)
from bot.slack.escape import code, escape, person

LEFT_MIN = 3.0  # seconds; less is not worth telling
SHARE_MIN = 0.2  # of the calls sent, before their speed says how long the rest takes
BARRED_MAX = 500  # characters
MISSING_NAMED = 5  # of those who have not voted
_SLACK_ID = re.compile(r"[A-Z][A-Z0-9_]+")
_USER_GROUP = re.compile(r"S[A-Z0-9_]+")  # what the configuration names; nobody else's text comes here
_ON_RELEASE = "It goes on when that is released, unless the policy forbids it by then."
WHY_MAX = 120  # characters; a phone shows about 150 of a line


def outcome(job: JobView, now: float) -> str:
    """What came of `job` so far; `now` is in seconds since the epoch."""
    return headline(_outcome(job, now), job)


def again_as(job: JobView, now: float) -> str:
    """again as P-99: 🟢 fresh at fra · /pricing; "" where nobody repeated the deploy."""
    if job.repeat is None:
        return ""
    emoji, _, rest = _outcome(job.repeat, now).partition(" ")
    return f"again as {job.repeat.name}: {emoji} {rest.removeprefix(f'{job.repeat.name} ')}"


def _outcome(job: JobView, now: float) -> str:
    if job.ended_by_restore:
        return restored(job)
    match job.state:
        case State.DONE:
            return f"{_proof(job)} · {subject(job)}{_doubt(job)}"
        case State.FAILED:
            return f"🔴 {job.name} {_stopped(job)}"
        case State.PARTIAL:
            return f"🟠 {job.name} {_partly(job)}{_seen(job)} · {subject(job)}"
        case State.CANCELLED if job.stop_reason == "purgebot":
            return f"⚫ {job.name} given up · {subject(job)}"
        case State.CANCELLED:
            return f"⚫ {job.name} cancelled by {denier(job)} · {subject(job)}"
        case State.DENIED:
            return f"⚫ {job.name} denied by {denier(job)} · {subject(job)}"
        case State.EXPIRED:
            return f"⚫ {job.name} expired, {too_few(job)} · {subject(job)}"
        case _:
            return _so_far(job, now)


def restored(job: JobView) -> str:
    """Of a job that was open in a backup."""
    return f"⚫ {job.name} ended by a restore; ask again · {subject(job)}"


def too_few(job: JobView) -> str:
    """Why a job expired: nobody agreed, too few did, no vote would have helped, or nobody had it begin."""
    if job.missed is not None:
        return "it missed its time and nobody had it begin"
    if job.approval is not None and job.approval.bar_gone:
        return "it could not run as purgebot is configured"
    if job.approval is not None and job.approval.barred:
        return "the policy said no all the time"
    return expired(job.agreed)


def _so_far(job: JobView, now: float) -> str:
    match job.state:
        case State.WAITING:
            return f"🟡 {job.name} {waits(job)} · {subject(job)}{_until(job)}"
        case State.NEEDS_DECISION:
            layer = troubled(job)
            where = title(layer) if layer else "a layer"
            return f"🟡 {job.name} needs a decision, the answer of {where} was lost · {subject(job)}"
        case State.QUEUED | State.PURGING | State.CONFIRMING | State.SCHEDULED if job.held and job.held.observes:
            stands = "stands still" if job.state in (State.PURGING, State.CONFIRMING) else "waits"
            return f"🟡 {job.name} {stands}, this purgebot only observes · {subject(job)}"
        case State.SCHEDULED:
            at = clock_with_seconds(job.begins)
            missed = f"🟡 {job.name} missed its time, {at}, and has not begun · {subject(job)}"
            if job.unknown and job.missed is None:
                return f"🟡 {job.name} cannot begin {at}, as purgebot is configured now · {subject(job)}"
            return f"🔵 {job.name} begins {at} · {subject(job)}" if job.missed is None else missed
        case State.QUEUED if job.held is not None:
            site = "every site" if job.held.site == ALL else escape(job.held.site, 60)
            return f"🟡 {job.name} waits, {site} is held by {person(job.held.by)} · {subject(job)}"
        case State.QUEUED if job.after and not job.after_proven:
            return f"🔵 {job.name} waits for P-{job.after}, which comes first · {subject(job)}"
        case State.QUEUED:
            return f"🔵 {job.name} begins now · {subject(job)}"
        case State.CONFIRMING:
            return f"🔵 {job.name} sent, {_still_at_it(job)} still at it · {subject(job)}{_ready_in(job, now)}"
        case State.CHECKING if not job.layers:
            return f"🔵 {job.name} {_proving(job)} · {subject(job)}"
        case State.CHECKING if job.is_partial:
            return f"🟠 {job.name} {_partly(job)}, {_proving(job)} · {subject(job)}"
        case State.CHECKING:
            return f"🔵 {job.name} purged, {_proving(job)} · {subject(job)}"
        case _:
            return f"🔵 {job.name} purging · {subject(job)}{_progress(job, now)}"


def _partly(job: JobView) -> str:
    return f"partly purged, {count(job.calls_left, 'call')} did not go"


def waits(job: JobView) -> str:
    """What a waiting job waits for."""
    approval = job.approval
    if approval is None:
        return "waits"
    if approval.bar_gone:
        return "waits, and cannot run as purgebot is configured now"
    if approval.barred:
        return "waits, the policy says no for now"
    asked = count(len(approval.missing), "person", "people")
    return f"waits for {approvals_left(job)} ({asked} {'still ' if approval.votes else ''}asked)"


def approvals_left(job: JobView) -> str:
    """2 approvals."""
    agreed = sum(vote.yes for vote in job.approval.votes) if job.approval else 0
    return count(max(0, (job.approval.needed if job.approval else 0) - agreed), "approval")


def missing(approval: Approval) -> str:
    """Who is asked and has not voted: by mention where they are few, which calls nobody in a card that is edited."""
    left = approval.missing
    if len(left) <= MISSING_NAMED:
        return listed([person(who) for who in left]) or "nobody is left"
    of = groups(approval)
    return f"{count(len(left), 'person', 'people')}{f' of {of}' if of else ''}"


def groups(approval: Approval) -> str:
    """The policy's own words for those who are asked."""
    return listed([code(word, 60) for word in approval.groups if not _SLACK_ID.fullmatch(word)], 5)


def mentions(ids: Sequence[str]) -> str:
    """People and user-groups by Slack's ids, so that each is called; at most twenty."""
    return listed([f"<!subteam^{id}>" if _USER_GROUP.fullmatch(id) else person(id) for id in ids]) or "nobody"


def _until(job: JobView) -> str:
    approval = job.approval
    return f" · until {clock(approval.bar_ends or approval.expires)}" if approval else ""


def barred(approval: Approval) -> Iterator[str]:
    """Why no vote helps for now, what would, and what happens then."""
    if approval.bar_lost:
        yield f"{listed([person(who) for who in approval.bar_lost])} agreed and may vote on it no longer."
    yield with_clocks(escape(approval.barred, BARRED_MAX))
    if approval.bar_ends is not None:
        yield f"Nobody is asked meanwhile. Votes are asked for anew {clock(approval.bar_ends)}."
    elif approval.bar_gone:
        yield (
            f"Nobody is asked meanwhile. It expires {clock(approval.expires)}, unless all of it is configured again"
            " before: then votes are asked for anew."
        )
    else:
        yield (
            f"Nobody is asked meanwhile. It expires {clock(approval.expires)}, unless the policy says otherwise before:"
            " then votes are asked for."
        )


def held_told(hold: Hold, site: str) -> str:
    """What a job waits for that may begin."""
    if hold.observes:
        return "It waits: this purgebot only observes, and goes on once its `mode` is `live`."
    return f"It waits: {escape(site, 60)} is held by {person(hold.by)}."


def held_ahead(job: JobView, names: Mapping[str, str]) -> str:
    """Who held the site when it was asked for, and what comes of that at its time; "" where nobody did. Who is in
    `names` is told by name, which calls nobody."""
    hold = job.held_ahead
    if hold is None or job.ran_early is not None:
        return ""
    site = "Every site" if hold.site == ALL else escape(hold.site, 60)
    until = f"until {clock(hold.until)}" if hold.until is not None else "until it is released"
    who = f"@{escape(names[hold.by], 60)}" if hold.by in names else person(hold.by)
    ends = hold.until is not None and hold.until <= job.begins
    end = "release" if hold.until is None else "end"
    then = "The hold ends before its time." if ends else f"If it still is at its time, it waits for the {end}."
    return (
        f"{site} was held when it was asked for, by {who} {until}: {sentence(escape(hold.reason, BARRED_MAX))} {then}"
    )


def held_until(job: JobView) -> str:
    """What becomes of a held job, and when: it is promised to go on only where that is known."""
    ends = job.held_ends
    if ends is not None and job.held_no:
        no = with_clocks(escape(job.held_no, BARRED_MAX))
        return f"The hold ends {clock(ends)}, and it does not go on then: {no}"
    approval = job.approval
    if approval is None or approval.approved is None:
        return f"It goes on by itself {clock(ends)}." if ends is not None else _ON_RELEASE
    if job.has_begun and not approval.broken_by:
        end = f"The hold ends {clock(ends)}." if ends is not None else _ON_RELEASE
        return f"{end} Its votes carry a retry until a day after its end; asked anew after that."
    counts = (job.agreed_at or approval.approved) + approval.run_within
    if ends is not None and ends < counts:
        return f"It goes on by itself {clock(ends)}."
    what = "The broken glass counts" if approval.broken_by else "Votes count"
    until = f"{what} until {clock(counts)}; asked anew after that."
    return f"{_ON_RELEASE} {until}" if ends is None else f"{until} The hold ends {clock(ends)}."


def denier(job: JobView) -> str:
    """Who denied, and the reason if one was given."""
    who, _, reason = job.stop_reason.partition(": ")
    return f"{person(who)}: {with_clocks(escape(reason, WHY_MAX))}" if reason else person(who)


def troubled(job: JobView) -> LayerView | None:
    """The layer that went wrong: the one that stopped, else one with calls that did not go."""
    stopped = (layer for layer in job.layers if layer.state in (LayerState.FAILED, LayerState.UNKNOWN))
    return next(stopped, next((layer for layer in job.layers if layer.failed or layer.trouble), None))


def _stopped(job: JobView) -> str:
    layer = troubled(job)
    if layer is None or layer.trouble is None:
        what = _what_stopped(job) or "it could not go on"
        return f"stopped · {what} · {subject(job)}"
    return f"stopped at {title(layer)} · {escape(layer.trouble.what, WHY_MAX).removesuffix('.')}"


def _what_stopped(job: JobView) -> str:
    """Why it stopped, as far as its first line holds it: whole, or without what to do, which stands below."""
    first = job.why.partition(". ")[0] if is_long(job.why) else job.why
    return escape(first, WHY_MAX).removesuffix(".")


def is_long(why: str) -> bool:
    """Whether `why` is more than a first line holds."""
    return len(escape(why, 10 * WHY_MAX)) > WHY_MAX


def _proof(job: JobView) -> str:
    purged = "purged, " if job.layers else ""
    match job.verdict:
        case Verdict.FRESH if Doubt.MOVED_ON in job.doubts:
            return f"🟢 {job.name} was proven{at_fresh(job)}, and the origin has changed since"
        case Verdict.FRESH:
            return f"🟢 {job.name} {fresh_words(job)}"
        case Verdict.STALE:
            return f"🟠 {job.name} {purged}still old{at_stale(job)}"
        case Verdict.UNKNOWN:
            return f"⚪ {job.name} {purged}cannot be proven from here"
        case _:
            return f"⚪ {job.name} {purged}not checked"


def _doubt(job: JobView) -> str:
    """The first reason why it is not known, which a phone should say too."""
    return f" · {escape(first_reason(job), WHY_MAX)}" if job.verdict is Verdict.UNKNOWN and job.why else ""


def first_reason(job: JobView) -> str:
    """The first of the things that stand behind a verdict."""
    return job.why.partition(" · ")[0]


def _seen(job: JobView) -> str:
    match job.verdict:
        case Verdict.FRESH:
            return f", {fresh_words(job)}"
        case Verdict.STALE:
            return f", still old{at_stale(job)}"
        case _:
            return ""


def _proving(job: JobView) -> str:
    if job.round == 0:
        return "looking again" if job.looks else "proving…"
    if not job.fresh_at:
        return f"still old{at_stale(job)}, looking again" if job.stale_at else "looking again"
    places = {*job.edges, *(look.place for look in job.looks if look.place != ORIGIN and not look.country)}
    left = len(places - {*job.fresh_at})  # of probes it is said how many of how many
    return f"fresh{at_fresh(job)}{f', {left} to go' if left else ''}"


def _still_at_it(job: JobView) -> str:
    busy = [title(layer) for layer in job.layers if layer.pending]
    return f"{busy[0]} is" if busy else "the provider is"


def _ready_in(job: JobView, now: float) -> str:
    ready = [layer.ready_at for layer in job.layers if layer.pending and layer.ready_at is not None]
    return _about(max(ready) - now) if ready else ""


def _progress(job: JobView, now: float) -> str:
    calls = sum(layer.calls for layer in job.layers)
    done = sum(layer.state is LayerState.DONE for layer in job.layers)
    words = f" · {done} of {count(len(job.layers), 'layer')}"
    if calls <= len(job.layers):
        return words
    share = share_sent(job)
    left = _seconds_left(job, share, now)
    return f"{words}{_about(left) if left is not None else ''}  {bar(share)}"


def _about(seconds: float) -> str:
    return f" · about {duration(round(seconds))} left" if seconds >= LEFT_MIN else ""


def _seconds_left(job: JobView, share: float, now: float) -> float | None:
    started = min((layer.started for layer in job.layers if layer.started is not None), default=None)
    if started is not None and share > SHARE_MIN:
        return (now - started) * (1 - share) / share
    return job.eta - now if job.eta is not None else None
