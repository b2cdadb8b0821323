"""Every line that docs tell people to type is understood: `/purge …` by the grammar, `purgebot …` by the terminal's own
commands. A form with placeholders (`<url>`, `…`, `P-12|Q-7`, `a · b`) is no line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperGroup

from bot.domain.grammar.command import parse
from bot.domain.grammar.speech import VERB_OF, Misunderstood, Speaker
from bot.domain.proof.world import World
from bot.domain.site import Layer, Site
from tests.terminal import commands

if TYPE_CHECKING:
    from typer._click.core import Command

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
HOSTS = {
    "shop": ("www.shop.test", "img.shop.test"),
    "blog": ("www.blog.test",),
    "media": ("www.media.test",),
    "bank": ("www.bank.test",),
    "yours": ("your.site",),
}
ACCOUNTS = ("app", "shield", "cf")
_FORM = re.compile(r"[…<|\[·]")
_TYPED = re.compile(r"`(/purge [^`\n]+)`|^ *(/purge .+)$", re.MULTILINE)
_IN_SHELL = re.compile(r"^ *```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"`(purgebot [^`\n]+)`")
_GRAMMAR = frozenset(VERB_OF)


def site(name: str, hosts: tuple[str, ...]) -> Site:
    layers = tuple(Layer(account, {}) for account in ACCOUNTS)
    return Site(name=name, hosts=hosts, layers=layers, edges={"fra": "http://127.0.0.1:1"})


SPEAKER = Speaker(
    sites=[site(name, hosts) for name, hosts in HOSTS.items()],
    accounts=frozenset(ACCOUNTS),
    world=World(frozenset({"shop"})),
)


def lines(of: str) -> Iterator[tuple[str, str]]:
    """Each line of that sort, with its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if of == "chat":
            found = [one or other for one, other in _TYPED.findall(text)]
        else:
            shell = [line.strip() for block in _IN_SHELL.findall(text) for line in block.splitlines()]
            found = [*_NAMED.findall(text), *(line for line in shell if line.startswith("purgebot "))]
        for line in found:
            typed = re.split(r" {2,}|(?<=\S) #| > ", line)[0].strip()
            if typed != "/purge" and not _FORM.search(typed):
                yield str(page.relative_to(ROOT)), typed


CHAT = sorted(set(lines("chat")))
SHELL = sorted(set(lines("shell")))


def complaint(text: str, more: Sequence[str] = ()) -> str:
    """What the grammar says against what follows `/purge`; "" if nothing, or if it only names a verb."""
    if text in _GRAMMAR:
        return ""
    heard = parse(text, SPEAKER, more)
    return f"{heard.problem} {heard.suggestion}" if isinstance(heard, Misunderstood) else ""


@pytest.mark.parametrize(("page", "line"), CHAT, ids=[" ".join(pair) for pair in CHAT])
def test_what_is_typed_in_chat_is_understood(page: str, line: str) -> None:
    assert "" == complaint(line.removeprefix("/purge").strip())


def found(words: list[str]) -> tuple[Command, str, list[str]]:
    """The command that `words` begin with, its name, and what follows it."""
    command: Command = commands()
    name = "purgebot"
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        name, command, words = words[0], command.commands[words[0]], words[1:]
    return command, name, words


@pytest.mark.parametrize(("page", "line"), SHELL, ids=[" ".join(pair) for pair in SHELL])
def test_what_is_typed_in_a_terminal_is_understood(page: str, line: str) -> None:
    command, name, words = found(shlex.split(line, comments=True)[1:])
    if isinstance(command, TyperGroup):
        assert name == "log" or words in ([], ["--help"], ["--version"]), f"no such command: {line}"
        return
    if words in ([], ["--help"]):
        return
    context = command.make_context(name, list(words))
    if name in _GRAMMAR:
        said = context.params.get("words") or ()
        assert isinstance(said, (list, tuple))
        targets = ["https://www.shop.test/a"] if context.params.get("file") else []
        assert "" == complaint(" ".join([name, *map(quoted, said)]), targets)


def quoted(word: object) -> str:
    """A word as it was before a shell took its quotes away."""
    return f'"{word}"' if " " in str(word) else str(word)


def test_there_are_lines_to_look_at() -> None:
    assert len(CHAT) > 40
    assert len(SHELL) > 20
