"""What only the asker sees: what was not understood, lists, refusals. Each error has its way out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.domain.actor import Standing
from bot.domain.grammar.command import Choice, Command, Misunderstood
from bot.domain.grammar.speech import LOOKING, Verb
from bot.domain.jobs.job import JobView, Part, State
from bot.domain.policies.wording import counted
from bot.domain.shown import count
from bot.domain.site import Site
from bot.services.replies import WhoAmI
from bot.slack.cards.blocks import Block, Card, actions, button, card, section
from bot.slack.cards.gone import has_gone, nothing_went
from bot.slack.cards.outcome import approvals_left, outcome
from bot.slack.cards.root import root_card
from bot.slack.cards.words import UNLESS_CHANGED, arrows, clock_with_seconds, hosts, listed, with_clocks
from bot.slack.escape import channel, code, escape, linked, person
from providers.contract import Kind

CHOICES_MAX = 5
BAD_SHOWN = 10
JOBS_SHOWN = 15
SITES_SHOWN = 20
EXAMPLES = " · 🟠 some of its values are still the example's: `doctor` names them"
COPIED_MAX = 1300  # characters; a line to copy is shown whole or not at all
FENCE_MAX = 2800  # characters in one block of preformatted lines
PIECES_MAX = 3
OTHERS_SHOWN = 5

_PEOPLE = re.compile(r"<@[A-Z][A-Z0-9_]+>(?: and <@[A-Z][A-Z0-9_]+>)* decided\.")


def misunderstood_card(misunderstood: Misunderstood, draft: str) -> Card:
    """What is wrong, the line to copy, and a button for each reading."""
    problem, *more = misunderstood.problem.split("\n")
    lines = [*(escape(line, 500) for line in more[:BAD_SHOWN]), copied("Copy", misunderstood.suggestion)]
    said = card(escape(problem, 1500), lines)
    return Card(said.text, [*said.blocks, *_choices(misunderstood.choices, draft, misunderstood.action)])


def copied(before: str, line: str) -> str:
    """A line to copy after a word of ours; nothing where it is too long to be shown whole."""
    whole = escape(line, COPIED_MAX * 5, as_typed=True)
    if not whole or len(whole) > COPIED_MAX:
        return ""
    return f"{before}: {whole if '`' in line else code(line, COPIED_MAX + 2, as_typed=True)}"


def _choices(choices: Sequence[Choice], draft: str, action: str) -> list[Block]:
    """A row for each reading: an action id may stand only once in a block."""
    if not draft:
        return []
    labels = [choice.label for choice in choices[:CHOICES_MAX]]
    return actions([button(label, action, f"{draft}:{n}") for n, label in enumerate(labels)])


def refusal_card(what: str, advice: str = "") -> Card:
    """It was understood and is not done."""
    said = advice if _PEOPLE.fullmatch(advice) else with_clocks(escape(advice, 1300))
    return card(with_clocks(escape(what, 1500)), [said])


def strange_card(text: str) -> Card:
    """What stands in the database as somebody's, and is not known to have come from Slack."""
    named = f": `{text[:100]}`" if text else "."
    what = f"Not done, since purgebot cannot tell any more that it came from you{named}"
    advice = (
        "If you asked for it just now, ask again: purgebot was upgraded, or its Slack secret changed. If you did not,"
        " tell whoever runs purgebot that somebody may have changed its database."
    )
    return refusal_card(what, advice)


def bad_lines_card(command: Command, draft: str) -> Card:
    """The lines that could not be read, by number; the good ones wait for a click."""
    first = f"{count(len(command.bad), 'line')} could not be read; {count(len(command.targets), 'other')} can."
    lines = [f"{bad.number}. {code(bad.text, 90)}: {escape(bad.problem, 200)}" for bad in command.bad[:BAD_SHOWN]]
    more = len(command.bad) - BAD_SHOWN
    if more > 0:
        lines.append(f"and {count(more, 'more line')}")
    done = "fetched" if command.verb is Verb.WARM else "looked at" if command.verb in LOOKING else "purged"
    if not draft:
        return card(first, [*lines, f"Nothing was {done}. Mend them, or leave them out, and send it again."])
    good = button(f"Go on with the {count(len(command.targets), 'good one')}", "go_with_good", draft, "primary")
    return card(first, [*lines, "The good ones wait ten minutes for your click."], [good])


