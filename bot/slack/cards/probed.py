"""The card of `/purge doctor`: every account on every site, the policy's user-groups, and what else is still to be
done, the bad ones first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.shown import count
from bot.domain.undone import Undone
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.undone import mended
from bot.slack.escape import escape
from providers.contract import Health, Probe

Seen = tuple[str, Probe]  # subject, what was found there
SHOWN = 30
SPARE = "⚪"  # all works without it
_MARKS = {Health.BAD: "🔴", Health.DOUBTFUL: "🟠", Health.GOOD: "🟢"}


def probed_card(found: Sequence[Seen], undone: Sequence[Undone] = (), groups: Sequence[Seen] = ()) -> Card:
    """What was found of accounts, and of the user-groups and rules of the policy, and what else is still to be done."""
    ordered = sorted([*found, *groups], key=lambda seen: list(_MARKS).index(seen[1].health))
    missing = [_left(one) for one in undone if not one.is_spare]
    lines = [*missing, *(_line(subject, probe) for subject, probe in ordered)]
    spare = [_left(one) for one in undone if one.is_spare]
    more = len(lines) - SHOWN
    told = [*lines[:SHOWN], f"and {more:,} more" if more > 0 else "", *spare[:SHOWN]]
    if not found:
        return card("No account belongs to a site of yours.", [*told, "`sites` lists them."])
    return card(_first([probe.health for _, probe in found], [probe.health for _, probe in groups], undone), told)


def _left(undone: Undone) -> str:
    """What is missing, and what mends it."""
    mark = SPARE if undone.is_spare else _MARKS[Health.DOUBTFUL]
    return f"{mark} {escape(undone.what, 300)} {mended(undone, 120)}".rstrip()


def _first(accounts: Sequence[Health], groups: Sequence[Health], undone: Sequence[Undone]) -> str:
    bad, cannot = accounts.count(Health.BAD), groups.count(Health.BAD)
    spare = sum(one.is_spare for one in undone)
    doubtful = [*accounts, *groups].count(Health.DOUBTFUL) + len(undone) - spare
    if bad:
        return f"🔴 {count(bad, 'account')} of {len(accounts):,} would not take a purge. Nothing was purged."
    if cannot:
        return (
            "🔴 No account would refuse a purge, but who may ask or agree is not as the policy needs it:"
            f" {count(cannot, 'thing')} to mend. Nothing was purged."
        )
    if doubtful:
        return f"🟠 No account would refuse a purge; {count(doubtful, 'thing')} to look at. Nothing was purged."
    rest = f"; {count(spare, 'thing')} may still be done" if spare else ""
    return f"🟢 Every account would take a purge{rest}. Nothing was purged."


def _line(subject: str, probe: Probe) -> str:
    said = f"{escape(probe.what, 300)} {escape(probe.advice, 300)}".rstrip()
    return f"{_MARKS[probe.health]} *{escape(subject, 120)}*: {said}"
