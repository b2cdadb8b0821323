"""The scenarios that a stranger would try first, through the playground's promised calls and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.journeys.world import Json, Playground

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


def job_of(message: Json) -> str:
    text = str(message["text"])
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
    wrong = play.post("/_play/submit", user="U_LEA", view_id=view[0]["id"], values={"site_name": {"site_name": "blog"}})
    assert isinstance(wrong["ack"], dict)
    assert "errors" == wrong["ack"]["response_action"]
    play.post("/_play/submit", user="U_LEA", view_id=view[0]["id"], values={"site_name": {"site_name": "shop"}})
    request = play.wait_card("everything", channel="C_APPROVE")
    name = job_of(request)

    def told_privately(user: str) -> list[Json]:
        return [m for m in play.messages("C_APPROVE", user) if m["ephemeral"]]

    for user in ("U_LEA", "U_GUEST"):
        play.click(user, request, "approve", "C_APPROVE")
        play.until(partial(told_privately, user), f"{user} is told privately")
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

    def without_buttons() -> Json | None:
        card = play.card(name, "C_APPROVE")
        return card if card and "'action_id'" not in str(card["blocks"]) else None

    decided = play.until(without_buttons, "the buttons vanish")
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
    assert "Redis and Varnish were purged" in str(card["blocks"])
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


HOSTILE = [
    pytest.param("", id="nothing"),
    pytest.param("*", id="a-star"),
    pytest.param("/*", id="slash-star"),
    pytest.param("shop", id="a-site-name"),
    pytest.param("everything", id="everything-without-a-reason"),
    pytest.param("http://www.shop.test/\u202egnp.exe", id="right-to-left"),
    pytest.param("http://www.shop.test/\x00", id="nul"),
    pytest.param("<!channel>", id="channel"),
    pytest.param("tag <@U_LEA>", id="a-person-as-a-tag"),
    pytest.param("http://169.254.169.254/latest/meta-data/", id="metadata"),
    pytest.param("check http://169.254.169.254/", id="check-metadata"),
    pytest.param("check http://[::1]:8080/", id="check-loopback"),
    pytest.param("http://www.shop.test\\@127.0.0.1/", id="backslash-at"),
    pytest.param("http://user:secret@www.shop.test/", id="credentials"),
    pytest.param("http://evil.test/?x=http://www.shop.test/", id="another-host"),
    pytest.param("http://www.shop.test:8081/", id="another-port"),
    pytest.param("x" * 40_001, id="forty-thousand-characters"),
    pytest.param("--everything", id="unknown-flag"),
    pytest.param("purge --force http://www.shop.test/", id="unknown-flag-beside-a-url"),
    pytest.param("why http://www.shop.test/", id="a-diagnosis"),
    pytest.param("host evil.test", id="a-foreign-host"),
    pytest.param("approve P-999999999999999999999", id="a-job-that-is-none"),
    pytest.param("cancel P-1; drop table jobs", id="a-command-in-a-command"),
    pytest.param("ftp://www.shop.test/", id="another-scheme"),
    pytest.param("\U0001f4a9", id="emoji"),
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_or_odd_input_is_answered_and_purges_nothing(started: Playground, typed: str) -> None:
    before = len(started.purges("cf")) + len(started.purges("shield"))
    seen = len(private(started))
    started.command("U_MIA", f"/purge {typed}".strip())
    started.until(
        lambda: len(private(started)) > seen or "modal" in str(started.get("/_play/views", user="U_MIA")), typed[:60]
    )
    answer = str(private(started)[-1:])
    assert before == len(started.purges("cf")) + len(started.purges("shield"))
    assert "secret" not in answer
    assert [] == [m["pings"] for m in private(started)[seen:] if m["pings"]]


@pytest.fixture(autouse=True)
def nothing_ails(started: Playground) -> None:
    """A test before this one may have ended with a fault on."""
    for account in ("slack", "cf", "shield"):
        for kind in ("down", "throttle", "error500", "forbidden", "timeout_after_effect"):
            started.post("/_play/fault", account=account, kind=kind, times=0)


def private(play: Playground) -> list[Json]:
    return [m for m in play.messages("C_SHOP", "U_MIA") if m["ephemeral"]]


def test_a_call_to_everyone_in_a_url_purges_that_url_and_pings_nobody(play: Playground) -> None:
    play.command("U_MIA", "/purge http://www.shop.test/<!everyone>")
    card = play.wait_card("fresh", "everyone")
    assert [["http://www.shop.test/<!everyone>"]] == [row["purged"] for row in play.purges("cf")]
    assert "<!everyone>" not in str(card["text"]) + str(card["blocks"])


def test_a_spoken_root_prefix_is_asked_as_everything(play: Playground) -> None:
    play.command("U_MIA", "/purge prefix / on shop")
    view = play.until(lambda: play.get("/_play/views", user="U_MIA")["open"], "the form opens")
    assert "Type shop to confirm" in str(view)
    assert [] == play.purges("cf")
