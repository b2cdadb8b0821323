"""Where a secret is, as the configuration file says it."""

from __future__ import annotations

import re
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from bot.settings.complaints import ours
from bot.settings.parts import Part

VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*"
PLACES = "Write {env: NAME} or {file: PATH}"


class SecretDoc(Part):
    """Where a secret is."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]})
    env: str = Field(
        default="", description="the name of an environment variable", json_schema_extra={"pattern": f"^{VARIABLE}$"}
    )
    file: str = Field(default="", description="the path of a file, relative to this one")

    @model_validator(mode="before")
    @classmethod
    def _is_a_place(cls, data: object) -> object:
        if data is None:
            raise ours("is empty.", f"{PLACES}, or remove the key.")
        if isinstance(data, list):
            raise ours("must name one place, not a list.", f"{PLACES}.")
        if isinstance(data, str) and re.fullmatch(r"\$\{?[A-Z_][A-Z0-9_]*\}?", data):
            raise ours("names a variable as a shell does.", "Write {env: NAME}, without the `$`.")
        if isinstance(data, str) and re.fullmatch(r"[/~][\w./~-]+", data):
            raise ours("holds a path, or a secret in the clear.", "Write {file: PATH}.")
        if isinstance(data, str):
            raise ours(
                "a secret stands here in the clear.", f"{PLACES}, and replace the secret: this file has held it."
            )
        return data

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.env) == bool(self.file):
            raise ours("must name one place.", f"{PLACES}.")
        if self.env.startswith("$"):
            raise ours("holds a `$`.", "Write the variable's name alone: {env: NAME}.")
        if self.env and not re.fullmatch(VARIABLE, self.env):
            raise ours("is not the name of a variable.", "Write its name, not its value: {env: NAME}.")
        return self
