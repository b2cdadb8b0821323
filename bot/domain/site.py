"""A site: the hosts visitors use, where its truth is, and the caches in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Environment(StrEnum):
    """How careful one must be."""

    PRODUCTION = "production"
    STAGING = "staging"


@dataclass(frozen=True, slots=True)
class Layer:
    """One cache of a site: the account that purges it and this site's settings there."""

    account: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marker:
    """How a version of a page is recognised: a response header, a `<meta name>`, or a regex on the body."""

    header: str = ""
    meta: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class FileRule:
    """What a deploy purges for the files of one glob, as written: `content/news/*.md` → `/news/*`, `/`."""

    match: str
    purge: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeployRules:
    """What deploys of a site purge: by file, whatever changed, and what of it may be purged whole. Quiet ones are told
    only where they do not go well."""

    files: tuple[FileRule, ...] = ()
    widen: tuple[str, ...] = ()  # paths that end in a slash
    always: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One site as configured. `layers` are innermost first: the order in which they are purged."""

    name: str
    hosts: tuple[str, ...]
    schemes: tuple[str, ...] = ("https",)
    origin: str = ""  # "https://origin.shop.test", dialled as written; empty: the origin cannot be asked
    environment: Environment = Environment.PRODUCTION
    channel: str = ""
    soft: bool = False  # what a plain purge means where the provider knows both
    tag_header: str = ""
    variants: tuple[Mapping[str, str], ...] = ()
    marker: Marker | None = None
    layers: tuple[Layer, ...] = ()
    edges: Mapping[str, str] = field(default_factory=dict)  # place → address, dialled as written
    before: str = ""  # the site whose deploys are purged and proven here first
    deploy: DeployRules = DeployRules()

    def claims(self, host: str) -> bool:
        """Whether this site serves `host` (lower-case)."""
        return host in self.hosts

    def root_url(self) -> str:
        """The site's front page on its first host."""
        return f"{self.schemes[0]}://{self.hosts[0]}/"


def comes_before(site: Site, sites: Mapping[str, Site]) -> list[Site]:
    """The sites whose `before` leads to `site`, which are purged and proven before it: the first of them first."""
    chain: list[Site] = []
    last = site
    while before := next((one for one in sites.values() if one.before == last.name and one not in chain), None):
        chain.insert(0, before)
        last = before
    return chain
