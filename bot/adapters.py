"""The configured accounts' adapters, and what sites ask of them: how cache headers are read, how a version is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import structlog

from bot.domain.site import Marker
from bot.edge import Globalping
from bot.ports import Clock
from bot.services.setup import Current, Setup
from bot.settings import AccountSettings, MissingSecret, Settings
from providers import PROVIDERS
from providers.contract import Account, Call, Health, Probe, Provider, Receipt, Seen, Sighting
from providers.errors import BadCredentials

log = structlog.get_logger()
V = TypeVar("V")
SET_IT = "Set it where the bot runs, then start it again."
WRITE_IT = "Write it there, where the bot runs. It is read again at the next purge, without a restart."
_SET_AND_RETRY = "Set it where the bot runs, start it again, then Retry."
_WRITE_AND_RETRY = "Write it there, where the bot runs, then Retry: it is read again without a restart."


def build_providers(settings: Settings) -> Mapping[str, Provider]:
    """Every configured account's adapter. One without its secret plans like the others, and says what is missing when
    it is to send: a bot with one wrong secret still starts."""
    return {name: adapter_of(account, revealed(account)) for name, account in settings.accounts.items()}


def revealed(settings: AccountSettings) -> Account | None:
    """The account with its secrets as they are now; None while one of them is missing."""
    try:
        return settings.account()
    except MissingSecret:
        return None


def adapter_of(settings: AccountSettings, account: Account | None) -> Provider:
    """The adapter of an account, as it was revealed."""
    build = PROVIDERS[settings.provider].build
    if account is not None:
        return build(account, None)
    inner = build(settings.account(placeholder="missing"), None)
    missing = missing_in(settings)
    return WithoutSecret(inner, missing or MissingSecret("its secret was not there when it was read.", in_file=True))


def missing_in(settings: AccountSettings) -> MissingSecret | None:
    """Which of the account's secrets is not there now."""
    try:
        settings.account()
    except MissingSecret as exc:
        return exc
    return None


class WithoutSecret:
    """A provider whose secret is missing: it plans and reads headers, and sends nothing."""

    def __init__(self, inner: Provider, missing: MissingSecret) -> None:
        self._missing = missing
        self.name, self.title, self.can, self.door = inner.name, inner.title, inner.can, inner.door
        self.plan, self.sighting, self.close = inner.plan, inner.sighting, inner.close

    async def send(self, call: Call, reference: str) -> Receipt:
        """Raises BadCredentials."""
        raise self._trouble()

    async def progress(self, receipt: Receipt) -> Receipt:
        """Raises BadCredentials."""
        raise self._trouble()

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """Raises BadCredentials."""
        raise self._trouble()

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """Raises BadCredentials."""
        raise self._trouble()

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Bad, and what is missing."""
        return Probe(Health.BAD, str(self._missing), WRITE_IT if self._missing.in_file else SET_IT)

    def _trouble(self) -> BadCredentials:
        what = f"{self.title} was not asked: {self._missing}"
        return BadCredentials(what, _WRITE_AND_RETRY if self._missing.in_file else _SET_AND_RETRY)


def hosts_of(settings: Settings, sites: Iterable[str]) -> frozenset[str]:
    """Every host of these sites."""
    return frozenset(host for site in sites for host in settings.sites[site].hosts)


def build_globalping(
    settings: Settings, clock: Clock, hosts: Callable[[], frozenset[str]] | None = None
) -> Globalping | None:
    """Who asks probes around the world, of `hosts`, or of those of the sites that are opted in; None where no site is.
    Without its token, as anybody may."""
    wanted = settings.globalping
    if not wanted.world.sites:
        return None
    token = wanted.token.reveal_or_none() if wanted.token else ""
    if token is None:
        log.warning("globalping_without_token")
    those = hosts_of(settings, wanted.world.sites)
    return Globalping(wanted.api_url, hosts or (lambda: those), clock, token=token or "", reserve=wanted.world.reserve)


class Read(Mapping[str, V]):
    """A mapping that is worked out of what is configured, and again once something else is."""

    def __init__(self, current: Current, work_out: Callable[[Setup], Mapping[str, V]]) -> None:
        self._current = current
        self._work_out = work_out
        self._known = (current.setup, work_out(current.setup))

    def __getitem__(self, key: str) -> V:
        return self._now()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Mapping[str, V]:
        of, found = self._known
        setup = self._current.setup
        if of is not setup:
            found = self._work_out(setup)
            self._known = (setup, found)
        return found


def sightings_of(setup: Setup) -> Mapping[str, Callable[[Mapping[str, str]], Sighting]]:
    """For each host, how its outermost layer's cache headers are read."""
    return {
        host: setup.providers[site.layers[-1].account].sighting
        for site in setup.sites.values()
        if site.layers
        for host in site.hosts
    }


def markers_of(setup: Setup) -> Mapping[str, Marker]:
    """For each host, how a version is recognised."""
    return {host: site.marker for site in setup.sites.values() if site.marker for host in site.hosts}


def tags_of(setup: Setup) -> Mapping[str, str]:
    """For each host, the header that labels its pages."""
    return {host: site.tag_header for site in setup.sites.values() for host in site.hosts}
