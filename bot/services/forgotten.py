"""What is said of a job that is not there: it never was, or it was forgotten after its time."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.actor import Actor
from bot.domain.policies.rights import Deed, authorise
from bot.ledger.books import Books
from bot.services.replies import Refusal

LISTED = "`status`, without a number, lists the jobs."
_KEPT = "Its entries in the journal stay: `purgebot log export`, where the bot runs, has them."


def no_job(books: Books, actor: Actor, number: int, advice: str = LISTED) -> Refusal:
    """There is no job of that `number` for `actor`; of one that was forgotten, who may have seen it hears when."""
    return forgotten(books, actor, number) or Refusal(f"There is no P-{number}.", advice)


def forgotten(books: Books, actor: Actor, number: int) -> Refusal | None:
    """That job `number` was forgotten, for who may have seen it; None where it was not."""
    if authorise(actor, Deed.SEE) is not None or books.jobs.find(number) is not None:
        return None
    at = books.forgotten.at(number)
    if at is None or not actor.may_see(books.forgotten.site(number)):
        return None
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    what = f"P-{number} was forgotten on {day}: a job is kept for a time after it has ended (`retention.jobs`)."
    return Refusal(what, _KEPT)
