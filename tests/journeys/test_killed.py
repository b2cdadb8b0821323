"""kill -9 around a vote: the bot dies at one point, comes back on its ledger, and the card, the votes and the one run
are as if nothing had been."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import httpx
import pytest

from bench.stage import Stage
from bot.ledger.audit import audit
from bot.ledger.reading import reading
from tests.journeys.forked import bot

pytestmark = pytest.mark.slow
T = TypeVar("T")
Doc = Mapping[str, object]
PATIENCE = 60.0  # seconds
NEWS, ALL = "prefix www.shop.test/news/ because the menu moved", "everything on shop --confirm shop because INC-881"
CLICKS = "select * from deliveries where kind = 'slack.click'"
VOTES = "(select count(*) from votes)"


@dataclass(frozen=True, slots=True)
class Point:
    """Where the bot dies, and what may follow: how often the outermost cache is asked."""

    where: str
    sql: str
    purges: int = 1


Nights: TypeAlias = "Callable[[Point, str], Night]"
ONE_VOTE = {
    "the click is stored and not run": Point("after commit", f"{CLICKS} and tries = 0"),
    "the click is begun": Point("before commit", f"{CLICKS} and tries = 1 and {VOTES} = 0"),
    "the last vote is written": Point("after commit", "select 1 from jobs where state = 'queued'"),
    "the click is answered and not told": Point("after commit", f"{CLICKS} and answer is not null"),
    "it is being cleared": Point(
        "before commit", "select 1 from jobs where state = 'queued' and exists (select 1 from looks)"
    ),
    "it has begun": Point("after commit", "select 1 from jobs where state = 'purging'"),
    "the innermost call is about to leave": Point("before call", "select 1 from batches where position = 0"),
    "the innermost call came back": Point("after call", "select 1 from batches where position = 0"),
    "the innermost layer is done": Point("after commit", "select 1 from layers where position = 0 and state = 'done'"),
    "the outermost call is about to leave": Point(
        "before call", "select 1 from batches where position = 1 and state = 'sending'"
    ),
    "the outermost call came back": Point(
        "after call", "select 1 from batches where position = 1 and state = 'sending'", purges=2
    ),
    "it is being proven": Point("after commit", "select 1 from jobs where state = 'checking'"),
}
TWO_VOTES = {
    "the first vote is written": Point("after commit", f"select 1 where {VOTES} = 1"),
    "the second click is stored and not run": Point("after commit", f"{CLICKS} and tries = 0 and {VOTES} = 1"),
    "the second click is begun": Point("before commit", f"{CLICKS} and tries = 1 and done_at is null and {VOTES} = 1"),
    "the second vote is written": Point("after commit", f"select 1 where {VOTES} = 2"),
    "it is being cleared": ONE_VOTE["it is being cleared"],
    "it has begun": ONE_VOTE["it has begun"],
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    opened = Stage(tmp_path_factory.mktemp("stage"))
    yield opened
    opened.close()


@pytest.fixture
def nights(stage: Stage) -> Iterator[Nights]:
    """Nights on the stage; what a test leaves alive of them is ended, so that it does not answer for the next one."""
    opened: list[Night] = []

    def night(point: Point, name: str) -> Night:
        opened.append(Night(stage, point, name))
        return opened[-1]

    yield night
    for each in opened:
        each.kill()


class Night:
    """One job, its votes, and one death on the way."""

    def __init__(self, stage: Stage, point: Point, name: str) -> None:
        stage.post("/_play/reset")
        self.stage = stage
        self.point = point
        self.http = httpx.Client(headers={"authorization": "Bearer play"}, trust_env=False, verify=False, timeout=5)
        self.database = f"{name}.db"
        self.bot = bot(stage, self.database, point.where, point.sql)
        self.deaths: list[int] = []

    def until(self, ask: Callable[[], T | None], what: str) -> T:
        """The first true answer, over the bot's death and its coming back."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.revive()
            if answer := ask():
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {PATIENCE} s. There is: {self.cards('C_APPROVE')}")

    def revive(self) -> None:
        """Start the bot anew if it died; the new one lives."""
        if (code := self.bot.poll()) is not None:
            self.deaths.append(code)
            self.bot = bot(self.stage, self.database)

    def cards(self, channel: str) -> list[Doc]:
        """The messages of a channel."""
        return list(self.stage.http.get("/_play/messages", params={"channel": channel}).json())

    def card(self, *words: str) -> Doc:
        """The newest request that says all `words`."""

        def look() -> Doc | None:
            found = [card for card in self.cards("C_APPROVE") if all(word in str(card) for word in words)]
            return found[-1] if found else None

        return self.until(look, f"a request with {words}")

    def dying(self) -> bool:
        """Whether its death is due and did not come yet. What others read meanwhile, they read from a bot that ends.
        Only a commit is when its SQL comes true; a call may be long to come then."""
        if self.deaths or self.point.where != "after commit":
            return False
        with contextlib.closing(sqlite3.connect(self.stage.folder / self.database)) as ledger:
            return ledger.execute(self.point.sql).fetchone() is not None

    def vote(self, who: str) -> None:
        """One click on Approve, with the bot there to take it. A person does not click again."""
        self.until(lambda: not self.dying(), "it dies where it must")
        request = self.card("approve")
        click = {"user": who, "channel": "C_APPROVE", "ts": request["ts"], "action_id": "approve"}
        self.stage.post("/_play/click", **click)
        self.until(lambda: who in self.voters(), f"the vote of {who} counts")

    def job(self) -> Doc:
        """The job's record."""
        url = f"http://127.0.0.1:{self.stage.bot_port}/v1/jobs/P-1"
        try:
            response = self.http.get(url)
        except httpx.HTTPError:
            return {}
        record: Doc = response.json()
        return record if response.status_code == 200 else {}

    def voters(self) -> list[str]:
        """Who has voted, in order."""
        approval = self.job().get("approval")
        votes = approval.get("votes", []) if isinstance(approval, Mapping) else []
        return [str(vote["by"]) for vote in votes]

    def calls(self, account: str) -> int:
        """How often an account was asked to purge."""
        ledger = self.stage.http.get("/_play/ledger").json()
        return sum(row["account"] == account and row["method"] in ("POST", "PURGE", "BAN") for row in ledger)

    def asked(self) -> Counter[str]:
        """How many messages outside threads there are in the approvers' channel, by job."""
        return Counter(str(card["text"]).split()[1] for card in self.cards("C_APPROVE") if "thread_ts" not in card)

    def kill(self) -> None:
        """End it, whatever it does."""
        self.http.close()
        self.bot.kill()
        self.bot.wait()

    def end(self) -> None:
        """Stop the bot; the journal is whole."""
        self.http.close()
        self.bot.send_signal(signal.SIGTERM)
        assert 0 == self.bot.wait(timeout=30)
        with reading(self.stage.folder / self.database) as ledger:
            assert () == audit(ledger).breaches


