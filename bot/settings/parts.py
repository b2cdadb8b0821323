"""What every part of the configuration file is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

SLACK_ID = r"[A-Z][A-Z0-9_]+"

SlackId = Annotated[str, Field(json_schema_extra={"pattern": f"^{SLACK_ID}$"})]


class Part(BaseModel):
    """A mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    slips: ClassVar[Mapping[str, str]] = {}  # what to write for keys that people try


class Open(BaseModel):
    """A mapping whose further keys are those of a provider."""

    model_config = ConfigDict(extra="allow", frozen=True)

    def extra(self) -> dict[str, object]:
        """The provider's keys as written."""
        return dict(self.model_extra or {})
