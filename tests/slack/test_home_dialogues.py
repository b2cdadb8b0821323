"""The Home tab as people meet it: opened, drawn anew, clicked on, and Slack on a bad day; word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.slack.cases import home_spelled
from tests.slack.room import HOST, PRICING, Doc, Room, elements, room

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
DATE = re.compile(r"<!date\^[^>]*>")
LINK = re.compile(r"<https://shop\.slack\.com/[^>|]*\|")
BEGIN = " [Purge … = open_purge_form form]"
NEWS = f"{HOST.removeprefix('http://')}/news/"


async def home(shop: Room, user: str, *words: str) -> Doc:
    """What Slack shows as `user`'s Home, once it holds all `words`."""

    async def look() -> Doc | None:
        found = (await shop.http.get("/_play/views", params={"user": user})).json()["home"]
        return found if found and all(word in spelled(found) for word in words) else None

    found = await shop.until(look, f"a Home of {user} with {words}")
    assert found is not None
    return found


def spelled(view: Mapping[str, object]) -> str:
    """A Home as one reads it, without times and addresses."""
    return LINK.sub("<link|", DATE.sub("<date>", home_spelled(view)))


async def open_home(shop: Room, user: str, *words: str) -> Doc:
    """`user` opens the app's Home; what it shows once it holds all `words`."""
    await shop.play("home", user=user)
    return await home(shop, user, *words)


async def press(shop: Room, user: str, action: str, job: str = "P-1", **more: str) -> Doc:
    """A button of `user`'s Home, in the row of a job."""
    view = await home(shop, user)
    return await shop.play("click", user=user, view_id=view["id"], action_id=action, block_id=job, **more)


async def asked_for_a_prefix(shop: Room) -> None:
    """Mia asked for what one approver must agree to, and both cards are there."""
    await shop.command("U_MIA", f"prefix {NEWS} because the menu moved")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.card("waits for 1 approval")


# Opened


async def test_the_first_look_shows_ones_sites_and_how_to_begin(shop: Room) -> None:
    view = await open_home(shop, "U_LEA", "Your sites")
    assert [
        f"⚪ Nothing waits for you, and nothing runs.{BEGIN}",
        "",
        "# Your sites",
        "*shop* (production): www.shop.test, img.shop.test · layers shield → cf",
        "Up to 30 URLs, paths or tags at once (a path counts as 2 here; more needs 1 approval);"
        " a prefix, host or pattern needs 1 approval; everything needs a reason and 2 approvals",
        "   Begin with: `/purge plan https://…`",
    ] == spelled(view).split("\n")


async def test_a_guest_reads_why_there_is_nothing(shop: Room) -> None:
    view = await open_home(shop, "U_GUEST", "You cannot")
    assert "⚫ You cannot use purgebot. Guests may not do this. Ask a full member of the workspace." == spelled(view)


async def test_the_same_home_is_not_published_twice(shop: Room) -> None:
    await open_home(shop, "U_LEA", "Your sites")
    await shop.play("home", user="U_LEA")
    await open_home(shop, "U_SAM", "Your sites")
    assert 2 == len(shop.asked_slack("views.publish"))


async def test_nothing_is_drawn_for_who_never_opened_theirs_or_only_their_messages(shop: Room) -> None:
    await shop.play("home", user="U_KIM", tab="messages")
    await open_home(shop, "U_LEA", "Your sites")
    await asked_for_a_prefix(shop)
    await home(shop, "U_LEA", "P-1")
    drawn = {json.loads(str(row["body"]))["user_id"] for row in shop.asked_slack("views.publish")}
    assert {"U_LEA"} == drawn


# Drawn anew


