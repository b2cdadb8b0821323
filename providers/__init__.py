"""Adapters for cache providers. This package knows nothing of the bot."""

from __future__ import annotations

from collections.abc import Mapping

from providers import bunny, cloudflare, googlecdn, redis, varnish
from providers.contract import Blueprint

PROVIDERS: Mapping[str, Blueprint] = {
    blueprint.name: blueprint
    for blueprint in (bunny.BLUEPRINT, cloudflare.BLUEPRINT, googlecdn.BLUEPRINT, redis.BLUEPRINT, varnish.BLUEPRINT)
}
