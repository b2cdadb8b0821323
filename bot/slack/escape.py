"""Outside text made harmless before Slack sees it. Everything that is not ours goes through here."""

from __future__ import annotations

import unicodedata

# Characters that turn or hide text; https://docs.slack.dev/messaging/formatting-message-text for the three below.
_BACKTICK = "\u02cb"  # a look-alike that does not end a code span
_KEPT = "\n"


def escape(text: str, limit: int = 300) -> str:
    """`text` for mrkdwn: `&`, `<` and `>` escaped and nothing else; control and turning characters out; cut."""
    clean = "".join(
        char for char in text if char == _KEPT or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
    return cut(clean, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str, limit: int = 300) -> str:
    """`text` as a code span."""
    inside = escape(text, limit).replace("`", _BACKTICK).replace("\n", " ").strip()
    return f"`{inside}`" if inside else ""


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def person(actor: str) -> str:
    """A mention for a Slack id, plain words for a token."""
    if actor.startswith("token:"):
        return f"token {code(actor.removeprefix('token:'), 60)}"
    return f"<@{actor}>" if actor.replace("_", "").isalnum() and actor.isascii() else code(actor, 60)
