"""The policy as a value: rules in order, what tightens them, and what a judgement looks like.

    rules        the first that matches decides; the end of the list is no
    tighten      each that matches adds to that; none relaxes it
    groups       people by Slack's ids; user-groups (S…) are read at Slack, and what cannot be read counts as no

`ruling.decide` judges an `Outline`, the resolved plan in short, never the words typed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.actor import Standing
from bot.domain.policies.hours import Shift, Span
from bot.domain.site import Environment
from providers.contract import Kind

APPROVE_WITHIN = 1800.0  # seconds
RUN_WITHIN = 900.0  # seconds after the last yes
RECENT_SECONDS = 600.0  # one person's requests on a site within this are summed before size rules
ALL_KINDS = frozenset(Kind)
MEMBERS, GUESTS, SCHEDULES = "members", "guests", "schedules"
TOKEN, SCHEDULE = "token:", "schedule:"  # words of `who`, beside groups and Slack ids


@dataclass(frozen=True, slots=True)
class Members:
    """Who is in a group now; `problem` says why that cannot be read in full."""

    people: frozenset[str] = frozenset()
    problem: str = ""
    is_away: bool = False  # Slack does not answer, so another try may tell


Roster = Mapping[str, Members]  # by the policy's name of a group, or a user-group's id


@dataclass(frozen=True, slots=True)
class Outline:
    """What a purge amounts to, as policy judges it. `counts` are targets by kind: everything alone where the purge in
    effect empties the site."""

    site: str
    environment: str
    counts: Mapping[Kind, int]
    soft: bool = False
    usd: float = 0.0
    has_reason: bool = False
    spoken: Kind = Kind.URL  # the widest kind as spoken
    named: str = ""  # "31 paths", where the site's hosts made more targets of them

    @property
    def empties(self) -> bool:
        """Whether nothing of the site stays."""
        return Kind.EVERYTHING in self.counts


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a rule speaks; what is not said holds always."""

    who: tuple[str, ...] = ()  # groups, Slack ids, "members", "guests", "schedules", "token:<name>", "schedule:<name>"
    kinds: frozenset[Kind] = ALL_KINDS
    sites: frozenset[str] = frozenset()  # empty: every site
    environment: Environment | None = None
    soft: bool | None = None
    max_items: int | None = None  # targets of `kinds`, with those of the last ten minutes
    over_items: int | None = None
    over_usd: float | None = None
    during: Span | None = None
    outside: Span | None = None

    @property
    def reached(self) -> frozenset[Kind]:
        """`kinds`, with the paths where URLs are meant: a path is URLs, one on every host."""
        return self.kinds | {Kind.PATH} if Kind.URL in self.kinds else self.kinds


@dataclass(frozen=True, slots=True)
class Run:
    """Then it runs at once."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Then `needed` of the people `of` (groups and Slack ids) must agree."""

    needed: int
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Then it does not run."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `say` is what people hear of it, beside its name."""

    name: str
    when: Conditions
    then: Run | Approve | Refuse
    reason: bool = False  # a reason is required
    say: str = ""


