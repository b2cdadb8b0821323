"""What a provider's own places say beside the origin: by name, and by the hash of each body."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.proof.look import ORIGIN, Likeness, Look, compare
from bot.domain.proof.own_places import SEVERAL, own_places
from bot.domain.proof.verdict import Verdict, judge
from providers.contract import Cached

URL = "https://www.shop.test/a"
NEW, OLD = "9e107d9d372bb6826bd81d3542a419d6", "e4d909c290d0fb1ca068ffaddf22cbd0"
AT_ORIGIN = Look(ORIGIN, URL, 0.0, status=200, etag='"v2"', digest="new", size=9, md5=NEW)
BARE_ORIGIN = replace(AT_ORIGIN, etag="")
LARGE_ORIGIN = replace(AT_ORIGIN, digest="", md5="", begins=("b0",), size=2 * 1024 * 1024)


def pop(name: str, md5: str = NEW, etag: str = '"v2"', **more: object) -> Look:
    told = {"status": 200, "cached": Cached.HIT, "age": 9, **more}
    return replace(Look(f"Fastly {name}", URL, 0.0, etag=etag, md5=md5), **told)  # type: ignore[arg-type]


SILENT = replace(pop("NRT", "", ""), status=0, problem="error-timeout-nrt")
TORN_SIN = "Fastly SIN serves other bytes than the origin under the same ETag"
SAID: dict[str, tuple[Look, list[Look], dict[str, Verdict], str]] = {
    "the origin's bytes": (AT_ORIGIN, [pop("FRA")], {"Fastly FRA": Verdict.FRESH}, ""),
    "the origin's bytes without an ETag": (BARE_ORIGIN, [pop("FRA", etag="")], {"Fastly FRA": Verdict.FRESH}, ""),
    "other bytes under the origin's ETag": (
        AT_ORIGIN, [pop("FRA"), pop("SIN", OLD)], {"Fastly FRA": Verdict.FRESH, "Fastly SIN": Verdict.UNKNOWN}, "",
    ),
    "other bytes without an ETag": (BARE_ORIGIN, [pop("SIN", OLD, "")], {"Fastly SIN": Verdict.STALE}, ""),
    "another ETag": (AT_ORIGIN, [pop("GRU", OLD, '"v1"')], {"Fastly GRU": Verdict.STALE}, ""),
    "no answer": (
        AT_ORIGIN, [pop("FRA"), SILENT], {"Fastly FRA": Verdict.FRESH},
        "1 of 2 places that were asked through the provider tells nothing: Fastly NRT (error-timeout).",
    ),
    "too large to be hashed": (
        AT_ORIGIN, [pop("LAX", "")], {"Fastly LAX": Verdict.FRESH},
        "Fastly LAX by the ETag alone: no body was compared.",
    ),
    "packed, and the origin's bytes": (AT_ORIGIN, [pop("FRA", f"gzip {NEW}")], {"Fastly FRA": Verdict.FRESH}, ""),
    "packed, so that the hash may be of that": (
        AT_ORIGIN, [pop("FRA", f"gzip {OLD}")], {"Fastly FRA": Verdict.FRESH},
        "Fastly FRA by the ETag alone: no body was compared.",
    ),
    "packed, and not alike under one ETag": (
        AT_ORIGIN, [pop("FRA", f"gzip {OLD}"), pop("SIN", "gzip 5d41402abc4b2a76b9719d911017c592")],
        {"Fastly FRA": Verdict.UNKNOWN, "Fastly SIN": Verdict.UNKNOWN}, "",
    ),
    "not alike beside an origin too large to be read": (
        LARGE_ORIGIN, [pop("FRA"), pop("SIN", OLD)], {"Fastly FRA": Verdict.UNKNOWN, "Fastly SIN": Verdict.UNKNOWN}, "",
    ),
    "nothing to compare, and not alike": (
        replace(LARGE_ORIGIN, etag=""), [pop("FRA", NEW, ""), pop("SIN", OLD, "")], {},
        "2 of 2 places that were asked through the provider tell nothing: Fastly FRA, Fastly SIN (no ETag, and no "
        "hash to hold against the origin's). Their bodies differ from one another.",
    ),
    "a redirect where the origin has none": (
        AT_ORIGIN, [pop("FRA", OLD, "", status=301, leads_to="https://www.shop.test/b", cached=Cached.MISS)], {},
        "1 of 1 places that were asked through the provider tells nothing: Fastly FRA (answered 301).",
    ),
    "an origin that is out of order": (replace(AT_ORIGIN, status=503), [pop("FRA"), SILENT], {}, ""),
}  # fmt: skip


@pytest.mark.parametrize(("origin", "found", "verdicts", "note"), SAID.values(), ids=SAID)
def test_what_own_places_say(origin: Look, found: list[Look], verdicts: dict[str, Verdict], note: str) -> None:
    told = own_places(found, [origin, origin])
    assert (verdicts, note) == ({look.place: judge((), [look, origin]).verdict for look in told.looks}, told.note)


def test_other_bytes_under_the_same_etag_are_never_fresh() -> None:
    looks = own_places([pop("FRA"), pop("SIN", OLD)], [AT_ORIGIN]).looks
    found = judge((), [AT_ORIGIN, *looks])
    assert (Verdict.UNKNOWN, f"{TORN_SIN} · fresh at Fastly FRA") == (found.verdict, found.why)


def test_places_that_disagree_are_told_in_one_reason() -> None:
    looks = own_places([pop("FRA"), pop("SIN", OLD)], [LARGE_ORIGIN]).looks
    expected = f"Fastly FRA, Fastly SIN {SEVERAL.replace('serves', 'serve')}"
    assert expected == judge((), [LARGE_ORIGIN, *looks]).why


def test_a_page_made_anew_for_each_request_says_nothing_by_its_bytes() -> None:
    anew = replace(BARE_ORIGIN, digest="newer", md5="0" * 32)
    told = own_places([pop("SIN", OLD, "")], [BARE_ORIGIN, anew])
    assert () == told.looks


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param(AT_ORIGIN, pop("FRA"), Likeness.SAME, id="same"),
        pytest.param(AT_ORIGIN, pop("FRA", OLD), Likeness.TORN, id="one-etag-over-two-bodies"),
        pytest.param(BARE_ORIGIN, pop("FRA", OLD, ""), Likeness.OTHER_BYTES, id="other-bytes"),
        pytest.param(BARE_ORIGIN, pop("FRA", "", ""), Likeness.UNSAID, id="no-hash"),
        pytest.param(BARE_ORIGIN, pop("FRA", f"gzip {OLD}", ""), Likeness.UNSAID, id="a-packed-body's"),
    ],
)
def test_hashes_compare_bodies(one: Look, other: Look, expected: Likeness) -> None:
    assert expected is compare(one, other) is compare(other, one)
