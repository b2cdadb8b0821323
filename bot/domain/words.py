"""From a line of chat to words: what Slack, phones and prose do to text is undone here, and each repair is noted.

“…” ‘…’          quotes, straight or curly: one exact word
<url|label>      Slack's link: the URL counts, never the label; &amp; &lt; &gt; decoded once
—hard            a flag whose dashes a phone joined
(url). url,      what prose put around it
`x`  ```x```     code marks
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SHOWN_MAX = 80  # characters of anybody's text that are shown back

# Blanks separate words. Other separators of Unicode (U+2028, U+0085, …) are controls and are refused by name.
_BLANK = " \\t\\n\\r\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000"
_DOUBLE = '"“”„‟″«»'
_SINGLE = "'‘’‚‛"
QUOTES = _DOUBLE + _SINGLE
_DASHES = "-‐‑‒–—―−﹘﹣－"
_LINK = r"<(?=[@#!]|[A-Za-z][A-Za-z0-9+.\-]*:)([^<>\n]*)>"

_SKIP = re.compile(f"(?:[{_BLANK}]|,(?=[{_BLANK}]|\\Z))+")
_PLAIN = re.compile(f"(?:[^<{_BLANK}]|<(?!{_LINK[1:]}))+")
_ANGLE = re.compile(_LINK)
_FLAG_QUOTED = re.compile(f"([{_DASHES}]{{1,3}})([A-Za-z][A-Za-z-]*)=(?=[{_DOUBLE}{_SINGLE}])")
_JOINED_DASHES = re.compile(f"[{_DASHES}]{{1,3}}(?=[A-Za-z])")
_AFTER_QUOTE = f"(?=[{_BLANK},.)]|\\Z)"
_CLOSE_STRAIGHT = re.compile(f'"{_AFTER_QUOTE}')
_CLOSE_DOUBLE = re.compile(f"[{_DOUBLE}]{_AFTER_QUOTE}")
_CLOSE_SINGLE = re.compile(f"[{_SINGLE}]{_AFTER_QUOTE}")
_CLOSE_ESCAPED = re.compile(f'((?:[^"\\\\]|\\\\.)*)"{_AFTER_QUOTE}', re.DOTALL)
_REST_IS_BLANK = re.compile(f"[{_BLANK}]*\\Z")
_BLANKS = re.compile(f"[{_BLANK}]+")
_SCHEME_AND_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[/\\]+")
_PERSON = re.compile(r"<@[A-Z0-9]+(\|[^@>]*)?>")
_CREDENTIALS_IN_TEXT = re.compile(r"(://)[^\s/?#@]*@")

_CONTROLS = [
    "NULL",
    "START OF HEADING",
    "START OF TEXT",
    "END OF TEXT",
    "END OF TRANSMISSION",
    "ENQUIRY",
    "ACKNOWLEDGE",
    "ALERT",
    "BACKSPACE",
    "CHARACTER TABULATION",
    "LINE FEED",
    "LINE TABULATION",
    "FORM FEED",
    "CARRIAGE RETURN",
    "SHIFT OUT",
    "SHIFT IN",
    "DATA LINK ESCAPE",
    "DEVICE CONTROL ONE",
    "DEVICE CONTROL TWO",
    "DEVICE CONTROL THREE",
    "DEVICE CONTROL FOUR",
    "NEGATIVE ACKNOWLEDGE",
    "SYNCHRONOUS IDLE",
    "END OF TRANSMISSION BLOCK",
    "CANCEL",
    "END OF MEDIUM",
    "SUBSTITUTE",
    "ESCAPE",
    "INFORMATION SEPARATOR FOUR",
    "INFORMATION SEPARATOR THREE",
    "INFORMATION SEPARATOR TWO",
    "INFORMATION SEPARATOR ONE",
]
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Default_Ignorable_Code_Point, DerivedCoreProperties.txt of Unicode 15.1, where the category does not say it.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # part of ordinary words and emoji; harmless in a reason, refused in a target


class Unclosed(Exception):
    """A quote opens at `start` and never closes."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and where it stood in the text. `exact` words were quoted or linked: they are things or values, never
    a verb, kind or option. `value` is what a flag carried behind `=` in quotes."""

    text: str
    start: int
    end: int
    exact: bool = False
    value: str | None = None


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


def shown(text: str, limit: int = SHOWN_MAX) -> str:
    """Anybody's text made fit to be shown back between backticks: cut, printable, without credentials."""
    plain = without_credentials(text) if "@" in text and not _PERSON.fullmatch(text) else text
    cut = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    if cut.isprintable():
        return cut.replace("`", "'")
    return "".join(c if c.isprintable() else "\ufffd" for c in cut).replace("`", "'")


def without_credentials(text: str) -> str:
    """One word without what could be a user name, password or token before an `@`."""
    found = _SCHEME_AND_SLASHES.match(text)
    head = found.group() if found else ""
    before, at, after = text[len(head) :].rpartition("@")
    in_authority = "@" in re.split(r"[/?#]", text[len(head) :], maxsplit=1)[0]
    return f"{head}…@{after}" if at and (":" in before or in_authority) else text


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


