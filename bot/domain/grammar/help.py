"""Help, from the same table as the parser, with the caller's own site as the example."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.grammar.hearing import TEXT_MAX
from bot.domain.grammar.mending import typed
from bot.domain.grammar.speech import (
    KIND_OF,
    KINDS,
    OPTION_OF,
    OPTIONS,
    VERB_OF,
    VERBS,
    KindRow,
    OptionRow,
    Speaker,
    VerbRow,
    example_place,
    example_site,
)
from bot.domain.lists import LONGER
from bot.domain.policies.policy import Deny
from bot.domain.shown import shown

Barred = Mapping[str, Deny]  # by verb, kind or name of an option: why the caller may do it nowhere
ANYTHING: Barred = MappingProxyType({})
TOPICS = ("things", "options", "lists", *VERB_OF, *KIND_OF, *(row.name for row in OPTIONS))

_GUESSES = (
    "Without a word for the kind it is guessed, and the guess is told:",
    "a URL, or one of your hosts with a path: that URL",
    "/pricing: that path on every host of the site",
    "/news/*: everything below; other stars, like *.css: a pattern",
    "tag:x, key:x, #x: a tag",
    "one of your hosts alone: that host, after a question",
)
_LISTS = (
    "Many things in one request: put blanks, new lines, or commas with a blank between them.",
    "What is said twice, or lies under something wider, is dropped and counted.",
    "Bad lines are told with their number, and the good ones wait for one click.",
    f"A line has at most {TEXT_MAX:,} characters. {LONGER.replace('`', '')}",
)


def help_text(topic: str, speaker: Speaker, barred: Barred = ANYTHING) -> str:
    """Help on `topic`, or on everything that is not `barred` if it is empty; plain lines without markup. What is barred
    is explained to whoever asks for it by name, with why they may not."""
    named = topic.strip().lower()
    match named:
        case "":
            return _overview(speaker, barred)
        case "things":
            return _lines(_things(speaker, barred))
        case "options":
            return _lines(_options(speaker, barred))
        case "lists":
            return _lines([*_LISTS, *_in_slack(speaker.command)])
        case _:
            return _lines([*(_on_word(named, speaker) or _unknown(named)), *_why_not(named, barred)])


def example(template: str, speaker: Speaker) -> str:
    """A template of the table with the speaker's own site; placeholders in angle brackets if there is none."""
    site = example_site(speaker)
    accounts = {layer.account for layer in site.layers} & speaker.accounts if site else set()
    return template.format(
        url=f"{site.root_url()}pricing" if site else "https://<host>/pricing",
        host=site.hosts[0] if site else "<host>",
        site=site.name if site else "<site>",
        path="/pricing",
        place=example_place(speaker) or "<place>",
        account=min(accounts or speaker.accounts, default="<account>"),
    )


def _in_slack(command: str) -> list[str]:
    """The ways to a form that takes a list; a terminal has none."""
    if not command.startswith("/"):
        return []
    return [
        f"{command} alone opens the form, and so do the shortcut Purge a page or a list and the app's Home:"
        " type or paste the list there, or upload it.",
        "The shortcut Purge the links in this message, in a message's menu, takes its links and its .txt or .csv.",
        "A .csv has a column named url, path, target or tag.",
    ]


def _overview(speaker: Speaker, barred: Barred) -> str:
    """Every verb, kind and option that the caller may use, in one line each."""
    command = speaker.command
    verbs = [f"{command} {_usage(row, speaker)} · {row.what}" for row in VERBS if row.verb not in barred]
    return _lines(
        [
            f"Type what should be gone: {typed(speaker, example(VERBS[0].example, speaker))}",
            *verbs,
            *_things(speaker, barred),
            *_options(speaker, barred),
            f"More: {command} help <topic>, where a topic is any word above, things, options or lists.",
        ]
    )


def _usage(row: VerbRow, speaker: Speaker) -> str:
    """How a verb is written; in a terminal none may be left out."""
    return row.usage if speaker.command.startswith("/") else row.usage.replace("[purge]", "purge")


def _things(speaker: Speaker, barred: Barred) -> list[str]:
    rows = [row for row in KINDS if row.word not in barred]
    kinds = [f"{row.word} · {row.what} · {example(row.example, speaker)}" for row in rows]
    return ["Things:", *kinds, *_GUESSES]


def _options(speaker: Speaker, barred: Barred) -> list[str]:
    options = [
        f"{_written(row)} · {row.what} · {example(row.example, speaker)}"
        for row in OPTIONS
        if row.name not in barred and not row.verbs <= barred.keys()
    ]
    return ["Options, anywhere in the line:", *options]


def _written(row: OptionRow) -> str:
    takes = f" <{row.takes}>" if row.takes else ""
    return " or ".join(f"{written}{takes}" for written in row.written)


def _on_word(word: str, speaker: Speaker) -> list[str]:
    """What the table says of one verb, kind or option; empty if it has no such word."""
    option = OPTION_OF.get(word) or OPTION_OF.get(f"--{word}")
    if word in VERB_OF:
        return _on_verb(next(row for row in VERBS if row.verb == word), speaker)
    if word in KIND_OF:
        return _on_kind(next(row for row in KINDS if row.word == word), speaker)
    return _on_option(option, speaker) if option else []


def _on_verb(row: VerbRow, speaker: Speaker) -> list[str]:
    options = ", ".join(option.written[0] for option in OPTIONS if row.verb in option.verbs)
    return [
        f"{speaker.command} {_usage(row, speaker)} · {row.what}",
        f"Example: {typed(speaker, example(row.example, speaker))}",
        *([f"Options: {options}"] if options else []),
    ]


def _on_kind(row: KindRow, speaker: Speaker) -> list[str]:
    return [f"{row.word} · {row.what}", f"Example: {typed(speaker, example(row.example, speaker))}"]


def _on_option(row: OptionRow, speaker: Speaker) -> list[str]:
    verbs = ", ".join(verb.value for verb in sorted(row.verbs))
    return [
        f"{_written(row)} · {row.what}",
        f"Example: {typed(speaker, example(row.example, speaker))}",
        f"Goes with: {verbs}",
    ]


def _why_not(word: str, barred: Barred) -> list[str]:
    """Why the caller may not do what `word` stands for."""
    denied = barred.get(word.removeprefix("--"))
    return [f"Not for you: {denied.why} {denied.advice}"] if denied else []


def _unknown(word: str) -> list[str]:
    return [f"There is no help on `{shown(word, 40)}`.", f"Topics: {', '.join(dict.fromkeys(TOPICS))}"]


def _lines(lines: list[str] | tuple[str, ...]) -> str:
    return "\n".join(lines)
