"""What the bot says of itself where it was invited to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.policies.wording import listed
from bot.domain.shown import count
from bot.domain.site import Site
from bot.services.setup import Setup
from bot.slack.cards.blocks import Card, card
from bot.slack.escape import escape

HOSTS_SHOWN = 3
SITES_SHOWN = 5


def welcome_card(channel: str, setup: Setup) -> Card:
    """What it is, what `channel` is for, three things to type, and where help is."""
    here = [site for site in setup.sites.values() if site.channel == channel]
    lines = [*_about(channel, here, setup)]
    if setup.observe:
        lines.append("It only observes for now: it plans and looks, and purges nothing.")
    typed = [f"`{setup.command} {escape(words)}`" for words in _to_type(here)]
    lines.append(f"Try {listed(typed, 'or')}.")
    lines.append(f"`{setup.command} help` tells the rest, to you alone; in a thread mention me.")
    return card("Here is purgebot. It purges caches, and proves at the edge that it worked.", lines)


def _about(channel: str, here: Sequence[Site], setup: Setup) -> Iterator[str]:
    for site in here[:SITES_SHOWN]:
        more = len(site.hosts) - HOSTS_SHOWN
        hosts = [*map(escape, site.hosts[:HOSTS_SHOWN]), *([f"{more} more"] if more > 0 else [])]
        yield f"This is the channel of {escape(site.name)}: {listed(hosts, 'and')}. Its jobs are told here."
    if len(here) > SITES_SHOWN:
        yield f"And of {count(len(here) - SITES_SHOWN, 'more site')}; `{setup.command} sites` lists them."
    if channel == setup.approvals_channel:
        yield "Here approvers are asked for their yes."
    elif not here:
        under = f"sites.{next(iter(setup.sites))}" if len(setup.sites) == 1 else "a site"
        yield (
            "It is the channel of no site. To have a site's jobs told here, write"
            f" `channel: {escape(channel)}` under {escape(under)} in purgebot's configuration."
        )


def _to_type(here: Sequence[Site]) -> list[str]:
    """Three lines that purge nothing, and name no site that this channel is not for."""
    if not here:
        return ["sites", "whoami", "queue"]
    first = f"{here[0].schemes[0]}://{here[0].hosts[0]}/"
    return [f"check {first}", f"plan {first}", "sites"]
