"""What Apache's lines of a whole report say: a section for each sort of what is asked for."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from bot.domain.lint.apache_sections import opening
from bot.domain.lint.report import Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from tests.lint.pages import page, script

WEEK = "public, max-age=604800"


def fixes(*served: Served) -> dict[str, str]:
    """The lines for each rule that these break."""
    findings = tuple(finding for one in served for finding in lint(one))
    urls = tuple(one.url for one in served)
    report = Report(urls[:1], len(served), findings, server=Server.APACHE, urls=urls)
    return {group[0].rule: report.fix(group) for group in report.groups}


def test_a_page_is_told_by_what_visitors_ask_for() -> None:
    expected = r"""
        <If "%{THE_REQUEST} =~ m#^\S+ /[? ]#">
          Header unset Cache-Control
          Header always set Cache-Control "no-cache"
          Header unset Expires
          Header always unset Expires
        </If>"""
    assert dedent(expected).strip() == fixes(page("max-age=600"))["CC02"]


def test_what_browsers_may_keep_is_said_for_good_answers_alone() -> None:
    told = fixes(script("/app.3f2a91c0.js", "max-age=60"))["CC04"].splitlines()
    assert ["  Header always unset Cache-Control"] == told[1:2]
    assert ['  Header set Cache-Control "public, max-age=31536000, immutable"'] == told[2:3]


def test_what_several_rules_ask_of_one_page_is_said_once() -> None:
    told = fixes(page("max-age=600, max-age=7200", pragma="x"), page("no-cache", "/b", pragma="x"))
    assert '  Header always set Cache-Control "no-cache"' in told["CC02"].splitlines()
    assert "  Header unset Pragma" in told["CC02"].splitlines()
    assert "# mended by the lines for CC02" == told["CC05"]
    assert r'<If "%{THE_REQUEST} =~ m#^\S+ /b[? ]#">' == told["CC08"].splitlines()[0]
    assert "# the rest is mended by the lines for CC02" == told["CC08"].splitlines()[-1]


def test_many_files_go_by_their_kind_where_all_of_it_are_to_be_mended() -> None:
    many = [script(f"/{n}.js", WEEK) for n in range(6)]
    assert r'<If "%{THE_REQUEST} =~ m#^\S+ [^? ]*\.(?:js)[? ]#">' == fixes(*many)["CC03"].splitlines()[0]
    told = fixes(*many, script("/app.3f2a91c0.js", "max-age=31536000"))["CC03"].splitlines()[0]
    assert r'<If "%{THE_REQUEST} =~ m#^\S+ (?:/0\.js|/1\.js|/2\.js|/3\.js|/4\.js|/5\.js)[? ]#">' == told


MEANT = {
    "as it is": ("GET /a.html HTTP/1.1", True),
    "with a query": ("GET /a.html?b=/c.html HTTP/1.1", True),
    "asked for its headers": ("HEAD /a.html HTTP/2.0", True),
    "the other": ("GET /b+c HTTP/1.1", True),
    "one that ends so": ("GET /x/a.html HTTP/1.1", False),
    "one that begins so": ("GET /a.html5 HTTP/1.1", False),
    "in the query of another": ("GET /?/a.html HTTP/1.1", False),
    "any sign for the point": ("GET /aXhtml HTTP/1.1", False),
}


@pytest.mark.parametrize(("request_line", "is_meant"), MEANT.values(), ids=MEANT)
def test_an_expression_means_these_paths_and_no_others(request_line: str, is_meant: bool) -> None:
    expression = opening(["/a.html", "/b+c"]).partition("m#")[2].rpartition("#")[0]
    assert is_meant == (re.search(expression, request_line) is not None)
