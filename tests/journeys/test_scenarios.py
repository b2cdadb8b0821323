"""The scenarios that a stranger would try first, through the playground's promised calls and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.world import Playground

pytestmark = pytest.mark.slow
PRICING = "http://www.shop.test/pricing"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    playground = Playground(tmp_path_factory.mktemp("world")).start()
    yield playground
    assert 0 == playground.stop()


@pytest.fixture
def play(started: Playground) -> Playground:
    started.post("/_play/reset")
    return started


def versions(play: Playground, path: str) -> set[str]:
    edges = play.world()["edges"]
    assert isinstance(edges, dict)
    return {str(cached.get(path)) for cached in edges.values()}


def job_of(message: object) -> str:
    text = str(message["text"])  # type: ignore[index]
    return next(word.strip("`*·:") for word in text.split() if word.strip("`*·:").startswith("P-"))


def test_a_stale_page_is_purged_and_proven_and_its_neighbour_is_untouched(play: Playground) -> None:
    play.post("/_play/origin", site="shop")
    assert {"v1"} == versions(play, "/pricing")
    play.command("U_MIA", f"/purge {PRICING}")
    card = play.wait_card("fresh", PRICING)
    record = play.job(job_of(card))
    for edge in ("fra", "iad", "sin"):
        assert "v2" == play.get("/_play/visit", site="shop", edge=edge, path="/pricing")["version"]
    assert ("done", "fresh") == (record["state"], record["verdict"])
    assert {"v1"} == versions(play, "/")


def test_everything_needs_two_others(play: Playground) -> None:
    play.post("/_play/origin", site="shop")
    play.command("U_LEA", "/purge everything on shop because x")
    view = play.until(lambda: play.get("/_play/views", user="U_LEA")["open"], "the form opens")
    assert isinstance(view, list)
    wrong = play.post(
        "/_play/submit", user="U_LEA", view_id=view[0]["id"], values={"site_name": {"site_name": {"value": "blog"}}}
    )
    assert "errors" == wrong["ack"]["response_action"]  # type: ignore[index]
    play.post(
        "/_play/submit", user="U_LEA", view_id=view[0]["id"], values={"site_name": {"site_name": {"value": "shop"}}}
    )
    request = play.wait_card("everything", channel="C_APPROVE")
    name = job_of(request)
    for user in ("U_LEA", "U_GUEST"):
        play.click(user, request, "approve", "C_APPROVE")
        play.until(
            lambda user=user: [m for m in play.messages("C_APPROVE", user) if m["ephemeral"]],
            f"{user} is told privately",
        )
    play.click("U_SAM", request, "approve", "C_APPROVE")
    play.click("U_SAM", request, "approve", "C_APPROVE")
    play.until(
        lambda: [m for m in play.messages("C_APPROVE", "U_SAM") if m["ephemeral"] and "already" in str(m["text"])],
        "Sam's second click counts nothing",
    )
    assert "waiting" == play.job(name)["state"]
    play.click("U_KIM", request, "approve", "C_APPROVE")
    record = play.wait_job(name, "done")
    assert "fresh" == record["verdict"]
    assert 1 == len(play.purges("cf"))
    decided = play.until(
        lambda: (m := play.card(name, "C_APPROVE")) and "approve" not in str(m["blocks"]) and m, "the buttons vanish"
    )
    assert "U_SAM" in str(decided) and "U_KIM" in str(decided)


FAULTS = [
    pytest.param("throttle", 1, ("done",), 2, id="throttle-once"),
    pytest.param("error500", 1, ("done",), 2, id="error500-once"),
    pytest.param("error500", None, ("failed",), 3, id="error500-unended"),
    pytest.param("timeout_after_effect", 1, ("done",), 2, id="timeout-after-effect-once"),
]


@pytest.mark.parametrize(("kind", "times", "states", "calls"), FAULTS)
def test_a_fault_of_the_edge(
    play: Playground, kind: str, times: int | None, states: tuple[str, ...], calls: int
) -> None:
    play.post("/_play/origin", site="shop")
    play.post("/_play/fault", account="cf", kind=kind, **({"times": times} if times is not None else {}))
    play.command("U_MIA", f"/purge {PRICING}")
    card = play.wait_card("P-", user="U_MIA")
    record = play.wait_job(job_of(card), *states, patience=60)
    assert calls == len(play.purges("cf"))
    assert record["state"] in states


def test_a_bad_token_names_the_permission_and_retry_works_once_mended(play: Playground) -> None:
    play.post("/_play/origin", site="shop")
    play.post("/_play/fault", account="cf", kind="forbidden")
    play.command("U_MIA", f"/purge {PRICING}")
    card = play.wait_card("stopped at Cloudflare")
    assert "Cache Purge" in str(card["blocks"])
    assert "Varnish was purged" in str(card["blocks"])
    play.post("/_play/fault", account="cf", kind="forbidden", times=0)
    play.click("U_MIA", card, "retry", "C_SHOP")
    play.wait_card("fresh", PRICING)


def test_everything_with_a_lost_answer_asks(play: Playground) -> None:
    play.post("/_play/fault", account="cf", kind="timeout_after_effect", times=1)
    play.command("U_LEA", "/purge everything on shop because x --confirm shop")
    request = play.wait_card("everything", channel="C_APPROVE")
    for user in ("U_SAM", "U_KIM"):
        play.click(user, request, "approve", "C_APPROVE")
    play.wait_job(job_of(request), "needs_decision", patience=60)
    assert 1 == len(play.purges("cf"))


def test_slack_down_does_not_stop_a_purge(play: Playground) -> None:
    play.post("/_play/origin", site="shop")
    play.post("/_play/fault", account="slack", kind="down")
    play.command("U_MIA", f"/purge {PRICING}")
    play.until(lambda: play.purges("cf"), "the edge is purged")
    play.post("/_play/fault", account="slack", kind="down", times=0)
    play.wait_card("fresh", PRICING, patience=60)
