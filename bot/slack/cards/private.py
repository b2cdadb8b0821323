"""What only the asker sees: what was not understood, plans, checks, lists, refusals. Each error has its way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.actor import Standing
from bot.domain.command import Choice, Command, Misunderstood
from bot.domain.job import JobView
from bot.domain.plan import LayerPlan, Plan
from bot.domain.policy import Allow, Ask, Decision, Deny
from bot.domain.site import Site
from bot.domain.told import Told
from bot.domain.verdict import Judgement, Look, Verdict, describe
from bot.services.replies import WhoAmI
from bot.slack.cards.blocks import Block, Card, actions, button, card, context
from bot.slack.cards.root import outcome, root_card
from bot.slack.cards.thread import thread_line
from bot.slack.cards.words import PLURAL, clock, count, duration, listed, thing
from bot.slack.escape import code, cut, escape, person
from providers.contract import Kind

CHOICES_MAX = 5
BAD_SHOWN = 10
JOBS_SHOWN = 15
URLS_SHOWN = 8


def misunderstood_card(misunderstood: Misunderstood, draft: str) -> Card:
    """What is wrong, the line to copy, and a button for each reading."""
    lines = [f"Copy: {code(misunderstood.suggestion)}"] if misunderstood.suggestion else []
    said = card(escape(misunderstood.problem, 1500), lines)
    return Card(said.text, [*said.blocks, *_choices(misunderstood.choices, draft, misunderstood.action)])


def _choices(choices: Sequence[Choice], draft: str, action: str) -> list[Block]:
    """A row for each reading: an action id may stand only once in a block."""
    if not draft:
        return []
    labels = [choice.label for choice in choices[:CHOICES_MAX]]
    return [row for n, label in enumerate(labels) for row in actions([button(label, action, f"{draft}:{n}")])]


def refusal_card(what: str, advice: str = "") -> Card:
    """It was understood and is not done."""
    return card(_marked(what), [_marked(advice)] if advice else [])


def _marked(text: str) -> str:
    """Ours with people and code spans in it: everything else is escaped."""
    parts = []
    for word in text.split(" "):
        mention = word.strip(".,:")
        known = mention.startswith("<@") and mention.endswith(">") and mention[2:-1].replace("_", "").isalnum()
        parts.append(word if known else escape(word, 2000))
    return cut(" ".join(parts), 2000)


def bad_lines_card(command: Command, draft: str) -> Card:
    """The lines that could not be read, by number; the good ones wait for a click."""
    first = f"{count(len(command.bad), 'line')} could not be read; {count(len(command.targets), 'other')} can."
    lines = [f"{bad.number}. {code(bad.text, 80)}: {escape(bad.problem, 200)}" for bad in command.bad[:BAD_SHOWN]]
    more = len(command.bad) - BAD_SHOWN
    if more > 0:
        lines.append(f"and {count(more, 'more line')}")
    good = button(f"Go on with the {count(len(command.targets), 'good one')}", "go_with_good", draft, "primary")
    return card(first, lines, [good])


def confirm_host_card(command: Command, draft: str) -> Card:
    """A bare host was typed."""
    host = next((target.value for target in command.targets if target.kind is Kind.HOST), "")
    yes = button(f"Purge all of {host}", "confirm_host", draft, "danger")
    lines = [f"For one page write its path too, such as {code(f'{host}/')}."]
    return card(f"Purge everything under the host {escape(host)}?", lines, [yes])


def plan_card(plan: Plan, decision: Decision, command: Command, observing: bool = False) -> Card:
    """What a purge would do. Nothing was sent."""
    first = f"Plan · {_what(plan)} · nothing was sent"
    lines = [
        *(_layer_line(layer) for layer in plan.layers),
        _policy_line(decision),
        "This purgebot only observes (mode: observe); to purge, set `mode: live`." if observing else "",
        escape(plan.read_as, 60),
        *(escape(note, 300) for note in plan.notes[:CHOICES_MAX]),
        f"plan {code(plan.digest[:12])}",
    ]
    return card(first, lines)


def _what(plan: Plan) -> str:
    if plan.effect is Kind.EVERYTHING:
        spoken = "" if plan.kind is Kind.EVERYTHING else f" (spoken as {plan.kind.value})"
        return f"everything on {plan.site} ({plan.environment}){spoken}"
    if len(plan.targets) == 1:
        return f"{thing(plan.targets[0].kind, plan.targets[0].value)} on {plan.site}"
    return f"{len(plan.targets):,} {PLURAL[plan.kind]} on {plan.site}"


def _layer_line(layer: LayerPlan) -> str:
    soft = "soft, " if layer.soft else ""
    note = f" · {escape(layer.note)}" if layer.note else ""
    calls = f"{soft}{count(len(layer.calls), 'call')}, {_time(layer.seconds)}"
    return f"{layer.title} ({escape(layer.account)}): {calls}{note}"


def _time(seconds: float) -> str:
    return "at once" if seconds < 0.5 else f"about {duration(seconds)} under its budget"


def _policy_line(decision: Decision) -> str:
    match decision:
        case Allow(rule, why):
            return f"Policy: runs at once (rule {code(rule)}: {escape(why)})"
        case Ask(rule, why, needed, of):
            asked = listed([code(who) for who in of])
            return f"Policy: needs {count(needed, 'approval')} of {asked} (rule {code(rule)}: {escape(why)})"
        case Deny(rule, why, advice):
            return f"Policy: no (rule {code(rule)}: {escape(why)}) {escape(advice)}"


def check_card(site: Site, urls: Sequence[str], looks: Sequence[Look], judgement: Judgement, now: float) -> Card:
    """Places and what they serve, the origin on top."""
    lines = [line for url in urls[:URLS_SHOWN] for line in _url_lines(url, looks, now, len(urls) > 1)]
    if len(urls) > URLS_SHOWN:
        lines.append(f"and {count(len(urls) - URLS_SHOWN, 'more URL')}")
    what = escape(urls[0], 200) if len(urls) == 1 else f"{count(len(urls), 'URL')} on {site.name}"
    return card(f"{_checked(judgement)} · {what}", [*lines, _kept(looks)])


def _checked(judgement: Judgement) -> str:
    match judgement.verdict:
        case Verdict.FRESH:
            return f"🟢 the edge serves what the origin serves, at {', '.join(judgement.fresh_at)}"
        case Verdict.STALE:
            return f"🟠 the edge is old at {', '.join(judgement.stale_at)}"
        case _:
            return f"⚪ cannot be told from here: {escape(judgement.why)}"


def _url_lines(url: str, looks: Sequence[Look], now: float, named: bool) -> Iterator[str]:
    mine = [look for look in looks if look.url == url]
    origin = next((look for look in mine if look.place == "origin"), None)
    if named:
        yield escape(url, 150)
    if origin is not None:
        yield f"origin: {escape(describe(origin, now))}"
    for look in mine:
        if look.place != "origin":
            yield f"{look.place}: {escape(describe(look, now))}"


def _kept(looks: Sequence[Look]) -> str:
    kept = [look.max_age for look in looks if look.max_age is not None]
    return f"Browsers may keep a copy up to {duration(max(kept))} (max-age={max(kept)})." if kept else ""


def status_card(jobs: Sequence[JobView], now: float, command: str) -> Card:
    """Open jobs, or the latest."""
    if not jobs:
        return card("No jobs yet.", [f"Begin with {code(f'{command} plan https://…')}."])
    shown = [outcome(job, now) for job in jobs[:JOBS_SHOWN]]
    running = sum(job.state.is_open for job in jobs)
    first = f"{count(running, 'job')} under way" if running else "Nothing is under way; the latest:"
    return card(first, shown)


def show_card(job: JobView, steps: Sequence[tuple[float, Told]], now: float, whole: bool) -> Card:
    """One job; with every step when `whole`."""
    shown = root_card(job, now)
    if not whole:
        return Card(shown.text, [block for block in shown.blocks if block["type"] != "actions"])
    lines = [f"{clock(at)} {thread_line(told)}" for at, told in steps[-20:]]
    blocks = [block for block in shown.blocks if block["type"] != "actions"]
    return Card(shown.text, [*blocks, *([context(lines)] if lines else [])])


def sites_card(sites: Sequence[Site]) -> Card:
    """The caller's sites."""
    if not sites:
        return card("There is no site for you.", ["Ask whoever configured purgebot."])
    lines = [
        f"*{site.name}* ({site.environment}): {', '.join(escape(host, 80) for host in site.hosts[:5])}"
        f" · layers {' → '.join(escape(layer.account, 40) for layer in site.layers) or 'none'}"
        for site in sites[:20]
    ]
    return card(count(len(sites), "site"), lines)


