"""A secret is a place; what is wrong with the place is said by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import MissingSecret, Secret


@pytest.mark.parametrize("value", ["abc", "abc\n", "abc\r\n"])
def test_a_variable_is_revealed_without_its_line_end(value: str) -> None:
    assert Secret(env="T", environ={"T": value}).reveal() == "abc"


def test_a_file_of_several_lines_is_kept(tmp_path: Path) -> None:
    (tmp_path / "edgerc").write_text("[ccu]\nhost = a\n")
    assert Secret(file=str(tmp_path / "edgerc")).reveal() == "[ccu]\nhost = a"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "the variable T is not set."),
        ({"T": ""}, "the variable T is empty."),
        ({"T": "\n"}, "the variable T is empty."),
    ],
    ids=["absent", "empty", "line end"],
)
def test_a_variable_without_value_is_told(environ: dict[str, str], said: str) -> None:
    with pytest.raises(MissingSecret) as caught:
        Secret(env="T", environ=environ).reveal()
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "does not exist."),
        ("empty", "is empty."),
        ("bytes", "is not text."),
        ("folder", "cannot be read (Is a directory)."),
    ],
)
def test_a_file_without_value_is_told(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MissingSecret) as caught:
        Secret(file=str(tmp_path / name)).reveal("`token` of account cf")
    assert str(caught.value) == f"the file {tmp_path / name} (`token` of account cf) {said}"


def test_a_secret_that_is_missing_is_none_where_that_will_do() -> None:
    assert (Secret(env="T").reveal_or_none(), Secret(env="T", environ={"T": "x"}).reveal_or_none()) == (None, "x")


def test_printing_a_secret_shows_its_place() -> None:
    assert repr(Secret(env="T", environ={"T": "hunter2"})) == "Secret(env='T', file='')"
