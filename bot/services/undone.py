"""What is still to be done, known without asking anybody: the configuration's part from the start, Slack's part as it
was last told. Looked for at the start, every hour, and when somebody calls the doctor."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.actor import Actor, Standing
from bot.domain.site import Site
from bot.domain.undone import Undone
from bot.services.setup import HOME, UNDONE, Core

EVERY_SECONDS = 3600.0
SOON_SECONDS = 60.0  # while Slack does not say


async def look_again(core: Core) -> bool:
    """Ask Slack, and have every Home drawn anew where something has changed; whether Slack said."""
    found = await core.undone.look()
    if found is not None and core.undone.tell(found):
        await core.ledger.write(lambda books: books.homes.changed())
        core.engine.wake(HOME)
    return found is not None


def shown_to(core: Core, actor: Actor) -> Sequence[Undone]:
    """What `actor` may read of it: a person all of it, anybody else nothing."""
    return core.undone.all if actor.standing is Standing.MEMBER or actor.is_named else ()


def examples_of(core: Core, sites: Sequence[Site]) -> Sequence[Undone]:
    """What of `sites` and their accounts is still the example's."""
    of = {("sites", site.name) for site in sites}
    of |= {("accounts", layer.account) for site in sites for layer in site.layers}
    return [one for one in core.undone.all if one.example in of]


def left_of(core: Core, actor: Actor, sites: Sequence[Site]) -> Sequence[Undone]:
    """What the doctor tells of `sites` beside what it tries itself, the accounts and the votes: what is still the
    example's first, then what `actor` may read of these sites and of none."""
    tried = {layer.account for site in sites for layer in site.layers}
    names = {"", *(site.name for site in sites)}
    rest = [
        one
        for one in shown_to(core, actor)
        if one.example == ("", "") and not one.voters and one.account not in tried and one.site in names
    ]
    return [*examples_of(core, sites), *rest]


class UndoneWatch:
    """Looks again, by itself."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def run(self) -> None:
        """Look once, and come back for the next time."""
        after = EVERY_SECONDS if await look_again(self._core) else SOON_SECONDS
        self._core.engine.wake(UNDONE, self._core.clock.now() + after)
