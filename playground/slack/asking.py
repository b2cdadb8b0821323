"""A request to the Web API as Slack reads it: form or JSON, GET or POST, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

Doc = dict[str, object]
SECRETS = ("token", "client_secret", "refresh_token")


class Refusal(Exception):
    """`{"ok": false}`, why in Slack's word, and what it would say besides."""

    def __init__(self, error: str, *messages: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages
        self.more = more

    def answer(self) -> Doc:
        """The body."""
        doc: Doc = {"ok": False, "error": self.error, **self.more}
        if not self.messages:
            return doc
        marked = [f"[ERROR] {message}" for message in self.messages]
        return doc | {"errors": list(self.messages), "response_metadata": {"messages": marked}}


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call, from the query, the form or the JSON body; the token is kept apart."""

    values: Mapping[str, object]
    token: str = field(default="", repr=False)

    def text(self, name: str, default: str = "") -> str:
        """A string; numbers and booleans as Slack prints them."""
        value = self.values.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) else default

    def needed(self, name: str) -> str:
        """A string that must be there; raises Refusal."""
        found = self.text(name)
        if not found:
            raise Refusal("invalid_arguments", f"missing required field: {name} [json-pointer:/{name}]")
        return found

    def has(self, name: str) -> bool:
        """Whether it was given at all."""
        return self.values.get(name) is not None

    def flag(self, name: str) -> bool:
        """A boolean, in any of the ways it is written."""
        return self.text(name).lower() in ("true", "1")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`; raises Refusal."""
        found = self.text(name, str(default))
        if not found.isdigit() or int(found) < 1:
            raise Refusal("invalid_limit" if name == "limit" else "invalid_arguments")
        return min(int(found), most)

    def json(self, name: str, wrong: str) -> object:
        """A value that may come as JSON text, as in a form; raises Refusal with the error `wrong`."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as exc:
            raise Refusal(wrong, "must be valid JSON") from exc

    def shown(self) -> str:
        """The arguments for the record, without credentials."""
        return json.dumps({name: value for name, value in self.values.items() if name not in SECRETS}, sort_keys=True)


def read(query: str, content_type: str, body: bytes, authorization: str) -> Arguments:
    """The arguments of one request; raises Refusal. A token in a JSON body does not count, as at Slack."""
    values: Doc = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and body:
        values |= _json(body)
        token = ""
    else:
        values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        token = str(values.get("token", ""))
    scheme, _, bearer = authorization.partition(" ")
    kept = {name: value for name, value in values.items() if name not in SECRETS}
    return Arguments(kept, bearer.strip() if scheme.lower() == "bearer" else token)


def _json(body: bytes) -> Doc:
    try:
        doc = json.loads(body)
    except ValueError as exc:
        raise Refusal("invalid_json") from exc
    if not isinstance(doc, dict):
        raise Refusal("json_not_object")
    return doc