def confirm_host_card(command: Command, draft: str) -> Card:
    """A bare host was typed."""
    host = next((target.value for target in command.targets if target.kind is Kind.HOST), "")
    yes = button(f"Purge all of {host}", "confirm_host", draft, "danger")
    lines = [f"For one page write its path too, such as {code(f'{host}/', 270)}."]
    return card(f"Purge everything under the host {escape(host, 260)}?", lines, [yes])


def status_card(jobs: Sequence[JobView], now: float, command: str, busy: bool = False) -> Card:
    """Open jobs, or the latest; `busy` where something else is under way."""
    if not jobs:
        return card("No jobs yet.", [copied("Begin with", f"{command} plan https://…")])
    running = sum(job.state.is_open for job in jobs)
    first = (
        f"{count(running, 'job')} under way"
        if running
        else f"{'No job' if busy else 'Nothing'} is under way; the latest:"
    )
    shown = [outcome(job, now) for job in jobs[:JOBS_SHOWN]]
    more = len(jobs) - JOBS_SHOWN
    return card(first, [*shown, f"and {count(more, 'more job')}" if more > 0 else ""])


def show_card(job: JobView, now: float) -> Card:
    """One job, as its card shows it."""
    shown = root_card(job, now)
    return Card(shown.text, [block for block in shown.blocks if block["type"] != "actions"])


def sites_card(sites: Sequence[Site], examples: Collection[str] = ()) -> Card:
    """The caller's sites; of `examples` the file still has the example's values."""
    if not sites:
        return card("There is no site for you.", ["Ask whoever configured purgebot."])
    more = len(sites) - SITES_SHOWN
    lines = [
        f"*{escape(site.name, 60)}* ({site.environment}): {hosts(site.hosts)} · layers {_layers(site)}"
        f"{EXAMPLES if site.name in examples else ''}"
        for site in sites[:SITES_SHOWN]
    ]
    return card(count(len(sites), "site"), [*lines, f"and {count(more, 'more site')}" if more > 0 else ""])


def _layers(site: Site) -> str:
    return arrows([escape(layer.account, 40) for layer in site.layers]) or "none"


_STANDINGS = {
    Standing.MEMBER: "a full member",
    Standing.GUEST: "a guest",
    Standing.BOT: "a bot",
    Standing.STRANGER: "of another workspace",
    Standing.GONE: "deactivated",
    Standing.TOKEN: "a token",
    Standing.LOCAL: "at the machine",
    Standing.UNREADABLE: "not known: Slack will not say who you are",
    Standing.AWAY: "not known: Slack does not answer",
}


def whoami_card(who: WhoAmI) -> Card:
    """The caller as policy sees them."""
    named = ", whom the policy names" if who.actor.is_named and who.actor.standing is not Standing.MEMBER else ""
    standing = "" if who.actor.is_token else f", {_STANDINGS[who.actor.standing]}"
    first = f"You are {person(who.actor.id)}{standing}{'' if who.refused else named}."
    if who.refused is not None:
        return card(first, [f"You may neither purge nor vote. {escape(who.refused.advice)}"])
    votes = "You are an approver: you vote on others' requests." if who.approver else ""
    alike: dict[str, list[str]] = {}
    for site, what in who.rights:
        alike.setdefault(what, []).append(f"*{escape(site.name, 60)}*")
    more = who.sites_total - len(who.rights)
    lines = [f"{', '.join(names)}: {escape(what, 500)}" for what, names in alike.items()]
    return card(first, [votes, *(lines or ["There is no site for you."]), f"and {more:,} more" if more > 0 else ""])


def help_card(text: str) -> Card:
    """Help, as the grammar's own table says it."""
    first, *lines = text.split("\n")
    pieces = [section(f"```{piece}```") for piece in _pieces(lines)[:PIECES_MAX]]
    said = card(escape(first, 1000))
    return Card(said.text, [*said.blocks, *pieces])


