"""The two files to begin with: `purgebot.yaml` with a line on each key, and the manifest of the Slack app."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files

from bot.beginning.answers import ACCOUNTS, Beginning, LayerAnswer, SiteAnswer, place_of
from bot.beginning.credentials import listed_of, unasked_of
from bot.settings.example import ORIGIN
from providers.contract import Field

FILL_IN = "fill in: "  # what stands behind a value that is only an example
MAKE_SURE = "make sure: "  # what stands behind what is likely, and proven by nothing
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_HEAD = """\
# purgebot's configuration, as `purgebot init` wrote it. `purgebot config check` reads it without starting anything,
# and `purgebot config example` shows every key that there is.
# A secret is never written here: {env: NAME} names a variable, {file: PATH} a file (relative to this one).

# `observe` plans and looks and never purges. `live` purges: set it when the plans look right.
mode: observe
"""
_COMMAND = "/purge"
_EXAMPLE = LayerAnswer("cloudflare", {"token": "env:CLOUDFLARE_TOKEN"})  # stands where no cache was named
_LEFT_OUT = (
    "  # Which caches stand in front was left for later, and without one there is no site. Fill in what is marked, and",
    "  # take the first `# ` away from each line of account and site.",
)


def config_text(begun: Beginning) -> str:
    """The configuration, in `mode: observe`."""
    return "\n".join([_HEAD.rstrip(), *_lines(begun)]) + "\n"


def to_fill_in(text: str) -> list[tuple[int, str]]:
    """The lines of a configuration that hold only an example: each number, from 1, and what belongs there."""
    return _marked(text, FILL_IN)


def to_make_sure(text: str) -> list[tuple[int, str]]:
    """The lines that hold what is only likely: each number, from 1, and what to make sure of."""
    return _marked(text, MAKE_SURE)


def _marked(text: str, mark: str) -> list[tuple[int, str]]:
    found = ((n, line.partition(f"# {mark}")[2]) for n, line in enumerate(text.splitlines(), 1))
    return [(n, what) for n, what in found if what]


def _lines(begun: Beginning) -> Iterator[str]:
    yield _beside(f"command: {begun.command}", "as in the Slack app's manifest", 24)
    yield ""
    yield "# Who we are at each provider. Rate limits belong to the account."
    yield "accounts:"
    for layer in begun.accounts:
        yield from _account(layer)
    if not begun.accounts:
        yield from _LEFT_OUT
        yield from map(_commented, _account(_EXAMPLE, f"{FILL_IN}the cache in front: {', '.join(ACCOUNTS)}"))
    yield ""
    yield "# What can be purged."
    yield "sites:"
    for n, site in enumerate(begun.every_site):
        yield from _or_commented(site, begun, begun.origin if n == 0 else "")
    yield from _left_out(begun)
    yield ""
    yield from _approvals(begun)


def _account(layer: LayerAnswer, which: str = "") -> Iterator[str]:
    yield _beside(f"  {layer.account}:", f"more keys: docs/providers/{layer.provider}.md")
    provider = f"    provider: {layer.provider}"
    yield _beside(provider, which) if which else provider
    if unasked := unasked_of(layer):
        yield f"    # It looks for {listed_of(unasked)} where the bot runs; they may stay unset where"
        yield f"    # {unasked.where}."
    for one, value in layer.of_account():
        yield _key("    ", one, value)


def _or_commented(site: SiteAnswer, begun: Beginning, origin: str) -> Iterator[str]:
    """The site; commented out where its caches were left for later, since there is none without."""
    if site.layers:
        yield from _site(site, begun, origin)
        return
    layer = LayerAnswer(begun.accounts[0].provider) if begun.accounts else _EXAMPLE
    yield from () if not begun.accounts else _LEFT_OUT
    yield from map(_commented, _site(replace(site, layers=(layer,)), begun, origin))


def _commented(line: str) -> str:
    """A line of the file that says nothing yet, at its place."""
    bare = line.lstrip()
    return f"{line[: len(line) - len(bare)]}# {bare}"


def _site(site: SiteAnswer, begun: Beginning, origin: str) -> Iterator[str]:
    yield f"  {quoted(site.site)}:"
    hosts = f"    hosts: [{', '.join(map(quoted, site.hosts))}]"
    yield _beside(hosts, f"{MAKE_SURE}that the name is right; {site.doubt}") if site.doubt else hosts
    yield _beside(f"    schemes: [{', '.join(site.schemes)}]", "what a URL typed without a scheme means")
    yield from _or_later(origin, "origin", ORIGIN, "where the truth is, behind every cache")
    yield _beside("    environment: production", "or staging")
    yield from _or_later(begun.channel, "channel", "C0SHOP", "where this site's jobs are told, by id")
    yield _beside("    layers:", "innermost first: the order in which they are purged")
    for layer in site.layers:
        line = f"      - account: {layer.account}"
        yield _beside(line, f"{MAKE_SURE}that it is there, or remove it; {layer.doubt}") if layer.doubt else line
        for one, value in layer.of_layer():
            yield _key("        ", one, value)
    if begun.edge:
        yield _beside("    edges:", "places to look from; dialled as written, Host and SNI from the URL")
        yield f"      edge: {quoted(begun.edge)}"


def _left_out(begun: Beginning) -> Iterator[str]:
    """Hosts of no site, each with the reason."""
    for one in begun.left_out:
        yield f"  # {one.host} is in no site: {one.why}."
    if begun.left_out:
        yield "  # Add it to the hosts of the site whose caches stand in front of it, or write it a site of its own."


def _or_later(value: str, key: str, example: str, what: str) -> Iterator[str]:
    line = f"{key}: {quoted(value or example)}"
    yield _beside(f"    {line if value else f'# {line}'}", what)


def _approvals(begun: Beginning) -> Iterator[str]:
    yield "# Wider purges need a yes: one approver for a prefix, host or pattern, two for everything in production."
    yield "# Slack ids, not names; a profile's menu has \"Copy member ID\", a channel's details end with its id."
    gate = "" if begun.approvals and begun.approvers else "# "
    yield f"{gate}approvals:"
    yield f"{gate}  channel: {begun.approvals or 'C0APPROVE'}"
    yield f"{gate}  approvers: [{', '.join(begun.approvers or ('U0LEA', 'U0SAM', 'U0KIM'))}]"


def _key(indent: str, one: Field, value: str) -> str:
    """A key with its answer; with the example where there is none yet, marked so."""
    line = f"{indent}{one.name}: {_written(one, value) if value else quoted(one.example)}"
    return _beside(line, f"{'' if value else FILL_IN}{one.what}")


def _beside(line: str, comment: str, column: int = 40) -> str:
    """A line with its comment, which a blank must part from what stands before."""
    return f"{line.ljust(column)} # {comment}"


def _written(one: Field, value: str) -> str:
    if one.tree:
        return value
    return (place_of(value) if one.secret else "") or quoted(value)


def quoted(text: str) -> str:
    """A scalar that is read as the text it is."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else json.dumps(text, ensure_ascii=False)


