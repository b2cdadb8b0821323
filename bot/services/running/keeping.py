"""Once a day: what is older than it is to be kept goes, a little at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.services.setup import Core

log = structlog.get_logger()
KEEPING_SECONDS = 86_400.0
PRUNE_AFTER = 7 * 86_400.0  # seconds; idempotency keys are kept this long
PAGES_LEAST = 30 * 86_400.0  # seconds; a page that was seen is known for so long, and with jobs as long as they are
JOBS_LEAST = PRUNE_AFTER  # a repeated request finds its job for so long


async def forget(core: Core, jobs: float | None, documents: float | None) -> tuple[int, int]:
    """Remove jobs that ended more than `jobs` seconds ago, with the pages that they named, and documents of the journal
    older than `documents` seconds; None keeps them. How many jobs and documents went."""
    now = core.clock.now()
    pages = None if jobs is None else now - max(jobs, PAGES_LEAST)
    await core.ledger.write(lambda books: books.known.prune(now - PAGES_LEAST, pages))
    gone_jobs = 0 if jobs is None else await _forget_jobs(core, now - max(jobs, JOBS_LEAST))
    gone_documents = 0 if documents is None else await _forget_documents(core, now - documents)
    return gone_jobs, gone_documents


async def _forget_jobs(core: Core, before: float) -> int:
    gone = 0
    while some := await core.ledger.read(lambda books: books.retention.jobs_ended(before)):
        gone += await core.ledger.write(lambda books: books.retention.forget_jobs(some, core.clock.now()))
    return gone


async def _forget_documents(core: Core, before: float) -> int:
    gone = await core.ledger.write(lambda books: books.retention.forget_spared(core.clock.now()))
    while some := await core.ledger.read(lambda books: books.retention.documents_before(before)):
        gone += await core.ledger.write(partial(_forget_some, some, core.clock.now()))
    return gone


def _forget_some(entries: tuple[int, int], now: float, books: Books) -> int:
    return books.retention.forget_documents(*entries, now)


async def prune(core: Core) -> None:
    """Remove deliveries with their answers, drafts, notices, queued requests and warmings that ended more than
    PRUNE_AFTER ago."""
    before = core.clock.now() - PRUNE_AFTER

    def deed(books: Books) -> None:
        books.intake.prune(before)
        books.holds.prune(before)
        books.notices.prune(before)
        books.warmings.prune(before)

    await core.ledger.write(deed)


async def forget_daily(core: Core, periods: Callable[[], tuple[float | None, float | None]]) -> None:
    """`prune` and `forget`, at once and once a day from then on, with the `periods` for jobs and documents of that
    day."""
    while True:
        try:
            await prune(core)
            gone = await forget(core, *periods())
        except LedgerDown as exc:
            log.warning("nothing_forgotten", why=str(exc))
        else:
            if any(gone):
                log.info("forgotten", jobs=gone[0], documents=gone[1])
        await core.clock.sleep(KEEPING_SECONDS)
