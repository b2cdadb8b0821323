"""What README and docs show as configuration is configuration: whole, explicit about its mode, and good for a purge.
What they name is there: variables, files, links, scopes, verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters import build_providers
from bot.domain.grammar.speech import VERBS
from bot.settings import Environment, load
from bot.slack.health import SCOPES
from providers import PROVIDERS
from providers.contract import Kind, Provider, Purge, UnsupportedWish
from tests.terminal import purgebot

ROOT = Path(__file__).parent.parent
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
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


@pytest.mark.parametrize(
    "name", [f"docs/providers/{path.name} 1" for path in (ROOT / "docs/providers").glob("[a-z]*.md")]
)
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


def test_the_quickstart_types_each_command_where_it_was_installed() -> None:
    page = (ROOT / "docs/quickstart.md").read_text(encoding="utf-8")
    typed = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        for line in block.split("\n")
    ]
    assert ["init", "config", "doctor", "serve"] == [
        line.split()[1] for line in typed if line.startswith("venv/bin/purgebot ")
    ]
    assert [] == [line for line in typed if line.startswith(("purgebot ", "pip "))]


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/deploys.md"])
def test_a_page_that_tells_of_a_changed_file_leads_to_the_reload(page: str) -> None:
    assert "(running.md#reload)" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["doctor", "--help"]], ids=" ".join)
def test_the_help_of_the_terminal_names_every_variable(words: list[str]) -> None:
    told = purgebot(words).output
    quiet = {"SLACK_API_URL"} | {name for name in variables_read() if name.endswith("_FILE")}
    assert set() == {name for name in variables_read() - quiet if name not in told}


_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_FILE = re.compile(r"`((?:bot|providers|playground|tests|docs|bench)/[a-z0-9_/.-]+)`")
_ROW = re.compile(r"^\| (?:\[([^]]+)\]|`([^`]+)`)", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, path: str, anchor: str) -> bool:
    there = page.parent / path if path else page
    return not there.exists() or bool(anchor and anchor not in anchors(there))


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [] == [link for link in links if leads_nowhere(page, *link)]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = _FILE.findall(page.read_text(encoding="utf-8"))
    assert [] == [name for name in named if not (ROOT / name).exists()]


def rows_of(page: str, heading: str) -> list[str]:
    """What the rows of the table under a heading begin with: a link's words, or code."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [link or code for link, code in _ROW.findall(text)]


def test_the_page_of_security_explains_every_scope() -> None:
    assert sorted(SCOPES) == sorted(rows_of("docs/security.md", "What Slack must grant"))


def test_the_page_of_security_names_every_provider() -> None:
    titles = sorted(blueprint.title for blueprint in PROVIDERS.values())
    assert titles == sorted(rows_of("docs/security.md", "What each provider must grant"))


def test_the_readme_shows_every_verb() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8").partition("## What people type")[2].partition("\n## ")[0]
    assert [] == [row.verb.value for row in VERBS if not re.search(rf"\b{row.verb}\b", shown)]
