"""What the policy says of one purge. Pure: the same actor, outline, policy, roster, time and history, the same answer.

Each kind in the request is judged by itself, and the strictest answer counts. Then everything that tightens is added.
Who is asked is never the requester. What cannot be known (a user-group that Slack does not tell) counts as no.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from bot.domain.actor import Actor, Standing, is_machine
from bot.domain.policies import wording
from bot.domain.policies.policy import (
    GUESTS,
    MEMBERS,
    SCHEDULES,
    Allow,
    Approve,
    Ask,
    Conditions,
    Decision,
    Deny,
    Lack,
    Members,
    Outline,
    Policy,
    Refuse,
    Roster,
    Rule,
    Tightening,
    canonical,
    is_person,
)
from bot.domain.policies.recent import Recent
from bot.domain.policies.rights import Deed, Subject, authorise
from providers.contract import Kind

NO_RULE = "the end of the rules"  # the name of what says no where no rule speaks
_FULL = (Standing.MEMBER, Standing.TOKEN, Standing.LOCAL)  # "members" of a rule
WIDEST_FIRST = (Kind.EVERYTHING, Kind.HOST, Kind.PREFIX, Kind.PATTERN, Kind.TAG, Kind.PATH, Kind.URL)


@dataclass(frozen=True, slots=True)
class Asked:
    """One purge to be judged, and all that counts for it."""

    actor: Actor
    outline: Outline
    policy: Policy
    roster: Roster
    now: float  # seconds since the epoch
    recent: Recent
    lead: str = ""  # why it is judged as more than it is by itself


def decide(actor: Actor, outline: Outline, policy: Policy, roster: Roster, now: float, recent: Recent) -> Decision:
    """The policy's answer; never none. `now` in seconds since the epoch."""
    denied = authorise(actor, Deed.PURGE, Subject(outline.site))
    if denied is not None:
        return denied
    asked = Asked(actor, outline, policy, roster, now, recent)
    if not recent.emptying or outline.empties:
        return _decided(asked)
    soft = outline.soft and recent.is_soft
    whole = replace(outline, counts={Kind.EVERYTHING: 1}, soft=soft, spoken=Kind.EVERYTHING, named="")
    lead = wording.together(recent.emptying, outline.site, outline.environment)
    return _stricter(_decided(replace(asked, outline=whole, lead=lead)), _decided(asked))


def _decided(asked: Asked) -> Decision:
    """The answer to what is asked, by the rules and all that tightens."""
    kinds = [kind for kind in WIDEST_FIRST if asked.outline.counts.get(kind)]
    found = [_first_match(asked, kind) for kind in kinds]
    decision = _tightened(asked, _strictest(asked, dict(zip(kinds, found, strict=True))))
    if not _wants_reason(decision):
        return decision
    reasoned = _decided(replace(asked, outline=replace(asked.outline, has_reason=True)))
    return _all_told([reasoned, decision]) if isinstance(reasoned, Deny) else decision


def _wants_reason(decision: Decision) -> TypeGuard[Deny]:
    """Whether nothing but a reason is missing, as far as is known."""
    return isinstance(decision, Deny) and decision.lacks is Lack.REASON


def _all_told(denied: Sequence[Deny]) -> Deny:
    """One answer for several refusals, each rule once. A reason alone does not help where there is another."""
    others = list({one.rule: one for one in reversed(denied) if not _wants_reason(one)}.values())[::-1]
    if not others:
        return denied[0]
    first, *more = others
    until = None if any(one.until is None for one in others) else max(one.until or 0.0 for one in others)
    lasting = dict.fromkeys(one.advice for one in others if one.until is None and one.advice)
    advice = " ".join(filter(None, [wording.until(until), *lasting]))
    if advice and any(map(_wants_reason, denied)):
        advice = f"{advice} {wording.REASON_TOO}"
    why = " ".join([first.why, *(wording.also(one.rule, one.why) for one in more)])
    lacks = Lack.GROUP if any(one.lacks is Lack.GROUP for one in others) else None
    return replace(first, why=why, advice=advice, forbids=any(one.forbids for one in others), until=until, lacks=lacks)


