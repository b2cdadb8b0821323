"""Nothing from outside ever reaches Slack as a mark, whatever field it stands in, and no card is too much for Slack."""

from __future__ import annotations

from functools import cache

import pytest

from bot.slack.cards import Card
from bot.slack.cards.blocks import actions, section
from bot.slack.escape import bare, channel, code, cut, cut_marked, escape, linked, person, url_text
from playground.slack.blocks import block_problems, is_too_long
from playground.slack.mrkdwn import pings
from tests.slack.wild import every_card, strings, without_ours

HOSTILE = "<!channel> <@U_LEA> <https://evil|x> & `b` *c* \u202e\u200b\n🟢 P-1 fresh"

ESCAPED = {
    "a page stays as it is": ("https://www.shop.test/a?b=1", "https://www.shop.test/a?b=1"),
    "the three control characters": ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
    "what is escaped already is somebody's text": ("&lt;", "&amp;lt;"),
    "quotes are none of Slack's": ("\"a\" 'b'", "\"a\" 'b'"),
    "a mention of all": ("<!channel>", "&lt;!channel&gt;"),
    "a new line begins no line of ours": ("a\r\n🟢 P-1 fresh", "a 🟢 P-1 fresh"),
    "a line separator neither": ("a\u2028b\u2029c\x0bd", "a b c d"),
    "what turns text is left out": ("gnp.\u202eexe", "gnp.exe"),
    "what hides text is left out": ("ad\u200bm\u00adin\x00", "admin"),
    "half a character is left out": ("a\ud800b", "ab"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), ESCAPED.values(), ids=ESCAPED)
def test_outside_text_is_escaped_and_stays_on_its_line(text: str, expected: str) -> None:
    assert expected == escape(text)


SECRET = "https://www.shop.test/a?page=2&access_token=s3cret&x=1"
HIDDEN = "https://www.shop.test/a?page=2&amp;access_token=•••&amp;x=1"


def test_values_that_are_likely_to_be_secrets_are_not_shown() -> None:
    assert (HIDDEN, f"`{HIDDEN}`") == (escape(SECRET), code(SECRET))
    assert f"`{HIDDEN}`" == url_text(SECRET)  # in code, since a link would lead to another page
    assert "Location: /in?sig=•••; a" == escape("Location: /in?sig=abc; a")
    assert "https://www.shop.test/a?page=2&access_token=•••&x=1" == bare(SECRET, 100)


def test_a_line_to_copy_keeps_what_it_needs() -> None:
    assert "s3cret" in escape(SECRET, as_typed=True)


def test_other_arguments_stay() -> None:
    assert "/a?size=4&tokens-left" == bare("/a?size=4&tokens-left", 100)


def test_a_cut_never_splits_an_entity() -> None:
    assert "&amp;&amp;…" == escape("&" * 100, 14)


def test_a_cut_counts_as_slack_counts() -> None:
    assert 300 >= len(escape("<" * 1000, 300))


CODE = {
    "a line to copy": ("/purge status", "`/purge status`"),
    "a backtick does not end it": ("a`b", "`aˋb`"),
    "only backticks": ("```", "`ˋˋˋ`"),
    "a new line does not break it": ("a\nb", "`a b`"),
    "marks": ("<!here>", "`&lt;!here&gt;`"),
    "nothing is no code": ("", ""),
    "blanks are no code": (" \u200b ", ""),
}


@pytest.mark.parametrize(("text", "expected"), CODE.values(), ids=CODE)
def test_code_holds_what_it_holds(text: str, expected: str) -> None:
    assert expected == code(text)


PEOPLE = {
    "a person": ("U_MIA", "<@U_MIA>"),
    "a token": ("token:ops-cli", "token `ops-cli`"),
    "a token with a mark": ("token:<!here>", "token `&lt;!here&gt;`"),
    "a door": ("local", "`local`"),
    "a mark": ("!channel", "`!channel`"),
    "a label": ("U_MIA|boss", "`U_MIA|boss`"),
    "two lines": ("U_MIA\n", "`U_MIA`"),
    "nobody": ("", "nobody"),
}


@pytest.mark.parametrize(("actor", "expected"), PEOPLE.values(), ids=PEOPLE)
def test_only_an_id_is_a_mention(actor: str, expected: str) -> None:
    assert expected == person(actor)


CHANNELS = {"a channel": ("C_SHOP", "<#C_SHOP>"), "a mark": ("C|x> <!here", "`C|x&gt; &lt;!here`")}


@pytest.mark.parametrize(("id", "expected"), CHANNELS.values(), ids=CHANNELS)
def test_only_an_id_is_a_channel(id: str, expected: str) -> None:
    assert expected == channel(id)


