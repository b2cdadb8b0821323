"""Every line of docs/playground.md is sent to a real playground, in its order, and every call is on that page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.faults import ACCOUNTS, KINDS
from tests.journeys.world import Json, Playground

pytestmark = pytest.mark.slow
PAGE = (Path(__file__).parents[2] / "docs/playground.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("handbook")).start()
    yield playground
    assert 0 == playground.stop()


def form_of(play: Playground) -> str:
    """The id of the form in front of Lea."""
    views = play.get("/_play/views", user="U_LEA")["open"]
    assert isinstance(views, list)
    return str(views[-1]["id"]) if views else ""


def sent(play: Playground, line: str) -> tuple[int, str]:
    """Status and body of what curl would be answered."""
    if "$VIEW" in line:
        line = line.replace("$VIEW", play.until(lambda: form_of(play), "a form"))
    if "$TS" in line:
        asked = play.wait_card("P-", channel="C_APPROVE")
        line = line.replace("$TS", str(asked["ts"]))
    words = shlex.split(line.replace("$P", f"{play.url}/_play"), comments=True)
    assert "curl" == words[0]
    body = words[words.index("-d") + 1] if "-d" in words else None
    method = "POST" if body is not None or "-X" in words else "GET"
    [url] = [word for word in words if word.startswith(play.url)]
    response = play.http.request(method, url, content=body)
    return response.status_code, response.text


def test_every_line_is_taken_and_the_last_one_votes(play: Playground) -> None:
    answers = [(line, *sent(play, line)) for line in LINES]
    assert [] == [answer for answer in answers if answer[1] != 200 or '"error"' in answer[2]]
    card: Json = play.wait_card("1 approval", channel="C_APPROVE")
    assert "everything on shop" in str(card["text"])


def test_every_call_account_and_kind_is_on_the_page() -> None:
    sources = [*Path("playground").glob("*.py"), *Path("playground/slack").glob("*.py")]
    calls = {call for path in sources for call in re.findall(r'"/_play/(\w+)"', path.read_text(encoding="utf-8"))}
    told = set(re.findall(r"\$P/(\w+)", PAGE))
    faults = PAGE.partition("## Faults")[2]
    assert calls == told
    assert [] == [name for name in (*ACCOUNTS, *KINDS) if f"`{name}`" not in faults]
