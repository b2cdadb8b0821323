"""Bodies as they arrive: whole, packed, cut, endless, hostile."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers.body import HEAD_MAX, INFLATED_MAX, READ_MAX, Body
from providers.codings import unreadable
from providers.unpacking import MEMBERS_MAX, PARTS_MAX, PIECE, Mispacked, Splintered, Zstandard
from tests.effort import examples

PAGE = b"<html>" + bytes(range(256)) * 500
DIGEST = hashlib.sha256(PAGE).hexdigest()


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd_unsized(data: bytes) -> bytes:
    """As servers stream it: many blocks, no size, a checksum."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    pieces = [packer.compress(data[i : i + 999]) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
              for i in range(0, len(data), 999)]  # fmt: skip
    return b"".join(pieces) + packer.flush()


def skippable(data: bytes) -> bytes:
    return b"\x50\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=5)),
    "zstd": zstandard.ZstdCompressor(level=3).compress,
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
    "Zstandard": ("zstd", zstandard.compress(PAGE)),
    "Zstandard in capitals, in a stream": ("ZSTD", zstd_unsized(PAGE)),
    "two Zstandard frames": ("zstd", zstandard.compress(PAGE[:999]) + zstd_unsized(PAGE[999:])),
    "Zstandard with frames to skip": ("zstd", skippable(b"") + zstandard.compress(PAGE) + skippable(b"x" * 70_000)),
}


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(("encoding", "sent"), PACKED.values(), ids=PACKED)
def test_a_body_is_hashed_as_unpacked_however_it_arrives(encoding: str, sent: bytes, size: int) -> None:
    body = Body(encoding)
    wanted = [body.take(sent[i : i + size]) for i in range(0, len(sent), size)]
    assert (True, DIGEST, False) == (all(wanted), body.digest, body.cut)


def test_a_body_has_its_md5_where_that_is_wanted() -> None:
    wanted, not_wanted, odd = Body("gzip", with_md5=True), Body("gzip"), Body("exi", with_md5=True)
    for body in (wanted, not_wanted, odd):
        body.take(gzip.compress(PAGE))
    assert (hashlib.md5(PAGE).hexdigest(), "", "") == (wanted.md5, not_wanted.md5, odd.md5)


def test_a_body_that_is_not_read_whole_has_no_md5() -> None:
    body = Body(with_md5=True)
    body.take(bytes(READ_MAX + 1))
    assert "" == body.md5


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


@pytest.mark.parametrize("encoding", PACKERS)
def test_others_may_go_on_after_each_piece_of_a_bomb(encoding: str) -> None:
    body, sizes = Body(encoding), [0]
    for _ in body.pieces(PACKERS[encoding](bytes(INFLATED_MAX * 8))):
        sizes.append(body.size)
    steps = [after - before for before, after in itertools.pairwise(sizes)]
    assert (False, True) == (body.is_open, max(steps) <= 2 * PIECE)


def test_others_may_go_on_after_each_part_that_holds_nothing() -> None:
    frames = 100
    assert frames <= sum(1 for _ in Body("zstd").pieces(zstandard.compress(b"") * frames))
    assert frames <= sum(1 for _ in Body("gzip").pieces(gzip.compress(b"") * frames))


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
    with pytest.raises(Splintered):
        Body("gzip, gzip").take(gzip.compress(inner, 9))


def empty_blocks(n: int) -> bytes:
    """A zstd frame of `n` blocks that hold nothing."""
    return b"\x28\xb5\x2f\xfd\x00\x58" + b"\0\0\0" * n


SPLINTERS = {
    "gzip members": ("gzip", gzip.compress(b""), MEMBERS_MAX),
    "zstd frames": ("zstd", zstandard.compress(b""), PARTS_MAX // 4),
    "zstd frames to skip": ("zstd", skippable(b""), PARTS_MAX // 2),
}


@pytest.mark.parametrize(("encoding", "empty", "most"), SPLINTERS.values(), ids=SPLINTERS)
@pytest.mark.parametrize("size", [999, 1 << 20])
def test_a_body_of_parts_that_hold_nothing_is_given_up(encoding: str, empty: bytes, most: int, size: int) -> None:
    sent, body = empty * (most + 2), Body(encoding)
    with pytest.raises(Splintered):
        [body.take(sent[i : i + size]) for i in range(0, len(sent), size)]


def test_a_frame_of_blocks_that_hold_nothing_is_given_up() -> None:
    with pytest.raises(Splintered):
        Body("zstd").take(empty_blocks(PARTS_MAX))


def test_as_many_parts_as_blocks_of_64_kb_need_are_read() -> None:
    body = Body("gzip")
    body.take(gzip.compress(b"x" * 9) * MEMBERS_MAX)
    assert (9 * MEMBERS_MAX, False) == (body.size, body.cut)


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


def zstd_bomb(blocks: int) -> bytes:
    """As small as it can be: each block is one byte, said 128 Ki times over."""
    window = (7 << 3).to_bytes(1)  # 128 KiB
    block, last = (RLE_SIZE << 3 | 1 << 1).to_bytes(3, "little"), (RLE_SIZE << 3 | 1 << 1 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x00" + window + (block + b"x") * (blocks - 1) + last + b"x"


RLE_SIZE = 128 * 1024


def test_the_worst_zstd_bomb_is_fetched_a_block_at_a_time() -> None:
    bomb, unpacking = zstd_bomb(16_000), Zstandard()
    tracemalloc.start()
    sizes = {len(piece) for piece in unpacking.unpack(bomb[: 64 * 1024])}
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ({0, RLE_SIZE}, True) == (sizes, most < 8 * PIECE)


def test_a_whole_bomb_ends_where_it_says() -> None:
    unpacking = Zstandard()
    assert 3 * RLE_SIZE == sum(map(len, unpacking.unpack(zstd_bomb(3))))
    assert not unpacking.cut


def test_a_window_larger_than_browsers_take_is_refused() -> None:
    far = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=24)).compressobj()
    sent = far.compress(bytes(range(256)) * 100) + far.flush()
    with pytest.raises(Mispacked):
        Body("zstd").take(sent)


@pytest.mark.parametrize("behind", [b"\0" * 20, b"<html>"])
def test_what_is_no_frame_behind_zstandard_raises(behind: bytes) -> None:
    with pytest.raises(Mispacked):
        Body("zstd").take(zstandard.compress(PAGE) + behind)


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