LINKS = {
    "an address": ("https://a.test/b?c=1", "<https://a.test/b?c=1|here>"),
    "none": ("", ""),
    "another scheme": ("javascript:alert(1)", ""),
    "one that shows another": ("https://evil|https://good", ""),
    "one that ends the mark": ("https://a>b", ""),
}


@pytest.mark.parametrize(("url", "expected"), LINKS.values(), ids=LINKS)
def test_only_an_address_is_a_link(url: str, expected: str) -> None:
    assert expected == linked(url, "here")


def test_a_url_that_was_cut_is_no_link_to_another_page() -> None:
    assert "`https://www.shop.tes…`" == url_text("https://www.shop.test/pricing", 23)


def test_a_url_that_fits_stands_for_itself() -> None:
    assert "https://a.test/?b&amp;c" == url_text("https://a.test/?b&c")


def test_what_slack_does_not_parse_looks_like_no_mark() -> None:
    assert "‹!here› & `x` y" == bare("<!here> & `x`\ny", 75)


def test_a_long_label_is_cut() -> None:
    assert "abcd…" == cut("abcdefgh", 5)


MARKED = {
    "whole": ("a <@U_MIA>", 20, "a <@U_MIA>"),
    "no open mention": ("a <@U_MIA>", 8, "a …"),
    "no open date": ("until <!date^1^{time}|12:00 UTC>", 25, "until …"),
    "no open entity": ("a &amp; b", 5, "a …"),
}


@pytest.mark.parametrize(("text", "limit", "expected"), MARKED.values(), ids=MARKED)
def test_finished_text_is_cut_between_marks(text: str, limit: int, expected: str) -> None:
    assert expected == cut_marked(text, limit)


@cache
def hostile_cards() -> dict[str, Card]:
    return every_card(HOSTILE)


def marks_of_others(card: Card) -> list[str]:
    """The texts of a card that hold a mark which is not ours."""
    shown = [("mrkdwn", card.text), *strings(card.blocks)]
    plain = [text for sort, text in shown if sort != "mrkdwn" and set("<>") & set(text)]
    return [*plain, *(text for sort, text in shown if sort == "mrkdwn" and set("<>&") & set(without_ours(text)))]


def test_no_field_of_any_card_lets_a_mark_through() -> None:
    assert {} == {name: marks for name, card in hostile_cards().items() if (marks := marks_of_others(card))}


def test_a_mark_that_got_through_would_be_found() -> None:
    raw = Card("fine", [section("until <!date^1^{time}|x> <!here>"), *actions([{"text": "<@U_LEA>"}])])
    assert ["<@U_LEA>", "until <!date^1^{time}|x> <!here>"] == marks_of_others(raw)


def test_no_card_calls_anybody_who_was_only_named() -> None:
    assert {} == {name: called for name, card in hostile_cards().items() if (called := pings(card.text, card.blocks))}


def test_nothing_turns_the_text_around() -> None:
    assert [] == [name for name, card in hostile_cards().items() if "\u202e" in str((card.text, card.blocks))]


def test_nobody_begins_a_line_of_ours() -> None:
    of_ours = ("help", "misunderstood", "misunderstood lines")  # the grammar's own lines, its quotes made safe there
    begun = {
        name for name, card in hostile_cards().items() if any("\n🟢 P-1" in text for _, text in strings(card.blocks))
    }
    assert set() == begun - {*of_ours}


@cache
def extreme() -> dict[str, Card]:
    return {
        f"{sort}: {name}": card
        for sort, text in {"long": "x" * 2000, "marks": "&" * 2000, "empty": "", "wide": "🟢" * 2000}.items()
        for name, card in every_card(text).items()
    }


def size(card: Card) -> int:
    """The characters that a card shows."""
    return sum(len(text) for _, text in strings(card.blocks))


def test_slack_takes_every_card_whatever_stands_in_it() -> None:
    assert {} == {name: problems for name, card in extreme().items() if (problems := block_problems(card.blocks))}


def test_no_card_is_too_long_for_slack() -> None:
    assert [] == [name for name, card in extreme().items() if size(card) > 10_000 or is_too_long(card.blocks)]


def test_no_card_has_too_many_blocks() -> None:
    assert 12 > max(len(card.blocks) for card in extreme().values())


def test_every_card_has_words_for_a_phone() -> None:
    assert [] == [name for name, card in extreme().items() if not 0 < len(card.text) <= 3000]


def test_the_first_block_says_what_the_phone_says() -> None:
    said = {name: next(strings(card.blocks), ("", card.text))[1] for name, card in extreme().items()}
    assert [] == [name for name, card in extreme().items() if said[name] != card.text]


def test_no_card_says_none() -> None:
    assert [] == [name for name, card in extreme().items() if any("None" in text for _, text in strings(card.blocks))]
