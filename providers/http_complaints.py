"""What is wrong with a recipe, in words for whoever writes it. No value of a header is ever repeated."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from providers.contract import Complaint

Place = tuple[str | int, ...]
KEYS = ("method", "path", "headers", "body", "status", "says", "per_call", "join")
STATUS_MIN, STATUS_MAX = 200, 499  # a purge is never done with 5xx
PER_CALL_MAX = 10_000
SECRET = "{env: NAME} or {file: PATH}"


def worded(exc: ValidationError, place: Place) -> list[Complaint]:
    """One complaint for each place in what stands at `place`: a recipe, or headers."""
    found: dict[Place, Complaint] = {}
    for error in exc.errors(include_url=False):
        loc = tuple(part for part in error["loc"] if part not in ("str", "SecretName", "[key]"))
        where = _inside_one(place + loc)
        found.setdefault(where, Complaint(where, *_sentence(error, where)))
    return [one for one in found.values() if not any(_is_inside(other, one.place) for other in found)]


def _is_inside(where: Place, outer: Place) -> bool:
    return len(where) > len(outer) and where[: len(outer)] == outer


def _inside_one(where: Place) -> Place:
    """What is wrong inside a header's value is said of the header."""
    at = where.index("headers") if "headers" in where else len(where)
    return where[: at + 2]


def unknown(sort: str, word: str, known: Iterable[str]) -> tuple[str, str]:
    """That there is no such kind or key, and which there are."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1)
    what = "unknown key." if sort == "key" else f"there is no {sort} `{word[:40]}`."
    return what, f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(sorted(known))}."


def _sentence(error: ErrorDetails, where: Place) -> tuple[str, str]:
    value = error["input"]
    if "headers" in where:
        return _of_headers(error["type"], where, value)
    if error["type"] == "extra_forbidden":
        return unknown("key", str(where[-1]), KEYS)
    if error["type"] in ("model_type", "model_attributes_type"):
        return f"must hold keys and values, not {_sort(value)}.", "Write {method: PURGE}, for example."
    if isinstance(value, dict) and value.keys() == {"secret"}:
        return "is a secret, and only headers take one.", "Put it under `headers`."
    key = next((part for part in reversed(where) if isinstance(part, str)), "")
    return _WORDS.get(key, _as_text)(value)


def _of_headers(sort: str, where: Place, value: object) -> tuple[str, str]:
    if where[-1] == "headers":
        return f"must hold names and values, not {_sort(value)}.", "Write {X-Key: {env: NAME}}, for example."
    if sort == "string_pattern_mismatch":
        return "is not the name of a header.", "Write it like X-Key, without blanks and without a colon."
    return f"must be text, or a secret as {SECRET}.", "Write one value."


def _as_method(value: object) -> tuple[str, str]:
    return f"{_shown(value)} is not a method.", "Write one word in capitals, such as PURGE."


def _as_path(value: object) -> tuple[str, str]:
    if not isinstance(value, str):
        return _as_text(value)
    return (
        "does not begin with / or http://, or holds a blank.",
        "Write it like /purge{path}; a blank is %20.",
    )


def _as_status(value: object) -> tuple[str, str]:
    if not value:
        return "is empty.", "Write which answers are a yes, such as [200, 404]."
    advice = f"Write numbers from {STATUS_MIN} to {STATUS_MAX}, such as [200, 404]."
    return f"{_shown(value)} is not a status that can be a yes.", advice


def _as_number(value: object) -> tuple[str, str]:
    return f"{_shown(value)} is not a number from 1 to {PER_CALL_MAX:,}.", "Write how many targets a call takes."


def _as_join(value: object) -> tuple[str, str]:
    return _as_text(value) if value else ("is empty.", "Write what stands between two targets, such as a comma.")


def _as_text(value: object) -> tuple[str, str]:
    return f"must be text, not {_sort(value)}.", "Put it in quotes."


_WORDS: Mapping[str, Callable[[object], tuple[str, str]]] = {
    "method": _as_method,
    "path": _as_path,
    "status": _as_status,
    "per_call": _as_number,
    "join": _as_join,
}


def _shown(value: object) -> str:
    return f"`{value[:40]}`" if isinstance(value, str) else "this"


def _sort(value: object) -> str:
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list) else "text" if value else "nothing"


def strange(place: Place, words: Sequence[str], known: Iterable[str], changes: Iterable[str]) -> Complaint:
    """That a text holds `words` in braces that nothing fills in."""
    names = ", ".join(f"{{{name}}}" for name in sorted(known))
    how = f" {{…:{'} and {…:'.join(changes)}}} change them." if names else ""
    advice = f"Known here: {names}.{how}" if names else "It names no target: write it out."
    return Complaint(place, f"holds {words[0]}, which nothing fills in.", advice)
