"""Messages: where each job is shown in Slack, what is shown there now, and thread lines still to be posted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.jobs.thread_step import Told
from bot.ledger.codec import TOLD, number, pack, unpack, whole
from bot.ledger.ledger import Row, Transaction


class Role(StrEnum):
    """What a message is to its job."""

    ROOT = "root"  # the card, edited in place
    REQUEST = "request"  # the approval card, where approvers are; the root is both where there is none
    GLASS = "glass"  # that its glass was broken, where that is to be told; one a channel
    ALSO = "also"  # that it was asked for at the machine, where that is to be told besides; one a channel
    REMINDER = "reminder"  # in the thread of that: it is still to be reviewed
    HALF_TIME = "half_time"  # calls those who have not voted when half of the time is over
    AGAIN = "again"  # calls those who are asked once more
    OUTCOME = "outcome"  # tells whoever asked what was decided
    END = "end"  # tells everybody who asked how it ended, where those are several

    @property
    def is_call(self) -> bool:
        """Whether it is a line in a thread that mentions people, posted once and never edited."""
        return self in (Role.HALF_TIME, Role.AGAIN, Role.OUTCOME, Role.END)


@dataclass(frozen=True, slots=True)
class Message:
    """One message that shows a job. `ts` is empty until it is posted; `shown` is the hash of what it shows. `of` tells
    those of one role apart: "<review> <channel>"."""

    job: int
    role: Role
    channel: str
    thread_ts: str
    ts: str
    shown: str
    tries: int
    token: str  # what the vote buttons carry
    lost: bool  # a post was sent and its answer lost
    link: str  # permalink
    due_at: float = 0.0
    shown_at: float = 0.0
    of: str = ""

    @property
    def key(self) -> str:
        """Its name among the messages of the job."""
        return f"{self.role} {self.of}" if self.of else str(self.role)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a job's thread."""

    job: int
    n: int
    told: Told


