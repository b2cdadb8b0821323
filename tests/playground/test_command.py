"""`python -m playground`: what it says of itself, and of what it cannot use."""

from __future__ import annotations

import pytest

from playground.__main__ import HELP, main

REFUSED = {
    "a port of letters": ({"PORT": "http"}, (), 1, "PORT is not a port. Write a number from 1 to 65535,"),
    "a port beyond all": ({"PORT": "65536"}, (), 1, "PORT is not a port."),
    "no port at all": ({"PORT": "0"}, (), 1, "PORT is not a port."),
    "no such site": ({"SITES": "shop,news"}, (), 1, "There is no site news. SITES names some of shop,blog,media,bank."),
    "a word": ({}, ("9000",), 2, "There is no 9000: the environment says how."),
}


@pytest.mark.parametrize(("environ", "words", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_what_it_cannot_use_is_said(
    environ: dict[str, str], words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code == main(environ, words)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_variable(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main({}, [word])
    assert HELP == capsys.readouterr().out
    assert [] == [name for name in ("PORT", "DATA", "SPEED", "SITES", "LOG_FORMAT") if f"  {name} " not in HELP]
