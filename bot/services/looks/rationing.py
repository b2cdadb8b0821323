"""How much one person or token may have looked at. What a job's proof takes is nobody's; the machine's owner may have
all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.proof.variants import ENCODINGS
from bot.domain.site import Site
from bot.domain.target import url_of
from bot.ledger.books import Books
from bot.services.advice.linting import FILES_MAX, PAGES_MAX
from bot.services.advice.why import PLACES_MAX
from bot.services.looks.checking import URLS_MAX
from bot.services.looks.checks import VARIED_MIN, inner_doors, places_of
from bot.services.looks.witnesses import REQUESTS_MAX
from bot.services.replies import LookedEnough
from bot.services.setup import Core
from providers.contract import Pace

REQUESTS = Pace(
    1200, 60.0, 6000
)  # a check of 20 URLs at 6 places in all variants is 600: ten at once, then two a minute
OF_PEOPLE = "looks of people"  # among the budgets; no account has a blank in its name
WHY_TIMES = 8  # that a diagnosis asks each place and the origin, about
TRIES = 4  # of a linted page as others get it
EACH_FILE = 1.5  # requests, about: some are asked of the origin too


async def may_look(core: Core, actor: Actor, requests: int) -> LookedEnough | None:
    """Why `actor` has no more looked at for now; else None, and about so many requests are theirs."""
    now = core.clock.now()
    return await core.ledger.write(lambda books: spend(books, actor, requests, now))


def spend(books: Books, actor: Actor, requests: int, now: float) -> LookedEnough | None:
    """As `may_look`, within a write."""
    if actor.is_local:
        return None
    free = books.budgets.take(OF_PEOPLE, ((actor.id, requests),), {actor.id: REQUESTS}, now)
    if not free:
        return None
    seconds = math.ceil(free - now)
    when = f"{seconds} s" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
    what = (
        "purgebot has made so many requests to caches and origins for you that it makes no more for now: at most"
        f" {REQUESTS.burst:,} at once, then {REQUESTS.rate:,.0f} a minute."
    )
    return LookedEnough(
        what, f"Nothing was looked at. Ask again in {when}. Purges and their proofs go on.", seconds=seconds
    )


def of_check(core: Core, site: Site, command: Command) -> int:
    """About the requests that a check takes at most."""
    urls = len({url_of(target, site) for target in command.targets[:URLS_MAX]})
    edges = [place for place in command.places if place in site.edges]
    return of_looks(core, site, urls, len(edges) or len(places_of(site)))


def of_looks(core: Core, site: Site, urls: int, places: int) -> int:
    """About the requests that one round of looks at so many `urls` and `places` takes at most: each place twice, and
    the origin; then in other variants, VARIED_MIN pages, or as far as REQUESTS_MAX go."""
    origin = bool(site.origin)
    plain, varied = 2 * (places + origin), (len(ENCODINGS) + len(site.variants)) * (places + 2 * origin)
    most = max(REQUESTS_MAX, urls * plain + min(urls, VARIED_MIN) * varied)
    return min(urls * (plain + varied), most) + urls * len(inner_doors(core, site))


def of_why(site: Site) -> int:
    """About the requests that a diagnosis takes."""
    return WHY_TIMES * (min(len(places_of(site)), PLACES_MAX) + 1)


def of_lint(site: Site, targets: Sequence[object]) -> int:
    """About the requests that a lint takes at most."""
    each = len(places_of(site)) + 2 + TRIES + len(site.variants)
    return min(len(targets), PAGES_MAX) * each + math.ceil(FILES_MAX * EACH_FILE)
