"""Limits of interactive elements and composition objects, as data.

Sources, read 2026-11-23: https://docs.slack.dev/reference/block-kit/block-elements (each element's page),
https://docs.slack.dev/reference/block-kit/composition-objects, and slack_sdk 3.47's own constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from playground.slack.checks import Check, Shape, anything, flag, many, one_of, said, shaped, string, text, typed, whole

NAME = string(255)  # action_id, block_id, callback_id, external_id
_PLACEHOLDER = text(150, plain=True)

CONFIRM = shaped(
    Shape(
        {"title": text(100, plain=True), "text": text(300), "confirm": text(30, True), "deny": text(30, True)},
        {"style": one_of("primary", "danger")},
    )
)
OPTION = shaped(
    Shape({"text": text(75), "value": string(150, 1)}, {"description": text(75), "url": string(3000)}),
)
_GROUP = shaped(Shape({"label": text(75, plain=True), "options": many(OPTION, 100, 1)}))
_FOCUS: dict[str, Check] = {"action_id": NAME, "focus_on_load": flag}
_PICK: dict[str, Check] = {**_FOCUS, "confirm": CONFIRM, "placeholder": _PLACEHOLDER}
_OPTIONS: dict[str, Check] = {"options": many(OPTION, 100, 1), "option_groups": many(_GROUP, 100, 1)}


def _typed_in(**more: Check) -> Shape:
    return Shape(
        {},
        {**_FOCUS, "placeholder": _PLACEHOLDER, "dispatch_action_config": anything, **more},
    )


def _conversations(initial: str, many_of: bool) -> Shape:
    most: dict[str, Check] = {"max_selected_items": whole(1, 100)} if many_of else {"response_url_enabled": flag}
    more: dict[str, Check] = {"filter": anything, "default_to_current_conversation": flag}
    return Shape({}, {**_PICK, **most, **more, initial: anything})


ELEMENTS: dict[str, Shape] = {
    "button": Shape(
        {"text": text(75, plain=True)},
        {
            "action_id": NAME, "url": string(3000), "value": string(2000), "style": one_of("primary", "danger"),
            "confirm": CONFIRM, "accessibility_label": string(75), "visible_to_user_ids": many(string(255), 10),
        },
    ),
    "overflow": Shape({"options": many(OPTION, 5, 1)}, {"action_id": NAME, "confirm": CONFIRM}),
    "static_select": Shape({}, {**_PICK, **_OPTIONS, "initial_option": OPTION}),
    "multi_static_select": Shape(
        {}, {**_PICK, **_OPTIONS, "initial_options": many(OPTION, 100, 1), "max_selected_items": whole(1, 100)}
    ),
    "external_select": Shape({}, {**_PICK, "initial_option": OPTION, "min_query_length": whole(0, 3000)}),
    "users_select": _conversations("initial_user", many_of=False),
    "multi_users_select": _conversations("initial_users", many_of=True),
    "conversations_select": _conversations("initial_conversation", many_of=False),
    "multi_conversations_select": _conversations("initial_conversations", many_of=True),
    "channels_select": _conversations("initial_channel", many_of=False),
    "radio_buttons": Shape(
        {"options": many(OPTION, 10, 1)}, {**_FOCUS, "confirm": CONFIRM, "initial_option": OPTION}
    ),
    "checkboxes": Shape(
        {"options": many(OPTION, 10, 1)}, {**_FOCUS, "confirm": CONFIRM, "initial_options": many(OPTION, 10, 1)}
    ),
    "datepicker": Shape({}, {**_PICK, "initial_date": string(10)}),
    "timepicker": Shape({}, {**_PICK, "initial_time": string(5), "timezone": string(255)}),
    "datetimepicker": Shape({}, {**_FOCUS, "confirm": CONFIRM, "initial_date_time": whole(0, 9_999_999_999)}),
    "plain_text_input": _typed_in(
        initial_value=string(3000), multiline=flag, min_length=whole(0, 3000), max_length=whole(1, 3000)
    ),
    "number_input": _typed_in(
        is_decimal_allowed=flag, initial_value=string(255), min_value=string(255), max_value=string(255)
    ),
    "url_text_input": _typed_in(initial_value=string(3000)),
    "email_text_input": _typed_in(initial_value=string(3000)),
    "rich_text_input": _typed_in(initial_value=anything),
    "file_input": Shape({}, {"action_id": NAME, "filetypes": many(string(255), 100), "max_files": whole(1, 10)}),
    "image": Shape({"alt_text": string(2000, 1)}, {"image_url": string(3000), "slack_file": anything}),
    "icon_button": Shape({"icon": string(255), "text": text(75, plain=True)}, open=True),
    "feedback_buttons": Shape({"positive_button": anything, "negative_button": anything}, open=True),
}  # fmt: skip


def _choosing(value: object, at: str) -> Iterator[str]:
    """Options there must be, alone or in groups, and what is chosen first is one of them."""
    if not isinstance(value, Mapping):
        return
    if ("options" in value) == ("option_groups" in value):
        yield said("must provide either options or option_groups", at)
    lists = [value.get("options"), *(group.get("options") for group in _listed(value.get("option_groups")))]
    offered = [option for some in lists for option in _listed(some)]
    first = [value["initial_option"]] if "initial_option" in value else _listed(value.get("initial_options"))
    if any(option not in offered for option in first):
        yield said("initial_option must be one of the options", f"{at}/initial_option")


def _listed(value: object) -> list[Mapping[str, object]]:
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


for _kind in ("static_select", "multi_static_select", "radio_buttons", "checkboxes"):
    ELEMENTS[_kind] = replace(ELEMENTS[_kind], rule=_choosing)

_IN_INPUTS = (
    "plain_text_input", "number_input", "url_text_input", "email_text_input", "rich_text_input", "file_input",
    "static_select", "multi_static_select", "external_select", "users_select", "multi_users_select", "channels_select",
    "conversations_select", "multi_conversations_select", "radio_buttons", "checkboxes", "datepicker", "timepicker",
    "datetimepicker",
)  # fmt: skip
_NOT_IN_ACTIONS = (
    "plain_text_input", "number_input", "url_text_input", "email_text_input", "rich_text_input", "file_input", "image",
    "icon_button", "feedback_buttons",
)  # fmt: skip
ACCESSORY = typed(ELEMENTS, *(kind for kind in ELEMENTS if kind not in _NOT_IN_ACTIONS), "image")
IN_ACTIONS = typed(ELEMENTS, *(kind for kind in ELEMENTS if kind not in _NOT_IN_ACTIONS))
IN_INPUT = typed(ELEMENTS, *_IN_INPUTS)
IN_CONTEXT_ACTIONS = typed(ELEMENTS, "icon_button", "feedback_buttons")
