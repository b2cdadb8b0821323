"""What two answers say of each other where their bodies do not say all: packed in unknown ways, read in part, dated, a
part of the page, or of another type."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers.body import MARK, READ_MAX
from bot.domain.answers.headers import type_of
from bot.domain.proof.folding import said_of
from bot.domain.proof.look import Likeness, Look, compare
from bot.domain.proof.modified import told_older
from bot.domain.proof.reached import Purged
from bot.domain.proof.reasons import REWRITTEN
from bot.domain.proof.verdict import Verdict, judge
from providers.contract import Cached
from tests.effort import examples

PURGED = 1_800_000_000.0  # 15 Jan 2027, 08:00
URL = "https://www.shop.test/app.bin"
HIT, MISS, UNCACHED = Cached.HIT, Cached.MISS, Cached.UNCACHED
PART = "with a part of the page (206), though all of it was asked for"
UNREADABLE = "in an encoding that cannot be read here (foo)"
BEGUN = "fra begins as the origin does (the first 2 MiB), and no length with a strong ETag speaks for the rest"
LARGE = "only the first 2 MiB, the length and the ETag were compared"
SERVED = "at fra served as application/octet-stream, the origin says text/html; charset=utf-8"
JUST_BYTES = f"still old at fra (HIT) · {REWRITTEN}"


def seen(place: str, content: str = "new", *, etag: str = "", cached: Cached = HIT, status: int = 200) -> Look:
    """An answer whose body follows from its content, and that has no ETag but for `etag`."""
    digest = f"digest of {content}"
    return Look(
        place, URL, PURGED + 10, status, etag, digest=digest, size=len(content), cached=cached, says=cached.upper()
    )


def large(place: str, *, etag: str = '"b7"', length: int = 0, begins: str = "new", at: float = PURGED + 10) -> Look:
    """An answer of which the beginning was read."""
    marks = tuple(f"{begins} {n}" for n in range(READ_MAX // MARK))
    return Look(place, URL, at, 200, etag, begins=marks, size=READ_MAX, length=length, cached=HIT, says="HIT")


def test_another_beginning_is_another_body_whatever_the_etag_says() -> None:
    whole = replace(seen("origin", etag='"b7"'), opening="new")
    read = [replace(seen("tokyo", etag='"b7"'), digest="", opening=opening) for opening in ("new", "old", "")]
    assert [Likeness.SAME, Likeness.TORN, Likeness.SAME] == [compare(whole, one) for one in read]
    assert Verdict.UNKNOWN is judge((), [whole, whole, read[1]]).verdict


def dated(look: Look, days: float) -> Look:
    """Changed so many days before the purge."""
    return replace(look, last_modified=formatdate(PURGED - days * 86_400, usegmt=True))


def packed(look: Look, by: str = "foo") -> Look:
    return replace(look, packed=by)


def typed(look: Look, of: str) -> Look:
    return replace(look, content_type=type_of(of))


def twice(look: Look) -> list[Look]:
    return [look, look]


EMPTY = hashlib.sha256().hexdigest()
NAMED = seen("origin", etag='"b7"')
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Row:
    """An edge, the origin, and what is to be said of them after a purge."""

    edge: Look
    origin: Sequence[Look]
    verdict: Verdict
    why: str = ""
    before: Sequence[Look] = ()


UNPACKED = {
    "an unknown encoding under the origin's ETag": Row(
        packed(seen("fra", "zzzzz", etag='"b7"')), twice(NAMED), Verdict.UNKNOWN, f"fra answers {UNREADABLE}"
    ),
    "an unknown encoding, and no ETag": Row(
        packed(seen("fra", "old")), twice(seen("origin")), Verdict.UNKNOWN, f"fra answers {UNREADABLE}"
    ),
    "an unknown encoding of the very bytes, which are then no page": Row(
        packed(seen("fra")), twice(seen("origin")), Verdict.UNKNOWN, f"fra answers {UNREADABLE}"
    ),
    "an encoding has an ETag of its own": Row(
        packed(seen("fra", "zzzzz", etag='"b7-foo"')), twice(NAMED), Verdict.UNKNOWN, f"fra answers {UNREADABLE}"
    ),
    "the origin alone packs so": Row(
        seen("fra", etag='"b7"'), twice(packed(NAMED)), Verdict.UNKNOWN, f"the origin answers {UNREADABLE}"
    ),
    "the origin packs so every other time": Row(
        seen("fra", etag='"b7"'), [NAMED, packed(NAMED)], Verdict.UNKNOWN, f"the origin answers {UNREADABLE}"
    ),
    "both pack so, into the same bytes": Row(packed(seen("fra")), twice(packed(seen("origin"))), Verdict.FRESH),
    "both pack so, into other bytes under one ETag": Row(
        packed(seen("fra", "old", etag='"b7"')),
        twice(packed(NAMED)),
        Verdict.UNKNOWN,
        f"fra answers {UNREADABLE}, in other bytes than the origin",
    ),
    "both pack so, into other bytes without an ETag": Row(
        packed(seen("fra", "old")),
        twice(packed(seen("origin"))),
        Verdict.UNKNOWN,
        f"fra answers {UNREADABLE}, in other bytes than the origin",
    ),
    "both pack so, under two ETags": Row(
        packed(seen("fra", "old", etag='"a1"')),
        twice(packed(NAMED)),
        Verdict.STALE,
        'still old at fra (HIT, ETag "a1")',
    ),
    "the site's own marker tells two versions": Row(
        packed(replace(seen("fra", "old"), version="a1")),
        twice(replace(seen("origin"), version="b7")),
        Verdict.STALE,
        'still old at fra (HIT, version "a1")',
    ),
    "the site's own marker names one": Row(
        packed(replace(seen("fra", "zzz"), version="b7")), twice(replace(seen("origin"), version="b7")), Verdict.FRESH
    ),
    "the page is gone": Row(
        packed(seen("fra", "a page", status=404)), twice(seen("origin", "gone", status=404)), Verdict.FRESH
    ),
}
READ_IN_PART = {
    "a strong ETag and the length": Row(
        large("fra", length=3_000_000), twice(large("origin", length=3_000_000)), Verdict.FRESH, LARGE
    ),
    "two lengths under one ETag": Row(
        large("fra", length=3_000_000),
        twice(large("origin", length=4_000_000)),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin under the same ETag",
    ),
    "two lengths, and no ETag": Row(
        large("fra", etag="", length=3_000_000),
        twice(large("origin", etag="", length=4_000_000)),
        Verdict.STALE,
        JUST_BYTES,
    ),
    "a strong ETag, and a length that one does not say": Row(
        large("fra"), twice(large("origin", length=3_000_000)), Verdict.UNKNOWN, BEGUN
    ),
    "a weak ETag and the length": Row(
        large("fra", etag='W/"b7"', length=3_000_000),
        twice(large("origin", etag='W/"b7"', length=3_000_000)),
        Verdict.UNKNOWN,
        BEGUN,
    ),
    "an ETag that the edge made weak": Row(
        large("fra", etag='W/"b7"', length=3_000_000),
        twice(large("origin", length=3_000_000)),
        Verdict.UNKNOWN,
        BEGUN,
    ),
    "the length alone": Row(
        large("fra", etag="", length=3_000_000),
        twice(large("origin", etag="", length=3_000_000)),
        Verdict.UNKNOWN,
        "the answers hold nothing to compare: no ETag, no version, no whole body",
    ),
    "one length under two ETags, as two servers give them": Row(
        large("fra", length=3_000_000),
        twice(large("origin", etag='"c8"', length=3_000_000)),
        Verdict.UNKNOWN,
        "fra begins as the origin does (the first 2 MiB), as long and under another ETag",
    ),
    "two lengths under two ETags": Row(
        large("fra", length=3_000_000),
        twice(large("origin", etag='"c8"', length=4_000_000)),
        Verdict.STALE,
        'still old at fra (HIT, ETag "b7")',
    ),
    "the site's own marker": Row(
        replace(large("fra", etag=""), version="b7"),
        twice(replace(large("origin", etag=""), version="b7")),
        Verdict.FRESH,
    ),
    "an empty one in place of a large one": Row(
        replace(seen("fra", etag='"b7"'), digest=EMPTY, size=0),
        twice(large("origin")),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin under the same ETag",
    ),
    "no body was read at all, as by a provider's own look": Row(
        replace(NAMED, place="fra", digest="", size=0), twice(NAMED), Verdict.FRESH
    ),
}
DATED = {
    "older than the origin's": Row(
        dated(seen("fra", "old"), 2),
        twice(dated(seen("origin"), 1)),
        Verdict.STALE,
        "still old at fra (HIT, Last-Modified 13 Jan 08:00, the origin's 14 Jan 08:00)",
    ),
    "older than the origin's, and fetched anew": Row(
        dated(seen("fra", "old", cached=MISS), 2),
        twice(dated(seen("origin"), 1)),
        Verdict.STALE,
        "still old at fra (MISS, Last-Modified 13 Jan 08:00, the origin's 14 Jan 08:00) · the edge fetched it again"
        " after the purge and got the old one: a cache further in may still hold that",
    ),
    "newer than the origin's": Row(
        dated(seen("fra", "other"), 1),
        twice(dated(seen("origin"), 2)),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin, changed after the origin's (Last-Modified 14 Jan 08:00, the origin's"
        " 13 Jan 08:00)",
        before=[replace(dated(seen("fra", "other"), 1), at=PURGED - 5)],
    ),
    "the same": Row(
        dated(seen("fra", "old"), 1),
        twice(dated(seen("origin"), 1)),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin, changed when the origin's was (Last-Modified 14 Jan 2027 08:00), as an"
        " edge does that rewrites pages: only a `marker` could tell",
    ),
    "one that the origin makes with each answer": Row(
        dated(seen("fra", "old"), 1),
        twice(dated(seen("origin"), -10 / 86_400)),
        Verdict.STALE,
        JUST_BYTES,
    ),
    "one that is no date": Row(
        replace(seen("fra", "old"), last_modified="yesterday"),
        twice(dated(seen("origin"), 1)),
        Verdict.STALE,
        JUST_BYTES,
    ),
    "older, over the very bytes": Row(dated(seen("fra"), 9), twice(dated(seen("origin"), 1)), Verdict.FRESH),
}
TRANSFORMED = {
    "changed by a proxy on the way, it says, and the very bytes": Row(
        seen("fra", etag='"b7"', status=203), twice(NAMED), Verdict.FRESH
    ),
    "changed by a proxy on the way, under the same ETag": Row(
        seen("fra", "other", etag='"b7"', status=203),
        twice(NAMED),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin under the same ETag",
    ),
    "changed by a proxy on the way, and old": Row(
        seen("fra", "old", etag='"a1"', status=203),
        twice(NAMED),
        Verdict.STALE,
        'still old at fra (HIT, 203, ETag "a1"; the origin answers 200)',
    ),
    "a part that is the whole": Row(
        seen("fra", etag='"b7"', status=206), twice(NAMED), Verdict.UNKNOWN, f"fra answered {PART}"
    ),
    "a part at the origin": Row(
        seen("fra", etag='"b7"'), twice(replace(NAMED, status=206)), Verdict.UNKNOWN, f"the origin answered {PART}"
    ),
    "a part at both": Row(
        seen("fra", etag='"b7"', status=206), twice(replace(NAMED, status=206)), Verdict.UNKNOWN, f"fra answered {PART}"
    ),
    "a part that was asked for": Row(
        replace(seen("fra", status=206), variant="Range: bytes=0-9"),
        twice(replace(seen("origin", status=206), variant="Range: bytes=0-9")),
        Verdict.FRESH,
    ),
}
TYPED = {
    "the same bytes as another type": Row(
        typed(seen("fra"), "Application/Octet-Stream"), twice(typed(seen("origin"), HTML)), Verdict.FRESH, SERVED
    ),
    "the same bytes in another charset": Row(
        typed(seen("fra"), "text/html;charset=ISO-8859-1"),
        twice(typed(seen("origin"), HTML)),
        Verdict.FRESH,
        "at fra served as text/html; charset=iso-8859-1, the origin says text/html; charset=utf-8",
    ),
    "the same bytes without a type": Row(
        seen("fra"),
        twice(typed(seen("origin"), HTML)),
        Verdict.FRESH,
        "at fra served as no type, the origin says text/html; charset=utf-8",
    ),
    "the same type, otherwise written": Row(
        typed(seen("fra"), 'TEXT/html;  Charset="UTF8"; level=1'), twice(typed(seen("origin"), HTML)), Verdict.FRESH
    ),
    "another type on an old page": Row(
        typed(seen("fra", "old", etag='"a1"'), "text/plain"),
        twice(typed(NAMED, HTML)),
        Verdict.STALE,
        'still old at fra (HIT, ETag "a1")',
    ),
    "two types of the page that nobody finds": Row(
        typed(seen("fra", status=404), "text/plain"),
        twice(typed(seen("origin", status=404), HTML)),
        Verdict.FRESH,
    ),
}
ROWS = UNPACKED | READ_IN_PART | DATED | TRANSFORMED | TYPED


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_verdict_and_its_reason(row: Row) -> None:
    judged = judge(row.before, [row.edge, *row.origin], Purged(PURGED))
    assert (row.verdict, row.why) == (judged.verdict, judged.why)


def test_what_is_told_beside_a_fresh_page_names_its_places_and_pages() -> None:
    odd = [typed(seen(place), "text/plain") for place in ("fra", "iad")]
    other = [replace(typed(seen(place), HTML), url=f"{URL}2") for place in ("fra", "iad", "origin")]
    judged = judge((), [*odd, typed(seen("origin"), HTML), *other])
    assert "at fra, iad served as text/plain, the origin says text/html; charset=utf-8 on 1 of 2 pages" == judged.why


def test_a_large_page_among_others_is_counted() -> None:
    small = [replace(seen(place), url=f"{URL}2") for place in ("fra", "origin")]
    judged = judge((), [large("fra", length=3_000_000), large("origin", length=3_000_000), *small])
    assert f"{LARGE} on 1 of 2 pages" == judged.why


OF_MANY = {
    f"\0 answers {UNREADABLE}": f"fra, iad answer {UNREADABLE}",
    "\0 begins as the origin does": "fra, iad begin as the origin does",
}


@pytest.mark.parametrize(("why", "expected"), OF_MANY.items())
def test_a_reason_of_many_places_is_said_as_of_many(why: str, expected: str) -> None:
    assert expected == said_of(["fra", "iad"], why)


MOMENTS = {
    "minutes": ("Tue, 12 Jan 2027 08:01:00 GMT", "Tue, 12 Jan 2027 08:02:00 GMT", "12 Jan 08:01", "12 Jan 08:02"),
    "seconds": ("Fri, 01 Jan 2027 08:01:07 GMT", "Fri, 01 Jan 2027 08:01:09 GMT", "1 Jan 08:01:07", "1 Jan 08:01:09"),
    "years": (
        "Mon, 12 Jan 2026 08:01:00 GMT",
        "Tue, 12 Jan 2027 08:01:00 GMT",
        "12 Jan 2026 08:01",
        "12 Jan 2027 08:01",
    ),
}


@pytest.mark.parametrize(("older", "newer", "told", "its_told"), MOMENTS.values(), ids=MOMENTS)
def test_two_dates_are_told_as_exactly_as_it_takes(older: str, newer: str, told: str, its_told: str) -> None:
    edge = replace(seen("fra", "old"), last_modified=older)
    origin = replace(seen("origin"), last_modified=newer)
    assert f"Last-Modified {told}, the origin's {its_told}" == told_older(edge, [origin])


@pytest.mark.parametrize("odd", ["Mon, 01 Jan 1900 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "0", ""])
def test_an_absurd_date_tells_nothing(odd: str) -> None:
    edge = replace(seen("fra", "old"), last_modified=odd)
    assert "" == told_older(edge, [dated(seen("origin"), 1)])


# Edges whose bodies cannot be compared whole.

answers = st.builds(
    lambda content, tag, coding, kind, length, days, status: replace(
        dated(large("fra", length=length, begins=content) if kind == "large" else seen("fra", content), days),
        etag=tag,
        packed=coding,
        status=status,
    ),
    content=st.sampled_from(["new", "old"]),
    tag=st.sampled_from(['"b7"', 'W/"b7"', '"b7-gzip"', '"a1"', ""]),
    coding=st.sampled_from(["", "", "foo", "bar"]),
    kind=st.sampled_from(["small", "large"]),
    length=st.sampled_from([0, 3_000_000, 4_000_000]),
    days=st.sampled_from([0.0, 1.0, 2.0]),
    status=st.sampled_from([200, 200, 203, 206]),
)


def never_falsely_fresh(edge: Look, origin: Look) -> None:
    judged = judge((), [edge, *twice(replace(origin, place="origin"))])
    if judged.verdict is Verdict.FRESH:
        assert edge.packed == origin.packed
        assert 206 not in (edge.status, origin.status)
        assert (edge.digest, edge.begins) == (origin.digest, origin.begins)
        assert edge.digest or (LARGE in judged.why and edge.length == origin.length > 0 and edge.etag[0] != "W")


@settings(max_examples=examples(300), deadline=None, derandomize=True, database=None)
@given(answers, answers)
def test_what_was_not_compared_is_never_called_fresh(edge: Look, origin: Look) -> None:
    never_falsely_fresh(edge, origin)


@pytest.mark.slow
@settings(max_examples=examples(4_000), deadline=None, database=None)
@given(answers, answers)
def test_thousands_of_answers_that_were_not_compared_are_never_called_fresh(edge: Look, origin: Look) -> None:
    never_falsely_fresh(edge, origin)


@settings(max_examples=examples(300), deadline=None, derandomize=True, database=None)
@given(answers, answers)
def test_likeness_is_the_same_from_both_sides(one: Look, other: Look) -> None:
    assert compare(one, other) is compare(other, one)


def test_a_page_read_in_part_is_like_itself_before_and_after() -> None:
    assert Likeness.BEGUN is compare(large("fra", etag='W/"b7"'), large("fra", etag='W/"b7"', at=PURGED + 20))


# Whether it is the same, another, and whether anything speaks against its being the same.
SAID = {
    Likeness.SAME: (True, False, True),
    Likeness.SAME_VERSION: (True, False, True),
    Likeness.OTHER: (False, True, False),
    Likeness.OTHER_BYTES: (False, True, False),
    Likeness.TORN: (False, False, False),
    Likeness.BEGUN: (False, False, True),
    Likeness.UNREAD: (False, False, False),
    Likeness.UNSAID: (False, False, True),
}


@pytest.mark.parametrize("likeness", Likeness)
def test_what_a_likeness_says(likeness: Likeness) -> None:
    assert SAID[likeness] == (likeness.is_same, likeness.is_other, likeness.agrees)
