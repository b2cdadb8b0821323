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


def test_what_is_still_the_examples_comes_before_all_and_is_no_green() -> None:
    what = "sites.shop.layers[0].zone is still the example's zone, and `mode: live` is refused with it."
    left = Undone(what, Way.WRITE, "zone: …", "with yours, on line 25 of the file", example=("sites", "shop"))
    expected = """\
        🟠 No account would refuse a purge; 1 thing to look at. Nothing was purged.
           🟠 sites.shop.layers[0].zone is still the example's zone, and `mode: live` is refused with it. \
Write `zone: …` with yours, on line 25 of the file.
           🟢 *shield on shop*: Varnish takes purges from here."""
    assert dedent(expected) == spelled(probed_card([GOOD], [left]))
