"""How close lanes come to a provider's limits without crossing them. Aim: wall over ideal ≤ 1.03, nothing lost, no 429.

    python -m bench.pacing                    everything, about ten minutes
    python -m bench.pacing --provider akamai  one provider
    python -m bench.pacing --case learn       a provider below its documentation; also `three` (accounts side by
                                              side) and `turns` (a small job behind a large one)

Each provider here keeps its own strict buckets (bench.strict). The ideal is what these requests would have taken with
nothing lost between them; where 10,000 targets would take over 90 s, there are fewer.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bench.clouds import CLOUDS, HOST
from bench.machine import describe, percentile
from bench.rig import Rig, ended
from bench.strict import Strict, ideal
from bot.domain.jobs.job import JobView
from bot.domain.site import Environment, Layer, Site
from providers.contract import Kind

LEAST = 1.0  # seconds of ideal time from which a ratio says something
SMALL_JOBS = 10


def urls(n: int, start: int = 0) -> list[str]:
    """`n` pages."""
    return [f"https://{HOST}/p/{start + i}" for i in range(n)]


def tags(n: int, start: int = 0) -> list[str]:
    """`n` tags."""
    return [f"t{start + i}" for i in range(n)]


def below(n: int) -> list[str]:
    """`n` prefixes."""
    return [f"{HOST}/d{i}/" for i in range(n)]


@dataclass(frozen=True, slots=True)
class Case:
    """One job at one provider; `wanted` is how many different things its requests must name."""

    provider: str
    name: str
    kind: Kind
    values: Sequence[str]
    wanted: int


CASES = (
    Case("cloudflare", "10,000 URLs", Kind.URL, urls(10_000), 10_000),
    Case("cloudflare", "10,000 tags", Kind.TAG, tags(10_000), 10_000),
    Case("cloudfront", "10,000 paths", Kind.URL, urls(10_000), 10_000),
    Case("cloudfront", "46 wildcards (10,000 take 4.6 hours)", Kind.PREFIX, below(46), 46),
    Case("fastly", "10,000 URLs", Kind.URL, urls(10_000), 10_000),
    Case("fastly", "10,000 tags", Kind.TAG, tags(10_000), 10_000),
    Case("akamai", "10,000 URLs", Kind.URL, urls(10_000), 10_000),
    Case("akamai", "20,000 URLs", Kind.URL, urls(20_000), 20_000),
    Case("akamai", "5,700 tags (10,000 take 10 minutes)", Kind.TAG, tags(5_700), 5_700),
    Case("akamai", "340 CP codes (10,000 take 5.4 hours)", Kind.EVERYTHING, [""], 340),
    Case("varnish", "10,000 URLs", Kind.URL, urls(10_000), 10_000),
    Case("nginx", "10,000 URLs", Kind.URL, urls(10_000), 10_000),
    Case("http", "4,000 URLs (10,000 take 199 s)", Kind.URL, urls(4_000), 4_000),
)


def site(name: str, provider: str) -> Site:
    """A site with one layer, at the account of its own name."""
    layers = (Layer(name, CLOUDS[provider].layer),)
    return Site(name, (HOST,), environment=Environment.STAGING, layers=layers)


def opened(folder: str, ends: dict[str, tuple[str, Strict]], owner: str = "first") -> Rig:
    """A bot with an account and a site for each name; `ends` are the provider and its strict other end."""
    accounts = {name: CLOUDS[provider].account(name, strict) for name, (provider, strict) in ends.items()}
    return Rig(Path(folder), [site(name, provider) for name, (provider, _) in ends.items()], accounts, owner)


def tell(name: str, began: float, strict: Strict, wanted: int, job: JobView) -> None:
    """One line of figures."""
    wall, least = strict.last - began, ideal(strict.bills, strict.limits)
    calls = len(strict.bills)
    ratio = f"ratio {wall / least:.3f}" if least >= LEAST else f"no wait asked, {calls / wall:,.0f} calls/s"
    share = strict.refused / (calls + strict.refused) if calls else 0.0
    twice = sum(n > 1 for n in strict.purged.values())
    trouble = "" if all(not layer.failed for layer in job.layers) else f" · {job.state}: {job.layers[0].trouble}"
    print(
        f"{name}: wall {wall:.2f} s · ideal {least:.2f} s · {ratio} · calls {calls}"
        f" · lost {wanted - len(strict.purged)} · sent twice {twice} · 429s {strict.refused} ({share:.1%}){trouble}",
        flush=True,
    )


def sent(job: JobView) -> bool:
    """Whether all is sent; what the provider still does is not waited for."""
    return ended(job) or all(layer.calls and not layer.open and layer.started for layer in job.layers)


async def alone(case: Case, share: float = 1.0, suffix: str = "") -> None:
    """One job alone."""
    strict = CLOUDS[case.provider].strict(share)
    with tempfile.TemporaryDirectory() as folder:
        rig = opened(folder, {"a": (case.provider, strict)})
        await rig.start()
        began = time.monotonic()
        job = await rig.purge("a", case.kind, case.values)
        seen = await rig.until(job, sent)
        tell(f"{case.provider} {case.name}{suffix}", began, strict, case.wanted, seen)
        await rig.close()


async def two_jobs() -> None:
    """Two jobs at once on one account."""
    strict = CLOUDS["cloudflare"].strict()
    with tempfile.TemporaryDirectory() as folder:
        rig = opened(folder, {"a": ("cloudflare", strict)})
        await rig.start()
        began = time.monotonic()
        jobs = [await rig.purge("a", Kind.TAG, tags(5_000, start)) for start in (0, 5_000)]
        seen = [await rig.until(job, sent) for job in jobs]
        tell("cloudflare two jobs of 5,000 tags", began, strict, 10_000, seen[-1])
        await rig.close()


async def restarted() -> None:
    """A restart half-way: no second burst, nothing lost."""
    strict = CLOUDS["cloudflare"].strict()
    with tempfile.TemporaryDirectory() as folder:
        rig = opened(folder, {"a": ("cloudflare", strict)})
        await rig.start()
        began = time.monotonic()
        job = await rig.purge("a", Kind.TAG, tags(10_000))
        await rig.until(job, lambda job: sum(layer.sent for layer in job.layers) >= 50)
        await rig.close()
        rig = opened(folder, {"a": ("cloudflare", strict)}, "second")
        await rig.start()
        seen = await rig.until(job, sent)
        tell("cloudflare 10,000 tags, restarted half-way", began, strict, 10_000, seen)
        await rig.close()


async def learn() -> None:
    """The provider allows a fifth less than it documents. Aim: at most 1 % of the calls are answered 429."""
    await alone(CASES[0], 0.8, ", a fifth less than documented")
    await alone(CASES[1], 0.8, ", a fifth less than documented")


async def three() -> None:
    """Three accounts of three providers at once: each as fast as alone."""
    wishes = {
        "cloudflare": (Kind.TAG, tags(10_000)),
        "nginx": (Kind.URL, urls(3_000)),
        "http": (Kind.URL, urls(750)),
    }
    ends = {name: (name, CLOUDS[name].strict()) for name in wishes}
    with tempfile.TemporaryDirectory() as folder:
        rig = opened(folder, ends)
        await rig.start()
        began = {name: (time.monotonic(), await rig.purge(name, *wish)) for name, wish in wishes.items()}
        for name, (at, job) in began.items():
            seen = await rig.until(job, sent)
            tell(f"three at once: {name} {len(wishes[name][1]):,}", at, ends[name][1], len(wishes[name][1]), seen)
        await rig.close()


async def turns() -> None:
    """One URL behind 100,000: how many calls arrived between its being asked for and its own. Aim: at most 2."""
    strict = CLOUDS["cloudflare"].strict()
    with tempfile.TemporaryDirectory() as folder:
        rig = opened(folder, {"a": ("cloudflare", strict)})
        await rig.start()
        large = await rig.purge("a", Kind.URL, urls(100_000))
        await rig.until(large, lambda job: sum(layer.sent for layer in job.layers) >= 60)  # its burst is gone
        waited, seconds = [], []
        for n in range(SMALL_JOBS):
            [url] = urls(1, 200_000 + n)
            began = time.monotonic()
            await rig.purge("a", Kind.URL, [url])
            before = len(strict.bills)
            while not strict.purged[url]:
                await asyncio.sleep(0.002)
            waited.append(next(at for at, bill in enumerate(strict.bills) if url in bill.targets) - before)
            seconds.append(time.monotonic() - began)
        state = await rig.until(large, lambda job: True)
        print(
            f"1 URL behind 100,000, {SMALL_JOBS} times: calls that went first: median {percentile(waited, 0.5)}, worst"
            f" {max(waited)} · seconds: median {percentile(seconds, 0.5):.2f}, worst {max(seconds):.2f}"
            f" · the large job then had {state.layers[0].open:,} calls to go",
            flush=True,
        )
        await rig.close()


async def main(provider: str, case: str) -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # 429s are counted here
    print(describe(), flush=True)
    if not case:
        for one in CASES:
            if provider in ("", one.provider):
                await alone(one)
        if provider in ("", "cloudflare"):
            await two_jobs()
            await restarted()
    for name, more in {"learn": learn, "three": three, "turns": turns}.items():
        if case == name or not (case or provider):
            await more()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How close lanes come to a provider's limits.")
    parser.add_argument("--provider", default="", choices=list(CLOUDS))
    parser.add_argument("--case", default="", choices=["learn", "three", "turns"])
    given = parser.parse_args()
    asyncio.run(main(given.provider, given.case))
