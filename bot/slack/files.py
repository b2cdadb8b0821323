"""Files for one person: into their own conversation with the bot, in Slack's three steps. No file can be shown to one
person in a channel (https://github.com/slackapi/node-slack-sdk/issues/1790, read 2026-11-26).

    files.getUploadURLExternal → the bytes to that address → files.completeUploadExternal        files.delete

(https://docs.slack.dev/messaging/working-with-files, read 2026-11-23). The bytes' address gets no token.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import IO

import aiohttp

from bot.slack.payload import part_of, text_of
from bot.slack.web_api import Setback, SlackApi, SlackTrouble

UPLOAD_SECONDS = 120.0
ALT_MAX = 1000  # characters


@dataclass(frozen=True, slots=True)
class File:
    """What is to be sent. `alt` says in words what a picture shows."""

    name: str
    title: str
    content: IO[bytes]
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is shared: its id, and its address, "" where Slack tells none."""

    id: str
    link: str


class Files:
    """Sends files, and takes them away."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def place(self, user: str) -> str:
        """The id of the conversation between `user` and the bot. Raises SlackTrouble."""
        return text_of(part_of(await self._api.call("conversations.open", users=user), "channel"), "id")

    async def send(self, channel: str, file: File, comment: str = "") -> Sent:
        """Share `file` in a conversation, under `comment`. Raises SlackTrouble."""
        size = await asyncio.to_thread(file.content.seek, 0, os.SEEK_END)
        more = {"alt_txt": file.alt[:ALT_MAX]} if file.alt else {}
        asked = await self._api.call("files.getUploadURLExternal", filename=file.name, length=size, **more)
        await self._put(text_of(asked, "upload_url"), file)
        listed = [{"id": text_of(asked, "file_id"), "title": file.title}]
        said = {"initial_comment": comment} if comment else {}
        shared = await self._api.call("files.completeUploadExternal", files=listed, channel_id=channel, **said)
        found = shared.get("files")
        first = found[0] if isinstance(found, list) and found else {}
        return Sent(text_of(asked, "file_id"), text_of(first, "permalink"))

    async def take_away(self, id: str) -> None:
        """Have a file of our own gone (https://docs.slack.dev/reference/methods/files.delete, read 2026-11-27). Raises
        SlackTrouble."""
        await self._api.call("files.delete", file=id)

    async def _put(self, url: str, file: File) -> None:
        await asyncio.to_thread(file.content.seek, 0)
        headers = {"content-type": "application/octet-stream"}
        try:
            async with (
                asyncio.timeout(UPLOAD_SECONDS),
                aiohttp.ClientSession(trust_env=False, auto_decompress=False) as session,
                session.post(url, data=file.content, headers=headers, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise SlackTrouble(Setback.LATER, f"upload_answered_{answer.status}")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            raise SlackTrouble(Setback.LATER, type(exc).__name__) from exc
