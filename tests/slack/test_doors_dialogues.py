"""The ways in besides a typed line: the form, shortcuts and uploaded lists; what each person sees, word for word."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from bot.domain.grammar.filled_form import NOTHING, TOO_MUCH
from tests.slack.room import HOST, PRICING, Doc, Room, buttons, elements, room, small_print

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
NEWS = f"{HOST}/news"


def blocks(form: Doc) -> dict[str, Doc]:
    """The blocks of a form, by name."""
    shown = form["blocks"]
    assert isinstance(shown, list)
    return {str(block["block_id"]): block for block in shown}


def held(form: Doc, name: str) -> object:
    """What a field of the form holds before anybody touched it."""
    element = blocks(form)[name]["element"]
    assert isinstance(element, Mapping)
    chosen = element.get("initial_option")
    return chosen["value"] if isinstance(chosen, Mapping) else element.get("initial_value")


def wrong(answer: Doc) -> object:
    """What an ack says is wrong with a form, by block."""
    ack = answer["ack"]
    assert isinstance(ack, Mapping), answer
    return ack.get("errors")


async def form_of(shop: Room, user: str = "U_MIA", channel: str = "C_SHOP") -> Doc:
    """The form that a bare command opens."""
    await shop.command(user, "", channel)
    return await shop.form(user)


async def open_forms(shop: Room, user: str) -> int:
    return len((await shop.http.get("/_play/views", params={"user": user})).json()["open"])


async def upload(shop: Room, content: bytes, name: str = "urls.txt", channel: str = "", thread: str = "") -> Doc:
    """Mia uploads a file, into a channel where one is named."""
    body = {"content": base64.b64encode(content).decode(), "is_base64": True, "thread_ts": thread}
    return await shop.play("upload", user="U_MIA", channel=channel, name=name, **body)


async def with_list(shop: Room, content: bytes, name: str = "urls.txt", **fields: str) -> Doc:
    """Mia sends the form with a file."""
    form = await form_of(shop)
    file = (await upload(shop, content, name))["file"]
    assert isinstance(file, Mapping)
    values = {name: {name: value} for name, value in {**fields, "file": file["id"]}.items()}
    return await shop.play("submit", user="U_MIA", view_id=form["id"], values=values)


async def on_message(shop: Room, text: str, user: str = "U_MIA", thread: str = "") -> Doc:
    """A message of Lea's, on which `user` takes "Purge the links in this message"."""
    said = await shop.play("say", user="U_LEA", channel="C_SHOP", text=text, thread_ts=thread)
    await shop.play("shortcut", user=user, callback_id="purge_links", channel="C_SHOP", ts=said["ts"])
    return said


# The form of a bare command


async def test_a_bare_command_opens_a_form(shop: Room) -> None:
    form = await form_of(shop)
    assert ["things", "file", "kind", "site", "mode", "reason"] == list(blocks(form))
    assert (None, "guess", "shop", "as_set") == tuple(held(form, n) for n in ("things", "kind", "site", "mode"))
    assert [] == await shop.notes("U_MIA")


async def test_what_a_form_asks_for_becomes_a_card_where_it_was_opened(shop: Room) -> None:
    form = await form_of(shop, channel="C_APPROVE")
    taken = await shop.submit("U_MIA", form, things=PRICING, reason="wrong price")
    card = await shop.card("fresh", channel="C_APPROVE")
    assert {"status": 200, "ack": None} == taken
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" == card["text"]
    assert "asked by <@U_MIA> · read as URL · because wrong price" in small_print(card)
    assert 0 == await open_forms(shop, "U_MIA")


async def test_a_form_that_is_sent_twice_makes_one_job(shop: Room) -> None:
    form = await form_of(shop)
    await shop.submit("U_MIA", form, things=PRICING)
    await shop.card("fresh")
    again = await shop.submit("U_MIA", form, things=PRICING)
    assert "error" in again
    assert 1 == len(await shop.jobs())


async def test_a_kind_and_a_mode_are_chosen(shop: Room) -> None:
    form = await form_of(shop)
    await shop.submit("U_MIA", form, things="/pricing", kind="path", mode="soft", site="shop")
    await shop.card("P-1")
    job = (await shop.jobs())[0]
    hard = [layer.note for layer in job.layers]
    assert ["Varnish knows no soft purge here: hard", ""] == hard
    assert (False, "", PRICING) == (job.soft, job.read_as, job.look_urls[0])


