"""A stored delivery becomes a deed and an answer. A run may be repeated at any time: the deed has the delivery's key,
and what was answered is kept before it is told."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.domain.actor import Standing
from bot.domain.jobs.job import JobView
from bot.ledger.books import Books
from bot.ledger.holds import REFUSED_LATER
from bot.ledger.intake import MOVED, Delivery
from bot.ledger.messages import Message, Role
from bot.services.desk import Desk
from bot.services.replies import Refusal, Warmed
from bot.services.requests.purges import Asking
from bot.services.setup import Core, delivery_name
from bot.services.warmup.fetching import WARMED_LATER
from bot.slack.answering import Answering
from bot.slack.answers import card_for
from bot.slack.buttons import Buttons
from bot.slack.cards import deny
from bot.slack.cards.private import made_card, refusal_card, strange_card
from bot.slack.clicks import Clicks
from bot.slack.deliveries import INVITED, OPENING
from bot.slack.home import opened
from bot.slack.marks import Marks
from bot.slack.past import Past
from bot.slack.payload import text_of
from bot.slack.purge_forms import PurgeForms
from bot.slack.submissions import Submissions
from bot.slack.telling import RESPONSE_SECONDS, Answer, Telling, packed, unpacked
from bot.slack.web_api import SlackApi
from bot.slack.welcome import Welcome

log = structlog.get_logger()
AWAY_SECONDS = 2.0  # between two tries while Slack cannot say who asks
AWAY_MAX_SECONDS = 600.0  # after this the answer is no
AGAIN_SECONDS = 15.0  # a run that was lost is repeated after this


class Reception:
    """Runs deliveries."""

    def __init__(self, core: Core, desk: Desk, api: SlackApi, marks: Marks) -> None:
        self._core = core
        self._marks = marks
        self._desk = desk
        self._forms = PurgeForms(core, desk, api)
        buttons, past = Buttons(core, desk, self._forms), Past(core, desk, api)
        self._answering = Answering(core, api, past)
        self._clicks = Clicks(core, api, self._answering, buttons, self._forms, past)
        self._submissions = Submissions(core, desk, self._answering, buttons, self._forms)
        self._telling = Telling(api, core.clock)
        self._welcome = Welcome(core, api)
        self.form_errors = self._submissions.form_errors

    async def run(self, key: str) -> None:
        """Do what the delivery under `key` asks, then tell the asker."""
        now = self._core.clock.now()
        delivery = await self._core.ledger.write(lambda books: books.intake.begin(key, now + AGAIN_SECONDS))
        if delivery is None:
            return
        if delivery.kind == INVITED:
            await self._welcomed(delivery)
            return
        if not self._marks.fits(delivery, now):
            delivery = await self._strange(delivery, now)
        answer = unpacked(delivery.answer) if delivery.answer else await self._do(delivery)
        if answer is None:
            self._core.engine.wake(delivery_name(key), now + AWAY_SECONDS)
            return
        if not delivery.answer:
            kept = packed(answer)
            await self._core.ledger.write(lambda books: books.intake.answered(key, kept, now + AGAIN_SECONDS))
        if await self._telling.tell(delivery, answer):
            await self._core.ledger.write(lambda books: books.intake.done(key, self._core.clock.now()))
            return
        self._core.engine.wake(delivery_name(key), self._core.clock.now() + min(5.0, 0.5 * 2.0**delivery.tries))

    async def _strange(self, delivery: Delivery, now: float) -> Delivery:
        """What does not fit its mark, with the answer to whoever it says asked; nothing of it is done, nor is anything
        sent to where it says."""
        user, text = text_of(delivery.body, "user"), text_of(delivery.body, "text")
        answer = packed(Answer(strange_card(text)))
        log.error("delivery_strange", key=delivery.key, kind=delivery.kind, user=user)

        def deed(books: Books) -> None:
            books.intake.answered(delivery.key, answer, now + AGAIN_SECONDS)
            if delivery.answer != answer:  # not yet told
                books.journal.add(now, "not_taken", "purgebot", key=delivery.key, kind=delivery.kind, user=user)

        await self._core.ledger.write(deed)
        return replace(delivery, body={"user": user}, answer=answer, at=now)

    async def _welcomed(self, delivery: Delivery) -> None:
        """Say in the channel what the bot is, or come back for it."""
        again = await self._welcome.run(delivery)
        if again:
            self._core.engine.wake(delivery_name(delivery.key), again)
            return
        await self._core.ledger.write(lambda books: books.intake.done(delivery.key, self._core.clock.now()))

    async def _do(self, delivery: Delivery) -> Answer | None:
        """The deed and what to say of it; None while Slack cannot say who asks and it may yet."""
        body = delivery.body
        if delivery.kind == MOVED:
            return await self._moved(delivery)
        if delivery.kind == OPENING:
            await opened(self._core, body)
            return Answer()
        if delivery.kind == REFUSED_LATER:
            return Answer(refusal_card(text_of(body, "what"), text_of(body, "advice")))
        if delivery.kind == WARMED_LATER:
            return await self._warmed(delivery)
        votes = text_of(body, "action") in ("approve", "deny", "close_review") or text_of(body, "form") == deny.CALLBACK
        actor = await self._core.directory.actor(text_of(body, "user"), text_of(body, "team"), within_a_minute=votes)
        if actor.standing is Standing.AWAY and self._core.clock.now() - delivery.at < AWAY_MAX_SECONDS:
            return None
        asking = Asking(actor, delivery.key, "slack", text_of(body, "channel"), text_of(body, "thread"))
        match delivery.kind:
            case "slack.command" | "slack.mention" if not text_of(body, "text").strip():
                return await self._begun(delivery, asking)
            case "slack.shortcut":
                return await self._begun(delivery, asking)
            case "slack.command" | "slack.mention":
                return await self._answering.answer(
                    delivery, asking, await self._desk.ask(asking, text_of(body, "text"))
                )
            case "slack.click":
                return await self._clicks.clicked(delivery, asking)
            case "slack.submit":
                return await self._submissions.submitted(delivery, asking)
            case _:
                log.error("unknown_delivery", kind=delivery.kind)
                return Answer()

    async def _moved(self, delivery: Delivery) -> Answer | None:
        """Where the card of a job is that could not be shown where it was asked for; None until it is there."""
        number, channel = int(str(delivery.body.get("job"))), text_of(delivery.body, "shown_in")

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

    async def _warmed(self, delivery: Delivery) -> Answer:
        """How a warming ended that went on by itself."""
        number = int(str(delivery.body.get("warming")))
        warming = await self._core.ledger.read(lambda books: books.warmings.find(number))
        command = self._core.setup.command
        return Answer(card_for(Warmed(warming), self._core.clock.now(), command) if warming else None)

    async def _begun(self, delivery: Delivery, asking: Asking) -> Answer:
        """The form for a purge, for who named nothing yet."""
        reply = await self._forms.begin(asking, delivery, delivery.at + RESPONSE_SECONDS)
        return await self._answering.answer(delivery, asking, reply)


def _shown_nowhere(job: JobView) -> Refusal:
    what = f"{job.name} goes on, but purgebot may post neither here nor in the channel of {job.site}."
    return Refusal(what, f"Invite it to one of them; `show {job.name}` tells how it stands.")
