"""A shop to test deeds in: two scripted caches, edges that answer as told, and a clock that only moves when told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.domain.actor import Actor, Standing
from bot.domain.answers.answer import PLAIN, Answer, Asked, varied
from bot.domain.grammar.command import Command, Verb
from bot.domain.jobs.job import JobView
from bot.domain.policies.defaults import built_in
from bot.domain.policies.policy import Members
from bot.domain.proof.verdict import Look
from bot.domain.site import Layer, Site
from bot.domain.target import Target
from bot.ledger.books import Books
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.ports import Dice, Names, NoNames, Probes, ReadHeaders
from bot.services.replies import JobMade, Joined, PlanShown, Refusal
from bot.services.requests.deciding import submit
from bot.services.requests.purges import Asking
from bot.services.running.lanes import Lane, recover
from bot.services.running.router import Router
from bot.services.setup import Core, Current, Setup
from providers import errors
from providers.contract import (
    Cached,
    Call,
    Capabilities,
    Health,
    Kind,
    Pace,
    Price,
    Probe,
    Purge,
    Receipt,
    Seen,
    Sighting,
    UnsupportedWish,
)
from providers.errors import PurgeError
from tests.laid import lay
from tests.slate import CountingDice, Slate, SlateClock

ALL = frozenset(Kind)
SHOP = Site(
    name="shop",
    hosts=("www.shop.test",),
    origin="https://origin.shop.test",
    channel="C_SHOP",
    layers=(Layer("shield"), Layer("cf")),
    edges={"fra": "https://203.0.113.7", "iad": "https://203.0.113.9"},
)
MIA = Actor("U_MIA", Standing.MEMBER, "T_SHOP")
LEA = Actor("U_LEA", Standing.MEMBER, "T_SHOP")
SAM = Actor("U_SAM", Standing.MEMBER, "T_SHOP")
KIM = Actor("U_KIM", Standing.MEMBER, "T_SHOP")
GUEST = Actor("U_GUEST", Standing.GUEST, "T_SHOP")
PEOPLE = {"U_MIA": "mia", "U_LEA": "lea", "U_SAM": "sam", "U_KIM": "kim", "U_GUEST": "guest"}
APPROVERS = ("U_LEA", "U_SAM", "U_KIM")


class ScriptedProvider:
    """A provider whose answers are written beforehand: an error or receipt for the next calls, else a plain receipt."""

    def __init__(self, name: str, clock: SlateClock, per_call: int = 30) -> None:
        self.name = name
        self.title = {"shield": "Varnish", "cf": "Cloudflare"}.get(name, name)
        self.can = Capabilities(ALL, frozenset(), dict.fromkeys(Kind, per_call), 10**6, {})
        self.door = ""
        self.sent: list[tuple[float, tuple[str, ...]]] = []
        self.references: list[str] = []
        self.again_after = 0.0
        self.progresses: list[PurgeError | Receipt] = []  # what the next askings meet, else it is done
        self.ill: PurgeError | None = None  # what a probe meets
        self.before_answer: Callable[[], Awaitable[None]] | None = None  # what happens while a call is in flight
        self.bad: set[str] = set()  # targets for which a whole call is refused
        self.says_left: tuple[tuple[str, float, float], ...] = ()
        self.sees: Sequence[Seen] | PurgeError = ()  # at its own places
        self.script: list[PurgeError | Receipt] = []
        self._clock = clock
        self._per_call = per_call

    def know_no(self, *kinds: Kind) -> None:
        """From now on this provider purges by anything but these."""
        self.can = replace(self.can, kinds=self.can.kinds - {*kinds})

    def mark_as_stale(self) -> None:
        """From now on this provider knows soft purges of every kind."""
        self.can = replace(self.can, soft=ALL)

    def slow_down(self, calls_per_second: float) -> None:
        """From now on this provider has a budget."""
        self.can = replace(self.can, pace={"calls": Pace(calls_per_second, 1.0, 2)})

    def cost_money(self, price: Price) -> None:
        """From now on each target costs."""
        self.can = replace(self.can, prices={"paid": price})

    def plan(self, purge: Purge) -> Sequence[Call]:
        if purge.kind not in self.can.kinds:
            raise UnsupportedWish(f"{self.title} purges no {purge.kind}.", "Ask for something else.")
        n = self._per_call
        lots = [purge.targets[i : i + n] for i in range(0, len(purge.targets), n)] or [()]
        return [
            Call(
                purge.kind, "POST", "/purge", tuple(lot),
                (("calls", 1), ("urls", len(lot)), ("paid", max(1, len(lot)))), again_after=self.again_after,
            )
            for lot in lots
        ]  # fmt: skip

    async def send(self, call: Call, reference: str) -> Receipt:
        self.sent.append((self._clock.now(), call.targets))
        self.references.append(reference)
        if self.before_answer is not None:
            await self.before_answer()
        if self.bad & set(call.targets):
            raise errors.Refused("A target is not taken.", "Mend it.")
        answer = self.script.pop(0) if self.script else Receipt(f"{self.name}-{len(self.sent)}")
        if isinstance(answer, PurgeError):
            raise answer
        return answer

    async def progress(self, receipt: Receipt) -> Receipt:
        answer = self.progresses.pop(0) if self.progresses else replace(receipt, finished=True, ready_in=0.0)
        if isinstance(answer, PurgeError):
            raise answer
        return answer

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        return self.says_left

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        return Sighting()

    async def everywhere(self, url: str) -> Sequence[Seen]:
        if isinstance(self.sees, PurgeError):
            raise self.sees
        return self.sees

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        if self.ill is not None:
            raise self.ill
        return Probe(Health.GOOD, "scripted")

    async def close(self) -> None:
        return


class ScriptedEdges:
    """What each place serves: a version, changed by the test or by `after`, looks after which a version appears."""

    def __init__(self, clock: SlateClock) -> None:
        self._clock = clock
        self.serves = {"origin": "v2", "fra": "v1", "iad": "v1"}
        self.becomes: dict[str, list[str]] = {}
        self.more: dict[str, str] = {}  # headers that every answer has
        self.looks = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None  # what happens while a look is under way

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        self.looks += 1
        if self.meanwhile is not None:
            await self.meanwhile()
        queue = self.becomes.get(place)
        if queue:
            self.serves[place] = queue.pop(0)
        version = self.serves[place]
        headers = (("etag", f'"{version}"'), ("cache-control", "max-age=60"), ("x-build", version), *self.more.items())
        return Answer(url, place, self._clock.now(), 200, headers, version, version, len(version), asked)

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        version, place = answer.text, answer.place
        if answer.problem:
            return Look(place, answer.url, answer.at, problem=answer.problem)
        is_cache = place != "origin" and answer.status == 200
        cached = Cached.UNKNOWN if not is_cache else Cached.MISS if version == "v2" else Cached.HIT
        if by is not None:
            cached = by(answer.joined()).cached
        return Look(
            place, answer.url, answer.at, answer.status, etag=f'"{version}"', digest=answer.digest, version=version,
            cached=cached, says="" if place == "origin" else cached.upper(), age=None, max_age=60,
            variant=varied(answer.asked),
        )  # fmt: skip

    def held(self) -> float:
        return 0.0

    def told(self, url: str, place: str, seen: Seen) -> Look:
        if seen.problem:
            return Look(place, url, self._clock.now(), problem=seen.problem)
        return Look(place, url, self._clock.now(), seen.status, etag=seen.headers.get("etag", ""))


class Everybody:
    """Slack's people and user-groups; a test moves them about."""

    def __init__(self) -> None:
        self.people = {a.id: a for a in (MIA, LEA, SAM, KIM, GUEST)}
        self.groups: dict[str, Members] = {}
        self.zones: dict[str, str] = {}

    async def actor(self, user: str, team: str, within_a_minute: bool = False) -> Actor:
        return self.people.get(user, Actor(user, Standing.STRANGER, team))

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
        return self.groups.get(group, Members(problem=f"Slack knows no user-group {group}."))

    async def named(self, name: str) -> Sequence[str]:
        return [user for user in PEOPLE if await self.name(user) == name]

    async def zone(self, user: str) -> str:
        return self.zones.get(user, "")

    async def name(self, user: str) -> str:
        return PEOPLE.get(user, user)


