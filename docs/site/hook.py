"""Makes the site of pages that are read on GitHub too: a link that leaves docs/ brings the file it names along, under
repository/, and a link to a folder means the folder's README."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")  # pages of the repository that are on the site
AWAY = "repository"
_LINK = re.compile(r"(\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
_FENCE = re.compile(r"^(\s*```\w+) [\w ]+$", re.MULTILINE)


def _home(src_uri: str) -> str:
    """Where a page of the site is in the repository."""
    away = src_uri.removeprefix(f"{AWAY}/")
    return away if away != src_uri else f"docs/{src_uri}"


def _place(path: str) -> str:
    """Where a file of the repository is on the site."""
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{AWAY}/{path}"


def _target(page: str, link: str) -> str:
    """The file of the repository that a link on the repository's `page` means."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    return f"{path}/README.md" if (ROOT / path).is_dir() else path


def _links(path: str) -> list[str]:
    return [_target(path, link) for _, link, _ in _LINK.findall((ROOT / path).read_text(encoding="utf-8"))]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add every file outside docs/ that a page links to, and the pages that these are."""
    pages = [f"docs/{file.src_uri}" for file in files.documentation_pages()] + list(TOP)
    away = {target for page in pages for target in _links(page) if not target.startswith("docs/")} | set(TOP)
    for path in sorted(away):
        if (ROOT / path).is_file():
            files.append(File.generated(config, _place(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point each link at where its file is on the site, and leave a fence its language alone."""
    here = _home(page.file.src_uri)

    def there(match: re.Match[str]) -> str:
        place = _place(_target(here, match[2]))
        relative = posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or ".")
        return f"{match[1]}{relative}{match[3] or ''}"

    return _FENCE.sub(r"\1", _LINK.sub(there, markdown))
