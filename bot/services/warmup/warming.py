"""Warmings: begun when somebody asks, or when a purge that asked for it is proven; told, and ended on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.jobs.hold import Hold
from bot.domain.jobs.job import JobView, State
from bot.domain.jobs.plan import Plan
from bot.domain.jobs.warming import PAGES_MAX, REQUESTS_MAX, Warming, variants_to_warm
from bot.domain.policies.rights import Deed, Subject, authorise
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.ledger.books import Books
from bot.ledger.warmings import StaleWarming
from bot.services.looks.checks import places_of
from bot.services.looks.witnesses import pages_to_look_at
from bot.services.replies import Refusal, SiteHeld, Warmed
from bot.services.requests.purges import Asking
from bot.services.setup import SLACK, Core, delivery_name, warm_name
from bot.services.voting.roster import approvers, read_roster
from bot.services.warmup.fetching import LEASE_SECONDS, fetch_for, stop
from providers.contract import Kind

LISTED_MAX = 5  # told by `status`
REPLY_SECONDS = 8.0  # whoever asks waits so long for the end; then it goes on by itself
HELD = "Nothing was fetched. Warm it when the hold has ended: what changes until then would be old again."


async def warm(core: Core, asking: Asking, command: Command) -> Warmed | Refusal:
    """Warm what `command` names, and tell how far that is after REPLY_SECONDS at most."""
    site = core.setup.sites[command.site]
    urls = tuple(dict.fromkeys(url_of(target, site) for target in command.targets))
    if len(urls) > PAGES_MAX:
        what = f"That is {len(urls):,} pages, and one warming is for at most {PAGES_MAX}. Nothing was fetched."
        return Refusal(what, "Name those that most visitors open first.")
    planned = _asked_for(core, asking, command, site, urls)
    if planned.most > REQUESTS_MAX:
        what = f"That takes up to {planned.most:,} requests ({_sizes(planned)}), and one warming sends at most"
        return Refusal(f"{what} {REQUESTS_MAX:,}. Nothing was fetched.", "Name fewer pages.")
    made = await core.ledger.write(lambda books: _begin(books, core, f"warm {asking.key}", planned))
    if isinstance(made, Hold):
        return SiteHeld(f"{site.name} is held: {made.reason}", HELD, by_rule=True, hold=made.alone, site=site.name)
    try:
        if made.version > 1:  # the same request once more, after a crash: whoever is at it goes on
            return Warmed(await _left_alone(core, made, asking, made.due_at or 0.0))
        warming, waits_for = await fetch_for(core, made.id, REPLY_SECONDS)
        return Warmed(await _left_alone(core, warming, asking, core.clock.now()), waits_for)
    except StaleWarming:
        ended = await core.ledger.read(lambda books: books.warmings.find(made.id))
        return Warmed(ended or made)


def _asked_for(core: Core, asking: Asking, command: Command, site: Site, urls: tuple[str, ...]) -> Warming:
    """The warming of `urls` where `command` says, or everywhere; probes besides, if regions are named."""
    planned = _planned(core, site, asking.actor.id, urls)
    edges = tuple(place for place in command.places if place in site.edges)
    return replace(
        planned,
        places=edges or planned.places,
        regions=tuple(place for place in command.places if place not in site.edges),
        team=asking.actor.team,
        source=asking.source,
        channel=asking.channel,
        thread=asking.thread,
    )


async def _left_alone(core: Core, warming: Warming, asking: Asking, at: float) -> Warming:
    """What has not ended goes on by itself from then on; its end is told to whoever asked at Slack. Raises
    StaleWarming."""
    if warming.ended is not None:
        return warming
    goes_on = replace(warming, tell=asking.source == "slack", due_at=at)
    saved = await core.ledger.write(lambda books: books.warmings.save(goes_on))
    core.engine.wake(warm_name(warming.id), at)
    return saved


def _begin(books: Books, core: Core, key: str, warming: Warming) -> Warming | Hold:
    """A warming, unless the site is held; the same request never makes two."""
    known = books.warmings.made_under(key)
    if known is not None:
        return known
    hold = books.holds.on(warming.site, core.clock.now())
    if hold is not None:
        return hold
    made = books.warmings.create(key, warming)
    books.journal.add(
        core.clock.now(), "warming", warming.by, warming.job or None,
        warming=made.name, site=made.site, pages=len(made.urls), places=list(made.places), most=made.most,
        source=made.source,
    )  # fmt: skip
    return made


def begin_after(books: Books, core: Core, job: JobView, now: float) -> Warming | None:
    """The warming of `job`: begun now, where it asked for one and is proven; None where there is nothing to fetch."""
    site = core.setup.sites.get(job.site)
    is_proven = job.state is State.DONE and job.verdict is Verdict.FRESH
    if not job.warm or job.warming is not None or not is_proven or site is None:
        return job.warming
    pages = _pages_of(books, job)
    if not pages:
        return None
    fitting = replace(_fitting(core, site, job.requested_by, pages), job=job.id, source=job.source, due_at=now)
    begun = _begin(books, core, f"warm {job.name}", fitting)
    if isinstance(begun, Warming):
        return begun
    held = replace(fitting, ended=now, due_at=None, stopped=f"{job.site} is held: {begun.reason}")
    return books.warmings.create(f"warm {job.name}", held)


def _pages_of(books: Books, job: JobView) -> tuple[str, ...]:
    """The pages that the purge reached and that are known: those that it names, and those that were looked at."""
    named = [target.value for target in books.jobs.targets(job.id) if target.kind is Kind.URL]
    return tuple(dict.fromkeys([*named, *(url for url in job.look_urls if url in job.covered)]))


async def foreseen(core: Core, plan: Plan) -> Warming | None:
    """What would be fetched once `plan` is proven, as far as its pages are known now; None for nothing."""
    site = core.setup.sites[plan.site]
    looked_at = await core.ledger.read(lambda books: pages_to_look_at(books, site, plan.targets))
    named = [target.value for target in plan.targets if target.kind is Kind.URL]
    pages = tuple(dict.fromkeys([*named, *looked_at]))
    return _fitting(core, site, "", pages) if pages else None


def _fitting(core: Core, site: Site, by: str, pages: tuple[str, ...]) -> Warming:
    """A warming of the first of `pages`, as many as one may fetch."""
    one = _planned(core, site, by, pages[:1])
    fits = max(1, min(PAGES_MAX, REQUESTS_MAX // one.most, len(pages)))
    return replace(one, urls=pages[:fits], left_out=len(pages) - fits)


def _planned(core: Core, site: Site, by: str, urls: tuple[str, ...]) -> Warming:
    variants, signed_in = variants_to_warm(site.variants)
    now = core.clock.now()
    places = tuple(places_of(site))
    return Warming(site.name, by, urls, places, now, variants, signed_in=signed_in, due_at=now + LEASE_SECONDS)


def _sizes(warming: Warming) -> str:
    counted = {"pages": len(warming.urls), "places": len(warming.places), "variants": len(warming.variants)}
    return " × ".join(f"{n:,} {name}" for name, n in counted.items() if n > 1)


async def show(core: Core, actor: Actor, number: int) -> Warmed | Refusal:
    """How far W-`number` is."""

    def question(books: Books) -> Warmed | Refusal:
        warming = books.warmings.find(number)
        if warming is None or not actor.may_see(warming.site):
            return _no_such(number)
        waits_for = "" if warming.ended is not None else books.warmings.comes_first(warming.site, number)
        return Warmed(warming, waits_for)

    return await core.ledger.read(question)


def under_way(books: Books, sites: Sequence[str]) -> tuple[list[Warmed], int]:
    """The first warmings of `sites` that go on, each with the one that it waits for; and how many there are."""
    first, total = books.warmings.under_way(sites, LISTED_MAX)
    return [Warmed(one, books.warmings.comes_first(one.site, one.id)) for one in first], total


async def cancel(core: Core, actor: Actor, number: int, reason: str = "") -> Warmed | Refusal:
    """End W-`number` before its next requests."""
    asked = approvers(core, await read_roster(core))

    def deed(books: Books) -> tuple[Warmed | Refusal, str]:
        warming = books.warmings.find(number)
        if warming is None or not actor.may_see(warming.site):
            return _no_such(number), ""
        subject = Subject(warming.site, approvers=asked, request=warming.name, requested_by=warming.by)
        denied = authorise(actor, Deed.CANCEL, subject)
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True), ""
        if warming.ended is not None:
            return Refusal(f"{warming.name} has ended already.", f"`show {warming.name}` tells how."), ""
        ended, key = stop(books, warming, actor, reason, core.clock.now())
        return Warmed(ended), key

    answer, key = await core.ledger.write(deed)
    if key:
        core.engine.wake(delivery_name(key))
    core.engine.wake(SLACK)
    return answer


def _no_such(number: int) -> Refusal:
    return Refusal(f"There is no W-{number}.", "`status` lists the warmings that go on.")
