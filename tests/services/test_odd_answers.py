"""Answers of one place of which not every one can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.proof.look import Look
from bot.domain.proof.reached import Purged
from bot.domain.proof.verdict import Verdict, judge
from bot.ports import ReadHeaders
from bot.services.looks.checks import look_all
from providers.contract import Cached
from tests.services.shop import SHOP, ScriptedEdges
from tests.slate import SlateClock

PAGE = "https://www.shop.test/a"


class PackingEdges(ScriptedEdges):
    """Edges that keep what they serve, and pack "packed" in an encoding that nobody knows."""

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        if answer.text != "packed":
            return look
        return replace(look, etag='"v1"', version="", packed="foo")


async def test_a_second_answer_that_cannot_be_read_is_told_beside_the_first() -> None:
    edges = PackingEdges(SlateClock())
    edges.serves = {"origin": "v1", "fra": "v1", "iad": "v1"}
    edges.becomes["fra"] = ["v1", "packed"]
    looks = await look_all(edges, SHOP, [PAGE], 5.0, twice=True)
    judged = judge((), looks)
    assert (Verdict.UNKNOWN, "fra answers in an encoding that cannot be read here (foo) · fresh at iad") == (
        judged.verdict,
        judged.why,
    )


class LiveEdges(ScriptedEdges):
    """Edges that give no copies, as far as they say, and no name to what they serve; "gone" is a page that is not."""

    says = Cached.MISS

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        answer = await super().fetch(url, place, address, asked)
        return replace(answer, headers=(), status=404) if answer.text == "gone" else replace(answer, headers=())

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        return replace(super().read(answer, by), etag="", version="", cached=self.says, says=self.says.upper())


def live(fra: Sequence[str], origin: Sequence[str] = ("new",), says: Cached = Cached.MISS) -> LiveEdges:
    edges = LiveEdges(SlateClock())
    edges.says = says
    edges.serves = {"origin": "new", "fra": "new", "iad": "new"}
    edges.becomes = {"fra": [*fra], "origin": [*origin]}
    return edges


OLD_BEFORE = Look("fra", PAGE, SlateClock().now() - 60, 200, digest="old")


@pytest.mark.parametrize("says", [Cached.MISS, Cached.UNKNOWN, Cached.UNCACHED])
@pytest.mark.parametrize("second", ["old", "gone"])
async def test_an_old_answer_counts_that_comes_second_and_says_that_it_is_no_copy(says: Cached, second: str) -> None:
    edges = live(["new", second], says=says)
    looks = await look_all(edges, SHOP, [PAGE], 5.0, before=[OLD_BEFORE], twice=True)
    mine = [look for look in looks if look.place == "fra" and not look.variant]
    judged = judge([OLD_BEFORE], [look for look in looks if not look.variant], Purged(OLD_BEFORE.at + 1))
    assert (2, Verdict.STALE, ("fra",)) == (len(mine), judged.verdict, judged.stale_at)


async def test_a_page_that_is_made_anew_for_each_request_stands_for_its_place_once() -> None:
    edges = live([f"made {n}" for n in range(9)], origin=[f"made {n}" for n in range(20, 29)])
    looks = await look_all(edges, SHOP, [PAGE], 5.0, twice=True)
    assert 1 == len([look for look in looks if look.place == "fra" and not look.variant])


class TwoServers(ScriptedEdges):
    """fra, behind which stand two servers that give one page in turn: a new copy, and one of fifteen minutes."""

    ages = (1, 900)
    says = Cached.HIT
    bodies = ("", "")
    given = 0

    def read(self, answer: Answer, by: ReadHeaders | None = None) -> Look:
        look = super().read(answer, by)
        if look.place != "fra" or look.variant:
            return look
        self.given += 1
        body = self.bodies[(self.given - 1) % 2]
        look = replace(look, digest=body, etag="", version="") if body else look
        return replace(look, cached=self.says, age=self.ages[(self.given - 1) % 2])


@pytest.mark.parametrize("says", [Cached.HIT, Cached.MISS, Cached.REVALIDATED, Cached.UNKNOWN])
async def test_of_two_servers_with_the_same_page_the_one_stands_that_a_purge_may_have_gone_by(says: Cached) -> None:
    edges = TwoServers(SlateClock())
    edges.says = says
    edges.serves = {"origin": "v2", "fra": "v2", "iad": "v2"}
    looks = [look for look in await look_all(edges, SHOP, [PAGE], 5.0, twice=True) if not look.variant]
    mine = [look for look in looks if look.place == "fra"]
    judged = judge((), looks, Purged(SlateClock().now() - 60))
    assert [(2, 900)] == [(look.answers, look.age) for look in mine]
    assert (Verdict.UNKNOWN, ("fra",)) == (judged.verdict, judged.unknown_at)


async def test_a_copy_that_the_first_answer_made_is_no_other_servers() -> None:
    edges = TwoServers(SlateClock())
    edges.ages = (5, 5)
    edges.serves = {"origin": "v2", "fra": "v2", "iad": "v2"}
    looks = [look for look in await look_all(edges, SHOP, [PAGE], 5.0, twice=True) if not look.variant]
    assert Verdict.FRESH is judge((), looks, Purged(SlateClock().now() - 60)).verdict


async def test_two_old_copies_that_are_told_by_the_same_words_are_told_once() -> None:
    edges = TwoServers(SlateClock())
    edges.ages = (900, 901)
    edges.serves = {"origin": "v2", "fra": "v1", "iad": "v2"}
    edges.bodies = ("one", "other")
    looks = [look for look in await look_all(edges, SHOP, [PAGE], 5.0, twice=True) if not look.variant]
    assert 1 == len([look for look in looks if look.place == "fra"])
    edges.ages = (900, 30)
    looks = [look for look in await look_all(edges, SHOP, [PAGE], 5.0, twice=True) if not look.variant]
    assert 2 == len([look for look in looks if look.place == "fra"])
