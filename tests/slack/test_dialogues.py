"""What people type and click in Slack, and what each of them sees, word for word."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.slack.room import HOST, PRICING, Doc, Room, buttons, elements, labels, small_print

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
DATE = re.compile(r"<!date\^[^>]*>")
OVER = "This choice is over: it was used, or ten minutes have passed."


def dated(text: object) -> str:
    return DATE.sub("<date>", str(text))


async def asked_for_a_prefix(shop: Room) -> Doc:
    """Mia asked for what one approver must agree to; the request's card."""
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    return await shop.card("needs 1 approval", channel="C_APPROVE")


# A purge from its line to its proof


async def test_a_command_is_taken_silently_and_becomes_a_card(shop: Room) -> None:
    taken = await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    assert {"status": 200, "ack": None} == taken
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" == card["text"]
    assert "asked by <@U_MIA> · read as URL" in small_print(card)
    assert ["check_again", "why"] == buttons(card)
    assert [] == await shop.notes("U_MIA")


async def test_the_thread_tells_the_steps(shop: Room) -> None:
    await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    thread = await shop.lines(card, "Ended")
    assert "• Allowed by rule `small`." == thread.split("\n")[0]
    assert thread.split("\n")[-1].startswith("• Ended: ")
    assert "Varnish: done in" in thread and "Cloudflare: done in" in thread


async def test_a_mention_in_a_thread_is_answered_in_that_thread(shop: Room) -> None:
    before = await shop.mention("U_LEA", "help")
    await shop.note("U_LEA", "Type what should be gone")
    root = {"ts": before["ts"]}
    await shop.mention("U_MIA", f"<{PRICING}|the pricing page>", thread=str(before["ts"]))
    thread = await shop.lines(root, "fresh", "Ended")
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" in thread.split("\n")
    assert "• Allowed by rule `small`." in thread.split("\n")
    assert [] == [m["text"] for m in await shop.messages() if "thread_ts" not in m and "P-1" in str(m["text"])]


async def test_a_check_again_is_told_on_the_same_card(shop: Room) -> None:
    await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    shop.world.towns["shop"].origin.deploy("", "")
    await shop.click("U_GUEST", card, "check_again")
    refused = await shop.note("U_GUEST", "may not")
    await shop.click("U_LEA", card, "check_again")
    old = await shop.card("was proven at fra, iad, sin, and the origin has changed since")
    assert "Guests may not do this." == refused["text"]
    assert card["ts"] == old["ts"]
    assert ["check_again", "why", "purge_again"] == buttons(old)
    assert any("the origin has changed since this purge was proven" in line for line in small_print(old))


async def test_where_the_bot_may_not_post_the_card_is_in_the_sites_channel_and_the_asker_gets_its_link(
    shop: Room,
) -> None:
    await shop.command("U_MIA", PRICING, "C_SECRET")
    card = await shop.card("fresh")
    note = await shop.note("U_MIA", "P-1", channel="C_SECRET")
    link = f"https://shop.slack.com/archives/C_SHOP/p{str(card['ts']).replace('.', '')}"
    assert "P-1 is told in <#C_SHOP>." == note["text"]
    assert [f"<{link}|Open its card>"] == small_print(note)
    assert 1 == len(await shop.notes("U_MIA", "C_SECRET"))


async def test_a_choice_made_where_the_bot_may_not_post_gets_its_link_too(shop: Room) -> None:
    await shop.command("U_MIA", f"{PRICING} http://evil.test/", "C_SECRET")
    note = await shop.note("U_MIA", "could not be read", channel="C_SECRET")
    await shop.click("U_MIA", note, "go_with_good", "C_SECRET")
    await shop.card("fresh")
    told = await shop.note("U_MIA", "P-1", channel="C_SECRET")
    assert "P-1 is told in <#C_SHOP>." == told["text"]


# What was not understood


async def test_a_word_that_means_nothing_comes_with_its_readings(shop: Room) -> None:
    await shop.command("U_MIA", "prcing")
    note = await shop.note("U_MIA", "prcing")
    assert "I cannot tell what `prcing` is." == note["text"]
    assert ["Copy: `/purge tag:prcing`"] == small_print(note)
    assert ["pick", "pick", "pick"] == buttons(note)
    assert [] == [m for m in await shop.messages() if not m["ephemeral"]]


