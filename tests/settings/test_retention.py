"""How long things are kept: times as they are written, and what is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import BadSettings, Retention, Settings, load

DAY = 86_400.0


def loaded(folder: Path, text: str) -> Settings:
    (folder / "purgebot.yaml").write_text(f"mode: live\n{text}\n")
    return load(folder / "purgebot.yaml", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Retention(400 * DAY, None)),
        ("retention:", Retention(400 * DAY, None)),
        ("retention: {jobs: 30d}", Retention(30 * DAY, None)),
        ("retention: {jobs: never, documents: 12h}", Retention(None, DAY / 2)),
    ],
)
def test_times_are_read(tmp_path: Path, text: str, expected: Retention) -> None:
    assert expected == loaded(tmp_path, text).retention


@pytest.mark.parametrize("typed", ["30", "0d", "1w", "-1d", "1.5d", "30 days", "Never", "100000d"])
def test_what_is_no_time_is_told(tmp_path: Path, typed: str) -> None:
    with pytest.raises(BadSettings) as caught:
        loaded(tmp_path, f'retention: {{jobs: "{typed}"}}')
    assert (
        f"{tmp_path / 'purgebot.yaml'}:2: retention.jobs: `{typed}` is not a time."
        " Write days or hours, such as 400d or 12h, or never."
    ) == str(caught.value)


def test_jobs_that_are_to_go_too_soon_are_told(tmp_path: Path) -> None:
    told = (
        "retention.jobs is less than 7d: jobs are kept 7 days all the same, since a repeated request must find its job"
        " for so long."
    )
    assert (True, False) == tuple(
        told in loaded(tmp_path, f"retention: {{jobs: {time}}}").warnings for time in ("12h", "7d")
    )
