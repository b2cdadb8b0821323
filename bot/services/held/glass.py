"""Breaking the glass: a waiting job runs without its votes. It skips people, not rules: what the policy denies, a hold,
pacing, order, proof and record stay. It is told loudly, and opens a review that reminds until somebody else closes it.
"""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import Approval, JobView, State
from bot.domain.jobs.steps import ready
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.policies.policy import BreakGlass, Deny, Roster
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.policies.wording import expired
from bot.ledger.books import Books
from bot.ledger.messages import Role
from bot.ledger.reviews import Review
from bot.services.configured import no_longer_configured
from bot.services.forgotten import no_job
from bot.services.replies import Done, Refusal, refused_by
from bot.services.requests.deciding import site_held
from bot.services.setup import SLACK, Core, job_name, review_name
from bot.services.voting import clearance
from bot.services.voting.forged import OTHER_RECORD
from bot.services.voting.job_people import People, people_of
from bot.services.voting.roster import approvers, breakers, read_roster

_NOBODY = Refusal(
    "Nobody may break the glass here.", "The policy names nobody under `break_glass`. Ask an approver.", by_rule=True
)
_AWAY = Refusal("Slack does not answer, so nobody knows who asked and the answer is no.", "Try again in a minute.")


async def break_glass(core: Core, actor: Actor, number: int, reason: str) -> Done | Refusal:
    """Have job `number` run without the votes it waits for."""
    glass = core.setup.policy.break_glass
    roster = await read_roster(core, within_a_minute=True)
    now_here = actor if actor.is_token else await core.directory.actor(actor.id, actor.team, within_a_minute=True)
    job = await core.ledger.read(lambda books: books.jobs.find(number))
    if job is None or not actor.may_see(job.site):
        return await core.ledger.read(lambda books: no_job(books, actor, number))
    if glass is None:
        return _NOBODY
    people = await people_of(core, job)
    if people is None or now_here.standing is Standing.AWAY:
        return _AWAY

    def deed(books: Books) -> tuple[Done | Refusal, Review | None]:
        fresh = books.jobs.get(number)
        if fresh.approval is not None and fresh.approval.broken_by == actor.id:
            return _once_more(books, fresh, fresh.approval, reason), None
        refused = (
            _refuse(core, now_here, fresh, roster)
            or _too_short(core, fresh, glass, reason)
            or _denied(books, core, fresh, people)
            or _used_up(books, core, actor, glass)
        )
        return (refused, None) if refused else _break(books, core, fresh, actor, reason, glass)

    answer, review = await core.ledger.write(deed)
    if review is not None:
        core.engine.wake(SLACK)
        core.engine.wake(job_name(number))
        if review.due_at is not None:
            core.engine.wake(review_name(review.id), review.due_at)
    return answer


def _refuse(core: Core, actor: Actor, job: JobView, roster: Roster) -> Refusal | None:
    subject = Subject(job.site, job, breakers=breakers(core, roster))
    denied = authorise(actor, Deed.BREAK_GLASS, subject)
    if denied is not None:
        return Refusal(denied.why, denied.advice, by_rule=True)
    if job.approval is not None and job.approval.broken_by:
        what = f"The glass of {job.name} is broken already: {job.approval.broken_because}"
        return Refusal(what, f"`show {job.name}` tells by whom, and how far it is.")
    if job.ended_by_restore:
        return Refusal(f"{job.name} was ended by a restore of a backup.", "Ask for it again, then break the glass.")
    if job.state is not State.WAITING or job.approval is None:
        return Refusal(f"{job.name} does not wait for votes: it is {job.state}.", "There is no glass to break.")
    if core.clock.now() >= job.approval.expires:
        return Refusal(f"{job.name} has expired: {expired(job.agreed)}.", "Ask for it again, then break the glass.")
    return None


def _once_more(books: Books, job: JobView, approval: Approval, reason: str) -> Done | Refusal:
    """It is broken already, by the same person: another reason would be lost, and is not taken in silence."""
    reviewed = not any(review.is_open for review in books.reviews.of_job(job.id))
    if reviewed or not job.state.is_open:
        what = f"The glass of {job.name} is broken already: {approval.broken_because}"
        how_far = "It has ended" if not job.state.is_open else "It goes on"
        review = "its review is closed" if reviewed else "its review is open"
        return Refusal(what, f"{how_far}, and {review}: `show {job.name}` tells how and by whom.")
    if reason.strip() in ("", approval.broken_because.strip()):
        return Done(job, "broken")
    what = f"You have broken the glass of {job.name} already: {approval.broken_because}"
    return Refusal(what, "That reason stands; this one was not kept. Say more in the thread of the post of it.")


def _too_short(core: Core, job: JobView, glass: BreakGlass, reason: str) -> Refusal | None:
    n, least = len("".join(reason.split())), glass.reason_min
    if n >= least:
        return None
    if n == 0:
        what = f"Breaking the glass needs a reason of at least {least} characters, blanks not counted."
        line = f"{core.setup.command} break-glass {job.name} because …"
        return Refusal(what, f"Say what happens if it waits: `{line}`", by_rule=True)
    what = f"Breaking the glass needs a reason of at least {least} characters, blanks not counted; this has {n}."
    return Refusal(what, "Say what happens if it waits.", by_rule=True)


