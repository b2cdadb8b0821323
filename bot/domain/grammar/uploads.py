"""An uploaded list as lines, one thing each: plain text, or a table with a column of things (RFC 4180)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.grammar.saying import safe_word
from bot.domain.grammar.speech import KIND_OF
from bot.domain.shown import count, shown

COLUMNS = ("url", "path", "target", "tag")
SUFFIXES = (".txt", ".csv")
ONE_OF = (
    "Save it as UTF-8, one thing a line as .txt, or as .csv whose first line names a column url, path, target or tag."
)
HEADER = "Its first line names the column of things: url, path, target or tag."
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
_THING = re.compile(r"[/#*]|[a-z][a-z0-9+.-]*:\S|[^\s/]+\.[a-z]{2,}(?:[/:?]|$)", re.IGNORECASE)
_BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unlisted(Exception):
    """A file that is no list: `what` is wrong with it, and `advice`."""

    def __init__(self, what: str, advice: str = ONE_OF) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Listed:
    """The lines of a file, numbered as in the file: one without a thing is empty; and what of it was not read."""

    lines: list[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    """How a table is laid out, by its first line: where its header stands, and which column holds the things."""

    delimiter: str
    width: int
    begins: int  # the first line behind the header
    column: int = 0
    name: str = ""  # of the column; "" without a header
    others: tuple[str, ...] = ()  # further columns with a name that the bot knows


def listed(name: str, data: bytes, spoken: bool = False) -> Listed:
    """The things of the file `name`. A column of tags speaks their kind unless another one is `spoken`. Raises
    Unlisted, also where a table may be read in two ways: nobody sees the lines before they are purged."""
    text = _decoded(name, data)
    rows = list(io.StringIO(text, newline=""))
    first = next((number for number, row in enumerate(rows) if row.strip()), 0)
    row = rows[first].strip("\r\n") if rows else ""
    if name.lower().endswith(".csv"):
        table = _named(row, first) or _bare(name, row, first, spoken)
        return _of_table(name, rows, table, spoken)
    named = _named(row, first)
    if named is not None and named.width > 1:
        return _of_table(name, rows, named, spoken)
    if named is None and not spoken and _is_header(row):
        raise _unnamed(name, row)
    lines = rows_of(text)
    if not any(line.strip() for line in lines):
        raise _empty(name)
    return Listed(lines)


def rows_of(text: str) -> list[str]:
    """`text` by its line ends, and by nothing else that Unicode calls one: that is for the parser to refuse."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _decoded(name: str, data: bytes) -> str:
    encoding = next((known for mark, known in _BYTE_ORDER.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        where = f" on line {line:,}" if encoding != "utf-16" else ""
        raise Unlisted(f"{shown(name)} is not UTF-8 text{where}.") from exc
    if "\0" in text:
        raise Unlisted(f"{shown(name)} is not text.")
    return text


def _named(row: str, at: int) -> _Table | None:
    """The layout by a header, which stands on line `at`; None where it names no column of things."""
    for delimiter in _DELIMITERS:
        cells = [cell.strip().lower() for cell in _cells(row, delimiter)]
        known = [(place, cell) for place, cell in enumerate(cells) if cell in COLUMNS]
        if known:
            others = tuple(f"{place + 1}, {cell}" for place, cell in known[1:])
            return _Table(delimiter, len(cells), at + 1, *known[0], others)
    return None


def _bare(name: str, row: str, at: int, spoken: bool) -> _Table:
    """The layout without a header, by the first thing, which stands on line `at`. Raises Unlisted for a header that
    names no column of things."""
    delimiter = "\t" if "\t" in row else ","
    cells = _cells(row, delimiter)
    if row and not _is_thing(cells[0] if cells else row) and not (spoken and _is_alone(row)):
        raise _unnamed(name, row)
    return _Table(delimiter, len(cells), at)


def _is_thing(cell: str) -> bool:
    word, _, rest = cell.strip().partition(" ")
    return _THING.match(word) is not None or (word.lower() in KIND_OF and rest.strip() != "")


def _is_alone(row: str) -> bool:
    return not any(delimiter in row for delimiter in _DELIMITERS)


def _is_header(row: str) -> bool:
    """Whether the first line of a text is that of a table: several words with separators, and no thing."""
    return not _is_alone(row) and re.fullmatch(r"[\w .()\"',;\t-]+", row) is not None and not _is_thing(row)


def _of_table(name: str, rows: Sequence[str], table: _Table, spoken: bool) -> Listed:
    lines, left_out = [""] * table.begins, 0
    for number, row in _read(name, rows, table):
        _must_fit(name, number, row, table)
        lines.extend("" for _ in range(number - len(lines) - 1))  # a row of several lines
        cell = row[table.column].strip() if table.column < len(row) else ""
        left_out += not cell and any(map(str.strip, row))
        lines.append(f"tag {safe_word(cell)}" if cell and table.name == "tag" and not spoken else cell)
    if any(lines):
        return Listed(lines, " ".join(_notes(table, left_out)))
    if left_out:
        raise Unlisted(f"{shown(name)} has nothing in its {_column(table)}: {_rows(left_out)} without a thing.", HEADER)
    raise _empty(name)


def _read(name: str, rows: Sequence[str], table: _Table) -> Iterator[tuple[int, list[str]]]:
    """Each row, and the number of its last line."""
    reader = csv.reader(rows[table.begins :], delimiter=table.delimiter, strict=True)
    try:
        for row in reader:
            yield table.begins + reader.line_num, row
    except csv.Error as exc:
        line = table.begins + reader.line_num
        raise Unlisted(f"{shown(name)} cannot be read as a table from line {line:,} on: {exc}.") from exc


def _must_fit(name: str, number: int, row: Sequence[str], table: _Table) -> None:
    """A thing that a separator may have cut, or not cut, is not guessed at: another page would be purged."""
    if any(map(str.strip, row[table.width :])):
        what = f"Line {number:,} of {shown(name)} has {count(len(row), 'column')}, and the first line {table.width}."
        mark = _DELIMITERS[table.delimiter]
        raise Unlisted(what, f"Put quotes around what has a {mark} in it, or save it as .txt with one thing a line.")
    if not table.name and row and ";" in row[0]:
        what = f"Line {number:,} of {shown(name)} has a semicolon: it may be part of the thing, or end it."
        raise Unlisted(what, f"{HEADER} Add that line, or save it as .txt with one thing a line.")


def _notes(table: _Table, left_out: int) -> Iterator[str]:
    if table.others:
        yield f"Read column {table.column + 1}, {table.name}, of the list, and not {' or '.join(table.others)}."
    if left_out:
        yield f"Left out {_rows(left_out)} of the list with nothing in the {_column(table)}."


def _column(table: _Table) -> str:
    return f"column {table.name}" if table.name else "first column"


def _rows(n: int) -> str:
    return f"{n:,} row{'' if n == 1 else 's'}"


def _cells(row: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([row], delimiter=delimiter), [])
    except csv.Error:
        return []


def _unnamed(name: str, row: str) -> Unlisted:
    return Unlisted(f"The first line of {shown(name)}, {shown(row.strip())}, names no column of things.", ONE_OF)


def _empty(name: str) -> Unlisted:
    return Unlisted(f"{shown(name)} is empty.", "Put one thing a line into it.")
