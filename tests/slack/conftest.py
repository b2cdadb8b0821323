"""A bot in a room of its own for each module of conversations, cleared before each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.slack.room import Room, room


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("room")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def shop(house: Room) -> Room:
    await house.clear()
    return house
