"""Values of any depth: what an adapter reads as JSON. A secret inside one is named there and kept elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable

from bot.settings import shapes
from bot.settings.complaints import Complaints
from bot.settings.document import PLACES
from bot.settings.reader import Place

Json = dict[str, "Json"] | list["Json"] | str


class TreeReader:
    """Reads one value. `keep` stores a place of a secret under a name; None where no secret may stand."""

    def __init__(self, complaints: Complaints, keep: Callable[[str, object, Place], None] | None) -> None:
        self._complaints = complaints
        self._keep = keep

    def read(self, value: object, name: str, place: Place) -> str:
        """The value as JSON text; `{"secret": NAME}` stands for a secret."""
        if not isinstance(value, dict | list):
            what = "must hold keys and values, not text." if value else "is empty."
            self._complaints.add(place, what, "Write {key: value}.")
            return ""
        return json.dumps(self._part(value, name, place), separators=(",", ":"))

    def _part(self, value: object, name: str, place: Place) -> Json:
        if isinstance(value, list):
            return [self._part(inner, f"{name}.{n}", (*place, n)) for n, inner in enumerate(value)]
        if not isinstance(value, dict):
            return shapes.plain_text(self._complaints, place, "" if value is None else str(value))
        if value and value.keys() <= {"env", "file"}:
            return self._secret(value, name, place)
        if value.keys() == {"secret"}:  # what an adapter is told of a secret that was read, so nobody may write it
            self._complaints.add(place, "`secret` names no place.", f"{PLACES}.")
        return {str(key): self._part(inner, f"{name}.{key}", (*place, str(key))) for key, inner in value.items()}

    def _secret(self, value: object, name: str, place: Place) -> Json:
        if self._keep is None:
            self._complaints.add(place, "is a secret, and none may stand here.", "Put it under the account.")
        else:
            self._keep(name, value, place)
        return {"secret": name}
