"""An app's files, in three steps: an address is asked for, the bytes go there, and the file is shared.

Sources, read 2026-11-23: https://docs.slack.dev/reference/methods/files.getUploadURLExternal (arguments never as JSON),
…/files.completeUploadExternal, https://docs.slack.dev/messaging/working-with-files. Read 2026-11-27:
…/files.delete.
"""

from __future__ import annotations

import html
import secrets
from collections.abc import Callable, Mapping, Sequence
from sqlite3 import Row

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from playground.people import BOT_USER, Channel
from playground.slack.asking import Arguments, Doc, Refusal
from playground.slack.room import Message, Room
from playground.slack.web_api import Answer, Door, ill
from playground.slack.writing import Writing
from playground.store import Store

ALT_MAX = 1000  # characters
DELETED = "This file was deleted."  # what Slack shows in its place
SCHEMA = """create table if not exists slack_app_files (
  id text primary key, ticket text not null, name text not null, title text not null, alt text not null,
  length integer not null, content blob, shared text not null default '')"""
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "png": "image/png"}


class AppFiles:
    """What the app shared."""

    def __init__(self, store: Store, room: Room, writing: Writing, url: Callable[[str], str]) -> None:
        """`url` makes an address that the bot reaches of a path."""
        self._store = store
        self._room = room
        self._channel = writing.channel
        self._url = url
        store.execute(SCHEMA)

    async def ask(self, asked: Arguments) -> Doc:
        """files.getUploadURLExternal."""
        name, length = asked.needed("filename"), asked.needed("length")
        if not length.isdigit() or int(length) < 1 or len(asked.text("alt_txt")) > ALT_MAX:
            raise Refusal("invalid_arguments")
        id, ticket = f"F_{secrets.token_hex(5).upper()}", secrets.token_urlsafe(16)
        self._store.execute(
            "insert into slack_app_files (id, ticket, name, title, alt, length) values (?, ?, ?, ?, ?, ?)",
            (id, ticket, name, name, asked.text("alt_txt"), int(length)),
        )
        return {"ok": True, "upload_url": self._url(f"upload/{ticket}"), "file_id": id}

    async def complete(self, asked: Arguments) -> Doc:
        """files.completeUploadExternal: shares what was uploaded, once; without a channel with nobody."""
        wanted = asked.json("files", "invalid_arguments")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(one, Mapping) for one in wanted):
            raise Refusal("invalid_arguments", "missing required field: files [json-pointer:/files]")
        channel = self._shared_to(asked)
        files = [(self._uploaded(str(one.get("id"))), str(one.get("title") or "")) for one in wanted]
        shared = [self._share(row, title, channel) for row, title in files]
        if channel is not None:
            self._post(channel, shared, asked.text("initial_comment"), asked.text("thread_ts"))
        return {"ok": True, "files": shared}

    async def info(self, asked: Arguments) -> Doc:
        """files.info."""
        rows = self._store.rows("select * from slack_app_files where id = ? and shared != ''", (asked.needed("file"),))
        if not rows:
            raise Refusal("file_not_found")
        return {"ok": True, "file": self._told(rows[0], str(rows[0]["title"]))}

    async def delete(self, asked: Arguments) -> Doc:
        """files.delete: the app's own; its message stays, with a word in its place."""
        id = asked.needed("file")
        rows = self._store.rows("select * from slack_app_files where id = ? and shared != ''", (id,))
        if not rows:
            raise Refusal("file_not_found")
        self._store.execute("delete from slack_app_files where id = ?", (id,))
        told = _lines(self._told(rows[0], str(rows[0]["title"])))
        for message in self._room.seen(str(rows[0]["shared"])):
            if told[0] in message.text:
                text = "\n".join(line for line in message.text.splitlines() if line not in told)
                self._room.update(message, "\n".join(filter(None, [text, DELETED])), [], edited=False)
        return {"ok": True}

    def _shared_to(self, asked: Arguments) -> Channel | None:
        if not asked.text("channel_id"):
            return None
        channel = self._channel(asked, "channel_id")
        if BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def _uploaded(self, id: str) -> Row:
        sql = "select * from slack_app_files where id = ? and content is not null and shared = ''"
        rows = self._store.rows(sql, (id,))
        if not rows:
            raise Refusal("file_not_found")
        return rows[0]

    def _share(self, row: Row, title: str, channel: Channel | None) -> Doc:
        title = title or str(row["name"])
        where = channel.id if channel else "-"
        self._store.execute("update slack_app_files set title = ?, shared = ? where id = ?", (title, where, row["id"]))
        return self._told(row, title)

    def _told(self, row: Row, title: str) -> Doc:
        link = self._url(f"file/{row['id']}")
        told: Doc = {"id": row["id"], "title": title, "name": row["name"], "size": row["length"], "permalink": link}
        return told | ({"alt_txt": row["alt"]} if row["alt"] else {})

    def _post(self, channel: Channel, shared: Sequence[Doc], comment: str, thread_ts: str) -> None:
        lines = [comment, *(line for one in shared for line in _lines(one))]
        self._room.post(Message(channel.id, "", BOT_USER, "\n".join(filter(None, lines)), thread_ts=thread_ts))

    def put(self, ticket: str, content: bytes) -> bool:
        """Keep the bytes behind an address, once and of the length that was told; False when it is no such thing."""
        changed = self._store.execute(
            "update slack_app_files set content = ? where ticket = ? and content is null and length = ?",
            (content, ticket, len(content)),
        )
        return changed == 1

    def shown(self, id: str) -> tuple[str, bytes] | None:
        """Name and bytes of a file that was shared."""
        rows = self._store.rows("select * from slack_app_files where id = ? and shared != ''", (id,))
        return (str(rows[0]["name"]), bytes(rows[0]["content"])) if rows else None

    def reset(self) -> None:
        """No file left."""
        self._store.execute("delete from slack_app_files")


def _lines(file: Doc) -> tuple[str, ...]:
    """A file as the message that brings it tells it, with what its picture shows, which Slack tells those who ask."""
    first = f"<{file['permalink']}|{file['name']}> {file['title']}"
    alt = " ".join(str(file.get("alt_txt", "")).split())
    return (first, f"ALT: {html.escape(alt, quote=False)}") if alt else (first,)


class Uploads:
    """`/upload/{ticket}`: an ASGI app that takes the bytes of a file."""

    def __init__(self, door: Door, files: AppFiles) -> None:
        self._door = door
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._door.pass_through(scope, receive, send, "/upload", self._answer)

    async def _answer(self, request: Request, fault: str) -> Answer:
        content = await request.body()
        shown = f"{len(content)} bytes"
        if request.method != "POST":
            return Answer(PlainTextResponse("method not allowed", 405), shown)
        if sick := ill(fault):
            return Answer(sick, shown)
        if not self._files.put(str(request.path_params["ticket"]), content):
            return Answer(PlainTextResponse("no such upload", 404), shown)
        return Answer(PlainTextResponse(f"OK - {len(content)}"), shown)


class Shelf:
    """`/file/{id}`: where the playground's people open what was shared."""

    def __init__(self, files: AppFiles) -> None:
        self._files = files

    async def open(self, request: Request) -> Response:
        """The file, to look at or to keep."""
        found = self._files.shown(str(request.path_params["id"]))
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        name, content = found
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return Response(content, media_type=kind, headers={"content-disposition": f'inline; filename="{name}"'})
