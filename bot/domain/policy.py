"""Who may do what, and who must agree: the built-in policy. Pure: it judges the resolved plan, not the words typed.

up to 30 URLs, paths or tags        every full member
more, or a prefix, host, pattern    one approver
everything                          a reason, and two approvers in production, one elsewhere
anything else                       no
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.actor import Actor, Standing
from bot.domain.job import JobView
from bot.domain.plan import Plan
from bot.domain.site import Environment
from providers.contract import Kind

SMALL_MAX = 30
APPROVE_WITHIN = 1800.0  # seconds
SMALL_KINDS = frozenset({Kind.URL, Kind.PATH, Kind.TAG})


@dataclass(frozen=True, slots=True)
class Allow:
    """It may run now."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """It may run once `needed` of the people `of` agree."""

    rule: str
    why: str
    needed: int
    of: tuple[str, ...]
    expires_in: float = APPROVE_WITHIN


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not run; `advice` says what would make it pass."""

    rule: str
    why: str
    advice: str


Decision = Allow | Ask | Deny


class Deed(StrEnum):
    """What somebody may want to do."""

    HELP = "help"  # help and whoami: harmless, for everybody
    SEE = "see"  # sites, status, show
    PLAN = "plan"
    CHECK = "check"
    PURGE = "purge"
    VOTE = "vote"
    CANCEL = "cancel"
    RETRY = "retry"  # failed calls again, or a call whose outcome is unknown


_NOT_A_MEMBER = {
    Standing.GUEST: "Guests may not do this.",
    Standing.BOT: "Bots may not do this.",
    Standing.STRANGER: "People of other workspaces may not do this.",
    Standing.GONE: "This account is deactivated.",
    Standing.UNREADABLE: "Slack will not say who you are, so the answer is no.",
    Standing.AWAY: "Slack does not answer, so nobody knows who you are and the answer is no.",
}


def authorise(
    actor: Actor, deed: Deed, site: str = "", job: JobView | None = None, approvers: Sequence[str] = ()
) -> Deny | None:
    """Whether `actor` may do `deed` at all; None means yes. Stands behind every door."""
    if deed is Deed.HELP:
        return None
    if actor.standing in _NOT_A_MEMBER:
        return Deny("members", _NOT_A_MEMBER[actor.standing], "Ask a full member of the workspace.")
    if site and not actor.may_see(site):
        return Deny("sites", f"There is no site {site} for you.", "Ask whoever configured purgebot.")
    if actor.is_token:
        return _token_may(actor, deed, job)
    if job is not None and deed in (Deed.CANCEL, Deed.RETRY) and actor.id not in (job.requested_by, *approvers):
        return Deny("own", f"{job.name} is not yours.", "Its requester or an approver can do that.")
    if job is not None and deed is Deed.VOTE:
        return _may_vote(actor, job)
    return None


def _token_may(actor: Actor, deed: Deed, job: JobView | None) -> Deny | None:
    if deed is Deed.VOTE:
        return Deny("people", "Tokens do not vote.", "Ask an approver to press Approve in Slack.")
    if deed is Deed.SEE:
        return None
    if not actor.may_command:
        return Deny("read-only", "This token may only read.", "Use a token with `may: command`.")
    if job is not None and deed in (Deed.CANCEL, Deed.RETRY) and job.requested_by != actor.id:
        return Deny("own", f"{job.name} was not asked for by this token.", "Its requester or an approver can do that.")
    return None


def _may_vote(actor: Actor, job: JobView) -> Deny | None:
    if actor.id == job.requested_by:
        return Deny("self", f"You asked for {job.name}, so somebody else must decide.", "You can cancel it.")
    if job.approval is None or actor.id not in job.approval.of:
        return Deny("approvers", f"You are not an approver of {job.name}.", "The card names who is asked.")
    return None


def decide(actor: Actor, plan: Plan, approvers: Sequence[str], reason: str) -> Decision:
    """The built-in policy's answer to `plan`. Deny fails closed: an unreachable quorum is said at once."""
    denied = authorise(actor, Deed.PURGE, plan.site)
    if denied is not None:
        return denied
    count = len(plan.targets)
    if plan.effect in SMALL_KINDS and count <= SMALL_MAX:
        return Allow("small", f"up to {SMALL_MAX} URLs, paths or tags run at once")
    if plan.effect is Kind.EVERYTHING:
        return _decide_everything(actor, plan, approvers, reason)
    why = f"{count} targets are more than {SMALL_MAX}" if plan.effect in SMALL_KINDS else f"it purges a {plan.effect}"
    return _ask(actor, "wide", why, 1, approvers)


def _decide_everything(actor: Actor, plan: Plan, approvers: Sequence[str], reason: str) -> Decision:
    if not reason.strip():
        amounts = "" if plan.kind is Kind.EVERYTHING else f"This amounts to everything on {plan.site}. "
        return Deny("everything", f"{amounts}Purging everything needs a reason.", "Add: because <reason>")
    needed = 2 if plan.environment == Environment.PRODUCTION else 1
    return _ask(actor, "everything", f"it empties all of {plan.site} ({plan.environment})", needed, approvers)


def _ask(actor: Actor, rule: str, why: str, needed: int, approvers: Sequence[str]) -> Ask | Deny:
    asked = tuple(dict.fromkeys(person for person in approvers if person != actor.id))
    if len(asked) >= needed:
        return Ask(rule, why, needed, asked)
    if not approvers:
        return Deny(rule, f"This needs approval, since {why}, and no approvers are configured.", _NAME_APPROVERS)
    people = f"{needed} approver{'s' if needed > 1 else ''} other than you"
    return Deny(rule, f"This needs {people}, and the configuration names {len(asked)}.", _NAME_APPROVERS)


_NAME_APPROVERS = "Name them in `approvals: {channel: …, approvers: [U…]}`."
