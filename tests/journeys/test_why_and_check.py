"""`check` and `why` tell one story: what a diagnosis knows of our own purges, a check says too, in either order."""

from __future__ import annotations

from html import unescape

import pytest

from tests.journeys.test_why import _lines, asked, opened, play
from tests.journeys.world import Json, Playground

pytestmark = pytest.mark.slow
__all__ = ["opened", "play"]

ONE_STORY = {
    "ignored": ("The cache ignores the query string", ["[Purge the page, with and without its query]"]),
    "refused": ("stopped at Cloudflare: The token may not purge zone", ["[Show P-1]"]),
    "zone": ("and the copy at fra, iad and sin is older than that. It may still be on its way.", []),
    "propagation": ("after P-1: old at sin, fresh at fra and iad. The purge may still be on its way.", []),
    "torn": ("and did not reach the one that is older than that. It may still be on its way.", []),
    "soft": ("P-1 was a soft purge: fra, iad and sin served the old copy once more, and the new one after that.", []),
}


def checked(play: Playground, line: str) -> tuple[str, list[str], Json]:
    """What a check of the page of `line` says, its rows of buttons, and its card."""
    url, channel = line.rpartition(" ")[2], "C_SHOP"
    before = {message["ts"] for message in play.messages(channel, "U_MIA")}
    play.command("U_MIA", f"/purge check {url}", channel)

    def card() -> Json | None:
        found = [one for one in play.messages(channel, "U_MIA") if one["ts"] not in before and one["ephemeral"]]
        return next((one for one in found if url.partition("?")[0] in str(one["text"])), None)

    shown = play.until(card, f"a card about {url}")
    lines = [unescape(line) for line in _lines(shown)]
    return " ".join(lines), [line for line in lines if line.startswith("[")], shown


def set_up(play: Playground, name: str) -> str:
    return str(play.post("/_play/scene", name=name)["line"])


@pytest.mark.parametrize("name", ONE_STORY)
def test_a_check_says_what_why_says_and_offers_no_purge_that_would_not_help(play: Playground, name: str) -> None:
    told, buttons = ONE_STORY[name]
    said, rows, _ = checked(play, set_up(play, name))
    assert told in said
    assert ["[Check again] [Why?]", *buttons] == rows


@pytest.mark.parametrize("name", ["ignored", "refused", "zone", "mixed-up"])
def test_after_why_a_check_offers_no_plain_purge_either(play: Playground, name: str) -> None:
    line, _ = asked(play, name)
    _, rows, _ = checked(play, line)
    assert "[Purge it]" not in rows


@pytest.mark.parametrize("name", ["nobody", "race", "slash", "query", "overwritten"])
def test_where_a_plain_purge_helps_it_is_offered(play: Playground, name: str) -> None:
    _, rows, _ = checked(play, set_up(play, name))
    assert ["[Check again] [Why?]", "[Purge it]"] == rows


def test_what_a_check_offers_instead_cures_it(play: Playground) -> None:
    line = set_up(play, "ignored")
    _, _, card = checked(play, line)
    play.post("/_play/click", user="U_MIA", channel="C_SHOP", ts=card["ts"], action_id="pick", value=last_button(card))
    play.wait_card("fresh at fra, iad, sin", "2 URLs on shop")
    assert "🟢 fresh at fra, iad, sin" in checked(play, line)[0]


def last_button(card: Json) -> str:
    """The value of the last button of a card."""
    blocks = card["blocks"]
    assert isinstance(blocks, list)
    return str(blocks[-1]["elements"][-1]["value"])


def test_plain_visitors_who_get_the_page_of_phones_are_not_told_to_get_an_old_one(play: Playground) -> None:
    said, rows, _ = checked(play, set_up(play, "mixed-up"))
    assert "fra, iad, sin give plain visitors the page that the origin gives to User-Agent: iPhone" in said
    assert ("⚪ cannot be told from here", ["[Check again] [Why?]"]) == (said.partition(":")[0], rows)


def test_why_knows_that_a_check_took_the_one_old_answer(play: Playground) -> None:
    line = set_up(play, "soft")
    checked(play, line)
    url = line.rpartition(" ")[2]
    play.command("U_MIA", line, "C_SHOP")
    card = play.wait_card("soft purge, as designed", url, user="U_MIA")
    assert "a look of purgebot's own got that" in str(card) and "serve the new one now" in str(card)
