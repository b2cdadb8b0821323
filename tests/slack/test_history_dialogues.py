"""Looking back in Slack: what is typed and clicked, and what comes to whom."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from playground.slack.web_api import GRANTED
from tests.slack.room import HOST, PRICING, Doc, Room, buttons, labels, said, small_print

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
DATE = re.compile(r"<!date\^[^>]*>")
LINK = re.compile(r"<(http[^|>]+)\|")
SCOPES = "Slack says that a scope is missing: the app needs `files:write` and `im:write` (see manifest.yml)."


async def purged(shop: Room, n: int, reason: str = "") -> None:
    """`n` pages of the news, by Mia, all done."""
    for page in range(n):
        await shop.command("U_MIA", f"{HOST}/news/{page}{f' because {reason}' if reason else ''}")
    for number in range(1, n + 1):
        await shop.job(number, "done")


def told(message: Doc) -> list[str]:
    return [DATE.sub("<date>", line) for line in small_print(message)]


async def file_of(shop: Room, note: Doc) -> bytes:
    """What the link in a note leads to."""
    found = LINK.search(said(note))
    assert found is not None, note
    return (await shop.http.get(found[1])).content


async def test_the_log_is_for_whoever_asks_alone(shop: Room) -> None:
    await purged(shop, 1, "wrong price")
    await shop.command("U_LEA", "log by @mia since 1h price")
    note = await shop.note("U_LEA", "newest first")
    assert "Job 1, newest first · by @mia · in the last hour · with “price”" == note["text"]
    assert [f"<date> · *P-1* · <@U_MIA> · {HOST}/news/0 · 🟢 fresh · wrong price"] == told(note)
    assert ["CSV", "JSON"] == labels(note)
    assert [] == [message for message in await shop.messages() if "newest first" in said(message)]


async def test_pages_are_turned_in_place(shop: Room) -> None:
    await purged(shop, 11)
    await shop.command("U_LEA", "log shop")
    first = await shop.note("U_LEA", "Jobs 1 to 10")
    await shop.click("U_LEA", first, "log_page")
    second = await shop.note("U_LEA", "Job 11, newest first")
    assert ["log_newer", "log_csv", "log_json"] == buttons(second)
    await shop.click("U_LEA", second, "log_newer")
    again = await shop.note("U_LEA", "Jobs 1 to 10")
    assert ["log_page", "log_csv", "log_json"] == buttons(again)
    assert first["ts"] == second["ts"] == again["ts"]
    assert 1 == len(await shop.notes("U_LEA"))


async def test_a_sheet_comes_to_the_asker_alone(shop: Room) -> None:
    await purged(shop, 2, "=1+1")
    await shop.command("U_LEA", "log shop url")
    await shop.click("U_LEA", await shop.note("U_LEA", "newest first"), "log_csv")
    note = await shop.note("U_LEA", "purges.csv")
    rows = list(csv.DictReader(io.StringIO((await file_of(shop, note)).decode())))
    where = "is in your messages with purgebot, as a channel shows files to everybody"
    assert str(note["text"]).endswith(f"|purges.csv> {where}: 2 jobs of purgebot's log")
    assert [("P-2", "'=1+1", "fresh"), ("P-1", "'=1+1", "fresh")] == [
        (row["job"], row["reason"], row["verdict"]) for row in rows
    ]
    [message] = await shop.messages("D_LEA")
    assert str(message["text"]).startswith("You asked in <#C_SHOP>. There it would be shown to everybody.")
    assert "purges.csv> 2 jobs of purgebot's log" in str(message["text"])
    assert ([], []) == (await shop.messages("D_MIA"), [m for m in await shop.messages() if "purges" in said(m)])


async def test_a_sheet_asked_for_in_ones_own_messages_with_the_bot_needs_no_word_on_where_it_is(shop: Room) -> None:
    await purged(shop, 1)
    await shop.command("U_LEA", "log shop", "D_LEA")
    listed = await shop.note("U_LEA", "newest first", channel="D_LEA")
    await shop.click("U_LEA", listed, "log_csv", "D_LEA")
    note = await shop.note("U_LEA", "purges.csv", channel="D_LEA")
    message = await shop.card("purges.csv> 1 job", channel="D_LEA")
    assert str(note["text"]).endswith("|purges.csv> is in your messages with purgebot: 1 job of purgebot's log")
    assert "You asked in" not in str(message["text"])


async def test_the_records_come_as_one_array(shop: Room) -> None:
    await purged(shop, 2)
    await shop.command("U_LEA", "log")
    await shop.click("U_LEA", await shop.note("U_LEA", "newest first"), "log_json")
    records = json.loads(await file_of(shop, await shop.note("U_LEA", "purges.json")))
    assert ["P-2", "P-1"] == [record["job"] for record in records]
    assert {"asked", "layer_done", "ended"} <= {moment["event"] for moment in records[0]["timeline"]}


async def test_show_tells_everything_with_its_time(shop: Room) -> None:
    await shop.command("U_MIA", "prefix www.shop.test/news/ because the menu moved")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.click("U_LEA", request, "approve", "C_APPROVE")
    await shop.job(1, "done")
    await shop.command("U_SAM", "show P-1")
    note = await shop.note("U_SAM", "Asked by")
    moments = [line.removeprefix("<date> ") for line in told(note) if line.startswith("<date> ")]
    assert re.fullmatch(
        r"• Asked by <@U_MIA> in <#C_SHOP> because the menu moved: plan `[0-9a-f]{12}`, 1 target, 2 calls.", moments[0]
    )
    assert "• Rule `wide`: 1 of <@U_LEA>, <@U_SAM> and <@U_KIM> must agree." == moments[1]
    assert ["✓ <@U_LEA> agreed.", "✓ Approved: 1 agreed."] == [line for line in moments if "agreed." in line]
    assert moments[-1].startswith("• Ended: ")
    await shop.click("U_SAM", note, "log_json")
    [record] = json.loads(await file_of(shop, await shop.note("U_SAM", "P-1.json")))
    assert ["U_LEA"] == [vote["by"] for vote in record["votes"]]


async def test_show_lists_every_target(shop: Room) -> None:
    things = [f"{HOST}/menu/{n}" for n in range(4)]
    await shop.command("U_MIA", " ".join(things))
    await shop.job(1, "done")
    await shop.command("U_SAM", "show P-1")
    lines = told(await shop.note("U_SAM", "Asked by"))
    begin = lines.index("All 4 targets:") + 1
    assert things == lines[begin : begin + 4]
    assert [] == await shop.messages("D_SAM")


async def test_targets_that_have_no_room_come_as_a_file_to_the_asker_alone(shop: Room) -> None:
    things = [f"{HOST}/menu/{n:03}" for n in range(200)]
    await shop.command("U_MIA", f"{' '.join(things)} because the menu moved")
    request = await shop.card("needs 1 approval", channel="C_APPROVE")
    await shop.command("U_SAM", "show P-1")
    note = await shop.note("U_SAM", "P-1-targets.txt")
    assert "All targets: `/purge show P-1`" in small_print(request)
    assert things == (await file_of(shop, note)).decode().split()
    assert any(re.fullmatch(r"The first \d+ of 200 targets; the file holds all of them:", line) for line in told(note))
    assert ([], 1) == (await shop.messages("D_MIA"), len(await shop.messages("D_SAM")))


async def test_a_button_of_a_forgotten_jobs_card_says_that_it_was_forgotten(shop: Room) -> None:
    await purged(shop, 1)
    card = await shop.card("P-1", "fresh")
    await shop.bot.ledger.write(lambda books: books.retention.forget_jobs([1], shop.bot.core.clock.now()))
    await shop.click("U_MIA", card, "check_again")
    note = await shop.note("U_MIA", "P-1 was forgotten on ")
    assert "a job is kept for a time after it has ended (`retention.jobs`)." in said(note)


async def test_stats_are_a_table_and_a_chart(shop: Room) -> None:
    await purged(shop, 5)
    await shop.command("U_LEA", "stats since 7d")
    note = await shop.note("U_LEA", "purges.png")
    assert "5 purges · in the last 7 days" == note["text"]
    assert "Mia" in said(note)
    assert "100 % of purges hit `/news/*`: shorten its TTL, or tag it and purge the tag." in said(note)
    assert b"\x89PNG" == (await file_of(shop, note))[:4]
    [asked] = shop.asked_slack("files.getUploadURLExternal")
    alt = json.loads(str(asked["body"]))["alt_txt"]
    sent = [str(message["text"]) for message in await shop.messages("D_LEA", "U_LEA")]
    assert "Purges · in the last 7 days: proven fresh 5. By Mia 5." == alt.partition(" From")[0]
    assert any(text.endswith(f"\nALT: {alt}") for text in sent)


async def test_without_uploads_the_table_still_stands(shop: Room) -> None:
    await purged(shop, 1)
    await shop.lines(await shop.card("fresh"), "Ended")
    shop.faults.set("slack", "forbidden", 1)
    await shop.command("U_LEA", "stats")
    note = await shop.note("U_LEA", "was not sent")
    assert "1 purge · in the last 30 days" == note["text"]
    assert f"purges.png was not sent. {SCOPES}" == told(note)[-1]


async def test_a_guest_looks_back_at_nothing(shop: Room) -> None:
    await shop.command("U_GUEST", "log")
    note = await shop.note("U_GUEST", "Guests may not do this.")
    await shop.command("U_LEA", "log")
    found = await shop.note("U_LEA", "There is no job yet.")
    await shop.click("U_GUEST", note, "log_csv", value="log")
    await shop.until(lambda: two(shop, "U_GUEST"), "a second refusal")
    assert ["Nothing was purged yet."] == told(found)
    assert [] == await shop.messages("D_GUEST")


async def two(shop: Room, user: str) -> bool:
    return 2 == len(await shop.notes(user))


FORGED = {"a purge": f"{PRICING}", "another verb": "sites", "nonsense": "log since never", "nothing": ""}


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("action", ["log_page", "log_json"])
async def test_a_button_of_the_log_does_nothing_else(shop: Room, value: str, action: str) -> None:
    await shop.command("U_LEA", "log")
    note = await shop.note("U_LEA", "There is no job yet.")
    await shop.click("U_LEA", note, action, value=value)
    refused = await shop.note("U_LEA", "This button means nothing any more.")
    assert ["Type the command again."] == told(refused)
    assert [] == await shop.jobs()


async def test_another_sites_job_has_no_record_for_a_stranger(shop: Room) -> None:
    await shop.command("U_LEA", "log")
    note = await shop.note("U_LEA", "There is no job yet.")
    await shop.click("U_LEA", note, "log_json", value="show P-99")
    assert "There is no P-99." == (await shop.note("U_LEA", "P-99"))["text"]


async def test_the_scopes_that_are_told_are_those_of_the_manifest() -> None:
    assert [] == [scope for scope in re.findall(r"`(\w+:\w+)`", SCOPES) if scope not in GRANTED]


def again_of(note: Doc) -> str:
    """What *Check again* stands for."""
    values: list[str] = re.findall(r"'value': '([^']+:0)'", str(note["blocks"]))
    return values[0]


async def test_a_check_that_is_made_again_puts_its_picture_in_the_place_of_the_one_before(shop: Room) -> None:
    shop.world.towns["shop"].origin.deploy("", "")
    await shop.command("U_MIA", f"check {PRICING} {HOST}/")
    first = await shop.note("U_MIA", "places.png", "old at")
    picture = LINK.findall(said(first))[-1]
    assert 200 == (await shop.http.get(picture)).status_code
    await shop.click("U_MIA", first, "pick", value=again_of(first))

    async def again() -> Doc | None:
        found = await shop.note("U_MIA", "places.png", "old at")
        return found if LINK.findall(said(found))[-1] != picture else None

    second = await shop.until(again, "another picture")
    assert second is not None
    assert [404, 200] == [(await shop.http.get(link)).status_code for link in (picture, LINK.findall(said(second))[-1])]
    sent = [str(message["text"]) for message in await shop.messages("D_MIA")]
    assert [True, False] == [text.endswith("This file was deleted.") for text in sent]


async def test_where_all_is_fresh_by_then_the_picture_of_before_is_taken_away(shop: Room) -> None:
    shop.world.towns["shop"].origin.deploy("", "")
    await shop.command("U_MIA", f"check {PRICING} {HOST}/")
    first = await shop.note("U_MIA", "places.png", "old at")
    for cache in shop.world.towns["shop"].caches.values():
        cache.clear()
    await shop.click("U_MIA", first, "pick", value=again_of(first))
    await shop.note("U_MIA", "🟢 fresh at")
    assert 404 == (await shop.http.get(LINK.findall(said(first))[-1])).status_code
