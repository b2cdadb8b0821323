"""Purges of URLs and of xkey's tags as calls at the doors of a VCL; varnish_bans.py has all that is wider."""

from __future__ import annotations

from collections.abc import Sequence

from providers.calls import Calls
from providers.contract import Call, Kind, Purge, UnsupportedWish
from providers.packing import alike, named, pack
from providers.varnish_bans import COST, LINE_MAX, taken_apart, too_long

XKEY_PATH = "/purgebot-tags"  # a VCL without the door purges this, which is nowhere


def purges(urls: Sequence[str], soft: bool) -> Calls:
    """One for each object, which http and https of a URL share. Raises UnsupportedWish."""
    mark = (("X-Purgebot-Soft", "yes"),) if soft else ()
    each, others = alike(urls)

    def make(n: int) -> Call:
        host, rest = taken_apart(each[n])
        return Call(Kind.URL, "PURGE", rest, named(each[n], others), COST, (("Host", host), *mark))

    for url in each:
        if len(url) > LINE_MAX and max(map(len, taken_apart(url))) > LINE_MAX:
            raise too_long(named(url, others))
    return Calls(len(each), make, {"calls": len(each)})


def keyed(purge: Purge, soft: bool, most: int) -> list[Call]:
    """One for each pack of at most `most` tags. Raises UnsupportedWish.

    xkey parts its keys at blanks and commas, and knows no hosts: a key goes wherever it stands."""
    if two := next((tag for tag in purge.targets if "," in tag), ""):
        raise UnsupportedWish(f"`{two[:80]}` is no single xkey.", "Name tags without blanks and commas, one by one.")
    name = "xkey-softpurge" if soft else "xkey-purge"
    host = purge.hosts[0] if purge.hosts else "purgebot"
    packs = pack(purge.targets, most, LINE_MAX - 100, lambda tag: len(tag) + 1)
    return [_call(Kind.TAG, XKEY_PATH, some, (("Host", host), (name, " ".join(some)))) for some in packs]


def _call(kind: Kind, path: str, targets: tuple[str, ...], headers: tuple[tuple[str, str], ...]) -> Call:
    if max(len(path), *(len(value) for _, value in headers)) > LINE_MAX:
        raise too_long(targets)
    return Call(kind, "PURGE", path, targets, COST, headers)
