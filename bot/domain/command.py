"""The grammar of `/purge`: text to a Command, or to a Misunderstood that says what to type instead. Pure and total.

    text ─words─▶ Word … ─hearing─▶ verb, things, options ─reading─▶ targets ─wish─▶ Command ─saying─▶ text

`speech` holds the types and the table, `puzzles` what is asked back.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.hearing import REASON_MAX, TEXT_MAX, Heard, hear, job_of, misunderstood, reason_of
from bot.domain.hold import seconds_in, span_at_end
from bot.domain.lists import LONGER, uncollected
from bot.domain.puzzles import yours
from bot.domain.saying import line_of
from bot.domain.searching import search_command
from bot.domain.shown import JOINERS, Notes, refused_character, shown
from bot.domain.speech import ON_THINGS, OPTIONS, BadLine, Choice, Command, Confused, Misunderstood, Speaker, Verb
from bot.domain.wish import wish

__all__ = ["BadLine", "Choice", "Command", "Misunderstood", "Speaker", "Verb", "line_of", "parse"]


def parse(text: str, speaker: Speaker, more: Sequence[str] = ()) -> Command | Misunderstood:
    """What `text` asks for; `more` are further targets, one a line. Never raises, whatever was typed."""
    if len(text) > TEXT_MAX:
        problem = f"That is {len(text):,} characters, and a line has at most {TEXT_MAX:,}. {LONGER}"
        return Misunderstood(problem, f"{speaker.command} help lists")
    notes = Notes()
    try:
        with uncollected():
            return _understand(hear(text, speaker, notes, more), speaker, notes)
    except Confused as confused:
        return confused.misunderstood


def _understand(heard: Heard, speaker: Speaker, notes: Notes) -> Command:
    verb = _verb_of(heard)
    _must_go_with(verb, heard, speaker)
    match verb:
        case _ if verb in ON_THINGS:
            return wish(heard, verb, speaker, notes)
        case Verb.HELP:
            return Command(verb, topic=shown(" ".join(heard.rest.lower().split())))
        case Verb.LIMITS | Verb.DOCTOR:
            return _on_site(verb, heard, speaker)
        case Verb.HOLD | Verb.RELEASE:
            return _on_hold(verb, heard, speaker)
        case Verb.LOG | Verb.STATS:
            return search_command(verb, heard, speaker)
        case Verb.SITES | Verb.WHOAMI:
            return _alone(verb, heard, speaker)
        case _:
            return _on_job(verb, heard, speaker)


def _verb_of(heard: Heard) -> Verb:
    """The verb; none means purge, or status where a job's name stands alone. A dry run is a plan."""
    if heard.verb is None and len(heard.things) == 1 and heard.kind is None and job_of(heard.said(0)):
        return Verb.STATUS
    if heard.verb in (None, Verb.PURGE):
        return Verb.PLAN if "dry-run" in heard.given else Verb.PURGE
    return heard.verb or Verb.PURGE


def _must_go_with(verb: Verb, heard: Heard, speaker: Speaker) -> None:
    for option in OPTIONS:
        if option.name in heard.given and verb not in option.verbs:
            problem = f"`{option.written[0]}` does not go with {verb.value}."
            raise Confused(Misunderstood(problem, f"{speaker.command} help {verb.value}"))


