"""What whoever asked may have without anybody's vote."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.actor import Actor
from bot.domain.policies.policy import Allow
from bot.services.replies import Refusal
from bot.services.requests.choices import Choice
from bot.services.requests.deciding import judge_plan
from bot.services.requests.purges import plan_for
from bot.services.setup import Core


async def at_once(core: Core, actor: Actor, choices: Sequence[Choice]) -> list[str]:
    """Those of `choices`, by their words, that the policy would let `actor` run now."""
    return [choice.label for choice in choices if await _runs(core, actor, choice)]


async def _runs(core: Core, actor: Actor, choice: Choice) -> bool:
    site = core.setup.sites.get(choice.command.site)
    if site is None:
        return False
    plan = await plan_for(core, choice.command, site)
    if isinstance(plan, Refusal):
        return False
    return isinstance(await judge_plan(core, actor, plan, choice.command.reason), Allow)
