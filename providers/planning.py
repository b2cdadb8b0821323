"""What holds for every plan, checked once for all adapters: the wish before calls are made of it, and the calls.

before    the kind is one that the account can do       the layer's settings are what its fields allow
          each target once, as it goes on the wire      there are hosts where hosts are what is meant
after     no call is longer than a call may be
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from providers.contract import Call, Capabilities, Field, Kind, Purge, UnsupportedWish
from providers.packing import visible_ascii

SWELL = 6  # a letter becomes at most so many, percent-encoded or as an entity of XML
MANY = {Kind.URL: "URLs", Kind.PREFIX: "prefixes"}
SOME = {Kind.URL: "URLs", Kind.TAG: "tags", Kind.EVERYTHING: "everything"}
WIDER = (Kind.PREFIX, Kind.TAG, Kind.HOST, Kind.EVERYTHING)  # than one target that does not fit a call
_URL = re.compile(r'https?://[!-"$-.0->A-~]+/[!-"$-~]*')  # visible ASCII, without #, and without @ in its host


def sound(purge: Purge, title: str, can: Capabilities, fields: Iterable[Field]) -> Purge:
    """`purge` with each target once, where nothing in it stops an adapter. Raises UnsupportedWish."""
    if purge.kind not in can.kinds:
        raise _unsupported(purge, title, can)
    if wrong := mistaken(purge.layer, fields):
        raise wrong
    if purge.kind in can.of_hosts and not purge.hosts:
        word = "Everything means" if purge.kind is Kind.EVERYTHING else "A tag is looked for on"
        raise UnsupportedWish(f"{word} the site's hosts, and it has none.", "Name them under `hosts`.")
    targets = tuple(dict.fromkeys(purge.targets))
    for text in (*(targets if purge.kind is not Kind.URL else ()), *purge.hosts):
        if not visible_ascii(text):
            raise _unsendable(text, purge.kind)
    for url in targets if purge.kind is Kind.URL else ():
        if not _URL.fullmatch(url):
            raise _no_url(url)
    return purge if len(targets) == len(purge.targets) else replace(purge, targets=targets)


def mistaken(layer: Mapping[str, str], fields: Iterable[Field]) -> UnsupportedWish | None:
    """The first of a layer's settings that is not what its field allows; None where all are."""
    for field in fields:
        value = layer.get(field.name)
        if value is None:
            if field.required:
                return UnsupportedWish(f"The layer names no `{field.name}`.", f"Add {_like(field)}.")
        elif field.choices and value not in field.choices:
            what = f"`{value[:40]}` is no choice of `{field.name}`."
            return UnsupportedWish(what, f"Write {_listed(field.choices)}.")
        elif field.pattern and not re.fullmatch(field.pattern, value):
            what = f"`{value[:40]}` under `{field.name}` is not {field.form}."
            return UnsupportedWish(what, f"Write it like {_like(field)}.")
    return None


def long_ones(purge: Purge, most: int) -> tuple[str, ...]:
    """The targets that may make a call of more than `most` bytes; any other is far from it, whatever it becomes."""
    times = SWELL * (1 + len(purge.variants))
    sent = sum(len(name) + len(value) for variant in purge.variants for name, value in variant.items())
    room = (most // 2 - SWELL * sent) // times
    return tuple(target for target in purge.targets if len(target) > room)


def must_fit(calls: Iterable[Call], can: Capabilities, fields: Iterable[Field]) -> None:
    """Raises UnsupportedWish where a call is longer than the account's calls may be."""
    for call in calls:
        if length(call) > can.max_bytes:
            shown = f"`{call.targets[0][:60]}…`" if call.targets else f"What purges {_some(call.kind)}"
            what = f"{shown} is longer than a call may be ({can.max_bytes:,} bytes)."
            raise UnsupportedWish(
                what, _shorter(call.kind, can.kinds, any(field.name == "max_bytes" for field in fields))
            )


def length(call: Call) -> int:
    """Bytes of one call: target, headers and body."""
    headers = sum(len(name) + len(value) for name, value in call.headers)
    return len(call.path.encode()) + len(call.body.encode()) + headers


def _shorter(kind: Kind, kinds: frozenset[Kind], is_ours: bool) -> str:
    """What fits a call; `is_ours` where the limit is a setting of the account."""
    more = " Or raise `max_bytes`." if is_ours else ""
    if kind is Kind.EVERYTHING:
        return f"Name the hosts one by one.{more}"
    shorter = [f"a shorter {kind.value}"] if kind in (Kind.PREFIX, Kind.PATTERN) else []
    wider = [_some(other) for other in WIDER if other in kinds and other is not kind]
    return f"Name {_listed([*shorter, *wider] or ['something shorter'])} instead.{more}"


def _unsupported(purge: Purge, title: str, can: Capabilities) -> UnsupportedWish:
    many = MANY.get(purge.kind, f"{purge.kind.value}s")
    what = "cannot purge everything" if purge.kind is Kind.EVERYTHING else f"purges no {many}"
    known = f"Name {_listed([_some(kind) for kind in Kind if kind in can.kinds])} instead."
    return UnsupportedWish(f"{title} {what} here.", can.instead.get(purge.kind) or _around(purge, can.kinds) or known)


def _around(purge: Purge, kinds: frozenset[Kind]) -> str:
    """The nearest wider and narrower wish for a pattern; "" where there is none."""
    if purge.kind is not Kind.PATTERN or not purge.targets or Kind.URL not in kinds:
        return ""
    place = purge.targets[0].partition("*")[0]
    host, slash, path = place[: place.rfind("/") + 1].partition("/")
    if path and Kind.PREFIX in kinds:
        return f"Wider: prefix {host}{slash}{path}. Narrower: the URLs, one by one."
    return f"Wider: host {host}. Narrower: the URLs, one by one." if host and Kind.HOST in kinds else ""


def _unsendable(text: str, kind: Kind) -> UnsupportedWish:
    if kind is Kind.TAG:
        what = f"`{text[:80]}` is not a tag as it goes on the wire."
        return UnsupportedWish(what, "Write it in visible ASCII, without blanks.")
    return UnsupportedWish(f"`{text[:80]}` is not as it goes on the wire.", "Percent-encode it.")


def _no_url(text: str) -> UnsupportedWish:
    if not visible_ascii(text):
        return _unsendable(text, Kind.URL)
    return UnsupportedWish(f"`{text[:80]}` is not a whole URL.", "Write it with scheme, host and path, without #.")


def _some(kind: Kind) -> str:
    return SOME.get(kind, f"a {kind.value}")


def _like(field: Field) -> str:
    return f"`{field.name}: {field.example or '…'}`: {field.what}"


def _listed(words: Sequence[str]) -> str:
    *first, last = words or ("",)
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} or {last}" if first else last
