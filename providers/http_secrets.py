"""Secrets that stand in the clear in what an HTTP account sends: found by names and by how such values begin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from providers.contract import Complaint
from providers.http_complaints import SECRET, Place

_LABELS = frozenset({"xkey", "surrogate-key", "cache-key", "x-cache-key", "edge-cache-key"})  # say what is cached
_ALWAYS = re.compile(r"(?i)^(proxy-)?authorization$|^cookie$")
_HEADER = re.compile(
    r"(?i:auth(?!or(?!i[sz]))|cookie|passw|secret|token|credential|signature|apikey|(^|[_-])keys?($|[_-]))|[a-z]Keys?$"
)
_BEGINS = re.compile(r"(?i)(bearer|basic|digest|apikey|token)\s+\S")
_VALUE = re.compile(r"\{[a-z_]+(:[a-z]+)?\}")
_NAME = r"[a-z_-]*(?:token|secret|passw(?:or)?d|(?:api|auth|access)[_-]?key)"
_IN_QUERY = re.compile(rf"(?i)[?&;](?:{_NAME}|key)=(?!\{{)[^&\s]")
_IN_BODY = re.compile(rf'(?i)(?:^|[&\s]){_NAME}=(?!\{{)[^&\s]|"{_NAME}"\s*:\s*"(?!\{{)[^"]')
WHAT = "a secret stands here in the clear."
AGAIN = "and replace the secret: this file has held it."


def in_the_clear(trees: Mapping[str, object]) -> Iterator[Complaint]:
    """What is wrong in `headers`, in `probe` and in the recipes of `purge`, each as it was read."""
    yield from _in_headers(trees.get("headers"), ("headers",))
    yield from _in_recipe(trees.get("probe"), ("probe",))
    purge = trees.get("purge")
    if isinstance(purge, dict):
        for kind, recipe in purge.items():
            yield from _in_recipe(recipe, ("purge", str(kind)))


def _in_recipe(recipe: object, place: Place) -> Iterator[Complaint]:
    if not isinstance(recipe, dict):
        return
    yield from _in_headers(recipe.get("headers"), (*place, "headers"))
    for key, sign in (("path", _IN_QUERY), ("body", _IN_BODY)):
        text = recipe.get(key)
        if isinstance(text, str) and sign.search(text):
            yield Complaint((*place, key), WHAT, f"Only `headers` keep one: write {SECRET} there, {AGAIN}")


def _in_headers(headers: object, place: Place) -> Iterator[Complaint]:
    if not isinstance(headers, dict):
        return
    for name, value in headers.items():
        if isinstance(value, str) and is_secret(str(name), value):
            yield Complaint((*place, str(name)), WHAT, f"Write {SECRET} for the whole value, {AGAIN}")


def is_secret(name: str, value: str) -> bool:
    """Whether a header's value is a secret by its name or its beginning; a target's place in it makes it none."""
    if not value or name.lower() in _LABELS:
        return False
    if _ALWAYS.search(name) or _BEGINS.match(value):
        return True
    return bool(_HEADER.search(name)) and not _VALUE.search(value)
