"""A deploy: which version of a site came out, told by whom, and what its pages must show from then on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.answers.answer import Answer
from bot.domain.site import Site

SHOWN_MAX = 60  # characters of an expectation
LINK_MAX = 1000  # characters
_LINK = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the page at `path` must show: response header `header` (lower case) with the value `value`, or `contains`
    somewhere in the first 256 KiB of its text."""

    path: str
    header: str = ""
    value: str = ""
    contains: str = ""

    @property
    def told(self) -> str:
        """x-build: 4.2.0, or “4.2.0” of a text."""
        words = f"{self.header}: {self.value}" if self.header else f"“{self.contains}”"
        return words if len(words) <= SHOWN_MAX else f"{words[: SHOWN_MAX - 1]}…"

    def is_met_by(self, answer: Answer) -> bool:
        """Whether `answer`, which is no failure, shows it."""
        if self.header:
            return self.value in (value.strip() for value in answer.lines(self.header))
        return self.contains in answer.text


@dataclass(frozen=True, slots=True)
class Deploy:
    """A deploy as its job keeps it. `sender` is the machine that told of it, `token:ci-shop`; `actor` who deployed, in
    the sender's words, or a Slack id. `was` is the version before; `rollback` says that this one had been out earlier.
    """

    version: str
    sender: str
    actor: str = ""
    link: str = ""
    was: str = ""
    rollback: bool = False
    expected: tuple[Expected, ...] = ()
    files: int = 0  # that changed, where they were told
    told: tuple[str, ...] = ()  # what was skipped, what no rule of the site knows, what a wider form saved; sentences
    quiet: bool = False  # nothing is told while all goes well
    notes: tuple[str, ...] = ()  # what of it could not be used, and why; sentences
    cost: str = ""  # what its purge costs, and what would save that, as it was when it was told; sentences
    pages: int = 0  # that are purged by prefixes in their place
    shown_by: tuple[str, ...] = ()  # those of them that the proof looks at
    again: int = 0  # the job of the deploy that this repeats since a person asked: it is no deploy of the sender's


@dataclass(frozen=True, slots=True)
class Announced:
    """A deploy as it was told: what of it is to be purged, beside what is known of it. `at` is when it happened, in
    seconds since the epoch, where the sender's own word orders its deploys."""

    site: str
    version: str
    urls: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    everything: bool = False
    actor: str = ""
    link: str = ""
    expected: tuple[Expected, ...] = ()
    quiet: bool = False
    soft: bool | None = None
    warm: bool = False
    reason: str = ""
    changed: tuple[str, ...] = ()  # files
    manifest: object = None  # of what was built, as sent
    at: float | None = None
    notes: tuple[str, ...] = ()  # what of it could not be used, and why; sentences

    @property
    def names_files(self) -> bool:
        """Whether it says which files changed, or what was built."""
        return bool(self.changed) or self.manifest is not None


@dataclass(frozen=True, slots=True)
class Known:
    """A deploy of the past."""

    version: str
    at: float
    sender: str
    job: int


def usable(link: str) -> tuple[str, tuple[str, ...]]:
    """`link`, or "" with why it cannot be shown as one. It is not told what it was: it may hold a token."""
    if not link:
        return "", ()
    if len(link) <= LINK_MAX and _LINK.fullmatch(link):
        scheme, mark, rest = link.partition("://")
        return f"{scheme.lower()}{mark}{rest}", ()
    why = "it holds a blank or one of < > |"
    if not link.lower().startswith(("http://", "https://")):
        why = "it does not begin with https:// or http://"
    elif len(link) > LINK_MAX:
        why = f"it has {len(link):,} characters, and {LINK_MAX:,} are kept at most"
    return "", (f"The deploy's link is left out: {why}.",)


def is_rollback(version: str, earlier: Sequence[Known]) -> bool:
    """Whether `version` was out before the newest of `earlier` (newest first), and is not that one."""
    return bool(earlier) and version != earlier[0].version and version in {one.version for one in earlier[1:]}


def pages_of(expected: Iterable[Expected], site: Site) -> Mapping[str, Expected]:
    """Each expectation by the URL that is looked at for it, on the site's first host."""
    root = site.root_url().removesuffix("/")
    return {f"{root}{one.path}": one for one in expected}


def is_page(url: str, expected: Expected) -> bool:
    """Whether `url` is the page of which something is expected."""
    rest = url.split("://", 1)[-1]
    return rest[rest.find("/") :] == expected.path


def elsewhere(urls: Iterable[str], site: Site, other: Site) -> tuple[str, ...]:
    """`urls` of `site` on `other`, which has hosts of its own for the same pages: host by host where it has as many,
    else on its first."""
    hosts = dict(zip(site.hosts, other.hosts, strict=False)) if len(site.hosts) == len(other.hosts) else {}
    return tuple(dict.fromkeys(_moved(url, hosts.get(_host(url), other.hosts[0]), other) for url in urls))


def _moved(url: str, host: str, other: Site) -> str:
    scheme, _, rest = url.partition("://")
    slash = rest.find("/")
    return f"{scheme if scheme in other.schemes else other.schemes[0]}://{host}{rest[slash:] if slash >= 0 else '/'}"


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
