"""Outside text made harmless before Slack sees it. Everything that is not ours goes through here; values that are
likely to be secrets are not shown, except in lines to copy, which whoever typed them alone sees (`as_typed`).

Slack's control characters are `&`, `<` and `>` and no others
(https://docs.slack.dev/messaging/formatting-message-text, read 2026-11-23).
"""

from __future__ import annotations

import re
import unicodedata

from bot.domain.actor import is_machine
from bot.domain.masking import masked

URL_SHOWN = 200
_READ_TIMES = 8  # of a huge text no more than this is read; more than the limit, since some of it is left out
_BACKTICK = "\u02cb"  # a look-alike that does not end a code span
_SPACES = ("Zs", "Zl", "Zp")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # what turns, hides or means nothing
_SLACK_ID = re.compile(r"[A-Z][A-Z0-9_]+")
_LINK = re.compile(r"https?://[^\s<>|]+")
_UNCLOSED = re.compile(r"<[^>]*$|&[a-z]{0,3}$")


def escape(text: str, limit: int = 300, as_typed: bool = False) -> str:
    """`text` as one line of mrkdwn: `&`, `<` and `>` escaped and nothing else, what hides or turns text left out, at
    most `limit` characters as Slack counts them; secrets masked, unless it is a line to copy `as_typed`."""
    clean = one_line(text[: limit * _READ_TIMES])
    clean = clean if as_typed else masked(clean)
    return cut_marked(clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), limit)


def bare(text: str, limit: int) -> str:
    """`text` for plain_text, which Slack does not parse: nothing there may even look like a mark."""
    return cut(masked(one_line(text)).replace("<", "‹").replace(">", "›"), limit)


def code(text: str, limit: int = 300, as_typed: bool = False) -> str:
    """`text` as a code span; `as_typed` for a line to copy that nobody but whoever typed it sees."""
    inside = escape(text, max(1, limit - 2), as_typed).replace("`", _BACKTICK).strip()
    return f"`{inside}`" if inside else ""


def url_text(url: str, limit: int = URL_SHOWN) -> str:
    """A URL. One that had to be cut, or holds what is masked, stands in code, since Slack would make a link to another
    page of it."""
    whole = escape(url, len(url) * 5 + 1)
    return whole if len(whole) <= limit and masked(url) == url else code(url, limit)


def person(actor: str) -> str:
    """A mention for a Slack id, plain words for a machine and for whoever was at it."""
    if actor.startswith("local:"):
        return f"{code(actor.removeprefix('local:'), 60)} at the machine"
    if is_machine(actor):
        sort, _, name = actor.partition(":")
        return f"{sort} {code(name, 60)}"
    return f"<@{actor}>" if _SLACK_ID.fullmatch(actor) else code(actor, 60) or "nobody"


def channel(id: str) -> str:
    """A channel by its Slack id."""
    return f"<#{id}>" if _SLACK_ID.fullmatch(id) else code(id, 60) or "another channel"


def linked(url: str, text: str) -> str:
    """`text` of ours as a link, or nothing where `url` is not a plain address."""
    return f"<{url}|{text}>" if _LINK.fullmatch(url) else ""


def one_line(text: str) -> str:
    """`text` on one line, without what hides or turns text."""
    return " ".join((text if text.isprintable() else "".join(map(_char, text))).split())


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cut_marked(text: str, limit: int) -> str:
    """At most `limit` characters of finished mrkdwn, with no mark or entity left open."""
    return text if len(text) <= limit else _UNCLOSED.sub("", text[: limit - 1]) + "…"


def _char(char: str) -> str:
    if char in "\t\n\r\x0b\x0c" or unicodedata.category(char) in _SPACES:
        return " "
    return "" if unicodedata.category(char) in _HIDDEN else char
