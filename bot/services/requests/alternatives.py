"""What could be asked instead of a wish: something narrower, or the same in the layers that can do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.grammar.command import Command
from bot.domain.jobs.plan import Plan
from bot.domain.policies.wording import listed
from bot.domain.site import Layer, Site
from bot.domain.target import Target
from bot.services.requests.planning import Known, make_plan
from providers.contract import Kind, Provider, UnsupportedWish

Providers = Mapping[str, Provider]
WORDS = {
    Kind.URL: "URLs",
    Kind.PREFIX: "prefixes",
    Kind.TAG: "tags",
    Kind.HOST: "hosts",
    Kind.PATTERN: "patterns",
    Kind.EVERYTHING: "everything",
}

KEYS = {Kind.URL: ("`urls`", "`paths`"), Kind.PREFIX: ("`prefixes`",), Kind.TAG: ("`tags`",)}  # of a deploy


def is_possible(kind: Kind, value: str, command: Command, site: Site, providers: Providers) -> bool:
    """Whether every layer that `command` asks can purge this in its place."""
    return _is_known(replace(command, targets=(Target(kind, value, site.name),)), site, providers, {})


def _is_known(command: Command, site: Site, providers: Providers, known: Known) -> bool:
    try:
        make_plan(command, site, providers, known)
    except UnsupportedWish:
        return False
    return True


def narrower(plan: Plan, command: Command, site: Site, providers: Providers) -> str:
    """What would do less than a host or everything, in each layer that was asked; "" where nothing would."""
    if plan.effect not in (Kind.EVERYTHING, Kind.HOST):
        return ""
    named = next((target.value for target in plan.targets if target.kind is Kind.HOST), site.hosts[0])
    host = named if plan.effect is Kind.HOST else site.hosts[0]
    is_part = plan.effect is Kind.EVERYTHING and len(site.hosts) > 1
    ways = [
        f"one host, such as `host {host}`"
        if is_part and is_possible(Kind.HOST, host, command, site, providers)
        else "",
        f"what lies below a path, such as `prefix {host}/news/`"
        if is_possible(Kind.PREFIX, f"{host}/news/", command, site, providers)
        else _pages(command, site, providers),
    ]
    told = ", or ".join(filter(None, ways))
    return f"Narrower: {told}" if told else ""


def _pages(command: Command, site: Site, providers: Providers) -> str:
    if is_possible(Kind.TAG, "news", command, site, providers):
        return "a tag, or the pages by their URLs"
    return "the pages by their URLs" if is_possible(Kind.URL, site.root_url(), command, site, providers) else ""


def instead(command: Command, site: Site, providers: Providers, known: Known) -> str:
    """What to do where some layers cannot do `command`; "" where one layer is all there is, or the only one meant."""
    if command.only or len(site.layers) < 2:
        return ""
    able = [x for x in site.layers if _is_known(replace(command, only=x.account), site, providers, known)]
    return f"{_common(command, site, providers)}{_in_some(able, site, providers)}"


def keys_for_all(command: Command, site: Site, providers: Providers) -> str:
    """The keys of a deploy that every layer of `site` can purge, where what it named is not all of that sort."""
    kinds = [kind for kind in KEYS if all(kind in providers[layer.account].can.kinds for layer in site.layers)]
    if {target.kind for target in command.targets} <= {*kinds, Kind.PATH}:
        return ""
    every = f"Every layer of {site.name}" if len(site.layers) > 1 else site.name
    return f" {every} can purge {listed([key for kind in kinds for key in KEYS[kind]], 'and')}." if kinds else ""


def _common(command: Command, site: Site, providers: Providers) -> str:
    """The kinds that every layer knows, where it is the kind that one of them does not."""
    kinds = [kind for kind in WORDS if all(kind in providers[layer.account].can.kinds for layer in site.layers)]
    if {target.kind for target in command.targets} <= {*kinds, Kind.PATH}:
        return ""
    return f" All layers of {site.name} can purge {listed([WORDS[kind] for kind in kinds], 'and')}." if kinds else ""


def _in_some(able: Sequence[Layer], site: Site, providers: Providers) -> str:
    """The layers that can do it, the outermost first, and what stays old: visitors see the outermost one."""
    if not able:
        return ""
    outermost = site.layers[-1]
    unable = listed([_title(layer, providers) for layer in site.layers if layer not in able], "and")
    if outermost not in able:
        names = listed([_title(layer, providers) for layer in able], "and")
        old = f"visitors would keep the old page that {_title(outermost, providers)} holds"
        return f" Only {names} can do this, and {old}."
    inner = listed([f"`only {layer.account}`" for layer in reversed(able[:-1])], "or")
    more = f" With {inner} visitors keep the old page." if inner else ""
    stays = f"the copies in {unable} stay, and old pages may come back from there."
    return f" Or add `only {outermost.account}`: {stays}{more}"


def _title(layer: Layer, providers: Providers) -> str:
    return f"{providers[layer.account].title} ({layer.account})"
