"""What Express's lines of a whole report say: one option for all files, and which handlers."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.lint.express_lines import Made, made_of
from bot.domain.lint.report import Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from tests.lint.pages import made_of_all, page, script

OF_FILE, OF_BODY = 'W/"11-1a21b21a957"', 'W/"4-VtPHmueIefHad1ErSuhi/1SFvMY"'
WEEK = "public, max-age=604800"


def fixes(*served: Served) -> dict[str, str]:
    """The lines for each rule that these break."""
    findings = tuple(finding for one in served for finding in lint(one))
    report = Report((served[0].url,), len(served), findings, server=Server.EXPRESS, urls=tuple(x.url for x in served))
    report = replace(report, made=made_of_all(served))
    return {group[0].rule: report.fix(group) for group in report.groups}


def conditions(told: str) -> list[str]:
    return [line.strip() for line in told.splitlines() if line.startswith("  if (")]


def test_all_files_are_in_one_option_at_the_worst_that_one_breaks() -> None:
    expected = r"""
        // in the options of the express.static that serves them; into its setHeaders, if it has one
        setHeaders (res, file) {
          const is = (...ends) => ends.some((end) => file.replace(/\\/g, '/').endsWith(end))
          if (is('/index.html', '/app.js')) {
            res.removeHeader('Expires')
            res.set('Cache-Control', 'no-cache')
          }
          if (is('/app.3f2a91c0.js')) {
            res.removeHeader('Expires')
            res.set('Cache-Control', 'public, max-age=31536000, immutable')
          }
        }
        // or, where a handler sends /, in that, before it answers
        res.removeHeader('Expires')
        res.set('Cache-Control', 'no-cache')"""
    told = fixes(page(WEEK, etag=OF_FILE), script("/app.js", WEEK), script("/app.3f2a91c0.js", WEEK))
    assert dedent(expected).strip() == told["CC02"]
    assert ("// mended by the lines for CC02", "// mended by the lines for CC02") == (told["CC03"], told["CC04"])


def test_a_page_that_a_handler_makes_is_mended_there_alone() -> None:
    told = fixes(page(WEEK, "/news", etag=OF_BODY), script("/app.js", WEEK))
    assert ["// in the handler of /news, before it answers"] == [x for x in told["CC02"].splitlines() if "//" in x]
    assert ["if (is('/app.js')) {"] == conditions(told["CC03"])


def test_a_script_that_a_handler_makes_is_none_of_the_files() -> None:
    told = fixes(script("/made.js", WEEK, etag=OF_BODY), script("/app.js", WEEK))["CC03"]
    assert ["if (is('/app.js')) {"] == conditions(told)
    assert "// in the handler of /made.js, before it answers" in told.splitlines()


def test_a_file_is_named_by_as_much_of_its_path_as_tells_it_from_others() -> None:
    told = fixes(script("/a/main.js", WEEK), script("/b/c/main.js", "no-cache"), script("/d/x.js", WEEK))["CC03"]
    assert ["if (is('/a/main.js', '/x.js')) {"] == conditions(told)


def test_many_files_go_by_their_kind_where_all_of_it_are_to_be_mended() -> None:
    many = [script(f"/{n}.js", WEEK) for n in range(6)]
    assert ["if (is('.js')) {"] == conditions(fixes(*many)["CC03"])
    told = conditions(fixes(*many, script("/app.3f2a91c0.js", f"{WEEK}0"))["CC03"])
    assert ["if (is('/0.js', '/1.js', '/2.js', '/3.js', '/4.js', '/5.js')) {"] == told


def test_pages_are_named_as_the_files_that_they_are() -> None:
    paths = ("/", "/news/", "/about", "/a.html")
    told = fixes(*(page(WEEK, path, etag=OF_FILE) for path in paths))["CC02"]
    assert ["if (is('/index.html', '/about.html', '/a.html')) {"] == conditions(told)


def test_what_several_rules_ask_of_one_page_is_said_once() -> None:
    told = fixes(page("max-age=600, max-age=7200", pragma="x", etag=OF_BODY))
    expected = """\
        // in the handler of /, before it answers
        res.removeHeader('Expires')
        res.removeHeader('Pragma')
        res.set('Cache-Control', 'no-cache')"""
    assert dedent(expected) == told["CC02"]
    assert {"// mended by the lines for CC02"} == {told["CC05"], told["CC08"]}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"etag": OF_FILE}, Made.FILE),
        ({"etag": OF_FILE.removeprefix("W/")}, Made.FILE),
        ({"last-modified": "Thu, 26 Nov 2026 00:00:00 GMT"}, Made.FILE),
        ({"etag": OF_BODY}, Made.BODY),
        ({"etag": '"a"'}, None),
        ({}, None),
    ],
)
def test_what_an_answer_is_made_of_its_etag_tells(headers: dict[str, str], expected: Made | None) -> None:
    assert expected == made_of(headers)
