"""The policy as pydantic reads it. Rules are read one by one, so that one run tells what is wrong with each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SkipValidation, WithJsonSchema, field_validator
from pydantic.config import JsonDict

from bot.domain.policy import APPROVE_WITHIN, RUN_WITHIN
from bot.settings.complaints import ours
from bot.settings.parts import Part, SlackId
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

    approve: int = Field(ge=1, description="how many must agree")
    of: Words = Field(description="who is asked: a group, or Slack ids, such as approvers")


class ApproveMoreDoc(Part):
    """That more people must agree."""

    approve_more: int = Field(ge=1, description="how many more must agree")
    of: Words = Field(default=[], description="who is asked where nobody else is")


_THEN = WithJsonSchema({"anyOf": [{"enum": ["allow", "deny"]}, ApproveDoc.model_json_schema()]})
_THEN_MORE = WithJsonSchema({"anyOf": [{"const": "deny"}, ApproveMoreDoc.model_json_schema()]})


_BOTH: JsonDict = {"required": ["between", "during"]}


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

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, data: object) -> object:
        if data is None or data == "":
            raise ours("is empty.", "Write a value, or remove the key.")
        return data


class RuleDoc(ConditionsDoc):
    """One rule: the first that speaks decides."""

    model_config = ConfigDict(json_schema_extra={"not": _BOTH})
    then: Annotated[object, _THEN] = Field(description=RULE_THEN)


class TightenDoc(ConditionsDoc):
    """What is added to whatever the rules say."""

    model_config = ConfigDict(
        json_schema_extra={"not": _BOTH, "anyOf": [{"required": ["then"]}, {"required": ["reason"]}]}
    )
    over_items: int | None = Field(default=None, ge=1, description="more targets of these kinds than this")
    cost_usd_over: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="a dearer purge than this many US dollars"
    )
    then: Annotated[object, _THEN_MORE] = Field(default=None, description=TIGHTEN_THEN)


class BreakGlassDoc(Part):
    """Who may do without the votes, and what it takes."""

    who: Words = Field(description="groups or Slack ids")
    reason_min: int = Field(default=20, ge=1, description="the fewest characters of the reason")
    per_day: int = Field(default=2, ge=1, description="how often one person may in 24 hours")
    tell: list[SlackId] = Field(default=[], description="the ids of Slack channels that are told, such as [C0SEC]")
    remind: Duration = Field(default="4h", description="how long until an open review is asked for again")


class PolicyDoc(Part):
    """Who may purge what, and who must agree."""

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
    tighten: list[SkipValidation[TightenDoc]] = Field(default=[], description="what is added to that")
    break_glass: BreakGlassDoc | None = Field(default=None, description="who may do without the votes")
