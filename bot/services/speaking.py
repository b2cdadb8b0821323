"""What the grammar may know of whoever speaks."""

from __future__ import annotations

from bot.domain.actor import Actor
from bot.domain.grammar.command import Speaker
from bot.services.setup import Core


def speaker_of(core: Core, actor: Actor, channel: str) -> Speaker:
    """What the parser may know of `actor`'s world."""
    sites = core.setup.seen_by(actor)
    accounts = frozenset(layer.account for site in sites for layer in site.layers)
    names = {site.name for site in sites}
    schedules = frozenset(one.name for one in core.setup.schedules.values() if one.site in names)
    return Speaker(sites, channel, accounts, core.setup.command, core.setup.world, schedules)
