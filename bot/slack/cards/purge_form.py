"""The form for a purge: what, on which site, how and why; the asker's last targets fill it in."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.grammar.filled_form import FILE, KIND, MODE, REASON, SITE, THINGS
from bot.domain.shown import count
from bot.domain.site import Site
from bot.services.replies import PurgeFormWanted
from bot.services.requests.wishes import TYPED_MAX
from bot.slack.cards.blocks import Block, Card, button, card, context
from bot.slack.cards.private import copied
from bot.slack.cards.words import listed
from bot.slack.escape import bare, code, escape
from providers.contract import Kind

CALLBACK = "purge"
RECENT = "recent"
SELECT_MAX, OPTION_MAX, VALUE_MAX = 100, 75, 150  # Slack's: options, characters of one, of its value
REASON_MAX, SITE_MAX = 500, 200
LEFT_OUT_MAX = 400  # characters of one reason why links were left out
GUESS = "guess"
AS_SET = "as_set"
_KINDS = (
    (GUESS, "Whatever it looks like"),
    (Kind.URL.value, "URLs: one page or file each"),
    (Kind.PATH.value, "Paths: the same path on every host"),
    (Kind.PREFIX.value, "Prefixes: everything below a path"),
    (Kind.TAG.value, "Tags: what the origin labelled so"),
    (Kind.HOST.value, "Hosts: everything under a host name"),
    (Kind.PATTERN.value, "Patterns: other wildcards"),
    (Kind.EVERYTHING.value, "Everything on the site; a second form asks again"),
)


def purge_form(wanted: PurgeFormWanted) -> Block:
    """The view. What a turn fills in stands in fields of a new name: in others Slack keeps what was typed."""
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": wanted.draft,
        "title": _plain("Purge"),
        "submit": _plain("Purge"),
        "close": _plain("Cancel"),
        "blocks": [
            *_left_out(wanted.left_out),
            *_recent(wanted),
            _things(wanted),
            *_list(wanted),
            _input(KIND, "Read as", _select([_option(value, text) for value, text in _KINDS], GUESS)),
            _site(wanted),
            _input(MODE, "How", _mode(wanted)),
            _input(REASON, "Why", _typed(REASON_MAX), optional=True),
        ],
    }


def button_card(draft: str, command: str) -> Card:
    """The form needs a click of its own to open."""
    lines = ["Or type it in one line.", copied("What can be typed", f"{command} help")]
    return card("What should be gone?", lines, [button("Fill in a form", "open_form", draft, "primary")])


def _left_out(lines: Sequence[str]) -> list[Block]:
    return [context([f"Left out: {escape(line, LEFT_OUT_MAX)}" for line in lines])] if lines else []


def _recent(wanted: PurgeFormWanted) -> list[Block]:
    """A choice that fills the form in. Its block is new each turn, so that the same one can be chosen again."""
    if not wanted.recent:
        return []
    options = [_option(str(n), _named(line, site)) for n, (line, site) in enumerate(wanted.recent)]
    element: Block = {
        "type": "static_select", "action_id": RECENT, "placeholder": _plain("Choose one"), "options": options,
    }  # fmt: skip
    text = {"type": "mrkdwn", "text": "Your last targets"}
    return [{"type": "section", "block_id": _turned(RECENT, wanted.turn), "text": text, "accessory": element}]


def _named(line: str, site: str) -> str:
    return line if "://" in line else f"{line} on {site}"


def _things(wanted: PurgeFormWanted) -> Block:
    more = bool(wanted.waiting or wanted.files)
    element = _typed(TYPED_MAX) | {"multiline": True, "focus_on_load": True}
    element |= {"initial_value": wanted.things} if wanted.things else {}
    hint = "One a line: a URL, a path such as /pricing, a prefix such as /news/*, or tag:name"
    label = "What else should be gone" if more else "What should be gone"
    return _input(_turned(THINGS, wanted.turn), label, element, hint, optional=True)


def _list(wanted: PurgeFormWanted) -> list[Block]:
    """What waits in the draft; where nothing does, a place for a file."""
    if wanted.waiting:
        return [context([f"With it: {count(wanted.waiting, 'link')} of the message, too many for a field."])]
    if wanted.files:
        return [context([f"With it: the list {listed([code(name, 100) for name in wanted.files])}."])]
    element: Block = {"type": "file_input", "action_id": FILE, "filetypes": ["txt", "csv"], "max_files": 1}
    hint = ".txt with one thing a line, or .csv with a column url, path, target or tag; 20 MB at most"
    return [_input(FILE, "Or a list in a file", element, hint, optional=True)]


def _site(wanted: PurgeFormWanted) -> Block:
    """A choice among the caller's sites; where Slack cannot list so many, its name is typed."""
    names = [site.name for site in wanted.sites]
    hint = "May stay empty where the things name their host"
    name = _turned(SITE, wanted.turn)
    if len(names) <= SELECT_MAX and all(len(one) <= VALUE_MAX for one in names):
        return _input(name, "Site", _select([_option(one, one) for one in names], wanted.site), hint, optional=True)
    element = _typed(SITE_MAX) | ({"initial_value": wanted.site} if wanted.site else {})
    return _input(name, "Site", element, f"{hint}; {count(len(names), 'site')} are yours", optional=True)


def _mode(wanted: PurgeFormWanted) -> Block:
    only = wanted.sites[0] if len(wanted.sites) == 1 else None
    options = [
        _option(AS_SET, f"As the site is set{_set(only)}"),
        _option("soft", "Soft: mark as stale, where the provider can"),
        _option("hard", "Hard: remove"),
    ]
    return {"type": "radio_buttons", "options": options, "initial_option": options[0]}


def _set(site: Site | None) -> str:
    return "" if site is None else ": soft" if site.soft else ": hard"


def _select(options: Sequence[Block], chosen: str) -> Block:
    initial = [option for option in options if option["value"] == chosen]
    element: Block = {"type": "static_select", "options": list(options), "placeholder": _plain("Choose")}
    return element | ({"initial_option": initial[0]} if initial else {})


def _option(value: str, text: str) -> Block:
    return {"text": _plain(bare(text, OPTION_MAX) or value), "value": value}


def _typed(longest: int) -> Block:
    return {"type": "plain_text_input", "max_length": longest}


def _input(name: str, label: str, element: Block, hint: str = "", optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": element | {"action_id": name},
        "optional": optional,
        **({"hint": _plain(hint)} if hint else {}),
    }


def _turned(name: str, turn: int) -> str:
    return f"{name}-{turn}" if turn else name


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
