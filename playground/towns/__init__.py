"""The sites of the pretend world, one module each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from playground.town import Ground, Town
from playground.towns import bank, blog, media, shop

TOWNS: Mapping[str, Callable[[Ground], Town]] = {
    "shop": shop.town,
    "blog": blog.town,
    "media": media.town,
    "bank": bank.town,
}
