"""Collects what is wrong with a document, and puts pydantic's findings into our words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.domain.grammar.words import shown
from bot.settings.model import Problem
from bot.settings.parts import Part
from bot.settings.reader import Data, Document, Place, key_of, type_names

Model = TypeVar("Model", bound=BaseModel)
_FORM = re.compile(r"[\[{].*[\]}]$")  # how a key may be written, at the end of what is said about it
_NUMBER = re.compile(r"(?<=such as )[0-9]+$")  # likewise
_SHAPES = frozenset({"dict_type", "model_type", "list_type"})
_NUMBERS = frozenset({"int_parsing", "int_from_float", "int_type", "float_parsing", "float_type", "finite_number"})
_TOKEN = re.compile(r"(xox[a-z]|xapp)-\S+")


class Complaints:
    """Everything that is wrong with one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[Problem] = []
        self._places: list[Place] = []

    def add(self, place: Place, what: str, advice: str) -> None:
        """Complain about `place`."""
        document = self._document
        self._places.append(place)
        self._problems.append(Problem(what, advice, key_of(place), document.file, document.line(place)))

    def at(self, place: Place) -> bool:
        """Whether anything is wrong with what stands at `place` as a whole."""
        return place in self._places

    def __len__(self) -> int:
        return len(self._problems)

    def line(self, place: Place) -> int:
        """The line of `place`, to point at from elsewhere."""
        return self._document.line(place)

    def sorted(self) -> tuple[Problem, ...]:
        """All of them, by line."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))

    def read(self, model: type[Model], data: Data, place: Place) -> Model | None:
        """`data` as `model`. After complaining it is what is left without the wrong keys, so that the rest is checked
        too; None where that is not enough."""
        try:
            return model.model_validate(data)
        except ValidationError as exc:
            errors = exc.errors(include_url=False)
        for error in errors:
            self._translate(model, error, place)
        wrong = {error["loc"][0] for error in errors if error["loc"]}
        if not wrong or not isinstance(data, dict):
            return None
        try:
            return model.model_validate({key: value for key, value in data.items() if key not in wrong})
        except ValidationError:  # a required key is missing, and that has been said
            return None

    def _translate(self, model: type[BaseModel], error: ErrorDetails, place: Place) -> None:
        loc = tuple(part for part in error["loc"] if part != "[key]")
        here = (*place, *loc)
        if error["type"] == "extra_forbidden":
            self.add(here, *_unknown_key(_model_at(model, loc[:-1]), str(loc[-1])))
        elif error["type"] == "missing":
            self.add(here, "is missing.", f"Add it: {_about(model, loc)}.")
        elif error["loc"][-1:] == ("[key]",) and "expected" in error.get("ctx", {}):
            known = re.findall(r"'([^']+)'", str(error["ctx"]["expected"]))
            self.add(here, *unknown("kind", str(error["input"]), known))
        else:
            what, advice = _sentence(error)
            form = _form_of(error["type"], _about(model, loc)) if loc else ""
            self.add(here, what, f"Write {form}." if form else advice)


def ours(what: str, advice: str) -> PydanticCustomError:
    """A complaint raised inside a pydantic validator."""
    return PydanticCustomError("ours", "{what} {advice}", {"what": what, "advice": advice})


def quoted(value: str) -> str:
    """What somebody wrote, fit to be shown: cut, and never a token or password."""
    at = "@" if value.startswith("@") else ""  # a name, not what precedes a host
    return f"`{at}{_TOKEN.sub('…', shown(value.removeprefix('@'), 60))}`"


def unknown(sort: str, word: str, known: Collection[str]) -> tuple[str, str]:
    """That `word` is no known `sort`, and what may have been meant."""
    choices = sorted(known)
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    advice = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(choices) or 'none'}."
    return ("unknown key." if sort == "key" else f"there is no {sort} {quoted(word)}."), advice


def _sentence(error: ErrorDetails) -> tuple[str, str]:
    ctx, value = error.get("ctx", {}), error["input"]
    given = type_names.get(type(value), "text")
    match error["type"]:
        case "ours":
            return str(ctx["what"]), str(ctx["advice"])
        case _ if value is None:
            return "is empty.", "Write a value, or remove the key."
        case "string_type":
            return f"must be text, not {given}.", "Write one value."
        case "list_type":
            example = f"[{value}]" if isinstance(value, str) and quoted(value) == f"`{value}`" else "[one, two]"
            return f"must be a list, not {given}.", f"Write {example}."
        case "dict_type" | "model_type":
            return f"must hold keys and values, not {given}.", "Write {key: value}."
        case "literal_error" | "enum":
            what = f"{quoted(value)} is not a choice." if isinstance(value, str) else f"must be one word, not {given}."
            return what, f"Write {str(ctx['expected']).replace(chr(39), '')}."
        case "too_short":
            return "is empty.", "Name at least one."
        case sort if sort in _NUMBERS:
            return f"{quoted(str(value))} is not a number.", "Write a number, such as 30."
        case "bool_parsing" | "bool_type":
            return f"{quoted(str(value))} is neither yes nor no.", "Write true or false."
        case "greater_than" | "greater_than_equal":
            least = f"more than {ctx['gt']:g}" if "gt" in ctx else f"at least {ctx['ge']:g}"
            return f"{quoted(str(value))} is too small.", f"Write a number of {least}."
        case other:
            return f"cannot be used ({other}).", "Compare it with `purgebot config schema`."


def _about(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    inner = _model_at(model, loc[:-1])
    field = _fields(inner).get(str(loc[-1]))
    return (field.description if field else None) or "it is required"


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of `model` by their keys in the file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _form_of(sort: str, about: str) -> str:
    """How what is said about a key shows a value of it; "" where it shows none."""
    if sort in _NUMBERS:
        number = _NUMBER.search(about)
        return f"a number, such as {number.group()}" if number else ""
    form = _FORM.search(about) if sort in _SHAPES else None
    return form.group() if form else ""


def _unknown_key(model: type[BaseModel], key: str) -> tuple[str, str]:
    slip = model.slips.get(key.lower(), "") if issubclass(model, Part) else ""
    return ("unknown key.", slip) if slip else unknown("key", key, _fields(model))


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that reads `loc`; list positions and names of a mapping lead to no other model."""
    for part in loc:
        field = _fields(model).get(str(part))
        model = (_inner(field.annotation) if field else None) or model
    return model


def _inner(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)
