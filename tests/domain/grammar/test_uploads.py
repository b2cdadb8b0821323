"""An uploaded list becomes lines, numbered as in the file; what is no list is refused with what to do."""

from __future__ import annotations

import pytest

from bot.domain.grammar.uploads import Unlisted, listed

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
    "a text with a header": ("l.txt", f"url;n\n{A};7\n".encode(), ["", A]),
    "tabs without a header": ("l.csv", f"{A}\t7\n".encode(), [A]),
    "spoken things": ("l.csv", b"tag news,7\n", ["tag news"]),
    "a semicolon under a header": ("l.csv", f"url\n{A};x=1\n".encode(), ["", f"{A};x=1"]),
    "a semicolon in a text": ("l.txt", f"{A};x=1".encode(), [f"{A};x=1"]),
    "empty columns behind": ("l.csv", f"url\n{A},,\n".encode(), ["", A]),
}


@pytest.mark.parametrize(("name", "data", "lines"), LISTS.values(), ids=LISTS)
def test_a_list_is_its_lines(name: str, data: bytes, lines: list[str]) -> None:
    assert lines == listed(name, data).lines


def test_a_spoken_kind_stands_over_the_column() -> None:
    assert ["", "news"] == listed("l.csv", b"tag\nnews\n", spoken=True).lines


def test_a_spoken_kind_needs_no_header() -> None:
    assert ["news", "sport"] == listed("l.csv", b"news\nsport\n", spoken=True).lines


NOTES = {
    "all was read": (b"url,n\n/a,7\n", ""),
    "another column": (b"url,tag\n/a,t1\n", "Read column 1, url, of the list, and not 2, tag."),
    "other columns": (b"n,path,tag,url\n7,/a,t,/b\n", "Read column 2, path, of the list, and not 3, tag or 4, url."),
    "both": (
        b"url,tag\n/a,t\n,u\n",
        "Read column 1, url, of the list, and not 2, tag. Left out 1 row of the list with nothing in the column url.",
    ),
    "a row without a thing": (b"url,n\n,7\n/a,8\n", "Left out 1 row of the list with nothing in the column url."),
    "rows without a header": (b"/a,7\n,8\n,9\n", "Left out 2 rows of the list with nothing in the first column."),
    "blank rows": (b"url,n\n,\n\n/a,8\n", ""),
}


@pytest.mark.parametrize(("data", "note"), NOTES.values(), ids=NOTES)
def test_what_was_not_read_is_told(data: bytes, note: str) -> None:
    assert note == listed("l.csv", data).note


REFUSED = {
    "an unknown header": ("l.csv", f"Address\n{A}\n".encode(),
                          "The first line of l.csv, Address, names no column of things."),
    "unknown columns": ("l.csv", f"page,owner\n{A},7\n".encode(),
                        "The first line of l.csv, page,owner, names no column of things."),
    "an unknown header with semicolons": ("l.csv", f"address;name\n{A};a\n".encode(),
                                          "The first line of l.csv, address;name, names no column of things."),
    "an unknown header in a text": ("l.txt", f"address;name\n{A};a\n".encode(),
                                    "The first line of l.txt, address;name, names no column of things."),
    "semicolons without a header": ("l.csv", f"{A};a\n".encode(),
                                    "Line 1 of l.csv has a semicolon: it may be part of the thing, or end it."),
    "a bare comma": ("l.csv", f"url\n{A}?x=1,2\n".encode(), "Line 2 of l.csv has 2 columns, and the first line 1."),
    "only rows without a thing": ("l.csv", b"url,n\n,7\n,8\n",
                                  "l.csv has nothing in its column url: 2 rows without a thing."),
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
        listed(name, data)
    assert what == refused.value.what
