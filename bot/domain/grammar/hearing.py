"""Sorts the words of a line: which is the verb, which are options, and which are things under which spoken kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.grammar.mending import fitting, is_fit, misunderstood
from bot.domain.grammar.prose import prose
from bot.domain.grammar.reading import plain_urls
from bot.domain.grammar.speech import (
    KIND_OF,
    LOOKING,
    ON_THINGS,
    OPTION_OF,
    VERB_OF,
    Confused,
    Misunderstood,
    OptionRow,
    Speaker,
    Verb,
    example_place,
    example_site,
)
from bot.domain.grammar.time_words import moment, time_follows, unit_after
from bot.domain.grammar.when import DIGITS_DAY, LIKE, ZONE, read_when, written
from bot.domain.grammar.words import Scanner, Unclosed, Word
from bot.domain.shown import JOINERS, Notes, one_line, refused_character, shown
from bot.domain.target import Target
from providers.contract import Kind

TEXT_MAX = 40_000  # characters of one line
_LISTS = (Verb.PURGE, Verb.PLAN, Verb.CHECK, Verb.LINT, Verb.WARM)
TERMINAL = {  # options of the terminal alone: the verbs that have each there, and what its value looks like
    "--json": (tuple(Verb), ""),
    "--csv": ((Verb.LOG,), ""),
    "--file": (_LISTS, r"(?!--)\S+"),
    "--fail-on": ((Verb.LINT,), r"(?i:error|warn|info)"),
    "--no-wait": ((Verb.PURGE,), ""),
    "--timeout": ((Verb.PURGE, Verb.RETRY), r"[0-9.]+[a-z]*"),
}
REASON_MAX = 1_000  # characters
_NEAR = 0.7

WORDED = frozenset({Verb.APPROVE, Verb.DENY, Verb.REVIEW})  # whatever follows the job is a reason or a note


@dataclass(frozen=True, slots=True)
class Thing:
    """One word that names something, under the kind spoken before it, with its number in the request."""

    text: str
    kind: Kind | None
    number: int
    exact: bool = False
    everything: bool = False
    start: int = -1  # where it stands in the text; -1 for a line of a list
    end: int = -1

    @property
    def is_typed(self) -> bool:
        """Whether it stands in the text, and not in a list."""
        return self.start >= 0


@dataclass(slots=True)
class Heard:
    """A line, sorted. `given` holds each option's value by name; "" for options that take none."""

    text: str = ""
    verb: Verb | None = None
    things: list[Thing | Target] = field(default_factory=list)  # a line that is a plain URL is its target at once
    given: dict[str, str] = field(default_factory=dict)
    rest: str = ""  # what follows `help`, `log`, `stats`, or a job that is voted on or reviewed
    kind: Kind | None = None  # the kind spoken last
    moment: tuple[int, int] = (0, 0)  # where the text says when, from its `at` to its end
    has_empty_list: bool = False  # lines came with it, and nothing stands in them

    def said(self, at: int) -> str:
        """Thing number `at`, as typed."""
        thing = self.things[at]
        return thing.value if isinstance(thing, Target) else thing.text


def hear(text: str, speaker: Speaker, notes: Notes, more: Sequence[str] = ()) -> Heard:
    """Sort `text`, and add the lines of `more` as things. Raises Confused."""
    sorter = _Sorter(text, speaker, notes)
    try:
        sorter.sort()
    except Unclosed as exc:
        begin = shown(sorter.text[exc.start : exc.start + 20], 20)
        closed = f'{" ".join(sorter.text.split())}"'
        raise sorter.confused(f"The quote that opens at `{begin}` never closes.", closed) from None
    sorter.add_lines(more)
    return sorter.heard


