"""The card of a job: its first line is the outcome, readable alone; then a few lines; then at most three buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.job import JobView, LayerState, LayerView, State
from bot.domain.verdict import Look, Verdict, describe
from bot.slack.cards.blocks import Block, Card, Confirm, button, card
from bot.slack.cards.words import bar, clock, count, duration, layers_done, listed, number, subject
from bot.slack.escape import code, escape, person
from providers.contract import Kind

LINES_MAX = 6
NOTES_MAX = 2


def root_card(job: JobView, now: float, salt: str = "") -> Card:
    """The card of `job` at `now`, whatever its state."""
    lines = [line for line in _lines(job, now) if line][:LINES_MAX]
    return card(outcome(job, now), lines, _buttons(job), salt)


def outcome(job: JobView, now: float) -> str:
    """The first line."""
    match job.state:
        case State.WAITING:
            return f"🟡 {job.name} {_waits(job)} · {subject(job)}"
        case State.QUEUED | State.SCHEDULED:
            return f"🔵 {job.name} begins · {subject(job)}"
        case State.PURGING | State.CONFIRMING:
            return f"🔵 {job.name} purging · {subject(job)}{_progress(job, now)}"
        case State.CHECKING:
            return f"🔵 {job.name} {_proving(job)} · {subject(job)}"
        case State.NEEDS_DECISION:
            layer = _stopped_at(job)
            where = layer.title if layer else "a layer"
            return f"🟡 {job.name} needs a decision · the answer of {where} was lost · {subject(job)}"
        case State.FAILED:
            return f"🔴 {job.name} {_failed(job)}"
        case State.CANCELLED:
            return f"⚫ {job.name} cancelled by {person(job.stop_reason)} · {subject(job)}"
        case State.DENIED:
            return f"⚫ {job.name} denied by {_denier(job)} · {subject(job)}"
        case State.EXPIRED:
            return f"⚫ {job.name} expired: nobody agreed in time · {subject(job)}"
        case State.PARTIAL:
            failed = sum(layer.failed for layer in job.layers)
            return f"🟠 {job.name} partly purged: {count(failed, 'call')} did not go · {subject(job)}"
        case _:
            return f"{_proof(job)} · {subject(job)}"


def _waits(job: JobView) -> str:
    approval = job.approval
    if approval is None:
        return "waits"
    left = approval.needed - sum(vote.yes for vote in approval.votes)
    return f"waits for {count(left, 'approval')} ({count(len(approval.of), 'person', 'people')} asked)"


def _progress(job: JobView, now: float) -> str:
    calls = sum(layer.calls for layer in job.layers)
    sent = sum(layer.sent for layer in job.layers)
    done = sum(layer.state is LayerState.DONE for layer in job.layers)
    words = f" · {done} of {count(len(job.layers), 'layer')}"
    if calls < 3:
        return words
    left = _seconds_left(job, sent / calls, now)
    about = f" · about {duration(left)} left" if left is not None and left >= 3 else ""
    return f"{words}{about}  {bar(sent / calls)}"


def _seconds_left(job: JobView, share: float, now: float) -> float | None:
    started = min((layer.started for layer in job.layers if layer.started), default=None)
    if started is not None and share > 0.2:
        return (now - started) * (1 - share) / share
    return job.eta - now if job.eta is not None else None


def _proving(job: JobView) -> str:
    if not job.looks:
        return "purged; proving…"
    if not job.fresh_at:
        return "purged; still old, looking again"
    left = len(dict.fromkeys(look.place for look in job.looks if look.place != "origin")) - len(job.fresh_at)
    return f"purged; fresh at {', '.join(job.fresh_at)}, {left} to go"


def _proof(job: JobView) -> str:
    match job.verdict:
        case Verdict.FRESH:
            return f"🟢 {job.name} fresh"
        case Verdict.STALE:
            return f"🟠 {job.name} purged, still old at {', '.join(job.stale_at)}"
        case Verdict.UNKNOWN:
            return f"⚪ {job.name} purged, cannot be proven from here"
        case _:
            return f"🟢 {job.name} purged, not checked"


def _failed(job: JobView) -> str:
    layer = _stopped_at(job)
    if layer is None or layer.trouble is None:
        return f"stopped · {escape(job.why or 'nothing was purged')}"
    return f"stopped at {layer.title} · {escape(layer.trouble.what)}"


def _stopped_at(job: JobView) -> LayerView | None:
    return next((layer for layer in job.layers if layer.state in (LayerState.FAILED, LayerState.UNKNOWN)), None)


def _denier(job: JobView) -> str:
    who, _, reason = job.stop_reason.partition(": ")
    return f"{person(who)}: {escape(reason)}" if reason else person(who)


def _lines(job: JobView, now: float) -> Iterator[str]:
    match job.state:
        case State.WAITING:
            yield from _waiting_lines(job)
        case State.FAILED | State.NEEDS_DECISION:
            yield from _trouble_lines(job)
        case State.PARTIAL:
            yield from _trouble_lines(job)
            yield escape(job.why)
        case State.DONE:
            yield _path(job)
            yield _comparison(job, now)
            yield escape(job.why)
            yield _browsers(job)
        case State.CHECKING:
            yield _path(job)
            yield escape(job.why)
            yield _browsers(job)
        case _:
            yield _sending(job)
    yield _asked(job)
    yield from (escape(note) for note in job.notes[:NOTES_MAX])


def _waiting_lines(job: JobView) -> Iterator[str]:
    approval = job.approval
    if approval is None:
        return
    yield f"{escape(approval.why[:1].upper() + approval.why[1:])} (rule {code(approval.rule)})."
    yes = [person(vote.by) for vote in approval.votes if vote.yes]
    if yes:
        yield f"agreed: {listed(yes)}"
    yield f"Expires {clock(approval.expires)}."


def _trouble_lines(job: JobView) -> Iterator[str]:
    layer = _stopped_at(job)
    if layer is None:
        return
    if job.state is State.NEEDS_DECISION:
        yield "It may have been done already. A repeat empties it once more, so purgebot asks first."
    if layer.trouble is not None:
        yield escape(layer.trouble.advice)
    yield _what_went(job)
    if layer.failing and job.kind is not Kind.EVERYTHING:
        yield f"not purged there: {', '.join(escape(target, 120) for target in layer.failing[:3])}"
    if layer.trouble is not None and layer.trouble.said:
        yield f"{layer.title} said: “{escape(layer.trouble.said)}”"


def _what_went(job: JobView) -> str:
    went = [layer.title for layer in job.layers if layer.state is LayerState.DONE]
    rest = [layer.title for layer in job.layers if layer.state in (LayerState.FAILED, LayerState.STOPPED)]
    if job.state is State.PARTIAL:
        return f"{listed(went)} {_were(went)} purged." if went else ""
    if not went:
        return f"Nothing was purged: {listed(rest)} {_were(rest)} not." if rest else ""
    return f"{listed(went)} {_were(went)} purged; {listed(rest)} {_were(rest)} not." if rest else ""


def _were(words: Sequence[str]) -> str:
    return "was" if len(words) == 1 else "were"


def _path(job: JobView) -> str:
    path = f"{job.site}: {layers_done(job.layers)}"
    if job.verdict is Verdict.FRESH and job.proven is not None:
        return f"{path} → proven at {', '.join(job.fresh_at)} in {duration(job.proven - job.created)}"
    return path


def _comparison(job: JobView, now: float) -> str:
    """before … after …, for the first URL at the first place."""
    after = next((look for look in job.looks if look.place != "origin"), None)
    if after is None or job.verdict is not Verdict.FRESH:
        return ""
    before = next((look for look in job.before if (look.place, look.url) == (after.place, after.url)), None)
    was = f"before  {escape(describe(before, before.at))}      " if before else ""
    return f"{was}after  {escape(describe(after, after.at))} = origin"


def _browsers(job: JobView) -> str:
    kept = job.browsers_may_keep
    if kept is None:
        return "Nothing says how long browsers keep the copy they have." if _seen(job.looks) else ""
    if kept == 0:
        return "Browsers ask again at once (max-age=0)."
    return f"Browsers that have it may keep it up to {duration(kept)} (max-age={kept})."


def _seen(looks: Sequence[Look]) -> bool:
    return any(not look.problem for look in looks)


def _sending(job: JobView) -> str:
    return " → ".join(f"{layer.title} {_layer(layer)}" for layer in job.layers)


def _layer(layer: LayerView) -> str:
    match layer.state:
        case LayerState.DONE:
            return "✓"
        case LayerState.PURGING:
            return f"{number(layer.sent)} of {number(layer.calls)}"
        case LayerState.STOPPED:
            return "not begun"
        case _:
            return layer.state.value


def _asked(job: JobView) -> str:
    words = [f"asked by {person(job.requested_by)}"]
    if job.read_as:
        words.append(escape(job.read_as, 60))
    if job.reason:
        words.append(f"because {escape(job.reason, 150)}")
    if job.approval is not None and job.state not in (State.WAITING, State.DENIED, State.EXPIRED):
        yes = [person(vote.by) for vote in job.approval.votes if vote.yes]
        words.append(f"approved by {listed(yes)}" if yes else "")
    return " · ".join(word for word in words if word)


def _buttons(job: JobView) -> list[Block]:
    cancel = button("Cancel", "cancel", job.name)
    match job.state:
        case State.WAITING | State.QUEUED | State.SCHEDULED | State.PURGING | State.CONFIRMING:
            return [cancel]
        case State.NEEDS_DECISION:
            return [cancel, button("Repeat anyway", "repeat_anyway", job.name, "danger", _repeat(job))]
        case State.FAILED | State.PARTIAL:
            return [button("Retry", "retry", job.name, "primary")]
        case State.DONE if job.verdict is Verdict.STALE:
            return [
                button("Check again", "check_again", job.name),
                button("Purge again", "purge_again", job.name, "primary"),
            ]
        case State.DONE:
            return [button("Check again", "check_again", job.name)]
        case _:
            return []


def _repeat(job: JobView) -> Confirm:
    what = subject(job).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    return Confirm("Send it once more?", f"This may purge {what} a second time.", "Repeat", danger=True)