def _stricter(whole: Decision, alone: Decision) -> Decision:
    """Of the answers to all of it together and to this one alone, the one in which more stands in the way; both rules
    are behind a vote that both want."""
    if isinstance(alone, Deny) or isinstance(whole, Allow):
        return alone
    if isinstance(whole, Deny) or isinstance(alone, Allow):
        return whole
    most = whole if whole.needed >= alone.needed else alone
    return replace(most, fingerprint=_joined([whole.fingerprint, alone.fingerprint]))


def voters(policy: Policy, roster: Roster, groups: Iterable[str], requesters: Iterable[str]) -> Members:
    """Who of `groups` may vote on what `requesters` asked for, and what hides some of them."""
    members = [members_of(policy, roster, name) for name in groups]
    people = frozenset().union(*(some.people for some in members)) - {*requesters}
    return Members(people, next((some.problem for some in members if some.problem), ""))


def members_of(policy: Policy, roster: Roster, name: str) -> Members:
    """The people behind a word of the policy: a group, a user-group's id, a person's id."""
    if is_person(name) and name not in policy.groups:
        return roster.get(name, Members(frozenset({name})))
    if name not in policy.groups:
        group = policy.is_user_group(name)
        problem = f"Slack was not asked who is in {name}." if group else f"The policy has no group {name} any more."
        return roster.get(name, Members(problem=problem))
    parts = [members_of(policy, roster, part) for part in policy.groups[name] if part not in policy.groups]
    return Members(
        frozenset().union(*(part.people for part in parts)), next((part.problem for part in parts if part.problem), "")
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The rule that speaks for one kind, or why that cannot be said; `outgrown` are rules that only the number of
    targets kept from speaking."""

    rule: Rule | None
    problem: str = ""
    outgrown: tuple[Rule, ...] = ()


def _first_match(asked: Asked, kind: Kind) -> _Found:
    outgrown: list[Rule] = []
    for rule in asked.policy.rules:
        if not _speaks(rule.when, asked, kind):
            continue
        among, problem = is_among(asked, rule.when.who)
        if problem:
            return _Found(rule, problem)
        if not among:
            continue
        if rule.when.max_items is not None and items(asked, rule.when) > rule.when.max_items:
            outgrown.append(rule)
            continue
        return _Found(rule, "", tuple(outgrown))
    return _Found(None, "", tuple(outgrown))


def _means(rule: Rule, asked: Asked) -> bool:
    """Whether the rule is for whoever asks, and for the site."""
    when, outline = rule.when, asked.outline
    here = not when.sites or outline.site in when.sites
    return here and when.environment in (None, outline.environment) and is_among(asked, when.who)[0]


def _speaks(when: Conditions, asked: Asked, kind: Kind) -> bool:
    """Whether the conditions hold, but for who asks and how much at most."""
    outline, now = asked.outline, asked.now
    return (
        kind in when.reached
        and (not when.sites or outline.site in when.sites)
        and when.environment in (None, outline.environment)
        and when.soft in (None, outline.soft)
        and (when.over_items is None or items(asked, when) > when.over_items)
        and (when.over_usd is None or outline.usd + asked.recent.usd > when.over_usd)
        and (when.during is None or when.during.covers(now))
        and (when.outside is None or not when.outside.covers(now))
    )


def items(asked: Asked, when: Conditions) -> int:
    """How many targets count for a rule on size: those of its kinds, with the last ten minutes'."""
    counts, recent = asked.outline.counts, asked.recent.counts
    return sum(counts.get(kind, 0) + recent.get(kind, 0) for kind in when.reached)


def is_among(asked: Asked, who: tuple[str, ...]) -> tuple[bool, str]:
    """Whether the asker is one of `who`, and why that cannot be said. Nobody named means full members. Who only sends
    deploys must be named."""
    return is_one_of(asked.actor, asked.policy, asked.roster, who)


def is_one_of(actor: Actor, policy: Policy, roster: Roster, who: tuple[str, ...]) -> tuple[bool, str]:
    """Whether `actor` is one of `who`, and why that cannot be said. Nobody named means full members."""
    problem = ""
    for name in who or (MEMBERS,):
        match name:
            case "members" if (
                actor.standing in (Standing.MEMBER, Standing.TOKEN, Standing.LOCAL) and not actor.is_sender
            ):
                return True, ""
            case "guests" if actor.standing is Standing.GUEST:
                return True, ""
            case "schedules" if actor.standing is Standing.SCHEDULE:
                return True, ""
            case _ if name in (MEMBERS, GUESTS, SCHEDULES):
                continue
            case _ if name == actor.id:
                return True, ""
            case _ if not actor.is_token and not is_machine(name):
                members = members_of(policy, roster, name)
                if actor.id in members.people:
                    return True, ""
                problem = problem or members.problem
    return False, problem


def _strictest(asked: Asked, found: Mapping[Kind, _Found]) -> Decision:
    """The answer for the whole request. The widest kind speaks first where two are as strict."""
    answers = [_answer(asked, one, _of_rule(one.rule, found)) for one in found.values()]
    denied = [answer for answer in answers if isinstance(answer, Deny)]
    if denied:
        return _all_told(denied)
    asks = [answer for answer in answers if isinstance(answer, Ask)]
    if not asks:
        return answers[0]
    if len({ask.groups for ask in asks}) > 1:
        return Deny(asks[0].rule, "Its parts need the yes of different people.", "Ask for each kind by itself.")
    most = max(asks, key=lambda ask: ask.needed)
    return replace(most, fingerprint=_joined([ask.fingerprint for ask in asks]))


def _of_rule(rule: Rule | None, found: Mapping[Kind, _Found]) -> tuple[Kind, ...]:
    """The kinds in the request for which `rule` speaks, the widest first."""
    return tuple(kind for kind, one in found.items() if one.rule is rule)


def _answer(asked: Asked, found: _Found, kinds: Sequence[Kind]) -> Decision:
    """What the rule that was found says; `kinds` are all those in the request that it speaks for."""
    rule = found.rule
    if rule is None:
        theirs = [rule for rule in asked.policy.rules if _means(rule, asked)]
        why, others = (
            wording.led(asked.lead, wording.no_rule(asked.outline, whom)) for whom in ("you", "whoever asked for it")
        )
        advice, theirs_advice = (wording.hint(found.outgrown, theirs, whom) for whom in ("you", "them"))
        return Deny(NO_RULE, why, advice, others=others, others_advice=theirs_advice)
    if found.problem:
        return Deny(rule.name, found.problem, wording.UNREAD, lacks=Lack.GROUP)
    if isinstance(rule.then, Refuse):
        return _forbidden(asked, rule)
    if rule.reason and not asked.outline.has_reason:
        why = wording.led(asked.lead, wording.wants_reason(asked.outline))
        return Deny(rule.name, why, wording.ADD_REASON, lacks=Lack.REASON)
    if isinstance(rule.then, Approve):
        outgrown = wording.widest(found.outgrown)
        n = items(asked, outgrown.when) if outgrown else 0
        why = asked.lead or wording.why(
            asked.outline, kinds, outgrown, n, _of_late(asked, outgrown.when if outgrown else None)
        )
        why = f"{asked.lead}; {rule.say}" if asked.lead and rule.say else rule.say or why
        return _ask(asked, Ask(rule.name, why, rule.then.needed, (), groups=rule.then.of, fingerprint=canonical(rule)))
    return Allow(rule.name, rule.say or wording.allowed(rule))


def _forbidden(asked: Asked, rule: Rule | Tightening) -> Deny:
    """The rule's own no, in its words where it has some."""
    ends = wording.ends(rule.when, asked.now)
    said = wording.led(asked.lead or _too_much(asked, rule.when), rule.say or wording.refused(asked.outline))
    return Deny(rule.name, said, wording.until(ends), forbids=True, until=ends)


def _of_late(asked: Asked, when: Conditions | None) -> int:
    """How many targets of the last ten minutes count for a rule on size."""
    return sum(asked.recent.counts.get(kind, 0) for kind in when.reached) if when else 0


def _sum(asked: Asked, when: Conditions) -> str:
    """What is too much only with the last ten minutes' requests, or in all; "" where the rule is about neither."""
    if when.over_items is not None and (recent := _of_late(asked, when)):
        return wording.too_many(asked.outline, items(asked, when), recent, when.over_items)
    if when.over_usd is not None and asked.recent.usd:
        return wording.too_dear(asked.outline.usd + asked.recent.usd, when.over_usd)
    return ""


def _too_much(asked: Asked, when: Conditions) -> str:
    """What is more than a rule on size or cost lets be, alone or with the last ten minutes' requests."""
    if when.over_items is not None:
        return wording.too_many(asked.outline, items(asked, when), _of_late(asked, when), when.over_items)
    if when.over_usd is not None and not asked.recent.usd:
        return wording.dear(asked.outline.usd, when.over_usd)
    return _sum(asked, when)


def _ask(asked: Asked, ask: Ask) -> Ask | Deny:
    """`ask` with the people who may vote now, or why there are too few of them."""
    policy = asked.policy
    able = voters(policy, asked.roster, ask.groups, {asked.actor.id})
    if able.problem:
        why = f"This needs approval, since {ask.why}. {able.problem}"
        return Deny(ask.rule, why, wording.UNREAD, lacks=Lack.GROUP)
    if len(able.people) < ask.needed:
        others, _ = wording.too_few(policy, ask, len(able.people), "whoever asked for it")
        return Deny(ask.rule, *wording.too_few(policy, ask, len(able.people)), others=others)
    order = [name for group in ask.groups for name in policy.groups.get(group, (group,))]
    of = sorted(able.people, key=lambda who: (order.index(who) if who in order else len(order), who))
    mark = hashlib.sha256(ask.fingerprint.encode()).hexdigest()
    return replace(ask, of=tuple(of), expires_in=policy.approve_within, run_within=policy.run_within, fingerprint=mark)


def _tightened(asked: Asked, decision: Decision) -> Decision:
    adding = [one for one in asked.policy.tighten if _tightens(one, asked)]
    denied = [decision] if isinstance(decision, Deny) else []
    for one in adding:
        if one.refuse:
            denied.append(_forbidden(asked, one))
        elif one.reason and not asked.outline.has_reason:
            why = wording.led(asked.lead, wording.wants_reason(asked.outline))
            denied.append(Deny(one.name, why, wording.ADD_REASON, lacks=Lack.REASON))
    if isinstance(decision, Deny) or denied:
        return _all_told(denied)
    more = [one for one in adding if one.more]
    if not more:
        return decision
    base = decision if isinstance(decision, Ask) else Ask(decision.rule, "", 0, ())
    groups = base.groups or tuple(dict.fromkeys(name for one in more for name in one.of)) or asked.policy.approvers
    why = wording.tightened([(one, _sum(asked, one.when)) for one in more], base.why or asked.lead)
    prints = _joined([base.fingerprint, *(canonical(one) for one in more)])
    needed = base.needed + sum(one.more for one in more)
    return _ask(asked, replace(base, why=why, needed=needed, groups=groups, fingerprint=prints))


def _tightens(one: Tightening, asked: Asked) -> bool:
    """Whether it speaks for some kind in the request. Where nobody can say who is meant, it does."""
    if not any(_speaks(one.when, asked, kind) for kind in asked.outline.counts if asked.outline.counts[kind]):
        return False
    if one.when.max_items is not None and items(asked, one.when) > one.when.max_items:
        return False
    among, problem = is_among(asked, one.when.who) if one.when.who else (True, "")
    return among or bool(problem)


def _joined(prints: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(prints)).encode()).hexdigest()
