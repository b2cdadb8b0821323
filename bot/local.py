"""The way in when the bot or Slack is down: on the ledger itself, at the machine, while no bot runs on it.

Whoever may read the ledger's file and the secrets may do this anyway, so nobody's vote is asked for; what is done is
journalled under their name and told in Slack once a bot is back. While a purge runs this process is the bot: what was
left open goes on with it, but for what needs to know who somebody is at Slack, which waits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.cli.client import Heard, Record, heard_of
from bot.cli.talking import AT_THE_MACHINE
from bot.domain.actor import Actor, Standing
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView
from bot.domain.policies.policy import Members
from bot.exits import LATE, exit_code, is_settled
from bot.export.record import job_record
from bot.http.web import COMMAND_NAME, answer_of
from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.opening import LedgerInUse, LedgerTooNew
from bot.services.desk import Desk
from bot.services.requests.local import LOCAL
from bot.services.requests.purges import Asking
from bot.services.setup import Spoken
from bot.serving import set_up_logging
from bot.settings import Environment, Settings
from bot.slack.cards import thread_line
from bot.slack.plain import unmarked
from bot.wiring import Bot

POLL_SECONDS = 0.2
IN_USE = "A bot runs on this ledger. Say it without --local, or stop the bot first."
WITHOUT_REASON = 'At the machine a purge needs its reason, which is journalled. Add --reason "…".'


_VERBS_HERE = "|".join(["purge", "retry", "status", *sorted(AT_THE_MACHINE)])
_HERE = re.compile(rf"\b{COMMAND_NAME} ({_VERBS_HERE})(?= )(?! --local)")


class CannotWork(Exception):
    """The ledger is in use or cannot be opened; the text says which, and what to do."""


class AtTheMachine:
    """Who people are, where Slack is not asked: whoever is at the machine is known, and nobody else."""

    async def actor(self, user: str, team: str, within_a_minute: bool = False) -> Actor:
        """Slack is away, but for whoever is at the machine."""
        return Actor(user, Standing.LOCAL if user.startswith(LOCAL) else Standing.AWAY, team)

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
        """Not known now."""
        return Members(problem=f"Slack is not asked who is in {group}.", is_away=True)

    async def named(self, name: str) -> Sequence[str]:
        """Nobody."""
        return ()

    async def zone(self, user: str) -> str:
        """Not known now."""
        return ""

    async def name(self, user: str) -> str:
        """The id."""
        return user


@dataclass(frozen=True, slots=True)
class Told:
    """What was answered, the job's record once it was followed, and the exit code of that; `stands` where it does not
    go on since this purgebot only observes."""

    heard: Heard
    job: Record | None = None
    code: int | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """What is called while a job is followed: with each new line of its thread, and with its record."""

    line: Callable[[str], None]
    record: Callable[[Record], None]


class Machine:
    """Asks at the machine, as `user` of it."""

    def __init__(self, settings: Settings, environment: Environment, user: str) -> None:
        set_up_logging(environment.log_format, logging.ERROR)  # what happens is printed
        self._settings = settings
        self._environment = replace(environment, slack_bot_token=None, slack_signing_secret=None, slack_app_token=None)
        self._actor = Actor(f"{LOCAL}{user}", Standing.LOCAL)

    async def ask(self, text: str, targets: Sequence[str] = ()) -> Heard:
        """Say `text`, and do no work. Raises CannotWork."""
        bot = self._bot()
        try:
            return await self._asked(bot, text, targets)
        finally:
            await bot.stop()

    async def run(
        self, text: str, targets: Sequence[str], anyway: bool, wait: bool, seconds: float, followed: Followed
    ) -> Told:
        """Say `text`, a purge or a retry; its job runs here to its verdict, for `seconds` at most and only if it is to
        be waited for. SIGINT and SIGTERM leave it to the next start. Raises CannotWork."""
        bot = self._bot()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            heard = await self._asked(bot, text, targets, anyway)
            if not heard.job or not wait:
                return Told(heard)
            await bot.start()
            record, stands = await self._follow(bot, int(heard.job.removeprefix("P-")), seconds, stop, followed)
            code = exit_code(record) if is_settled(record, through_approval=False) else LATE
            return Told(heard, record, code, stands)
        finally:
            await bot.stop()

    def _bot(self) -> Bot:
        try:
            return Bot(self._settings, self._environment, without_slack=AtTheMachine())
        except LedgerInUse as exc:
            raise CannotWork(IN_USE) from exc
        except (LedgerTooNew, LedgerDown, OSError) as exc:
            raise CannotWork(str(exc)) from exc

    async def _asked(self, bot: Bot, text: str, targets: Sequence[str], anyway: bool = False) -> Heard:
        core = replace(bot.core, current=Spoken(bot.current, COMMAND_NAME))
        desk = Desk(core)
        understood = desk.understand(self._actor, "", text, targets)
        if isinstance(understood, Command) and understood.verb is Verb.PURGE and not understood.reason.strip():
            return Heard(422, WITHOUT_REASON)
        asking = Asking(self._actor, f"local {core.dice.token()}", "local", anyway=anyway)
        answer = answer_of(await desk.ask(asking, text, targets), core)
        heard = heard_of(answer.status_code, json.loads(bytes(answer.body)), "The ledger")
        return heard if heard.status < 400 else replace(heard, text=at_the_machine(heard.text))

    async def _follow(
        self, bot: Bot, number: int, seconds: float, stop: asyncio.Event, followed: Followed
    ) -> tuple[Record, bool]:
        """Its record in the end, and whether it stands still, which nothing here will change."""
        until, told = bot.clock.monotonic() + seconds, 0
        while True:
            job, lines = await bot.ledger.read(lambda books: _seen(books, number))
            for line in lines[told:]:
                followed.line(line)
            told = len(lines)
            record = job_record(job)
            followed.record(record)
            stands = job.held is not None and job.held.observes
            is_over = stop.is_set() or bot.clock.monotonic() >= until
            if stands or is_over or is_settled(record, through_approval=False):
                return record, stands
            await bot.clock.sleep(POLL_SECONDS)


def at_the_machine(text: str) -> str:
    """A refusal, whose lines to copy are for the machine as well: purgebot purge --local …"""
    return _HERE.sub(rf"{COMMAND_NAME} \1 --local", text)


def _seen(books: Books, number: int) -> tuple[JobView, list[str]]:
    """The job, and its thread so far."""
    return books.jobs.get(number), [unmarked(thread_line(told)) for _, told in books.messages.steps(number)]
