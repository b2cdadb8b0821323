"""What README and docs show as configuration is configuration: whole, explicit about its mode, and good for a purge."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.adapters import build_providers
from bot.cli import app
from bot.settings import Environment, load
from providers.contract import Kind, Provider, Purge, UnsupportedWish

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
_BLOCK = re.compile(r"^ *```ya?ml\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
TARGETS = {
    Kind.URL: ("https://www.shop.test/a",),
    Kind.TAG: ("news",),
    Kind.EVERYTHING: (),
}


def blocks() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, text in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")), 1):
            yield f"{page.relative_to(ROOT)} {number}", text


BLOCKS = dict(blocks())


def plannable(provider: Provider, layer: dict[str, str]) -> list[Kind]:
    """The kinds that this layer has calls for."""
    able = []
    for kind, targets in TARGETS.items():
        try:
            calls = provider.plan(Purge(kind, targets, layer=layer, hosts=("www.shop.test",)))
        except UnsupportedWish:
            continue
        able += [kind] if calls else []
    return able


@pytest.mark.parametrize("name", [f"docs/providers/{path.name} 1" for path in (ROOT / "docs/providers").glob("*.md")])
def test_a_providers_page_begins_with_an_example(name: str) -> None:
    assert name in BLOCKS


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS)
async def test_an_example_is_a_whole_configuration_that_can_purge(tmp_path: Path, text: str) -> None:
    (tmp_path / "purgebot.yaml").write_text(text, encoding="utf-8")
    settings = load(tmp_path / "purgebot.yaml", {})
    providers = build_providers(settings)
    able = [plannable(providers[x.account], dict(x.settings)) for site in settings.sites.values() for x in site.layers]
    for provider in providers.values():
        await provider.close()
    assert settings.mode in ("live", "observe")
    assert re.search(r"^mode: ", text, re.MULTILINE), "it does not say its mode"
    assert able, "it has no layer"
    assert [] not in able, "a layer can purge nothing"


class Asked(Mapping[str, str]):
    """An environment that holds nothing and remembers what was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def variables_read() -> set[str]:
    asked = Asked()
    Environment.read(asked, terminal=False)
    return asked.names


def test_every_variable_is_on_the_page_of_the_configuration() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    assert variables_read() == set(re.findall(r"`([A-Z][A-Z_]+)`", page)) - {"NAME", "PATH"}


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["doctor", "--help"]], ids=" ".join)
def test_the_help_of_the_terminal_names_every_variable(words: list[str]) -> None:
    told = CliRunner().invoke(app, words).output
    quiet = {"SLACK_API_URL"} | {name for name in variables_read() if name.endswith("_FILE")}
    assert set() == {name for name in variables_read() - quiet if name not in told}
