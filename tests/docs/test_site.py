"""The site is built strictly, from what GitHub shows too; every link in it leads somewhere, and no page of it asks
another machine for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
NOT_UNDERSTOOD = re.compile(r"```|^\s*\|.*\||\]\([\w./#-]+\)|^(?:#{1,6}|[-*]|\d+\.) |\*\*", re.MULTILINE)
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Reader(HTMLParser):
    """What a page links to, what it loads, its anchors, its prose without code, its blocks of code, and how many
    ordered lists and tables it has."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.prose: list[str] = []
        self.blocks: list[str] = []
        self.counts = {"ol": 0, "table": 0}
        self._code = self._block = self._text = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self._code += tag in ("code", "script", "style")
        self._block += tag == "pre"
        self._text += tag in ("p", "td")
        if tag in self.counts and "class" not in given:  # the theme's own have one
            self.counts[tag] += 1
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get(LOADS.get(tag, "")) and given.get("rel") not in ("canonical", "next", "prev", "edit"):
            self.loads.append(given[LOADS[tag]])

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "script", "style")
        self._block -= tag == "pre"
        self._text -= tag in ("p", "td")

    def handle_data(self, data: str) -> None:
        self.prose += [data] if self._text and not self._code else []
        self.blocks += [data] if self._block else []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Proxies that nobody listens on: a build that asks the network for anything ends.
    away = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    # Not --quiet, which keeps warnings from being counted, and so --strict from counting for anything.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = {**os.environ, **away, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    told = [line for line in built.stderr.splitlines() if not line.startswith("INFO ")]
    assert (0, []) == (built.returncode, told)
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Reader]:
    read = {}
    for path in site.rglob("*.html"):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        read[path] = reader
    return read


def here(site: Path, page: Path, links: list[str]) -> Iterator[tuple[str, Path, str]]:
    """Each link that stays on the site, the file it means, and the anchor."""
    for link in links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        path, anchor = urldefrag(unquote(link))
        there = site / path.lstrip("/") if path.startswith("/") else page.parent / path
        there = page if not path else there.resolve()
        yield link, there / "index.html" if there.is_dir() else there, anchor


def test_every_link_and_anchor_of_the_site_leads_somewhere(site: Path, pages: dict[Path, Reader]) -> None:
    broken = [
        f"{page.relative_to(site)}: {link}"
        for page, read in pages.items()
        for link, there, anchor in here(site, page, read.links + read.loads)
        if not there.is_file() or (anchor and there in pages and anchor not in pages[there].anchors)
    ]
    assert [] == broken


def test_no_page_loads_anything_from_another_machine(site: Path, pages: dict[Path, Reader]) -> None:
    away = {f"{page.relative_to(site)}: {it}" for page, read in pages.items() for it in read.loads if "//" in it}
    assert set() == away


def test_no_page_shows_markdown_that_was_not_understood(site: Path, pages: dict[Path, Reader]) -> None:
    raw = {
        f"{page.relative_to(site)}: {found[0]}"
        for page, read in pages.items()
        for found in NOT_UNDERSTOOD.finditer("".join(read.prose))
    }
    assert set() == raw


def test_the_readme_and_every_page_of_docs_are_on_the_site(site: Path, pages: dict[Path, Reader]) -> None:
    docs = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    wanted = {path.with_name("index.html") if path.stem == "README" else path for path in docs}
    built = {page.relative_to(site) for page in pages}
    assert set() == (wanted | {Path("repository/index.html")}) - built


def test_every_page_can_be_reached_from_the_first(site: Path, pages: dict[Path, Reader]) -> None:
    seen, todo = set[Path](), [site / "index.html"]
    while todo:
        page = todo.pop()
        if page in seen or page not in pages:
            continue
        seen.add(page)
        todo += [there for _, there, _ in here(site, page, pages[page].links)]
    assert set() == {page.relative_to(site) for page in pages.keys() - seen} - {Path("404.html")}


FENCED = re.compile(r"^( *)```[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
TYPED = re.compile(r" *(?:/purge|purgebot|make) ")
INDENTED = re.compile(r"^$\n((?: {4,}\S[^\n]*\n)+)(?=\n|\Z)", re.MULTILINE)


def sources() -> list[Path]:
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if "decisions" not in page.parts]


@pytest.mark.parametrize("source", sources(), ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_code_lists_and_tables_are_on_the_site_as_on_github(
    source: Path, site: Path, pages: dict[Path, Reader]
) -> None:
    """The two read indentation differently: what is inside a list stands four columns in."""
    text = source.read_text(encoding="utf-8")
    name = source.relative_to(ROOT / "docs")
    page = pages[site / (name.with_name("index.html") if name.stem == "README" else name.with_suffix(".html"))]
    shown = {line.strip() for line in "".join(page.blocks).splitlines()}
    plain = FENCED.sub("", text)
    code = [line.strip() for _, block in FENCED.findall(text) for line in block.splitlines()]
    code += [line.strip() for block in INDENTED.findall(plain) for line in block.splitlines() if TYPED.match(line)]
    assert [] == [line for line in code if line and line not in shown]
    begun = len(re.findall(r"^ *1\. ", plain, re.MULTILINE))
    tables = len(re.findall(r"^ *\|(?: *:?-+:? *\|)+$", plain, re.MULTILINE))
    assert {"ol": begun, "table": tables} == page.counts
