"""The links of a message, put to the caller's sites: those of one site become a list, the others are told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.grammar.command import parse
from bot.domain.grammar.speech import Command, Speaker, site_here
from bot.domain.shown import shown
from bot.domain.site import Site

HOSTS_TOLD = 10
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gleaned:
    """The links of `site`, and a line for each reason why others were left out."""

    site: str = ""
    lines: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def glean(links: Sequence[str], speaker: Speaker) -> Gleaned:
    """The links that one request can purge: of the channel's site, else of the site that has most of them."""
    sites = [(link, _site_of(link, speaker)) for link in links]
    counts = Counter(site for _, site in sites if site)
    here = site_here(speaker)
    site = here.name if here is not None and counts[here.name] else next(iter(dict(counts.most_common(1))), "")
    return Gleaned(
        site,
        tuple(link for link, of in sites if site and of == site),
        (
            *_unknown([link for link, of in sites if not of], speaker.sites),
            *(f"{_links(n)} of {other}: one request is for one site." for other, n in counts.items() if other != site),
        ),
    )


def _site_of(link: str, speaker: Speaker) -> str:
    understood = parse("url", speaker, [link])
    return understood.site if isinstance(understood, Command) and not understood.bad else ""


def _unknown(links: Sequence[str], sites: Sequence[Site]) -> list[str]:
    hosts = Counter(_host_of(link) for link in links)
    strange = {host: n for host, n in hosts.items() if not any(site.claims(host) for site in sites)}
    unread = hosts.total() - sum(strange.values())
    told = [f"{shown(host, 60)} ({_links(n)})" for host, n in list(strange.items())[:HOSTS_TOLD]]
    more = len(strange) - len(told)
    listed = ", ".join([*told, *([f"and {more:,} more"] if more > 0 else [])])
    lines = [f"{listed}: no site of yours has {'this host' if len(strange) == 1 else 'these hosts'}."] if told else []
    return [*lines, *([f"{_links(unread)} that cannot be read as a URL of yours."] if unread else [])]


def _host_of(link: str) -> str:
    found = _HOST.match(link)
    return found.group(1).lower().rstrip(".") if found else ""


def _links(n: int) -> str:
    return f"{n:,} link{'' if n == 1 else 's'}"
