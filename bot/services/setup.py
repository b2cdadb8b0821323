"""What a running bot is made of: sites, providers, policy, and the ports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.domain.actor import Actor
from bot.domain.jobs.call_time import CallTime
from bot.domain.jobs.job import JobView
from bot.domain.jobs.schedule import Schedule
from bot.domain.jobs.turns import Turns
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Policy
from bot.domain.proof.world import World
from bot.domain.site import Site
from bot.domain.undone import Undone
from bot.ledger.ledger import Ledger
from bot.ports import (
    Clock,
    Dice,
    Directory,
    Engine,
    HttpRules,
    Looker,
    Meter,
    Names,
    NoNames,
    NoRules,
    Probes,
    Undones,
    nothing_undone,
)
from bot.services.looks.turnstile import Turnstile
from providers.contract import Provider


@dataclass(frozen=True, slots=True)
class Most:
    """How much may be open for one account before new work is refused."""

    jobs: int = 200
    urls: int = 2_000_000  # targets, of whatever kind


@dataclass(frozen=True, slots=True)
class Setup:
    """The configuration as deeds need it."""

    sites: Mapping[str, Site]
    providers: Mapping[str, Provider]  # by account
    policy: Policy = field(default_factory=lambda: built_in(()))
    approvals_channel: str = ""
    observe: bool = False
    command: str = "/purge"
    tokens: Mapping[str, Actor] = field(default_factory=dict)  # by the actor's id
    people: Mapping[str, str] = field(default_factory=dict)  # Slack ids, by what senders of deploys call them
    world: World = field(default_factory=World)
    most: Most = field(default_factory=Most)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    time_zone: str = "UTC"  # of times that name none, where the asker has none

    def seen_by(self, actor: Actor) -> list[Site]:
        """The sites that exist for `actor`."""
        return [site for site in self.sites.values() if actor.may_see(site.name)]


class Current:
    """The setup that counts now. It is replaced whole, here and nowhere else, so that nobody ever sees half of two."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    @property
    def setup(self) -> Setup:
        """The setup that counts now."""
        return self._setup

    def become(self, setup: Setup) -> None:
        """From now on `setup` counts; called within a write to the ledger, so that no deed decides by two."""
        self._setup = setup


class Spoken(Current):
    """What counts in `current`, at a door where the command goes by the name `command`."""

    def __init__(self, current: Current, command: str) -> None:
        super().__init__(replace(current.setup, command=command))
        self._current = current
        self._command = command
        self._of = current.setup

    @property
    def setup(self) -> Setup:
        """The setup that counts now, with the door's own name for the command."""
        now = self._current.setup
        if now is not self._of:
            self._setup, self._of = replace(now, command=self._command), now
        return self._setup


@dataclass(slots=True)
class LaneNow:
    """How one account's lane goes: whose turn it is, and how long a call takes."""

    turns: Turns = field(default_factory=Turns)
    call: CallTime = field(default_factory=CallTime)


class Lanes:
    """How every lane of this process goes, for whoever foretells."""

    def __init__(self) -> None:
        self._of: dict[str, LaneNow] = {}

    def of(self, account: str) -> LaneNow:
        """That of `account`."""
        return self._of.setdefault(account, LaneNow())


class UndoneNow:
    """What is still to be done: the configuration's part, which is known, and Slack's, as it was last told. `look` asks
    Slack, and tells None where it does not say."""

    def __init__(self, configured: tuple[Undone, ...] = (), look: Undones = nothing_undone) -> None:
        self._configured = configured
        self._in_slack: tuple[Undone, ...] = ()
        self.look = look

    @property
    def all(self) -> tuple[Undone, ...]:
        """Slack's part first: a line typed there mends it at once."""
        return (*self._in_slack, *self._configured)

    def configure(self, configured: tuple[Undone, ...]) -> None:
        """Another configuration counts."""
        self._configured = configured

    def tell(self, in_slack: tuple[Undone, ...]) -> bool:
        """Keep what was found in Slack; whether it is something else than before."""
        changed, self._in_slack = in_slack != self._in_slack, in_slack
        return changed


@dataclass(frozen=True, slots=True)
class Core:
    """Everything a deed may use."""

    current: Current
    ledger: Ledger
    engine: Engine
    clock: Clock
    dice: Dice
    looker: Looker
    directory: Directory
    meter: Meter
    probes: Probes | None = None  # around the world, where a site is opted in
    http_rules: HttpRules = field(default_factory=NoRules)
    names: Names = field(default_factory=NoNames)
    lanes: Lanes = field(default_factory=Lanes)
    undone: UndoneNow = field(default_factory=UndoneNow)
    turnstile: Turnstile = field(default_factory=Turnstile)

    @property
    def setup(self) -> Setup:
        """The configuration that counts now."""
        return self.current.setup

    def looking_for(self, who: str) -> Core:
        """The same for what `who` asks to be looked at: those looks wait for their turn."""
        return replace(self, looker=self.turnstile.before(self.looker, who))


def job_name(number: int) -> str:
    """The engine's name for a job."""
    return f"job:P-{number}"


def wake_next(core: Core, job: JobView) -> None:
    """Where `job` has ended, have the one looked at that follows it."""
    if job.then and not job.state.is_open:
        core.engine.wake(job_name(job.then))


def lane_name(account: str) -> str:
    """The engine's name for an account's lane."""
    return f"lane:{account}"


def delivery_name(key: str) -> str:
    """The engine's name for something that came in."""
    return f"delivery:{key}"


def hold_name(site: str) -> str:
    """The engine's name for a site's hold and what is in line for it."""
    return f"hold:{site}"


def review_name(review: int) -> str:
    """The engine's name for the reminders of a review."""
    return f"review:{review}"


def warm_name(warming: int) -> str:
    """The engine's name for a warming."""
    return f"warm:{warming}"


def schedule_name(schedule: str) -> str:
    """The engine's name for a schedule of the file."""
    return f"schedule:{schedule}"


CALLS_AT_ONCE = 32  # of one account: 640 a second at 50 ms each; a crash repeats at most these
SLACK = "slack"  # the engine's name for everything that is to be shown in Slack
HOME = "home"  # the engine's name for the Home tabs that are to be drawn anew
UNDONE = "undone"  # the engine's name for looking for what is still to be done
SWEEP = "sweep"  # the engine's name for finding what is due
