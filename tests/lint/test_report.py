"""What a lint comes to, and how it is told whole: as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from textwrap import dedent

import pytest

from bot.domain.lint.finding import Cure, Remark, Severity
from bot.domain.lint.report import Break, Report, break_of
from bot.domain.lint.rules import RULES, lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server, server_of, snippet
from bot.export.linted import lint_record, lint_text
from tests.lint.pages import SITE, page, script


def report(*served: Served, server: Server | None = Server.NGINX) -> Report:
    """A report of these, behind Cloudflare."""
    return Report(
        pages=(f"{SITE}/",),
        read=len(served),
        findings=tuple(finding for one in served for finding in lint(one)),
        breaks=tuple(broken for one in served if (broken := break_of(one)) is not None),
        server=server,
        provider="cloudflare",
        provider_title="Cloudflare",
    )


BAD = report(page("max-age=600"), page("max-age=300", "/b"), script("/app.js", "max-age=86400"))


def test_the_whole_is_told_as_text() -> None:
    expected = """\
        70 of 100 · https://www.shop.test/ · 1 error
        Change this first: let browsers ask for pages each time (CC02).

        CC02 html-long · error · let browsers ask for pages each time
        After your next deploy visitors may see the old page for up to 10 min; a purge cannot reach browsers.
          https://www.shop.test/ · Cache-Control: max-age=600
          https://www.shop.test/b · Cache-Control: max-age=300
        On nginx:
            # in the location that serves / and /b
            # in place of its own add_header Cache-Control, add_header Expires, expires
            # an add_header here drops those from outside the location: repeat them
            proxy_hide_header Cache-Control;
            proxy_hide_header Expires;
            add_header Cache-Control "no-cache" always;
        At Cloudflare: the zone's Browser Cache TTL: Respect Existing Headers; a Cache Rule with a Browser TTL changes \
it for its pages. For the edge alone: CDN-Cache-Control.

        What the next deploy will break, since browsers keep it under a name that stays:
          https://www.shop.test/app.js · up to 24 h
        Name them by their content:
            // webpack
            output: { filename: '[name].[contenthash].js', assetModuleFilename: '[name].[contenthash][ext]' }
            new MiniCssExtractPlugin({ filename: '[name].[contenthash].css' })
            // Vite does it by itself (assets/[name]-[hash][extname]), but not for what lies in public/:
            // import that instead
        ?v= is a trap: a cache that leaves the query out of its key gives the old version until its copy expires, one \
