"""The grammar of `/purge`: text to a Command, or to a Misunderstood that says what to type instead. Pure and total.

    text ─words─▶ Word … ─hearing─▶ verb, things, options ─reading─▶ targets ─wish─▶ Command ─saying─▶ text

`speech` holds the types and the table, `puzzles` what is asked back.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.grammar.hearing import REASON_MAX, TEXT_MAX, WORDED, Heard, hear
from bot.domain.grammar.hold_line import on_hold
from bot.domain.grammar.mending import fitting, is_fit, misunderstood
from bot.domain.grammar.numbers import in_line_of, job_of, warming_of
from bot.domain.grammar.prose import is_no_note, reason_of
from bot.domain.grammar.puzzles import yours
from bot.domain.grammar.saying import line_of
from bot.domain.grammar.searching import search_command
from bot.domain.grammar.speech import (
    ON_THINGS,
    OPTIONS,
    BadLine,
    Choice,
    Command,
    Confused,
    Misunderstood,
    Speaker,
    Verb,
)
from bot.domain.grammar.wish import wish
from bot.domain.lists import LONGER, uncollected
from bot.domain.shown import JOINERS, Notes, refused_character, shown

__all__ = ["BadLine", "Choice", "Command", "Misunderstood", "Speaker", "Verb", "line_of", "parse"]

_PAGE = re.compile(r"page ([1-9][0-9]{0,3})")


_SCHEDULE = re.compile(r"(?![Pp]-?[0-9])[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")  # as the file may name one


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
        case Verb.LIMITS | Verb.DOCTOR | Verb.SCHEDULES:
            return _on_site(verb, heard, speaker)
        case Verb.QUEUE:
            return _on_queue(heard, speaker)
        case Verb.RUN:
            return _run(heard, speaker)
        case Verb.HOLD | Verb.RELEASE:
            return on_hold(verb, heard, speaker)
        case Verb.LOG | Verb.STATS:
            return search_command(verb, heard, speaker)
        case Verb.SITES | Verb.WHOAMI:
            return _alone(verb, heard, speaker)
        case _:
            return _on_job(verb, heard, speaker)


def _verb_of(heard: Heard) -> Verb:
    """The verb; none means purge, or status where a job's name stands alone. A dry run is a plan."""
    if heard.verb is None and len(heard.things) == 1 and heard.kind is None:
        said = heard.said(0)
        if job_of(said) or in_line_of(said) or warming_of(said):
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


def _on_queue(heard: Heard, speaker: Speaker) -> Command:
    """`queue`, with at most a site or an account, and a page. Raises Confused."""
    words = [heard.said(n) for n in range(len(heard.things))]
    page = _PAGE.fullmatch(" ".join(words[-2:]).lower())
    names = [*(words[:-2] if page else words), *([heard.given["on"]] if "on" in heard.given else [])]
    command = Command(Verb.QUEUE, page=int(page[1]) if page else 1)
    if not names:
        return command
    sites = {site.name.lower(): site.name for site in speaker.sites}
    accounts = {account.lower(): account for account in speaker.accounts}
    name = names[0].lower()
    if len(names) == 1 and name in sites:
        return replace(command, site=sites[name])
    if len(names) == 1 and name in accounts:
        return replace(command, only=accounts[name])
    if len(names) > 1:
        raise Confused(misunderstood(speaker, "queue takes one site or account and nothing else.", "queue"))
    known = {**accounts, **sites}
    near = difflib.get_close_matches(name[:40], known, 1)
    problem = f"`{shown(names[0])}` is no site and no account of yours.{yours(sorted({*known.values()}))}"
    raise Confused(misunderstood(speaker, problem, f"queue {known[near[0]]}" if near else "queue"))


def _run(heard: Heard, speaker: Speaker) -> Command:
    """A job that waits for its time, or a schedule of the file by its name. Raises Confused."""
    names = [*map(heard.said, range(len(heard.things)))]
    if len(names) != 1:
        problem = "run takes one job that is scheduled, or the name of a schedule."
        raise Confused(Misunderstood(problem, f"{speaker.command} schedules"))
    job = job_of(names[0])
    if job or not _SCHEDULE.fullmatch(names[0]):
        return Command(Verb.RUN, job=job or _job(Verb.RUN, heard, speaker))
    return Command(Verb.RUN, schedule=names[0])


def _on_job(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    if verb is Verb.STATUS and not heard.things:
        return Command(verb)
    warming = warming_of(heard.said(0)) if heard.things else 0
    if warming:
        return _on_warming(verb, warming, heard, speaker)
    in_line = in_line_of(heard.said(0)) if heard.things else 0
    if in_line and not (verb in _ON_QUEUED and len(heard.things) == 1):
        raise Confused(_in_line(in_line, speaker))
    job = 0 if in_line else _job(verb, heard, speaker)
    name = f"Q-{in_line}" if in_line else f"P-{job}"
    if verb is Verb.APPROVE and is_no_note(heard.rest):
        raise Confused(
            misunderstood(speaker, "approve takes one job, and a note in your own words.", f"approve P-{job}")
        )
    reason = reason_of(heard.rest) if verb in WORDED else heard.given.get("because", "")
    if character := refused_character(reason, JOINERS):
        problem = f"The reason holds {character}, which cannot be seen. Type it without."
        raise Confused(_with_less(problem, f"{verb.value} {name}", reason, speaker))
    if len(reason) > REASON_MAX:
        problem = f"A reason has at most {REASON_MAX:,} characters."
        raise Confused(_with_less(problem, f"{verb.value} {name}", reason, speaker))
    return Command(verb, job=job, reason=reason, in_line=in_line)


def _on_warming(verb: Verb, number: int, heard: Heard, speaker: Speaker) -> Command:
    """A warming can be told and ended. Raises Confused."""
    if verb not in (Verb.STATUS, Verb.SHOW, Verb.CANCEL):
        problem = f"W-{number} is a warming and no job: `status W-{number}` tells it, `cancel W-{number}` ends it."
        raise Confused(misunderstood(speaker, problem, f"status W-{number}"))
    if len(heard.things) > 1:
        problem = f"{verb.value} takes one warming and nothing else."
        raise Confused(misunderstood(speaker, problem, f"{verb.value} W-{number}"))
    return Command(verb, warming=number, reason=heard.given.get("because", ""))


def _with_less(problem: str, line: str, reason: str, speaker: Speaker) -> Misunderstood:
    """The line to copy has the reason, cleaned and cut; a button would do it without the rest of it."""
    mended = f"{line} because {fitting(reason)}"
    return Misunderstood(problem, f"{speaker.command} {mended if is_fit(mended) else f'{line} because …'}")


_ON_QUEUED = (Verb.CANCEL, Verb.SHOW, Verb.STATUS)


def _in_line(number: int, speaker: Speaker) -> Misunderstood:
    name = f"Q-{number}"
    problem = (
        f"{name} is a queued request and no job yet: `show {name}` tells all of it, `cancel {name}` takes it back."
    )
    return Misunderstood(problem, f"{speaker.command} show Q-{number}")


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
    if first in speaker.schedules:
        problem = (
            f"`{first}` is a schedule of the configuration and no job. To stop it, take it out of `schedules` there;"
            " a job that it made has a name of its own, such as P-12."
        )
        raise Confused(Misunderstood(problem, f"{speaker.command} schedules"))
    problem = f"`{shown(first)}` is not a job's name, which looks like P-12."
    if not mended:
        raise Confused(Misunderstood(problem, f"{speaker.command} status"))
    raise Confused(misunderstood(speaker, problem, mended))
