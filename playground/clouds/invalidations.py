"""What may stand in a CloudFront invalidation, which copies it is about, and the book of those that were made.

Read on 2026-11-23: AWS' API description of version 2020-05-31, and the developer guide's
invalidation-specifying-objects, invalidation-specifying-tags and PayingForInvalidation. What AWS does with `~`, which
it says it does not support, is told nowhere: here it is an invalid path.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from playground.clouds.aws import Denied
from playground.store import Store

XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
BATCH_MAX = 3000  # paths of one call; AWS publishes none today, this was the ceiling
BAD_PATHS = "Your request contains one or more invalid invalidation paths."
REUSED = "Your request contains a caller reference that was used for a previous invalidation batch for the same "
_PATH = re.compile(r"/[!-~]{0,3999}")
_TAG = re.compile(r"#[!-+\--~]{1,256}")
_DECLARES = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Batch:
    """One invalidation as it was asked for."""

    reference: str
    entries: tuple[str, ...]

    @property
    def wildcards(self) -> int:
        """Entries that end in a star."""
        return sum(entry.startswith("/") and entry.endswith("*") for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Invalidation:
    """One invalidation that was made; `done` is when it says Completed, in epoch seconds."""

    id: str
    batch: Batch
    made: float
    done: float


def read(body: bytes) -> Batch:
    """The batch that `body` asks for. Raises Denied."""
    if not body.strip():
        raise Denied(400, "MissingBody", "This operation requires a body. Ensure that the body is present.")
    root = _parsed(body)
    quantity = _text(root, "Paths/Quantity")
    reference = _text(root, "CallerReference")
    if root.tag != f"{{{XMLNS}}}InvalidationBatch" or not re.fullmatch("[0-9]{1,6}", quantity) or not reference:
        raise Denied(400, "MalformedXML", "The XML document was not well formed or did not match our schema.")
    entries = tuple(path.text or "" for path in root.findall("{*}Paths/{*}Items/{*}Path"))
    if int(quantity) != len(entries):
        raise Denied(400, "InconsistentQuantities", "The value of Quantity and the size of Items do not match.")
    if len(entries) > BATCH_MAX:
        raise Denied(413, "BatchTooLarge", "Invalidation batch specified is too large.")
    if not entries or not all(map(_is_valid, entries)):
        raise Denied(400, "InvalidArgument", BAD_PATHS)
    return Batch(reference, entries)


def _parsed(body: bytes) -> ElementTree.Element:
    try:
        if _DECLARES.search(body):
            raise ElementTree.ParseError
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        raise Denied(400, "MalformedXML", "The XML document was not well formed or did not match our schema.") from None


def _text(root: ElementTree.Element, path: str) -> str:
    return (root.findtext("/".join(f"{{*}}{name}" for name in path.split("/"))) or "").strip()


def _is_valid(entry: str) -> bool:
    if entry.startswith("#"):
        return bool(_TAG.fullmatch(entry))
    return bool(_PATH.fullmatch(entry)) and "~" not in entry and "#" not in entry


def is_reached(entry: str, path: str) -> bool:
    """Whether a path entry is about the copy of `path`, query included. Case counts; only a last star is a wildcard."""
    return path.startswith(entry[:-1]) if entry.endswith("*") else path == entry


class Invalidations:
    """Those of one AWS account, on disk."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        store.execute(
            "create table if not exists invalidations (id text, distribution text, place text, reference text,"
            " entries text, paths integer, wildcards integer, made real, done real, primary key (place, reference))"
        )

    def repeated(self, place: str, batch: Batch) -> Invalidation | None:
        """The earlier one of the same reference and paths. Raises Denied where the paths are others."""
        found = next(self._found("place = ? and reference = ?", (place, batch.reference)), None)
        if found is not None and found.batch != batch:
            raise Denied(400, "InvalidArgument", f"{REUSED}{place.partition('/')[0].replace('-', ' ')}.")
        return found

    def make(self, distribution: str, place: str, batch: Batch, done: float) -> Invalidation:
        """Write one down."""
        id_ = "I" + hashlib.sha256(f"{place} {batch.reference}".encode()).hexdigest()[:13].upper()
        made = self._now()
        self._store.execute(
            "insert into invalidations values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id_, distribution, place, batch.reference, json.dumps(batch.entries), len(batch.entries), batch.wildcards,
             made, done),
        )  # fmt: skip
        return Invalidation(id_, batch, made, done)

    def find(self, place: str, id_: str) -> Invalidation | None:
        """One by its id."""
        return next(self._found("place = ? and id = ?", (place, id_)), None)

    def _found(self, where: str, args: Sequence[object]) -> Iterator[Invalidation]:
        for row in self._store.rows(f"select * from invalidations where {where}", args):
            batch = Batch(row["reference"], tuple(json.loads(row["entries"])))
            yield Invalidation(row["id"], batch, row["made"], row["done"])

    def running(self, distribution: str) -> tuple[int, int, int]:
        """Of what is in progress: batches, paths and wildcards."""
        sql = "select count(*), sum(paths), sum(wildcards) from invalidations where distribution = ? and done > ?"
        row = self._store.rows(sql, (distribution, self._now()))[0]
        return int(row[0]), int(row[1] or 0), int(row[2] or 0)

    def paid(self) -> int:
        """Paths and tags of this calendar month (UTC) that count for the bill, the free ones included."""
        sql = "select sum(paths) from invalidations where strftime('%Y-%m', made, 'unixepoch') = ?"
        return int(self._store.rows(sql, (time.strftime("%Y-%m", time.gmtime(self._now())),))[0][0] or 0)
