"""A job whose record in the ledger's file says something else than the journal: it is told as that when it ends."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import JobView
from bot.domain.proof.verdict import Verdict
from bot.ledger.books import Books
from bot.services.voting.forged import ALTERED, FILE_CHANGED


def held_to_journal(books: Books, job: JobView) -> JobView:
    """`job`, which ends: where somebody changed its record before, that is said, it is not called proven, and no retry
    goes on with it."""
    if job.altered or FILE_CHANGED in job.why or not books.unlike(job.id):
        return job
    doubted = replace(job, altered=True, for_good=True)
    if job.verdict is not Verdict.FRESH:
        return doubted
    why = " · ".join(filter(None, (ALTERED, job.why)))
    return replace(doubted, verdict=Verdict.UNKNOWN, why=why, proven=None, fresh_at=())
