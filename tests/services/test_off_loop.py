"""Long work leaves the event loop to others; short work does not wait for a thread."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.services.desk import Desk
from bot.services.off_loop import LONG, aside
from bot.services.replies import BadLinesFound, JobMade
from bot.services.requests.purges import Asking
from tests.services.shop import MIA, open_shop


@pytest.mark.parametrize(("things", "expected"), [(LONG, True), (LONG + 1, False)], ids=["short", "long"])
async def test_only_long_work_is_done_in_a_thread(things: int, expected: bool) -> None:
    here = threading.get_ident()
    assert expected == (here == await aside(things, threading.get_ident))


async def test_what_long_work_raises_is_raised_here() -> None:
    def refuse() -> None:
        raise KeyError("why")

    with pytest.raises(KeyError, match="why"):
        await aside(LONG + 1, refuse)


async def test_a_long_list_is_one_job_like_a_short_one(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    lines = [f"https://www.shop.test/{n}" for n in range(LONG + 1)]
    reply = await Desk(shop.core).ask(Asking(MIA, "one", channel="C_SHOP"), "purge --no-check", lines)
    targets = await shop.ledger.read(lambda books: books.jobs.targets(1))
    await shop.ledger.close()
    assert isinstance(reply, JobMade)
    assert [LONG + 1, 67] == [layer.calls for layer in reply.job.layers]
    assert lines == [target.value for target in targets]


async def test_a_long_list_with_one_bad_line_waits_for_a_click_like_a_short_one(tmp_path: Path) -> None:
    shop = open_shop(tmp_path)
    lines = [*(f"https://www.shop.test/{n}" for n in range(LONG + 1)), "https://else.test/"]
    reply = await Desk(shop.core).ask(Asking(MIA, "one", channel="C_SHOP"), "purge", lines)
    await shop.ledger.close()
    assert isinstance(reply, BadLinesFound)
    assert [LONG + 2] == [bad.number for bad in reply.command.bad]
