"""The sites of the pretend world, one module each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from playground.town import Ground, Town
from playground.towns import media, shop

TOWNS: Sequence[Callable[[Ground], Town]] = (shop.town, media.town)
