"""What a button means. It counts once, on its own job's card, and for the person it was shown to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView
from bot.domain.policies.rights import Deed, authorise
from bot.ledger.books import Books
from bot.ledger.codec import COMMAND, unpack
from bot.ledger.intake import Delivery
from bot.ledger.messages import Role
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.forgotten import forgotten
from bot.services.held import glass
from bot.services.held.queued import take_back
from bot.services.replies import FormWanted, JobMade, Refusal, Reply
from bot.services.requests.choices import kept
from bot.services.requests.purges import Asking
from bot.services.setup import Core
from bot.services.voting import approvals
from bot.slack.cards.queue import LEAVE
from bot.slack.cards.request import of_round
from bot.slack.payload import text_of
from bot.slack.plain import unmarked
from bot.slack.purge_forms import PurgeForms

NO_JOB = Refusal("This button belongs to no job.", "Use the buttons on the job's card.")
ANOTHER_CARD = Refusal("This button belongs to another card.", "Use the buttons on the job's card.")
OVER = Refusal("This choice is over: it was used, or ten minutes have passed.", "Type the command again.")

OVER_LINE = Refusal("This button means nothing any more.", "Type the command again.")


@dataclass(frozen=True, slots=True)
class Denial:
    """A no that wants its reason."""

    job: JobView
    token: str
    channel: str


class Buttons:
    """The deeds behind the buttons of cards, private notes and forms."""

    def __init__(self, core: Core, desk: Desk, forms: PurgeForms) -> None:
        self._core = core
        self._desk = desk
        self._forms = forms

    async def vote(self, asking: Asking, body: Mapping[str, object], token: str) -> Reply:
        """A yes to the job whose card carries `token`."""
        message = await self._core.ledger.read(lambda books: books.messages.by_token(token))
        if message is None:
            return NO_JOB
        if message.ts and (message.channel, message.ts) != _place(body):
            return ANOTHER_CARD
        return await approvals.vote(self._core, asking.actor, message.job, True, round=_round(token))

    async def is_vote(self, token: str) -> bool:
        """Whether `token` is that of a job's card."""
        return await self._core.ledger.read(lambda books: books.messages.by_token(token) is not None)

    async def denial(self, asking: Asking, body: Mapping[str, object], token: str) -> Denial | Refusal:
        """What the form for a no is about, where a no would count: `token` is that of the job's card, which was
        clicked, or of a private note or a Home that stands for it."""
        message = await self._core.ledger.read(lambda books: books.messages.by_token(token))
        if message is None:
            return NO_JOB
        here = body.get("ephemeral") or body.get("home") or (message.channel, message.ts) == _place(body)
        if message.ts and not here:
            return ANOTHER_CARD
        job = await approvals.deniable(self._core, asking.actor, message.job)
        return job if isinstance(job, Refusal) else Denial(job, of_round(job, token), message.channel)

    async def deny(self, asking: Asking, name: str, reason: str) -> tuple[Reply, str]:
        """The no of a form, and the channel to answer it in; `name` is its token and the digest of the plan it
        showed."""
        token, _, digest = name.partition(":")
        message = await self._core.ledger.read(lambda books: books.messages.by_token(token))
        if message is None:
            return NO_JOB, ""
        told = await approvals.vote(self._core, asking.actor, message.job, False, digest, reason, _round(token))
        return told, message.channel

    async def waits_for_votes(self, name: str) -> str:
        """Why a no cannot count any more, whoever says it; "" where it can."""
        token = name.partition(":")[0]

        def question(books: Books) -> str:
            message = books.messages.by_token(token)
            job = books.jobs.find(message.job) if message else None
            late = approvals.too_late(job, self._core.clock.now(), yes=False) if job else NO_JOB
            return f"{late.what} {unmarked(late.advice)}".strip() if late else ""

        return await self._core.ledger.read(question)

    async def instead(self, delivery: Delivery, asking: Asking, value: str) -> Reply | None:
        """Something narrower in place of a job that waits; None where `value` does not stand for such a choice."""
        name, _, index = value.partition(":")
        choices = await self._core.ledger.read(lambda books: kept(books, name, self._core.clock.now()))
        if choices is None:
            return None
        if choices.by != asking.actor.id:
            return Refusal(f"Only whoever asked for P-{choices.job} may have something narrower instead.")
        if not index.isdigit() or int(index) >= len(choices.offered):
            return Refusal("This choice is not known.", "Type the command again.")
        at = replace(
            asking, channel=choices.channel, thread=choices.thread, key=f"draft {name}", instead_of=choices.job
        )
        made = await self._desk.do(at, choices.offered[int(index)].command, sure=True)
        if isinstance(made, JobMade) and not made.new:
            return Refusal(f"{made.job.name} was asked for in place of P-{choices.job} already.")
        if isinstance(made, JobMade):
            await self.use(delivery, asking, name)  # so that whoever made the job is known
        return made

    async def at_home(self, asking: Asking, action: str, value: str) -> Reply:
        """A button of the asker's Home: as on the card of the job that it names, where it is drawn from."""
        match action:
            case "cancel" if value.startswith("Q-"):
                number = _number(value.removeprefix("Q-"))
                return await take_back(self._core, asking.actor, number, "") if number else NO_JOB
            case "approve":
                message = await self._core.ledger.read(lambda books: books.messages.by_token(value))
                if message is None:
                    return NO_JOB
                return await approvals.vote(self._core, asking.actor, message.job, True, round=_round(value))
            case "cancel" | "check_again":
                number = _number(value)
                return await self._do(asking, action, number) if number else NO_JOB
            case _:
                return NO_JOB

    async def in_list(self, asking: Asking, action: str, value: str) -> Reply:
        """A button of a private list of what is scheduled: of a job, or of a schedule of the file."""
        if action == "run_now" and value.startswith("schedule:"):
            return await self._desk.do(asking, Command(Verb.RUN, schedule=value.removeprefix("schedule:")))
        number = _number(value)
        return await self._do(asking, action, number) if number else NO_JOB

    async def on_job(self, asking: Asking, body: Mapping[str, object], action: str, value: str) -> Reply:
        """A deed on the job that `value` names."""
        number = _number(value)
        if not number:
            return NO_JOB
        wrong = await self._elsewhere(asking.actor, number, *_place(body))
        return await self._do(asking, action, number) if wrong is None else wrong

    async def _do(self, asking: Asking, action: str, number: int) -> Reply:
        match action:
            case "cancel":
                return await deeds.cancel(self._core, asking.actor, number)
            case "run_now":
                return await deeds.run_now(self._core, asking.actor, number)
            case "retry":
                return await deeds.retry(self._core, asking.actor, number)
            case "repeat_anyway":
                return await deeds.repeat_anyway(self._core, asking.actor, number)
            case "close_review":
                return await glass.close_review(self._core, asking.actor, number)
            case "check_again":
                return await deeds.check_again(self._core, asking.actor, number)
            case _:
                return await deeds.purge_again(self._core, asking, number)

    async def in_queue(self, asking: Asking, value: str) -> Reply:
        """Cancel the job that a button of the queue names, as if it were typed: `cancel` is for one's own. That of a
        note on joining leaves the job, and never stops it."""
        if value.startswith(LEAVE):
            number = _number(value.removeprefix(LEAVE))
            return await deeds.leave(self._core, asking.actor, number) if number else NO_JOB
        number = _number(value)
        return await deeds.cancel(self._core, asking.actor, number) if number else NO_JOB

    async def queue_page(self, asking: Asking, line: str) -> Reply:
        """The page of the queue that a button's line names."""
        command = self._desk.understand(asking.actor, asking.channel, line)
        known = isinstance(command, Command) and command.verb is Verb.QUEUE
        return await self._desk.ask(asking, line) if known else OVER_LINE

    async def why(self, asking: Asking, line: str) -> Reply:
        """Why a page is old, of which a button's line asks."""
        command = self._desk.understand(asking.actor, asking.channel, line)
        known = isinstance(command, Command) and command.verb is Verb.WHY
        return await self._desk.ask(asking, line) if known else OVER_LINE

    async def _elsewhere(self, actor: Actor, number: int, channel: str, ts: str) -> Refusal | None:
        """A button counts on its own job's card only; on one whose post was never answered it is believed. That of a
        job which was forgotten says so."""

        def question(books: Books) -> Refusal | None:
            there = books.messages.by_ts(channel, ts)
            if there is not None:
                return None if there.job == number else ANOTHER_CARD
            root = books.messages.find(number, Role.ROOT)
            if root is not None and root.lost and not root.ts:
                return None
            return forgotten(books, actor, number) or NO_JOB

        return await self._core.ledger.read(question)

    async def form_again(self, delivery: Delivery, asking: Asking, name: str) -> Reply:
        """The form of a draft, for the person it was shown to, until it was used or ten minutes have passed."""
        denied = authorise(asking.actor, Deed.PURGE)
        if denied is not None:
            return Refusal(denied.why, denied.advice, by_rule=True)
        draft = await self._core.ledger.read(lambda books: books.intake.draft(name, delivery.at))
        if draft is None or draft[0] != asking.actor.id or "used" in draft[1]:
            return OVER
        if "wish" in draft[1]:
            return self._forms.again(asking, name, draft[1])
        if "command" not in draft[1]:
            return OVER
        command = unpack(COMMAND, text_of(draft[1], "command"))
        site = self._core.setup.sites.get(command.site)
        lines = draft[1].get("lines")
        narrower = tuple(map(str, lines)) if isinstance(lines, list) else ()
        return FormWanted(name, command, site, text_of(draft[1], "softly"), narrower) if site else OVER

    async def from_draft(self, delivery: Delivery, asking: Asking, value: str, action: str) -> Reply:
        """What a private button stands for; it works once, for the person it was shown to, for ten minutes."""
        name, _, index = value.partition(":")
        doc = await self.use(delivery, asking, name)
        if doc is None:
            return OVER
        asking = replace(asking, channel=text_of(doc, "channel"), thread=text_of(doc, "thread"), key=f"draft {name}")
        if "command" in doc and not index:
            command = unpack(COMMAND, text_of(doc, "command"))
            asked = command.wants_host_confirmed and action != "confirm_host"
            return await self._desk.do(asking, replace(command, wants_host_confirmed=asked))
        lines = doc.get("lines")
        choices = lines if isinstance(lines, list) else []
        if not index.isdigit() or int(index) >= len(choices):
            return Refusal("This choice is not known.", "Type the command again.")
        asking = replace(asking, is_cure=doc.get("is_cure") is True)
        return await self._desk.ask(asking, str(choices[int(index)]))

    async def use(self, delivery: Delivery, asking: Asking, name: str) -> Mapping[str, object] | None:
        """What the asker's draft holds, used up by this delivery; None when it is over."""
        return await self._core.ledger.write(
            lambda books: books.intake.use_draft(name, asking.actor.id, delivery.key, delivery.at)
        )


def _round(token: str) -> int:
    """The round of the card that was clicked, as its buttons carry it; -1, which is none, when it cannot be read."""
    digits = token.partition(".")[2] or "0"
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 6 else -1


def _number(value: str) -> int:
    """The job that a button's value names; 0 when it names none."""
    digits = value.removeprefix("P-")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else 0


def _place(body: Mapping[str, object]) -> tuple[str, str]:
    """Channel and time stamp of the message that was clicked."""
    return text_of(body, "channel"), text_of(body, "message_ts")
