"""The picture of a check: drawn where a table alone says less, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.proof.verdict import Look, Verdict, judge
from bot.services.replies import Checked
from bot.slack.cards.checked_table import shortened
from bot.slack.strip import PAGE_MAX, Strip, alt_of, draw_strip, head, strip_of
from tests.slack.cases import SHOP

PAGE, FRONT = "https://www.shop.test/pricing", "https://www.shop.test/"
FRESH, OLD, SILENT = Verdict.FRESH, Verdict.STALE, Verdict.UNKNOWN


def look(place: str, version: str = "b7", url: str = PAGE, problem: str = "") -> Look:
    return Look(place, url, 0.0, 0 if problem else 200, digest=version, version=version, problem=problem)


def checked(looks: Sequence[Look], *urls: str) -> Checked:
    origins = [look("origin", url=url) for url in urls]
    return Checked(SHOP, urls, [*looks, *origins], judge((), [*looks, *origins]))


SIX = ("ams", "fra", "iad", "lhr", "sin", "syd")


@pytest.mark.parametrize(
    ("places", "urls", "is_drawn"),
    [(SIX, (PAGE,), True), (SIX[:5], (PAGE,), False), (("fra",), (PAGE, FRONT), True), ((), (PAGE, FRONT), False)],
    ids=["six places", "five places", "two pages", "nobody looked"],
)
def test_it_is_drawn_where_it_says_more(places: Sequence[str], urls: Sequence[str], is_drawn: bool) -> None:
    looks = [look(place, "a1", url=url) for place in places for url in urls]
    assert is_drawn == (strip_of(checked(looks, *urls)) is not None)


def test_nothing_is_drawn_where_all_is_fresh() -> None:
    assert strip_of(checked([look(place) for place in SIX], PAGE)) is None


def test_a_long_path_keeps_its_end_and_two_probes_of_one_city_their_heads() -> None:
    long = f"www.shop.test/catalog/{'x' * 60}/autumn/boots/42.html"
    assert "www.shop.test/…/boots/42.html" == shortened(long, PAGE_MAX)
    probes = ("Warsaw, PL (AS5617)", "Warsaw, PL (AS12741)")
    assert ["Warsaw, PL\n(AS5617)", "Warsaw, PL\n(AS12741)"] == [head(probe) for probe in probes]


def test_each_cell_is_what_a_place_serves_of_a_page() -> None:
    looks = [look("fra"), look("sin", "a1"), look("iad", problem="connection refused"), look("fra", url=FRONT)]
    expected = Strip(
        ("www.shop.test/pricing", "www.shop.test/"),
        ("fra", "sin", "iad"),
        ((FRESH, OLD, SILENT), (FRESH, None, None)),
    )
    strip = strip_of(checked(looks, PAGE, FRONT))
    assert expected == strip
    assert (
        "old: www.shop.test/pricing at sin. not known: www.shop.test/pricing at iad."
        " fresh: www.shop.test/pricing at fra; www.shop.test/ at fra."
    ) == alt_of(expected)


def test_caches_further_in_and_data_centres_are_named_as_in_the_table() -> None:
    probe = replace(look("Madrid, ES", "a1"), country="ES", seen_at="MAD", also_at=("LIS",))
    seen = checked([replace(look("fra"), seen_at="FRA"), probe, look("fra", url=FRONT)], PAGE, FRONT)
    strip = strip_of(replace(seen, inner=(look("Varnish", "a1"),)))
    assert strip is not None
    assert ("fra", "Madrid, ES at MAD and LIS", "Varnish (further in)") == strip.places
    assert ((FRESH, OLD, OLD), (FRESH, None, None)) == strip.cells
    assert "old: www.shop.test/pricing at Madrid, ES at MAD and LIS, Varnish (further in)." in alt_of(strip)


def test_an_old_cache_further_in_is_drawn_beside_fresh_edges() -> None:
    fresh = checked([look("fra"), look("fra", url=FRONT)], PAGE, FRONT)
    assert strip_of(fresh) is None
    assert strip_of(replace(fresh, inner=(look("Varnish", "a1"),))) is not None


def test_the_one_old_page_of_many_is_drawn_and_what_is_not_is_counted() -> None:
    urls = [f"https://www.shop.test/{n}" for n in range(22)]
    looks = [*(look("fra", url=url) for url in urls[:-1]), look("fra", "a1", url=urls[-1])]
    strip = strip_of(checked(looks, *urls))
    assert strip is not None
    assert ("www.shop.test/21", (OLD,)) == (strip.pages[0], strip.cells[0])
    assert "and 2 more pages, all fresh" == strip.left_out
    assert alt_of(strip).endswith(" and 2 more pages, all fresh.")


def test_a_page_that_is_old_in_a_variant_alone_is_drawn_old() -> None:
    phone = [replace(one, variant="X: phone") for one in (look("fra", "a1"), look("origin"))]
    strip = strip_of(checked([look("fra"), look("fra", url=FRONT), *phone], PAGE, FRONT))
    assert strip is not None
    assert ((OLD,), (FRESH,)) == strip.cells


def test_of_many_places_the_old_one_is_drawn() -> None:
    places = [f"p{n}" for n in range(14)]
    strip = strip_of(checked([*(look(place) for place in places[:-1]), look("p13", "a1")], PAGE))
    assert strip is not None
    assert ("p13", "p0", "and 2 more places, all fresh") == (*strip.places[:2], strip.left_out)


def test_a_picture_of_words_that_no_font_has_is_drawn() -> None:
    assert draw_strip(
        Strip(("$ \u4e2d\n" * 40,), ("\U0001f600",), ((None,),), "and 2 more pages, all fresh")
    ).startswith(b"\x89PNG")