def live(night: Night, line: str, voters: Sequence[str]) -> None:
    """From the request to its proof, with the votes and the death between."""
    night.stage.post("/_play/command", user="U_MIA", channel="C_SHOP", text=f"/purge {line}")
    for who in voters:
        night.vote(who)
    night.until(lambda: night.job().get("state") == "done", "the job is done")
    night.card("approved by", *voters)


@pytest.mark.parametrize("at", ONE_VOTE)
def test_killed_around_its_vote_a_job_runs_once(nights: Nights, at: str) -> None:
    point = ONE_VOTE[at]
    night = nights(point, at.replace(" ", "-"))
    live(night, NEWS, ["U_SAM"])
    voters, purges, asked = night.voters(), night.calls("cf"), night.asked()
    night.end()
    assert [-signal.SIGKILL] == night.deaths
    assert (["U_SAM"], point.purges, {"P-1": 1}) == (voters, purges, asked)


@pytest.mark.parametrize("at", TWO_VOTES)
def test_killed_between_its_votes_a_job_keeps_them_and_runs_once(nights: Nights, at: str) -> None:
    night = nights(TWO_VOTES[at], f"two-{at}".replace(" ", "-"))
    live(night, ALL, ["U_SAM", "U_KIM"])
    voters, purges, asked = night.voters(), night.calls("cf"), night.asked()
    night.end()
    assert [-signal.SIGKILL] == night.deaths
    assert (["U_SAM", "U_KIM"], 1, {"P-1": 1}) == (voters, purges, asked)
