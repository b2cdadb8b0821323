"""The machine's clock and dice, and what stands for Slack where there is none: the only file that reads the clock."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence

from bot.domain.actor import Actor, Standing
from bot.domain.policies.policy import Members


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never step back."""
        return time.monotonic()

    def worked(self) -> float:
        """Seconds that this thread has computed."""
        return time.thread_time()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


class SystemDice:
    """The machine's randomness."""

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return secrets.SystemRandom().random()

    def token(self) -> str:
        """128 random bits as text fit for a button's value."""
        return secrets.token_urlsafe(16)


class NoSlack:
    """Without a bot token nobody from Slack is known."""

    async def actor(self, user: str, team: str, within_a_minute: bool = False) -> Actor:
        """Unreadable: no rights."""
        return Actor(user, Standing.UNREADABLE, team)

    async def members(self, group: str, within_a_minute: bool = False) -> Members:
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
