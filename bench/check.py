"""How long a check takes from the question to the card and its picture: 20 URLs at 6 places and twice at the origin,
HTTP on this machine, every answer 50 ms after its request.

    python -m bench.check           three checks by the same bot, one after the other
    python -m bench.check child N   the bot, in a process of its own; the servers are at port N

Aim: 5 s in all. The first check also loads what draws pictures. Nothing is sent to Slack. Memory is the most that the
bot's process ever held.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.look import BODY, HEAD, LATENCY, PAGES, PLACES, resident_mb, serve
from bench.machine import describe
from bot.domain.actor import Actor, Standing
from bot.domain.policies.defaults import built_in
from bot.domain.site import Layer, Site
from bot.edge import EdgeLooker
from bot.engine.embedded import EmbeddedEngine
from bot.ledger.sqlite import SqliteLedger
from bot.metrics import Metrics
from bot.services.desk import Desk
from bot.services.replies import Checked
from bot.services.requests.purges import Asking
from bot.services.setup import Core, Current, Setup
from bot.slack.answers import card_for
from bot.slack.strip import draw_strip, strip_of
from bot.system import NoSlack, SystemClock, SystemDice
from providers import PROVIDERS
from providers.contract import Account

CHECKS = 3
HOST = "www.shop.test"
MIA = Actor("U_MIA", Standing.MEMBER)
LINE = "check " + " ".join(f"http://{HOST}/page-{n}" for n in range(PAGES))


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one check, and what came of it."""

    looks: float  # from the line that was typed to the reply: read, looked, judged, remembered
    card: float
    picture: float
    seen: int
    silent: int
    verdict: str
    picture_bytes: int

    @property
    def whole(self) -> float:
        """Seconds in all."""
        return self.looks + self.card + self.picture


async def _nobody(name: str) -> None:
    return


async def serve_old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The answer of an edge with an old copy: where all is fresh no picture is drawn."""
    await serve(reader, writer, HEAD.replace(b'"b7"', b'"a1"') + BODY[::-1])


def a_bot(folder: Path, port: int, old: int) -> Core:
    """A bot without faces, whose origin and edges are at `port`, but for the last one at `old`."""
    there, clock = f"http://127.0.0.1:{port}", SystemClock()
    edges = {f"edge{n}": there for n in range(PLACES - 1)} | {"old": f"http://127.0.0.1:{old}"}
    site = Site("shop", (HOST,), ("http",), there, layers=(Layer("cf", {"zone": "0" * 32}),), edges=edges)
    cloudflare = PROVIDERS["cloudflare"].build(Account("cf", {}, {"token": "bench"}), None)
    looker = EdgeLooker(lambda: frozenset({HOST}), {HOST: cloudflare.sighting}, {}, clock)
    setup = Setup({"shop": site}, {"cf": cloudflare}, built_in(("U_LEA",)))
    ledger, engine = SqliteLedger(folder / "ledger.db"), EmbeddedEngine(_nobody, clock)
    return Core(Current(setup), ledger, engine, clock, SystemDice(), looker, NoSlack(), Metrics({"cf": "cloudflare"}))


async def one_check(core: Core) -> Took:
    """The whole deed, as a person in Slack has it done. Ends the benchmark where it is no check."""
    began = time.perf_counter()
    reply = await Desk(core).ask(Asking(MIA, core.dice.token(), "slack", "C_SHOP"), LINE)
    looked = time.perf_counter()
    card = card_for(reply, core.clock.now(), "/purge")
    carded = time.perf_counter()
    strip = strip_of(reply) if isinstance(reply, Checked) else None
    if not isinstance(reply, Checked) or strip is None or card is None:
        raise SystemExit(f"not a check with a card and a picture: {reply}")
    picture = await asyncio.to_thread(draw_strip, strip)
    drawn = time.perf_counter()
    silent = sum(1 for look in reply.looks if look.problem)
    return Took(
        looked - began, carded - looked, drawn - carded, len(reply.looks), silent, reply.judgement.verdict,
        len(picture),
    )  # fmt: skip


async def checking(port: int, old: int) -> Mapping[str, object]:
    """Some checks by one bot."""
    with tempfile.TemporaryDirectory() as folder:
        core = a_bot(Path(folder), port, old)
        before = resident_mb()
        took = [asdict(await one_check(core)) for _ in range(CHECKS)]
        await core.ledger.close()
    return {"took": took, "start_mb": before, "mb": resident_mb()}


async def measure() -> None:
    """Serve, check from another process, print what was seen."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=200)
    behind = await asyncio.start_server(serve_old, "127.0.0.1", 0, backlog=200)
    ports = [str(one.sockets[0].getsockname()[1]) for one in (server, behind)]
    async with server, behind:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.check", "child", *ports, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
    found = json.loads(told)
    for n, took in enumerate([Took(**one) for one in found["took"]], 1):
        print(
            f"check {n}: {took.seen} looks at {LATENCY * 1e3:.0f} ms, {took.silent} without an answer, {took.verdict}:"
            f" {took.whole:.2f} s in all · looks {took.looks:.2f} s · card {took.card:.3f} s"
            f" · picture {took.picture:.2f} s ({took.picture_bytes / 1024:.0f} kB)"
        )
    print(f"memory: {found['mb']:.0f} MB ({found['start_mb']:.0f} MB before)")


def main(words: Sequence[str]) -> None:
    """Print the figures."""
    match words:
        case ["child", port, old]:
            print(json.dumps(asyncio.run(checking(int(port), int(old)))))
        case _:
            print(describe())
            asyncio.run(measure())


if __name__ == "__main__":
    main(sys.argv[1:])
