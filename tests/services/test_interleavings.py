"""Several people act at once on jobs that wait, in random orders: never two runs, never a run without its votes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.services.crowd import Quiet
from tests.services.life import Life

WHO = ("U_MIA", "U_MIA", "U_LEA", "U_LEA", "U_SAM", "U_SAM", "U_KIM", "U_KIM", "U_GUEST", "U_EVA", "U_NIA")
ACTS = (
    "prefix", "prefix", "everything", "page", "yes", "yes", "yes", "yes", "yes", "double yes", "yes, delivered twice",
    "stale yes", "forged yes", "typed yes", "typed yes", "typed no", "cancel", "glass", "glass on all", "hold",
    "release", "queue", "retry", "retry", "repeat", "again", "tick", "tick", "tick", "minute",
)  # fmt: skip
BETWEEN = (
    "nothing", "nothing", "nothing", "nothing", "nothing", "nothing", "to expiry", "a while", "into the freeze",
    "day", "back an hour", "crash", "cut off", "cut off", "cf refuses", "cf is away", "lea leaves", "lea joins",
    "mia is deactivated", "mia is back", "stricter", "as before",
)  # fmt: skip

STEPS = st.lists(
    st.tuples(st.sampled_from(BETWEEN), st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(WHO)), max_size=4)),
    min_size=6,
    max_size=16,
)
ONE_TICK = ("nothing", [("tick", "U_MIA")])
ALL_AT_ONCE = [
    ("nothing", [("everything", "U_MIA")]),
    (
        "nothing",
        [("yes", "U_LEA"), ("yes", "U_SAM"), ("double yes", "U_LEA"), ("typed yes", "U_KIM")],
    ),
    ("cf refuses", [("tick", "U_MIA"), ("glass", "U_SAM"), ("hold", "U_MIA")]),
    *[ONE_TICK] * 3,
    ("nothing", [("retry", "U_MIA"), ("retry", "U_LEA"), ("release", "U_LEA"), ("retry", "U_EVA")]),
    *[ONE_TICK] * 3,
]


def lived(steps: Sequence[tuple[str, Sequence[tuple[str, str]]]], seed: int, folder: Path) -> Life:
    with asyncio.Runner(loop_factory=Quiet) as runner:
        return runner.run(_lived(steps, seed, folder))


async def _lived(steps: Sequence[tuple[str, Sequence[tuple[str, str]]]], seed: int, folder: Path) -> Life:
    life = Life(folder, seed)
    life.note()
    for befalls, acts in steps:
        await life.step(befalls, acts)
    await life.end()
    return life


@settings(max_examples=examples(200), deadline=None)
@given(STEPS, st.integers(0, 2**32))
def test_whatever_the_order_nothing_runs_twice_or_without_its_votes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[tuple[str, str]]]], seed: int
) -> None:
    with TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        lived(steps, seed, Path(folder))


@pytest.mark.parametrize("seed", range(6))
def test_votes_at_once_run_it_once_and_retries_at_once_once_more(tmp_path: Path, seed: int) -> None:
    seen = lived(ALL_AT_ONCE, seed, tmp_path).watch.seen
    assert (1, 1) == (seen["waiting to queued"], seen["queued to waiting"] + seen["purging to failed"])
    assert 1 + seen["failed to queued"] == seen["everything began"] + seen["queued to waiting"]
