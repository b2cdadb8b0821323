"""Whether what seems old to a plain visitor is the origin's page for phones: one copy may be kept for both."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.answers.answer import varied
from bot.domain.proof.look import ORIGIN, Look
from bot.domain.proof.other_pages import in_place
from bot.domain.proof.variants import AS_A_PHONE
from bot.domain.proof.verdict import Verdict
from bot.domain.site import Site
from bot.services.looks.checks import by_page, verdict_of
from bot.services.setup import Core

PAGES_MAX = 20  # of one check, the first; each costs the origin a request
SECONDS = 3.0
_PHONE = varied(AS_A_PHONE)


async def pages_of_phones(core: Core, site: Site, looks: Sequence[Look]) -> tuple[Look, ...]:
    """The origin's answers to a phone, of those pages of which some place gives plain visitors just that."""
    pages = by_page(looks)
    urls = [url for url, page in pages.items() if _seems_old(page)][:PAGES_MAX] if site.origin else []
    try:
        async with asyncio.timeout(SECONDS):
            answers = await asyncio.gather(*(core.looker.fetch(url, ORIGIN, site.origin, AS_A_PHONE) for url in urls))
    except TimeoutError:
        return ()
    found = [core.looker.read(answer) for answer in answers]
    return tuple(one for one in found if _is_given(one, pages[one.url]))


def _seems_old(page: Sequence[Look]) -> bool:
    """Whether a plain visitor's answer does, and nobody asked the origin as a phone."""
    is_asked = any(look.place == ORIGIN and look.variant == _PHONE for look in page)
    return not is_asked and any(_is_old(look, page) for look in page)


def _is_old(look: Look, page: Sequence[Look]) -> bool:
    return look.place != ORIGIN and not look.variant and verdict_of(look, page) is Verdict.STALE


def _is_given(phone: Look, page: Sequence[Look]) -> bool:
    return any(in_place(look, (*page, phone)) is not None for look in page if _is_old(look, page))