@dataclass
class Shop:
    """The shop, open. `again` opens it anew on the same ledger, as after a crash."""

    path: Path
    clock: SlateClock
    slate: Slate
    ledger: SqliteLedger
    shield: ScriptedProvider
    cf: ScriptedProvider
    edges: ScriptedEdges
    core: Core
    router: Router
    received: list[str] = field(default_factory=list)

    async def purge(self, by: Actor, *targets: Target, key: str = "", reason: str = "", check: bool = True) -> JobView:
        made = await self.ask(by, *targets, key=key, reason=reason, check=check)
        assert isinstance(made, JobMade), made
        return made.job

    async def ask(
        self, by: Actor, *targets: Target, key: str = "", reason: str = "", check: bool = True, urgent: bool = False
    ) -> JobMade | Joined | PlanShown | Refusal:
        command = Command(Verb.PURGE, targets, "shop", reason=reason, check=check, urgent=urgent)
        asking = Asking(by, key or self.core.dice.token(), "slack", "C_SHOP")
        return await submit(self.core, asking, command, self.core.setup.sites["shop"])

    async def job(self, number: int) -> JobView:
        return await self.ledger.read(lambda books: books.jobs.get(number))

    async def events(self, number: int) -> list[str]:
        steps = await self.ledger.read(lambda books: books.messages.steps(number))
        return [str(told.event) for _, told in steps]

    async def fill_disk(self, full: bool) -> None:
        """From now on the ledger's file can grow no more, or can again."""

        def limit(books: Books) -> None:
            books._tx.run(f"pragma max_page_count = {1 if full else 1_000_000}")

        await self.ledger.write(limit)

    async def crash(self, as_owner: str = "second") -> Shop:
        """The process ends, whatever it was doing; another one starts on the same ledger."""
        await self.ledger.close()
        shop = open_shop(self.path, self.clock, self.shield, self.cf, self.edges, self.core.setup, dice=self.core.dice)
        await recover(shop.core, as_owner)
        await shop.router.wake_all()
        return shop


