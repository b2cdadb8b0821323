"""Answers of a real server that a plain comparison would take for the page, or for an old one."""

from __future__ import annotations

import gzip

import pytest

from bot.domain.proof.verdict import Verdict, judge
from tests.edge.looking import HOST, eyes
from tests.edge.loopback import answer, serving

URL = f"http://{HOST}/pricing"
OLD, NEW = b"<h1>old</h1>" * 9, b"<h1>new</h1>" * 9
FOO = "fra answers in an encoding that cannot be read here (foo)"
TORN = "fra serves other bytes than the origin under the same ETag"
B7, GZIP = 'ETag: "b7"', "Content-Encoding: gzip"
TWICE = gzip.compress(gzip.compress(OLD))
DAY_24, DAY_25 = (f"Last-Modified: Tue, {day} Nov 2026 10:00:00 GMT" for day in (24, 25))

ANSWERS = {
    "packed twice, and old": (
        answer(TWICE, "Content-Encoding: gzip, gzip", B7), answer(NEW, B7), Verdict.UNKNOWN, TORN,
    ),
    "packed twice, said in two lines, and old": (
        answer(TWICE, GZIP, GZIP, B7), answer(NEW, B7), Verdict.UNKNOWN, TORN,
    ),
    "packed twice, and new": (
        answer(gzip.compress(gzip.compress(NEW)), GZIP, GZIP), answer(NEW), Verdict.FRESH, "",
    ),
    "in an unknown encoding": (
        answer(b"zzzzz", "Content-Encoding: foo", B7), answer(NEW, B7), Verdict.UNKNOWN, FOO,
    ),
    "in an unknown encoding at both": (
        answer(b"zzzzz", "Content-Encoding: foo", B7),
        answer(b"yyyyy", "Content-Encoding: foo", B7),
        Verdict.UNKNOWN,
        f"{FOO}, in other bytes than the origin",
    ),
    "changed by a proxy": (answer(NEW, B7, status="203 Transformed"), answer(NEW, B7), Verdict.FRESH, ""),
    "a part": (
        answer(NEW, B7, "Content-Range: bytes 0-107/108", status="206 Partial Content"),
        answer(NEW, B7),
        Verdict.UNKNOWN,
        "fra answered with a part of the page (206), though all of it was asked for",
    ),
    "of another type": (
        answer(NEW, "Content-Type: application/octet-stream"),
        answer(NEW, "Content-Type: text/html; charset=UTF-8"),
        Verdict.FRESH,
        "at fra served as application/octet-stream, the origin says text/html; charset=utf-8",
    ),
    "changed later than the origin's": (
        answer(OLD, DAY_25),
        answer(NEW, DAY_24),
        Verdict.UNKNOWN,
        "fra serves other bytes than the origin, changed after the origin's (Last-Modified 25 Nov 10:00, the origin's"
        " 24 Nov 10:00)",
    ),
    "changed before the origin's": (
        answer(OLD, DAY_24),
        answer(NEW, DAY_25),
        Verdict.STALE,
        "old at fra (HIT, Last-Modified 24 Nov 10:00, the origin's 25 Nov 10:00)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edge", "origin", "verdict", "why"), ANSWERS.values(), ids=ANSWERS)
async def test_it_is_told_as_what_it_is(edge: bytes, origin: bytes, verdict: Verdict, why: str) -> None:
    kept = edge.replace(b"\r\n", b"\r\nX-Cache: HIT\r\n", 1)
    async with serving(kept) as fra, serving(origin) as truth:
        looks = [await eyes().look(URL, place, one.url) for place, one in (("fra", fra), *[("origin", truth)] * 2)]
    assert (verdict, why) == ((judged := judge((), looks)).verdict, judged.why)
