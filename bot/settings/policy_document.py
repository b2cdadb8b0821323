"""The policy as pydantic reads it. Rules are read one by one, so that one run tells what is wrong with each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SkipValidation, WithJsonSchema, field_validator
from pydantic.config import JsonDict

from bot.domain.policies.policy import APPROVE_WITHIN, RUN_WITHIN
from bot.settings.complaints import ours
from bot.settings.parts import Part, SlackId
from bot.settings.slips import keys
from providers.contract import Kind

DURATION = r"[1-9][0-9]*[smhd]"
RULE_THEN = "allow, deny or {approve: 1, of: GROUP}"
TIGHTEN_THEN = "deny or {approve_more: 1}"


def _listed(data: object) -> object:
    return [data] if isinstance(data, str) else data


def _words(one: dict[str, object]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})


def _only_never(data: object) -> object:
    if isinstance(data, str) and data != "never":
        raise ours("nobody approves their own purge, and no key changes that.", "Write never, or remove the key.")
    return data


Words = Annotated[
    list[str], BeforeValidator(_listed), Field(min_length=1), _words({"type": "string", "minLength": 1})
]  # one word, or a list
Kinds = Annotated[
    list[str], BeforeValidator(_listed), Field(min_length=1), _words({"enum": [kind.value for kind in Kind]})
]
Duration = Annotated[str, Field(json_schema_extra={"pattern": f"^{DURATION}$"})]
Moment = Annotated[str, Field(json_schema_extra={"minLength": 10})]


class ApproveDoc(Part):
    """That people must agree."""

    approve: int = Field(ge=1, description="how many must agree, such as 2")
    of: Words = Field(description="who is asked: a group, or Slack ids, such as approvers")


class ApproveMoreDoc(Part):
    """That more people must agree."""

    approve_more: int = Field(ge=1, description="how many more must agree, such as 1")
    of: Words = Field(default=[], description="who is asked where nobody else is")


_THEN = WithJsonSchema({"anyOf": [{"enum": ["allow", "deny"]}, ApproveDoc.model_json_schema()]})
_THEN_MORE = WithJsonSchema({"anyOf": [{"const": "deny"}, ApproveMoreDoc.model_json_schema()]})


TIGHTENED = "[{name: freeze, between: [2026-11-26, 2026-11-30], then: deny}]"
_BOTH: JsonDict = {"required": ["between", "during"]}
_SLIPS = {
    "day days weekday weekdays hour hours time times when at": "Write it as during: Mon-Fri 08:00-19:00 Europe/Berlin.",
    "date dates from to until start end since": "Write it as between: [2026-11-26, 2026-11-30].",
    "user users group groups people person role roles actor actors token tokens": (
        "Write it as `who`: groups, Slack ids, members, guests or token:NAME."
    ),
    "env stage": "Write it as environment: production or staging.",
    "host hosts": "Write it as `site`, by its name under sites.",
    "message text comment description": "Write it as `say`, which people are told.",
}
_RULE_SLIPS = {
    "approve approvals approval approvers votes quorum of action effect decision result allow deny": (
        f"Write it as `then`: {RULE_THEN}."
    ),
    "limit max most count": "Write it as max_items: 30.",
}
_TIGHTEN_SLIPS = {
    "approve approve_more approvals approval approvers votes quorum of action effect decision result deny": (
        f"Write it as `then`: {TIGHTEN_THEN}."
    ),
    "limit max most count": "Write it as over_items: 30.",
    "cost usd cost_usd price": "Write it as cost_usd_over: 20.",
}


class ConditionsDoc(Part):
    """When a rule speaks; what is not written holds always."""

    name: str = Field(description="what people hear of it, such as small")
    who: Words = Field(default=[], description="groups, Slack ids, members, guests, token:NAME")
    kind: Kinds = Field(default=[], description="the kinds of purge")
    site: Words = Field(default=[], description="names from `sites`")
    environment: Literal["production", "staging"] | None = Field(default=None, description="that of the site")
    mode: Literal["soft", "hard"] | None = Field(default=None, description="how it is purged")
    max_items: int | None = Field(
        default=None, ge=1, description="the most targets of these kinds, with those of the last ten minutes"
    )
    between: list[Moment] = Field(
        default=[],
        json_schema_extra={"minItems": 2, "maxItems": 2},
        description="two days, both included, or two moments, such as [2026-11-26, 2026-11-30]",
    )
    during: str | None = Field(default=None, description="hours, such as Mon-Fri 08:00-19:00 Europe/Berlin")
    outside: str | None = Field(default=None, description="the same, for all other hours")
    reason: Literal["required"] | None = Field(default=None, description="that a reason must be given")
    say: str = Field(default="", description="what people are told")

    @field_validator("during", "outside", mode="before")
    @classmethod
    def _is_one_text(cls, data: object) -> object:
        if isinstance(data, list):
            raise ours("must be one text, not a list.", 'Write "Mon-Fri 08:00-19:00, Sat 10:00-14:00 Europe/Berlin".')
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, data: object) -> object:
        if data is None or data == "":
            raise ours("is empty.", "Write a value, or remove the key.")
        return data


class RuleDoc(ConditionsDoc):
    """One rule: the first that speaks decides."""

    model_config = ConfigDict(json_schema_extra={"not": _BOTH})
    slips = keys(_SLIPS | _RULE_SLIPS)
    then: Annotated[object, _THEN] = Field(description=RULE_THEN)


class TightenDoc(ConditionsDoc):
    """What is added to whatever the rules say."""

    model_config = ConfigDict(
        json_schema_extra={"not": _BOTH, "anyOf": [{"required": ["then"]}, {"required": ["reason"]}]}
    )
    slips = keys(_SLIPS | _TIGHTEN_SLIPS)
    over_items: int | None = Field(default=None, ge=1, description="more targets of these kinds than this")
    cost_usd_over: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="a dearer purge than this many US dollars, such as 20"
    )
    then: Annotated[object, _THEN_MORE] = Field(default=None, description=TIGHTEN_THEN)


class BreakGlassDoc(Part):
    """Who may do without the votes, and what it takes."""

    slips = keys({
        "channel channels notify": "Write it as tell: [C0SEC], by the channel's id.",
        "group groups user users people": "Write it as `who`: groups or Slack ids.",
    })  # fmt: skip

    who: Words = Field(description="groups or Slack ids")
    reason_min: int = Field(default=20, ge=1, description="the fewest characters of the reason")
    per_day: int = Field(default=2, ge=1, description="how often one person may in 24 hours")
    tell: list[SlackId] = Field(default=[], description="the ids of Slack channels that are told, such as [C0SEC]")
    remind: Duration = Field(default="4h", description="how long until an open review is asked for again")


class UrgentDoc(Part):
    """Whose purge may go before all others, and how often."""

    slips = keys({
        "group groups user users people": "Write it as `who`: groups, Slack ids, members, guests, token:NAME.",
        "limit max most count day daily": "Write it as per_day: 5.",
    })  # fmt: skip

    who: Words = Field(description="groups, Slack ids, members, guests, token:NAME")
    per_day: int = Field(default=5, ge=1, description="how often one of them may in 24 hours")


class PolicyDoc(Part):
    """Who may purge what, and who must agree."""

    slips = keys({
        "default defaults": "Where no rule speaks the answer is no; what else is meant is the last rule.",
        "approvers": "Write it as a group: groups: {approvers: [S0APPR, U0LEA]}.",
        "zone tz": "Write it as timezone: Europe/Berlin.",
    })  # fmt: skip

    groups: dict[str, SkipValidation[Words]] = Field(
        default={}, description="people by name, such as {sre: [S0SRE, U0LEA]}"
    )
    self_approval: Annotated[Literal["never"], BeforeValidator(_only_never)] = Field(
        default="never", description="nobody approves their own"
    )
    approve_within: Duration = Field(
        default=f"{APPROVE_WITHIN / 60:.0f}m", description="how long people may take to agree"
    )
    run_within: Duration = Field(
        default=f"{RUN_WITHIN / 60:.0f}m", description="how long after the last yes it may begin"
    )
    timezone: str = Field(default="UTC", description="the zone of `between`, and of hours that name none")
    rules: list[SkipValidation[RuleDoc]] = Field(
        min_length=1, description="the first that speaks decides, such as [{name: all, who: members, then: deny}]"
    )
    tighten: list[SkipValidation[TightenDoc]] = Field(
        default=[], description=f"what is added to that, such as {TIGHTENED}"
    )
    urgent: UrgentDoc | None = Field(
        default=None,
        description="whose purge may go before all others, such as {who: sre}; where nothing is said, the approvers'",
    )
    break_glass: BreakGlassDoc | None = Field(
        default=None, description="who may do without the votes, such as {who: sre, tell: [C0SEC]}"
    )
