"""The form for everything: the site's name is typed, a reason given, and narrower choices offered."""

from __future__ import annotations

from bot.domain.command import Command
from bot.domain.site import Site
from bot.slack.cards.blocks import Block, actions, button, context, section
from bot.slack.escape import cut, escape

NAME_MAX, REASON_MAX = 100, 500
CALLBACK = "everything"


def everything_form(site: Site, command: Command, draft: str) -> Block:
    """The view. `draft` is what it belongs to; a reason is asked for only if none was given."""
    hosts = ", ".join(escape(host, 80) for host in site.hosts[:5])
    caches = len(site.layers)
    blocks = [
        section(f"This empties *all* of {site.name} ({site.environment}) in {caches} caches: {hosts}."),
        context(["Its traffic is unknown here, so treat the load on the origin until it is refilled as high."]),
        _input("site_name", f"Type {site.name} to confirm", NAME_MAX),
    ]
    if not command.reason:
        blocks.append(_input("reason", "Why", REASON_MAX))
    narrower = [
        *actions([button(f"Only the front page of {site.name}", "pick", f"{draft}:0")]),
        *actions([button(f"Only the host {site.hosts[0]}", "pick", f"{draft}:1")]),
    ]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": draft,
        "title": {"type": "plain_text", "text": "Purge everything"},
        "submit": {"type": "plain_text", "text": "Ask for it"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [*blocks, context(["Or something narrower:"]), *narrower],
    }


def chosen_form() -> Block:
    """What the form becomes once a narrower choice was made."""
    return {
        "type": "modal",
        "callback_id": "chosen",
        "title": {"type": "plain_text", "text": "Something narrower"},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": [section("Taken: the narrower purge goes on in its channel. Nothing else was asked for.")],
    }


def _input(name: str, label: str, longest: int) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": {"type": "plain_text", "text": cut(label, 200)},
        "element": {"type": "plain_text_input", "action_id": name, "max_length": longest},
    }
