"""The stand-in's Web API through Slack's own client: what it keeps, what it refuses, its limits and its bad days."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import httpx
import pytest
from ruamel.yaml import YAML
from slack_sdk.errors import SlackApiError

from playground.people import WORKSPACE
from playground.slack.web_api import GRANTED
from tests.playground.slack_land import APP_TOKEN, BOT_TOKEN, START, Clock, Land, land

Doc = dict[str, object]
CARD: Doc = {"type": "section", "text": {"type": "mrkdwn", "text": "purging"}}
LONG: Doc = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2990}}
FORM: Doc = {"type": "modal", "title": {"type": "plain_text", "text": "Sure?"}, "blocks": [CARD]}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(tmp_path: Path, clock: Clock) -> AsyncIterator[Land]:
    async with land(tmp_path, clock) as opened:
        yield opened


async def error_of(world: Land, method: str, /, **arguments: object) -> str:
    """The error of one call by the bot, "" when it is ok."""
    return await error_with(BOT_TOKEN, world, method, arguments)


async def error_with(token: str, world: Land, method: str, arguments: Doc) -> str:
    """The error of one call with this token, "" when it is ok."""
    try:
        await world.client(token).api_call(method, json=arguments)
    except SlackApiError as exc:
        return str(exc.response["error"])
    return ""


async def test_a_post_is_seen_by_everybody(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="purging", blocks=[{**CARD, "block_id": "b1"}])
    assert [
        {
            "ts": posted["ts"], "user": "U_PURGEBOT", "text": "purging", "blocks": [{**CARD, "block_id": "b1"}],
            "ephemeral": False, "pings": [],
        }
    ] == await world.messages()  # fmt: skip


async def test_time_stamps_are_unique_and_rise_while_the_clock_stands(world: Land) -> None:
    stamps = [str((await world.bot.chat_postMessage(channel="C_SHOP", text="a"))["ts"]) for _ in range(3)]
    assert ["1800000000.000000", "1800000000.000001", "1800000000.000002"] == stamps


async def test_blocks_without_ids_get_ids(world: Land) -> None:
    await world.bot.chat_postMessage(channel="C_SHOP", text="a", blocks=[CARD, CARD])
    (message,) = await world.messages()
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    assert 2 == len({block["block_id"] for block in blocks})


async def test_metadata_comes_back_in_history_when_asked_for(world: Land) -> None:
    metadata = {"event_type": "purgebot_job", "event_payload": {"job": "P-1"}}
    await world.bot.chat_postMessage(channel="C_SHOP", text="a", metadata=metadata)
    found = await world.bot.conversations_history(channel="C_SHOP", include_all_metadata=True)
    assert [metadata] == [message["metadata"] for message in found["messages"]]


async def test_history_is_newest_first_in_pages_without_replies_and_private_lines(world: Land, clock: Clock) -> None:
    first = await world.bot.chat_postMessage(channel="C_SHOP", text="first")
    await world.bot.chat_postMessage(channel="C_SHOP", text="reply", thread_ts=first["ts"])
    await world.bot.chat_postEphemeral(channel="C_SHOP", user="U_MIA", text="private")
    clock.at += 10
    await world.bot.chat_postMessage(channel="C_SHOP", text="last")
    page = await world.bot.conversations_history(channel="C_SHOP", limit=1)
    rest = await world.bot.conversations_history(
        channel="C_SHOP", limit=1, cursor=page["response_metadata"]["next_cursor"]
    )
    recent = await world.bot.conversations_history(channel="C_SHOP", oldest=str(START + 5))
    assert [["last"], ["first"], ["last"]] == [[m["text"] for m in p["messages"]] for p in (page, rest, recent)]


async def test_a_thread_is_its_root_and_its_replies(world: Land) -> None:
    root = await world.bot.chat_postMessage(channel="C_SHOP", text="root")
    reply = await world.bot.chat_postMessage(channel="C_SHOP", text="reply", thread_ts=root["ts"])
    await world.bot.chat_postMessage(channel="C_SHOP", text="deeper", thread_ts=reply["ts"])
    found = await world.bot.conversations_replies(channel="C_SHOP", ts=root["ts"])
    seen = await world.messages(thread_ts=str(root["ts"]))
    expected = ["root", "reply", "deeper"]
    assert [expected, expected] == [[m["text"] for m in found["messages"]], [m["text"] for m in seen]]


async def test_text_without_blocks_removes_them(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a", blocks=[CARD])
    await world.bot.chat_update(channel="C_SHOP", ts=posted["ts"], text="done")
    (message,) = await world.messages()
    assert ("done", [], True) == (message["text"], message["blocks"], message["edited"])


async def test_neither_text_nor_blocks_keeps_both(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a", blocks=[CARD])
    metadata = {"event_type": "t", "event_payload": {}}
    await world.bot.api_call("chat.update", json={"channel": "C_SHOP", "ts": posted["ts"], "metadata": metadata})
    (message,) = await world.messages()
    assert ("a", posted["message"]["blocks"], metadata) == (message["text"], message["blocks"], message["metadata"])


async def test_a_block_id_used_again_is_noted(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a", blocks=[{**CARD, "block_id": "top"}])
    await world.bot.chat_update(channel="C_SHOP", ts=posted["ts"], text="b", blocks=[{**CARD, "block_id": "top"}])
    (message,) = await world.messages()
    assert ["block_id `top` was used before in this message"] == message["notes"]


async def test_a_text_is_cut_at_40000_characters(world: Land) -> None:
    await world.bot.chat_postMessage(channel="C_SHOP", text="x" * 40_001)
    assert [40_000] == [len(str(message["text"])) for message in await world.messages()]


async def test_a_deleted_message_is_gone(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a")
    await world.bot.chat_delete(channel="C_SHOP", ts=posted["ts"])
    assert [] == await world.messages()


async def test_a_private_line_is_seen_by_one_person(world: Land) -> None:
    await world.bot.chat_postEphemeral(channel="C_SHOP", user="U_MIA", text="psst")
    seen = [await world.messages(), await world.messages(user="U_LEA"), await world.messages(user="U_MIA")]
    assert [[], [], [("psst", True)]] == [[(m["text"], m["ephemeral"]) for m in messages] for messages in seen]


async def test_a_private_line_cannot_be_updated_or_deleted(world: Land) -> None:
    posted = await world.bot.chat_postEphemeral(channel="C_SHOP", user="U_MIA", text="psst")
    at = {"channel": "C_SHOP", "ts": posted["message_ts"]}
    errors = [await error_of(world, "chat.update", text="b", **at), await error_of(world, "chat.delete", **at)]
    assert ["message_not_found", "message_not_found"] == errors


async def test_a_message_of_a_person_cannot_be_updated_or_deleted(world: Land) -> None:
    said = await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
    at = {"channel": "C_SHOP", "ts": said["ts"]}
    errors = [await error_of(world, "chat.update", text="b", **at), await error_of(world, "chat.delete", **at)]
    assert ["cant_update_message", "cant_delete_message"] == errors


PINGS: dict[str, tuple[Doc, list[str]]] = {
    "the channel in text": ({"text": "<!channel> hi"}, ["<!channel>"]),
    "here with a label": ({"text": "<!here|here>"}, ["<!here|here>"]),
    "a person": ({"text": "asked by <@U_MIA>"}, ["<@U_MIA>"]),
    "a group": ({"text": "<!subteam^S_SRE>"}, ["<!subteam^S_SRE>"]),
    "the channel in a section": (
        {"text": "a", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "`<!everyone>`"}}]},
        ["<!everyone>"],
    ),
    "a broadcast in rich text": (
        {
            "text": "a",
            "blocks": [
                {
                    "type": "rich_text",
                    "elements": [
                        {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "channel"}]}
                    ],
                }
            ],
        },
        ["<!channel>"],
    ),
    "nobody, escaped": ({"text": "&lt;!channel&gt; @channel"}, []),
    "nobody, in plain text": (
        {"text": "a", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}]},
        [],
    ),
    "nobody, a link": ({"text": "<https://a|b> <!date^1^{date}|x>"}, []),
}


@pytest.mark.parametrize(("message", "pinged"), PINGS.values(), ids=PINGS)
async def test_it_records_whom_a_message_pings(world: Land, message: Doc, pinged: list[str]) -> None:
    await world.bot.api_call("chat.postMessage", json={"channel": "C_SHOP", **message})
    assert [pinged] == [said["pings"] for said in await world.messages()]


async def test_a_ping_stays_on_record_after_an_update(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="<!here>")
    await world.bot.chat_update(channel="C_SHOP", ts=posted["ts"], text="calm")
    assert [["<!here>"]] == [said["pings"] for said in await world.messages()]


REFUSED: dict[str, tuple[str, Doc, str]] = {
    "an unknown method": ("chat.shout", {}, "unknown_method"),
    "no channel": ("chat.postMessage", {"text": "a"}, "invalid_arguments"),
    "an unknown channel": ("chat.postMessage", {"channel": "C_NONE", "text": "a"}, "channel_not_found"),
    "a channel by name": ("chat.postMessage", {"channel": "#shop", "text": "a"}, "channel_not_found"),
    "a private channel": ("chat.postMessage", {"channel": "C_SECRET", "text": "a"}, "channel_not_found"),
    "an archived channel": ("chat.postMessage", {"channel": "C_OLD", "text": "a"}, "is_archived"),
    "nothing to say": ("chat.postMessage", {"channel": "C_SHOP"}, "no_text"),
    "blocks that are no list": ("chat.postMessage", {"channel": "C_SHOP", "blocks": {}}, "invalid_blocks_format"),
    "blocks of another kind": ("chat.postMessage", {"channel": "C_SHOP", "blocks": [{"type": "b"}]}, "invalid_blocks"),
    "blocks of 13,200 together": (
        "chat.postMessage",
        {"channel": "C_SHOP", "text": "a", "blocks": [LONG] * 5},
        "msg_blocks_too_long",
    ),
    "a thread that is none": (
        "chat.postMessage", {"channel": "C_SHOP", "text": "a", "thread_ts": "1.2"}, "invalid_thread_ts",
    ),
    "a thread that is not there": (
        "chat.postMessage", {"channel": "C_SHOP", "text": "a", "thread_ts": "1700000000.000100"}, "thread_not_found",
    ),
    "metadata of another shape": (
        "chat.postMessage", {"channel": "C_SHOP", "text": "a", "metadata": {"job": 1}}, "invalid_metadata_schema",
    ),
    "a private line where the bot is not": (
        "chat.postEphemeral", {"channel": "C_ELSEWHERE", "user": "U_MIA", "text": "a"}, "not_in_channel",
    ),
    "history where the bot is not": ("conversations.history", {"channel": "C_ELSEWHERE"}, "not_in_channel"),
    "a private line to an outsider": (
        "chat.postEphemeral", {"channel": "C_SHOP", "user": "U_NOBODY", "text": "a"}, "user_not_in_channel",
    ),
    "an edit of nothing": ("chat.update", {"channel": "C_SHOP", "ts": "1.0", "text": "a"}, "message_not_found"),
    "a link to nothing": ("chat.getPermalink", {"channel": "C_SHOP", "message_ts": "1.0"}, "message_not_found"),
    "an unknown person": ("users.info", {"user": "U_NOBODY"}, "user_not_found"),
    "an unknown group": ("usergroups.users.list", {"usergroup": "S_NONE"}, "no_such_subteam"),
    "an unknown trigger": ("views.open", {"trigger_id": "1.2.3", "view": FORM}, "invalid_trigger_id"),
    "a form that is none": ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
    "an edit of no form": ("views.update", {"view_id": "V_NONE", "view": FORM}, "not_found"),
    "a form as a home tab": ("views.publish", {"user_id": "U_MIA", "view": FORM}, "invalid_arguments"),
    "a file": ("files.info", {"file": "F_NONE"}, "file_not_found"),
    "a socket with the bot's token": ("apps.connections.open", {}, "not_allowed_token_type"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "error"), REFUSED.values(), ids=REFUSED)
async def test_it_refuses(world: Land, method: str, arguments: Doc, error: str) -> None:
    assert error == await error_of(world, method, **arguments)


async def test_an_edit_of_more_than_4000_bytes_is_refused(world: Land) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a")
    assert "msg_too_long" == await error_of(world, "chat.update", channel="C_SHOP", ts=posted["ts"], text="ü" * 2001)


async def test_invalid_blocks_come_with_every_reason(world: Land) -> None:
    with pytest.raises(SlackApiError) as refused:
        await world.bot.chat_postMessage(channel="C_SHOP", text="a", blocks=[{"type": "x"}, {"type": "header"}])
    reasons = ["[ERROR] unsupported type: x [json-pointer:/blocks/0/type]"]
    reasons += ["[ERROR] missing required field: text [json-pointer:/blocks/1]"]
    assert reasons == refused.value.response["response_metadata"]["messages"]


TOKENS = {
    "none": ("", "not_authed"),
    "a wrong one": ("xoxb-other", "invalid_auth"),
    "the app's": (APP_TOKEN, "not_allowed_token_type"),
}


@pytest.mark.parametrize(("token", "error"), TOKENS.values(), ids=TOKENS)
async def test_a_token_is_judged(world: Land, token: str, error: str) -> None:
    assert error == await error_with(token, world, "auth.test", {})


async def test_a_token_in_a_form_counts_and_in_json_does_not(world: Land) -> None:
    form = await world.people.post("/slack/api/auth.test", data={"token": BOT_TOKEN})
    body = await world.people.post("/slack/api/auth.test", json={"token": BOT_TOKEN})
    assert (True, "not_authed") == (form.json()["ok"], body.json()["error"])


async def test_it_says_who_the_bot_is_and_what_it_may_do(world: Land) -> None:
    answer = await world.people.get("/slack/api/auth.test", headers={"authorization": f"Bearer {BOT_TOKEN}"})
    found = answer.json()
    assert ("U_PURGEBOT", "T_SHOP", True) == (
        found["user_id"], found["team_id"], "chat:write" in answer.headers["x-oauth-scopes"].split(","),
    )  # fmt: skip


async def test_reading_methods_answer_get_and_post(world: Land) -> None:
    by_get = await world.bot.users_info(user="U_GUEST")
    by_post = await world.bot.api_call("users.info", data={"user": "U_GUEST"})
    assert [True, True] == [by_get["user"]["is_restricted"], by_post["user"]["is_restricted"]]


async def test_a_group_lists_its_people(world: Land) -> None:
    assert ["U_LEA", "U_SAM", "U_KIM"] == (await world.bot.usergroups_users_list(usergroup="S_SRE"))["users"]


async def test_a_free_workspace_has_no_groups(tmp_path: Path, clock: Clock) -> None:
    async with land(tmp_path, clock, workspace=replace(WORKSPACE, has_groups=False)) as world:
        errors = [
            await error_of(world, "usergroups.list"),
            await error_of(world, "usergroups.users.list", usergroup="S"),
        ]
    assert ["plan_upgrade_required", "plan_upgrade_required"] == errors


async def test_a_scope_that_is_missing_is_named(tmp_path: Path, clock: Clock) -> None:
    async with land(tmp_path, clock, scopes=("commands", "users:read")) as world:
        answer = await world.people.post(
            "/slack/api/chat.postMessage", data={"channel": "C_SHOP", "text": "a"},
            headers={"authorization": f"Bearer {BOT_TOKEN}"},
        )  # fmt: skip
    expected = {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands,users:read"}
    assert expected == answer.json()


PUBLIC = {"with chat:write.public": (GRANTED, ""), "without": (("chat:write",), "not_in_channel")}


@pytest.mark.parametrize(("scopes", "error"), PUBLIC.values(), ids=PUBLIC)
async def test_a_public_channel_without_the_bot(
    tmp_path: Path, clock: Clock, scopes: tuple[str, ...], error: str
) -> None:
    async with land(tmp_path, clock, scopes=scopes) as world:
        assert error == await error_of(world, "chat.postMessage", channel="C_ELSEWHERE", text="a")


def test_the_pretend_token_may_do_what_the_manifest_asks_for() -> None:
    manifest = YAML(typ="safe").load(Path(__file__).parents[2] / "manifest.yml")
    assert tuple(manifest["oauth_config"]["scopes"]["bot"]) == GRANTED


async def test_a_direct_message_goes_by_person_or_by_conversation(world: Land) -> None:
    opened = await world.bot.conversations_open(users="U_MIA")
    posted = await world.bot.chat_postMessage(channel="U_MIA", text="hello")
    seen = [message["text"] for message in await world.messages("D_MIA")]
    assert ("D_MIA", "D_MIA", ["hello"]) == (opened["channel"]["id"], posted["channel"], seen)


async def test_a_home_tab_is_published(world: Land) -> None:
    await world.bot.views_publish(user_id="U_MIA", view={"type": "home", "blocks": [CARD]})
    views = (await world.people.get("/_play/views", params={"user": "U_MIA"})).json()
    assert ([], "home") == (views["open"], views["home"]["type"])


async def test_a_channel_takes_a_few_posts_at_once_then_one_a_second(world: Land, clock: Clock) -> None:
    posts = [await error_of(world, "chat.postMessage", channel="C_SHOP", text="a") for _ in range(5)]
    elsewhere = await error_of(world, "chat.postMessage", channel="C_APPROVE", text="a")
    clock.at += 1
    later = [await error_of(world, "chat.postMessage", channel="C_SHOP", text="a") for _ in range(2)]
    assert (["", "", "", "", "ratelimited"], "", ["", "ratelimited"]) == (posts, elsewhere, later)


async def test_tier_3_is_50_a_minute_for_the_whole_workspace(world: Land, clock: Clock) -> None:
    posted = await world.bot.chat_postMessage(channel="C_SHOP", text="a")
    bot = world.bot
    for n in range(50):
        await bot.chat_update(channel="C_SHOP", ts=posted["ts"], text=f"{n}")
    with pytest.raises(SlackApiError) as refused:
        await bot.chat_update(channel="C_SHOP", ts=posted["ts"], text="one more")
    response = refused.value.response
    assert (429, "2", "ratelimited") == (response.status_code, response.headers["Retry-After"], response["error"])


async def test_what_waited_as_told_is_granted(world: Land, clock: Clock) -> None:
    outcomes = [await error_of(world, "usergroups.list") for _ in range(21)]
    clock.at += 3
    assert ("ratelimited", "") == (outcomes[-1], await error_of(world, "usergroups.list"))


async def test_buckets_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with land(tmp_path, clock) as first:
        for _ in range(4):
            await first.bot.chat_postMessage(channel="C_SHOP", text="a")
    async with land(tmp_path, clock) as second:
        assert "ratelimited" == await error_of(second, "chat.postMessage", channel="C_SHOP", text="a")


async def test_messages_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    async with land(tmp_path, clock) as first:
        await first.bot.chat_postMessage(channel="C_SHOP", text="kept")
    async with land(tmp_path, clock) as second:
        assert ["kept"] == [message["text"] for message in await second.messages()]


async def test_a_reset_empties_the_workspace_and_fills_the_buckets(world: Land) -> None:
    before = [await world.bot.chat_postMessage(channel="C_SHOP", text="a") for _ in range(4)]
    world.slack.reset()
    after = await world.bot.chat_postMessage(channel="C_SHOP", text="new")
    assert (["new"], True) == ([m["text"] for m in await world.messages()], after["ts"] > before[-1]["ts"])


async def test_every_request_is_recorded_without_credentials(world: Land) -> None:
    await world.bot.api_call("chat.postMessage", json={"channel": "C_SHOP", "text": "a"})
    await world.bot.api_call("users.info", data={"user": "U_MIA", "token": BOT_TOKEN})
    listed = world.requests.listed()
    shown = [(r["account"], r["method"], r["path"], json.loads(str(r["body"])), r["status"]) for r in listed]
    assert [
        ("slack", "POST", "/api/chat.postMessage", {"channel": "C_SHOP", "text": "a"}, 200),
        ("slack", "POST", "/api/users.info", {"user": "U_MIA"}, 200),
    ] == shown


ANSWERED_FAULTS = {
    "throttle": (429, "ratelimited"),
    "error500": (500, "internal_error"),
    "bad_token": (200, "invalid_auth"),
    "forbidden": (200, "missing_scope"),
}


@pytest.mark.parametrize(("kind", "answered"), ANSWERED_FAULTS.items(), ids=ANSWERED_FAULTS)
async def test_a_fault_answers_and_does_nothing(world: Land, kind: str, answered: tuple[int, str]) -> None:
    world.faults.set("slack", kind, 1)
    headers = {"authorization": f"Bearer {BOT_TOKEN}"}
    answer = await world.people.post(
        "/slack/api/chat.postMessage", data={"channel": "C_SHOP", "text": "a"}, headers=headers
    )
    assert (answered, []) == ((answer.status_code, answer.json()["error"]), await world.messages())


async def test_throttle_says_when_to_come_back(world: Land) -> None:
    world.faults.set("slack", "throttle", 1)
    assert "3" == (await world.people.post("/slack/api/auth.test")).headers["retry-after"]


async def test_html_comes_with_200(world: Land) -> None:
    world.faults.set("slack", "html", 1)
    answer = await world.people.post("/slack/api/auth.test")
    assert (200, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize("kind", ["down", "reset"])
async def test_a_cut_connection_has_no_answer_and_no_effect(world: Land, kind: str) -> None:
    world.faults.set("slack", kind, 1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await world.bot.chat_postMessage(channel="C_SHOP", text="a")
    recorded = [(request["path"], request["status"], request["fault"]) for request in world.requests.listed()]
    assert ([], [("/api/chat.postMessage", 0, kind)]) == (await world.messages(), recorded)


async def test_an_answer_that_never_comes_has_its_effect(world: Land) -> None:
    world.faults.set("slack", "timeout_after_effect", 1)
    with pytest.raises(httpx.ReadTimeout):
        await world.people.post(
            "/slack/api/chat.postMessage", data={"channel": "C_SHOP", "text": "a"},
            headers={"authorization": f"Bearer {BOT_TOKEN}"}, timeout=0.2,
        )  # fmt: skip
    assert (["a"], "timeout_after_effect") == (
        [message["text"] for message in await world.messages()], world.requests.listed()[0]["fault"],
    )  # fmt: skip


async def test_people_can_talk_while_the_web_api_is_down(world: Land) -> None:
    world.faults.set("slack", "down", None)
    said = await world.play("mention", user="U_MIA", channel="C_SHOP", text="@purgebot help")
    assert [said["ts"]] == [message["ts"] for message in await world.messages()]
