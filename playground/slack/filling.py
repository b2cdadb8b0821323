"""Filling in a form: what Slack's clients ask of its fields before they send it, and what they send."""

from __future__ import annotations

from collections.abc import Mapping

from playground.slack import payloads
from playground.slack.views import View

Doc = dict[str, object]


def missing_in(view: View, typed: Mapping[str, Mapping[str, object]]) -> Doc:
    """What Slack's clients say about fields before they send a form, by block."""
    wrong: Doc = {}
    for block in view.blocks:
        element = block.get("element")
        if block.get("type") != "input" or not isinstance(element, Mapping):
            continue
        value = typed.get(str(block.get("block_id")), {}).get(str(element.get("action_id", "")))
        problem = _wrong(element, value, bool(block.get("optional")))
        wrong |= {str(block.get("block_id")): problem} if problem else {}
    return wrong


def _wrong(element: Mapping[str, object], value: object, is_optional: bool) -> str:
    value = element.get("initial_value") if value is None else value
    if value in (None, "", []):
        return "" if is_optional else "Please complete this required field."
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(value, str) and isinstance(least, int) and len(value) < least:
        return f"Please enter at least {least} characters."
    if isinstance(value, str) and len(value) > (most if isinstance(most, int) else 3000):
        return f"Please enter at most {most if isinstance(most, int) else 3000} characters."
    return ""


def values_of(view: View, typed: Mapping[str, Mapping[str, object]]) -> Doc:
    """state.values: every input of the form, filled or not."""
    values: Doc = {}
    for block in view.blocks:
        element, id = block.get("element"), str(block.get("block_id"))
        if block.get("type") == "input" and isinstance(element, Mapping):
            name = str(element.get("action_id", ""))
            value = typed.get(id, {}).get(name, element.get("initial_value", ""))
            values[id] = {name: payloads.typed_value(element, value)}
    return values
