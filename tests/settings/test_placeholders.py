"""Values that the example and `purgebot init` write are refused where purges are real, and told before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.beginning.answers import Beginning, LayerAnswer, usual
from bot.beginning.writing import config_text, to_fill_in
from bot.settings import BadSettings, example, load
from bot.settings.placeholders import needed_of_account
from providers import PROVIDERS


def told(folder: Path, text: str) -> tuple[str, ...]:
    """The warnings of a file that is good; else each problem without the file's name."""
    file = folder / "purgebot.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        return tuple(one for one in load(file, {}).warnings if "example's" in one)
    except BadSettings as exc:
        return tuple(str(problem).removeprefix(f"{file}:") for problem in exc.problems)


def live(text: str) -> str:
    return text.replace("mode: observe", "mode: live", 1)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_the_example_is_refused_at_live_with_each_line_that_is_still_the_example_s(tmp_path: Path) -> None:
    text = example()
    at = {part: line_of(text, part) for part in ("hosts:", "    origin:", "zone:")}
    assert (
        f"{at['hosts:']}: sites.shop.hosts[0]: is still the example's host. Write a host that your visitors use.",
        f"{at['hosts:']}: sites.shop.hosts[1]: is still the example's host. Write a host that your visitors use.",
        f"{at['    origin:']}: sites.shop.origin: is still the example's origin. Write yours, or remove the key.",
        f"{at['zone:']}: sites.shop.layers[1].zone: is still the example's zone."
        " Write yours: the zone's id, 32 hex digits, on the domain's overview page.",
    ) == told(tmp_path, live(text))


def test_while_it_observes_the_same_is_a_warning_with_its_line(tmp_path: Path) -> None:
    text = example()
    assert (
        f"sites.shop.layers[1].zone, on line {line_of(text, 'zone:')}, is still the example's zone."
        " Write yours: the zone's id, 32 hex digits, on the domain's overview page. `mode: live` is refused without."
    ) == told(tmp_path, text)[-1]


def test_an_example_that_was_filled_in_may_go_live(tmp_path: Path) -> None:
    text = example().replace("example.com", "shop.test").replace("0123456789abcdef0123456789abcdef", "5ca1ab1e" * 4)
    assert () == told(tmp_path, live(text))


LEFT: Mapping[str, tuple[str, ...]] = {  # what each provider's own ids are called, as init leaves them
    "cloudflare": ("zone",),
    "cloudfront": ("distribution",),
    "fastly": ("service",),
    "akamai": (),
    "googlecdn": ("project", "url_map"),
    "bunny": ("pull_zone",),
    "varnish": (),
    "nginx": (),
    "redis": (),
    "http": (),
}


def test_there_is_a_row_for_each_provider() -> None:
    assert set(PROVIDERS) == set(LEFT)


@pytest.mark.parametrize(("provider", "names"), LEFT.items(), ids=LEFT)
def test_what_init_leaves_to_fill_in_is_refused_at_live(tmp_path: Path, provider: str, names: tuple[str, ...]) -> None:
    suggested = {one.name: usual(one) for one in needed_of_account(PROVIDERS[provider])}
    text = config_text(Beginning("shop", ("www.shop.test",), (LayerAnswer(provider, suggested),)))
    found = [line.partition(": is still")[0].rpartition(".")[2] for line in told(tmp_path, live(text))]
    assert list(names) == found
    assert set(names) <= {text.splitlines()[n - 1].partition(":")[0].strip() for n, _ in to_fill_in(text)}
