"""docs/reference/configuration.md holds every key of the schema, and its examples are of a file that is good."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from bot.settings import load, schema
from tests.docs.generated import NOTE, compare
from tests.docs.keys import Keys, Table, as_list, as_node

WHOLE = Path(__file__).parent / "whole.yaml"
HEAD = f"""\
# Every key of the configuration

{NOTE}

`purgebot config schema` prints the same for editors; [configuration](../configuration.md) says how to begin, and what
the environment holds.

- *A secret* is `{{env: NAME}}`, the name of a variable, or `{{file: PATH}}`, relative to the configuration; never the
  secret itself.
- `NAME` in a heading is a name of your own; `[]` is one of a list.
- A key that stands nowhere here is refused, with its line and with what was probably meant.

"""


def tables() -> list[Table]:
    found = list(Keys(json.loads(json.dumps(YAML(typ="safe", pure=True).load(WHOLE), default=str))).tables())
    parts = [str(name) for name in as_node(schema()["properties"])]
    return sorted(found, key=lambda table: order(table.path, parts))


def order(path: str, parts: Sequence[str]) -> tuple[int, int, str]:
    """The `parts` of the file in its own order; what a provider takes last."""
    top = path.partition(".")[0].partition("[")[0]
    return (": " in path, parts.index(top) if top in parts else -1, path if ": " in path else "")


def names(part: object) -> Iterator[str]:
    """Every key that some mapping of the schema takes."""
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name == "properties":
                yield from as_node(value)
            yield from names(value)
    if isinstance(part, list):
        for one in part:
            yield from names(one)


def test_the_examples_are_of_a_configuration_that_is_good() -> None:
    assert ["shop", "blog", "docs"] == list(load(WHOLE, {}).sites)


def test_the_reference_is_what_the_schema_says() -> None:
    compare("reference/configuration.md", HEAD + "\n".join(table.written() for table in tables()))


def test_every_key_of_the_schema_is_in_a_table() -> None:
    own = {"env", "file"}  # of a secret, above the tables
    kinds = {str(kind) for kind in as_list(as_node(as_node(schema()["$defs"])["Kind"])["enum"])}  # of per_call
    within = {"approve", "of", "approve_more"}  # of `then`
    assert set() == set(names(schema())) - own - kinds - within - {
        name for table in tables() for name in table.key_names
    }
