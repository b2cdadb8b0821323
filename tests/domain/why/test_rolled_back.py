"""Why a page still looks old where the origin went back: its page is older by its date than the copy at the edge."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Glance, Name, diagnose
from providers.contract import Cached
from tests.domain.why.why_cases import CLOUDFLARE, NOW, ago, case, edge, glance, job, layer, origin, ours

DAY = 86_400
BACK = glance(ORIGIN, "a", headers={"last-modified": ago(2 * DAY)}, version="")


def ahead(age: int) -> Glance:
    """What a deploy put there that was taken back."""
    return glance("fra", "b", Cached.HIT, age, headers={"last-modified": ago(DAY)}, version="")


def purged(seconds: int) -> JobView:
    """A purge after the origin went back, which met the copy there that was stored 9000 s ago."""
    met = replace(ahead(9000 - seconds - 5).look, at=NOW - seconds - 5)
    return replace(job(seconds), layers=(layer(CLOUDFLARE, seconds),), before=(met,), looks=(BACK.look,))


def test_the_purge_that_a_newer_copy_outlived_is_named() -> None:
    made = case(edge("fra", ahead(9000)), origin(BACK), purges=[ours(purged(600))], layers=[CLOUDFLARE])
    cause = diagnose(made).cause
    assert (Name.NOT_REACHED, Certainty.LIKELY) == (cause.name, cause.certainty)
    assert "Cloudflare took P-1, and the copy at fra is older than that." == cause.what
    assert (
        "fra: another page than the origin's, and newer (Last-Modified 14 Jan 08:00, the origin's 13 Jan 08:00): the"
        " origin may have gone back"
    ) in cause.evidence
    assert cause.cure is not None
    assert "prefix www.shop.test/pricing" == cause.cure.line


def test_a_newer_copy_that_came_after_the_purge_is_not_put_down_to_it() -> None:
    made = case(edge("fra", ahead(60)), origin(BACK), purges=[ours(purged(600))], layers=[CLOUDFLARE])
    assert Name.UNKNOWN is diagnose(made).cause.name
