"""The bodies of the people's calls."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from playground.people import BOT_USER


class CommandCall(BaseModel):
    """POST /_play/command. `escape` hands the text on as an app with `should_escape` gets it."""

    user: str
    channel: str
    text: str
    escape: bool = False


class MentionCall(BaseModel):
    """POST /_play/mention."""

    user: str
    channel: str
    text: str
    thread_ts: str = ""


class HomeCall(BaseModel):
    """POST /_play/home: somebody looks at the app's Home, or at its messages."""

    user: str
    tab: Literal["home", "messages"] = "home"


class InviteCall(BaseModel):
    """POST /_play/invite: `user` invites `who` to a channel, the bot where nobody is named; with `user` as `who` they
    join by themselves."""

    user: str
    channel: str
    who: str = BOT_USER


class ClickCall(BaseModel):
    """POST /_play/click; in an open form and in a Home tab, `view_id` stands for channel and ts, and `values` are what
    stands in its fields by then."""

    user: str
    action_id: str
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    block_id: str = ""
    value: str | None = None
    values: dict[str, dict[str, object]] = {}


class SubmitCall(BaseModel):
    """POST /_play/submit."""

    user: str
    view_id: str
    values: dict[str, dict[str, object]] = {}


class ShortcutCall(BaseModel):
    """POST /_play/shortcut: on a message with channel and ts, else a global one."""

    user: str
    callback_id: str
    channel: str = ""
    ts: str = ""


class UploadCall(BaseModel):
    """POST /_play/upload: a file, and the message that brings it, if a channel is named. `content` is text, or bytes
    in base64 where `is_base64`."""

    user: str
    name: str
    content: str
    channel: str = ""
    thread_ts: str = ""
    text: str = ""
    is_base64: bool = False


class SayCall(BaseModel):
    """POST /_play/say: a message that is not for the bot, which hears nothing of it."""

    user: str
    channel: str
    text: str
    thread_ts: str = ""