_ABOUT = """\
# The Slack app, as `purgebot init` wrote it{how}.
# At https://api.slack.com/apps choose Create New App → From a manifest, and paste this.
"""
_URL = "/slack/events"
_ADDRESSED = (  # after which lines Slack is told where to deliver by HTTP, and under which key
    (r"^    - command: .*\n", "      url"),
    (r"^  event_subscriptions:\n", "    request_url"),
    (r"^  interactivity:\n    is_enabled: true\n", "    request_url"),
)


def manifest_text(command: str = _COMMAND, address: str = "") -> str:
    """The Slack app's manifest with that command; with an `address` (https://host) for signed HTTP there, without one
    for Socket Mode."""
    text = files("bot.beginning").joinpath("manifest.yml").read_text(encoding="utf-8")
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    body = body.replace(f"command: {_COMMAND} ", f"command: {command} ")
    if not address:
        return _ABOUT.format(how=", for Socket Mode: no public address is needed") + body
    for after, key in _ADDRESSED:
        body = re.sub(f"({after})", rf"\g<1>{key}: {address}{_URL}\n", body, flags=re.MULTILINE)
    body = body.replace("socket_mode_enabled: true", "socket_mode_enabled: false")
    return _ABOUT.format(how=f", for signed HTTP: Slack must reach {address}") + body