_STANDINGS = {
    Standing.MEMBER: "a full member: you may purge up to 30 URLs, paths or tags; more is asked for approval",
    Standing.GUEST: "a guest: you may neither purge nor vote",
    Standing.BOT: "a bot: you may neither purge nor vote",
    Standing.STRANGER: "of another workspace: you may neither purge nor vote",
    Standing.GONE: "deactivated",
    Standing.TOKEN: "a token",
    Standing.UNREADABLE: "not known: Slack will not say who you are, so you may do nothing",
    Standing.AWAY: "not known: Slack does not answer, so you may do nothing",
}


def whoami_card(who: WhoAmI) -> Card:
    """The caller as policy sees them."""
    votes = "You are an approver: you vote on others' requests." if who.approver else ""
    sites = f"sites: {', '.join(site.name for site in who.sites) or 'none'}"
    return card(f"You are {person(who.actor.id)}, {_STANDINGS[who.actor.standing]}.", [votes, sites])


def help_card(text: str) -> Card:
    """Help, as the grammar's own table says it."""
    first, _, rest = text.partition("\n")
    return card(escape(first, 300), [f"```{escape(rest, 2700).replace('```', '')}```"] if rest.strip() else [])


def done_card(job: JobView, what: str) -> Card:
    """A deed on a job took effect."""
    said = {
        "voted": f"Your vote on {job.name} counts.",
        "approved": f"{job.name} has its approvals and runs.",
        "denied": f"{job.name} is denied.",
        "cancelled": f"{job.name} is cancelled.",
        "retried": f"{job.name} goes on.",
        "checking": f"{job.name} is looked at again.",
    }
    return card(said.get(what, f"{job.name}: {escape(what)}"))


def open_form_card(site: Site, draft: str) -> Card:
    """The form needs a click of its own to open."""
    return card(
        f"Purging everything on {site.name} ({site.environment}) is asked for in a form.",
        ["It opens with this button; the request waits ten minutes."],
        [button("Continue", "open_form", draft, "primary")],
    )


def made_card(job: JobView, link: str) -> Card:
    """Where a job is told, when that is not here."""
    return card(f"{job.name} is told in <#{job.channel}>", [f"<{link}|Open its card>"] if link else [])
