"""The page by which a card shows that a purge worked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.deploys.deploy import Deploy, Expected
from bot.domain.jobs.job import JobView
from bot.domain.proof.look import Look
from bot.slack.cards.comparison import comparison
from providers.contract import Cached, Kind
from tests.slack.cases import DONE, PRICING, T, look

LOGO, NEWS, FRONT = "https://img.shop.test/logo.svg", "https://www.shop.test/news/", "https://www.shop.test/"
PAGES = (LOGO, FRONT, NEWS, PRICING)
SHOWS = Deploy("4.2.0", "token:ci-shop", expected=(Expected("/", "x-build", "4.2.0"),))


def purged(old: tuple[str, ...], *sample: str, kind: Kind = Kind.PATTERN, deploy: Deploy | None = None) -> JobView:
    """A proven purge of `sample`, before which the pages of `old` were old and all others were fresh."""
    before: list[Look] = [look("fra", "a1" if page in old else "b7", url=page) for page in PAGES]
    looks = tuple(look("fra", "b7", Cached.MISS, None, page) for page in PAGES)
    return replace(
        DONE,
        kind=kind,
        targets=len(sample),
        sample=sample,
        before=tuple(before),
        looks=looks,
        covered=PAGES,
        deploy=deploy,
    )


@pytest.mark.parametrize(
    ("job", "page"),
    [
        pytest.param(purged(PAGES, PRICING, "tag news"), PRICING, id="named, before what nobody named"),
        pytest.param(purged(PAGES, NEWS, PRICING), NEWS, id="the first that was named"),
        pytest.param(purged((LOGO, PRICING), NEWS, PRICING), PRICING, id="one that was old, before one that was not"),
        pytest.param(purged((LOGO, NEWS), FRONT, "tag news"), NEWS, id="a host that was named, before another"),
        pytest.param(purged((LOGO,), PRICING, "tag news"), LOGO, id="the only one that was old"),
        pytest.param(purged((), PRICING, "tag news"), PRICING, id="none was old: what was named"),
        pytest.param(purged(PAGES, "prefix www.shop.test/news/", "tag a"), NEWS, id="what lies under a prefix"),
        pytest.param(
            purged(PAGES, "www.shop.test/pricing", kind=Kind.PREFIX), PRICING, id="what a prefix names itself"
        ),
        pytest.param(purged(PAGES, "news", kind=Kind.TAG, deploy=SHOWS), FRONT, id="what a deploy says of a page"),
        pytest.param(purged(PAGES, "news", kind=Kind.TAG), LOGO, id="nothing tells them apart: the first"),
    ],
)
def test_the_page_shown_is_one_that_was_named_and_was_old(job: JobView, page: str) -> None:
    before = "a1" if any(seen.url == page and seen.version == "a1" for seen in job.before) else "b7"
    shown = f'fra before: HIT, 5 h old, version "{before}" · after: MISS, version "b7" = origin'
    assert f"one of them: {page} · {shown}" == comparison(job)


def test_a_page_beside_the_one_url_of_a_deploy_is_named() -> None:
    deployed = replace(
        DONE,
        deploy=SHOWS,
        covered=(FRONT, PRICING),
        before=(look("fra", "a1", url=FRONT),),
        looks=(look("fra", "b7", url=FRONT),),
    )
    assert comparison(deployed).startswith(f"one of them: {FRONT} · fra before: ")


def test_what_was_seen_since_the_proof_is_told_as_that() -> None:
    assert DONE.proven is not None
    later = tuple(replace(seen, at=DONE.proven + 300) for seen in DONE.looks)
    again = replace(DONE, looks=later)
    assert " · after, looked at again 5 min later: " in comparison(again)
    assert comparison(DONE) == comparison(again).replace(", looked at again 5 min later", "")


def bare(digest: str) -> Look:
    return Look("fra", PRICING, T, 200, digest=digest)


NAMELESS = {
    "by their bytes": (
        bare("0123456789abcdef"), bare("fedcba9876543210"),
        "fra before: answered, SHA-256 0123456789ab… · after: answered, SHA-256 fedcba987654… = origin",
    ),
    "of the same bytes": (bare("0a"), bare("0a"), "fra before: answered · after: the same = origin"),
    "of which nothing was read": (bare(""), bare(""), "fra before: answered · after: answered = origin"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), NAMELESS.values(), ids=NAMELESS)
def test_pages_that_nothing_names_are_told_apart_by_their_bytes(before: Look, after: Look, expected: str) -> None:
    job = replace(DONE, before=(before,), looks=(after,), covered=(PRICING,))
    assert expected == comparison(job).rpartition("pricing · ")[2]
