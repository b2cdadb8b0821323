"""Block Kit's limits, each by name, in Slack's own words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground.slack.blocks import block_problems, is_too_long, view_problems

Doc = dict[str, object]


def plain(length: int) -> Doc:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Doc:
    return {"type": "mrkdwn", "text": "x" * length}


def button(**more: object) -> Doc:
    return {"type": "button", "action_id": "approve", "text": plain(5), "value": "P-1", **more}


def actions(*elements: Doc) -> Doc:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: object) -> Doc:
    return {"title": plain(3), "text": mrkdwn(3), "confirm": plain(3), "deny": plain(3), **more}


SECTION: Doc = {"type": "section", "text": mrkdwn(3)}
DIVIDER: Doc = {"type": "divider"}
TASK: Doc = {"type": "task_card", "task_id": "t1", "title": "Varnish", "status": "pending"}
INPUT: Doc = {
    "type": "input",
    "block_id": "why",
    "label": plain(3),
    "element": {"type": "plain_text_input", "action_id": "a"},
}

TAKEN: dict[str, list[Doc]] = {
    "nothing": [],
    "fifty blocks": [DIVIDER] * 50,
    "a section of 3,000 characters": [{"type": "section", "text": mrkdwn(3000)}],
    "ten fields of 2,000": [{"type": "section", "fields": [mrkdwn(2000)] * 10}],
    "a header of 150": [{"type": "header", "text": plain(150)}],
    "a context of ten": [{"type": "context", "elements": [mrkdwn(3)] * 10}],
    "a value of 2,000": [actions(button(value="v" * 2000))],
    "the same action in two blocks": [actions(button()), actions(button())],
    "a confirm dialog at its limits": [
        actions(
            button(
                confirm=confirm(title=plain(100), text=mrkdwn(300), confirm=plain(30), deny=plain(30)), style="danger"
            )
        )
    ],
    "25 buttons": [actions(*(button(action_id=f"a{n}") for n in range(25)))],
    "markdown of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "a plan with a pending task": [{"type": "plan", "title": "P-1", "tasks": [TASK]}],
    "a table": [{"type": "table", "rows": [[{"type": "raw_text", "text": "fra"}] * 20] * 100}],
    "rich text": [
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "text", "text": "a"}, {"type": "link", "url": "https://a"}],
                },
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": []}],
                },
            ],
        }
    ],
}

REFUSED: dict[str, tuple[list[object], list[str]]] = {
    "51 blocks": ([DIVIDER] * 51, ["no more than 50 items allowed [json-pointer:/blocks]"]),
    "a block that is no object": (["text"], ["must provide an object [json-pointer:/blocks/0]"]),
    "a block without type": ([{}], ["missing required field: type [json-pointer:/blocks/0]"]),
    "an unknown block": ([{"type": "banner"}], ["unsupported type: banner [json-pointer:/blocks/0/type]"]),
    "an unknown field": (
        [{**SECTION, "colour": "red"}],
        ["invalid additional property: colour [json-pointer:/blocks/0]"],
    ),
    "a section of 3,001 characters": (
        [{"type": "section", "text": mrkdwn(3001)}],
        ["must be less than 3001 characters [json-pointer:/blocks/0/text/text]"],
    ),
    "a section without a character": (
        [{"type": "section", "text": mrkdwn(0)}],
        ["must be more than 0 characters [json-pointer:/blocks/0/text/text]"],
    ),
    "a section with neither text nor fields": (
        [{"type": "section"}],
        ["must provide text or fields [json-pointer:/blocks/0]"],
    ),
    "eleven fields": (
        [{"type": "section", "fields": [mrkdwn(3)] * 11}],
        ["no more than 10 items allowed [json-pointer:/blocks/0/fields]"],
    ),
    "a field of 2,001": (
        [{"type": "section", "fields": [mrkdwn(2001)]}],
        ["must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"],
    ),
    "a header of 151": (
        [{"type": "header", "text": plain(151)}],
        ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"],
    ),
    "a header in mrkdwn": (
        [{"type": "header", "text": mrkdwn(3)}],
        ["unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"],
    ),
    "emoji asked of mrkdwn": (
        [{"type": "section", "text": {**mrkdwn(3), "emoji": True}}],
        ["invalid additional property: emoji [json-pointer:/blocks/0/text]"],
    ),
    "a context of eleven": (
        [{"type": "context", "elements": [mrkdwn(3)] * 11}],
        ["no more than 10 items allowed [json-pointer:/blocks/0/elements]"],
    ),
    "an empty context": (
        [{"type": "context", "elements": []}],
        ["no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"],
    ),
    "a button in a context": (
        [{"type": "context", "elements": [button()]}],
        ["unsupported type: button [json-pointer:/blocks/0/elements/0/type]"],
    ),
    "26 buttons": (
        [actions(*(button(action_id=f"a{n}") for n in range(26)))],
        ["no more than 25 items allowed [json-pointer:/blocks/0/elements]"],
    ),
    "two buttons with one action id": (
        [actions(button(), button())],
        ["action_id `approve` already exists [json-pointer:/blocks/0]"],
    ),
    "one block id twice": (
        [{**DIVIDER, "block_id": "b"}, {**DIVIDER, "block_id": "b"}],
        ["block_id `b` already exists [json-pointer:/blocks]"],
    ),
    "a block id of 256": (
        [{**DIVIDER, "block_id": "b" * 256}],
        ["must be less than 256 characters [json-pointer:/blocks/0/block_id]"],
    ),
    "a button text of 76": (
        [actions(button(text=plain(76)))],
        ["must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"],
    ),
    "a button text in mrkdwn": (
        [actions(button(text=mrkdwn(3)))],
        ["unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]"],
    ),
    "a value of 2,001": (
        [actions(button(value="v" * 2001))],
        ["must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"],
    ),
    "a value that is no string": (
        [actions(button(value=1))],
        ["must provide a string [json-pointer:/blocks/0/elements/0/value]"],
    ),
    "an action id of 256": (
        [actions(button(action_id="a" * 256))],
        ["must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"],
    ),
    "a green button": (
        [actions(button(style="success"))],
        ["must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"],
    ),
    "an accessibility label of 76": (
        [actions(button(accessibility_label="a" * 76))],
        ["must be less than 76 characters [json-pointer:/blocks/0/elements/0/accessibility_label]"],
    ),
    "a confirm title of 101": (
        [actions(button(confirm=confirm(title=plain(101))))],
        ["must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"],
    ),
    "a confirm text of 301": (
        [actions(button(confirm=confirm(text=mrkdwn(301))))],
        ["must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"],
    ),
    "a deny of 31": (
        [actions(button(confirm=confirm(deny=plain(31))))],
        ["must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]"],
    ),
    "a confirm without deny": (
        [actions(button(confirm={"title": plain(3), "text": plain(3), "confirm": plain(3)}))],
        ["missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]"],
    ),
    "an image without words": (
        [{"type": "image", "image_url": "https://a/b.png"}],
        ["missing required field: alt_text [json-pointer:/blocks/0]"],
    ),
    "two tables": (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}] * 2,
        ["only one table allowed [json-pointer:/blocks/1]"],
    ),
    "a table over 10,000": (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5001}] * 2]}],
        ["must be less than 10001 characters in all cells [json-pointer:/blocks/0/rows]"],
    ),
    "two markdown blocks over 12,000": (
        [{"type": "markdown", "text": "x" * 6001}, {"type": "markdown", "text": "x" * 6000}],
        ["markdown blocks must be less than 12001 characters together [json-pointer:/blocks]"],
    ),
    "a pending task outside a plan": (
        [TASK],
        ["must be one of: in_progress, complete, error [json-pointer:/blocks/0/status]"],
    ),
    "an alert in a message": (
        [{"type": "alert", "text": plain(3)}],
        ["unsupported type: alert [json-pointer:/blocks/0/type]"],
    ),
    "a file input in a message": (
        [{**INPUT, "element": {"type": "file_input"}}],
        ["unsupported type: file_input [json-pointer:/blocks/0/element/type]"],
    ),
    "a table of 21 columns": (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]}],
        ["no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"],
    ),
}

MODAL: Doc = {"type": "modal", "title": plain(24), "submit": plain(24), "close": plain(24), "blocks": [INPUT]}
VIEWS_REFUSED: dict[str, tuple[Doc, list[str]]] = {
    "a title of 25": (
        {**MODAL, "title": plain(25)},
        ["must be less than 25 characters [json-pointer:/view/title/text]"],
    ),
    "a submit of 25": (
        {**MODAL, "submit": plain(25)},
        ["must be less than 25 characters [json-pointer:/view/submit/text]"],
    ),
    "metadata of 3,001": (
        {**MODAL, "private_metadata": "x" * 3001},
        ["must be less than 3001 characters [json-pointer:/view/private_metadata]"],
    ),
    "a callback id of 256": (
        {**MODAL, "callback_id": "x" * 256},
        ["must be less than 256 characters [json-pointer:/view/callback_id]"],
    ),
    "an input without submit": (
        {"type": "modal", "title": plain(3), "blocks": [INPUT]},
        ["missing required field: submit [json-pointer:/view]"],
    ),
    "no blocks": ({"type": "modal", "title": plain(3)}, ["missing required field: blocks [json-pointer:/view]"]),
    "101 blocks": (
        {**MODAL, "blocks": [DIVIDER] * 101},
        ["no more than 100 items allowed [json-pointer:/view/blocks]"],
    ),
    "a plan in a form": (
        {**MODAL, "blocks": [{"type": "plan", "title": "P-1"}]},
        ["unsupported type: plan [json-pointer:/view/blocks/0/type]"],
    ),
    "a home tab where a form is wanted": (
        {"type": "home", "blocks": []},
        ["unsupported type: home [json-pointer:/view/type]"],
    ),
}


@pytest.mark.parametrize("blocks", TAKEN.values(), ids=TAKEN)
def test_slack_takes(blocks: list[Doc]) -> None:
    assert [] == block_problems(blocks)


@pytest.mark.parametrize(("blocks", "problems"), REFUSED.values(), ids=REFUSED)
def test_slack_refuses(blocks: list[object], problems: list[str]) -> None:
    assert problems == block_problems(blocks)


def test_a_form_at_its_limits_is_taken() -> None:
    assert [] == view_problems({**MODAL, "private_metadata": "x" * 3000, "blocks": [INPUT, *[DIVIDER] * 99]}, "modal")


@pytest.mark.parametrize(("view", "problems"), VIEWS_REFUSED.values(), ids=VIEWS_REFUSED)
def test_slack_refuses_a_form(view: Doc, problems: list[str]) -> None:
    assert problems == view_problems(view, "modal")


def test_all_blocks_together_have_a_ceiling() -> None:
    four_sections = [{"type": "section", "text": mrkdwn(3000)}] * 4
    assert (False, True) == (
        is_too_long(four_sections),
        is_too_long([*four_sections, {"type": "section", "text": mrkdwn(1000)}]),
    )


KEYS = st.sampled_from(
    ["type", "text", "elements", "accessory", "element", "fields", "options", "value", "action_id", "block_id"]
)
WORDS = st.sampled_from(
    ["section", "actions", "button", "context", "mrkdwn", "rich_text", "container", "input", "table", "", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@example([{"accessory": {"type": []}}])
@given(JSON)
def test_whatever_comes_is_judged(blocks: object) -> None:
    assert all(isinstance(problem, str) for problem in block_problems(blocks))


@given(st.dictionaries(st.sampled_from(["type", "title", "blocks", "submit"]), JSON))
def test_whatever_form_comes_is_judged(view: Doc) -> None:
    assert all(isinstance(problem, str) for problem in view_problems(view, "modal", "home"))
