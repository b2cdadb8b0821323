"""Notices: what channels are to be told of holds, written with what they tell; each is posted once, and in order."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.jobs.hold_news import HoldNews
from bot.ledger.codec import NEWS, number, pack, unpack, whole
from bot.ledger.ledger import Row, Transaction


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is to be posted. `lost` when a post was sent and its answer is not recorded."""

    id: int
    channel: str
    news: HoldNews
    tries: int
    lost: bool


class Notices:
    """What is still to be told."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def tell(self, key: str, channel: str, news: HoldNews) -> None:
        """`channel` is to be told `news`; once for each `key`."""
        self._tx.run(
            "insert into notices (key, channel, at, due_at, doc) values (:key, :channel, :now, :now, :doc)"
            " on conflict (key, channel) do nothing",
            key=key, channel=channel, now=news.at, doc=pack(NEWS, news),
        )  # fmt: skip

    def due(self, now: float) -> list[Notice]:
        """The first of each channel, where that is due: a later one waits for it."""
        rows = self._tx.rows(f"select * from notices where id in ({_FIRST}) and due_at <= :now order by id", now=now)
        return [_notice(row) for row in rows]

    def next_due(self) -> float | None:
        """When the next one is due."""
        rows = self._tx.rows(f"select min(due_at) as at from notices where id in ({_FIRST})")
        return None if rows[0]["at"] is None else number(rows[0]["at"])

    def sending(self, notice: Notice) -> None:
        """Its post goes now: until the answer is recorded, it is looked for before it is sent once more."""
        self._tx.run("update notices set lost = 1 where id = :id", id=notice.id)

    def later(self, notice: Notice, at: float, lost: bool) -> None:
        """Try again at `at`; `lost` when it may have been posted."""
        self._tx.run(
            "update notices set due_at = :at, tries = tries + 1, lost = :lost where id = :id",
            at=at, lost=int(lost), id=notice.id,
        )  # fmt: skip

    def done(self, notice: Notice) -> None:
        """It is posted, or can be posted nowhere."""
        self._tx.run("update notices set due_at = null, lost = 0 where id = :id", id=notice.id)

    def prune(self, before: float) -> None:
        """Forget what was told, if it is of before `before`."""
        self._tx.run("delete from notices where due_at is null and at < :before", before=before)


_FIRST = "select min(id) from notices where due_at is not null group by channel"


def _notice(row: Row) -> Notice:
    return Notice(
        id=whole(row["id"]),
        channel=str(row["channel"]),
        news=unpack(NEWS, row["doc"]),
        tries=whole(row["tries"]),
        lost=bool(row["lost"]),
    )
