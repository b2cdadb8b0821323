"""What holds of every policy, whoever asks for whatever: properties over random policies, and a table of cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import Actor, Standing
from bot.domain.policies import wording
from bot.domain.policies.defaults import built_in
from bot.domain.policies.hours import Days
from bot.domain.policies.policy import (
    Allow,
    Approve,
    Ask,
    Conditions,
    Decision,
    Deny,
    Members,
    Outline,
    Policy,
    Refuse,
    Roster,
    Rule,
    Run,
    Tightening,
)
from bot.domain.policies.recent import NOTHING_RECENT, Before, Recent
from bot.domain.policies.ruling import decide, voters
from bot.domain.site import Environment
from providers.contract import Kind

PEOPLE = ("U_A", "U_B", "U_C", "U_D")
GROUPS = {"editors": ("S_EDIT",), "sre": ("S_SRE", "U_D"), "leads": ("U_A", "U_B")}
NOW = 1_795_000_000.0
MIA = Actor("U_MIA", Standing.MEMBER)

words = st.sampled_from(["editors", "sre", "leads", "U_A", "S_SRE", "members", "guests", "token:ci"])
kinds = st.frozensets(st.sampled_from(list(Kind)), min_size=1)
spans = st.none() | st.sampled_from([Days(NOW - 10, NOW + 10, "now"), Days(NOW + 10, NOW + 20, "later")])
conditions = st.builds(
    Conditions,
    who=st.lists(words, max_size=2).map(tuple),
    kinds=kinds,
    sites=st.frozensets(st.sampled_from(["shop", "news"]), max_size=1),
    environment=st.none() | st.sampled_from(list(Environment)),
    soft=st.none() | st.booleans(),
    max_items=st.none() | st.integers(1, 40),
    over_items=st.none() | st.integers(1, 40),
    over_usd=st.none() | st.sampled_from([0.0, 5.0]),
    during=spans,
    outside=spans,
)
asked_of = st.lists(st.sampled_from(["sre", "leads", "S_SRE", "U_B"]), min_size=1, max_size=2, unique=True).map(tuple)
thens = st.builds(Run) | st.builds(Refuse) | st.builds(Approve, st.integers(1, 3), asked_of)
rules = st.builds(Rule, st.sampled_from(["one", "two", "three"]), conditions, thens, st.booleans())
tightenings = st.builds(
    Tightening, st.sampled_from(["night", "freeze"]), conditions, st.booleans(), st.integers(0, 2),
    st.just(()) | asked_of, st.booleans(),
)  # fmt: skip
policies = st.builds(
    Policy, st.lists(rules, max_size=4).map(tuple), st.lists(tightenings, max_size=2).map(tuple), st.just(GROUPS),
    st.just(("sre",)),
)  # fmt: skip
members = st.frozensets(st.sampled_from(PEOPLE)).map(Members) | st.just(Members(problem="Slack does not say."))
rosters = st.fixed_dictionaries({"S_EDIT": members, "S_SRE": members})
actors = st.builds(
    Actor, st.sampled_from([*PEOPLE, "U_MIA", "token:ci"]), st.sampled_from(list(Standing)), is_named=st.booleans()
)
narrow = st.dictionaries(st.sampled_from([kind for kind in Kind if kind is not Kind.EVERYTHING]), st.integers(1, 50),
                         min_size=1)  # fmt: skip
outlines = st.builds(
    Outline, st.sampled_from(["shop", "news"]), st.sampled_from(list(Environment)),
    narrow | st.just({Kind.EVERYTHING: 1}), st.booleans(), st.sampled_from([0.0, 3.0, 30.0]), st.booleans(),
)  # fmt: skip
recents = st.builds(
    Recent, st.dictionaries(st.sampled_from([Kind.URL, Kind.TAG]), st.integers(0, 40)), st.sampled_from([0.0, 9.0]),
    st.sampled_from([(), (Before("P-12", 240.0),)]), st.booleans(),
)  # fmt: skip


def strictness(decision: Decision) -> float:
    """How much stands in the way."""
    match decision:
        case Allow():
            return 0
        case Ask(needed=needed):
            return needed
        case Deny():
            return float("inf")


@given(actors, outlines, policies, rosters, recents, tightenings)
def test_tightening_never_loosens(
    actor: Actor, outline: Outline, policy: Policy, roster: Roster, recent: Recent, more: Tightening
) -> None:
    tighter = replace(policy, tighten=(*policy.tighten, more))
    before, after = (decide(actor, outline, p, roster, NOW, recent) for p in (policy, tighter))
    assert strictness(before) <= strictness(after)


@given(actors, outlines, policies, rosters, recents, conditions, st.integers(0, 4))
def test_a_further_deny_never_allows(
    actor: Actor, outline: Outline, policy: Policy, roster: Roster, recent: Recent, when: Conditions, at: int
) -> None:
    denying = (*policy.rules[:at], Rule("no", when, Refuse()), *policy.rules[at:])
    before = decide(actor, outline, policy, roster, NOW, recent)
    after = decide(actor, outline, replace(policy, rules=denying), roster, NOW, recent)
    assert strictness(before) <= strictness(after)


@given(actors, outlines, policies, rosters, recents)
def test_the_same_question_has_the_same_answer_and_every_question_has_one(
    actor: Actor, outline: Outline, policy: Policy, roster: Roster, recent: Recent
) -> None:
    first, second = (decide(actor, outline, policy, roster, NOW, recent) for _ in range(2))
    assert first == second
    assert first.rule
    assert first.why


@given(actors, outlines, policies, rosters, recents)
def test_who_is_asked_is_never_the_requester_and_can_reach_the_quorum(
    actor: Actor, outline: Outline, policy: Policy, roster: Roster, recent: Recent
) -> None:
    decision = decide(actor, outline, policy, roster, NOW, recent)
    of, needed = (decision.of, decision.needed) if isinstance(decision, Ask) else ((), 0)
    assert actor.id not in of
    assert needed <= len(of) == len(set(of))


@given(actors, outlines, policies, rosters, recents, st.sampled_from(["S_EDIT", "S_SRE"]))
def test_a_user_group_that_cannot_be_read_never_loosens(
    actor: Actor, outline: Outline, policy: Policy, roster: dict[str, Members], recent: Recent, group: str
) -> None:
    unread = roster | {group: Members(problem="Slack does not say.")}
    before, after = (decide(actor, outline, policy, r, NOW, recent) for r in (roster, unread))
    assert strictness(before) <= strictness(after)


MAY_BE_ALLOWED = (Standing.MEMBER, Standing.TOKEN, Standing.SCHEDULE, Standing.LOCAL)


@given(outlines, policies, rosters)
def test_a_schedule_that_no_rule_names_gets_nothing(outline: Outline, policy: Policy, roster: Roster) -> None:
    actor = Actor("schedule:nightly", Standing.SCHEDULE)
    assert isinstance(decide(actor, outline, policy, roster, NOW, NOTHING_RECENT), Deny)


@given(outlines, policies, rosters, st.sampled_from([s for s in Standing if s not in MAY_BE_ALLOWED]))
def test_who_is_no_full_member_and_not_named_gets_nothing(
    outline: Outline, policy: Policy, roster: Roster, standing: Standing
) -> None:
    decision = decide(Actor("U_A", standing), outline, policy, roster, NOW, NOTHING_RECENT)
    assert isinstance(decision, Deny)
    assert "members" == decision.rule


@given(policies, st.permutations(range(4)))
def test_the_version_changes_with_the_rules_and_not_with_the_order_of_sets(policy: Policy, order: list[int]) -> None:
    shuffled = replace(policy, groups=dict(sorted(policy.groups.items(), key=lambda pair: hash((pair[0], order[0])))))
    assert policy.version == shuffled.version
    assert policy.version != replace(policy, run_within=1.0).version


def outline(*counts: tuple[Kind, int], environment: str = "production", usd: float = 0.0, why: bool = True) -> Outline:
    return Outline("shop", environment, dict(counts), False, usd, why)


BUILT_IN = built_in(("S_SRE",))
SRE = {"S_SRE": Members(frozenset({"U_LEA", "U_SAM"}))}
HOST = (Kind.HOST, 1)
OF_LATE = [
    pytest.param(Recent({}), Allow("small", "up to 30 URLs, paths or tags run at once"), id="nothing-before"),
    pytest.param(
        Recent({Kind.URL: 10}), Allow("small", "up to 30 URLs, paths or tags run at once"), id="thirty-in-all"
    ),
    pytest.param(
        Recent({Kind.URL: 11}),
        "with the 11 of the last 10 minutes these are 31 targets, more than 30",
        id="thirty-one-in-all",
    ),
    pytest.param(
        Recent({Kind.TAG: 11}),
        "with the 11 of the last 10 minutes these are 31 targets, more than 30",
        id="other-kinds",
    ),
    pytest.param(
        Recent({Kind.HOST: 11}), Allow("small", "up to 30 URLs, paths or tags run at once"), id="kinds-of-no-size"
    ),
]


@pytest.mark.parametrize(("recent", "expected"), OF_LATE)
def test_requests_of_the_last_ten_minutes_are_summed(recent: Recent, expected: Allow | str) -> None:
    decision = decide(MIA, outline((Kind.URL, 20)), BUILT_IN, SRE, NOW, recent)
    assert expected == (decision.why if isinstance(expected, str) else decision)


ONE_PAGE, ONE_TAG = (Kind.URL, 1), (Kind.TAG, 1)
SMALL_URLS = Rule("small", Conditions(kinds=frozenset({Kind.URL}), max_items=30), Run())
WIDE = Rule("wide", Conditions(kinds=frozenset({Kind.TAG, Kind.PREFIX, Kind.HOST})), Approve(1, ("approvers",)))
EACH = Rule("pages", Conditions(kinds=frozenset({Kind.URL, Kind.TAG})), Approve(1, ("approvers",)))
TWO_FOR_PREFIXES = Rule("two", Conditions(kinds=frozenset({Kind.PREFIX})), Approve(2, ("approvers",)))
MIXED = [
    pytest.param((SMALL_URLS, WIDE), (ONE_PAGE, ONE_TAG), "wide", "it purges a tag", id="url and tag"),
    pytest.param((SMALL_URLS, WIDE), (ONE_TAG, ONE_PAGE), "wide", "it purges a tag", id="tag and url"),
    pytest.param((SMALL_URLS, WIDE), (ONE_PAGE, (Kind.TAG, 3)), "wide", "it purges 3 tags", id="url and tags"),
    pytest.param((SMALL_URLS, WIDE), ((Kind.PATH, 2), ONE_TAG), "wide", "it purges a tag", id="paths and tag"),
    pytest.param(
        (SMALL_URLS, WIDE), ((Kind.PATH, 2), ONE_TAG, (Kind.PREFIX, 1)), "wide", "it purges a prefix and a tag",
        id="path, tag and prefix",
    ),
    pytest.param(
        (TWO_FOR_PREFIXES, EACH), (ONE_TAG, (Kind.PREFIX, 1)), "two", "it purges a prefix", id="the stricter rule's",
    ),
    pytest.param((EACH,), (ONE_PAGE, ONE_TAG), "pages", "it purges a tag and a URL", id="both by one rule"),
    pytest.param(
        (EACH,), ((Kind.URL, 4), (Kind.PATH, 2), ONE_TAG), "pages", "it purges a tag and 6 URLs", id="several of each",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "kinds", "rule", "why"), MIXED)
def test_of_several_kinds_those_are_named_for_which_the_rule_spoke(
    rules: tuple[Rule, ...], kinds: tuple[tuple[Kind, int], ...], rule: str, why: str
) -> None:
    policy = Policy(rules, groups={"approvers": ("U_LEA", "U_SAM")})
    decision = decide(MIA, outline(*kinds), policy, {}, NOW, NOTHING_RECENT)
    assert (rule, why) == (decision.rule, decision.why)


def test_a_mixed_request_is_judged_by_its_strictest_part() -> None:
    mixed = decide(MIA, outline((Kind.URL, 29), (Kind.PREFIX, 2)), BUILT_IN, SRE, NOW, NOTHING_RECENT)
    assert ("wide", "it purges a prefix", 1) == (mixed.rule, mixed.why, mixed.needed if isinstance(mixed, Ask) else 0)


def test_parts_that_need_different_people_are_asked_for_apart() -> None:
    policy = Policy(
        (
            Rule("pages", Conditions(kinds=frozenset({Kind.URL})), Approve(1, ("U_A",))),
            Rule("hosts", Conditions(kinds=frozenset({Kind.HOST})), Approve(1, ("U_B",))),
        )
    )
    expected = Deny("hosts", "Its parts need the yes of different people.", "Ask for each kind by itself.")
    assert expected == decide(MIA, outline((Kind.URL, 1), HOST), policy, {}, NOW, NOTHING_RECENT)


FREEZE = Tightening("freeze", Conditions(during=Days(NOW - 60, NOW + 60, "")), refuse=True, say="Sale freeze.")
NIGHT = Tightening("night", Conditions(during=Days(NOW - 60, NOW + 60, "tonight")), more=1)
TONIGHT = "rule `night` asks for 1 approval during tonight"
SAYS = Tightening("says", Conditions(), more=1, say="Nobody is awake.")
COSTLY = Tightening("costly", Conditions(over_usd=20.0), more=1)
TIGHTENED = [
    pytest.param((FREEZE,), outline((Kind.URL, 1)),
                 Deny("freeze", "Sale freeze.", "It ends 2026-11-18 11:07 UTC.", forbids=True, until=NOW + 60),
                 id="a-freeze-stops-all"),
    pytest.param((NIGHT,), outline((Kind.URL, 1)), TONIGHT, id="one-yes-where-none-was-needed"),
    pytest.param((NIGHT,), outline(HOST),
                 "it purges a host, and rule `night` asks for 1 approval more during tonight", id="one-yes-more"),
    pytest.param((NIGHT, COSTLY), outline((Kind.URL, 1), usd=20.01),
                 f"{TONIGHT}, and rule `costly` asks for 1 approval for what costs more than $20.00", id="two-add-up"),
    pytest.param((SAYS,), outline(HOST),
                 "it purges a host, and rule `says` asks for 1 approval more, “Nobody is awake”", id="its-own-words"),
    pytest.param((replace(COSTLY, when=Conditions(over_usd=0.004)),), outline((Kind.URL, 1), usd=0.005),
                 "rule `costly` asks for 1 approval for what costs more than $0.004", id="less-than-a-cent"),
    pytest.param((replace(COSTLY, when=Conditions(over_items=1)),), outline((Kind.PREFIX, 2)),
                 "it purges a prefix, and rule `costly` asks for 1 approval more for more than 1 target",
                 id="one-target"),
    pytest.param((COSTLY,), outline((Kind.URL, 1), usd=20.0), "up to 30 URLs, paths or tags run at once",
                 id="just-not-costly"),
    pytest.param((NIGHT, COSTLY), outline((Kind.EVERYTHING, 1), usd=21.0),
                 "This needs 4 approvers other than you, and the configuration names 2.", id="too-few-people"),
]  # fmt: skip


@pytest.mark.parametrize(("tighten", "wanted", "expected"), TIGHTENED)
def test_what_tightens_is_added(tighten: tuple[Tightening, ...], wanted: Outline, expected: Deny | str) -> None:
    decision = decide(MIA, wanted, replace(BUILT_IN, tighten=tighten), SRE, NOW, NOTHING_RECENT)
    assert expected == (decision.why if isinstance(expected, str) else decision)


WHO = [
    pytest.param(("editors",), MIA, False, id="not-in-the-group"),
    pytest.param(("editors", "U_MIA"), MIA, True, id="by-id"),
    pytest.param(("members",), MIA, True, id="a-full-member"),
    pytest.param((), MIA, True, id="nobody-named"),
    pytest.param(("guests",), Actor("U_G", Standing.GUEST, is_named=True), True, id="guests-by-the-word"),
    pytest.param(("members",), Actor("U_G", Standing.GUEST, is_named=True), False, id="a-guest-is-no-member"),
    pytest.param(("U_G",), Actor("U_G", Standing.GUEST, is_named=True), True, id="a-guest-by-id"),
    pytest.param(("U_G",), Actor("U_G", Standing.GONE, is_named=True), False, id="never-the-deactivated"),
    pytest.param(("token:ci",), Actor("token:ci", Standing.TOKEN), True, id="a-token-by-name"),
    pytest.param(("token:cd",), Actor("token:ci", Standing.TOKEN), False, id="another-token"),
    pytest.param(("members",), Actor("token:ci", Standing.TOKEN), True, id="a-token-as-a-member"),
    pytest.param(("members",), Actor("token:ci", Standing.TOKEN, may_command=False), False, id="a-token-that-reads"),
    pytest.param(("schedule:a",), Actor("schedule:a", Standing.SCHEDULE), True, id="a-schedule-by-name"),
    pytest.param(("schedule:b",), Actor("schedule:a", Standing.SCHEDULE), False, id="another-schedule"),
    pytest.param(("schedules",), Actor("schedule:a", Standing.SCHEDULE), True, id="schedules-as-such"),
    pytest.param(("members",), Actor("schedule:a", Standing.SCHEDULE), False, id="a-schedule-is-no-member"),
    pytest.param(("schedules", "schedule:a"), Actor("token:ci", Standing.TOKEN), False, id="a-token-is-no-schedule"),
    pytest.param(("editors",), Actor("token:ci", Standing.TOKEN), False, id="a-token-is-in-no-group"),
]


@pytest.mark.parametrize(("who", "actor", "expected"), WHO)
def test_whom_a_rule_means(who: tuple[str, ...], actor: Actor, expected: bool) -> None:
    policy = Policy((Rule("r", Conditions(who=who), Run()),), groups={"editors": ("U_A",)})
    decision = decide(actor, outline((Kind.URL, 1)), policy, {}, NOW, NOTHING_RECENT)
    assert expected is isinstance(decision, Allow)


def test_a_group_that_slack_hides_is_told_with_the_rule() -> None:
    policy = Policy((Rule("r", Conditions(who=("S_X",)), Run()),))
    hidden = {"S_X": Members(problem="Slack knows no user-group S_X.")}
    decision = decide(MIA, outline((Kind.URL, 1)), policy, hidden, NOW, NOTHING_RECENT)
    assert Deny("r", "Slack knows no user-group S_X.", wording.UNREAD) == decision


def test_the_end_of_the_rules_says_what_would_pass() -> None:
    policy = Policy((Rule("small", Conditions(kinds=frozenset({Kind.URL}), max_items=30), Run()),))
    decision = decide(MIA, outline((Kind.URL, 31)), policy, {}, NOW, NOTHING_RECENT)
    why = "No rule lets you purge URLs on shop (production), so the answer is no."
    advice = "Up to 30 at once may run, those of the last 10 minutes counted."
    assert Deny("the end of the rules", why, advice) == decision


PAGES = frozenset({Kind.URL})
STEPS = (
    Rule("small", Conditions(kinds=PAGES, max_items=3), Run()),
    Rule("medium", Conditions(kinds=PAGES, max_items=10), Run()),
    Rule("none", Conditions(kinds=PAGES, max_items=20), Refuse()),
)


def test_a_size_is_told_by_the_rule_that_lets_the_most_through() -> None:
    policy = Policy((*STEPS, Rule("wide", Conditions(), Approve(1, ("U_A",)))))
    wide = decide(MIA, outline((Kind.URL, 21)), policy, {}, NOW, NOTHING_RECENT)
    none = decide(MIA, outline((Kind.URL, 21)), replace(policy, rules=STEPS), {}, NOW, NOTHING_RECENT)
    assert isinstance(none, Deny)
    assert ("21 targets are more than 10", "Up to 10 at once may run, those of the last 10 minutes counted.") == (
        wide.why,
        none.advice,
    )


CAP = Tightening("cap", Conditions(over_items=40), refuse=True, say="Too many, use a prefix.")
DEAR = Tightening("dear", Conditions(over_usd=5.0), refuse=True)
NEVER = Tightening("never", Conditions(kinds=frozenset({Kind.HOST})), refuse=True, say="No hosts.")
ENDS = "It ends 2026-11-18 11:07 UTC."
WHY = Tightening("why", Conditions(), reason=True)
UNSAID = replace(outline(HOST), has_reason=False)
SEVERAL = [
    pytest.param((CAP,), outline((Kind.URL, 41)), ("cap", "41 targets are more than 40. Too many, use a prefix.", ""),
                 id="a-caps-number-beside-its-words"),
    pytest.param((DEAR,), outline((Kind.URL, 1), usd=5.5),
                 ("dear", "This costs about $5.50, more than $5.00."
                          " The policy does not let this be purged on shop.", ""),
                 id="what-it-costs"),
    pytest.param((FREEZE, NEVER), outline(HOST),
                 ("freeze", "Sale freeze. Rule `never` stands in the way too: No hosts.", ""),
                 id="one-that-ends-and-one-that-does-not"),
    pytest.param((FREEZE, replace(FREEZE, name="frost", say="Frost.")), outline(HOST),
                 ("freeze", "Sale freeze. Rule `frost` stands in the way too: Frost.", ENDS), id="two-that-end"),
    pytest.param((WHY, FREEZE), UNSAID,
                 ("freeze", "Sale freeze.", f"{ENDS} It needs a reason too: because <reason>"), id="a-reason-too"),
    pytest.param((WHY, NEVER), UNSAID, ("never", "No hosts.", ""), id="a-reason-would-not-help"),
    pytest.param((WHY,), UNSAID, ("why", "This needs a reason.", "Add: because <reason>"), id="a-reason-alone"),
    pytest.param((WHY, replace(NIGHT, more=3)), UNSAID,
                 ("wide", "This needs 4 approvers other than you, and the configuration names 2.",
                  f"{wording.NAME_APPROVERS} It needs a reason too: because <reason>"), id="too-few-to-ask-too"),
]  # fmt: skip


@pytest.mark.parametrize(("tighten", "wanted", "expected"), SEVERAL)
def test_all_that_stands_in_the_way_is_told_at_once(
    tighten: tuple[Tightening, ...], wanted: Outline, expected: tuple[str, str, str]
) -> None:
    decision = decide(MIA, wanted, replace(BUILT_IN, tighten=tighten), SRE, NOW, NOTHING_RECENT)
    assert isinstance(decision, Deny)
    assert expected == (decision.rule, decision.why, decision.advice)


def test_a_refusal_of_one_part_is_told_with_that_of_another() -> None:
    policy = Policy(
        (
            Rule("pages", Conditions(kinds=PAGES), Refuse(), say="Pages by tag."),
            Rule("hosts", Conditions(kinds=frozenset({Kind.HOST})), Refuse(), say="Hosts never."),
        )
    )
    decision = decide(MIA, outline((Kind.URL, 1), HOST), policy, {}, NOW, NOTHING_RECENT)
    assert Deny("hosts", "Hosts never. Rule `pages` stands in the way too: Pages by tag.", "", forbids=True) == decision


def test_only_rules_that_mean_whoever_asks_are_named_to_them() -> None:
    editors = Rule("pages", Conditions(who=("editors",), kinds=frozenset({Kind.URL})), Run())
    elsewhere = Rule("news", Conditions(sites=frozenset({"news"})), Run())
    theirs = Rule("tags", Conditions(kinds=frozenset({Kind.TAG})), Run())
    policy = Policy((editors, elsewhere, theirs), groups={"editors": ("U_A",)})
    some = decide(MIA, outline((Kind.URL, 1)), policy, {}, NOW, NOTHING_RECENT)
    none = decide(MIA, outline((Kind.URL, 1)), replace(policy, rules=(editors, elsewhere)), {}, NOW, NOTHING_RECENT)
    advice = [decision.advice for decision in (some, none) if isinstance(decision, Deny)]
    assert ["The rules let you purge there: tags (`tags`).", "No rule lets you purge anything there."] == advice


MANY = (Rule("few", Conditions(max_items=30), Run()), Rule("wide", Conditions(), Approve(1, ("leads",))))


@pytest.mark.parametrize(
    ("named", "recent", "expected"),
    [
        pytest.param("", 0, "62 targets are more than 30", id="as-named"),
        pytest.param("31 paths", 0, "31 paths came to 62 targets on all hosts: more than 30", id="on-two-hosts"),
        pytest.param(
            "31 paths", 4,
            "31 paths came to 62 targets on all hosts, 66 with those of the last 10 minutes: more than 30",
            id="on-two-hosts-after-others",
        ),
    ],
)  # fmt: skip
def test_what_is_too_much_is_told_as_it_was_named(named: str, recent: int, expected: str) -> None:
    wanted = replace(outline((Kind.URL, 62)), named=named)
    decision = decide(MIA, wanted, Policy(MANY, groups=GROUPS), {}, NOW, Recent({Kind.URL: recent}))
    assert expected == decision.why


def test_voters_are_the_groups_people_without_those_who_asked() -> None:
    policy = Policy(groups={"sre": ("S_SRE", "U_KIM")})
    expected = Members(frozenset({"U_SAM", "U_KIM"}))
    assert expected == voters(policy, SRE, ("sre",), ("U_LEA",))
