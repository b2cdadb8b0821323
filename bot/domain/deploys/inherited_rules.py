"""What the rules of a site yield on one that comes before it. Such a site goes by its own where it has some, else by
those of the next site on the way, whose pages are then meant on its own hosts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.deploys.deploy import elsewhere
from bot.domain.site import Site
from bot.domain.target import Target, host_of, rest_of
from providers.contract import Kind


def file_rules_of(site: Site, later: Sequence[Site]) -> Site:
    """The site whose rules for files count on `site`, which comes before `later`; itself where none has any."""
    return next((one for one in (site, *later) if one.deploy.files), site)


def always_of(site: Site, later: Sequence[Site]) -> Site:
    """The site that says what every deploy purges on `site`, which comes before `later`; itself where none does."""
    return next((one for one in (site, *later) if one.deploy.always), site)


def widen_of(site: Site, later: Sequence[Site]) -> tuple[str, ...]:
    """The folders of `site`, which comes before `later`, that deploys may purge whole."""
    return next((one.deploy.widen for one in (site, *later) if one.deploy.widen), ())


def moved(targets: Iterable[Target], site: Site, other: Site) -> tuple[Target, ...]:
    """`targets` of `site` as they are on `other`."""
    if site.name == other.name:
        return tuple(targets)
    return tuple(dict.fromkeys(_moved(target, site, other) for target in targets))


def prefixes_elsewhere(prefixes: Iterable[str], site: Site, other: Site) -> tuple[str, ...]:
    """`prefixes` as a deploy of `site` names them, on `other`: those with a host of `site` on the one that has the same
    pages."""
    return tuple(dict.fromkeys(_prefix_elsewhere(prefix, site, other) for prefix in prefixes))


def _moved(target: Target, site: Site, other: Site) -> Target:
    value = target.value
    if target.kind is Kind.URL:
        (value,) = elsewhere([value], site, other)
    if target.kind is Kind.PREFIX and host_of(target):
        value = f"{_host_elsewhere(host_of(target), site, other)}{rest_of(target)}"
    return replace(target, value=value, site=other.name)


def _prefix_elsewhere(prefix: str, site: Site, other: Site) -> str:
    scheme, mark, rest = prefix.rpartition("://")
    host, slash, path = rest.partition("/")
    known = site.claims(host.lower())
    return f"{scheme}{mark}{_host_elsewhere(host.lower(), site, other)}{slash}{path}" if known else prefix


def _host_elsewhere(host: str, site: Site, other: Site) -> str:
    (url,) = elsewhere([f"{site.schemes[0]}://{host}/"], site, other)
    return url.partition("://")[2].removesuffix("/")
