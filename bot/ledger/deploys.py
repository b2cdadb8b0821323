"""Deploys: which version of each site came out when, newest first. A deploy goes with its job."""

from __future__ import annotations

from bot.domain.deploys.deploy import Known
from bot.ledger.codec import number, whole
from bot.ledger.ledger import Transaction

EARLIER_MAX = 50  # deploys that a rollback is recognised by


class Deploys:
    """What came out."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, site: str, version: str, sender: str, job: int, now: float) -> None:
        """A version of `site` came out; `job` purges what it changed."""
        self._tx.run(
            "insert into deploys (job, site, version, sender, at) values (:job, :site, :version, :sender, :at)"
            " on conflict (job) do nothing",
            job=job, site=site, version=version, sender=sender, at=now,
        )  # fmt: skip

    def earlier(self, site: str) -> tuple[Known, ...]:
        """The last deploys of `site`, newest first."""
        rows = self._tx.rows(
            "select * from deploys where site = :site order by at desc, job desc limit :most",
            site=site, most=EARLIER_MAX,
        )  # fmt: skip
        return tuple(
            Known(str(row["version"]), number(row["at"]), str(row["sender"]), whole(row["job"])) for row in rows
        )

    def newest_told(self, site: str, sender: str) -> float | None:
        """When the newest deploy of `site` that `sender` told of happened, in its own word; None where it gave none."""
        rows = self._tx.rows(
            "select max(happened) as at from deploys where site = :site and sender = :sender", site=site, sender=sender
        )
        return None if rows[0]["at"] is None else number(rows[0]["at"])

    def happened(self, job: int, at: float) -> None:
        """The sender says when the deploy of `job` happened."""
        self._tx.run("update deploys set happened = :at where job = :job", job=job, at=at)
