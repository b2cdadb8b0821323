"""Why a page still looks old, where an edge gives no page now: what it keeps was not seen, and that is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.job import JobView
from bot.domain.proof.look import ORIGIN
from bot.domain.why import Certainty, Name, Spot, diagnose
from bot.domain.why.unmet import lines
from providers.contract import Cached
from tests.domain.why.why_cases import NOW, ago, case, edge, glance, job, looked, new, old, origin, ours

SEEN, LIKELY, POSSIBLE = Certainty.SEEN, Certainty.LIKELY, Certainty.POSSIBLE
CHALLENGE = {"cf-mitigated": "challenge"}
RECENT = origin(changed=30)


def was_old(*places: str, fresh_at: tuple[str, ...] = ("iad",)) -> JobView:
    """A purge 300 s ago, before which the page was old at `places`, and new afterwards at `fresh_at`."""
    before = (*(glance(place, "old").look for place in places), *looked("new"))
    return replace(job(300), before=before, looks=looked("new"), proven=NOW - 290, fresh_at=fresh_at)


def failing(name: str = "fra") -> Spot:
    return edge(name, glance(name, "", status=503, etag="", version="", digest=""))


def silent(name: str = "fra") -> Spot:
    return edge(name, glance(name, problem="no answer within 8 s"))


def cut_off(name: str = "fra") -> Spot:
    return edge(name, glance(name, problem="the body ends after 3 of 10 bytes", is_broken=True))


def challenging(name: str = "fra") -> Spot:
    return edge(name, glance(name, "wait", status=403, headers=CHALLENGE, etag="", version=""))


def refusing(name: str = "fra") -> Spot:
    return edge(name, glance(name, "no", status=403, headers={"server": "AkamaiGHost"}, etag="", version=""))


OPEN = [
    pytest.param(failing(), "fra answered 503", "Look why it answers so, then check again.", id="an-error"),
    pytest.param(
        silent(),
        "fra did not answer: no answer within 8 s",
        "Look at the network and at DNS, then check again.",
        id="no-answer",
    ),
]


@pytest.mark.parametrize(("spot", "why", "step"), OPEN)
def test_an_edge_that_was_old_and_gives_no_page_now_is_no_matter_of_browsers(spot: Spot, why: str, step: str) -> None:
    told = diagnose(case(spot, new("iad"), RECENT, purges=[ours(was_old("fra", "iad"))]))
    assert (Name.UNKNOWN, POSSIBLE) == (told.cause.name, told.cause.certainty)
    assert f"It cannot be told whether fra is old: {why}. fra was old before P-1." == told.cause.what
    assert told.cause.cure is not None and step == told.cause.cure.says
    assert Name.BROWSERS not in {cause.name for cause in told.also}
    assert () == told.unseen


def test_a_firewall_there_says_too_that_it_was_old() -> None:
    told = diagnose(case(challenging(), new("iad"), RECENT, purges=[ours(was_old("fra", "iad"))]))
    assert (Name.UNKNOWN, SEEN) == (told.cause.name, told.cause.certainty)
    assert told.cause.what.endswith(
        "asks for a proof of being no robot there, and gave no page. fra was old before P-1."
    )
    assert () == told.unseen


def test_a_broken_answer_there_is_no_matter_of_browsers_either() -> None:
    told = diagnose(case(cut_off(), new("iad"), RECENT, purges=[ours(was_old("fra", "iad"))]))
    names = {cause.name for cause in (told.cause, *told.also)}
    assert (Name.BROKEN, False) == (told.cause.name, Name.BROWSERS in names)
    assert () == told.unseen


def test_an_answer_that_cannot_be_compared_is_not_told_as_the_origins() -> None:
    strange = edge("fra", glance("fra", "other", etag="", version="", digest="d"))
    bare = origin(*[glance(ORIGIN, "new", etag="", version="", headers={"last-modified": ago(30)})] * 2)
    told = diagnose(
        case(strange, edge("iad", glance("iad", "new", etag="", version="")), bare, purges=[ours(was_old("iad"))])
    )
    assert Name.BROWSERS not in {cause.name for cause in (told.cause, *told.also)}


def test_an_edge_that_gave_no_page_before_either_was_not_seen_old() -> None:
    made = was_old("iad")
    was = challenging().plain[0].look
    told = diagnose(case(challenging(), new("iad"), RECENT, purges=[ours(replace(made, before=(*made.before, was)))]))
    assert told.cause.what.endswith("asks for a proof of being no robot there, and gave no page.")
    seen = diagnose(case(new(), new("iad"), RECENT, purges=[ours(replace(made, before=(*made.before, was)))]))
    assert (Name.BROWSERS, "iad: old before P-1") == (seen.cause.name, seen.cause.evidence[1])


def test_what_the_purge_saw_new_there_is_old_no_more() -> None:
    told = diagnose(case(silent(), new("iad"), RECENT, purges=[ours(was_old("fra", "iad", fresh_at=("fra", "iad")))]))
    assert (Name.BROWSERS, POSSIBLE) == (told.cause.name, told.cause.certainty)
    assert ("what fra serves, since it did not answer: no answer within 8 s",) == told.unseen


def test_an_edge_that_was_not_old_leaves_browsers_possible() -> None:
    told = diagnose(case(failing(), new("iad"), RECENT, purges=[ours(was_old("iad"))]))
    assert (Name.BROWSERS, POSSIBLE) == (told.cause.name, told.cause.certainty)
    assert ("what fra serves, since it answered 503",) == told.unseen


def test_nothing_old_beside_a_silent_edge_is_only_likely() -> None:
    told = diagnose(case(silent("fra"), silent("sin"), new("iad")))
    assert (Name.NOTHING_OLD, LIKELY) == (told.cause.name, told.cause.certainty)
    assert ("what fra and sin serve, since they did not answer: no answer within 8 s",) == told.unseen


BESIDE_OLD = [
    pytest.param(
        challenging(), "since it gave no page: Cloudflare asks for a proof of being no robot", id="a-challenge"
    ),
    pytest.param(
        refusing(), "since it answered 403, by which Akamai's firewall may have refused this machine", id="a-refusal"
    ),
    pytest.param(failing(), "since it answered 503", id="an-error"),
    pytest.param(cut_off(), "since it gave a broken answer: 200, and the body ends after 3 of 10 bytes", id="cut-off"),
]


@pytest.mark.parametrize(("spot", "since"), BESIDE_OLD)
def test_beside_an_old_edge_it_is_told_who_gave_no_page(spot: Spot, since: str) -> None:
    assert [f"what fra serves, {since}"] == [*lines(case(spot, old("iad")))]


def test_beside_an_old_edge_it_is_told_that_it_was_old_too() -> None:
    told = diagnose(case(challenging(), old("iad"), purges=[ours(was_old("fra", "iad", fresh_at=()))]))
    assert (
        "what fra serves, since it gave no page: Cloudflare asks for a proof of being no robot; fra was old before P-1"
        in told.unseen
    )


PAGE = glance("fra", "new", Cached.HIT, 9)
STOPPED = [
    pytest.param(challenging(), "Cloudflare's firewall asks for a proof of being no robot", id="challenged"),
    pytest.param(refusing(), "Akamai's firewall may have refused this machine", id="refused"),
]


@pytest.mark.parametrize(("stops", "did"), STOPPED)
def test_what_a_firewall_stops_now_and_then_is_not_known_beside_the_page_that_was_seen(stops: Spot, did: str) -> None:
    told = diagnose(case(edge("fra", stops.plain[0], PAGE), new("iad")))
    assert Name.NOTHING_OLD is told.cause.name
    assert (
        f"what fra would have given each time, since 1 of 2 plain requests got no page (403): {did}",
    ) == told.unseen


@pytest.mark.parametrize(("stops", "did"), STOPPED)
def test_browsers_are_no_more_than_possible_where_a_firewall_stops_some_requests(stops: Spot, did: str) -> None:
    told = diagnose(case(edge("fra", stops.plain[0], PAGE), RECENT, purges=[ours(was_old("fra", fresh_at=("fra",)))]))
    assert (Name.BROWSERS, POSSIBLE) == (told.cause.name, told.cause.certainty)
    assert any(did in line for line in told.unseen)


def test_errors_of_the_moment_beside_the_page_are_no_firewalls() -> None:
    assert () == diagnose(case(edge("fra", failing().plain[0], PAGE), new("iad"))).unseen


def test_where_no_edge_answers_the_cause_says_so_alone() -> None:
    told = diagnose(case(silent("fra"), silent("iad"), purges=[ours(was_old("fra"))]))
    assert (Name.NO_ANSWER, ()) == (told.cause.name, told.unseen)
