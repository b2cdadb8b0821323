"""Why a policy decides as it does, and what would make it pass, in words."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from bot.domain.policies.policy import Ask, Conditions, Outline, Policy, Refuse, Rule, Tightening
from bot.domain.policies.recent import Before
from bot.domain.shown import count
from providers.contract import Kind

ADD_REASON = "Add: because <reason>"
REASON_TOO = "It needs a reason too: because <reason>"
_CENT = 0.01
HINTS_SHOWN = 5
BEFORE_SHOWN = 3
UNREAD = "What Slack does not tell counts as no. Try again in a minute; if it stays, ask whoever configured purgebot."
NAME_APPROVERS = "Name them in `approvals: {channel: …, approvers: [U…]}`."
_PLURALS = {Kind.URL: "URLs", Kind.PATH: "paths", Kind.TAG: "tags", Kind.PREFIX: "prefixes", Kind.HOST: "hosts",
            Kind.PATTERN: "patterns"}  # fmt: skip
_ONE = {kind: "URL" if kind is Kind.URL else kind.value for kind in Kind}
_NARROW_FIRST = (Kind.URL, Kind.PATH, Kind.TAG, Kind.PREFIX, Kind.HOST, Kind.PATTERN)
_COUNTED = frozenset({Kind.URL, Kind.PATH, Kind.TAG})


def allowed(rule: Rule) -> str:
    """Why a rule lets a purge run."""
    most = rule.when.max_items
    return f"up to {most} {_kinds(rule.when)} run at once" if most is not None else f"{_kinds(rule.when)} run at once"


def _kinds(when: Conditions) -> str:
    return plurals(when.kinds, "or")


def plurals(kinds: Container[Kind], word: str = "and") -> str:
    """URLs, paths and everything."""
    names = [_PLURALS[kind] for kind in _NARROW_FIRST if kind in kinds]
    return listed([*names, *(["everything"] if Kind.EVERYTHING in kinds else [])], word)


def listed(words: Sequence[str], word: str) -> str:
    """URLs, paths or tags."""
    return f" {word} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def together(emptying: Sequence[Before], site: str, environment: str) -> str:
    """Why a request is judged as everything: with P-12 of 4 minutes ago this is everything on shop (production)."""
    more = len(emptying) - BEFORE_SHOWN
    names = [*map(_before, emptying[:BEFORE_SHOWN]), *([f"{more} more"] if more > 0 else [])]
    return f"with {listed(names, 'and')} this is everything on {site} ({environment})"


def _before(one: Before) -> str:
    if one.seconds is None:
        return one.name
    minutes = round(one.seconds / 60)
    ago = "a moment ago" if minutes < 1 else f"{minutes} minute{'s' if minutes > 1 else ''} ago"
    return f"{one.name} of {ago}"


def why(outline: Outline, kinds: Sequence[Kind], outgrown: Rule | None, n: int, recent: int) -> str:
    """Why somebody must agree, as a rule asks for `kinds`. `outgrown` is the rule that `n` targets are too many for,
    `recent` of them asked for within the last ten minutes."""
    if outline.empties:
        return f"it empties all of {outline.site} ({outline.environment})"
    if outgrown is not None and outgrown.when.max_items is not None:
        return too_many(outline, n, recent, outgrown.when.max_items)
    pages = {kind: outline.counts.get(kind, 0) for kind in (Kind.URL, Kind.PATH) if kind in kinds}
    wider = [_some(outline.counts.get(kind, 0), kind) for kind in kinds if kind not in pages]
    return f"it purges {listed([*wider, *([_pages(outline, pages)] if pages else [])], 'and')}"


def _some(n: int, kind: Kind) -> str:
    """A prefix, 3 tags."""
    return counted(n, kind) if kind in _COUNTED and n > 1 else f"a {_ONE[kind]}"


def _pages(outline: Outline, pages: Mapping[Kind, int]) -> str:
    """URLs and paths, which are URLs too, together; what was named, where that was less."""
    n = sum(pages.values())
    return outline.named or (counted(n, Kind.URL) if n > 1 else f"a {_ONE[next(iter(pages))]}")


def too_many(outline: Outline, n: int, recent: int, most: int) -> str:
    """`n` targets, `recent` of them asked for earlier, are more than `most`; with what was named, if that was less."""
    if outline.named:
        of_late = f", {n:,} with those of the last 10 minutes" if recent else ""
        return f"{outline.named} came to {n - recent:,} targets on all hosts{of_late}: more than {most:,}"
    if recent:
        return f"with the {recent:,} of the last 10 minutes these are {n:,} targets, more than {most:,}"
    return f"{n:,} targets are more than {most:,}"


def too_dear(usd: float, most: float) -> str:
    """With what was asked for earlier it costs `usd`, which is more than `most`; both in US dollars."""
    return f"with the requests of the last 10 minutes this costs about {dollars(usd)}, more than {dollars(most)}"


def dear(usd: float, most: float) -> str:
    """It costs `usd`, which is more than `most`; both in US dollars."""
    return f"this costs about {dollars(usd)}, more than {dollars(most)}"


def also(rule: str, why: str) -> str:
    """Why a further rule refuses the same."""
    return f"Rule `{rule}` stands in the way too: {why}"


def led(lead: str, said: str) -> str:
    """`said`, after why it is judged as more than it is by itself."""
    return f"{lead[:1].upper()}{lead[1:]}. {said}" if lead else said


def approvals(n: int) -> str:
    """2 approvals."""
    return f"{n} approval{'' if n == 1 else 's'}"


def dollars(usd: float) -> str:
    """$20.00, $1,200.00; less than a cent with as many decimals as it takes: $0.004."""
    return f"${usd:,.2f}" if usd >= _CENT or not usd else f"${Decimal(f'{usd:.3g}'):f}"


def counted(n: int, kind: Kind) -> str:
    """31 paths, 1 URL."""
    return f"{n:,} {_ONE[kind] if n == 1 else _PLURALS[kind]}"


def tightened(tightening: Sequence[tuple[Tightening, str]], base: str) -> str:
    """`base`, which is why somebody must agree already, if anybody must, and what is added to that: each tightening
    with the sum that is too much for it, if that is of several requests."""
    *rest, last = [*filter(None, [base]), *(_tightened(one, summed, bool(base)) for one, summed in tightening)]
    return f"{', '.join(rest)}, and {last}" if rest else last


def _tightened(one: Tightening, summed: str, adds: bool) -> str:
    n = f"{approvals(one.more)}{' more' if adds else ''}"
    said = f", “{one.say.rstrip(' .')}”" if one.say else "" if summed else _when(one.when)
    return f"rule `{one.name}` asks for {n}{said}{f': {summed}' if summed else ''}"


def _when(when: Conditions) -> str:
    if when.over_usd is not None:
        return f" for what costs more than {dollars(when.over_usd)}"
    if when.over_items is not None:
        return f" for more than {count(when.over_items, 'target')}"
    if when.outside is not None:
        return f" outside {when.outside.text}"
    return f" during {when.during.text}" if when.during is not None else ""


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


def no_rule(outline: Outline, whom: str = "you") -> str:
    """No rule speaks for it, where `whom` asks."""
    what = "everything" if outline.empties else listed(
        [_PLURALS[kind] for kind in _NARROW_FIRST if outline.counts.get(kind)], "and"
    )  # fmt: skip
    return f"No rule lets {whom} purge {what} on {outline.site} ({outline.environment}), so the answer is no."


def widest(outgrown: Sequence[Rule]) -> Rule | None:
    """Of the rules that a purge is too large for, the one that lets the most through."""
    letting = [rule for rule in outgrown if not isinstance(rule.then, Refuse)]
    return max(letting, key=lambda rule: rule.when.max_items or 0, default=None)


def hint(outgrown: Sequence[Rule], theirs: Sequence[Rule], whom: str = "you") -> str:
    """What would make a purge pass that no rule speaks for: `theirs` are the rules that mean `whom`, who asks."""
    if most := widest(outgrown):
        return f"Up to {most.when.max_items} at once may run, those of the last 10 minutes counted."
    named: dict[str, list[str]] = {}
    for rule in theirs:
        if not isinstance(rule.then, Refuse):
            named.setdefault(_kinds(rule.when), []).append(f"`{rule.name}`")
    lets = [f"{kinds} ({listed(names, 'and')})" for kinds, names in named.items()]
    more = f"; and {len(lets) - HINTS_SHOWN} more" if len(lets) > HINTS_SHOWN else ""
    shown = f"{listed(lets[:HINTS_SHOWN], 'and')}{more}"
    return f"The rules let {whom} purge there: {shown}." if lets else f"No rule lets {whom} purge anything there."


def too_few(policy: Policy, ask: Ask, able: int, whom: str = "you") -> tuple[str, str]:
    """What is wrong and what to do where fewer people may vote than must on what `whom` asks for."""
    if not ask.groups or (able == 0 and policy.is_built_in and not policy.approvers):
        return f"This needs approval, since {ask.why}, and no approvers are configured.", NAME_APPROVERS
    people = f"{ask.needed} approver{'s' if ask.needed > 1 else ''} other than {whom}"
    if policy.is_built_in:
        return f"This needs {people}, and the configuration names {able}.", NAME_APPROVERS
    names = listed([f"`{name}`" for name in ask.groups], "and")
    return f"This needs {people}, and {names} has {able}.", "Ask whoever configured purgebot to name more of them."


def expired(agreed: int) -> str:
    """Why a request expired on which `agreed` people said yes."""
    return f"{'too few people' if agreed else 'nobody'} agreed in time"
