"""What a policy allows or forbids that its author may not have meant: a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.policies.hours import Days
from bot.domain.policies.policy import MEMBERS, Approve, Conditions, Policy, Rule, Run, Tightening
from bot.domain.policies.wording import listed
from bot.domain.site import Environment
from bot.settings.dead_ends import dead_ends
from bot.settings.model import Approvals
from bot.settings.quorums import asked_where_allowed, size_of
from bot.settings.reach import Ground, named
from bot.settings.shadows import Known, covered_by, covers, known_of, tightens_all
from bot.settings.unheard import unheard_conditions
from providers.contract import Kind

_ONE_MISSING = "when one of them wants it, one is missing"


def doubts(policy: Policy, ground: Ground, approvals: Approvals) -> tuple[str, ...]:
    """One sentence each."""
    known = known_of(policy, ground.sites, ground.senders)
    return (
        *_everything(policy, ground, known),
        *dead_ends(policy, ground, known),
        *ground.idle_tokens(policy),
        *ground.unheard(policy),
        *_kinds(policy, ground),
        *unheard_conditions(policy, ground),
        *_nearly_shadowed(policy, ground, replace(known, ids_are_members=True)),
        *_for_no_site_of_today(policy, ground, known),
        *_caps(policy, ground),
        *_tight_quorums(policy, ground),
        *_pushed_quorums(policy, ground),
        *_unasked(policy, ground, approvals),
        *_glass(policy, ground, approvals),
    )


def over(policy: Policy, now: float) -> tuple[str, ...]:
    """The rules whose days lie before `now` (seconds since the epoch)."""
    everything: list[Rule | Tightening] = [*policy.rules, *policy.tighten]
    spans = [(one.name, one.when.during) for one in everything]
    ended = [(name, span) for name, span in spans if isinstance(span, Days) and span.ends <= now]
    return tuple(
        f"policy rule `{name}` has been over since {datetime.fromtimestamp(span.ends, UTC):%Y-%m-%d %H:%M} UTC"
        f" ({span.text}). Give it new days, or remove it."
        for name, span in ended
    )


def _everything(policy: Policy, ground: Ground, known: Known) -> Iterator[str]:
    for n, rule in enumerate(policy.rules):
        if not isinstance(rule.then, Run) or Kind.EVERYTHING not in rule.when.kinds:
            continue
        if not any(ground.sites[site].environment == Environment.PRODUCTION for site in ground.reach(rule.when)):
            continue
        worst = replace(rule.when, kinds=frozenset({Kind.EVERYTHING}), environment=Environment.PRODUCTION)
        earlier = any(covers(one.when, worst, known) for one in policy.rules[:n])
        if not earlier and not any(tightens_all(one, worst, known) for one in policy.tighten if one.refuse or one.more):
            yield (
                f"{ground.rules([rule.name])} lets everything be purged in production without anybody's yes."
                " Name its kinds, or ask: then: {approve: 1, of: GROUP}."
            )


def _kinds(policy: Policy, ground: Ground) -> Iterator[str]:
    said = frozenset().union(*(rule.when.reached for rule in policy.rules))
    unsaid = [kind.value for kind in Kind if kind not in said]
    if unsaid:
        yield (
            f"{ground.policy} has no rule for {listed(unsaid, 'and')}, so the answer is always no."
            " Add a rule, be it `then: deny` that says what to do instead."
        )


def _nearly_shadowed(policy: Policy, ground: Ground, known: Known) -> Iterator[str]:
    for n, rule in enumerate(policy.rules):
        first = next((one for one in policy.rules[:n] if covers(one.when, rule.when, known)), None)
        if first is not None:
            yield (
                f"{ground.rules([rule.name])} speaks only for those named by id who are no full members:"
                f" {ground.named([first.name])} decides first for all others."
                f" Put it before `{first.name}`, or remove it."
            )


def _for_no_site_of_today(policy: Policy, ground: Ground, known: Known) -> Iterator[str]:
    """Rules for an environment before which others decide on each of its sites; a site of tomorrow may be another's."""
    for n, rule in enumerate(policy.rules):
        sites = {site for site, environment in known.environments.items() if environment is rule.when.environment}
        if rule.when.sites or not sites:
            continue
        found = covered_by([one.when for one in policy.rules[:n]], replace(rule.when, sites=frozenset(sites)), known)
        if found:
            first = [policy.rules[one].name for one in found]
            decide = f"{ground.named(first)} decide{'s' if len(first) == 1 else ''} first"
            yield (
                f"{ground.rules([rule.name])} speaks for no site of today: {decide} on"
                f" {named(frozenset(sites), 'and')}. Put it before `{first[0]}` if it is meant for them."
            )


