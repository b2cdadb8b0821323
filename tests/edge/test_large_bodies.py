"""Bodies that are larger than what is read, from a real server: what was read of them is compared, and no more is
claimed than that."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable

import pytest

from bot.domain.answers.body import MARK, READ_MAX, Body
from bot.domain.proof.look import Likeness, Look, compare, seems_same
from bot.domain.proof.verdict import Verdict, judge
from tests.edge.looking import HOST, eyes
from tests.edge.loopback import answer, serving

URL = f"http://{HOST}/app.bin"
OLD, NEW = random.Random(1).randbytes(READ_MAX * 3 // 2), random.Random(2).randbytes(READ_MAX * 3 // 2)
SMALL = NEW[: READ_MAX // 2]
LATE = NEW[: READ_MAX - 9] + OLD[READ_MAX - 9 :]  # differs in the last bytes that are read
BEHIND = NEW[: READ_MAX * 5 // 4] + OLD[READ_MAX * 5 // 4 :]
TORN = "fra serves other bytes than the origin under the same ETag"
LARGE = "only the first 2 MiB, the length and the ETag were compared"
BEGUN = "fra begins as the origin does (the first 2 MiB), and no length with a strong ETag speaks for the rest"
UNSAID = "the answers hold nothing to compare: no ETag, no version, no whole body"


async def seen(place: str, body: bytes, *headers: str) -> Look:
    async with serving(answer(body, "X-Cache: HIT", *headers)) as server:
        return await eyes().look(URL, place, server.url)


TAGGED = {
    "other bytes": (OLD, NEW, Verdict.UNKNOWN, TORN),
    "other bytes at the end of what is read": (LATE, NEW, Verdict.UNKNOWN, TORN),
    "a small one in place of a large one": (SMALL, NEW, Verdict.UNKNOWN, TORN),
    "a large one in place of a small one": (NEW, SMALL, Verdict.UNKNOWN, TORN),
    "the same bytes": (NEW, NEW, Verdict.FRESH, LARGE),
    "other bytes behind what is read, and a length of their own": (BEHIND + b"!", NEW, Verdict.UNKNOWN, TORN),
}


@pytest.mark.parametrize(("edge", "origin", "verdict", "why"), TAGGED.values(), ids=TAGGED)
async def test_one_etag_over_two_large_bodies_is_not_believed(
    edge: bytes, origin: bytes, verdict: Verdict, why: str
) -> None:
    looks = [await seen("fra", edge, 'ETag: "b7"'), *[await seen("origin", origin, 'ETag: "b7"')] * 2]
    judged = judge((), looks)
    assert (verdict, why) == (judged.verdict, judged.why)


async def chunked(place: str, body: bytes, *headers: str) -> Look:
    head = answer(b"", "Transfer-Encoding: chunked", *headers).replace(b"Content-Length: 0\r\n", b"")
    async with serving(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)) as server:
        return await eyes().look(URL, place, server.url)


async def test_a_large_body_whose_length_is_not_said_is_not_proven_by_its_etag() -> None:
    looks = [await chunked("fra", BEHIND, 'ETag: "b7"'), *[await seen("origin", NEW, 'ETag: "b7"')] * 2]
    assert (Verdict.UNKNOWN, BEGUN) == ((judged := judge((), looks)).verdict, judged.why)


async def test_a_weak_etag_does_not_prove_what_lies_behind_the_part_that_is_read() -> None:
    looks = [await seen("fra", BEHIND, 'ETag: W/"b7"'), *[await seen("origin", NEW, 'ETag: W/"b7"')] * 2]
    assert (Verdict.UNKNOWN, BEGUN) == ((judged := judge((), looks)).verdict, judged.why)


async def test_the_length_of_a_packed_body_is_not_that_of_the_page() -> None:
    packed = await seen("fra", random.Random(3).randbytes(READ_MAX * 2), "Content-Encoding: foo", 'ETag: "b7"')
    assert (0, "foo", "") == (packed.length, packed.packed, packed.digest)


async def test_large_bodies_that_differ_are_old_where_a_cache_kept_them_and_nothing_else_tells() -> None:
    judged = judge((), [await seen("fra", OLD), *[await seen("origin", NEW)] * 2])
    assert (Verdict.STALE, ("fra",)) == (judged.verdict, judged.stale_at)


async def test_a_large_body_of_before_the_purge_is_known_again() -> None:
    before = [await seen("fra", OLD), await seen("origin", NEW)]
    judged = judge(before, [await seen("fra", OLD), *[await seen("origin", NEW)] * 2])
    assert Verdict.STALE is judged.verdict


async def test_what_lies_behind_the_part_that_is_read_is_not_claimed() -> None:
    one, other = await seen("fra", BEHIND), await seen("origin", NEW)
    assert (Likeness.UNSAID, True) == (compare(one, other), seems_same(one, other))
    assert (Verdict.UNKNOWN, UNSAID) == ((judged := judge((), [one, other, other])).verdict, judged.why)


async def test_a_large_body_that_one_side_packs_is_compared_as_unpacked() -> None:
    page = b"<li>row</li>\n" * (READ_MAX // 8)
    packed = await seen("fra", gzip.compress(page), "Content-Encoding: gzip", 'ETag: "b7"')
    plain, other = await seen("origin", page, 'ETag: "b7"'), await seen("origin", b"!" + page, 'ETag: "b7"')
    assert (True, False) == (bool(packed.digest), bool(plain.digest))
    assert [Likeness.SAME, Likeness.TORN] == [compare(packed, plain), compare(packed, other)]


@pytest.mark.parametrize("cut", [lambda n: n, lambda n: 7919, lambda n: MARK + 1], ids=["at once", "small", "crossing"])
def test_beginnings_are_the_same_however_they_arrive(cut: Callable[[int], int]) -> None:
    whole, pieces, size = Body(), Body(), cut(len(SMALL))
    whole.take(SMALL)
    for i in range(0, len(SMALL), size):
        pieces.take(SMALL[i : i + size])
    assert (len(SMALL) // MARK, whole.begins, whole.digest) == (len(pieces.begins), pieces.begins, pieces.digest)
