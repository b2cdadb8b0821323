"""The table of conversations by Socket Mode: everybody sees the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.slack.script import Conversation, written
from tests.slack.theatre import TABLE, Theatre, playing

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    tests = [item.name for item in request.session.items if item.path == request.path]
    async with playing(tmp_path_factory.mktemp("rooms"), tests, by_socket=True) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("conversation", TABLE, ids=lambda one: one.title)
async def test_everybody_sees_exactly_this(theatre: Theatre, conversation: Conversation) -> None:
    expected, seen = await theatre.seen(conversation)
    assert written(expected) == written(seen)
