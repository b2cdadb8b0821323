"""From a line of chat to words: what Slack, phones and prose do to text is undone here, and each repair is noted.

“…” ‘…’          quotes, straight or curly: one exact word
<url|label>      Slack's link: the URL counts, never the label; &amp; &lt; &gt; decoded once
—hard            a flag whose dashes a phone joined
(url). url,      what prose put around it
`x`  ```x```     code marks
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.shown import BLANK, Notes, refused_character, shown

__all__ = ["Notes", "Scanner", "Unclosed", "Word", "refused_character", "shown"]

_DOUBLE = '"“”„‟″«»'
_SINGLE = "'‘’‚‛"
QUOTES = _DOUBLE + _SINGLE
_DASHES = "-‐‑‒–—―−﹘﹣－"
_LINK = r"<(?=[@#!]|[A-Za-z][A-Za-z0-9+.\-]*:)([^<>\n]*)>"

_SKIP = re.compile(f"(?:[{BLANK}]|,(?=[{BLANK}]|\\Z))+")
_PLAIN = re.compile(f"(?:[^<{BLANK}]|<(?!{_LINK[1:]}))+")
_ANGLE = re.compile(_LINK)
_FLAG_QUOTED = re.compile(f"([{_DASHES}]{{1,3}})([A-Za-z][A-Za-z-]*)=(?=[{_DOUBLE}{_SINGLE}])")
_JOINED_DASHES = re.compile(f"[{_DASHES}]{{1,3}}(?=[A-Za-z])")
_AFTER_QUOTE = f"(?=[{BLANK},.)]|\\Z)"
_CLOSE_DOUBLE = re.compile(f"[{_DOUBLE}]{_AFTER_QUOTE}")
_CLOSE_SINGLE = re.compile(f"[{_SINGLE}]{_AFTER_QUOTE}")
_CLOSE_ESCAPED = re.compile(f'((?:[^"\\\\]|\\\\.)*)"{_AFTER_QUOTE}', re.DOTALL)
_REST_IS_BLANK = re.compile(f"[{BLANK}]*\\Z")


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
        return _out_of_code(self._without_prose(self._with_dashes(_out_of_code(raw))))

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


def _out_of_code(text: str) -> str:
    """`text` without the backticks around it, of which the other end may stand around another word. One that closes
    what another opens inside is its own: /a`b`."""
    while len(text) > 1 and text[0] == text[-1] == "`":
        text = text[1:-1]
    bare = text.strip("`")
    return f"{bare}`" if text.endswith("`") and bare.count("`") % 2 else bare


def _end_of_thing(text: str) -> str:
    """`text` without trailing commas, one full stop, and backticks and brackets that nothing opens."""
    end = len(text)
    unmatched = text.count("`") % 2
    unopened = text.count(")") - text.count("(")
    while end:
        last = text[end - 1]
        stop = last == "." and end > 1 and text[end - 2] not in "./"
        if not (last == "," or (last == "`" and unmatched) or stop or (last == ")" and unopened > 0)):
            break
        unopened -= last == ")"
        unmatched ^= last == "`"
        end -= 1
    return text[:end]


def _decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
