"""What is asked for at the machine, while no bot runs: nobody can vote then, so nobody is asked to; what the policy
refuses, and what is held, runs only where that is said as well."""

from __future__ import annotations

from bot.domain.jobs.hold import OVERRULED, Hold
from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Allow, Decision, Deny, Members, Roster
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.services.replies import Refusal, SiteHeld
from bot.services.setup import Core

LOCAL = "local:"  # before the name of the machine's user
VOTERS = 100  # more than any rule asks for
RULE = "local"
_ANYWAY = "Nothing was purged. Add --anyway to purge all the same; it is journalled."


def at_the_machine(decision: Decision, hold: Hold | None, site: str, anyway: bool) -> Allow | Refusal:
    """The answer to somebody at the machine, where the policy says `decision` to a full member."""
    if isinstance(decision, Deny) and not anyway:
        return Refusal(f"The policy refuses it: {decision.why}", _ANYWAY, by_rule=True)
    if hold is not None and not anyway:
        return SiteHeld(f"{site} is held: {hold.reason}", _ANYWAY, by_rule=True, hold=hold.alone, site=site)
    if isinstance(decision, Deny) or hold is not None:
        return Allow(OVERRULED, "asked for at the machine, though it is refused or held")
    return Allow(RULE, "asked for at the machine, where nobody votes")


def with_voters(roster: Roster) -> Roster:
    """`roster` as though there were voters enough in every group: nobody is asked at the machine, and that Slack does
    not say who they are must not hide what else the policy refuses."""
    return {name: Members(frozenset(f"{name}.{n}" for n in range(VOTERS))) for name in roster}


def journal_overruled(
    books: Books, job: JobView, decision: Decision, hold: Hold | None, now: float, by: str = ""
) -> None:
    """Keep what `job` was asked for in spite of, by whoever asked for it, or `by` another who has it go on."""
    if job.rule == OVERRULED:
        no = decision if isinstance(decision, Deny) else None
        books.journal.add(
            now, "overruled", by or job.requested_by, job.id,
            rule=no.rule if no else "", why=no.why if no else "", held_by=hold.by if hold else "",
            hold=hold.reason if hold else "",
        )  # fmt: skip


def tell_of_local(books: Books, core: Core, job: JobView, now: float) -> None:
    """The channels that hear of a broken glass hear of this too, once Slack is back."""
    root = books.messages.find(job.id, Role.ROOT)
    glass = core.setup.policy.break_glass
    for channel in dict.fromkeys(glass.tell if glass else ()):
        if root is None or channel != root.channel:
            books.messages.plan(job.id, Role.ALSO, channel, "", "", now, of=channel)