class _Sorter:
    def __init__(self, text: str, speaker: Speaker, notes: Notes) -> None:
        self._scanner = Scanner(text, notes)
        self.text = self._scanner.text
        self.heard = Heard(self.text)
        self._speaker = speaker
        self._notes = notes
        self._began = 0  # where the word that is taken stands

    def sort(self) -> None:
        """Take word after word until the line is used up."""
        first = True
        while (word := self._scanner.word()) is not None:
            if not (first and word.text == self._speaker.command and self._scanner.rest_of_line().strip()):
                self._take(word)
            first = False

    def _take(self, word: Word) -> None:
        heard, said = self.heard, word.text.lower()
        self._began = word.start
        if word.exact:
            return self._thing(word)
        if word.value is not None or (word.text.startswith("-") and word.text.strip("-") and not ZONE.fullmatch(said)):
            return self._flag(word)
        if said.removesuffix(":") == "because":
            return self._give(OPTION_OF["because"], prose(self._scanner))
        if (option := OPTION_OF.get(said)) is not None and self._is_option(option):
            return self._give(option, self._value(option, said) if option.takes else "")
        if heard.verb is None and not heard.things and heard.kind is None and said in VERB_OF:
            return self._verb(VERB_OF[said])
        if said == Kind.EVERYTHING.value and heard.kind is None:
            heard.things.append(Thing(word.text, None, len(heard.things) + 1, everything=True))
            return None
        if said in KIND_OF and said != Kind.EVERYTHING.value and heard.verb in (None, *ON_THINGS):
            heard.kind = KIND_OF[said]
            return None
        return self._thing(word)

    def _is_option(self, option: OptionRow) -> bool:
        """Whether the bare word means the option: `from`, `in` and `at` are also words of prose, and a tag may be
        called so. Where pages are looked at, `from` means the option, which the verbs that look from everywhere refuse
        in words."""
        if option.takes == "moment":
            no_thing = option.name == "at" and self.heard.kind is None
            return no_thing or self._begins() or time_follows(self._scanner, option)
        return option.takes != "place" or self.heard.verb in LOOKING

    def _begins(self) -> bool:
        heard = self.heard
        return heard.verb is None and not heard.things and heard.kind is None and not heard.given

    def _as_time(self, option: OptionRow, text: str) -> str:
        """The time that `text` says, written the one way. Raises Confused."""
        if any(map(DIGITS_DAY.fullmatch, text.split(" "))):
            return text  # with both days that it may be, it is asked back
        if read_when(f"{option.name} {text}") is None:
            example = "in 10m or in 2 hours" if option.name == "in" else LIKE
            raise self.confused(f"`{shown(f'{option.name} {text}')}` is no time. Write it like {example}.", topic="in")
        return written(f"{option.name} {text}").partition(" ")[2]

    def _thing(self, word: Word) -> None:
        heard = self.heard
        number = len(heard.things) + 1
        heard.things.append(Thing(word.text, heard.kind, number, word.exact, start=word.start, end=word.end))
        if heard.verb in WORDED and len(heard.things) == 1:
            self._take_rest()

    def _verb(self, verb: Verb) -> None:
        self.heard.verb = verb
        if verb in (Verb.HELP, Verb.LOG, Verb.STATS):
            self._take_rest()

    def _help(self) -> None:
        self.heard.rest = self.heard.verb.value if self.heard.verb else ""
        self.heard.verb = Verb.HELP
        self._scanner.at = len(self.text)

    def _take_rest(self) -> None:
        self.heard.rest = self.text[self._scanner.at :]
        self._scanner.at = len(self.text)

    def _flag(self, word: Word) -> None:
        name, equals, value = word.text.partition("=")
        if name.lower() in ("--help", "-h") and not self.heard.things:
            return self._help()
        option = OPTION_OF.get(name.lower())
        if option is None:
            raise self._unknown_flag(name, word)
        given = word.value if word.value is not None else value if equals else None
        if given is not None and not option.takes:
            raise self.confused(f"`{name}` takes no value.", self._mended(word, name))
        if given is not None:
            return self._give(option, given)
        return self._give(option, self._value(option, name) if option.takes else "")

    def _unknown_flag(self, name: str, word: Word) -> Confused:
        if name.lower() in TERMINAL:
            return self._of_the_terminal(name, word)
        verb = self.heard.verb or Verb.PURGE
        fit = {written: row for written, row in OPTION_OF.items() if verb in row.verbs and row.takes != "moment"}
        known = [written for written in fit if written.startswith("--")]
        near = difflib.get_close_matches(f"--{name.lower().strip('-')[:20]}", known, 1, _NEAR)
        mended = self._mended(word, near[0]) if near else ""
        return self.confused(f"`{shown(name)}` is not an option.", mended, topic="options")

    def _of_the_terminal(self, name: str, word: Word) -> Confused:
        """An option that is none here, with the line without it and its value."""
        verbs, values = TERMINAL[name.lower()]
        said = self.heard.verb or Verb.PURGE
        there = said if said in verbs else verbs[0]
        at = self._scanner.at
        value = self._scanner.word() if values and "=" not in word.text and word.value is None else None
        end = value.end if value is not None and re.fullmatch(values, value.text) else word.end
        self._scanner.at = at
        left = " ".join(f"{self.text[: word.start]} {self.text[end:]}".split())
        problem = f"`{shown(name)}` is an option of the terminal, as in `purgebot {there} … {name.lower()}`."
        instead = "Here paste the file's lines." if name.lower() == "--file" else "Leave it out here."
        return self.confused(f"{problem} {instead}", "" if left.lower() in VERB_OF else left, topic="options")

    def _value(self, option: OptionRow, written: str) -> str:
        at = self._scanner.at
        word = self._scanner.word()
        if word is None or (word.text.startswith("-") and not word.exact):
            raise self._nothing_after(option, written, at)
        match option.takes:
            case "time":
                return f"{word.text}{unit_after(self._scanner, word)}"
            case "place":
                return self._list(word)
            case "moment":
                return moment(self._scanner, option, word)
            case _:
                return word.text

    def _list(self, word: Word) -> str:
        """Names with commas between them, with or without blanks."""
        names = word.text
        while self.text[word.end - 1 : word.end] == "," and (more := self._scanner.word()) is not None:
            names, word = f"{names.rstrip(',')},{more.text}", more
        return names

    def _nothing_after(self, option: OptionRow, written: str, at: int) -> Confused:
        site = example_site(self._speaker)
        account = next(iter(sorted(self._speaker.accounts)), "")
        for_what = "nginx" if self.heard.verb is Verb.LINT else "2h"
        values = {
            "site": site.name if site else "",
            "account": account,
            "time": for_what,
            "moment": "10m" if option.name == "in" else "02:00",
            "place": example_place(self._speaker),
        }
        value = values.get(option.takes, "")  # nobody's reason is made up for them
        mended = " ".join(f"{self.text[:at]} {value} {self.text[at:]}".split()) if value and at else ""
        what = "a server's name" if for_what == "nginx" and option.name == "for" else _WANTED[option.takes]
        return self.confused(f"`{shown(written)}` wants {what} after it.", mended, topic=option.name)

    def _give(self, option: OptionRow, value: str) -> None:
        before = self.heard.given.get(option.name)
        clean = one_line(value) if option.takes == "reason" else value
        if option.takes == "moment":
            clean = self._as_time(option, one_line(value))
            self.heard.moment = (self._began, self._scanner.at)
        if option.takes and not clean.strip():
            raise self._nothing_after(option, option.written[0], self._scanner.at if not value else 0)
        if option.takes:
            self._must_be_plain(option, clean, value)
        if before is not None and before != clean:
            raise self.confused(f"`{option.written[0]}` was given twice, with different words.")
        if option.name in ("soft", "hard") and {"soft": "hard", "hard": "soft"}[option.name] in self.heard.given:
            raise self.confused("Soft and hard exclude each other.")
        self.heard.given[option.name] = clean

    def _must_be_plain(self, option: OptionRow, value: str, typed: str) -> None:
        allowed = JOINERS if option.takes == "reason" else ""
        if character := refused_character(value, allowed):
            problem = f"The {option.takes} holds {character}, which cannot be seen. Type it without."
            raise self._with_less(problem, option, value, typed)
        if len(value) > REASON_MAX:
            problem = f"A {option.takes} has at most {REASON_MAX:,} characters."
            raise self._with_less(problem, option, value, typed)

    def _with_less(self, problem: str, option: OptionRow, value: str, typed: str) -> Confused:
        """With the line to copy, its reason cleaned and cut; no button says it for anybody."""
        bare = typed.strip()
        mended = " ".join(self.text.replace(bare, fitting(value), 1).split())
        if option.takes != "reason" or bare not in self.text or not is_fit(mended):
            return self.confused(problem)
        return Confused(Misunderstood(problem, f"{self._speaker.command} {mended}"))

    def add_lines(self, more: Sequence[str]) -> None:
        """Each line is a thing under the kind that was spoken last, or under the kind it begins with."""
        things = self.heard.things
        self.heard.has_empty_list = bool(more) and not any(map(str.strip, more))
        plain = plain_urls(self._speaker.sites if self.heard.kind in (None, Kind.URL) else ())
        for number, line in enumerate(more, len(things) + 1):
            if (target := plain(line)) is not None:
                things.append(target)
            else:
                self._add_line(line, number)

    def _add_line(self, line: str, number: int) -> None:
        kind, things = self.heard.kind, self.heard.things
        if _SIMPLE_LINE.fullmatch(line):
            things.append(Thing(line, kind, number))
            return
        try:
            words = _words(line, self._notes)
        except Unclosed:
            words = [Word(line, 0, 0, exact=True)]
        if len(words) > 1 and not words[0].exact and words[0].text.lower() in KIND_OF and words[0].text != "everything":
            kind = KIND_OF[words.pop(0).text.lower()]
        elif len(words) > 1 and kind is None and not all(word.exact or _NAMES.search(word.text) for word in words):
            words = [Word(line.strip(), 0, 0)]  # prose or a row of a table: one bad line, not one for each word
        things.extend(Thing(word.text, kind, number, word.exact) for word in words)

    def confused(self, problem: str, mended: str = "", topic: str = "") -> Confused:
        """A Misunderstood with a mended line to click and copy, or the way to help."""
        return Confused(misunderstood(self._speaker, problem, mended, topic))

    def _mended(self, word: Word, new: str) -> str:
        return " ".join(f"{self.text[: word.start]}{new} {self.text[word.end :]}".split())


_WANTED = {
    "site": "a site's name",
    "account": "an account's name",
    "reason": "a reason",
    "time": "a time",
    "moment": "a time",
    "place": "a place",
}
_NAMES = re.compile(r"[/:#.]")
_SIMPLE_LINE = re.compile(r"(?:https?://|/)[!#-;=?-_a-{}~]*[#-&*+\-/-9=@-Z_a-z~]")


def _words(line: str, notes: Notes) -> list[Word]:
    scanner = Scanner(line, notes, prose=False)
    words = []
    while (word := scanner.word()) is not None:
        words.append(word)
    return words