that counts it keeps each version by itself when one is purged, and while you deploy an old server may answer the new \
address.

        Read 3 URLs."""
    assert dedent(expected) == lint_text(BAD)


def test_what_may_be_named_by_its_content_is_told_as_that() -> None:
    told = lint_text(report(script("/my-DataGrid.js", "max-age=3600"), script("/a.js", "max-age=3600")))
    assert [
        "https://www.shop.test/my-DataGrid.js · up to 60 min, unless a build made its name from its content",
        "https://www.shop.test/a.js · up to 60 min",
    ] == [line.strip() for line in told.splitlines() if line.startswith("  https")]


def test_what_was_not_read_is_told() -> None:
    some = replace(report(page("no-cache")), unread=((f"{SITE}/b", "no answer within 8 s"),), left_out=4, foreign=2)
    expected = """\
        100 of 100 · https://www.shop.test/ · nothing to change

        Not read: https://www.shop.test/b: no answer within 8 s
        Read 1 URL; 2 on other hosts not; 4 more than are read at once not."""
    assert dedent(expected) == lint_text(some)


def test_without_an_answer_there_is_no_score() -> None:
    none = Report((f"{SITE}/",), 0, unread=((f"{SITE}/", "no answer within 8 s"),))
    expected = """\
        nothing could be read · https://www.shop.test/

        Not read: https://www.shop.test/: no answer within 8 s
        Read 0 URLs."""
    assert dedent(expected) == lint_text(none)


def test_a_server_that_nobody_knows_is_asked_for() -> None:
    told = lint_text(report(page("max-age=600"), server=None)).splitlines()
    line = "Nothing tells which server makes these headers."
    assert f"{line} Add `for nginx`, `for apache` or `for express` to be shown lines to copy." in told


def test_what_the_edge_changes_has_no_lines_for_the_server() -> None:
    says = [replace(one, origin_says="Cache-Control: no-cache", may_be_older=False) for one in BAD.findings]
    told = lint_text(replace(BAD, findings=tuple(says)))
    assert "The origin says Cache-Control: no-cache: Cloudflare changes it, so that is where to look." in told
    assert "On nginx:" not in told


def test_a_kept_copy_may_be_from_before_the_origin_said_so() -> None:
    says = [replace(one, origin_says="Cache-Control: no-cache") for one in BAD.findings]
    told = lint_text(replace(BAD, findings=tuple(says)))
    assert (
        "The origin says Cache-Control: no-cache: Cloudflare changes it, or this copy is from before the origin said "
        "so. A purge, and then another lint, tells which."
    ) in told.splitlines()


def test_what_the_origin_says_itself_has_no_setting_of_the_cdn() -> None:
    own = replace(BAD, findings=tuple(replace(one, is_origins=True) for one in BAD.findings))
    assert ("At Cloudflare:" in lint_text(BAD), "At Cloudflare:" in lint_text(own)) == (True, False)


def test_http_is_told_behind_the_rules() -> None:
    remark = Remark(f"{SITE}/", Severity.WARN, "The Age header's value should be an integer.")
    told = lint_text(replace(BAD, remarks=(remark,)))
    assert "HTTP, warn: The Age header's value should be an integer. (https://www.shop.test/)" in told.splitlines()


def test_what_http_has_against_many_urls_is_told_once_with_their_number() -> None:
    said = [(f"{SITE}/{n}", "It is odd.") for n in (1, 2, 3, 3)] + [(f"{SITE}/1", "It is old."), (f"{SITE}/4", "Old.")]
    told = lint_text(replace(BAD, remarks=tuple(Remark(url, Severity.INFO, what) for url, what in said)))
    assert [
        "HTTP, info: It is odd. (https://www.shop.test/1 and 2 more URLs)",
        "HTTP, info: It is old. (https://www.shop.test/1)",
        "HTTP, info: Old. (https://www.shop.test/4)",
    ] == [line for line in told.splitlines() if line.startswith("HTTP")]


def test_machines_are_told_of_every_url_that_http_has_something_against() -> None:
    some = replace(BAD, remarks=tuple(Remark(f"{SITE}/{n}", Severity.INFO, "It is odd.") for n in range(3)))
    record = json.loads(json.dumps(lint_record(some)))
    assert [f"{SITE}/0", f"{SITE}/1", f"{SITE}/2"] == [one["url"] for one in record["http"]]


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (Severity.WARN, "95 of 100 · https://www.shop.test/ · 1 warning"),
        (Severity.INFO, "99 of 100 · https://www.shop.test/ · 1 note"),
    ],
)
def test_what_http_has_against_it_counts(severity: Severity, expected: str) -> None:
    some = replace(report(page("no-cache")), remarks=(Remark(f"{SITE}/", severity, "It is odd."),))
    assert (expected, severity) == (lint_text(some).splitlines()[0], some.worst)


def test_a_version_in_the_query_is_explained_once() -> None:
    told = lint_text(report(script("/app.js?v=3", "max-age=604800")))
    assert (1, 0) == (told.count("leaves the query out of its key"), told.count("?v= is a trap"))


def test_the_record_holds_the_same() -> None:
    record = json.loads(json.dumps(lint_record(BAD)))
    first = record["findings"][0]
    assert (70, "error", "CC02", "nginx", "Cloudflare") == tuple(
        record[name] for name in ("score", "worst", "first", "server", "cdn")
    )
    assert ("CC02", "html-long", "error", f"{SITE}/", "Cache-Control: max-age=600") == tuple(
        first[name] for name in ("rule", "name", "severity", "url", "seen")
    )
    assert first["fix"].endswith('add_header Cache-Control "no-cache" always;')
    assert [{"url": f"{SITE}/app.js", "up_to_s": 86_400}] == record["breaks"]


BREAKS = {
    "kept an hour": (script("/app.js", "max-age=3600"), Break(f"{SITE}/app.js", 3600)),
    "immutable, nobody knows how long": (script("/app.js", "immutable"), Break(f"{SITE}/app.js", None)),
    "kept less": (script("/app.js", "max-age=3599"), None),
    "named by its content": (script("/app.3f2a91c0.js", "max-age=31536000"), None),
    "named as its neighbours are": (
        replace(script("/my-DataGrid.js", "max-age=3600"), among_hashed=True),
        None,
    ),
    "named by a word, or by its content": (
        script("/my-DataGrid.js", "max-age=3600"),
        Break(f"{SITE}/my-DataGrid.js", 3600, may_be_hashed=True),
    ),
    "asked for each time": (script("/app.js", "no-cache, immutable"), None),
    "a service worker, whose name must stay": (script("/sw.js", "max-age=86400"), None),
    "a version in its query, which the deploy changes": (script("/app.js?v=3", "max-age=604800"), None),
    "a page": (page("max-age=3600"), None),
}


@pytest.mark.parametrize(("served", "expected"), BREAKS.values(), ids=BREAKS)
def test_what_the_next_deploy_breaks(served: Served, expected: Break | None) -> None:
    assert expected == break_of(served)


@pytest.mark.parametrize(
    ("headers", "server"),
    [
        ({"server": "nginx"}, Server.NGINX),
        ({"server": "nginx/1.22.1 (Debian)"}, Server.NGINX),
        ({"server": "Apache/2.4.71 (Debian)"}, Server.APACHE),
        ({"server": "nginx", "x-powered-by": "Express"}, Server.EXPRESS),
        ({"server": "Apache-Coyote/1.1"}, None),
        ({"server": "cloudflare"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_server_is_read_from_its_headers(headers: dict[str, str], server: Server | None) -> None:
    assert server == server_of(headers)


NO_CACHE = Cure((("Cache-Control", "no-cache"),))


@pytest.mark.parametrize("path", ['/"x"', "/'x'", "/{x}", "/ü", "/a b", "/`x`", "/\\x"])
@pytest.mark.parametrize("server", Server)
def test_a_path_that_could_end_its_line_is_in_no_snippet(server: Server, path: str) -> None:
    assert "" == snippet(server, NO_CACHE, [f"{SITE}{path}"])


def test_an_expression_of_apache_means_these_paths_and_no_others() -> None:
    lines = snippet(Server.APACHE, NO_CACHE, [f"{SITE}/a.html", f"{SITE}/b+c?x=1"]).splitlines()
    assert r'<If "%{THE_REQUEST} =~ m#^\S+ (?:/a\.html|/b\+c)[? ]#">' == lines[0]


def test_what_a_purge_mends_has_no_lines() -> None:
    assert ["", "", ""] == [snippet(server, Cure(special="purge"), [SITE]) for server in Server]


def test_a_clock_is_mended_on_the_machine() -> None:
    expected = {"# on the server, whatever it runs\ntimedatectl set-ntp true"}
    assert expected == {snippet(server, Cure(special="clock"), [SITE]) for server in Server}


def test_every_rule_weighs_something() -> None:
    assert [] == [rule.id for rule in RULES if not 0 < rule.weight <= 40]
