"""chat.*: what the bot posts, changes and deletes. Every refusal is Slack's own.

Sources, read 2026-11-23: https://docs.slack.dev/reference/methods/chat.postMessage, …/chat.update, …/chat.delete,
…/chat.postEphemeral; an edit's text of more than 4,000 bytes: https://gitlab.com/gitlab-org/gitlab/-/merge_requests/258898.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from playground.people import BOT_USER, TEAM_DOMAIN, Channel, Workspace
from playground.slack.asking import Arguments, Doc, Refusal
from playground.slack.blocks import block_problems, is_too_long
from playground.slack.room import Message, Room

POST_CHARACTERS = 40_000  # cut beyond
UPDATE_BYTES = 4_000  # refused beyond
_TS = re.compile(r"\d{9,11}\.\d{6}")


class Writing:
    """The bot's pen."""

    def __init__(self, workspace: Workspace, room: Room, goes_anywhere: bool) -> None:
        """`goes_anywhere`: with chat:write.public the bot posts in public channels that it is not in."""
        self._workspace = workspace
        self._room = room
        self._goes_anywhere = goes_anywhere

    async def post(self, asked: Arguments) -> Doc:
        """chat.postMessage."""
        channel = self._open_channel(asked, self._goes_anywhere)
        text, blocks = asked.text("text")[:POST_CHARACTERS], blocks_of(asked)
        if not text and not blocks:
            raise Refusal("no_text")
        posted = self._room.post(
            Message(
                channel.id, "", BOT_USER, text, blocks, self._thread(asked, channel), metadata=_metadata(asked)
            )
        )  # fmt: skip
        return {"ok": True, "channel": channel.id, "ts": posted.ts, "message": posted.record(with_metadata=True)}

    async def post_ephemeral(self, asked: Arguments) -> Doc:
        """chat.postEphemeral."""
        channel = self._open_channel(asked, goes_anywhere=False)
        text, blocks = asked.text("text")[:POST_CHARACTERS], blocks_of(asked)
        if not text and not blocks:
            raise Refusal("no_text")
        user = asked.needed("user")
        if user not in channel.members:
            raise Refusal("user_not_in_channel")
        posted = self._room.post(
            Message(channel.id, "", BOT_USER, text, blocks, self._thread(asked, channel), only_for=user)
        )
        return {"ok": True, "message_ts": posted.ts}

    async def update(self, asked: Arguments) -> Doc:
        """chat.update: text without blocks removes the blocks, neither keeps them; ephemeral ones cannot be found."""
        channel = self.channel(asked, "channel")
        old = self._own(asked, channel, "cant_update_message")
        if len(asked.text("text").encode()) > UPDATE_BYTES:
            raise Refusal("msg_too_long")
        kept = old
        if asked.has("text") or asked.has("blocks"):
            blocks = blocks_of(asked)
            if not asked.text("text") and not blocks:
                raise Refusal("no_text")
            kept = self._room.update(old, asked.text("text"), blocks, edited=not blocks)
        if asked.has("metadata"):
            kept = self._room.describe(kept, _metadata(asked) or {})
        return {
            "ok": True, "channel": channel.id, "ts": kept.ts, "text": kept.text, "message": kept.record(True),
        }  # fmt: skip

    async def delete(self, asked: Arguments) -> Doc:
        """chat.delete."""
        channel = self.channel(asked, "channel")
        self._room.delete(self._own(asked, channel, "cant_delete_message"))
        return {"ok": True, "channel": channel.id, "ts": asked.text("ts")}

    async def permalink(self, asked: Arguments) -> Doc:
        """chat.getPermalink."""
        channel, ts = self.channel(asked, "channel"), asked.needed("message_ts")
        message = self._room.find(channel.id, ts)
        if message is None or message.only_for:
            raise Refusal("message_not_found")
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
        if message.thread_ts and message.thread_ts != ts:
            link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
        return {"ok": True, "channel": channel.id, "permalink": link}

    async def react(self, asked: Arguments) -> Doc:
        """reactions.add; looked at, not kept."""
        channel = self.channel(asked, "channel")
        asked.needed("name")
        if self._room.find(channel.id, asked.needed("timestamp")) is None:
            raise Refusal("message_not_found")
        return {"ok": True}

    def channel(self, asked: Arguments, name: str) -> Channel:
        """The channel an argument names; raises Refusal."""
        channel = self._workspace.channel(asked.needed(name))
        if channel is None or (channel.is_private and BOT_USER not in channel.members):
            raise Refusal("channel_not_found")
        return channel

    def _open_channel(self, asked: Arguments, goes_anywhere: bool) -> Channel:
        channel = self.channel(asked, "channel")
        if channel.is_archived:
            raise Refusal("is_archived")
        if BOT_USER not in channel.members and not goes_anywhere:
            raise Refusal("not_in_channel")
        return channel

    def _own(self, asked: Arguments, channel: Channel, foreign: str) -> Message:
        message = self._room.find(channel.id, asked.needed("ts"))
        if message is None or message.only_for:
            raise Refusal("message_not_found")
        if not message.is_apps:
            raise Refusal(foreign)
        return message

    def _thread(self, asked: Arguments, channel: Channel) -> str:
        ts = asked.text("thread_ts")
        if not ts:
            return ""
        if not _TS.fullmatch(ts):
            raise Refusal("invalid_thread_ts")
        root = self._room.find(channel.id, ts)
        if root is None or root.only_for:
            raise Refusal("thread_not_found")
        return root.thread_ts or root.ts


def blocks_of(asked: Arguments) -> list[object]:
    """The blocks of a message, judged; raises Refusal with every reason."""
    blocks = asked.json("blocks", "invalid_blocks_format")
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    problems = block_problems(blocks)
    if problems:
        raise Refusal("invalid_blocks", *problems)
    if is_too_long(blocks):
        raise Refusal("msg_blocks_too_long")
    return list(blocks)


def _metadata(asked: Arguments) -> Mapping[str, object] | None:
    metadata = asked.json("metadata", "metadata_must_be_sent_from_app")
    if metadata is None or metadata == {}:
        return None
    if not isinstance(metadata, Mapping):
        raise Refusal("invalid_metadata_format")
    kind, payload = metadata.get("event_type"), metadata.get("event_payload")
    if not isinstance(kind, str) or not 0 < len(kind) <= 255 or not isinstance(payload, Mapping):
        raise Refusal("invalid_metadata_schema")
    return {"event_type": kind, "event_payload": dict(payload)}
