"""When somebody means: the words of a line, read in their own time zone unless another is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.actor import Actor
from bot.domain.grammar.mending import is_fit
from bot.domain.grammar.speech import Choice, Command, Misunderstood
from bot.domain.grammar.when import Due, Instead, NotThen, When, due, in_zone, offset_zone, read_when
from bot.domain.grammar.zones import places_of
from bot.services.setup import Core


async def due_of(core: Core, actor: Actor, command: Command, line: str) -> Due | Misunderstood:
    """When `command` is to begin; `line` is all of it as text, without its time, for what to choose instead."""
    when = read_when(command.when)
    if when is None:
        return Misunderstood(f"`{command.when}` is no time.", f"{core.setup.command} help in")
    name = when.zone or await zone_of(core, actor)
    zone = zone_named(name)
    if zone is None:
        return _no_such_zone(core, when, name, line)
    found = due(when, core.clock.now(), zone, known_as(name))
    if isinstance(found, NotThen):
        return _not_then(core, f"{found.why} Nothing was scheduled.", found.instead, line)
    return replace(found, late_max=core.setup.policy.run_within)


def _not_then(core: Core, why: str, instead: Sequence[Instead], line: str) -> Misunderstood:
    """Every time that could be meant, as a line to copy and a button."""
    command = core.setup.command
    choices = tuple(Choice(_label(one), f"{one.typed} {line}") for one in instead)
    if not choices:
        return Misunderstood(why, f"{command} help in")
    if len(choices) == 1:
        return Misunderstood(why, f"{command} {choices[0].line}", choices)
    whole = all(is_fit(choice.line) for choice in choices)
    lines = [
        f"{one.told[:1].upper()}{one.told[1:]}: `{f'{command} {one.typed} {line}' if whole else one.typed}`"
        for one in instead
    ]
    return Misunderstood("\n".join([why, *lines]), "", choices)


def _label(instead: Instead) -> str:
    told = "" if instead.told in instead.typed else f" ({instead.told})"
    return f"{instead.typed}{told}"


def _no_such_zone(core: Core, when: When, name: str, line: str) -> Misunderstood:
    """With what is probably meant, in the line to copy."""
    problem = f"There is no time zone `{name}`."
    places = [place for place in places_of(name) if zone_named(place) is not None]
    near = get_close_matches(name.lower(), _by_small(), 1, 0.7) if "/" in name else []
    meant = [*places, *(_by_small()[one] for one in near)]
    if not meant:
        return Misunderstood(
            f"{problem} Write a place, such as Europe/Berlin, or UTC.", f"{core.setup.command} help at"
        )
    asked = f"{problem} Did you mean {' or '.join(meant)}? Nothing was scheduled."
    return _not_then(core, asked, [Instead(in_zone(when, place), place) for place in meant], line)


async def zone_of(core: Core, actor: Actor) -> str:
    """The zone that `actor`'s times are read in: their own as Slack says, else the configured one."""
    own = "" if actor.is_token else await core.directory.zone(actor.id)
    return own if own and zone_named(own) is not None else core.setup.time_zone


def zone_named(name: str) -> tzinfo | None:
    """The zone of that name in the IANA database, whatever its case, or of that offset; None where there is none."""
    known = known_as(name)
    return offset_zone(name) or (ZoneInfo(known) if known in _zones() else None)


def known_as(name: str) -> str:
    """The name as the IANA database writes it; as it is where that knows none."""
    return _by_small().get(name.lower(), name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _by_small() -> dict[str, str]:
    return {name.lower(): name for name in _zones()}
