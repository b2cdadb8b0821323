"""Recipes of the generic HTTP provider: how one kind of purge is said to a cache that has no adapter of its own.

    purge:
      url:  {method: PURGE}                                       the path of the URL, its Host, 200 or 204
      tag:  {path: /, headers: {xkey: "{tag}"}, per_call: 50, join: " "}

A value stands in `path`, `headers` and `body` as {url} {scheme} {host} {path} {prefix} {pattern} {tag}, byte for byte;
{tag:query} percent-encodes it and {path:regex} makes it a regular expression. A tag in `path` is always
percent-encoded, and what stands in a JSON body is escaped for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from providers.contract import HEADER, Complaint, Kind
from providers.http_complaints import PER_CALL_MAX, STATUS_MAX, STATUS_MIN, Place, strange, unknown, worded
from providers.http_secrets import in_the_clear

VALUES: Mapping[Kind, frozenset[str]] = {
    Kind.URL: frozenset({"url", "scheme", "host", "path"}),
    Kind.PREFIX: frozenset({"prefix", "host", "path"}),
    Kind.PATTERN: frozenset({"pattern", "host", "path"}),
    Kind.TAG: frozenset({"tag"}),
    Kind.HOST: frozenset({"host"}),
    Kind.EVERYTHING: frozenset({"host"}),
}
NEEDS: Mapping[Kind, tuple[str, ...]] = {  # one of them must be said, or the call would not name its target
    Kind.URL: ("path", "url"),
    Kind.PREFIX: ("prefix", "path"),
    Kind.PATTERN: ("pattern", "path"),
    Kind.TAG: ("tag",),
    Kind.HOST: ("host",),
    Kind.EVERYTHING: (),
}
_VALUE = re.compile(r"\{([a-z_]+)(?::([a-z]+))?\}")
_WORD = re.compile(r"\{([A-Za-z_]\w*)(?::(\w*))?\}")  # what whoever wrote it took for a value
_CHANGES = ("query", "regex")


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class SecretName(BaseModel):
    """A header's value that is a secret of the account."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secret: str


Header = str | SecretName
Headers = dict[Annotated[str, Field(pattern=f"^{HEADER}$")], Header]


Status = Annotated[int, Field(ge=STATUS_MIN, le=STATUS_MAX)]


