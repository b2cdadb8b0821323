"""Votes that can never be given: refused, with the line of the rule. That nobody may purge at all can be meant, as a
freeze, and is a note."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.policies.policy import MEMBERS, Approve, Policy, Rule, Run, Tightening
from bot.domain.policies.wording import listed
from bot.settings.complaints import Complaints
from bot.settings.quorums import asked_where_allowed, size_of
from bot.settings.reach import Ground
from bot.settings.reader import Place
from bot.settings.shadows import known_of, tightens_all


def refuse_what_never_passes(
    complaints: Complaints, policy: Policy, ground: Ground, places: Mapping[str, Place]
) -> None:
    """Complain of votes that can never be given. `places` are those of the rules, by name."""
    known = known_of(policy, ground.sites, ground.senders)
    for rule in policy.rules:
        always = [one for one in policy.tighten if one.more and tightens_all(one, rule.when, known)]
        _refuse_quorum(complaints, policy, rule, always, places)


def _refuse_quorum(
    complaints: Complaints, policy: Policy, rule: Rule, always: list[Tightening], places: Mapping[str, Place]
) -> None:
    """Complain where the people whom `rule` asks, with what `always` adds to it, are fewer than must agree, or all of
    them, and only they may ask."""
    if not isinstance(rule.then, Approve | Run):
        return
    needed = rule.then.needed if isinstance(rule.then, Approve) else 0
    of = rule.then.of if isinstance(rule.then, Approve) else asked_where_allowed(policy, always)
    size, needed = size_of(policy, of), needed + sum(one.more for one in always)
    only_they = policy.ids_of(rule.when.who or (MEMBERS,)) <= policy.ids_of(of)
    if size is None or not needed or needed < size or (needed == size and not only_they):
        return
    place = (*places[always[0].name if always else rule.name], "then")
    more = [one.name for one in always[1:]]
    others = [f"{one} on line {complaints.line(places[one])}" for one in (rule.name, *more)]
    lead = f"with rule{'s' * bool(more)} {listed(others, 'and')} " if always else ""
    who = listed(of, "and")
    if needed > size:
        people = "1 person" if size == 1 else f"{size} people"
        what = f"{lead}asks {needed} of {who}, who {'is' if size == 1 else 'are'} {people}, so it never passes."
        complaints.add(place, what, "Name more of them, or ask for fewer.")
    else:
        what = f"{lead}asks all of {who}, and only they may ask for it: one is always missing, so it never passes."
        complaints.add(place, what, "Name one more of them, or let others ask for it.")
