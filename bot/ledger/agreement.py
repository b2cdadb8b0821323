"""What the tables say of a job against what the journal said when it was written: jobs, votes, broken glasses, layers
and their calls.

Known endings, by event; a feature that ends a job in another way adds its event here:

    ended restored    in the state that the entry names
    failed parked     failed
    expired cancelled as they are called
    denied            as it is called
    vote              denied, where it was a no
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.domain.jobs.job import CLOSED, State
from bot.ledger.approval_audit import awaited
from bot.ledger.chain import Breach, microseconds
from bot.ledger.damaged import unreadable
from bot.ledger.job_entries import FIXED, NAMED, Cast, Doc, Said
from bot.ledger.ledger import Row
from bot.ledger.likeness import OTHER_PLAN, besides, unlike
from bot.ledger.lots import Lots
from bot.ledger.reading import Reading
from bot.ledger.record_audit import FORGED, OTHER_TARGETS, unsealed
from bot.ledger.seal import is_layered, seal_of


class Agreement:
    """Compares job after job."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._lots = Lots(reading)
        self._voted = _jobs_in(reading, "votes")
        self._glassed = _jobs_in(reading, "reviews")

    def breaches(self, job: int, row: Row | None, said: Said) -> Iterator[Breach]:
        """What of `job` is not as the journal said; `row` is that of the table, None where there is none."""
        if row is None:
            if said.asked is not None:
                yield Breach(f"P-{job} is in the journal and no longer in the table of jobs.", said.entry, job)
            return
        if said.asked is None:
            yield Breach(f"P-{job} is in the table of jobs, and no entry says that anybody asked for it.", 0, job)
            return
        told = [
            *unlike(self._reading, job, row, said),
            *awaited(row, said),
            *_ending(row, said),
            *self._sealed(job, row, said),
            *self._votes(job, said),
            *self._glass(job, said),
            *self._layers(job, row, said),
        ]
        if row["state"] in CLOSED:
            told += unsealed(self._reading, job, said.seals, bool(told))
        if told or row["state"] not in CLOSED:
            told = [*unreadable(self._reading, job), *told]
        if {*told} <= {OTHER_TARGETS}:
            told = [*dict.fromkeys([*told, *besides(self._reading, job, row, said)])]
        if said.seals.forged and not told:
            told.append(FORGED)
        for what in told:
            yield Breach(f"P-{job}: {what}", said.entry, job)

    def _sealed(self, job: int, row: Row, said: Said) -> Iterator[str]:
        """Of a job that waits for votes: what has begun changes its calls, and is held against its layers' entries."""
        asked = (said.asked[1] or {}) if said.asked else {}
        if not _is_as_asked_for(row, said):
            return
        if asked.get("seal") not in (None, seal_of(self._reading, job)):
            yield OTHER_PLAN
        if not is_layered(self._reading, job, asked):
            yield "its layers are not those that were asked for."

    def _votes(self, job: int, said: Said) -> Iterator[str]:
        if not said.votes and job not in self._voted:
            return
        rows = self._reading.rows('select "by", yes, at, reason, digest, round from votes where job = :job', job=job)
        whole = all(has_doc for _, has_doc in said.votes)
        written = Counter(_bare(vote, whole) for vote, _ in said.votes)
        found = Counter(_bare(_cast(row), whole) for row in rows)
        for who in sorted({vote[0] for vote in (written - found)}):
            yield f"the vote of {who} is not as it was given."
        for who in sorted({vote[0] for vote in (found - written)} - {vote[0] for vote in (written - found)}):
            yield f"a vote of {who} stands in the table, and no entry says that it was given."

    def _glass(self, job: int, said: Said) -> Iterator[str]:
        if not said.glass and job not in self._glassed:
            return
        rows = self._reading.rows('select "by", closed_at from reviews where job = :job', job=job)
        if Counter(said.glass) != Counter(str(row["by"]) for row in rows):
            yield "its broken glasses are not those that the journal names."
        elif rows and not said.reviewed and rows[-1]["closed_at"] is not None:
            yield "its review stands as closed, and no entry says who closed it."

    def _layers(self, job: int, row: Row, said: Said) -> Iterator[str]:
        rows = self._reading.rows(
            "select position, account, state from layers where job = :job order by position", job=job
        )
        found = {int(row["position"] or 0): row for row in rows}
        calls = {} if _is_as_asked_for(row, said) else said.sums
        positions = sorted({*said.layers, *calls})
        lots = self._lots.sums(job, positions)
        for position in positions:
            doc, lot = said.layers.get(position), lots[position]
            name = str(found[position]["account"] if doc is None and position in found else (doc or {}).get("account"))
            if position not in found:
                yield f"the layer {name} is no longer in the table."
                continue
            if doc is not None and (found[position]["state"] != doc.get("state") or found[position]["account"] != name):
                yield f"the layer {name} ended as {doc.get('state')} and stands there as {found[position]['state']!s}."
            elif doc is not None and lot.hash != doc.get("rows"):
                yield f"the calls of layer {name}, or their receipts, are not as they were when it ended."
            elif calls.get(position, lot.calls) != lot.calls:
                yield f"the calls of layer {name} are not those that were asked for."
            if lot.accounts - {name}:
                yield f"the calls of layer {name} are to go through another account."


def _jobs_in(reading: Reading, table: str) -> frozenset[int]:
    """Most jobs have no row in it, so that one question spares many."""
    return frozenset(int(row["job"] or 0) for row in reading.stream(f"select distinct job from {table}"))


def _is_as_asked_for(row: Row, said: Said) -> bool:
    """Whether all of it must be as it was asked for, since nothing of it has begun."""
    return str(row["state"]) in (State.WAITING, State.SCHEDULED) or _parked_as_changed(said)


def _parked_as_changed(said: Said) -> bool:
    """Whether it ended before its first call since the file held something else: what it holds is looked at still."""
    event, doc = said.ending or ("", None)
    return event == "parked" and not said.layers and "changed the ledger's file" in str((doc or {}).get("why", ""))


def _ending(row: Row, said: Said) -> Iterator[str]:
    state = State(str(row["state"])) if row["state"] in [*State] else None
    if state is None:
        yield f"its state {row['state']!s} does not exist."
    elif state.is_open:
        if (said.ending is not None or said.is_shut) and state is not State.CHECKING:
            yield f"it is {state}, and the journal says that it has ended."
    elif said.ending is None:
        votes = [has_doc for _, has_doc in said.votes]
        if not (state is State.DENIED and votes and not all(votes)):
            yield f"it is {state}, and no entry says so."
    else:
        yield from _ended(row, state, *said.ending)


def _ended(row: Row, state: State, event: str, doc: Doc | None) -> Iterator[str]:
    if event in NAMED and doc is None:
        return
    wanted = State.DENIED if event == "vote" else FIXED.get(event) or (doc or {}).get(NAMED.get(event, ""))
    if state != wanted:
        yield f"it ended as {wanted}, and the table says {state}."
    verdict = (doc or {}).get("verdict")
    if verdict is not None and row["verdict"] != verdict:
        yield f"its verdict was {verdict}, and the table says {row['verdict']!s}."


def _cast(row: Row) -> Cast:
    at = row["at"] if isinstance(row["at"], float) else 0.0
    return str(row["by"]), bool(row["yes"]), row["reason"], row["digest"], row["round"], microseconds(at)


def _bare(vote: Cast, whole: bool) -> Cast:
    return vote if whole else (vote[0], None, None, None, None, vote[5])