def open_shop(
    path: Path,
    clock: SlateClock | None = None,
    shield: ScriptedProvider | None = None,
    cf: ScriptedProvider | None = None,
    edges: ScriptedEdges | None = None,
    setup: Setup | None = None,
    probes: Probes | None = None,
    names: Names | None = None,
    dice: Dice | None = None,
) -> Shop:
    """A shop with everything new that is not given."""
    first = clock is None
    clock = clock or SlateClock()
    shield = shield or ScriptedProvider("shield", clock, per_call=1)
    cf = cf or ScriptedProvider("cf", clock)
    edges = edges or ScriptedEdges(clock)
    slate = Slate(clock)
    lay(path / "ledger.db")
    ledger = SqliteLedger(path / "ledger.db")
    setup = setup or Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, built_in(APPROVERS), "C_APPROVE")
    core = Core(
        Current(setup),
        ledger,
        slate,
        clock,
        dice or CountingDice(),
        edges,
        Everybody(),
        Metrics({"shield": "varnish", "cf": "cloudflare"}),
        probes,
        names=names or NoNames(),
    )
    owner = "first" if first else "second"
    lanes = {name: Lane(core, name, provider, owner, lambda name: None) for name, provider in setup.providers.items()}

    async def nothing(*_: object) -> None:
        return

    router = Router(core, lanes, nothing, nothing, nothing)
    slate.run = router.run
    return Shop(path, clock, slate, ledger, shield, cf, edges, core, router)


def url(path: str) -> Target:
    """One page of the shop."""
    return Target(Kind.URL, f"https://www.shop.test{path}", "shop")


EVERYTHING = Target(Kind.EVERYTHING, "", "shop")
