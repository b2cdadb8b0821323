"""What the doctor asks Slack: the bot token, its scopes, the way in, the clock, the channels and the approvers.

auth.test                the bot token; its answer's headers hold the scopes and Slack's time
apps.connections.open    the app-level token, for Socket Mode; opens nothing
conversations.history    whether the bot is in a channel (conversations.info needs a scope that it does not have)
users.info               whether an approver may vote
usergroups.users.list    who is in the user-groups that the policy names
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.actor import Standing
from bot.domain.policies.policy import is_person
from bot.ports import Clock
from bot.settings import Environment, Settings
from bot.slack.app import web_client
from bot.slack.directory import SlackDirectory
from bot.slack.group_health import SCOPE, Seen, group_health
from bot.slack.patience import PatientApi
from providers.contract import Health, Probe

# As manifest.yml asks for.
SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "chat:write.public", "commands",
    "files:read", "files:write", "groups:history", "groups:read", "im:write", "usergroups:read", "users:read",
)  # fmt: skip
SKEW_MAX = 60.0  # seconds; Slack refuses signatures 300 s off
CALL_SECONDS = 8.0
_TOKEN_ADVICE = "Install the app again, and set SLACK_BOT_TOKEN to the bot token that it shows (xoxb-…)."
_LATER = "Run the doctor again in a minute."
_VERBS = {"apps.connections.open": "POST"}
_BAD_TOKEN = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})


class NoAnswer(Exception):
    """Slack did not do it; `error` is its word for that, "" where nothing came back."""

    def __init__(self, error: str, what: str) -> None:
        super().__init__(what)
        self.error = error


async def slack_health(settings: Settings, environment: Environment, clock: Clock) -> list[Seen]:
    """Everything that can be said of Slack, in the order of the table."""
    if not environment.has_slack:
        advice = "For Slack set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET."
        what = "Nothing of Slack is set: terminal and HTTP work, and votes need Slack."
        return [("slack", Probe(Health.DOUBTFUL, what, advice))]
    if not environment.slack_bot_token:
        advice = "Set SLACK_BOT_TOKEN, and SLACK_APP_TOKEN or SLACK_SIGNING_SECRET. Without them only HTTP works."
        return [("slack", Probe(Health.BAD, "There is no bot token.", advice))]
    client = web_client(environment.slack_bot_token, environment.slack_api_url)
    try:
        answer, headers = await ask(client, "auth.test")
    except NoAnswer as trouble:
        return [("slack", _silent(trouble, environment.slack_api_url))]
    signed_in = f"Signed in to {answer.get('team')} as {answer.get('user')}."
    return [
        ("slack", Probe(Health.GOOD, signed_in)),
        ("slack scopes", scopes(headers, bool(settings.policy.user_groups))),
        ("slack deliveries", await _way_in(environment)),
        ("clock", skew(headers, clock.now())),
        *await _channels(client, settings),
        *await _approvers(client, settings, clock),
        *await _groups(client, settings, clock),
    ]


async def ask(
    client: AsyncWebClient, method: str, **arguments: object
) -> tuple[Mapping[str, object], Mapping[str, str]]:
    """The answer and its headers, names in lower case. Raises NoAnswer."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            answer = await client.api_call(method, http_verb=_VERBS.get(method, "GET"), params=arguments)
    except SlackApiError as exc:
        data = getattr(exc.response, "data", exc.response)
        error = str(data.get("error") or "") if isinstance(data, dict) else ""
        raise NoAnswer(error, f"Slack answers {error}." if error else "Slack answers nonsense.") from exc
    except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError, ValueError) as exc:
        raise NoAnswer("", f"Slack does not answer ({type(exc).__name__}).") from exc
    data = answer.data
    headers = {str(name).lower(): str(value) for name, value in dict(answer.headers).items()}
    return data if isinstance(data, dict) else {}, headers


def _silent(trouble: NoAnswer, url: str) -> Probe:
    if trouble.error in _BAD_TOKEN:
        return Probe(Health.BAD, f"Slack does not take the bot token: {trouble.error}.", _TOKEN_ADVICE)
    if trouble.error == "ratelimited":
        return Probe(Health.BAD, "Slack asks to be left alone for a while: ratelimited.", _LATER)
    advice = f"Is {url} Slack? Check the network and SLACK_API_URL, and https://slack-status.com."
    return Probe(Health.BAD, str(trouble), advice)


def scopes(headers: Mapping[str, str], reads_groups: bool = False) -> Probe:
    """Whether the bot token has every scope that it uses, by the headers of an answer. Only where it `reads_groups` is
    the one for user-groups among them."""
    if not _granted(headers):
        return Probe(Health.DOUBTFUL, "Slack does not say which scopes the token has.", _LATER)
    if missing := missing_scopes(headers, reads_groups):
        advice = "Add them under OAuth & Permissions (or apply manifest.yml), then install the app again."
        return Probe(Health.BAD, f"Missing: {', '.join(missing)}.", advice)
    return Probe(Health.GOOD, "All that are used are granted.")


