"""The same page with an argument that nobody asked for before: whether a cache takes no notice of queries."""

from __future__ import annotations

from bot.domain.why import Glance, Twin
from bot.domain.why.content import PROBE
from bot.services.setup import Core


def probe_of(core: Core, url: str) -> str:
    """`url` with one argument more; "" where it has none."""
    base, mark, query = url.partition("?")
    return f"{base}?{query}{'&' if query else ''}purgebot={core.dice.token()[:8]}" if mark else ""


async def twins_of(core: Core, url: str, place: str, address: str) -> tuple[Twin, ...]:
    """The twin of `url` at one place; none where it has no query. It is asked for only where that may explain an old
    copy, since the answer is kept."""
    probe = probe_of(core, url)
    if not probe:
        return ()
    answer = await core.looker.fetch(probe, place, address)
    return (Twin(probe, PROBE, Glance(answer, core.looker.read(answer))),)
