"""The same cards without Slack's marks, for terminals, pipes and machines."""

from __future__ import annotations

import pytest

from bot.slack.cards import Card, root_card
from bot.slack.cards.blocks import button, card
from bot.slack.escape import code, escape, person
from bot.slack.plain import plain, unmarked
from tests.slack.cases import DONE, T

UNMARKED = {
    "words stay": ("shop: Varnish 0.2 s", "shop: Varnish 0.2 s"),
    "a date is its fallback": ("<!date^1^{date_short_pretty} {time}|1970-01-01 00:00 UTC>", "1970-01-01 00:00 UTC"),
    "a link is its words and its address": ("<https://a.test/x|The card>", "The card (https://a.test/x)"),
    "a bare link is its address": ("<https://a.test/x>", "https://a.test/x"),
    "a person is an id": ("<@U_MIA> agreed", "U_MIA agreed"),
    "a channel is an id": ("in <#C_SHOP|shop>", "in C_SHOP"),
    "bold is plain": ("all of *shop*, now", "all of shop, now"),
    "two bold words": ("*shop* (production): *blog*", "shop (production): blog"),
    "a star within a pattern stays": ("shop.test/*/img*.css", "shop.test/*/img*.css"),
    "two patterns stay": ("/news/* and /img/*", "/news/* and /img/*"),
    "stars in code stay": ("Copy: `/purge *.css*`, *shop*", "Copy: /purge *.css*, shop"),
    "code is what it holds": ("Copy: `/purge status`", "Copy: /purge status"),
    "a fence is its lines": ("```\none\ntwo\n```", "one\ntwo"),
    "a fence without lines of its own": ("```one\ntwo```", "one\ntwo"),
    "entities are characters": ("a &amp; b &lt;c&gt;", "a & b <c>"),
    "an entity that somebody typed stays": ("&amp;lt;", "&lt;"),
    "a mark that somebody typed stays text": ("&lt;!channel&gt; &lt;@U_LEA&gt;", "<!channel> <@U_LEA>"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), UNMARKED.values(), ids=UNMARKED)
def test_no_mark_of_slack_is_left(text: str, expected: str) -> None:
    assert expected == unmarked(text)


TYPED = (
    "https://a.test/?a=1&b=2",
    "a < b > c & d",
    "&amp;",
    "<!here> <https://evil|x>",
    "*.css",
    'it\'s "so"',
    "é 🟢 ü",
)


@pytest.mark.parametrize("text", TYPED)
def test_what_was_typed_comes_back_as_it_was(text: str) -> None:
    assert text == unmarked(escape(text))


@pytest.mark.parametrize("text", TYPED)
def test_a_line_to_copy_comes_back_as_it_was(text: str) -> None:
    assert text == unmarked(code(text))


REASONS = {
    "bold": "*b* is no mark",
    "code": "`x` and ```y```",
    "both, and marks of Slack's": "*b* <@U_LEA> & `c`",
    "one star": "a * b",
    "a long one, which is cut": "*b* `c` " * 60,
    "blanks and lines": "*b*\n  `c`\u202e",
}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_a_reason_stays_as_it_was_typed(reason: str) -> None:
    line = f"*P-1* · {escape(reason, 80)} · `code`"
    whole = " ".join(reason.replace("\u202e", "").split())
    shown = whole if len(escape(reason, 10_000)) <= 80 else f"{whole[:79]}…"
    assert f"P-1 · {shown} · code" == unmarked(line, (reason,))


@pytest.mark.parametrize(("who", "expected"), [("U_MIA", "U_MIA"), ("token:ops-cli", "token ops-cli"), ("", "nobody")])
def test_people_are_named(who: str, expected: str) -> None:
    assert expected == unmarked(person(who))


def test_a_card_is_its_lines_without_buttons() -> None:
    told = card("first", ["second", "", "third"], [button("Cancel", "cancel", "P-1")])
    assert "first\nsecond\nthird" == plain(told)


def test_a_card_without_blocks_is_its_text() -> None:
    assert "a & b" == plain(Card("a &amp; b"))


def test_the_card_of_a_job_reads_the_same_in_a_terminal() -> None:
    assert (
        "🟢 P-1042 fresh at fra, iad, sin · https://www.shop.test/pricing\n"
        "shop: Varnish 0.2 s → Cloudflare 0.4 s → proven at fra, iad, sin in 3.1 s\n"
        'fra before: HIT, 5 h old, version "a1" · after: MISS, version "b7" = origin\n'
        "Browsers that have it may keep it up to 5 min (max-age=300).\n"
        "asked by U_MIA · read as URL"
    ) == plain(root_card(DONE, T))
