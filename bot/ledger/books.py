"""All the books of the ledger, open in one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.jobs.job import State
from bot.domain.proof.verdict import Verdict
from bot.ledger.asked_targets import AskedBook
from bot.ledger.batches import Batches
from bot.ledger.budgets import Budgets
from bot.ledger.configuration import Configuration
from bot.ledger.deploys import Deploys
from bot.ledger.forgotten import Forgotten
from bot.ledger.history import History
from bot.ledger.holds import Holds
from bot.ledger.homes import Homes
from bot.ledger.intake import Intake
from bot.ledger.job_entries import PROVEN, Said
from bot.ledger.jobs import Jobs
from bot.ledger.journal import Journal
from bot.ledger.known import Known
from bot.ledger.ledger import Transaction
from bot.ledger.likeness import besides, likeness_row, unlike
from bot.ledger.line_audit import Lined
from bot.ledger.lots import Lots
from bot.ledger.manifests import Manifests
from bot.ledger.messages import Messages
from bot.ledger.notices import Notices
from bot.ledger.queue import Queue
from bot.ledger.record import Asked, Record, sums
from bot.ledger.retention import Retention
from bot.ledger.reviews import Reviews
from bot.ledger.schedules import Schedules
from bot.ledger.seal import is_judged, is_layered, is_written, judged_of, seal_of, written_of
from bot.ledger.set_aside import SetAside
from bot.ledger.warmings import Warmings
from bot.ledger.window import Window


class Books:
    """What a deed may read and write."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.intake = Intake(tx)
        self.history = History(tx)
        self.warmings = Warmings(tx)
        self.jobs = Jobs(tx, self.history, self.warmings)
        self.asked = AskedBook(tx)
        self.budgets = Budgets(tx)
        self.batches = Batches(tx, self.budgets)
        self.set_aside = SetAside(tx, self.jobs, self.batches)
        self.messages = Messages(tx)
        self.homes = Homes(tx)
        self.known = Known(tx)
        self.journal = Journal(tx)
        self.record = Record(tx, self.journal, self._as_asked)
        self.lots = Lots(tx)
        self.configuration = Configuration(tx, self.journal)
        self.retention = Retention(tx, self.journal, self.lots)
        self.forgotten = Forgotten(tx)
        self.holds = Holds(tx)
        self.lined = Lined(tx)
        self.deploys = Deploys(tx)
        self.notices = Notices(tx)
        self.schedules = Schedules(tx)
        self.reviews = Reviews(tx, self.history)
        self.manifests = Manifests(tx)
        self.queue = Queue(tx)
        self.window = Window(tx)

    def is_as_asked(self, job: int) -> bool:
        """Whether a job that has not begun is what was asked for: what the policy judges, targets and calls."""
        asked = self._asked(job)
        if not self.is_judged_as_asked(job) or not is_layered(self._tx, job, asked):
            return False
        return asked.get("seal") in (None, seal_of(self._tx, job))

    def judged(self, job: int) -> object:
        """What the policy judges of a job, for the journal."""
        return judged_of(self._tx, job)

    def written(self, job: int) -> list[str]:
        """What is told of a job and never changes, for the journal."""
        return written_of(self._tx, job)

    def unlike(self, job: int) -> tuple[str, ...]:
        """What the record of `job` says otherwise than the journal, of who asked, for what, from where and when, and of
        who agreed; sentences without its name."""
        return self._unlike(job, self.said(job))

    def _unlike(self, job: int, said: Said) -> tuple[str, ...]:
        row = likeness_row(self._tx, job)
        if row is None:
            return ()
        return (*unlike(self._tx, job, row, said), *besides(self._tx, job, row, said))

    def _as_asked(self, job: int) -> Asked:
        said = self.said(job)
        forged = said.seals.forged or bool(self._unlike(job, said))
        return Asked(said.written or (), said.seals.listed, forged)

    def said(self, job: int) -> Said:
        """What the journal says of `job`."""
        said = Said()
        for row in self._tx.rows("select * from journal where job = :job order by seq", job=job):
            said.hear(row)
        return said

    def is_as_sealed(self, job: int) -> bool:
        """Whether an ended job is as it was sealed when it ended, but for its thread: what goes on, or is changed, is
        sealed anew. So is one of which nothing was sealed, since an earlier version ended it."""
        seals = self.said(job).seals
        sealed = seals.hashes
        found = sums(self._tx, job, tuple(sorted(sealed))) if sealed else {}
        return not seals.forged and all(found[name].hash == hash for name, hash in sealed.items())

    def is_judged_as_asked(self, job: int) -> bool:
        """Whether what the policy judges of a job, what it goes by and what is told of it is what was asked for."""
        asked = self._asked(job)
        same = is_judged(asked.get("judged"), judged_of(self._tx, job))
        return same and is_written(asked.get("written"), written_of(self._tx, job))

    def _asked(self, job: int) -> Mapping[str, object]:
        """What the entry `asked` of `job` holds."""
        return next((doc for _, event, _, doc in self.journal.events(job) if event == "asked"), {})

    def was_proven(self, job: int) -> bool:
        """Whether the journal says that `job` was proven at some time; also where what it said was pruned."""
        return bool(self._tx.rows(PROVEN, job=job, fresh=Verdict.FRESH))

    def has_ended_proven(self, job: int) -> bool:
        """Whether the journal says that `job` ended at some time with all its calls gone, and proven."""
        return any(
            event == "ended" and (doc.get("state"), doc.get("verdict")) == (State.DONE, Verdict.FRESH)
            for _, event, _, doc in self.journal.events(job)
        )

    def beat(self, now: float) -> None:
        """Write the time: the ledger takes writes."""
        self._tx.run(
            "insert into meta (name, value) values ('beat', :at)"
            " on conflict (name) do update set value = excluded.value",
            at=str(now),
        )
