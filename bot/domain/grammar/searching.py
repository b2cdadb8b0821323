"""What follows `log` and `stats`: sites, kinds, who, since when, and words; and back to the same line.

    log [site…] [[kind] url…] [by @x|me|token:ci] [since 7d] [words…] [page 2]

A name with its @ means its person also without `by`. Quotes make one phrase of several words, and a plain word of any
of these.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from bot.domain.grammar.hearing import Heard
from bot.domain.grammar.mending import misunderstood
from bot.domain.grammar.period import EXAMPLES, is_period
from bot.domain.grammar.speech import KIND_OF, WORD_OF, Command, Confused, Misunderstood, Search, Speaker, Verb
from bot.domain.grammar.words import Scanner, Unclosed, Word
from bot.domain.shown import Notes, quoted, refused_character, shown, without_credentials
from providers.contract import Kind

LINE_MAX = 1_200  # characters, so that a button can carry it
PAGES_MAX = 2_000
T = TypeVar("T")
_PERSON = re.compile(r"<@([A-Z][A-Z0-9_]*)(?:\|[^>]*)?>")
_NAMED = re.compile(r"@[^\s<>@]{1,80}|me|(?:token|schedule):\S{1,80}|[UW][A-Z0-9_]{2,40}")
_BETWEEN = "-–—,;:.…|·"  # what alone stands between words, and is none
_PAGE = re.compile(r"[1-9][0-9]{0,5}")
_TAKES = {"since": f"a time after it, {EXAMPLES}", "by": "a person after it: @name, me or token:ci",
          "page": "a number after it", "on": "a site's name after it",
          "kind": f"one of {', '.join(KIND_OF)} after it"}  # fmt: skip


def search_command(verb: Verb, heard: Heard, speaker: Speaker) -> Command:
    """The command in what follows `log` or `stats`. Raises Confused."""
    reader = _Reader(verb, heard.rest, speaker)
    search = reader.read()
    if reader.wants_help:
        return Command(Verb.HELP, topic=verb.value)
    if verb is Verb.STATS and (search.words or search.page > 1):
        what = shown(search.words[0]) if search.words else "page"
        problem = f"stats counts by site, kind, person and time; `{what}` is none of them."
        raise Confused(misunderstood(speaker, problem, search_line(verb, replace(search, words=(), page=1))))
    if len(search_line(verb, search)) > LINE_MAX:
        problem = f"What to look for has at most {LINE_MAX:,} characters."
        raise Confused(Misunderstood(problem, f"{speaker.command} help {verb.value}"))
    return Command(verb, search=search)


def search_line(verb: Verb, search: Search) -> str:
    """The canonical line that is read back to `search`."""
    words = [verb.value, *map(_site_word, search.sites), *(WORD_OF[kind] for kind in search.kinds)]
    words += ["by", _by_word(search.by)] if search.by else []
    words += ["since", search.since] if search.since else []
    words += [quoted(word) for word in search.words]
    words += ["page", str(search.page)] if search.page > 1 else []
    return " ".join(words)


def _site_word(name: str) -> str:
    return f"on {quoted(name)}" if not name.isalnum() or name.lower() in (*KIND_OF, *_TAKES) else name


def _by_word(by: str) -> str:
    return f"<@{by}>" if re.fullmatch(r"[A-Z][A-Z0-9_]*", by) else by


class _Reader:
    def __init__(self, verb: Verb, rest: str, speaker: Speaker) -> None:
        self._verb, self._rest, self._speaker = verb, rest, speaker
        self._scanner = Scanner(rest, Notes())
        self._sites = {site.name.lower(): site.name for site in speaker.sites}
        self._found = Search()
        self.wants_help = False

    def read(self) -> Search:
        """Take word after word. Raises Confused."""
        while (word := self._next()) is not None:
            self._take(word)
        return self._found

    def _next(self) -> Word | None:
        try:
            return self._scanner.word()
        except Unclosed as exc:
            begin = shown(self._rest[exc.start : exc.start + 20], 20)
            raise self._confused(f"The quote that opens at `{begin}` never closes.") from None

    def _take(self, word: Word) -> None:
        said, found = word.text.lower(), self._found
        if not found.by and self._rest[word.start :].startswith(("@", "<@")) and (by := _person(word.text)):
            self._found = replace(found, by=by)
            return None
        if word.exact:
            return self._word(word.text)
        if word.text.startswith("-") and word.text.strip("-"):
            return self._flag(word)
        if said == "page":
            return self._page(said)
        if said in _TAKES:
            return self._option(said, self._next())
        if said in self._sites:
            self._found = replace(found, sites=_with(found.sites, self._sites[said]))
            return None
        if said in KIND_OF:
            self._found = replace(found, kinds=_with(found.kinds, KIND_OF[said]))
            return None
        return self._word(word.text)

    def _flag(self, word: Word) -> None:
        name, equals, value = word.text.partition("=")
        option = name.lower().lstrip("-")
        if option in ("help", "h"):
            self.wants_help = True
            return
        if option == "site":
            option = "on"
        if option not in _TAKES:
            raise self._confused(f"`{shown(name)}` is not an option of {self._verb.value}.")
        given = Word(word.value, 0, 0, True) if word.value is not None else Word(value, 0, 0) if equals else None
        self._option(option, given or self._next())

    def _option(self, name: str, word: Word | None) -> None:
        value = word.text if word else ""
        found = self._found
        match name:
            case "since" if is_period(value):
                self._found = replace(found, since=value.lower())
            case "by" if by := _person(value):
                self._found = replace(found, by=by)
            case "page" if _PAGE.fullmatch(value):
                self._found = replace(found, page=min(int(value), PAGES_MAX))
            case "kind" if kinds := _kinds(value):
                for kind in kinds:
                    self._found = replace(self._found, kinds=_with(self._found.kinds, kind))
            case "on" if value.lower() in self._sites:
                self._found = replace(found, sites=_with(found.sites, self._sites[value.lower()]))
            case "on" if value:
                problem = f"`{shown(value)}` is not a site of yours."
                raise Confused(Misunderstood(problem, f"{self._speaker.command} sites"))
            case _:
                raise self._confused(f"`{name}` wants {_TAKES[name]}.{_not(value)}")

    def _page(self, said: str) -> None:
        """`page 2`; else a word like others."""
        at = self._scanner.at
        word = self._next()
        if word is not None and _PAGE.fullmatch(word.text):
            return self._option(said, word)
        self._scanner.at = at
        return self._word(said)

    def _word(self, text: str) -> None:
        if character := refused_character(text):
            raise self._confused(f"A word holds {character}, which cannot be seen. Type it without.")
        clean = " ".join(without_credentials(part) if "@" in part else part for part in text.split())
        if clean.strip(_BETWEEN):
            self._found = replace(self._found, words=_with(self._found.words, clean))

    def _confused(self, problem: str) -> Confused:
        return Confused(Misunderstood(problem, f"{self._speaker.command} help {self._verb.value}"))


def _with(values: tuple[T, ...], value: T) -> tuple[T, ...]:
    return values if value in values else (*values, value)


def _kinds(text: str) -> list[Kind]:
    """The kinds in `text`, with commas between them; none where one of them is none."""
    names = [name for name in text.lower().split(",") if name]
    return [KIND_OF[name] for name in names if name in KIND_OF] if set(names) <= KIND_OF.keys() else []


def _not(value: str) -> str:
    return f" `{shown(value, 40)}` is none." if value else ""


def _person(text: str) -> str:
    """A Slack id, `@name`, `me` or `token:name`; "" if it is none of them."""
    if found := _PERSON.fullmatch(text):
        return found[1]
    if text.lower() == "me":
        return "me"
    return text if _NAMED.fullmatch(text) else ""
