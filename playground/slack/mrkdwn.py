"""Text as Slack reads it: what pings somebody, and what typed text becomes before it is delivered.

Source: https://docs.slack.dev/messaging/formatting-message-text, read 2026-11-23: the control characters are `&`, `<`
and `>`; only what stands in angle brackets is a mention or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from playground.people import BOT_NAME, BOT_USER, Workspace

_PING = re.compile(r"<(?:!(?:channel|here|everyone|group)|!subteam\^[A-Z0-9_]+|@[UW][A-Z0-9_]*)(?:\|[^<>]*)?>")
_TOKEN = re.compile(r"<(?:https?://|mailto:|@[UW]|#C)[^<>]*>")
_NAME = re.compile(r"(?<!\S)[@#][\w-]+")
_URL = re.compile(r"https?://[^\s<>]+")
_RICH = {"user": "<@{user_id}>", "usergroup": "<!subteam^{usergroup_id}>", "broadcast": "<!{range}>"}


def pings(text: str, blocks: object) -> list[str]:
    """Every mention in `text` and in the blocks that would reach somebody; plain_text and &lt; reach nobody."""
    found = _PING.findall(text)
    found.extend(ping for part in _parts(blocks) for ping in _pings_of(part))
    return list(dict.fromkeys(found))


def _parts(node: object) -> Iterator[Mapping[str, object]]:
    if isinstance(node, list):
        for part in node:
            yield from _parts(part)
    if isinstance(node, Mapping):
        yield node
        for part in node.values():
            yield from _parts(part)


def _pings_of(part: Mapping[str, object]) -> list[str]:
    kind, text = part.get("type"), part.get("text")
    if kind in ("mrkdwn", "markdown") and isinstance(text, str):
        return _PING.findall(text)
    if isinstance(kind, str) and kind in _RICH:
        return [_RICH[kind].format_map({"user_id": "", "usergroup_id": "", "range": "", **part})]
    return []


def escaped(text: str, workspace: Workspace) -> str:
    """What somebody typed, as Slack hands it on: known names as ids, links in brackets, the rest escaped. Links and
    mentions that stand in brackets already are taken as they are; a typed `<!channel>` is only text."""
    parts: list[str] = []
    at = 0
    for token in _TOKEN.finditer(text):
        parts += [_plain(text[at : token.start()], workspace), token.group()]
        at = token.end()
    return "".join([*parts, _plain(text[at:], workspace)])


def mentioned(text: str) -> str:
    """`@purgebot` as the mention it becomes, put in front where it is missing."""
    named = re.sub(rf"@{BOT_NAME}\b", f"<@{BOT_USER}>", text)
    return named if f"<@{BOT_USER}>" in named else f"<@{BOT_USER}> {named}"


def _plain(text: str, workspace: Workspace) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    linked = _URL.sub(lambda url: f"<{url.group()}>", safe)
    return _NAME.sub(lambda name: _resolved(name.group(), workspace), linked)


def _resolved(name: str, workspace: Workspace) -> str:
    kind, bare = name[0], name[1:]
    if kind == "#":
        return next((f"<#{channel.id}|{bare}>" for channel in workspace.channels if channel.name == bare), name)
    if bare in ("channel", "here", "everyone"):
        return f"<!{bare}>"
    return next((f"<@{person.id}>" for person in workspace.people if person.name == bare), name)
