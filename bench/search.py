"""How long a search of the log takes, over a million jobs, and an upgrade that has to index what is there.

    python -m bench.search                1,000,000 jobs (some minutes to make them), and an upgrade of 100,000
    python -m bench.search 100000         as many

Aim: p95 of mixed searches at most 200 ms, as a whole question to the ledger: the first page's ten jobs, read in full.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.machine import describe, percentile, spread
from bot.domain.jobs.job import JobView, LayerState, LayerView, State
from bot.domain.proof.verdict import Verdict
from bot.ledger.books import Books
from bot.ledger.codec import JOB, LAYER, pack
from bot.ledger.history import Sought
from bot.ledger.sqlite import SqliteLedger
from bot.services.history import PAGE, kept
from providers.contract import Kind

T, DAY = 1_800_000_000.0, 86_400.0
SITES, PEOPLE = 20, 400
WORDS = ("price", "menu", "banner", "typo", "redesign", "leak", "photo", "legal", "sale", "translation")
ROUNDS = 40  # of every sort of search
JOB_DONE = JobView(
    id=0, site="@site", environment="production", state=State.DONE, verdict=Verdict.FRESH, kind=Kind.URL, targets=1,
    sample=("https://www.@site.test/news/@page",), soft=False, requested_by="@by", created=T, layers=(), digest="@id",
    rule="small", reason="@reason", source="slack", hosts=("www.@site.test",), proven=T + 3,
)  # fmt: skip
LAYER_DONE = LayerView("cf", "Cloudflare", LayerState.DONE, 1, 1, ids=("@id",))


def fill(path: Path, n: int) -> None:
    """`n` ended jobs of two years, without a history, as a ledger of the version before has them."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("drop table history_fts; drop table history; alter table deliveries drop column mark")
    connection.execute("pragma synchronous = off")
    connection.execute("update meta set value = '2' where name = 'version'")
    connection.execute("begin")
    job, layer = pack(JOB, JOB_DONE), pack(LAYER, LAYER_DONE)
    connection.executemany(
        "insert into jobs (id, key, site, state, verdict, kind, requested_by, created, version, digest, doc)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, 9, ?, ?)",
        _jobs(n, job),
    )
    connection.executemany(
        "insert into layers (job, position, account, state, doc, calls, sent) values (?, 0, 'cf', 'done', ?, 1, 1)",
        ((number, layer.replace("@id", f"{number:032x}")) for number in range(1, n + 1)),
    )
    connection.execute("commit")
    connection.close()


def _jobs(n: int, doc: str) -> Iterator[tuple[object, ...]]:
    dice = random.Random(7)
    for number in range(1, n + 1):
        site, by = f"site{dice.randrange(SITES)}", f"U{dice.randrange(PEOPLE):08}"
        kind = dice.choices(("url", "tag", "prefix", "everything"), (80, 14, 5, 1))[0]
        state, verdict = dice.choices((("done", "fresh"), ("done", "stale"), ("failed", "unchecked")), (90, 7, 3))[0]
        reason = f"{dice.choice(WORDS)} {dice.choice(WORDS)} INC-{dice.randrange(50_000)}"
        filled = doc
        for mark, value in (("@site", site), ("@page", f"article-{dice.randrange(90_000)}"), ("@by", by),
                            ("@reason", reason), ("@id", f"{number:032x}")):  # fmt: skip
            filled = filled.replace(mark, value)
        created = T - 730 * DAY * (1 - number / n)
        yield number, f"k{number}", site, state, verdict, kind, by, created, f"{number:064x}", filled


def sorts(dice: random.Random, n: int) -> dict[str, Sought]:
    """One search of each sort."""
    site, by = f"site{dice.randrange(SITES)}", f"U{dice.randrange(PEOPLE):08}"
    word, other = dice.sample(WORDS, 2)
    rare = f"INC-{dice.randrange(50_000)}"
    return {
        "all": Sought(),
        "a site": Sought(sites=(site,)),
        "half of the sites": Sought(sites=tuple(f"site{number}" for number in range(SITES // 2))),
        "a person, everything": Sought(kinds=("everything",), by=(by,)),
        "a site, lately": Sought(sites=(site,), since=T - 7 * DAY),
        "a word that every job has": Sought(words=("https",)),
        "a common word on a site": Sought(sites=(site,), words=(word,)),
        "two common words": Sought(words=(word, other)),
        "a phrase": Sought(words=(f"{word} {other}",)),
        "a URL": Sought(words=(f"https://www.{site}.test/news/article-{dice.randrange(90_000)}",)),
        "an incident": Sought(words=(rare,)),
        "an incident, elsewhere": Sought(sites=(site,), by=(by,), words=(rare,)),
        "a provider's id": Sought(words=(f"{dice.randrange(1, n):032x}",)),
        "failed, a word, a person": Sought(by=(by,), words=("failed", word)),
        "words that never meet": Sought(words=("stale failed",)),
        "a word that nobody wrote": Sought(words=("zebra",)),
    }


def _page(books: Books, sought: Sought) -> int:
    return len(kept(books, books.history.find(sought, PAGE + 1)[:PAGE], whole=False))


async def measure(ledger: SqliteLedger, n: int) -> None:
    """Every sort by itself, then all of them mixed."""
    dice = random.Random(11)
    seen: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, sought in sorts(dice, n).items():
            began = time.perf_counter()
            await ledger.read(partial(_page, sought=sought))
            seen.setdefault(name, []).append(time.perf_counter() - began)
    for name, seconds in seen.items():
        print(f"  {spread(name, seconds)}")
    every = [second for seconds in seen.values() for second in seconds]
    p50, p95 = (percentile(every, share) * 1e3 for share in (0.5, 0.95))
    print(f"mixed: n {len(every)} · p50 {p50:.1f} ms · p95 {p95:.1f} ms · max {max(every) * 1e3:.1f} ms")


async def once(folder: Path, n: int, searched: bool) -> None:
    """Make a ledger of `n` jobs, upgrade it, and search it."""
    path = folder / f"{n}{'-searched' if searched else ''}.db"
    await SqliteLedger(path).close()
    fill(path, n)
    began = time.perf_counter()
    ledger = SqliteLedger(path)
    print(f"{n:,} jobs: opened and indexed in {time.perf_counter() - began:.1f} s, {path.stat().st_size / 1e6:,.0f} MB")
    began = time.perf_counter()
    added = [await ledger.write(partial(_touched, number=number)) for number in range(n - 199, n + 1)]
    print(f"  kept anew: {(time.perf_counter() - began) / len(added) * 1e3:.2f} ms a job, commit and all")
    if searched:
        await measure(ledger, n)
    await ledger.close()


def _touched(books: Books, number: int) -> JobView:
    return books.jobs.save(replace(books.jobs.get(number), why="looked at again"))


def main(arguments: Sequence[str]) -> None:
    """Print the figures."""
    print(describe())
    n = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(once(Path(folder), min(n, 100_000), searched=False))
        asyncio.run(once(Path(folder), n, searched=True))


if __name__ == "__main__":
    main(sys.argv[1:])
