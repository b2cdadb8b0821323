"""What would come of the next step that a diagnosis offers, before anybody presses it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, Speaker, Verb, parse
from bot.domain.jobs.plan import Plan
from bot.domain.policies.policy import Deny
from bot.services.held.holds import held
from bot.services.replies import Explained
from bot.services.requests.deciding import judge_plan
from bot.services.requests.purges import plan_for
from bot.services.setup import Core


async def with_policy(core: Core, actor: Actor, told: Explained, speaker: Speaker) -> Explained:
    """`told`, with what the policy says of the purge that it offers, and the hold that it would meet; the same where it
    offers none. Makes nothing."""
    cure = told.diagnosis.cause.cure
    command = parse(cure.typed, speaker) if cure is not None and cure.line else None
    if not isinstance(command, Command) or command.verb is not Verb.PURGE:
        return told
    plan = await plan_for(core, command, core.setup.sites[command.site])
    if not isinstance(plan, Plan) or not plan.targets:
        return told
    decision = await judge_plan(core, actor, plan, command.reason)
    return replace(told, decision=decision, held=None if isinstance(decision, Deny) else await held(core, plan.site))
