"""What the rules read: one URL as visitors get it, as the origin gives it, and what is known around it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.domain.answers.answer import Answer
from bot.domain.answers.caches import ANY, Cache
from bot.domain.answers.caching import Basis, Lifetime, Policy, lifetime_browser, lifetime_shared, policy_of
from bot.domain.answers.fingerprint import MONTH, is_fingerprinted, is_no_word, is_static, may_be_fingerprinted, named
from bot.domain.answers.headers import likely_age_of
from bot.domain.durations import YEAR, YEARS_FROM
from bot.domain.lint.instead import is_whole
from providers.contract import Cached

KEPT = frozenset({Cached.HIT, Cached.STALE, Cached.REVALIDATED})
FETCHED = frozenset({Cached.MISS, Cached.UNCACHED, Cached.EXPIRED})
_STATIC_TYPES = re.compile(r"(?:text/(?:css|javascript)|application/(?:javascript|wasm)|image/|font/|audio/|video/)")
# As browsers tell HTML without a Content-Type: https://mimesniff.spec.whatwg.org, 7.1, read 2026-11-26.
_TAGS = "!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--"
_BEGINS_AS_HTML = re.compile(rf"[\s\ufeff]*<(?:{_TAGS})[ >]", re.IGNORECASE)
_WORKERS = frozenset(
    {"sw.js", "service-worker.js", "serviceworker.js", "ngsw-worker.js", "firebase-messaging-sw.js", "workbox-sw.js"}
)


@dataclass(frozen=True)
class Served:
    """One URL. `answer` is what visitors get, from the cache in front or where there is none from the server itself;
    `cached` what that cache says it did; `origins` what the origin gives, as often as it was asked; `others` the same
    URL at other edges; `tries` what other visitors get, asked at one place. `tag_header` is named only where some layer
    purges by tags. `registered` when a page registers it as its service worker. `among_hashed` where the files that are
    called as it is, in its folder, are named by their content. `further_in` are the caches behind the one in front that
    read answers otherwise."""

    answer: Answer
    cache: Cache = ANY
    cached: Cached = Cached.UNKNOWN
    origins: tuple[Answer, ...] = ()
    others: tuple[Answer, ...] = ()
    tag_header: str = ""
    registered: bool = False
    tries: tuple[Answer, ...] = ()
    among_hashed: bool = False
    further_in: tuple[Cache, ...] = ()

    @property
    def url(self) -> str:
        """The URL."""
        return self.answer.url

    @property
    def status(self) -> int:
        """The status that visitors get."""
        return self.answer.status

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """What visitors get."""
        return self.answer.joined()

    @cached_property
    def policy(self) -> Policy:
        """What visitors' headers say about keeping."""
        return policy_of(self.headers)

    @cached_property
    def browser(self) -> Lifetime:
        """How long browsers use it without asking."""
        return lifetime_browser(self.headers, self.answer.at, self.status)

    @cached_property
    def shared(self) -> Lifetime:
        """How long the cache in front does, by what the origin tells it where the origin can be asked."""
        source = self.alike[0] if self.alike else self.answer
        return lifetime_shared(source.joined(), source.at, self.cache, source.status)

    @property
    def alike(self) -> tuple[Answer, ...]:
        """The origin's answers that can be compared with visitors': an error's headers say nothing of a page's."""
        return tuple(answer for answer in self.origins if not answer.problem and answer.status == self.status)

    @property
    def origin_has_error(self) -> bool:
        """Whether the origin answers with an error where visitors get the page."""
        came = [answer for answer in self.origins if not answer.problem]
        return self.is_whole and bool(came) and all(answer.status >= 400 for answer in came)

    @property
    def is_whole(self) -> bool:
        """Whether it is what was asked for, and no error or redirect in its place."""
        return is_whole(self.answer)

    @property
    def may_be_older(self) -> bool:
        """Whether it may be a copy from before the origin's answer of now."""
        return self.cached not in FETCHED

    @property
    def is_kept_openly(self) -> bool:
        """Whether shared caches are told to keep it for some time."""
        said = self.policy.control
        shut = said.has("no-store") or said.has("private") or said.has("no-cache")
        return not shut and ((said.seconds("s-maxage") or 0) > 0 or (said.seconds("max-age") or 0) > 0)

    @property
    def is_from_cache(self) -> bool:
        """Whether a cache in front answered, as far as it says so."""
        return self.cached in KEPT

    @property
    def hides_a_copy(self) -> bool:
        """Whether only the next answer tells what a cache keeps of it: it sets a cookie, may be kept, and was no copy
        yet."""
        told = "set-cookie" in self.headers and self.is_kept_openly
        return told and not self.answer.problem and not self.is_a_copy

    @property
    def is_a_copy(self) -> bool:
        """Whether a cache gave it out, by what that says or by its age."""
        return self.is_from_cache or bool(likely_age_of(self.headers))

    @property
    def is_page(self) -> bool:
        """Whether it is HTML, by its Content-Type; without one by how it begins, as browsers tell."""
        said = self.headers.get("content-type", "").strip().lower()
        if not said:
            return bool(_BEGINS_AS_HTML.match(self.answer.text))
        return said.startswith(("text/html", "application/xhtml"))

    @property
    def is_file(self) -> bool:
        """Whether it is what pages are made of: script, style, image, font."""
        if self.is_page:
            return False
        return is_static(self.url) or bool(_STATIC_TYPES.match(self.headers.get("content-type", "").lower()))

    @property
    def is_hashed(self) -> bool:
        """Whether its name looks made from its content: by itself, as its neighbours' do, or because it is no word and
        the answer says that browsers never need to ask again."""
        by_itself = is_fingerprinted(self.url) or self.among_hashed
        return by_itself or (self.policy.control.has("immutable") and is_no_word(self.url))

    @property
    def may_be_hashed(self) -> bool:
        """Whether its name may be made from its content, or hold a word (`my-DataGrid.js`): nothing tells."""
        return not self.is_hashed and (may_be_fingerprinted(self.url) or is_no_word(self.url))

    @property
    def is_certain(self) -> bool:
        """Whether it is hashed, and the answer says by its lifetime what its name says: kept a month or more, or never
        to be asked for again."""
        said = self.policy.control
        return self.is_hashed and (said.has("immutable") or (said.seconds("max-age") or 0) >= MONTH)

    @property
    def is_worker(self) -> bool:
        """Whether it is a service worker's script, by its name or because a page registers it."""
        return self.registered or named(self.url).lower() in _WORKERS

    @property
    def is_long_in_browsers(self) -> bool:
        """Whether browsers were told, and did not guess, to keep it for some time."""
        return self.browser.basis in (Basis.MAX_AGE, Basis.EXPIRES) and bool(self.browser.seconds)


def up_to(seconds: float) -> str:
    """A length of time in one unit, never shorter than it is: 90 s, 10 min, 5 h, 365 d, 69 years."""
    if seconds >= YEARS_FROM:
        return f"{math.ceil(seconds / YEAR):,} years"
    for size, unit, most in ((1, "s", 120), (60, "min", 7200), (3600, "h", 172_800)):
        if seconds < most:
            return f"{math.ceil(seconds / size)} {unit}"
    return f"{math.ceil(seconds / 86_400):,} d"
