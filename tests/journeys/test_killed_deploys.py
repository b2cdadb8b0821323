"""kill -9 in the middle of a deploy: its sender tries again, as senders do, and there is one job, one note and one
purge of each cache, as if nothing had been."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from bench.stage import Stage
from playground.pipeline import signed
from tests.journeys.test_killed import ONE_VOTE, Doc, Night, Point

pytestmark = pytest.mark.slow
POINTS = {
    "the job is written and not answered": Point("after commit", "select 1 from deploys"),
    "the answer is kept and not sent": Point("after commit", "select 1 from deliveries where kind = 'deploy'"),
    "the note is posted": Point("after commit", "select 1 from messages where role = 'root' and ts != ''"),
    "the caches have been looked at": Point("after commit", "select 1 from looks where phase = 'before'"),
    "it has begun": ONE_VOTE["it has begun"],
    "the innermost call is about to leave": ONE_VOTE["the innermost call is about to leave"],
    "the innermost call came back": ONE_VOTE["the innermost call came back"],
    "the outermost call is about to leave": ONE_VOTE["the outermost call is about to leave"],
    "the outermost call came back": ONE_VOTE["the outermost call came back"],
    "it is being proven": ONE_VOTE["it is being proven"],
    "it is proven and not told": Point("after commit", "select 1 from jobs where state = 'done'"),
}
VERSION = "4.2.0"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    opened = Stage(tmp_path_factory.mktemp("stage"))
    yield opened
    opened.close()


def tell(night: Night) -> Doc:
    """A sender that repeats the same deploy under the same id until it is answered."""
    told = {"site": "shop", "version": VERSION, "paths": ["/pricing"], "actor": "mia",
            "expect": {"/pricing": {"header": {"x-build": VERSION}}}}  # fmt: skip
    body = json.dumps(told).encode()
    url = f"http://127.0.0.1:{night.stage.bot_port}/v1/deploys"

    def sent() -> Doc:
        now = int(time.time())
        try:
            headers = dict(signed(body, "msg_night", now))
            response = httpx.post(url, content=body, headers=headers, trust_env=False, verify=False)
        except httpx.HTTPError:
            return {}
        answer: Doc = response.json()
        assert response.status_code in (202, 503), response.text
        return answer if response.status_code == 202 else {}

    return night.until(sent, "the deploy is taken")


@pytest.mark.parametrize("at", POINTS)
def test_killed_in_a_deploy_it_is_one_job_with_one_note(stage: Stage, at: str) -> None:
    point = POINTS[at]
    night = Night(stage, point, f"deploy-{at}".replace(" ", "-"))
    stage.post("/_play/origin", site="shop", version=VERSION)
    answer = tell(night)
    job = night.until(lambda: job if (job := night.job()).get("state") == "done" else None, "the job is done")
    note = night.until(lambda: next((m for m in notes(night) if "🟢" in str(m["text"])), None), "the note says so")
    again, all_notes, purges = tell(night), notes(night), night.calls("cf")
    night.end()
    assert [-signal.SIGKILL] == night.deaths
    assert ("P-1", answer) == (answer["job"], again)
    assert ("fresh", point.purges) == (job["verdict"], purges)
    assert [str(note["ts"])] == [str(one["ts"]) for one in all_notes]
    assert str(note["text"]).startswith(f"🟢 shop {VERSION} · P-1 fresh at fra, iad, sin")


def notes(night: Night) -> list[Doc]:
    """What the site's channel shows outside threads."""
    return [card for card in night.cards("C_SHOP") if "thread_ts" not in card]
