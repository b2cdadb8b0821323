"""The form for everything: the site's name is typed, a reason given, and narrower choices offered."""

from __future__ import annotations

from bot.domain.shown import count
from bot.services.replies import FormWanted
from bot.slack.cards.blocks import Block, actions, button, context, section
from bot.slack.cards.findings import policy_line
from bot.slack.cards.words import ORIGIN_LOAD, hosts
from bot.slack.escape import bare, escape

NAME_MAX, REASON_MAX, LABEL_MAX = 100, 500, 200
CALLBACK = "everything"
SOFT = "Soft: old copies stay, marked as stale, until they are fetched anew."


def everything_form(wanted: FormWanted) -> Block:
    """The view. A reason is asked for only if none was given."""
    site, name = wanted.site, escape(wanted.site.name, 60)
    softly = f", {escape(wanted.softly, 80)}" if wanted.softly else ""
    layers = f"{count(len(site.layers), 'layer')}{softly}"
    begins = wanted.command.when.removeprefix("at ")
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": wanted.draft,
        "title": {"type": "plain_text", "text": "Purge everything"},
        "submit": {"type": "plain_text", "text": "Ask for it"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [
            section(f"This empties *all* of {name} ({site.environment}) in {layers}: {hosts(site.hosts)}."),
            *([context([policy_line(wanted.decision, "runs once you send this")])] if wanted.decision else []),
            *([context([SOFT])] if softly else []),
            *([context([f"It begins {escape(begins, 60)}."])] if begins else []),
            context([ORIGIN_LOAD]),
            _input("site_name", f"Type {site.name} to confirm", NAME_MAX),
            *([] if wanted.command.reason else [_input("reason", "Why", REASON_MAX)]),
            context(["Or something narrower:"]),
            *_narrower(wanted),
        ],
    }


def _narrower(wanted: FormWanted) -> list[Block]:
    """The draft's own choices, in its order: the front page, and a host where one is a part that can be purged."""
    site = wanted.site
    labels = [f"Only the front page, {site.root_url()}", f"Only the host {site.hosts[0]}"]
    choices = zip(labels, range(len(wanted.narrower)), strict=False)
    return actions([button(label, "pick", f"{wanted.draft}:{n}") for label, n in choices])


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
