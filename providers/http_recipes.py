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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from providers.contract import Kind

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
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, 5.6.2


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class SecretName(BaseModel):
    """A header's value that is a secret of the account."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secret: str


Header = str | SecretName
Headers = dict[Annotated[str, Field(pattern=f"^{_TOKEN}$")], Header]


class Recipe(BaseModel):
    """One kind: the request, and which answers are a yes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    method: str = Field("PURGE", pattern=f"^{_TOKEN}$")
    path: str = Field("", pattern=r"^([/{*h][!-~]*)?$")
    headers: Headers = {}
    body: str = ""
    status: Annotated[tuple[Annotated[int, Field(ge=200, le=499)], ...], BeforeValidator(_as_list)] = (200, 204)
    says: str = ""  # what the answer must hold as well
    per_call: int = Field(1, ge=1, le=10_000)
    join: str = Field(",", min_length=1)

    def used(self) -> list[tuple[str, str]]:
        """Every value that it names, with what is done to it."""
        texts = [self.path, self.body, *(value for value in self.headers.values() if isinstance(value, str))]
        return [(found[1], found[2] or "") for text in texts for found in _VALUE.finditer(text)]

    def names(self) -> frozenset[str]:
        """The values that it names."""
        return frozenset(name for name, _ in self.used())

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
    problems: tuple[str, ...]


_HEADERS: TypeAdapter[Headers] = TypeAdapter(Headers)


def read_book(text: str) -> Book:
    """The recipes that `text`, a JSON object by kind, gives."""
    given, recipes, problems = _object(text), {}, []
    for name, value in given.items():
        kind = next((kind for kind in VALUES if kind == name), None)
        if kind is None:
            problems.append(f"`purge.{name}` is no kind: {', '.join(sorted(VALUES))}.")
            continue
        recipe, problem = read_recipe(value, f"purge.{name}", kind)
        if recipe is None or problem:
            problems.append(problem)
            continue
        recipes[kind] = recipe
    return Book(recipes, tuple(problems) if given else ("`purge` must name at least one kind.",))


def read_recipe(value: object, key: str, kind: Kind | None) -> tuple[Recipe | None, str]:
    """A recipe, or what is wrong with it; without a `kind` it may name no value."""
    try:
        recipe = Recipe.model_validate(value)
    except ValidationError as exc:
        return None, _complaint(exc, key)
    if kind is Kind.URL and not recipe.path:
        recipe = recipe.model_copy(update={"path": "{path}"})
    if not recipe.path:
        return None, f"`{key}` needs a `path`."
    if unknown := sorted({_shown(*used) for used in recipe.used() if not _is_known(used, kind)}):
        known = ", ".join(f"{{{name}}}" for name in sorted(VALUES[kind])) if kind else "none"
        return None, f"`{key}` holds {unknown[0]}; the values known there: {known}."
    if kind and NEEDS[kind] and recipe.names().isdisjoint(NEEDS[kind]):
        return None, f"`{key}` must hold {{{NEEDS[kind][0]}}}, or it would not say what to purge."
    return recipe, ""


def read_headers(text: str) -> tuple[Headers, str]:
    """The headers of every call, or what is wrong with them."""
    try:
        headers = _HEADERS.validate_json(text or "{}")
    except ValidationError as exc:
        return {}, _complaint(exc, "headers")
    return headers, ""


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


def _is_known(used: tuple[str, str], kind: Kind | None) -> bool:
    name, change = used
    return kind is not None and name in VALUES[kind] and change in ("", "query", "regex")


def _shown(name: str, change: str) -> str:
    return f"{{{name}:{change}}}" if change else f"{{{name}}}"


def _object(text: str) -> Mapping[str, object]:
    try:
        given = json.loads(text)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _complaint(exc: ValidationError, key: str) -> str:
    first = exc.errors(include_url=False, include_input=False)[0]
    place = ".".join([key, *(str(part) for part in first["loc"] if part not in ("str", "SecretName", "[key]"))])
    said = first["msg"]
    return f"`{place}` cannot be right: {said[0].lower()}{said[1:]}."
