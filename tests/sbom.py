"""What purgebot is made of, as CycloneDX: `make sbom`.

It comes from requirements.lock, whose hashes decide what is installed; licences and dependencies come from what is
installed, which must be that very version. There is no time and no chance in it: the same lock gives the same file.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
NAMESPACE = uuid.UUID("7d2f3c9e-51c6-4c0e-9d5b-1f0f6a1c8b42")  # of serial numbers, made once

# What may be in the image: each lets us ship it beside MIT code as it is.
ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
        "PSF-2.0", "Zlib",
    }
)  # fmt: skip
SAID = {  # how older metadata write it → SPDX
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
READ = {  # where the metadata say nothing exact: as its licence file reads, looked at on 2026-11-26
    "arrow": "Apache-2.0",
    "async-timeout": "Apache-2.0",  # not installed on every Python
    "click-default-group": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "defusedxml": "PSF-2.0",
    "ghp-import": "Apache-2.0",
    "isoduration": "ISC",
    "jinja2": "BSD-3-Clause",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "PSF-2.0",  # its own text, made from that one
    "pyasn1-modules": "BSD-2-Clause",
    "python-dateutil": "Apache-2.0 AND BSD-3-Clause",
}
IMAGE = {  # whose dependencies are drawn: those of the image, whatever this runs on
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.12.0",
    "python_version": "3.12",
    "sys_platform": "linux",
}


class CannotTell(Exception):
    """Something of the lock is not known here; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]  # SHA-256 of each file that may be installed

    @property
    def url(self) -> PackageURL:
        """As package-url.github.io names it."""
        return PackageURL("pypi", None, self.name, self.version)


def locked(text: str) -> dict[str, Locked]:
    """The packages of a lock, by name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^\n]*\n((?: +--hash=\S+[^\n]*\n)*)", text, re.MULTILINE)
    packages = [
        Locked(canonicalize_name(name), version, tuple(re.findall(r"sha256:([0-9a-f]{64})", hashes)))
        for name, version, hashes in found
    ]
    return {package.name: package for package in packages}


@cache
def licence(name: str, version: str) -> str:
    """The SPDX expression of a package. Raises CannotTell."""
    if name in READ:
        return READ[name]
    try:
        found = distribution(name)
    except PackageNotFoundError as exc:
        raise CannotTell(
            f"{name} {version} is not installed. Install the lock, or write its licence into READ."
        ) from exc
    if found.version != version:
        raise CannotTell(f"{name} is {found.version} here and {version} in the lock. Install the lock.")
    told = found.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    said = [told["License"]] if "License" in told else []
    said += [
        str(line).rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if str(line).startswith("Lic")
    ]
    exact = [SAID.get(one, one) for one in said if SAID.get(one, one) in ALLOWED]
    if not exact:
        raise CannotTell(f"{name} says {said} of its licence. Read its licence file, and write it into READ.")
    return exact[0]


def needs(name: str, extras: Iterable[str] = ()) -> list[Requirement]:
    """What a package with these extras needs in the image; nothing where it is not installed."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    return [one for one in map(Requirement, lines) if _counts(one, extras)]


def _counts(one: Requirement, extras: Iterable[str]) -> bool:
    wanted = ["", *extras]
    return one.marker is None or any(one.marker.evaluate({**IMAGE, "extra": extra}) for extra in wanted)


def reached(roots: Iterable[Requirement]) -> dict[str, set[str]]:
    """Every package that `roots` need, directly or not, with what it needs itself."""
    seen: dict[tuple[str, str], None] = {}
    edges: dict[str, set[str]] = {}
    waiting = [*roots]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        mine = edges.setdefault(name, set())
        for extra in ("", *one.extras):
            if (name, extra) in seen:
                continue
            seen[name, extra] = None
            further = needs(name, (extra,))
            mine |= {canonicalize_name(another.name) for another in further}
            waiting += further
    return edges


def roots(*extras: str) -> list[Requirement]:
    """What purgebot itself needs, and these extras of it; where none is named, all of them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras or optional for line in optional[extra])]
    return [Requirement(line) for line in lines]


def shipped(packages: Mapping[str, Locked]) -> dict[str, Locked]:
    """What the image holds of the lock."""
    return {name: packages[name] for name in sorted(reached(roots("all"))) if name in packages}


def bill(text: str) -> str:
    """The CycloneDX document of a lock. Raises CannotTell."""
    packages = locked(text)
    ships, edges = shipped(packages), reached(roots())
    parts = {name: _component(one, name in ships) for name, one in sorted(packages.items())}
    bom = Bom(components=parts.values(), serial_number=uuid.uuid5(NAMESPACE, text))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    whole = Component(
        name="purgebot", version=version, type=ComponentType.APPLICATION, bom_ref="purgebot",
        licenses=[LicenseFactory().make_from_string("MIT")],
    )  # fmt: skip
    bom.metadata.component = whole
    direct = {canonicalize_name(one.name) for one in roots()}
    bom.register_dependency(whole, [parts[name] for name in sorted(direct & parts.keys())])
    for name, part in parts.items():
        bom.register_dependency(part, [parts[one] for one in sorted(edges.get(name, set()) & parts.keys())])
    document: dict[str, dict[str, object]] = json.loads(JsonV1Dot6(bom).output_as_string())
    document["metadata"].pop("timestamp", None)
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _component(one: Locked, ships: bool) -> Component:
    page = XsUri(f"https://pypi.org/project/{one.name}/{one.version}/")
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=content) for content in one.hashes]
    return Component(
        name=one.name, version=one.version, type=ComponentType.LIBRARY, bom_ref=str(one.url), purl=one.url,
        scope=ComponentScope.REQUIRED if ships else ComponentScope.EXCLUDED,
        licenses=[LicenseFactory().make_from_string(licence(one.name, one.version))],
        external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=page, hashes=hashes)],
    )  # fmt: skip


if __name__ == "__main__":
    try:
        sys.stdout.write(bill(LOCK.read_text(encoding="utf-8")))
    except CannotTell as exc:
        sys.exit(str(exc))
