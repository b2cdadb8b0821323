"""Bodies as they arrive: whole, packed, cut, endless, hostile."""

from __future__ import annotations

import gzip
import hashlib
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.body import INFLATED_MAX, READ_MAX, Body
from tests.effort import examples

PAGE = b"<html>" + bytes(range(256)) * 500
DIGEST = hashlib.sha256(PAGE).hexdigest()


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "plain": ("", PAGE),
    "identity": ("identity", PAGE),
    "gzip": ("gzip", gzip.compress(PAGE)),
    "x-gzip in capitals": ("X-GZIP", gzip.compress(PAGE)),
    "two gzip members": ("gzip", gzip.compress(PAGE[:999]) + gzip.compress(PAGE[999:])),
    "gzip with padding behind": ("gzip", gzip.compress(PAGE) + b"\0" * 20),
    "deflate as specified": ("deflate", zlib.compress(PAGE)),
    "deflate as often sent": ("deflate", bare_deflate(PAGE)),
}


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(("encoding", "sent"), PACKED.values(), ids=PACKED)
def test_a_body_is_hashed_as_unpacked_however_it_arrives(encoding: str, sent: bytes, size: int) -> None:
    body = Body(encoding)
    wanted = [body.take(sent[i : i + size]) for i in range(0, len(sent), size)]
    assert (True, DIGEST, False) == (all(wanted), body.digest, body.cut)


@settings(max_examples=examples(100), deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=3000), st.lists(st.integers(1, 500), min_size=1))
def test_any_body_in_any_pieces_has_its_own_digest(data: bytes, sizes: list[int]) -> None:
    sent, body = gzip.compress(data), Body("gzip")
    while sent:
        size = sizes[len(sent) % len(sizes)]
        body.take(sent[:size])
        sent = sent[size:]
    assert (hashlib.sha256(data).hexdigest(), False) == (body.digest, body.cut)


def test_a_bomb_is_not_unpacked_beyond_the_cap() -> None:
    bomb = gzip.compress(b"\0" * (INFLATED_MAX * 8), 9)
    body = Body("gzip")
    assert (True, False, "") == (len(bomb) < READ_MAX, body.take(bomb), body.digest)


def test_a_bomb_inside_a_bomb_is_not_unpacked_twice() -> None:
    inner = gzip.compress(b"\0" * (INFLATED_MAX * 8), 9)
    body = Body("gzip, gzip")
    assert (False, "") == (body.take(gzip.compress(inner)), body.digest)


def test_a_body_larger_than_the_cap_has_no_digest_and_keeps_its_beginning() -> None:
    body = Body()
    assert [True, True, False] == [body.take(b"build 7 " * (READ_MAX // 16)) for _ in range(3)]
    assert ("", "build 7 ") == (body.digest, body.text[:8])


def test_a_body_of_exactly_the_cap_is_whole() -> None:
    body = Body()
    assert (True, False) == (body.take(b"x" * READ_MAX), body.digest == "")


def test_a_packing_that_was_not_asked_for_has_no_digest() -> None:
    body = Body("br")
    assert (False, "", False) == (body.take(b"\x0b\x02\x80page\x03"), body.digest, body.cut)


def test_a_packed_body_that_ends_early_is_cut() -> None:
    body = Body("gzip")
    body.take(gzip.compress(PAGE)[:-9])
    assert body.cut


def test_a_body_that_is_not_packed_as_it_says_raises() -> None:
    with pytest.raises(zlib.error):
        Body("gzip").take(b"<html>not packed</html>")


def test_two_redirects_with_one_body_are_two_contents() -> None:
    one, other = Body(goes_to="/a"), Body(goes_to="/b")
    one.take(b"Moved")
    other.take(b"Moved")
    assert one.digest != other.digest
