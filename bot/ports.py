"""The seams: everything that deeds need from outside, so that a test brings its own clock, network and Slack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from bot.domain.actor import Actor
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.lint.finding import Remark
from bot.domain.policies.policy import Members
from bot.domain.proof.verdict import Look
from bot.domain.proof.world import Measured, Region
from bot.domain.undone import Undone
from bot.domain.why import Resolved
from providers.contract import Seen, Sighting

ReadHeaders = Callable[[Mapping[str, str]], Sighting]
Undones = Callable[[], Awaitable[tuple[Undone, ...] | None]]  # what is still to be done; None: it could not be told


class Clock(Protocol):
    """Time and waiting."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back."""
        ...

    def worked(self) -> float:
        """Seconds that this thread has computed."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class Dice(Protocol):
    """Randomness."""

    def fraction(self) -> float:
        """A number in [0, 1)."""
        ...

    def token(self) -> str:
        """128 random bits as text fit for a button's value."""
        ...


class Engine(Protocol):
    """Rings names. `run(name)` is called at least once at or after `at`, never twice at once for one name; wakes of a
    waiting name coalesce to the earliest; a wake during a run gives one more run."""

    def wake(self, name: str, at: float = 0.0) -> None:
        """Have `name` run at or after `at` (seconds since the epoch; 0 means now)."""
        ...


class Directory(Protocol):
    """Who somebody is at Slack."""

    async def actor(self, user: str, team: str, within_a_minute: bool = False) -> Actor:
        """The person, read at most 60 s ago; while Slack is away 15 min, unless `within_a_minute`. Else without
        any right."""
        ...

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
        """Who is in a user-group, read as a person is; else nobody, and why."""
        ...

    async def named(self, name: str) -> Sequence[str]:
        """The ids of people who go by `name`, as far as people are known; for searching, never for rights."""
        ...

    async def zone(self, user: str) -> str:
        """The time zone that `user` has set, by its name in the IANA database; "" where that is not known."""
        ...

    async def name(self, user: str) -> str:
        """What `user` goes by, as far as people are known; else the id."""
        ...


class Meter(Protocol):
    """Counts, for those who watch."""

    def called(self, account: str, result: str, seconds: float) -> None:
        """A call to `account` ended in `result` ("ok" or the error's class) after `seconds`."""
        ...

    def retried(self, account: str) -> None:
        """A call will be sent again."""
        ...

    def ended(self, site: str, kind: str, source: str, outcome: str, seconds: float | None) -> None:
        """A job ended; `seconds` from request to proof where there is one."""
        ...


class Names(Protocol):
    """Where hosts lead."""

    async def ask(self, host: str) -> Sequence[Resolved]:
        """What each configured resolver says of `host`, at most a few seconds. Never raises."""
        ...


class NoNames:
    """Nobody is asked."""

    async def ask(self, host: str) -> Sequence[Resolved]:
        """Nothing."""
        return ()


async def nothing_undone() -> tuple[Undone, ...]:
    """Without Slack nothing is missing there."""
    return ()


class Looker(Protocol):
    """Fetches a URL once, behind the guards."""

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        """One request. `address` ("https://203.0.113.7") is dialled as written, with Host and SNI of the URL; empty
        means through DNS. `asked` are request headers beyond a plain visitor's, or in their place. Never raises: what
        went wrong is the answer's `problem`."""
        ...

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        """An answer as a look. `by` reads the headers of a cache that is not the host's outermost one."""
        ...

    def held(self) -> float:
        """Seconds so far in which answers for whoever asks here were there, and waited for this machine."""
        ...

    def told(self, url: str, place: str, seen: Seen) -> Look:
        """What a provider saw, as a look: read by the same rules, without a body."""
        ...


class Probes(Protocol):
    """Has others fetch a URL around the world, behind the guards. What is asked is public."""

    async def measure(
        self, url: str, regions: Sequence[Region], asked: Asked = PLAIN, again: str = "", within: float = 40.0
    ) -> Measured:
        """What probes in `regions` get for `url`, or the same probes as in the measurement `again`, which had as many;
        after `within` seconds what is there by then. `asked` are request headers beyond a plain visitor's. Never
        raises: what went wrong is the `problem`."""
        ...


class HttpRules(Protocol):
    """What HTTP itself demands of an answer's headers, whatever the policy of caching."""

    async def remarks(self, answer: Answer) -> Sequence[Remark]:
        """What breaks the standards, or is doubtful, and is none of our own rules' business; the worse first."""
        ...


class NoRules:
    """HTTP rules where nobody has any."""

    async def remarks(self, answer: Answer) -> Sequence[Remark]:
        """Nothing."""
        return ()
