"""The doctor: configuration, Slack, every provider, clock and database, each with what to do. Purges nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime

from rich.console import Console
from rich.table import Table
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.ledger.ledger import LedgerDown
from bot.ledger.sqlite import LedgerInUse, LedgerTooNew, SqliteLedger
from bot.services.ports import Clock
from bot.settings import Environment, Settings
from bot.slack.app import web_client
from bot.wiring import SystemClock, build_providers, database_path
from providers.contract import Health
from providers.errors import PurgeError

SCOPES = ("commands", "chat:write", "app_mentions:read", "users:read")
SKEW_MAX = 60.0  # seconds; Slack refuses signatures 300 s off


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    health: Health
    what: str
    advice: str = ""


def run(settings: Settings, environment: Environment, as_json: bool) -> int:
    """Look at everything and print it; 0 only if all is well."""
    findings = asyncio.run(examine(settings, environment, SystemClock()))
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        _print(findings)
    return int(any(finding.health is Health.BAD for finding in findings))


async def examine(settings: Settings, environment: Environment, clock: Clock) -> list[Finding]:
    """Every finding, in the order of the table."""
    return [
        *_configuration(settings),
        await _database(environment, clock),
        *await _slack(settings, environment, clock),
        *await _providers(settings),
    ]


def _configuration(settings: Settings) -> list[Finding]:
    sites = ", ".join(settings.sites) or "none"
    good = Finding("configuration", Health.GOOD, f"mode {settings.mode}, sites {sites}")
    return [good, *(Finding("configuration", Health.DOUBTFUL, warning) for warning in settings.warnings)]


async def _database(environment: Environment, clock: Clock) -> Finding:
    path = database_path(environment.database)
    try:
        ledger = SqliteLedger(path)
    except LedgerInUse:
        return Finding("database", Health.GOOD, f"{path.name} is in use by a running purgebot")
    except (LedgerDown, LedgerTooNew, OSError) as exc:
        return Finding("database", Health.BAD, str(exc), "Set PURGEBOT_DATABASE to a file on a writable local disk.")
    try:
        await ledger.write(lambda books: books.beat(clock.now()))
        broken = await ledger.read(lambda books: books.journal.first_broken())
    except LedgerDown as exc:
        return Finding("database", Health.BAD, str(exc), "Free disk space, or restore the backup.")
    finally:
        await ledger.close()
    if broken is not None:
        advice = "Somebody changed the file. Keep it, and restore the backup taken before."
        return Finding("database", Health.BAD, f"the journal breaks at entry {broken}", advice)
    return Finding("database", Health.GOOD, f"{path.name} can be written, and the journal is whole")


async def _slack(settings: Settings, environment: Environment, clock: Clock) -> list[Finding]:
    if not environment.slack_bot_token:
        advice = "Set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET."
        return [Finding("slack", Health.BAD, "there is no bot token", advice)]
    client = web_client(environment.slack_bot_token, environment.slack_api_url)
    try:
        answer = await client.auth_test()
    except SlackApiError as exc:
        error = str(exc.response.get("error", "unknown"))
        return [Finding("slack", Health.BAD, f"Slack does not take the bot token: {error}", "Install the app again.")]
    except (SlackClientError, OSError, TimeoutError) as exc:
        what = f"Slack at {environment.slack_api_url} does not answer ({type(exc).__name__})"
        return [Finding("slack", Health.BAD, what, "Check the network and SLACK_API_URL.")]
    headers = {str(name).lower(): str(value) for name, value in dict(answer.headers).items()}
    return [
        Finding("slack", Health.GOOD, f"signed in to {answer.get('team')} as {answer.get('user')}"),
        _scopes(headers),
        _door(environment),
        _skew(headers, clock),
        *await _channels(client, settings),
    ]


def _scopes(headers: Mapping[str, str]) -> Finding:
    granted = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    if not headers.get("x-oauth-scopes"):
        return Finding("slack scopes", Health.DOUBTFUL, "Slack did not say which scopes the token has")
    if missing:
        advice = "Add them under OAuth & Permissions (or apply manifest.yml), then install the app again."
        return Finding("slack scopes", Health.BAD, f"missing: {', '.join(missing)}", advice)
    return Finding("slack scopes", Health.GOOD, "all that are used are granted")


def _door(environment: Environment) -> Finding:
    if environment.slack_app_token:
        return Finding("slack deliveries", Health.GOOD, "by Socket Mode")
    if environment.slack_signing_secret:
        where = f"by signed HTTP at {environment.host}:{environment.port}/slack/events"
        return Finding("slack deliveries", Health.GOOD, where)
    advice = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP."
    return Finding("slack deliveries", Health.BAD, "no way in is configured", advice)


def _skew(headers: Mapping[str, str], clock: Clock) -> Finding:
    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return Finding("clock", Health.DOUBTFUL, "Slack's answer held no time to compare with")
    off = clock.now() - theirs
    if abs(off) > SKEW_MAX:
        return Finding(
            "clock", Health.BAD, f"this machine's clock is {off:+.0f} s off", "Set it, for example by chrony."
        )
    return Finding("clock", Health.GOOD, "agrees with Slack's to the minute")


async def _channels(client: AsyncWebClient, settings: Settings) -> list[Finding]:
    named = {site.channel: f"sites.{site.name}.channel" for site in settings.sites.values() if site.channel}
    if settings.approvals.channel:
        named[settings.approvals.channel] = "approvals.channel"
    findings = []
    for channel, where in named.items():
        try:
            info = await client.conversations_info(channel=channel)
        except SlackApiError as exc:
            error = str(exc.response.get("error", "unknown"))
            if error == "missing_scope":
                continue
            advice = f"Invite the bot there, or mend {where}."
            findings.append(Finding("slack channel", Health.BAD, f"{channel} ({where}): {error}", advice))
            continue
        except (SlackClientError, OSError, TimeoutError):
            continue
        name = (info.get("channel") or {}).get("name", channel)
        findings.append(Finding("slack channel", Health.GOOD, f"#{name} ({where})"))
    return findings


async def _providers(settings: Settings) -> list[Finding]:
    findings = []
    for name, provider in build_providers(settings).items():
        layers = [
            (site.name, layer.settings)
            for site in settings.sites.values()
            for layer in site.layers
            if layer.account == name
        ]
        for site, layer in layers or [("", {})]:
            try:
                probe = await provider.probe(layer)
                health, what, advice = probe.health, probe.what, probe.advice
            except PurgeError as exc:
                health, what, advice = Health.BAD, exc.what, exc.advice
            findings.append(Finding(f"{name} on {site}" if site else name, health, what, advice))
        await provider.close()
    return findings


def _print(findings: list[Finding]) -> None:
    words = {Health.GOOD: "[green]good[/]", Health.DOUBTFUL: "[yellow]note[/]", Health.BAD: "[red]bad[/]"}
    table = Table(box=None, pad_edge=False)
    for column in ("", "what", "found", "do"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        table.add_row(words[finding.health], finding.subject, finding.what, finding.advice)
    Console().print(table)
