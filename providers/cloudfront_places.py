"""Where CloudFront's invalidations go: to a distribution, or to one of its tenants."""

from __future__ import annotations

from collections.abc import Mapping

from providers.cloudfront_answers import Asked

VERSION = "/2020-05-31/"
TENANT = "distribution-tenant"
XML = (("Content-Type", "text/xml"),)


def place_of(layer: Mapping[str, str]) -> str:
    """The place of a layer, such as `distribution/E1`."""
    tenant = layer.get("tenant", "")
    return f"{TENANT}/{tenant}" if tenant else f"distribution/{layer['distribution']}"


def path_to(place: str) -> str:
    """The request target of its invalidations."""
    return f"{VERSION}{place}/invalidation"


def place_in(path: str) -> str:
    """The place of which `path_to` made `path`."""
    return path.removeprefix(VERSION).removesuffix("/invalidation")


def is_tenant(place: str) -> bool:
    """Whether it is a tenant."""
    return place.startswith(f"{TENANT}/")


def creating(place: str) -> Asked:
    """An invalidation, in AWS' words."""
    return Asked(f"CreateInvalidation{'ForDistributionTenant' if is_tenant(place) else ''}", place)


def watching(place: str) -> Asked:
    """The question how far one is, in AWS' words."""
    return Asked(f"GetInvalidation{'ForDistributionTenant' if is_tenant(place) else ''}", place)
