"""Holds, and the requests that wait for their end.

A request is in line until a job takes it up, in the transaction that makes the job. It stays written, so that the same
request is never in line twice.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.grammar.command import Command
from bot.domain.jobs.hold import ALL, Hold, end_of, standing
from bot.ledger.codec import COMMAND, HOLD, number, pack, unpack, whole
from bot.ledger.ledger import Row, Transaction

REFUSED_LATER = "slack.refused"  # the kind of what the bot tells itself to tell: a request in line that came to nothing
BY_RESTORE = "restore"  # who ended a request that a backup, which was restored, had in line


@dataclass(frozen=True, slots=True)
class InLine:
    """One request that waits for a release. `packed` is its command."""

    id: int
    site: str
    by: str
    team: str
    source: str
    channel: str
    thread: str
    packed: bytes

    @property
    def command(self) -> Command:
        """What was asked for."""
        return unpack(COMMAND, zlib.decompress(self.packed).decode())


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request in line as lists tell it. `first` is the first of its targets, as a sample names it."""

    id: int
    site: str
    by: str
    at: float
    targets: int
    urls: int
    first: str
    reason: str

    @property
    def name(self) -> str:
        """The id people type."""
        return f"Q-{self.id}"


@dataclass(frozen=True, slots=True)
class Over:
    """How a request ended that no job took up: `by` a person or token who cancelled it, "policy", or BY_RESTORE. `why`
    is told to everybody; `rule` is the policy's, "" where it is not about one."""

    by: str
    at: float
    rule: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class CameToNothing:
    """A request that no job took up, as the log tells it."""

    request: Waiting
    over: Over


@dataclass(frozen=True, slots=True)
class Sheaf:
    """What becomes one plan: requests of one site, with the same softness, account and check."""

    site: str
    soft: bool
    only: str
    check: bool


@dataclass(frozen=True, slots=True)
class SheafSize:
    """How many requests are in line in a sheaf, and what they purge, each counted by itself when it came."""

    requests: int
    targets: int
    urls: int  # how many of them are URLs


def squeezed(command: Command) -> bytes:
    """`command` as it waits in line."""
    return zlib.compress(pack(COMMAND, command).encode(), 1)


