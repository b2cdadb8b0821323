"""Jobs whose rows in the ledger cannot be read: parked, so that all others go on."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.domain.jobs.job import DAMAGED
from bot.ledger.books import Books
from bot.services.running.endings import park
from bot.services.setup import SLACK, Core

log = structlog.get_logger()


async def set_aside(core: Core) -> None:
    """Write what stands in for each job that cannot be read in the place of its row, and park those that are open.
    Whoever asked for one is told, and so is the log. Of a call that was in flight and cannot be read nothing is known
    from now on."""

    def deed(books: Books) -> tuple[str, ...]:
        found, now = books.set_aside.damaged(), core.clock.now()
        books.set_aside.lose_unreadable()
        for job in found:
            books.set_aside.put_right(replace(job, due_at=now if job.state.is_open else None))
            if job.state.is_open:
                books.set_aside.lose(job.id)
                park(books, books.jobs.get(job.id), DAMAGED, now, for_good=True)
        return tuple(job.name for job in found)

    names = await core.ledger.write(deed)
    for name in names:
        log.error("job_damaged", job=name, what=DAMAGED)
    if names:
        core.engine.wake(SLACK)
