"""What README and docs show as configuration is configuration: whole, explicit about its mode, and good for a purge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import load
from bot.wiring import build_providers
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
