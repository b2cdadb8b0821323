"""The form for everything: the site's name is typed, a reason given, and narrower choices offered."""

from __future__ import annotations

from bot.domain.command import Command
from bot.domain.site import Site
from bot.slack.cards.blocks import Block, actions, button, context, section
from bot.slack.cards.words import ORIGIN_LOAD, count, hosts
from bot.slack.escape import bare, escape

NAME_MAX, REASON_MAX, LABEL_MAX = 100, 500, 200
CALLBACK = "everything"


def everything_form(site: Site, command: Command, draft: str) -> Block:
    """The view. `draft` is what it belongs to; a reason is asked for only if none was given."""
    name = escape(site.name, 60)
    layers = count(len(site.layers), "layer")
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": draft,
        "title": {"type": "plain_text", "text": "Purge everything"},
        "submit": {"type": "plain_text", "text": "Ask for it"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [
            section(f"This empties *all* of {name} ({site.environment}) in {layers}: {hosts(site.hosts)}."),
            context([ORIGIN_LOAD]),
            _input("site_name", f"Type {site.name} to confirm", NAME_MAX),
            *([] if command.reason else [_input("reason", "Why", REASON_MAX)]),
            context(["Or something narrower:"]),
            *_narrower(site, draft),
        ],
    }


def _narrower(site: Site, draft: str) -> list[Block]:
    """The draft's own choices, in its order. The only host of a site is all of it, and so not narrower."""
    front = button(f"Only the front page, {site.root_url()}", "pick", f"{draft}:0")
    host = button(f"Only the host {site.hosts[0]}", "pick", f"{draft}:1")
    return [*actions([front]), *(actions([host]) if len(site.hosts) > 1 else [])]


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
        "label": {"type": "plain_text", "text": bare(label, LABEL_MAX)},
        "element": {"type": "plain_text_input", "action_id": name, "max_length": longest},
    }
