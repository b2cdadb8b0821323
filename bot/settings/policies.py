"""The policy in the configuration file: every rule checked by itself, and then against the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo

from bot.domain.policies.policy import Approve, BreakGlass, Policy, Refuse, Rule, Run, Tightening, Urgency
from bot.domain.policies.wording import listed
from bot.settings import shapes, spans
from bot.settings.complaints import Complaints, quoted
from bot.settings.conditions import ConditionsReader, Named
from bot.settings.people import PeopleReader
from bot.settings.policy_document import (
    RULE_THEN,
    TIGHTEN_THEN,
    ApproveDoc,
    ApproveMoreDoc,
    BreakGlassDoc,
    PolicyDoc,
    RuleDoc,
    TightenDoc,
    UrgentDoc,
)
from bot.settings.reader import Data, Place, type_names
from bot.settings.shadows import covered_by, known_of

PLACE: Place = ("policy",)
_TIGHTENS = TightenDoc.model_fields.keys() - RuleDoc.model_fields.keys()


class PolicyReader:
    """Reads a policy."""

    def __init__(self, complaints: Complaints, named: Named) -> None:
        self._complaints = complaints
        self._named = named
        self._people = PeopleReader(complaints, named.tokens, named.schedules)
        self.places: dict[str, Place] = {}  # of the rules that were read, by name

    def read(self, data: Data) -> Policy | None:
        """The policy, or None after complaining."""
        if isinstance(data, list):
            self._complaints.add(
                PLACE, "must hold keys and values, not a list.", "Write `rules:` above it, and indent it."
            )
            return None
        doc = self._complaints.read(PolicyDoc, data, PLACE)
        if doc is None or not isinstance(data, dict):
            return None
        self._people.read_groups(data.get("groups"), (*PLACE, "groups"), self._named.approvals.approvers)
        reader = ConditionsReader(self._complaints, self._people, self._named, self._zone(data, doc))
        rules = self._rules(reader, data.get("rules"))
        tighten = self._tightenings(reader, data.get("tighten"))
        policy = Policy(
            tuple(rules.values()),
            tuple(tighten.values()),
            self._people.groups,
            ("approvers",) if "approvers" in self._people.groups else (),
            spans.duration(self._complaints, (*PLACE, "approve_within"), doc.approve_within),
            spans.duration(self._complaints, (*PLACE, "run_within"), doc.run_within),
            self._glass(doc.break_glass) if doc.break_glass else None,
            urgent=self._urgent(doc.urgent) if doc.urgent else None,
        )
        named = [*((rule.name, place) for place, rule in rules.items()), *((t.name, at) for at, t in tighten.items())]
        self.places = dict(named)
        self._refuse_shadowed(rules, policy)
        self._refuse_nobody_to_ask(tighten, policy)
        return policy

    def _zone(self, data: Mapping[str, Data], doc: PolicyDoc) -> tzinfo | None:
        """That of hours which name none; where it is written and unknown they are read all the same, and told of."""
        if "timezone" not in data:
            return None
        return spans.zone(self._complaints, (*PLACE, "timezone"), doc.timezone) or UTC

    def _rules(self, reader: ConditionsReader, data: Data) -> dict[Place, Rule]:
        """Those that are good, by place."""
        found = {}
        for n, part in enumerate(data if isinstance(data, list) else []):
            place, before = (*PLACE, "rules", n), len(self._complaints)
            doc = self._complaints.read(RuleDoc, self._without_tightening(part, place), place)
            if doc is None or not isinstance(part, dict):
                continue
            when, then = reader.read(doc, place), self._then(part.get("then"), (*place, "then"))
            if then is not None and len(self._complaints) == before:
                found[place] = Rule(doc.name, when, then, doc.reason is not None, doc.say)
        return found

    def _without_tightening(self, part: Data, place: Place) -> Data:
        """`part` without what only a tightening may say, after complaining."""
        if not isinstance(part, dict):
            return part
        for key in _TIGHTENS & part.keys():
            self._complaints.add((*place, key), "tightens, and decides nothing.", "Write it under policy.tighten.")
        return {key: value for key, value in part.items() if key not in _TIGHTENS}

    def _then(self, data: Data, place: Place) -> Run | Approve | Refuse | None:
        if data == "allow":
            return Run()
        if data == "deny":
            return Refuse()
        if not isinstance(data, dict):
            self._refuse_then(data, place, RULE_THEN)
            return None
        doc = self._complaints.read(ApproveDoc, data, place)
        if doc is None:
            return None
        of = self._people.askable(doc.of, (*place, "of"))
        if len(of) == len(doc.of):
            self._check_quorum(doc.approve, of, (*place, "approve"))
        return Approve(doc.approve, of)

    def _refuse_then(self, data: Data, place: Place, choices: str) -> None:
        if isinstance(data, str):
            self._complaints.add(place, f"{quoted(data)} is not a choice.", f"Write {choices}.")
        else:
            self._complaints.add(place, f"must not be {type_names[type(data)]}.", f"Write {choices}.")

    def _check_quorum(self, needed: int, of: tuple[str, ...], place: Place) -> None:
        size = self._people.size(of)
        if of and size is not None and size < needed:
            who = f"{', '.join(of)}, {'who is 1 person' if size == 1 else f'who are {size} people'}"
            self._complaints.add(place, f"asks {needed} of {who}.", f"Name more of them, or write {size} at most.")

    def _tightenings(self, reader: ConditionsReader, data: Data) -> dict[Place, Tightening]:
        """Those that are good, by place."""
        found = {}
        for n, part in enumerate(data if isinstance(data, list) else []):
            place, before = (*PLACE, "tighten", n), len(self._complaints)
            doc = self._complaints.read(TightenDoc, part, place)
            if doc is None or not isinstance(part, dict):
                continue
            when, then = reader.read(doc, place), part.get("then")
            if "then" not in part and doc.reason is None:
                advice = "Write then: deny, then: {approve_more: 1} or reason: required."
                self._complaints.add(place, "adds nothing: it has neither `then` nor `reason`.", advice)
            more, of = self._more(then, (*place, "then")) if "then" in part else (0, ())
            if len(self._complaints) == before:
                required = doc.reason is not None
                found[place] = Tightening(doc.name, when, then == "deny", more, of, required, doc.say)
        return found

    def _more(self, data: Data, place: Place) -> tuple[int, tuple[str, ...]]:
        """How many more must agree, and who is asked."""
        if data == "deny":
            return 0, ()
        if not isinstance(data, dict):
            self._refuse_then(data, place, TIGHTEN_THEN)
            return 0, ()
        doc = self._complaints.read(ApproveMoreDoc, data, place)
        if doc is None:
            return 0, ()
        of = self._people.askable(doc.of, (*place, "of"))
        if len(of) == len(doc.of):
            self._check_quorum(doc.approve_more, of, (*place, "approve_more"))
        return doc.approve_more, of

    def _urgent(self, doc: UrgentDoc) -> Urgency:
        return Urgency(self._people.who(doc.who, (*PLACE, "urgent", "who")), doc.per_day)

    def _glass(self, doc: BreakGlassDoc) -> BreakGlass:
        place = (*PLACE, "break_glass")
        tell = [shapes.channel(self._complaints, (*place, "tell", n), one) for n, one in enumerate(doc.tell)]
        self._people.refuse_twins(tell, (*place, "tell"))
        return BreakGlass(
            self._people.askable(doc.who, (*place, "who"), "break the glass"),
            doc.reason_min,
            doc.per_day,
            tuple(tell),
            spans.duration(self._complaints, (*place, "remind"), doc.remind),
        )

    def _refuse_shadowed(self, rules: Mapping[Place, Rule], policy: Policy) -> None:
        known = known_of(policy, self._named.sites, self._named.senders)
        places, all_rules = list(rules), list(rules.values())
        for n, rule in enumerate(all_rules):
            found = covered_by([one.when for one in all_rules[:n]], rule.when, known)
            if found:
                names = [f"{all_rules[one].name} on line {self._complaints.line(places[one])}" for one in found]
                decide = "decides" if len(found) == 1 else "together decide"
                what = f"never speaks: rule{'s' * (len(found) > 1)} {listed(names, 'and')} {decide} first."
                self._complaints.add(places[n], what, f"Put it before {all_rules[found[0]].name}, or remove it.")

    def _refuse_nobody_to_ask(self, tighten: Mapping[Place, Tightening], policy: Policy) -> None:
        """Where a rule asks for votes its people are asked, else those of the tightening, else the approvers."""
        if not any(isinstance(rule.then, Run) for rule in policy.rules):
            return
        for place, one in tighten.items():
            here = (*place, "then", "approve_more")
            if one.more and not one.of and not policy.approvers:
                advice = "Add `of: GROUP`, a group `approvers`, or approvals.approvers."
                self._complaints.add(here, "has nobody to ask where a rule allows.", advice)
            elif one.more and not one.of:
                self._check_quorum(one.more, policy.approvers, here)
