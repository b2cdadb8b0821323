"""Single values: each check returns what is meant, or complains and returns something harmless."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.domain.grammar.words import Notes, refused_character
from bot.domain.target import Unreadable, read_host
from bot.settings.complaints import Complaints, quoted
from bot.settings.document import HEADER, NAME, TIME
from bot.settings.parts import SLACK_ID
from bot.settings.reader import Place

_SORT = {
    "C": "a channel",
    "G": "a channel",
    "D": "a direct message",
    "U": "a person",
    "W": "a person",
    "S": "a user group",
}


def host(complaints: Complaints, place: Place, typed: str) -> str:
    """A host name in lower case and punycode, as visitors' requests carry it."""
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", typed)
    name = re.split(r"[/?#]", bare)[0].rpartition("@")[2]
    name = re.sub(r":[0-9]*$", "", name) if not name.endswith("]") else name
    if "*" in typed:
        complaints.add(place, f"{quoted(typed)} holds a star.", "Name every host by itself.")
    elif bare != typed:
        complaints.add(place, f"{quoted(typed)} is a URL.", f"Write the host alone: {name}.")
    elif name != typed:
        complaints.add(place, f"{quoted(typed)} is more than a host.", f"Write the host alone: {name}.")
    else:
        return _host_name(complaints, place, typed)
    return ""


def _host_name(complaints: Complaints, place: Place, typed: str) -> str:
    try:
        if ".." in typed or typed.startswith("."):
            raise Unreadable("two dots")
        return read_host(typed, Notes())
    except Unreadable:
        complaints.add(place, f"{quoted(typed)} is not a host name.", "Write it like www.shop.test.")
        return ""


def address(complaints: Complaints, place: Place, typed: str, with_path: bool = False) -> str:
    """An http or https URL that is dialled as written, without its last slash; a path only if `with_path`."""
    try:
        parts = urlsplit(typed)
        good = parts.port != 0 and not parts.netloc.endswith(":") and not re.search(r"\s", typed)
    except ValueError:
        parts, good = urlsplit(""), False
    if "@" in parts.netloc:
        secret = "Give the whole URL as {env: NAME} or {file: PATH}." if with_path else "Write it without."
        complaints.add(place, "a user name or password stands in this URL.", secret)
    elif parts.scheme not in ("http", "https") or not parts.hostname or not good:
        complaints.add(place, f"{quoted(typed)} is not an http or https URL.", "Write it like https://203.0.113.7.")
    elif with_path and (parts.query or parts.fragment):
        complaints.add(place, f"{quoted(typed)} does not end with its path.", "Write it up to the `?` or `#`.")
    elif parts.query or parts.fragment or (parts.path not in ("", "/") and not with_path):
        complaints.add(place, f"{quoted(typed)} holds a path.", f"Write {parts.scheme}://{parts.netloc} alone.")
    else:
        return typed.rstrip("/")
    return ""


def name(complaints: Complaints, place: Place, typed: str, sort: str) -> bool:
    """Whether `typed` can be typed in chat as one word."""
    if typed.lower() in ("all", "everything") or re.fullmatch(r"[Pp]-\d+", typed):
        complaints.add(
            place, f"{quoted(typed)} already means something in a command.", f"Give the {sort} another name."
        )
    else:
        return label(complaints, place, typed, sort)
    return False


def label(complaints: Complaints, place: Place, typed: str, sort: str) -> bool:
    """Whether `typed` is one word, as names are."""
    if re.fullmatch(NAME, typed):
        return True
    advice = "Use up to 40 letters, digits, `-`, `_` and `.`, beginning with a letter or digit."
    complaints.add(place, f"{quoted(typed)} is no name for {_a(sort)}.", advice)
    return False


def _a(sort: str) -> str:
    return f"an {sort}" if sort.startswith("a") else f"a {sort}"


def channel(complaints: Complaints, place: Place, typed: str) -> str:
    """A Slack channel's id."""
    return _slack_id(complaints, place, typed, ("a channel", "a direct message"), "channel's id, such as C0SHOP")


def person(complaints: Complaints, place: Place, typed: str) -> str:
    """The id of a Slack user."""
    return _slack_id(complaints, place, typed, ("a person",), "id of a user, such as U0MIA")


def voter(complaints: Complaints, place: Place, typed: str) -> str:
    """The id of a Slack user or user-group."""
    return _slack_id(
        complaints, place, typed, ("a person", "a user group"), "id of a user or user-group, such as U0LEA"
    )


def _slack_id(complaints: Complaints, place: Place, typed: str, sorts: tuple[str, ...], wanted: str) -> str:
    if re.fullmatch(r"[a-z][0-9][A-Za-z0-9]{2,}", typed):
        complaints.add(place, f"{quoted(typed)} is no Slack id: those are in capitals.", f"Write {typed.upper()}.")
        return ""
    if not re.fullmatch(SLACK_ID, typed):
        complaints.add(place, f"{quoted(typed)} is not a Slack id.", f"Write the {wanted}; names change, ids do not.")
        return ""
    sort = _SORT.get(typed[0])
    if sort is not None and sort not in sorts:
        complaints.add(place, f"{quoted(typed)} is {sort}.", f"Write the {wanted}.")
        return ""
    return typed


def header_name(complaints: Complaints, place: Place, typed: str) -> str:
    """The name of an HTTP header."""
    if not re.fullmatch(HEADER, typed):
        complaints.add(
            place, f"{quoted(typed)} is not the name of a header.", "Write it like X-Build, without a colon."
        )
    return typed


def plain_text(complaints: Complaints, place: Place, typed: str) -> str:
    """Text without characters that cannot be seen."""
    character = refused_character(typed)
    if character:
        complaints.add(place, f"holds {character}.", "Remove it.")
    return typed


def time(complaints: Complaints, place: Place, typed: str) -> float | None:
    """Seconds of a time such as 30d or 12h; None for `never`."""
    if not re.fullmatch(TIME, typed):
        complaints.add(place, f"{quoted(typed)} is not a time.", "Write days or hours, such as 400d or 12h, or never.")
        return None
    return None if typed == "never" else int(typed[:-1]) * {"d": 86400.0, "h": 3600.0}[typed[-1]]


def pattern(complaints: Complaints, place: Place, typed: str) -> str:
    """A regular expression."""
    try:
        re.compile(typed)
    except re.error as exc:
        complaints.add(place, f"{quoted(typed)} is not a regular expression: {exc}.", "Mend it, or use header or meta.")
    return typed
