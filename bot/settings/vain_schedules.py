"""Schedules of the file that the policy refuses each time they come, and what does: a sentence each.

A schedule's kind is alive where some rule that allows or asks may speak for it and no refusal before that, or one that
tightens, covers it whole. What cannot be known, such as how many targets there will be, leaves it alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.domain.grammar.command import Command
from bot.domain.jobs.schedule import Schedule
from bot.domain.policies.policy import SCHEDULES, Conditions, Policy, Refuse, Rule
from bot.domain.policies.wording import listed
from bot.domain.target import Target, empties, is_whole_host, resolve
from bot.settings.reach import Ground
from bot.settings.reader import Place, key_of
from bot.settings.shadows import Known, covers, known_of
from providers.contract import Kind

_WITHOUT = "Without a policy a schedule may purge URLs, paths, tags and prefixes: purge those, or write a policy."


@dataclass(frozen=True, slots=True)
class Entry:
    """A schedule, where it stands, and what its line asks for."""

    schedule: Schedule
    place: Place
    command: Command


def vain(entries: Mapping[str, Entry], policy: Policy, ground: Ground, line: Callable[[Place], int]) -> Iterator[str]:
    """A sentence for each of `entries` that can never run; `line` tells on which line something stands."""
    known = known_of(policy, ground.sites, ground.senders)
    for entry in entries.values():
        kinds = sorted(_kinds(entry.command, ground), key=list(Kind).index)
        told = next((told for kind in kinds if (told := _refused(entry, kind, policy, ground, known))), "")
        if told:
            yield f"{key_of(entry.place)}, on line {line(entry.place)}, is refused each time it comes: {told}"


def _kinds(command: Command, ground: Ground) -> frozenset[Kind]:
    """What the line amounts to, as policy judges it."""
    site = ground.sites[command.site]
    if empties(resolve(command.targets, site), site):
        return frozenset({Kind.EVERYTHING})
    return frozenset(Kind.HOST if _leaves_no_host(one) else one.kind for one in command.targets)


def _leaves_no_host(target: Target) -> bool:
    return target.kind in (Kind.PREFIX, Kind.PATTERN) and is_whole_host(target)


def _refused(entry: Entry, kind: Kind, policy: Policy, ground: Ground, known: Known) -> str:
    """What refuses every purge of `kind` by the schedule, and what to do; "" where some rule may let it run."""
    who, site = entry.schedule.actor.id, entry.command.site
    part = Conditions(who=(who,), kinds=frozenset({kind}), sites=frozenset({site}))
    for one in policy.tighten:
        if one.refuse and (not one.when.who or _means(one.when, who)) and _covers(one.when, part, known):
            return _by(one.name)
    wanting: list[str] = []
    for rule in policy.rules:
        if not _may_speak(rule, part, ground):
            continue
        if isinstance(rule.then, Refuse):
            if _covers(rule.when, part, known):
                return _by(rule.name)
        elif rule.reason and not (entry.command.reason or entry.schedule.reason):
            wanting.append(rule.name)
        else:
            return ""
    if wanting:
        names = listed([f"`{name}`" for name in dict.fromkeys(wanting)], "and")
        return f"rule {names} wants a reason, and it has none. Add `because:` to the schedule."
    advice = _WITHOUT if policy.is_built_in else (
        f"Add one, such as {{name: {entry.schedule.name}, who: {who}, kind: {kind.value}, then: allow}}, or purge less."
    )  # fmt: skip
    return f"no rule lets {who} purge `{kind.value}` on {site}. {advice}"


def _by(name: str) -> str:
    return f"policy rule `{name}` refuses it. Narrow that rule, or remove the schedule."


def _may_speak(rule: Rule, part: Conditions, ground: Ground) -> bool:
    """Whether some purge of `part` may be one that the rule speaks for."""
    when = rule.when
    return _means(when, *part.who) and part.kinds <= when.reached and part.sites <= ground.sites_of(when)


def _means(when: Conditions, who: str) -> bool:
    return who in when.who or SCHEDULES in when.who


def _covers(when: Conditions, part: Conditions, known: Known) -> bool:
    return covers(replace(when, who=part.who), part, known)
