"""How long proofs of many large pages take beside each other, and whether all of them are proven.

    python -m bench.large           one, three and five proofs at once, of 30 pages of 300 kB and of 10 of 1 MB
    python -m bench.large child …   the looks, in a process of its own; the servers are here

Two edges and an origin, each answer 30 ms after its request, packed with gzip where that is asked for. A proof asks
each edge twice, then in every encoding. Aim: every proof at its first look, within its 17 s. HTTP on this machine; the
servers are in the process that measures."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import sys
import time
from collections.abc import Mapping

from bench.look import resident_mb
from bench.machine import describe
from bot.domain.proof.asker import Asker, asked_by
from bot.domain.proof.verdict import Verdict, judge
from bot.domain.site import Site
from bot.edge import EdgeLooker
from bot.services.looks.checks import look_all
from bot.services.looks.looking import AFTER_MORE, AFTER_SECONDS
from bot.system import SystemClock
from providers.contract import Sighting

HOST = "www.shop.test"
LATENCY = 0.03  # seconds
AT_ONCE = (1, 3, 5)
SORTS = {"300": (30, 300_000), "1000": (10, 1_000_000)}  # kB: pages, and the bytes of each


def said(size: int, packed: bool) -> bytes:
    """An answer whose page has so many bytes, once unpacked."""
    rolled = random.Random(1)
    page = b"".join(b"<p>%d a page of a shop</p>" % rolled.randrange(10**9) for _ in range(size // 34))
    body = gzip.compress(page, 6) if packed else page
    coding = "Content-Encoding: gzip\r\n" if packed else ""
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n{coding}"
        'Vary: Accept-Encoding\r\nETag: "b7"\r\nX-Cache: HIT\r\nAge: 3\r\nConnection: close\r\n\r\n'
    )
    return head.encode() + body


ANSWERS = {(sort, packed): said(size, packed) for sort, (_, size) in SORTS.items() for packed in (True, False)}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The page of the sort that the path begins with."""
    try:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await asyncio.sleep(LATENCY)
        wanted = asked.partition("accept-encoding:")[2].partition("\r\n")[0]
        writer.write(ANSWERS[asked.split("/")[1], "gzip" in wanted])
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def looking(port: int, sort: str, proofs: int) -> Mapping[str, object]:
    """So many proofs at once: seconds of each, and how many are fresh."""
    there, pages = f"http://127.0.0.1:{port}", SORTS[sort][0]
    site = Site("shop", (HOST,), ("http",), there, edges={"fra": there, "iad": there})
    looker = EdgeLooker(lambda: frozenset({HOST}), {HOST: lambda _: Sighting()}, {}, SystemClock())

    async def proof(n: int) -> tuple[float, bool]:
        began, urls = time.perf_counter(), [f"http://{HOST}/{sort}/{n}/{page}" for page in range(pages)]
        with asked_by(Asker(f"job:P-{n}")):
            looks = await look_all(looker, site, urls, AFTER_SECONDS, twice=True, more=AFTER_MORE)
        return time.perf_counter() - began, judge((), looks).verdict is Verdict.FRESH

    done = await asyncio.gather(*(proof(n) for n in range(proofs)))
    return {"seconds": sorted(took for took, _ in done), "fresh": sum(fresh for _, fresh in done), "mb": resident_mb()}


async def measure() -> None:
    """Serve, look from another process, print what was seen."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=500)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for sort, (pages, _) in SORTS.items():
            for proofs in AT_ONCE:
                command = [sys.executable, "-m", "bench.large", "child", str(port), sort, str(proofs)]
                process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
                told, _ = await process.communicate()
                found = json.loads(told)
                took = f"{found['seconds'][0]:.1f} to {found['seconds'][-1]:.1f} s"
                print(f"{proofs} × {pages} × {sort} kB: {found['fresh']} proven · {took} · {found['mb']:.0f} MB")


def main(words: list[str]) -> None:
    """Print the figures."""
    match words:
        case ["child", port, sort, proofs]:
            print(json.dumps(asyncio.run(looking(int(port), sort, int(proofs)))))
        case _:
            print(describe())
            asyncio.run(measure())


if __name__ == "__main__":
    main(sys.argv[1:])
