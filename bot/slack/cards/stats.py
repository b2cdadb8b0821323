"""The card of `stats`: who purges what, how quickly it was proven, and what keeps being purged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.domain.actor import is_machine
from bot.domain.durations import duration
from bot.domain.shown import count
from bot.domain.stats import P95_LEAST, Hot, Stats, Times
from bot.services.replies import StatsShown
from bot.slack.cards.blocks import Block, Card, card, section
from bot.slack.cards.history import forgotten_told, searched
from bot.slack.escape import code, escape

ROWS = 6  # of one table
NAME_SHOWN = 30
FENCE = "```"
OUTCOMES = {
    "fresh": "proven fresh",
    "stale": "still old",
    "unknown": "not proven",
    "unchecked": "not checked",
    "open": "under way",
    "failed": "stopped",
    "partial": "partly purged",
    "restored": "ended by a restore",
}  # other outcomes are the job's state
NOT_RUN = {"open": "not begun yet", "failed": "stopped", "restored": "ended by a restore"}  # others are the job's state
SOURCES = {"slack": "Slack", "api": "HTTP", "cli": "terminal", "schedule": "a schedule", "": "not known"}


def stats_card(shown: StatsShown) -> Card:
    """The sums in words, then as a table."""
    stats, about = shown.stats, " · ".join(searched(shown.search))
    if not stats.total:
        nothing = "Nothing was purged" if shown.forgotten is None else "No purge is kept"
        return card(f"{nothing} · {about}", [*not_run_told(stats), *forgotten_told(shown.forgotten, "counted")])
    newest = "The newest " if shown.capped else ""
    told = [outcomes_told(stats), *broken_told(stats), *proof_told(stats), *not_run_told(stats)]
    told += forgotten_told(shown.forgotten, "counted")
    head = card(f"{newest}{count(stats.total, 'purge')} · {about}", told)
    tables = section(f"{FENCE}\n{chr(10).join(table_lines(stats, shown.names))}\n{FENCE}")
    hot = [f"{percent(one.share)} {code(one.what, 120)} · {count(one.n, 'purge')}" for one in stats.hot]
    more: list[Block] = card("What keeps being purged:", hot).blocks if hot else []
    return Card(head.text, [*head.blocks, tables, *more, *([section(advice(stats.hottest))] if stats.hottest else [])])


def outcomes_told(stats: Stats) -> str:
    """proven fresh 12 · still old 1 · failed 1."""
    return _sums(OUTCOMES, stats.outcomes)


def _sums(names: Mapping[str, str], sums: Mapping[str, int]) -> str:
    return " · ".join(f"{escape(names.get(name, name), NAME_SHOWN)} {n:,}" for name, n in sums.items())


def broken_told(stats: Stats) -> list[str]:
    """Those that ran without their votes."""
    return [f"{stats.broken:,} of them without votes, by broken glass."] if stats.broken else []


def not_run_told(stats: Stats) -> list[str]:
    """Requests that never began, and those that purged nothing, which are no purges."""
    told = (("Asked for and not run", NOT_RUN, stats.not_run), ("Run, and nothing was purged", OUTCOMES, stats.in_vain))
    return [f"{how}: {_sums(names, sums)}." for how, names, sums in told if sums]


def proof_told(stats: Stats) -> list[str]:
    """Time from request to proof; what of it was waiting for people is told apart."""
    if not stats.proof.n:
        return ["No proof yet, so no time from request to proof."]
    told = [f"From request to proof: {_within(stats.proof)}, of {stats.proof.n:,} measured{_no_p95(stats.proof)}."]
    if stats.waited:
        waited = f"{stats.waited:,} of them waited for people (votes, holds, retries)"
        told.append(f"{waited}; without that wait: {_within(stats.alone)}.")
    return told


def _within(times: Times) -> str:
    half = f"half within {duration(times.p50 or 0.0)} (p50)"
    return half if times.p95 is None else f"{half}, 95 % within {duration(times.p95)} (p95)"


def _no_p95(times: Times) -> str:
    return f"; p95 is told from {P95_LEAST} on" if times.p95 is None else ""


def table_lines(stats: Stats, names: Mapping[str, str]) -> Iterator[str]:
    """Purges by person, kind and door, as lines of one width."""
    by = [(_bare(who_name(who, names)), n) for who, n in stats.by.items()]
    kinds = [(_bare(kind), n) for kind, n in stats.kinds.items()]
    sources = [(_bare(SOURCES.get(source, source)), n) for source, n in stats.sources.items()]
    tables = (("person", by), ("kind", kinds), ("asked through", sources))
    width = max(len(name) for title, rows in tables for name in (title, *(name for name, _ in rows[:ROWS])))
    for n, (title, rows) in enumerate(tables):
        yield from [""] if n else []
        yield f"{title:<{width}}  purges"
        yield from _rows(rows, width, stats.total)


def _rows(rows: Sequence[tuple[str, int]], width: int, total: int) -> Iterator[str]:
    for name, n in rows[:ROWS]:
        yield f"{name:<{width}}  {n:>6,}  {percent(n / total):>5}"
    more = len(rows) - ROWS
    if more > 0:
        yield f"and {more:,} more"


def who_name(who: str, names: Mapping[str, str]) -> str:
    """A person by name, a machine as such."""
    return who.replace(":", " ", 1) if is_machine(who) else names.get(who, who)


def percent(share: float) -> str:
    """71 %."""
    return f"{share * 100:.0f} %"


def advice(hottest: Hot) -> str:
    """What would make the most frequent purge needless."""
    what, share = hottest.what, percent(hottest.share)
    if what == "everything":
        return f"{share} of purges empty a whole site: tag its pages, and purge tags instead."
    if what.startswith("/"):
        return f"{share} of purges hit {code(what, 120)}: shorten its TTL, or tag it and purge the tag."
    return f"{share} of purges are {code(what, 120)}: a shorter TTL there makes most of them needless."


def _bare(text: str) -> str:
    return escape(text, NAME_SHOWN).replace("`", "'")
