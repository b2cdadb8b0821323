"""JSON Schema of the configuration file, for editors; the providers' own keys are in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.settings.accounts import COMMON
from bot.settings.document import NAME, RootDoc
from providers import PROVIDERS
from providers.contract import Blueprint, Field

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
_SECRET: dict[str, Json] = {"$ref": "#/$defs/SecretDoc"}
_NAMES: dict[str, Json] = {"pattern": f"^{NAME}$"}


def schema(providers: Mapping[str, Blueprint] = PROVIDERS) -> dict[str, Json]:
    """JSON Schema, draft 2020-12."""
    found: dict[str, Json] = RootDoc.model_json_schema()
    parts = _mapping(found["$defs"])
    _set_account(_mapping(parts["AccountDoc"]), providers)
    _set_layer(_mapping(parts["LayerDoc"]), providers)
    _mapping(_mapping(parts["PaceDoc"]))["required"] = ["rate", "per", "burst"]
    root = _mapping(found["properties"])
    del _mapping(root["policy"])["default"]  # without one the built-in policy counts, which is no default of a key
    parts["PolicyDoc"] = _without_null(parts["PolicyDoc"])
    for key in ("accounts", "sites"):
        _mapping(root[key])["propertyNames"] = _NAMES
    for key in ("accounts", "sites", "approvals", "api", "deploys", "globalping", "retention"):
        root[key] = {"anyOf": [_mapping(root[key]), {"type": "null"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _without_null(part: Json) -> Json:
    """Without the null that stands for a key that is not there: one that is there says something."""
    match part:
        case {"anyOf": [value, {"type": "null"}]}:
            more = {key: said for key, said in _mapping(part).items() if key not in ("anyOf", "default")}
            return {**_mapping(_without_null(value)), **more}
        case dict():
            return {key: _without_null(value) for key, value in part.items()}
        case list():
            return [_without_null(value) for value in part]
        case _:
            return part


def _set_account(part: dict[str, Json], providers: Mapping[str, Blueprint]) -> None:
    """One alternative for each provider, with exactly its keys."""
    common = {key: value for key, value in _mapping(part["properties"]).items() if key in COMMON}
    part.clear()
    part["oneOf"] = [_account(blueprint, common) for blueprint in providers.values()]


def _account(blueprint: Blueprint, common: Mapping[str, Json]) -> Json:
    required = ["provider", *(field.name for field in blueprint.fields if field.required)]
    some: list[Json] = [{"anyOf": [{"required": [name]} for name in names]} for names in blueprint.needs_one_of]
    some += [{"not": {"required": [*names]}} for names in blueprint.excludes]
    some += [{"anyOf": [{"required": [other]}, {"not": _given(first)}]} for first, other in blueprint.needs]
    return {
        "title": blueprint.title,
        "type": "object",
        "properties": {
            **common,
            "provider": {"const": blueprint.name},
            **{field.name: _value(field, True) for field in blueprint.fields},
            **({"per_call": _per_call(common["per_call"], blueprint)} if blueprint.most_per_call else {}),
        },
        "required": [*required],
        "additionalProperties": False,
        **({"allOf": some} if some else {}),
    }


def _per_call(part: Json, blueprint: Blueprint) -> Json:
    """As every provider has it, with the greatest number that this one takes."""
    most: dict[str, Json] = {kind.value: {"maximum": n} for kind, n in blueprint.most_per_call.items()}
    return {**_mapping(part), "properties": most, "additionalProperties": {"type": "integer", "minimum": 1}}


def _given(first: str) -> Json:
    """That a key is there, or as in `tags: xkey` has that value."""
    name, _, value = first.partition(": ")
    return {"required": [name], **({"properties": {name: {"const": value}}} if value else {})}


def _set_layer(part: dict[str, Json], providers: Mapping[str, Blueprint]) -> None:
    """Every key that some provider's layer takes: which provider an account has is known to the loader alone."""
    fields = [field for blueprint in providers.values() for field in blueprint.layer_fields]
    _mapping(part["properties"]).update({name: _either(name, fields) for name in dict.fromkeys(f.name for f in fields)})
    part["additionalProperties"] = False


def _either(name: str, fields: Iterable[Field]) -> Json:
    values: list[Json] = [_value(field, False) for field in fields if field.name == name]
    return values[0] if len(values) == 1 else {"anyOf": values}


def _value(field: Field, may_refer: bool) -> Json:
    about: dict[str, Json] = {"description": field.what}
    if field.tree:
        return {**about, "type": ["object", "array"]}
    if field.clear:
        return {**about, "anyOf": [{"type": "string", "pattern": f"^(?:{field.clear})$"}, _SECRET]}
    if field.secret:
        return {**about, **_SECRET}
    text: dict[str, Json] = {"type": ["string", "number"], "minLength": 1}  # what is read is the text, as written
    if field.choices:
        text = {"enum": [*field.choices]}
    return {**about, "anyOf": [text, _SECRET]} if may_refer else {**about, **text}


def _mapping(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"not a mapping: {value!r}")
    return value
