"""Which card a message shows, whatever its job is at."""

from __future__ import annotations

from bot.domain.jobs.job import JobView, State
from bot.ledger.books import Books
from bot.ledger.messages import Message, Role
from bot.services.setup import Core
from bot.slack.calling import Calling
from bot.slack.cards import Card, glass_card, local_card, reminder_card, request_card, root_card


class Drawing:
    """Draws."""

    def __init__(self, core: Core, calling: Calling) -> None:
        self._core = core
        self._calling = calling

    async def card(self, message: Message, job: JobView) -> Card:
        """The card of `job` as `message` shows it now."""
        now, command = self._core.clock.now(), self._core.setup.command
        version = job.version + (job.repeat.version if job.repeat is not None else 0)
        salt = f"{job.id}-{version}-{message.key}"

        def question(books: Books) -> tuple[Message | None, Message | None]:
            return books.messages.find(job.id, Role.ROOT), books.messages.find(job.id, Role.REQUEST)

        root, request = await self._core.ledger.read(question)
        link = root.link if root else ""
        if message.role in (Role.GLASS, Role.REMINDER):
            review = await self._core.ledger.read(lambda books: books.reviews.of_message(message.of))
            tells_end = message.role is Role.GLASS and not review.is_open
            called = () if tells_end else await self._calling.reviewers(job, review.by)
            return (
                reminder_card(job, review, command, called)
                if message.role is Role.REMINDER
                else glass_card(job, review, link, salt if review.is_open else f"{salt}-closed", called)
            )
        if message.role is Role.ALSO:
            return local_card(job, link, salt)
        is_both = request is None and job.approval is not None and job.state is State.WAITING
        if message.role is Role.ROOT and not is_both:
            names = await self._calling.names([job.held_ahead.by] if job.held_ahead else [])
            return root_card(job, now, salt, message.token, names)
        first = not message.shown_at  # a card that somebody deleted calls nobody when it is posted again
        asked = await self._calling.asked(job) if first else ()
        link = "" if is_both else link
        marks = ("-linked" if link else "", "" if first else "-again")  # a block's id is for one content alone
        salt = f"{salt}{''.join(marks)}"
        return request_card(job, now, message.token, first, link, salt, command, asked, is_both, bool(message.ts))
