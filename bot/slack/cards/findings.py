"""What a purge would do, and what edge and origin serve now: looked at, nothing sent."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.durations import duration
from bot.domain.grammar.when import Due
from bot.domain.jobs.plan import LayerPlan, Plan
from bot.domain.policies.policy import Allow, Ask, Decision, Deny
from bot.domain.shown import count
from bot.domain.undone import Undone
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.words import (
    cost_text,
    listed,
    many,
    origin_load,
    sentence,
    thing,
    with_clocks,
)
from bot.slack.escape import code, escape, person, url_text
from providers.contract import Kind

NOTES_SHOWN = 10
TARGETS_SHOWN = 3
URLS_SHOWN = 8
AT_ONCE = 0.5  # seconds
END = "the end of the rules"  # what the policy names where no rule speaks
OLD, FRESH, NOT_KNOWN = "🟠 old ·", "🟢 fresh ·", "⚪ not known ·"


def plan_card(
    plan: Plan, decision: Decision, observing: bool = False, then: str = "", due: Due | None = None,
    urgent_no: str | None = None, lacking: Sequence[Undone] = (),
) -> Card:  # fmt: skip
    """What a purge would do, now or when it is `due`, and what would follow `then`; with `urgent_no`, why it may not go
    first, or "" that it may; and what is `lacking`, without which it would not work. Nothing was sent."""
    lines = [
        _at_its_time(due),
        _first_targets(plan),
        *(_layer_line(layer) for layer in plan.layers),
        *map(_lacking_line, lacking),
        origin_load(plan.effect, plan.counts or {}, len(plan.targets)) if plan.targets else "",
        then,
        policy_line(decision, "runs at once" if due is None else "runs at its time") if plan.targets else "",
        "" if urgent_no is None else _urgent_line(urgent_no),
        "This purgebot only observes (mode: observe); to purge, set `mode: live`." if observing else "",
        escape(plan.read_as, 60),
        *(escape(note) for note in plan.notes[:NOTES_SHOWN]),
        escape(plan.offer, 400),
        f"plan {code(plan.digest[:12])}",
    ]
    return card(f"Plan · {_what(plan)} · nothing was sent", lines)


def _at_its_time(due: Due | None) -> str:
    """When it would begin, on the clocks of the zone it was asked in."""
    if due is None:
        return ""
    zone = "" if due.told.endswith(f" {due.zone}") else f" ({escape(due.zone, 60)})"
    return " ".join([f"As of {escape(due.told, 80)}{zone}; nothing was scheduled.", *map(escape, due.notes)])


def _what(plan: Plan) -> str:
    site = escape(plan.site, 60)
    if not plan.targets:
        return f"nothing to purge on {site}"
    if plan.effect is Kind.EVERYTHING:
        spoken = "" if plan.kind is Kind.EVERYTHING else f", spoken as {plan.kind.value}"
        return f"everything on {site} ({escape(plan.environment, 20)}{spoken})"
    if len(plan.targets) == 1:
        target = plan.targets[0]
        return thing(target.kind, target.value, site)
    return many(len(plan.targets), plan.kind, site)


def _first_targets(plan: Plan) -> str:
    if len(plan.targets) < 2:
        return ""
    more = len(plan.targets) - TARGETS_SHOWN
    shown = ", ".join(
        url_text(target.value, 150) if target.kind is Kind.URL else f"{target.kind.value} {escape(target.value, 150)}"
        for target in plan.targets[:TARGETS_SHOWN]
    )
    return f"{shown}{f' and {more:,} more' if more > 0 else ''}"


def _layer_line(layer: LayerPlan) -> str:
    soft = "soft, " if layer.soft else ""
    note = f" · {escape(layer.note, 200)}" if layer.note else ""
    time = "at once" if layer.seconds < AT_ONCE else f"about {duration(layer.seconds)} under its budget"
    calls = count(len(layer.calls), "call")
    cost = f" · {cost_text(layer.cost)}" if layer.cost else ""
    account = "" if layer.title.endswith(f"({layer.account})") else f" ({escape(layer.account, 40)})"
    return f"{escape(layer.title, 80)}{account}: {soft}{calls}, {time}{cost}{note}"


def _lacking_line(lacking: Undone) -> str:
    """An account that cannot purge, and what to do."""
    return f"🔴 {escape(lacking.what, 300)} {lacking.way.value} {code(lacking.line, 200)} {escape(lacking.where, 80)}."


def _urgent_line(no: str) -> str:
    if not no:
        return "Urgent: yes, you may have it go before everything that is not sent yet."
    return f"Urgent: no. {sentence(with_clocks(escape(no)))} Without `--urgent` it waits its turn."


def policy_line(decision: Decision, runs: str) -> str:
    """What the policy says, by which rule, and who would be asked."""
    because = f"(rule {code(decision.rule, 80)}: {escape(decision.why)})"
    match decision:
        case Allow():
            return f"Policy: {runs} {because}"
        case Ask():
            asked = listed([person(who) for who in decision.of])
            return f"Policy: needs {count(decision.needed, 'approval')} of {asked} {because}"
        case Deny():
            rule = "" if decision.rule == END else f" (rule {code(decision.rule, 80)})"
            advice = with_clocks(escape(decision.advice))
            return f"Policy: no{rule}. {sentence(escape(decision.why))} {advice}".rstrip()
