"""`purgebot init` as the terminal takes it: a flag for every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.settings import Environment

USAGE = 2
_UNASKED = "Answer in a terminal, or give --yes with --host HOST, and flags for the rest."


def register(app: typer.Typer, environ: Mapping[str, str], read: Callable[[], Environment]) -> None:
    """Add `init` to `app`; `read` reads the environment, `environ` is where secrets are looked for."""

    @app.command("init")
    def init(
        host: Annotated[list[str] | None, typer.Option(help="A host that visitors use; may be repeated.")] = None,
        layer: Annotated[
            list[str] | None, typer.Option(help="A provider in front, innermost first; may be repeated.")
        ] = None,
        put: Annotated[
            list[str] | None, typer.Option("--set", help="cloudflare.zone=…, cloudflare.token=env:NAME; repeatable.")
        ] = None,
        site: Annotated[str, typer.Option(help="The site's name.")] = "",
        origin: Annotated[str, typer.Option(help="Where the truth is, behind every cache.")] = "",
        edge: Annotated[str, typer.Option(help="Look through this address instead of DNS; it is kept.")] = "",
        channel: Annotated[str, typer.Option(help="The channel for the site's jobs, by id.")] = "",
        approvals_channel: Annotated[str, typer.Option(help="Where approval is asked for, by id.")] = "",
        approver: Annotated[list[str] | None, typer.Option(help="Who may approve, by id; may be repeated.")] = None,
        slack: Annotated[str, typer.Option(help="socket, or http.")] = "",
        url: Annotated[str, typer.Option(help="The bot's public address, for http.")] = "",
        command: Annotated[str, typer.Option(help="The slash command; /purge where nothing is said.")] = "",
        file: Annotated[str, typer.Option(help="The file to write, instead of PURGEBOT_CONFIG.")] = "",
        manifest: Annotated[str, typer.Option(help="The manifest to write; manifest.yml beside the file.")] = "",
        yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: what has no flag is as recognised.")] = False,
        force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
        no_doctor: Annotated[bool, typer.Option("--no-doctor", help="Only write.")] = False,
    ) -> None:
        """Ask a few questions, recognise the caches in front of a domain, and write a configuration that observes."""
        from dataclasses import replace
        from pathlib import Path

        from bot.beginning.asking import Flags, Unanswered
        from bot.beginning.begin import Places, begin, examine
        from bot.cli.terminal import fail
        from bot.settings import BadSettings

        environment = read()
        config = Path(file or environment.config)
        places = Places(config, Path(manifest) if manifest else config.with_name("manifest.yml"), force)
        flags = Flags(
            host or (), site, layer or (), put or (), origin, edge, channel, approvals_channel, approver or (),
            slack, url, command, yes,
        )  # fmt: skip
        try:
            begin(flags, places, environ, typer.echo)
        except (Unanswered, BadSettings) as exc:
            fail(str(exc), USAGE)
        except typer.Abort:
            fail(f"\nNothing more could be asked, and nothing was written. {_UNASKED}", USAGE)
        if not no_doctor:
            examine(config, replace(environment, config=str(config)), environ)