def _pieces(lines: Sequence[str]) -> list[str]:
    """Preformatted lines, as many together as one block takes."""
    pieces: list[str] = []
    for line in lines:
        shown = escape(line, 500).replace("```", "")
        if pieces and len(pieces[-1]) + len(shown) < FENCE_MAX:
            pieces[-1] += f"\n{shown}"
        else:
            pieces.append(shown)
    return [piece for piece in pieces if piece]


def done_card(job: JobView, what: str) -> Card:
    """A deed on a job took effect."""
    goes_on = _kept_back(job) or f"runs {UNLESS_CHANGED}"
    if job.state is State.SCHEDULED:
        goes_on = f"begins {clock_with_seconds(job.begins)} {UNLESS_CHANGED}"
    said = {
        "voted": f"Your yes on {job.name} counts. {_still(job)}",
        "approved": f"Your yes counts: {job.name} has its approvals and {goes_on}.",
        "in doubt": f"Your yes counts. Somebody who agreed before may vote on {job.name} no longer: it is looked at"
        " again before anything runs, and its thread says what comes of that.",
        "denied": f"Your no counts: {job.name} is denied{_denied(job)}",
        "cancelled": f"{job.name} is cancelled{_for_others(job)}.",
        "left": f"You are in {job.name} no more; it goes on for {listed([*map(person, job.askers)], OTHERS_SHOWN)}.",
        "not warmed further": f"{job.name} is not warmed any further. It stays purged.",
        "retried": f"{job.name} {_kept_back(job) or 'goes on'}.",
        "retried late": f"{job.name} ended more than a day ago, so that its votes count no longer: the policy is asked"
        " before anything more goes, and its thread says what comes of that.",
        "run": f"{job.name} begins now, or once nothing holds its site.",
        "checking": f"{job.name} is looked at again.",
        "broken": f"The glass of {job.name} is broken: it runs without votes {UNLESS_CHANGED}, and a review is open.",
        "reviewed": f"The review of {job.name} is closed.",
    }
    more = "Whoever asked for it first, or an approver, can cancel it." if what == "left" else ""
    return card(said.get(what, f"{job.name}: {escape(what)}"), [more])


def _kept_back(job: JobView) -> str:
    if job.held is None:
        return ""
    return "waits: this purgebot only observes" if job.held.observes else "waits: the site is held"


def _denied(job: JobView) -> str:
    return f". {nothing_went(job)}" if has_gone(job) else ", nothing was purged."


def _for_others(job: JobView) -> str:
    """Who else asked for it, and hears of it in its thread."""
    if not job.also_by:
        return ""
    if not job.parts:
        return f", also for {listed([*map(person, job.also_by)], OTHERS_SHOWN)}, who asked for the same"
    stopped_by = job.stop_reason.partition(": ")[0]
    others = [f"{person(who)} ({_part_of(job.parts.get(who))})" for who in job.askers if who != stopped_by]
    return f"{', also' if stopped_by in job.askers else ''} for {listed(others, OTHERS_SHOWN)}"


def _part_of(part: Part | None) -> str:
    """What one of several asked for, in a word or two."""
    if part is None:
        return "all of it"
    if Kind.EVERYTHING in part.counts:
        return "everything"
    return escape(part.named, 60) or ", ".join(counted(n, kind) for kind, n in part.counts.items())


def _still(job: JobView) -> str:
    left = approvals_left(job)
    return f"{left} {'is' if left.startswith('1 ') else 'are'} still missing."


def open_form_card(site: Site, draft: str) -> Card:
    """The form needs a click of its own to open."""
    return card(
        f"Purging everything on {escape(site.name, 60)} ({site.environment}) is asked for in a form.",
        ["It opens with this button; the request waits ten minutes."],
        [button("Continue", "open_form", draft, "primary")],
    )


def made_card(job: JobView, link: str) -> Card:
    """Where a job is told, when that is not here."""
    return card(f"{job.name} is told in {channel(job.channel)}.", [linked(link, "Open its card")])
