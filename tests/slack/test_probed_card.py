"""The card of `doctor`, read aloud."""

from __future__ import annotations

from textwrap import dedent

from bot.domain.undone import Undone, Way
from bot.slack.cards.probed import probed_card
from providers.contract import Health, Probe
from tests.slack.cases import spelled

GOOD = ("shield on shop", Probe(Health.GOOD, "Varnish takes purges from here."))
NOTE = ("cf on shop", Probe(Health.DOUBTFUL, "Cloudflare takes purges of zone shop.test.", "Set `tier: pro`."))
BAD = ("aws on <blog>", Probe(Health.BAD, "The keys are not known to AWS.", "Make new ones."))


def test_the_bad_ones_come_first_with_what_to_do() -> None:
    expected = """\
        🔴 1 account of 3 would not take a purge. Nothing was purged.
           🔴 *aws on &lt;blog&gt;*: The keys are not known to AWS. Make new ones.
           🟠 *cf on shop*: Cloudflare takes purges of zone shop.test. Set `tier: pro`.
           🟢 *shield on shop*: Varnish takes purges from here."""
    assert dedent(expected) == spelled(probed_card([GOOD, NOTE, BAD]))


def test_the_first_line_says_how_it_stands() -> None:
    firsts = [probed_card(found).text for found in ([GOOD], [GOOD, NOTE], [])]
    assert [
        "🟢 Every account would take a purge. Nothing was purged.",
        "🟠 No account would refuse a purge; 1 thing to look at. Nothing was purged.",
        "No account belongs to a site of yours.",
    ] == firsts


GROUP = ("user-group S_SRE", Probe(Health.GOOD, "S_SRE has 3 full members of this workspace."))
UNREAD = ("user-group S_APPR", Probe(Health.BAD, "Slack knows no user-group S_APPR.", "Mend it."))
AWAY = ("user-group S_APPR", Probe(Health.DOUBTFUL, "Slack does not say who is in S_APPR now.", "Look again."))


def test_user_groups_count_apart_from_accounts() -> None:
    cards = [probed_card([GOOD], groups=groups) for groups in ([GROUP], [GROUP, UNREAD], [AWAY])]
    assert [
        "🟢 Every account would take a purge. Nothing was purged.",
        "🔴 No account would refuse a purge, but who may ask or agree is not as the policy needs it: 1 thing to mend."
        " Nothing was purged.",
        "🟠 No account would refuse a purge; 1 thing to look at. Nothing was purged.",
    ] == [card.text for card in cards]
    assert "🔴 *user-group S_APPR*: Slack knows no user-group S_APPR. Mend it." in spelled(cards[1])
    assert "🔴 1 account of 1 would not take a purge. Nothing was purged." == probed_card([BAD], groups=[UNREAD]).text


def test_what_is_missing_is_told_with_what_mends_it_and_what_may_be_added_last() -> None:
    left = [
        Undone("The bot is not in the channel of sites.shop.channel.", Way.TYPE, "/invite @purgebot", channel="C_SHOP"),
        Undone(
            "shop has no origin, so a check has nothing to compare the edge with.", Way.ADD,
            'origin: "https://…"', "under sites.shop", is_spare=True,
        ),
    ]  # fmt: skip
    missing, spare = left
    expected = """\
        🟠 No account would refuse a purge; 1 thing to look at. Nothing was purged.
           🟠 The bot is not in the channel of sites.shop.channel. Type `/invite @purgebot` in <#C_SHOP>.
           🟢 *shield on shop*: Varnish takes purges from here.
           ⚪ shop has no origin, so a check has nothing to compare the edge with. \
Add `origin: "https://…"` under sites.shop."""
    assert dedent(expected) == spelled(probed_card([GOOD], left))
    well = "🟢 Every account would take a purge; 1 thing may still be done. Nothing was purged."
    assert well == probed_card([GOOD], [spare]).text
    assert "Type `/invite @purgebot` in <#C_SHOP>." in spelled(probed_card([], [missing]))


def test_what_is_still_the_examples_comes_before_all_and_is_no_green() -> None:
    what = "sites.shop.layers[0].zone is still the example's zone, and `mode: live` is refused with it."
    left = Undone(what, Way.WRITE, "zone: …", "with yours, on line 25 of the file", example=("sites", "shop"))
    expected = """\
        🟠 No account would refuse a purge; 1 thing to look at. Nothing was purged.
           🟠 sites.shop.layers[0].zone is still the example's zone, and `mode: live` is refused with it. \
Write `zone: …` with yours, on line 25 of the file.
           🟢 *shield on shop*: Varnish takes purges from here."""
    assert dedent(expected) == spelled(probed_card([GOOD], [left]))
