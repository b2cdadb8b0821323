"""JSON Schema, read when a test asks: importing its library costs 1.3 s, and every process that collects would pay."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.settings import schema

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def validator(rules: Mapping[str, object]) -> Draft202012Validator:
    """What tells documents that fit `rules` from others. Raises jsonschema.SchemaError where they are no schema."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(dict(rules))
    return Draft202012Validator(dict(rules))


@functools.cache
def of_configuration() -> Draft202012Validator:
    """The same for `purgebot config schema`."""
    return validator(schema())
