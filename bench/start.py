"""How long a start takes until the bot accepts work, what it costs when idle, and what a press of Tab costs. Aims: 2 s,
2 % CPU, 120 MB; 0.5 s of a core."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.machine import describe, percentile
from tests.journeys.world import free_port

STARTS = 5
IDLE_SECONDS = 20.0
# What it costs here to wake up ten times a second, as uvicorn does, and do nothing: on some virtual machines a waking
# costs many times what the work does.
SLEEPER = "import time\nwhile True: time.sleep(0.1)"
CONFIG = """
mode: observe
accounts:
  cf: {provider: cloudflare, token: {env: CLOUDFLARE_TOKEN}}
sites:
  shop:
    hosts: [www.shop.test]
    layers: [{account: cf, zone: 0123456789abcdef0123456789abcdef}]
"""


def start(folder: Path) -> tuple[subprocess.Popen[bytes], float]:
    """A bot on a fresh port, and the seconds until it was ready."""
    (folder / "purgebot.yaml").write_text(CONFIG)
    port, metrics = free_port(), free_port()
    env = {
        **os.environ, "PORT": str(port), "METRICS_PORT": str(metrics), "PURGEBOT_CONFIG": str(folder / "purgebot.yaml"),
        "PURGEBOT_DATABASE": f"sqlite:///{folder / 'purgebot.db'}", "CLOUDFLARE_TOKEN": "bench", "LOG_FORMAT": "json",
    }  # fmt: skip
    began = time.monotonic()
    bot = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=env, stderr=subprocess.DEVNULL)
    with httpx.Client(trust_env=False) as http:
        while True:
            try:
                if http.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    return bot, time.monotonic() - began
            except httpx.HTTPError:
                pass
            time.sleep(0.01)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def tab_seconds() -> float:
    """User and system time of what a shell runs when Tab is pressed behind `purgebot`."""
    asked = {"_PURGEBOT_COMPLETE": "complete_bash", "COMP_WORDS": "purgebot ", "COMP_CWORD": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = (sys.executable, "-c", "from bot.cli import app; app(prog_name='purgebot')")
    words = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=True).stdout
    assert "doctor" in words
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def idle_percent(pid: int) -> float:
    """Processor time of a process that nobody asks anything, as a share of one core."""
    before = cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(pid) - before) / IDLE_SECONDS * 100


def main() -> None:
    """Print the figures."""
    print(describe())
    print(f"Tab behind `purgebot`: median {percentile([tab_seconds() for _ in range(STARTS)], 0.5):.2f} s of a core")
    ready = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            bot, seconds = start(Path(folder))
            ready.append(seconds)
            bot.terminate()
            bot.wait()
    print(f"start to ready: median {percentile(ready, 0.5):.2f} s · worst {max(ready):.2f} s of {STARTS}")
    with tempfile.TemporaryDirectory() as folder:
        bot, _ = start(Path(folder))
        time.sleep(2)
        cpu = idle_percent(bot.pid)
        print(f"idle for {IDLE_SECONDS:.0f} s: CPU {cpu:.2f} % of one core · memory {resident_mb(bot.pid):.0f} MB")
        bot.terminate()
        print(f"SIGTERM: exit {bot.wait()}")
    sleeper = subprocess.Popen([sys.executable, "-c", SLEEPER])
    print(f"beside it, ten wakings a second and no work: CPU {idle_percent(sleeper.pid):.2f} % of one core")
    sleeper.kill()
    sleeper.wait()


if __name__ == "__main__":
    main()
