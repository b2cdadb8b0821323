"""The journal's chain: how an entry is hashed, and what is wrong with one that does not follow from the one before.

An entry's hash is the SHA-256 of its canonical JSON: an array [previous, seq, at, event, job, actor, hash of document],
without blanks, `at` in microseconds. The document goes in by its own hash, so that pruning it keeps the chain whole.
`docs/journal.md` says it to the letter.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.ledger.ledger import Row, Value

GENESIS = "0" * 64
_DOCUMENT = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_text = json.encoder.encode_basestring_ascii  # as JSON, in ASCII


@dataclass(frozen=True, slots=True)
class Head:
    """The journal up to its last entry; `at` in seconds since the epoch."""

    count: int = 0
    hash: str = GENESIS
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is not as it was written. `entry` and `job` are 0 where it is not about one."""

    what: str
    entry: int = 0
    job: int = 0


@dataclass(frozen=True, slots=True)
class Ranges:
    """Whole numbers from … to …, in order and apart."""

    parts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Ranges:
        """The runs among `numbers`."""
        return cls.joined((n, n) for n in numbers)

    @classmethod
    def joined(cls, parts: Iterable[tuple[int, int]]) -> Ranges:
        """`parts` in order, those that touch made one."""
        runs: list[tuple[int, int]] = []
        for first, last in sorted(parts):
            if runs and first <= runs[-1][1] + 1:
                runs[-1] = (runs[-1][0], max(last, runs[-1][1]))
            else:
                runs.append((first, last))
        return cls(tuple(runs))

    @classmethod
    def read(cls, text: str) -> Ranges:
        """What `str` writes. Raises ValueError."""
        ends = [part.partition("-") for part in text.split(",") if part]
        return cls.joined((int(first), int(last or first)) for first, _, last in ends)

    def __str__(self) -> str:
        return ",".join(f"{first}" if first == last else f"{first}-{last}" for first, last in self.parts)

    def __contains__(self, number: int) -> bool:
        at = bisect.bisect_right(self.parts, (number, math.inf)) - 1
        return at >= 0 and number <= self.parts[at][1]


def canonical(doc: object) -> str:
    """JSON with sorted keys and no blanks."""
    return _DOCUMENT.encode(doc)


def document(text: object) -> Mapping[str, object] | None:
    """What `canonical` wrote; None where it was pruned, or is none any more, which the walk tells."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def sha256(text: str) -> str:
    """Of `text` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def microseconds(at: float) -> int:
    """`at` seconds, as the hash holds them."""
    return round(at * 1e6)


def entry_hash(previous: str, seq: int, at: float, event: str, job: int | None, actor: str, doc_hash: str) -> str:
    """The hash that the next entry will hold."""
    place = f"{_text(previous)},{seq},{microseconds(at)},{_text(event)},{'null' if job is None else job}"
    return sha256(f"[{place},{_text(actor)},{_text(doc_hash)}]")


NEVER_PRUNED = ("pruned", "restored", "configuration", "sealed")  # entries whose documents judge the others


class Walk:
    """Follows the entries in order of their numbers. `pruned` are those whose documents may be missing, `marks` what
    an exported head says of the hash of some entries."""

    def __init__(self, pruned: Ranges = Ranges(), marks: Mapping[int, str] | None = None) -> None:
        self._pruned = pruned
        self._marks = marks or {}
        self._fits: Sequence[Value] = (GENESIS,)
        self.head = Head()
        self.pruned = 0  # entries whose documents a pruning may have taken
        self.agreed = 0  # the last of `marks` that agrees
        self.parted = 0  # the first that does not; 0: none so far

    def step(self, row: Row) -> Iterator[Breach]:
        """What is wrong with the next entry."""
        seq, wanted = int(row["seq"] or 0), self.head.count + 1
        mine = _hash_of(row)
        if seq != wanted:
            yield _missing(wanted, seq - 1)
        elif row["previous"] not in self._fits:
            yield Breach(_misplaced(seq, mine == row["hash"]), seq)
        elif mine != row["hash"]:
            yield Breach(f"Entry {seq} was changed: its number, time, event, job or actor does not give its hash.", seq)
        yield from self._document(seq, row)
        self._compare(seq, row["hash"])
        at = row["at"]
        self.head = Head(seq, str(row["hash"]), at if isinstance(at, float) else 0.0)
        self._fits = (row["hash"], mine)

    def _document(self, seq: int, row: Row) -> Iterator[Breach]:
        doc, event = row["doc"], row["event"]
        if doc is None and (seq not in self._pruned or event in NEVER_PRUNED):
            yield Breach(f"The document of entry {seq} is missing, and no pruning took it.", seq)
        elif doc is None:
            self.pruned += 1
        if doc is not None and (not isinstance(doc, str) or sha256(doc) != row["doc_hash"]):
            yield Breach(f"The document of entry {seq} was changed.", seq)

    def _compare(self, seq: int, found: Value) -> None:
        mark = self._marks.get(seq)
        if mark is None or self.parted:
            return
        if mark == found:
            self.agreed = seq
        else:
            self.parted = seq


def _misplaced(seq: int, is_sound: bool) -> str:
    before = f"entry {seq - 1}" if seq > 1 else "the beginning"
    if is_sound:
        return f"Entry {seq} does not follow from {before}: one of them was put there later, or written anew."
    return f"Entry {seq} is not the one that stood there: it fits neither {before} nor its own hash."


def _missing(first: int, last: int) -> Breach:
    return Breach(f"Entry {first} is missing." if first == last else f"Entries {first} to {last} are missing.", first)


def _hash_of(row: Row) -> str | None:
    """What an entry's hash should be; None where a column is not of its sort."""
    previous, seq, at, event = row["previous"], row["seq"], row["at"], row["event"]
    job, actor, doc_hash = row["job"], row["actor"], row["doc_hash"]
    if not (isinstance(previous, str) and isinstance(seq, int) and isinstance(at, float) and isinstance(event, str)):
        return None
    if not (isinstance(actor, str) and isinstance(doc_hash, str) and (job is None or isinstance(job, int))):
        return None
    try:
        return entry_hash(previous, seq, at, event, job, actor, doc_hash)
    except (OverflowError, ValueError):  # an infinite time
        return None
