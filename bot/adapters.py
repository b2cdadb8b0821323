"""The configured accounts' adapters, and what sites ask of them: how cache headers are read, how a version is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from bot.domain.site import Marker
from bot.edge import Globalping
from bot.services.ports import Clock
from bot.settings import AccountSettings, MissingSecret, Settings
from providers import PROVIDERS
from providers.contract import Call, Health, Probe, Provider, Receipt, Seen, Sighting
from providers.errors import BadCredentials

log = structlog.get_logger()


def build_providers(settings: Settings) -> Mapping[str, Provider]:
    """Every configured account's adapter. One without its secret plans like the others, and says what is missing when
    it is to send: a bot with one wrong secret still starts."""
    return {name: _build(account) for name, account in settings.accounts.items()}


def _build(settings: AccountSettings) -> Provider:
    build = PROVIDERS[settings.provider].build
    try:
        return build(settings.account(), None)
    except MissingSecret as exc:
        log.warning("account_without_secret", account=settings.name, what=str(exc))
        return WithoutSecret(build(settings.account(placeholder="missing"), None), str(exc))


class WithoutSecret:
    """A provider whose secret is missing: it plans and reads headers, and sends nothing."""

    def __init__(self, inner: Provider, missing: str) -> None:
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
        return Probe(Health.BAD, self._missing, "Set it where the bot runs, then start it again.")

    def _trouble(self) -> BadCredentials:
        what = f"{self.title} was not asked: {self._missing}"
        return BadCredentials(what, "Set it where the bot runs, start it again, then Retry.")


def hosts_of(settings: Settings, sites: Iterable[str]) -> frozenset[str]:
    """Every host of these sites."""
    return frozenset(host for site in sites for host in settings.sites[site].hosts)


def build_globalping(settings: Settings, clock: Clock) -> Globalping | None:
    """Who asks probes around the world; None where no site is opted in. Without its token, as anybody may."""
    wanted = settings.globalping
    if not wanted.world.sites:
        return None
    token = wanted.token.reveal_or_none() if wanted.token else ""
    if token is None:
        log.warning("globalping_without_token")
    hosts = hosts_of(settings, wanted.world.sites)
    return Globalping(wanted.api_url, lambda: hosts, clock, token=token or "", reserve=wanted.world.reserve)


def sightings_of(
    settings: Settings, providers: Mapping[str, Provider]
) -> Mapping[str, Callable[[Mapping[str, str]], Sighting]]:
    """For each host, how its outermost layer's cache headers are read."""
    return {
        host: providers[site.layers[-1].account].sighting
        for site in settings.sites.values()
        if site.layers
        for host in site.hosts
    }


def markers_of(settings: Settings) -> Mapping[str, Marker]:
    """For each host, how a version is recognised."""
    return {host: site.marker for site in settings.sites.values() if site.marker for host in site.hosts}
