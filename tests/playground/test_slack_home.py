"""Home tabs as Slack plays them: an event at each opening, one view a person, clicks without a message."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from slack_sdk.errors import SlackApiError
from starlette.requests import Request
from starlette.responses import Response

from tests.playground.slack_land import Clock, Land, answering, land

Doc = dict[str, object]
TITLE: Doc = {"type": "plain_text", "text": "a"}
LINE: Doc = {"type": "divider"}
ROW: Doc = {
    "type": "section",
    "block_id": "P-1",
    "text": {"type": "mrkdwn", "text": "a job"},
    "accessory": {"type": "button", "action_id": "cancel", "value": "P-1", "text": TITLE},
}


def home(*blocks: Doc, **more: object) -> Doc:
    return {"type": "home", "blocks": list(blocks), **more}


def recording(seen: list[Doc]) -> Callable[[Request], Awaitable[Response]]:
    """A bot that keeps what it is sent."""

    async def take(request: Request) -> Response:
        body = (await request.body()).decode()
        seen.append(json.loads(parse_qs(body)["payload"][0] if body.startswith("payload=") else body))
        return Response()

    return take


def part(doc: object, *names: str | int) -> object:
    """What lies at the end of these names; None where there is nothing."""
    for name in names:
        match doc:
            case dict():
                doc = doc.get(name)
            case list() if isinstance(name, int):
                doc = doc[name]
            case _:
                return None
    return doc


async def refusal(world: Land, view: Doc, **more: object) -> list[str]:
    """What Slack says against a Home, with every reason."""
    with pytest.raises(SlackApiError) as refused:
        await world.bot.api_call("views.publish", json={"user_id": "U_MIA", "view": view, **more})
    return [refused.value.response["error"], *refused.value.response.get("errors", [])]


async def test_each_opening_is_an_event_that_holds_what_is_shown(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen))) as world:
        taken = await world.play("home", user="U_MIA")
        published = await world.bot.views_publish(user_id="U_MIA", view=home(ROW))
        await world.play("home", user="U_MIA")
        await world.play("home", user="U_MIA", tab="messages")
    told = [[part(p, "event", name) for name in ("type", "user", "channel", "tab")] for p in seen]
    opened = ["app_home_opened", "U_MIA", "D_MIA", "home"]
    assert [opened, opened, [*opened[:3], "messages"]] == told
    assert [None, published["view"]["id"], None] == [part(payload, "event", "view", "id") for payload in seen]
    assert ("event_callback", taken["event_id"]) == (seen[0]["type"], seen[0]["event_id"])


async def test_a_click_at_home_names_the_view_and_no_message(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen))) as world:
        view = (await world.bot.views_publish(user_id="U_MIA", view=home(ROW)))["view"]
        await world.play("click", user="U_MIA", view_id=view["id"], action_id="cancel", block_id="P-1")
    [payload] = seen
    assert {"type": "view", "view_id": view["id"]} == payload["container"]
    assert {"message", "channel", "response_url"} & payload.keys() == set()
    clicked = [part(payload, "actions", 0, name) for name in ("action_id", "block_id", "value")]
    assert ["cancel", "P-1", "P-1"] == clicked
    assert "home" == part(payload, "view", "type")


async def test_a_button_that_is_gone_from_home_is_clicked_with_its_value(tmp_path: Path) -> None:
    seen: list[Doc] = []
    async with land(tmp_path, Clock(), answering(recording(seen))) as world:
        view = (await world.bot.views_publish(user_id="U_MIA", view=home(ROW)))["view"]
        await world.bot.views_publish(user_id="U_MIA", view=home(LINE))
        late = await world.play("click", user="U_MIA", view_id=view["id"], action_id="cancel", value="P-1")
        bare = await world.play("click", user="U_MIA", view_id=view["id"], action_id="cancel")
        others = await world.play("click", user="U_LEA", view_id=view["id"], action_id="cancel", value="P-1")
    assert {"status": 200, "ack": None} == late
    assert {"error": f"No button cancel is in view {view['id']}. Send an action_id from its blocks."} == bare
    assert {"error": f"U_LEA has no form {view['id']} in front of them; open one first."} == others
    assert 1 == len(seen)


async def test_a_home_keeps_its_id_and_gets_a_new_hash(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world:
        one = (await world.bot.views_publish(user_id="U_MIA", view=home(ROW)))["view"]
        two = (await world.bot.views_publish(user_id="U_MIA", view=home(ROW), hash=one["hash"]))["view"]
        late = await refusal(world, home(ROW), hash=one["hash"])
        shown = (await world.people.get("/_play/views", params={"user": "U_MIA"})).json()
    assert (one["id"], two["hash"], ["hash_conflict"]) == (two["id"], shown["home"]["hash"], late)
    assert one["hash"] != two["hash"]


STRICT = {
    "101 blocks": (
        home(*[LINE] * 101), ["no more than 100 items allowed [json-pointer:/view/blocks]"],
    ),
    "a title": (home(title=TITLE), ["invalid additional property: title [json-pointer:/view]"]),
    "a block for messages": (
        home({"type": "markdown", "text": "a"}), ["unsupported type: markdown [json-pointer:/view/blocks/0/type]"],
    ),
    "a block for forms": (
        home({"type": "alert", "text": TITLE}), ["unsupported type: alert [json-pointer:/view/blocks/0/type]"],
    ),
    "a file field": (
        home({"type": "input", "label": TITLE, "element": {"type": "file_input", "action_id": "f"}}),
        ["unsupported type: file_input [json-pointer:/view/blocks/0/element/type]"],
    ),
    "two blocks of one name": (home(ROW, ROW), ["block_id `P-1` already exists [json-pointer:/view/blocks]"]),
}  # fmt: skip


@pytest.mark.parametrize(("view", "reasons"), STRICT.values(), ids=STRICT)
async def test_it_takes_of_a_home_what_slack_takes(tmp_path: Path, view: Doc, reasons: list[str]) -> None:
    async with land(tmp_path, Clock()) as world:
        assert ["invalid_arguments", *reasons] == await refusal(world, view)


async def test_100_blocks_are_taken(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world:
        published = await world.bot.views_publish(user_id="U_MIA", view=home(*[LINE] * 100))
    assert 100 == len(published["view"]["blocks"])


async def test_publishing_is_tier_4(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world:
        for _ in range(100):
            await world.bot.views_publish(user_id="U_MIA", view=home(ROW))
        assert ["ratelimited"] == await refusal(world, home(ROW))


async def test_there_is_no_home_of_nobody(tmp_path: Path) -> None:
    async with land(tmp_path, Clock()) as world:
        answer = await world.people.post("/_play/home", json={"user": "U_NOBODY"})
    known = "U_MIA, U_LEA, U_SAM, U_KIM, U_GUEST"
    expected = {"error": f"There is no person U_NOBODY. Send one of {known} as user."}
    assert (400, expected) == (answer.status_code, answer.json())
