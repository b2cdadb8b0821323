"""The history: one row a job for searching and counting, with an index over its words.

`words` holds what people search for, `facts` its site, kind and requester as words that nobody types, so that one
walk through the index, newest first, answers any mixture and ends after a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.jobs.job import RESTORED
from bot.domain.stats import Ended
from bot.ledger.codec import maybe, number, whole
from bot.ledger.ledger import Row, Transaction, Value

# Thai to Burmese, Khmer, Japanese, Chinese, Korean: written without blanks, or with others than between words.
_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)
INDEXED = ("words", "facts")
TOKENIZER = "unicode61 remove_diacritics 2"

_DOC = "json_extract(jobs.doc, '$.{}')"
_LIST = "(select group_concat(substr(value, 1, 500), char(10)) from json_each(jobs.doc, '$.{}'))"
_LAYERS = """(select group_concat(
    account || ' ' || json_extract(layers.doc, '$.title') || ' '
    || coalesce((select group_concat(value, ' ') from json_each(layers.doc, '$.ids')), '') || ' '
    || coalesce(json_extract(layers.doc, '$.trouble.what'), '') || ' '
    || coalesce(json_extract(layers.doc, '$.trouble.said'), ''), char(10))
  from layers where layers.job = jobs.id)"""
_BEGINS = f"coalesce({_DOC.format('ran_early')}, {_DOC.format('scheduled_for')}, created)"
_ALSO = "iif(json_type(jobs.doc, '$.also_by') = 'array', json_extract(jobs.doc, '$.also_by'), '[]')"
_RAN = "exists (select 1 from layers where layers.job = {} and json_extract(layers.doc, '$.started') is not null)"
_GO_AHEADS = ("voted_yes", "let_go", "glass_broken", "retried")  # what people let a job go on with, as its thread tells
_GO_AHEAD = f"""(select max(at) from lines where lines.job = jobs.id and at <= {_DOC.format("proven")}
  and json_extract(text, '$.event') in ({", ".join(f"'{event}'" for event in _GO_AHEADS)}))"""
_VOTES = "(select group_concat(by || ' ' || reason, char(10)) from votes where votes.job = jobs.id)"
_GLASS = (
    "(select group_concat('glass broken break-glass ' || by || ' ' || reason || ' ' || closed_by || ' ' || note,"
    " char(10)) from reviews where reviews.job = jobs.id)"
)
_BROKEN = """exists (select 1 from reviews where reviews.job = history.job) and coalesce(
  (select json_extract(doc, '$.approval.broken_by') from jobs where id = history.job), '') != ''"""
_GONE = "exists (select 1 from layers where layers.job = history.job and (sent > 0 or unknown > 0))"
_IS_JSON = """json_valid(jobs.doc)
  and not exists (select 1 from layers where layers.job = jobs.id and not json_valid(layers.doc))"""
_PARTS = (
    "'P-' || jobs.id", "requested_by", _LIST.format("also_by"), "site", "kind", "state", "verdict",
    _DOC.format("rule"), _DOC.format("reason"),
    _LIST.format("sample"), _LIST.format("hosts"), _LAYERS, _VOTES, _GLASS,
    _DOC.format("why"), _DOC.format("stop_reason"),
)  # fmt: skip
_WORDS = " || char(10) || ".join(f"coalesce({part}, '')" for part in _PARTS)
_KEEP = f"""
insert into history (job, site, kind, by, also, source, created, outcome, ran, seconds, waited, targets, words, facts)
select jobs.id, site, kind, requested_by, {_ALSO}, coalesce({_DOC.format("source")}, ''), created,
  case when due_at is not null then 'open' when {_DOC.format("why")} = '{RESTORED}' then 'restored'
  when state = 'done' then verdict else state end, {_RAN.format("jobs.id")},
  {_DOC.format("proven")} - {_BEGINS},
  case when {_DOC.format("proven")} is not null then max(0, coalesce({_GO_AHEAD} - {_BEGINS}, 0)) end,
  coalesce({_LIST.format("sample")}, ''), {_WORDS},
  's' || hex(site) || ' k' || hex(kind) || ' b' || hex(requested_by)
  || coalesce((select group_concat(' b' || hex(value), '') from json_each({_ALSO})), '')
from jobs where {{}}
on conflict (job) do update set site = excluded.site, kind = excluded.kind, by = excluded.by,
  source = excluded.source, created = excluded.created, targets = excluded.targets,
  outcome = excluded.outcome, ran = excluded.ran, also = excluded.also,
  seconds = coalesce(history.seconds, excluded.seconds), waited = coalesce(history.waited, excluded.waited),
  words = excluded.words, facts = excluded.facts
"""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for. `sites` None means every site, an empty `kinds` or `by` any."""

    sites: tuple[str, ...] | None = None
    kinds: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    since: float | None = None  # seconds since the epoch
    words: tuple[str, ...] = ()  # each a word or a phrase


