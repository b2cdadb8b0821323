"""When somebody means: the words of a line, read in their own time zone unless another is named."""

from __future__ import annotations

from datetime import tzinfo
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.actor import Actor
from bot.domain.speech import Choice, Command, Misunderstood
from bot.domain.when import Due, NotThen, due, offset_zone, read_when
from bot.services.setup import Core


async def due_of(core: Core, actor: Actor, command: Command, line: str) -> Due | Misunderstood:
    """When `command` is to begin; `line` is all of it as text, without its time, for what to choose instead."""
    when = read_when(command.when)
    if when is None:
        return Misunderstood(f"`{command.when}` is no time.", f"{core.setup.command} help in")
    name = when.zone or await zone_of(core, actor)
    zone = zone_named(name)
    if zone is None:
        return Misunderstood(f"There is no time zone `{name}`.{_meant(name)}", f"{core.setup.command} help at")
    found = due(when, core.clock.now(), zone, known_as(name))
    if isinstance(found, NotThen):
        choices = tuple(Choice(instead, f"{instead} {line}") for instead in found.instead)
        suggestion = f"{core.setup.command} {choices[0].line}" if choices else f"{core.setup.command} help in"
        return Misunderstood(f"{found.why} Nothing was scheduled.", suggestion, choices)
    return found


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


def _meant(name: str) -> str:
    if "/" in name and (near := get_close_matches(name.lower(), _by_small(), 1, 0.7)):
        return f" Did you mean {_by_small()[near[0]]}?"
    return " Write a place, such as Europe/Berlin, or UTC."