WRONG = {
    "nothing": ({}, {"things": NOTHING}),
    "blanks": ({"things": " \n "}, {"things": NOTHING}),
    "a site alone": ({"site": "shop"}, {"things": NOTHING}),
    "everything and more": ({"things": "/pricing", "kind": "everything"}, {"things": TOO_MUCH}),
    "no thing": ({"things": "prcing"}, {"things": "I cannot tell what `prcing` is. For example: tag:prcing"}),
    "a bad line": (
        {"things": f"{PRICING}\nprcing"},
        {"things": "Line 2, prcing: I cannot tell what `prcing` is."},
    ),
    "an invisible reason": (
        {"things": PRICING, "reason": "a\u202eb"},
        {"reason": "The reason holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen. Type it without."},
    ),
}


@pytest.mark.parametrize(("fields", "errors"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_with_a_form_is_said_at_its_field(
    shop: Room, fields: dict[str, str], errors: dict[str, str]
) -> None:
    form = await form_of(shop)
    answer = await shop.submit("U_MIA", form, **fields)
    assert errors == wrong(answer)
    assert 1 == await open_forms(shop, "U_MIA")
    assert [] == await shop.jobs()


async def test_a_mended_form_is_taken(shop: Room) -> None:
    form = await form_of(shop)
    await shop.submit("U_MIA", form, things="prcing")
    taken = await shop.submit("U_MIA", form, things=PRICING)
    await shop.card("fresh")
    assert {"status": 200, "ack": None} == taken


async def test_everything_is_asked_again_in_its_own_form(shop: Room) -> None:
    form = await form_of(shop)
    await shop.submit("U_MIA", form, kind="everything", site="shop", reason="new design")
    second = await shop.until(lambda: named(shop, "everything"), "the second form")
    await shop.submit("U_MIA", second, site_name="shop")
    card = await shop.card("needs 2 approvals", channel="C_APPROVE")
    assert "everything on shop" in str(card["text"])


async def named(shop: Room, callback: str) -> Doc:
    shown = (await shop.http.get("/_play/views", params={"user": "U_MIA"})).json()["open"]
    return next((view for view in shown if view["callback_id"] == callback), {})


async def test_a_bare_host_still_wants_a_click(shop: Room) -> None:
    form = await form_of(shop)
    await shop.submit("U_MIA", form, things="www.shop.test")
    note = await shop.note("U_MIA", "Purge everything under the host www.shop.test?")
    await shop.click("U_MIA", note, "confirm_host")
    await shop.card("needs 1 approval", channel="C_APPROVE")


async def test_guests_get_words_and_no_form(shop: Room) -> None:
    await shop.command("U_GUEST", "")
    note = await shop.note("U_GUEST", "Guests")
    assert "Guests may not do this." == note["text"]
    assert 0 == await open_forms(shop, "U_GUEST")


async def test_a_bare_mention_offers_the_form_by_a_button_and_its_card_comes_into_the_thread(shop: Room) -> None:
    root = await shop.mention("U_LEA", "help")
    await shop.mention("U_MIA", "", thread=str(root["ts"]))
    note = await shop.note("U_MIA", "What should be gone?")
    await shop.click("U_MIA", note, "open_form")
    form = await shop.form("U_MIA")
    await shop.submit("U_MIA", form, things=PRICING)
    thread = await shop.lines({"ts": root["ts"]}, "fresh")
    assert ["open_form"] == buttons(note)
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" in thread.split("\n")
    assert "What should be gone?" not in [said["text"] for said in await shop.notes("U_MIA")]


async def test_somebody_elses_button_opens_nothing(shop: Room) -> None:
    await shop.mention("U_MIA", "")
    note = await shop.note("U_MIA", "What should be gone?")
    other = await shop.mention("U_LEA", "help")
    await shop.click("U_LEA", other, "open_form", value=str(elements(note)[0]["value"]))
    refused = await shop.note("U_LEA", "choice")
    assert "This choice is over: it was used, or ten minutes have passed." == refused["text"]


async def test_what_went_wrong_is_told_where_the_bot_may_not_post(shop: Room) -> None:
    form = await form_of(shop, channel="C_SECRET")
    await shop.submit("U_MIA", form, things="www.shop.test")
    note = await shop.note("U_MIA", "under the host", channel="C_SECRET")
    assert ["confirm_host"] == buttons(note)


async def test_a_card_that_may_not_be_where_the_form_was_opened_is_linked_there(shop: Room) -> None:
    form = await form_of(shop, channel="C_SECRET")
    await shop.submit("U_MIA", form, things=PRICING)
    note = await shop.note("U_MIA", "P-1 is told in <#C_SHOP>.", channel="C_SECRET")
    assert "Open its card" in small_print(note)[0]


# The last five targets


async def test_a_last_target_fills_the_form_in_below_what_was_typed(shop: Room) -> None:
    for n, thing in enumerate(("/old/1", PRICING, "/d", "/a", "/b", "/c", "/a"), 1):
        if n == 7:
            await shop.card("P-4 fresh")  # while its first call waits, the same again joins it
        await shop.command("U_MIA", thing)
        await shop.until(partial(made, shop, n), thing)
    form = await form_of(shop)
    recent = blocks(form)["recent"]["accessory"]
    assert isinstance(recent, Mapping)
    assert ["path /a on shop", "path /c on shop", "path /b on shop", "path /d on shop", PRICING] == [
        option["text"]["text"] for option in recent["options"]
    ]
    values = {"things": {"things": NEWS}, "reason": {"reason": "typo"}}
    await shop.play("click", user="U_MIA", view_id=form["id"], action_id="recent", value="0", values=values)
    filled = await turned(shop, form)
    assert f"{NEWS}\npath /a" == held(filled, "things-1")


async def made(shop: Room, n: int) -> bool:
    return len(await shop.jobs()) == n


async def turned(shop: Room, form: Doc) -> Doc:
    """The form once something was filled in."""

    async def look() -> Doc | None:
        shown = await shop.form("U_MIA")
        return shown if shown["hash"] != form["hash"] else None

    filled = await shop.until(look, "the form is filled in")
    assert filled is not None
    return filled


async def test_a_filled_in_form_is_taken_as_any(shop: Room) -> None:
    await shop.command("U_MIA", "/news/1")
    await shop.card("P-1")
    form = await form_of(shop)
    await shop.play("click", user="U_MIA", view_id=form["id"], action_id="recent", value="0", values={})
    filled = await turned(shop, form)
    refused = await shop.submit("U_MIA", filled, **{"things-1": "prcing"})
    await shop.submit("U_MIA", filled)
    card = await shop.card("P-2 fresh")
    assert ["things-1"] == list(wrong(refused))  # type: ignore[call-overload]
    assert "🟢 P-2 fresh at fra, iad, sin · 2 URLs on shop" == card["text"]


# Shortcuts


async def test_the_global_shortcut_opens_a_form_whose_card_is_in_the_sites_channel(shop: Room) -> None:
    taken = await shop.play("shortcut", user="U_MIA", callback_id="purge_form")
    form = await shop.form("U_MIA")
    await shop.submit("U_MIA", form, things=PRICING)
    card = await shop.card("fresh")
    link = f"https://shop.slack.com/archives/C_SHOP/p{str(card['ts']).replace('.', '')}"
    note = await shop.card("P-1", channel="D_MIA", user="U_MIA")
    assert {"status": 200, "ack": None} == taken
    assert "P-1 is told in <#C_SHOP>." == note["text"]
    assert [f"<{link}|Open its card>"] == small_print(note)


async def test_a_guests_global_shortcut_is_answered_in_words(shop: Room) -> None:
    await shop.play("shortcut", user="U_GUEST", callback_id="purge_form")
    note = await shop.card("Guests", channel="D_GUEST", user="U_GUEST")
    assert "Guests may not do this." == note["text"]
    assert 0 == await open_forms(shop, "U_GUEST")


async def test_the_links_of_a_message_become_the_list_and_others_are_told(shop: Room) -> None:
    await on_message(shop, f"see <{PRICING}|the price>, {NEWS} twice: {NEWS} and https://evil.test/x")
    form = await shop.form("U_MIA")
    first = str(next(iter(blocks(form).values()))["elements"])
    await shop.submit("U_MIA", form)
    await shop.card("fresh")
    assert f"{PRICING}\n{NEWS}" == held(form, "things")
    assert "Left out: evil.test (1 link): no site of yours has this host." in first
    assert [[PRICING, NEWS]] == shop.purges()
    assert [] == [row for row in shop.world.requests.listed() if "evil" in str(row)]


async def test_a_message_in_a_thread_gets_its_card_there(shop: Room) -> None:
    root = await shop.mention("U_LEA", "help")
    await on_message(shop, PRICING, thread=str(root["ts"]))
    form = await shop.form("U_MIA")
    await shop.submit("U_MIA", form)
    thread = await shop.lines({"ts": root["ts"]}, "fresh")
    assert f"🟢 P-1 fresh at fra, iad, sin · {PRICING}" in thread.split("\n")


async def test_a_message_without_a_link_of_ours_opens_no_form(shop: Room) -> None:
    await on_message(shop, "https://evil.test/x and https://evil.test/y and https://bad.test/")
    note = await shop.note("U_MIA", "links to no page")
    assert ["Left out: evil.test (2 links), bad.test (1 link): no site of yours has these hosts."] == small_print(note)
    assert 0 == await open_forms(shop, "U_MIA")


async def test_a_guest_gets_words_for_a_message_too(shop: Room) -> None:
    await on_message(shop, PRICING, user="U_GUEST")
    note = await shop.note("U_GUEST", "Guests")
    assert "Guests may not do this." == note["text"]


async def test_many_links_wait_beside_the_field(shop: Room) -> None:
    urls = [f"{HOST}/a/very/long/path/to/some/page/{n:04}" for n in range(90)]
    await on_message(shop, " ".join(urls))
    form = await shop.form("U_MIA")
    await shop.submit("U_MIA", form, reason="menu")
    await shop.card("needs 1 approval", channel="C_APPROVE")
    assert 90 == (await shop.jobs())[0].targets
    assert "With it: 90 links of the message, too many for a field." in str(form["blocks"])


# Uploaded lists


async def test_a_list_in_a_file_is_purged(shop: Room) -> None:
    taken = await with_list(shop, f"{PRICING}\r\n{NEWS}\r\n{NEWS}\r\n".encode("utf-8-sig"))
    card = await shop.card("fresh")
    assert {"status": 200, "ack": None} == taken
    assert [[PRICING, NEWS]] == shop.purges()
    assert any("Dropped 1 duplicate." in line for line in small_print(card))


async def test_a_table_is_read_by_its_column(shop: Room) -> None:
    await with_list(shop, f'count,url\n7,{PRICING}\n1,"{NEWS}?a=1,2"\n'.encode(), "top.csv")
    await shop.card("fresh")
    assert [[PRICING, f"{NEWS}?a=1,2"]] == shop.purges()


async def test_what_of_a_table_was_not_read_is_told(shop: Room) -> None:
    await with_list(shop, f"url;tag\n{PRICING};t1\n;t2\n".encode(), "top.csv")
    card = await shop.card("fresh")
    assert [[PRICING]] == shop.purges()
    told = [line for line in small_print(card) if "of the list" in line]
    first = "Read column 1, url, of the list, and not 2, tag."
    assert [f"{first} Left out 1 row of the list with nothing in the column url."] == told


async def test_bad_lines_of_a_file_are_counted_and_the_good_ones_go_on(shop: Room) -> None:
    await with_list(shop, f"{PRICING}\nhttp://evil.test/\n\n{NEWS}\n".encode(), reason="menu")
    note = await shop.note("U_MIA", "could not be read")
    await shop.click("U_MIA", note, "go_with_good")
    await shop.card("fresh")
    assert "1 line could not be read; 2 others can." == note["text"]
    assert small_print(note)[0].startswith("2. `http://evil.test/`: ")
    assert [[PRICING, NEWS]] == shop.purges()


async def test_the_list_of_a_message_comes_with_the_form(shop: Room) -> None:
    said = await upload(shop, f"{PRICING}\n{NEWS}\n".encode(), channel="C_SHOP")
    await shop.play("shortcut", user="U_MIA", callback_id="purge_links", channel="C_SHOP", ts=said["ts"])
    form = await shop.form("U_MIA")
    await shop.submit("U_MIA", form)
    await shop.card("fresh")
    assert "With it: the list `urls.txt`." in str(form["blocks"])
    assert "file" not in blocks(form)
    assert [[PRICING, NEWS]] == shop.purges()


FILES = {
    "empty": ("urls.txt", b"\n \n", "urls.txt is empty."),
    "no column": (
        "urls.csv", f"address;name\n{PRICING};a\n".encode(),
        "The first line of urls.csv, address;name, names no column of things.",
    ),
    "latin-1": ("urls.txt", f"{PRICING}\n{HOST}/caf\xe9\n".encode("latin-1"), "urls.txt is not UTF-8 text on line 2."),
    "no text": ("urls.txt", b"\x7fELF\0\0", "urls.txt is not text."),
    "a quote": (
        "urls.csv", b'url\n"http://a', "urls.csv cannot be read as a table from line 2 on: unexpected end of data."
    ),
    "too large": ("urls.txt", b"x" * (20 * 1024 * 1024 + 1), "urls.txt is too large."),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "words"), FILES.values(), ids=FILES)
async def test_a_file_that_is_no_list_is_refused_in_words(shop: Room, name: str, content: bytes, words: str) -> None:
    await with_list(shop, content, name)
    note = await shop.note("U_MIA", words)
    assert words == note["text"]
    assert [] == await shop.jobs()


async def test_while_slack_does_not_hand_the_file_out_it_is_asked_again(shop: Room) -> None:
    form = await form_of(shop)
    file = (await upload(shop, PRICING.encode()))["file"]
    assert isinstance(file, Mapping)
    shop.faults.set("slack", "error500", 2)
    await shop.play("submit", user="U_MIA", view_id=form["id"], values={"file": {"file": file["id"]}})
    await shop.card("fresh")
    assert [[PRICING]] == shop.purges()


async def test_a_file_that_is_gone_by_then_is_told(shop: Room) -> None:
    said = await upload(shop, PRICING.encode(), channel="C_SHOP")
    await shop.play("shortcut", user="U_MIA", callback_id="purge_links", channel="C_SHOP", ts=said["ts"])
    form = await shop.form("U_MIA")
    shop.store.execute("DELETE FROM slack_files")
    await shop.submit("U_MIA", form)
    note = await shop.note("U_MIA", "is gone from Slack, or purgebot may not see it.")
    assert ["Upload it again, then use it at once."] == small_print(note)


async def test_what_else_is_attached_to_a_message_is_left_out(shop: Room) -> None:
    said = await upload(shop, b"x", "photo.png", channel="C_SHOP")
    await shop.play("shortcut", user="U_MIA", callback_id="purge_links", channel="C_SHOP", ts=said["ts"])
    note = await shop.note("U_MIA", "links to no page")
    assert ["Left out: photo.png: neither .txt nor .csv."] == small_print(note)


async def test_a_list_is_fetched_once(shop: Room) -> None:
    await with_list(shop, PRICING.encode())
    await shop.card("fresh")
    assert 1 == len([row for row in shop.requests.listed() if row["path"] == "/files-pri"])


async def test_without_the_scope_the_asker_is_told_what_is_missing(shop: Room) -> None:
    form = await form_of(shop)
    file = (await upload(shop, PRICING.encode()))["file"]
    assert isinstance(file, Mapping)
    shop.faults.set("slack", "forbidden", 1)
    await shop.play("submit", user="U_MIA", view_id=form["id"], values={"file": {"file": file["id"]}})
    note = await shop.note("U_MIA", "Slack does not let purgebot read files.")
    assert "Add the scope files:read under OAuth &amp; Permissions" in small_print(note)[0]


# By socket


async def test_by_socket_the_doors_are_the_same(tmp_path: Path) -> None:
    async with room(tmp_path, by_socket=True) as shop:
        await shop.play("shortcut", user="U_MIA", callback_id="purge_form")
        form = await shop.form("U_MIA")
        refused = await shop.submit("U_MIA", form)
        taken = await shop.submit("U_MIA", form, things=PRICING)
        await shop.card("fresh")
        assert {"things": NOTHING} == wrong(refused)
        assert {"status": 200, "ack": None} == taken
