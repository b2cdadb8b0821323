"""What the doctor finds at Fastly: by what a token says of itself, and its service of itself. Nothing is purged.

Both questions are GETs, which Fastly does not count (https://docs.fastly.com/api/, 2026-11-23). A token that may only
purge cannot read its service, which is fine, but then nobody sees that `service` is that of another site.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel

from providers.adapter import bad
from providers.answers import Shape, shaped
from providers.contract import Health, Probe
from providers.errors import BadCredentials
from providers.fastly_answers import COPY_AGAIN, UNKNOWN_TOKEN, reading, trouble
from providers.wire import Answer

PURGING = frozenset({"global", "purge_select", "purge_all"})
READING = frozenset({"global", "global:read"})
MAKE = (
    "Put one with the scopes `purge_select` and `global:read` into `token`, and with `purge_all` where everything is "
    "purged."
)


class Token(BaseModel):
    """GET /tokens/self."""

    scope: str
    services: list[str] | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """What it may."""
        return frozenset(self.scope.split())


class Backend(BaseModel):
    """One origin of a service; `shield` names the POP between it and the edges."""

    name: str = ""
    shield: str | None = None


class Version(BaseModel):
    """The version of a service that is live."""

    backends: list[Backend] | None = None


class Service(BaseModel):
    """GET /service/<id>/details."""

    id: str
    name: str | None = None
    active_version: Version | None = None

    def shielded(self) -> str:
        """The name of a backend behind a shield; "" if there is none."""
        backends = (self.active_version and self.active_version.backends) or []
        return next((backend.name for backend in backends if backend.shield), "")


Ask = Callable[[str], Awaitable[Answer]]


async def finding(ask: Ask, layer: Mapping[str, str]) -> Probe:
    """The finding about one token and, where the layer names it, one service. Raises PurgeError."""
    answer = await ask("/tokens/self")
    token = _of(Token, answer)
    if token is None:
        return _no_token(answer)
    if not token.scopes & PURGING:
        return Probe(Health.BAD, f"The token may not purge: its scope is {token.scope[:80] or 'empty'}.", MAKE)
    service = layer.get("service", "")
    if not service:
        return Probe(Health.GOOD, "The token is active; no site names a service for it.")
    if token.services and service not in token.services:
        return Probe(Health.BAD, f"The token is limited to other services than {service}.", MAKE)
    return await _served(ask, token, service, layer)


async def _served(ask: Ask, token: Token, service: str, layer: Mapping[str, str]) -> Probe:
    answer = await ask(f"/service/{service}/details")
    found = _of(Service, answer)
    if found is None:
        no = trouble(answer, reading(f"service {service}", service))
        if not isinstance(no, BadCredentials) or token.scopes & READING:
            return bad(no)
    name = (found.name if found else None) or service
    advice = [*_scopes(token.scopes, found is not None), *_shield(found, layer)]
    health = Health.DOUBTFUL if advice else Health.GOOD
    return Probe(health, f"Fastly takes purges of service {name} from this token.", " ".join(advice))


def _no_token(answer: Answer) -> Probe:
    """A token that is not known is refused with 403 here, one that has expired with 401 (go-fastly, 2026-08-20)."""
    found = trouble(answer, reading("itself"))
    if answer.status in (401, 403):
        return Probe(Health.BAD, UNKNOWN_TOKEN, COPY_AGAIN)
    return bad(found)


def _scopes(scopes: frozenset[str], was_seen: bool) -> list[str]:
    if "global" in scopes:
        return [f"It may do all that its user may. {MAKE}"]
    lacks = {
        "purge_select": "Add the scope `purge_select`: without it URLs and tags may be refused.",
        "purge_all": "Add the scope `purge_all` if everything may be purged: without it that is refused.",
    }
    unseen = [] if was_seen else ["Add the scope `global:read`, so that the doctor sees whether the service is there."]
    return [advice for scope, advice in lacks.items() if scope not in scopes] + unseen


def _shield(service: Service | None, layer: Mapping[str, str]) -> list[str]:
    backend = service.shielded() if service and layer.get("shielded") != "yes" else ""
    return [f"Set `shielded: yes`: backend {backend} is, and one purge can leave edges old."] if backend else []


def _of(shape: type[Shape], answer: Answer) -> Shape | None:
    return shaped(shape, answer) if answer.status == 200 else None
