"""What can befall connections, as calls under /_play/socket: for tests, and for whoever wants to see a bot bear it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.slack.link import Mishap
from playground.slack.socket import NoSuchLink, Sockets

FIELDS = (
    'do ("disconnect", "drop", "mute", "twice" or "say"), reason? ("warning", "refresh_requested", "link_disabled" or'
    ' "too_many_websockets"), which? (a connection, from 0), at? ("now", "sent" or "acked"), times?, text?'
)


class SocketCall(BaseModel, extra="forbid"):
    """POST /_play/socket. Without `which` it befalls every connection, and at "sent" or "acked" the one in question."""

    do: Literal["disconnect", "drop", "mute", "twice", "say"]
    reason: Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"] = "refresh_requested"
    which: int | None = Field(default=None, ge=0)
    at: Literal["now", "sent", "acked"] = "now"
    times: int = Field(default=1, ge=0)
    text: str = ""


def routes(sockets: Sockets) -> list[Route]:
    """Do something to connections, and see how they are."""

    async def do(request: Request) -> Response:
        try:
            call = SocketCall.model_validate_json(await request.body())
            if call.do == "twice":
                sockets.twice(call.times)
            else:
                mishap = Mishap(call.do, call.reason, call.text, call.which)
                await sockets.befall(mishap, call.at, call.times)
        except ValidationError as exc:
            first = exc.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            problem = f"/_play/socket cannot read {where}: {first['msg']}. Send {FIELDS} as JSON."
            return JSONResponse({"error": problem}, 400)
        except NoSuchLink as exc:
            return JSONResponse({"error": str(exc)}, 400)
        return JSONResponse(_shown(sockets))

    async def show(request: Request) -> Response:
        return JSONResponse(_shown(sockets))

    return [Route("/_play/socket", do, methods=["POST"]), Route("/_play/socket", show, methods=["GET"])]


def _shown(sockets: Sockets) -> dict[str, object]:
    return {"connections": sockets.numbers, "story": list(sockets.story), "notes": list(sockets.notes)}
