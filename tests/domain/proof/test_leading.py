"""Where DNS leads beside the edges, and what that leaves of a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.proof.leading import Led, led_by
from bot.domain.proof.verdict import Judgement, Verdict
from bot.domain.why import Resolved

HOST = "www.shop.test"
EDGES = {"203.0.113.7", "203.0.113.9", "edge.cdn.test"}


def one(*addresses: str, chain: Sequence[str] = (), problem: str = "") -> Resolved:
    return Resolved("9.9.9.9", tuple(chain), addresses, 300, problem)


OLD_END = f"DNS leads some visitors of {HOST} to shop-7.kxcdn.com, where nobody looks: `why` tells more"
SAID = {
    "nobody was asked": ([], Led()),
    "to an edge": ([one("203.0.113.7")], Led()),
    "to the edges": ([one("203.0.113.7", "203.0.113.9"), one("203.0.113.9")], Led()),
    "to an edge by its name": ([one("198.51.100.1", chain=["edge.cdn.test"])], Led()),
    "no answer": ([one(problem="there is no www.shop.test")], Led()),
    "elsewhere": ([one("198.51.100.1")], Led(through_dns=True)),
    "to an edge, and elsewhere": ([one("203.0.113.7", "198.51.100.1")], Led(through_dns=True)),
    "elsewhere, by region": (
        [one("198.51.100.1", chain=["a.fastly.net"]), one("198.51.100.2", chain=["b.fastly.net"])],
        Led(through_dns=True),
    ),
    "to one end by two names": (
        [one("198.51.100.1", chain=["a.lb.test"]), one("198.51.100.1", chain=["b.lb.test"])], Led(through_dns=True),
    ),
    "to an old end, by one of two": (
        [one("203.0.113.7", chain=["shop.cdn.cloudflare.net"]), one("198.51.100.1", chain=["shop-7.kxcdn.com"])],
        Led(unseen=OLD_END),
    ),
    "to an address that is private": (
        [one("10.0.0.5")],
        Led(note=f"DNS leads {HOST} to 10.0.0.5 too, which is not looked at: it is private"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_where_dns_leads(said: list[Resolved], expected: Led) -> None:
    assert expected == led_by({HOST: said}, EDGES)


FRESH = Judgement(Verdict.FRESH, "and more", ("fra",))
STALE = Judgement(Verdict.STALE, "old at fra", stale_at=("fra",), worth_another=True)
BESIDE = {
    "nothing": (Led(), FRESH, FRESH),
    "fresh, and some are led to an old end": (
        Led(unseen="there"), FRESH, Judgement(Verdict.UNKNOWN, "there · fresh at fra · and more", ("fra",)),
    ),
    "old, and some are led to an old end": (
        Led(unseen="there"), STALE, replace(STALE, why="old at fra · there"),
    ),
    "fresh, and an address that is not dialled": (
        Led(note="not there"), FRESH, Judgement(Verdict.FRESH, "and more · not there", ("fra",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("led", "judgement", "expected"), BESIDE.values(), ids=BESIDE)
def test_what_that_leaves_of_a_verdict(led: Led, judgement: Judgement, expected: Judgement) -> None:
    assert expected == led.beside(judgement)
