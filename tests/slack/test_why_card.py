"""The card of `why`: what stands where, and that nothing of the outside world is more than text in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.jobs.hold import Hold
from bot.domain.policies.policy import Allow, Ask, Decision, Deny
from bot.domain.why import Cause, Certainty, Cure, Diagnosis, Name
from bot.services.replies import Explained
from bot.slack.cards.why import why_card
from bot.slack.plain import plain
from tests.domain.why.why_cases import SHOP, URL, case, old
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
        "🟠 no purge here · https://www.shop.test/pricing",
        "fra keeps a copy from before the change.",
        "*Next:* Purge it.",
        "How sure: seen.",
        "• fra: 200 HIT, 5 h old",
        "To prevent it: Let the deploy purge what it changed.",
        "Also another CDN in front: The answer came through Vercel.",
        "visitor ← fra: HIT · old",
        "[Purge it = pick d1:0 primary]",
    ] == lines(explained(CAUSE, ALSO))


NEXT = [
    pytest.param(CAUSE, "", "*Next:* Purge it. `purgebot purge https://www.shop.test/pricing`", id="no-button"),
    pytest.param(
        replace(CAUSE, cure=Cure("Purge it", f"{URL}?a=1&b=2")),
        "",
        "*Next:* Purge it. `purgebot purge 'https://www.shop.test/pricing?a=1&amp;b=2'`",
        id="as-a-shell-takes-it",
    ),
    pytest.param(
        replace(CAUSE, cure=Cure("Check again", f"check {URL}")),
        "",
        "*Next:* Check again. `purgebot check https://www.shop.test/pricing`",
        id="a-verb-of-its-own",
    ),
    pytest.param(replace(CAUSE, cure=Cure("Mend it there")), "d1", "*Next:* Mend it there.", id="only-words"),
    pytest.param(
        replace(CAUSE, cure=Cure("Check again", f"check {URL}", "Mend the origin first.")),
        "d1",
        "*Next:* Mend the origin first.",
        id="a-sentence-of-its-own",
    ),
    pytest.param(CAUSE, "d1", "*Next:* Purge it.", id="a-button"),
    pytest.param(replace(CAUSE, cure=None), "d1", None, id="nothing-to-do"),
]


@pytest.mark.parametrize(("cause", "draft", "line"), NEXT)
def test_the_next_step_stands_by_itself(cause: Cause, draft: str, line: str | None) -> None:
    told = lines(explained(cause, draft=draft), "purgebot")
    assert line == next((one for one in told if one.startswith("*Next:* ")), None)


def test_cause_and_next_step_are_large_and_what_shows_it_and_the_way_are_small_print_apart() -> None:
    shown = why_card(explained(replace(CAUSE, repeat="curl -s https://www.shop.test/pricing")), "/purge").blocks
    assert ["section", "section", "context", "context", "context", "actions"] == [block["type"] for block in shown]


def test_the_places_belong_to_the_name() -> None:
    cause = replace(CAUSE, name=Name.NOTHING_OLD, at="fra, iad, sin")
    first = "⚪ nothing old was found at fra, iad, sin · https://www.shop.test/pricing"
    assert first == lines(explained(cause))[0]


AGAIN = [
    pytest.param("curl -H 'User-Agent: a' x", ["```", "curl -H 'User-Agent: a' x", "```"], id="whole"),
    pytest.param("curl " + "x" * 700, [], id="too-long-to-stand-whole"),
    pytest.param("curl 'a```b'", [], id="what-would-end-the-block"),
    pytest.param("", [], id="none"),
]


@pytest.mark.parametrize(("line", "shown"), AGAIN)
def test_the_line_that_shows_it_again_stands_whole_or_not_at_all(line: str, shown: list[str]) -> None:
    told = lines(explained(replace(CAUSE, repeat=line)))
    assert shown == [one for one in told if "```" in one or "curl" in one]


def test_a_terminal_has_the_line_on_a_line_of_its_own() -> None:
    card = why_card(explained(replace(CAUSE, repeat="curl --connect-to ::ORIGIN:PORT x")), "purgebot")
    told = plain(card).splitlines()
    first = told.index("To see it again:")
    assert "curl --connect-to ::ORIGIN:PORT x" == told[first + 1]
    assert "ORIGIN:PORT stands for the origin's own address, which is not shown here." == told[first + 2]


STANDS_FOR = [
    pytest.param(
        "curl --connect-to ::ORIGIN:PORT x",
        "`ORIGIN:PORT` stands for the origin's own address, which is not shown here.",
        id="the-origins-address",
    ),
    pytest.param(
        "curl -H 'Cookie: tier=•••' x", "`•••` stands for a value that may be a secret.", id="a-value-that-is-masked"
    ),
]


@pytest.mark.parametrize(("line", "words"), STANDS_FOR)
def test_what_nobody_can_type_is_explained(line: str, words: str) -> None:
    assert words in lines(explained(replace(CAUSE, repeat=line)))


SURE = [
    (Certainty.SEEN, "How sure: seen."),
    (Certainty.LIKELY, "How sure: likely; one thing in between was not seen."),
    (Certainty.POSSIBLE, "How sure: possible, the best that is left."),
]


@pytest.mark.parametrize(("certainty", "words"), SURE)
def test_how_sure_it_is_stands_in_words(certainty: Certainty, words: str) -> None:
    assert words in lines(explained(replace(CAUSE, certainty=certainty)))


def test_what_the_world_says_calls_nobody() -> None:
    evil = "<!channel> <@U_LEA> <https://evil.test|here> & `x`"
    card = why_card(
        explained(
            replace(CAUSE, what=evil, evidence=(evil,), prevent=evil, cure=Cure(evil, "", evil), at=evil, repeat=evil),
            replace(ALSO, what=evil),
            way=(f"origin: {evil}",),
        ),
        "/purge",
    )
    said = str(card.text) + str(card.blocks)
    assert [] == [word for word in ("<!channel>", "<@U_LEA>", "<https://evil.test") if word in said]


def test_a_person_of_the_ledger_is_named_as_slack_shows_them() -> None:
    assert "• asked by <@U_MIA>" in lines(explained(replace(CAUSE, asked_by="U_MIA")))


def test_who_ended_a_purge_before_it_was_carried_out_is_named() -> None:
    assert "• P-2 was denied by <@U_SAM>" in lines(explained(replace(CAUSE, ended=("P-2 was denied", "U_SAM"))))


def test_the_next_step_leads_to_the_card_whose_buttons_are_nowhere_else() -> None:
    cause = replace(
        CAUSE, cure=Cure("Show P-1", "status P-1", "Mend it."), card="https://shop.slack.com/archives/C1/p1"
    )
    step = "*Next:* Mend it. <https://shop.slack.com/archives/C1/p1|Its card in the channel>."
    assert step == lines(explained(cause))[2]
    assert "*Next:* Mend it." == lines(explained(replace(cause, card="javascript:x")))[2]


def test_what_is_not_known_of_other_visitors_stands_below_the_evidence() -> None:
    told = explained(CAUSE)
    unseen = ("what phones get, since fra answered such a request with 403", "what <!channel> gets")
    shown = lines(replace(told, diagnosis=replace(told.diagnosis, unseen=unseen)))
    assert [
        "• fra: 200 HIT, 5 h old",
        "Not known: what phones get, since fra answered such a request with 403.",
        "Not known: what &lt;!channel&gt; gets.",
        "To prevent it: Let the deploy purge what it changed.",
    ] == shown[4:8]


ASK = Ask("wide", "a prefix takes more than one page", 1, ("U_LEA",))


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (ASK, ["Policy: needs 1 approval of <@U_LEA> (rule `wide`: a prefix takes more than one page)"]),
        (Deny("freeze", "Sale freeze.", "Wait."), ["Policy: no (rule `freeze`). Sale freeze. Wait."]),
        (Allow("small", "one page"), []),
        (None, []),
    ],
    ids=["votes", "denied", "allowed", "no purge"],
)
def test_what_the_policy_has_against_the_next_step_is_said_beforehand(
    decision: Decision | None, expected: list[str]
) -> None:
    told = lines(replace(explained(CAUSE), decision=decision))
    assert ["*Next:* Purge it.", *expected, "How sure: seen."] == told[2 : 4 + len(expected)]


def test_the_hold_that_the_next_step_would_meet_is_said_beforehand() -> None:
    hold = Hold("shop", "U_LEA", "deploying <4.2>", 1_800_000_000.0)
    told = lines(replace(explained(CAUSE), held=hold))
    since = "<!date^1800000000^{date_short_pretty} {time}|2027-01-15 08:00 UTC>"
    assert [
        "*Next:* Purge it.",
        f"shop is held by <@U_LEA> since {since}, until it is released: deploying &lt;4.2&gt;",
        f"Nothing is purged before that. To have it run on release: `/purge {URL} --queue`",
        "How sure: seen.",
    ] == told[2:6]


def test_what_was_repaired_in_the_line_is_on_the_card() -> None:
    assert "Dropped the fragment." in lines(replace(explained(CAUSE), notes=("Dropped the fragment.",)))
