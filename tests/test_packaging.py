"""What `pip install 'purgebot[all]'` brings: every extra that a provider needs, and nothing of docs or tests."""

from __future__ import annotations

import tomllib
from pathlib import Path

from providers import PROVIDERS

EXTRAS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def test_all_is_every_other_extra_but_those_of_docs_and_tests() -> None:
    others = sorted(line for name, lines in EXTRAS.items() if name not in ("all", "docs", "test") for line in lines)
    assert others == sorted(EXTRAS["all"])


def test_every_package_that_a_provider_needs_has_its_extra() -> None:
    needed = {blueprint.extra for blueprint in PROVIDERS.values() if blueprint.package}
    assert set() == needed - EXTRAS.keys()
