"""What is said of a warming: what is warm where, what is not and why, how far it is, and what cannot be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.jobs.job import RESTORED, State
from bot.domain.jobs.timeline import Entry, Moment
from bot.domain.jobs.warming import Copy, Warming, Warmth
from bot.domain.proof.verdict import Verdict
from bot.services.replies import JobsListed, Warmed
from bot.slack.answers import card_for
from bot.slack.cards.history import moment_line
from bot.slack.cards.request import request_card
from bot.slack.cards.root import root_card
from bot.slack.cards.warm import ELSEWHERE, ONLY_DNS, SIGNED_IN, foreseen_line, warm_card, warm_lines
from bot.slack.plain import plain
from tests.slack.cases import ALL as ALL_OF_IT
from tests.slack.cases import DONE

A, B, C = (f"https://www.shop.test/{path}" for path in "abc")
PLACES = ("fra", "iad", "sin")
HIT = (Warmth.KEPT, "HIT")
ALL = (HIT, HIT, HIT)
FOO = "in an encoding that cannot be read here (foo)"


def copies(url: str, *found: tuple[Warmth, str]) -> list[Copy]:
    return [Copy(url, place, warmth, says) for place, (warmth, says) in zip(PLACES, found, strict=True)]


def by_place(*pages: Sequence[Copy]) -> tuple[Copy, ...]:
    """The copies of several pages, a place after the other."""
    return tuple(copy for place in zip(*pages, strict=True) for copy in place)


def warming(urls: Sequence[str], found: Sequence[Copy]) -> Warming:
    return Warming("shop", "U_MIA", tuple(urls), PLACES, 0.0, id=3, found=tuple(found), requests=12, ended=9.0)


ONE = warming([A], copies(A, HIT, HIT, HIT))
TOLD: dict[str, tuple[Warming, list[str]]] = {
    "warm at all": (
        ONE,
        [f"🟢 W-3 warm at fra, iad, sin · {A}", "warm at fra, iad, sin (HIT on the second request)"],
    ),
    "kept before": (
        warming([A], copies(A, *[(Warmth.ALREADY, "HIT")] * 3)),
        [f"🟢 W-3 warm at fra, iad, sin · {A}", "warm at fra, iad, sin (HIT on the first request)"],
    ),
    "not kept at one": (
        warming([A], copies(A, HIT, HIT, (Warmth.NOT_KEPT, "DYNAMIC"))),
        [
            f"🟠 W-3 warm at fra, iad, not everywhere that was asked · {A}",
            "warm at fra, iad (HIT on the second request)",
            "not kept at sin (DYNAMIC)",
        ],
    ),
    "each for another reason": (
        warming([A], copies(A, (Warmth.UNSAID, ""), (Warmth.NO_PAGE, "404"), (Warmth.SILENT, "connection refused"))),
        [
            f"🟠 W-3 not warm · {A}",
            "asked for twice at fra, where no answer says whether it is kept",
            "not warmed at iad: the answer was 404",
            "not warmed at sin: connection refused",
        ],
    ),
    "for one visitor alone": (
        warming([A], copies(A, *[(Warmth.FOR_ONE, "Cache-Control: private")] * 3)),
        [f"🟠 W-3 not warm · {A}", "left alone, being for one visitor only (Cache-Control: private)"],
    ),
    "not to be told from the origin's": (
        warming([A], [Copy(A, place, Warmth.UNCLEAR, "HIT", why=f"{place} answers {FOO}") for place in PLACES]),
        [
            f"⚪ W-3 kept at fra, iad, sin; whether it is new cannot be told · {A}",
            f"kept at fra, iad, sin (HIT); whether it is new cannot be told: fra, iad, sin answer {FOO}",
        ],
    ),
    "some of several pages": (
        warming([A, B], by_place(copies(A, HIT, HIT, HIT), copies(B, HIT, (Warmth.NOT_KEPT, "MISS"), HIT))),
        [
            "🟠 W-3 warm at fra, sin, not everywhere that was asked · 2 pages on shop",
            "warm at fra, sin (HIT on the second request)",
            "1 of 2 copies warm at iad",
            "1 copy not kept at iad (MISS)",
            f"not warm: {B}",
        ],
    ),
    "stopped by the origin's state": (
        replace(warming([A, B], by_place(copies(A, *ALL), copies(B, *ALL))[:2]), stopped="fra answered 503"),
        [
            "🟠 W-3 stopped: fra answered 503 · 2 pages on shop",
            "warm at fra (HIT on the second request)",
        ],
    ),
    "stopped by somebody": (
        replace(warming([A], ()), stopped="cancelled: too <much> load", stopped_by="U_LEA", requests=0),
        [f"⚫ W-3 stopped: cancelled by U_LEA: too <much> load · {A}"],
    ),
    "under way": (
        replace(warming([A, B], copies(A, HIT, HIT, HIT)[:1]), ended=None),
        ["🔵 W-3 warming, 1 of 6 copies · 2 pages on shop", "1 of 1 copy warm at fra"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "expected"), TOLD.values(), ids=TOLD)
def test_a_warming_is_told(told: Warming, expected: list[str]) -> None:
    lines = plain(warm_card(Warmed(told), "/purge")).split("\n")
    assert expected == lines[: len(expected)]
    after = lines[len(expected) :]
    assert (bool(told.found), bool(told.requests)) == (ELSEWHERE in after, "12 requests, two at once at most" in after)


SENT = [
    pytest.param(4, 0, ["4 requests, two at once at most"], id="no-origin"),
    pytest.param(4, 2, ["4 requests and 2 to the origin, two at once at most"], id="with-the-origin"),
    pytest.param(0, 1, ["1 request to the origin"], id="the-origin-alone"),
    pytest.param(0, 0, [], id="none"),
]


@pytest.mark.parametrize(("requests", "to_origin", "expected"), SENT)
def test_the_requests_to_the_origin_are_counted_beside(requests: int, to_origin: int, expected: list[str]) -> None:
    told = replace(warming([A], copies(A, HIT, HIT, HIT)), requests=requests, to_origin=to_origin)
    lines = plain(warm_card(Warmed(told), "/purge")).split("\n")
    assert expected == [line for line in lines if "request" in line and "HIT" not in line]


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [(1, "1 more page is beyond the 100 of one warming"), (2, "2 more pages are beyond the 100 of one warming")],
    ids=["one", "two"],
)
def test_what_is_beyond_one_warming_is_counted(left_out: int, expected: str) -> None:
    assert expected in plain(warm_card(Warmed(replace(warming([A], ()), left_out=left_out)), "/purge"))


def test_the_data_centre_is_named_where_the_answer_names_another() -> None:
    found = [replace(copy, seen_at=at) for copy, at in zip(ONE.found, ("FRA", "DUB", ""), strict=True)]
    told = warm_card(Warmed(warming([A], found)), "/purge")
    assert "warm at fra, iad (DUB), sin (HIT on the second request)" in plain(told)


def test_where_no_edge_is_configured_only_the_one_that_dns_leads_to_is_claimed() -> None:
    found = (Copy(A, "dns", Warmth.KEPT, "HIT", "FRA56"),)
    told = plain(warm_card(Warmed(replace(warming([A], found), places=("dns",))), "/purge"))
    assert f"🟢 W-3 warm where DNS leads · {A}" in told
    assert f"warm where DNS leads (FRA56) (HIT on the second request)\n{ONLY_DNS}" in told


def test_what_goes_on_says_how_it_is_stopped_and_what_it_waits_for() -> None:
    told = plain(warm_card(Warmed(replace(warming([A], ()), ended=None, requests=0), "W-2"), "/purge"))
    assert told.split("\n") == [
        f"🔵 W-3 waits for W-2, since a site is warmed by one at a time · {A}",
        "It goes on by itself. /purge cancel W-3 stops it.",
    ]


def test_variants_that_are_left_alone_are_told() -> None:
    assert SIGNED_IN in plain(warm_card(Warmed(replace(warming([A], ONE.found), signed_in=True)), "/purge"))


def test_outside_text_is_escaped() -> None:
    found = copies(A, HIT, HIT, (Warmth.NOT_KEPT, "<!channel> *x*"))
    shown = warm_card(Warmed(warming([A], found)), "/purge")
    assert "<!channel>" not in f"{shown.text}{shown.blocks}"


def test_probes_are_told_as_what_they_are() -> None:
    around = (
        Copy(A, "Berlin, DE (AS1)", Warmth.KEPT, "HIT", "FRA", country="DE"),
        Copy(A, "Paris, FR (AS2)", Warmth.NOT_KEPT, "MISS", "CDG", country="FR"),
    )
    told = plain(
        warm_card(Warmed(replace(warming([A], ONE.found), regions=("eu",), around=around, measured=1)), "/purge")
    )
    probes = "warm for 1 of 2 probes in 2 countries\nthose were answered at FRA"
    assert f"{probes}\nnot kept from Paris, FR (AS2) (MISS)" in told


GOING = replace(warming([A, B], copies(A, HIT, HIT, HIT)[:1]), ended=None)
AFTER = replace(warming([C], ()), id=4, ended=None, job=12)
LISTS: dict[str, tuple[JobsListed, list[str]]] = {
    "one": (
        JobsListed([DONE], warmings=[Warmed(GOING)], warmings_total=1),
        [
            "1 warming under way; /purge cancel W-3 stops it:",
            "🔵 W-3 warming, 1 of 6 copies · 2 pages on shop",
        ],
    ),
    "more than are told": (
        JobsListed([DONE], warmings=[Warmed(GOING), Warmed(AFTER, "W-3")], warmings_total=4),
        [
            "4 warmings under way; /purge cancel W-3 stops one:",
            "🔵 W-3 warming, 1 of 6 copies · 2 pages on shop",
            f"🔵 W-4 waits for W-3, since a site is warmed by one at a time · {C} · after P-12",
            "and 2 more warmings",
        ],
    ),
}


@pytest.mark.parametrize(("listed", "expected"), LISTS.values(), ids=LISTS)
def test_status_has_a_line_for_each_warming_that_goes_on(listed: JobsListed, expected: list[str]) -> None:
    shown = card_for(listed, 0.0, "/purge")
    assert shown is not None
    lines = plain(shown).split("\n")
    assert ("No job is under way; the latest:", expected) == (lines[0], lines[-len(expected) :])


def test_status_where_nothing_was_ever_purged_tells_warmings_too() -> None:
    shown = card_for(JobsListed([], warmings=[Warmed(GOING)], warmings_total=1), 0.0, "/purge")
    assert shown is not None
    assert ["No jobs yet.", "🔵 W-3 warming, 1 of 6 copies · 2 pages on shop"] == plain(shown).split("\n")[::3]


HALF = "Not warmed: not all of it was purged, so what would be fetched may be old."
NOTHING = "Not warmed: nothing was purged."
NOT_WARMED = {
    "not proven": (State.DONE, Verdict.UNKNOWN, "Not warmed: the purge is not proven."),
    "still old": (
        State.DONE, Verdict.STALE, "Not warmed: the old is still served, and fetching it would keep it longer.",
    ),
    "some did not go": (
        State.PARTIAL, Verdict.FRESH, "Not warmed: some calls did not go, so what would be fetched may be old.",
    ),
    "no page known": (State.DONE, Verdict.FRESH, "Not warmed: no page of it is known by name."),
    "stopped half way": (State.FAILED, Verdict.UNCHECKED, HALF),
    "cancelled half way": (State.CANCELLED, Verdict.UNCHECKED, HALF),
    "under way": (State.CHECKING, Verdict.UNCHECKED, ""),
}  # fmt: skip


@pytest.mark.parametrize(("state", "verdict", "expected"), NOT_WARMED.values(), ids=NOT_WARMED)
def test_why_a_purge_was_not_warmed(state: State, verdict: Verdict, expected: str) -> None:
    assert expected == warm_lines(replace(DONE, state=state, verdict=verdict, warm=True))
    assert "" == warm_lines(replace(DONE, state=state, verdict=verdict))


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.DENIED, State.EXPIRED])
def test_the_card_of_what_was_never_purged_says_why_nothing_was_fetched(state: State) -> None:
    job = replace(DONE, state=state, verdict=Verdict.UNCHECKED, warm=True, stop_reason="U_SAM", layers=())
    assert NOTHING == warm_lines(job)
    assert [NOTHING] == [line for line in plain(root_card(job, 0.0)).split("\n") if "warmed" in line]


def test_what_a_restore_ended_was_not_warmed_either() -> None:
    job = replace(DONE, state=State.CANCELLED, why=RESTORED, warm=True)
    assert "Not warmed: what was purged is not known." == warm_lines(job)


def test_a_job_tells_its_warming_in_one_line() -> None:
    found = copies(A, HIT, HIT, (Warmth.NOT_KEPT, "DYNAMIC"))
    done = replace(DONE, warm=True, warming=replace(warming([A], found), left_out=30))
    going = replace(DONE, warm=True, warming=replace(warming([A], found[:1]), ended=None))
    told = "warm at fra, iad (HIT on the second request); not kept at sin (DYNAMIC). Of 31 pages the first."
    assert f"{told} {ELSEWHERE}" == warm_lines(done)
    assert "warming, 1 of 3 copies so far; warm at fra (HIT on the second request)" == warm_lines(going)


def test_a_plan_says_what_would_follow() -> None:
    planned = replace(warming([A, B], ()), left_out=28, variants=((), (("X-Device", "mobile"),)))
    expected = (
        "Once it is proven, 2 pages (the first of 30) in 2 variants are fetched at fra, iad, sin: at most 24 requests,"
        " those to the origin aside"
    )
    assert expected == foreseen_line(planned)
    assert "" == foreseen_line(None)


LINES = {
    "begun": ("warming", {"pages": 2, "most": 12}, "• Warming 2 pages at the edges: at most 12 requests."),
    "ended": ("warmed", {"requests": 7, "stopped": ""}, "• Warmed with 7 requests."),
    "stopped": (
        "warmed", {"requests": 1, "stopped": "fra answered 503"}, "• Warmed with 1 request; stopped: fra answered 503.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("event", "doc", "expected"), LINES.values(), ids=LINES)
def test_the_timeline_of_a_job_tells_it(event: str, doc: dict[str, object], expected: str) -> None:
    assert expected == moment_line(Moment(0.0, Entry(event, "purgebot", doc)), DONE)


def test_those_who_vote_read_that_it_is_warmed() -> None:
    then = "Then: once it is proven, its pages are fetched through the edges, two requests at once at most."
    assert then in plain(request_card(replace(ALL_OF_IT, warm=True), 0.0, "t", True)).split("\n")
    assert then not in plain(request_card(ALL_OF_IT, 0.0, "t", True)).split("\n")


FOR_WHOM = {
    "asked as a plain visitor alone": (
        ONE,
        "Warm for who asks as a plain visitor does, with gzip; others may find nothing warm (Vary: X-Device).",
    ),
    "asked in the site's variants too": (
        replace(warming([A], copies(A, HIT, HIT, HIT)), variants=((), (("CF-Device-Type", "mobile"),))),
        "Warm for who asks as a plain visitor does, with gzip, and as the site's variants; others may find nothing"
        " warm (Vary: X-Device).",
    ),
}


@pytest.mark.parametrize(("told", "expected"), FOR_WHOM.values(), ids=FOR_WHOM)
def test_a_warming_says_for_whom_it_is(told: Warming, expected: str) -> None:
    varying = replace(told, varies=("cf-device-type", "x-device") if len(told.variants) > 1 else ("x-device",))
    of_job = replace(DONE, warm=True, warming=varying)
    assert expected in plain(warm_card(Warmed(varying), "/purge")).split("\n")
    assert expected in warm_lines(of_job)


def test_where_nothing_is_warm_nobody_is_told_for_whom() -> None:
    cold = replace(warming([A], copies(A, *[(Warmth.NOT_KEPT, "DYNAMIC")] * 3)), varies=("x-device",))
    assert "Warm for who" not in plain(warm_card(Warmed(cold), "/purge"))


def test_a_warming_says_whose_copies_it_left_where_edges_are_asked_without_tls() -> None:
    told = warming([A], tuple(replace(copy, over="http") for copy in copies(A, HIT, HIT, HIT)))
    said = "fra, iad and sin were asked over http: https visitors may have other copies."
    assert said in plain(warm_card(Warmed(told), "/purge")).split("\n")
    assert said in warm_lines(replace(DONE, warm=True, warming=told))
    assert "over http" not in plain(warm_card(Warmed(warming([A], copies(A, HIT, HIT, HIT))), "/purge"))
