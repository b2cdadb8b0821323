"""A stored delivery becomes a deed and an answer. A run may be repeated at any time: the deed has the delivery's key,
and what was answered is kept before it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.actor import Standing
from bot.domain.job import JobView, State
from bot.ledger.books import Books
from bot.ledger.codec import COMMAND, unpack
from bot.ledger.holds import REFUSED_LATER
from bot.ledger.intake import MOVED, Delivery
from bot.ledger.messages import Message, Role
from bot.services.asking import at_once
from bot.services.choices import kept
from bot.services.desk import Desk
from bot.services.purges import Asking
from bot.services.replies import Done, FormWanted, JobMade, PurgeFormWanted, Refused, Reply, StatsShown
from bot.services.setup import Core, delivery_name
from bot.sheet import Form
from bot.slack.answers import card_for
from bot.slack.buttons import OVER, Buttons, Denial
from bot.slack.calling import Calling
from bot.slack.cards import Card, chosen_form, deny, everything_form
from bot.slack.cards.blocks import Block
from bot.slack.cards.private import made_card, refusal_card
from bot.slack.cards.purge_form import CALLBACK, RECENT, purge_form
from bot.slack.cards.request import asked_card
from bot.slack.cards.thread import NAMES_SHOWN
from bot.slack.deliveries import CLICK, OPENING
from bot.slack.home import opened
from bot.slack.past import Past
from bot.slack.purge_forms import PurgeForms, place_of
from bot.slack.web_api import SlackApi, SlackTrouble, Trouble

log = structlog.get_logger()
AWAY_SECONDS = 2.0  # between two tries while Slack cannot say who asks
AWAY_MAX_SECONDS = 600.0  # after this the answer is no
AGAIN_SECONDS = 15.0  # a run that was lost is repeated after this
TRIGGER_SECONDS = 2.5  # Slack's trigger_id dies after 3 s
RESPONSE_SECONDS = 1700.0  # a response_url lives 30 minutes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asker is told in private; `replaces` the message that was clicked."""

    card: Card | None = None
    replaces: bool = False
    to: Mapping[str, object] = field(default_factory=dict)  # where, if the delivery itself does not say


