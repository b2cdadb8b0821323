"""Site `blog`: origin and CloudFront."""

from __future__ import annotations

from collections.abc import Mapping

from playground.clouds.aws import Caller
from playground.clouds.buckets import Bucket, Buckets
from playground.clouds.cloudfront import ACTIONS, CloudFront, Distribution
from playground.clouds.invalidations import Invalidations
from playground.marks import cloudfront
from playground.town import Ground, Town, Url

HOSTS = ("www.blog.test",)
DISTRIBUTION = "E2BLOGTESTPLAY"
KEY, SECRET = "AKIAPLAYGROUNDBLOG00", "playground-aws-secret"
BUDGETS = {"paths": Bucket(150, 150), "wildcards": Bucket(1, 1)}
COMPLETES_IN = 4.0  # seconds; the real one takes about a minute


def town(ground: Ground) -> Town:
    """The blog."""
    edges = ground.edges(HOSTS, ground.to_origin, cloudfront, "blog:")
    cloud = CloudFront(
        callers={KEY: Caller(SECRET, actions=ACTIONS)},
        distributions=[Distribution(DISTRIBUTION, "d2blog.cloudfront.net", frozenset(HOSTS), "Cache-Tag")],
        edges={city: edge.cache for city, edge in edges.items()},
        buckets=Buckets(ground.store, "aws", dict(BUDGETS), ground.now),
        invalidations=Invalidations(ground.store, ground.now),
        requests=ground.requests,
        faults=ground.faults,
        pace=ground.pace,
        now=ground.now,
        account="aws",
        completes_in=COMPLETES_IN,
    )
    return Town(
        name="blog",
        hosts=HOSTS,
        provider="cloudfront",
        leads="d2blog.cloudfront.net",
        origin=ground.origin("blog"),
        edges=edges,
        accounts=_accounts,
        layers=(f"{{account: aws, distribution: {DISTRIBUTION}}}",),
        settings=("tags: {header: Cache-Tag}",),
        servers={"aws": cloud},
        budgets=lambda: {"aws": cloud.buckets.shown()},
        refill=cloud.buckets.clear,
        environ={"BLOG_AWS_SECRET": SECRET},
    )


def _accounts(url: Url) -> Mapping[str, str]:
    keys = f"access_key_id: {KEY}, secret_access_key: {{env: BLOG_AWS_SECRET}}"
    return {"aws": f'{{provider: cloudfront, api_url: "{url("aws")}", {keys}}}'}