class Recipe(BaseModel):
    """One kind: the request, and which answers are a yes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    method: str = Field("PURGE", pattern=r"^[A-Z][A-Z0-9_-]*$")
    path: str = Field("", pattern=r"^([/{*h][!-~]*)?$")
    headers: Headers = {}
    body: str = ""
    status: Annotated[tuple[Status, ...], Field(min_length=1), BeforeValidator(_as_list)] = (200, 204)
    says: str = ""  # what the answer must hold as well
    per_call: int = Field(1, ge=1, le=PER_CALL_MAX)
    join: str = Field(",", min_length=1)

    def texts(self) -> Iterator[tuple[Place, str]]:
        """Every text in which a value may stand, with its place."""
        yield ("path",), self.path
        yield ("body",), self.body
        yield from ((("headers", name), value) for name, value in self.headers.items() if isinstance(value, str))

    def names(self) -> frozenset[str]:
        """The values that it names."""
        return frozenset(found[1] for _, text in self.texts() for found in _VALUE.finditer(text))

    @property
    def visits(self) -> bool:
        """Whether the request target is a visitor's own, so that the visitor's Host belongs to it."""
        return "{path}" in self.path or "{url}" in self.path

    @property
    def by_host(self) -> bool:
        """Whether a call is about one host."""
        return self.visits or "host" in self.names()

    @property
    def by_scheme(self) -> bool:
        """Whether http and https of one URL are two calls."""
        return not self.names().isdisjoint({"url", "scheme"})

    @property
    def speaks_json(self) -> bool:
        """Whether its body is JSON."""
        return any(
            name.lower() == "content-type" and isinstance(value, str) and "json" in value.lower()
            for name, value in self.headers.items()
        )


@dataclass(frozen=True, slots=True)
class Book:
    """The recipes of an account, by kind, and what is wrong with those that cannot be used."""

    recipes: Mapping[Kind, Recipe]
    problems: tuple[Complaint, ...]


_HEADERS: TypeAdapter[Headers] = TypeAdapter(Headers)


def read_book(text: str) -> Book:
    """The recipes that `text`, a JSON object by kind, gives."""
    given = _parsed(text)
    if not given or not isinstance(given, dict):
        what = "must hold a recipe for each kind, not a list." if given else "names no kind."
        return Book({}, (Complaint(("purge",), what, "Write {url: {method: PURGE}}, for example."),))
    recipes, problems = {}, []
    for name, value in given.items():
        kind = next((kind for kind in VALUES if kind == name), None)
        if kind is None:
            problems.append(Complaint(("purge", name), *unknown("kind", name, VALUES)))
            continue
        recipe, wrong = read_recipe(value, ("purge", name), kind)
        problems += wrong
        if recipe is not None:
            recipes[kind] = recipe
    return Book(recipes, tuple(problems))


def read_probe(text: str) -> tuple[Recipe | None, Sequence[Complaint]]:
    """The recipe of what purges nothing, or what is wrong with it."""
    return read_recipe(_parsed(text), ("probe",), None)


def read_recipe(value: object, place: Place, kind: Kind | None) -> tuple[Recipe | None, Sequence[Complaint]]:
    """A recipe, or what is wrong with it; without a `kind` it may name no value."""
    try:
        recipe = Recipe.model_validate(value)
    except ValidationError as exc:
        return None, worded(exc, place)
    if kind is Kind.URL and not recipe.path:
        recipe = recipe.model_copy(update={"path": "{path}"})
    wrong = list(_strange(recipe, place, kind))
    if not recipe.path:
        wrong.append(Complaint((*place, "path"), "is missing.", "Add it: the request target, such as /purge."))
    elif not wrong and kind and NEEDS[kind] and recipe.names().isdisjoint(NEEDS[kind]):
        advice = f"Put {{{NEEDS[kind][0]}}} into its path, headers or body."
        wrong.append(Complaint(place, "does not say what to purge.", advice))
    return (None if wrong else recipe), wrong


def _strange(recipe: Recipe, place: Place, kind: Kind | None) -> Iterator[Complaint]:
    return _unfilled(recipe.texts(), place, VALUES[kind] if kind else frozenset())


def _unfilled(texts: Iterable[tuple[Place, str]], place: Place, known: frozenset[str]) -> Iterator[Complaint]:
    for inside, text in texts:
        words = [found[0] for found in _WORD.finditer(text) if not _is_known(found[1], found[2], known)]
        if words:
            yield strange((*place, *inside), words, known, _CHANGES)


def _is_known(name: str, change: str | None, known: Iterable[str]) -> bool:
    return name in known and (change is None or change in _CHANGES)


def read_headers(text: str) -> tuple[Headers, Sequence[Complaint]]:
    """The headers of every call, or what is wrong with them."""
    try:
        return _HEADERS.validate_json(text or "{}"), ()
    except ValidationError as exc:
        return {}, worded(exc, ("headers",))


def complaints(settings: Mapping[str, str]) -> Sequence[Complaint]:
    """All that is wrong with the recipes and headers of an account."""
    trees = {key: _parsed(settings[key]) for key in ("purge", "headers", "probe") if settings.get(key)}
    headers, wrong_headers = read_headers(settings.get("headers", ""))
    texts = [((name,), value) for name, value in headers.items() if isinstance(value, str)]
    found = [
        *(read_book(settings["purge"]).problems if "purge" in trees else ()),
        *wrong_headers,
        *_unfilled(texts, ("headers",), frozenset().union(*VALUES.values())),
        *(read_probe(settings["probe"])[1] if "probe" in trees else ()),
    ]
    wrong = {complaint.place for complaint in found}
    return [*found, *(complaint for complaint in in_the_clear(trees) if complaint.place not in wrong)]


def render(template: str, values: Sequence[Mapping[str, str]], place: str, join: str) -> str:
    """`template` with its values, those of several targets joined; `place` is path, header or json."""

    def value(found: re.Match[str]) -> str:
        name, change = found[1], found[2] or ""
        said = (_said(name, one[name], change, place) for one in values if name in one)
        return join.join(dict.fromkeys(said) if name in ("host", "scheme") else said)

    return _VALUE.sub(lambda found: value(found) if found[1] in values[0] else found[0], template)


def _said(name: str, value: str, change: str, place: str) -> str:
    if change == "regex":
        value = ".*".join(re.escape(part) for part in value.split("*")) if name != "tag" else re.escape(value)
    if change == "query" or (name == "tag" and place == "path"):
        value = quote(value, safe="")
    return json.dumps(value)[1:-1] if place == "json" else value


def joins(text: Iterable[str], join: str) -> bool:
    """Whether these values can be told apart again once they are joined."""
    return not any(join.strip() in one if join.strip() else join in one for one in text)


def _parsed(text: str) -> object:
    try:
        found: object = json.loads(text)
    except ValueError:
        return None
    return found
