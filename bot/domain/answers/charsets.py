"""How the bytes of a page become text, as browsers do it (https://html.spec.whatwg.org, 13.2.3.2, and
https://encoding.spec.whatwg.org, 4.2; both read 2026-11-27).

    a byte order mark ▸ charset of Content-Type ▸ <meta charset> in the first 1,024 bytes ▸ UTF-8 ▸ windows-1252

Only the encodings that browsers know are known here, by their usual names: among Python's own are some that are none,
and some that take for ever.
"""

from __future__ import annotations

import codecs
import re
from functools import cache

UTF_8 = "utf-8"
HEAD = 1024  # bytes in which a page says of itself what it is in
_BEFORE = (codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")
_WESTERN = "cp1252"
_SAID = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""")
_COMMENT = re.compile("<!--.*?(?:-->|$)", re.DOTALL)
_META = re.compile(r"""<meta\s[^>]*?\bcharset\s*=\s*["']?\s*([^\s"'/>;]+)""")
_OF_ONE_BYTE = ("cp125", "cp874", "cp866", "iso8859", "koi8", "mac_")
_HTML = ("", "text/html", "application/xhtml+xml")

_LABELS = {
    UTF_8: "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le unicode ucs-2 iso-10646-ucs-2 csunicode unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    _WESTERN: "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso_8859-1 iso88591 latin1 l1 ascii us-ascii cp819"
    " ansi_x3.4-1968 x-user-defined",
    "iso8859-2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 l2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3 l3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4 l4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic asmo-708",
    "iso8859-7": "iso-8859-7 iso8859-7 greek greek8 ecma-118",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew visual logical",
    "iso8859-10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859-13": "iso-8859-13 iso8859-13",
    "iso8859-14": "iso-8859-14 iso8859-14",
    "iso8859-15": "iso-8859-15 iso8859-15 iso_8859-15 latin9 l9",
    "iso8859-16": "iso-8859-16",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "cp874": "windows-874 iso-8859-11 iso8859-11 tis-620 dos-874",
    "cp866": "ibm866 866 cp866 csibm866",
    "koi8-r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk x-gbk gb2312 gb_2312 gb_2312-80 chinese csgb2312 iso-ir-58",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp932": "shift_jis shift-jis sjis x-sjis ms932 ms_kanji windows-31j csshiftjis",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 korean cseuckr",
}
CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}


def said(content_type: str) -> str:
    """The charset that a Content-Type names, in lower case; "" where it names none."""
    found = _SAID.search(content_type.lower())
    return found[1] if found else ""


def charset_of(content_type: str, body: bytes | bytearray) -> str:
    """Python's name for the encoding of a body, by its Content-Type and its beginning."""
    marked = next((codec for mark, codec in _BEFORE if body.startswith(mark)), "")
    if named := marked or CODECS.get(said(content_type), ""):
        return named
    if content_type.partition(";")[0].strip().lower() not in _HTML:
        return UTF_8
    return _by_meta(body) or (UTF_8 if _is_utf_8(body) else _WESTERN)


def text_of(body: bytes | bytearray, charset: str) -> str:
    """The body as text, a replacement character for what is none. Encodings of one byte a letter are read by a table,
    since Python takes long over each byte that stands for nothing."""
    if not charset.startswith(_OF_ONE_BYTE):
        return body.decode(charset, errors="replace")
    return codecs.charmap_decode(body, "strict", _table(charset))[0]


@cache
def _table(charset: str) -> str:
    return "".join(bytes([byte]).decode(charset, errors="replace") for byte in range(256))


def _by_meta(body: bytes | bytearray) -> str:
    """What a page says of itself: never UTF-16, in which nobody could read that."""
    found = _META.search(_COMMENT.sub("", body[:HEAD].decode("latin-1").lower()))
    codec = CODECS.get(found[1], "") if found else ""
    return UTF_8 if codec.startswith("utf-16") else codec


def _is_utf_8(body: bytes | bytearray) -> bool:
    """Whether it may be, perhaps cut within a character."""
    try:
        codecs.getincrementaldecoder(UTF_8)().decode(body)
    except UnicodeDecodeError:
        return False
    return True
