"""A playground that is killed in the middle of a purge comes back on the same ports, and the purge lands."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from playground.towns.shop import TOKEN, ZONE
from tests.journeys.world import Playground

pytestmark = pytest.mark.slow


def sites(play: Playground) -> dict[str, dict[str, str]]:
    edges = play.world()["edges"]
    assert isinstance(edges, dict)
    return edges


def test_an_accepted_purge_lands_after_a_kill(tmp_path: Path) -> None:
    play = Playground(tmp_path / "world", speed="human").start()
    play.post("/_play/origin", site="shop")
    config = (tmp_path / "world" / "purgebot.yaml").read_text()

    def purge() -> None:
        url = f"{play.url}/cf/client/v4/zones/{ZONE}/purge_cache"
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        with httpx.Client(trust_env=False, verify=False) as caller, pytest.raises(httpx.HTTPError):
            caller.post(url, content=json.dumps({"tags": ["pricing"]}), headers=headers)

    caller = threading.Thread(target=purge)
    caller.start()
    play.until(lambda: play.purges("cf"), "the purge is on disk before its answer")
    play.kill()
    caller.join()
    play.start()
    play.until(lambda: all({"/": "v1"} == held for held in sites(play).values()), "every edge is empty of /pricing")
    assert ["http://www.shop.test/pricing"] == play.purges("cf")[0]["purged"]
    assert config == (tmp_path / "world" / "purgebot.yaml").read_text()
    assert 0 == play.stop()
