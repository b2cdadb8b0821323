"""`purgebot log …`, `backup` and `restore` as the terminal takes them. What they do is loaded when one is called, so
that help and completion come at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from bot.cli.completion import choices
from bot.cli.root import known_names
from bot.cli.terminal import fail

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.shell_completion import CompletionItem

USAGE = 2
_GRAMMAR = "say"
Ask = Callable[[list[str], bool, bool], None]  # what follows `log`, and whether JSON or CSV is wanted
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HeadOption = Annotated[str, typer.Option("--head", metavar="FILE", help="A head that was exported earlier.")]
OutOption = Annotated[str, typer.Option("--out", metavar="FILE", help="Write it there; - is standard output.")]
ForceFlag = Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")]
Words = Annotated[list[str] | None, typer.Argument(help="As after /purge log.")]


_WORDS = "\n\n".join(
    (
        "What else follows `log` is looked for by the running bot; a bracket holds what may be left out:",
        r"purgebot log \[site …] \[kind …] \[by @name] \[since 7d] \[words …] \[page 2] \[--json] \[--csv]",
        "`by` takes @name, me or token:ci; `since` takes 12h, 7d or 2026-11-01. Whole words are found in what was"
        " purged, why, by whom, and in what came of it; quotes make one phrase. With --json or --csv all of it is"
        " printed.",
        'purgebot log shop since 7d\npurgebot log by @mia tag "wrong price" --csv\npurgebot log INC-881 --json',
    )
)


class LogGroup(TyperGroup):
    """Its own commands, and whatever else follows `log` goes to the running bot."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """As always, with what is no command of this group put behind the one that asks the bot."""
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell asks what may follow `log` itself
        if len(args) == 1 and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], ("verify", "export"), 1, 0.75)
            if near:
                fail(f"There is no `purgebot log {args[0]}`. Did you mean `purgebot log {near[0]}`?", USAGE)
        known = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if known else [_GRAMMAR, *args])

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Its own commands, and what may follow `log` at the running bot: its flags, or a site."""
        from typer._click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return self.commands[_GRAMMAR].shell_complete(ctx, incomplete)
        found = super().shell_complete(ctx, incomplete)
        sites = choices("log", (), known_names)
        return [*found, *(CompletionItem(site) for site in sites if site.startswith(incomplete))]


def register(app: typer.Typer, ask: Ask, database: Callable[[], Path], now: Callable[[], float]) -> None:
    """Add the commands to `app`. `ask` asks the running bot for what words find, as JSON or CSV if wanted; `database`
    is the ledger's file, `now` the time in seconds since the epoch."""
    about = "What was done: the journal, from the running bot or from its file."
    log = typer.Typer(help=about, cls=LogGroup, epilog=_WORDS)
    app.add_typer(log, name="log", context_settings={"help_option_names": ["--help"]})
    free = {"ignore_unknown_options": True, "allow_extra_args": True}

    @log.command(_GRAMMAR, hidden=True, context_settings=free, epilog=_WORDS)
    def say(
        words: Words = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print every job found as one JSON array.")] = False,
        as_csv: Annotated[bool, typer.Option("--csv", help="Print every job found as CSV.")] = False,
    ) -> None:
        """What was purged, newest first; words are searched for."""
        ask(words or [], as_json, as_csv)

    @log.command("verify")
    def verify(head: HeadOption = "", as_json: JsonFlag = False) -> None:
        """Look for any entry that was changed, removed or put elsewhere; ends with 0 if all is whole, with 1 if not."""
        from bot.cli.audit import verify_journal

        raise typer.Exit(verify_journal(database(), head, as_json))

    @log.command("head")
    def head(out: OutOption = "-", force: ForceFlag = False) -> None:
        """Where the journal stands, as JSON to keep elsewhere: `verify --head` compares with it."""
        from bot.cli.audit import write_head

        write_head(database(), out, force)

    @log.command("export")
    def export(out: OutOption = "-", force: ForceFlag = False) -> None:
        """Every entry, a line of JSON each; docs/journal.md says how to verify it without purgebot."""
        from bot.cli.audit import write_entries

        write_entries(database(), out, force)

    @app.command("backup")
    def back_up(file: Annotated[str, typer.Argument(metavar="FILE")], as_json: JsonFlag = False) -> None:
        """Copy all that is remembered into a new file, while the bot runs."""
        from bot.cli.audit import copy_to

        raise typer.Exit(copy_to(database(), Path(file), as_json))

    @app.command("restore")
    def put_back(file: Annotated[str, typer.Argument(metavar="FILE")], as_json: JsonFlag = False) -> None:
        """Put a backup in the ledger's place, while no bot runs; the file that was there is kept."""
        from bot.cli.audit import put_in_place

        raise typer.Exit(put_in_place(Path(file), database(), now(), as_json))
