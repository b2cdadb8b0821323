"""One call of a job as the ledger holds it: about to be sent, marked as being sent, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.domain.jobs.job import Trouble
from bot.domain.jobs.steps import GiveUp, OutcomeOpen, SendAgain, after_the_end
from bot.ledger.codec import CALL, number, unpack, whole
from bot.ledger.ledger import Row
from providers.contract import Call, Kind, Receipt

LEDGER = "(select value from meta where name = 'ledger') as ledger"
SURELY = 1.5  # since some calls take longer than others


@dataclass(frozen=True, slots=True)
class Batch:
    """One call about to be sent. `tries` counts this attempt, except those that were throttled."""

    id: int
    job: int
    position: int
    call: Call
    tries: int
    throttles: int
    reference: str = ""  # the same for every attempt at one pass, in this ledger and every other
    passes: int = 0  # taken before, by a call that is sent once more after a while
    everything: bool = False  # a repeat would empty a whole site twice
    sent_at: float = 0.0  # when it was last taken to be sent, in seconds since the epoch

    @property
    def comes_again(self) -> bool:
        """Whether a second pass follows this one."""
        return self.call.again_after > 0 and self.passes == 0


@dataclass(frozen=True, slots=True)
class Lot:
    """Batches marked as being sent. `again_at` is when there may be more, None when nothing waits, or until a call in
    flight comes back."""

    batches: tuple[Batch, ...]
    again_at: float | None


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls may be taken, beside those in flight, of which each takes so many seconds."""

    most: int
    flying: int = 0
    seconds: float = 0.0

    def keeps_busy(self, rate: float, taken: int) -> bool:
        """Whether the calls in flight, and those taken now, surely are as many as `rate` calls a second need."""
        return self.flying + taken >= max(1, rate * self.seconds * SURELY)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: a receipt, or a trouble and what follows from it."""

    batch: Batch
    receipt: Receipt | None = None
    trouble: Trouble | None = None
    next: SendAgain | GiveUp | OutcomeOpen | None = None
    throttled: bool = False

    @property
    def goes_again(self) -> bool:
        """Whether the call is sent once more: since it was not taken, or for its second pass."""
        return isinstance(self.next, SendAgain) or (self.next is None and self.batch.comes_again)

    @property
    def as_the_last(self) -> Outcome:
        """The same of a job that has ended meanwhile: nothing of it is sent once more."""
        if self.trouble is not None:
            return replace(self, next=after_the_end(self.trouble.cls))
        return replace(self, batch=replace(self.batch, call=replace(self.batch.call, again_after=0.0)))


def batch_of(row: Row) -> Batch:
    """The batch of a row that holds LEDGER too."""
    return Batch(
        whole(row["id"]),
        whole(row["job"]),
        whole(row["position"]),
        unpack(CALL, row["call"]),
        whole(row["tries"]),
        whole(row["throttles"]),
        f"{row['ledger']!s}-{whole(row['id'])}-{whole(row['passes'])}",
        whole(row["passes"]),
        row["kind"] == Kind.EVERYTHING,
        number(row["sent_at"]),
    )
