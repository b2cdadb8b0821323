"""How close lanes come to a provider's limits without crossing them. Aim: wall over ideal ≤ 1.03, nothing lost, no 429.

The provider here keeps its own strict buckets of the documented size; the playground's emulator is not involved.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from bench.machine import describe
from bench.rig import Rig, StrictCloudflare, ended
from providers.contract import Kind, Pace

URLS = Pace(1500, 1.0, 1500)  # pro, as documented
BULK = Pace(5, 1.0, 25)
URLS_N, TAGS_N = 10_000, 10_000


def cloud() -> StrictCloudflare:
    """A fresh strict provider."""
    return StrictCloudflare(URLS, BULK)


def urls(start: int, n: int) -> list[str]:
    """`n` pages."""
    return [f"https://www.shop.test/p/{start + i}" for i in range(n)]


def tell(name: str, wall: float, ideal: float, strict: StrictCloudflare, wanted: int) -> None:
    """One line of figures."""
    lost = wanted - len(strict.purged)
    twice = sum(n > 1 for n in strict.purged.values())
    print(
        f"{name}: wall {wall:.2f} s · ideal {ideal:.2f} s · ratio {wall / ideal:.3f}"
        f" · calls {len(strict.calls)} · lost {lost} · sent twice {twice} · 429s {strict.refused}"
    )


async def one(name: str, kind: Kind, values: list[str], ideal: float) -> None:
    """One job alone."""
    strict = cloud()
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), strict)
        await rig.start()
        began = time.monotonic()
        job = await rig.purge(kind, values)
        await rig.until(job, ended)
        tell(name, time.monotonic() - began, ideal, strict, len(values))
        await rig.close()


async def two(name: str, ideal: float) -> None:
    """Two jobs at once on one account."""
    strict = cloud()
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), strict)
        await rig.start()
        began = time.monotonic()
        jobs = [await rig.purge(Kind.TAG, [f"t{n}-{i}" for i in range(TAGS_N // 2)]) for n in range(2)]
        for job in jobs:
            await rig.until(job, ended)
        tell(name, time.monotonic() - began, ideal, strict, TAGS_N)
        await rig.close()


async def restarted(name: str, ideal: float) -> None:
    """A restart half-way: no second burst, nothing lost."""
    strict = cloud()
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), strict)
        await rig.start()
        began = time.monotonic()
        job = await rig.purge(Kind.TAG, [f"t{i}" for i in range(TAGS_N)])
        await rig.until(job, lambda job: sum(layer.sent for layer in job.layers) >= TAGS_N // 200)
        await rig.close()
        rig = Rig(Path(folder), strict, "second")
        await rig.start()
        await rig.until(job, ended)
        tell(name, time.monotonic() - began, ideal, strict, TAGS_N)
        await rig.close()


async def main() -> None:
    """Print the figures."""
    print(describe())
    ideal_urls = (URLS_N - URLS.burst) / URLS.rate
    ideal_tags = (TAGS_N / 100 - BULK.burst) / BULK.rate
    await one("10,000 URLs", Kind.URL, urls(0, URLS_N), ideal_urls)
    await one("10,000 tags", Kind.TAG, [f"t{i}" for i in range(TAGS_N)], ideal_tags)
    await two("two jobs of 5,000 tags", ideal_tags)
    await restarted("10,000 tags, restarted half-way", ideal_tags)


if __name__ == "__main__":
    asyncio.run(main())
