"""A strict Slack for a bot that runs unmodified: its Web API, its deliveries and its people, on disk at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.routing import Route, Router
from starlette.types import ASGIApp

from playground.faults import Faults
from playground.people import WORKSPACE, Workspace
from playground.requests import Requests
from playground.slack import mishaps
from playground.slack.app_files import AppFiles, Shelf, Uploads
from playground.slack.asking import Arguments, Doc
from playground.slack.callers import Callers
from playground.slack.chat import Chat
from playground.slack.deliver import DEADLINE_SECONDS, RETRY_WAITS, Post
from playground.slack.doors import SHORTCUTS, Doors
from playground.slack.files import Download, Files
from playground.slack.forms import Forms
from playground.slack.limits import Limits
from playground.slack.looking import Looking
from playground.slack.respond import Responder
from playground.slack.room import Room
from playground.slack.socket import Sockets
from playground.slack.tickets import Tickets
from playground.slack.views import Views
from playground.slack.web_api import GRANTED, Door, Method, Tokens, WebApi
from playground.slack.writing import Writing
from playground.store import Store


class SlackStandIn:
    """`api` is an ASGI app to mount at `{base_url}/api`; `routes` are the people's calls under `/_play`."""

    def __init__(
        self,
        store: Store,
        requests: Requests,
        faults: Faults,
        now: Callable[[], float],
        deliver_url: Callable[[], str],
        signing_secret: str,
        bot_token: str,
        app_token: str,
        base_url: str,
        *,
        workspace: Workspace = WORKSPACE,
        mode: str = "auto",
        commands: tuple[str, ...] = ("/purge",),
        shortcuts: Mapping[str, str] = SHORTCUTS,
        deadline: float = DEADLINE_SECONDS,
        retry_waits: Sequence[float] = RETRY_WAITS,
        scopes: tuple[str, ...] = GRANTED,
    ) -> None:
        """`now` is in seconds since the epoch; `base_url` is what the bot reaches (`http://127.0.0.1:8080/slack`)."""
        self._room = Room(store, now)
        self._views = Views(store, now)
        self._tickets = Tickets(store, now)
        self._limits = Limits(store, now)
        self._files = Files(store, now, base_url)
        self.sockets = Sockets(store, now)
        self._post = Post(store, self.sockets, now, deliver_url, signing_secret, mode, deadline, retry_waits)
        door = Door(requests, faults)
        writing = Writing(workspace, self._room, goes_anywhere="chat:write.public" in scopes)
        self._app_files = AppFiles(store, self._room, writing, lambda path: f"{base_url}/api/{path}")
        methods = _methods(
            workspace, self._room, self._views, self._tickets, self.sockets, writing, self._files, self._app_files
        )
        tokens = Tokens(bot_token, app_token, scopes)
        self.api: ASGIApp = Router(
            [
                Route("/respond/{token}", Responder(door, self._room, self._tickets)),
                Route("/files-pri/{place:path}", Download(door, self._files, tokens)),
                Route("/upload/{ticket}", Uploads(door, self._app_files)),
                Route("/file/{id}", Shelf(self._app_files).open),
                Route("/{method}", WebApi(door, tokens, self._limits, methods)),
            ],
            redirect_slashes=False,
        )

        def respond_url(token: str) -> str:
            return f"{base_url}/api/respond/{token}"

        callers = Callers(workspace, self._room, self._views)
        chat = Chat(
            callers, self._room, self._views, self._tickets, self._post, respond_url, commands, now, self._files
        )
        doors = Doors(callers, self._room, self._files, self._tickets, self._post, respond_url, shortcuts, now, scopes)
        self.routes: list[Route] = [*chat.routes, *doors.routes, *mishaps.routes(self.sockets)]

    async def start(self) -> None:
        """Send the events again that were not taken before the last end."""
        self._post.resume()

    async def stop(self) -> None:
        """Close sockets and deliveries; everything else is on disk already."""
        await self._post.stop()
        await self.sockets.stop()

    async def settled(self) -> None:
        """Return once no event waits to be sent again."""
        await self._post.settled()

    def reset(self) -> None:
        """An empty workspace with full buckets; time stamps go on."""
        parts = (
            self._room, self._views, self._tickets, self._limits, self._files, self._app_files, self._post,
            self.sockets,
        )  # fmt: skip
        for part in parts:
            part.reset()


def _methods(
    workspace: Workspace,
    room: Room,
    views: Views,
    tickets: Tickets,
    sockets: Sockets,
    writing: Writing,
    files: Files,
    app_files: AppFiles,
) -> Mapping[str, Method]:
    forms, looking = Forms(workspace, views, tickets), Looking(workspace, room, writing, files)

    async def file_info(asked: Arguments) -> Doc:
        return await (files.info(asked) if files.find(asked.needed("file")) else app_files.info(asked))

    async def connect(asked: Arguments) -> Doc:
        return {"ok": True, "url": await sockets.ticket()}

    return {
        "api.test": looking.test,
        "apps.connections.open": connect,
        "auth.test": looking.who,
        "bots.info": looking.bot,
        "chat.delete": writing.delete,
        "chat.getPermalink": writing.permalink,
        "chat.postEphemeral": writing.post_ephemeral,
        "chat.postMessage": writing.post,
        "chat.update": writing.update,
        "conversations.history": looking.history,
        "conversations.info": looking.channel,
        "conversations.members": looking.members,
        "conversations.open": looking.direct,
        "conversations.replies": looking.replies,
        "files.completeUploadExternal": app_files.complete,
        "files.delete": app_files.delete,
        "files.getUploadURLExternal": app_files.ask,
        "files.info": file_info,
        "reactions.add": writing.react,
        "usergroups.list": looking.groups,
        "usergroups.users.list": looking.group_people,
        "users.info": looking.person,
        "users.list": looking.people,
        "views.open": forms.open,
        "views.publish": forms.publish,
        "views.push": forms.push,
        "views.update": forms.update,
    }
