"""Why a policy decides as it does, and what would make it pass, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.policy import Approve, Ask, Conditions, Outline, Policy, Refuse, Rule, Tightening
from providers.contract import Kind

ADD_REASON = "Add: because <reason>"
UNREAD = "What Slack does not tell counts as no. Try again in a minute; if it stays, ask whoever configured purgebot."
NAME_APPROVERS = "Name them in `approvals: {channel: …, approvers: [U…]}`."
_PLURALS = {Kind.URL: "URLs", Kind.PATH: "paths", Kind.TAG: "tags", Kind.PREFIX: "prefixes", Kind.HOST: "hosts",
            Kind.PATTERN: "patterns"}  # fmt: skip
_ONE = {Kind.URL: "URL"}  # where it is not the kind's own word
_NARROW_FIRST = (Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX, Kind.HOST, Kind.PATTERN)
_COUNTED = frozenset({Kind.URL, Kind.PATH, Kind.TAG})


def allowed(rule: Rule) -> str:
    """Why a rule lets a purge run."""
    most = rule.when.max_items
    return f"up to {most} {_kinds(rule.when)} run at once" if most is not None else f"{_kinds(rule.when)} run at once"


def _kinds(when: Conditions) -> str:
    names = [_PLURALS[kind] for kind in _NARROW_FIRST if kind in when.kinds]
    return listed([*names, *(["everything"] if Kind.EVERYTHING in when.kinds else [])], "or")


def listed(words: Sequence[str], word: str) -> str:
    """URLs, paths or tags."""
    return f" {word} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def why(outline: Outline, outgrown: Rule | None, n: int, recent: int) -> str:
    """Why somebody must agree. `outgrown` is the rule that `n` targets are too many for, `recent` of them asked for
    within the last ten minutes."""
    if outline.empties:
        return f"it empties all of {outline.site} ({outline.environment})"
    if outgrown is not None and outgrown.when.max_items is not None:
        of_late = f", {recent} of them in the last 10 minutes," if recent else ""
        return f"{n} targets{of_late} are more than {outgrown.when.max_items}"
    widest = next(kind for kind in (Kind.HOST, Kind.PREFIX, Kind.PATTERN, *_NARROW_FIRST) if outline.counts.get(kind))
    count = outline.counts[widest]
    if widest in _COUNTED and count > 1:
        return f"it purges {count} {_PLURALS[widest]}"
    return f"it purges a {_ONE.get(widest, widest)}"


def tightened(one: Tightening) -> str:
    """What a tightening adds, and why."""
    more = f"{one.more} approval{'s' if one.more > 1 else ''} more"
    return f"rule {one.name} asks for {more}{f': {one.say}' if one.say else _when(one.when)}"


def _when(when: Conditions) -> str:
    if when.over_usd is not None:
        return f" (it costs more than ${when.over_usd:,.2f})"
    if when.over_items is not None:
        return f" (more than {when.over_items} targets)"
    if when.outside is not None:
        return f" (outside {when.outside.text})"
    return f" ({when.during.text})" if when.during is not None else ""


def wants_reason(outline: Outline) -> str:
    """It was asked for without a reason."""
    if not outline.empties:
        return "This needs a reason."
    amounts = "" if outline.spoken is Kind.EVERYTHING else f"This amounts to everything on {outline.site}. "
    return f"{amounts}Purging everything needs a reason."


def refused(outline: Outline) -> str:
    """A rule says no and does not say why."""
    return f"The policy does not let this be purged on {outline.site}."


def ends(when: Conditions, now: float) -> float | None:
    """When conditions that hold at `now` cease to by themselves, all in seconds since the epoch; None where they do
    not."""
    spans = [span for span in (when.during, when.outside) if span is not None]
    return min((at for span in spans if (at := span.changes_after(now)) is not None), default=None)


def until(at: float | None) -> str:
    """That a refusal ends at `at`; "" where it does not end by itself."""
    return f"It ends {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC." if at is not None else ""


def no_rule(outline: Outline) -> str:
    """No rule speaks for it."""
    what = "everything" if outline.empties else listed(
        [_PLURALS[kind] for kind in _NARROW_FIRST if outline.counts.get(kind)], "and"
    )  # fmt: skip
    return f"No rule lets you purge {what} on {outline.site} ({outline.environment}), so the answer is no."


def hint(policy: Policy, outgrown: Sequence[Rule]) -> str:
    """What would make a purge pass that no rule speaks for."""
    if outgrown and outgrown[0].when.max_items is not None:
        return f"Up to {outgrown[0].when.max_items} at once may run, those of the last 10 minutes counted."
    lets = [f"`{rule.name}` ({_kinds(rule.when)})" for rule in policy.rules if not isinstance(rule.then, Refuse)]
    return f"The rules that let something be purged are {listed(lets[:5], 'and')}." if lets else "No rule allows any."


def too_few(policy: Policy, ask: Ask, able: int) -> tuple[str, str]:
    """What is wrong and what to do where fewer people may vote than must."""
    if not ask.groups or (able == 0 and policy.is_built_in and not policy.approvers):
        return f"This needs approval, since {ask.why}, and no approvers are configured.", NAME_APPROVERS
    people = f"{ask.needed} approver{'s' if ask.needed > 1 else ''} other than you"
    if policy.is_built_in:
        return f"This needs {people}, and the configuration names {able}.", NAME_APPROVERS
    names = listed([f"`{name}`" for name in ask.groups], "and")
    return f"This needs {people}, and {names} has {able}.", "Ask whoever configured purgebot to name more of them."


def consent(rule: Rule) -> str:
    """What a rule asks for: "2 of approvers"."""
    return f"{rule.then.needed} of {listed(rule.then.of, 'and')}" if isinstance(rule.then, Approve) else ""
