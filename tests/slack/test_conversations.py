"""The table of conversations: who says what, and what each person then sees, word for word; by signed HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.slack.script import Conversation, read, written
from tests.slack.theatre import FOLDER, TABLE, Theatre, playing

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def theatre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Theatre]:
    tests = [item.name for item in request.session.items if item.path == request.path]
    async with playing(tmp_path_factory.mktemp("rooms"), tests, by_socket=False) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("conversation", TABLE, ids=lambda one: one.title)
async def test_everybody_sees_exactly_this(theatre: Theatre, conversation: Conversation) -> None:
    expected, seen = await theatre.seen(conversation)
    assert written(expected) == written(seen)


def test_no_two_conversations_have_the_same_title() -> None:
    titles = [conversation.title for conversation in TABLE]
    assert sorted(set(titles)) == sorted(titles)


def test_the_table_is_written_as_it_is_read() -> None:
    for path in FOLDER.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        head = text.partition("## ")[0]
        assert text == head + "\n\n".join(map(written, read(path)))
