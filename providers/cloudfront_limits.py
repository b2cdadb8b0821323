"""CloudFront's limits and price as data.

The rates of 2026 count for the whole account; the older rule of files and wildcards in progress, which may still hold
beside them, counts for each distribution. It is kept here for the account as a whole: what began in the last 25 s
counts as in progress, since AWS says that 95 in 100 invalidations are completed by then.
"""

from __future__ import annotations

from providers.contract import Account, Capabilities, Confirmation, Copies, Kind, Pace, Price
from providers.pacing import max_bytes_of, paces_of, per_call_of

RATES = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"
IN_PROGRESS = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html"
COMPLETED = "https://aws.amazon.com/about-aws/whats-new/2026/04/cloudfront-invalidation-cache-tag/"
PAYING = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html"
CHECKED = "2026-11-23"

COMPLETED_SECONDS = 25.0  # by then 95 in 100 invalidations say Completed, see COMPLETED
FIRST_SECONDS, LAST_SECONDS = 5.0, 30.0  # between two questions how far it is: 5, 10, 20, 30, 30, …
PACES = {
    "paths": Pace(150, 1, 150, "paths", source=RATES, checked=CHECKED),
    "wildcards": Pace(1, 1, 1, "wildcards", source=RATES, checked=CHECKED),
    "running_paths": Pace(3000, COMPLETED_SECONDS, 3000, "paths", window=True, source=IN_PROGRESS, checked=CHECKED),
    "running_wildcards": Pace(15, COMPLETED_SECONDS, 15, "wildcards", window=True, source=IN_PROGRESS, checked=CHECKED),
}
PRICES = {"paid": Price(0.005, 1000, "paths", source=PAYING, checked=CHECKED)}
# AWS names no limit for one request. It is not known whether a long batch counts at once, so two fit into a second:
# a batch of a whole second's paths would be refused whenever it arrives a few milliseconds early.
PER_CALL = {Kind.URL: 75, Kind.TAG: 75, Kind.PREFIX: 1, Kind.PATTERN: 1, Kind.EVERYTHING: 1}
MAX_BYTES = 100_000  # of a call; ours, AWS names none
FRAME = 400  # bytes of a call around its paths: target, headers, and the tags around the list
PATH_MAX = 4000  # characters, https://docs.aws.amazon.com/…/invalidation-specifying-objects.html
TAG_MAX = 256  # characters, https://docs.aws.amazon.com/…/invalidation-specifying-tags.html
INSTEAD = {
    Kind.HOST: "Its paths are the same for every host. "
    "Purge everything instead: it empties the whole distribution, with every host in it."
}


def can_of(account: Account) -> Capabilities:
    """What an account can do, by its own limits."""
    return Capabilities(
        kinds=frozenset(PER_CALL),
        soft=frozenset(),
        per_call=per_call_of(PER_CALL, account),
        max_bytes=max_bytes_of(MAX_BYTES, account),
        pace=paces_of(PACES, account.pace),
        confirmation=Confirmation.POLLED,
        prices=PRICES,
        instead=INSTEAD,
        takes=Copies.ALL,  # https://docs.aws.amazon.com/…/invalidation-specifying-objects.html
    )