class Messages:
    """Slack's side of jobs."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def plan(self, job: int, role: Role, channel: str, thread_ts: str, token: str, now: float, of: str = "") -> None:
        """A message is to be posted; `of` where a job has several in that role."""
        self._tx.run(
            "insert into messages (job, role, channel, thread_ts, token, due_at)"
            " values (:job, :role, :channel, :thread, :token, :now) on conflict (job, role) do nothing",
            job=job, role=f"{role} {of}" if of else role, channel=channel, thread=thread_ts, token=token, now=now,
        )  # fmt: skip

    def call(self, job: int, role: Role, now: float) -> None:
        """People are to be called in the thread of the job's card, once; what was not posted yet is not any more."""
        self._tx.run(
            "insert into messages (job, role, channel, due_at) values (:job, :role, '', :now) on conflict (job, role)"
            " do update set ts = '', shown = '', tries = 0, lost = 0, due_at = :now",
            job=job, role=role, now=now,
        )  # fmt: skip

    def sending(self, message: Message) -> None:
        """A post goes now: until its answer is recorded, it is looked for before it is sent once more."""
        self._lost(message, True)

    def refused(self, message: Message) -> None:
        """What was sent was not taken: it is as lost as it was before."""
        self._lost(message, message.lost)

    def _lost(self, message: Message, lost: bool) -> None:
        self._tx.run(
            "update messages set lost = :lost where job = :job and role = :role",
            lost=int(lost), job=message.job, role=message.key,
        )  # fmt: skip

    def called(self, message: Message, ts: str) -> None:
        """The call stands under `ts`, unless people are to be called anew since."""
        self._tx.run(
            "update messages set ts = :ts, due_at = null, tries = 0, lost = 0"
            " where job = :job and role = :role and due_at = :seen",
            ts=ts, job=message.job, role=message.role, seen=message.due_at,
        )  # fmt: skip

    def votes_on(self, job: int) -> Message | None:
        """The message of the job that takes votes: the request, or the root where that is both."""
        return self.find(job, Role.REQUEST) or self.find(job, Role.ROOT)

    def changed(self, job: int, now: float) -> None:
        """The job's cards may have to be drawn anew, and those of the deploy that it repeats."""
        calls = "'half_time', 'again', 'outcome', 'end'"
        first = (
            "select case when json_valid(doc) then json_extract(doc, '$.deploy.again') end from jobs where id = :job"
        )
        sql = f"update messages set due_at = :now where (job = :job or job = ({first})) and role not in ({calls})"
        self._tx.run(sql, job=job, now=now)

    def due(self, now: float, limit: int = 50) -> list[Message]:
        """Messages to look at, longest waiting first."""
        rows = self._tx.rows(
            "select * from messages where due_at <= :now order by due_at limit :limit", now=now, limit=limit
        )
        return [_message(row) for row in rows]

    def next_due(self) -> float | None:
        """When the next message is due."""
        rows = self._tx.rows("select min(due_at) as at from messages")
        return None if rows[0]["at"] is None else number(rows[0]["at"])

    def find(self, job: int, role: Role) -> Message | None:
        """The job's message in that role."""
        rows = self._tx.rows("select * from messages where job = :job and role = :role", job=job, role=role)
        return _message(rows[0]) if rows else None

    def posted(self, job: int, role: Role, review: int) -> list[Message]:
        """The job's messages of a review in that role that are there."""
        rows = self._tx.rows(
            "select * from messages where job = :job and role like :like and ts != ''",
            job=job, like=f"{role} {review} %",
        )  # fmt: skip
        return [_message(row) for row in rows]

    def by_ts(self, channel: str, ts: str) -> Message | None:
        """The message at that place in Slack."""
        rows = self._tx.rows("select * from messages where channel = :channel and ts = :ts", channel=channel, ts=ts)
        return _message(rows[0]) if rows else None

    def by_token(self, token: str) -> Message | None:
        """The message whose buttons carry `token`, which may be followed by a dot and the round of a vote."""
        bare = token.partition(".")[0]
        rows = self._tx.rows("select * from messages where token = :token and token != ''", token=bare)
        return _message(rows[0]) if rows else None

    def shown(self, message: Message, ts: str, shown: str, now: float, again: float | None = None) -> None:
        """Slack shows it under `ts`; a change meanwhile keeps it due, else it is drawn anew at `again`."""
        self._tx.run(
            "update messages set ts = :ts, shown = :shown, shown_at = :now, tries = 0, lost = 0,"
            " due_at = case when due_at > :seen then due_at else :again end where job = :job and role = :role",
            ts=ts, shown=shown, now=now, seen=message.due_at, again=again, job=message.job, role=message.key,
        )  # fmt: skip

    def link(self, message: Message, link: str) -> None:
        """Keep the message's permalink."""
        self._tx.run(
            "update messages set link = :link where job = :job and role = :role",
            link=link, job=message.job, role=message.key,
        )  # fmt: skip

    def later(self, message: Message, at: float | None, lost: bool = False) -> None:
        """Try again at `at`; `lost` when a post was sent and its answer lost."""
        self._tx.run(
            "update messages set due_at = :at, tries = tries + 1, lost = max(lost, :lost)"
            " where job = :job and role = :role",
            at=at, lost=int(lost), job=message.job, role=message.key,
        )  # fmt: skip

    def move(self, message: Message, channel: str, thread_ts: str, due_at: float | None) -> None:
        """Post it elsewhere instead, at `due_at`; None and no channel where it cannot be posted at all."""
        self._tx.run(
            "update messages set channel = :channel, thread_ts = :thread, due_at = :now, lost = 0"
            " where job = :job and role = :role",
            channel=channel, thread=thread_ts, now=due_at, job=message.job, role=message.key,
        )  # fmt: skip

    def join(self, job: int, now: float) -> None:
        """The root is the request too from now on: posted where the root is to be, or where the request is already."""
        self._tx.run(
            "update messages set (channel, thread_ts, ts, token, shown, link, due_at) ="
            " (select channel, thread_ts, ts, token, '', '', :now from messages where job = :job and role = 'request')"
            " where job = :job and role = 'root'"
            " and exists (select 1 from messages where job = :job and role = 'request' and ts != '')",
            job=job, now=now,
        )  # fmt: skip
        self._tx.run("delete from messages where job = :job and role = 'request'", job=job)
        self.changed(job, now)

    def drop(self, message: Message, now: float) -> None:
        """It is not to be posted; the job's other cards may have to be drawn anew."""
        self._tx.run("delete from messages where job = :job and role = :role", job=message.job, role=message.role)
        self.changed(message.job, now)

    def forget(self, message: Message, now: float) -> None:
        """Slack has it no more: it is to be posted anew."""
        self._tx.run(
            "update messages set ts = '', shown = '', due_at = :now where job = :job and role = :role",
            now=now, job=message.job, role=message.key,
        )  # fmt: skip

    def say(self, job: int, told: Told, now: float) -> None:
        """Add a line to the job's thread."""
        self._tx.run(
            "insert into lines (job, n, text, at)"
            " select :job, coalesce(max(n), 0) + 1, :text, :now from lines where job = :job",
            job=job, text=pack(TOLD, told), now=now,
        )  # fmt: skip

    def unsaid(self, job: int, limit: int = 20) -> list[Line]:
        """Lines of the job not yet posted, oldest first."""
        rows = self._tx.rows(
            "select * from lines where job = :job and posted = 0 order by n limit :limit", job=job, limit=limit
        )
        return [Line(whole(row["job"]), whole(row["n"]), unpack(TOLD, row["text"])) for row in rows]

    def said(self, job: int, up_to: int) -> None:
        """Lines up to number `up_to` are posted."""
        self._tx.run("update lines set posted = 1 where job = :job and n <= :n", job=job, n=up_to)

    def steps(self, job: int) -> list[tuple[float, Told]]:
        """Time and step of every line of the job."""
        rows = self._tx.rows("select at, text from lines where job = :job order by n", job=job)
        return [(number(row["at"]), unpack(TOLD, row["text"])) for row in rows]


def _message(row: Row) -> Message:
    role, _, of = str(row["role"]).partition(" ")
    return Message(
        job=whole(row["job"]),
        role=Role(role),
        channel=str(row["channel"]),
        thread_ts=str(row["thread_ts"]),
        ts=str(row["ts"]),
        shown=str(row["shown"]),
        tries=whole(row["tries"]),
        token=str(row["token"]),
        lost=bool(row["lost"]),
        link=str(row["link"]),
        due_at=number(row["due_at"]),
        shown_at=number(row["shown_at"]),
        of=of,
    )
