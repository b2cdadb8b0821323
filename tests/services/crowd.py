"""A crowd in the shop: people act at once, in an order of turns that a seed decides, and every write is watched.

`Turns` stands before the ledger. While people act `together`, one at a time of those who wait for the ledger goes on,
each time that `Quiet`, the loop they live in, has nothing else to do, so that a life is the same each time. After each
write the watch compares what changed with who may have allowed it; it knows the policy by heart and asks none of the
rules.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.domain.policies.hours import Days
from bot.domain.policies.policy import Approve, BreakGlass, Conditions, Policy, Rule, Run, Tightening
from bot.ledger.books import Books
from bot.ledger.ledger import Ledger, Row
from providers.contract import Kind
from tests.slate import START

T = TypeVar("T")
LONG_REASON = "prices are wrong since noon and nobody answers"
FROZEN = (START + 4 * 3600, START + 5 * 3600)
NEEDED = {"url": 0, "prefix": 1, "everything": 2}
PER_DAY = 2
STOPPED = ("cancelled", "denied", "expired")
BREAKERS = frozenset({"U_SAM", "U_MIA"})
POLICY = Policy(
    (
        Rule("pages", Conditions(kinds=frozenset({Kind.URL})), Run()),
        Rule("wide", Conditions(kinds=frozenset({Kind.PREFIX})), Approve(1, ("approvers",))),
        Rule("all", Conditions(kinds=frozenset({Kind.EVERYTHING})), Approve(2, ("approvers",)), reason=True),
    ),
    tighten=(Tightening("freeze", Conditions(during=Days(*FROZEN, "")), refuse=True, say="Sale freeze."),),
    groups={"approvers": ("S_SRE", "U_KIM"), "breakers": ("U_SAM", "U_MIA")},
    approvers=("approvers",),
    break_glass=BreakGlass(("breakers",), 20, PER_DAY, ("C_SEC",), 0.0),
)
STRICTER = Policy(
    tuple(
        Rule(rule.name, rule.when, Approve(rule.then.needed + 1, rule.then.of), rule.reason)
        if isinstance(rule.then, Approve)
        else rule
        for rule in POLICY.rules
    ),
    POLICY.tighten,
    POLICY.groups,
    POLICY.approvers,
    break_glass=POLICY.break_glass,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slack:
    """Who may do what, as Slack and the policy say at one moment."""

    members: frozenset[str]
    approvers: frozenset[str]
    more: int  # votes that the stricter policy wants beyond


@dataclass(slots=True)
class Watch:
    """What was true, and what should not have been."""

    wrong: list[str] = field(default_factory=list)
    lately: list[Slack] = field(default_factory=list)  # every state of Slack since the running step began
    clicked: set[tuple[int, str, int]] = field(default_factory=set)  # job, who, the round of the card
    typed: set[tuple[int, str]] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)  # what lives are made of
    begun: set[tuple[int, int]] = field(default_factory=set)  # job and round
    states: dict[int, str] = field(default_factory=dict)
    sending: dict[int, set[int]] = field(default_factory=dict)  # calls under way of jobs that were stopped

    def look(self, books: Books, now: float) -> None:
        """After a write: what changed must have been allowed."""
        for row in books._tx.rows("select id, state, kind, requested_by, doc from jobs order by id"):
            number, state = int(row["id"] or 0), str(row["state"])
            before = self.states.get(number, "")
            self.states[number] = state
            if state == before:
                continue
            self.seen[f"{before or 'nothing'} to {state}"] += 1
            if state == "purging" and before not in ("purging", "confirming"):
                self._began(books, row, before, now)
            if state in STOPPED:
                self.sending[number] = _calls(books, number)
            elif number in self.sending:
                self.wrong.append(f"P-{number} was {before} and is {state}")
        for number, known in self.sending.items():
            if more := _calls(books, number) - known:
                self.wrong.append(f"P-{number} is {self.states[number]} and sends {more}")

    def _began(self, books: Books, row: Row, before: str, now: float) -> None:
        number, kind = int(row["id"] or 0), str(row["kind"])
        name = f"P-{number} went from {before} to purging"
        if FROZEN[0] <= now < FROZEN[1]:
            self.wrong.append(f"{name} in the freeze")
        if books.holds.on("shop", now) is not None and number not in {begun for begun, _ in self.begun}:
            self.wrong.append(f"{name} while the site was held")
        if not any(self._allows(books, slack, row) for slack in self.lately):
            self.wrong.append(f"{name} without being allowed to ({kind})")
        approval = books.jobs.get(number).approval
        self.begun.add((number, approval.round if approval else -1))
        self.seen[f"{kind} began"] += 1

    def _allows(self, books: Books, slack: Slack, row: Row) -> bool:
        """Whether Slack, as it was, lets the job begin: by the policy, by its votes, or by a broken glass."""
        number, by = int(row["id"] or 0), str(row["requested_by"])
        needed = NEEDED[str(row["kind"])] + (slack.more if NEEDED[str(row["kind"])] else 0)
        if by not in slack.members:
            return False
        if not needed:
            return True
        job = books.jobs.get(number)
        if job.approval is None:
            return False
        if (number, job.approval.round) in self.begun:
            return True  # it was allowed then, and is retried
        glass = {str(row["by"]) for row in books._tx.rows("select by from reviews where job = :job", job=number)}
        if job.approval.broken_by in glass & BREAKERS:
            return True
        votes = books._tx.rows(
            "select distinct by from votes where job = :job and round = :round and yes = 1",
            job=number, round=job.approval.round,
        )  # fmt: skip
        able = (slack.approvers & slack.members) - {by}
        return len({str(vote["by"]) for vote in votes} & able) >= needed


def _calls(books: Books, number: int) -> set[int]:
    rows = books._tx.rows("select id from batches where job = :job and state = 'sending'", job=number)
    return {int(row["id"] or 0) for row in rows}


class _Stillness(selectors.DefaultSelector):
    """Tells once when its loop would wait: then everybody is at the ledger, or has ended. What comes from threads is
    not looked for as long as there is something to do."""

    def __init__(self) -> None:
        super().__init__()
        self.tell: Callable[[], None] | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return []
        if self.tell is None:
            return super().select(timeout)
        tell, self.tell = self.tell, None
        tell()
        return []


class Quiet(asyncio.SelectorEventLoop):
    """A loop that one can ask to be told when it has nothing to do."""

    def __init__(self) -> None:
        self._stillness = _Stillness()
        super().__init__(self._stillness)

    async def still(self) -> None:
        """Until there is nothing to do but to wait."""
        told = self.create_future()
        self._stillness.tell = lambda: told.set_result(None)
        await told


class Turns:
    """A ledger that people come to one after another, in an order that `dice` decides while they act together."""

    def __init__(self, inner: Ledger, dice: random.Random, look: Callable[[Books], None]) -> None:
        self._inner = inner
        self._dice = dice
        self._look = look
        self._together = False
        self._waiting: list[asyncio.Future[None]] = []
        self._busy = asyncio.Event()

    async def write(self, deed: Callable[[Books], T]) -> T:
        def watched(books: Books) -> T:
            value = deed(books)
            self._look(books)
            return value

        return await self._turn(lambda: self._inner.write(watched))

    async def read(self, question: Callable[[Books], T]) -> T:
        return await self._turn(lambda: self._inner.read(question))

    async def close(self) -> None:
        await self._inner.close()

    async def _turn(self, go: Callable[[], Coroutine[object, object, T]]) -> T:
        if not self._together:
            return await go()
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        await mine
        try:
            return await go()
        finally:
            self._busy.set()

    async def together(self, acts: Mapping[str, Coroutine[object, object, None]]) -> None:
        """Have all of them act at once."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Quiet), loop
        self._together = True
        tasks = [asyncio.create_task(act, name=name) for name, act in acts.items()]
        while not all(task.done() for task in tasks):
            await loop.still()
            if not self._waiting:
                await asyncio.wait(tasks, timeout=0.001)
                continue
            self._busy.clear()
            self._waiting.pop(self._dice.randrange(len(self._waiting))).set_result(None)
            await self._busy.wait()
        self._together = False
        for task in tasks:
            task.result()
