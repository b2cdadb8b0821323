"""A life of the shop: what a crowd does in it at once, what befalls all of them, and what must be so at the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.domain.actor import Actor, Standing
from bot.domain.jobs.job import JobView, State
from bot.domain.policies.policy import Members
from bot.ledger.audit import audit
from bot.ledger.books import Books
from bot.ledger.ledger import Row
from bot.ledger.messages import Role
from bot.ledger.reading import reading
from bot.services import deeds
from bot.services.desk import Desk
from bot.services.requests.purges import Asking
from bot.services.setup import SWEEP, Setup
from bot.slack.app import web_client
from bot.slack.cards.request import of_round
from bot.slack.marks import Marks
from bot.slack.reception import Reception
from bot.slack.web_api import SlackApi
from providers.errors import BadCredentials, OutcomeUnknown
from tests.services.crowd import BREAKERS, FROZEN, LONG_REASON, PER_DAY, POLICY, STRICTER, Slack, Turns, Watch
from tests.services.shop import GUEST, KIM, LEA, MIA, SAM, SHOP, Everybody, ScriptedProvider, Shop, open_shop
from tests.slate import SlateClock

EVA = Actor("U_EVA", Standing.MEMBER, "T_SHOP")  # who was an approver once
NIA = Actor("U_NIA", Standing.STRANGER, "T_OTHER")
CROWD = {actor.id: actor for actor in (MIA, LEA, SAM, KIM, GUEST, EVA, NIA)}
VOTERS = frozenset({"U_LEA", "U_SAM", "U_KIM"})


class Deaf(SlackApi):
    """A Slack that takes whatever it is told."""

    async def call(self, method: str, **arguments: object) -> Mapping[str, object]:
        return {"ok": True}


class Life:
    """A crowd in a shop, from opening to audit."""

    def __init__(self, path: Path, seed: int) -> None:
        clock = SlateClock()
        shield, cf = ScriptedProvider("shield", clock), ScriptedProvider("cf", clock)
        setup = Setup({"shop": SHOP}, {"shield": shield, "cf": cf}, POLICY, "C_APPROVE")
        self.path = path
        self.watch = Watch()
        self.dice = random.Random(seed)
        self.slack = Everybody()
        self.slack.people = dict(CROWD)
        self.slack.groups["S_SRE"] = Members(frozenset({"U_LEA", "U_SAM"}))
        self.cut: Counter[str] = Counter()  # calls that were in flight when the process ended
        self._n = 0
        self._engine = asyncio.Lock()
        self._enter(open_shop(path, clock, shield, cf, setup=setup))

    def _enter(self, shop: Shop) -> None:
        """Stand before the ledger of a shop that has just opened."""
        self.shop = shop
        self.turns = Turns(shop.core.ledger, self.dice, lambda books: self.watch.look(books, shop.clock.now()))
        for name, value in {"ledger": self.turns, "directory": self.slack, "dice": Tokens(self)}.items():
            object.__setattr__(shop.core, name, value)
        api = Deaf(web_client("xoxb-crowd", "http://127.0.0.1:1/"))
        self.marks = Marks("crowd")
        self.reception = Reception(shop.core, Desk(shop.core), api, self.marks)
        shop.slate.run = self._run

    async def _run(self, name: str) -> None:
        """Ring a name. There is no sweep: no wake is lost here but by a crash, after which all are woken."""
        if name.startswith("delivery:"):
            await self.reception.run(name.removeprefix("delivery:"))
        elif name != SWEEP:
            await self.shop.router.run(name)

    def next(self) -> int:
        """A number never given before, also after a crash."""
        self._n += 1
        return self._n

    def note(self) -> None:
        """Remember what Slack and the policy say now."""
        members = frozenset(who for who, actor in self.slack.people.items() if actor.standing is Standing.MEMBER)
        approvers = self.slack.groups["S_SRE"].people | {"U_KIM"}
        self.watch.lately.append(Slack(members, approvers, int(self.shop.core.setup.policy == STRICTER)))

    async def newest(self) -> list[JobView]:
        """The jobs, newest first."""
        return await self.shop.ledger.read(lambda books: books.jobs.recent(["shop"], 100))

    async def card(self, number: int) -> str:
        """What the vote buttons of the job's request carry now."""

        def drawn(books: Books) -> str:
            message = books.messages.find(number, Role.REQUEST)
            job = books.jobs.find(number)
            return of_round(job, message.token) if job and message else ""

        return await self.shop.ledger.read(drawn)

    async def act(self, act: str, who: str, number: int, cards: Sequence[str]) -> None:
        """One person's deed; `cards` are what the request's buttons carried, oldest first."""
        name = f"P-{number}"
        match act:
            case "yes" | "double yes" | "yes, delivered twice":
                await self._click(who, number, cards[-1], {"double yes": 2}.get(act, 1), act == "yes, delivered twice")
            case "stale yes":
                await self._click(who, number, cards[0])
            case "forged yes":
                await self._click(who, number, f"{cards[-1].partition('.')[0]}.{self.dice.randrange(4)}")
            case "typed yes" | "typed no":
                self.watch.typed.add((number, who))
                await self._type(who, f"approve {name}" if act == "typed yes" else f"deny {name} not today")
            case "retry":
                failed = [job.name for job in await self.newest() if job.state is State.FAILED]
                await self._type(who, self._line("retry", failed[0] if failed else name))
            case "glass on all":
                waiting = [job.name for job in await self.newest() if job.state is State.WAITING]
                await asyncio.gather(*(self._type(who, self._line("glass", name)) for name in waiting[:4]))
            case "again":
                asking = Asking(self.slack.people[who], f"again {self.next()}", "slack", "C_SHOP")
                await deeds.purge_again(self.shop.core, asking, number)
            case "repeat":
                await deeds.repeat_anyway(self.shop.core, self.slack.people[who], number)
            case "tick" | "minute":
                async with self._engine:  # no name rings twice at once
                    await self.shop.slate.advance(60.0 if act == "minute" else 0.5)
            case _:
                await self._type(who, self._line(act, name))

    def _line(self, act: str, name: str) -> str:
        return {
            "page": f"/{self.next()}", "prefix": f"prefix www.shop.test/{self.next()}/",
            "everything": "everything on shop --confirm shop because a new design",
            "cancel": f"cancel {name}", "retry": f"retry {name}", "glass": f"break-glass {name} because {LONG_REASON}",
            "hold": "hold shop for 20m because deploying", "release": "release shop",
            "queue": f"prefix www.shop.test/queued/{self.next()}/ --queue",
        }[act]  # fmt: skip

    async def _type(self, who: str, line: str) -> None:
        await self._deliver("slack.command", {"user": who, "text": line})

    async def _click(self, who: str, number: int, value: str, times: int = 1, twice: bool = False) -> None:
        round = value.partition(".")[2] or "0"
        self.watch.clicked.add((number, who, int(round) if round.isdigit() else -1))
        body = {"user": who, "action": "approve", "value": value}
        await asyncio.gather(*(self._deliver("slack.click", body, twice) for _ in range(times)))

    async def _deliver(self, kind: str, body: Mapping[str, object], twice: bool = False) -> None:
        """Stored as at the door, then run; `twice` for an answer that Slack did not hear."""
        key, now = f"{kind} {self.next()}", self.shop.clock.now()
        told = (key, kind, {"channel": "C_SHOP", "team": "T_SHOP", **body}, now)
        mark = self.marks.make(*told)
        await self.shop.core.ledger.write(lambda books: books.intake.store(*told, mark))
        await asyncio.gather(*(self.reception.run(key) for _ in range(1 + twice)))

    async def between(self, what: str, number: int) -> None:
        """What befalls all of them."""
        match what:
            case "to expiry":
                await self._to_expiry(number)
            case "into the freeze":
                self.shop.clock.at = max(self.shop.clock.at, FROZEN[0] - 1)
            case "day" | "a while":
                self.shop.clock.at += {"day": 86_400.0, "a while": 1200.0}[what]
            case "cf refuses" | "cf is away":
                trouble = BadCredentials("It takes no token.", "Give it another.")
                self.shop.cf.script = [trouble if what == "cf refuses" else OutcomeUnknown("No answer came.", "Look.")]
            case "back an hour":
                self.shop.clock.at -= 3600
            case "crash" | "stricter" | "as before":
                setup = self.shop.core.setup
                policy = {"stricter": STRICTER, "as before": POLICY}.get(what, setup.policy)
                await self._crash(replace(setup, policy=policy))
            case "cut off":
                await self._cut_off()
            case "lea leaves" | "lea joins":
                sre = {"U_SAM", "U_LEA"} if what == "lea joins" else {"U_SAM"}
                self.slack.groups["S_SRE"] = Members(frozenset(sre))
            case "mia is deactivated" | "mia is back":
                standing = Standing.MEMBER if what == "mia is back" else Standing.GONE
                self.slack.people["U_MIA"] = replace(MIA, standing=standing)

    async def _to_expiry(self, number: int) -> None:
        job = await self.shop.ledger.read(lambda books: books.jobs.find(number))
        if job is not None and job.state is State.WAITING and job.approval is not None:
            self.shop.clock.at = max(self.shop.clock.at, job.approval.expires - self.dice.choice([0.25, 0.0]))

    async def _crash(self, setup: Setup) -> None:
        self.shop.core.current.become(setup)
        self._enter(await self.shop.crash(f"owner {self.next()}"))

    async def _cut_off(self) -> None:
        """The process ends while a call is in flight, if one comes to be."""
        calling = asyncio.Event()

        async def never() -> None:
            calling.set()
            await asyncio.Event().wait()

        for provider in (self.shop.shield, self.shop.cf):
            provider.before_answer = never
        running, called = asyncio.create_task(self.shop.slate.advance(5.0)), asyncio.create_task(calling.wait())
        await asyncio.wait({running, called}, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(2):
            running.cancel()
            called.cancel()
            await asyncio.wait({running, called}, timeout=0.05)
        for provider in (self.shop.shield, self.shop.cf):
            provider.before_answer = None
        self.cut.update(await self.shop.ledger.read(_in_flight))
        await self._crash(self.shop.core.setup)

    async def step(self, befalls: str, acts: Sequence[tuple[str, str]]) -> None:
        """Something befalls all, then several act at once on the newest job, or the one before."""
        jobs = await self.newest()
        number = self.dice.choice(
            [job.id for job in jobs if job.state.is_open][:2] or [job.id for job in jobs[:2]] or [1]
        )
        old = await self.card(number)
        await self.between(befalls, number)
        self.watch.lately = []
        self.note()
        cards = [old, await self.card(number)]
        self._n += 1
        named = {f"{n} {act}": self.act(act, who, number, cards) for n, (act, who) in enumerate(acts)}
        await self.turns.together(named)

    async def end(self) -> None:
        """Let everything come to its end, then look at all that is remembered."""
        await self.shop.slate.advance(2 * 86_400.0)
        jobs = await self.newest()
        steps = {job.id: await self.shop.events(job.id) for job in jobs}
        rows = await self.shop.ledger.read(_remembered)
        await self.shop.ledger.close()
        with reading(self.path / "ledger.db") as ledger:
            assert () == audit(ledger).breaches
        assert [] == self.watch.wrong, self.watch.wrong
        self._votes_are_counted_once(jobs, steps, rows["votes"])
        self._nothing_is_sent_twice(jobs, steps, rows["batches"])
        glass = Counter((str(row["by"]), float(row["at"] or 0) // 86_400) for row in rows["reviews"])
        assert [] == [who for who, n in glass.items() if n > PER_DAY or who[0] not in BREAKERS]

    def _votes_are_counted_once(
        self, jobs: Sequence[JobView], steps: Mapping[int, Sequence[str]], votes: Sequence[Row]
    ) -> None:
        asked_by = {job.id: job.asked_by for job in jobs}
        rounds = {job.id: job.approval.round if job.approval else 0 for job in jobs}
        for row in votes:
            number, by, round = int(row["job"] or 0), str(row["by"]), int(row["round"] or 0)
            said = (number, by) in self.watch.typed or (number, by, round) in self.watch.clicked
            joined_since = by in asked_by[number] and round < rounds[number]  # of that round no vote counts any more
            assert said and by in VOTERS and (by not in asked_by[number] or joined_since), row
        counted = Counter((int(row["job"] or 0), bool(row["yes"])) for row in votes)
        for number, events in steps.items():
            yes, no = counted[number, True], counted[number, False]
            assert no == events.count("voted_no"), events
            taken_back = no + events.count("joined")  # by whoever says no after it, or asks for the same
            assert yes <= events.count("voted_yes") <= yes + taken_back, events

    def _nothing_is_sent_twice(
        self, jobs: Sequence[JobView], steps: Mapping[int, Sequence[str]], batches: Sequence[Row]
    ) -> None:
        sent = Counter([*self.shop.shield.references, *self.shop.cf.references])
        for row in batches:
            reference = str(row["reference"])
            events = steps[int(row["job"] or 0)]
            again = 0 if row["kind"] == "everything" else self.cut[reference] + events.count("sent_again")
            assert sent[reference] <= 1 + again + events.count("retried"), (row, events)
            self.watch.seen["cut"] += self.cut[reference]
        for job in jobs:
            begun = steps[job.id].count("layer_begun")
            assert begun <= len(job.layers) * (1 + steps[job.id].count("retried")), steps[job.id]
            assert State.DONE is not job.state or all(layer.sent == layer.calls for layer in job.layers)


class Tokens:
    """Tokens that count up, also over a crash."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def fraction(self) -> float:
        return 0.5

    def token(self) -> str:
        return f"token-{self._life.next()}"


REFERENCE = "(select value from meta where name = 'ledger') || '-' || id || '-' || passes as reference"


def _in_flight(books: Books) -> list[str]:
    rows = books._tx.rows(f"select {REFERENCE} from batches where state = 'sending'")
    return [str(row["reference"]) for row in rows]


def _remembered(books: Books) -> Mapping[str, Sequence[Row]]:
    return {
        "votes": books._tx.rows("select * from votes"),
        "reviews": books._tx.rows("select * from reviews"),
        "batches": books._tx.rows(f"select job, kind, {REFERENCE} from batches"),
    }