class Scanner:
    """Hands out the words of a text one by one. `prose` also undoes what sentences put around a word."""

    def __init__(self, text: str, notes: Notes, prose: bool = True) -> None:
        self.text = text.replace("```", "   ")
        self.at = 0
        self._notes = notes
        self._prose = prose
        self._single_may_close = True

    def word(self) -> Word | None:
        """The next word, or None at the end. Raises Unclosed."""
        while True:
            if skipped := _SKIP.match(self.text, self.at):
                self.at = skipped.end()
            if self.at >= len(self.text):
                return None
            word = self._next()
            if word.text or word.exact:
                return word

    def rest_of_line(self) -> str:
        """What follows up to the end of the line, as typed; the scanner stays where it is."""
        end = self.text.find("\n", self.at)
        return self.text[self.at : end if end >= 0 else len(self.text)]

    def _next(self) -> Word:
        start = self.at
        if flag := _FLAG_QUOTED.match(self.text, start):
            self._note_dashes(flag.group(1), flag.group())
            self.at = flag.end()
            return Word(f"--{flag.group(2)}", start, self.at, value=self._quote())
        if self.text[start] in _DOUBLE or (self.text[start] in _SINGLE and self._closes(start)):
            text = self._quote()
            return Word(text, start, self.at, exact=True)
        return self._plain()

    def _closes(self, start: int) -> bool:
        self._single_may_close = self._single_may_close and _CLOSE_SINGLE.search(self.text, start + 1) is not None
        return self._single_may_close

    def _quote(self) -> str:
        start = self.at
        mark = self.text[start]
        if mark == '"' and (found := _CLOSE_ESCAPED.match(self.text, start + 1)):
            self.at = found.end()
            return re.sub(r'\\(["\\])', r"\1", found.group(1))
        close = _CLOSE_SINGLE if mark in _SINGLE else _CLOSE_DOUBLE
        end = close.search(self.text, start + 1)
        if end is None:
            raise Unclosed(start)
        if not (mark + self.text[end.start()]).isascii():
            self._notes.add("Read curly quotes as straight ones.")
        self.at = end.end()
        return self.text[start + 1 : end.start()]

    def _plain(self) -> Word:
        start = self.at
        before = self._take(_PLAIN)
        link = _ANGLE.match(self.text, self.at)
        if link is None:
            return Word(self._repaired(before), start, self.at)
        self.at = link.end()
        after = self._take(_PLAIN)
        head = before.lstrip("(`" + _DOUBLE + _SINGLE)
        tail = after.rstrip(".,)`" + _DOUBLE + _SINGLE)
        return Word(head + self._linked(link.group(1)) + tail, start, self.at, exact=not head + tail)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def _linked(self, inside: str) -> str:
        if inside[:1] in ("@", "#", "!"):
            return f"<{inside}>"
        url, bar, label = inside.partition("|")
        url, label = _decoded(url), _decoded(label)
        if bar and url == f"http://{label}":
            return label  # Slack put the scheme in front of what was typed without one (facts: slash commands)
        if label not in ("", url):
            self._notes.add("Read {}, where the link points, not its label.", url)
        return url

    def _repaired(self, raw: str) -> str:
        if raw[-1].isalnum() and (raw[0].isalnum() or raw[0] == "/"):
            return raw
        return self._without_prose(self._with_dashes(raw.strip("`"))).strip("`")

    def _with_dashes(self, raw: str) -> str:
        found = _JOINED_DASHES.match(raw)
        if found is None or found.group().isascii():
            return raw
        self._note_dashes(found.group(), raw)
        return f"--{raw[found.end() :]}"

    def _note_dashes(self, dashes: str, raw: str) -> None:
        if not dashes.isascii():
            self._notes.add("Read the dash of {} as --.", raw)

    def _without_prose(self, raw: str) -> str:
        """Without an opening bracket, a separating comma, and what a sentence put behind."""
        text = raw.rstrip(",") if not self._is_last() or not self._prose else raw
        if not self._prose:
            return text
        kept = _end_of_thing(text[1:] if text.startswith("(") else text)
        if kept != text:
            self._notes.add("Dropped the punctuation around {}.", kept)
        return kept

    def _is_last(self) -> bool:
        return _REST_IS_BLANK.match(self.text, self.at) is not None


def _end_of_thing(text: str) -> str:
    """`text` without trailing commas, one full stop, backticks, and brackets that nothing opens."""
    end = len(text)
    unopened = text.count(")") - text.count("(")
    while end:
        last = text[end - 1]
        stop = last == "." and end > 1 and text[end - 2] not in "./"
        if not (last in ",`" or stop or (last == ")" and unopened > 0)):
            break
        unopened -= last == ")"
        end -= 1
    return text[:end]


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
