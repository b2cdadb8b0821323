"""Which hosts become one site, and which are left out for want of proof."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.beginning.grouping import grouped
from bot.beginning.looking import Sight
from bot.domain.answers.recognise import Certainty, Found


def found(*words: str) -> tuple[Found, ...]:
    """`fastly` is certain, `nginx?` is likely."""
    return tuple(
        Found(word.rstrip("?"), word.title(), word.rstrip("?"), _sure(word), (f"{word}: said so",)) for word in words
    )


def _sure(word: str) -> Certainty:
    return Certainty.LIKELY if word.endswith("?") else Certainty.CERTAIN


def sight(host: str, *words: str) -> Sight:
    return Sight(host, status=200, found=found(*words))


A = sight("a.test", "cloudflare")
DEAD = Sight("dead.test", problem="the name does not exist")
STRANGER = Sight("stranger.test", status=409, turned_away="Cloudflare")
Rows = tuple[Sequence[Sight], Sequence[str], list[list[str]], list[str]]
CASES: dict[str, Rows] = {
    "the same CDN is one site": ([A, sight("b.test", "cloudflare")], ["cloudflare"], [["a.test", "b.test"]], []),
    "another CDN is another site": (
        [A, sight("b.test", "fastly"), sight("c.test", "cloudflare"), sight("d.test", "fastly")],
        ["cloudflare"], [["a.test", "c.test"], ["b.test", "d.test"]], [],
    ),
    "a cache further in counts too": (
        [A, sight("b.test", "varnish", "cloudflare")], ["cloudflare"], [["a.test"], ["b.test"]], [],
    ),
    "what anybody may write, and comes and goes, parts nobody": (
        [A, sight("b.test", "unnamed?", "nginx?", "cloudflare")], ["cloudflare"], [["a.test", "b.test"]], [],
    ),
    "a CDN that is only likely is another one": (
        [A, sight("b.test", "googlecdn?")], ["cloudflare"], [["a.test"], ["b.test"]], [],
    ),
    "who did not answer is left out": ([A, DEAD], ["cloudflare"], [["a.test"]], ["dead.test"]),
    "who is not known there is left out": ([A, STRANGER], ["cloudflare"], [["a.test"]], ["stranger.test"]),
    "who shows no cache is left out": ([A, sight("b.test")], ["cloudflare"], [["a.test"]], ["b.test"]),
    "where nothing at all was seen, what was named counts": (
        [DEAD, sight("b.test"), sight("c.test", "nginx?")], ["nginx"], [["dead.test", "b.test", "c.test"]], [],
    ),
    "what was named does not count against a mark": (
        [DEAD, sight("b.test", "fastly")], ["nginx"], [["dead.test"], ["b.test"]], [],
    ),
    "what was named does not count where the host is not known": (
        [DEAD, STRANGER], ["nginx"], [["dead.test"]], ["stranger.test"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sights", "named", "sites", "left_out"), CASES.values(), ids=CASES)
def test_hosts_are_grouped_by_what_is_proven(
    sights: Sequence[Sight], named: Sequence[str], sites: list[list[str]], left_out: list[str]
) -> None:
    groups = grouped(sights, named)
    assert sites == [[one.host for one in group] for group in (groups.first, *groups.others)]
    assert left_out == [one.host for one in groups.left_out]


WHYS = {
    "no answer": (DEAD, "it did not answer: the name does not exist"),
    "a host that is not known": (STRANGER, "it answered 409, as Cloudflare does for a host that it does not know"),
    "no mark": (sight("b.test"), "it answered, and no cache is recognised there"),
}


@pytest.mark.parametrize(("one", "why"), WHYS.values(), ids=WHYS)
def test_each_that_is_left_out_has_its_reason(one: Sight, why: str) -> None:
    assert [why] == [left.why for left in grouped([A, one], ["cloudflare"]).left_out]
