"""An uploaded list becomes lines, numbered as in the file; what is no list is refused with what to do."""

from __future__ import annotations

import pytest

from bot.domain.uploads import Unlisted, lines_of

A, B = "https://www.shop.test/a", "https://www.shop.test/b"

LISTS = {
    "text": ("l.txt", f"{A}\n{B}".encode(), [A, B]),
    "windows": ("l.txt", f"{A}\r\n{B}\r\n".encode(), [A, B, ""]),
    "blank lines keep their number": ("l.txt", f"\n{A}\n\n{B}".encode(), ["", A, "", B]),
    "byte order mark": ("l.txt", f"{A}".encode("utf-8-sig"), [A]),
    "UTF-16": ("L.TXT", f"{A}\n{B}".encode("utf-16"), [A, B]),
    "no line ends by other means": ("l.txt", f"{A}\u2028{B}\x0b\x85".encode(), [f"{A}\u2028{B}\x0b\x85"]),
    "a table without a header": ("l.csv", f"{A},7\n{B},8\n".encode(), [A, B]),
    "a table by its column": ("l.csv", f"n,URL \n7,{A}\n8,{B}\n".encode(), ["", A, B]),
    "a comma in quotes": ("l.csv", f'url,n\n"{A}?x=1,2",7\n'.encode(), ["", f"{A}?x=1,2"]),
    "a quote in quotes": ("l.csv", b'tag\n"a ""b"""\n', ["", 'tag "a \\"b\\""']),
    "several lines in quotes": ("l.csv", f'note,url\n"x\ny",{A}\nz,{B}\n'.encode(), ["", "", A, B]),
    "paths": ("l.csv", b"path\n/a\n/b/*\n", ["", "/a", "/b/*"]),
    "tags speak their kind": ("l.csv", b"tag\nnews\n", ["", "tag news"]),
    "semicolons": ("l.csv", f"n;url\n7;{A}\n".encode(), ["", A]),
    "tabs": ("l.csv", f"url\tn\n{A}\t7\n".encode(), ["", A]),
    "a short row": ("l.csv", f"n,url\n7\n8,{A}\n".encode(), ["", "", A]),
    "lines above the header": ("l.csv", f"\n\nurl\n{A}\n".encode(), ["", "", "", A]),
    "an unknown header is a bad line": ("l.csv", f"Address\n{A}\n".encode(), ["Address", A]),
}


@pytest.mark.parametrize(("name", "data", "lines"), LISTS.values(), ids=LISTS)
def test_a_list_is_its_lines(name: str, data: bytes, lines: list[str]) -> None:
    assert lines == lines_of(name, data)


def test_a_spoken_kind_stands_over_the_column() -> None:
    assert ["", "news"] == lines_of("l.csv", b"tag\nnews\n", spoken=True)


REFUSED = {
    "empty": ("l.txt", b"", "l.txt is empty."),
    "only a header": ("l.csv", b"url\n", "l.csv is empty."),
    "latin-1": ("l.txt", b"/a\n/caf\xe9", "l.txt is not UTF-8 text on line 2."),
    "half of UTF-16": ("l.txt", b"\xff\xfea", "l.txt is not UTF-8 text."),
    "zeros": ("l.txt", b"a\0b", "l.txt is not text."),
    "an open quote": ("l.csv", b'url\n"a', "l.csv cannot be read as a table from line 2 on: unexpected end of data."),
    "text behind a quote": ("l.csv", b'url\n"a"b\n',
                            "l.csv cannot be read as a table from line 2 on: ',' expected after '\"'."),
    "a hostile name": ("\u202e<!channel>.txt", b"", "\ufffd<!channel>.txt is empty."),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "what"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_list_is_refused(name: str, data: bytes, what: str) -> None:
    with pytest.raises(Unlisted) as refused:
        lines_of(name, data)
    assert what == refused.value.what
