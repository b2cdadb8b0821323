"""Which other requests a look makes for a URL: the configured variants, and other encodings where answers vary by them.

An answer to one request is compared with the origin's answer to the same one, and with nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.domain.answer import Asked, varied
from bot.domain.look import Look
from bot.domain.site import Site
from bot.domain.variants import ENCODING, configured

ENCODINGS: tuple[Asked, ...] = (((ENCODING, "identity"),), ((ENCODING, "br"),))  # a plain visitor takes gzip
_NAMES = frozenset(varied(asked) for asked in ENCODINGS)


def others(site: Site, plain: Iterable[Look], before: Collection[str] = ()) -> tuple[Asked, ...]:
    """What to ask beside a plain visitor's request: what the site's cache key holds beyond the URL; the encodings,
    where a plain answer's Vary names them. `before` are the variants that were asked at an earlier look."""
    by_encoding = any(ENCODING.lower() in _fields(look.varies) for look in plain)
    encodings = [asked for asked in ENCODINGS if by_encoding or varied(asked) in before]
    return tuple(dict.fromkeys((*configured(site), *encodings)))


def _fields(varies: str) -> list[str]:
    return [field.strip() for field in varies.split(",")]


def says_nothing(look: Look) -> bool:
    """Whether another encoding was answered with nothing that can be compared: its body is not unpacked."""
    answered = look.variant in _NAMES and not look.problem
    return answered and look.status == 200 and not (look.digest or look.version or look.etag)
