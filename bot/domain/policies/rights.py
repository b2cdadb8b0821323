"""Who may do which deed at all: one function behind every door. What a purge needs beyond that is the policy's.

A deed without a line here is denied. docs/rights.md shows the whole table; a test holds it against this file.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Deny


class Deed(StrEnum):
    """What somebody may want to do."""

    HELP = "help"  # help and whoami: harmless, for everybody
    SEE = "see"  # sites, limits, status, show, log, stats, home
    PLAN = "plan"
    CHECK = "check"  # looks at edge and origin; the doctor
    PURGE = "purge"  # ask for it; the policy decides
    VOTE = "vote"
    CANCEL = "cancel"
    RUN = "run"  # begin now what is scheduled; the policy decides
    RETRY = "retry"  # failed calls again, or a call whose outcome is unknown
    HOLD = "hold"  # let nothing begin on a site
    RELEASE = "release"  # let it again
    HOLD_ALL = "hold_all"  # either on every site
    BREAK_GLASS = "break_glass"  # run without the votes
    URGENT = "urgent"  # have a purge go before everything that is not sent yet
    REVIEW = "review"  # close the review that a broken glass opened


NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a deed is about. `voters` are those who may vote on the job, `approvers` all whom the policy asks,
    `breakers` those who may break the glass, `urgents` those whose purge may go first; each as Slack says now.
    `nobody_asked` when the policy asks nobody at all, which nobody of whom Slack tells is not. `held_by` is who holds
    the site; `request` the name of a queued request, and `requested_by` who asked for it. `joined` when the actor's
    request is in the open job, which they may leave."""

    site: str = ""
    job: JobView | None = None
    voters: Set[str] = NOTHING
    approvers: Set[str] = NOTHING
    breakers: Set[str] = NOTHING
    urgents: Set[str] = NOTHING
    nobody_asked: bool = False
    held_by: str = ""
    request: str = ""
    requested_by: str = ""
    joined: bool = False

    @property
    def owned(self) -> tuple[str, tuple[str, ...]]:
        """The name of the job or the queued request, "" for neither, and whose it is."""
        return (self.job.name, self.job.owners) if self.job else (self.request, (self.requested_by,))


NOTHING_MORE = Subject()
_NOBODY = frozenset({Standing.GONE, Standing.UNREADABLE, Standing.AWAY})
_NOT_A_MEMBER = {
    Standing.GUEST: "Guests may not do this.",
    Standing.BOT: "Bots may not do this.",
    Standing.STRANGER: "People of other workspaces may not do this.",
    Standing.GONE: "This account is deactivated.",
    Standing.UNREADABLE: "Slack will not say who you are, so the answer is no.",
    Standing.AWAY: "Slack does not answer, so nobody knows who you are and the answer is no.",
}
_LOCAL_VOTES = Deny("people", "Nobody votes at the machine.", "Ask an approver to do it in Slack.")
_ANOTHERS_HOLD = Deny("own", "It is held by somebody else.", "Whoever holds it can release it, and so can an approver.")


def authorise(actor: Actor, deed: Deed, subject: Subject = NOTHING_MORE) -> Deny | None:
    """Whether `actor` may do `deed` on `subject`; None means yes."""
    if deed is Deed.HELP:
        return None
    if actor.standing in _NOT_A_MEMBER and (actor.standing in _NOBODY or not actor.is_named):
        return Deny("members", _NOT_A_MEMBER[actor.standing], "Ask a full member of the workspace.")
    if subject.site and not actor.may_see(subject.site):
        return Deny("sites", f"There is no site {subject.site} for you.", "Ask whoever configured purgebot.")
    if actor.is_local:
        return _LOCAL_VOTES if deed in (Deed.VOTE, Deed.BREAK_GLASS, Deed.REVIEW) else None
    return _token_may(actor, deed, subject) if actor.is_token else _person_may(actor, deed, subject)


