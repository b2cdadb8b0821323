"""Rooms for each module of conversations. Its tests are begun together, each in a room that was cleared for it, and at
its turn each waits for what it came to. Modules with a fixture `shop` of their own go through their tests one by one.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import pytest_asyncio

from tests.slack.room import Room, room
from tests.slack.rooms import Rooms, rooms

Test = Callable[[Room], Awaitable[None]]
TEST = pytest.StashKey[Test]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """What a test does in its room is done beside the others; what is left of it tells what came of that."""
    if not isinstance(item, pytest.Function) or "shop" not in item.fixturenames or hasattr(item.module, "shop"):
        return
    test = item.obj
    begun: Test = functools.partial(test, **(item.callspec.params if hasattr(item, "callspec") else {}))
    item.stash[TEST] = begun

    @functools.wraps(test)
    async def tell(shop: Rooms[None], **row: object) -> None:
        await shop.came_of(item.name)

    item.obj = tell


@pytest.fixture(scope="module")
def opening() -> Callable[[Path], AbstractAsyncContextManager[Room]]:
    """How a room is opened."""
    return room


@pytest.fixture(scope="module")
def clearing() -> Callable[[Room], Awaitable[None]]:
    """What is done in a room before each test."""
    return Room.clear


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shop(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    opening: Callable[[Path], AbstractAsyncContextManager[Room]],
    clearing: Callable[[Room], Awaitable[None]],
) -> AsyncIterator[Rooms[None]]:
    tests = [item for item in request.session.items if item.path == request.path and TEST in item.stash]

    async def cleared(test: Test, shop: Room) -> None:
        await clearing(shop)
        await test(shop)

    async with rooms(tmp_path_factory.mktemp("rooms"), opening, len(tests)) as opened:
        house = Rooms[None](opened)
        for item in tests:
            house.begin(item.name, functools.partial(cleared, item.stash[TEST]))
        try:
            yield house
        finally:
            await house.end()
