"""What each provider's headers come to, a minute after a hard purge: header set → what the cache did → verdict.

The header sets are those of the providers' own pages, as the adapters name them. A row's verdict is that of the new
content; the old content is never anything but old, whatever the headers say. nginx has no Age of its own and replays
the one that it stored, which may be of an earlier copy further in: it shows neither an old copy nor a new one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from bot.domain.answers.answer import Answer
from bot.domain.proof.reached import Purged
from bot.domain.proof.verdict import Judgement, Look, Verdict, judge
from bot.edge import EdgeLooker
from providers.contract import Cached, Sighting
from tests.effort import examples
from tests.providers.test_akamai import akamai
from tests.providers.test_bunny import bunny
from tests.providers.test_cloudflare import cloudflare
from tests.providers.test_cloudfront import cloudfront
from tests.providers.test_fastly import fastly
from tests.providers.test_googlecdn import googlecdn
from tests.providers.test_http import cache
from tests.providers.test_nginx import MODULE, nginx
from tests.providers.test_varnish import varnish
from tests.slate import SlateClock

HOST = "www.shop.test"
URL = f"https://{HOST}/pricing"
PURGED = 1_800_000_000.0
AFTER = PURGED + 60.0

CLOUDFLARE = """
cf-cache-status: MISS                                                     | miss        | fresh
cf-cache-status: MISS · cf-ray: 8f1a2b3c4d5e6f70-FRA                      | miss        | fresh
cf-cache-status: EXPIRED                                                  | expired     | fresh
cf-cache-status: EXPIRED · age: 0                                         | expired     | fresh
cf-cache-status: HIT · age: 0                                             | hit         | fresh
cf-cache-status: HIT · age: 59                                            | hit         | fresh
cf-cache-status: HIT · age: 60                                            | hit         | fresh
cf-cache-status: HIT · age: 61                                            | hit         | unknown
cf-cache-status: HIT · age: 18000                                         | hit         | unknown
cf-cache-status: HIT                                                      | hit         | fresh
cf-cache-status: hit · age: 3                                             | hit         | fresh
cf-cache-status: REVALIDATED · age: 0                                     | revalidated | fresh
cf-cache-status: REVALIDATED                                              | revalidated | fresh
cf-cache-status: UPDATING · age: 7200                                     | stale       | unknown
cf-cache-status: UPDATING · age: 5                                        | stale       | unknown
cf-cache-status: STALE · age: 7200                                        | stale       | unknown
cf-cache-status: STALE                                                    | stale       | unknown
cf-cache-status: BYPASS                                                   | uncached    | unknown
cf-cache-status: DYNAMIC                                                  | uncached    | unknown
cf-cache-status: DYNAMIC · cf-ray: 8f1a2b3c4d5e6f70-SIN                   | uncached    | unknown
cf-cache-status: NONE/UNKNOWN                                             | unknown     | fresh
server: cloudflare                                                        | unknown     | fresh
cf-cache-status: HIT · age: -5                                            | hit         | fresh
cf-cache-status: HIT · age: 5, 18000                                      | hit         | unknown
"""
CLOUDFRONT = """
x-cache: Miss from cloudfront · x-amz-cf-pop: FRA56-P4                    | miss        | fresh
x-cache: Miss from cloudfront                                             | miss        | fresh
x-cache: Hit from cloudfront · age: 3 · x-amz-cf-pop: FRA56-P4            | hit         | fresh
x-cache: Hit from cloudfront · age: 60 · x-amz-cf-pop: SIN2-C1            | hit         | fresh
x-cache: Hit from cloudfront · age: 61 · x-amz-cf-pop: SIN2-C1            | hit         | unknown
x-cache: Hit from cloudfront · age: 86400                                 | hit         | unknown
x-cache: Hit from cloudfront                                              | hit         | fresh
x-cache: RefreshHit from cloudfront · age: 0                              | revalidated | fresh
x-cache: RefreshHit from cloudfront                                       | revalidated | fresh
x-cache: Error from cloudfront                                            | unknown     | fresh
x-cache: LambdaGeneratedResponse from cloudfront                          | unknown     | fresh
x-cache: FunctionGeneratedResponse from cloudfront                        | unknown     | fresh
x-cache: LimitExceeded from cloudfront                                    | unknown     | fresh
x-cache: CapacityExceeded from cloudfront                                 | unknown     | fresh
x-cache: Redirect from cloudfront                                         | unknown     | fresh
x-cache: HIT from cloudfront · age: 3                                     | hit         | fresh
x-cache: HIT · age: 18000                                                 | unknown     | unknown
via: 1.1 abc.cloudfront.net (CloudFront)                                  | unknown     | fresh
"""
FASTLY = """
x-cache: MISS · x-served-by: cache-fra-eddf8230021-FRA · x-cache-hits: 0  | miss        | fresh
x-cache: MISS, MISS · x-cache-hits: 0, 0                                  | miss        | fresh
x-cache: HIT, MISS · x-cache-hits: 4, 0                                   | miss        | fresh
x-cache: HIT · x-cache-hits: 1 · age: 3                                   | hit         | fresh
x-cache: MISS, HIT · x-cache-hits: 0, 1 · age: 3                          | hit         | fresh
x-cache: HIT, HIT · x-cache-hits: 7, 2 · age: 60                          | hit         | fresh
x-cache: HIT, HIT · x-cache-hits: 7, 2 · age: 61                          | hit         | unknown
x-cache: MISS, HIT · x-cache-hits: 0, 1 · age: 18000                      | hit         | unknown
x-cache: HIT · x-cache-hits: 0                                            | uncached    | unknown
x-cache: HIT · x-cache-hits: 0 · age: 0                                   | hit         | fresh
x-cache: HIT                                                              | hit         | fresh
x-cache: MISS, MISS, HIT · x-cache-hits: 0, 0, 3 · age: 9                 | hit         | fresh
x-cache: PASS                                                             | unknown     | fresh
x-served-by: cache-sin-wsss1830039-SIN                                    | unknown     | fresh
"""
AKAMAI = """
x-cache: TCP_MISS from a69-174-50-208.deploy.akamaitechnologies.com (-)   | miss        | fresh
x-cache: TCP_HIT from a69-174-50-208 (AkamaiGHost/11.2) (-) · age: 3      | hit         | fresh
x-cache: TCP_HIT from a69-174-50-208 (AkamaiGHost/11.2) (-) · age: 61     | hit         | unknown
x-cache: TCP_MEM_HIT from a69-174-50-208 (AkamaiGHost/11.2) · age: 9000   | hit         | unknown
x-cache: TCP_MEM_HIT from a69-174-50-208 (AkamaiGHost/11.2) · age: 60     | hit         | fresh
x-cache: TCP_MEM_HIT                                                      | hit         | fresh
x-cache: TCP_IMS_HIT · age: 2                                             | hit         | fresh
x-cache: TCP_NEGATIVE_HIT · age: 500                                      | hit         | unknown
x-cache: TCP_REFRESH_HIT                                                  | revalidated | fresh
x-cache: TCP_REFRESH_MISS                                                 | expired     | fresh
x-cache: TCP_REFRESH_FAIL_HIT                                             | stale       | unknown
x-cache: TCP_REFRESH_FAIL_HIT · age: 5                                    | stale       | unknown
x-cache: TCP_MISS from a1 (-) · x-check-cacheable: NO                     | uncached    | unknown
x-cache: TCP_MISS from a1 (-) · x-check-cacheable: YES                    | miss        | fresh
x-cache: TCP_HIT from a1 (-) · x-cache-remote: TCP_MISS from a2 (-)       | hit         | fresh
x-check-cacheable: NO                                                     | uncached    | unknown
akamai-cache-status: Miss from child, Miss from parent                    | miss        | fresh
akamai-cache-status: Hit from child · age: 3                              | hit         | fresh
akamai-cache-status: Hit from child · age: 600                            | hit         | unknown
akamai-cache-status: RefreshHit from child                                | revalidated | fresh
akamai-cache-status: HitStale from child                                  | stale       | unknown
akamai-cache-status: Constructed from child                               | unknown     | fresh
akamai-cache-status: Error from child                                     | unknown     | fresh
server: AkamaiGHost                                                       | unknown     | fresh
"""
BUNNY = """
cdn-cache: MISS                                                           | miss        | fresh
cdn-cache: EXPIRED                                                        | expired     | fresh
cdn-cache: HIT · age: 3                                                   | hit         | fresh
cdn-cache: HIT · age: 60                                                  | hit         | fresh
cdn-cache: HIT · age: 3600                                                | hit         | unknown
cdn-cache: HIT                                                            | hit         | fresh
cdn-cache: BYPASS                                                         | uncached    | unknown
cdn-cache: UPDATING                                                       | unknown     | fresh
server: BunnyCDN-DE1-1047                                                 | unknown     | fresh
"""
GOOGLE = """
x-cache-status: miss                                                      | miss        | fresh
x-cache-status: hit · age: 3                                              | hit         | fresh
x-cache-status: hit · age: 60                                             | hit         | fresh
x-cache-status: hit · age: 61                                             | hit         | unknown
x-cache-status: hit                                                       | hit         | fresh
x-cache-status: revalidated                                               | revalidated | fresh
x-cache-status: stale · age: 4000                                         | stale       | unknown
x-cache-status: uncacheable                                               | uncached    | unknown
x-cache-status: disabled                                                  | uncached    | unknown
via: 1.1 google · age: 5                                                  | hit         | fresh
via: 1.1 google · age: 90                                                 | hit         | unknown
via: 1.1 google                                                           | unknown     | fresh
"""
VARNISH = """
x-cache: MISS                                                             | miss        | fresh
x-cache: HIT · age: 3                                                     | hit         | fresh
x-cache: HIT · age: 61                                                    | hit         | unknown
x-cache: PASS                                                             | uncached    | unknown
x-cache: STALE · age: 130                                                 | stale       | unknown
x-cache: HIT from shield                                                  | hit         | fresh
x-varnish: 32770                                                          | miss        | fresh
x-varnish: 32771 32769 · age: 9                                           | hit         | fresh
x-varnish: 32771 32769 · age: 900                                         | hit         | unknown
via: 1.1 varnish (Varnish/7.1)                                            | unknown     | fresh
"""
NGINX = """
x-cache-status: MISS                                                      | miss        | fresh
x-cache-status: MISS · age: 7200                                          | miss        | fresh
x-cache-status: EXPIRED                                                   | expired     | fresh
x-cache-status: EXPIRED · age: 7200                                       | expired     | fresh
x-cache-status: HIT                                                       | hit         | fresh
x-cache-status: HIT · age: 0                                              | hit         | fresh
x-cache-status: HIT · age: 61                                             | hit         | fresh
x-cache-status: HIT · age: 18000                                          | hit         | fresh
x-cache-status: REVALIDATED                                               | revalidated | fresh
x-cache-status: REVALIDATED · age: 7200                                   | revalidated | fresh
x-cache-status: STALE                                                     | stale       | unknown
x-cache-status: STALE · age: 5                                            | stale       | unknown
x-cache-status: STALE · age: 7200                                         | stale       | unknown
x-cache-status: UPDATING                                                  | stale       | unknown
x-cache-status: UPDATING · age: 7200                                      | stale       | unknown
x-cache-status: BYPASS                                                    | uncached    | unknown
x-cache-status: BYPASS · age: 7200                                        | uncached    | unknown
x-cache-status: hit                                                       | hit         | fresh
x-cache-status: MISS · x-cache: HIT                                       | miss        | fresh
x-cache-status: HIT · x-cache: MISS                                       | hit         | fresh
x-cache-status: STALE · cache-status: shield; hit                         | stale       | unknown
x-cache: UPDATING                                                         | stale       | unknown
x-cache-status: - · age: 7200                                             | unknown     | fresh
x-cache-status: HIT, MISS                                                 | unknown     | fresh
cache-status: shield; hit · age: 9                                        | hit         | fresh
server: nginx/1.22.1                                                      | unknown     | fresh
"""
STANDARD = """
cache-status: cdn; hit; ttl=376 · age: 3                                  | hit         | fresh
cache-status: cdn; hit; ttl=376 · age: 61                                 | hit         | unknown
cache-status: cdn; hit; ttl=-412                                          | stale       | unknown
cache-status: cdn; fwd=uri-miss; stored                                   | miss        | fresh
cache-status: cdn; fwd=vary-miss                                          | miss        | fresh
cache-status: cdn; fwd=miss; collapsed                                    | miss        | fresh
cache-status: cdn; fwd=stale; fwd-status=200                              | expired     | fresh
cache-status: cdn; fwd=stale; fwd-status=304                              | revalidated | fresh
cache-status: cdn; fwd=bypass                                             | uncached    | unknown
cache-status: cdn; fwd=method                                             | uncached    | unknown
cache-status: inner; hit; ttl=9, cdn; fwd=miss · age: 90                  | miss        | unknown
cache-status: inner; fwd=miss, cdn; hit · age: 90                         | hit         | unknown
cache-status: "Next.js"; hit, "Netlify Edge"; hit · age: 4                | hit         | fresh
cache-status: cdn; hit; fwd=miss                                          | unknown     | fresh
cache-status: cdn hit                                                     | unknown     | fresh
x-cache: TCP_HIT · age: 4                                                 | hit         | fresh
x-cache: TCP_MISS                                                         | miss        | fresh
x-cache-status: EXPIRED                                                   | expired     | fresh
x-cache-status: UPDATING · age: 4                                         | stale       | unknown
x-cache: HIT from squid.test · age: 400                                   | hit         | unknown
"""


def own(headers: Mapping[str, str]) -> Sighting:
    """A provider whose own header says nothing."""
    return Sighting()


READERS: Mapping[str, tuple[str, Callable[[Mapping[str, str]], Sighting]]] = {
    "cloudflare": (CLOUDFLARE, cloudflare().sighting),
    "cloudfront": (CLOUDFRONT, cloudfront().sighting),
    "fastly": (FASTLY, fastly().sighting),
    "akamai": (AKAMAI, akamai().sighting),
    "bunny": (BUNNY, bunny().sighting),
    "googlecdn": (GOOGLE, googlecdn(status_header="X-Cache-Status").sighting),
    "varnish": (VARNISH, varnish().sighting),
    "nginx": (NGINX, nginx(MODULE).sighting),
    "standard": (STANDARD, cache({"url": {}}).sighting),
}


@dataclass(frozen=True, slots=True)
class Row:
    provider: str
    headers: tuple[tuple[str, str], ...]
    cached: Cached
    verdict: Verdict


def rows() -> Iterator[tuple[str, Row]]:
    for provider, (table, _) in READERS.items():
        for line in table.strip().splitlines():
            headers, cached, verdict = (cell.strip() for cell in line.split("|"))
            pairs = [pair.partition(": ") for pair in headers.split(" · ")]
            sent = tuple((name, value) for name, _, value in pairs)
            yield f"{provider}: {headers}", Row(provider, sent, Cached(cached), Verdict(verdict))


ROWS = dict(rows())


def looked(
    provider: str, headers: tuple[tuple[str, str], ...], content: str, place: str = "fra", etag: str | None = None
) -> Look:
    """An answer with these headers over `content`, read as a real one."""
    _, reader = READERS[provider]
    looker = EdgeLooker(lambda: frozenset({HOST}), {HOST: reader}, {}, SlateClock())
    tag = f'"{content}"' if etag is None else etag
    sent = headers if not tag else (*headers, ("etag", tag))
    return looker.read(Answer(URL, place, AFTER, 200, sent, content, content, len(content)))


ORIGIN = [looked("standard", (), "new", "origin")] * 2


def judged(*edges: Look, soft: bool = False) -> Judgement:
    return judge((), [*edges, *ORIGIN], Purged(PURGED, soft))


def test_there_are_at_least_120_header_sets() -> None:
    assert len({(row.provider, row.headers) for row in ROWS.values()}) >= 120


def test_headers_over_the_new_content_come_to(subtests: pytest.Subtests) -> None:
    for name, row in ROWS.items():
        with subtests.test(name):
            look = looked(row.provider, row.headers, "new")
            assert (row.cached, row.verdict) == (look.cached, judged(look).verdict)


def test_no_headers_make_the_old_content_anything_but_old(subtests: pytest.Subtests) -> None:
    for name, row in ROWS.items():
        with subtests.test(name):
            assert Verdict.STALE is judged(looked(row.provider, row.headers, "old")).verdict


@pytest.mark.parametrize(
    ("provider", "headers"),
    [
        ("cloudflare", (("cf-cache-status", "UPDATING"), ("age", "7200"))),
        ("fastly", (("x-cache", "HIT"), ("age", "7200"))),
        ("akamai", (("x-cache", "TCP_REFRESH_FAIL_HIT"),)),
    ],
    ids=["cloudflare", "fastly", "akamai"],
)
def test_after_a_soft_purge_an_old_copy_of_the_same_content_is_fresh_and_one_of_the_old_is_asked_again(
    provider: str, headers: tuple[tuple[str, str], ...]
) -> None:
    same, old = (judged(looked(provider, headers, content), soft=True) for content in ("new", "old"))
    assert (Verdict.FRESH, Verdict.STALE, True) == (same.verdict, old.verdict, old.worth_another)


# Edges that lie: whatever they say of themselves, an edge that does not serve the origin's content is never fresh.

LIES = 2_000
AGES = ("", "0", "3", "59", "61", "18000", "-5", "5, 18000", "99999999999", "1e3", "soon", "3.5", " 7 ")
TAGS = ('"{}"', 'W/"{}"', '"{}-gzip"', '"new"', "")  # the last but one is the origin's, stolen


def lie(dice: random.Random, place: str) -> tuple[Look, str, bool]:
    """A look at an edge, what it serves in truth, and whether it owns up to a copy from before the purge."""
    row = dice.choice(list(ROWS.values()))
    headers = [(name, value) for name, value in row.headers if name != "age"]
    age = dice.choice(AGES)
    if age:
        headers.append(("age", age))
    if dice.random() < 0.1:
        headers.append(("age", dice.choice(AGES[1:])))
    content = dice.choice(["new", "new", "old", "older"])
    look = looked(row.provider, tuple(headers), content, place, dice.choice(TAGS).format(content))
    kept = look.cached is Cached.HIT and look.age is not None and look.age > AFTER - PURGED
    return look, content, kept or look.cached is Cached.STALE


@pytest.mark.parametrize("soft", [False, True], ids=["hard", "soft"])
def test_no_edge_that_lies_is_called_fresh(soft: bool) -> None:
    dice = random.Random(20261126)
    for _ in range(examples(LIES)):
        told = [lie(dice, f"edge{n}") for n in range(dice.randint(1, 3))]
        judgement = judged(*(look for look, _, _ in told), soft=soft)
        true = {look.place for look, content, before in told if content == "new" and (soft or not before)}
        assert set() == set(judgement.fresh_at) - true
        assert judgement.verdict is not Verdict.FRESH or len(true) == len(told)


def test_no_edge_that_lies_about_a_variant_is_called_fresh() -> None:
    dice = random.Random(20261127)
    for _ in range(examples(LIES)):
        (plain, one, _), (varied, other, _) = lie(dice, "fra"), lie(dice, "fra")
        of_variant = [replace(look, variant="X: y") for look in (varied, *ORIGIN)]
        fresh = judge((), [plain, *ORIGIN, *of_variant], Purged(PURGED)).verdict is Verdict.FRESH
        assert not fresh or (one, other) == ("new", "new")
