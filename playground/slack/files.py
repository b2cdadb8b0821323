"""Files that people upload: files.info, and the download that wants the bot's token.

Sources, read 2026-11-23: https://docs.slack.dev/reference/objects/file-object,
https://docs.slack.dev/reference/methods/files.info; who may not see a file is sent to the sign-in page by a redirect.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from sqlite3 import Row

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from playground.people import TEAM, TEAM_DOMAIN
from playground.slack.asking import Arguments, Doc, Refusal
from playground.slack.web_api import Answer, Door, Tokens, ill
from playground.store import Store

SCHEMA = """CREATE TABLE IF NOT EXISTS slack_files (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, channel TEXT NOT NULL,
    ts TEXT NOT NULL, at REAL NOT NULL)"""
SCOPE = "files:read"
_OTHER = ("binary", "application/octet-stream", "Binary")
_MIME = {"txt": ("text", "text/plain", "Plain Text"), "csv": ("csv", "text/csv", "CSV")}


class Files:
    """Keeps them."""

    def __init__(self, store: Store, now: Callable[[], float], base_url: str) -> None:
        self._store = store
        self._now = now
        self._base_url = base_url
        store.execute(SCHEMA)

    def add(self, user: str, name: str, content: bytes) -> str:
        """A new file; its id."""
        id = f"F_{secrets.token_hex(5).upper()}"
        args = (id, user, name, content, "", "", self._now())
        self._store.execute("INSERT INTO slack_files VALUES (?, ?, ?, ?, ?, ?, ?)", args)
        return id

    def share(self, id: str, channel: str, ts: str) -> None:
        """The message at `ts` brings the file."""
        self._store.execute("UPDATE slack_files SET channel = ?, ts = ? WHERE id = ?", (channel, ts, id))

    def find(self, id: str) -> Doc | None:
        """The file of that id, as Slack shows it."""
        rows = self._store.rows("SELECT *, length(content) AS size FROM slack_files WHERE id = ?", (id,))
        return self._record(rows[0]) if rows else None

    def of(self, channel: str, ts: str) -> list[Doc]:
        """What the message at `ts` brings."""
        sql = "SELECT *, length(content) AS size FROM slack_files WHERE channel = ? AND ts = ?"
        return [self._record(row) for row in self._store.rows(sql, (channel, ts))]

    def by_message(self, channel: str) -> dict[str, list[Doc]]:
        """What the messages of a channel bring, by their time stamps."""
        brought: dict[str, list[Doc]] = {}
        for row in self._store.rows("SELECT *, length(content) AS size FROM slack_files WHERE channel = ?", (channel,)):
            brought.setdefault(str(row["ts"]), []).append(self._record(row))
        return brought

    async def info(self, asked: Arguments) -> Doc:
        """files.info."""
        found = self.find(asked.needed("file"))
        if found is None:
            raise Refusal("file_not_found")
        return {"ok": True, "file": found, "comments": [], "response_metadata": {"next_cursor": ""}}

    def content(self, id: str) -> bytes | None:
        """What is in it; None where there is none."""
        rows = self._store.rows("SELECT content FROM slack_files WHERE id = ?", (id,))
        return bytes(rows[0]["content"]) if rows else None

    def reset(self) -> None:
        """None left."""
        self._store.execute("DELETE FROM slack_files")

    def _record(self, row: Row) -> Doc:
        name = str(row["name"])
        kind, mime, pretty = _MIME.get(
            name.rpartition(".")[2].lower(), ("binary", "application/octet-stream", "Binary")
        )
        url = f"{self._base_url}/api/files-pri/{TEAM}-{row['id']}"
        return {
            "id": row["id"], "created": int(row["at"]), "timestamp": int(row["at"]), "name": name, "title": name,
            "mimetype": mime, "filetype": kind, "pretty_type": pretty, "user": row["user"], "user_team": TEAM,
            "editable": True, "size": row["size"], "mode": "snippet", "is_external": False, "external_type": "",
            "is_public": True, "public_url_shared": False, "url_private": f"{url}/{name}",
            "url_private_download": f"{url}/download/{name}",
            "permalink": f"https://{TEAM_DOMAIN}.slack.com/files/{row['user']}/{row['id']}/{name}",
            "channels": [row["channel"]] if row["channel"] else [],
        }  # fmt: skip


class Download:
    """`/files-pri/{team}-{id}/…`: an ASGI app."""

    def __init__(self, door: Door, files: Files, tokens: Tokens) -> None:
        self._door = door
        self._files = files
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            await self._door.pass_through(scope, receive, send, "/files-pri", self._answer)

    async def _answer(self, request: Request, fault: str) -> Answer:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        may = scheme.lower() == "bearer" and bearer.strip() == self._tokens.bot and SCOPE in self._tokens.scopes
        if not may or fault in ("bad_token", "forbidden"):
            return Answer(RedirectResponse(f"https://{TEAM_DOMAIN}.slack.com/?redir=%2Ffiles-pri", 302), "")
        content = self._files.content(str(request.path_params["place"]).removeprefix(f"{TEAM}-").split("/")[0])
        if content is None:
            return Answer(ill(fault) or PlainTextResponse("File not found.", 404), "")
        return Answer(ill(fault) or Response(content, media_type="text/plain"), "")
