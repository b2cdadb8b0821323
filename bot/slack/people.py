"""What Slack's record of a person says: whom it is about, of which workspaces, and what they are to the home one.

In an Enterprise organisation `team_id` may be missing from a record, `enterprise_user.teams` names the workspaces, and
a click's `user.team_id` may be the organisation (E…) instead of a workspace:
https://docs.slack.dev/reference/methods/users.info, https://docs.slack.dev/reference/interaction-payloads (2026-11-26).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.actor import Standing

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace that the bot lives in, and its organisation, "" where it has none."""

    team: str = ""
    enterprise: str = ""


def standing(person: Record, team: str, home: Home) -> Standing:
    """What somebody is who acts from `team`, "" where nobody said from where."""
    if not person.get("id") or not home.team:
        return Standing.UNREADABLE
    if not is_same(person, team, home):
        return Standing.STRANGER
    if person.get("deleted"):
        return Standing.GONE
    if person.get("is_bot") or person.get("is_app_user"):
        return Standing.BOT
    if person.get("is_stranger") or home.team not in _teams(person):
        return Standing.STRANGER
    if person.get("is_restricted") or person.get("is_ultra_restricted"):
        return Standing.GUEST
    return Standing.MEMBER


def is_same(person: Record, team: str, home: Home) -> bool:
    """Whether the one who acts from `team` is the one of the record: the same id in another workspace is not."""
    if team in ("", home.team) or team in _teams(person):
        return True
    return team == home.enterprise and _enterprise(person) == home.enterprise


def _teams(person: Record) -> frozenset[str]:
    inside = person.get("enterprise_user")
    teams = inside.get("teams") if isinstance(inside, Mapping) else None
    told = (person.get("team_id"), *(teams if isinstance(teams, list) else ()))
    return frozenset(str(team) for team in told if team)


def _enterprise(person: Record) -> str:
    inside = person.get("enterprise_user")
    return str(inside.get("enterprise_id") or "") if isinstance(inside, Mapping) else ""


def goes_by(person: Record) -> list[str]:
    """Display name, real name, handle; "" for each that is not set."""
    profile = person.get("profile")
    shown = profile.get("display_name") if isinstance(profile, Mapping) else ""
    return [name if isinstance(name, str) else "" for name in (shown, person.get("real_name"), person.get("name"))]


def plain(name: str) -> str:
    """A name as it is compared: without blanks and capitals."""
    return "".join(name.split()).casefold()
