"""JSON Schema, read when a test asks: importing its library costs 1.3 s, and every process that collects would pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def validator(schema: Mapping[str, object]) -> Draft202012Validator:
    """What tells documents that fit `schema` from others. Raises jsonschema.SchemaError where it is no schema."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(dict(schema))
    return Draft202012Validator(dict(schema))
