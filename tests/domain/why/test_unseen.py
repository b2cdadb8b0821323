"""What a diagnosis does not know of other visitors is said, and makes it less sure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.proof.look import ORIGIN
from bot.domain.proof.variants import AS_A_PHONE, ENCODINGS, OVER_HTTP, VARIANTS_MAX
from bot.domain.site import Site
from bot.domain.why import Case, Certainty, Glance, Name, Spot, diagnose
from bot.domain.why.asking import to_ask
from providers.contract import Cached
from tests.domain.why.test_why import WAS_OLD
from tests.domain.why.why_cases import SHOP, URL, case, edge, glance, new, old, origin, ours

HIT = Cached.HIT
SEEN, LIKELY, POSSIBLE = Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE
FRESH = glance("fra", "new", HIT, 30)
RECENT = origin(changed=30)  # so that browsers may still have what was there before


REFUSED = glance("fra", "wall", status=403, asked=AS_A_PHONE)
SENT_ON = glance("fra", "on", status=302, headers={"location": "https://m.shop.test/"}, asked=AS_A_PHONE)
SILENT = glance("fra", problem="no answer within 8.5 s", asked=AS_A_PHONE)
ERROR = glance("fra", "busy", status=503, asked=AS_A_PHONE)
WHY = [
    pytest.param(
        edge("fra", FRESH, variants=[REFUSED]),
        "what phones get, since fra answered such a request with 403",
        id="refused",
    ),
    pytest.param(
        edge("fra", FRESH, variants=[SENT_ON]),
        "what phones get, since fra answered such a request with 302, to https://m.shop.test/, which was not looked at",
        id="sent-elsewhere",
    ),
    pytest.param(
        edge("fra", FRESH, variants=[SILENT]),
        "what phones get, since fra gave such a request no answer (no answer within 8.5 s)",
        id="no-answer",
    ),
    pytest.param(
        edge("fra", FRESH, variants=[ERROR]),
        "what phones get, since fra answered such a request with 503",
        id="an-error",
    ),
    pytest.param(
        edge("fra", FRESH, phone=False), "what phones get, since nobody was asked as one", id="nobody-asked-as-one"
    ),
]


@pytest.mark.parametrize(("spot", "words"), WHY)
def test_only_browsers_is_no_more_than_possible_where_no_phone_was_seen(spot: Spot, words: str) -> None:
    told = diagnose(case(spot, RECENT, purges=[ours(WAS_OLD)]))
    assert (Name.BROWSERS, POSSIBLE) == (told.cause.name, told.cause.certainty)
    assert (words,) == told.unseen


@pytest.mark.parametrize(("spot", "words"), WHY)
def test_nothing_old_is_only_likely_where_no_phone_was_seen(spot: Spot, words: str) -> None:
    told = diagnose(case(spot))
    assert (Name.NOTHING_OLD, LIKELY) == (told.cause.name, told.cause.certainty)
    assert (words,) == told.unseen


def test_a_cache_that_gives_phones_the_page_of_all_has_nothing_old() -> None:
    told = diagnose(case(new(), origin(variants=[glance(ORIGIN, "small", asked=AS_A_PHONE)])))
    assert (Name.NOTHING_OLD, LIKELY) == (told.cause.name, told.cause.certainty)
    assert (
        "what phones get, since fra gave such a request the page of plain visitors, and the origin gives another",
    ) == told.unseen


def test_a_phone_that_gets_the_same_leaves_nothing_unknown() -> None:
    told = diagnose(case(new(), RECENT, purges=[ours(WAS_OLD)]))
    assert (Name.BROWSERS, LIKELY, ()) == (told.cause.name, told.cause.certainty, told.unseen)


def test_a_phone_that_was_answered_when_asked_again_is_seen() -> None:
    twice = [REFUSED, replace_content(REFUSED)]
    assert () == diagnose(case(edge("fra", FRESH, variants=twice))).unseen


def replace_content(refused: Glance) -> Glance:
    """The page, to the same request."""
    return glance("fra", "new", HIT, 30, asked=refused.answer.asked)


def test_places_that_refuse_phones_alike_are_told_in_one() -> None:
    iad = replace(REFUSED, answer=replace(REFUSED.answer, place="iad"), look=replace(REFUSED.look, place="iad"))
    made = case(edge("fra", FRESH, variants=[REFUSED]), edge("iad", glance("iad", "new", HIT, 30), variants=[iad]))
    assert ("what phones get, since fra and iad answered such a request with 403",) == diagnose(made).unseen


def test_where_a_page_is_old_a_refused_phone_is_no_news() -> None:
    assert () == diagnose(case(edge("fra", glance("fra", "old", HIT, 9000), variants=[REFUSED]))).unseen


def varying(fields: str, site: Site = SHOP, *, at_origin: bool = False) -> Case:
    """A page that is fresh, and varies."""
    says = {"vary": fields}
    seen = glance("fra", "new", HIT, 30, headers={} if at_origin else says)
    return case(edge("fra", seen), origin(glance(ORIGIN, "new", headers=says if at_origin else {})), site=site)


VARIES = [
    pytest.param(
        varying("X-Device"),
        LIKELY,
        ("what visitors get who send another X-Device, since it says `Vary: X-Device`, and nobody was asked so",),
        id="a-header-of-the-sites",
    ),
    pytest.param(
        varying("X-Device", at_origin=True),
        LIKELY,
        ("what visitors get who send another X-Device, since it says `Vary: X-Device`, and nobody was asked so",),
        id="named-by-the-origin-alone",
    ),
    pytest.param(
        varying("Cookie, X-Device, Accept-Encoding"),
        LIKELY,
        (
            "what visitors get who send another Cookie or X-Device, since it says `Vary: Cookie, X-Device`, and nobody"
            " was asked so",
        ),
        id="cookies-too",
    ),
    pytest.param(
        varying("X-Device", replace(SHOP, variants=({"X-Device": "tv"},))), SEEN, (), id="one-that-the-site-names"
    ),
    pytest.param(
        varying("*"),
        LIKELY,
        ("what other requests get, since it says `Vary: *`, and few were made",),
        id="anything",
    ),
    pytest.param(
        varying("User-Agent"),
        LIKELY,
        ("what other devices get than a plain visitor and an iPhone, since it says `Vary: User-Agent`",),
        id="further-devices",
    ),
    pytest.param(varying("Accept-Encoding"), SEEN, (), id="encodings-which-are-all-asked"),
    pytest.param(
        varying("A-1`, B, C, D, E"),
        LIKELY,
        (
            "what visitors get who send another A-1 or B, since it says `Vary: A-1, B, C, D, …`, and nobody was asked"
            " so",
        ),
        id="many",
    ),
]


@pytest.mark.parametrize(("made", "certainty", "unseen"), VARIES)
def test_what_vary_names_and_nobody_asked_is_said(made: Case, certainty: Certainty, unseen: tuple[str, ...]) -> None:
    told = diagnose(made)
    assert (Name.NOTHING_OLD, certainty, unseen) == (told.cause.name, told.cause.certainty, told.unseen)


def test_further_languages_are_said_where_one_was_asked() -> None:
    german: Asked = (("Accept-Language", "de"),)
    seen = glance("fra", "new", HIT, 30, headers={"vary": "Accept-Language"})
    page = edge("fra", seen, variants=[glance("fra", "new", HIT, 30, asked=german)])
    told = diagnose(case(page, origin(variants=[glance(ORIGIN, "new", asked=german)])))
    assert ("what visitors of other languages than `de` get, since it says `Vary: Accept-Language`",) == told.unseen


def test_it_is_said_where_the_page_is_old_too() -> None:
    told = diagnose(case(old(headers={"vary": "Cookie"})))
    assert (Name.NOT_PURGED, SEEN) == (told.cause.name, told.cause.certainty)
    assert (
        "what visitors get who send another Cookie, since it says `Vary: Cookie`, and nobody was asked so",
    ) == told.unseen


def test_nothing_is_said_where_no_edge_answered() -> None:
    assert () == diagnose(case(edge("fra", glance("fra", problem="connection refused")))).unseen


ASKS = [
    pytest.param((), "", (*ENCODINGS, AS_A_PHONE), id="whatever-it-says"),
    pytest.param((), "User-Agent", (AS_A_PHONE, *ENCODINGS), id="once-where-it-varies-by-device"),
    pytest.param(
        ({"User-Agent": "TV"},), "", ((("User-Agent", "TV"),), *ENCODINGS), id="not-beside-a-device-of-the-sites-own"
    ),
]


@pytest.mark.parametrize(("variants", "vary", "asked"), ASKS)
def test_a_phone_is_asked_for_once(variants: tuple[dict[str, str], ...], vary: str, asked: tuple[Asked, ...]) -> None:
    answer = Answer(URL, "fra", 0.0, 200, (("vary", vary),) if vary else (), asked=PLAIN)
    assert asked == to_ask(replace(SHOP, variants=variants), answer)


def test_the_encodings_take_no_room_from_what_the_site_and_vary_name() -> None:
    variants = tuple({"X-Country": name} for name in ("de", "fr", "it", "es", "pl", "nl"))
    answer = Answer(URL, "fra", 0.0, 200, (("vary", "Accept-Encoding, Accept-Language, Origin"),), asked=PLAIN)
    asked = to_ask(replace(SHOP, variants=variants), answer)
    named = [one[0][0] for one in asked if one not in ENCODINGS and one != AS_A_PHONE]
    assert [*["X-Country"] * 6, "Accept-Language", "Origin"] == named
    assert (VARIANTS_MAX, VARIANTS_MAX + len(ENCODINGS) + 1) == (len(named), len(asked))


def test_over_http_the_encodings_of_its_browsers_are_asked_too() -> None:
    answer = Answer("http://www.shop.test/a", "fra", 0.0, 200, (), asked=PLAIN)
    assert OVER_HTTP in to_ask(SHOP, answer)


def test_an_encoding_without_an_answer_is_told_as_not_known() -> None:
    silent = glance("fra", problem="no answer within 8.5 s", asked=ENCODINGS[0])
    told = diagnose(case(edge("fra", glance("fra", "new", HIT, 30), variants=[silent])))
    assert (Name.NOTHING_OLD, LIKELY) == (told.cause.name, told.cause.certainty)
    assert (
        "what visitors with `Accept-Encoding: identity` get, since fra gave such a request no answer (no answer within"
        " 8.5 s)",
    ) == told.unseen