async def test_a_request_comes_and_goes_with_its_votes(shop: Room) -> None:
    await open_home(shop, "U_LEA", "Your sites")
    await open_home(shop, "U_MIA", "Your sites")
    await asked_for_a_prefix(shop)
    asked = await home(shop, "U_LEA", "Its card")
    own = await home(shop, "U_MIA", "Its card")
    await press(shop, "U_LEA", "approve")
    ended = await home(shop, "U_LEA", "P-1 purged, cannot be proven")
    assert [
        f"🟡 1 request waits for your vote{BEGIN}",
        "",
        "# Waits for your vote",
        f"🟡 *P-1* <@U_MIA> asks to purge prefix {NEWS}",
        f"What: prefix {NEWS} with all that lies below it in both layers of *shop*, production"
        " (Varnish and Cloudflare)",
        "Why: the menu moved",
        "How much: 1 target in 2 calls, sent at once",
        "Origin: traffic unknown, treated as high: expect a burst of requests until the caches are filled again.",
        "Rule `wide`: it purges a prefix",
        "needs 1 approval · expires <date> · <link|Its card>",
    ] == spelled(asked).split("\n")[:10]
    assert [
        f"🟡 1 request of yours waits{BEGIN}",
        "",
        "# Your requests that wait",
        f"🟡 P-1 waits for 1 approval (3 people asked) · prefix {NEWS} · until <date> · <link|Its card>"
        " [Cancel = cancel P-1]",
    ] == spelled(own).split("\n")[:4]
    assert [
        f"⚪ Nothing waits for you, and nothing runs.{BEGIN}",
        "",
        "# Recent",
        f"⚪ P-1 purged, cannot be proven from here · prefix {NEWS} · nothing under it was known to look at: `check`"
        " one of its pages by URL · <link|Its card> [Check again = check_again P-1]",
    ] == spelled(ended).split("\n")[:4]


async def test_a_running_job_is_shown_with_its_progress(shop: Room) -> None:
    shop.world.faults.set("cf", "slow", None)
    await open_home(shop, "U_MIA", "Your sites")
    await open_home(shop, "U_LEA", "Your sites")
    await shop.command("U_MIA", PRICING)
    own = await home(shop, "U_MIA", "# Running", "purging", "Its card")
    others = await home(shop, "U_LEA", "# Running", "purging", "Its card")
    shop.world.faults.set("cf", "slow", 0)
    await home(shop, "U_MIA", "# Recent")
    line = f"🔵 P-1 purging · {PRICING} · 1 of 2 layers · <link|Its card>"
    assert [f"🔵 1 job runs{BEGIN}", "", "# Running", f"{line} [Cancel = cancel P-1]"] == spelled(own).split("\n")[:4]
    assert [f"🔵 1 job runs{BEGIN}", "", "# Running", line] == spelled(others).split("\n")[:4]


# Clicked on


