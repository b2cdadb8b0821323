"""Records of jobs as the text of files: one JSON array, or CSV for spreadsheets.

A cell that a spreadsheet would run as a formula begins with an apostrophe instead
(https://owasp.org/www-community/attacks/CSV_Injection, read 2026-11-26).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum

Record = Mapping[str, object]
COLUMNS = (
    "job", "created", "site", "kind", "targets", "first_targets", "requested_by", "source", "reason", "rule", "state",
    "verdict", "why", "ended", "proven", "layers", "ids", "errors", "approved_by", "denied_by", "url",
    "also_by", "broken_by", "broken_because", "targets_looked_at",
)  # fmt: skip
FILE_MAX = 100_000  # jobs in a file
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIRST_MAX = 5  # targets in a cell


class Form(StrEnum):
    """What sort of file."""

    CSV = "csv"
    JSON = "json"


def begin(form: Form) -> str:
    """What stands before the first record."""
    return _lines([COLUMNS]) if form is Form.CSV else "["


def part(form: Form, records: Sequence[Record], first: bool) -> str:
    """Some records; `first` when none was before."""
    if form is Form.CSV:
        return _lines([row(record) for record in records])
    texts = [json.dumps(record, ensure_ascii=False) for record in records]
    before = "\n" if first else ",\n"
    return f"{before}{f',{chr(10)}'.join(texts)}" if texts else ""


def end(form: Form) -> str:
    """What stands behind the last record."""
    return "" if form is Form.CSV else "\n]\n"


def row(record: Record) -> list[str]:
    """One record as cells."""
    layers, votes = _parts(record, "layers"), _parts(record, "votes")
    sample = record.get("sample")
    told = {
        **record,
        "first_targets": "\n".join(map(str, sample[:_FIRST_MAX])) if isinstance(sample, list) else "",
        "also_by": ", ".join(map(str, _list(record.get("also_by")))),
        "layers": ", ".join(f"{layer.get('account')} {layer.get('state')}" for layer in layers),
        "ids": " ".join(str(id) for layer in layers for id in _list(layer.get("ids"))),
        "errors": "\n".join(str(error.get("what")) for layer in layers if (error := _part(layer, "error"))),
        "approved_by": ", ".join(str(vote.get("by")) for vote in votes if vote.get("yes")),
        "denied_by": ", ".join(str(vote.get("by")) for vote in votes if not vote.get("yes")),
    }
    return [_cell(told.get(column)) for column in COLUMNS]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _parts(record: Record, name: str) -> list[Record]:
    return [one for one in _list(record.get(name)) if isinstance(one, Mapping)]


def _part(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}
