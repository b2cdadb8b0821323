"""What every pretend provider does with a request, so that an emulator holds only what is its provider's.

To write the next one, give a dataclass of what it knows and two answers: `reply` does what is asked, and `refusals`
says its faults in the provider's words. Reading, faults, the ledger, the pace and how an answer gets lost are here.
`shown`, `takes`, `places` and `keeps` are for those that differ. Its account gets a line in playground/faults.py, its
site a module in playground/towns. Words that the provider documents nowhere stand in one place of each emulator, under
"not documented: our wording".
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from starlette.types import Receive, Scope, Send

from playground.cache import Cache
from playground.cut import cut
from playground.faults import CLOCK_SECONDS, SLOW_SECONDS, Faults
from playground.http import Reply, answer, hold, wire_target
from playground.pace import Pace
from playground.requests import Requests

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
# not documented: our wording
BROKEN = Reply(500, HTML, b"<html><h1>500 Internal Server Error</h1></html>")
PAGE = Reply(200, HTML, b"<html><h1>Just a moment</h1></html>")
Done = tuple[Reply, Sequence[str]]  # the answer, and the URLs that were purged


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, below `mount`: `target` is path and query untouched, `path` is decoded."""

    method: str
    mount: str
    target: str
    path: str
    query: str
    lines: Sequence[tuple[str, str]]  # the headers, names in lower case
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """Each header once: its last line counts."""
        return dict(self.lines)

    @property
    def text(self) -> str:
        """The body for the ledger."""
        return self.body.decode(errors="replace")


class Refused(Exception):
    """The provider's no, with the answer that says it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What a provider says with each fault that is an answer, by the fault's name."""

    throttle: Reply
    bad_token: Reply
    forbidden: Reply
    error500: Reply = BROKEN
    html: Reply = PAGE


@dataclass(kw_only=True)
class Desk(ABC):
    """One account at one provider; `edges` are the caches that it really empties, by city."""

    account: str
    requests: Requests
    faults: Faults
    pace: Pace
    now: Callable[[], float]
    edges: Mapping[str, Cache] = field(default_factory=dict)

    keeps: ClassVar[int] = 4 * 1024 * 1024 + 1  # bytes of a body; what follows is not read

    @abstractmethod
    async def reply(self, request: Request, ahead: float) -> Done:
        """The answer, its effect done, by a clock that is `ahead` seconds ahead of the caller's. Raises Refused."""

    @abstractmethod
    def refusals(self, request: Request) -> Refusals:
        """How this provider says that it is too much, that it knows no such credential, and that this one may not."""

    def shown(self, request: Request) -> tuple[str, str, str]:
        """Path, body and host for the ledger; credentials never."""
        return whole(request.path, request.query), request.text, ""

    def takes(self, reply: Reply) -> float:
        """How many seconds it takes to say `reply`."""
        return self.pace.api if reply.status < 300 else 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do what the fault that is switched on says."""
        if scope["type"] != "http":
            return
        request = await read(scope, receive, self.keeps)
        fault = self.faults.take(self.account)
        if fault in ("down", "reset"):
            self.record(request, 0, fault)
            await cut(scope, receive, send)
            return
        reply, purged = await self._answered(request, fault)
        self.record(request, reply.status, fault, purged)
        if fault == "timeout_after_effect":
            await hold(scope, receive, send)
            return
        await asyncio.sleep(self.takes(reply) + (SLOW_SECONDS if fault == "slow" else 0.0))
        await answer(send, reply)

    async def _answered(self, request: Request, fault: str) -> Done:
        faulty: Reply | None = getattr(self.refusals(request), fault, None) if fault else None
        if faulty is not None:
            return faulty, ()
        try:
            return await self.reply(request, CLOCK_SECONDS if fault == "clock" else 0.0)
        except Refused as exc:
            return exc.reply, ()

    def record(self, request: Request, status: int, fault: str = "", purged: Sequence[str] = ()) -> None:
        """Write one request into the ledger; status 0 where nothing is answered."""
        path, body, host = self.shown(request)
        self.requests.record(self.account, request.method, path, body, status, fault, purged, host)

    def places(self) -> Sequence[tuple[Cache, float]]:
        """Each cache, and when a purge that is taken now reaches it (epoch seconds)."""
        answered = self.now() + self.pace.api
        late = self.pace.later
        return [
            (cache, answered + self.pace.cities.get(city, 0.0) + late.get(city, 0.0))
            for city, cache in self.edges.items()
        ]

    def purge(self, kind: str, values: Sequence[str], soft: bool = False) -> tuple[str, ...]:
        """Have it gone, or stale, in each place when it is due; the URLs it is about."""
        return self._purge(kind, lambda cache: values, soft)

    def purge_urls(self, of: Callable[[Cache], Sequence[str]]) -> tuple[str, ...]:
        """Have the copies gone that `of` names for each cache; their URLs."""
        return self._purge("url", of, soft=False)

    def _purge(self, kind: str, of: Callable[[Cache], Sequence[str]], soft: bool) -> tuple[str, ...]:
        reached: dict[str, None] = {}
        for cache, due in self.places():
            values = of(cache)
            reached |= dict.fromkeys(cache.reached(kind, values))
            cache.purge_at(due, kind, values, soft)
        return tuple(reached)


async def read(scope: Scope, receive: Receive, keeps: int) -> Request:
    """The request, with the first `keeps` bytes of its body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += bytes(message.get("body", b""))[: keeps - len(body)]
        more = bool(message.get("more_body"))
    mount = str(scope.get("root_path", ""))
    return Request(
        method=scope["method"],
        mount=mount,
        target=wire_target(scope).removeprefix(mount),
        path=scope["path"].removeprefix(mount),
        query=scope["query_string"].decode("latin-1"),
        lines=[(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
    )


def whole(path: str, query: str) -> str:
    """Path and query as one."""
    return f"{path}?{query}" if query else path


def said(status: int, doc: object, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of JSON."""
    return Reply(status, {**JSON, **(headers or {})}, json.dumps(doc).encode())
