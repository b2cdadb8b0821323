"""A reply as the card that the asker sees in private."""

from __future__ import annotations

from bot.domain.jobs.job import JobView
from bot.services.replies import (
    BadLinesFound,
    Checked,
    Done,
    Explained,
    FormWanted,
    Full,
    HelpShown,
    HoldEnded,
    HoldLaid,
    HostToConfirm,
    JobMade,
    JobShown,
    JobsListed,
    Joined,
    LimitsShown,
    Linted,
    LogShown,
    NotUnderstood,
    PlanShown,
    Probed,
    PurgeFormWanted,
    Queued,
    QueuedOver,
    QueuedShown,
    Refusal,
    Reply,
    SchedulesListed,
    SiteHeld,
    SitesListed,
    StatsShown,
    TakenBack,
    Warmed,
    WhoAmI,
)
from bot.services.running.queue import QueueShown
from bot.slack.cards import findings, holds, private, purge_form
from bot.slack.cards import queue as queues
from bot.slack.cards.blocks import Card
from bot.slack.cards.checked import check_card
from bot.slack.cards.glass import with_reviews
from bot.slack.cards.history import log_card, timeline_card
from bot.slack.cards.limits import limits_card
from bot.slack.cards.lint import lint_card
from bot.slack.cards.probed import probed_card
from bot.slack.cards.root import root_card
from bot.slack.cards.schedules import schedules_card
from bot.slack.cards.stats import stats_card
from bot.slack.cards.warm import foreseen_line, warm_card, with_warmings
from bot.slack.cards.why import why_card


def card_for(reply: Reply, now: float, command: str) -> Card:
    """The card for `reply`; a job that was made shows its own card as it is now."""
    match reply:
        case NotUnderstood(misunderstood, draft):
            return private.misunderstood_card(misunderstood, draft)
        case SiteHeld(hold=hold, advice=advice):
            return holds.held_card(hold, advice)
        case Queued():
            return holds.queued_card(reply, command)
        case QueuedShown(waits, targets):
            return holds.queued_shown_card(waits, targets, command)
        case QueuedOver():
            return holds.queued_over_card(reply, command)
        case TakenBack(name, site):
            return holds.taken_back_card(name, site)
        case HoldLaid():
            return holds.laid_card(reply, command)
        case HoldEnded():
            return holds.ended_card(reply, command)
        case Full() as full:
            return queues.full_card(full, now, command)
        case Refusal(what, advice):
            return private.refusal_card(what, advice)
        case PlanShown(plan, decision, _, observing, held, warming, due, no, lacking):
            planned = findings.plan_card(plan, decision, observing, foreseen_line(warming), due, no, lacking)
            return holds.also_held(planned, held)
        case JobMade(job):
            return root_card(job, now)
        case Joined() as joined:
            return queues.joined_card(joined, now)
        case QueueShown() as shown:
            return queues.queue_card(shown, command)
        case FormWanted(draft, _, site):
            return private.open_form_card(site, draft)
        case PurgeFormWanted(draft):
            return purge_form.button_card(draft, command)
        case HostToConfirm(draft, asked):
            return private.confirm_host_card(asked, draft)
        case BadLinesFound(draft, asked):
            return private.bad_lines_card(asked, draft)
        case Checked() as checked:
            return check_card(checked, now, command)
        case Explained() as explained:
            return why_card(explained, command)
        case Linted():
            return lint_card(reply)
        case Warmed() as warmed:
            return warm_card(warmed, command)
        case JobsListed(jobs, held_now, reviews, waiting, total, warms, warms_total):
            listed = with_warmings(private.status_card(jobs, now, command, bool(warms)), warms, warms_total, command)
            listed = holds.with_holds(listed, held_now)
            return with_reviews(holds.with_waiting(listed, waiting, total, command), reviews)
        case JobShown(job, whole, moments, targets):
            return timeline_card(job, moments, now, targets) if whole else private.show_card(job, now)
        case LogShown() as log:
            return log_card(log, command)
        case StatsShown() as stats:
            return stats_card(stats)
        case SchedulesListed():
            return schedules_card(reply, now, command)
        case SitesListed(sites, held_now, examples):
            return holds.with_holds(private.sites_card(sites, examples), held_now)
        case LimitsShown(accounts):
            return limits_card(accounts)
        case Probed(found, undone, groups):
            return probed_card(found, undone, groups)
        case WhoAmI():
            return private.whoami_card(reply)
        case HelpShown(text):
            return private.help_card(text)
        case Done(job, what):
            return private.done_card(job, what)


def job_of(reply: Reply) -> JobView | None:
    """The job that a reply made or touched."""
    match reply:
        case JobMade(job) | Joined(job) | JobShown(job) | Done(job):
            return job
        case _:
            return None
