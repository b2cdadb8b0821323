"""The other requests for one URL that caches keep apart: another encoding, a configured variant, what Vary names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from bot.domain.answer import Answer, Asked
from bot.domain.site import Site

ENCODING = "Accept-Encoding"
VARIANTS_MAX = 6
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


def configured(site: Site) -> tuple[Asked, ...]:
    """What the site says that its cache key holds beyond the URL."""
    return tuple(_asked(variant) for variant in site.variants)


def variants_of(site: Site, answer: Answer) -> tuple[Asked, ...]:
    """What to ask beside a plain visitor's request, which takes gzip: the configured variants, then what the answer's
    Vary names; at most VARIANTS_MAX."""
    return tuple(dict.fromkeys((*configured(site), *_by_vary(answer))))[:VARIANTS_MAX]


def _by_vary(answer: Answer) -> Iterator[Asked]:
    named = {field.strip().lower() for field in answer.says("vary").split(",")}
    yield ((ENCODING, "identity"),)  # asked whatever Vary says: some caches keep it apart by themselves
    if "accept-encoding" in named:
        yield ((ENCODING, "br"),)
    if "origin" in named:
        split = urlsplit(answer.url)
        yield (("Origin", f"{split.scheme}://{split.netloc}"),)
    if "user-agent" in named:
        yield (("User-Agent", PHONE),)
    if "accept-language" in named:
        yield (("Accept-Language", "de"),)


def _asked(variant: Mapping[str, str]) -> Asked:
    return tuple(variant.items())
