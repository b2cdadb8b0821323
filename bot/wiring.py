"""Builds everything once; the only file that knows everyone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence

import structlog
from starlette.applications import Starlette

from bot.adapters import Read, markers_of, sightings_of, tags_of
from bot.domain.actor import Standing
from bot.domain.undone import Undone
from bot.edge import EdgeLooker
from bot.edge.http_rules import Httplint
from bot.edge.names import Resolvers
from bot.engine.embedded import EmbeddedEngine
from bot.http.hook import Hook
from bot.http.web import Door
from bot.ledger.books import Books
from bot.ledger.ledger import LedgerDown
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.ports import Directory
from bot.renewing import Probing, Renewing, renewed
from bot.senders import Senders
from bot.services.desk import Desk
from bot.services.running.keeping import forget_daily
from bot.services.running.lanes import Lane, recover
from bot.services.running.router import SWEEP_SECONDS, Router
from bot.services.setup import HOME, SWEEP, UNDONE, Core, Current, UndoneNow
from bot.services.unconfigured import doubt_waiting
from bot.services.undone import SOON_SECONDS, UndoneWatch
from bot.services.voting.quorums import votes_undone
from bot.setting_up import database_path, provider_names, setup_of, tokens_of
from bot.settings import Environment, Lacking, Settings, lines, lost, open_ends, summary, without_secret
from bot.slack.app import SlackDoor, web_client
from bot.slack.directory import READ_ALL_SECONDS, SlackDirectory
from bot.slack.home import HomeTabs
from bot.slack.lacking import lacking
from bot.slack.marks import Marks
from bot.slack.notifier import Notifier
from bot.slack.reception import Reception
from bot.slack.web_api import SlackApi
from bot.system import NoSlack, SystemClock, SystemDice

log = structlog.get_logger()
GRACE_SECONDS = 10.0  # for calls in flight when stopping
SET_BACK = 1.0  # seconds that a clock must be set back to count as that
READ_AT_START = 1.0  # seconds; the doors do not wait longer for Slack
BEATS_MISSED = 15.0  # seconds without a sweep after which work is not accepted


def nothing(name: str) -> None:
    """A failpoint that never fails."""


async def _of_slack(name: str) -> None:
    """What came from Slack waits for a bot that speaks to it."""


async def _shown() -> None:
    """What is to be shown in Slack waits for a bot that speaks to it."""


class Bot:
    """A whole bot. Build, `start`, serve `app`, `stop`."""

    def __init__(
        self,
        settings: Settings,
        environment: Environment,
        failpoint: Callable[[str], None] = nothing,
        without_slack: Directory | None = None,
    ) -> None:
        """`without_slack` says who people are, where Slack is neither asked nor told anything."""
        self.settings = settings
        self.environment = environment
        self.clock = SystemClock()
        self._failpoint = failpoint
        self._without_slack = without_slack or NoSlack()
        self._accounts: Mapping[str, Renewing] = {
            name: Renewing(account) for name, account in settings.accounts.items()
        }
        self.ledger = SqliteLedger(database_path(environment.database), failpoint)
        self.engine = EmbeddedEngine(self._run, self.clock)
        self.client = web_client(environment.slack_bot_token or "", environment.slack_api_url)
        self.metrics = Metrics(provider_names(settings))
        self.current = Current(setup_of(settings, self._accounts))
        self.probing = Probing(settings, self.clock, self._hosts_around)
        self.resolvers = Resolvers(settings.resolvers, self._hosts)
        self.core = self._core()
        self.desk = Desk(self.core)
        self._slack_api = SlackApi(self.client)
        self.notifier = Notifier(self.core, self._slack_api)
        self.homes = HomeTabs(self.core, self._slack_api)
        self.marks = Marks(environment.slack_app_token or environment.slack_signing_secret or "")
        self.reception = Reception(self.core, self.desk, self._slack_api, self.marks)
        self._owner = self.core.dice.token()
        self._lanes: Mapping[str, Lane] = {}
        self.undone = UndoneWatch(self.core)
        faces = (self.reception.run, self.notifier.run, self.homes.run, self.undone.run)
        without = (_of_slack, _shown, _shown, self.undone.run)
        speaks = environment.slack_bot_token and not without_slack
        self.router = Router(self.core, self._every_lane(), *(faces if speaks else without))
        self.stopping = asyncio.Event()
        self.slack = self._slack_door()
        self.senders = Senders(settings.deploys)
        hook = Hook(self.core, self.senders)
        self.door = Door(self.core, tokens_of(settings), self._not_ready, self.stopping, hook)
        self._tasks: list[asyncio.Task[None]] = []

    def _core(self) -> Core:
        current = self.current
        known = self.environment.slack_bot_token
        self.directory = (
            SlackDirectory(SlackApi(self.client), self.clock, self._names) if known else self._without_slack
        )
        looker = EdgeLooker(
            hosts=self._hosts,
            sightings=Read(current, sightings_of),
            markers=Read(current, markers_of),
            clock=self.clock,
            tags=Read(current, tags_of),
        )
        ports = (self.ledger, self.engine, self.clock, SystemDice(), looker, self.directory, self.metrics)
        undone = UndoneNow(open_ends(self.settings), *((self._lacking,) if known else ()))
        return Core(current, *ports, probes=self.probing, http_rules=Httplint(), names=self.resolvers, undone=undone)

    def _hosts(self) -> frozenset[str]:
        return frozenset(host for site in self.current.setup.sites.values() for host in site.hosts)

    def _hosts_around(self) -> frozenset[str]:
        """Those of the sites that are opted in to probes around the world."""
        setup = self.current.setup
        return frozenset(host for name in setup.world.sites for host in setup.sites[name].hosts)

    def _names(self, user: str, standing: Standing) -> bool:
        return self.current.setup.policy.names(user, standing)

    def _every_lane(self) -> Mapping[str, Lane]:
        """A lane for every account; those of accounts that are gone may have a call in flight yet."""
        new = {
            name: Lane(self.core, name, account, self._owner, self._failpoint)
            for name, account in self._accounts.items()
            if name not in self._lanes
        }
        self._lanes = {**self._lanes, **new}
        return self._lanes

    async def _lacking(self) -> tuple[Undone, ...] | None:
        found = await lacking(self.client, self.directory, self.settings)
        return None if found is None else (*found, *await votes_undone(self.core))

    def _slack_door(self) -> SlackDoor | None:
        if not self.environment.slack_bot_token:
            return None
        secret = self.environment.slack_signing_secret or ""
        return SlackDoor(self.client, secret, self.core, self.reception.form_errors, self.marks)

    async def _run(self, name: str) -> None:
        await self.router.run(name)

    def app(self) -> Starlette:
        """The ASGI app with every route."""
        by_socket = self.environment.slack_app_token
        slack = self.slack.http(self.clock.now) if self.slack and not by_socket else None
        return self.door.app(slack)

    async def start(self) -> None:
        """Take up what was left, then listen to Slack."""
        self._slack_api.keep()
        self.engine.start()
        n = await recover(self.core, self._owner)
        if n:
            log.info("resumed", calls=n)
        await self._record_configuration()
        await self._log_head()
        await self.router.wake_all()
        self._tasks.append(asyncio.create_task(forget_daily(self.core, self._kept_for)))
        self._tasks.append(asyncio.create_task(self._watch_lag()))
        await self._read_first()
        self._tasks.append(asyncio.create_task(self._read_everybody()))
        token, connections = self.environment.slack_app_token, self.environment.slack_connections
        if self.slack and token:
            self._tasks.append(asyncio.create_task(self.slack.connect(token, connections)))

    async def reload(self, settings: Settings) -> Sequence[str]:
        """From now on `settings` count; or the names of the open jobs that need what is not in them, which keep them
        out. In one transaction, so that no deed decides by two configurations. Raises LedgerDown."""
        accounts = await renewed(settings, self._accounts)
        setup, before = setup_of(settings, accounts), self.current.setup
        told, short, version = lines(settings), summary(settings), settings.policy.version
        able = [name for name, account in accounts.items() if self._is_alike(name, account)]

        def deed(books: Books) -> Sequence[str]:
            stranded = books.jobs.in_need_of(settings.sites, able)
            if not stranded:
                now = self.clock.now()
                books.configuration.record(told, short, now, version)
                books.homes.changed()
                books.jobs.to_judge(version, now)
                self.current.become(setup)
                doubt_waiting(books, self.core, now)
            return stranded

        try:
            stranded = await self.ledger.write(deed)
        except LedgerDown:
            self.current.become(before)
            raise
        old, kept = (accounts, self._accounts) if stranded else (self._accounts, accounts)
        for name, account in old.items():
            if kept.get(name) is not account:
                await account.retire()
        if not stranded:
            await self._take_up(settings, accounts)
        return stranded

    async def lost_by(self, settings: Settings) -> Sequence[str]:
        """Which secrets of `settings` are not there, but for what runs without them already: a sentence each."""
        accounts = frozenset(name for name, account in self._accounts.items() if account.lacks_secret)
        tokens = frozenset(token.name for token in self.settings.api_tokens) - self.door.admitted
        bare = self.settings.globalping.token is not None and not self.probing.has_token
        senders = await asyncio.to_thread(without_secret, self.settings.deploys.senders)
        return await asyncio.to_thread(lost, settings, Lacking(accounts, tokens, senders, bare))

    def _is_alike(self, name: str, account: Renewing) -> bool:
        """Whether the calls that were planned for the account of that name can be made by `account`."""
        known = self._accounts.get(name)
        return known is None or known.settings.provider == account.settings.provider

    async def _take_up(self, settings: Settings, accounts: Mapping[str, Renewing]) -> None:
        self.settings, self._accounts = settings, accounts
        self.metrics.know(provider_names(settings))
        self.senders.become(settings.deploys)
        self.door.admit(tokens_of(settings))
        self.resolvers.turn_to(settings.resolvers)
        self.core.undone.configure(open_ends(settings))
        await self.probing.become(settings)
        await self.router.take_up(self._every_lane())
        self.engine.wake(HOME)

    def renew_slack(self, environment: Environment) -> None:
        """From now on the tokens in `environment` count, where there were some before."""
        if self.slack is not None and environment.slack_bot_token:
            signing, app = environment.slack_signing_secret or "", environment.slack_app_token or ""
            self.slack.renew(environment.slack_bot_token, signing, app)

    def _kept_for(self) -> tuple[float | None, float | None]:
        return self.settings.retention.jobs, self.settings.retention.documents

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
        for account in self._accounts.values():
            await account.close()
        await self._slack_api.close()
        await self.senders.close()
        await self.probing.close()
        with contextlib.suppress(LedgerDown):
            await self._log_head()
        await self.ledger.close()
