"""A page is read in the encoding that browsers read it in."""

from __future__ import annotations

import pytest

from bot.domain.answers.body import Body
from bot.domain.answers.charsets import CODECS, charset_of, text_of
from bot.domain.lint.markup import references
from bot.domain.shown import Notes
from bot.domain.target import read_address

PAGE = '<script src="/umä.js?q=ä"></script>'
META = '<meta charset="{}">'
HTML = "text/html; charset={}"
MARK = "\ufeff"
WAYS = {
    "nothing said": ("text/html", PAGE.encode(), "utf-8"),
    "nothing said, and no UTF-8": ("text/html", PAGE.encode("latin-1"), "cp1252"),
    "nothing said, and cut in a character": ("text/html", PAGE.encode() + "ä".encode()[:1], "utf-8"),
    "nothing said of what is no page": ("text/plain", PAGE.encode("latin-1"), "utf-8"),
    "no type": ("", (META.format("koi8-r") + "я").encode("koi8-r"), "koi8-r"),
    "by the header": (HTML.format("ISO-8859-1"), PAGE.encode("latin-1"), "cp1252"),
    "by the header, in quotes": ('text/html ; charset="Windows-1251"', "ж".encode("cp1251"), "cp1251"),
    "the header before the page": (HTML.format("utf-8"), META.format("latin1").encode(), "utf-8"),
    "a mark before the header": (HTML.format("latin1"), (MARK + PAGE).encode(), "utf-8"),
    "UTF-16 by its mark": ("text/html", PAGE.encode("utf-16"), "utf-16-le"),
    "UTF-16 of the other order": ("text/html", (MARK + PAGE).encode("utf-16-be"), "utf-16-be"),
    "UTF-16 by the header": (HTML.format("utf-16"), PAGE.encode("utf-16-le"), "utf-16-le"),
    "by the page": ("text/html", META.format("Shift_JIS").encode(), "cp932"),
    "by the page, as of old": (
        "text/html",
        b'<META http-equiv="Content-Type" content="text/html; charset=euc-kr">',
        "cp949",
    ),
    "by the page, which cannot be UTF-16": ("text/html", META.format("utf-16").encode(), "utf-8"),
    "by a note in the page": ("text/html", f"<!-- {META.format('koi8-r')} -->{PAGE}".encode(), "utf-8"),
    "too far behind": ("text/html", b" " * 1024 + META.format("koi8-r").encode(), "utf-8"),
    "an encoding that browsers do not know": (HTML.format("punycode"), PAGE.encode(), "utf-8"),
    "another": ("text/html", META.format("unicode_escape").encode(), "utf-8"),
}


@pytest.mark.parametrize(("content_type", "body", "expected"), WAYS.values(), ids=WAYS)
def test_the_encoding_is_told_as_browsers_tell_it(content_type: str, body: bytes, expected: str) -> None:
    assert expected == charset_of(content_type, body)


@pytest.mark.parametrize("codec", sorted({*CODECS.values()}))
def test_every_encoding_is_one_of_pythons(codec: str) -> None:
    assert "<p>" == "<p>".encode(codec).decode(codec)


@pytest.mark.parametrize("codec", sorted({*CODECS.values()}))
def test_every_byte_is_read_as_python_reads_it(codec: str) -> None:
    body = bytes(range(256))
    assert body.decode(codec, errors="replace") == text_of(body, codec)


ASKED = {
    "UTF-8": ("utf-8", PAGE, "/um%C3%A4.js?q=%C3%A4"),
    "Latin-1": ("iso-8859-1", PAGE, "/um%C3%A4.js?q=%E4"),
    "UTF-16": ("utf-16", PAGE, "/um%C3%A4.js?q=%C3%A4"),
    "Japanese": ("shift_jis", '<script src="/日.js?q=日&amp;r=1#日"></script>', "/%E6%97%A5.js?q=%93%FA&r=1"),
    "a letter that the page's encoding lacks": (
        "iso-8859-1", '<script src="/a.js?q=&#1103;"></script>', "/a.js?q=%26%231103%3B",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("charset", "page", "asked"), ASKED.values(), ids=ASKED)
def test_a_file_is_asked_for_as_browsers_do(charset: str, page: str, asked: str) -> None:
    body = Body(content_type=HTML.format(charset))
    body.take(page.encode(charset))
    (found,) = references("http://www.shop.test/", body.text, body.charset)
    assert asked == read_address(found.url, Notes()).rest


def test_a_body_whose_type_is_not_told_is_utf_8() -> None:
    body = Body()
    body.take(META.format("latin1").encode() + "ä".encode())
    assert ("utf-8", "ä") == (body.charset, body.text[-1])
