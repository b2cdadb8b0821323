"""A reply as the card that the asker sees in private."""

from __future__ import annotations

from bot.domain.job import JobView
from bot.services.replies import (
    BadLinesFound,
    Checked,
    Done,
    FormWanted,
    HelpShown,
    HostToConfirm,
    JobMade,
    JobShown,
    JobsListed,
    LimitsShown,
    NotUnderstood,
    PlanShown,
    Probed,
    Refused,
    Reply,
    SitesListed,
    WhoAmI,
)
from bot.slack.cards import findings, private
from bot.slack.cards.blocks import Card
from bot.slack.cards.limits import limits_card
from bot.slack.cards.probed import probed_card
from bot.slack.cards.root import root_card


def card_for(reply: Reply, now: float, command: str) -> Card:
    """The card for `reply`; a job that was made shows its own card as it is now."""
    match reply:
        case NotUnderstood(misunderstood, draft):
            return private.misunderstood_card(misunderstood, draft)
        case Refused(what, advice):
            return private.refusal_card(what, advice)
        case PlanShown(plan, decision, _, observing):
            return findings.plan_card(plan, decision, observing)
        case JobMade(job):
            return root_card(job, now)
        case FormWanted(draft, _, site):
            return private.open_form_card(site, draft)
        case HostToConfirm(draft, asked):
            return private.confirm_host_card(asked, draft)
        case BadLinesFound(draft, asked):
            return private.bad_lines_card(asked, draft)
        case Checked() as checked:
            return findings.check_card(checked, now, command)
        case JobsListed(jobs):
            return private.status_card(jobs, now, command)
        case JobShown(job, whole, steps):
            return private.show_card(job, steps, now, whole)
        case SitesListed(sites):
            return private.sites_card(sites)
        case LimitsShown(accounts):
            return limits_card(accounts)
        case Probed(found):
            return probed_card(found)
        case WhoAmI():
            return private.whoami_card(reply)
        case HelpShown(text):
            return private.help_card(text)
        case Done(job, what):
            return private.done_card(job, what)


def job_of(reply: Reply) -> JobView | None:
    """The job that a reply made or touched."""
    match reply:
        case JobMade(job) | JobShown(job) | Done(job):
            return job
        case _:
            return None
