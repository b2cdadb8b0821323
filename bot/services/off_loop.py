"""Long work beside the event loop, so that acknowledgements and lanes need not wait for somebody's list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LONG = 2_000  # things; about 10 ms on the loop


async def aside(things: int, do: Callable[[], T]) -> T:
    """What `do` returns or raises; done in a thread if it is about many things. It must touch nothing that changes."""
    return await asyncio.to_thread(do) if things > LONG else do()