class History:
    """Jobs by what is known of them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, job: int) -> None:
        """Write what is known of `job` now."""
        self._tx.run(_KEEP.format("jobs.id = :job"), job=job)

    def catch_up(self) -> None:
        """Write what is missing: jobs from before there was a history, or from one that knew less of them. What holds
        something else than JSON is left to whoever parks it."""
        if not self._tx.rows("select 1 from jobs limit 1"):
            return
        for missing in (
            "jobs.id > (select coalesce(max(job), 0) from history)",
            "jobs.id in (select job from history where ran is null)",
            "jobs.id in (select job from history where job in (select job from reviews)"
            " and words not like '%break-glass%')",
        ):
            self._tx.run(_KEEP.format(f"{missing} and {_IS_JSON}"))

    def forget(self, job: int) -> None:
        """`job` is found no more; for where its rows are deleted."""
        self._tx.run("delete from history where job = :job", job=job)

    def find(self, sought: Sought, limit: int, offset: int = 0) -> list[int]:
        """Numbers of jobs, newest first."""
        first = self._first(sought.since)
        if first is None:
            return []
        holds, values = _holding(sought)
        if match := _match(sought):
            held = f" and exists (select 1 from history where job = history_fts.rowid{holds})" if holds else ""
            rows = self._tx.rows(
                f"select rowid as job from history_fts where history_fts match :match and rowid >= :first{held}"
                " order by rowid desc limit :limit offset :offset",
                match=match, first=first, limit=limit, offset=offset, **values,
            )  # fmt: skip
        else:
            rows = self._tx.rows(
                f"select job from history where job >= :first{holds} order by job desc limit :limit offset :offset",
                first=first, limit=limit, offset=offset, **values,
            )  # fmt: skip
        return [whole(row["job"]) for row in rows]

    def ended(self, sought: Sought, limit: int) -> list[Ended]:
        """What is counted of the newest jobs that `sought` names; words do not count."""
        where, values = _where(sought)
        begun = _RAN.format("history.job")
        rows = self._tx.rows(
            f"select *, case when outcome = 'open' then {begun} else ran end as begun, {_BROKEN} as broken,"
            f" {_GONE} as gone from history"
            f" where {where}"
            " order by job desc limit :limit",
            **values, limit=limit,
        )  # fmt: skip
        return [_ended(row) for row in rows]

    def _first(self, since: float | None) -> int | None:
        """The first job since then; None when there is none."""
        if since is None:
            return 0
        sql = "select job from history where created >= :since order by created, job limit 1"
        rows = self._tx.rows(sql, since=since)
        return whole(rows[0]["job"]) if rows else None


def _ended(row: Row) -> Ended:
    also = str(row["also"])
    return Ended(
        str(row["kind"]), (str(row["by"]), *(json.loads(also) if also != "[]" else ())), str(row["source"]),
        str(row["outcome"]), bool(row["begun"]), number(row["created"]), maybe(row["seconds"]), number(row["waited"]),
        tuple(str(row["targets"]).split("\n")), bool(row["broken"]), bool(row["gone"]),
    )  # fmt: skip


def _match(sought: Sought) -> str:
    """The index's own language for `sought`; every word of a person's is in quotes, and so only a word."""
    facts = [
        " OR ".join(_quoted(f"{mark}{value.encode().hex()}") for value in values or ("\0",))
        for mark, values in (("s", sought.sites), ("k", sought.kinds or None), ("b", sought.by or None))
        if values is not None
    ]
    words = [_quoted(word) for word in sought.words if _is_indexed(word)]
    return " AND ".join([f"facts : ({one})" for one in facts] + [f"words : ({one})" for one in words])


def _is_indexed(word: str) -> bool:
    """Whether the index knows `word` as a word: not where a script sets no blanks, nor without any letter or digit."""
    return any(map(str.isalnum, word)) and not _WITHOUT_BLANKS.search(word)


def _holding(sought: Sought) -> tuple[str, dict[str, Value]]:
    """SQL for the words that the index does not know: they are looked for in each job's own text, as they stand."""
    values: dict[str, Value] = {
        f"word{n}": word for n, word in enumerate(sought.words) if not _is_indexed(word) and word.strip()
    }
    return "".join(f" and instr(history.words, :{name}) > 0" for name in values), values


def _quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', '""').replace("\0", " "))


def _where(sought: Sought) -> tuple[str, dict[str, Value]]:
    values: dict[str, Value] = {"since": sought.since or 0.0}
    parts = ["created >= :since"]
    for column, names in (("site", sought.sites), ("kind", sought.kinds or None)):
        if names is not None:
            parts.append(f"{column} in ({_slots(column, names, values)})")
    if sought.by:
        slots = _slots("by", sought.by, values)
        parts.append(f"(by in ({slots}) or exists (select 1 from json_each(also) where value in ({slots})))")
    return " and ".join(parts), values


def _slots(column: str, names: Sequence[str], values: dict[str, Value]) -> str:
    slots = {f"{column}{n}": name for n, name in enumerate(names)}
    values.update(slots)
    return ", ".join(f":{slot}" for slot in slots)
