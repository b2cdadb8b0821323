"""A job as JSON: what one look says of one URL at one place."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.jobs.job import JobView, LayerState, LayerView, State, Trouble
from bot.domain.proof.verdict import Look, Verdict
from bot.export.record import job_record
from bot.slack.cards.root import root_card
from bot.slack.plain import plain
from providers.contract import Cached, Kind

NEW, OLD = "v2", "v1"
HOME, PRICING = "https://www.shop.test/", "https://www.shop.test/pricing"


def look(place: str, url: str, version: str, at: float = 10.0) -> Look:
    cached = Cached.UNKNOWN if place == "origin" else Cached.HIT
    return Look(place, url, at, 200, etag=f'"{version}"', digest=version, version=version, cached=cached, says="HIT")


def job(*looks: Look, before: tuple[Look, ...] = (), layers: tuple[LayerView, ...] = ()) -> JobView:
    return JobView(
        12, "shop", "production", State.CHECKING, Verdict.STALE, Kind.URL, 2, (), False, "U_MIA", 0.0, layers, "d",
        "small", looks=looks, before=before, fresh_at=("iad",), stale_at=("fra",),
    )  # fmt: skip


def fresh(of: JobView) -> list[object]:
    looks = job_record(of)["looks"]
    assert isinstance(looks, list)
    return [one["fresh"] for one in looks]


def test_a_place_that_is_stale_for_one_url_is_fresh_for_another() -> None:
    seen = job(
        look("origin", HOME, NEW), look("origin", PRICING, NEW), look("fra", HOME, NEW), look("fra", PRICING, OLD),
        look("iad", HOME, NEW), look("iad", PRICING, NEW),
    )  # fmt: skip
    assert [None, None, True, False, True, True] == fresh(seen)


def test_without_an_answer_of_the_origin_nothing_is_fresh_or_stale() -> None:
    silent = Look("origin", HOME, 10.0, problem="timed out")
    assert [None, None] == fresh(job(silent, look("fra", HOME, NEW)))


def test_without_an_origin_nothing_is_fresh_or_stale() -> None:
    assert [None] == fresh(job(look("fra", HOME, NEW), before=(look("fra", HOME, OLD, 1.0),)))


def test_a_look_without_an_answer_says_why() -> None:
    record = job_record(job(look("origin", HOME, NEW), Look("fra", HOME, 10.0, problem="refused the connection")))
    looks = record["looks"]
    assert isinstance(looks, list)
    assert ("refused the connection", None, 0) == (looks[1]["problem"], looks[1]["fresh"], looks[1]["status"])


def test_a_layer_that_stopped_says_what_and_what_to_do() -> None:
    trouble = Trouble("BadCredentials", "Cloudflare does not accept the token.", "Make a new one.", "Invalid (1000)")
    layer = LayerView("cf", "Cloudflare", LayerState.FAILED, 3, 1, ("id-1",), trouble=trouble, failing=(HOME,))
    assert [
        {
            "account": "cf",
            "state": "failed",
            "calls": 3,
            "sent": 1,
            "ids": ["id-1"],
            "error": {
                "class": "BadCredentials",
                "what": "Cloudflare does not accept the token.",
                "advice": "Make a new one.",
            },
            "failing": [HOME],
        }
    ] == job_record(job(layers=(layer,)))["layers"]


def sending(state: State, *layers: LayerView) -> JobView:
    return replace(job(layers=layers), state=state)


QUICK = LayerView("shield", "Varnish", LayerState.DONE, 500, 500, seconds=1.0)
SLOW = LayerView("cf", "CloudFront", LayerState.PURGING, 10, 4, seconds=17.0)


def test_how_far_it_is_goes_by_the_time_that_layers_take_and_is_what_the_card_says() -> None:
    purging = sending(State.PURGING, QUICK, SLOW)
    assert 0.463 == job_record(purging)["share_sent"]
    assert "46 %" in plain(root_card(purging, 10.0))
    assert "finishing" not in job_record(purging)


def test_while_a_provider_is_at_it_the_record_says_which() -> None:
    confirming = sending(State.CONFIRMING, QUICK, replace(SLOW, sent=10, pending=1))
    assert "CloudFront" == job_record(confirming)["finishing"]
