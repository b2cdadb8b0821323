"""Which machine a figure was seen on, and figures in one shape."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime


def describe() -> str:
    """Date, cores and Python, for the first line of every benchmark."""
    today = datetime.now(UTC).date().isoformat()
    return f"{today} · {os.cpu_count()} cores · Python {platform.python_version()} · {platform.system()}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def spread(name: str, seconds: Sequence[float]) -> str:
    """p50, p99 and maximum in milliseconds."""
    p50, p99, most = (percentile(seconds, 0.5), percentile(seconds, 0.99), max(seconds, default=0.0))
    return f"{name}: n {len(seconds)} · p50 {p50 * 1e3:.1f} ms · p99 {p99 * 1e3:.1f} ms · max {most * 1e3:.1f} ms"
