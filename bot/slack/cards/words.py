"""Quantities, times and things in words, the same in every card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.job import JobView, LayerView
from bot.slack.escape import escape
from providers.contract import Kind

URL_SHOWN = 200
PLURAL = {
    Kind.URL: "URLs",
    Kind.PATH: "paths",
    Kind.PREFIX: "prefixes",
    Kind.TAG: "tags",
    Kind.HOST: "hosts",
    Kind.PATTERN: "patterns",
}


def number(n: int) -> str:
    """100,000."""
    return f"{n:,}"


def count(n: int, one: str, many: str = "") -> str:
    """1 call, 2 calls."""
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """3.1 s, 40 s, 28 min, 5 h."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} d"


def clock(at: float) -> str:
    """A moment in each reader's own time, through Slack's date token."""
    fallback = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{fallback}>"


def listed(words: Sequence[str]) -> str:
    """fra, iad and sin."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def subject(job: JobView) -> str:
    """What a job purges, in a few words: the thing itself where there is one."""
    if job.kind is Kind.EVERYTHING:
        return f"everything on {job.site} ({job.environment})"
    if job.targets == 1 and job.sample:
        return thing(job.kind, job.sample[0])
    return f"{number(job.targets)} {PLURAL[job.kind]} on {job.site}"


def thing(kind: Kind, value: str) -> str:
    """One target; a URL stands for itself."""
    shown = escape(value, URL_SHOWN)
    return shown if kind is Kind.URL else f"{kind.value} {shown}"


def layers_done(layers: Sequence[LayerView]) -> str:
    """Varnish 0.2 s → Cloudflare 0.4 s."""
    return " → ".join(
        f"{layer.title} {duration(layer.ended - layer.started)}" if layer.ended and layer.started else layer.title
        for layer in layers
    )


def bar(share: float) -> str:
    """▓▓▓▓▓▓▓░░░ 68 %."""
    full = min(10, int(share * 10))
    return f"{'▓' * full}{'░' * (10 - full)} {int(share * 100)} %"
