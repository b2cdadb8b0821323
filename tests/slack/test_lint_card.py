"""The card of a lint, read aloud, and the file with what has no room in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from textwrap import dedent

import pytest
import pytest_asyncio

from bot.domain.actor import Actor, Standing
from bot.domain.lint.finding import Note, Remark, Severity
from bot.domain.lint.report import Break, Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from bot.export.linted import lint_text
from bot.services.replies import Linted
from bot.services.requests.purges import Asking
from bot.slack.cards.lint import GROUPS_SHOWN, is_cut, lint_card
from bot.slack.past import Past
from bot.slack.web_api import SlackApi
from playground.people import TEAM
from playground.slack.blocks import block_problems, is_too_long
from tests.lint.pages import SITE, page, script
from tests.lint.test_rules import BROKEN
from tests.slack.cases import SHOP, spelled
from tests.slack.room import Room, room


def report(*served: Served, server: Server | None = Server.APACHE) -> Report:
    findings = tuple(finding for one in served for finding in lint(one))
    return Report((f"{SITE}/",), len(served), findings, server=server, provider="fastly", provider_title="Fastly")


def card_of(report: Report, draft: str = "") -> str:
    return spelled(lint_card(Linted(SHOP, report, draft)))


APART: tuple[dict[str, str], ...] = ({}, {"pragma": "x"}, {"etag": ""}, {"pragma": "x", "etag": ""})


def test_the_worst_comes_first_with_the_lines_that_mend_it() -> None:
    expected = """\
        🔴 69 of 100 · https://www.shop.test/ · 1 error, 1 note
        🔴 *Change this first: let browsers ask for pages each time* (CC02 html-long)
        After your next deploy visitors may see the old page for up to 10 min; a purge cannot reach browsers.
        https://www.shop.test/: `Cache-Control: max-age=600`
        ```
        &lt;If "%{THE_REQUEST} =~ m#^\\S+ /[? ]#"&gt;
          Header unset Cache-Control
          Header always set Cache-Control "no-cache"
          Header unset Expires
          Header always unset Expires
          Header unset Pragma
          Header always unset Pragma
        &lt;/If&gt;
        ```
        At Fastly: Surrogate-Control is for Fastly, Cache-Control for browsers; see whether VCL or a header \
