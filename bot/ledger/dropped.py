"""Requests in line that come to nothing: what whoever queued them is told, and what a restore does to those of its
backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.policies.wording import listed
from bot.ledger.holds import BY_RESTORE, REFUSED_LATER, Holds, InLine, Over
from bot.ledger.intake import Intake

NOT_KNOWN = "Whether any of it was purged after the backup was made is not known."
AGAIN = "Ask again for what is still wanted."


def to_asker(request: InLine, what: str, advice: str) -> Mapping[str, str]:
    """What is told in private to whoever put `request` in line."""
    where = {"user": request.by, "team": request.team, "channel": request.channel, "thread": request.thread}
    return {**where, "what": what, "advice": advice}


def drop_restored(holds: Holds, intake: Intake, now: float) -> tuple[int, ...]:
    """Have nothing in line wait any more, since a backup was restored; who queued it at Slack is told there once a bot
    runs. The numbers of the requests."""
    waiting = [
        request for site in holds.sites_in_line() for sheaf in holds.sheaves(site) for request in holds.requests(sheaf)
    ]
    holds.drop(waiting, Over(BY_RESTORE, now))
    alike: dict[tuple[str, ...], list[InLine]] = {}
    for request in sorted(waiting, key=lambda one: one.id):
        if request.source == "slack":
            key = (request.by, request.team, request.channel, request.thread, request.site)
            alike.setdefault(key, []).append(request)
    for some in alike.values():
        intake.store(f"{REFUSED_LATER} Q-{some[0].id}", REFUSED_LATER, _told(some), now)
    return tuple(request.id for request in waiting)


def _told(some: Sequence[InLine]) -> Mapping[str, str]:
    names, were = listed([f"Q-{request.id}" for request in some], "and"), "was" if len(some) == 1 else "were"
    what = f"{names}, which you queued for {some[0].site}, {were} dropped: a backup of purgebot's ledger was restored."
    return to_asker(some[0], what, f"{NOT_KNOWN} {AGAIN}")
