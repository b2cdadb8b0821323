"""Why visitors go in a circle: an edge that asks the origin over http, and an origin that leads back to itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Case, Certainty, Glance, Name, Spot, diagnose
from bot.domain.why.cause import Cause
from providers.contract import Cached
from tests.domain.why.why_cases import URL, case, edge, glance, job, new, old, origin, ours

HIT = Cached.HIT
OVER_HTTP = f"http{URL.removeprefix('https')}"


def sent(place: str, to: str, cached: Cached = Cached.UNKNOWN, age: int | None = None, url: str = URL) -> Glance:
    """A redirect."""
    return glance(place, "", cached, age, status=301, headers={"location": to}, etag="", version="", digest="", url=url)


def kept(name: str = "fra", age: int = 900) -> Spot:
    return edge(name, sent(name, URL, HIT, age))


def told(*spots: Spot, purges: tuple[JobView, ...] = ()) -> Cause:
    return diagnose(case(*spots, purges=[ours(one) for one in purges])).cause


@pytest.mark.parametrize("purges", [(), (job(300),)], ids=["never-purged", "purged"])
@pytest.mark.parametrize("age", [1, 18_000])
def test_a_kept_redirect_of_an_https_page_to_itself_is_a_loop_and_offers_no_purge(
    age: int, purges: tuple[JobView, ...]
) -> None:
    cause = told(kept("fra", age), kept("iad", age), purges=purges)
    assert (Name.REDIRECTED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert (
        "fra and iad keep a redirect (301) where the origin, asked over https, gives a page. It leads to this very URL,"
        " a loop on which browsers give up: most likely fra and iad ask the origin over http, which sends that to"
        " https."
    ) == cause.what
    assert cause.cure is not None
    assert f"check {URL}" == cause.cure.line
    assert (
        "Have the CDN ask the origin over https: at Cloudflare that is the SSL mode Full (strict), at CloudFront the"
        " origin protocol policy HTTPS only, in nginx `proxy_pass https://…`. A purge before that brings the same"
        " redirect again; one after it takes what is kept."
    ) == cause.cure.says


def test_the_purge_that_changed_nothing_of_it_is_named() -> None:
    assert "P-1 purged it 5 min ago" == told(kept(), purges=(job(300),)).evidence[-1]


def test_it_is_named_where_one_edge_alone_does_so() -> None:
    found = diagnose(case(kept(), new("iad")))
    assert found.cause.what.startswith("fra keeps a redirect (301) where the origin, asked over https, gives a page.")
    assert Name.CACHED_ERROR not in {cause.name for cause in found.also}


def test_what_an_http_page_keeps_of_a_loop_is_purged() -> None:
    truth = glance(ORIGIN, "new", url=OVER_HTTP)
    made = case(edge("fra", sent("fra", OVER_HTTP, HIT, 900, OVER_HTTP)), origin(truth, truth), url=OVER_HTTP)
    cause = diagnose(made).cause
    assert (Name.CACHED_ERROR, OVER_HTTP) == (cause.name, cause.cure.line if cause.cure else "")


SPELLED = ["https://www.shop.test:443/pricing", "https://WWW.shop.test/pricing", "HTTPS://www.shop.test/%70ricing"]


def asking_for_tls(to: str) -> Spot:
    made = sent(ORIGIN, to)
    asks = Glance(made.answer, replace(made.look, over="http"))
    return origin(asks, asks)


@pytest.mark.parametrize("to", SPELLED)
def test_an_origin_that_asks_for_https_is_known_however_it_spells_the_page(to: str) -> None:
    cause = told(kept(), asking_for_tls(to))
    assert "The origin, asked over http, sends everybody to https" in cause.what


@pytest.mark.parametrize("to", ["/pricing", "//www.shop.test/pricing", OVER_HTTP])
def test_one_that_leads_on_over_http_asks_for_no_https(to: str) -> None:
    cause = told(kept(), asking_for_tls(to))
    assert "sends everybody to https" not in cause.what


def with_a_page() -> Case:
    back = sent(ORIGIN, URL)
    return case(old(), origin(back, back))


def test_what_edges_still_keep_is_left_to_visitors_while_the_origin_goes_in_a_circle() -> None:
    cause = diagnose(with_a_page()).cause
    assert (Name.REDIRECTED, Certainty.SEEN) == (cause.name, cause.certainty)
    assert (
        "This URL redirects to itself (301) at the origin: a loop, on which browsers give up. fra still keeps a page,"
        " which visitors there get: a purge now would leave them with that loop."
    ) == cause.what
    assert cause.cure is not None
    assert f"check {URL}" == cause.cure.line


def test_nothing_is_said_to_be_old_beside_it() -> None:
    found = diagnose(with_a_page())
    assert () == found.also
    assert found.way[0].endswith("not known")
