"""All lines of one report, pasted into a real server where they say that they go, make all its findings disappear."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.lint.report import Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server
from bot.edge import EdgeLooker
from bot.system import SystemClock
from providers.http_sightings import sighting
from tests.lint import servers
from tests.lint.cases import FILE, PAGE
from tests.lint.pages import made_of_all
from tests.lint.together import APACHE, EXPRESS, NGINX, Together, in_apache, in_express, in_nginx

HOST = "together.test"
TABLES: Mapping[Server, tuple[str, Mapping[str, Together], Callable[[str, Report], str]]] = {
    Server.NGINX: ("nginx", NGINX, in_nginx),
    Server.APACHE: ("apache2", APACHE, in_apache),
    Server.EXPRESS: ("node-express", EXPRESS, in_express),
}
every_site = pytest.mark.parametrize(
    ("server", "name"),
    [
        pytest.param(server, name, id=f"{server}-{name}", marks=pytest.mark.real(package))
        for server, (package, sites, _) in TABLES.items()
        for name in sites
    ],
)


async def served_at(port: int, paths: Sequence[str]) -> list[Served]:
    look = EdgeLooker(lambda: frozenset({HOST}), {HOST: sighting}, {}, SystemClock())
    address = f"http://127.0.0.1:{port}"
    return [Served(await look.fetch(f"http://{HOST}{path}", "here", address)) for path in paths]


async def read(server: Server, port: int, paths: Sequence[str]) -> Report:
    """What a lint of these comes to."""
    served = await served_at(port, paths)
    assert [200] * len(paths) == [one.status for one in served]
    return report_of(server, served)


def report_of(server: Server, served: Sequence[Served]) -> Report:
    urls = tuple(one.url for one in served)
    findings = tuple(finding for one in served for finding in lint(one))
    return Report(urls[:1], len(urls), findings, server=server, urls=urls, made=made_of_all(served))


def running(server: Server, own: str, site: Together, behind: int) -> AbstractContextManager[tuple[int, Path]]:
    match server:
        case Server.NGINX:
            return servers.nginx({HOST: ("", own)}, behind, more=site.files)
        case Server.APACHE:
            return servers.apache({HOST: own}, behind, site.files)
        case Server.EXPRESS:
            return servers.express({HOST: own}, site.files)


async def before_and_after(server: Server, site: Together) -> tuple[Report, Report]:
    paste = TABLES[server][2]
    with servers.application() as behind:
        with running(server, site.own, site, behind) as (port, _):
            before = await read(server, port, site.paths)
        with running(server, paste(site.own, before), site, behind) as (port, _):
            return before, await read(server, port, site.paths)


@every_site
def test_all_lines_of_a_report_make_all_of_its_findings_disappear(server: Server, name: str) -> None:
    before, after = asyncio.run(before_and_after(server, TABLES[server][1][name]))
    assert before.findings
    assert [] == [(one.rule, one.url, one.seen) for one in after.findings]


@pytest.mark.real("apache2")
def test_apaches_lines_may_stand_in_htaccess_too() -> None:
    site = APACHE["a front controller in .htaccess"]

    async def before_and_after() -> tuple[Report, Report]:
        with running(Server.APACHE, site.own, site, 0) as (port, _):
            before = await read(Server.APACHE, port, site.paths)
        mended = replace(site, files={".htaccess": in_apache(site.files[".htaccess"], before)})
        with running(Server.APACHE, site.own, mended, 0) as (port, _):
            return before, await read(Server.APACHE, port, site.paths)

    before, after = asyncio.run(before_and_after())
    assert before.findings
    assert () == after.findings


@pytest.mark.real("node-express")
def test_the_files_of_one_report_are_in_one_option_and_others_stay_as_they_are() -> None:
    site = Together(EXPRESS["a week for all"].own, ("/", FILE, "/js/main.js"), {"js/domain-main.js": "x()"})

    async def told() -> tuple[str, str]:
        with servers.express({HOST: site.own}, site.files) as (port, _):
            before = await read(Server.EXPRESS, port, site.paths)
        with servers.express({HOST: in_express(site.own, before)}, site.files) as (port, _):
            other = (await served_at(port, ["/js/domain-main.js"]))[0]
        return "\n".join(map(before.fix, before.groups)), other.headers["cache-control"]

    lines, other = asyncio.run(told())
    assert (1, "public, max-age=604800") == (lines.count("setHeaders (res, file)"), other)


_REST = 'add_header Cache-Control "no-cache";'
_PAGE = f"location = {PAGE} {{ {_REST} }}"
RETURNING = {
    "an exact location": ('location = "/old" { return 301 /page.html; }', _REST, True),
    "a location of folders": ("location /old { return 308 /page.html; }", _REST, False),
    "another host": ('location = "/old" { return 301 https://www.example.test/a/b; }', _REST, True),
    "a rewrite in the location of all": ("", f"rewrite ^/old$ /page.html permanent;\n{_PAGE}", False),
    "a condition in the location of all": ("", f"if ($uri = /old) {{ return 301 /page.html; }}\n{_PAGE}", False),
}


@pytest.mark.real("nginx")
@pytest.mark.parametrize(("outside", "inside", "in_its_place"), RETURNING.values(), ids=RETURNING)
def test_a_location_that_only_redirects_is_mended_where_the_lines_say(
    outside: str, inside: str, in_its_place: bool
) -> None:
    async def before_and_after() -> tuple[list[Served], list[Served]]:
        with servers.nginx({HOST: (outside, inside)}, 0) as (port, _):
            before = await served_at(port, ["/old", PAGE])
        report = report_of(Server.NGINX, before)
        lines = "\n".join(map(report.fix, report.groups))
        with servers.nginx({HOST: (lines if in_its_place else f"{outside}\n{lines}", inside)}, 0) as (port, _):
            return before, await served_at(port, ["/old", PAGE])

    before, after = asyncio.run(before_and_after())
    assert ["CC17"] == [found.rule for one in before for found in lint(one)]
    assert [] == [found.rule for one in after for found in lint(one)]
    assert [said(one) for one in before] == [said(one) for one in after]
    assert ["max-age=3600", "no-cache"] == [one.headers["cache-control"] for one in after]


def said(served: Served) -> tuple[int, str]:
    """The status, and where it leads; ports are others each time."""
    return served.status, re.sub(r":\d+", "", served.headers.get("location", ""))


@pytest.mark.real("nginx")
def test_a_location_that_only_returns_an_error_is_mended_in_its_place() -> None:
    gone = 'location = "/gone" {\nadd_header Cache-Control "max-age=3600" always;\nreturn 410;\n}'

    async def before_and_after() -> tuple[list[Served], list[Served]]:
        with servers.nginx({HOST: (gone, _REST)}, 0) as (port, _):
            before = await served_at(port, ["/gone", PAGE])
        report = report_of(Server.NGINX, before)
        lines = report.fix(report.groups[0]).removesuffix("}") + "return 410;\n}"
        with servers.nginx({HOST: (lines, _REST)}, 0) as (port, _):
            return before, await served_at(port, ["/gone", PAGE])

    before, after = asyncio.run(before_and_after())
    assert (["CC16"], []) == (
        [f.rule for one in before for f in lint(one)],
        [f.rule for one in after for f in lint(one)],
    )
    assert ([410, 200], [410, 200]) == ([one.status for one in before], [one.status for one in after])
