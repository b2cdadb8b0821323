"""The other requests for one URL that caches keep apart: another encoding, a configured variant, what Vary names.

An answer to one request is compared with the origin's answer to the same one, and with nothing else. A proof asks what
the site's key surely holds and what the answers' Vary names; a diagnosis whatever may be kept apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from bot.domain.answer import Answer, Asked, varied
from bot.domain.caching import varied_by
from bot.domain.look import ORIGIN, Look
from bot.domain.site import Site

ENCODING = "Accept-Encoding"
IDENTITY: Asked = ((ENCODING, "identity"),)
BROTLI: Asked = ((ENCODING, "br"),)
ENCODINGS = (IDENTITY, BROTLI)  # a plain visitor takes gzip
VARIANTS_MAX = 6
PERSONAL = ("User-Agent", "Cookie", "Accept-Language")  # what tells visitors apart, in answers' Vary
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
_GUESSED = ("User-Agent: ", "Accept-Language: ", "Origin: ")
_NAMES = frozenset(varied(asked) for asked in ENCODINGS)


def to_prove(site: Site, plain: Iterable[Look], before: Collection[str] = ()) -> tuple[Asked, ...]:
    """What a proof or a check asks beside a plain visitor's request: what the site's cache key holds beyond the URL,
    then at most VARIANTS_MAX that a plain answer's Vary names. `before` are the variants that were asked at an earlier
    look."""
    named = {(field, look.url) for look in plain for field in varied_by(look.varies)}
    again = [asked for asked in ENCODINGS if varied(asked) in before]
    by_vary = dict.fromkeys([*again, *(asked for field, url in sorted(named) for asked in _by_field(field, url))])
    return tuple(dict.fromkeys((*_configured(site), *list(by_vary)[:VARIANTS_MAX])))


def to_diagnose(site: Site, answer: Answer) -> tuple[Asked, ...]:
    """What a diagnosis asks beside that: the configured variants, then what the answer's Vary names; at most
    VARIANTS_MAX."""
    return tuple(dict.fromkeys((*_configured(site), *_by_vary(answer))))[:VARIANTS_MAX]


def others_may_differ(looks: Iterable[Look]) -> str:
    """ "for a plain visitor (…)", where answers vary by who asks and not all of those were asked for; "" where they do
    not. One phone and one language stand for no others."""
    some = [look for look in looks if not look.problem]
    named = {name for look in some for name in varied_by(look.varies)}
    samples = {varied(asked) for name in named for asked in _by_field(name, "") if name != "origin"}
    configured = " ".join(look.variant.lower() for look in some if look.variant not in samples)
    by = [title for title in PERSONAL if title.lower() in named and f"{title.lower()}:" not in configured]
    if not by:
        return ""
    phone = " and an iPhone" if any(PHONE in look.variant for look in some) else ""
    return f"for a plain visitor{phone} (Vary: {', '.join(by)}: other visitors may get other copies)"


def answered(site: Site, looks: Sequence[Look]) -> list[Look]:
    """`looks` without those as somebody whom nobody configured, where that is answered otherwise than a plain visitor:
    not at all, by a guard or by another page. They say nothing then of what those people get; the origin is needed."""
    own = {varied(asked) for asked in _configured(site)}
    plain = {(look.url, look.place): look.status for look in looks if not look.variant}
    guessed = [look for look in looks if look.variant.startswith(_GUESSED) and look.variant not in own]
    other = [look for look in guessed if look.problem or look.status != plain.get((look.url, look.place))]
    without = {(look.url, look.variant) for look in other if look.place == ORIGIN}
    left = [look for look in guessed if look in other or (look.url, look.variant) in without]
    return [look for look in looks if look not in left]


def says_nothing(look: Look) -> bool:
    """Whether another encoding was answered with nothing that can be compared: its body is larger than what is read,
    or packed in a way that is not known."""
    answered = look.variant in _NAMES and not look.problem
    return answered and look.status == 200 and not (look.digest or look.version or look.etag)


def _configured(site: Site) -> Iterator[Asked]:
    return (tuple(variant.items()) for variant in site.variants)


def _by_vary(answer: Answer) -> Iterator[Asked]:
    yield IDENTITY  # asked whatever Vary says: some caches keep it apart by themselves
    for field in varied_by(answer.says("vary")):
        yield from _by_field(field, answer.url)


def _by_field(field: str, url: str) -> Iterator[Asked]:
    """The requests for `url` that show what a field of Vary keeps apart; none where nobody can guess what is sent."""
    split = urlsplit(url)
    match field:
        case "accept-encoding":
            yield from ENCODINGS
        case "origin":
            yield (("Origin", f"{split.scheme}://{split.netloc}"),)
        case "user-agent":
            yield (("User-Agent", PHONE),)
        case "accept-language":
            yield (("Accept-Language", "de"),)
