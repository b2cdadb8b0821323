"""The bill of materials is whole and valid, and no licence comes in unseen."""

from __future__ import annotations

import json
import re

import pytest
from cyclonedx.schema import SchemaVersion

from tests.sbom import ALLOWED, LOCK, READ, bill, licence, locked, shipped

TEXT = LOCK.read_text(encoding="utf-8")
PACKAGES = locked(TEXT)
SHIPPED = shipped(PACKAGES)


@pytest.fixture(scope="module")
def document() -> str:
    return bill(TEXT)


def component(document: str, name: str) -> dict[str, object]:
    [found] = [one for one in json.loads(document)["components"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def is_allowed(expression: str) -> bool:
    """Whether every part of an expression, or one of each choice, is on the list."""
    assert "(" not in expression
    return all(any(one.strip() in ALLOWED for one in part.split(" OR ")) for part in expression.split(" AND "))


def test_it_is_valid_cyclonedx(document: str) -> None:
    from cyclonedx.validation.json import JsonStrictValidator  # dear to import, for every process that collects

    assert None is JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)


def test_it_lists_every_package_of_the_lock_and_no_other(document: str) -> None:
    pinned = re.findall(r"^([a-z0-9-]+)==([^\s;]+)", TEXT, re.MULTILINE)
    assert sorted(pinned) == sorted((one["name"], one["version"]) for one in json.loads(document)["components"])


def test_what_the_image_installs_is_pinned_as_in_the_whole_lock_and_is_what_running_needs() -> None:
    text = (LOCK.parent / "requirements.run.lock").read_text(encoding="utf-8")
    runs = locked(text)
    elsewhere = set(re.findall(r"^([a-z0-9-]+)==\S+ ;", text, re.MULTILINE))  # of other systems and older Pythons
    assert runs == {name: PACKAGES.get(name) for name in runs}
    assert SHIPPED.keys() | elsewhere == runs.keys()


def test_it_holds_every_hash_of_the_lock(document: str) -> None:
    assert sorted(re.findall(r"sha256:([0-9a-f]{64})", TEXT)) == sorted(
        re.findall(r'"content": "([0-9a-f]{64})"', document)
    )


def test_it_is_the_same_each_time(document: str) -> None:
    assert document == bill(TEXT)
    assert "timestamp" not in json.loads(document)["metadata"]


@pytest.mark.parametrize(
    ("name", "scope"),
    [("aiohttp", "required"), ("botocore", "required"), ("redis", "required"), ("pytest", "excluded")],
)
def test_it_says_what_the_image_holds(document: str, name: str, scope: str) -> None:
    assert scope == component(document, name)["scope"]


def test_it_says_what_needs_what(document: str) -> None:
    needs = {one["ref"].partition("@")[0]: one.get("dependsOn", []) for one in json.loads(document)["dependencies"]}
    below = sorted(ref.partition("/")[2].partition("@")[0] for ref in needs["pkg:pypi/httpx"])
    assert ["anyio", "certifi", "httpcore", "idna"] == below
    assert "pkg:pypi/httpx" in {ref.partition("@")[0] for ref in needs["purgebot"]}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_has_a_licence_that_lets_us(name: str) -> None:
    assert is_allowed(licence(name, SHIPPED[name].version)), licence(name, SHIPPED[name].version)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND Zlib", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
    ],
)
def test_a_licence_is_told_from_another(expression: str, expected: bool) -> None:
    assert expected == is_allowed(expression)


def test_no_licence_was_read_of_what_is_gone() -> None:
    assert set() == READ.keys() - PACKAGES.keys()
