"""The whole body of an answer that is read at once: unpacked piece by piece, however much a small one unpacks to."""

from __future__ import annotations

import httpx

from bot.edge.mishaps import Unusable, problem
from providers.codings import codings, unpackers
from providers.unpacking import Mispacked, Plain, Unpacker


async def whole_body(response: httpx.Response, most: int) -> bytes:
    """The body, unpacked. Raises Unusable where it holds more than `most` bytes, or is packed as nobody needs to."""
    stream = _unpacker(response)
    body = bytearray()
    try:
        async for chunk in response.aiter_raw():
            for piece in stream.unpack(chunk):
                body += piece
                if len(body) > most:
                    raise Unusable(f"its answer is larger than {_size(most)}")
    except Mispacked as exc:
        raise Unusable(problem(exc)) from exc
    if stream.cut:
        raise Unusable("its answer is cut off")
    return bytes(body)


def _unpacker(response: httpx.Response) -> Unpacker:
    """Of one coding: one around another could hide any size from `most`. Raises Unusable."""
    encoding = response.headers.get("content-encoding", "")
    found = unpackers(encoding)
    if found is None or len(found) > 1:
        raise Unusable(f"its answer is packed as {', '.join(codings(encoding))[:40]!r}")
    return found[0] if found else Plain()


def _size(most: int) -> str:
    return f"{most // 1_000_000} MB" if most >= 1_000_000 else f"{most // 1000} kB"