async def test_a_reading_is_picked_once_and_only_by_its_owner(shop: Room) -> None:
    await shop.command("U_MIA", "prcing")
    note = await shop.note("U_MIA", "prcing")
    value = str(elements(note)[labels(note).index("Prefix prcing")]["value"])
    other = await shop.mention("U_LEA", "help")
    await shop.click("U_LEA", other, "pick", value=value)
    stranger = await shop.note("U_LEA", "choice")
    await shop.click("U_MIA", note, "pick", value=value)
    card = await shop.card("P-1")
    await shop.click("U_MIA", note, "pick", value=value)
    late = await shop.note("U_MIA", "choice")
    await shop.click("U_MIA", note, "pick", value=str(elements(note)[1]["value"]))
    await shop.until(lambda: two_notes(shop, "choice"), "two late clicks are answered")
    assert OVER == stranger["text"] == late["text"]
    assert any("asked by <@U_MIA>" in line for line in small_print(card))
    assert 1 == len(await shop.jobs())


async def test_a_near_miss_is_mended_by_a_click(shop: Room) -> None:
    await shop.command("U_MIA", f"{PRICING} --hrad")
    note = await shop.note("U_MIA", "hrad")
    assert ["fix"] == buttons(note)
    assert [] == await shop.jobs()
    await shop.click("U_MIA", note, "fix")
    card = await shop.card("fresh")
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" == card["text"]
    assert [] == await shop.notes("U_MIA")


async def two_notes(shop: Room, word: str) -> bool:
    return 2 <= len([m for m in await shop.notes("U_MIA") if word in str(m["text"])])


async def test_good_lines_wait_for_a_click_beside_bad_ones(shop: Room) -> None:
    await shop.command("U_MIA", f"{PRICING} http://evil.test/ {HOST}/")
    note = await shop.note("U_MIA", "could not be read")
    await shop.click("U_MIA", note, "go_with_good")
    card = await shop.card("fresh")
    assert "1 line could not be read; 2 others can." == note["text"]
    assert "2. `http://evil.test/`: No site of yours has the host evil.test." in small_print(note)[0]
    assert ["Go on with the 2 good ones"] == labels(note)
    assert "🟢 P-1 fresh at fra, iad, sin · 2 URLs on shop" == card["text"]
    assert [] == await shop.notes("U_MIA")


async def test_a_check_goes_on_with_the_good_lines_at_a_click(shop: Room) -> None:
    await shop.command("U_MIA", f"check {PRICING} http://evil.test/")
    note = await shop.note("U_MIA", "could not be read")
    await shop.click("U_MIA", note, "go_with_good")
    assert "1 line could not be read; 1 other can." == note["text"]
    assert PRICING in str((await shop.note("U_MIA", "the edge serves what the origin serves"))["text"])


async def test_a_bare_host_is_asked_about_first(shop: Room) -> None:
    await shop.command("U_MIA", "img.shop.test")
    note = await shop.note("U_MIA", "host")
    assert "Purge everything under the host img.shop.test?" == note["text"]
    assert ["Purge all of img.shop.test"] == labels(note)
    assert [] == await shop.jobs()
    await shop.click("U_MIA", note, "confirm_host")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    assert "🟡 P-1 needs 1 approval · <@U_MIA> asks to purge host img.shop.test" == request["text"]


# Everything


