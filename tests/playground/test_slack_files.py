"""Files at the stand-in, through Slack's own client: the three steps, and what is refused at each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from slack_sdk.errors import SlackApiError

from playground.people import WORKSPACE
from tests.playground.slack_land import Clock, Land, land

SHEET = b"job,site\nP-1,shop\n"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Land]:
    async with land(tmp_path, Clock()) as opened:
        yield opened


async def asked(world: Land, length: int = len(SHEET)) -> tuple[str, str]:
    """Address and id of a file to come."""
    answer = await world.bot.files_getUploadURLExternal(filename="log.csv", length=length, alt_txt="a table")
    return str(answer["upload_url"]), str(answer["file_id"])


async def put(url: str, content: bytes = SHEET) -> int:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        return (await client.post(url, content=content)).status_code


async def error_of(world: Land, method: str, **arguments: object) -> str:
    try:
        await world.bot.api_call(method, params=arguments)
    except SlackApiError as exc:
        return str(exc.response["error"])
    return ""


async def test_a_file_goes_to_one_person_in_three_steps(world: Land) -> None:
    url, id = await asked(world)
    taken = await put(url)
    channel = str((await world.bot.conversations_open(users="U_MIA"))["channel"]["id"])
    answer = await world.bot.files_completeUploadExternal(files=[{"id": id, "title": "Log"}], channel_id=channel)
    [file] = answer["files"]
    content = (await world.people.get(file["permalink"])).content
    seen = [message["text"] for message in await world.messages("D_MIA")]
    assert (200, SHEET, [f"<{file['permalink']}|log.csv> Log\nALT: a table"]) == (taken, content, seen)
    assert file == (await world.bot.files_info(file=id))["file"]
    assert [] == await world.messages("C_SHOP")


async def test_slacks_own_helper_works_too(world: Land) -> None:
    await world.bot.files_upload_v2(filename="log.csv", content=SHEET, channel="D_MIA", initial_comment="Here it is.")
    [message] = await world.messages("D_MIA")
    assert str(message["text"]).startswith("Here it is.\n<http")


async def test_an_address_takes_its_bytes_once_and_all_of_them(world: Land) -> None:
    url, _ = await asked(world)
    assert [404, 200, 404] == [await put(url, SHEET[1:]), await put(url), await put(url)]
    assert 404 == await put(f"{url}x")


async def test_what_was_not_uploaded_cannot_be_shared(world: Land) -> None:
    _, id = await asked(world)
    files = f'[{{"id": "{id}"}}]'
    assert "file_not_found" == await error_of(world, "files.completeUploadExternal", files=files, channel_id="D_MIA")


async def test_a_file_is_shared_once(world: Land) -> None:
    url, id = await asked(world)
    await put(url)
    files = f'[{{"id": "{id}"}}]'
    errors = [await error_of(world, "files.completeUploadExternal", files=files, channel_id="D_MIA") for _ in range(2)]
    assert ["", "file_not_found"] == errors


async def test_what_was_not_shared_nobody_opens(world: Land) -> None:
    url, id = await asked(world)
    await put(url)
    assert 404 == (await world.people.get(f"/slack/api/file/{id}")).status_code


async def test_a_file_that_is_deleted_nobody_opens_and_its_message_says_so(world: Land) -> None:
    url, id = await asked(world)
    await put(url)
    channel = str((await world.bot.conversations_open(users="U_MIA"))["channel"]["id"])
    await world.bot.files_completeUploadExternal(
        files=[{"id": id, "title": "Log"}], channel_id=channel, initial_comment="Here it is."
    )
    assert ["", "file_not_found"] == [await error_of(world, "files.delete", file=id) for _ in range(2)]
    assert 404 == (await world.people.get(f"/slack/api/file/{id}")).status_code
    assert "Here it is.\nThis file was deleted." == (await world.messages("D_MIA"))[-1]["text"]


REFUSED = {
    "no name": ("files.getUploadURLExternal", {"length": 3}, "invalid_arguments"),
    "no length": ("files.getUploadURLExternal", {"filename": "a.csv"}, "invalid_arguments"),
    "nothing in it": ("files.getUploadURLExternal", {"filename": "a.csv", "length": 0}, "invalid_arguments"),
    "long words": (
        "files.getUploadURLExternal",
        {"filename": "a.csv", "length": 3, "alt_txt": "x" * 1001},
        "invalid_arguments",
    ),
    "no files": ("files.completeUploadExternal", {"channel_id": "D_MIA"}, "invalid_arguments"),
    "files that are none": ("files.completeUploadExternal", {"files": "[1]"}, "invalid_arguments"),
    "an unknown channel": ("files.completeUploadExternal", {"files": '[{"id": "F"}]', "channel_id": "C_X"},
                           "channel_not_found"),
    "a channel without the bot": (
        "files.completeUploadExternal",
        {"files": '[{"id": "F"}]', "channel_id": "C_ELSEWHERE"},
        "not_in_channel",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_slack_refuses(world: Land, method: str, arguments: dict[str, object], error: str) -> None:
    assert error == await error_of(world, method, **arguments)


async def test_an_address_is_not_asked_for_by_json(world: Land) -> None:
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await world.bot.api_call("files.getUploadURLExternal", json={"filename": "a.csv", "length": 3})


async def test_a_token_without_the_scope_is_refused(tmp_path: Path) -> None:
    async with land(tmp_path, Clock(), workspace=replace(WORKSPACE), scopes=("commands",)) as world:
        assert "missing_scope" == await error_of(world, "files.getUploadURLExternal", filename="a.csv", length=3)
        assert "missing_scope" == await error_of(world, "conversations.open", users="U_MIA")
