"""A reply becomes an answer: a card, a form in front of the asker, or nothing where the job's own card says it."""

from __future__ import annotations

import structlog

from bot.domain.jobs.job import JobView, State
from bot.ledger.intake import Delivery
from bot.ledger.messages import Role
from bot.services.replies import (
    Checked,
    Done,
    FormWanted,
    JobMade,
    JobShown,
    Linted,
    PurgeFormWanted,
    QueuedShown,
    Refusal,
    Reply,
    StatsShown,
)
from bot.services.requests.choices import kept
from bot.services.requests.purges import Asking
from bot.services.setup import Core
from bot.services.voting.asking import at_once
from bot.slack.answers import card_for
from bot.slack.buttons import Denial
from bot.slack.calling import Calling
from bot.slack.cards import Card, deny, everything_form
from bot.slack.cards.blocks import Block
from bot.slack.cards.purge_form import purge_form
from bot.slack.cards.request import asked_card
from bot.slack.cards.thread import NAMES_SHOWN
from bot.slack.deliveries import CLICK
from bot.slack.past import Past
from bot.slack.payload import text_of
from bot.slack.telling import Answer
from bot.slack.web_api import SlackApi, SlackTrouble

log = structlog.get_logger()
TRIGGER_SECONDS = 2.5  # Slack's trigger_id dies after 3 s


class Answering:
    """Answers."""

    def __init__(self, core: Core, api: SlackApi, past: Past) -> None:
        self._core = core
        self._api = api
        self._past = past
        self._calling = Calling(core, api)

    async def answer(self, delivery: Delivery, asking: Asking, reply: Reply, replaces: bool = False) -> Answer:
        """What is told of `reply`; `replaces` what was clicked."""
        if isinstance(reply, FormWanted | PurgeFormWanted):
            return await self._form(delivery, reply, replaces)
        if isinstance(reply, StatsShown):
            return Answer(await self._past.with_chart(asking, reply), replaces)
        if isinstance(reply, JobShown | QueuedShown):
            return Answer(await self._past.with_targets(asking, reply), replaces)
        if isinstance(reply, Checked):
            draft = text_of(delivery.body, "value").partition(":")[0] if delivery.kind == CLICK else ""
            return Answer(await self._past.with_strip(asking, reply, draft), replaces)
        if isinstance(reply, Linted):
            return Answer(await self._past.with_report(asking, reply), replaces)
        if isinstance(reply, JobMade) and reply.new and reply.job.state is State.WAITING:
            to = {} if text_of(delivery.body, "channel") else {"channel": reply.job.channel}
            return Answer(await self._who_is_asked(asking, reply.job), replaces, to)
        from_queue = text_of(delivery.body, "action") == "queue_cancel"  # a private list, and no job's own card
        on_card = delivery.kind == CLICK and not from_queue
        if isinstance(reply, JobMade) or (isinstance(reply, Done) and on_card and reply.what != "left"):
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

    async def why(self, delivery: Delivery, asking: Asking, denial: Denial | Refusal, private: bool = False) -> Answer:
        """Ask why somebody says no, in a form; else by a private button."""
        if isinstance(denial, Refusal):
            return await self.answer(delivery, asking, denial, private)
        if await self.opened(delivery, deny.deny_form(denial.job, denial.token)):
            return Answer(None, private)
        return Answer(deny.why_card(denial.job, denial.token), private)

    async def _form(self, delivery: Delivery, wanted: FormWanted | PurgeFormWanted, replaces: bool) -> Answer:
        """Ask in a form; else by a private button that brings a new trigger."""
        view = everything_form(wanted) if isinstance(wanted, FormWanted) else purge_form(wanted)
        if await self.opened(delivery, view):
            return Answer(None, replaces)
        return Answer(card_for(wanted, self._core.clock.now(), self._core.setup.command), replaces)

    async def opened(self, delivery: Delivery, view: Block) -> bool:
        """Open a form while the trigger lives."""
        trigger = text_of(delivery.body, "trigger_id")
        if not trigger or self._core.clock.now() - delivery.at >= TRIGGER_SECONDS:
            return False
        try:
            await self._api.call("views.open", trigger_id=trigger, view=view)
        except SlackTrouble as trouble:
            log.warning("form_not_opened", error=trouble.error)
            return False
        return True
