"""A filled-in form as a line of the grammar: the same parser reads it, with the same words for what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain.grammar.command import parse
from bot.domain.grammar.puzzles import ALL_HINT
from bot.domain.grammar.saying import options_line
from bot.domain.grammar.speech import KIND_OF, BadLine, Command, Misunderstood, Speaker
from bot.domain.grammar.uploads import rows_of
from bot.domain.grammar.words import QUOTES
from providers.contract import Kind

THINGS, KIND, SITE, MODE, REASON, FILE = "things", "kind", "site", "mode", "reason", "file"
NOTHING = "Type what should be gone: a URL, path, prefix, tag or host; or add a list in a file."
TOO_MUCH = "Everything takes no things beside it. Leave this empty, or choose another kind."
CHOOSE_ALL = (
    'To purge all of a site, leave this empty and choose "Everything on the site" under Read as. A second form asks you'
    " to confirm."
)
BAD_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a form: `kind` "" has it guessed, `mode` is "", "soft" or "hard"; `has_list` when a list comes
    with it that nobody has read yet."""

    things: str = ""
    kind: str = ""
    site: str = ""
    mode: str = ""
    reason: str = ""
    has_list: bool = False

    def line(self) -> str:
        """The options and the spoken kind; the things follow, one a line."""
        given = {"on": self.site, "because": " ".join(self.reason.split())}
        options = options_line({name: value for name, value in given.items() if value})
        return " ".join(word for word in (self.kind, options, self.mode) if word)

    def lines(self) -> list[str]:
        """The things that were typed, by their lines."""
        return rows_of(self.things) if self.things.strip() else []


def wrong_in(filled: Filled, speaker: Speaker) -> dict[str, str]:
    """What is wrong with the form, by field; empty when it is understood whole."""
    unfilled = unfilled_in(filled)
    if unfilled:
        return {THINGS: unfilled}
    if not filled.has_list:
        return _wrong(filled, speaker)
    wrong = _wrong(filled if filled.lines() else _with_a_page(filled, speaker), speaker)
    unsaid = {SITE} if not filled.site else set()  # the list may name it
    return {field: problem for field, problem in wrong.items() if field not in unsaid}


def unfilled_in(filled: Filled) -> str:
    """What is wrong with how much the form names: nothing never means everything."""
    named = bool(filled.lines()) or filled.has_list
    if filled.kind == Kind.EVERYTHING:
        return TOO_MUCH if named else ""
    if not filled.kind and _is_all(filled):
        return CHOOSE_ALL
    return "" if named else NOTHING


def _is_all(filled: Filled) -> bool:
    """Whether the one thing that is typed begins with the word that purges all, which a form has a choice for."""
    lines = [line for line in filled.lines() if line.strip()]
    first = lines[0].split()[0].strip(QUOTES + "`*.,").lower() if len(lines) == 1 else ""
    return first == Kind.EVERYTHING.value


def _wrong(filled: Filled, speaker: Speaker) -> dict[str, str]:
    understood = _understood(filled, speaker)
    if isinstance(understood, Command):
        return {THINGS: _told(understood.bad)} if understood.bad else {}
    field = next((field for field, mended in _mended(filled, speaker) if _is_whole(mended, speaker)), THINGS)
    problem = " ".join(understood.problem.split("\n"))
    if ALL_HINT in problem:
        return {THINGS: problem.replace(ALL_HINT, f" {CHOOSE_ALL}")}
    return {field: f"{problem}{_example(filled, speaker) if field == THINGS else ''}"}


def _mended(filled: Filled, speaker: Speaker) -> Iterator[tuple[str, Filled]]:
    """The form without each fault that is not one of the things."""
    if filled.site:
        yield SITE, replace(filled, site="")
    yield from ((SITE, replace(filled, site=site.name)) for site in speaker.sites[:1])
    yield REASON, replace(filled, reason="")


def _is_whole(filled: Filled, speaker: Speaker) -> bool:
    return isinstance(_understood(filled, speaker), Command)


def _understood(filled: Filled, speaker: Speaker) -> Command | Misunderstood:
    return parse(filled.line(), speaker, filled.lines())


def _with_a_page(filled: Filled, speaker: Speaker) -> Filled:
    """The form with a page of its site in place of the list that nobody has read."""
    sites = [site for site in speaker.sites if filled.site.lower() in ("", site.name.lower())]
    return replace(filled, kind="", things=sites[0].root_url() if sites else "/")


def _told(bad: Sequence[BadLine]) -> str:
    lines = [f"Line {one.number}, {one.text}: {one.problem}" for one in bad[:BAD_SHOWN]]
    more = len(bad) - len(lines)
    return " ".join([*lines, *([f"And {more:,} more."] if more else [])])


def _example(filled: Filled, speaker: Speaker) -> str:
    """The first reading that can stand in the form as it is."""
    bare = _understood(Filled(filled.things, filled.kind), speaker)  # whose choices have no options behind them
    lines = [choice.line for choice in bare.choices] if isinstance(bare, Misunderstood) else []
    fit = (line for line in lines if _is_one(line) and _is_whole(replace(filled, things=line), speaker))
    first = next(fit, "")
    return f" For example: {first}" if first else ""


def _is_one(line: str) -> bool:
    """Whether a line is one thing, with or without its kind."""
    words = line.split()
    return len(words) == 1 or (len(words) == 2 and words[0] in KIND_OF)
