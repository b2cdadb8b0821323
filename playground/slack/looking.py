"""Reading methods: who is who, which channels there are, and what was said.

Source: https://docs.slack.dev/reference/methods (each method's page), read 2026-11-23.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from playground.people import (
    APP,
    BOT,
    BOT_NAME,
    BOT_USER,
    TEAM,
    TEAM_DOMAIN,
    TEAM_NAME,
    Channel,
    Group,
    Person,
    Workspace,
    direct_id,
)
from playground.slack.asking import Arguments, Doc, Refusal
from playground.slack.files import Files
from playground.slack.room import Message, Room
from playground.slack.writing import Writing

PAGE, PAGE_MOST = 100, 999
T = TypeVar("T")


class Looking:
    """The bot's eyes."""

    def __init__(self, workspace: Workspace, room: Room, writing: Writing, files: Files) -> None:
        self._workspace = workspace
        self._files = files
        self._room = room
        self._channel = writing.channel

    async def test(self, asked: Arguments) -> Doc:
        """api.test."""
        if asked.has("error"):
            raise Refusal(asked.text("error"))
        return {"ok": True, "args": dict(asked.values)}

    async def who(self, asked: Arguments) -> Doc:
        """auth.test."""
        return {
            "ok": True, "url": f"https://{TEAM_DOMAIN}.slack.com/", "team": TEAM_NAME, "team_id": TEAM,
            "user": BOT_NAME, "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False,
            **({"enterprise_id": self._workspace.enterprise} if self._workspace.enterprise else {}),
        }  # fmt: skip

    async def bot(self, asked: Arguments) -> Doc:
        """bots.info."""
        if asked.text("bot", BOT) != BOT:
            raise Refusal("bot_not_found")
        return {"ok": True, "bot": {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": BOT_NAME, "deleted": False}}

    async def person(self, asked: Arguments) -> Doc:
        """users.info."""
        person = self._workspace.person(asked.needed("user"))
        if person is None:
            raise Refusal("user_not_found")
        return {"ok": True, "user": _person(person, self._workspace.enterprise)}

    async def people(self, asked: Arguments) -> Doc:
        """users.list."""
        page, cursor = _page([person for person in self._workspace.people if person.team == TEAM], asked)
        members = [_person(person, self._workspace.enterprise) for person in page]
        return {"ok": True, "members": members, "response_metadata": cursor}

    async def groups(self, asked: Arguments) -> Doc:
        """usergroups.list."""
        self._need_groups()
        with_users, with_disabled = asked.flag("include_users"), asked.flag("include_disabled")
        groups = [group for group in self._workspace.groups if with_disabled or not group.is_disabled]
        return {"ok": True, "usergroups": [_group(group, with_users) for group in groups]}

    async def group_people(self, asked: Arguments) -> Doc:
        """usergroups.users.list."""
        self._need_groups()
        group = self._workspace.group(asked.needed("usergroup"))
        if group is None or (group.is_disabled and not asked.flag("include_disabled")):
            raise Refusal("no_such_subteam")
        return {"ok": True, "users": list(group.members)}

    async def channel(self, asked: Arguments) -> Doc:
        """conversations.info."""
        return {"ok": True, "channel": _channel(self._channel(asked, "channel"))}

    async def members(self, asked: Arguments) -> Doc:
        """conversations.members."""
        page, cursor = _page(list(self._channel(asked, "channel").members), asked)
        return {"ok": True, "members": page, "response_metadata": cursor}

    async def direct(self, asked: Arguments) -> Doc:
        """conversations.open, with one person."""
        user = asked.needed("users")
        if self._workspace.person(user) is None or user == BOT_USER:
            raise Refusal("user_not_found")
        return {"ok": True, "channel": {"id": direct_id(user)}}

    async def history(self, asked: Arguments) -> Doc:
        """conversations.history: newest first, without replies and without what is ephemeral."""
        channel = self._member_channel(asked)
        said = [message for message in self._room.seen(channel.id) if message.thread_ts in ("", message.ts)]
        page, cursor = _page(_within(said, asked)[::-1], asked)
        return {
            "ok": True, "messages": [self._record(message, asked) for message in page],
            "has_more": bool(cursor["next_cursor"]), "response_metadata": cursor,
        }  # fmt: skip

    async def replies(self, asked: Arguments) -> Doc:
        """conversations.replies: the root first, then oldest first."""
        channel, ts = self._member_channel(asked), asked.needed("ts")
        root = self._room.find(channel.id, ts)
        if root is None or root.only_for:
            raise Refusal("thread_not_found")
        page, cursor = _page(_within(self._room.seen(channel.id, root.thread_ts or root.ts), asked), asked)
        return {
            "ok": True, "messages": [self._record(message, asked) for message in page],
            "has_more": bool(cursor["next_cursor"]), "response_metadata": cursor,
        }  # fmt: skip

    def _record(self, message: Message, asked: Arguments) -> Doc:
        doc = message.record(asked.flag("include_all_metadata"))
        files = self._files.of(message.channel, message.ts)
        doc |= {"files": files} if files else {}
        replies = [one for one in self._room.seen(message.channel, message.ts) if one.ts != message.ts]
        if message.thread_ts or not replies:
            return doc
        return doc | {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}

    def _member_channel(self, asked: Arguments) -> Channel:
        channel = self._channel(asked, "channel")
        if BOT_USER not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def _need_groups(self) -> None:
        if not self._workspace.has_groups:
            raise Refusal("plan_upgrade_required")


def _within(messages: Sequence[Message], asked: Arguments) -> list[Message]:
    oldest, latest = _time(asked, "oldest", 0.0), _time(asked, "latest", float("inf"))
    inclusive = asked.flag("inclusive")
    return [
        message
        for message in messages
        if oldest < float(message.ts) < latest or (inclusive and float(message.ts) in (oldest, latest))
    ]


def _time(asked: Arguments, name: str, default: float) -> float:
    try:
        return float(asked.text(name) or default)
    except ValueError as exc:
        raise Refusal(f"invalid_ts_{name}") from exc


def _page(everything: Sequence[T], asked: Arguments) -> tuple[list[T], Mapping[str, str]]:
    cursor = asked.text("cursor")
    if cursor and not cursor.removeprefix("from:").isdigit():
        raise Refusal("invalid_cursor")
    start = int(cursor.removeprefix("from:")) if cursor else 0
    end = start + asked.number("limit", PAGE, PAGE_MOST)
    return list(everything[start:end]), {"next_cursor": f"from:{end}" if end < len(everything) else ""}


def _person(person: Person, enterprise: str) -> Doc:
    org: Doc = {"enterprise_user": {"id": person.id, "enterprise_id": enterprise, "teams": list(person.org)}}
    where: Doc = org if person.org else {"team_id": person.team}
    where |= {"is_stranger": True} if person.team != TEAM else {}
    return {
        "id": person.id, **where, "name": person.name, "real_name": person.display,
        "deleted": person.is_gone, "color": person.colour.lstrip("#"), "tz": "Europe/Berlin", "tz_offset": 3600,
        "profile": {"display_name": person.display, "real_name": person.display, "title": person.role},
        "is_admin": False, "is_owner": False, "is_restricted": person.is_guest or person.is_single_channel,
        "is_ultra_restricted": person.is_single_channel, "is_bot": person.is_bot, "is_app_user": person.is_app,
        "updated": 0,
    }  # fmt: skip


def _channel(channel: Channel) -> Doc:
    if channel.is_direct:
        return {"id": channel.id, "is_im": True, "is_channel": False, "user": channel.members[0], "is_archived": False}
    return {
        "id": channel.id, "name": channel.name, "is_channel": not channel.is_private, "is_group": channel.is_private,
        "is_im": False, "is_mpim": False, "is_private": channel.is_private, "is_archived": channel.is_archived,
        "is_member": BOT_USER in channel.members, "is_shared": False, "is_ext_shared": False, "is_general": False,
        "topic": {"value": channel.topic}, "purpose": {"value": ""}, "num_members": len(channel.members),
        "context_team_id": TEAM,
    }  # fmt: skip


def _group(group: Group, with_users: bool) -> Doc:
    doc: Doc = {"id": group.id, "team_id": TEAM, "is_usergroup": True, "handle": group.handle, "name": group.name}
    doc |= {"description": "", "user_count": len(group.members), "date_delete": int(group.is_disabled)}
    return doc | ({"users": list(group.members)} if with_users else {})
