"""Filling in a form: what Slack's clients ask of its fields before they send it, and what they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playground.slack import payloads
from playground.slack.views import View

Doc = dict[str, object]
Typed = Mapping[str, Mapping[str, object]]
_CHOICES = ("static_select", "radio_buttons")


class Unfit(Exception):
    """What no client of Slack's could have sent: a choice that is not offered, a file that nobody uploaded."""


def missing_in(view: View, typed: Typed) -> Doc:
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
    value = initial_of(element) if value is None else value
    if value in (None, "", []):
        return "" if is_optional else "Please complete this required field."
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(value, str) and isinstance(least, int) and len(value) < least:
        return f"Please enter at least {least} characters."
    if isinstance(value, str) and len(value) > (most if isinstance(most, int) else 3000):
        return f"Please enter at most {most if isinstance(most, int) else 3000} characters."
    return ""


def initial_of(element: Mapping[str, object]) -> object:
    """What a field holds before anybody touched it: text, or the value of the option that is chosen."""
    chosen = element.get("initial_option")
    return chosen.get("value") if isinstance(chosen, Mapping) else element.get("initial_value")


def values_of(view: View, typed: Typed, file: Callable[[str], Doc | None]) -> Doc:
    """state.values: every input of the form, filled or not. `file` finds an uploaded one. Raises Unfit."""
    values: Doc = {}
    for block in view.blocks:
        element, id = block.get("element"), str(block.get("block_id"))
        if block.get("type") == "input" and isinstance(element, Mapping):
            name = str(element.get("action_id", ""))
            value = typed.get(id, {}).get(name, initial_of(element) or "")
            held = _files(element, value, file) if element.get("type") == "file_input" else _chosen(element, value)
            values[id] = {name: payloads.typed_value(element, held)}
    return values


def _chosen(element: Mapping[str, object], value: object) -> object:
    known = [option.get("value") for option in payloads.options_of(element)]
    if element.get("type") in _CHOICES and value not in ("", None, *known):
        raise Unfit(f"{element.get('action_id')} offers no {value}. Send one of {', '.join(map(str, known))}.")
    return value


def _files(element: Mapping[str, object], value: object, file: Callable[[str], Doc | None]) -> list[Doc]:
    """The uploaded files of a file_input, whose ids may come alone or in a list."""
    ids = [str(id) for id in (value if isinstance(value, list) else [value]) if id]
    most, suffixes = element.get("max_files", 10), element.get("filetypes")
    if isinstance(most, int) and len(ids) > most:
        raise Unfit(f"{element.get('action_id')} takes {most} of files at most.")
    return [_file(id, file(id), suffixes) for id in ids]


def _file(id: str, found: Doc | None, suffixes: object) -> Doc:
    if found is None:
        raise Unfit(f"There is no file {id}. Send the id that /_play/upload answered.")
    suffix = str(found["name"]).rpartition(".")[2].lower()
    if isinstance(suffixes, list) and suffixes and suffix not in suffixes:
        raise Unfit(f"{found['name']} is none of {', '.join(map(str, suffixes))}. Slack's clients take no other.")
    return found
