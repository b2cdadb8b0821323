"""Block Kit, judged as hard as Slack judges it: the limits of every block as data, and three questions on top.

Sources, read 2026-11-23: https://docs.slack.dev/reference/block-kit/blocks (each block's page), …/views/modal-views;
the ceiling over all blocks: https://github.com/slackapi/bolt-js/issues/2509.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from playground.slack.checks import Check, Shape, anything, flag, many, one_of, said, shaped, string, text, typed
from playground.slack.elements import ACCESSORY, ELEMENTS, IN_ACTIONS, IN_CONTEXT_ACTIONS, IN_INPUT, NAME

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ALL_CHARACTERS = 13_200  # of a message's blocks together; from here on Slack says msg_blocks_too_long
MARKDOWN_CHARACTERS = 12_000  # of all markdown blocks of a message together
TABLE_CHARACTERS = 10_000  # of all cells of a table together
VIEW_BYTES = 250_000

MESSAGE, MODAL, HOME = "message", "modal", "home"
_ONLY = {
    "alert": (MODAL,), "markdown": (MESSAGE,), "plan": (MESSAGE,), "task_card": (MESSAGE,),
    "context_actions": (MESSAGE,), "table": (MESSAGE, HOME), "data_table": (MESSAGE, HOME),
    "container": (MESSAGE, HOME), "data_visualization": (MESSAGE, HOME), "carousel": (MESSAGE, HOME),
}  # fmt: skip


def _section(value: object, at: str) -> Iterator[str]:
    if isinstance(value, Mapping) and "text" not in value and "fields" not in value:
        yield said("must provide text or fields", at)


def _image(value: object, at: str) -> Iterator[str]:
    if isinstance(value, Mapping) and "image_url" not in value and "slack_file" not in value:
        yield said("must provide image_url or slack_file", at)


def _cell(value: object, at: str) -> Iterator[str]:
    yield from typed(_CELLS)(value, at)


_RICH_PARTS = {
    "text": Shape({"text": string(12_000, 1)}, {"style": anything}),
    "link": Shape({"url": string(3000, 1)}, {"text": string(12_000), "style": anything, "unsafe": flag}),
    "emoji": Shape({"name": string(255, 1)}, {"unicode": string(255), "style": anything}),
    "user": Shape({"user_id": string(255, 1)}, {"style": anything}),
    "usergroup": Shape({"usergroup_id": string(255, 1)}, {"style": anything}),
    "channel": Shape({"channel_id": string(255, 1)}, {"style": anything}),
    "broadcast": Shape({"range": one_of("here", "channel", "everyone")}),
    "date": Shape({"timestamp": anything, "format": string(255)}, {"fallback": string(3000), "url": string(3000)}),
    "color": Shape({"value": string(255)}),
}
_RUN = many(typed(_RICH_PARTS), 1000)
_RICH: dict[str, Shape] = {
    "rich_text_section": Shape({"elements": _RUN}),
    "rich_text_quote": Shape({"elements": _RUN}, {"border": anything}),
    "rich_text_preformatted": Shape({"elements": _RUN}, {"border": anything, "language": string(255)}),
}
_RICH["rich_text_list"] = Shape(
    {"style": one_of("bullet", "ordered"), "elements": many(typed(_RICH, "rich_text_section"), 1000)},
    {"indent": anything, "offset": anything, "border": anything},
)
_RICH_TEXT = Shape({"elements": many(typed(_RICH), 1000)})
_CELLS = {
    "raw_text": Shape({"text": string(12_000, 1)}),
    "raw_number": Shape({"value": anything}, open=True),
    "rich_text": _RICH_TEXT,
}
_COLUMN = shaped(Shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag}))
_CONTEXT_PARTS = {
    "image": ELEMENTS["image"],
    "mrkdwn": Shape({"text": string(3000, 1)}, {"verbatim": flag}),
    "plain_text": Shape({"text": string(3000, 1)}, {"emoji": flag}),
}
_STATUS = ("pending", "in_progress", "complete", "error")
_TASK = {
    "task_id": string(255, 1), "title": string(3000, 1), "status": one_of(*_STATUS),
}  # fmt: skip
_TASK_MORE: dict[str, Check] = {
    "details": shaped(_RICH_TEXT), "output": shaped(_RICH_TEXT), "sources": many(anything, 100),
}  # fmt: skip
_ALONE = {**_TASK, "status": one_of(*_STATUS[1:])}  # a card outside a plan may not be pending

BLOCKS: dict[str, Shape] = {
    "section": Shape(
        {}, {"text": text(3000), "fields": many(text(2000), 10, 1), "accessory": ACCESSORY, "expand": flag},
        rule=_section,
    ),
    "header": Shape({"text": text(150, plain=True)}),
    "divider": Shape(),
    "context": Shape({"elements": many(typed(_CONTEXT_PARTS), 10, 1)}),
    "actions": Shape({"elements": many(IN_ACTIONS, 25, 1)}),
    "image": Shape(
        {"alt_text": string(2000, 1)},
        {"image_url": string(3000), "slack_file": anything, "title": text(2000, plain=True)},
        rule=_image,
    ),
    "input": Shape(
        {"label": text(2000, plain=True), "element": IN_INPUT},
        {"hint": text(2000, plain=True), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": _RICH_TEXT,
    "markdown": Shape({"text": string(MARKDOWN_CHARACTERS, 1)}),
    "table": Shape({"rows": many(many(_cell, 20), 100, 1)}, {"column_settings": many(_COLUMN, 20)}),
    "data_table": Shape({"rows": many(many(anything, 20), 201)}, open=True),
    "task_card": Shape(_ALONE, _TASK_MORE),
    "plan": Shape({"title": string(3000, 1)}, {"tasks": many(typed({"task_card": Shape(_TASK, _TASK_MORE)}), 50)}),
    "context_actions": Shape({"elements": many(IN_CONTEXT_ACTIONS, 5, 1)}),
    "card": Shape(
        {}, {"title": text(150), "subtitle": text(150), "body": text(200), "actions": many(IN_ACTIONS, 3)}, open=True
    ),
    "alert": Shape({"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    "data_visualization": Shape(open=True),
    "file": Shape({"external_id": NAME, "source": one_of("remote")}),
    "video": Shape({"alt_text": string(2000, 1), "title": text(200, plain=True)}, open=True),
}  # fmt: skip
BLOCKS["carousel"] = Shape({"elements": many(typed(BLOCKS, "card"), 10, 1)}, open=True)
BLOCKS["container"] = Shape({"child_blocks": many(typed(BLOCKS), 10, 1)}, open=True)

_TITLE = text(24, plain=True)
_VIEW: dict[str, Check] = {
    "private_metadata": string(3000), "callback_id": NAME, "external_id": NAME, "submit_disabled": flag,
}  # fmt: skip
_VIEWS = {
    MODAL: Shape(
        {"title": _TITLE, "blocks": anything},
        {**_VIEW, "submit": _TITLE, "close": _TITLE, "clear_on_close": flag, "notify_on_close": flag},
    ),
    HOME: Shape({"blocks": anything}, _VIEW),
}


def block_problems(blocks: object, surface: str = MESSAGE, at: str = "/blocks") -> list[str]:
    """What Slack would not take in these blocks; empty when it takes them."""
    most = MESSAGE_BLOCKS if surface == MESSAGE else VIEW_BLOCKS
    problems = list(many(typed(BLOCKS), most)(blocks, at))
    if not isinstance(blocks, list):
        return problems
    named = [block for block in blocks if isinstance(block, Mapping)]
    problems += _places(named, surface, at)
    problems += _block_ids(named, at)
    problems += [problem for index, block in enumerate(named) for problem in _action_ids(block, f"{at}/{index}")]
    problems += _tables(named, at)
    if _markdown(named) > MARKDOWN_CHARACTERS:
        problems.append(said(f"markdown blocks must be less than {MARKDOWN_CHARACTERS + 1} characters together", at))
    return problems


def is_too_long(blocks: object) -> bool:
    """Whether a message's blocks are over Slack's ceiling for all of them together, measured as compact JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) >= ALL_CHARACTERS


