"""Who is in which group, as Slack says now."""

from __future__ import annotations

import asyncio

from bot.domain.policies.policy import Roster
from bot.domain.policies.ruling import voters
from bot.services.setup import Core


async def read_roster(core: Core, within_a_minute: bool = False) -> Roster:
    """Every user-group of the policy; `within_a_minute` as for votes: read then, or nobody is in it."""
    names = core.setup.policy.user_groups
    members = await asyncio.gather(*(core.directory.members(name, within_a_minute) for name in names))
    return dict(zip(names, members, strict=True))


def approvers(core: Core, roster: Roster) -> frozenset[str]:
    """Everybody whom some rule asks for a vote, as far as Slack says."""
    policy = core.setup.policy
    return voters(policy, roster, policy.asked, ()).people


def breakers(core: Core, roster: Roster) -> frozenset[str]:
    """Everybody who may break the glass."""
    policy = core.setup.policy
    return voters(policy, roster, policy.break_glass.who, ()).people if policy.break_glass else frozenset()
