"""Warmings, under way and ended. What belongs to a job goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.jobs.warming import Warming
from bot.ledger.codec import WARMING, number, pack, unpack, whole
from bot.ledger.ledger import Row, Transaction


class StaleWarming(Exception):
    """Somebody else changed the warming first; read it again."""


class Warmings:
    """What is fetched through the edges, and how far that is."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def create(self, key: str, warming: Warming) -> Warming:
        """Write a new warming, once for each `key`."""
        known = self.made_under(key)
        if known is not None:
            return known
        made = self._tx.insert(
            "insert into warmings (key, site, job, due_at, ended, version, doc)"
            " values (:key, :site, :job, :due, :ended, 1, :doc)",
            key=key, site=warming.site, job=warming.job or None, due=warming.due_at, ended=warming.ended,
            doc=pack(WARMING, warming),
        )  # fmt: skip
        return replace(warming, id=made, version=1)

    def made_under(self, key: str) -> Warming | None:
        """The warming that the request under `key` made."""
        return self._one("select * from warmings where key = :key", key=key)

    def find(self, number: int) -> Warming | None:
        """Warming W-`number`."""
        return self._one("select * from warmings where id = :id", id=number)

    def of_job(self, job: int) -> Warming | None:
        """The warming that followed the proof of a job."""
        return self._one("select * from warmings where job = :job", job=job)

    def save(self, warming: Warming) -> Warming:
        """Write `warming` if nobody changed it since it was read. Raises StaleWarming."""
        changed = self._tx.run(
            "update warmings set due_at = :due, ended = :ended, version = version + 1, doc = :doc"
            " where id = :id and version = :version and ended is null",
            id=warming.id, version=warming.version, due=warming.due_at, ended=warming.ended,
            doc=pack(WARMING, warming),
        )  # fmt: skip
        if changed != 1:
            raise StaleWarming(warming.name)
        return replace(warming, version=warming.version + 1)

    def comes_first(self, site: str, number: int) -> str:
        """The name of the warming of `site` that is to end before W-`number` goes on; "" where none is."""
        rows = self._tx.rows(
            "select min(id) as id from warmings where site = :site and id < :id and ended is null", site=site, id=number
        )
        return f"W-{whole(rows[0]['id'])}" if rows[0]["id"] is not None else ""

    def under_way(self, sites: Sequence[str], limit: int) -> tuple[list[Warming], int]:
        """Warmings of `sites` that go on, oldest first, and how many there are."""
        rows = self._tx.rows("select * from warmings where ended is null order by id")
        ours = [row for row in rows if row["site"] in sites]
        return [_warming(row) for row in ours[:limit]], len(ours)

    def due(self, until: float) -> list[tuple[int, float]]:
        """Warmings that go on by then, with their times."""
        rows = self._tx.rows("select id, due_at from warmings where due_at <= :until", until=until)
        return [(whole(row["id"]), number(row["due_at"])) for row in rows]

    def prune(self, before: float) -> None:
        """Forget those that were asked for by themselves and ended before `before`."""
        self._tx.run("delete from warmings where job is null and ended < :before", before=before)

    def _one(self, sql: str, **values: int | str) -> Warming | None:
        rows = self._tx.rows(sql, **values)
        return _warming(rows[0]) if rows else None


def _warming(row: Row) -> Warming:
    return replace(unpack(WARMING, row["doc"]), id=whole(row["id"]), version=whole(row["version"]))
