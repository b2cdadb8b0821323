"""A form was sent: what is wrong with it, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.ledger.codec import COMMAND, unpack
from bot.ledger.intake import Delivery
from bot.services.desk import Desk
from bot.services.replies import Done, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.setup import Core
from bot.slack.answering import Answering
from bot.slack.buttons import Buttons
from bot.slack.cards import deny
from bot.slack.cards.purge_form import CALLBACK
from bot.slack.payload import text_of
from bot.slack.purge_forms import PurgeForms, place_of
from bot.slack.telling import Answer

AWAY_MAX_SECONDS = 600.0  # that Slack may take to hand out a list


class Submissions:
    """Takes forms."""

    def __init__(self, core: Core, desk: Desk, answering: Answering, buttons: Buttons, forms: PurgeForms) -> None:
        self._core = core
        self._desk = desk
        self._says = answering
        self._buttons = buttons
        self._forms = forms

    async def submitted(self, delivery: Delivery, asking: Asking) -> Answer | None:
        """The deed that a form asks for, and what to say of it; None where that must be tried again."""
        name = text_of(delivery.body, "draft")
        if text_of(delivery.body, "form") == deny.CALLBACK:
            return await self._denied(delivery, asking, name)
        doc = await self._buttons.use(delivery, asking, name)
        if doc is None or not ("command" in doc or "wish" in doc):
            return await self._says.answer(delivery, asking, Refusal("This form is over.", "Type the command again."))
        asking = replace(asking, channel=text_of(doc, "channel"), thread=text_of(doc, "thread"), key=f"draft {name}")
        reply = await (self._sent if "wish" in doc else self._confirmed)(delivery, asking, doc)
        if reply is None:
            return None
        now = self._core.clock.now()
        return replace(await self._says.answer(delivery, asking, reply), to=place_of(doc, now))

    async def _confirmed(self, delivery: Delivery, asking: Asking, doc: Mapping[str, object]) -> Reply:
        command = unpack(COMMAND, text_of(doc, "command"))
        reason = text_of(delivery.body.get("fields"), "reason")
        sure = replace(command, reason=command.reason or reason, confirm=command.site)
        return await self._desk.do(asking, sure, sure=True)

    async def _sent(self, delivery: Delivery, asking: Asking, doc: Mapping[str, object]) -> Reply | None:
        """What a purge's form asks for; None while Slack does not hand out its list and it may yet."""
        reply = await self._forms.sent(delivery, asking, doc)
        if reply is None and self._core.clock.now() - delivery.at >= AWAY_MAX_SECONDS:
            return Refusal("Slack did not hand out the list for ten minutes, so nothing was purged.", "Send it again.")
        return reply

    async def _denied(self, delivery: Delivery, asking: Asking, name: str) -> Answer:
        fields = delivery.body.get("fields")
        reply, channel = await self._buttons.deny(asking, name, text_of(fields, "reason").strip())
        if isinstance(reply, Done):
            return Answer()  # the job's own card says it
        return replace(await self._says.answer(delivery, asking, reply), to={"channel": channel})

    async def form_errors(self, body: Mapping[str, object]) -> dict[str, str]:
        """What is wrong with a form, by block; asked before it is acknowledged."""
        if text_of(body, "form") == deny.CALLBACK:
            late = await self._buttons.waits_for_votes(text_of(body, "draft"))
            empty = "" if text_of(body.get("fields"), "reason").strip() else deny.EMPTY
            return {"reason": late or empty} if late or empty else {}
        now = self._core.clock.now()
        draft = await self._core.ledger.read(lambda books: books.intake.draft(text_of(body, "draft"), now))
        if draft is not None and "wish" in draft[1] and "used" not in draft[1]:
            return await self._forms.errors(body, draft[1])
        if text_of(body, "form") == CALLBACK:
            return self._forms.over(body, sent=draft is not None)
        if draft is None or "command" not in draft[1]:
            return {"site_name": "This form is over: ten minutes have passed. Close it and type the command again."}
        if "used" in draft[1]:
            return {"site_name": "This form was sent already. Close it."}
        command = unpack(COMMAND, text_of(draft[1], "command"))
        fields = body.get("fields")
        typed = text_of(fields, "site_name").strip()
        errors = {}
        if typed.lower() != command.site.lower():  # a phone writes the first letter large by itself
            errors["site_name"] = f"Type {command.site} to confirm; nothing was purged."
        if not command.reason and isinstance(fields, Mapping) and not text_of(fields, "reason").strip():
            errors["reason"] = "Say why; it is kept in the record."
        return errors
