"""How long looks may take together, and what is said of those that did not come."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.answers.excess import BUSY, Excess
from bot.domain.proof.verdict import judge
from bot.domain.site import Site
from bot.services.looks.checks import look_all
from bot.services.looks.patience import IN_TIME, Patience
from tests.services.shop import ScriptedEdges
from tests.slate import SlateClock

URL = "https://www.shop.test/"


class Busy(ScriptedEdges):
    """What is looked at comes after `seconds`, and this machine is behind for `share` of the time."""

    def __init__(self, seconds: float, share: float = 1.0) -> None:
        super().__init__(SlateClock())
        self._seconds, self._share = seconds, share

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        await asyncio.sleep(self._seconds)
        return await super().fetch(url, place, address, asked)

    def held(self) -> float:
        return self._share * asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("share", "more", "comes"),
    [(1.0, 1.0, True), (1.0, 0.0, False), (1.0, 0.01, False), (0.1, 1.0, False)],
    ids=["this machine is behind", "and may not take longer", "and not for so long", "somebody else is late"],
)
async def test_what_this_machine_is_behind_with_is_waited_for(share: float, more: float, comes: bool) -> None:
    patience = Patience(Busy(0.2, share), 0.05, more)
    come = await patience.of(asyncio.sleep(0.2, "page"))
    assert ("page" if comes else None) == come


async def test_it_lasts_as_long_as_is_wanted_from_then_on() -> None:
    patience = Patience(Busy(0.0, 0.0), 0.01)
    patience.at_least(5.0)
    assert "page" == await patience.of(asyncio.sleep(0.05, "page"))


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, (BUSY, Excess.OTHERS)), (0.1, (IN_TIME, None))], ids=["behind", "not behind"]
)
async def test_what_did_not_come_is_put_down_to_whoever_was_late(
    share: float, expected: tuple[str, Excess | None]
) -> None:
    patience = Patience(Busy(0.0, share), 0.05)
    assert (None, expected) == (await patience.of(asyncio.sleep(9.0, "page")), patience.blame())


async def test_of_what_was_not_read_no_place_is_said_to_be_silent() -> None:
    site = Site("shop", ("www.shop.test",), ("https",), "https://192.0.2.1", edges={"fra": "", "iad": ""})
    looks = await look_all(Busy(9.0), site, [URL], 0.05)
    judged = judge((), looks)
    assert {(place, BUSY) for place in ("fra", "iad", "origin")} == {(look.place, look.problem) for look in looks}
    assert ("fra, iad were not read in time: purgebot was busy with other answers", True) == (
        judged.why, judged.worth_another
    )  # fmt: skip
