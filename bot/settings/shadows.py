"""Which rules never speak, since an earlier one always decides first.

Conditions are compared as sets of requests. Where that cannot be known, such as who is in a user-group, the answer is
that one does not cover the other: nothing is refused on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from itertools import product

from bot.domain.policies.hours import Days, Shift, Span, Week
from bot.domain.policies.policy import GUESTS, MEMBERS, TOKEN, Conditions, Policy, Tightening, is_person
from bot.domain.site import Environment, Site

_DAY, _WEEK = 1440, 10080  # minutes


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the two rules. Groups hold ids alone, no other groups."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)  # by site
    may_hold_guests: bool = False  # user-groups: some rule means guests, so they are not left out
    ids_are_members: bool = False  # whoever is named by id is taken for a full member
    senders: frozenset[str] = frozenset()  # names of tokens that are no members, since they only send deploys


NOTHING_ELSE = Known()


def covers(a: Conditions, b: Conditions, known: Known = NOTHING_ELSE) -> bool:
    """Whether every request that `b` speaks for is one that `a` speaks for."""
    return (
        b.kinds <= a.reached
        and _covers_who(a.who, b.who, known)
        and (not a.sites or bool(b.sites and b.sites <= a.sites))
        and _covers_environment(a, b, known)
        and a.soft in (None, b.soft)
        and _covers_sizes(a, b)
        and _covers_times(a, b)
    )


def covered_by(earlier: Sequence[Conditions], b: Conditions, known: Known = NOTHING_ELSE) -> tuple[int, ...]:
    """Which of `earlier`, by number, together speak for every request that `b` speaks for; none where they leave some.
    Requests are parted by kind, mode, site or environment, by who asks, and by hours that one of them names."""
    alone = next((n for n, a in enumerate(earlier) if covers(a, b, known)), None)
    if alone is not None:
        return (alone,)
    found: set[int] = set()
    for part in _parts(earlier, b, known):
        first = next((n for n, a in enumerate(earlier) if covers(a, part, known)), None)
        if first is None:
            return ()
        found.add(first)
    return tuple(sorted(found))


def _parts(earlier: Sequence[Conditions], b: Conditions, known: Known) -> Iterator[Conditions]:
    """All that `b` speaks for, in parts as small as some of `earlier` tells between."""
    modes = (True, False) if b.soft is None and any(a.soft is not None for a in earlier) else (b.soft,)
    environments: tuple[Environment | None, ...] = (b.environment,)
    if not b.sites and b.environment is None and any(a.environment is not None for a in earlier):
        environments = tuple(Environment)
    who = [(word,) for word in sorted(_spread(b.who, known))]
    sites = [frozenset({site}) for site in sorted(b.sites)] or [b.sites]
    times = list(_times(earlier, b))
    for kind, soft, environment, some, site in product(sorted(b.kinds), modes, environments, who, sites):
        part = replace(b, kinds=frozenset({kind}), soft=soft, environment=environment, who=some, sites=site)
        yield from (replace(part, during=during, outside=outside) for during, outside in times)


def _times(earlier: Sequence[Conditions], b: Conditions) -> Iterator[tuple[Span | None, Span | None]]:
    """When `b` speaks: where that is always, within and without the first hours that another names."""
    named = (span for a in earlier for span in (a.during, a.outside) if isinstance(span, Week))
    span = next(named, None) if b.during is None and b.outside is None else None
    yield from [(b.during, b.outside)] if span is None else [(span, None), (None, span)]


def tightens_all(one: Tightening, part: Conditions, known: Known) -> bool:
    """Whether `one` tightens every request that `part` speaks for. Where it names nobody, anybody is meant."""
    return covers(replace(one.when, who=one.when.who or part.who), part, known)


def _covers_who(a: tuple[str, ...], b: tuple[str, ...], known: Known) -> bool:
    whole, part = _spread(a, known), _spread(b, known)
    return all(one in whole or _is_among(one, whole, known) for one in part)


def _spread(who: tuple[str, ...], known: Known) -> frozenset[str]:
    """The words behind `who`; nobody named means full members."""
    return frozenset(word for name in who or (MEMBERS,) for word in known.groups.get(name, (name,)))


def _is_among(word: str, whole: frozenset[str], known: Known) -> bool:
    """Whether all whom `word` means are full members, or guests where those are meant too, and so in `whole`."""
    if MEMBERS not in whole or word in (MEMBERS, GUESTS):
        return False
    if word.startswith(TOKEN):
        return word.removeprefix(TOKEN) not in known.senders
    if is_person(word):  # a guest may be named by id
        return known.ids_are_members
    return GUESTS in whole or not known.may_hold_guests


def _covers_environment(a: Conditions, b: Conditions, known: Known) -> bool:
    if a.environment in (None, b.environment):
        return True
    return bool(b.sites) and {known.environments.get(site) for site in b.sites} == {a.environment}


def _covers_sizes(a: Conditions, b: Conditions) -> bool:
    """A rule counts the targets of all its kinds, so a limit is within another only where the kinds are the same; more
    than so many of some kinds are more than so many of those and others."""
    if a.max_items is not None and (b.max_items is None or b.max_items > a.max_items or a.reached != b.reached):
        return False
    if a.over_items is not None and (b.over_items is None or b.over_items < a.over_items):
        return False
    return a.over_usd is None or (b.over_usd is not None and b.over_usd >= a.over_usd)


def _covers_times(a: Conditions, b: Conditions) -> bool:
    during = _is_always(a.during) or _is_within(b.during, a.during) or _is_rest_within(b.outside, a.during)
    return during and (a.outside is None or _is_within(a.outside, b.outside) or _are_apart(b.during, a.outside))


def _is_always(span: Span | None) -> bool:
    return span is None or (isinstance(span, Week) and len(minutes(span)) == _WEEK)


def _is_within(part: Span | None, whole: Span | None) -> bool:
    match part, whole:
        case Days(), Days():
            return whole.begins <= part.begins and part.ends <= whole.ends
        case Week(), Week():
            return part.zone == whole.zone and minutes(part) <= minutes(whole)
        case _:
            return False


def leaves_nothing(during: Span | None, outside: Span) -> bool:
    """Whether no time of `during` lies outside `outside`."""
    return _is_within(during, outside) or (isinstance(outside, Week) and len(minutes(outside)) == _WEEK)


def _is_rest_within(hole: Span | None, whole: Span | None) -> bool:
    """Whether all time outside `hole` is in `whole`."""
    match hole, whole:
        case Week(), Week():
            return hole.zone == whole.zone and len(minutes(hole) | minutes(whole)) == _WEEK
        case _:
            return False


def _are_apart(one: Span | None, other: Span | None) -> bool:
    match one, other:
        case Days(), Days():
            return one.ends <= other.begins or other.ends <= one.begins
        case Week(), Week():
            return one.zone == other.zone and not minutes(one) & minutes(other)
        case _:
            return False


def minutes(week: Week) -> frozenset[int]:
    """Every minute of the week in it, from Monday 00:00 by the wall clock."""
    return frozenset(minute for shift in week.shifts for day in shift.days for minute in _of_day(shift, day))


def _of_day(shift: Shift, day: int) -> list[int]:
    begins, ends = _minute(shift.begins), _minute(shift.ends)
    length = (ends - begins) % _DAY or _DAY
    return [(day * _DAY + begins + n) % _WEEK for n in range(length)]


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def known_of(policy: Policy, sites: Mapping[str, Site], senders: Iterable[str] = ()) -> Known:
    """What is known of a policy's rules. `senders` are the names of those who only send deploys."""
    environments = {name: Environment(site.environment) for name, site in sites.items()}
    guests = any(GUESTS in rule.when.who for rule in policy.rules)
    return Known(policy.groups, environments, guests, senders=frozenset(senders))
