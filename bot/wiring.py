"""Builds everything once; the only file that knows everyone, and the only one that reads the clock."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from starlette.applications import Starlette

from bot.adapters import build_globalping, build_providers, markers_of, sightings_of
from bot.domain.actor import Actor, Standing
from bot.domain.policy import Members
from bot.domain.undone import Undone
from bot.edge import EdgeLooker
from bot.edge.http_rules import Httplint
from bot.edge.names import Resolvers
from bot.engine.embedded import EmbeddedEngine
from bot.hook import Hook
from bot.ledger.ledger import LedgerDown
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.senders import Senders
from bot.services.desk import Desk
from bot.services.keeping import forget_daily
from bot.services.lanes import Lane, recover
from bot.services.router import SWEEP_SECONDS, Router
from bot.services.setup import SWEEP, UNDONE, Core, Most, Setup, UndoneNow
from bot.services.undone import SOON_SECONDS, UndoneWatch, nothing_to_look_for
from bot.settings import Environment, Mode, Settings, lines, open_ends, summary
from bot.slack.app import SlackDoor, web_client
from bot.slack.directory import READ_ALL_SECONDS, SlackDirectory
from bot.slack.home import HomeTabs
from bot.slack.lacking import lacking
from bot.slack.notifier import Notifier
from bot.slack.reception import Reception
from bot.slack.web_api import SlackApi
from bot.web import Door, Token

log = structlog.get_logger()
GRACE_SECONDS = 10.0  # for calls in flight when stopping
SET_BACK = 1.0  # seconds that a clock must be set back to count as that
READ_AT_START = 1.0  # seconds; the doors do not wait longer for Slack
BEATS_MISSED = 15.0  # seconds without a sweep after which work is not accepted


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never step back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


class SystemDice:
    """The machine's randomness."""

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return random.random()  # noqa: S311

    def token(self) -> str:
        """128 random bits as text fit for a button's value."""
        return secrets.token_urlsafe(16)


class NoSlack:
    """Without a bot token nobody from Slack is known."""

    async def actor(self, user: str, team: str, fresh: bool = False) -> Actor:
        """Unreadable: no rights."""
        return Actor(user, Standing.UNREADABLE, team)

    async def members(self, group: str, fresh: bool = False) -> Members:
        """Nobody, and why."""
        return Members(problem=f"Without Slack nobody knows who is in {group}.")

    async def named(self, name: str) -> Sequence[str]:
        """Nobody."""
        return ()

    async def zone(self, user: str) -> str:
        """None is known."""
        return ""

    async def name(self, user: str) -> str:
        """The id."""
        return user


def nothing(name: str) -> None:
    """A failpoint that never fails."""


