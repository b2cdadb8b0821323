"""Requests of several people that become one: what they ask for together, and what the policy says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence, Set
from dataclasses import replace

from bot.domain.grammar.command import Command, Verb
from bot.domain.grammar.hearing import REASON_MAX
from bot.domain.lists import widest, without_covered
from bot.domain.policies.policy import Ask, Decision, Deny
from bot.domain.policies.wording import listed
from bot.domain.shown import shown
from bot.domain.site import Site
from bot.domain.target import resolve

NAMES_SHOWN = 10
_SEVERAL = "Its requests need the yes of different people."


def joined(commands: Sequence[Command], site: Site, names: Sequence[str]) -> Command:
    """All that `commands` of one site, softness, account and check ask for, once, with the names of the requests and
    what was dropped, counted as plans count: a path once for each host."""
    targets, _ = without_covered(tuple(dict.fromkeys(target for command in commands for target in command.targets)))
    each = [resolve(command.targets, site) for command in commands]
    unique = {target for some in each for target in some}
    repeats = sum(map(len, each)) - len(unique)
    covered = len(unique) - len(resolve(targets, site))
    reasons = dict.fromkeys(command.reason for command in commands if command.reason)
    first = commands[0]
    notes = [
        f"{len(commands)} requests ({_named(names)}) that waited for the release"
        if len(commands) > 1
        else f"{_named(names)} waited for the release",
        f"{repeats:,} duplicate{'s' * (repeats > 1)} dropped" if repeats else "",
        f"{covered:,} dropped that {shown(widest(targets))} covers" if covered else "",
    ]
    return Command(
        Verb.PURGE, targets, site.name, first.soft, _cut("; ".join(reasons)), first.only, first.check,
        notes=("; ".join(filter(None, notes)),),
    )  # fmt: skip


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return listed([*names[:NAMES_SHOWN], *([f"{more:,} more"] if more > 0 else [])], "and")


def _cut(reason: str) -> str:
    return reason if len(reason) <= REASON_MAX else f"{reason[: REASON_MAX - 1]}…"


def together(own: Sequence[Decision], of_all: Sequence[Decision], askers: Set[str]) -> Decision:
    """What counts for one plan that several people asked for parts of: the policy's answers to each one's `own` part,
    and `of_all` to everybody who might ask for all of it. Nobody's part is denied for what others asked for."""
    denied = next((answer for answer in own if isinstance(answer, Deny)), None)
    return denied or strictest([*own, *(answer for answer in of_all if not isinstance(answer, Deny))], askers)


def strictest(decisions: Sequence[Decision], askers: Set[str]) -> Decision:
    """What counts for one plan where the policy answers each of `askers` by themselves: none of them votes on it."""
    denied = next((answer for answer in decisions if isinstance(answer, Deny)), None)
    if denied is not None or len(decisions) == 1:
        return denied or decisions[0]
    asks = [answer for answer in decisions if isinstance(answer, Ask)]
    if not asks:
        return decisions[0]
    if len({ask.groups for ask in asks}) > 1:
        return Deny(asks[0].rule, _SEVERAL, "Ask for each by itself.")
    most = max(asks, key=lambda ask: ask.needed)
    of = tuple(who for who in most.of if who not in askers)
    if len(of) < most.needed:
        what = f"This needs {most.needed} approver{'s' * (most.needed > 1)} who did not ask for any of it, "
        return Deny(most.rule, f"{what}and there are {len(of)}.", "Ask for each by itself.")
    return replace(most, of=of, fingerprint=_together(sorted({ask.fingerprint for ask in asks})))


def _together(prints: Sequence[str]) -> str:
    """The fingerprint of several answers; where they are all alike it is theirs, whoever joins or leaves."""
    return prints[0] if len(prints) == 1 else hashlib.sha256("\n".join(prints).encode()).hexdigest()
