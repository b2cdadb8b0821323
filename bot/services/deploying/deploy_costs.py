"""What a deploy's purge costs, and which folder under `widen` would save it. Told, and never taken by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command
from bot.domain.jobs.plan import Plan
from bot.domain.policies.wording import dollars
from bot.domain.site import Site
from bot.domain.target import rest_of
from bot.services.deploying.deploy_wishes import is_let_by
from bot.services.deploying.widening import CENT, usd_saved, widened
from bot.services.off_loop import aside
from bot.services.setup import Core
from providers.contract import Kind


async def cost_told(core: Core, actor: Actor, plan: Plan, command: Command, site: Site) -> str:
    """It costs about $44.99. Naming /f/ in `widen` would save about $44.99; "" where it costs nothing."""
    if plan.usd <= 0:
        return ""
    return " ".join(filter(None, [f"It costs about {dollars(plan.usd)}.", await _cheaper(core, actor, command, site)]))


async def _cheaper(core: Core, actor: Actor, command: Command, site: Site) -> str:
    folder = most_shared([rest_of(target) for target in command.targets if target.kind in (Kind.URL, Kind.PATH)])
    if not folder:
        return ""
    allowing = replace(site, deploy=replace(site.deploy, widen=(folder,)))
    providers = core.setup.providers
    found = await aside(len(command.targets), lambda: widened(command, allowing, providers, {}))
    if not found.prefixes or not await is_let_by(core, actor, found, site):
        return ""
    now = core.clock.now()
    usd = await core.ledger.read(lambda books: usd_saved(found, books, providers, now))
    return f"Naming {folder} in `widen` would save about {dollars(usd)}." if usd >= CENT else ""


def most_shared(paths: Sequence[str]) -> str:
    """The deepest folder that holds all of `paths` that lie under the same first folder as most do; "" where none lies
    under any."""
    firsts = Counter(first for first in map(_first_folder, paths) if first)
    if not firsts:
        return ""
    first = firsts.most_common(1)[0][0]
    below = [path.partition("?")[0] for path in paths if path.startswith(first)]
    one, other = min(below), max(below)
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[: one.rfind("/", 0, same) + 1]


def _first_folder(path: str) -> str:
    end = path.partition("?")[0].find("/", 1)
    return path[: end + 1] if end > 0 else ""
