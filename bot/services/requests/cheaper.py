"""A cheaper or quicker form of a wish, where many URLs cost money or a long wait. Offered, never taken by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.domain.grammar.command import Command
from bot.domain.jobs.plan import Plan
from bot.domain.policies.wording import dollars
from bot.domain.site import Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.services.requests.planning import make_plan, with_seconds
from providers.contract import Kind, Provider, UnsupportedWish

FEWEST = 10  # URLs; for less it is not worth a thought
LONG = 60.0  # seconds of sending; to save less is not worth reaching other pages
CENT = 0.01  # US dollars


def cheaper(
    plan: Plan, command: Command, site: Site, providers: Mapping[str, Provider], books: Books, now: float
) -> str:
    """What one prefix in place of many URLs would save of money or time, and how many other known pages it reaches."""
    if plan.usd < CENT and plan.seconds < LONG:
        return ""
    shared = _shared_folder([target.value for target in plan.targets if target.kind is Kind.URL])
    if not shared or any(target.kind is not Kind.URL for target in plan.targets):
        return ""
    try:
        wider = replace(command, targets=(Target(Kind.PREFIX, shared, site.name),))
        other = with_seconds(make_plan(wider, site, providers, {}), books, providers, now)
    except UnsupportedWish:
        return ""
    saved = _saved(plan, other)
    if saved is None:
        return ""
    others = _others(plan, shared, books)
    return f"{saved[0]}: `prefix {shared}` {saved[1]}, and reaches all else below it too: {others}."


def _saved(plan: Plan, other: Plan) -> tuple[str, str] | None:
    """Cheaper or quicker, and by how much; None where it is neither."""
    usd, seconds = plan.usd - other.usd, plan.seconds - other.seconds
    if usd >= CENT:
        return "Cheaper", f"saves about {dollars(usd)}"
    if seconds >= LONG and other.usd <= plan.usd:
        minutes = round(seconds / 60)
        return "Quicker", f"saves about {minutes:,} minute{'s' if minutes > 1 else ''} of sending"
    return None


def _others(plan: Plan, shared: str, books: Books) -> str:
    named = {target.value for target in plan.targets}
    seen = [*books.known.of_site(plan.site), *books.known.glimpsed(plan.site)]
    n = sum(1 for url, _ in seen if url not in named and url.partition("://")[2].startswith(shared))
    return f"{f'{n:,}' if n else 'no'} other {'pages were' if n > 1 else 'page was'} seen there"


def _shared_folder(urls: Sequence[str]) -> str:
    """Host and path of the deepest folder that holds all of many URLs; "" where there is none but the whole host."""
    if len(urls) < FEWEST:
        return ""
    parts = [urlsplit(url) for url in urls]
    if len({part.netloc for part in parts}) > 1:
        return ""
    first, last = min(part.path for part in parts), max(part.path for part in parts)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    folder = first[: first.rfind("/", 0, same) + 1]
    return f"{parts[0].netloc}{folder}" if len(folder) > 1 else ""