def view_problems(view: Mapping[str, object], *kinds: str) -> list[str]:
    """What Slack would not take in this view, which must be one of `kinds`."""
    shapes = {kind: shape for kind, shape in _VIEWS.items() if kind in kinds}
    problems = list(typed(shapes)(view, "/view"))
    surface = MODAL if view.get("type") == MODAL else HOME
    problems += block_problems(view.get("blocks"), surface, "/view/blocks") if "blocks" in view else []
    if surface == MODAL and "submit" not in view and _has_input(view.get("blocks")):
        problems.append(said("missing required field: submit", "/view"))
    return problems


def _has_input(blocks: object) -> bool:
    return isinstance(blocks, list) and any(isinstance(b, Mapping) and b.get("type") == "input" for b in blocks)


def _places(blocks: list[Mapping[str, object]], surface: str, at: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        kind, element = str(block.get("type")), block.get("element")
        if surface not in _ONLY.get(kind, (surface,)):
            yield said(f"unsupported type: {kind}", f"{at}/{index}/type")
        if isinstance(element, Mapping) and element.get("type") == "file_input" and surface != MODAL:
            yield said("unsupported type: file_input", f"{at}/{index}/element/type")


def _block_ids(blocks: list[Mapping[str, object]], at: str) -> Iterator[str]:
    for index, block in enumerate(blocks):
        if "block_id" in block:
            yield from NAME(block["block_id"], f"{at}/{index}/block_id")
    names = Counter(str(block["block_id"]) for block in blocks if block.get("block_id"))
    yield from (said(f"block_id `{name}` already exists", at) for name, times in names.items() if times > 1)


def _action_ids(block: Mapping[str, object], at: str) -> Iterator[str]:
    names = Counter(str(element["action_id"]) for element in elements_of(block) if element.get("action_id"))
    yield from (said(f"action_id `{name}` already exists", at) for name, times in names.items() if times > 1)


def elements_of(block: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The interactive elements of one block, and of the blocks inside it."""
    found = [block.get("accessory"), block.get("element")]
    for name in ("elements", "actions", "child_blocks"):
        inner = block.get(name)
        found += inner if isinstance(inner, list) else []
    kept = [element for element in found if isinstance(element, Mapping)]
    nested = [deep for element in kept if str(element.get("type")) in BLOCKS for deep in elements_of(element)]
    return [element for element in kept if str(element.get("type")) in ELEMENTS] + nested


def _tables(blocks: list[Mapping[str, object]], at: str) -> Iterator[str]:
    """One table in a message, and so many characters in its cells (docs.slack.dev, table-block, 2026-11-23)."""
    tables = [(n, block.get("rows")) for n, block in enumerate(blocks) if block.get("type") == "table"]
    yield from (said("only one table allowed", f"{at}/{n}") for n, _ in tables[1:])
    for n, rows in tables:
        cells = [cell for row in rows if isinstance(row, list) for cell in row] if isinstance(rows, list) else []
        shown = sum(len(str(cell.get("text", ""))) for cell in cells if isinstance(cell, Mapping))
        if shown > TABLE_CHARACTERS:
            yield said(f"must be less than {TABLE_CHARACTERS + 1} characters in all cells", f"{at}/{n}/rows")


def _markdown(blocks: list[Mapping[str, object]]) -> int:
    return sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
