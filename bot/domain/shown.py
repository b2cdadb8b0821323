"""What of anybody's text may be shown back: cut, printable, without credentials; and what may not be typed at all."""

from __future__ import annotations

import re
import unicodedata

SHOWN_MAX = 80  # characters of anybody's text that are shown back

# Blanks separate words. Other separators of Unicode (U+2028, U+0085, …) are controls and are refused by name.
BLANK = " \\t\\n\\r\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"  # inside a regex's brackets

_BLANKS = re.compile(f"[{BLANK}]+")
_SCHEME_AND_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]+")
_PERSON = re.compile(r"<@[A-Z0-9]+(\|[^@>]*)?>")
_CREDENTIALS_IN_TEXT = re.compile(r"(://)[^\s/?#]*@")

_CONTROLS = (
    "NULL", "START OF HEADING", "START OF TEXT", "END OF TEXT", "END OF TRANSMISSION", "ENQUIRY", "ACKNOWLEDGE",
    "ALERT", "BACKSPACE", "CHARACTER TABULATION", "LINE FEED", "LINE TABULATION", "FORM FEED",
    "CARRIAGE RETURN", "SHIFT OUT", "SHIFT IN", "DATA LINK ESCAPE", "DEVICE CONTROL ONE", "DEVICE CONTROL TWO",
    "DEVICE CONTROL THREE", "DEVICE CONTROL FOUR", "NEGATIVE ACKNOWLEDGE", "SYNCHRONOUS IDLE",
    "END OF TRANSMISSION BLOCK", "CANCEL", "END OF MEDIUM", "SUBSTITUTE", "ESCAPE",
    "INFORMATION SEPARATOR FOUR", "INFORMATION SEPARATOR THREE", "INFORMATION SEPARATOR TWO",
    "INFORMATION SEPARATOR ONE",
)  # fmt: skip
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Default_Ignorable_Code_Point, DerivedCoreProperties.txt of Unicode 15.1, where the category does not say it.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # part of ordinary words and emoji; harmless in a reason, refused in a target


class Notes:
    """Repairs as they happen, told once per sort of repair: the first example, and how many more."""

    def __init__(self) -> None:
        self._examples: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def add(self, sentence: str, example: str = "") -> None:
        """Record one repair; `{}` in the sentence stands for the example."""
        self._examples.setdefault(sentence, example)
        self._counts[sentence] = self._counts.get(sentence, 0) + 1

    def told(self) -> tuple[str, ...]:
        """One sentence per sort of repair."""
        return tuple(self._sentence(sentence) for sentence in self._examples)

    def _sentence(self, sentence: str) -> str:
        more = self._counts[sentence] - 1
        said = sentence.replace("{}", f"`{shown(self._examples[sentence])}`")
        return f"{said} (and {more:,} more like it)" if more and "{}" in sentence else said


def count(n: int, one: str, many: str = "") -> str:
    """1 job, 2 jobs, 1,000 jobs; `many` where that is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def shown(text: str, limit: int = SHOWN_MAX) -> str:
    """Anybody's text made fit to be shown back between backticks: cut, printable, without credentials."""
    plain = without_credentials(text) if "@" in text and not _PERSON.fullmatch(text) else text
    cut = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    if cut.isprintable():
        return cut.replace("`", "'")
    return "".join(c if c.isprintable() else "\ufffd" for c in cut).replace("`", "'")


def in_part(text: str, limit: int) -> str:
    """Prose of at most `limit` characters: cut behind a whole word, and marked there."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rpartition(' ')[0].rstrip(' ,;:·') or text[: limit - 1]}…"


def without_credentials(text: str) -> str:
    """One word without what could be a user name, password or token before an `@`."""
    found = _SCHEME_AND_SLASHES.match(text)
    head = found.group() if found else ""
    before, at, after = text[len(head) :].rpartition("@")
    in_authority = "@" in re.split(r"[/?#]", text[len(head) :], maxsplit=1)[0]
    return f"{head}…@{after}" if at and before and (":" in before or in_authority) else text


def refused_character(text: str, allowed: str = "") -> str:
    """The code point and Unicode name of the first control, bidirectional or invisible character; "" if none."""
    if text.isascii() and text.isprintable():
        return ""
    bad = next((c for c in text if c not in allowed and _is_refused(c)), "")
    return f"U+{ord(bad):04X} {_name(bad)}".rstrip() if bad else ""


def _is_refused(char: str) -> bool:
    return unicodedata.category(char) in _REFUSED_CATEGORIES or _INVISIBLE.match(char) is not None


def _name(char: str) -> str:
    if ord(char) < len(_CONTROLS):
        return _CONTROLS[ord(char)]
    return "DELETE" if char == "\x7f" else unicodedata.name(char, "")


def one_line(text: str) -> str:
    """Prose on one line: every run of blanks is one blank; credentials in URLs are cut out."""
    return _CREDENTIALS_IN_TEXT.sub(r"\1…@", _BLANKS.sub(" ", text).strip())


def quoted(text: str) -> str:
    """`text` as one exact word that a Scanner reads back."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
