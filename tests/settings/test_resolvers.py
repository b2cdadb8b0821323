"""Whom `why` asks where DNS leads: addresses, and what is said of anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.resolvers import address_of
from bot.settings import BadSettings, Settings, load


def loaded(folder: Path, text: str) -> Settings:
    (folder / "purgebot.yaml").write_text(f"mode: live\n{text}\n")
    return load(folder / "purgebot.yaml", {})


def test_resolvers_are_read_in_order(tmp_path: Path) -> None:
    written = 'resolvers: [9.9.9.9, "10.0.0.2:5353", "2620:fe::fe", "[2620:fe::fe]:5353"]'
    assert ("9.9.9.9", "10.0.0.2:5353", "2620:fe::fe", "[2620:fe::fe]:5353") == loaded(tmp_path, written).resolvers


def test_without_them_nobody_is_named(tmp_path: Path) -> None:
    assert () == loaded(tmp_path, "").resolvers


PLACES = [
    pytest.param("9.9.9.9", ("9.9.9.9", 53), id="an-address"),
    pytest.param("10.0.0.2:5353", ("10.0.0.2", 5353), id="with-a-port"),
    pytest.param("2620:fe::fe", ("2620:fe::fe", 53), id="ipv6"),
    pytest.param("[2620:fe::fe]:5353", ("2620:fe::fe", 5353), id="ipv6-with-a-port"),
    pytest.param("9.9.9", None, id="three-parts"),
    pytest.param("9.9.9.9:0", None, id="port-0"),
    pytest.param("9.9.9.9:65536", None, id="a-port-too-high"),
    pytest.param("dns.quad9.net", None, id="a-name"),
    pytest.param("", None, id="nothing"),
]


@pytest.mark.parametrize(("typed", "place"), PLACES)
def test_where_a_resolver_is(typed: str, place: tuple[str, int] | None) -> None:
    assert place == address_of(typed)


@pytest.mark.parametrize("typed", ["999.9.9.9", "9.9.9.9:70000", "1:2"])
def test_what_is_no_address_is_told(tmp_path: Path, typed: str) -> None:
    with pytest.raises(BadSettings) as caught:
        loaded(tmp_path, f'resolvers: ["{typed}"]')
    assert (
        f"{tmp_path / 'purgebot.yaml'}:2: resolvers[0]: `{typed}` is not the address of a resolver."
        " Write an IP address, such as 9.9.9.9 or 10.0.0.2:5353."
    ) == str(caught.value)
