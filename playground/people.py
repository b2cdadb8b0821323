"""Who lives in the pretend workspace: people, channels and groups. Ids are opaque, as Slack's are."""

from __future__ import annotations

from dataclasses import dataclass

TEAM, TEAM_NAME, TEAM_DOMAIN = "T_SHOP", "Shop", "shop"
APP, BOT, BOT_USER, BOT_NAME = "A_PURGEBOT", "B_PURGEBOT", "U_PURGEBOT", "purgebot"
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True)
class Person:
    """One account that the workspace sees; `colour` is for the avatar on the page. With another `team` it is somebody
    of another workspace in a shared channel; `org` names the workspaces of somebody in an organisation, where Slack's
    record may have no team of its own."""

    id: str
    name: str
    display: str
    role: str
    colour: str
    team: str = TEAM
    is_guest: bool = False
    is_bot: bool = False
    is_gone: bool = False
    is_single_channel: bool = False  # a guest in one channel only
    is_app: bool = False  # the user behind an app
    org: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel and the ids of its members."""

    id: str
    name: str
    members: tuple[str, ...]
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_direct: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A user-group."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]
    is_disabled: bool = False


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everybody, everywhere. A free workspace has no user-groups: `has_groups` is False; one of an organisation names
    it as `enterprise`."""

    people: tuple[Person, ...]
    channels: tuple[Channel, ...]
    groups: tuple[Group, ...] = ()
    has_groups: bool = True
    enterprise: str = ""

    def person(self, id: str) -> Person | None:
        """The account of that id."""
        return next((person for person in self.people if person.id == id), None)

    def channel(self, id: str) -> Channel | None:
        """The channel of that id; a person's own conversation with the bot is `D_…`, or the person's id."""
        direct = next((person for person in self.people if id in (person.id, direct_id(person.id))), None)
        if direct is not None and not direct.is_bot:
            return Channel(direct_id(id) if id == direct.id else id, "", (direct.id, BOT_USER), is_direct=True)
        return next((channel for channel in self.channels if channel.id == id), None)

    def group(self, id: str) -> Group | None:
        """The user-group of that id."""
        return next((group for group in self.groups if group.id == id), None)


def direct_id(user: str) -> str:
    """The id of the conversation between a person and the bot."""
    return f"D_{user.removeprefix('U_')}"


PEOPLE = (
    Person("U_MIA", "mia", "Mia", "editor", "#b4552d"),
    Person("U_LEA", "lea", "Lea", "site reliability", "#2f6f8f"),
    Person("U_SAM", "sam", "Sam", "site reliability", "#5b7f3a"),
    Person("U_KIM", "kim", "Kim", "site reliability", "#7a4f9a"),
    Person("U_GUEST", "guest", "Guest", "guest", "#7d7d72", is_guest=True),
    Person(BOT_USER, BOT_NAME, BOT_NAME, "app", "#1f2937", is_bot=True),
)
_ALL = tuple(person.id for person in PEOPLE)
WORKSPACE = Workspace(
    PEOPLE,
    (
        Channel("C_SHOP", "shop", _ALL, "Deploys and purges of www.shop.test"),
        Channel("C_BLOG", "blog", _ALL, "Deploys and purges of www.blog.test"),
        Channel("C_MEDIA", "media", _ALL, "Deploys and purges of www.media.test"),
        Channel("C_BANK", "bank", _ALL, "Deploys and purges of www.bank.test"),
        Channel("C_APPROVE", "approvals", _ALL, "Purges that need a second pair of eyes"),
    ),
    (
        Group("S_SRE", "sre", "Site reliability", ("U_LEA", "U_SAM", "U_KIM")),
        Group("S_EDITORS", "editors", "Editors", ("U_MIA",)),
    ),
)
