"""Intake: what came in is stored with its idempotency key before it is acknowledged. Drafts wait here for a click."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.ledger.codec import maybe, number, whole
from bot.ledger.ledger import Row, Transaction

RECENT_MAX = 5  # lines kept of each person
MOVED = "slack.moved"  # the kind of what the bot tells itself to tell: a card that is not where it was asked for


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that came in. `kind` says what sort, `body` is its JSON."""

    key: str
    kind: str
    body: Mapping[str, object]
    at: float
    tries: int
    done: bool
    answer: str = ""
    mark: str = ""  # the door's, while it is to be done


class Intake:
    """What came in and what became of it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def store(self, key: str, kind: str, body: Mapping[str, object], now: float, mark: str = "") -> bool:
        """Keep a delivery, due now, with the door's `mark`; False when the key is known."""
        stored = self._tx.run(
            "insert into deliveries (key, kind, body, at, due_at, mark) values (:key, :kind, :body, :now, :now, :mark)"
            " on conflict (key) do nothing",
            key=key, kind=kind, body=json.dumps(body), now=now, mark=mark,
        )  # fmt: skip
        return stored == 1

    def find(self, key: str) -> Delivery | None:
        """The delivery under `key`."""
        rows = self._tx.rows("select * from deliveries where key = :key", key=key)
        return _delivery(rows[0]) if rows else None

    def is_again(self, delivery: Delivery, within: float) -> bool:
        """Whether one of its kind came from its channel less than `within` seconds before it."""
        rows = self._tx.rows(
            "select body from deliveries where kind = :kind and key != :key and at between :since and :at",
            kind=delivery.kind, key=delivery.key, since=delivery.at - within, at=delivery.at,
        )  # fmt: skip
        channel = delivery.body.get("channel")
        return any(json.loads(str(row["body"])).get("channel") == channel for row in rows)

    def begin(self, key: str, again_at: float) -> Delivery | None:
        """The delivery under `key` if it is still to be done; it comes back at `again_at` unless done by then."""
        self._tx.run(
            "update deliveries set tries = tries + 1, due_at = :again where key = :key and done_at is null",
            key=key, again=again_at,
        )  # fmt: skip
        found = self.find(key)
        return None if found is None or found.done else found

    def done(self, key: str, now: float) -> None:
        """It is done and told. Its mark goes, so that nobody has it done once more."""
        self._tx.run(
            "update deliveries set done_at = :now, due_at = null, mark = '' where key = :key", key=key, now=now
        )

    def answered(self, key: str, answer: str, again_at: float) -> None:
        """The deed is done and `answer` is to be told; it comes back at `again_at` unless told by then."""
        self._tx.run(
            "update deliveries set answer = :answer, due_at = :again where key = :key and done_at is null",
            key=key, answer=answer, again=again_at,
        )  # fmt: skip

    def all_due(self, now: float) -> None:
        """What is not done is due now."""
        self._tx.run("update deliveries set due_at = :now where done_at is null", now=now)

    def due(self, now: float) -> list[tuple[str, float]]:
        """Keys and times of deliveries still to be done."""
        rows = self._tx.rows(
            "select key, due_at from deliveries where due_at <= :now order by due_at limit 1000", now=now
        )
        return [(str(row["key"]), number(row["due_at"])) for row in rows]

    def prune(self, before: float) -> None:
        """Forget what was done before `before`, and drafts that ended then."""
        self._tx.run("delete from deliveries where done_at < :before", before=before)
        self._tx.run("delete from drafts where expires < :before", before=before)

    def save_draft(self, draft: str, by: str, doc: Mapping[str, object], expires: float) -> None:
        """Keep what waits for a click."""
        self._tx.run(
            "insert into drafts (id, by, expires, doc) values (:id, :by, :expires, :doc)"
            " on conflict (id) do update set doc = excluded.doc",
            id=draft, by=by, expires=expires, doc=json.dumps(doc),
        )  # fmt: skip

    def draft(self, draft: str, now: float) -> tuple[str, Mapping[str, object]] | None:
        """Whose draft it is and what it holds; None when it is unknown or over."""
        rows = self._tx.rows("select * from drafts where id = :id and expires > :now", id=draft, now=now)
        return (str(rows[0]["by"]), json.loads(str(rows[0]["doc"]))) if rows else None

    def note_in_draft(self, draft: str, name: str, value: str) -> None:
        """Keep one thing more with a draft, if it is there."""
        changed = "update drafts set doc = json_set(doc, :path, :value) where id = :id"
        self._tx.run(changed, path=f"$.{name}", value=value, id=draft)

    def use_draft(self, draft: str, by: str, key: str, now: float) -> Mapping[str, object] | None:
        """What `by`'s draft holds, used up by the delivery `key`, which may come again; None for anybody else, when it
        is over, and when another delivery used it."""
        found = self.draft(draft, now)
        if found is None or found[0] != by or found[1].get("used", key) != key:
            return None
        self._tx.run("update drafts set doc = :doc where id = :id", id=draft, doc=json.dumps({**found[1], "used": key}))
        return found[1]

    def remember(self, by: str, site: str, lines: Sequence[str], now: float) -> None:
        """`by` asked for `lines` of `site`: kept while they are among their last ones."""
        for line in lines:
            self._tx.run(
                "insert into recent (by, line, site, at) values (:by, :line, :site, :now)"
                " on conflict (by, line, site) do update set at = excluded.at",
                by=by, line=line, site=site, now=now,
            )  # fmt: skip
        self._tx.run(
            "delete from recent where by = :by and rowid not in"
            " (select rowid from recent where by = :by order by at desc, rowid desc limit :most)",
            by=by, most=RECENT_MAX,
        )  # fmt: skip

    def recent(self, by: str) -> list[tuple[str, str]]:
        """The last lines that `by` asked for, newest first, with their sites."""
        rows = self._tx.rows("select line, site from recent where by = :by order by at desc, rowid desc", by=by)
        return [(str(row["line"]), str(row["site"])) for row in rows]

    def tell_moved(self, job: int, channel: str, now: float) -> str:
        """Whoever asked for `job` is to be told in private that it is shown in `channel`, "" for nowhere; the key of
        that, or "" when nobody at Slack asked."""
        asked = self._asked(job)
        if asked is None:
            return ""
        key = _moved_key(job, channel)
        said = {name: value for name, value in asked.body.items() if value}
        self.store(key, MOVED, {**self._opened(job, now), **said, "job": job, "shown_in": channel}, now)
        return key

    def _opened(self, job: int, now: float) -> Mapping[str, object]:
        """Where the form was opened that made `job`: a form as it is sent says nothing of that."""
        rows = self._tx.rows(
            "select drafts.doc from jobs join drafts on jobs.key = 'draft ' || drafts.id where jobs.id = :job", job=job
        )
        doc = json.loads(str(rows[0]["doc"])) if rows else {}
        lives = now < number(doc.get("url_until"))
        return {name: doc[name] for name in ("channel", "thread", *(["response_url"] if lives else [])) if name in doc}

    def waits_for_link(self, job: int, channel: str) -> str:
        """The key of what is to be told of `job` once its card is in `channel`, "" when nothing is."""
        found = self.find(_moved_key(job, channel))
        return found.key if found and not found.done else ""

    def _asked(self, job: int) -> Delivery | None:
        """The delivery that made `job`: its key is the job's, or used up the draft that is."""
        rows = self._tx.rows(
            "select coalesce(json_extract(drafts.doc, '$.used'), jobs.key) as key from jobs"
            " left join drafts on jobs.key = 'draft ' || drafts.id where jobs.id = :job",
            job=job,
        )
        return self.find(str(rows[0]["key"])) if rows else None


def _moved_key(job: int, channel: str) -> str:
    return f"moved P-{job} {channel}"


def _delivery(row: Row) -> Delivery:
    return Delivery(
        key=str(row["key"]),
        kind=str(row["kind"]),
        body=json.loads(str(row["body"])),
        at=number(row["at"]),
        tries=whole(row["tries"]),
        done=maybe(row["done_at"]) is not None,
        answer=str(row["answer"] or ""),
        mark=str(row["mark"]),
    )
