"""What stands in an invalidation's list: paths of a distribution without its hosts, wildcards, and tags.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html, 2026-11-23: a
star is a wildcard as the last character only, paths know case, and `~` cannot be invalidated, encoded or not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from providers.cloudfront_limits import FRAME, PATH_MAX, TAG_MAX
from providers.contract import Capabilities, Kind, Purge, UnsupportedWish
from providers.packing import pack

XMLNS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
MEND = "Mend it, or name something wider."
TILDE = re.compile("~|%7E", re.IGNORECASE)
Entries = Mapping[str, tuple[str, ...]]  # by target
ALL = "Purge everything instead: it empties the whole distribution, with every host in it."


def listed(kind: Kind, target: str) -> tuple[str, ...]:
    """The entries that purge one target. Raises UnsupportedWish."""
    match kind:
        case Kind.TAG:
            return (_tag(target),)
        case Kind.PREFIX:
            return _prefix(target)
        case Kind.PATTERN:
            return (_pattern(target),)
        case _:
            return (_sound(target, path_of(target.partition("://")[2])),)


def path_of(address: str) -> str:
    """Path and query of `host/path?query`, byte for byte; CloudFront's paths have no host."""
    at = min((n for n in (address.find("/"), address.find("?")) if n >= 0), default=len(address))
    return address[at:] if address[at:].startswith("/") else f"/{address[at:]}"


def untakeable(path: str) -> str:
    """Why CloudFront cannot purge exactly this path; empty where it can."""
    if TILDE.search(path):
        return "holds a ~, which CloudFront can invalidate neither plain nor encoded."
    if path.endswith("*"):
        return "ends in a star, which CloudFront takes for a wildcard."
    return ""


def packed(purge: Purge, can: Capabilities) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Targets and entries of each call. Raises UnsupportedWish."""
    if purge.kind is Kind.URL:
        _must_be_takeable(purge.targets)
    entries = {target: listed(purge.kind, target) for target in purge.targets}
    bytes_ = {target: sum(len(element(entry)) for entry in entries[target]) for target in entries}
    return [
        (targets, tuple(dict.fromkeys(entry for target in targets for entry in entries[target])))
        for targets in pack(_by_path(entries), can.per_call[purge.kind], can.max_bytes - FRAME, bytes_.__getitem__)
    ]


def is_wildcard(entry: str) -> bool:
    """Whether an entry counts as a wildcard."""
    return entry.startswith("/") and entry.endswith("*")


def batch(entries: Sequence[str], reference: str = "") -> str:
    """The document of an invalidation; without `reference` as it is planned."""
    paths = "".join(element(entry) for entry in entries)
    return referenced(
        f'<InvalidationBatch xmlns="{XMLNS}"><Paths><Quantity>{len(entries)}</Quantity><Items>{paths}</Items></Paths>'
        "</InvalidationBatch>",
        reference,
    )


def element(entry: str) -> str:
    """One entry as it goes on the wire."""
    return f"<Path>{escape(entry)}</Path>"


def referenced(body: str, reference: str) -> str:
    """The planned document with its caller reference, by which CloudFront knows a repeat."""
    end = "</InvalidationBatch>"
    told = f"<CallerReference>{escape(reference)}</CallerReference>" if reference else ""
    return f"{body.removesuffix(end)}{told}{end}"


def _must_be_takeable(urls: Sequence[str]) -> None:
    """Raises UnsupportedWish where CloudFront would take one of these URLs for nothing, or for a wildcard."""
    bad = [url for url in urls if untakeable(path_of(url.partition("://")[2]))]
    if not bad:
        return
    address = bad[0].partition("://")[2]
    path = path_of(address)
    more = f" {len(bad) - 1:,} more of these URLs cannot be taken either." if len(bad) > 1 else ""
    leave = "" if len(urls) == 1 else "Leave it out, or p" if not more else "Leave them out, or p"
    wider = _around(address.removesuffix(path), path)
    raise UnsupportedWish(f"`{bad[0][:80]}` {untakeable(path)}{more}", f"{leave or 'P'}urge {wider} instead.")


def _around(host: str, path: str) -> str:
    """The nearest that CloudFront can take around a path it cannot: its folder, else what begins like it."""
    start = TILDE.split(path)[0].rstrip("*")
    folder = start[: start.rfind("/") + 1]
    if len(folder) > 1:
        return f"`prefix {host}{folder}`"
    return f"`pattern {host}{start}*`" if len(start) > 1 else "everything"


def _by_path(entries: Entries) -> list[str]:
    """The targets, those of one path side by side: http and https, or two hosts, are paid once then."""
    first = {entry: place for place, entry in enumerate(dict.fromkeys(entries.values()))}
    return sorted(entries, key=lambda target: first[entries[target]])


def _tag(tag: str) -> str:
    if len(tag) > TAG_MAX or "," in tag or tag.endswith("*"):
        raise _cannot(tag, f"is not a tag: at most {TAG_MAX} characters, without commas and wildcards.")
    return f"#{tag}"


def _prefix(prefix: str) -> tuple[str, ...]:
    """`/news` and `/news/*`: with `/news*` alone, /newsroom would go too."""
    host, path = prefix.partition("/")[0], path_of(prefix)
    if "?" in path or "://" in prefix:
        raise _cannot(prefix, "is not a prefix: host and path, without scheme or query.")
    if not path.strip("/"):
        raise UnsupportedWish(f"CloudFront purges no prefix that is a whole host, as `{prefix[:80]}` is.", ALL)
    if problem := untakeable(path):
        raise UnsupportedWish(f"`{prefix[:80]}` {problem}", f"Purge {_around(host, path)} instead.")
    below = f"{path.rstrip('/')}/*"
    _sound(prefix, below)
    return (below,) if path.endswith("/") else (path, below)


def _pattern(pattern: str) -> str:
    host, path = pattern.partition("/")[0], path_of(pattern)
    if path == "/*" and "*" not in host:
        raise UnsupportedWish(f"For CloudFront `{pattern[:80]}` is everything.", ALL)
    if "*" in host or path.find("*") != len(path) - 1:
        what = f"CloudFront takes one star, as the last character; `{pattern[:80]}` is another pattern."
        raise UnsupportedWish(what, _nearest(host, path))
    if problem := untakeable(path[:-1]):
        raise UnsupportedWish(f"`{pattern[:80]}` {problem}", f"Purge {_around(host, path)} instead.")
    return _sound(pattern, path)


def _nearest(host: str, path: str) -> str:
    start = path.partition("*")[0]
    if start == "/" or "*" in host:
        return "Wider: everything. Narrower: the URLs, one by one."
    return f"Wider: pattern {host}{start}*. Narrower: the URLs, one by one."


def _sound(target: str, path: str) -> str:
    if "#" in path:
        raise _cannot(target, "holds a #, which no request for a page holds.")
    if len(path) > PATH_MAX:
        raise _cannot(target, f"is longer than CloudFront takes ({PATH_MAX:,} characters).")
    return path


def _cannot(target: str, problem: str) -> UnsupportedWish:
    return UnsupportedWish(f"`{target[:80]}` {problem}", MEND)
