"""What every cache provider promises purgebot, and the plain values that pass between them.

A provider is one *account* somewhere: a Cloudflare token, a Varnish with its doors. An adapter says only what is
special about it. It plans purely, makes one attempt per call, and never sleeps, retries or logs: pacing, retry and
recording are done once, outside, for all of them. What every plan must hold is checked once, in `adapter.Adapter`.

    Purge ──plan──▶ Call, Call, …      pure; shown, hashed, stored, paced
    Call ──send──▶ Receipt             one attempt; raises PurgeError only
    headers ──sighting──▶ Sighting     what this provider's cache headers say
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import httpx


class Kind(StrEnum):
    """What a purge names."""

    URL = "url"  # one cached object, query string included
    PATH = "path"  # the same path on every host of a site; resolved to URLs before a provider sees it
    PREFIX = "prefix"  # everything below host + path
    TAG = "tag"  # everything the origin labelled so
    HOST = "host"  # everything under one host name
    PATTERN = "pattern"  # a wildcard that is not a prefix
    EVERYTHING = "everything"  # all of a site


@dataclass(frozen=True, slots=True)
class Pace:
    """One rate limit: `rate` units every `per` seconds, `burst` units at once.

    `window=True` means that at most `rate` units may fall into any `per` seconds (a sliding window with a penalty,
    as Cloudflare's client API has), instead of a bucket that refills. `source` and `checked` say where the number
    comes from.
    """

    rate: float
    per: float
    burst: float
    unit: str = "calls"
    window: bool = False
    source: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a bucket costs beyond the `free` units of each calendar month (UTC), in US dollars."""

    usd: float
    free: int = 0
    unit: str = "paths"
    source: str = ""
    checked: str = ""


class Confirmation(StrEnum):
    """How it is known that the provider has finished."""

    RECEIPT = "receipt"  # its answer is all there is
    ESTIMATE = "estimate"  # it says how many seconds to wait
    POLLED = "polled"  # it can be asked


class Copies(StrEnum):
    """Which copies of a page a purge by URL removes, where the cache keeps one for each kind of visitor."""

    ALL = "all"  # every one of them
    ENCODINGS = "encodings"  # those in every encoding, and those that `variants` names
    NAMED = "named"  # a plain visitor's, and those that `variants` names
    UNTOLD = "untold"  # those in every encoding; `variants` are not sent, and of others the provider says nothing


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an account can do. Data, with its source, read by plan, policy, pacing, help and docs alike."""

    kinds: frozenset[Kind]
    soft: frozenset[Kind]
    per_call: Mapping[Kind, int]
    max_bytes: int
    pace: Mapping[str, Pace]  # by bucket id, as in Call.cost; "urls:pro" is bucket "urls" of tier "pro"
    confirmation: Confirmation = Confirmation.RECEIPT
    prices: Mapping[str, Price] = field(default_factory=dict)  # by bucket id; a bucket that only costs has no pace
    of_hosts: frozenset[Kind] = frozenset()  # done host by host of the site, so it must have some
    instead: Mapping[Kind, str] = field(default_factory=dict)  # what to do where a kind is not: better than other kinds
    takes: Copies = Copies.ENCODINGS  # by URL
    siblings: str = ""  # what to do where copies that vary are left by that: a sentence without its stop
    looks: bool = False  # at places of its own, for us: `everywhere`


@dataclass(frozen=True, slots=True)
class Purge:
    """One wish for one layer.

    `targets` by kind: URL absolute URLs, byte for byte as they go on the wire · PREFIX `host/path` without scheme ·
    TAG tags · HOST host names · PATTERN `host/path*with*stars` · EVERYTHING nothing. `layer` holds this layer's own
    settings (`zone`, `tier`, …), `hosts` the site's host names, `variants` header sets that are part of its cache key.
    """

    kind: Kind
    targets: tuple[str, ...]
    soft: bool = False
    layer: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    variants: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the provider as plain data, without secrets.

    `path` is the request target exactly as it goes on the wire; `targets` are those of the Purge that it covers;
    `cost` says how many units it takes from each bucket of `Capabilities.pace` and `Capabilities.prices`. A call with
    `again_after` is sent once more that many seconds after it was taken, at the same cost: a second pass, for caches
    that refill one another.
    """

    kind: Kind
    method: str
    path: str
    targets: tuple[str, ...]
    cost: tuple[tuple[str, int], ...]  # bucket id, units
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    again_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider answered to a call it took."""

    id: str = ""  # the provider's own id, opaque
    note: str = ""  # what it said that a person may want to read
    ready_in: float = 0.0  # seconds until it says it is done
    finished: bool = True  # False: ask `progress` again
    left: tuple[
        tuple[str, float, float], ...
    ] = ()  # what it said of its budgets: bucket id, units left, seconds to reset


class Cached(StrEnum):
    """What a cache says it did with a request."""

    HIT = "hit"  # from the cache, believed fresh
    MISS = "miss"  # fetched from further in
    EXPIRED = "expired"  # was stale, fetched anew
    REVALIDATED = "revalidated"  # asked further in, unchanged
    STALE = "stale"  # served although stale
    UNCACHED = "uncached"  # never kept here
    UNKNOWN = "unknown"  # says nothing


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one provider's cache headers say about one answer."""

    cached: Cached = Cached.UNKNOWN
    says: str = ""  # its own word, e.g. "DYNAMIC"
    place: str = ""  # the data centre it names, e.g. "FRA"
    own_age: bool = True  # Age is how old this cache's copy is; False where it hands on the one that came with it


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider itself saw of one URL at one of its places; header names are lower-case. `problem` instead
    where it saw nothing. `md5` is the body's, as far as the provider says it: of a packed body with its coding before
    it, "gzip 9f86…", since it may be that of either."""

    place: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    md5: str = ""


class Health(StrEnum):
    """How a probe ended."""

    GOOD = "good"
    DOUBTFUL = "doubtful"  # works, but something should change
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Probe:
    """A doctor's finding about one account: what was seen, and what to do."""

    health: Health
    what: str
    advice: str = ""


class UnsupportedWish(ValueError):
    """The account cannot do this. Raised while planning, before anything is sent; says what is possible."""

    def __init__(self, what: str, possible: str) -> None:
        super().__init__(f"{what} {possible}")
        self.what = what
        self.possible = possible


@dataclass(frozen=True, slots=True)
class Field:
    """One configuration key that a provider takes, for an account or for a layer; read by settings, docs and doctor."""

    name: str
    what: str  # half a line for people
    required: bool = False
    secret: bool = False  # given as {env: NAME} or {file: PATH}, never in the clear; of a tree: somewhere inside
    choices: tuple[str, ...] = ()
    example: str = ""
    pattern: str = ""  # a regex that the whole value must match; `form` says it in words
    form: str = ""  # what every value is, such as "a zone's id"; said of one that is not
    clear: str = ""  # of a secret: a regex of values that hide nothing and may stand in the clear; `form` says it
    tree: bool = False  # any depth of keys and lists; given as JSON, where {"secret": NAME} names Account.secrets[NAME]


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """Who we are at a provider, as configured. Never printed: `secrets` holds secrets."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    pace: Mapping[str, Pace] = field(default_factory=dict)  # replaces a bucket's default, by bucket name
    per_call: Mapping[Kind, int] = field(default_factory=dict)


class Provider(Protocol):
    """One account at one provider."""

    name: str  # "cloudflare"
    title: str  # "Cloudflare"
    can: Capabilities
    door: str  # where this cache itself can be asked for a page, dialled as written; "" where there is no such place

    def plan(self, purge: Purge) -> Sequence[Call]:
        """The calls that cover every target once. Pure: the same wish gives the same calls, made now or when they are
        looked at (`calls.Calls`); what cannot be done is refused now. Raises UnsupportedWish."""
        ...

    async def send(self, call: Call, reference: str) -> Receipt:
        """Make one attempt. Safe to repeat. `reference` is the same for every attempt at one pass of one call, and
        for nothing else, ever: at most 64 letters, digits and dashes. Raises only PurgeError."""
        ...

    async def progress(self, receipt: Receipt) -> Receipt:
        """Ask how far the provider is. Raises only PurgeError: Refused where it ended without having purged."""
        ...

    async def left(self, layer: Mapping[str, str]) -> tuple[tuple[str, float, float], ...]:
        """What the provider says of its budgets now, as in `Receipt.left`; asked before many calls. Purges nothing.
        Empty where it cannot be asked. Raises only PurgeError."""
        ...

    async def everywhere(self, url: str) -> Sequence[Seen]:
        """What each of the provider's places serves for `url`, where it looks for us. Purges nothing, and may fill
        caches. Raises only PurgeError."""
        ...

    def sighting(self, headers: Mapping[str, str]) -> Sighting:
        """Read this provider's cache headers; names are lower-case."""
        ...

    async def probe(self, layer: Mapping[str, str]) -> Probe:
        """Try credential, permission and reachability for one layer. Purges nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong with an account's or a layer's settings, and what to write. Holds no secret."""

    place: tuple[str | int, ...]  # its key and what is inside: ("purge", "url", "status", 1)
    what: str
    advice: str

    def __str__(self) -> str:
        return f"`{'.'.join(map(str, self.place))}`: {self.what} {self.advice}"


HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # a header's name, RFC 9110, 5.6.2
A_HEADER = "the name of a header"


def header_field(name: str, what: str, example: str) -> Field:
    """A key that names a header."""
    return Field(name, what, example=example, pattern=HEADER, form=A_HEADER)


def no_complaint(settings: Mapping[str, str]) -> Sequence[Complaint]:
    """Nothing more can be wrong."""
    return ()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One line of PROVIDERS: how an account of this provider is configured and built.

    `build` takes the account and, for tests, a transport that stands in for the network.
    """

    name: str
    title: str
    fields: tuple[Field, ...]  # of the account
    layer_fields: tuple[Field, ...]  # of a site's layer
    build: Callable[[Account, httpx.AsyncBaseTransport | None], Provider]
    package: str = ""  # a Python package that it needs, such as "botocore"
    extra: str = ""  # the extra that brings the package, such as "aws"
    needs_one_of: tuple[tuple[str, ...], ...] = ()  # each tuple: at least one of these account fields must be given
    # Each pair: the first account field, or this value of it (`tags: xkey`), means nothing without the second.
    needs: tuple[tuple[str, str], ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()  # each pair: these account fields are two ways, of which one is chosen
    overrides: tuple[tuple[str, str], ...] = ()  # each pair: where both are given, the first counts
    most_per_call: Mapping[Kind, int] = field(default_factory=dict)  # the provider's own maximum, where it names one
    # What is wrong beyond single fields: pure, asked with the good settings; secrets are not among them.
    check: Callable[[Mapping[str, str]], Sequence[Complaint]] = no_complaint
    check_layer: Callable[[Mapping[str, str]], Sequence[Complaint]] = no_complaint
