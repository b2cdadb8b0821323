"""What of a job had gone by the time it stopped."""

from __future__ import annotations

from bot.domain.jobs.job import JobView, LayerState, LayerView, State
from bot.domain.shown import count
from bot.slack.cards.words import is_lost, number, subject, title, titles


def has_gone(job: JobView) -> bool:
    """Whether some cache may hold less than before it."""
    return any(layer.sent or layer.unknown for layer in job.layers)


def nothing_went(job: JobView) -> str:
    """That nothing was purged; of a job that was to go on, that no more was."""
    return "Nothing more was purged; its own card tells what had gone." if has_gone(job) else "Nothing was purged."


def what_went(job: JobView) -> str:
    """What was purged and what was not, of what."""
    went = [layer for layer in job.layers if layer.state is LayerState.DONE]
    lost = [layer for layer in job.layers if is_lost(layer)]
    cut = [layer for layer in job.layers if layer.sent and layer not in (*went, *lost)]
    rest = [layer for layer in job.layers if layer not in (*went, *cut, *lost)]
    unsent = sum(layer.cancelled for layer in job.layers) if job.state is State.CANCELLED else 0
    told = [
        f"{titles(went)} {_were(went)} purged" if went else "",
        *(f"{title(layer)} took {number(layer.sent)} of {count(layer.calls, 'call')}" for layer in cut),
        f"whether {titles(lost)} {_were(lost)} purged is not known" if lost else "",
        f"{titles(rest)} {_were(rest)} not purged" if rest and (went or cut or lost) else "",
        f"{count(unsent, 'call')} stayed unsent" if unsent else "",
    ]
    return f"{subject(job)}: {'; '.join(filter(None, told)) or 'nothing was purged'}"


def _were(layers: list[LayerView]) -> str:
    return "was" if len(layers) == 1 else "were"
