"""How long one page's looks take beside other people's looks at hostile pages, and how long the loop stands still.

    python -m bench.hostile           alone, and beside one to three people who look at 20 pages each
    python -m bench.hostile child N   the looks, in a process of its own; the servers are at port N

One page at 6 edges and twice at the origin, again and again, as a job's proof has it looked at; beside it nobody, or
people whose pages are 91 bytes of Brotli that make 64 MiB, or chunks of one byte without end, at once or after an
ordinary beginning. Aims: 1.5 s, and no standstill over 0.3 s. HTTP on this machine; the servers are in the process that
measures."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping

import brotli

from bench.look import PAGES, PLACES, serve
from bench.machine import describe
from bot.domain.proof.asker import Asker, asked_by
from bot.domain.site import Site
from bot.edge import EdgeLooker
from bot.services.looks.checks import look_all
from bot.services.looks.turnstile import Turnstile
from bot.system import SystemClock
from providers.contract import Sighting

HOST, ORDINARY = "www.shop.test", "/page"
BOMB = brotli.compress(bytes(64 * 1024 * 1024), quality=2, lgwin=24)
BROTLI = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
CHUNKED, PART, CRUMB = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 128 * 1024, b"1\r\na\r\n"
CRUMBS = CHUNKED + CRUMB * 20_000
TURNING = CHUNKED + b"%x\r\n%b\r\n" % (PART, bytes(PART)) + CRUMB * 20_000
HOSTILE = {"brotli": BROTLI, "crumbs": CRUMBS, "turning": TURNING}
PEOPLE = (1, 3)
PROOFS = 3
TICK = 0.01  # seconds


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What the first part of the path names; anything else is an ordinary page."""
    line = await reader.readline()
    named = line.split(b"/")[1].split(b"?")[0].split(b" ")[0].decode()
    if named in HOSTILE:
        await serve(reader, writer, HOSTILE[named])
    else:
        await serve(reader, writer)


async def looking(port: int, sort: str, people: int) -> Mapping[str, float]:
    """PROOFS proofs beside `people` who look at pages of a sort: seconds of the longest, and of the longest stop."""
    there, clock = f"http://127.0.0.1:{port}", SystemClock()
    site = Site("shop", (HOST,), ("http",), there, edges={f"edge{n}": there for n in range(PLACES)})
    looker, turnstile = EdgeLooker(lambda: frozenset({HOST}), {HOST: lambda _: Sighting()}, {}, clock), Turnstile()
    still, took = [0.0], [0.0]

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            still.append(time.perf_counter() - began - TICK)

    async def person(name: str) -> None:
        urls = [f"http://{HOST}/{sort}?{name}{n}" for n in range(PAGES)]
        await look_all(turnstile.before(looker, name), site, urls, 8.5)

    async with asyncio.TaskGroup() as group:
        aside = [group.create_task(tick()), *(group.create_task(person(f"U_{n}")) for n in range(people))]
        await asyncio.sleep(TICK)
        with asked_by(Asker("job:P-1")):
            for _ in range(PROOFS):
                began = time.perf_counter()
                await look_all(looker, site, [f"http://{HOST}{ORDINARY}"], 60.0)
                took.append(time.perf_counter() - began)
        for one in aside:
            one.cancel()
    return {"proof": max(took), "still": max(still)}


async def measure() -> None:
    """Serve, look from another process, print what was seen."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=400)
    port = str(server.sockets[0].getsockname()[1])
    cases = [("alone", "page", 0), *((f"{n} at {sort}", sort, n) for sort in HOSTILE for n in PEOPLE)]
    async with server:
        for title, sort, people in cases:
            command = [sys.executable, "-m", "bench.hostile", "child", port, sort, str(people)]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            told, _ = await process.communicate()
            found = json.loads(told)
            print(f"{title}: the longest proof {found['proof']:.2f} s · the longest standstill {found['still']:.2f} s")


def main(words: list[str]) -> None:
    """Print the figures."""
    match words:
        case ["child", port, sort, people]:
            print(json.dumps(asyncio.run(looking(int(port), sort, int(people)))))
        case _:
            print(describe())
            asyncio.run(measure())


if __name__ == "__main__":
    main(sys.argv[1:])
