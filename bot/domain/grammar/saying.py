"""From a command back to a line that is understood as the same command."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.durations import as_typed
from bot.domain.grammar.reading import Reader
from bot.domain.grammar.searching import search_line
from bot.domain.grammar.speech import KIND_OF, ON_THINGS, OPTION_OF, VERB_OF, WORD_OF, Command, Search, Speaker, Verb
from bot.domain.shown import Notes, quoted
from bot.domain.target import Target, host_of
from providers.contract import Kind

READ_AS = {**{kind: kind.value for kind in Kind}, Kind.URL: "URL"}

AGAIN_MAX = 5  # things of one request that are offered again

_PLAIN_WORD = re.compile(r"[A-Za-z0-9/#*][!#-;=?-_a-~]*(?<![.,)(|])")
_TAG_LIKE = re.compile(r"(?:tag:|key:|#)", re.IGNORECASE)
_RESERVED = frozenset({*VERB_OF, *KIND_OF, *OPTION_OF, "because:"})


def line_of(command: Command, speaker: Speaker) -> str:
    """The canonical line of `command`, without the command's name; `parse` reads it back to the same command. Notes and
    bad lines are not part of it."""
    match command.verb:
        case _ if command.verb in ON_THINGS:
            words = [*_verb_words(command.verb), *_target_words(command, speaker), *_option_words(command)]
        case Verb.HOLD | Verb.RELEASE:
            words = [command.verb.value, *_hold_words(command)]
        case Verb.HELP:
            words = ["help", command.topic]
        case Verb.QUEUE:
            page = f"page {command.page}" if command.page > 1 else ""
            words = ["queue", safe_word(command.site or command.only) if command.site or command.only else "", page]
        case Verb.LOG | Verb.STATS:
            words = [search_line(command.verb, command.search or Search())]
        case _:
            words = [command.verb.value, _named(command) or command.schedule, *_option_words(command)]
    line = " ".join(word for word in words if word)
    return f"path {line}" if line == speaker.command else line


def _named(command: Command) -> str:
    """The job, queued request or warming that a line is about; "" for none."""
    names = {"P": command.job, "Q": command.in_line, "W": command.warming}
    return next((f"{letter}-{number}" for letter, number in names.items() if number), "")


def lines_again(command: Command) -> list[str]:
    """The things of a short request, each as a line with its kind; of a long list and of everything none."""
    if len(command.targets) > AGAIN_MAX:
        return []
    return [thing_line(target) for target in command.targets if target.kind is not Kind.EVERYTHING]


def thing_line(target: Target) -> str:
    """One thing as a line that names it with its kind, where it would be read as another without."""
    return url_line(target.value) if target.kind is Kind.URL else f"{WORD_OF[target.kind]} {_spoken_form(target)}"


def url_line(url: str) -> str:
    """A URL as the grammar reads it back, byte for byte: quoted where it ends as prose does, `)` or `.`, and with its
    kind where a star would make it a pattern."""
    return f"url {safe_word(url)}" if "*" in url else safe_word(url)


def options_line(given: Mapping[str, str]) -> str:
    """Options as given, as words that parse back to them."""
    return " ".join(_option(name, value) for name, value in given.items())


def _option(name: str, value: str) -> str:
    match name:
        case "because":
            return f"--reason {quoted(value)}"
        case "on" | "only" | "from" | "for":
            return f"{name} {safe_word(value)}"
        case "in" | "at":
            return f"{name} {value}"
        case "confirm":
            return f"--confirm {safe_word(value)}"
        case "dry-run" | "no-check" | "queue" | "warm" | "urgent":
            return f"--{name}"
        case _:
            return name


def _verb_words(verb: Verb) -> list[str]:
    return [] if verb is Verb.PURGE else [verb.value]


def _option_words(command: Command) -> list[str]:
    given: dict[str, str] = {}
    if command.site and not any(host_of(target) for target in command.targets):
        given["on"] = command.site
    if command.places:
        given["from"] = ",".join(command.places)
    if command.soft is not None:
        given["soft" if command.soft else "hard"] = ""
    if command.only:
        given["only"] = command.only
    if not command.check:
        given["no-check"] = ""
    if command.when:
        word, _, value = command.when.partition(" ")
        given[word] = value
    if command.queue:
        given["queue"] = ""
    if command.urgent:
        given["urgent"] = ""
    if command.server:
        given["for"] = command.server
    if command.warm:
        given["warm"] = ""
    if command.confirm:
        given["confirm"] = command.confirm
    if command.reason:
        given["because"] = command.reason
    return [options_line(given)] if given else []


def _hold_words(command: Command) -> list[str]:
    lasts = f"for {as_typed(command.seconds)}" if command.seconds else ""
    reason = _option("because", command.reason) if command.reason else ""
    return ["all" if command.everywhere else safe_word(command.site), lasts, reason]


def _target_words(command: Command, speaker: Speaker) -> list[str]:
    """Guessed things first come without a kind; from the first spoken one on, every change of kind is spoken."""
    guessed = command.read_as.removeprefix("read as ").split(", ") if command.read_as else []
    words: list[str] = []
    spoken: Kind | None = None
    for target in command.targets:
        free = target.kind is Kind.EVERYTHING or (READ_AS[target.kind] in guessed and _guessable(target, speaker))
        if spoken is None and free:
            words.append(_guessed_form(target))
            continue
        if target.kind is not spoken:
            words.append(WORD_OF[target.kind])
            spoken = target.kind
        words.append(_spoken_form(target))
    return words


def _guessable(target: Target, speaker: Speaker) -> bool:
    match target.kind:
        case Kind.PATH if target.value.startswith("//"):
            return not Reader(speaker, Notes()).is_known(target.value[2:])
        case Kind.URL | Kind.PATH:
            return "*" not in target.value
        case Kind.PREFIX:
            return target.value.endswith("/") and target.value.strip("/") != ""
        case _:
            return True


def _guessed_form(target: Target) -> str:
    match target.kind:
        case Kind.EVERYTHING:
            return target.kind.value
        case Kind.PREFIX:
            return safe_word(f"{target.value}*")
        case Kind.TAG:
            return safe_word(f"tag:{target.value}")
        case _:
            return safe_word(target.value)


def _spoken_form(target: Target) -> str:
    tagged = target.kind is Kind.TAG and (_TAG_LIKE.match(target.value) or "://" in target.value)
    return safe_word(f"tag:{target.value}" if tagged else target.value)


def safe_word(text: str) -> str:
    """`text` as one word of a line: bare where it reads back as itself, else in quotes."""
    if _PLAIN_WORD.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return quoted(text)
