"""How long many looks take, and how much memory: HTTP on this machine, every answer 50 ms after its request.

    python -m bench.look          1,000 looks: 20 URLs, at 6 edges and twice at the origin, as a plain visitor and
                                  as most browsers ask, again and again; each is one request
    python -m bench.look check    one check: 20 URLs at 6 places, beside the origin
    python -m bench.look child N  N pages, in a process of its own

Aims: 1,000 looks in 5 s and 200 MB; a check of 20 URLs at 6 places in 5 s. The looks go through what a check uses, with
as many at once. The servers are in the process that measures, the looks in one of their own.
"""

from __future__ import annotations

import asyncio
import json
import math
import resource
import sys
import time

from bench.machine import describe
from bot.domain.answers.answer import PLAIN, Answer, Asked
from bot.domain.site import Site
from bot.edge import EdgeLooker
from bot.services.looks.checks import look_all
from bot.system import SystemClock
from providers.contract import Sighting

LATENCY = 0.05  # seconds
LOOKS, PLACES, PAGES, WAYS = 1_000, 6, 20, 2
BODY = b"<html>" + b"<p>a page of a shop</p>" * 800 + b"</html>"
HEAD = (
    f'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(BODY)}\r\nETag: "b7"\r\nX-Cache: HIT\r\n'
    "Cache-Control: max-age=300\r\nAge: 3\r\nConnection: close\r\n\r\n"
).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = HEAD + BODY) -> None:
    """One answer, late."""
    try:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(LATENCY)
        writer.write(said)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class Counting(EdgeLooker):
    """A looker that counts its requests: an answer that tells nothing beside another is not told."""

    requests = 0

    async def fetch(self, url: str, place: str, address: str = "", asked: Asked = PLAIN) -> Answer:
        self.requests += 1
        return await super().fetch(url, place, address, asked)


async def looking(pages: int, port: int) -> dict[str, float]:
    """Look at `pages` pages everywhere, PAGES in one check."""
    there = f"http://127.0.0.1:{port}"
    site = Site("shop", ("www.shop.test",), ("http",), there, edges={f"edge{n}": there for n in range(PLACES)})
    looker = Counting(lambda: frozenset(site.hosts), {"www.shop.test": lambda _: Sighting()}, {}, SystemClock())
    before, bad = resident_mb(), 0
    began, worked = time.perf_counter(), time.process_time()
    for first in range(0, pages, PAGES):
        urls = [f"http://www.shop.test/page-{n}" for n in range(first, min(first + PAGES, pages))]
        looks = await look_all(looker, site, urls, 60.0)
        bad += sum(1 for look in looks if look.problem)
    return {
        "seconds": time.perf_counter() - began, "cpu": time.process_time() - worked, "bad": bad,
        "looks": looker.requests, "start_mb": before, "mb": resident_mb(),
    }  # fmt: skip


def resident_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(pages: int) -> None:
    """Serve, look from another process, print what was seen."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=200)
    port = server.sockets[0].getsockname()[1]
    command = [sys.executable, "-m", "bench.look", "child", str(pages), str(port)]
    async with server:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
    found = json.loads(told)
    print(
        f"{found['looks']:,} looks at {LATENCY * 1e3:.0f} ms, {found['bad']} without an answer:"
        f" {found['seconds']:.2f} s · cpu {found['cpu']:.2f} s"
        f" · {found['mb']:.0f} MB ({found['start_mb']:.0f} MB before)"
    )


def main(words: list[str]) -> None:
    """Print the figures."""
    match words:
        case ["child", pages, port]:
            print(json.dumps(asyncio.run(looking(int(pages), int(port)))))
        case ["check"]:
            print(describe())
            asyncio.run(measure(PAGES))
        case _:
            print(describe())
            asyncio.run(measure(math.ceil(LOOKS / (PLACES + 2) / WAYS)))


if __name__ == "__main__":
    main(sys.argv[1:])
