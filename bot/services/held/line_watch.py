"""Before requests that waited for the end of a hold become jobs: what is not as it was queued is set aside, loudly."""

from __future__ import annotations

import structlog

from bot.domain.actor import is_machine
from bot.ledger.books import Books
from bot.ledger.holds import REFUSED_LATER
from bot.services.setup import HOME, Core, delivery_name

log = structlog.get_logger()
NOT_SO = "in purgebot's database it is not as you queued it."
ADVICE = (
    "Nothing of it was purged. Ask for it anew, and tell whoever runs purgebot that somebody changed its database:"
    " `purgebot log verify` tells what."
)


async def set_strange_aside(core: Core, site: str) -> None:
    """What waits for `site` and is not as the journal says comes to nothing; whoever had queued it is told."""
    if not await core.ledger.read(lambda books: books.lined.strange(site)):
        return
    now = core.clock.now()

    def deed(books: Books) -> list[str]:
        keys = []
        for one in books.lined.strange(site):
            name = f"Q-{one.id}"
            books.lined.drop(one.id)
            books.journal.add(now, "not_taken", "purgebot", request=name, site=site, user=one.by)
            log.error("queued_strange", request=name, site=site, user=one.by)
            if one.by and not is_machine(one.by):
                keys.append(f"{REFUSED_LATER} strange {name}")
                what = f"{name}, which you queued for {site}, does not run: {NOT_SO}"
                books.intake.store(keys[-1], REFUSED_LATER, {"user": one.by, "what": what, "advice": ADVICE}, now)
        books.homes.changed()
        return keys

    for key in await core.ledger.write(deed):
        core.engine.wake(delivery_name(key))
    core.engine.wake(HOME)