class Bot:
    """A whole bot. Build, `start`, serve `app`, `stop`."""

    def __init__(
        self, settings: Settings, environment: Environment, failpoint: Callable[[str], None] = nothing
    ) -> None:
        self.settings = settings
        self.environment = environment
        self.clock = SystemClock()
        self.providers = build_providers(settings)
        self.ledger = SqliteLedger(database_path(environment.database), failpoint)
        self.engine = EmbeddedEngine(self._run, self.clock)
        self.client = web_client(environment.slack_bot_token or "", environment.slack_api_url)
        self.metrics = Metrics({name: account.provider for name, account in settings.accounts.items()})
        self.globalping = build_globalping(settings, self.clock)
        self.core = self._core()
        self.desk = Desk(self.core)
        api = SlackApi(self.client)
        self.notifier = Notifier(self.core, api)
        self.homes = HomeTabs(self.core, api)
        self.reception = Reception(self.core, self.desk, api)
        owner = secrets.token_hex(8)
        self._owner = owner
        lanes = {
            account: Lane(self.core, account, provider, owner, failpoint)
            for account, provider in self.providers.items()
        }
        self.undone = UndoneWatch(self.core, self._lacking if environment.slack_bot_token else nothing_to_look_for)
        self.router = Router(self.core, lanes, self.reception.run, self.notifier.run, self.homes.run, self.undone.run)
        self.stopping = asyncio.Event()
        self.slack = self._slack_door()
        self.senders = Senders(settings.deploys)
        hook = Hook(self.core, self.senders)
        self.door = Door(self.core, tokens_of(settings), self._not_ready, self.stopping, hook)
        self._tasks: list[asyncio.Task[None]] = []

    def _core(self) -> Core:
        settings = self.settings
        setup = Setup(
            sites=settings.sites,
            providers=self.providers,
            policy=settings.policy,
            approvals_channel=settings.approvals.channel,
            observe=settings.mode is Mode.OBSERVE,
            command=settings.command,
            tokens=actors_of(settings),
            people=settings.deploys.people,
            world=settings.globalping.world,
            most=Most(settings.limits.jobs, settings.limits.urls),
            schedules=settings.schedules,
            time_zone=settings.time_zone,
        )
        known = self.environment.slack_bot_token
        names = settings.policy.names
        self.directory = SlackDirectory(SlackApi(self.client), self.clock, names) if known else NoSlack()

        def hosts() -> frozenset[str]:
            return frozenset(host for site in settings.sites.values() for host in site.hosts)

        looker = EdgeLooker(
            hosts=hosts,
            sightings=sightings_of(settings, self.providers),
            markers=markers_of(settings),
            clock=self.clock,
            tags={host: site.tag_header for site in settings.sites.values() for host in site.hosts},
        )
        ports = (self.ledger, self.engine, self.clock, SystemDice(), looker, self.directory, self.metrics)
        resolvers = Resolvers(settings.resolvers, hosts)
        undone = UndoneNow(open_ends(settings))
        return Core(setup, *ports, probes=self.globalping, http_rules=Httplint(), names=resolvers, undone=undone)

    async def _lacking(self) -> tuple[Undone, ...] | None:
        return await lacking(self.client, self.directory, self.settings)

    def _slack_door(self) -> SlackDoor | None:
        if not self.environment.slack_bot_token:
            return None
        secret = self.environment.slack_signing_secret or ""
        return SlackDoor(self.client, secret, self.core, self.reception.form_errors)

    async def _run(self, name: str) -> None:
        await self.router.run(name)

    def app(self) -> Starlette:
        """The ASGI app with every route."""
        by_socket = self.environment.slack_app_token
        slack = self.slack.http(self.clock.now) if self.slack and not by_socket else None
        return self.door.app(slack)

    async def start(self) -> None:
        """Take up what was left, then listen to Slack."""
        self.engine.start()
        n = await recover(self.core, self._owner)
        if n:
            log.info("resumed", calls=n)
        await self._record_configuration()
        await self._log_head()
        await self.router.prune()
        await self.router.wake_all()
        kept = self.settings.retention
        self._tasks.append(asyncio.create_task(forget_daily(self.core, kept.jobs, kept.documents)))
        self._tasks.append(asyncio.create_task(self._watch_lag()))
        await self._read_first()
        self._tasks.append(asyncio.create_task(self._read_everybody()))
        token, connections = self.environment.slack_app_token, self.environment.slack_connections
        if self.slack and token:
            self._tasks.append(asyncio.create_task(self.slack.connect(token, connections)))

    async def _record_configuration(self) -> None:
        told, short, now = lines(self.settings), summary(self.settings), self.clock.now()
        version = self.settings.policy.version
        if await self.ledger.write(lambda books: books.configuration.record(told, short, now, version)):
            log.info("configuration", what=short)

    async def _log_head(self) -> None:
        """A copy of where the journal stands, outside the file."""
        head = await self.ledger.read(lambda books: books.journal.head())
        log.info("journal_head", count=head.count, hash=head.hash)

    async def _read_first(self) -> None:
        """Know people before the first of them asks; a Slack that is slow now is asked again later."""
        try:
            async with asyncio.timeout(READ_AT_START):
                if isinstance(self.directory, SlackDirectory):
                    await self.directory.read_everybody()
                await self.undone.run()
        except TimeoutError:
            self.engine.wake(UNDONE, self.clock.now() + SOON_SECONDS)

    async def _read_everybody(self) -> None:
        while isinstance(self.directory, SlackDirectory):
            await self.clock.sleep(READ_ALL_SECONDS)
            await self.directory.read_everybody()

    async def _watch_lag(self) -> None:
        while True:
            began, shown = self.clock.monotonic(), self.clock.now()
            await self.clock.sleep(1.0)
            passed = self.clock.monotonic() - began
            self.metrics.lagged(max(0.0, passed - 1.0))
            if self.clock.now() - shown < passed - SET_BACK:
                log.warning("clock_set_back", seconds=round(passed - (self.clock.now() - shown), 1))
                self.engine.wake(SWEEP)  # which was to come by the old clock

    async def _not_ready(self) -> str:
        """What keeps the bot from accepting work; "" when nothing does."""
        try:
            await self.ledger.write(lambda books: books.beat(self.clock.now()))
        except LedgerDown as exc:
            return str(exc)
        if self.clock.now() - self.router.swept_at > SWEEP_SECONDS + BEATS_MISSED:
            return "The sweep has not run lately: the process is overloaded or stuck."
        return ""

    async def stop(self, grace: float = GRACE_SECONDS) -> None:
        """No new work; calls in flight are finished and recorded, for `grace` seconds."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
        if self.slack is not None:
            await self.slack.close()
        await self.engine.stop(grace)
        for provider in self.providers.values():
            await provider.close()
        await self.senders.close()
        if self.globalping is not None:
            await self.globalping.close()
        with contextlib.suppress(LedgerDown):
            await self._log_head()
        await self.ledger.close()


def tokens_of(settings: Settings) -> list[Token]:
    """The machines that may knock; a token whose secret is missing lets nobody in."""
    tokens = []
    for token in settings.api_tokens:
        value = token.bearer.reveal_or_none()
        if not value:
            log.warning("token_without_secret", token=token.name)
            continue
        digest = hashlib.sha256(value.encode()).digest()
        tokens.append(Token(token.name, digest, token.sites, token.may_command))
    return tokens


def actors_of(settings: Settings) -> Mapping[str, Actor]:
    """The machines that may knock or send deploys, and the file's schedules, as actors."""
    actors = [
        Actor(f"token:{token.name}", Standing.TOKEN, "", token.sites, token.may_command)
        for token in settings.api_tokens
    ]
    actors += [
        Actor(f"token:{sender.name}", Standing.TOKEN, "", sender.sites, is_sender=True)
        for sender in settings.deploys.senders
    ]
    scheduled = [schedule.actor for schedule in settings.schedules.values()]
    return {actor.id: actor for actor in (*actors, *scheduled)}


def database_path(url: str) -> Path:
    """The file that a `sqlite:///` URL names."""
    return Path(url.removeprefix("sqlite:///"))
