"""What is asked for, by whom and through which door, and the plan of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.domain.actor import Actor
from bot.domain.deploys.deploy import Deploy
from bot.domain.grammar.command import Command
from bot.domain.grammar.when import Due
from bot.domain.jobs.job import Part
from bot.domain.jobs.plan import Plan
from bot.domain.policies.wording import listed
from bot.domain.site import Site
from bot.ledger.books import Books
from bot.services.off_loop import aside
from bot.services.replies import Refusal
from bot.services.requests.alternatives import instead, keys_for_all
from bot.services.requests.cheaper import cheaper
from bot.services.requests.planning import Known, make_plan, wants_soft, with_seconds
from bot.services.setup import Core
from providers.contract import Kind, UnsupportedWish


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, where, and through which door. `key` makes one request one job."""

    actor: Actor
    key: str
    source: str = "slack"
    channel: str = ""
    thread: str = ""
    also_by: tuple[str, ...] = ()  # others whose requests are in it
    parts: Mapping[str, Part] = field(default_factory=dict)  # what each of them asked for, where that is not all of it
    queued: tuple[int, ...] = ()  # the requests in line that it is made of
    instead_of: int = 0  # the waiting job that this one takes the place of
    deploy: Deploy | None = None  # that it follows: it waits for the end of a hold, and is never refused for one
    manifest: bytes | None = None  # what that deploy built, packed
    pages: tuple[str, ...] = ()  # URLs of that deploy that prefixes are purged in place of
    after: int = 0  # the job that must be proven before it begins
    anyway: bool = False  # at the machine: though the policy or a hold says no
    is_cure: bool = False  # a diagnosis names it as what helps: nothing narrower would

    @property
    def is_told(self) -> bool:
        """Whether a sender tells of a deploy by it; a person who repeats one does not."""
        return self.deploy is not None and not self.deploy.again


async def plan_for(
    core: Core, command: Command, site: Site, due: Due | None = None, is_deploy: bool = False
) -> Plan | Refusal:
    """The plan of `command`, with its time under the budgets as they stand now, or will if nothing else is sent until
    it is `due`; Refusal when a layer cannot do it, with what a person, or a deploy, could ask for instead."""
    if not site.layers:
        return Refusal(f"{site.name} has no layers to purge.", "Name its caches under `layers` in the configuration.")
    if command.only and command.only not in {layer.account for layer in site.layers}:
        accounts = ", ".join(layer.account for layer in site.layers)
        return Refusal(f"{site.name} has no layer {command.only}.", f"Its layers are {accounts}.")
    known = await _seen_under(core, command, site)
    things = len(command.targets) + sum(map(len, known.values()))
    try:
        plan = await aside(things, lambda: make_plan(command, site, core.setup.providers, known))
    except UnsupportedWish as exc:
        if is_deploy:
            return Refusal(exc.what, f"{exc.possible}{keys_for_all(command, site, core.setup.providers)}")
        more = await aside(things, lambda: instead(command, site, core.setup.providers, known))
        return Refusal(exc.what, f"{exc.possible}{more}")
    if wants_soft(command, site) and not plan.soft and core.setup.policy.tells_modes:
        plan = replace(plan, notes=(_counts_as_hard(plan), *plan.notes))
    at = core.clock.now() if due is None else due.at
    return await core.ledger.read(lambda books: _measured(books, core, plan, command, site, at))


def _counts_as_hard(plan: Plan) -> str:
    hard = [layer.title for layer in plan.layers if layer.mixed or not layer.soft]
    purge = "purges" if len(hard) == 1 else "purge"
    return f"To the policy this is a hard purge, since {listed(hard, 'and')} {purge} hard"


def _measured(books: Books, core: Core, plan: Plan, command: Command, site: Site, at: float) -> Plan:
    providers = core.setup.providers
    measured = with_seconds(plan, books, providers, at)
    return replace(measured, offer=cheaper(measured, command, site, providers, books, at))


async def _seen_under(core: Core, command: Command, site: Site) -> Known:
    tags = [target.value for target in command.targets if target.kind is Kind.TAG]
    if not tags:
        return {}
    return await core.ledger.read(lambda books: {tag: books.known.tagged(site.name, tag) for tag in tags})


def nothing_to_purge(command: Command, site: Site) -> Plan:
    """The plan of a deploy whose files need no purge: what the edges serve is looked at all the same."""
    return Plan(site.name, site.environment, Kind.URL, Kind.URL, (), wants_soft(command, site), (), command.notes)
