"""What people do in the chat, and what is sent for it."""

from __future__ import annotations

from copy import deepcopy

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.page.conftest import Opened
from tests.page.playground import recorded

pytestmark = pytest.mark.real("chromium")
DONE, WAITING, STOPPED = "1795625850.118114", "1795625866.289080", "1795625869.487068"
REQUEST = "1795625866.300678"
LIST_FILE = FilePayload(name="urls.txt", mimeType="text/plain", buffer=b"/a\n")


def message(page: Page, ts: str) -> str:
    """The words of one message."""
    return page.locator(f"#messages [data-ts='{ts}']").inner_text()


def test_a_card_is_drawn_as_slack_draws_it(shown: Opened) -> None:
    said = message(shown.page, DONE)
    assert "🟢 P-1 fresh at fra, iad, sin · 2 URLs on shop" in said
    assert "asked by @Mia · read as path" in said
    card = shown.page.locator(f"[data-ts='{DONE}']")
    expect(card.locator("[data-action-id=check_again]")).to_have_text("Check again")
    expect(card.locator(".b-context a")).to_have_attribute("href", "http://img.shop.test/pricing")


def test_a_line_is_sent_as_a_command_by_enter(shown: Opened) -> None:
    shown.page.fill("#box", "/purge http://www.shop.test/pricing")
    shown.page.press("#box", "Enter")
    expect(shown.page.locator("#box")).to_have_value("")
    sent = {"user": "U_MIA", "channel": "C_SHOP", "text": "/purge http://www.shop.test/pricing"}
    assert shown.play.posted("command") == [sent]


def test_shift_and_enter_begin_a_new_line(shown: Opened) -> None:
    shown.page.fill("#box", "/purge")
    shown.page.press("#box", "Shift+Enter")
    shown.page.locator("#box").press_sequentially("/pricing")
    expect(shown.page.locator("#box")).to_have_value("/purge\n/pricing")
    assert shown.play.posts == []


def test_a_suggestion_goes_into_the_box_and_waits(shown: Opened) -> None:
    chip = shown.page.locator("#suggestions [data-suggestion]").first
    line = chip.inner_text()
    chip.click()
    expect(shown.page.locator("#box")).to_have_value(line)
    expect(shown.page.locator("#box")).to_be_focused()
    assert shown.play.posts == []


def test_a_mention_is_sent_as_a_mention(shown: Opened) -> None:
    shown.page.fill("#box", "@purgebot status P-1")
    shown.page.click("#send")
    expect(shown.page.locator("#box")).to_have_value("")
    sent = {"user": "U_MIA", "channel": "C_SHOP", "text": "@purgebot status P-1"}
    assert shown.play.posted("mention") == [sent]


NOBODY = {
    "small talk": (
        "hello",
        "Nobody else is here to read that. Begin with /purge or @purgebot, for example: /purge help",
    ),
    "another command": ("/remind me", "/remind is no command here. The one there is: /purge help"),
    "a longer word": ("/purgeall", "/purgeall is no command here. The one there is: /purge help"),
}


@pytest.mark.parametrize(("line", "said"), NOBODY.values(), ids=NOBODY.keys())
def test_a_line_that_reaches_nobody_stays_and_says_why(shown: Opened, line: str, said: str) -> None:
    shown.page.fill("#box", line)
    shown.page.press("#box", "Enter")
    expect(shown.page.locator("#note")).to_have_text(said)
    expect(shown.page.locator("#box")).to_have_value(line)
    assert shown.play.posts == []


def test_what_the_playground_refuses_is_said_in_its_words(shown: Opened) -> None:
    shown.play.answers["command"] = (400, {"error": "/purge is no command here."})
    shown.page.fill("#box", "/purge x")
    shown.page.press("#box", "Enter")
    expect(shown.page.locator("#note")).to_have_text("/purge is no command here.")
    expect(shown.page.locator("#box")).to_have_value("/purge x")


def test_a_button_sends_who_where_and_which(shown: Opened) -> None:
    shown.page.click(f"[data-ts='{STOPPED}'] [data-action-id=retry]")
    expect(shown.page.locator(".busy")).to_have_count(0)
    sent = {
        "user": "U_MIA",
        "channel": "C_SHOP",
        "ts": STOPPED,
        "action_id": "retry",
        "block_id": "3-9-root-buttons",
        "value": "P-3",
    }
    assert shown.play.posted("click") == [sent]


def test_each_of_several_buttons_with_one_id_sends_its_own(shown: Opened) -> None:
    shown.page.get_by_role("button", name="Host img.shop.test").click()
    expect(shown.page.locator(".busy")).to_have_count(0)
    [sent] = shown.play.posted("click")
    assert ("pick", "ZJrtNu7af65w06tlpBrsDA:3") == (sent["action_id"], sent["value"])