@dataclass(frozen=True, slots=True)
class Tightening:
    """What is added to whatever matched: a refusal, `more` approvals (of people `of`, where nobody else is asked), a
    reason."""

    name: str
    when: Conditions
    refuse: bool = False
    more: int = 0
    of: tuple[str, ...] = ()
    reason: bool = False
    say: str = ""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Who may do without votes, and what it takes. `tell` are channels; `remind` is in seconds."""

    who: tuple[str, ...]
    reason_min: int = 20
    per_day: int = 2
    tell: tuple[str, ...] = ()
    remind: float = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Urgency:
    """Who may have a purge go before all others (groups, Slack ids, words of `who`), and how often within 24 hours."""

    who: tuple[str, ...]
    per_day: int = 5


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. `approvers` are asked where something was only tightened."""

    rules: tuple[Rule, ...] = ()
    tighten: tuple[Tightening, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    approvers: tuple[str, ...] = ()
    approve_within: float = APPROVE_WITHIN  # seconds
    run_within: float = RUN_WITHIN  # seconds
    break_glass: BreakGlass | None = None
    is_built_in: bool = False
    urgent: Urgency | None = None  # else the approvers may, as often as they like

    @property
    def version(self) -> str:
        """Twelve characters that change with the policy."""
        return hashlib.sha256(canonical(self).encode()).hexdigest()[:12]

    @property
    def tells_modes(self) -> bool:
        """Whether to some rule a soft purge is another than a hard one."""
        when = [*(rule.when for rule in self.rules), *(one.when for one in self.tighten)]
        return any(conditions.soft is not None for conditions in when)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every group and id that some rule asks for votes."""
        named = [name for rule in self.rules if isinstance(rule.then, Approve) for name in rule.then.of]
        return tuple(dict.fromkeys([*named, *self.approvers, *(name for t in self.tighten for name in t.of)]))

    @property
    def named(self) -> frozenset[str]:
        """Everybody whom a rule or a group names by their own id."""
        return frozenset(filter(is_person, self._words()))

    def names(self, user: str, standing: Standing) -> bool:
        """Whether some rule means this person although they are no full member."""
        guests = standing is Standing.GUEST and any(GUESTS in rule.when.who for rule in self.rules)
        return guests or user in self.named

    @property
    def user_groups(self) -> tuple[str, ...]:
        """Every Slack user-group that must be read, by id."""
        return tuple(dict.fromkeys(filter(self.is_user_group, self._words())))

    def _words(self) -> list[str]:
        """Every group and id that stands somewhere."""
        when = [*(rule.when for rule in self.rules), *(one.when for one in self.tighten)]
        said = [name for conditions in when for name in conditions.who]
        glass = self.break_glass.who if self.break_glass else ()
        urgent = self.urgent.who if self.urgent else ()
        return [*said, *self.asked, *glass, *urgent, *(name for names in self.groups.values() for name in names)]

    def ids_of(self, words: Iterable[str]) -> frozenset[str]:
        """Whom `words` mean: ids, and words of `who` that are no group."""
        return frozenset(one for word in words for one in self.groups.get(word, (word,)))

    def is_user_group(self, name: str) -> bool:
        """Whether `name` is a Slack user-group's id, and no group of the policy's own."""
        return name not in self.groups and name.startswith("S") and name.isupper()


def is_person(name: str) -> bool:
    """Whether `name` is a Slack user's id."""
    return name[:1] in ("U", "W") and name.isupper()


def canonical(part: Policy | Rule | Tightening) -> str:
    """A text that is the same for the same rules, whatever the order of what they list."""
    return json.dumps(_plain(part), sort_keys=True)


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case set() | frozenset():
            return sorted(map(str, value))
        case tuple() | list() if value and isinstance(value[0], str | Shift):  # its order means nothing
            return sorted((_plain(inner) for inner in value), key=str)
        case tuple() | list():
            return [_plain(inner) for inner in value]
        case str() | int() | float() | bool() | None:
            return value
    slots = getattr(type(value), "__slots__", None)
    if slots is None or not hasattr(value, "__dataclass_fields__"):
        return str(value)
    said = [name for name in slots if name != "text"]  # how a span was written, beside what it is
    return {"is": type(value).__name__} | {name: _plain(getattr(value, name)) for name in said}


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run now."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """It may run once `needed` of the people `of` agree. `groups` are the policy's words for them; `fingerprint` is
    that of the rules behind it."""

    rule: str
    why: str
    needed: int
    of: tuple[str, ...]
    expires_in: float = APPROVE_WITHIN
    groups: tuple[str, ...] = ()
    run_within: float = RUN_WITHIN
    fingerprint: str = ""


class Lack(StrEnum):
    """What is missing where a rule would not say no by itself."""

    REASON = "reason"  # the request has none
    GROUP = "group"  # Slack does not tell who is in a user-group


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not run; `advice` says what would make it pass. `forbids` where a rule says no to it outright, `until` (in
    seconds since the epoch) when that ends by itself. `others` and `others_advice` are for those who did not ask, where
    `why` and `advice` speak to whoever did. `lacks` is what would have to be there first."""

    rule: str
    why: str
    advice: str
    forbids: bool = False
    until: float | None = None
    others: str = field(default="", compare=False)
    others_advice: str = field(default="", compare=False)
    lacks: Lack | None = field(default=None, compare=False)

    @property
    def why_to_others(self) -> str:
        """Why not, for whoever reads it without having asked."""
        return f"{(self.others or self.why).rstrip('.')}."

    @property
    def to_others(self) -> str:
        """Why not and what would make it pass, for whoever reads it without having asked."""
        return f"{self.why_to_others} {self.others_advice or self.advice}".strip()


Decision = Allow | Ask | Deny
