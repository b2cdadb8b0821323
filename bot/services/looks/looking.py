"""A job's looks: before its first call and after its last, until it is proven or there is nothing more to see."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain.deploys.deploy import Expected, pages_of
from bot.domain.jobs.job import JobView
from bot.domain.jobs.steps import look_due, looks_of
from bot.domain.jobs.thread_step import Event, Told
from bot.domain.proof.doubts import Doubt
from bot.domain.proof.leading import Led
from bot.domain.proof.met import EXPECTED_SHOWN, met
from bot.domain.proof.places import named, named_one
from bot.domain.proof.reached import Purged
from bot.domain.proof.stand_ins import stand_ins
from bot.domain.proof.verdict import Judgement, Look, Verdict, describe, judge
from bot.domain.proof.world import counted, gathered
from bot.ledger.books import Books
from bot.services.looks.around import Around, compared, probes_after, probes_before, was
from bot.services.looks.call_times import CallTimes, call_times, purged_pages
from bot.services.looks.checks import NOTHING_EXPECTED, ORIGIN, look_all, verdict_of
from bot.services.looks.leading import led
from bot.services.looks.witnesses import REQUESTS_MAX, covered, remember, seen_of
from bot.services.running.endings import Change, finish
from bot.services.setup import Core
from bot.services.voting.altered import held_to_journal
from bot.services.warmup.warming import begin_after
from providers.contract import Cached, Kind

BEFORE_SECONDS = 2.0  # the look before holds a purge at most this long
AFTER_SECONDS, AFTER_MORE = 8.5, 8.5  # for the answers, and while this machine is behind with reading them
DNS_SECONDS, DNS_SECONDS_BEFORE = 1.0, 0.5  # for resolvers, before the looks; those before share BEFORE_SECONDS


async def look_before(core: Core, job: JobView) -> Change:
    """Look, and what is to be written of it. Where that was done before, probes are not asked once more; and of pages
    that an earlier run has purged already, what was there before that stands."""
    again = job.looked_before
    looks, around = await asyncio.gather(_looks_before(core, job), _nobody() if again else probes_before(core, job))

    def change(books: Books, job: JobView, now: float) -> JobView:
        held = purged_pages(books, job, job.before)
        kept = [look for look in job.before if look.url in held or (again and look.country)]
        seen = [look for look in looks if look.url not in held]
        books.jobs.save_looks(job.id, "before", (*seen, *kept, *around.looks))
        if seen:
            pages = covered(books, job, seen)
            text = " · ".join([_seen(job, seen, pages, now), *_probes(around), *_origin_ill(seen)])
            books.messages.say(job.id, Told(Event.LOOKED_BEFORE, text=text), now)
        return replace(job, looked_before=True, measurement=around.id or job.measurement, due_at=now)

    return change


async def _nobody() -> Around:
    return Around()


async def look_after(core: Core, job: JobView, round: int) -> Change:
    """Look for the `round`th time, judge, and what is to be written of it. Probes around the world, where they looked
    before, look again once the edges need no other look."""
    found = await _led(core, job, DNS_SECONDS)
    looks = await _looks(core, job, AFTER_SECONDS, _expected(core, job), twice=True, through_dns=found.through_dns)
    pages, seen_targets, times = await core.ledger.read(lambda books: _reached(books, job, looks))
    judgement, around = found.beside(_judge(job, looks, pages, times), looks), Around()
    if not _is_worth_another(job, judgement, round + 1):
        around = await probes_after(core, job)
        judgement = found.beside(_judge(job, compared(around.looks, looks), pages, times), looks)
        judgement = gathered(judgement, (*looks, *around.looks))
    seen = (*looks, *around.looks)

    def change(books: Books, job: JobView, now: float) -> JobView:
        looked = replace(job, round=round + 1, covered=pages, seen=seen_targets)
        judged = _judged(books, looked, seen, judgement, now, around.problem)
        return replace(judged, warming=begin_after(books, core, judged, now))

    return change


def _reached(books: Books, job: JobView, looks: Sequence[Look]) -> tuple[tuple[str, ...], int, CallTimes]:
    """The pages that count of those looked at, how many targets they stand for, and when they were purged."""
    pages = covered(books, job, (*job.before, *looks))
    return pages, seen_of(books, job, looks, pages), call_times(books, job, looks)


def _judge(job: JobView, looks: Sequence[Look], pages: Sequence[str], times: CallTimes) -> Judgement:
    """What these looks after the purge say."""
    soft = any(layer.soft for layer in job.layers)
    proven = (job.first_looks or job.looks) if job.proven is not None else ()
    kept_by = job.partly if job.kind is Kind.URL else (*job.partly, *job.left_alone)
    purged = Purged(
        times.last if job.layers else None, soft, pages, job.left_alone, proven, kept_by, job.kind is not Kind.URL,
        job.was_old_at, job.not_seen_new, (*job.refetched_at, *_refetched(looks)), times.sent, times.since,
        times.put_off,
    )  # fmt: skip
    return judge(was(job.before, looks), looks, purged)


def _with(places: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*places, *more]))


def _refetched(looks: Sequence[Look]) -> list[str]:
    """The places whose cache was empty or had let go of its copy, and got the old page from further in."""
    fetched = [look for look in looks if look.place != ORIGIN and look.cached in (Cached.MISS, Cached.EXPIRED)]
    return [look.place for look in fetched if verdict_of(look, looks) is Verdict.STALE]


def _is_worth_another(job: JobView, judgement: Judgement, round: int) -> bool:
    """Whether the edge is looked at once more after `round` looks."""
    return judgement.worth_another and job.edge_asked and round < len(looks_of(job))


def _probes(around: Around) -> list[str]:
    """What is told of probes before a purge: that they looked, or why they did not."""
    looked = counted([look.place for look in around.looks if not look.problem], around.looks)
    return [*(f"looked at by {words}" for words in looked), *([around.problem] if around.problem else [])]


def _expected(core: Core, job: JobView) -> Mapping[str, Expected]:
    """What each page must show, where a deploy said so."""
    site = core.setup.sites.get(job.site)
    return pages_of(job.deploy.expected, site) if job.deploy and site else NOTHING_EXPECTED


async def _led(core: Core, job: JobView, within: float) -> Led:
    site = core.setup.sites.get(job.site)
    return await led(core, site, job.look_urls, within) if site is not None else Led()


async def _looks_before(core: Core, job: JobView) -> tuple[Look, ...]:
    """What is there before, also through DNS where it leads past the edges, within BEFORE_SECONDS in all."""
    began = core.clock.monotonic()
    found = await _led(core, job, DNS_SECONDS_BEFORE)
    left = BEFORE_SECONDS - (core.clock.monotonic() - began)
    return await _looks(core, job, left, through_dns=found.through_dns)


async def _looks(
    core: Core,
    job: JobView,
    within: float,
    expected: Mapping[str, Expected] = NOTHING_EXPECTED,
    twice: bool = False,
    through_dns: bool = False,
) -> tuple[Look, ...]:
    site = core.setup.sites.get(job.site)
    if site is None:
        return ()
    now = core.clock.now()
    seen_old = await core.ledger.read(lambda books: books.known.old_lately(site.name, job.look_urls, now))
    return await look_all(
        core.looker, site, job.look_urls, within,
        before=job.before, expected=expected, twice=twice, through_dns=through_dns,
        requests=REQUESTS_MAX if twice else 0, unsteady=job.was_old_at, seen_old=seen_old,
        more=AFTER_MORE if twice else 0.0,
    )  # fmt: skip


def _origin_ill(looks: Sequence[Look]) -> Iterator[str]:
    """A warning where visitors will get errors in place of the copies that are there."""
    ill = next((look for look in looks if look.place == ORIGIN and look.status >= 500), None)
    if ill is not None and any(look.place != ORIGIN and 0 < look.status < 400 for look in looks):
        yield f"the origin answers {ill.status}, which visitors get once the copies are gone"


def _seen(job: JobView, looks: Sequence[Look], pages: Sequence[str], now: float) -> str:
    """What one page was at each place, named where the job itself does not name it: the first of `pages`, which it
    reaches, or the first that was looked at."""
    first = next((look.url for look in looks if look.url in pages), looks[0].url)
    page = "" if job.kind is Kind.URL and job.targets == 1 else f"{first} at "
    plain = [look for look in looks if look.url == first and not look.variant]
    return page + " · ".join(dict.fromkeys(f"{named_one(look.place, [look])}: {describe(look, now)}" for look in plain))


def _judged(
    books: Books, job: JobView, looks: tuple[Look, ...], judgement: Judgement, now: float, problem: str = ""
) -> JobView:
    books.jobs.save_looks(job.id, "after", looks)
    remember(books, job, looks, now)
    text = judgement.why or f"fresh at {', '.join(named(judgement.fresh_at, looks))}"
    under = stand_ins(replace(job, looks=looks))
    parts = [f"{job.seen:,} of {job.targets:,} targets" if job.sees_part else "", under.told]
    part = ", ".join(filter(None, parts))
    told = " · ".join(filter(None, [text, f"looked at {part}" if part else "", problem]))
    books.messages.say(job.id, Told(Event.LOOKED, n=job.round, text=told, again=job.is_looked_at_again), now)
    again = _is_worth_another(job, judgement, job.round)
    if judgement.moved_on and judgement.verdict is not Verdict.FRESH:
        judgement = _as_proven(job, judgement)
    seen = replace(
        job,
        why=judgement.why,
        doubts=judgement.doubts,
        verdict=judgement.verdict,
        fresh_at=judgement.fresh_at,
        stale_at=judgement.stale_at,
        was_old_at=_with(job.was_old_at, () if judgement.moved_on else judgement.stale_at),
        refetched_at=_with(job.refetched_at, () if judgement.moved_on else _refetched(looks)),
        not_seen_new=judgement.not_seen_new,
        due_at=now,
    )
    if again:
        return replace(seen, due_at=look_due(job, now))
    seen = held_to_journal(books, seen)
    proven = job.proven if judgement.moved_on else None  # what is old since then does not undo it
    if seen.verdict is Verdict.FRESH:
        proven = job.proven or now  # it stays so for how long it took
    books.journal.add(
        now, "proof", "purgebot", job.id,
        verdict=seen.verdict, fresh=list(seen.fresh_at), stale=list(seen.stale_at), looks=len(looks),
        **({"seen": job.seen, "of": job.targets} if job.sees_part else {}),
        **({"pages_seen": under.seen, "pages": under.pages} if under.are_part else {}),
    )  # fmt: skip
    _tell_expected(books, seen, looks, now)
    return finish(books, replace(seen, proven=proven), now)


def _as_proven(job: JobView, judgement: Judgement) -> Judgement:
    """`judgement` for a job that was proven, once the origin has other content: the purge stays what it was, and beside
    it is told what is old since then."""
    proven_at = dict.fromkeys(look.place for look in job.first_looks if look.place != ORIGIN)
    return replace(judgement, verdict=Verdict.FRESH, fresh_at=tuple(proven_at), stale_at=(), doubts=(Doubt.MOVED_ON,))


def _tell_expected(books: Books, job: JobView, looks: Sequence[Look], now: float) -> None:
    """Have the thread of a deploy say what each page shows, where the note has no room for all of them."""
    found = met(job.deploy.expected, looks) if job.deploy else []
    for one in found if len(found) > EXPECTED_SHOWN else ():
        books.messages.say(job.id, Told(Event.NOTED, text=one.told), now)
