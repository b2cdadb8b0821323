"""What the shared suites must know of one provider beyond its blueprint: one module each, named as the provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from providers.contract import Call
from providers.errors import PurgeError

REFERENCE = "p-0123456789abcdef-1"


@dataclass(frozen=True, slots=True)
class Manner:
    """`addresses` gives host, path and query of every URL that a URL call purges, as the provider reads them off the
    wire. `faults` names, by row of test_faults, the error that this provider's adapter raises where it differs from
    the usual one; None where the answer is a yes. `settings` and `secrets` replace what a blueprint's examples give.
    `layer` is what a layer must name beside its required fields for all that the account can do; `fresh` are headers
    that are made anew for each attempt, such as a signature with its time. `takeable` makes of any URL one that the
    provider does not refuse while planning, where that is not every one."""

    addresses: Callable[[Call], set[str]]
    faults: Mapping[str, type[PurgeError] | None] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    layer: Mapping[str, str] = field(default_factory=dict)
    fresh: frozenset[str] = frozenset()
    status_page: str = ""  # of a cloud service; a server of one's own has none
    takeable: Callable[[str], str] = str
    http: bool = True  # whether it is asked over HTTP; else its own tests hold its faults


def manner(name: str) -> Manner:
    """That of one provider."""
    found = import_module(f"{__name__}.{name}").MANNER
    assert isinstance(found, Manner)
    return found
