"""Shortcuts, uploads and choices in forms, as Slack sends them and as hard as Slack judges them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from playground.slack.blocks import MODAL, view_problems
from tests.playground.slack_land import BOT_TOKEN, Clock, Land, land

Doc = dict[str, object]
SHOWN = {"type": "plain_text", "text": "x"}


@dataclass
class Listener:
    """A bot that says yes and remembers what it heard."""

    heard: list[Doc] = field(default_factory=list)

    def app(self, api: str) -> ASGIApp:
        async def hear(request: Request) -> Response:
            body = parse_qs((await request.body()).decode())
            self.heard.append(
                json.loads(body["payload"][0]) if "payload" in body else {"trigger_id": body["trigger_id"][0]}
            )
            return Response()

        return Starlette(routes=[Route("/slack/events", hear, methods=["POST"])])


@pytest.fixture
def bot() -> Listener:
    return Listener()


@pytest.fixture
async def world(tmp_path: Path, bot: Listener) -> AsyncIterator[Land]:
    async with land(tmp_path, Clock(), bot.app, scopes=("files:read", "chat:write", "channels:history")) as opened:
        yield opened


def choice(name: str) -> Doc:
    return {"text": {"type": "plain_text", "text": name}, "value": name}


def form(*elements: Doc) -> Doc:
    """A form with an input for each element, all optional."""
    blocks = [
        {"type": "input", "block_id": str(one["action_id"]), "label": SHOWN, "optional": True, "element": one}
        for one in elements
    ]
    return {"type": "modal", "title": SHOWN, "submit": SHOWN, "blocks": blocks}


SELECT: Doc = {"type": "static_select", "action_id": "site", "options": [choice("shop"), choice("blog")],
               "initial_option": choice("blog")}  # fmt: skip
RADIO: Doc = {"type": "radio_buttons", "action_id": "mode", "options": [choice("soft"), choice("hard")]}
FILE: Doc = {"type": "file_input", "action_id": "file", "filetypes": ["txt"], "max_files": 1}


async def opened(world: Land, bot: Listener, view: Doc) -> str:
    """The id of a form in front of Mia."""
    await world.play("shortcut", user="U_MIA", callback_id="purge_form")
    answer = await world.bot.views_open(trigger_id=str(bot.heard[-1]["trigger_id"]), view=view)
    return str(answer["view"]["id"])


async def test_a_global_shortcut_knows_no_channel(world: Land, bot: Listener) -> None:
    taken = await world.play("shortcut", user="U_MIA", callback_id="purge_form")
    payload = bot.heard[0]
    assert {"status": 200, "ack": None} == taken
    assert ("shortcut", "purge_form") == (payload["type"], payload["callback_id"])
    assert set() == {"channel", "response_url", "message"} & set(payload)


async def test_a_message_shortcut_brings_the_message_with_its_files(world: Land, bot: Listener) -> None:
    root = await world.play("say", user="U_LEA", channel="C_SHOP", text="x")
    said = await world.play("upload", user="U_LEA", channel="C_SHOP", name="a.txt", content="/a", text="https://a.test/",
                            thread_ts=root["ts"])  # fmt: skip
    await world.play("shortcut", user="U_MIA", callback_id="purge_links", channel="C_SHOP", ts=said["ts"])
    payload = bot.heard[0]
    message = payload["message"]
    assert isinstance(message, dict)
    assert ("message_action", said["ts"]) == (payload["type"], payload["message_ts"])
    assert ("<https://a.test/>", root["ts"], ["a.txt"]) == (
        message["text"], message["thread_ts"], [file["name"] for file in message["files"]],
    )  # fmt: skip
    assert str(payload["response_url"]).startswith(world.url)


async def test_nobody_hears_what_people_say_among_themselves(world: Land, bot: Listener) -> None:
    await world.play("say", user="U_LEA", channel="C_SHOP", text="hello")
    assert ["hello"] == [message["text"] for message in await world.messages()]
    assert [] == bot.heard


WRONG = {
    "no such shortcut": ("shortcut", {"user": "U_MIA", "callback_id": "x"},
                         "There is no shortcut x. Send one of purge_form, purge_links as callback_id."),
    "no message": ("shortcut", {"user": "U_MIA", "callback_id": "purge_links", "channel": "C_SHOP", "ts": "1.1"},
                   "U_MIA sees no message 1.1 of others in C_SHOP. Send the ts of one."),
    "no base64": ("upload", {"user": "U_MIA", "name": "a.txt", "content": "~", "is_base64": True},
                  "content is not base64: Only base64 data is allowed. Send text, or bytes in base64 with is_base64."),
}  # fmt: skip


@pytest.mark.parametrize(("call", "body", "error"), WRONG.values(), ids=WRONG)
async def test_what_no_client_would_send_is_refused(world: Land, call: str, body: Doc, error: str) -> None:
    assert {"error": error} == await world.play(call, **body)


# Files


async def test_a_file_is_described_and_handed_out_to_the_bot(world: Land) -> None:
    content = base64.b64encode(b"\xff\xfe/\0").decode()
    upload = await world.play("upload", user="U_MIA", channel="C_SHOP", name="a.csv", content=content, is_base64=True)
    file = (await world.bot.files_info(file=str(upload["file"]["id"])))["file"]  # type: ignore[index]
    answer = await world.people.get(file["url_private_download"], headers={"authorization": f"Bearer {BOT_TOKEN}"})
    [message] = await world.messages()
    assert ("a.csv", "csv", 4) == (file["name"], file["filetype"], file["size"])
    assert (200, b"\xff\xfe/\0") == (answer.status_code, answer.content)
    assert [file["id"]] == [one["id"] for one in message["files"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("authorization", ["", "Bearer xoxb-other", f"Basic {BOT_TOKEN}"])
async def test_who_is_not_the_bot_is_sent_to_the_sign_in_page(world: Land, authorization: str) -> None:
    upload = await world.play("upload", user="U_MIA", name="a.txt", content="/a")
    url = upload["file"]["url_private_download"]  # type: ignore[index]
    answer = await world.people.get(url, headers={"authorization": authorization})
    assert 302 == answer.status_code


async def test_without_the_scope_a_file_is_neither_described_nor_handed_out(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), scopes=("chat:write",)) as world:
        upload = await world.play("upload", user="U_MIA", name="a.txt", content="/a")
        file = upload["file"]
        assert isinstance(file, dict)
        info = await world.people.post("/slack/api/files.info", data={"file": file["id"], "token": BOT_TOKEN})
        got = await world.people.get(file["url_private_download"], headers={"authorization": f"Bearer {BOT_TOKEN}"})
        assert ("missing_scope", 302) == (info.json()["error"], got.status_code)


# Choices


async def test_a_form_sends_what_was_chosen_and_what_was_chosen_before(world: Land, bot: Listener) -> None:
    view = await opened(world, bot, form(SELECT, RADIO, FILE))
    upload = await world.play("upload", user="U_MIA", name="a.txt", content="/a")
    file = upload["file"]
    assert isinstance(file, dict)
    values = {"mode": {"mode": "hard"}, "file": {"file": [file["id"]]}}
    await world.play("submit", user="U_MIA", view_id=view, values=values)
    state = bot.heard[-1]["view"]["state"]["values"]  # type: ignore[index]
    assert choice("blog") == state["site"]["site"]["selected_option"]
    assert choice("hard") == state["mode"]["mode"]["selected_option"]
    assert [file["id"]] == [one["id"] for one in state["file"]["file"]["files"]]


UNFIT = {
    "a choice that is none": ({"site": "bank"}, "site offers no bank. Send one of shop, blog."),
    "a file that is none": ({"file": "F_1"}, "There is no file F_1. Send the id that /_play/upload answered."),
    "two files": ({"file": ["F_1", "F_2"]}, "file takes 1 of files at most."),
}


@pytest.mark.parametrize(("values", "error"), UNFIT.values(), ids=UNFIT)
async def test_a_form_takes_only_what_it_offers(world: Land, bot: Listener, values: Doc, error: str) -> None:
    view = await opened(world, bot, form(SELECT, FILE))
    sent = {name: {name: value} for name, value in values.items()}
    assert {"error": error} == await world.play("submit", user="U_MIA", view_id=view, values=sent)


async def test_a_file_of_another_sort_is_not_taken(world: Land, bot: Listener) -> None:
    view = await opened(world, bot, form(FILE))
    upload = await world.play("upload", user="U_MIA", name="a.png", content="x")
    values = {"file": {"file": upload["file"]["id"]}}  # type: ignore[index]
    answer = await world.play("submit", user="U_MIA", view_id=view, values=values)
    assert {"error": "a.png is none of txt. Slack's clients take no other."} == answer


async def test_a_click_in_a_form_tells_what_stands_in_its_fields(world: Land, bot: Listener) -> None:
    view = form(SELECT)
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    element = {"type": "static_select", "action_id": "recent", "options": [choice("0")]}
    view["blocks"] = [{"type": "section", "text": SHOWN, "accessory": element}, *blocks]
    id = await opened(world, bot, view)
    values = {"site": {"site": "shop"}}
    await world.play("click", user="U_MIA", view_id=id, action_id="recent", value="0", values=values)
    payload = bot.heard[-1]
    assert choice("0") == payload["actions"][0]["selected_option"]  # type: ignore[index]
    state = payload["view"]["state"]["values"]  # type: ignore[index]
    assert choice("shop") == state["site"]["site"]["selected_option"]


STRICT = {
    "no options": ({"type": "static_select", "action_id": "a"}, "must provide either options or option_groups"),
    "both": (
        {**SELECT, "option_groups": [{"label": SHOWN, "options": [choice("x")]}]},
        "must provide either options or option_groups",
    ),
    "another first choice": ({**SELECT, "initial_option": choice("bank")}, "initial_option must be one of the options"),
    "another first radio": ({**RADIO, "initial_option": choice("x")}, "initial_option must be one of the options"),
    "101 options": ({**SELECT, "options": [choice("blog")] * 101}, "no more than 100 items allowed"),
    "11 radios": ({**RADIO, "options": [choice("x")] * 11}, "no more than 10 items allowed"),
}


@pytest.mark.parametrize(("element", "problem"), STRICT.values(), ids=STRICT)
def test_choices_are_judged_as_slack_judges_them(element: Doc, problem: str) -> None:
    assert [problem] == [found.partition(" [json")[0] for found in view_problems(form(element), MODAL)]


def test_a_first_choice_may_stand_in_a_group() -> None:
    grouped: Doc = {"type": "static_select", "action_id": "a", "initial_option": choice("b"),
               "option_groups": [{"label": SHOWN, "options": [choice("a"), choice("b")]}]}  # fmt: skip
    assert [] == view_problems(form(grouped), MODAL)
