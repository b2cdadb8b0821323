"""The configuration as deeds and doors need it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import structlog

from bot.domain.actor import Actor, Standing
from bot.http.web import Token
from bot.renewing import Renewing
from bot.services.setup import Most, Setup
from bot.settings import Mode, Settings

log = structlog.get_logger()


def setup_of(settings: Settings, accounts: Mapping[str, Renewing]) -> Setup:
    """The configuration as deeds need it."""
    return Setup(
        sites=settings.sites,
        providers=accounts,
        policy=settings.policy,
        approvals_channel=settings.approvals.channel,
        observe=settings.mode is Mode.OBSERVE,
        command=settings.command,
        tokens=actors_of(settings),
        people=settings.deploys.people,
        world=settings.globalping.world,
        most=Most(settings.limits.jobs, settings.limits.urls),
        schedules=settings.schedules,
        time_zone=settings.time_zone,
    )


def provider_names(settings: Settings) -> Mapping[str, str]:
    """The provider of each account."""
    return {name: account.provider for name, account in settings.accounts.items()}


def tokens_of(settings: Settings) -> list[Token]:
    """The machines that may knock; a token whose secret is missing lets nobody in."""
    tokens = []
    for token in settings.api_tokens:
        value = token.bearer.reveal_or_none()
        if not value:
            log.warning("token_without_secret", token=token.name)
            continue
        digest = hashlib.sha256(value.encode()).digest()
        tokens.append(Token(token.name, digest, token.sites, token.may_command))
    return tokens


def actors_of(settings: Settings) -> Mapping[str, Actor]:
    """The machines that may knock or send deploys, and the file's schedules, as actors."""
    actors = [
        Actor(f"token:{token.name}", Standing.TOKEN, "", token.sites, token.may_command)
        for token in settings.api_tokens
    ]
    actors += [
        Actor(f"token:{sender.name}", Standing.TOKEN, "", sender.sites, is_sender=True)
        for sender in settings.deploys.senders
    ]
    scheduled = [schedule.actor for schedule in settings.schedules.values()]
    return {actor.id: actor for actor in (*actors, *scheduled)}


def database_path(url: str) -> Path:
    """The file that a `sqlite:///` URL names."""
    return Path(url.removeprefix("sqlite:///"))