def _denied(books: Books, core: Core, job: JobView, people: People) -> Refusal | None:
    """What no broken glass skips: a hold, and what the policy denies."""
    now = core.clock.now()
    if core.setup.observe:
        return Refusal("This purgebot only observes (`mode: observe`).", "A broken glass skips votes, not that.")
    if gone := no_longer_configured(books, core, job):
        return Refusal(f"{job.name} cannot run. {gone}", "A broken glass skips votes, not that.")
    hold = books.holds.on(job.site, now)
    if hold is not None:
        held = site_held(hold, job.site)
        advice = "A broken glass skips votes, not holds. Whoever holds it can release it, and so can an approver."
        return replace(held, advice=advice)
    decision = clearance.judge_again(books, core, job, people, now)
    if not isinstance(decision, Deny):
        return None
    refused = refused_by(decision)
    advice = f"{refused.advice} A broken glass skips votes, not what the policy denies.".strip()
    return replace(refused, advice=advice)


def _used_up(books: Books, core: Core, actor: Actor, glass: BreakGlass) -> Refusal | None:
    n = books.reviews.broken_on_day_of(actor.id, core.clock.now())
    if n < glass.per_day:
        return None
    what = f"You have broken the glass {_times(n)} today (UTC), and may do so {_times(glass.per_day)} a day."
    return Refusal(what, "Ask an approver, or somebody else who may break it.", by_rule=True)


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _break(
    books: Books, core: Core, job: JobView, actor: Actor, reason: str, glass: BreakGlass
) -> tuple[Done | Refusal, Review | None]:
    approval, now = job.approval, core.clock.now()
    if approval is None:
        return no_job(books, actor, job.id), None
    agreed = sum(vote.yes for vote in approval.votes)
    skipped = max(0, approval.needed - agreed)
    due_at = now + glass.remind if glass.remind > 0 else None
    review = books.reviews.open(
        Review(0, job.id, actor.id, now, reason, skipped, approval.needed, glass.remind, due_at)
    )
    books.journal.add(
        now, "glass_broken", actor.id, job.id,
        reason=reason, skipped=skipped, needed=approval.needed, digest=approval.digest,
        policy=core.setup.policy.version,
    )  # fmt: skip
    books.messages.say(job.id, Told(Event.GLASS_BROKEN, who=actor.id, n=skipped, text=reason), now)
    for channel in _told_in(core, job, glass):
        books.messages.plan(job.id, Role.GLASS, channel, "", "", now, of=f"{review.id} {channel}")
    broken = replace(
        approval,
        approved=now,
        broken_by=actor.id,
        broken_because=reason,
        barred="",
        bar_said="",
        bar_gone=False,
        bar_lost=(),
        bar_ends=None,
    )
    queued = books.jobs.save(ready(replace(job, approval=broken), now))
    books.messages.changed(job.id, now)
    return Done(queued, "broken"), review


def _told_in(core: Core, job: JobView, glass: BreakGlass) -> tuple[str, ...]:
    """The channels that hear of it: those of the policy, else wherever approval was asked for."""
    if glass.tell:
        return tuple(dict.fromkeys(glass.tell))
    site = core.setup.sites.get(job.site)
    homes = (site.channel if site else "", core.setup.approvals_channel, job.channel)
    return tuple(filter(None, homes))[:1]


async def close_review(core: Core, actor: Actor, number: int, note: str = "") -> Done | Refusal:
    """Somebody else than who broke the glass or asked has looked at what was done and why."""
    roster = await read_roster(core, within_a_minute=True)
    now_here = actor if actor.is_token else await core.directory.actor(actor.id, actor.team, within_a_minute=True)
    asked, able = approvers(core, roster), breakers(core, roster)

    def deed(books: Books) -> Done | Refusal:
        job = books.jobs.find(number)
        if job is None or not actor.may_see(job.site):
            return no_job(books, actor, number)
        denied = authorise(now_here, Deed.REVIEW, Subject(job.site, job, approvers=asked, breakers=able))
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True)
        return _close(books, core, job, actor, note)

    answer = await core.ledger.write(deed)
    if isinstance(answer, Done):
        core.engine.wake(SLACK)
    return answer


def _close(books: Books, core: Core, job: JobView, actor: Actor, note: str) -> Done | Refusal:
    now, reviews = core.clock.now(), books.reviews.of_job(job.id)
    waiting = [review for review in reviews if review.is_open]
    if not reviews:
        return Refusal(f"Nobody broke the glass of {job.name}.", "`status` tells which reviews are open.")
    if not waiting:
        return Refusal(f"The review of {job.name} is closed already.", f"`show {job.name}` tells by whom.")
    if not job.state.is_open and not books.is_as_sealed(job.id):
        return Refusal(f"{job.name} cannot be reviewed: {OTHER_RECORD}")
    if actor.id in {review.by for review in waiting}:
        what = f"You broke the glass of {job.name}, so somebody else must review it."
        return Refusal(what, "Ask an approver.", by_rule=True)
    books.reviews.close(job.id, actor.id, note, now)
    books.messages.say(job.id, Told(Event.REVIEWED, who=actor.id, text=note), now)
    books.messages.changed(job.id, now)
    books.journal.add(now, "review_closed", actor.id, job.id, note=note, broken_by=[review.by for review in waiting])
    return Done(job, "reviewed")


async def remind(core: Core, number: int) -> None:
    """Say once more, in the threads that tell of it, that review `number` is open; at most once a period."""

    def deed(books: Books) -> float | None:
        review, now = books.reviews.find(number), core.clock.now()
        if review is None or review.due_at is None or review.due_at > now:
            return review.due_at if review else None
        for told in books.messages.posted(review.job, Role.GLASS, number):
            of = f"{number}.{review.reminders + 1} {told.channel}"
            books.messages.plan(review.job, Role.REMINDER, told.channel, told.ts, "", now, of=of)
        due_at = now + review.remind
        books.reviews.reminded(review, due_at)
        return due_at

    due_at = await core.ledger.write(deed)
    if due_at is not None:
        core.engine.wake(SLACK)
        core.engine.wake(review_name(number), due_at)
