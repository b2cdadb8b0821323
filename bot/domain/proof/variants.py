"""The other requests for one URL that caches keep apart: another encoding, a configured variant, what Vary names.

An answer to one request is compared with the origin's answer to the same one, and with nothing else. A proof asks what
the site's key surely holds and what the answers' Vary names; a diagnosis whatever may be kept apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from bot.domain.answers.answer import Answer, Asked, varied
from bot.domain.answers.caching import titled, varied_by
from bot.domain.answers.devices import PHONE, as_device
from bot.domain.proof.look import ORIGIN, Look, compare
from bot.domain.site import Site

ENCODING = "Accept-Encoding"
IDENTITY: Asked = ((ENCODING, "identity"),)
BROTLI: Asked = ((ENCODING, "br"),)
CHROME: Asked = ((ENCODING, "gzip, deflate, br, zstd"),)  # Firefox, too: https://caniuse.com/zstd (2026-11)
SAFARI: Asked = ((ENCODING, "gzip, deflate, br"),)
OVER_HTTP: Asked = ((ENCODING, "gzip, deflate"),)  # every browser, where nothing is encrypted
ENCODINGS = (IDENTITY, BROTLI, CHROME, SAFARI)  # a plain visitor takes gzip; caches may keep a copy for each string
VARIANTS_MAX = 8
NAMES_SHOWN = 5  # fields of Vary
AS_A_PHONE: Asked = (("User-Agent", PHONE), *SAFARI)
_GUESSED = ("User-Agent: ", "Accept-Language: ", "Origin: ")
_OF_DEVICES = frozenset({"user-agent"})  # which whoever names a device sends, and is answered by
_ALL_ASKED = frozenset({"accept-encoding"})  # with gzip, without any, with Brotli, and as browsers ask
_SAMPLES = {PHONE: "an iPhone", "Accept-Language: de": "a German reader"}
ERROR = 400
_BROWSERS = frozenset(map(varied, (CHROME, OVER_HTTP)))
_NAMES = frozenset(varied(asked) for asked in (*ENCODINGS, OVER_HTTP))


def to_prove(site: Site, plain: Iterable[Look], before: Collection[str] = ()) -> tuple[Asked, ...]:
    """What a proof or a check asks beside a plain visitor's request: what the site's cache key holds beyond the URL,
    then at most VARIANTS_MAX that a plain answer's Vary names, by headers of which the site names no values. `before`
    are the variants of the same page that were asked at an earlier look, or seen old since."""
    plain = [*plain]
    named = {(field, look.url) for look in plain for field in varied_by(look.varies)}
    urls = {look.url: None for look in plain}
    again = [asked for url in urls for asked in _all_guesses(url) if varied(asked) in before]
    own = {name.lower() for asked in _configured(site) for name, _ in as_device(asked)}
    guessed = (asked for field, url in sorted(named) if field not in own for asked in _by_field(field, url))
    by_vary = dict.fromkeys([*again, *guessed])
    return tuple(dict.fromkeys((*_configured(site), *list(by_vary)[:VARIANTS_MAX])))


def to_diagnose(site: Site, answer: Answer) -> tuple[Asked, ...]:
    """What a diagnosis asks beside that: the configured variants and what the answer's Vary names, at most VARIANTS_MAX
    of them; and every encoding, whatever Vary says: some caches keep them apart by themselves."""
    fields = varied_by(answer.says("vary"))
    own = {name.lower() for asked in _configured(site) for name, _ in as_device(asked)} & _OF_DEVICES
    named = (asked for field in fields if field not in _ALL_ASKED | own for asked in _by_field(field, answer.url))
    some = list(dict.fromkeys((*_configured(site), *named)))[:VARIANTS_MAX]
    return tuple(dict.fromkeys((*some, *encodings_of(answer.url))))


def others_may_differ(looks: Iterable[Look]) -> str:
    """ "seen as …; others may get other copies (Vary: …)", where answers vary by what not everybody sends alike, and
    not all of that was asked for; "" where they do not. One phone, language or Origin stands for no others, and
    an encoding for none but itself."""
    some = [look for look in looks if not look.problem]
    named = {name for look in some for name in varied_by(look.varies)}
    samples = {varied(asked) for name in named for asked in _by_field(name, "")}
    asked = {look.variant for look in some if look.variant and look.place != ORIGIN}
    own = [f", {one.lower()}" for one in asked - samples if not one.startswith("Origin: ")]
    encodings = {one for one in asked if one.startswith(f"{ENCODING}:")}
    wanted = {varied(one) for look in some for one in encodings_of(look.url)}
    done = _ALL_ASKED if encodings >= wanted or encodings - _NAMES else frozenset[str]()
    by = sorted(name for name in named - done if not any(f", {name}:" in one for one in own))
    also = [told for sample, told in _SAMPLES.items() if any(sample in one for one in asked)]
    who = " and ".join(["a plain visitor", *also])
    return f"seen as {who}; others may get other copies (Vary: {vary_told(by)})" if by else ""


def encodings_of(url: str) -> tuple[Asked, ...]:
    """The encodings that `url` is asked in beside gzip."""
    return (*ENCODINGS, OVER_HTTP) if url.startswith("http://") else ENCODINGS


def as_browsers_ask(url: str) -> Asked:
    """In which encodings most visitors ask for `url`: some caches keep a copy for them whatever Vary says."""
    return OVER_HTTP if url.startswith("http://") else CHROME


def partly_asked(looks: Iterable[Look]) -> str:
    """On how many pages the variants were asked for, where that is not all of those that have some; else ""."""
    looks = [*looks]
    unnamed = _as_most_ask(looks)
    some = [look for look in looks if not look.problem and look not in unnamed]
    named: dict[str, set[str]] = {}
    for look in some:
        if not look.variant:
            named.setdefault(look.url, set()).update(varied_by(look.varies))
    asked = {look.url for look in some if look.variant} & {*named}
    fields = {(look.url, look.variant.partition(":")[0].lower()) for look in some if look.url in asked and look.variant}
    is_configured = any(field not in named[url] for url, field in fields)
    have = [url for url, names in named.items() if names or is_configured]
    return f"asked in every variant on {len(asked)} of {len(have)} pages" if 0 < len(asked) < len(have) else ""


def vary_told(names: Sequence[str]) -> str:
    """Fields of Vary as they are mostly written, the first of many."""
    shown = [titled(name) for name in names[:NAMES_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])])


def answered(site: Site, looks: Sequence[Look]) -> list[Look]:
    """`looks` without those as somebody whom nobody configured, where that is answered otherwise than a plain visitor:
    not at all, by a guard or by another page. They say nothing then of what those people get; the origin is needed.
    And without those as browsers ask, though no Vary names encodings, that gave no page, or what a plain visitor got
    too."""
    own = {varied(asked) for asked in _configured(site)}
    plain = {(look.url, look.place): look.status for look in looks if not look.variant}
    guessed = [look for look in looks if look.variant.startswith(_GUESSED) and look.variant not in own]
    other = [look for look in guessed if look.problem or look.status != plain.get((look.url, look.place))]
    without = {(look.url, look.variant) for look in other if look.place == ORIGIN}
    left = [look for look in guessed if look in other or (look.url, look.variant) in without]
    left += _as_plain([look for look in _as_most_ask(looks) if look.variant not in own], looks)
    return [look for look in looks if look not in left]


def _as_most_ask(looks: Sequence[Look]) -> list[Look]:
    """Those in the encodings that most visitors ask for, of pages whose answers name no encoding in Vary."""
    by_encoding = {look.url for look in looks if not look.variant and _ALL_ASKED & {*varied_by(look.varies)}}
    return [look for look in looks if look.variant in _BROWSERS and look.url not in by_encoding]


def _as_plain(as_browsers: Sequence[Look], looks: Sequence[Look]) -> list[Look]:
    """Those of `as_browsers` that tell nothing beside the plain answers of their place; the origin's where no edge's
    tells anything."""
    plain: dict[tuple[str, str], list[Look]] = {}
    for look in looks if as_browsers else ():
        if not look.variant:
            plain.setdefault((look.url, look.place), []).append(look)
    edges = [look for look in as_browsers if look.place != ORIGIN]
    tell = [
        look for look in edges if not _is_no_page(look) and not _is_any_of(look, plain.get((look.url, look.place), ()))
    ]
    pages = {look.url for look in tell}
    return [look for look in as_browsers if look not in tell and not (look.place == ORIGIN and look.url in pages)]


def _is_no_page(look: Look) -> bool:
    return bool(look.problem or look.guard) or look.status >= ERROR


def _is_any_of(look: Look, others: Sequence[Look]) -> bool:
    return any(not one.problem and compare(one, look).is_same for one in others)


def says_nothing(look: Look) -> bool:
    """Whether another encoding was answered with nothing that can be compared: its body is larger than what is read."""
    answered = look.variant in _NAMES and not look.problem
    return answered and look.status == 200 and not (look.digest or look.version or look.etag)


def _configured(site: Site) -> Iterator[Asked]:
    return (tuple(variant.items()) for variant in site.variants)


def _all_guesses(url: str) -> Iterator[Asked]:
    yield from (*ENCODINGS, OVER_HTTP)
    for field in ("user-agent", "accept-language", "origin"):
        yield from _by_field(field, url)


def _by_field(field: str, url: str) -> Iterator[Asked]:
    """The requests for `url` that show what a field of Vary keeps apart; none where nobody can guess what is sent."""
    split = urlsplit(url)
    match field:
        case "accept-encoding":
            yield from encodings_of(url)
        case "origin":
            yield (("Origin", f"{split.scheme}://{split.netloc}"),)
        case "user-agent":
            yield AS_A_PHONE
        case "accept-language":
            yield (("Accept-Language", "de"),)