def _token_may(actor: Actor, deed: Deed, subject: Subject) -> Deny | None:
    name, owners = subject.owned
    match deed:
        case Deed.VOTE:
            return Deny("people", "Tokens do not vote.", "Ask an approver to press Approve in Slack.")
        case Deed.BREAK_GLASS | Deed.REVIEW | Deed.HOLD_ALL:
            return Deny("people", "Tokens may not do this.", "A person does it in Slack.")
        case Deed.SEE if actor.is_sender and name and actor.id in owners:
            return None
        case _ if actor.is_sender and deed is not Deed.PURGE:
            return Deny("deploys", "This token only sends deploys.", "Use a token of `api.tokens`.")
        case Deed.SEE:
            return None
        case _ if not actor.may_command:
            return Deny("read-only", "This token may only read.", "Use a token with `may: command`.")
        case Deed.URGENT:
            return _may_hurry(actor, subject)
        case Deed.CANCEL if subject.joined:
            return None
        case Deed.CANCEL | Deed.RETRY if name and actor.id not in owners:
            return Deny("own", f"{name} was not asked for by this token.", "Its requester or an approver can do that.")
        case Deed.RELEASE if subject.held_by != actor.id:
            return _ANOTHERS_HOLD
        case Deed.PLAN | Deed.CHECK | Deed.PURGE | Deed.RUN | Deed.CANCEL | Deed.RETRY | Deed.HOLD | Deed.RELEASE:
            return None
        case _:
            return Deny("deeds", "There is no rule for this, so the answer is no.", "Ask whoever configured purgebot.")


def _person_may(actor: Actor, deed: Deed, subject: Subject) -> Deny | None:
    match deed:
        case Deed.SEE | Deed.PLAN | Deed.CHECK | Deed.PURGE | Deed.RUN:
            return None
        case Deed.HOLD | Deed.RELEASE | Deed.HOLD_ALL if actor.standing is not Standing.MEMBER:
            return _may_hold_as_approver(actor, subject)
        case Deed.HOLD:
            return None
        case Deed.RELEASE:
            return None if actor.id == subject.held_by or _ends_all(actor, subject) else _ANOTHERS_HOLD
        case Deed.CANCEL if subject.joined:
            return None
        case Deed.CANCEL | Deed.RETRY:
            return _own(actor, subject)
        case Deed.VOTE:
            return _may_vote(actor, subject)
        case Deed.HOLD_ALL if _ends_all(actor, subject):
            return None
        case Deed.HOLD_ALL:
            return Deny(
                "approvers", "Only approvers may hold or release every site.", "Name one site, or ask an approver."
            )
        case Deed.BREAK_GLASS if actor.id in subject.breakers:
            return None
        case Deed.BREAK_GLASS:
            return Deny("break_glass", "You are not one of those who may break the glass.", "Ask for it the usual way.")
        case Deed.URGENT:
            return _may_hurry(actor, subject)
        case Deed.REVIEW:
            return _may_review(actor, subject)
        case _:
            return Deny("deeds", "There is no rule for this, so the answer is no.", "Ask whoever configured purgebot.")


def _ends_all(actor: Actor, subject: Subject) -> bool:
    return actor.id in subject.approvers or subject.nobody_asked


def _may_hold_as_approver(actor: Actor, subject: Subject) -> Deny | None:
    if actor.id in subject.approvers:
        return None
    return Deny("members", "Only full members and approvers hold or release a site.", "Ask one of them.")


def _own(actor: Actor, subject: Subject) -> Deny | None:
    name, owners = subject.owned
    if not name or actor.id in owners or actor.id in subject.approvers:
        return None
    return Deny("own", f"{name} is not yours.", "Its requester or an approver can do that.")


def _may_vote(actor: Actor, subject: Subject) -> Deny | None:
    job = subject.job
    if job is None:
        return None
    if actor.id in job.asked_by:
        return Deny("self", f"You asked for {job.name}, so somebody else must decide.", "You can cancel it.")
    if job.approval is None or actor.id not in subject.voters:
        return Deny("approvers", f"You are not an approver of {job.name}.", "The card names who is asked.")
    return None


def _may_hurry(actor: Actor, subject: Subject) -> Deny | None:
    if actor.id in subject.urgents:
        return None
    return Deny("urgent", "You are not one of those who may have a purge go first.", "Ask without --urgent.")


def _may_review(actor: Actor, subject: Subject) -> Deny | None:
    job = subject.job
    if job is not None and actor.id in job.asked_by:
        return Deny("self", f"You asked for {job.name}, so somebody else must review it.", "Ask an approver.")
    if actor.id in subject.approvers or actor.id in subject.breakers:
        return None
    return Deny("approvers", "Only approvers review a broken glass.", "Ask one of them.")
