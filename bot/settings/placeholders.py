"""Values that only the example and `purgebot init` write: whoever still has one has not written their own.

They come from where they are written: the example of a field, and the example file's own constants. An address or a
template may be anybody's, so neither is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.settings.complaints import Complaints
from bot.settings.example import HOSTS, ORIGIN
from bot.settings.model import Example, Mode
from bot.settings.reader import Data, Place, key_of
from providers.contract import Blueprint, Field


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One that is still there: where, and what belongs there."""

    place: Place
    name: str
    advice: str


def needed_of_account(blueprint: Blueprint) -> list[Field]:
    """The account's fields that nobody can do without; of several ways the first."""
    firsts = {group[0] for group in blueprint.needs_one_of}
    return [one for one in blueprint.fields if one.required or one.name in firsts]


def needed_of_layer(blueprint: Blueprint) -> list[Field]:
    """The layer's fields that nobody can do without."""
    return [one for one in blueprint.layer_fields if one.required]


def examples_left(
    complaints: Complaints, data: Mapping[str, Data], providers: Mapping[str, Blueprint], mode: Mode
) -> tuple[Example, ...]:
    """Each placeholder of the file's `data`; where purges are real they are complained of, and none is returned."""
    found = [*_placeholders(data, providers)]
    if mode is Mode.LIVE:
        for one in found:
            complaints.add(one.place, f"is still the example's {one.name}.", one.advice)
        return ()
    return tuple(
        Example(
            (str(one.place[0]), str(one.place[1])), key_of(one.place), one.name, one.advice, complaints.line(one.place)
        )
        for one in found
    )


def warned_of(examples: Iterable[Example]) -> tuple[str, ...]:
    """A sentence for each."""
    return tuple(
        f"{one.key}, on line {one.line}, is still the example's {one.name}."
        f" {one.advice} `mode: live` is refused without."
        for one in examples
    )


def _placeholders(data: Mapping[str, Data], providers: Mapping[str, Blueprint]) -> Iterator[Placeholder]:
    known: dict[str, Blueprint] = {}
    for name, account in _of(data, "accounts").items():
        blueprint = providers.get(str(_keys(account).get("provider")))
        if blueprint is not None:
            known[name] = blueprint
            yield from _fields(_keys(account), needed_of_account(blueprint), ("accounts", name))
    for name, site in _of(data, "sites").items():
        place: Place = ("sites", name)
        yield from _addresses(_keys(site), place)
        for n, layer in enumerate(_list(_keys(site).get("layers"))):
            if blueprint := known.get(str(_keys(layer).get("account"))):
                yield from _fields(_keys(layer), needed_of_layer(blueprint), (*place, "layers", n))


def _fields(given: Mapping[str, Data], needed: list[Field], place: Place) -> Iterator[Placeholder]:
    for one in needed:
        if _is_nobodys(one) and given.get(one.name) == one.example:
            yield Placeholder((*place, one.name), one.name, f"Write yours: {one.what}.")


def _is_nobodys(one: Field) -> bool:
    """Whether the example of the field names something that is no reader's."""
    may_be_theirs = one.secret or one.tree or one.choices or one.name.endswith("url") or "{" in one.example
    return bool(one.example) and not may_be_theirs


def _addresses(site: Mapping[str, Data], place: Place) -> Iterator[Placeholder]:
    for n, host in enumerate(_list(site.get("hosts"))):
        if host in HOSTS:
            yield Placeholder((*place, "hosts", n), "host", "Write a host that your visitors use.")
    if site.get("origin") == ORIGIN:
        yield Placeholder((*place, "origin"), "origin", "Write yours, or remove the key.")


def _of(data: Mapping[str, Data], key: str) -> Mapping[str, Data]:
    return _keys(data.get(key))


def _keys(data: Data) -> Mapping[str, Data]:
    return data if isinstance(data, dict) else {}


def _list(data: Data) -> list[Data]:
    return data if isinstance(data, list) else []