class Holds:
    """Which sites are held, and what waits for them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def find(self, site: str) -> Hold | None:
        """The pile of holds laid on `site` itself, ended ones too."""
        rows = self._tx.rows("select doc from holds where site = :site", site=site)
        return unpack(HOLD, rows[0]["doc"]) if rows else None

    def on(self, site: str, now: float) -> Hold | None:
        """What holds `site` at `now`: its own hold, else one on every site."""
        return standing(self.find(site), now) or standing(self.find(ALL), now)

    def ends(self, site: str, now: float) -> float | None:
        """When nothing holds `site` any more; None where that waits for somebody."""
        return end_of(standing(self.find(site), now), standing(self.find(ALL), now))

    def listed(self, now: float) -> list[Hold]:
        """All holds that stand, the one on every site first."""
        rows = self._tx.rows("select doc from holds order by site")
        found = [standing(unpack(HOLD, row["doc"]), now) for row in rows]
        return [hold for hold in found if hold is not None]

    def keep(self, site: str, hold: Hold | None) -> None:
        """From now on this pile is on `site`; None ends it."""
        if hold is None:
            self._tx.run("delete from holds where site = :site", site=site)
            return
        self._tx.run(
            "insert into holds (site, doc, due_at) values (:site, :doc, :due)"
            " on conflict (site) do update set doc = excluded.doc, due_at = excluded.due_at",
            site=site, doc=pack(HOLD, hold), due=hold.until,
        )  # fmt: skip

    def held_jobs(self, site: str) -> list[int]:
        """Allowed jobs of `site` (or of every site) that have not begun, by number."""
        rows = self._tx.rows(
            "select id from jobs where state = 'queued' and (site = :site or :site = :all)", site=site, all=ALL
        )
        return [whole(row["id"]) for row in rows]

    def due(self, until: float) -> list[tuple[str, float]]:
        """Sites whose hold ends by then, and those that nothing holds any more although requests are in line."""
        ending = self._tx.rows("select site, due_at from holds where due_at <= :until", until=until)
        ripe = self._tx.rows(
            "select distinct site from in_line where job is null"
            " and not exists (select 1 from holds where site in (in_line.site, :all))",
            all=ALL,
        )
        return [(str(row["site"]), number(row["due_at"])) for row in ending] + [(str(row["site"]), 0.0) for row in ripe]

    def sites_in_line(self) -> list[str]:
        """Sites that somebody is in line for."""
        rows = self._tx.rows("select distinct site from in_line where job is null")
        return [str(row["site"]) for row in rows]

    def add(self, key: str, sheaf: Sheaf, request: InLine, told: Waiting) -> int:
        """Put a request in line, once for each `key`; its number. What `told` says of its number counts for nothing."""
        self._tx.run(
            "insert into in_line (key, site, soft, only_account, checks, by, team, source, channel, thread, at,"
            " targets, urls, doc) values (:key, :site, :soft, :only, :checks, :by, :team, :source, :channel, :thread,"
            " :now, :targets, :urls, :doc) on conflict (key) do nothing",
            key=key, **_values(sheaf), by=request.by, team=request.team, source=request.source, channel=request.channel,
            thread=request.thread, now=told.at, targets=told.targets, urls=told.urls, doc=request.packed,
        )  # fmt: skip
        number = self.number_of(key)
        self._tx.run(
            "insert or ignore into in_line_told (id, first, reason) values (:id, :first, :reason)",
            id=number, first=told.first, reason=told.reason,
        )  # fmt: skip
        return number

    def number_of(self, key: str) -> int:
        """The number of the request that came under `key`; 0 when none did."""
        rows = self._tx.rows("select id from in_line where key = :key", key=key)
        return whole(rows[0]["id"]) if rows else 0

    def find_in_line(self, number: int) -> tuple[InLine, int | None] | None:
        """The request of that number, and the job that took it up: None while it waits, 0 where none did."""
        rows = self._tx.rows("select * from in_line where id = :id", id=number)
        if not rows:
            return None
        job = rows[0]["job"]
        return _request(rows[0]), None if job is None else whole(job)

    def waiting(self, sites: Sequence[str], limit: int, by: str = "") -> tuple[list[Waiting], int]:
        """The first requests in line for `sites`, of `by` alone where that is given, and how many there are."""
        rows = self._tx.rows(
            "select in_line.id, site, by, at, targets, urls, coalesce(first, '') as first,"
            " coalesce(reason, '') as reason, count(*) over () as total"
            " from in_line left join in_line_told on in_line_told.id = in_line.id"
            " where job is null and site in (select value from json_each(:sites)) and (:by = '' or by = :by)"
            " order by in_line.id limit :limit",
            sites=json.dumps(list(sites)), by=by, limit=limit,
        )  # fmt: skip
        return [_waiting(row) for row in rows], whole(rows[0]["total"]) if rows else 0

    def told(self, number: int) -> Waiting | None:
        """The request of that number as lists tell it, also when it waits no more."""
        rows = self._tx.rows(
            "select in_line.id, site, by, at, targets, urls, coalesce(first, '') as first,"
            " coalesce(reason, '') as reason from in_line left join in_line_told on in_line_told.id = in_line.id"
            " where in_line.id = :id",
            id=number,
        )
        return _waiting(rows[0]) if rows else None

    def size(self, sheaf: Sheaf) -> SheafSize:
        """What is in line in `sheaf`."""
        rows = self._tx.rows(
            f"select count(*) as n, sum(targets) as targets, sum(urls) as urls from in_line where {_IN_SHEAF}",
            **_values(sheaf),
        )
        return SheafSize(whole(rows[0]["n"]), whole(rows[0]["targets"]), whole(rows[0]["urls"]))

    def sheaves(self, site: str) -> list[Sheaf]:
        """The plans that wait for `site`, the first asked for first."""
        rows = self._tx.rows(
            "select site, soft, only_account, checks from in_line where job is null and site = :site"
            " group by site, soft, only_account, checks order by min(id)",
            site=site,
        )
        return [Sheaf(str(r["site"]), bool(r["soft"]), str(r["only_account"]), bool(r["checks"])) for r in rows]

    def requests(self, sheaf: Sheaf) -> list[InLine]:
        """The requests of `sheaf`, the first first."""
        rows = self._tx.rows(f"select * from in_line where {_IN_SHEAF} order by id", **_values(sheaf))
        return [_request(row) for row in rows]

    def take(self, requests: Iterable[InLine], job: int) -> None:
        """They are in line no more: `job` does what they ask for, or 0 where it is refused."""
        self._tx.many(
            "update in_line set job = :job, doc = null where id = :id",
            [{"id": request.id, "job": job} for request in requests],
        )

    def drop(self, requests: Iterable[InLine], over: Over) -> None:
        """They are in line no more, and no job does what they ask for."""
        some = list(requests)
        self.take(some, 0)
        self._tx.many(
            "insert or ignore into in_line_over (id, at, by, rule, why) values (:id, :at, :by, :rule, :why)",
            [{"id": one.id, "at": over.at, "by": over.by, "rule": over.rule, "why": over.why} for one in some],
        )

    def over(self, number: int) -> Over | None:
        """How the request of that number ended, where no job took it up and that is known."""
        rows = self._tx.rows("select * from in_line_over where id = :id", id=number)
        return _over(rows[0]) if rows else None

    def came_to_nothing(self, sites: Sequence[str], by: Sequence[str], since: float, limit: int) -> list[CameToNothing]:
        """The last requests for `sites`, asked for by one of `by` (of anybody where that is empty), that ended since
        then and that no job took up; the newest first."""
        rows = self._tx.rows(
            "select in_line.id, site, in_line.by, in_line.at, targets, urls, coalesce(first, '') as first,"
            " coalesce(reason, '') as reason, in_line_over.at as over_at, in_line_over.by as over_by, rule, why"
            " from in_line_over join in_line on in_line.id = in_line_over.id"
            " left join in_line_told on in_line_told.id = in_line.id"
            " where in_line_over.at >= :since and site in (select value from json_each(:sites))"
            " and (:by = '[]' or in_line.by in (select value from json_each(:by)))"
            " order by in_line_over.at desc, in_line.id desc limit :limit",
            sites=json.dumps(list(sites)), by=json.dumps(list(by)), since=since, limit=limit,
        )  # fmt: skip
        return [
            CameToNothing(
                _waiting(row), Over(str(row["over_by"]), number(row["over_at"]), str(row["rule"]), str(row["why"]))
            )
            for row in rows
        ]

    def prune(self, before: float) -> None:
        """Forget requests that wait no more since before `before`."""
        self._tx.run(
            "delete from in_line where job is not null and at < :before"
            " and job not in (select id from jobs where created >= :before)"
            " and id not in (select id from in_line_over where at >= :before)",
            before=before,
        )
        self._tx.run("delete from in_line_told where id not in (select id from in_line)")
        self._tx.run("delete from in_line_over where id not in (select id from in_line)")


_IN_SHEAF = "job is null and site = :site and soft = :soft and only_account = :only and checks = :checks"


def _values(sheaf: Sheaf) -> Mapping[str, str | int]:
    return {"site": sheaf.site, "soft": int(sheaf.soft), "only": sheaf.only, "checks": int(sheaf.check)}


def _over(row: Row) -> Over:
    return Over(str(row["by"]), number(row["at"]), str(row["rule"]), str(row["why"]))


def _waiting(row: Row) -> Waiting:
    return Waiting(
        id=whole(row["id"]),
        site=str(row["site"]),
        by=str(row["by"]),
        at=number(row["at"]),
        targets=whole(row["targets"]),
        urls=whole(row["urls"]),
        first=str(row["first"]),
        reason=str(row["reason"]),
    )


def _request(row: Row) -> InLine:
    doc = row["doc"]
    return InLine(
        id=whole(row["id"]),
        site=str(row["site"]),
        by=str(row["by"]),
        team=str(row["team"]),
        source=str(row["source"]),
        channel=str(row["channel"]),
        thread=str(row["thread"]),
        packed=doc if isinstance(doc, bytes) else b"",
    )
