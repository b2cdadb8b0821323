"""Home tabs: who has opened theirs, what it shows there, when it is to be drawn anew, and which jobs belong on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.jobs.job import CLOSED, State
from bot.ledger.codec import number, whole
from bot.ledger.ledger import Row, Transaction, Value

APART_SECONDS = 3.0  # between two drawings of one person's tab that nobody asked for
RECENT_DEPTH = 500  # jobs that are looked through for the latest ended ones
_RUNNING = (State.SCHEDULED, State.QUEUED, State.PURGING, State.CONFIRMING, State.CHECKING)


@dataclass(frozen=True, slots=True)
class Home:
    """One person's tab. `shown` is the hash of what it shows; `note` what they are told on it, and what to do."""

    user: str
    team: str
    opened_at: float
    shown: str
    shown_at: float
    tries: int
    note: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Some:
    """The first jobs of a kind, by number, and how many there are in all."""

    first: tuple[int, ...]
    total: int


class Homes:
    """Tabs and their jobs. Nothing is kept of people who never opened theirs."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def opened(self, user: str, team: str, now: float, blank: bool = False, note: tuple[str, str] = ("", "")) -> None:
        """Somebody looks at their tab, which is due at once; `blank` when Slack shows nothing on it."""
        self._tx.run(
            "insert into homes (user, team, opened_at, due_at, note) values (:user, :team, :now, :now, :note)"
            " on conflict (user) do update set team = excluded.team, opened_at = excluded.opened_at,"
            " due_at = excluded.due_at, note = excluded.note, stale = 1,"
            " shown = case when :blank then '' else shown end",
            user=user, team=team, now=now, blank=int(blank), note=json.dumps(note) if any(note) else "",
        )  # fmt: skip

    def changed(self) -> None:
        """Something that a tab may show has changed."""
        changed(self._tx)

    def next_due(self) -> float | None:
        """When the next tab is due."""
        rows = self._tx.rows("select min(due_at) as at from homes where due_at is not null")
        return None if rows[0]["at"] is None else number(rows[0]["at"])

    def begin(self, now: float, since: float, limit: int = 50) -> list[Home]:
        """Tabs to be drawn, those just opened first; each stays due until `shown`. Who opened theirs before `since` is
        forgotten."""
        self._tx.run("delete from homes where opened_at < :since", since=since)
        rows = self._tx.rows(
            "select * from homes where due_at <= :now order by opened_at <= shown_at, due_at limit :limit",
            now=now, limit=limit,
        )  # fmt: skip
        names = json.dumps([str(row["user"]) for row in rows])
        self._tx.run("update homes set stale = 0 where user in (select value from json_each(:names))", names=names)
        return [_home(row) for row in rows]

    def shown(self, home: Home, shown: str, now: float) -> None:
        """Slack shows it; a change since `begin` keeps it due."""
        self._tx.run(
            "update homes set shown = :shown, shown_at = :now, tries = 0,"
            " due_at = case when opened_at > :opened then due_at when stale then :again end where user = :user",
            user=home.user, shown=shown, now=now, opened=home.opened_at, again=now + APART_SECONDS,
        )  # fmt: skip

    def later(self, home: Home, at: float) -> None:
        """Try again at `at`."""
        self._tx.run("update homes set due_at = :at, tries = tries + 1 where user = :user", at=at, user=home.user)

    def forget(self, home: Home) -> None:
        """Draw it no more, until it is opened again."""
        self._tx.run("delete from homes where user = :user", user=home.user)

    def for_vote_of(self, user: str, asked_as: Sequence[str], sites: Sequence[str], limit: int) -> Some:
        """Requests of others on which one of the policy's words `asked_as` may vote, and `user` has not in this round;
        the oldest first."""
        return self._some(
            "state = 'waiting' and requested_by != :user and coalesce(json_extract(doc, '$.approval.barred'), '') = ''"
            " and exists (select 1 from json_each(doc, '$.approval.groups') where value in"
            " (select value from json_each(:words)))"
            f" and not {_ALSO}"
            " and not exists (select 1 from votes where votes.job = jobs.id and votes.by = :user"
            " and votes.round = coalesce(json_extract(doc, '$.approval.round'), 0)) order by id",
            sites, limit, user=user, words=json.dumps(list(asked_as)),
        )  # fmt: skip

    def waiting_of(self, user: str, sites: Sequence[str], limit: int) -> Some:
        """What `user` asked for, alone or with others, and what waits for a person or its time, the newest first."""
        return self._some(
            f"state in ('waiting', 'scheduled', 'needs_decision') and {_OWN} order by id desc",
            sites, limit, user=user,
        )  # fmt: skip

    def running(self, user: str, sites: Sequence[str], limit: int) -> Some:
        """What goes on by itself: first what `user` asked for, then the newest."""
        which = f"state in ({_listed(_RUNNING)}) and not {_HELD}"
        return self._some(f"{which} order by {_OWN} desc, id desc", sites, limit, user=user)

    def held(self, user: str, sites: Sequence[str], limit: int) -> Some:
        """What a hold keeps from beginning: first what `user` asked for, then the newest."""
        return self._some(f"{_HELD} order by {_OWN} desc, id desc", sites, limit, user=user)

    def ended(self, sites: Sequence[str], limit: int) -> list[int]:
        """The newest jobs that have ended, among the newest of all."""
        rows = self._tx.rows(
            "select id from (select id, site, state from jobs order by id desc limit :depth)"
            f" where state in ({_listed(sorted(CLOSED))}) and {_SEEN} order by id desc limit :limit",
            depth=RECENT_DEPTH, limit=limit, sites=json.dumps(list(sites)),
        )  # fmt: skip
        return [whole(row["id"]) for row in rows]

    def _some(self, which: str, sites: Sequence[str], limit: int, **values: Value) -> Some:
        rows = self._tx.rows(
            f"select id, count(*) over () as total from jobs where {_SEEN} and {which} limit :limit",
            sites=json.dumps(list(sites)), limit=limit, **values,
        )  # fmt: skip
        return Some(tuple(whole(row["id"]) for row in rows), whole(rows[0]["total"]) if rows else 0)


_ALSO = "exists (select 1 from json_each(doc, '$.also_by') where value = :user)"
_OWN = f"(requested_by = :user or {_ALSO})"
_HELD = "(state = 'queued' and json_type(doc, '$.held') = 'object')"
_SEEN = "+site in (select value from json_each(:sites))"  # the plus: states are few, and sites no index


def changed(tx: Transaction) -> None:
    """Every tab may show something else now."""
    tx.run("update homes set stale = 1, due_at = coalesce(due_at, shown_at + :apart) where stale = 0",
           apart=APART_SECONDS)  # fmt: skip


def _listed(states: Sequence[State]) -> str:
    return ", ".join(f"'{state}'" for state in states)


def _home(row: Row) -> Home:
    note = str(row["note"])
    what, advice = json.loads(note) if note else ("", "")
    return Home(
        user=str(row["user"]),
        team=str(row["team"]),
        opened_at=number(row["opened_at"]),
        shown=str(row["shown"]),
        shown_at=number(row["shown_at"]),
        tries=whole(row["tries"]),
        note=(str(what), str(advice)),
    )
