"""An uploaded list as lines, one thing each: plain text, or a table with a column of things (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from bot.domain.saying import safe_word
from bot.domain.shown import shown

COLUMNS = ("url", "path", "target", "tag")
SUFFIXES = (".txt", ".csv")
ONE_OF = "Save it as UTF-8, one thing a line as .txt, or as .csv with a column named url, path, target or tag."
_DELIMITERS = ",;\t"
_BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Unlisted(Exception):
    """A file that is no list: `what` is wrong with it, and `advice`."""

    def __init__(self, what: str, advice: str = ONE_OF) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


def lines_of(name: str, data: bytes, spoken: bool = False) -> list[str]:
    """The lines of the file `name`, numbered as in the file: one without a thing is empty. A column of tags speaks
    their kind unless another one is `spoken`. Raises Unlisted."""
    text = _decoded(name, data)
    lines = _column(name, text, spoken) if name.lower().endswith(".csv") else rows_of(text)
    if not any(line.strip() for line in lines):
        raise Unlisted(f"{shown(name)} is empty.", "Put one thing a line into it.")
    return lines


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


def _column(name: str, text: str, spoken: bool) -> list[str]:
    rows = list(io.StringIO(text, newline=""))
    first = next((number for number, row in enumerate(rows) if row.strip()), 0)
    delimiter, column, header = _header(rows[first]) if rows else (",", 0, "")
    say = _as_tag if header == "tag" and not spoken else str
    lines: list[str] = []
    reader = csv.reader(rows[first + bool(header) :], delimiter=delimiter, strict=True)
    lines.extend("" for _ in rows[: first + bool(header)])
    before = len(lines)
    try:
        for row in reader:
            lines.extend("" for _ in range(before + reader.line_num - len(lines) - 1))  # a row of several lines
            lines.append(_cell(row, column, say))
    except csv.Error as exc:
        line = before + reader.line_num
        raise Unlisted(f"{shown(name)} cannot be read as a table from line {line:,} on: {exc}.") from exc
    return lines


def _header(row: str) -> tuple[str, int, str]:
    """Delimiter, place and name of the column of things, by the first row; the first column where none is named."""
    for delimiter in _DELIMITERS:
        for place, cell in enumerate(_cells(row, delimiter)):
            if cell.strip().lower() in COLUMNS:
                return delimiter, place, cell.strip().lower()
    return ",", 0, ""


def _cells(row: str, delimiter: str) -> Sequence[str]:
    try:
        return next(csv.reader([row], delimiter=delimiter), [])
    except csv.Error:
        return []


def _cell(row: Sequence[str], column: int, say: Callable[[str], str]) -> str:
    cell = row[column].strip() if column < len(row) else ""
    return say(cell) if cell else ""


def _as_tag(cell: str) -> str:
    return f"tag {safe_word(cell)}"