setting sets either.
        ⚪ *Leave Pragma out* (CC08 pragma)
        Pragma means nothing in an answer (RFC 9111, 5.4): whoever relies on it is not protected by it.
        https://www.shop.test/: `Pragma: no-cache`
        ```
        # mended by the lines for CC02
        ```
           Read 1 URL."""
    assert dedent(expected) == card_of(report(page("max-age=600", pragma="no-cache")))


def test_where_all_is_well_it_says_so() -> None:
    assert "🟢 100 of 100 · https://www.shop.test/ · nothing to change\n   Read 1 URL." == card_of(
        report(page("no-cache"))
    )


def test_where_nothing_is_read_it_claims_nothing() -> None:
    none = Report((f"{SITE}/",), 0, unread=((f"{SITE}/", "no answer within 8 s"),))
    assert card_of(none) == (
        "⚪ https://www.shop.test/ could not be read, so nothing is known of its headers\n"
        "Not read: https://www.shop.test/: no answer within 8 s\n"
        "   Read 0 URLs."
    )


def test_a_server_that_nobody_knows_is_asked_for_by_buttons() -> None:
    lines = card_of(report(page("max-age=600"), server=None), draft="d").splitlines()
    assert lines[-4:] == [
        "   Nothing tells which server makes these headers. Choose one, and lines to copy are shown.",
        "   [nginx = pick d:0]",
        "   [Apache = pick d:1]",
        "   [Express = pick d:2]",
    ]


def test_what_the_edge_changes_is_mended_there() -> None:
    changed = report(page("max-age=600"))
    says = replace(changed.findings[0], origin_says="Cache-Control: no-cache", may_be_older=False)
    changed = replace(changed, findings=(says,))
    said = card_of(changed)
    assert "The origin says Cache-Control: no-cache: Fastly changes it, so that is where to look.\nAt Fastly: " in said
    assert "```" not in said


def test_what_the_next_deploy_breaks_is_listed_with_the_trap() -> None:
    some = replace(report(page("no-cache")), breaks=(Break(f"{SITE}/app.js", 604_800), Break(f"{SITE}/b.js", None)))
    lines = [line.strip() for line in card_of(some).splitlines()]
    assert lines[1:4] == [
        "*The next deploy will break:* https://www.shop.test/app.js (up to 7 d) and https://www.shop.test/b.js "
        "(as long as a browser likes). Browsers keep them under a name that stays.",
        "Name them by their content: webpack `filename: '[name].[contenthash].js'`; Vite does, but not in `public/`.",
        "?v= is a trap: a cache that leaves the query out of its key gives the old version until its copy expires, one "
        "that counts it keeps each version by itself when one is purged, and while you deploy an old server may answer "
        "the new address.",
    ]


def test_http_is_told_below() -> None:
    remark = Remark(f"{SITE}/", Severity.WARN, "<b> & co")
    told = card_of(replace(report(page("no-cache")), remarks=(remark,)))
    assert "   🟠 HTTP: &lt;b&gt; &amp; co (https://www.shop.test/)" in told


def test_what_http_has_against_many_urls_is_one_line() -> None:
    remarks = tuple(Remark(f"{SITE}/{n}", Severity.WARN, "It is odd.") for n in range(5))
    said = replace(report(page("no-cache")), remarks=remarks)
    told = [line.strip() for line in card_of(said).splitlines() if "HTTP" in line]
    assert (["🟠 HTTP: It is odd. (https://www.shop.test/0 and 4 more URLs)"], False) == (told, is_cut(said))


def test_all_is_never_well_above_a_warning_of_http() -> None:
    remark = Remark(f"{SITE}/", Severity.WARN, "The max-age cache directive's value is incorrect.")
    told = card_of(replace(report(page("no-cache")), remarks=(remark,)))
    assert "🟠 95 of 100 · https://www.shop.test/ · 1 warning" == told.splitlines()[0]


def test_an_error_in_the_pages_place_is_named_first() -> None:
    why = "fra, iad and sin answered 503: an error in its place"
    busy = Report((f"{SITE}/",), 0, unread=((f"{SITE}/", why),))
    assert [
        "⚪ https://www.shop.test/ could not be read, so nothing is known of its headers",
        "Not read: https://www.shop.test/: fra, iad and sin answered 503: an error in its place",
    ] == card_of(busy).splitlines()[:2]


def test_all_is_never_well_where_one_of_the_pages_was_not_read() -> None:
    some = replace(report(page("no-cache")), pages=(f"{SITE}/", f"{SITE}/b"), unread=((f"{SITE}/b", "no answer"),))
    assert "⚪ 100 of 100 · 1 of 2 pages on shop · nothing to change" == card_of(some).splitlines()[0]


def test_where_a_redirect_leads_is_told_with_what_was_read() -> None:
    note = Note(f"{SITE}/old", "it was read where it leads:", f"{SITE}/new")
    told = card_of(replace(report(page("no-cache")), notes=(note,))).splitlines()[1]
    assert "https://www.shop.test/old: it was read where it leads: https://www.shop.test/new" == told


EVERY = report(*(served for _, served in BROKEN.values()))
WORST = replace(
    EVERY,
    breaks=tuple(Break(f"{SITE}/{n}/{'x' * 150}.js", 604_800) for n in range(30)),
    remarks=tuple(Remark(f"{SITE}/{n}", Severity.WARN, "x" * 300) for n in range(150)),
    unread=tuple((f"{SITE}/{n}", "y" * 300) for n in range(30)),
)


@pytest.mark.parametrize("server", Server)
def test_the_fullest_card_is_one_that_slack_takes(server: Server) -> None:
    card = lint_card(Linted(SHOP, replace(WORST, server=server)))
    assert ([], False) == (block_problems(card.blocks), is_too_long(card.blocks))
    assert GROUPS_SHOWN == spelled(card).count("\n```\n") // 2


def test_what_has_no_room_goes_into_a_file() -> None:
    assert [True, False] == [is_cut(WORST), is_cut(report(page("max-age=600", pragma="no-cache")))]


def test_the_rest_is_named_below() -> None:
    assert "⚪ pragma (CC08) · Pragma means nothing" in card_of(EVERY)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with room(tmp_path_factory.mktemp("room")) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_a_long_lint_is_sent_whole_to_whoever_asked(house: Room) -> None:
    past = Past(house.bot.core, house.bot.desk, SlackApi(house.bot.client))
    asking = Asking(Actor("U_MIA", Standing.MEMBER, TEAM), "k", channel="C_SHOP")
    told = spelled(await past.with_report(asking, Linted(SHOP, WORST))).splitlines()[-1]
    link = told.partition("<")[2].partition("|")[0]
    where = "is in your messages with purgebot, as a channel shows files to everybody"
    assert told.endswith(f"|lint.txt> {where}: the whole lint")
    assert lint_text(WORST) == (await house.http.get(link)).text


def test_lines_of_express_that_have_no_room_leave_a_comment_of_its_own() -> None:
    served = [script(f"/{'x' * 150}{n}.js", "max-age=604800") for n in range(5)]
    many = [*served, *(script(f"/{'y' * 150}{n}.css", "max-age=604800") for n in range(5)), script("/a.3f2a91c0.css")]
    long = replace(report(*many, server=Server.EXPRESS), urls=tuple(one.url for one in many))
    assert "```\n// more lines are in the file with all that was found\n```" in card_of(long)


def test_lines_that_have_no_room_are_left_out_by_whole_locations() -> None:
    served = [page(f"max-age={600 + n}", f"/{'x' * 150}{n}", **more) for n, more in enumerate(APART)]
    long = report(*served, server=Server.NGINX)
    inside = card_of(long).split("```")[1]
    assert (2, 2) == (inside.count("location ="), inside.count("\n}\n"))
    assert inside.endswith("}\n# more lines are in the file with all that was found\n")
    assert is_cut(long)
