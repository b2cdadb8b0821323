"""Bodies as they arrive: whole, packed, cut, endless, hostile."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.body import HEAD_MAX, INFLATED_MAX, READ_MAX, Body
from bot.domain.codings import unreadable
from bot.domain.unpacking import PIECE, Mispacked
from tests.effort import examples

PAGE = b"<html>" + bytes(range(256)) * 500
DIGEST = hashlib.sha256(PAGE).hexdigest()


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=5)),
}
PACKED = {
    "plain": ("", PAGE),
    "identity": ("identity", PAGE),
    "gzip": ("gzip", gzip.compress(PAGE)),
    "x-gzip in capitals": ("X-GZIP", gzip.compress(PAGE)),
    "two gzip members": ("gzip", gzip.compress(PAGE[:999]) + gzip.compress(PAGE[999:])),
    "gzip with padding behind": ("gzip", gzip.compress(PAGE) + b"\0" * 20),
    "deflate as specified": ("deflate", zlib.compress(PAGE)),
    "deflate as often sent": ("deflate", bare_deflate(PAGE)),
    "Brotli": ("br", brotli.compress(PAGE)),
    "Brotli in capitals": (" BR ", brotli.compress(PAGE, quality=1)),
    "gzip within gzip": ("gzip, gzip", gzip.compress(gzip.compress(PAGE))),
    "Brotli within deflate within gzip": ("br,deflate , GZIP", gzip.compress(zlib.compress(brotli.compress(PAGE)))),
    "gzip within nothing": ("gzip, identity,", gzip.compress(PAGE)),
}


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(("encoding", "sent"), PACKED.values(), ids=PACKED)
def test_a_body_is_hashed_as_unpacked_however_it_arrives(encoding: str, sent: bytes, size: int) -> None:
    body = Body(encoding)
    wanted = [body.take(sent[i : i + size]) for i in range(0, len(sent), size)]
    assert (True, DIGEST, False) == (all(wanted), body.digest, body.cut)


@settings(max_examples=examples(100), deadline=None, derandomize=True, database=None)
@given(st.sampled_from(sorted(PACKERS)), st.binary(max_size=3000), st.lists(st.integers(1, 500), min_size=1))
def test_any_body_in_any_pieces_has_its_own_digest(encoding: str, data: bytes, sizes: list[int]) -> None:
    sent, body = PACKERS[encoding](data), Body(encoding)
    while sent:
        size = sizes[len(sent) % len(sizes)]
        body.take(sent[:size])
        sent = sent[size:]
    assert (hashlib.sha256(data).hexdigest(), False) == (body.digest, body.cut)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_is_not_unpacked_beyond_the_cap(encoding: str) -> None:
    bomb = PACKERS[encoding](bytes(INFLATED_MAX * 8))
    body = Body(encoding)
    assert (True, False, "") == (len(bomb) < READ_MAX, body.take(bomb), body.digest)
    assert INFLATED_MAX < body.size <= INFLATED_MAX + 2 * PIECE


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_bomb_costs_no_memory(encoding: str) -> None:
    bomb, body = PACKERS[encoding](bytes(INFLATED_MAX * 8)), Body(encoding)
    tracemalloc.start()
    body.take(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * HEAD_MAX + 8 * PIECE


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_that_unpacks_to_exactly_the_cap_is_whole(encoding: str) -> None:
    page = bytes(range(256)) * (INFLATED_MAX // 256)
    body = Body(encoding)
    assert (True, False) == (body.take(PACKERS[encoding](page)), body.cut)
    assert hashlib.sha256(page).hexdigest() == body.digest


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


def test_empty_bodies_one_within_the_other_are_not_unpacked_without_end() -> None:
    inner = gzip.compress(b"") * (INFLATED_MAX // 10) + gzip.compress(PAGE)
    body = Body("gzip, gzip")
    assert (False, "", 0) == (body.take(gzip.compress(inner, 9)), body.digest, body.size)


@pytest.mark.parametrize("encoding", ["compress", "foo, gzip", "gzip, foo", "gzip, br, deflate, gzip"])
def test_a_body_in_an_unknown_encoding_is_hashed_as_sent_and_has_no_text(encoding: str) -> None:
    body, sent = Body(encoding), gzip.compress(PAGE)
    assert (True, hashlib.sha256(sent).hexdigest(), "", False) == (body.take(sent), body.digest, body.text, body.cut)


UNREADABLE = {
    "": "",
    "identity": "",
    "gzip, gzip": "",
    "br , X-GZIP,": "",
    "foo": "foo",
    "identity, FOO , gzip": "foo, gzip",
    "gzip, gzip, gzip, gzip": "gzip, gzip, gzip, gzip",
}


@pytest.mark.parametrize(("encoding", "expected"), UNREADABLE.items())
def test_an_encoding_is_named_where_it_cannot_be_read(encoding: str, expected: str) -> None:
    assert expected == unreadable(encoding)


@pytest.mark.parametrize("cut", [lambda sent: sent[:-9], lambda sent: gzip.compress(gzip.compress(PAGE)[:-9])])
def test_a_body_that_ends_early_in_one_of_two_packings_is_cut(cut: Callable[[bytes], bytes]) -> None:
    body = Body("gzip, gzip")
    body.take(cut(gzip.compress(gzip.compress(PAGE))))
    assert body.cut


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_packed_body_that_ends_early_is_cut(encoding: str) -> None:
    body = Body(encoding)
    body.take(PACKERS[encoding](PAGE)[:-9])
    assert body.cut


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_packed_answer_without_a_body_is_not_cut(encoding: str) -> None:
    body = Body(encoding)
    assert (True, False) == (body.take(b""), body.cut)


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_body_that_is_not_packed_as_it_says_raises(encoding: str) -> None:
    with pytest.raises(Mispacked):
        Body(encoding).take(b"<html>not packed</html>" * 9)


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_bytes_behind_the_end_of_brotli_are_not_brotli(size: int) -> None:
    body, sent = Body("br"), brotli.compress(PAGE) + b"behind"
    with pytest.raises(Mispacked):
        for i in range(0, len(sent), size):
            body.take(sent[i : i + size])


def test_two_redirects_with_one_body_are_two_contents() -> None:
    one, other = Body(goes_to="/a"), Body(goes_to="/b")
    one.take(b"Moved")
    other.take(b"Moved")
    assert one.digest != other.digest
