"""Places that only the provider can ask: an old one is told, and one of which nothing is known leaves a doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.own_places import SEVERAL
from bot.domain.why import Case, Certainty, Name, Reading, Spot, Tier, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import URL, case, glance, job, looked, new, old, origin, ours

RIGHT = (new(), new("iad"), origin())
SAME_THEN = replace(job(), looks=looked("new"))


def pop(name: str, content: str = "new", **more: str) -> Spot:
    """A place of the provider's own, without a body."""
    place = f"Fastly {name}"
    seen = glance(place, content, Cached.HIT, 900, digest="", version="")
    return Spot(place, Tier.EDGE, (replace(seen, look=replace(seen.look, **more)),))  # type: ignore[arg-type]


def with_pops(made: Case, *pops: Spot, unasked: str = "") -> Case:
    return replace(made, elsewhere=pops, elsewhere_unasked=unasked)


def test_an_old_place_of_the_providers_is_told_and_nothing_is_called_right() -> None:
    told = diagnose(with_pops(case(*RIGHT), pop("ZZ", "old"), pop("FRA")))
    assert (Name.DISAGREE, Certainty.SEEN) == (told.cause.name, told.cause.certainty)
    unpurged = "nothing here has purged the page since it changed"
    assert f"Places disagree, and {unpurged}: old at Fastly ZZ, fresh at fra and iad." == told.cause.what
    assert 'Fastly ZZ: 200 HIT, 15 min old, ETag "old"' == told.cause.evidence[0]
    assert f"purgebot check {URL}" == told.cause.repeat
    assert told.cause.cure is not None
    assert URL == told.cause.cure.line
    assert ('Fastly ZZ: HIT, 15 min old, ETag "old" · old', 'Fastly FRA: HIT, 15 min old, ETag "new" · fresh') == (
        told.way[-4:-2]
    )


@pytest.mark.parametrize(
    ("since", "line"),
    [pytest.param(20, f"check {URL}", id="just-now"), pytest.param(600, "prefix www.shop.test/pricing", id="long-ago")],
)
def test_after_a_purge_of_ours_it_waits_and_then_reaches_further(since: float, line: str) -> None:
    last = replace(job(since), looks=looked("new"))
    told = diagnose(with_pops(case(*RIGHT, purges=(ours(last),)), pop("ZZ", "old"))).cause
    assert told.cure is not None
    assert (Name.DISAGREE, line) == (told.name, told.cure.line)
    assert f"after P-{last.id}: old at Fastly ZZ" in told.what


def test_browsers_are_not_blamed_while_a_place_is_old() -> None:
    was_old = replace(SAME_THEN, before=looked("old", "fra"), proven=job().purged)
    told = diagnose(with_pops(case(*RIGHT, purges=(ours(was_old),)), pop("ZZ", "old")))
    assert [Name.DISAGREE] == [told.cause.name, *(also.name for also in told.also)]


def test_where_an_edge_is_old_that_comes_first() -> None:
    told = diagnose(with_pops(case(old(), new("iad"), origin()), pop("ZZ", "old"))).cause
    assert "fra" in told.what
    assert "ZZ" not in told.what


def test_old_by_its_bytes_alone_is_no_more_than_likely() -> None:
    bare = glance("fra", "new", Cached.HIT, 9, etag="", version="")
    at_origin = glance("origin", "new", etag="", version="")
    hashed = replace(at_origin, look=replace(at_origin.look, md5="a" * 32))
    spots = (Spot("fra", Tier.EDGE, (bare, bare)), Spot("origin", Tier.ORIGIN, (hashed, hashed)))
    told = diagnose(with_pops(case(*spots), pop("ZZ", "old", etag="", md5="b" * 32))).cause
    assert (Name.DISAGREE, Certainty.LIKELY) == (told.name, told.certainty)


def test_a_place_of_which_nothing_is_known_is_told() -> None:
    told = diagnose(with_pops(case(*RIGHT), pop("SIN", doubt=SEVERAL)))
    assert (Name.NOTHING_OLD, Certainty.LIKELY) == (told.cause.name, told.cause.certainty)
    assert (f"whether Fastly SIN is old, since it {SEVERAL}") == told.unseen[0]


def test_several_are_told_in_one_line() -> None:
    told = diagnose(with_pops(case(*RIGHT), pop("SIN", doubt=SEVERAL), pop("GRU", doubt=SEVERAL)))
    assert f"whether Fastly SIN, Fastly GRU are old, since they {SEVERAL.replace('serves', 'serve')}" == told.unseen[0]


def test_that_the_provider_was_not_asked_is_told() -> None:
    told = diagnose(with_pops(case(*RIGHT), unasked="Fastly's own places could not be asked: no answer within 8 s"))
    expected = "what other places hold: Fastly's own places could not be asked: no answer within 8 s"
    assert (Certainty.LIKELY, expected) == (told.cause.certainty, told.unseen[0])


def test_places_that_are_right_are_told_beside_the_edges() -> None:
    told = diagnose(with_pops(case(*RIGHT), *(pop(f"P{n}") for n in range(80)))).cause
    assert Name.NOTHING_OLD is told.name
    assert "Fastly P0, Fastly P1, Fastly P2, 77 more: the same as the origin, as the provider tells" in told.evidence


def test_the_way_does_not_tell_a_place_twice() -> None:
    at_fra = glance("fra", "new", Cached.HIT, 9)
    edge = Spot("fra", Tier.EDGE, (replace(at_fra, look=replace(at_fra.look, seen_at="FRA")),) * 2)
    told = diagnose(with_pops(case(edge, origin()), pop("FRA"), pop("GRU")))
    assert ["fra", "Fastly GRU"] == [hop.partition(":")[0] for hop in told.way[:2]]


def test_what_rests_on_jobs_that_were_not_all_read_is_not_seen() -> None:
    told = diagnose(with_pops(replace(case(*RIGHT), reading=Reading(30, is_cut=True)), pop("ZZ", "old"))).cause
    assert (Certainty.LIKELY, True) == (told.certainty, "in the last 30 jobs" in told.what)
