"""The line of a hold or a release: which site, how long, why, and what is asked back where one of them is not plain."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.durations import as_typed, seconds_in, typed_at_end
from bot.domain.grammar.hearing import Heard
from bot.domain.grammar.mending import misunderstood
from bot.domain.grammar.puzzles import yours
from bot.domain.grammar.speech import Command, Confused, Misunderstood, Speaker, Verb
from bot.domain.jobs.hold import LONGEST, SHORTEST
from bot.domain.shown import shown

_TIMES = "30m, 2h or 2d, from 1m to 90d"
_NO_UNTIL = (  # a time of day is another one for each reader
    "A hold takes how long, not until when: a time of day depends on where one is."
    f" Write `for` and {_TIMES}; the answer says until when that is. Without it the hold lasts until it is released."
)


def on_hold(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    """A hold or release of one site, or of all. Raises Confused."""
    name = _held_name(verb, heard, speaker)
    known = {site.name.lower(): site.name for site in speaker.sites}
    everywhere = name.lower() == "all"
    if not everywhere and name.lower() not in known:
        raise Confused(_no_such_site(verb, name, heard, speaker))
    command = Command(verb, site="" if everywhere else known[name.lower()], everywhere=everywhere)
    return command if verb is Verb.RELEASE else _held(command, heard, speaker)


def _held_name(verb: Verb, heard: Heard, speaker: Speaker) -> str:
    names = [*map(heard.said, range(len(heard.things)))]
    if len(names) == 1:
        return names[0]
    if verb is Verb.HOLD and len(names) > 1:
        raise Confused(_too_many_words(names, heard, speaker))
    problem = f"{verb.value} takes one site, or all." if names else f"{verb.value} wants a site's name, or all."
    raise Confused(misunderstood(speaker, problem, topic=verb.value))


def _too_many_words(names: Sequence[str], heard: Heard, speaker: Speaker) -> Misunderstood:
    """What stands beside the site of a hold: a time without `for`, a time of day, a reason without `because`."""
    known = {site.name.lower(): site.name for site in speaker.sites} | {"all": "all"}
    site, rest = known.get(names[0].lower(), "<site>"), " ".join(names[1:])
    given, reason = heard.given.get("for", ""), heard.given.get("because", "")
    if "until" in [name.lower() for name in names[:2]]:
        return Misunderstood(_NO_UNTIL, f"{speaker.command} hold {site} for 2h because {reason or '…'}")
    if names[0].lower() not in known or any(name.lower() in known for name in names[1:]):
        return misunderstood(speaker, "hold takes one site, or all.", topic="hold")
    if not given and seconds_in(rest) is not None:
        problem = f"`{shown(rest)}` needs `for` before it."
        return Misunderstood(problem, f"{speaker.command} hold {site} for {rest} because {reason or '…'}")
    if reason:
        return misunderstood(speaker, "hold takes one site, or all.", topic="hold")
    lasts = f" for {given}" if given else ""
    problem = f"A reason needs `because` before it, and `{shown(rest)}` has none."
    return misunderstood(speaker, problem, f"hold {site}{lasts} because {rest}")


def _no_such_site(verb: Verb, name: str, heard: Heard, speaker: Speaker) -> Misunderstood:
    own = {site.name.lower(): site.name for site in speaker.sites}
    near = difflib.get_close_matches(name.lower()[:40], own, 1)
    mended = " ".join(heard.text.replace(name, own[near[0]], 1).split()) if near else ""
    problem = f"`{shown(name)}` is not a site of yours.{yours(list(own.values()))}"
    return misunderstood(speaker, problem, mended, topic=verb.value)


def _held(command: Command, heard: Heard, speaker: Speaker) -> Command:
    """What is held, with how long and why. Raises Confused."""
    reason, seconds = heard.given.get("because", ""), _lasts(command, heard, speaker)
    site = _held_as(command)
    if not reason:
        lasts = f" for {as_typed(seconds)}" if seconds else ""
        raise Confused(Misunderstood("A hold needs a reason.", f"{speaker.command} hold {site}{lasts} because …"))
    if not seconds and (cut := typed_at_end(reason)) is not None:
        problem = f"Whether `for {cut[1]}` is how long or part of the reason cannot be told. Write it before because."
        raise Confused(misunderstood(speaker, problem, f"hold {site} for {cut[1]} because {cut[0]}"))
    return replace(command, reason=reason, seconds=seconds)


def _held_as(command: Command) -> str:
    return "all" if command.everywhere else command.site


def _lasts(command: Command, heard: Heard, speaker: Speaker) -> float:
    """How many seconds a hold is to last; 0 where that is not said. Raises Confused."""
    given, reason = heard.given.get("for", ""), heard.given.get("because", "")
    seconds = seconds_in(given) if given else 0.0
    if seconds is None:
        problem = f"`{shown(given)}` is no time that a hold can last. Write {_TIMES}."
        raise Confused(
            Misunderstood(problem, f"{speaker.command} hold {_held_as(command)} for 2h because {reason or '…'}")
        )
    if given and not SHORTEST <= seconds <= LONGEST:
        nearest = as_typed(min(max(seconds, SHORTEST), LONGEST))
        problem = (
            f"A hold lasts from {as_typed(SHORTEST)} to {as_typed(LONGEST)}, and `{shown(given)}` is {_too(seconds)}."
        )
        mended = f"hold {_held_as(command)} for {nearest} because {reason}"
        if reason:
            raise Confused(misunderstood(speaker, problem, mended))
        raise Confused(Misunderstood(problem, f"{speaker.command} {mended}…"))
    return seconds


def _too(seconds: float) -> str:
    return "longer" if seconds > LONGEST else "shorter"
