"""Sorts the words of a line: which is the verb, which are options, and which are things under which spoken kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.hold import is_count, seconds_in
from bot.domain.reading import IN_LINE, JOB, WARMING, plain_urls
from bot.domain.shown import JOINERS, Notes, one_line, refused_character, shown
from bot.domain.speech import (
    KIND_OF,
    LOOKING,
    ON_THINGS,
    OPTION_OF,
    VERB_OF,
    Choice,
    Confused,
    Misunderstood,
    OptionRow,
    Speaker,
    Verb,
    example_place,
    example_site,
)
from bot.domain.target import Target
from bot.domain.when import (
    CLOCK_WORD,
    DAY_WORD,
    DIGITS_DAY,
    HALF_DAY,
    ISO_WORD,
    LIKE,
    TWELVE_WORD,
    ZONE,
    counted,
    in_24,
    read_when,
    written,
)
from bot.domain.words import Scanner, Unclosed, Word
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
_LINE_SHOWN_MAX = 300  # characters of a line to copy
_REASON_SHOWN_MAX = 150  # characters of a reason in it
_LABEL_MAX = 75  # characters on a button (Slack's limit)
_NEAR = 0.7

_DAYS = re.compile(f"{DAY_WORD.pattern}|{DIGITS_DAY.pattern}", re.IGNORECASE)
_CLOCKS = re.compile(f"{CLOCK_WORD.pattern}|{TWELVE_WORD.pattern}", re.IGNORECASE)

WORDED = frozenset({Verb.APPROVE, Verb.DENY, Verb.REVIEW})  # whatever follows the job is a reason or a note
_FLAG_IN_PROSE = re.compile(r"(?:^|(?<=\s))(?P<dashes>[-‐‑‒–—―−﹘﹣－]{1,3})(?P<name>[A-Za-z][A-Za-z-]*)(?=[\s=]|$)")
_OPTIONS_ONLY = re.compile(
    r"(?:\s+(?:soft|hard|dry-run|no-check|(?:on|only|for)\s+[^\s]+|[-‐‑‒–—―−﹘﹣－]{1,3}[A-Za-z].*))*\s*"
)
_REASON_WORD = re.compile(r"\s*(?:because:?|[-‐‑‒–—―−﹘﹣－]{1,3}(?:reason|because))(?:=|\s+|$)", re.IGNORECASE)


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
            return self._give(OPTION_OF["because"], self._prose())
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
            return no_thing or self._begins() or self._time_follows(option)
        return option.takes != "place" or self.heard.verb in LOOKING

    def _begins(self) -> bool:
        heard = self.heard
        return heard.verb is None and not heard.things and heard.kind is None and not heard.given

    def _time_follows(self, option: OptionRow) -> bool:
        """Whether what comes next can be a time; nothing is taken."""
        ahead = Scanner(self.text[self._scanner.at :], Notes())
        try:
            words = [word.text if (word := ahead.word()) else "" for _ in range(2)]
        except Unclosed:
            return False
        if option.name == "in":
            return counted(words[0]) is not None or (is_count(words[0]) and counted(" ".join(words)) is not None)
        if _CLOCKS.fullmatch(words[0]) or ISO_WORD.fullmatch(words[0]):
            return True
        if words[0].isdigit() and HALF_DAY.fullmatch(words[1]):
            return True
        return _DAYS.fullmatch(words[0]) is not None and _CLOCKS.fullmatch(words[1]) is not None

    def _moment(self, option: OptionRow, word: Word) -> str:
        """How long from now, or when: day, time and zone, in as many words as they take."""
        return f"{word.text}{self._unit_after(word)}" if option.name == "in" else " ".join(self._clock_words(word))

    def _as_time(self, option: OptionRow, text: str) -> str:
        """The time that `text` says, written the one way. Raises Confused."""
        if any(map(DIGITS_DAY.fullmatch, text.split(" "))):
            return text  # with both days that it may be, it is asked back
        if read_when(f"{option.name} {text}") is None:
            example = "in 10m or in 2 hours" if option.name == "in" else LIKE
            raise self.confused(f"`{shown(f'{option.name} {text}')}` is no time. Write it like {example}.", topic="in")
        return written(f"{option.name} {text}").partition(" ")[2]

    def _clock_words(self, first: Word) -> list[str]:
        day = first.text if _DAYS.fullmatch(first.text) else ""
        clock = self._next_if(_CLOCKS) if day else first.text
        clock = in_24(f"{clock}{self._next_if(HALF_DAY) if clock else ''}")
        day = day or self._next_if(_DAYS)
        return [word for word in (day, clock, self._next_if(ZONE)) if word]

    def _next_if(self, pattern: re.Pattern[str]) -> str:
        """The next word if it is one of those; else "", and it is still to come."""
        at = self._scanner.at
        ahead = Scanner(self.text[at:], Notes())
        try:
            word = ahead.word()
        except Unclosed:
            return ""
        if word is None or word.exact or not pattern.fullmatch(word.text) or word.text.lower() in _OURS:
            return ""
        self._scanner.at = at + ahead.at
        return word.text

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
                return f"{word.text}{self._unit_after(word)}"
            case "place":
                return self._list(word)
            case "moment":
                return self._moment(option, word)
            case _:
                return word.text

    def _unit_after(self, count: Word) -> str:
        """The unit of a time written in two words, with its blank: 2 hours."""
        at = self._scanner.at
        unit = self._scanner.word() if is_count(count.text) and not count.exact else None
        if unit is not None and not unit.exact and seconds_in(f"{count.text} {unit.text}") is not None:
            return f" {unit.text}"
        self._scanner.at = at
        return ""

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

    def _prose(self) -> str:
        """The reason after `because`: the rest of the line, up to a flag."""
        rest = self._scanner.rest_of_line()
        begin = self._scanner.at
        if (quote := self._quoted_reason(rest)) is not None:
            return quote
        self._scanner.at = begin + len(rest)
        for found in _FLAG_IN_PROSE.finditer(rest):
            known = f"--{found['name'].lower()}" in OPTION_OF
            if known or found["dashes"] == "--":
                self._scanner.at = begin + found.start()
                return rest[: found.start()]
        return rest

    def _quoted_reason(self, rest: str) -> str | None:
        """A quoted reason with nothing but options behind it; else None, and the scanner has not moved."""
        inner = Scanner(rest, Notes())
        try:
            word = inner.word()
        except Unclosed:
            return None
        if word is None or not word.exact or not _OPTIONS_ONLY.fullmatch(rest[word.end :]):
            return None
        self._scanner.at += word.end
        return word.text

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
_OURS = frozenset({*VERB_OF, *KIND_OF, *OPTION_OF})
_NAMES = re.compile(r"[/:#.]")
_SIMPLE_LINE = re.compile(r"(?:https?://|/)[!#-;=?-_a-{}~]*[#-&*+\-/-9=@-Z_a-z~]")


def _words(line: str, notes: Notes) -> list[Word]:
    scanner = Scanner(line, notes, prose=False)
    words = []
    while (word := scanner.word()) is not None:
        words.append(word)
    return words


def typed(speaker: Speaker, line: str) -> str:
    """`line` as it is typed whole. A shell knows no line without a verb, so there `purge` is spoken."""
    bare = not speaker.command.startswith("/") and line.split(" ", 1)[0] not in VERB_OF
    return f"{speaker.command} {Verb.PURGE.value} {line}" if bare else f"{speaker.command} {line}"


def misunderstood(speaker: Speaker, problem: str, mended: str = "", topic: str = "") -> Misunderstood:
    """`problem`, with `mended` as the line to copy and to click if it may be shown, else the way to help."""
    if not mended or not is_fit(mended):
        return Misunderstood(problem, f"{speaker.command} help {topic}".strip())
    choices = (Choice(shown(mended, _LABEL_MAX), mended),)
    return Misunderstood(problem, typed(speaker, mended), choices, "fix")


def is_fit(line: str) -> bool:
    """Whether a line may be shown back whole: short, printable, and without anything that could be a credential."""
    return len(line) <= _LINE_SHOWN_MAX and all(shown(word, len(word)) == word for word in line.split(" ") if word)


def fitting(reason: str) -> str:
    """As much of `reason` as a line to copy holds, without what cannot be seen."""
    seen = one_line("".join(char for char in reason if not refused_character(char, JOINERS)))
    return seen if len(seen) <= _REASON_SHOWN_MAX else f"{seen[: _REASON_SHOWN_MAX - 1].rstrip()}…"


def reason_of(rest: str) -> str:
    """The reason in what follows a job that is voted on: with or without because, with or without quotes."""
    said = _REASON_WORD.sub("", rest, count=1) if _REASON_WORD.match(rest) else rest
    scanner = Scanner(said, Notes())
    try:
        word = scanner.word()
    except Unclosed:
        word = None
    whole = word is not None and word.exact and not said[word.end :].strip()
    return one_line(word.text if word is not None and whole else said)


def is_no_note(rest: str) -> bool:
    """Whether what follows an approved job cannot be meant as words about it: an option, or more jobs."""
    words = rest.replace(",", " ").split()
    jobs = [word for word in words if word.lower() not in ("and", "&")]
    is_flag = bool(words) and _FLAG_IN_PROSE.match(words[0]) is not None
    return (is_flag and _REASON_WORD.match(rest) is None) or (bool(jobs) and all(map(job_of, jobs)))


def job_of(text: str) -> int:
    """The number in `P-12`; 0 if it is no job's name."""
    found = JOB.fullmatch(text)
    return int(found.group(1)) if found else 0


def in_line_of(text: str) -> int:
    """The number in `Q-7`, a queued request; 0 if it is no such name."""
    found = IN_LINE.fullmatch(text)
    return int(found.group(1)) if found else 0


def warming_of(text: str) -> int:
    """The number in `W-3`, a warming; 0 if it is no such name."""
    found = WARMING.fullmatch(text)
    return int(found.group(1)) if found else 0