def test_a_vote_asks_first_and_is_sent_after_a_yes(shown: Opened) -> None:
    page = shown.page
    page.select_option("#me", "U_LEA")
    page.click("[data-channel=C_APPROVE]")
    page.click("[data-action-id=approve]")
    expect(page.locator("#confirm-title")).to_have_text("Approve P-2?")
    expect(page.locator("#confirm-text")).to_contain_text("purges everything on shop (production)")
    page.click("#confirm-yes")
    expect(page.locator(".busy")).to_have_count(0)
    [sent] = shown.play.posted("click")
    assert ("U_LEA", "C_APPROVE", REQUEST, "approve") == tuple(
        sent[name] for name in ("user", "channel", "ts", "action_id")
    )


AT_ONCE = """() => {
  document.querySelector("#confirm-yes").click();
  const me = document.querySelector("#me");
  me.value = "U_KIM";
  me.dispatchEvent(new Event("change"));
}"""


def test_a_vote_is_that_of_who_pressed_it_whoever_one_becomes_then(shown: Opened) -> None:
    shown.page.select_option("#me", "U_SAM")
    shown.page.click("[data-channel=C_APPROVE]")
    shown.page.locator("[data-action-id=approve]").last.click()
    shown.page.evaluate(AT_ONCE)
    assert ["U_SAM"] == [vote["user"] for vote in shown.play.posted("click")]


@pytest.mark.parametrize("way", ["Back", "Escape"])
def test_a_vote_that_is_taken_back_sends_nothing(shown: Opened, way: str) -> None:
    page = shown.page
    page.click("[data-channel=C_APPROVE]")
    page.click("[data-action-id=deny]")
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.click("#confirm-no")
    expect(page.locator("#confirm")).not_to_be_visible()
    expect(page.locator("[data-action-id=deny]")).to_be_focused()
    assert shown.play.posts == []


def test_a_button_that_is_gone_from_its_message_is_gone_here(shown: Opened) -> None:
    decided = deepcopy(shown.play.messages["C_SHOP"])
    [card] = [one for one in decided if one["ts"] == WAITING]
    card["text"] = "⚫ P-2 denied by <@U_LEA> · everything on shop (production)"
    card["blocks"] = [{"type": "section", "block_id": "s", "text": {"type": "mrkdwn", "text": card["text"]}}]
    button = shown.page.locator(f"[data-ts='{WAITING}'] button[data-action-id]")
    expect(button).to_have_count(1)
    shown.play.messages["C_SHOP"] = decided
    expect(button).to_have_count(0)
    expect(shown.page.locator(f"[data-ts='{WAITING}']")).to_contain_text("denied by @Lea")
    expect(shown.page.locator("#live")).to_contain_text("purgebot: ⚫ P-2 denied by @Lea")


def test_an_ephemeral_message_says_so_and_others_do_not_see_it(shown: Opened) -> None:
    private = shown.page.locator("#messages .private").first
    expect(private).to_contain_text("Only visible to you")
    shown.page.select_option("#me", "U_KIM")
    expect(shown.page.locator(f"[data-ts='{DONE}']")).to_be_visible()
    expect(shown.page.locator("#messages .private")).to_have_count(0)


def test_an_ephemeral_message_can_be_dismissed(shown: Opened) -> None:
    before = shown.page.locator("#messages .private").count()
    shown.page.locator("[data-dismiss]").first.click()
    expect(shown.page.locator("#messages .private")).to_have_count(before - 1)


def test_a_thread_opens_beside_and_holds_its_replies(shown: Opened) -> None:
    page = shown.page
    expect(page.locator(f"[data-open-thread='{DONE}']")).to_have_text("pM4 replies")
    page.click(f"[data-open-thread='{DONE}']")
    expect(page.locator("#replies > li")).to_have_count(5)
    expect(page.locator("#thread-box")).to_be_focused()
    page.fill("#thread-box", "@purgebot show P-1")
    page.press("#thread-box", "Enter")
    expect(page.locator("#thread-box")).to_have_value("")
    sent = {"user": "U_MIA", "channel": "C_SHOP", "text": "@purgebot show P-1", "thread_ts": DONE}
    assert shown.play.posted("mention") == [sent]


def test_a_command_in_a_thread_is_answered_with_the_line_that_works(shown: Opened) -> None:
    shown.page.click(f"[data-open-thread='{DONE}']")
    shown.page.fill("#thread-box", "/purge status P-1")
    shown.page.press("#thread-box", "Enter")
    said = "Slack has no commands in threads. Write instead: @purgebot status P-1"
    expect(shown.page.locator("#thread-note")).to_have_text(said)
    assert shown.play.posts == []


