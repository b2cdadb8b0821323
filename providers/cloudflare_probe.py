"""What the doctor finds at Cloudflare. Nothing is purged: a call that names nothing is refused for exactly that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from providers.adapter import JSON, Ask, bad
from providers.cloudflare_answers import NO_SELECTOR, read, trouble
from providers.cloudflare_limits import TIERS
from providers.contract import Health, Probe
from providers.errors import BadCredentials


@dataclass(frozen=True, slots=True)
class Doctor:
    """Asks with one account's credentials; `by_token` where they are a token, not the Global API Key."""

    ask: Ask
    by_token: bool

    async def finding(self, layer: Mapping[str, str], path: str) -> Probe:
        """Whether these credentials may purge the zone, by a call to `path` that is refused (code 1012) once
        credentials, permission and zone have been taken. Raises PurgeError."""
        zone = layer["zone"]
        answer = await self.ask("POST", path, JSON, "{}")
        envelope = read(answer)
        if envelope and str(NO_SELECTOR) in envelope.codes():
            return await self._seen(zone, layer.get("tier", TIERS[0]))
        found = trouble(answer, zone)
        if self.by_token and isinstance(found, BadCredentials) and await self._is_active():
            found = BadCredentials(f"The token is active, but may not purge zone {zone}.", found.advice)
        return bad(found)

    async def alone(self) -> Probe:
        """What can be said without a zone. Raises PurgeError."""
        if not self.by_token:
            return Probe(Health.DOUBTFUL, "No site uses this account, so there is no zone to try it on.")
        if await self._is_active():
            return Probe(Health.GOOD, "The token is active; no site names a zone for it.")
        return Probe(Health.BAD, "The token is not active.", "Copy it into `token` again, or make a new one.")

    async def _is_active(self) -> bool:
        return (await self._result("/user/tokens/verify")).get("status") == "active"

    async def _seen(self, zone: str, tier: str) -> Probe:
        """A good finding, or what should change. That a token which may only purge cannot read its zone is fine."""
        seen = await self._result(f"/zones/{zone}")
        what = f"Cloudflare takes purges of zone {seen.get('name') or zone} from this account."
        plan = seen.get("plan")
        theirs = plan.get("legacy_id") if isinstance(plan, dict) else None
        if theirs in TIERS and theirs != tier:
            return Probe(Health.DOUBTFUL, what, f"Set `tier: {theirs}`: the zone is on that plan, not on {tier}.")
        if not self.by_token:
            advice = 'It uses the Global API Key, which may do everything. Make a token with only "Zone → Cache Purge".'
            return Probe(Health.DOUBTFUL, what, advice)
        return Probe(Health.GOOD, what)

    async def _result(self, path: str) -> Mapping[str, JsonValue]:
        """What a question is answered with; nothing where it is a no."""
        envelope = read(await self.ask("GET", path))
        result = envelope.result if envelope and envelope.success else None
        return result if isinstance(result, dict) else {}
