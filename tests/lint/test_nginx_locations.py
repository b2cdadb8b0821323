"""What nginx's lines of a whole report say: a location for each sort of cure, where one would take them all."""

from __future__ import annotations

from textwrap import dedent

import pytest

from bot.domain.lint.report import Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from tests.lint.pages import SITE, made, page, script

FAST = "max-age=86400"
YEAR = "public, max-age=31536000, immutable"


def fixes(*served: Served, server: Server = Server.NGINX) -> dict[str, str]:
    """The lines for each rule that these break."""
    findings = tuple(finding for one in served for finding in lint(one))
    report = Report((served[0].url,), len(served), findings, server=server, urls=tuple(one.url for one in served))
    return {group[0].rule: report.fix(group) for group in report.groups}


def locations(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("location ")]


def test_a_page_beside_its_files_has_a_location_of_its_own() -> None:
    expected = """\
        # inside the location that serves this now, or instead of it if that is exact; repeat what it says
        # (add_header, try_files, return, proxy_pass: if that has a path, with the whole path)
        # but no add_header Cache-Control, add_header Expires, expires
        location = "/news" {
          expires off;
          proxy_hide_header Cache-Control;
          proxy_hide_header Expires;
          add_header Cache-Control "no-cache" always;
        }"""
    assert {"CC02": dedent(expected)} == fixes(page("max-age=600", "/news"), script("/app.js", FAST))


def test_what_takes_all_that_was_read_needs_none_of_its_own() -> None:
    told = fixes(page("max-age=600"), page("max-age=300", "/b"))
    assert told["CC02"].startswith("# in the location that serves / and /b\n")


def test_other_servers_have_their_lines_as_ever() -> None:
    told = fixes(page("max-age=600", "/news"), script("/app.js", FAST), server=Server.APACHE)
    assert told["CC02"].startswith(r'<If "%{THE_REQUEST} =~ m#^\S+ /news[? ]#">')


def test_what_several_rules_ask_for_one_path_stands_in_one_location() -> None:
    told = fixes(page("max-age=600", "/news", pragma="x"), script("/app.js", FAST, pragma="x"))
    assert ['location = "/news" {'] == locations(told["CC02"])
    assert "  proxy_hide_header Pragma;" in told["CC02"].splitlines()
    assert ['location = "/app.js" {'] == locations(told["CC08"])
    assert "# the rest is mended by the lines for CC02" == told["CC08"].splitlines()[-1]


def test_a_rule_whose_paths_are_all_in_other_lines_says_in_which() -> None:
    bad = script("/app.js", "max-age=604800", pragma="x")
    assert "# mended by the lines for CC02 and CC03" == fixes(page("max-age=600", pragma="x"), bad)["CC08"]


def test_of_two_values_the_strictest_is_said() -> None:
    shared = page("max-age=600", "/me", vary="Cookie", pragma="x")
    told = fixes(page("public, private, max-age=600", "/news"), shared)["CC02"]
    assert '  add_header Cache-Control "private, no-cache" always;' in told.splitlines()
    assert '  add_header Cache-Control "no-cache" always;' in told.splitlines()


def test_a_folder_is_matched_with_its_index() -> None:
    told = fixes(page("max-age=600"), script("/app.js", FAST))["CC02"]
    assert [r'location ~ "^(?:/(?:index\.[a-z]+)?)$" {'] == locations(told)


def test_few_files_are_named_and_many_go_by_their_kind() -> None:
    old = [script(f"/{n}.{kind}", "max-age=604800") for n in range(3) for kind in ("js", "css")]
    assert [r'location ~* "\.(?:css|js)$" {'] == locations(fixes(page("no-cache"), *old)["CC03"])
    few = locations(fixes(page("no-cache"), *old[:2])["CC03"])
    assert [r'location ~ "^(?:/0\.js|/0\.css)$" {'] == few


def test_a_kind_is_not_named_where_others_of_it_are_right() -> None:
    old = [script(f"/{n}.js", "max-age=604800") for n in range(6)]
    told = locations(fixes(page("no-cache"), *old, script("/app.3f2a91c0.js", YEAR))["CC03"])
    assert [r'location ~ "^(?:/0\.js|/1\.js|/2\.js|/3\.js|/4\.js|/5\.js)$" {'] == told


def test_a_path_is_matched_as_nginx_reads_it_and_one_that_could_end_its_line_is_left_out() -> None:
    told = fixes(page("max-age=600", "/a%2Bb"), page("max-age=600", "/%22;%20{"), script("/app.js", FAST))
    assert ['location = "/a+b" {'] == locations(told["CC02"])


def test_what_is_no_matter_of_a_location_has_its_own_lines() -> None:
    told = fixes(page("max-age=600", "/news"), script("/app.js?v=3", "no-cache"))
    assert "rewrite" in told["CC18"]


def test_an_error_gets_nothing_and_good_answers_what_they_may() -> None:
    told = fixes(page("no-cache"), made("/gone", {"content-type": "text/html"}, "max-age=3600", {}, 404))
    assert '  add_header Cache-Control "no-cache";' in told["CC16"].splitlines()


def redirect(path: str, where: str, status: int = 301) -> Served:
    return made(path, {"content-type": "text/html", "location": where}, "", {}, status)


def test_what_only_redirects_is_answered_by_a_location_of_its_own() -> None:
    expected = """\
        # in the server, beside the location that redirects this now, or instead of it if it is exact (location =),
        # with what add_header else there is; where the server itself returns or rewrites, the add_header goes there
        location = "/old" {
          expires off;
          proxy_hide_header Cache-Control;
          add_header Cache-Control "max-age=3600";
          return 301 "/new";
        }"""
    assert {"CC17": dedent(expected)} == fixes(redirect("/old", f"{SITE}/new"))


def test_redirects_that_lead_elsewhere_have_locations_of_their_own() -> None:
    told = fixes(redirect("/a", "/x"), redirect("/b", "/x"), redirect("/c", "https://other.test/y", 308))["CC17"]
    assert [r'location ~ "^(?:/a|/b)$" {', 'location = "/c" {'] == locations(told)
    assert ['return 301 "/x";', 'return 308 "https://other.test/y";'] == returns(told)


UNREPEATED = ["/a?token=1", "https://u:p@other.test/", "/$host", '/a"; }', "javascript:1", "http://[", "", "/ü"]


@pytest.mark.parametrize("where", UNREPEATED)
def test_where_a_redirect_leads_is_repeated_only_if_it_is_plain(where: str) -> None:
    assert ["# here its return 301, as it stands there"] == returns(fixes(redirect("/old", where))["CC17"])


def returns(told: str) -> list[str]:
    return [line.strip() for line in told.splitlines() if "return 30" in line]
