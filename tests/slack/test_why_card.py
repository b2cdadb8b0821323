"""The card of `why`: what stands where, and that nothing of the outside world is more than text in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.why import Cause, Certainty, Cure, Diagnosis, Name
from bot.services.replies import Explained
from bot.slack.cards.why import why_card
from tests.domain.why_cases import SHOP, URL, case, old
from tests.slack.cases import spelled

CAUSE = Cause(
    Name.NOT_PURGED,
    Certainty.SEEN,
    "fra keeps a copy from before the change.",
    ("fra: 200 HIT, 5 h old",),
    Cure("Purge it", URL),
    "Let the deploy purge what it changed.",
)
ALSO = replace(CAUSE, name=Name.OTHER_CDN, what="The answer came through Vercel.")


def explained(cause: Cause, *also: Cause, draft: str = "d1", way: tuple[str, ...] = ("fra: HIT · old",)) -> Explained:
    return Explained(SHOP, URL, Diagnosis(cause, also, way), case(old()), draft)


def lines(explained: Explained, command: str = "/purge") -> list[str]:
    return [line.strip() for line in spelled(why_card(explained, command)).splitlines()]


def test_the_cause_comes_first_and_the_way_last() -> None:
    assert [
        "🟠 nobody purged it · https://www.shop.test/pricing",
        "fra keeps a copy from before the change.",
        "How sure: seen.",
        "• fra: 200 HIT, 5 h old",
        "To prevent it: Let the deploy purge what it changed.",
        "Also another CDN in front: The answer came through Vercel.",
        "visitor ← fra: HIT · old",
        "[Purge it = pick d1:0 primary]",
    ] == lines(explained(CAUSE, ALSO))


NOW = [
    pytest.param(CAUSE, "", "Now: Purge it: `purgebot https://www.shop.test/pricing`", id="no-button"),
    pytest.param(replace(CAUSE, cure=Cure("Mend it there")), "d1", "Now: Mend it there", id="only-words"),
    pytest.param(CAUSE, "d1", None, id="a-button"),
    pytest.param(replace(CAUSE, cure=None), "d1", None, id="nothing-to-do"),
]


@pytest.mark.parametrize(("cause", "draft", "line"), NOW)
def test_what_to_do_now_stands_where_no_button_does_it(cause: Cause, draft: str, line: str | None) -> None:
    told = lines(explained(cause, draft=draft), "purgebot")
    assert line == next((one for one in told if one.startswith("Now: ")), None)


SURE = [
    (Certainty.SEEN, "How sure: seen."),
    (Certainty.LIKELY, "How sure: likely, and not seen itself."),
    (Certainty.POSSIBLE, "How sure: possible, the best that is left."),
]


@pytest.mark.parametrize(("certainty", "words"), SURE)
def test_how_sure_it_is_stands_in_words(certainty: Certainty, words: str) -> None:
    assert words in lines(explained(replace(CAUSE, certainty=certainty)))


def test_what_the_world_says_calls_nobody() -> None:
    evil = "<!channel> <@U_LEA> <https://evil.test|here> & `x`"
    card = why_card(
        explained(
            replace(CAUSE, what=evil, evidence=(evil,), prevent=evil, cure=Cure(evil)),
            replace(ALSO, what=evil),
            way=(f"origin: {evil}",),
        ),
        "/purge",
    )
    said = str(card.text) + str(card.blocks)
    assert [] == [word for word in ("<!channel>", "<@U_LEA>", "<https://evil.test") if word in said]


def test_a_person_of_the_ledger_is_named_as_slack_shows_them() -> None:
    assert "• asked by <@U_MIA>" in lines(explained(replace(CAUSE, asked_by="U_MIA")))