def _caps(policy: Policy, ground: Ground) -> Iterator[str]:
    """A number that `over_items` was meant for: what tightens up to it lets more through."""
    for one in policy.tighten:
        if one.when.max_items is None:
            continue
        most = f"{one.when.max_items} target{'s' if one.when.max_items > 1 else ''}"
        adds = "refuses" if one.refuse else "asks for more votes for" if one.more else "wants a reason for"
        yield (
            f"{ground.rules([one.name])} {adds} up to {most}, and nothing above: that is what max_items means."
            f" Write over_items: {one.when.max_items} to tighten what is more than that."
        )


def _tight_quorums(policy: Policy, ground: Ground) -> Iterator[str]:
    for rule in policy.rules:
        if not isinstance(rule.then, Approve) or size_of(policy, rule.then.of) != rule.then.needed:
            continue
        if _may_ask(policy, rule, rule.then.of):
            yield (
                f"{ground.rules([rule.name])} asks all of {', '.join(rule.then.of)}: {_ONE_MISSING}, so it is refused."
                " Name one more."
            )


def _may_ask(policy: Policy, rule: Rule, of: tuple[str, ...]) -> bool:
    """Whether one of the people `of`, whose number is known, may ask for what the rule is about."""
    people, askers = policy.ids_of(of), policy.ids_of(rule.when.who or (MEMBERS,))
    return bool(askers & people) or MEMBERS in askers or any(map(policy.is_user_group, askers))


def _pushed_quorums(policy: Policy, ground: Ground) -> Iterator[str]:
    for rule in policy.rules:
        needed = rule.then.needed if isinstance(rule.then, Approve) else 0
        adding = [one for one in policy.tighten if one.more and _meet(rule.when, one.when)]
        of = rule.then.of if isinstance(rule.then, Approve) else asked_where_allowed(policy, adding)
        size, most = size_of(policy, of), needed + sum(one.more for one in adding)
        if not isinstance(rule.then, Approve | Run) or not adding or size is None:
            continue
        what = f"{ground.rules([rule.name])} with {ground.named([one.name for one in adding])} asks {most} of"
        if size < most:
            yield f"{what} {', '.join(of)}, and that is {size}: then it is refused. Name more of them."
        elif size == most and _may_ask(policy, rule, of):
            yield f"{what} {', '.join(of)}: {_ONE_MISSING}, so it is refused. Name one more."


def _meet(a: Conditions, b: Conditions) -> bool:
    """Whether some request is meant by both, but for who asks, how much and when."""
    return (
        bool(a.reached & b.reached)
        and (not a.sites or not b.sites or bool(a.sites & b.sites))
        and (None in (a.environment, b.environment) or a.environment is b.environment)
        and (None in (a.soft, b.soft) or a.soft is b.soft)
    )


def _unasked(policy: Policy, ground: Ground, approvals: Approvals) -> Iterator[str]:
    if _asks(policy) and not approvals.channel:
        where = "and approvals.channel names no channel where people are asked"
        yield f"{ground.policy} asks for votes, {where}. Add its id."
    named = frozenset(approvals.approvers)
    if named and named != frozenset(policy.groups.get("approvers", ())):
        yield (
            f"{ground.key('policy.groups.approvers')} and approvals.approvers differ, and the policy's count."
            " Remove approvals.approvers, or write the same."
        )


def _asks(policy: Policy) -> bool:
    return any(isinstance(rule.then, Approve) for rule in policy.rules) or any(one.more for one in policy.tighten)


def _glass(policy: Policy, ground: Ground, approvals: Approvals) -> Iterator[str]:
    glass, here = policy.break_glass, ground.key("policy.break_glass")
    if glass is None:
        return
    if not _asks(policy):
        yield (
            f"{here} does nothing: no rule asks for votes, so nothing waits for them. Remove it, or add a"
            " rule that asks, such as {name: all, then: {approve: 1, of: GROUP}}."
        )
        return
    if not glass.tell:
        where = _told_in(ground, approvals)
        yield (
            f"{here} has no tell: that somebody did without the votes is told {where}."
            " Name channels that others read, such as tell: [C0SEC]."
        )
    reviewers = (*glass.who, *policy.asked)
    if size_of(policy, reviewers) == 1:
        yield (
            f"{here}: only {next(iter(policy.ids_of(reviewers)))} may break the glass and vote, and nobody"
            " closes the review of what they broke or asked for, so it stays open. Name somebody else who may."
        )


def _told_in(ground: Ground, approvals: Approvals) -> str:
    """Where the bot tells of a broken glass that has no channel of its own, as it does then."""
    if approvals.channel:
        return "in the site's channel, else in approvals.channel"
    bare = [site.name for site in ground.sites.values() if not site.channel]
    if not bare:
        return "in the site's channel"
    asked = "only where it was asked for"
    return asked if len(bare) == len(ground.sites) else f"in the site's channel, on {listed(bare, 'and')} {asked}"