async def test_everything_is_asked_for_in_a_form(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop")
    form = await shop.form("U_LEA")
    wrong = await shop.submit("U_LEA", form, site_name="blog", reason="x")
    blank = await shop.submit("U_LEA", form, site_name="shop", reason="  ")
    right = await shop.submit("U_LEA", form, site_name="shop", reason="INC-881")
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    assert errors(wrong) == {"site_name": "Type shop to confirm; nothing was purged."}
    assert errors(blank) == {"reason": "Say why; it is kept in the record."}
    assert {"status": 200, "ack": None} == right
    assert "🟡 P-1 needs 2 approvals · <@U_LEA> asks to purge everything on shop (production)" == request["text"]
    assert "Why: INC-881" in small_print(request)
    assert [] == shop.purges()


def errors(answer: Doc) -> object:
    ack = answer["ack"]
    assert isinstance(ack, dict)
    return ack.get("errors")


async def test_where_no_trigger_lives_a_private_button_opens_the_form(shop: Room) -> None:
    await shop.mention("U_LEA", "everything on shop because INC-881")
    note = await shop.note("U_LEA", "form")
    await shop.click("U_LEA", note, "open_form")
    form = await shop.form("U_LEA")
    assert "Purging everything on shop (production) is asked for in a form." == note["text"]
    assert ["Continue"] == labels(note)
    await shop.submit("U_LEA", form, site_name="shop")
    await shop.card("needs 2 approvals", "INC-881", channel="C_APPROVE")


async def test_a_narrower_choice_in_the_form_takes_its_place(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    form = await shop.form("U_LEA")
    await shop.play("click", user="U_LEA", view_id=form["id"], action_id="pick", block_id=first_block(form))
    card = await shop.card("fresh")
    closed = await shop.form("U_LEA")
    assert f"🟢 P-1 fresh at fra, iad, sin · {HOST}/" == card["text"]
    assert "Something narrower" == closed["title"]["text"]  # type: ignore[index]
    assert 1 == len(await shop.jobs())


def first_block(form: Doc) -> str:
    blocks = form["blocks"]
    assert isinstance(blocks, list)
    return str(next(block["block_id"] for block in blocks if block["type"] == "actions"))


async def test_a_form_that_was_opened_twice_asks_once(shop: Room) -> None:
    await shop.mention("U_LEA", "everything on shop because INC-881")
    note = await shop.note("U_LEA", "form")
    await asyncio.gather(*(shop.click("U_LEA", note, "open_form") for _ in range(2)))

    async def both() -> bool:
        return len(shop.asked_slack("views.open")) == 2

    await shop.until(both, "two forms are opened")
    await shop.submit("U_LEA", await shop.form("U_LEA"), site_name="shop")
    await shop.card("needs 2 approvals", channel="C_APPROVE")
    await shop.click("U_LEA", note, "open_form")
    late = await shop.note("U_LEA", "choice")
    assert OVER == late["text"]
    assert 1 == len(await shop.jobs())


async def test_a_form_whose_choice_was_taken_elsewhere_asks_for_nothing(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881")
    form = await shop.form("U_LEA")
    await shop.bot.ledger.write(
        lambda books: books.intake.use_draft(str(elements(form)[0]["value"])[:-2], "U_LEA", "another", 0.0)
    )
    told = await shop.submit("U_LEA", form, site_name="shop")
    assert {"site_name": "This form was sent already. Close it."} == errors(told)
    assert [] == await shop.jobs()


# Votes


async def test_a_vote_by_button_starts_the_purge(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "approve", "C_APPROVE")
    card = await shop.card("P-1", "approved by <@U_SAM>")
    decided = await shop.card("approved by", channel="C_APPROVE")
    assert request["ts"] == decided["ts"]
    assert "🟢 P-1 approved by <@U_SAM> · prefix www.shop.test/news/" == decided["text"]
    assert [] == buttons(decided)
    assert "P-1" in str(card["text"])


@pytest.mark.parametrize(
    ("typed", "told", "root"),
    [
        pytest.param(
            "approve P-1",
            "Your yes counts: P-1 has its approvals and runs if nothing has changed since it was asked for.",
            "approved by <@U_SAM>",
            id="approve",
        ),
        pytest.param(
            "deny P-1 not today",
            "Your no counts: P-1 is denied, nothing was purged.",
            "denied by <@U_SAM>: not today",
            id="deny",
        ),
    ],
)
async def test_typed_twins_vote_too(shop: Room, typed: str, told: str, root: str) -> None:
    await asked_for_a_prefix(shop)
    await shop.command("U_SAM", typed, "C_APPROVE")
    note = await shop.note("U_SAM", "P-1", channel="C_APPROVE")
    await shop.card("P-1", root)
    assert told == note["text"]


async def test_a_denial_ends_it(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "deny", "C_APPROVE")
    await shop.submit("U_SAM", await shop.form("U_SAM"), reason="not during the sale")
    root = await shop.card("denied")
    decided = await shop.card("denied", channel="C_APPROVE")
    await shop.click("U_KIM", request, "approve", "C_APPROVE")
    late = await shop.note("U_KIM", "P-1", channel="C_APPROVE")
    first = "⚫ P-1 denied by <@U_SAM>: not during the sale · prefix www.shop.test/news/"
    assert first == root["text"] == decided["text"]
    assert [] == buttons(decided)
    assert "P-1 no longer waits for votes: it is denied." == late["text"]
    assert ["<@U_SAM> decided."] == small_print(late)
    assert [] == shop.purges()


@pytest.mark.parametrize(
    ("user", "told"),
    [
        pytest.param("U_GUEST", "Guests may not do this.", id="a-guest"),
        pytest.param("U_MIA", "You asked for P-1, so somebody else must decide.", id="the-requester"),
    ],
)
async def test_a_vote_that_does_not_count_is_answered_in_private(shop: Room, user: str, told: str) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click(user, request, "approve", "C_APPROVE")
    note = await shop.note(user, channel="C_APPROVE")
    assert told == note["text"]
    assert ["waiting"] == [job.state for job in await shop.jobs()]


async def test_the_same_person_counts_once_even_when_clicking_twice_at_once(shop: Room) -> None:
    await shop.command("U_LEA", "everything on shop because INC-881 --confirm shop")
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    await asyncio.gather(*(shop.click("U_SAM", request, "approve", "C_APPROVE") for _ in range(2)))
    note = await shop.note("U_SAM", "already", channel="C_APPROVE")
    half = await shop.card("needs 1 approval", channel="C_APPROVE")
    assert "You have voted on P-1 already." == note["text"]
    assert ["waiting"] == [job.state for job in await shop.jobs()]
    await shop.click("U_KIM", half, "approve", "C_APPROVE")
    await shop.card("approved by <@U_SAM> and <@U_KIM>", channel="C_APPROVE")
    await shop.job(1, "done")
    assert 1 == len(shop.purges())


async def test_a_value_of_another_job_counts_for_nobody(shop: Room) -> None:
    first = await asked_for_a_prefix(shop)
    await shop.command("U_MIA", "prefix www.shop.test/blog/ because of the move")
    second = await shop.card("P-2 needs 1 approval", channel="C_APPROVE")
    await shop.click("U_SAM", second, "approve", "C_APPROVE", value=str(elements(first)[0]["value"]))
    note = await shop.note("U_SAM", channel="C_APPROVE")
    assert "This button belongs to another card." == note["text"]
    assert ["waiting", "waiting"] == [job.state for job in await shop.jobs()]


async def test_a_token_out_of_thin_air_counts_for_nobody(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "approve", "C_APPROVE", value="P-1")
    note = await shop.note("U_SAM", channel="C_APPROVE")
    assert "This button belongs to no job." == note["text"]
    assert ["waiting"] == [job.state for job in await shop.jobs()]


async def test_an_unknown_button_is_answered(shop: Room) -> None:
    request = await asked_for_a_prefix(shop)
    await shop.click("U_SAM", request, "explode", "C_APPROVE", value="P-1")
    note = await shop.note("U_SAM", channel="C_APPROVE")
    assert "This button means nothing any more." == note["text"]


# Deeds on a job that exists


async def test_a_requester_cancels_and_nobody_else_does(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    root = await shop.card("waits")
    await shop.click("U_GUEST", root, "cancel")
    await shop.note("U_GUEST", "Guests may not do this.")
    await shop.click("U_MIA", root, "cancel")
    card = await shop.card("cancelled")
    decided = await shop.card("cancelled", channel="C_APPROVE")
    await shop.click("U_MIA", root, "cancel")
    late = await shop.note("U_MIA", "ended")
    assert "⚫ P-1 cancelled by <@U_MIA> · prefix www.shop.test/news/" == card["text"] == decided["text"]
    assert "P-1 has ended already: it is cancelled." == late["text"]
    assert [] == shop.purges()


async def test_a_deed_on_another_job_than_its_card_shows_is_refused(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    await shop.command("U_MIA", PRICING)
    other = await shop.card("fresh")
    await shop.click("U_MIA", other, "cancel", value="P-1")
    note = await shop.note("U_MIA", "belongs")
    assert "This button belongs to another card." == note["text"]
    assert "waiting" == (await shop.job(1))["state"]


async def test_a_deed_on_a_card_that_is_nobodys_is_refused(shop: Room) -> None:
    await asked_for_a_prefix(shop)
    message = await shop.mention("U_MIA", "help")
    await shop.click("U_MIA", message, "cancel", value="P-1")
    note = await shop.note("U_MIA", "belongs")
    assert "This button belongs to no job." == note["text"]
    assert "waiting" == (await shop.job(1))["state"]


async def test_a_stopped_job_names_what_to_do_and_is_retried_once_mended(shop: Room) -> None:
    shop.world.faults.set("cf", "forbidden", None)
    await shop.command("U_MIA", PRICING)
    stopped = await shop.card("stopped at Cloudflare")
    shop.world.faults.set("cf", "forbidden", 0)
    await asyncio.gather(*(shop.click("U_MIA", stopped, "retry") for _ in range(2)))
    fresh = await shop.card("fresh")
    note = await shop.note("U_MIA", "retry")
    assert stopped["ts"] == fresh["ts"]
    assert "P-1 has nothing to retry: it is" in str(note["text"])
    assert ["retry"] == buttons(stopped)


async def test_a_lost_answer_to_everything_waits_for_a_person(shop: Room) -> None:
    shop.world.faults.set("cf", "timeout_after_effect", 1)
    await shop.command("U_LEA", "everything on shop because INC-881 --confirm shop")
    request = await shop.card("needs 2 approvals", channel="C_APPROVE")
    for user in ("U_SAM", "U_KIM"):
        await shop.click(user, request, "approve", "C_APPROVE")
    card = await shop.card("needs a decision")
    assert ["cancel", "repeat_anyway"] == buttons(card)
    await shop.click("U_MIA", card, "repeat_anyway")
    refused = await shop.note("U_MIA")
    await shop.click("U_LEA", card, "repeat_anyway")
    await shop.job(1, "done")
    assert "P-1 is not yours." == refused["text"]
    assert 2 == len(shop.purges())


async def test_purge_again_is_a_new_job_and_two_clicks_make_one(shop: Room) -> None:
    await shop.command("U_MIA", PRICING)
    card = await shop.card("fresh")
    await asyncio.gather(*(shop.click("U_MIA", card, "purge_again", value="P-1") for _ in range(2)))
    again = await shop.card("P-2 fresh")
    assert f"🟢 P-2 fresh at fra, iad, sin · {PRICING}" == again["text"]
    assert 2 == len(await shop.jobs())


# Doors that only tell


TOLD = [
    pytest.param("U_MIA", "sites", "1 site", id="sites"),
    pytest.param("U_MIA", "status", "No jobs yet.", id="status-of-nothing"),
    pytest.param("U_MIA", "show P-9", "There is no P-9.", id="a-job-that-is-none"),
    pytest.param("U_MIA", "help", "Type what should be gone: /purge http://www.shop.test/pricing", id="help"),
    pytest.param("U_MIA", f"plan {PRICING}", f"Plan · {PRICING} · nothing was sent", id="plan"),
    pytest.param("U_GUEST", PRICING, "Guests may not do this.", id="a-guest"),
    pytest.param("U_MIA", "shop", "shop is a site, and its name alone does not say what of it.", id="a-bare-site"),
]


@pytest.mark.parametrize(("user", "typed", "told"), TOLD)
async def test_what_is_only_told_is_told_in_private(shop: Room, user: str, typed: str, told: str) -> None:
    await shop.command(user, typed)
    note = await shop.note(user)
    assert told == note["text"]
    assert [] == [m for m in await shop.messages() if not m["ephemeral"]]
    assert [] == shop.purges()
