"""Adapters for cache providers. This package knows nothing of the bot."""

from __future__ import annotations

from collections.abc import Mapping

from providers import akamai, bunny, cloudflare, cloudfront, fastly, http, nginx, redis, varnish
from providers.contract import Blueprint

PROVIDERS: Mapping[str, Blueprint] = {
    blueprint.name: blueprint
    for blueprint in (
        cloudflare.BLUEPRINT,
        cloudfront.BLUEPRINT,
        fastly.BLUEPRINT,
        akamai.BLUEPRINT,
        bunny.BLUEPRINT,
        varnish.BLUEPRINT,
        nginx.BLUEPRINT,
        http.BLUEPRINT,
        redis.BLUEPRINT,
    )
}