def _alone(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    if heard.things:
        raise Confused(misunderstood(speaker, f"{verb.value} stands alone.", verb.value))
    return Command(verb)


def _on_hold(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
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
    problem = f"{verb.value} takes one site, or all." if names else f"{verb.value} wants a site's name, or all."
    raise Confused(misunderstood(speaker, problem, topic=verb.value))


def _no_such_site(verb: Verb, name: str, heard: Heard, speaker: Speaker) -> Misunderstood:
    own = {site.name.lower(): site.name for site in speaker.sites}
    near = difflib.get_close_matches(name.lower()[:40], own, 1)
    mended = " ".join(heard.text.replace(name, own[near[0]], 1).split()) if near else ""
    problem = f"`{shown(name)}` is not a site of yours.{yours(list(own.values()))}"
    return misunderstood(speaker, problem, mended, topic=verb.value)


def _held(command: Command, heard: Heard, speaker: Speaker) -> Command:
    """What is held, with how long and why. Raises Confused."""
    given, reason = heard.given.get("for", ""), heard.given.get("because", "")
    seconds = seconds_in(given)
    site = "all" if command.everywhere else command.site
    if given and not seconds:
        problem = f"`{shown(given)}` is no time that a hold can last: 30m, 2h or 2d, at most 90d."
        raise Confused(Misunderstood(problem, f"{speaker.command} hold {site} for 2h because {reason or '…'}"))
    if not reason:
        lasts = f" for {given}" if given else ""
        raise Confused(Misunderstood("A hold needs a reason.", f"{speaker.command} hold {site}{lasts} because …"))
    if not given and (cut := span_at_end(reason)) is not None:
        problem = f"Whether `for {cut[1]}` is how long or part of the reason cannot be told. Write it before because."
        raise Confused(misunderstood(speaker, problem, f"hold {site} for {cut[1]} because {cut[0]}"))
    return replace(command, reason=reason, seconds=seconds)


def _on_site(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    """A verb with at most a site's name, with or without `on`. Raises Confused."""
    names = [*map(heard.said, range(len(heard.things))), *([heard.given["on"]] if "on" in heard.given else [])]
    if len(names) > 1:
        raise Confused(misunderstood(speaker, f"{verb.value} takes one site and nothing else.", verb.value))
    if not names:
        return Command(verb)
    known = {site.name.lower(): site.name for site in speaker.sites}
    if names[0].lower() in known:
        return Command(verb, site=known[names[0].lower()])
    near = difflib.get_close_matches(names[0].lower()[:40], known, 1)
    mended = f"{verb.value} {known[near[0]]}" if near else verb.value
    problem = f"`{shown(names[0])}` is not a site of yours.{yours(list(known.values()))}"
    raise Confused(misunderstood(speaker, problem, mended))


def _on_job(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    if verb is Verb.STATUS and not heard.things:
        return Command(verb)
    job = _job(verb, heard, speaker)
    reason = reason_of(heard.rest) if verb in (Verb.DENY, Verb.REVIEW) else heard.given.get("because", "")
    if character := refused_character(reason, JOINERS):
        problem = f"The reason holds {character}, which cannot be seen. Type it without."
        raise Confused(misunderstood(speaker, problem, f"{verb.value} P-{job}"))
    if len(reason) > REASON_MAX:
        problem = f"A reason has at most {REASON_MAX:,} characters."
        raise Confused(misunderstood(speaker, problem, f"{verb.value} P-{job}"))
    if verb is Verb.BREAK_GLASS and not reason.strip():
        suggestion = f"{speaker.command} break-glass P-{job} because …"
        raise Confused(Misunderstood("Breaking the glass needs a reason.", suggestion))
    return Command(verb, job=job, reason=reason)


def _job(verb: Verb, heard: Heard, speaker: Speaker) -> int:
    """The one job that the line names. Raises Confused."""
    if not heard.things:
        raise Confused(Misunderstood(f"{verb.value} wants a job's name.", f"{speaker.command} {verb.value} P-12"))
    first = heard.said(0)
    job = job_of(first)
    if job and len(heard.things) == 1:
        return job
    if job:
        raise Confused(misunderstood(speaker, f"{verb.value} takes one job and nothing else.", f"{verb.value} P-{job}"))
    meant = job_of(f"P-{first.lower().lstrip('p').lstrip('-#').lstrip('0')}")
    mended = f"{verb.value} P-{meant}" if meant else ""
    problem = f"`{shown(first)}` is not a job's name, which looks like P-12."
    if not mended:
        raise Confused(Misunderstood(problem, f"{speaker.command} {verb.value} P-12"))
    raise Confused(misunderstood(speaker, problem, mended))
