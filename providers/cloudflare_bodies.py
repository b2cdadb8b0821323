"""What stands in a call to Cloudflare: so many targets as fit, a URL with all its variants in one call."""

from __future__ import annotations

import json
from collections.abc import Sequence

from providers.cloudflare_limits import FRAME, SEPARATORS_MAX, TAG_MAX
from providers.contract import Capabilities, Kind, Purge, UnsupportedWish
from providers.packing import pack

EVERYTHING = '{"purge_everything":true}'
FIELDS = {Kind.URL: "files", Kind.TAG: "tags", Kind.HOST: "hosts", Kind.PREFIX: "prefixes"}
_quoted = json.JSONEncoder().encode


def entries_of(purge: Purge) -> int:
    """Entries that one target makes: a URL is one object, and one more for each of its variants."""
    return 1 + len(purge.variants) if purge.kind is Kind.URL else 1


def packed(purge: Purge, can: Capabilities) -> list[tuple[str, ...]]:
    """The targets of each call. Raises UnsupportedWish."""
    each, most = entries_of(purge), can.per_call[purge.kind]
    if each > most:
        what = f"A URL with its variants is {each} entries, and a call takes {most}."
        raise UnsupportedWish(what, "Name fewer `variants`, or raise `per_call`.")
    for target in purge.targets if purge.kind is not Kind.URL else ():
        if problem := _problem(purge.kind, target):
            raise UnsupportedWish(f"`{target[:80]}` {problem}", "Mend it, or name something wider.")
    return pack(purge.targets, most // each, can.max_bytes - FRAME, lambda target: len(_entry(purge, target)) + 1)


def body(purge: Purge, targets: Sequence[str]) -> str:
    """The body of a call for these targets."""
    return f'{{"{FIELDS[purge.kind]}":[{",".join(_entry(purge, target) for target in targets)}]}}'


def _entry(purge: Purge, target: str) -> str:
    """One target as JSON. With variants a URL is several objects, the plain one first: the two never mix in a call."""
    if purge.kind is not Kind.URL or not purge.variants:
        return _quoted(target)
    variants = [{"url": target}, *({"url": target, "headers": dict(headers)} for headers in purge.variants)]
    return ",".join(json.dumps(variant, separators=(",", ":")) for variant in variants)


def _problem(kind: Kind, target: str) -> str:
    match kind:
        case Kind.TAG if len(target) > TAG_MAX or "," in target:
            return f"is not a tag: at most {TAG_MAX:,} characters, without commas."
        case Kind.PREFIX if "?" in target or "#" in target or "://" in target:
            return "is not a prefix: host and path, without scheme or query."
        case Kind.PREFIX if target.count("/") > SEPARATORS_MAX:
            return f"has more than {SEPARATORS_MAX} slashes, which Cloudflare does not take in a prefix."
        case _:
            return ""
