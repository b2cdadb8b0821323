"""The doctor: configuration, Slack, every provider, clock and database, each with what to do. Purges nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.adapters import SET_IT, build_globalping, build_providers
from bot.ledger.audit import Verdict, audit
from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import LedgerInUse, LedgerTooNew
from bot.ledger.reading import NotALedger, reading
from bot.ledger.sqlite import SqliteLedger
from bot.ports import Clock
from bot.services.probing import probe_layers
from bot.serving import set_up_logging
from bot.setting_up import database_path
from bot.settings import Environment, GithubSender, HookSender, Settings, over
from bot.slack.health import slack_health
from bot.system import SystemClock
from providers.contract import Health, Probe

_WORDS = {Health.GOOD: ("good", "green"), Health.DOUBTFUL: ("note", "yellow"), Health.BAD: ("bad", "red")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was found, and what to do."""

    subject: str
    health: Health
    what: str
    advice: str = ""

    @classmethod
    def of(cls, subject: str, probe: Probe) -> Finding:
        """A probe of `subject`."""
        return cls(subject, probe.health, probe.what, probe.advice)


def run(settings: Settings, environment: Environment, as_json: bool) -> int:
    """Look at everything and print it; 0 only if all is well."""
    set_up_logging(environment.log_format, logging.ERROR)  # what a warning would say is a finding
    findings = asyncio.run(examine(settings, environment, SystemClock()))
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        _print(findings)
    return int(any(finding.health is Health.BAD for finding in findings))


async def examine(settings: Settings, environment: Environment, clock: Clock) -> list[Finding]:
    """Every finding, in the order of the table."""
    return [
        *_configuration(settings, clock.now()),
        await _database(environment, clock),
        *(Finding.of(*seen) for seen in await slack_health(settings, environment, clock)),
        *await _providers(settings),
        *await _globalping(settings, clock),
    ]


def _configuration(settings: Settings, now: float) -> list[Finding]:
    sites = ", ".join(settings.sites) or "none"
    good = Finding("configuration", Health.GOOD, f"Mode {settings.mode.told}, sites {sites}.")
    warnings = (*settings.warnings, *over(settings.policy, now))
    doubts = [Finding("configuration", Health.DOUBTFUL, warning) for warning in warnings]
    return [good, *doubts, *_tokens(settings), *_senders(settings)]


def _tokens(settings: Settings) -> list[Finding]:
    """The machines' tokens without a secret: nobody can come in with them."""
    missing = [token for token in settings.api_tokens if token.bearer.reveal_or_none() is None]
    return [
        Finding(
            f"token {token.name}", Health.BAD,
            f"Its secret is not in {token.bearer.env or token.bearer.file}, so nobody comes in by it.",
            SET_IT if token.bearer.env else "Write it there, where the bot runs, then reload the bot (SIGHUP).",
        )
        for token in missing
    ]  # fmt: skip


def _senders(settings: Settings) -> list[Finding]:
    """Those of whose secrets none is there: their deploys are refused."""
    what = "None of its secrets is there, so its deploys are refused."
    advice = "Set it where the bot runs. A file counts at once, a variable from the next start."
    signing: list[HookSender | GithubSender] = [*settings.deploys.tokens, *settings.deploys.github]
    bare = [one for one in signing if not any(secret.reveal_or_none() for secret in one.secrets)]
    return [Finding(f"sender {one.name}", Health.BAD, what, advice) for one in bare]


async def _database(environment: Environment, clock: Clock) -> Finding:
    path = database_path(environment.database)
    before = await asyncio.to_thread(_audited, path)  # opening it for writing mends what it can
    try:
        ledger = SqliteLedger(path)
    except LedgerInUse:
        return await asyncio.to_thread(_journal, path, "is in use by a running purgebot", before)
    except LedgerTooNew as exc:
        return Finding("database", Health.BAD, str(exc))
    except (LedgerDown, OSError) as exc:
        return Finding("database", Health.BAD, str(exc), "Set PURGEBOT_DATABASE to a file on a writable local disk.")
    try:
        await ledger.write(lambda books: books.beat(clock.now()))
    except LedgerDown as exc:
        return Finding("database", Health.BAD, str(exc), "Free disk space, or restore the backup.")
    finally:
        await ledger.close()
    return await asyncio.to_thread(_journal, path, "can be written", before)


def _audited(path: Path) -> Verdict | str:
    """What is found of the ledger's file as it is; as words, why it cannot be read."""
    try:
        with reading(path) as ledger:
            return audit(ledger)
    except NotALedger as exc:
        return str(exc)


def _journal(path: Path, good: str, before: Verdict | str) -> Finding:
    """The ledger's file, audited; `good` is what has been found of it already, `before` what an audit has."""
    verdict = before if isinstance(before, Verdict) else _audited(path)
    if isinstance(verdict, str):
        return Finding("database", Health.BAD, verdict)
    if verdict.is_whole:
        return Finding("database", Health.GOOD, f"{path.name} {good}, and the journal is whole.")
    advice = "`purgebot log verify` tells all of it. Keep the file, and restore the backup taken before."
    return Finding("database", Health.BAD, verdict.breaches[0].what, advice)


async def _providers(settings: Settings) -> list[Finding]:
    """Each account, on each site that it is a layer of; one that no site uses, alone."""
    providers = build_providers(settings)
    try:
        return [Finding.of(*seen) for seen in await probe_layers(providers, settings.sites.values(), alone=True)]
    finally:
        for provider in providers.values():
            await provider.close()


async def _globalping(settings: Settings, clock: Clock) -> list[Finding]:
    """Whether probes around the world can be asked, where a site is opted in. Asks none of them."""
    globalping = build_globalping(settings, clock)
    if globalping is None:
        return []
    try:
        found = Finding.of("globalping", await globalping.probe())
    finally:
        await globalping.close()
    token = settings.globalping.token
    if token is None or token.reveal_or_none() is not None:
        return [found]
    where = token.env or token.file
    return [found, Finding("globalping", Health.BAD, f"Its token is not in {where}.", "Set it where the bot runs.")]


def _print(findings: Sequence[Finding]) -> None:
    """A table on a terminal; elsewhere a line for each finding, which `grep` can cut."""
    console = Console()
    if not console.is_terminal:
        for finding in findings:
            line = f"{_WORDS[finding.health][0]}\t{finding.subject}\t{finding.what}\t{finding.advice}"
            sys.stdout.write(line.rstrip() + "\n")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("", "what", "found", "do"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        word, colour = _WORDS[finding.health]
        table.add_row(Text(word, colour), Text(finding.subject), Text(finding.what), Text(finding.advice))
    console.print(table)
