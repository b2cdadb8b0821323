"""How long it takes to understand and plan a long list, and how much memory: text lines → parse → make_plan,
and then to pack its calls for the ledger.

    python -m bench.plan                 100,000 and 1,000,000 URLs, each several times in a process of its own
    python -m bench.plan child FILE      one time, on the lines of a file
    python -m bench.plan profile FILE    where the time goes

Aims: 1 s for 100,000 URLs; 8 s and 400 MB for a million. The site has Cloudflare behind Varnish, so a million URLs are
33,334 calls and a million more, which are made only as they are packed. Where others use the machine, look at the CPU.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.machine import describe, percentile
from bot.domain.grammar.command import Command, Speaker, parse
from bot.domain.site import Layer, Site
from bot.ledger.packed import packed
from bot.services.requests.planning import make_plan
from providers import PROVIDERS
from providers.contract import Account, Provider

SIZES, TIMES = (100_000, 1_000_000), 3
ZONE = "0123456789abcdef0123456789abcdef"
SITE = Site("shop", ("www.shop.test",), layers=(Layer("door"), Layer("cf", {"zone": ZONE, "tier": "pro"})))


def write(file: Path, n: int) -> None:
    """`n` different URLs, one a line, as a shop's sitemap has them."""
    with file.open("w", encoding="utf-8") as out:
        out.writelines(f"https://www.shop.test/catalog/{i % 997}/product-{i}.html\n" for i in range(n))


def providers() -> dict[str, Provider]:
    """Both accounts."""
    door = Account("door", {"url": "http://127.0.0.1:6081"})
    cf = Account("cf", {}, {"token": "bench"})
    return {"door": PROVIDERS["varnish"].build(door, None), "cf": PROVIDERS["cloudflare"].build(cf, None)}


def resident_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def once(file: Path) -> dict[str, float]:
    """Seconds and memory for one list."""
    accounts = providers()
    before = resident_mb()
    began, worked = time.perf_counter(), time.process_time()
    lines = file.read_text(encoding="utf-8").splitlines()
    read = resident_mb()
    command = parse("purge", Speaker((SITE,), accounts=frozenset(accounts)), lines)
    if not isinstance(command, Command):
        raise SystemExit(f"not understood: {command.problem}")
    parsed, parsed_mb = time.perf_counter(), resident_mb()
    plan = make_plan(command, SITE, accounts, {})
    planned, planned_mb = time.perf_counter(), resident_mb()
    digest = plan.digest
    ended, work, most = time.perf_counter(), time.process_time() - worked, resident_mb()
    stored = packed(plan)
    stored_at, packing = time.perf_counter(), time.process_time() - worked - work
    return {
        "parse": parsed - began, "plan": planned - parsed, "digest": ended - planned, "all": ended - began,
        "cpu": work,
        "start_mb": before, "lines_mb": read, "parsed_mb": parsed_mb, "planned_mb": planned_mb, "mb": most,
        "pack": stored_at - ended, "pack_cpu": packing, "packed_mb": resident_mb(),
        "targets": len(plan.targets), "calls": plan.calls, "digits": len(digest),
        "slices": sum(len(layer.slices) for layer in stored.layers),
    }  # fmt: skip


def measure(n: int) -> None:
    """Median of several fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "urls.txt"
        write(file, n)
        command = [sys.executable, "-m", "bench.plan", "child", str(file)]
        seen = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(TIMES)]
    said = {name: percentile([one[name] for one in seen], 0.5) for name in seen[0]}
    worst = max(one["all"] for one in seen)
    print(
        f"{n:,} URLs, {TIMES} times: median {said['all']:.2f} s (worst {worst:.2f} s), CPU {said['cpu']:.2f} s"
        f" · calls {said['calls']:,.0f}"
    )
    print(f"  parse {said['parse']:.2f} s · plan {said['plan']:.2f} s · digest {said['digest']:.2f} s")
    print(
        f"  most memory: {said['mb']:.0f} MB; by then at the start {said['start_mb']:.0f}, with the lines read"
        f" {said['lines_mb']:.0f}, parsed {said['parsed_mb']:.0f}, planned {said['planned_mb']:.0f}"
    )
    print(
        f"  then packed for the ledger: {said['pack']:.2f} s, CPU {said['pack_cpu']:.2f} s, {said['packed_mb']:.0f} MB"
    )


def main(arguments: Sequence[str]) -> None:
    """Print the figures."""
    match arguments:
        case ["child", file]:
            print(json.dumps(once(Path(file))))
        case ["profile", file]:
            with cProfile.Profile() as profile:
                once(Path(file))
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        case _:
            print(describe())
            for n in SIZES:
                measure(n)


if __name__ == "__main__":
    main(sys.argv[1:])
