"""All lines of one report, pasted into a real nginx where they say that they go, make all of its findings disappear."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest

from bot.domain.lint.report import Report
from bot.domain.lint.rules import lint
from bot.domain.lint.served import Served
from bot.domain.snippets import Server
from bot.edge import EdgeLooker
from bot.system import SystemClock
from providers.http_sightings import sighting
from tests.lint import servers
from tests.lint.cases import FILE, HASHED, PAGE, STYLE, WORKER

HOST = "together.test"
SITES = {
    "a week for all": ("expires 7d;", (PAGE, FILE, HASHED, WORKER)),
    "a page beside files that are right": ("expires 1h;", (PAGE, "/", STYLE)),
    "several rules at each": (
        "expires 7d;\nadd_header Pragma no-cache;\netag off;\n"
        'add_header Last-Modified "";\nadd_header CDN-Cache-Control "max-age=60; public";',
        (PAGE, FILE, HASHED, WORKER, STYLE),
    ),
    "what an application answers": (
        "proxy_pass http://127.0.0.1:{behind};\nadd_header Pragma no-cache;\nadd_header X-Frame-Options DENY;",
        ("/in-time", HASHED),
    ),
    "headers that contradict each other": (
        'add_header Cache-Control "max-age=600, max-age=7200";\nadd_header Expires 0;\n'
        "add_header X-Frame-Options DENY;",
        ("/", PAGE, HASHED, FILE),
    ),
}


async def read(port: int, paths: Sequence[str]) -> Report:
    """What a lint of these comes to."""
    look = EdgeLooker(lambda: frozenset({HOST}), {HOST: sighting}, {}, SystemClock())
    address = f"http://127.0.0.1:{port}"
    served = [Served(await look.fetch(f"http://{HOST}{path}", "here", address)) for path in paths]
    assert [200] * len(paths) == [one.status for one in served]
    urls = tuple(one.url for one in served)
    findings = tuple(finding for one in served for finding in lint(one))
    return Report(urls[:1], len(urls), findings, server=Server.NGINX, urls=urls)


def pasted(own: str, report: Report) -> str:
    """The location's own lines, and inside it each location of the report with those of them that it does not take
    out."""
    blocks = [own]
    for group in report.groups:
        for without, head, body in re.findall(r"# but no (.*)\n(location .*\{)\n((?:  .*\n)*)\}", report.fix(group)):
            kept = [
                line for line in own.split("\n") if not line.startswith(tuple(f"{x} " for x in without.split(", ")))
            ]
            blocks.append("\n".join([head, *kept, body, "}"]))
    return "\n".join(blocks)


async def before_and_after(own: str, paths: Sequence[str]) -> tuple[Report, Report]:
    with servers.application() as behind:
        with servers.nginx({HOST: ("", own)}, behind) as (port, _):
            before = await read(port, paths)
        with servers.nginx({HOST: ("", pasted(own, before))}, behind) as (port, _):
            return before, await read(port, paths)


@pytest.mark.real("nginx")
@pytest.mark.parametrize(("own", "paths"), SITES.values(), ids=SITES)
def test_all_lines_of_a_report_make_all_of_its_findings_disappear(own: str, paths: Sequence[str]) -> None:
    before, after = asyncio.run(before_and_after(own, paths))
    assert before.findings
    assert [] == [(one.rule, one.url, one.seen) for one in after.findings]
