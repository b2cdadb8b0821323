"""Visitors who get another page than the origin gives them: an edge may ask with a header of its own, or mix visitors
up. What a purge took and the edge fetched again is no key that the purge went by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import Asked
from bot.domain.answers.devices import AS_EDGES_NAME_PHONES
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.variants import AS_A_PHONE, CHROME
from bot.domain.why import Case, Certainty, Glance, Name, Ours, Spot, diagnose
from bot.domain.why.own_headers import to_probe
from providers.contract import Cached
from tests.domain.why.why_cases import (
    SHOP,
    case,
    edge,
    glance,
    job,
    looked,
    origin,
    ours,
    shield,
)

HIT = Cached.HIT
LIKELY, SEEN = Certainty.LIKELY, Certainty.SEEN
MOBILE: Asked = (("X-Device", "mobile"),)
WITH_MOBILE = replace(SHOP, variants=({"X-Device": "mobile"},))
BY_AGENT = {"vary": "User-Agent"}
TOOK = ours(replace(job(300), looks=looked("new")))  # the origin was new already
GOT_ANOTHER = (
    "what phones get, since fra gave such a request another page than the origin does: an old one under a key of its"
    " own, or one that the edge asks the origin for with a header of its own, which cannot be seen"
)
GOT_MOBILE = (
    "what phones get, since fra gave such a request the page that the origin gives to `X-Device: mobile`: name that in"
    " the site's `variants`"
)


def page(
    place: str,
    content: str,
    asked: Asked = (),
    age: int | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Glance:
    """An answer that names no version: a `marker` is on the page of no device alone."""
    cached = Cached.UNKNOWN if place == ORIGIN else HIT
    return glance(place, content, cached, age, asked=asked, version="", status=status, headers=headers)


def phones(*got: Glance) -> Spot:
    return edge("fra", page("fra", "new", age=30), variants=got)


def at_origin(*more: Glance) -> Spot:
    plain = page(ORIGIN, "new")
    return origin(plain, plain, variants=[page(ORIGIN, "new", AS_A_PHONE), *more])


def phone(content: str = "small", age: int | None = 5, headers: dict[str, str] | None = None) -> tuple[Glance, Glance]:
    return (page("fra", content, AS_A_PHONE, age, headers=headers),) * 2


def test_another_page_for_phones_is_not_known_to_be_old() -> None:
    told = diagnose(case(phones(*phone()), at_origin()))
    assert (Name.NOTHING_OLD, LIKELY, (GOT_ANOTHER,)) == (told.cause.name, told.cause.certainty, told.unseen)


def test_a_phone_that_gets_the_origins_page_for_a_devices_header_gets_nothing_old() -> None:
    told = diagnose(case(phones(*phone()), at_origin(page(ORIGIN, "small", MOBILE))))
    assert (Name.NOTHING_OLD, LIKELY, (GOT_MOBILE,)) == (told.cause.name, told.cause.certainty, told.unseen)


def test_the_page_that_the_site_names_for_phones_is_new() -> None:
    made = case(phones(*phone()), at_origin(page(ORIGIN, "small", MOBILE)), site=WITH_MOBILE)
    told = diagnose(made)
    assert (Name.NOTHING_OLD, SEEN, ()) == (told.cause.name, told.cause.certainty, told.unseen)


WAS_OLD = replace(TOOK.job, before=looked("small", "fra"))
SHOWN_OLD = [
    pytest.param(case(phones(*phone(age=900)), at_origin(), purges=[TOOK]), id="older-than-the-purge"),
    pytest.param(case(phones(*phone(age=None)), at_origin(), purges=[ours(WAS_OLD)]), id="seen-before"),
    pytest.param(case(phones(*phone(headers=BY_AGENT)), at_origin()), id="named-by-vary"),
    pytest.param(
        case(
            phones(page("fra", "small", AS_A_PHONE, 5), page("fra", "small", AS_A_PHONE, 5)),
            origin(page(ORIGIN, "new"), page(ORIGIN, "new"), variants=[page(ORIGIN, "slim", AS_A_PHONE)]),
        ),
        id="the-origin-tells-phones-apart",
    ),
    pytest.param(case(phones(page("fra", "small", CHROME, 5), page("fra", "small", CHROME, 5)),
                      at_origin(page(ORIGIN, "new", CHROME))), id="only-packed-otherwise"),
]  # fmt: skip


@pytest.mark.parametrize("made", SHOWN_OLD)
def test_what_shows_that_it_is_old_is_blamed(made: Case) -> None:
    assert Name.VARIANT is diagnose(made).cause.name


def test_the_origin_is_asked_as_edges_ask_it_only_where_a_phone_alone_gets_something_else() -> None:
    assert AS_EDGES_NAME_PHONES == to_probe(case(phones(*phone()), at_origin()))
    assert AS_EDGES_NAME_PHONES[1:] == to_probe(case(phones(*phone()), at_origin(page(ORIGIN, "wide", MOBILE))))
    assert () == to_probe(case(phones(*phone("new")), at_origin()))
    assert () == to_probe(case(edge("fra", page("fra", "old"), variants=phone()), at_origin()))


def filled(asked: Asked = AS_A_PHONE, age: int = 100, purge: Ours = TOOK, content: str = "old") -> Case:
    """fra, of which a purge 300 s ago was taken: new to a plain visitor, and not to another."""
    got = (page("fra", content, asked, age, headers=BY_AGENT),) * 2
    return case(phones(*got), shield("new"), at_origin(page(ORIGIN, "new", asked)), purges=[purge])


def test_a_variant_that_was_purged_and_came_again_old_is_told_as_refilled() -> None:
    cause = diagnose(filled(CHROME)).cause
    assert (Name.REFILLED, LIKELY) == (cause.name, cause.certainty)
    assert cause.what == (
        "fra was purged by P-1 and filled again: for a plain visitor with the new page, and for who sends"
        " `Accept-Encoding: gzip, deflate, br, zstd` with the old one from a cache further in, such as a shield."
    )
    assert (
        'fra: plain: 200 HIT, 30 s old, ETag "new"',
        'fra: Accept-Encoding: gzip, deflate, br, zstd: 200 HIT, 100 s old, ETag "old"; the purge was 5 min ago',
    ) == cause.evidence
    assert "Accept-Encoding: gzip, deflate, br, zstd" in cause.repeat
    assert cause.cure is not None and "Purge from the inside out" == cause.cure.label


def test_a_phones_page_that_came_again_may_be_another_page() -> None:
    what = diagnose(filled()).cause.what
    assert what.endswith(
        " Or that is no old page: an edge that asks the origin with a header of its own gets another one."
    )


def test_a_phones_page_that_plain_visitors_had_before_is_old() -> None:
    before = ours(replace(TOOK.job, before=looked("old", "fra")))
    assert "no old page" not in diagnose(filled(purge=before)).cause.what


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(filled(age=900), id="from-before-the-purge"),
        pytest.param(filled(purge=ours(job(300))), id="nobody-knows-whether-the-origin-was-new"),
        pytest.param(filled(purge=ours(replace(TOOK.job, looks=looked("before")))), id="the-origin-changed-since"),
    ],
)
def test_a_variant_that_no_purge_emptied_is_not_told_as_refilled(made: Case) -> None:
    assert Name.VARIANT is diagnose(made).cause.name


def mixed(age: int | None = 5, purge: Ours | None = None) -> Case:
    got = page("fra", "small", (), age)
    spots = [edge("fra", got, phone=False), at_origin(page(ORIGIN, "small", MOBILE))]
    return case(*spots, site=WITH_MOBILE, purges=[purge] if purge else [])


def test_plain_visitors_who_get_a_phones_page_are_mixed_up_and_get_nothing_old() -> None:
    told = diagnose(mixed())
    cause = told.cause
    assert (Name.MIXED_UP, SEEN) == (cause.name, cause.certainty)
    assert cause.what == (
        "fra gives plain visitors the page that the origin gives to `X-Device: mobile`: one copy is kept for both, and"
        " whoever comes first decides what all get. Or it is a copy from when the origin gave both the same."
    )
    assert (
        'fra: plain: 200 HIT, 5 s old, ETag "small"',
        'origin: plain: 200, ETag "new"',
        'origin: X-Device: mobile: 200, ETag "small"',
    ) == cause.evidence
    assert cause.cure is not None and cause.cure.says.startswith(
        "Have the cache's key hold X-Device, or the origin say"
    )


def test_a_mixed_up_copy_from_after_the_purge_is_no_old_one() -> None:
    assert diagnose(mixed(100, TOOK)).cause.what.endswith("decides what all get.")
    assert diagnose(mixed(900, TOOK)).cause.what.endswith("from when the origin gave both the same.")


def test_an_error_kept_for_others_is_called_that() -> None:
    got = (page("fra", "busy", CHROME, 900, status=503, headers={"vary": "Accept-Encoding"}),) * 2
    cause = diagnose(case(phones(*got), at_origin(page(ORIGIN, "new", CHROME)))).cause
    assert "the new page to a plain visitor, and a kept 503 to a visitor who sends `Accept-Encoding:" in cause.what
    assert "503 HIT, 15 min old, ETag" in cause.evidence[1] and ", its 503 both times" in cause.evidence[1]


def test_the_origins_answer_stands_beside_the_same_request() -> None:
    got = [page("fra", content, CHROME, 5) for content in ("old", "new", "old", "new")]
    named = glance(ORIGIN, "new", asked=CHROME, version="", etag='"packed"')
    evidence = diagnose(case(phones(*got), at_origin(named))).cause.evidence
    assert 'origin: 200, ETag "packed"' == evidence[-1]
