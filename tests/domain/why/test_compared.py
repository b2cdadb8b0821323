"""Why a page still looks old, where its bytes do not say it all: dated, in part, packed in unknown ways, of another
type. A purge is offered only where it can cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest

from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Glance, Name, Spot, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import ago, case, edge, glance, job, looked, origin, ours

HIT, UNKNOWN = Cached.HIT, Cached.UNKNOWN
SEEN, POSSIBLE = Certainty.SEEN, Certainty.POSSIBLE
PURGED = [ours(replace(job(3600), looks=looked("new")))]  # the origin was new already
OLDER, NEWER = ({"last-modified": ago(days * 86_400)} for days in (2, 1))
AGAIN = "check https://www.shop.test/pricing"


def bare(place: str, content: str, headers: Mapping[str, str], cached: Cached = HIT) -> Glance:
    """An answer that neither ETag nor version tells from another."""
    return glance(place, content, cached, 9000 if place != ORIGIN else None, headers=headers, etag="", version="")


def of_status(place: str, status: int) -> Glance:
    return glance(place, "new", HIT, None if place == ORIGIN else 9000, status=status)


def packed(made: Glance, by: str = "foo") -> Glance:
    return replace(made, look=replace(made.look, packed=by, digest="zzz"))


def typed(made: Glance, kind: str) -> Glance:
    return replace(made, look=replace(made.look, content_type=kind))


def large(place: str, etag: str = '"b7"', length: int = 3_000_000) -> Glance:
    is_kept = place != ORIGIN
    made = glance(place, "new", HIT if is_kept else UNKNOWN, 9 if is_kept else None, etag=etag, digest="", version="")
    return replace(made, look=replace(made.look, begins=("a", "b"), size=2 << 20, length=length))


def origins(made: Glance) -> Spot:
    return origin(made, made)


def stands(fra: Glance, there: Glance) -> Case:
    return case(edge("fra", fra), origins(there), purges=PURGED)


@dataclass(frozen=True, slots=True)
class Row:
    """A case after a purge that was taken, and what is said of it: the words it holds, and the next step."""

    case: Case
    name: Name
    certainty: Certainty
    says: str
    line: str
    step: str


ROWS = {
    "changed after the origin's": Row(
        stands(bare("fra", "other", NEWER), bare(ORIGIN, "new", OLDER, UNKNOWN)),
        Name.UNKNOWN,
        POSSIBLE,
        "fra serves other bytes than the origin, changed after the origin's (Last-Modified 14 Jan 08:00, the origin's"
        " 13 Jan 08:00)",
        AGAIN,
        "See whether the origin went back to an older version, or one of its servers is behind: where it went back,"
        " purge the page; else bring every server up to date.",
    ),
    "a part of the page": Row(
        stands(of_status("fra", 206), of_status(ORIGIN, 200)),
        Name.UNKNOWN,
        POSSIBLE,
        "fra answered with a part of the page (206), though all of it was asked for",
        AGAIN,
        "Look why it answers so, then check again.",
    ),
    "in an unknown encoding": Row(
        stands(packed(glance("fra", "new", HIT, 9000, version="")), glance(ORIGIN, "new", version="")),
        Name.UNKNOWN,
        POSSIBLE,
        "fra answers in an encoding that cannot be read here (foo)",
        AGAIN,
        "Look who packs it so: a browser that did not ask for that encoding cannot read it either.",
    ),
    "read in part, under a weak ETag": Row(
        stands(large("fra", 'W/"b7"'), large(ORIGIN, 'W/"b7"')),
        Name.UNKNOWN,
        POSSIBLE,
        "fra begins as the origin does (the first 2 MiB), and no length with a strong ETag speaks for the rest",
        AGAIN,
        "Give the site a `marker`: a header or a `<meta>` that names the build.",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_what_cannot_be_told_is_no_ground_for_a_purge(row: Row) -> None:
    cause = diagnose(row.case).cause
    assert cause.cure is not None
    assert (row.name, row.certainty, row.line, row.step) == (
        cause.name,
        cause.certainty,
        cause.cure.line,
        cause.cure.step,
    )
    assert row.says in cause.what


def test_a_copy_that_is_old_by_its_date_is_told_with_it_and_not_by_its_bytes() -> None:
    cause = diagnose(stands(bare("fra", "old", OLDER), bare(ORIGIN, "new", NEWER, UNKNOWN))).cause
    assert "fra: Last-Modified 13 Jan 08:00, the origin's 14 Jan 08:00" == cause.evidence[-1]
    assert not any("only the bytes differ" in line for line in cause.evidence)


BESIDE: dict[str, tuple[Glance, Glance, Sequence[str]]] = {
    "of another type": (
        typed(glance("fra", "new", HIT, 9), "text/plain"),
        typed(glance(ORIGIN, "new"), "text/html; charset=utf-8"),
        ["at fra served as text/plain, the origin says text/html; charset=utf-8"],
    ),
    "read in part": (
        large("fra"),
        large(ORIGIN),
        ["only the first 2 MiB, the length and the ETag were compared"],
    ),
    "as it should be": (glance("fra", "new", HIT, 9), glance(ORIGIN, "new"), []),
}


@pytest.mark.parametrize(("fra", "there", "expected"), BESIDE.values(), ids=BESIDE)
def test_what_a_fresh_page_leaves_open_is_told(fra: Glance, there: Glance, expected: Sequence[str]) -> None:
    cause = diagnose(case(edge("fra", fra), origins(there))).cause
    told = [line for line in cause.evidence if "served as" in line or "were compared" in line]
    assert (Name.NOTHING_OLD, expected) == (cause.name, told)


def test_a_page_that_a_proxy_changed_on_the_way_is_the_page() -> None:
    cause = diagnose(stands(of_status("fra", 203), of_status(ORIGIN, 200))).cause
    assert SEEN is cause.certainty
    assert Name.NOTHING_OLD is cause.name


def test_two_lengths_under_one_etag_are_shown() -> None:
    cause = diagnose(stands(large("fra"), large(ORIGIN, length=4_000_000))).cause
    shown = ('fra: 200 HIT, 9 s old, ETag "b7", 3,000,000 bytes', 'origin: 200, ETag "b7", 4,000,000 bytes')
    assert shown == cause.evidence
    assert "fra serves other bytes than the origin under the same ETag" in cause.what


def test_a_reason_is_said_once_with_the_places_of_which_it_is_true() -> None:
    looks = [edge(name, glance(name, "2", Cached.HIT, 9, headers=NEWER, version="")) for name in ("fra", "iad")]
    told = diagnose(case(*looks, origin(glance(ORIGIN, "1", headers=OLDER, version="")))).cause
    assert (
        "It cannot be told whether fra and iad are old: fra and iad serve other content than the origin, changed after"
        " the origin's (Last-Modified 14 Jan 08:00, the origin's 13 Jan 08:00)."
    ) == told.what
    assert told.prevent.startswith("Have a deploy bring every server up to date before it purges")
