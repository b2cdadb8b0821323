"""Every key of the configuration, as rows of tables: read from the JSON Schema that `purgebot config schema` prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.settings import schema
from providers import PROVIDERS
from providers.contract import Field
from tests.docs.generated import cell

Node = Mapping[str, object]
SECRET = "#/$defs/SecretDoc"
HEAD = "| key | takes | not written | what it is | such as |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one mapping of the file."""

    path: str  # sites.NAME.tags
    about: str
    rows: tuple[str, ...]
    key_names: tuple[str, ...]

    def written(self) -> str:
        about = f"{self.about[0].upper()}{self.about[1:].rstrip('.')}.\n\n" if self.about else ""
        return f"## {self.path or 'The top'}\n\n{about}{HEAD}\n" + "\n".join(self.rows) + "\n"


class Keys:
    """Walks the schema, an example beside it."""

    def __init__(self, example: object) -> None:
        self._schema: Node = schema()
        self._example = example

    def tables(self) -> Iterator[Table]:
        """The tables, a part after what it belongs to."""
        yield from self._part("", self._schema, [self._example], "What stands at the left edge of the file.")

    def _part(self, path: str, part: Node, examples: Sequence[object], about: str) -> Iterator[Table]:
        if "oneOf" in part and "properties" not in part:
            yield from self._pace(path, as_node(as_list(part["oneOf"])[0]), examples)
            for one in as_list(part["oneOf"]):
                name = str(as_node(as_node(as_node(one)["properties"])["provider"])["const"])
                mine = [it for it in examples if isinstance(it, Mapping) and it.get("provider") == name]
                yield from self._provider(path, as_node(one), name, mine)
            return
        properties, needed = as_node(part.get("properties") or {}), as_list(part.get("required", []))
        if path.endswith("layers[]"):
            properties = {"account": properties["account"]}
        rows, below = [], list[Table]()
        for name, value in properties.items():
            inner = [it[name] for it in examples if isinstance(it, Mapping) and name in it]
            rows.append(self._row(name, as_node(value), name in needed, inner))
            below += self._below(f"{path}.{name}".lstrip("."), as_node(value), inner)
        yield Table(path, about or str(part.get("description", "")), tuple(rows), tuple(properties))
        yield from below

    def _pace(self, path: str, account: Node, examples: Sequence[object]) -> Iterator[Table]:
        """What every account takes for each of its limits."""
        paces = [it["pace"] for it in examples if isinstance(it, Mapping) and "pace" in it]
        yield from self._below(f"{path}.pace", as_node(as_node(account["properties"])["pace"]), paces)

    def _provider(self, path: str, part: Node, name: str, examples: Sequence[object]) -> Iterator[Table]:
        """An account's keys, and those that its layers take."""
        blueprint = PROVIDERS[name]
        told = {field.name: field for field in (*blueprint.fields, *blueprint.layer_fields)}
        needed = as_list(part["required"])
        rows, names = [], []
        for key, value in as_node(part["properties"]).items():
            inner: Sequence[object] = [it[key] for it in examples if isinstance(it, Mapping) and key in it]
            shown = told[key].example if key in told else None
            rows.append(self._row(key, as_node(value), key in needed, inner, shown))
            names.append(key)
        page = f"[{blueprint.title}](../providers/{name}.md)"
        yield Table(f"{path}: {blueprint.title}", f"More on the page of {page}.", tuple(rows), tuple(names))
        if blueprint.layer_fields:
            layers = tuple(layer_row(field) for field in blueprint.layer_fields)
            about = f"What a layer takes beside `account`, where that is at {page}."
            heading = f"sites.NAME.layers[]: {blueprint.title}"
            yield Table(heading, about, layers, tuple(field.name for field in blueprint.layer_fields))

    def _row(self, name: str, value: Node, needed: bool, inner: Sequence[object], shown: str | None = None) -> str:
        what = str(self._followed(value).get("description", ""))
        words = re.search(r"(?:^|,? )such as ([^;`]+)(;.*)?$", what)
        example = shown or str(value.get("const", "")) or (yaml(inner[0]) if inner else words[1] if words else "")
        code = f"`{cell(example)}`" if example and len(example) <= 100 else ""
        plain = what.removesuffix(words[0]) + (words[2] or "") if words else what
        return f"| `{name}` | {cell(self._takes(value))} | {default(value, needed)} | {cell(plain)} | {code} |"

    def _below(self, path: str, value: Node, examples: Sequence[object]) -> Iterator[Table]:
        value = self._followed(value)
        if value.get("$ref") == SECRET:
            return
        if "properties" in value or "oneOf" in value:
            yield from self._part(path, value, examples, "")
        inner = as_node(value.get("additionalProperties") or {}) if "properties" not in value else {}
        if self._is_part(inner):
            named = [it for one in examples if isinstance(one, Mapping) for it in one.values()]
            yield from self._part(f"{path}.NAME", self._followed(inner), named, "")
        if self._is_part(listed := as_node(value.get("items") or {})):
            members = [it for one in examples if isinstance(one, list) for it in one]
            yield from self._part(f"{path}[]", self._followed(listed), members, "")

    def _is_part(self, value: Node) -> bool:
        found = self._followed(value)
        return found.get("$ref") != SECRET and ("properties" in found or "oneOf" in found)

    def _followed(self, value: Node) -> Node:
        """The value itself, where it is a reference, or something that may be null."""
        if "anyOf" in value:
            some = [as_node(one) for one in as_list(value["anyOf"]) if as_node(one).get("type") != "null"]
            rest = {key: it for key, it in value.items() if key != "anyOf"}
            return self._followed({**rest, **some[0]}) if len(some) == 1 else value
        reference = str(value.get("$ref", ""))
        if not reference or reference == SECRET:
            return value
        found = as_node(as_node(self._schema["$defs"])[reference.rpartition("/")[2]])
        return self._followed({**found, **({"description": value["description"]} if "description" in value else {})})

    def _takes(self, value: Node) -> str:
        """What the value is, in words."""
        value = self._followed(value)
        if value.get("$ref") == SECRET:
            return "a secret"
        if value.get("anyOf"):
            some = dict.fromkeys(self._takes(as_node(one)) for one in as_list(value["anyOf"]))
            one, *more = some
            return f"{one}, or a list" if more == [f"a list of {plural(one)}"] else " or ".join(some)
        if "enum" in value or "const" in value:
            return ", ".join(f"`{one}`" for one in as_list(value.get("enum", [value.get("const")])))
        if value.get("type") == "array":
            return f"a list of {plural(self._takes(as_node(value['items'])))}" if "items" in value else "a list"
        inner = value.get("additionalProperties")
        if isinstance(inner, Mapping) and "properties" not in value:
            return f"names, each with {self._takes(inner)}"
        kind = value.get("type")
        words = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true`, `false`"}
        if isinstance(kind, list):
            return "keys or a list" if "object" in kind else "text"
        return words.get(str(kind), "keys")


def plural(one: str) -> str:
    return {"keys": "mappings", "text": "texts", "a whole number": "numbers"}.get(one, one)


def default(value: Node, needed: bool) -> str:
    """What counts where nothing is said."""
    if needed:
        return "needed"
    told = value.get("default")
    if told in ("", None, [], {}) or isinstance(told, Mapping):
        return "–"
    return f"`{yaml(told)}`"


def layer_row(field: Field) -> str:
    takes = (
        ", ".join(f"`{choice}`" for choice in field.choices) or field.form or ("a secret" if field.secret else "text")
    )
    example = f"`{cell(field.example)}`" if field.example else ""
    otherwise = "needed" if field.required else "–"
    return f"| `{field.name}` | {cell(takes)} | {otherwise} | {cell(field.what)} | {example} |"


def yaml(value: object) -> str:
    """On one line, as the file would have it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml, value)) + "]"
    if isinstance(value, str) and re.search(r"[:{}\[\],&*#?|<>=!%@`'\"\\ ]", value):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool) else str(value)


def as_node(value: object) -> Node:
    assert isinstance(value, Mapping), value
    return value


def as_list(value: object) -> list[object]:
    assert isinstance(value, list), value
    return value
