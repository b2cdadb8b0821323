"""The bodies of the people's calls."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


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


class ClickCall(BaseModel):
    """POST /_play/click; in an open form and in a Home tab, `view_id` stands for channel and ts."""

    user: str
    action_id: str
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    block_id: str = ""
    value: str | None = None


class SubmitCall(BaseModel):
    """POST /_play/submit."""

    user: str
    view_id: str
    values: dict[str, dict[str, object]] = {}