def missing_scopes(headers: Mapping[str, str], reads_groups: bool) -> list[str]:
    """The scopes that are used and that the bot token lacks; none where Slack does not say which it has."""
    granted = _granted(headers)
    return [scope for scope in SCOPES if granted and scope not in granted and (reads_groups or scope != SCOPE)]


def _granted(headers: Mapping[str, str]) -> set[str]:
    return {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}


async def _way_in(environment: Environment) -> Probe:
    if environment.slack_app_token:
        return await _socket(web_client(environment.slack_app_token, environment.slack_api_url))
    if environment.slack_signing_secret:
        address = f"{environment.host}:{environment.port}/slack/events"
        return Probe(Health.GOOD, f"By signed HTTP at {address}; Slack must reach that from outside.")
    advice = "Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP."
    return Probe(Health.BAD, "No way in is configured.", advice)


async def _socket(client: AsyncWebClient) -> Probe:
    try:
        await ask(client, "apps.connections.open")
    except NoAnswer as trouble:
        if trouble.error == "ratelimited":
            return Probe(Health.DOUBTFUL, "Slack did not say whether Socket Mode works: ratelimited.", _LATER)
        advice = "Set SLACK_APP_TOKEN to an app-level token (xapp-…) with connections:write, and turn Socket Mode on."
        return Probe(Health.BAD, f"Socket Mode cannot be opened. {trouble}", advice)
    return Probe(Health.GOOD, "By Socket Mode.")


def skew(headers: Mapping[str, str], now: float) -> Probe:
    """How far this machine's clock (`now`, seconds since the epoch) is from an answer's Date."""
    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return Probe(Health.DOUBTFUL, "Slack's answer held no time to compare with.", "Check the clock by hand.")
    off = now - theirs
    if abs(off) > SKEW_MAX:
        what = f"This machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} Slack's."
        return Probe(Health.BAD, what, "Set it, for example by chrony: Slack and deploys are refused at 300 s.")
    return Probe(Health.GOOD, "It agrees with Slack's to the minute.")


async def _channels(client: AsyncWebClient, settings: Settings) -> list[Seen]:
    named = named_channels(settings)
    return [("slack channel", await _channel(client, channel, where)) for channel, where in named.items()]


def named_channels(settings: Settings) -> Mapping[str, str]:
    """Every channel that the configuration names, by id, and the key that names it first."""
    named: dict[str, str] = {}
    for site in settings.sites.values():
        if site.channel:
            named.setdefault(site.channel, f"sites.{site.name}.channel")
    if settings.approvals.channel:
        named.setdefault(settings.approvals.channel, "approvals.channel")
    return named


async def _channel(client: AsyncWebClient, channel: str, where: str) -> Probe:
    try:
        await ask(client, "conversations.history", channel=channel, limit=1)
    except NoAnswer as trouble:
        return _not_in(channel, where, trouble)
    return Probe(Health.GOOD, f"The bot is in {channel} ({where}).")


def _not_in(channel: str, where: str, trouble: NoAnswer) -> Probe:
    match trouble.error:
        case "not_in_channel":
            what = f"The bot is not in {channel} ({where}); it can post there, but not look for a post that got lost."
            return Probe(Health.DOUBTFUL, what, "Type /invite @purgebot there.")
        case "channel_not_found":
            what = f"{channel} ({where}) does not exist, or is private and the bot is not in it."
            return Probe(Health.BAD, what, f"Type /invite @purgebot there, or mend {where}.")
        case _:
            return Probe(Health.DOUBTFUL, f"{channel} ({where}) could not be looked at. {trouble}", _LATER)


async def _approvers(client: AsyncWebClient, settings: Settings, clock: Clock) -> Sequence[Seen]:
    directory = SlackDirectory(PatientApi(client, clock), clock)
    named = filter(is_person, settings.approvals.approvers)
    people = {person: (await directory.actor(person, "")).standing for person in named}
    found = [("approver", _approver(person, standing)) for person, standing in people.items()]
    if people and all(standing is Standing.MEMBER for standing in people.values()):
        return [("approvers", Probe(Health.GOOD, f"All {len(people)} are full members."))]
    return [seen for seen in found if seen[1].health is not Health.GOOD]


async def _groups(client: AsyncWebClient, settings: Settings, clock: Clock) -> Sequence[Seen]:
    api = PatientApi(client, clock)
    return await group_health(api, SlackDirectory(api, clock, settings.policy.names), settings.policy)


def _approver(person: str, standing: Standing) -> Probe:
    advice = "Name a full member of this workspace under approvals.approvers."
    match standing:
        case Standing.MEMBER:
            return Probe(Health.GOOD, f"{person} is a full member.")
        case Standing.AWAY:
            return Probe(Health.DOUBTFUL, f"Slack did not say who {person} is.", _LATER)
        case Standing.UNREADABLE:
            return Probe(Health.BAD, f"Slack knows no {person}, so this vote never counts.", advice)
        case _:
            return Probe(Health.BAD, f"{person} is a {standing} here, so this vote never counts.", advice)
