"""What a purge would do, and what edge and origin serve now: looked at, nothing sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from bot.domain.plan import LayerPlan, Plan
from bot.domain.policy import Allow, Ask, Decision, Deny
from bot.domain.verdict import ORIGIN, Judgement, Look, Verdict, describe, judge
from bot.services.checks import places_of
from bot.services.replies import Checked
from bot.slack.cards.blocks import Card, card
from bot.slack.cards.private import copied
from bot.slack.cards.words import (
    NARROW,
    ORIGIN_LOAD,
    PLACES_SHOWN,
    at_places,
    cost_text,
    count,
    duration,
    listed,
    many,
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


def plan_card(plan: Plan, decision: Decision, observing: bool = False, then: str = "") -> Card:
    """What a purge would do, and what would follow `then`. Nothing was sent."""
    lines = [
        _first_targets(plan),
        *(_layer_line(layer) for layer in plan.layers),
        "" if plan.effect in NARROW else ORIGIN_LOAD,
        then,
        _policy_line(decision),
        "This purgebot only observes (mode: observe); to purge, set `mode: live`." if observing else "",
        escape(plan.read_as, 60),
        *(escape(note) for note in plan.notes[:NOTES_SHOWN]),
        escape(plan.offer, 400),
        f"plan {code(plan.digest[:12])}",
    ]
    return card(f"Plan · {_what(plan)} · nothing was sent", lines)


def _what(plan: Plan) -> str:
    site = escape(plan.site, 60)
    if plan.effect is Kind.EVERYTHING:
        spoken = "" if plan.kind is Kind.EVERYTHING else f", spoken as {plan.kind.value}"
        return f"everything on {site} ({escape(plan.environment, 20)}{spoken})"
    if len(plan.targets) == 1:
        target = plan.targets[0]
        return thing(target.kind, target.value, site)
    return many(len(plan.targets), plan.kind, site)


def _first_targets(plan: Plan) -> str:
    if len(plan.targets) == 1:
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
    return f"{escape(layer.title, 40)} ({escape(layer.account, 40)}): {soft}{calls}, {time}{cost}{note}"


def _policy_line(decision: Decision) -> str:
    because = f"(rule {code(decision.rule, 80)}: {escape(decision.why)})"
    match decision:
        case Allow():
            return f"Policy: runs at once {because}"
        case Ask():
            asked = listed([person(who) for who in decision.of])
            return f"Policy: needs {count(decision.needed, 'approval')} of {asked} {because}"
        case Deny():
            rule = "" if decision.rule == END else f" (rule {code(decision.rule, 80)})"
            advice = with_clocks(escape(decision.advice))
            return f"Policy: no{rule}. {sentence(escape(decision.why))} {advice}".rstrip()


def check_card(checked: Checked, now: float, command: str) -> Card:
    """Places and what they serve at `now` (seconds since the epoch), the origin on top."""
    site, urls, looks, judgement = checked.site, checked.urls, checked.looks, checked.judgement
    ours, seen = {ORIGIN, *places_of(site)}, (*looks, *checked.inner)
    lines = [
        *(line for url in urls[:URLS_SHOWN] for line in _url_lines(url, seen, ours, now, len(urls) > 1)),
        escape(checked.problem, 400),
        *(escape(note, 400) for note in checked.notes),
    ]
    if len(urls) > URLS_SHOWN:
        lines.append(f"and {count(len(urls) - URLS_SHOWN, 'more URL')}")
    what = url_text(urls[0]) if len(urls) == 1 else f"{count(len(urls), 'URL')} on {escape(site.name, 60)}"
    return card(f"{_found(judgement)} · {what}", [*lines, _kept(looks), _way_out(urls, looks, command)])


def _found(judgement: Judgement) -> str:
    match judgement.verdict:
        case Verdict.FRESH:
            return f"🟢 fresh{at_places(judgement.fresh_at)}: the edge serves what the origin serves"
        case Verdict.STALE:
            return f"🟠 old{at_places(judgement.stale_at)}"
        case _:
            return f"⚪ cannot be told from here: {escape(judgement.why)}"


def _url_lines(url: str, looks: Sequence[Look], ours: Set[str], now: float, named: bool) -> Iterator[str]:
    """The URL where there are several, the origin, and a line for each of our places with what it means; one line for
    all of a provider's own places that are alike."""
    mine = [look for look in looks if look.url == url]
    told = judge((), mine, None)
    if named:
        yield url_text(url, 150)
    origin = next((look for look in mine if look.place == ORIGIN), None)
    if origin is not None:
        yield f"origin: {escape(describe(origin, now), 150)}"
    for look in mine:
        if look.place in ours and look.place != ORIGIN:
            yield f"{_mark(look.place, told)} {escape(look.place, 40)}: {escape(describe(look, now), 150)}"
    for look in mine:
        if look.country:
            seen_at = f" at {escape(look.seen_at, 40)}" if look.seen_at else ""
            yield f"{_mark(look.place, told)} {escape(look.place, 40)}{seen_at}: {escape(describe(look, now), 150)}"
    inner = [look for look in mine if look.place not in ours and not look.country]
    for mark in (OLD, FRESH, NOT_KNOWN):
        alike = [look for look in inner if _mark(look.place, told) == mark]
        if alike:
            first = escape(describe(alike[0], now), 150)
            yield f"{mark} {listed([escape(look.place, 40) for look in alike], PLACES_SHOWN)}: {first}"


def _mark(place: str, told: Judgement) -> str:
    if place in told.stale_at:
        return OLD
    return FRESH if place in told.fresh_at else NOT_KNOWN


def _kept(looks: Sequence[Look]) -> str:
    kept = max((look.max_age for look in looks if look.max_age is not None), default=None)
    return f"Browsers may keep a copy up to {duration(kept)} (max-age={kept})." if kept is not None else ""


def _way_out(urls: Sequence[str], looks: Sequence[Look], command: str) -> str:
    """The line that purges what is old."""
    old = [url for url in urls if judge((), [look for look in looks if look.url == url], None).stale_at]
    return copied("To purge", f"{command} {' '.join(old)}") if old else ""
