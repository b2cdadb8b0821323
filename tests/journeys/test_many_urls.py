"""A purge of more URLs than go at once, in the middle of which the process ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.journeys.test_scenarios import job_of
from tests.journeys.world import Playground

pytestmark = pytest.mark.slow


def test_900_urls_survive_a_kill(tmp_path: Path) -> None:
    play = Playground(tmp_path / "world").start()
    play.post("/_play/origin", site="shop")
    urls = " ".join(f"http://www.shop.test/p/{n}" for n in range(900))
    play.command("U_MIA", f"/purge {urls}")
    request = play.wait_card("900 URLs", channel="C_APPROVE")
    name = job_of(request)
    play.click("U_SAM", request, "approve", "C_APPROVE")
    play.until(lambda: len(play.purges("cf")) >= 8, "the edge is being purged", patience=60)
    before = play.card(name)
    play.kill()
    play.start()
    record = play.wait_job(name, "done", patience=90)
    card = play.wait_card(name, "cannot be proven", patience=30) if record["verdict"] == "unknown" else play.card(name)
    purged = [url for row in play.purges("cf") for url in cast(Sequence[str], row["purged"])]
    assert before is not None and card is not None
    assert before["ts"] == card["ts"]
    assert 900 == len(set(purged))
    assert len(purged) - 900 <= 8 * 30
    assert max(purged.count(url) for url in set(purged)) <= 2
    assert 0 == play.stop()
