"""SIGHUP: the configuration is read again, and counts if it is good. A bad file changes nothing and is told in the log,
and in `purgebot doctor`, which reads the file itself."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from bot.ledger.ledger import LedgerDown
from bot.settings import BadSettings, Environment, Settings

if TYPE_CHECKING:
    from bot.wiring import Bot

log = structlog.get_logger()
Reading = Callable[[], tuple[Settings, Environment]]
_RENEWED = frozenset({"slack_bot_token", "slack_signing_secret", "slack_app_token"})
_TERMINAL = frozenset({"config", "purgebot_url", "purgebot_token"})  # read anew, or none of the bot's


async def reload_at(told: asyncio.Event, bot: Bot, read: Reading | None) -> None:
    """Take what `read` gives each time that `told` is set; several at once are one."""
    while True:
        await told.wait()
        told.clear()
        if read is not None:
            await reload(bot, read)


async def reload(bot: Bot, read: Reading) -> bool:
    """Whether what `read` gives counts now. Never raises but for cancelling."""
    try:
        settings, environment = await asyncio.to_thread(read)
    except BadSettings as exc:
        for problem in exc.problems:
            log.error("configuration_bad", problem=str(problem), what="nothing was changed")
        bot.metrics.reloaded("bad")
        return False
    if lost := await bot.lost_by(settings):
        for what in lost:
            log.error("configuration_not_taken", why=f"{what} Nothing was changed.")
        bot.metrics.reloaded("kept_out")
        return False
    try:
        stranded = await bot.reload(settings)
    except LedgerDown as exc:
        log.error("configuration_not_taken", why=str(exc))
        bot.metrics.reloaded("kept_out")
        return False
    if stranded:
        log.error("configuration_not_taken", why=_kept_out(stranded))
        bot.metrics.reloaded("kept_out")
        return False
    _renew_slack(bot, environment)
    bot.metrics.reloaded("taken")
    log.info("configuration_taken", mode=settings.mode, sites=len(settings.sites), accounts=len(settings.accounts))
    for warning in settings.warnings:
        log.warning("configuration_doubtful", what=warning)
    return True


def _kept_out(stranded: Sequence[str]) -> str:
    shown = ", ".join(stranded[:10])
    more = f" and {len(stranded) - 10} more" if len(stranded) > 10 else ""
    return (
        f"Open jobs need a site or an account that is no longer there, or is another provider's: {shown}{more}."
        " Wait for their end or cancel them, then reload again. Nothing was changed."
    )


def _renew_slack(bot: Bot, environment: Environment) -> None:
    """Take new tokens of Slack's; the rest of the environment counts from the next start."""
    was, now = bot.environment, environment
    names = [field.name for field in dataclasses.fields(Environment) if field.name not in _TERMINAL]
    differ = [name for name in names if getattr(was, name) != getattr(now, name)]
    came_or_went = {name for name in _RENEWED if bool(getattr(was, name)) != bool(getattr(now, name))}
    fixed = [name for name in differ if name not in _RENEWED or name in came_or_went]
    if fixed:
        log.warning("needs_restart", settings=", ".join(name.upper() for name in fixed))
    if not came_or_went and any(name in _RENEWED for name in differ):
        bot.renew_slack(environment)
        log.info("slack_tokens_renewed")
