"""Slack's Web API at the wire, as far as a directory asks: records of people and groups, and any trouble."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.playground.slack_land import served

Doc = Mapping[str, object]
HOME: Doc = {"ok": True, "team_id": "T_HOME", "user_id": "U_BOT"}


def person(user: str, team: str | None = "T_HOME", **more: object) -> Doc:
    """A record as users.info gives it."""
    return {"id": user, **({"team_id": team} if team else {}), "deleted": False, "is_bot": False, **more}


@dataclass
class FakeSlack:
    """Answers; `trouble` is a status and an error by method, `gate` keeps answers back until it is set."""

    url: str
    home: Doc = field(default_factory=lambda: HOME)
    people: dict[str, Doc] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trouble: dict[str, tuple[int, str]] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, str]] = field(default_factory=list)
    page: int = 200

    def knows(self, *people: Doc) -> None:
        """These people exist."""
        self.people |= {str(one["id"]): one for one in people}

    def times(self, method: str) -> int:
        """How often `method` was asked."""
        return sum(name == method for name, _ in self.asked)

    def ill(self, status: int, error: str, *methods: str) -> None:
        """From now on these methods, or all, answer so."""
        all_methods = ("auth.test", "users.info", "users.list", "usergroups.users.list")
        self.trouble = dict.fromkeys(methods or all_methods, (status, error))

    async def answer(self, request: Request) -> Response:
        """One request."""
        method, asked = str(request.path_params["method"]), request.query_params
        self.asked.append((method, asked.get("user") or asked.get("usergroup") or ""))
        await self.gate.wait()
        if method in self.trouble:
            status, error = self.trouble[method]
            return JSONResponse({"ok": False, "error": error}, status, {"retry-after": "7"} if status == 429 else {})
        return JSONResponse(self._found(method, asked))

    def _found(self, method: str, asked: Mapping[str, str]) -> Doc:
        match method:
            case "auth.test":
                return self.home
            case "users.info" if asked["user"] in self.people:
                return {"ok": True, "user": self.people[asked["user"]]}
            case "users.list":
                start, everybody = int(asked.get("cursor") or 0), list(self.people.values())
                end = start + self.page
                more = str(end) if end < len(everybody) else ""
                return {"ok": True, "members": everybody[start:end], "response_metadata": {"next_cursor": more}}
            case "usergroups.users.list" if asked["usergroup"] in self.groups:
                return {"ok": True, "users": list(self.groups[asked["usergroup"]])}
            case _:
                return {"ok": False, "error": "user_not_found" if method == "users.info" else "no_such_subteam"}


@contextlib.asynccontextmanager
async def fake_slack() -> AsyncIterator[FakeSlack]:
    """It, on a free port of the loopback."""
    port = socket.create_server(("127.0.0.1", 0))
    slack = FakeSlack(f"http://127.0.0.1:{port.getsockname()[1]}/api/")
    slack.gate.set()
    async with served(Starlette(routes=[Route("/api/{method}", slack.answer, methods=["GET", "POST"])]), port):
        yield slack
