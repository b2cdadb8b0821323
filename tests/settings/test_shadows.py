"""Which conditions cover which others: never a wrong yes, and a yes wherever people would see one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import Actor, Standing
from bot.domain.policies.hours import Days, Shift, Week
from bot.domain.policies.policy import Allow, Conditions, Members, Outline, Policy, Roster, Rule, Run
from bot.domain.policies.recent import NOTHING_RECENT
from bot.domain.policies.ruling import decide
from bot.domain.site import Environment
from bot.settings.shadows import Known, covered_by, covers
from providers.contract import Kind

GROUPS = {"editors": ("S_EDIT",), "sre": ("S_SRE", "U_D"), "leads": ("U_A", "U_B")}
KNOWN = Known(GROUPS, {"shop": Environment.PRODUCTION, "news": Environment.STAGING})
PRODUCTION, STAGING = Environment.PRODUCTION, Environment.STAGING
URLS, SMALL = frozenset({Kind.URL}), frozenset({Kind.URL, Kind.PATH})


def week(days: range, begins: int, ends: int, zone: str = "UTC") -> Week:
    return Week((Shift(frozenset(days), time(begins), time(ends)),), UTC if zone == "UTC" else ZoneInfo(zone), "hours")


WORKDAYS, MORNINGS, NIGHTS = week(range(5), 8, 19), week(range(5), 8, 12), week(range(7), 19, 8)
DAYTIME, WEEKEND = week(range(7), 8, 19), week(range(5, 7), 0, 0)
MAY, A_DAY_OF_MAY, JUNE = Days(100, 200, "May"), Days(120, 130, "a day of May"), Days(200, 300, "June")

# a, b, whether a covers b
CASES = {
    "everything covers the same": (Conditions(), Conditions(), True),
    "all kinds cover one": (Conditions(), Conditions(kinds=URLS), True),
    "one kind does not cover two": (Conditions(kinds=URLS), Conditions(kinds=URLS | {Kind.TAG}), False),
    "urls cover paths": (Conditions(kinds=URLS), Conditions(kinds=SMALL), True),
    "paths do not cover urls": (Conditions(kinds=frozenset({Kind.PATH})), Conditions(kinds=URLS), False),
    "every site covers one": (Conditions(), Conditions(sites=frozenset({"shop"})), True),
    "one site does not cover every": (Conditions(sites=frozenset({"shop"})), Conditions(), False),
    "two sites cover one": (
        Conditions(sites=frozenset({"shop", "news"})), Conditions(sites=frozenset({"shop"})), True,
    ),
    "both sites of today are not every site": (Conditions(sites=frozenset({"shop", "news"})), Conditions(), False),
    "production covers production": (Conditions(environment=PRODUCTION), Conditions(environment=PRODUCTION), True),
    "production does not cover any": (Conditions(environment=PRODUCTION), Conditions(), False),
    "production does not cover staging": (Conditions(environment=PRODUCTION), Conditions(environment=STAGING), False),
    "production covers a site in production": (
        Conditions(environment=PRODUCTION), Conditions(sites=frozenset({"shop"})), True,
    ),
    "production does not cover a site in staging": (
        Conditions(environment=PRODUCTION), Conditions(sites=frozenset({"shop", "news"})), False,
    ),
    "any mode covers soft": (Conditions(), Conditions(soft=True), True),
    "soft does not cover any mode": (Conditions(soft=True), Conditions(), False),
    "soft does not cover hard": (Conditions(soft=True), Conditions(soft=False), False),
    "nobody named is full members": (Conditions(who=("members",)), Conditions(), True),
    "members cover a group": (Conditions(), Conditions(who=("editors",)), True),
    "members cover a token": (Conditions(), Conditions(who=("token:ci",)), True),
    "members do not cover guests": (Conditions(), Conditions(who=("guests",)), False),
    "members do not cover who is named by id": (Conditions(), Conditions(who=("U_A",)), False),
    "members do not cover a group with an id": (Conditions(), Conditions(who=("sre",)), False),
    "a group covers one of it": (Conditions(who=("leads",)), Conditions(who=("U_B",)), True),
    "a group does not cover members": (Conditions(who=("leads",)), Conditions(), False),
    "its parts cover a group": (Conditions(who=("S_SRE", "U_D")), Conditions(who=("sre",)), True),
    "some of its parts do not": (Conditions(who=("S_SRE",)), Conditions(who=("sre",)), False),
    "two groups cover one": (Conditions(who=("editors", "leads")), Conditions(who=("leads",)), True),
    "a user-group is not known to cover a person": (Conditions(who=("S_SRE",)), Conditions(who=("U_A",)), False),
    "a token does not cover another": (Conditions(who=("token:a",)), Conditions(who=("token:b",)), False),
    "no limit covers a limit": (Conditions(kinds=URLS), Conditions(kinds=URLS, max_items=30), True),
    "a limit does not cover none": (Conditions(kinds=URLS, max_items=30), Conditions(kinds=URLS), False),
    "30 cover 10": (Conditions(kinds=URLS, max_items=30), Conditions(kinds=URLS, max_items=10), True),
    "10 do not cover 30": (Conditions(kinds=URLS, max_items=10), Conditions(kinds=URLS, max_items=30), False),
    "30 of two kinds do not cover 10 of one": (
        Conditions(kinds=URLS | {Kind.TAG}, max_items=30), Conditions(kinds=URLS, max_items=10), False,
    ),
    "more than 10 cover more than 30": (
        Conditions(kinds=SMALL, over_items=10), Conditions(kinds=URLS, over_items=30), True,
    ),
    "more than 30 do not cover more than 10": (Conditions(over_items=30), Conditions(over_items=10), False),
    "more than 30 do not cover any": (Conditions(over_items=30), Conditions(), False),
    "$5 cover $20": (Conditions(over_usd=5.0), Conditions(over_usd=20.0), True),
    "$20 do not cover $5": (Conditions(over_usd=20.0), Conditions(over_usd=5.0), False),
    "always covers hours": (Conditions(), Conditions(during=WORKDAYS), True),
    "hours do not cover always": (Conditions(during=WORKDAYS), Conditions(), False),
    "days cover mornings": (Conditions(during=WORKDAYS), Conditions(during=MORNINGS), True),
    "mornings do not cover days": (Conditions(during=MORNINGS), Conditions(during=WORKDAYS), False),
    "hours of another zone are other hours": (
        Conditions(during=WORKDAYS), Conditions(during=week(range(5), 9, 11, "Europe/Berlin")), False,
    ),
    "outside mornings covers outside days": (Conditions(outside=MORNINGS), Conditions(outside=WORKDAYS), True),
    "outside days does not cover outside mornings": (
        Conditions(outside=WORKDAYS), Conditions(outside=MORNINGS), False,
    ),
    "nights cover what is outside the daytime": (Conditions(during=NIGHTS), Conditions(outside=DAYTIME), True),
    "nights do not cover what is outside workdays": (Conditions(during=NIGHTS), Conditions(outside=WORKDAYS), False),
    "outside workdays covers the weekend": (Conditions(outside=WORKDAYS), Conditions(during=WEEKEND), True),
    "outside workdays does not cover mornings": (Conditions(outside=WORKDAYS), Conditions(during=MORNINGS), False),
    "May covers a day of May": (Conditions(during=MAY), Conditions(during=A_DAY_OF_MAY), True),
    "a day of May does not cover May": (Conditions(during=A_DAY_OF_MAY), Conditions(during=MAY), False),
    "outside May covers June": (Conditions(outside=MAY), Conditions(during=JUNE), True),
    "outside May does not cover a day of May": (Conditions(outside=MAY), Conditions(during=A_DAY_OF_MAY), False),
    "hours and days are not compared": (Conditions(during=WORKDAYS), Conditions(during=MAY), False),
}  # fmt: skip


@pytest.mark.parametrize(("a", "b", "expected"), CASES.values(), ids=CASES)
def test_covering(a: Conditions, b: Conditions, expected: bool) -> None:
    assert expected is covers(a, b, KNOWN)


def test_where_a_rule_means_guests_a_user_group_may_hold_some() -> None:
    known = replace(KNOWN, may_hold_guests=True)
    both = Conditions(who=("members", "guests"))
    editors = Conditions(who=("editors",))
    assert (False, True) == (covers(Conditions(), editors, known), covers(both, editors, known))


words = st.sampled_from(["editors", "sre", "leads", "U_A", "S_SRE", "members", "guests", "token:ci"])
spans = st.none() | st.sampled_from([WORKDAYS, MORNINGS, NIGHTS, DAYTIME, WEEKEND, MAY, A_DAY_OF_MAY, JUNE])
conditions = st.builds(
    Conditions,
    who=st.lists(words, max_size=3).map(tuple),
    kinds=st.frozensets(st.sampled_from([Kind.URL, Kind.PATH, Kind.HOST]), min_size=1),
    sites=st.frozensets(st.sampled_from(["shop", "news"])),
    environment=st.none() | st.sampled_from(list(Environment)),
    soft=st.none() | st.booleans(),
    max_items=st.none() | st.integers(1, 6),
    over_items=st.none() | st.integers(1, 6),
    over_usd=st.none() | st.sampled_from([0.0, 5.0]),
    during=spans,
    outside=spans,
)
actors = st.sampled_from(
    [
        *(Actor(id, Standing.MEMBER) for id in ("U_A", "U_B", "U_C", "U_MIA")),
        Actor("U_D", Standing.GUEST, is_named=True),
        Actor("U_G", Standing.GUEST, is_named=True),
        Actor("token:ci", Standing.TOKEN),
    ]
)
full_members = st.frozensets(st.sampled_from(["U_A", "U_B", "U_C"])).map(Members)
rosters = st.fixed_dictionaries({"S_EDIT": full_members, "S_SRE": full_members})
outlines = st.sampled_from([("shop", PRODUCTION), ("news", STAGING)]).flatmap(
    lambda where: st.builds(
        Outline, st.just(where[0]), st.just(where[1]),
        st.dictionaries(st.sampled_from([Kind.URL, Kind.PATH, Kind.HOST]), st.integers(1, 7), min_size=1),
        st.booleans(), st.sampled_from([0.0, 3.0, 30.0]),
    )
)  # fmt: skip
moments = st.integers(90, 310) | st.integers(0, 14 * 86400)


some_fields = st.sets(st.sampled_from(Conditions.__slots__), max_size=3)


@given(conditions, conditions, some_fields, actors, outlines, rosters, moments)
def test_what_is_covered_speaks_only_where_the_other_does(
    a: Conditions, other: Conditions, changed: set[str], actor: Actor, outline: Outline, roster: Roster, now: int
) -> None:
    b = mixed(a, other, changed)
    is_wrong = speaks(b, actor, outline, roster, now) and not speaks(a, actor, outline, roster, now)
    assert not (covers(a, b, KNOWN) and is_wrong)


@given(conditions, conditions, conditions, some_fields, some_fields, actors, outlines, rosters, moments)
def test_what_several_cover_speaks_only_where_one_of_them_does(
    b: Conditions, one: Conditions, two: Conditions, first: set[str], second: set[str], actor: Actor, outline: Outline,
    roster: Roster, now: int,
) -> None:  # fmt: skip
    earlier = [mixed(b, one, first), mixed(b, two, second)]
    is_wrong = speaks(b, actor, outline, roster, now) and not speak(earlier, actor, outline, roster, now)
    assert not (covered_by(earlier, b, KNOWN) and is_wrong)


def mixed(a: Conditions, other: Conditions, changed: set[str]) -> Conditions:
    """`a` with some of its fields as in `other`."""
    return Conditions(*(getattr(other if name in changed else a, name) for name in Conditions.__slots__))


def speaks(when: Conditions, actor: Actor, outline: Outline, roster: Roster, now: float) -> bool:
    """Whether a rule of these conditions speaks for every kind in the request."""
    return speak([when], actor, outline, roster, now)


def speak(whens: Sequence[Conditions], actor: Actor, outline: Outline, roster: Roster, now: float) -> bool:
    """Whether one of several rules speaks for each of the kinds."""
    policy = Policy(tuple(Rule(f"{n}", when, Run()) for n, when in enumerate(whens)), groups=GROUPS)
    return isinstance(decide(actor, outline, policy, roster, now, NOTHING_RECENT), Allow)