class Reception:
    """Runs deliveries."""

    def __init__(self, core: Core, desk: Desk, api: SlackApi) -> None:
        self._core = core
        self._desk = desk
        self._api = api
        self._forms = PurgeForms(core, desk, api)
        self._buttons = Buttons(core, desk, self._forms)
        self._past = Past(core, desk, api)
        self._calling = Calling(core, api)

    async def run(self, key: str) -> None:
        """Do what the delivery under `key` asks, then tell the asker."""
        now = self._core.clock.now()
        delivery = await self._core.ledger.write(lambda books: books.intake.begin(key, now + AGAIN_SECONDS))
        if delivery is None:
            return
        answer = _unpacked(delivery.answer) if delivery.answer else await self._do(delivery)
        if answer is None:
            self._core.engine.wake(delivery_name(key), now + AWAY_SECONDS)
            return
        if not delivery.answer:
            packed = _packed(answer)
            await self._core.ledger.write(lambda books: books.intake.answered(key, packed, now + AGAIN_SECONDS))
        if await self._told(delivery, answer):
            await self._core.ledger.write(lambda books: books.intake.done(key, self._core.clock.now()))
            return
        self._core.engine.wake(delivery_name(key), self._core.clock.now() + min(5.0, 0.5 * 2.0**delivery.tries))

    async def _do(self, delivery: Delivery) -> Answer | None:
        """The deed and what to say of it; None while Slack cannot say who asks and it may yet."""
        body = delivery.body
        if delivery.kind == MOVED:
            return await self._moved(delivery)
        if delivery.kind == OPENING:
            await opened(self._core, body)
            return Answer()
        if delivery.kind == REFUSED_LATER:
            return Answer(refusal_card(_text(body, "what"), _text(body, "advice")))
        votes = _text(body, "action") in ("approve", "deny", "close_review") or _text(body, "form") == deny.CALLBACK
        actor = await self._core.directory.actor(_text(body, "user"), _text(body, "team"), fresh=votes)
        if actor.standing is Standing.AWAY and self._core.clock.now() - delivery.at < AWAY_MAX_SECONDS:
            return None
        asking = Asking(actor, delivery.key, "slack", _text(body, "channel"), _text(body, "thread"))
        match delivery.kind:
            case "slack.command" | "slack.mention" if not _text(body, "text").strip():
                return await self._begun(delivery, asking)
            case "slack.shortcut":
                return await self._begun(delivery, asking)
            case "slack.command" | "slack.mention":
                return await self._answer(delivery, asking, await self._desk.ask(asking, _text(body, "text")))
            case "slack.click":
                return await self._clicked(delivery, asking)
            case "slack.submit":
                return await self._submitted(delivery, asking)
            case _:
                log.error("unknown_delivery", kind=delivery.kind)
                return Answer()

    async def _moved(self, delivery: Delivery) -> Answer | None:
        """Where the card of a job is that could not be shown where it was asked for; None until it is there."""
        number, channel = int(str(delivery.body.get("job"))), _text(delivery.body, "shown_in")

        def question(books: Books) -> tuple[JobView, Message | None]:
            return books.jobs.get(number), books.messages.find(number, Role.ROOT)

        job, root = await self._core.ledger.read(question)
        if not channel:
            return Answer(card_for(_shown_nowhere(job), self._core.clock.now(), self._core.setup.command))
        if root is None or root.channel != channel:
            return Answer()
        if not root.link and self._core.clock.now() - delivery.at < AWAY_MAX_SECONDS:
            return None
        return Answer(made_card(replace(job, channel=channel), root.link))

    async def _begun(self, delivery: Delivery, asking: Asking) -> Answer:
        """The form for a purge, for who named nothing yet."""
        reply = await self._forms.begin(asking, delivery, delivery.at + RESPONSE_SECONDS)
        return await self._answer(delivery, asking, reply)

    async def _answer(self, delivery: Delivery, asking: Asking, reply: Reply, replaces: bool = False) -> Answer:
        if isinstance(reply, FormWanted | PurgeFormWanted):
            return await self._form(delivery, reply, replaces)
        if isinstance(reply, StatsShown):
            return Answer(await self._past.with_chart(asking, reply), replaces)
        if isinstance(reply, JobMade) and reply.new and reply.job.state is State.WAITING:
            to = {} if _text(delivery.body, "channel") else {"channel": reply.job.channel}
            return Answer(await self._who_is_asked(asking, reply.job), replaces, to)
        if isinstance(reply, JobMade) or (isinstance(reply, Done) and delivery.kind == CLICK):
            return Answer(None, replaces)  # the job's own card says it
        return Answer(card_for(reply, self._core.clock.now(), self._core.setup.command), replaces)

    async def _who_is_asked(self, asking: Asking, job: JobView) -> Card:
        """Who is asked and why, and what would pass at once."""
        root = await self._core.ledger.read(lambda books: books.messages.find(job.id, Role.ROOT))
        token = root.token if root else ""
        choices = await self._core.ledger.read(lambda books: kept(books, token, self._core.clock.now()))
        passing = await at_once(self._core, asking.actor, choices.offered if choices else ())
        asked = job.approval.of[:NAMES_SHOWN] if job.approval else ()
        return asked_card(job, passing, token, await self._calling.names(asked))

    async def _why(self, delivery: Delivery, asking: Asking, denial: Denial | Refused, private: bool = False) -> Answer:
        """Ask why somebody says no, in a form; else by a private button."""
        if isinstance(denial, Refused):
            return await self._answer(delivery, asking, denial, private)
        if await self._opened(delivery, deny.deny_form(denial.job, denial.token)):
            return Answer(None, private)
        return Answer(deny.why_card(denial.job, denial.token), private)

    async def _form(self, delivery: Delivery, wanted: FormWanted | PurgeFormWanted, replaces: bool) -> Answer:
        """Ask in a form; else by a private button that brings a new trigger."""
        view = everything_form(wanted) if isinstance(wanted, FormWanted) else purge_form(wanted)
        if await self._opened(delivery, view):
            return Answer(None, replaces)
        return Answer(card_for(wanted, self._core.clock.now(), self._core.setup.command), replaces)

    async def _opened(self, delivery: Delivery, view: Block) -> bool:
        """Open a form while the trigger lives."""
        trigger = _text(delivery.body, "trigger_id")
        if not trigger or self._core.clock.now() - delivery.at >= TRIGGER_SECONDS:
            return False
        try:
            await self._api.call("views.open", trigger_id=trigger, view=view)
        except SlackTrouble as trouble:
            log.warning("form_not_opened", error=trouble.error)
            return False
        return True

    async def _clicked(self, delivery: Delivery, asking: Asking) -> Answer:
        body = delivery.body
        value, action = _text(body, "value"), _text(body, "action")
        private = bool(body.get("ephemeral"))
        if body.get("home"):
            told = await self._at_home(delivery, asking, action, value)
            await opened(self._core, body, told)
            return Answer()
        match action:
            case "approve":
                return await self._answer(delivery, asking, await self._buttons.vote(asking, body, value))
            case "deny":
                return await self._why(delivery, asking, await self._buttons.denial(asking, body, value))
            case "open_form" if await self._buttons.is_vote(value):
                return await self._why(delivery, asking, await self._buttons.denial(asking, body, value), private)
            case "open_form":
                reply = await self._buttons.form_again(delivery, asking, value)
                return await self._answer(delivery, asking, reply, private)
            case action if action == RECENT:
                await self._forms.fill(delivery, asking)
                return Answer()
            case "pick" | "fix" | "go_with_good" | "confirm_host":
                other = await self._buttons.instead(delivery, asking, value) if action == "pick" else None
                chosen = other or await self._buttons.from_draft(delivery, asking, value, action)
                await self._close_form(_text(body, "view"))
                hides = chosen is not OVER and not isinstance(other, Refused)  # a second click's refusal hides nothing
                return await self._answer(delivery, asking, chosen, private and hides)
            case "cancel" | "retry" | "repeat_anyway" | "purge_again" | "check_again" | "close_review":
                return await self._answer(delivery, asking, await self._buttons.on_job(asking, body, action, value))
            case "log_page" | "log_newer":
                return await self._answer(delivery, asking, await self._past.page(asking, value), private)
            case "log_csv" | "log_json":
                return Answer(await self._past.file(asking, value, Form(action.removeprefix("log_"))))
            case _:
                return await self._answer(delivery, asking, Refused("This button means nothing any more."))

    async def _at_home(self, delivery: Delivery, asking: Asking, action: str, value: str) -> Reply | None:
        """A button of the asker's Home; None where a form asks on."""
        if action != "deny":
            return await self._buttons.at_home(asking, action, value)
        denial = await self._buttons.denial(asking, delivery.body, value)
        if isinstance(denial, Refused):
            return denial
        if await self._opened(delivery, deny.deny_form(denial.job, denial.token)):
            return None
        line = f"{self._core.setup.command} deny {denial.job.name} not during the sale"
        return Refused(f"Say why {denial.job.name} is denied.", f"Type `{line}`, with your own words.")

    async def _close_form(self, view: str) -> None:
        """A narrower choice was made in a form: it has no more to ask."""
        if not view:
            return
        try:
            await self._api.call("views.update", view_id=view, view=chosen_form())
        except SlackTrouble as trouble:
            log.warning("form_not_closed", error=trouble.error)

    async def _submitted(self, delivery: Delivery, asking: Asking) -> Answer | None:
        name = _text(delivery.body, "draft")
        if _text(delivery.body, "form") == deny.CALLBACK:
            return await self._denied(delivery, asking, name)
        doc = await self._buttons.use(delivery, asking, name)
        if doc is None or not ("command" in doc or "wish" in doc):
            return await self._answer(delivery, asking, Refused("This form is over.", "Type the command again."))
        asking = replace(asking, channel=_text(doc, "channel"), thread=_text(doc, "thread"), key=f"draft {name}")
        reply = await (self._sent if "wish" in doc else self._confirmed)(delivery, asking, doc)
        if reply is None:
            return None
        now = self._core.clock.now()
        return replace(await self._answer(delivery, asking, reply), to=place_of(doc, now))

    async def _confirmed(self, delivery: Delivery, asking: Asking, doc: Mapping[str, object]) -> Reply:
        command = unpack(COMMAND, _text(doc, "command"))
        fields = delivery.body.get("fields")
        reason = _text(fields, "reason") if isinstance(fields, Mapping) else ""
        sure = replace(command, reason=command.reason or reason, confirm=command.site)
        return await self._desk.do(asking, sure, sure=True)

    async def _sent(self, delivery: Delivery, asking: Asking, doc: Mapping[str, object]) -> Reply | None:
        """What a purge's form asks for; None while Slack does not hand out its list and it may yet."""
        reply = await self._forms.sent(delivery, asking, doc)
        if reply is None and self._core.clock.now() - delivery.at >= AWAY_MAX_SECONDS:
            return Refused("Slack did not hand out the list for ten minutes, so nothing was purged.", "Send it again.")
        return reply

    async def _denied(self, delivery: Delivery, asking: Asking, name: str) -> Answer:
        fields = delivery.body.get("fields")
        reply, channel = await self._buttons.deny(asking, name, _text(fields, "reason").strip())
        if isinstance(reply, Done):
            return Answer()  # the job's own card says it
        return replace(await self._answer(delivery, asking, reply), to={"channel": channel})

    async def form_errors(self, body: Mapping[str, object]) -> dict[str, str]:
        """What is wrong with a form, by block; asked before it is acknowledged."""
        if _text(body, "form") == deny.CALLBACK:
            late = await self._buttons.waits_for_votes(_text(body, "draft"))
            empty = "" if _text(body.get("fields"), "reason").strip() else deny.EMPTY
            return {"reason": late or empty} if late or empty else {}
        now = self._core.clock.now()
        draft = await self._core.ledger.read(lambda books: books.intake.draft(_text(body, "draft"), now))
        if draft is not None and "wish" in draft[1] and "used" not in draft[1]:
            return await self._forms.errors(body, draft[1])
        if _text(body, "form") == CALLBACK:
            return self._forms.over(body, sent=draft is not None)
        if draft is None or "command" not in draft[1]:
            return {"site_name": "This form is over: ten minutes have passed. Close it and type the command again."}
        if "used" in draft[1]:
            return {"site_name": "This form was sent already. Close it."}
        command = unpack(COMMAND, _text(draft[1], "command"))
        fields = body.get("fields")
        typed = _text(fields, "site_name").strip() if isinstance(fields, Mapping) else ""
        errors = {}
        if typed != command.site:
            errors["site_name"] = f"Type {command.site} to confirm; nothing was purged."
        if not command.reason and isinstance(fields, Mapping) and not _text(fields, "reason").strip():
            errors["reason"] = "Say why; it is kept in the record."
        return errors

    async def _told(self, delivery: Delivery, answer: Answer) -> bool:
        """Tell the asker in private; False when that must be tried again."""
        if answer.card is None and not answer.replaces:
            return True
        if self._core.clock.now() - delivery.at > RESPONSE_SECONDS:
            log.warning("answer_not_told", kind=delivery.kind)
            return True
        body = {**delivery.body, **answer.to}
        url = _text(body, "response_url")
        return await (self._by_url(url, answer) if url else self._by_post(body, answer.card))

    async def _by_url(self, url: str, answer: Answer) -> bool:
        webhook = AsyncWebhookClient(url, retry_handlers=[], timeout=5, trust_env_in_session=False)
        try:
            if answer.card is None:
                sent = await webhook.send(delete_original=True)
            else:
                sent = await webhook.send(
                    text=answer.card.text, blocks=answer.card.blocks, response_type="ephemeral",
                    replace_original=answer.replaces, unfurl_links=False, unfurl_media=False,
                )  # fmt: skip
        except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError) as exc:
            log.warning("answer_not_taken", error=type(exc).__name__)
            return False
        return sent.status_code < 500 and sent.status_code != 429

    async def _by_post(self, body: Mapping[str, object], card: Card | None) -> bool:
        """In the channel, for the asker's eyes; where there is none, or the bot is not in it, in their own one."""
        channel, user, thread = _text(body, "channel"), _text(body, "user"), _text(body, "thread")
        if card is None:
            return True
        said: dict[str, object] = {"text": card.text, "blocks": card.blocks}
        in_thread = {"thread_ts": thread} if thread else {}
        try:
            if channel:
                await self._api.call("chat.postEphemeral", channel=channel, user=user, **said, **in_thread)
            else:
                await self._api.call("chat.postMessage", channel=user, unfurl_links=False, unfurl_media=False, **said)
        except SlackTrouble as trouble:
            if channel and trouble.what is Trouble.ELSEWHERE:
                return await self._by_post({"user": user}, card)
            return trouble.what not in (Trouble.LATER, Trouble.LOST)
        return True


def _shown_nowhere(job: JobView) -> Refused:
    what = f"{job.name} goes on, but purgebot may post neither here nor in the channel of {job.site}."
    return Refused(what, f"Invite it to one of them; `show {job.name}` tells how it stands.")


def _packed(answer: Answer) -> str:
    card = answer.card
    doc: dict[str, object] = {"text": card.text, "blocks": card.blocks} if card else {}
    doc |= {"to": dict(answer.to)} if answer.to else {}
    return json.dumps(doc) + (" " if answer.replaces else "")


def _unpacked(text: str) -> Answer:
    doc = json.loads(text)
    card = Card(doc["text"], doc["blocks"]) if "text" in doc else None
    return Answer(card, text.endswith(" "), doc.get("to", {}))


def _text(body: object, name: str) -> str:
    value = body.get(name) if isinstance(body, Mapping) else None
    return value if isinstance(value, str) else ""
