"""What a message links to, whichever way Slack writes it."""

from __future__ import annotations

import pytest

from bot.slack.links import LINKS_MAX, links_in

A, B = "https://www.shop.test/a", "https://www.shop.test/b?x=1&y=2"
RICH = {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": [
    {"type": "rich_text_section", "elements": [
        {"type": "text", "text": f"see {A}, or "}, {"type": "link", "url": B, "text": "https://evil.test/"},
    ]}]}]}  # fmt: skip

MESSAGES: dict[str, tuple[dict[str, object], list[str]]] = {
    "nothing": ({}, []),
    "a link": ({"text": f"<{A}>"}, [A]),
    "a label": ({"text": f"<{A}|https://evil.test/>"}, [A]),
    "escaped": ({"text": f"<{B.replace('&', '&amp;')}>"}, [B]),
    "twice": ({"text": f"<{A}> <{A}|a>"}, [A]),
    "in code": ({"text": f"```{A}``` ({B.replace('&', '&amp;')})."}, [A, B]),
    "other marks": ({"text": "<mailto:a@shop.test> <@U_MIA> <!channel> <#C_SHOP|x>"}, []),
    "rich text": ({"blocks": [RICH]}, [A, B]),
    "text and blocks": ({"text": f"see <{A}>", "blocks": [RICH]}, [A, B]),
    "a section and its button": (
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": f"<{A}|x>"},
                     "accessory": {"type": "button", "url": B}}]},
        [A, B],
    ),
    "another app's attachment": (
        {"attachments": [{"title": "x", "title_link": A, "fields": [{"title": "page", "value": f"<{B}>"}]}]}, [A, B],
    ),
    "what is no list": ({"text": 7, "blocks": "x", "attachments": [None]}, []),
}  # fmt: skip


@pytest.mark.parametrize(("message", "links"), MESSAGES.values(), ids=MESSAGES)
def test_links_are_found(message: dict[str, object], links: list[str]) -> None:
    assert links == links_in(message)


def test_no_more_links_are_kept_than_a_ledger_should_hold() -> None:
    assert LINKS_MAX == len(links_in({"text": " ".join(f"<{A}/{n}>" for n in range(2 * LINKS_MAX))}))
