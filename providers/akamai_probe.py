"""What Akamai says of an account that is asked for its rate limits, which purges nothing."""

from __future__ import annotations

from datetime import datetime

from providers.akamai_answers import behind, left, told
from providers.akamai_limits import BUCKETS
from providers.contract import Health, Kind, Probe
from providers.wire import Answer

DOUBTFUL_SKEW = 10.0  # seconds; at 30 Akamai refuses


def is_status(answer: Answer) -> bool:
    """Its numbers are in the headers; a page that some proxy makes has none."""
    return answer.status == 201 and "x-ratelimit-limit" in answer.headers


def finding(answer: Answer, here: datetime) -> Probe:
    """What numbers of the URL budget show: that the credentials are good, and whether the clock here, by which it is
    `here`, soon will not be."""
    budgets = {name: units for name, units, _ in left(answer, BUCKETS[Kind.URL])}
    urls = f"; {budgets['urls']:,.0f} URLs of its budget are left" if "urls" in budgets else ""
    what = f"Akamai takes calls from this account{urls}."
    skew = behind(answer, here)
    if skew is not None and abs(skew) > DOUBTFUL_SKEW:
        clock = told(skew)
        return Probe(Health.DOUBTFUL, f"{what} T{clock[1:]}.", "Set it by NTP: at 30 s Akamai refuses every call.")
    return Probe(Health.GOOD, f"{what} Which CP codes it may purge shows only when it does.")
