"""Bolt's listeners: store the delivery, acknowledge, ring the engine. Nothing after the ack can raise into Bolt."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError

from bot.ledger.ledger import LedgerDown
from bot.services.setup import Core, delivery_name
from bot.slack import deliveries
from bot.slack.deliveries import Incoming
from bot.slack.marks import Marks

log = structlog.get_logger()
STORE_SECONDS = 2.0  # what could not be stored by then is answered with a refusal
NOT_STORED = "purgebot could not store this, so nothing was done. Try again in a moment; if it stays, ask its operator."

Ack = Callable[..., Awaitable[object]]
FormErrors = Callable[[Mapping[str, object]], Awaitable[dict[str, str]]]


def listen(app: AsyncApp, core: Core, form_errors: FormErrors, marks: Marks) -> None:
    """Register every listener. What none of them is for is acknowledged, which Bolt by itself does not by socket."""

    async def stored(incoming: Incoming) -> bool:
        now = core.clock.now()
        told = (incoming.key, incoming.kind, incoming.body, now)
        mark = marks.make(*told)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await core.ledger.write(lambda books: books.intake.store(*told, mark))
        except (LedgerDown, TimeoutError) as exc:
            log.error("delivery_not_stored", kind=incoming.kind, error=str(exc))
            return False
        core.engine.wake(delivery_name(incoming.key))
        return True

    async def is_known(incoming: Incoming) -> bool:
        return await core.ledger.read(lambda books: books.intake.find(incoming.key)) is not None

    async def on_command(ack: Ack, body: dict[str, object]) -> None:
        if await stored(deliveries.from_command(body)):
            await ack()
            return
        await ack(response_type="ephemeral", text=NOT_STORED)

    async def on_mention(body: dict[str, object]) -> None:
        if not await stored(deliveries.from_mention(body)):
            raise LedgerDown(NOT_STORED)  # a 500: Slack sends the event again

    async def on_opening(body: dict[str, object]) -> None:
        incoming = deliveries.from_opening(body)
        if incoming is not None and not await stored(incoming):
            raise LedgerDown(NOT_STORED)

    async def on_joining(body: dict[str, object]) -> None:
        incoming = deliveries.from_joining(body)
        if incoming is not None and not await stored(incoming):
            raise LedgerDown(NOT_STORED)

    async def on_click(ack: Ack, body: dict[str, object]) -> None:
        if await stored(deliveries.from_click(body)):
            await ack()
            return
        raise LedgerDown(NOT_STORED)  # Slack shows that the click did not take

    async def on_shortcut(ack: Ack, body: dict[str, object]) -> None:
        if await stored(deliveries.from_shortcut(body)):
            await ack()
            return
        raise LedgerDown(NOT_STORED)  # Slack shows that it did not take

    async def on_submit(ack: Ack, body: dict[str, object]) -> None:
        incoming = deliveries.from_submit(body)
        if await is_known(incoming):  # Slack sends it again: what the form's draft says now is no error of theirs
            await ack()
            return
        errors = await form_errors(incoming.body)
        if not errors and not await stored(incoming):
            errors = {deliveries.first_field(incoming): NOT_STORED}
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await ack()

    async def on_error(error: Exception) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200)
        log.error("delivery_not_taken", error=repr(error))
        return None

    anything = re.compile(".*", re.DOTALL)
    app.command(anything)(on_command)
    app.event("app_mention")(on_mention)
    app.event("app_home_opened")(on_opening)
    app.event("member_joined_channel")(on_joining)
    app.action(anything)(on_click)
    app.shortcut(anything)(on_shortcut)
    app.view(anything)(on_submit)
    app.error(on_error)
