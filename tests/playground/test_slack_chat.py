"""People talk to a real Bolt app through the stand-in, over signed HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from playground.people import WORKSPACE
from playground.slack.mrkdwn import escaped, mentioned
from tests.playground.slack_land import BOT_TOKEN, SECRET, Clock, Land, answering, land

Doc = dict[str, object]
BUTTON: Doc = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {"type": "button", "action_id": "approve", "value": "P-1", "text": {"type": "plain_text", "text": "Approve"}}
    ],
}
REASON: Doc = {
    "type": "input",
    "block_id": "reason",
    "label": {"type": "plain_text", "text": "Why?"},
    "element": {"type": "plain_text_input", "action_id": "reason", "min_length": 3},
}


def form(title: str, **more: object) -> Doc:
    text = {"type": "plain_text", "text": title}
    return {"type": "modal", "callback_id": "sure", "title": text, "submit": text, "blocks": [REASON], **more}


def web_client(api: str) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=api, retry_handlers=[], trust_env_in_session=False)


def bolt(listen: Callable[[AsyncApp], None]) -> Callable[[str], ASGIApp]:
    """A Bolt app behind `/slack/events`."""

    def app(api: str) -> ASGIApp:
        bolt_app = AsyncApp(client=web_client(api), signing_secret=SECRET, process_before_response=True)
        listen(bolt_app)
        return AsyncSlackRequestHandler(bolt_app, path="/slack/events")  # type: ignore[return-value]

    return app


def shop_bot(app: AsyncApp) -> None:
    """Enough of a bot to try every door."""

    @app.command("/purge")
    async def purge(ack: AsyncAck, command: Doc, client: AsyncWebClient) -> None:
        match command["text"]:
            case "public":
                await ack(response_type="in_channel", text="seen by all")
            case "form":
                await ack()
                await client.views_open(trigger_id=str(command["trigger_id"]), view=form("First"))
            case "card":
                await ack()
                await client.chat_postMessage(channel=str(command["channel_id"]), text="card", blocks=[BUTTON])
            case "silent":
                await ack()
            case text:
                await ack(f"read: {text}")

    @app.event("app_mention")
    async def mentioned(event: Doc, client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=str(event["channel"]), thread_ts=str(event["ts"]), text="here")

    @app.action("approve")
    async def approve(ack: AsyncAck, body: Doc, respond: AsyncRespond, action: Doc) -> None:
        await ack()
        container = body["container"]
        assert isinstance(container, dict)
        await respond(text=f"{action['value']} by {body['user']['id']} on {container['message_ts']}")  # type: ignore[index]

    @app.view("sure")
    async def sure(ack: AsyncAck, view: Doc) -> None:
        match view["state"]["values"]["reason"]["reason"]["value"]:  # type: ignore[index]
            case "bad":
                await ack(response_action="errors", errors={"reason": "Say why."})
            case "more":
                await ack(response_action="update", view=form("Second"))
            case "deeper":
                await ack(response_action="push", view=form("Above"))
            case "enough":
                await ack(response_action="clear")
            case _:
                await ack()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path, time.time, bolt(shop_bot)) as opened:
        yield opened


async def typed(world: Land, text: str) -> Doc:
    return await world.play("command", user="U_MIA", channel="C_SHOP", text=text)


async def open_forms(world: Land, user: str = "U_MIA") -> list[Doc]:
    answer = await world.people.get("/_play/views", params={"user": user})
    found = answer.json()["open"]
    assert isinstance(found, list)
    return found


async def submitted(world: Land, reason: str) -> Doc:
    top = (await open_forms(world))[-1]
    return await world.play("submit", user="U_MIA", view_id=top["id"], values={"reason": {"reason": reason}})


async def test_an_ack_with_text_is_a_private_line(world: Land) -> None:
    answer = await typed(world, "/purge https://www.shop.test/a?b=1")
    heard = [(m["user"], m["text"], m["ephemeral"]) for m in await world.messages(user="U_MIA")]
    assert ({"status": 200, "ack": "read: https://www.shop.test/a?b=1"}, [("U_PURGEBOT", answer["ack"], True)], []) == (
        answer, heard, await world.messages(),
    )  # fmt: skip


async def test_an_empty_ack_is_null_and_says_nothing(world: Land) -> None:
    assert ({"status": 200, "ack": None}, []) == (
        await typed(world, "/purge silent"),
        await world.messages(user="U_MIA"),
    )


async def test_in_channel_shows_the_typed_command_too(world: Land) -> None:
    await typed(world, "/purge public")
    seen = [(m["user"], m["text"], m["ephemeral"]) for m in await world.messages()]
    assert [("U_MIA", "/purge public", False), ("U_PURGEBOT", "seen by all", False)] == seen


async def test_text_is_delivered_as_typed_unless_escaping_is_asked_for(world: Land) -> None:
    plain = await typed(world, "/purge a&b <c> @mia #shop https://x.test/?a=1&b=2")
    escaped = await world.play(
        "command",
        user="U_MIA",
        channel="C_SHOP",
        text="/purge a&b <c> @mia #shop #news https://x.test/?a=1&b=2#shop",
        escape=True,
    )
    expected = [
        "read: a&b <c> @mia #shop https://x.test/?a=1&b=2",
        "read: a&amp;b &lt;c&gt; <@U_MIA> <#C_SHOP|shop> #news <https://x.test/?a=1&amp;b=2#shop>",
    ]
    assert expected == [plain["ack"], escaped["ack"]]


async def test_a_click_is_answered_in_private_with_the_buttons_own_value(world: Land) -> None:
    await typed(world, "/purge card")
    (card,) = await world.messages()
    answer = await world.play("click", user="U_LEA", channel="C_SHOP", ts=card["ts"], action_id="approve")
    heard = [m["text"] for m in await world.messages(user="U_LEA") if m["ephemeral"]]
    assert ({"status": 200, "ack": None}, [f"P-1 by U_LEA on {card['ts']}"]) == (answer, heard)


async def test_a_click_may_bring_a_value_of_its_own(world: Land) -> None:
    await typed(world, "/purge card")
    (card,) = await world.messages()
    await world.play("click", user="U_LEA", channel="C_SHOP", ts=card["ts"], action_id="approve", value="P-9")
    assert [f"P-9 by U_LEA on {card['ts']}"] == [
        m["text"] for m in await world.messages(user="U_LEA") if m["ephemeral"]
    ]


async def test_a_late_click_sends_what_the_button_said(world: Land) -> None:
    await typed(world, "/purge card")
    (card,) = await world.messages()
    await world.bot.chat_update(channel="C_SHOP", ts=str(card["ts"]), text="decided")
    await world.play("click", user="U_LEA", channel="C_SHOP", ts=card["ts"], action_id="approve")
    assert [f"P-1 by U_LEA on {card['ts']}"] == [
        m["text"] for m in await world.messages(user="U_LEA") if m["ephemeral"]
    ]


async def test_a_click_on_a_deleted_message_is_delivered(world: Land) -> None:
    await typed(world, "/purge card")
    (card,) = await world.messages()
    await world.bot.chat_delete(channel="C_SHOP", ts=str(card["ts"]))
    answer = await world.play("click", user="U_LEA", channel="C_SHOP", ts=card["ts"], action_id="approve")
    assert 200 == answer["status"]


async def test_a_mention_is_a_message_and_an_event(world: Land) -> None:
    answer = await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot purge https://a.test/?a&b")
    seen = [(m["user"], m["text"], m.get("thread_ts")) for m in await world.messages()]
    expected = [("U_MIA", "<@U_PURGEBOT> purge <https://a.test/?a&amp;b>", None), ("U_PURGEBOT", "here", answer["ts"])]
    assert (200, expected) == (answer["status"], seen)


TYPED = {
    "a link": ("https://a.test/?a=1&b=2", "<https://a.test/?a=1&amp;b=2>"),
    "a link in brackets already": ("<https://a.test/?a=1&amp;b=2>", "<https://a.test/?a=1&amp;b=2>"),
    "a person": ("@mia", "<@U_MIA>"),
    "a channel": ("#shop", "<#C_SHOP|shop>"),
    "a tag": ("#news", "#news"),
    "everybody, by name": ("@here", "<!here>"),
    "everybody, in brackets": ("<!channel>", "&lt;!channel&gt;"),
}


@pytest.mark.parametrize(("text", "heard"), TYPED.values(), ids=TYPED)
def test_what_is_typed_is_handed_on(text: str, heard: str) -> None:
    assert f"<@U_PURGEBOT> purge {heard}" == escaped(mentioned(f"@purgebot purge {text}"), WORKSPACE)


async def test_a_form_closes_when_it_is_taken(world: Land) -> None:
    await typed(world, "/purge form")
    opened = [view["title"]["text"] for view in await open_forms(world)]  # type: ignore[index]
    answer = await submitted(world, "because")
    assert (["First"], {"status": 200, "ack": None}, []) == (opened, answer, await open_forms(world))


async def test_errors_keep_the_form_and_show_in_it(world: Land) -> None:
    await typed(world, "/purge form")
    answer = await submitted(world, "bad")
    (view,) = await open_forms(world)
    assert ({"response_action": "errors", "errors": {"reason": "Say why."}}, {"reason": "Say why."}) == (
        answer["ack"], view["errors"],
    )  # fmt: skip


async def test_an_empty_field_never_leaves_slack(world: Land) -> None:
    await typed(world, "/purge form")
    answer = await submitted(world, "")
    assert {
        "status": 200, "sent": False,
        "ack": {"response_action": "errors", "errors": {"reason": "Please complete this required field."}},
    } == answer  # fmt: skip


FORMS = {"update": ("more", ["Second"]), "push": ("deeper", ["First", "Above"]), "clear": ("enough", [])}


@pytest.mark.parametrize(("reason", "titles"), FORMS.values(), ids=FORMS)
async def test_a_form_does_what_the_ack_says(world: Land, reason: str, titles: list[str]) -> None:
    await typed(world, "/purge form")
    await submitted(world, reason)
    assert titles == [view["title"]["text"] for view in await open_forms(world)]  # type: ignore[index]


async def test_forms_are_at_most_three_deep(world: Land) -> None:
    await typed(world, "/purge form")
    for _ in range(2):
        await submitted(world, "deeper")
    answer = await submitted(world, "deeper")
    assert ("push_limit_reached", 3) == (answer["error"], len(await open_forms(world)))


Seen = list[dict[str, str]]


def recording(seen: Seen, body: object = None) -> Callable[[str], ASGIApp]:
    """A bot that writes down what arrives and answers 200."""

    async def answer(request: Request) -> Response:
        raw = await request.body()
        verifier = SignatureVerifier(SECRET, clock=Fixed(request.headers["x-slack-request-timestamp"]))
        assert verifier.is_valid_request(raw, dict(request.headers))
        form = {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
        seen.append({**form, "content-type": request.headers["content-type"]})
        return Response() if body is None else JSONResponse(body)

    return answering(answer)


class Fixed(SlackClock):
    """A clock that stands where the header says, so that only the digest is judged."""

    def __init__(self, at: str) -> None:
        self.at = float(at)

    def now(self) -> float:
        return self.at


async def test_a_command_has_every_field_and_a_valid_signature(tmp_path: Path) -> None:
    seen: Seen = []
    async with land(tmp_path, Clock(), recording(seen)) as world:
        await typed(world, "/purge  two  blanks ")
        (fields,) = seen
        varying = {name: fields.pop(name) for name in ("trigger_id", "response_url")}
    assert ({
        "token": "deprecated", "team_id": "T_SHOP", "team_domain": "shop", "channel_id": "C_SHOP",
        "channel_name": "shop", "user_id": "U_MIA", "user_name": "mia", "command": "/purge", "text": " two  blanks",
        "api_app_id": "A_PURGEBOT", "is_enterprise_install": "false",
        "content-type": "application/x-www-form-urlencoded",
    }, True) == (fields, varying["response_url"].startswith(f"{world.url}/slack/api/respond/"))  # fmt: skip


async def test_a_trigger_opens_one_form_within_three_seconds(tmp_path: Path) -> None:
    seen: Seen = []
    clock = Clock()
    async with land(tmp_path, clock, recording(seen)) as world:
        await typed(world, "/purge a")
        await typed(world, "/purge b")
        await world.bot.views_open(trigger_id=seen[0]["trigger_id"], view=form("First"))
        errors = [await opening_error(world, seen[0]["trigger_id"])]
        clock.at += 3.1
        errors.append(await opening_error(world, seen[1]["trigger_id"]))
    assert ["exchanged_trigger_id", "expired_trigger_id"] == errors


async def opening_error(world: Land, trigger: str) -> str:
    with pytest.raises(SlackApiError) as refused:
        await world.bot.views_open(trigger_id=trigger, view=form("Again"))
    return str(refused.value.response["error"])


def webhook(url: str) -> AsyncWebhookClient:
    return AsyncWebhookClient(url, retry_handlers=[], trust_env_in_session=False)


async def test_a_response_url_answers_five_times_within_30_minutes(tmp_path: Path) -> None:
    seen: Seen = []
    clock = Clock()
    async with land(tmp_path, clock, recording(seen)) as world:
        await typed(world, "/purge a")
        await typed(world, "/purge b")
        sent = [await webhook(seen[0]["response_url"]).send(text=f"{n}") for n in range(6)]
        clock.at += 1801
        late = await webhook(seen[1]["response_url"]).send(text="late")
        heard = [message["text"] for message in await world.messages(user="U_MIA")]
    assert ([200] * 5 + [404], "used_url", (404, "expired_url"), ["0", "1", "2", "3", "4"]) == (
        [one.status_code for one in sent], sent[5].body, (late.status_code, late.body), heard,
    )  # fmt: skip


async def test_a_clicked_private_message_can_be_replaced_and_deleted(tmp_path: Path) -> None:
    seen: Seen = []
    async with land(tmp_path, Clock(), recording(seen)) as world:
        posted = await world.bot.chat_postEphemeral(channel="C_SHOP", user="U_MIA", text="choose", blocks=[BUTTON])
        for _ in range(2):
            await world.play("click", user="U_MIA", channel="C_SHOP", ts=posted["message_ts"], action_id="approve")
        urls = [Clicked(fields["payload"]).response_url for fields in seen]
        await webhook(urls[0]).send(text="chosen", replace_original=True)
        replaced = [(m["ts"], m["text"], m["blocks"]) for m in await world.messages(user="U_MIA")]
        await webhook(urls[1]).send(delete_original=True)
        assert ([(posted["message_ts"], "chosen", [])], []) == (replaced, await world.messages(user="U_MIA"))


class Clicked:
    """What a test wants of a block_actions payload."""

    def __init__(self, payload: str) -> None:
        self.doc = json.loads(payload)
        self.response_url = str(self.doc["response_url"])


async def test_a_response_url_posts_in_a_thread_for_all_when_asked(tmp_path: Path) -> None:
    seen: Seen = []
    async with land(tmp_path, Clock(), recording(seen)) as world:
        root = await world.bot.chat_postMessage(channel="C_SHOP", text="root")
        await typed(world, "/purge a")
        body = {"text": "all", "response_type": "in_channel", "replace_original": False, "thread_ts": root["ts"]}
        await webhook(seen[0]["response_url"]).send_dict(body)
        last = (await world.messages())[-1]
    assert ("all", False, root["ts"]) == (last["text"], last["ephemeral"], last["thread_ts"])


async def test_a_response_url_refuses_what_slack_refuses(tmp_path: Path) -> None:
    seen: Seen = []
    async with land(tmp_path, Clock(), recording(seen)) as world:
        await typed(world, "/purge a")
        empty = await webhook(seen[0]["response_url"]).send_dict({})
        wrong = await webhook(seen[0]["response_url"]).send_dict({"text": "a", "blocks": [{"type": "banner"}]})
    assert [
        (400, "no_text"), (400, "invalid_blocks; unsupported type: banner [json-pointer:/blocks/0/type]"),
    ] == [(one.status_code, one.body) for one in (empty, wrong)]  # fmt: skip


async def test_an_ack_with_blocks_that_slack_refuses_is_told_to_both(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), recording([], {"blocks": [{"type": "banner"}]})) as world:
        answer = await typed(world, "/purge a")
        heard = [(m["user"], m["text"]) for m in await world.messages(user="U_MIA")]
    error = "invalid_blocks; unsupported type: banner [json-pointer:/blocks/0/type]"
    assert (error, [("USLACKBOT", "/purge did not run: invalid_blocks")]) == (answer["error"], heard)


async def test_a_bot_that_does_not_answer_in_time_is_told_on(tmp_path: Path) -> None:
    waiting = asyncio.Event()

    async def never(request: Request) -> Response:
        await waiting.wait()
        return Response()

    async with land(tmp_path, Clock(), answering(never), deadline=0.05) as world:
        answer = await typed(world, "/purge a")
        heard = [(m["user"], m["text"]) for m in await world.messages(user="U_MIA")]
        waiting.set()
    told = {"status": 0, "ack": None, "error": "operation_timeout"}
    assert (told, [("USLACKBOT", "/purge did not run: operation_timeout")]) == (answer, heard)


class Stubborn:
    """A bot that takes an event at the `n`th time."""

    def __init__(self, n: int, no_retry: bool = False) -> None:
        self._n = n
        self._no_retry = no_retry
        self.seen: list[tuple[str, str, str]] = []
        self.enough = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        headers, event = request.headers, await request.json()
        retry = (headers.get("x-slack-retry-num", ""), headers.get("x-slack-retry-reason", ""))
        self.seen.append((event["event_id"], *retry))
        if len(self.seen) == self._n:
            self.enough.set()
            return Response()
        return PlainTextResponse("not now", 503, {"x-slack-no-retry": "1"} if self._no_retry else None)


async def test_an_event_comes_again_until_it_is_taken(tmp_path: Path) -> None:
    bot = Stubborn(3)
    async with land(tmp_path, Clock(), answering(bot.answer)) as world:
        answer = await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        await bot.enough.wait()
    id = answer["event_id"]
    assert (503, [(id, "", ""), (id, "1", "http_error"), (id, "2", "http_error")]) == (answer["status"], bot.seen)


async def test_an_event_comes_at_most_four_times(tmp_path: Path) -> None:
    bot = Stubborn(5)
    async with land(tmp_path, Clock(), answering(bot.answer)) as world:
        await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        await world.slack.settled()
    assert ["", "1", "2", "3"] == [retry for _, retry, _ in bot.seen]


async def test_an_event_does_not_come_again_where_the_bot_says_so(tmp_path: Path) -> None:
    bot = Stubborn(9, no_retry=True)
    async with land(tmp_path, Clock(), answering(bot.answer)) as world:
        await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
        await world.slack.settled()
    assert 1 == len(bot.seen)


async def test_an_event_that_was_not_taken_comes_again_after_a_restart(tmp_path: Path) -> None:
    bot = Stubborn(2)
    async with land(tmp_path, Clock(), answering(bot.answer), retry_waits=(3600.0,)) as world:
        answer = await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
    async with land(tmp_path, Clock(), answering(bot.answer)):
        await bot.enough.wait()
    assert [answer["event_id"]] * 2 == [id for id, _, _ in bot.seen]


WRONG = {
    "an unknown person": (
        "command", {"user": "U_NOBODY", "channel": "C_SHOP", "text": "/purge"},
        "There is no person U_NOBODY. Send one of U_MIA, U_LEA, U_SAM, U_KIM, U_GUEST as user.",
    ),
    "an unknown channel": (
        "mention", {"user": "U_MIA", "channel": "C_NONE", "text": "a"},
        "There is no channel C_NONE. Send one of C_SHOP, C_BLOG, C_MEDIA, C_BANK, C_APPROVE, C_ELSEWHERE, C_SECRET, "
        "C_OLD as channel.",
    ),
    "a channel of others": (
        "command", {"user": "U_SAM", "channel": "C_ELSEWHERE", "text": "/purge"},
        "U_SAM is not in C_ELSEWHERE. Send a channel of theirs.",
    ),
    "another app's command": (
        "command", {"user": "U_MIA", "channel": "C_SHOP", "text": "/deploy now"},
        "/deploy is no command here. Send text that starts with /purge.",
    ),
    "a message that is not there": (
        "click", {"user": "U_MIA", "channel": "C_SHOP", "ts": "1.0", "action_id": "approve"},
        "U_MIA sees no message 1.0 in C_SHOP. Send the ts of one.",
    ),
    "a form that is not there": (
        "submit", {"user": "U_MIA", "view_id": "V_NONE", "values": {}},
        "U_MIA has no form V_NONE in front of them; open one first.",
    ),
    "a missing field": (
        "click", {"user": "U_MIA"},
        "/_play/click cannot read action_id: Field required. "
        "Send user, action_id, channel?, ts?, view_id?, block_id?, value?, values? as JSON.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "body", "error"), WRONG.values(), ids=WRONG)
async def test_a_call_that_makes_no_sense_is_told_what_to_send(
    tmp_path: Path, call: str, body: Doc, error: str
) -> None:
    async with land(tmp_path, Clock()) as world:
        answer = await world.people.post(f"/_play/{call}", json=body)
    assert (400, {"error": error}) == (answer.status_code, answer.json())


async def test_a_button_that_never_was_needs_a_value(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), recording([])) as world:
        posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a")
        answer = await world.play("click", user="U_MIA", channel="C_SHOP", ts=posted["ts"], action_id="approve")
    assert {"error": f"No button approve was ever in {posted['ts']}. Send an action_id from its blocks."} == answer


async def test_nobody_clicks_what_another_person_sees_in_private(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), recording([])) as world:
        posted = await world.bot.chat_postEphemeral(channel="C_SHOP", user="U_MIA", text="a", blocks=[BUTTON])
        answer = await world.play("click", user="U_LEA", channel="C_SHOP", ts=posted["message_ts"], action_id="approve")
    assert {"error": f"U_LEA sees no message {posted['message_ts']} in C_SHOP. Send the ts of one."} == answer