def test_escape_closes_the_thread_and_gives_focus_back(shown: Opened) -> None:
    shown.page.click(f"[data-open-thread='{DONE}']")
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("#thread")).not_to_be_visible()
    expect(shown.page.locator(f"[data-open-thread='{DONE}']")).to_be_focused()


def test_the_other_channel_counts_what_is_unread_until_it_is_opened(shown: Opened) -> None:
    unread = shown.page.locator("[data-unread=C_APPROVE]")
    expect(unread).to_have_text("1")
    shown.page.click("[data-channel=C_APPROVE]")
    expect(shown.page.locator("#channel-name")).to_have_text("# approvals")
    expect(unread).to_have_text("")


def said(n: int) -> dict[str, object]:
    """A short message."""
    return {"ts": f"17956259{n}.000000", "user": "U_LEA", "text": f"note {n}", "blocks": [], "ephemeral": False}


def test_the_newest_message_is_in_view(shown: Opened) -> None:
    shown.play.messages["C_SHOP"] += [said(n) for n in range(10, 40)]
    expect(shown.page.locator("#messages").get_by_text("note 39")).to_be_in_viewport()
    shown.play.messages["C_SHOP"].append(said(40))
    expect(shown.page.locator("#messages").get_by_text("note 40")).to_be_in_viewport()


def test_a_reader_further_up_is_left_there(shown: Opened) -> None:
    shown.play.messages["C_SHOP"] += [said(n) for n in range(10, 40)]
    expect(shown.page.locator("#messages").get_by_text("note 39")).to_be_in_viewport()
    shown.page.evaluate("document.getElementById('messages').scrollTop = 0")
    shown.play.messages["C_SHOP"].append(said(40))
    expect(shown.page.locator("#messages").get_by_text("note 40")).to_be_attached()
    expect(shown.page.locator("#messages").get_by_text("note 40")).not_to_be_in_viewport()


def test_a_link_to_a_message_leads_to_it(shown: Opened) -> None:
    shown.page.click("[data-channel=C_APPROVE]")
    shown.page.get_by_role("link", name="The card of P-2").click()
    expect(shown.page.locator("#channel-name")).to_have_text("# shop")
    expect(shown.page.locator(f"#messages [data-ts='{WAITING}']")).to_be_focused()


def test_a_form_opens_and_sends_what_was_typed(shown: Opened) -> None:
    page = shown.page
    shown.play.views = [recorded("form")]
    expect(page.locator("#form-title")).to_have_text("Purge everything")
    expect(page.locator("[data-input=site_name] input")).to_be_focused()
    page.keyboard.type("shop")
    page.keyboard.press("Enter")
    expect(page.locator("#form-send")).to_be_enabled()
    view = recorded("form")["id"]
    sent = {"user": "U_MIA", "view_id": view, "values": {"site_name": {"site_name": "shop"}}}
    assert shown.play.posted("submit") == [sent]
    shown.play.views = []
    expect(page.locator("#form")).not_to_be_visible()


def test_a_form_shows_what_is_wrong_with_which_field_and_keeps_the_words(shown: Opened) -> None:
    page = shown.page
    wrong = {"site_name": "Type shop to confirm; nothing was purged."}
    shown.play.views = [recorded("form")]
    shown.play.answers["submit"] = (200, {"status": 200, "ack": {"response_action": "errors", "errors": wrong}})
    page.fill("[data-input=site_name] input", "blog")
    shown.play.views = [recorded("form") | {"errors": wrong}]
    page.click("#form-send")
    expect(page.locator("[data-input=site_name] .wrong")).to_have_text(wrong["site_name"])
    expect(page.locator("[data-input=site_name] input")).to_have_value("blog")
    expect(page.locator("[data-input=site_name] input")).to_have_attribute("aria-invalid", "true")


def test_what_is_typed_into_a_form_outlives_many_looks(shown: Opened) -> None:
    shown.play.views = [recorded("form")]
    shown.page.fill("[data-input=site_name] input", "sho")
    with shown.page.expect_response("**/_play/views*"):
        pass
    with shown.page.expect_response("**/_play/views*"):
        pass
    expect(shown.page.locator("[data-input=site_name] input")).to_have_value("sho")


def test_what_is_typed_into_a_form_outlives_its_update(shown: Opened) -> None:
    shown.play.views = [recorded("form")]
    shown.page.fill("[data-input=site_name] input", "sho")
    newer = recorded("form") | {"hash": "2"}
    newer["title"]["text"] = "Purge everything, still"
    shown.play.views = [newer]
    expect(shown.page.locator("#form-title")).to_have_text("Purge everything, still")
    expect(shown.page.locator("[data-input=site_name] input")).to_have_value("sho")


