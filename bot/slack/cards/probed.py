"""The card of `/purge doctor`: every account on every site, and the policy's user-groups, the bad ones first."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.shown import count
from bot.domain.undone import Undone
from bot.slack.cards.blocks import Card, card
from bot.slack.escape import code, escape
from providers.contract import Health, Probe

Seen = tuple[str, Probe]  # subject, what was found there
SHOWN = 30
_MARKS = {Health.BAD: "🔴", Health.DOUBTFUL: "🟠", Health.GOOD: "🟢"}


def probed_card(found: Sequence[Seen], examples: Sequence[Undone] = (), groups: Sequence[Seen] = ()) -> Card:
    """What was found of accounts, and of the user-groups and rules of the policy, and what to do."""
    if not found:
        return card("No account belongs to a site of yours.", ["`sites` lists them."])
    ordered = sorted([*found, *groups], key=lambda seen: list(_MARKS).index(seen[1].health))
    more = len(ordered) - SHOWN
    lines = [_line(subject, probe) for subject, probe in ordered[:SHOWN]]
    first = _first([probe.health for _, probe in found], [probe.health for _, probe in groups], len(examples))
    return card(first, [*map(_left, examples[:SHOWN]), *lines, f"and {more:,} more" if more > 0 else ""])


def _left(undone: Undone) -> str:
    """What the file still has of the example."""
    mended = f"{undone.way} {code(undone.line, 120)} {escape(undone.where, 120)}."
    return f"{_MARKS[Health.DOUBTFUL]} {escape(undone.what, 300)} {mended}"


def _first(accounts: Sequence[Health], groups: Sequence[Health], examples: int) -> str:
    bad, cannot = accounts.count(Health.BAD), groups.count(Health.BAD)
    doubtful = [*accounts, *groups].count(Health.DOUBTFUL) + examples
    if bad:
        return f"🔴 {count(bad, 'account')} of {len(accounts):,} would not take a purge. Nothing was purged."
    if cannot:
        return (
            "🔴 No account would refuse a purge, but who may ask or agree is not as the policy needs it:"
            f" {count(cannot, 'thing')} to mend. Nothing was purged."
        )
    if doubtful:
        return f"🟠 No account would refuse a purge; {count(doubtful, 'thing')} to look at. Nothing was purged."
    return "🟢 Every account would take a purge. Nothing was purged."


def _line(subject: str, probe: Probe) -> str:
    said = f"{escape(probe.what, 300)} {escape(probe.advice, 300)}".rstrip()
    return f"{_MARKS[probe.health]} *{escape(subject, 120)}*: {said}"
