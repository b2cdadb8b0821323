"""A button was pressed: on a card, in a private note, in a form, or at Home."""

from __future__ import annotations

import structlog

from bot.export.sheet import Form
from bot.ledger.intake import Delivery
from bot.services.replies import PurgeFormWanted, Refusal, Reply
from bot.services.requests.purges import Asking
from bot.services.setup import Core
from bot.slack.answering import Answering
from bot.slack.buttons import OVER, Buttons
from bot.slack.cards import chosen_form, deny
from bot.slack.cards.home import PURGE_FORM
from bot.slack.cards.purge_form import RECENT, purge_form
from bot.slack.home import opened
from bot.slack.past import Past
from bot.slack.payload import text_of
from bot.slack.purge_forms import PurgeForms
from bot.slack.telling import Answer
from bot.slack.web_api import SlackApi, SlackTrouble

log = structlog.get_logger()
TOO_LATE = Refusal("Slack did not open the form in time.", "Press *Purge …* once more.")


class Clicks:
    """Does what buttons stand for."""

    def __init__(
        self, core: Core, api: SlackApi, answering: Answering, buttons: Buttons, forms: PurgeForms, past: Past
    ) -> None:
        self._core = core
        self._api = api
        self._says = answering
        self._buttons = buttons
        self._forms = forms
        self._past = past

    async def clicked(self, delivery: Delivery, asking: Asking) -> Answer:
        """The deed behind the button, and what to say of it."""
        body = delivery.body
        value, action = text_of(body, "value"), text_of(body, "action")
        private = bool(body.get("ephemeral"))
        if body.get("home"):
            told = await self._at_home(delivery, asking, action, value)
            await opened(self._core, body, told)
            return Answer()
        match action:
            case "approve":
                return await self._says.answer(delivery, asking, await self._buttons.vote(asking, body, value))
            case "deny":
                return await self._says.why(delivery, asking, await self._buttons.denial(asking, body, value))
            case "open_form" if await self._buttons.is_vote(value):
                return await self._says.why(delivery, asking, await self._buttons.denial(asking, body, value), private)
            case "open_form":
                reply = await self._buttons.form_again(delivery, asking, value)
                return await self._says.answer(delivery, asking, reply, private)
            case action if action == RECENT:
                await self._forms.fill(delivery, asking)
                return Answer()
            case "pick" | "fix" | "go_with_good" | "confirm_host":
                other = await self._buttons.instead(delivery, asking, value) if action == "pick" else None
                chosen = other or await self._buttons.from_draft(delivery, asking, value, action)
                await self._close_form(text_of(body, "view"))
                hides = chosen is not OVER and not isinstance(other, Refusal)  # a second click's refusal hides nothing
                return await self._says.answer(delivery, asking, chosen, private and hides)
            case "cancel" | "run_now" if private:
                reply = await self._buttons.in_list(asking, action, value)
                return await self._says.answer(delivery, asking, reply)
            case "cancel" | "run_now" | "retry" | "repeat_anyway" | "purge_again" | "check_again" | "close_review":
                return await self._says.answer(
                    delivery, asking, await self._buttons.on_job(asking, body, action, value)
                )
            case "queue_cancel":
                return await self._says.answer(delivery, asking, await self._buttons.in_queue(asking, value))
            case "queue_more" | "queue_before":
                return await self._says.answer(delivery, asking, await self._buttons.queue_page(asking, value), private)
            case "why":
                return await self._says.answer(delivery, asking, await self._buttons.why(asking, value))
            case "log_page" | "log_newer":
                return await self._says.answer(delivery, asking, await self._past.page(asking, value), private)
            case "log_csv" | "log_json":
                return Answer(await self._past.file(asking, value, Form(action.removeprefix("log_"))))
            case _:
                return await self._says.answer(delivery, asking, Refusal("This button means nothing any more."))

    async def _at_home(self, delivery: Delivery, asking: Asking, action: str, value: str) -> Reply | None:
        """A button of the asker's Home; None where a form asks on."""
        if action == PURGE_FORM:
            return await self._purge_form(delivery, asking)
        if action != "deny":
            return await self._buttons.at_home(asking, action, value)
        denial = await self._buttons.denial(asking, delivery.body, value)
        if isinstance(denial, Refusal):
            return denial
        if await self._says.opened(delivery, deny.deny_form(denial.job, denial.token)):
            return None
        line = f"{self._core.setup.command} deny {denial.job.name} not during the sale"
        return Refusal(f"Say why {denial.job.name} is denied.", f"Type `{line}`, with your own words.")

    async def _purge_form(self, delivery: Delivery, asking: Asking) -> Reply | None:
        """The form for a purge, in front of who pressed for it; its answers go to them alone."""
        wanted = await self._forms.begin(asking, delivery, 0.0)
        if not isinstance(wanted, PurgeFormWanted):
            return wanted
        return None if await self._says.opened(delivery, purge_form(wanted)) else TOO_LATE

    async def _close_form(self, view: str) -> None:
        """A narrower choice was made in a form: it has no more to ask."""
        if not view:
            return
        try:
            await self._api.call("views.update", view_id=view, view=chosen_form())
        except SlackTrouble as trouble:
            log.warning("form_not_closed", error=trouble.error)