def test_a_narrower_choice_in_a_form_is_clicked_in_the_form(shown: Opened) -> None:
    shown.play.views = [recorded("form")]
    shown.page.get_by_role("button", name="Only the host www.shop.test").click()
    expect(shown.page.locator("#form-send")).to_be_enabled()
    [sent] = shown.play.posted("click")
    view = recorded("form")
    value = view["blocks"][5]["elements"][0]["value"]
    expected = {"user": "U_MIA", "view_id": view["id"], "action_id": "pick", "block_id": "v5", "value": value}
    expected |= {"values": {"site_name": {"site_name": ""}}}
    assert sent == expected


def test_a_form_that_was_closed_stays_closed(shown: Opened) -> None:
    shown.play.views = [recorded("form")]
    shown.page.locator("#form").wait_for()
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("#form")).not_to_be_visible()
    with shown.page.expect_response("**/_play/views*"):
        pass
    expect(shown.page.locator("#form")).not_to_be_visible()


# Shortcuts and lists


def test_the_shortcut_beside_the_box_is_global(shown: Opened) -> None:
    shown.page.click("#shortcut")
    expect(shown.page.locator("#note")).to_have_text("")
    assert shown.play.posted("shortcut") == [{"user": "U_MIA", "callback_id": "purge_form"}]


def test_the_bot_is_invited_by_a_button_and_as_slack_people_type_it(shown: Opened) -> None:
    page = shown.page
    page.click("#invite")
    assert shown.play.posted("invite") == [{"user": "U_MIA", "channel": "C_SHOP"}]
    page.fill("#box", "/invite @purgebot")
    page.press("#box", "Enter")
    expect(page.locator("#box")).to_have_value("")
    assert shown.play.posted("invite", 2) == [{"user": "U_MIA", "channel": "C_SHOP"}] * 2


def test_nobody_is_invited_to_a_conversation_of_two(shown: Opened) -> None:
    page = shown.page
    page.click("[data-channel=D_MIA]")
    expect(page.locator("#invite")).to_be_hidden()
    page.fill("#box", "/invite @purgebot")
    page.press("#box", "Enter")
    expect(page.locator("#note")).to_have_text("Here are only the two of you. Invite purgebot to a channel.")
    assert shown.play.posted("invite", 0) == []


def test_a_message_with_links_has_a_shortcut_that_names_it(shown: Opened) -> None:
    card = shown.page.locator(f"#messages [data-ts='{DONE}']")
    card.hover()
    card.locator("[data-shortcut=purge_links]").click()
    sent = {"user": "U_MIA", "callback_id": "purge_links", "channel": "C_SHOP", "ts": DONE}
    assert shown.play.posted("shortcut") == [sent]


def test_a_message_with_a_link_is_said_though_the_bot_is_not_named(shown: Opened) -> None:
    shown.page.fill("#box", "old: http://www.shop.test/pricing")
    shown.page.press("#box", "Enter")
    expect(shown.page.locator("#box")).to_have_value("")
    assert shown.play.posted("say") == [
        {"user": "U_MIA", "channel": "C_SHOP", "text": "old: http://www.shop.test/pricing"}
    ]


def test_a_list_is_uploaded_into_the_channel(shown: Opened) -> None:
    shown.page.set_input_files("#upload-file", LIST_FILE)
    expect(shown.page.locator("#upload-file")).to_have_value("")
    assert shown.play.posted("upload") == [
        {"user": "U_MIA", "name": "urls.txt", "content": "L2EK", "is_base64": True, "channel": "C_SHOP"}
    ]


def a_form_with(element: dict[str, object]) -> dict[str, object]:
    """The recorded form, with one input more."""
    form: dict[str, object] = recorded("form")
    label = {"type": "plain_text", "text": "More"}
    form["blocks"] = [
        *recorded("form")["blocks"],
        {"type": "input", "block_id": "more", "label": label, "element": element},
    ]
    return form


def test_a_file_in_a_form_is_uploaded_when_the_form_is_sent(shown: Opened) -> None:
    shown.play.answers["upload"] = (200, {"file": {"id": "F_1"}})
    shown.play.views = [a_form_with({"type": "file_input", "action_id": "more", "filetypes": ["txt"], "max_files": 1})]
    shown.page.set_input_files("[data-action-id=more]", LIST_FILE)
    shown.page.click("#form-send")
    expect(shown.page.locator("#form-send")).to_be_enabled()
    [sent] = shown.play.posted("submit")
    assert sent["values"]["more"] == {"more": ["F_1"]}


def test_what_a_form_chooses_at_first_is_sent(shown: Opened) -> None:
    options = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("soft", "hard")]
    radio: dict[str, object] = {"type": "radio_buttons", "action_id": "more", "options": options}
    radio |= {"initial_option": options[1]}
    shown.play.views = [a_form_with(radio)]
    shown.page.click("#form-send")
    expect(shown.page.locator("#form-send")).to_be_enabled()
    [sent] = shown.play.posted("submit")
    assert sent["values"]["more"] == {"more": "hard"}