async def test_a_vote_at_home_counts_as_on_the_card(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    view = await open_home(shop, "U_LEA", "P-1")
    taken = await press(shop, "U_LEA", "approve")
    decided = await shop.card("approved by", channel="C_APPROVE")
    await shop.job(1, "done")
    assert {"status": 200, "ack": None} == taken
    assert f"🟢 P-1 approved by <@U_LEA> · prefix {NEWS}" == decided["text"]
    assert "[Approve = approve " in spelled(view) and " primary asks] [Deny = deny " in spelled(view)


async def test_a_denial_at_home_ends_the_request(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await open_home(shop, "U_SAM", "P-1")
    await press(shop, "U_SAM", "deny")
    await shop.submit("U_SAM", await shop.form("U_SAM"), reason="not now")
    view = await home(shop, "U_SAM", "# Recent")
    assert "⚫ P-1 denied by <@U_SAM>: not now" in spelled(view)
    assert [] == shop.purges()


async def test_a_late_vote_is_answered_on_the_home_itself(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await open_home(shop, "U_SAM", "P-1")
    view = await home(shop, "U_SAM")
    token = str(elements(view)[0]["value"])
    await shop.command("U_LEA", "approve P-1", "C_APPROVE")
    await shop.job(1, "done")
    await press(shop, "U_SAM", "approve", value=token)
    told = await home(shop, "U_SAM", "no longer waits")
    again = await open_home(shop, "U_SAM", "# Recent")
    await shop.until(lambda: without(shop, "U_SAM", "no longer waits"), "the note is gone after the next opening")
    assert ["P-1 no longer waits for votes: it is done.", "   <@U_LEA> decided."] == spelled(told).split("\n")[1:3]
    assert [] == await shop.notes("U_SAM", "C_APPROVE")
    assert again["id"] == view["id"]


async def without(shop: Room, user: str, words: str) -> bool:
    return words not in spelled(await home(shop, user))


async def test_nobody_votes_on_their_own_with_a_token_of_anothers_home(shop: Room) -> None:
    await shop.command("U_LEA", f"prefix {NEWS}")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    view = await open_home(shop, "U_SAM", "P-1")
    await open_home(shop, "U_LEA", "P-1")
    await press(shop, "U_LEA", "approve", value=str(elements(view)[0]["value"]))
    told = await home(shop, "U_LEA", "somebody else")
    assert ["You asked for P-1, so somebody else must decide.", "   You can cancel it."] == spelled(told).split("\n")[
        1:3
    ]


async def test_a_guest_does_nothing_with_a_token_of_anothers_home(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    view = await open_home(shop, "U_SAM", "P-1")
    await open_home(shop, "U_GUEST", "You cannot")
    await press(shop, "U_GUEST", "approve", value=str(elements(view)[0]["value"]))
    await press(shop, "U_GUEST", "cancel", value="P-1")
    await home(shop, "U_SAM", "Waits for your vote")
    assert ("waiting", []) == ((await shop.job(1))["state"], shop.purges())
    assert "You cannot use purgebot" in spelled(await home(shop, "U_GUEST"))


async def test_a_queued_request_is_listed_and_taken_back_at_home(shop: Room) -> None:
    await shop.command("U_LEA", "hold shop because deploying 4.2")
    await shop.card("is held by @Lea")
    await open_home(shop, "U_MIA", "Your sites")
    await shop.command("U_MIA", f"{PRICING} --queue because wrong price")
    own = await home(shop, "U_MIA", "Q-1")
    await press(shop, "U_MIA", "cancel", job="Q-1")
    await shop.until(lambda: without(shop, "U_MIA", "Q-1"), "it is not listed any more")
    await shop.command("U_LEA", "release shop")
    await shop.card("is released by @Lea")
    assert [
        f"🟡 1 request of yours waits{BEGIN}",
        "",
        "# Your requests that wait",
        f"🟡 *Q-1* waits for the hold of <@U_LEA>, until it is released · {PRICING} on shop · queued <date>"
        " · because wrong price [Cancel = cancel Q-1]",
    ] == spelled(own).split("\n")[:4]
    assert [] == await shop.jobs()


async def test_a_request_is_cancelled_at_home(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await open_home(shop, "U_MIA", "P-1 waits")
    await press(shop, "U_MIA", "cancel")
    view = await home(shop, "U_MIA", "P-1 cancelled")
    await shop.card("cancelled by", channel="C_APPROVE")
    assert f"⚫ P-1 cancelled by <@U_MIA> · prefix {NEWS} · <link|Its card>" == spelled(view).split("\n")[3]


async def test_an_ended_job_is_looked_at_again_from_home(shop: Room) -> None:
    await shop.command("U_MIA", PRICING)
    await shop.card("fresh")
    await open_home(shop, "U_LEA", "P-1 fresh")
    shop.world.towns["shop"].origin.deploy("", "")
    await press(shop, "U_LEA", "check_again")
    view = await home(shop, "U_LEA", "was proven")
    assert f"🟢 P-1 was proven at fra, iad, sin, and the origin has changed since · {PRICING}" in spelled(view)


async def test_the_form_is_opened_at_home_and_its_answer_is_for_its_asker_alone(shop: Room) -> None:
    await open_home(shop, "U_MIA", "Your sites")
    taken = await press(shop, "U_MIA", "open_purge_form", "")
    await shop.submit("U_MIA", await shop.form("U_MIA"), things=PRICING)
    await shop.card("P-1 fresh")
    note = await shop.card("P-1", channel="D_MIA", user="U_MIA")
    view = await home(shop, "U_MIA", "P-1 fresh")
    assert {"status": 200, "ack": None} == taken
    assert "P-1 is told in <#C_SHOP>." == note["text"]
    assert f"⚪ Nothing waits for you, and nothing runs.{BEGIN}" == spelled(view).split("\n")[0]


async def test_a_form_that_slack_does_not_open_is_told_at_home(shop: Room) -> None:
    await open_home(shop, "U_MIA", "Your sites")
    shop.faults.set("slack", "error500", 1)
    await press(shop, "U_MIA", "open_purge_form", "")
    told = await home(shop, "U_MIA", "in time")
    assert ["Slack did not open the form in time.", "   Press *Purge …* once more."] == spelled(told).split("\n")[1:3]


NOT_THERE = [
    pytest.param("approve", "token-of-nothing", id="a-token-that-was-never-given"),
    pytest.param("cancel", "P-99999999999999999999", id="a-number-that-is-too-long"),
    pytest.param("cancel", "everything", id="no-number"),
    pytest.param("purge_again", "P-1", id="a-button-that-the-home-does-not-have"),
]


@pytest.mark.parametrize(("action", "value"), NOT_THERE)
async def test_a_button_that_the_home_never_had_does_nothing(shop: Room, action: str, value: str) -> None:
    await asked_for_a_prefix(shop)
    await open_home(shop, "U_MIA", "P-1 waits")
    await press(shop, "U_MIA", action, value=value)
    told = await home(shop, "U_MIA", "belongs to no job")
    assert ["This button belongs to no job.", "   Use the buttons on the job's card."] == spelled(told).split("\n")[1:3]
    assert ["waiting"] == [job.state for job in await shop.jobs()]


# Slack on a bad day, and restarts


ILL = [
    pytest.param("throttle", 1, id="throttled"),
    pytest.param("error500", 2, id="errors"),
    pytest.param("html", 2, id="pages-of-html"),
    pytest.param("reset", 2, id="cut-connections"),
    pytest.param("down", 4, id="away-for-a-while"),
    pytest.param("timeout_after_effect", 1, id="an-answer-that-is-lost"),
]


@pytest.mark.parametrize(("kind", "times"), ILL)
async def test_slack_ill_is_tried_again_and_the_latest_is_shown(shop: Room, kind: str, times: int) -> None:
    await open_home(shop, "U_LEA", "Your sites")
    shop.faults.set("slack", kind, times)
    await asked_for_a_prefix(shop)
    view = await home(shop, "U_LEA", "Waits for your vote", "Its card")
    assert f"🟡 *P-1* <@U_MIA> asks to purge prefix {NEWS}" in spelled(view)


async def test_a_home_is_right_again_after_a_restart(shop: Room) -> None:
    await open_home(shop, "U_LEA", "Your sites")
    await shop.restart()
    await asked_for_a_prefix(shop)
    view = await home(shop, "U_LEA", "Waits for your vote")
    await press(shop, "U_LEA", "approve")
    await home(shop, "U_LEA", "P-1 purged")
    assert f"🟡 1 request waits for your vote{BEGIN}" == spelled(view).split("\n")[0]


async def test_it_works_by_socket_too(tmp_path: Path) -> None:
    async with room(tmp_path, by_socket=True) as shop:
        await asked_for_a_prefix(shop)
        await open_home(shop, "U_LEA", "P-1")
        await press(shop, "U_LEA", "approve")
        await home(shop, "U_LEA", "P-1 purged")
        assert "done" == (await shop.job(1, "done"))["state"]
