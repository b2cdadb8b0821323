"""What Slack still lacks for the bot: scopes, invitations, approvers who may vote. For the Home and the doctor's card.

auth.test                what the bot is called, and its scopes
conversations.history    whether it is in each channel that the configuration names
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.actor import Standing
from bot.domain.policies.policy import is_person
from bot.domain.undone import Undone, Way
from bot.ports import Directory
from bot.settings import Settings
from bot.slack.health import NoAnswer, ask, missing_scopes, named_channels

PAGE = "under OAuth & Permissions at https://api.slack.com/apps, then install the app again"


async def lacking(client: AsyncWebClient, directory: Directory, settings: Settings) -> tuple[Undone, ...] | None:
    """What is to be done in Slack; None while Slack does not say. What it could not say of one channel is left out."""
    try:
        answer, headers = await ask(client, "auth.test")
    except NoAnswer:
        return None
    called = str(answer.get("user") or "purgebot")
    found = [*_scopes(headers, bool(settings.policy.user_groups))]
    named = named_channels(settings).items()
    looks = (_channel(client, channel, where, called, _site_of(settings, channel)) for channel, where in named)
    for undone in await asyncio.gather(*looks):
        found += undone
    for person in filter(is_person, settings.approvals.approvers):
        standing = (await directory.actor(person, "")).standing
        if standing not in (Standing.MEMBER, Standing.AWAY):
            what = f"{person} is named as an approver and is no full member here, so that vote never counts."
            found.append(Undone(what, Way.WRITE, "approvers: [U…]", "under approvals, with the id of a full member"))
    return tuple(found)


def _scopes(headers: Mapping[str, str], reads_groups: bool) -> Iterator[Undone]:
    missing = missing_scopes(headers, reads_groups)
    if missing:
        yield Undone("The app may not do all that it must.", Way.GRANT, ", ".join(missing), PAGE)


def _site_of(settings: Settings, channel: str) -> str:
    """The site that alone is told in `channel`; "" where that is not one."""
    here = [site.name for site in settings.sites.values() if site.channel == channel]
    return here[0] if len(here) == 1 and channel != settings.approvals.channel else ""


async def _channel(client: AsyncWebClient, channel: str, where: str, called: str, site: str) -> list[Undone]:
    try:
        await ask(client, "conversations.history", channel=channel, limit=1)
    except NoAnswer as trouble:
        invite = f"/invite @{called}"
        if trouble.error == "not_in_channel":
            what = f"The bot is not in the channel of {where}."
            return [Undone(what, Way.TYPE, invite, channel=channel, site=site)]
        if trouble.error == "channel_not_found":
            what = f"The bot does not see {channel} ({where}): it is private, or there is no such channel."
            return [Undone(what, Way.TYPE, invite, "there, or mend the id", site=site)]
    return []
