"""What a shell may complete behind a verb: option words, flags and kinds, sites, accounts, places and schedules.

Names come from the configuration file where this machine has it, else from the running bot, which is waited for for a
moment. Whatever goes wrong, nothing is offered: a shell is no place for errors. The words are those of the grammar's
table in bot/domain/grammar/speech.py, written down here since loading it takes longer than a person waits for a tab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer._click.shell_completion import CompletionItem
from typer._completion_shared import get_completion_script
from typer.core import TyperCommand, TyperGroup

from bot.copied_lines import KINDS

if TYPE_CHECKING:
    from typer._click.core import Context

ON_THINGS = ("purge", "plan", "check", "why", "lint", "warm")
WITH_KINDS = ("purge", "plan")
BARE = ("hold", "release", "limits", "stats", "log", "queue")  # a site's name stands there by itself
OPTIONS: Mapping[str, tuple[str, ...]] = {  # the bare words, by verb
    "purge": ("on", "soft", "hard", "because", "in", "at", "only", "dry-run", "no-check"),
    "plan": ("on", "soft", "hard", "because", "in", "at", "only", "dry-run", "no-check"),
    "check": ("on", "from"),
    "why": ("on",),
    "lint": ("on", "for"),
    "warm": ("on", "from"),
    "hold": ("because", "for"),
    "cancel": ("because",),
    "break-glass": ("because",),
    "schedules": ("on",),
    "queue": ("on",),
    "limits": ("on",),
}
_OF_PURGE = ("--on", "--soft", "--hard", "--reason", "--in", "--at", "--only", "--dry-run", "--no-check", "--warm",
             "--urgent", "--confirm")  # fmt: skip
FLAGS: Mapping[str, tuple[str, ...]] = {  # what is written with dashes, by verb
    "purge": (*_OF_PURGE, "--queue"),
    "plan": _OF_PURGE,
    "check": ("--on", "--from"),
    "why": ("--on",),
    "lint": ("--on", "--for"),
    "warm": ("--on", "--from"),
    "hold": ("--reason", "--for"),
    "cancel": ("--reason",),
    "break-glass": ("--reason",),
    "schedules": ("--on",),
    "queue": ("--on",),
    "limits": ("--on",),
}
SHOWN = "--show-completion"
SERVERS = ("nginx", "apache", "express")
_REST = frozenset({"because", "--because", "--reason"})  # whatever follows is a person's own words
_SITE = re.compile(r"^\W*([A-Za-z0-9][A-Za-z0-9_.-]{0,39})\W? \((?:production|staging)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Names:
    """What the configuration names."""

    sites: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # edges to look from
    hosts: tuple[str, ...] = field(default=())
    schedules: tuple[str, ...] = ()  # what `run` begins by its name


def choices(verb: str, before: Sequence[str], names: Callable[[], Names]) -> list[str]:
    """What may stand next behind `verb` and the words `before`."""
    last = before[-1] if before else ""
    if _REST & set(before):
        return []
    match last.lstrip("-"):
        case "on" | "confirm":
            return list(names().sites)
        case "only":
            return list(names().accounts)
        case "from":
            return list(names().places)
        case "for":
            return list(SERVERS) if verb == "lint" else []
        case "in" | "at":
            return []
    if verb == "run":
        return [] if before else list(names().schedules)
    free = [word for word in OPTIONS.get(verb, ()) if word not in before]
    if verb in BARE and not before:
        every = ["all"] if verb in ("hold", "release") else []
        accounts = names().accounts if verb == "queue" else ()
        return [*names().sites, *accounts, *every, *free]
    if verb not in ON_THINGS or before:
        return free
    schemes = [f"https://{host}/" for host in names().hosts]
    return [*(KINDS if verb in WITH_KINDS else ()), *schemes, *free]


def completer(names: Callable[[], Names]) -> Callable[[typer.Context, str], list[str]]:
    """For typer: what begins with the word that is typed, behind the words that are there."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before = [str(word) for word in (ctx.params.get("words") or ())]
        return [word for word in choices(str(ctx.info_name), before, names) if word.startswith(incomplete)]

    return complete


def flags(verb: str, before: Sequence[str]) -> list[str]:
    """The grammar's flags that may stand behind `verb` and the words `before`, which have none of them yet."""
    said = {word.partition("=")[0] for word in before}
    if "because" in said:
        return []
    return [flag for flag in FLAGS.get(verb, ()) if flag not in said]


class Shell(StrEnum):
    """A shell that has a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def script(shell: Shell) -> str:
    """What `shell` reads to complete `purgebot`."""
    return get_completion_script(prog_name="purgebot", complete_var="_PURGEBOT_COMPLETE", shell=shell.value)


class Root(TyperGroup):
    """All commands. `--show-completion zsh` is `completion zsh`; without a shell it is for the one that runs it."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read what was typed."""
        return super().parse_args(ctx, ["completion", *args[1:]] if args[:1] == [SHOWN] and args[1:] else args)


class Line(TyperCommand):
    """A command that takes a line of the grammar: beside its own flags it has the grammar's."""

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Every flag that begins with what is typed."""
        found = super().shell_complete(ctx, incomplete)
        if not incomplete.startswith("-"):
            return found
        before = [str(word) for word in (ctx.params.get("words") or ())]
        free = [flag for flag in flags(str(ctx.info_name), before) if flag.startswith(incomplete)]
        return [*map(CompletionItem, free), *found]


def names_in(path: Path) -> Names | None:
    """What the file at `path` names; None where there is none that can be read."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return None
    sites, accounts = _map(found, "sites"), _map(found, "accounts")
    edges = [edge for site in sites.values() for edge in _map(site, "edges")]
    hosts = [str(host) for site in sites.values() for host in _list(site, "hosts")]
    entries = _list(found, "schedules")
    schedules = [str(one["name"]) for one in entries if isinstance(one, dict) and one.get("name")]
    return Names(tuple(sites), tuple(accounts), tuple(dict.fromkeys(edges)), tuple(hosts), tuple(schedules))


def names_told(text: str) -> Names:
    """The sites of an answer to `sites`."""
    return Names(tuple(_SITE.findall(text)))


def _map(found: object, key: str) -> Mapping[str, object]:
    inner = found.get(key) if isinstance(found, dict) else None
    return {str(name): value for name, value in inner.items()} if isinstance(inner, dict) else {}


def _list(found: object, key: str) -> Sequence[object]:
    inner = found.get(key) if isinstance(found, dict) else None
    return inner if isinstance(inner, list) else ()


def names_here(path: Path, ask: Callable[[], str]) -> Names:
    """What the file at `path` names, else what the running bot says to `sites`; nothing where neither speaks."""
    found = names_in(path)
    return names_told(ask()) if found is None else found
