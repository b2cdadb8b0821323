"""Real nginx, Apache and Express: each rule finds what breaks it and nothing where it is kept, and what is suggested,
put into that server's configuration, makes the finding disappear."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.domain.lint.finding import Cure
from bot.domain.lint.report import Report
from bot.domain.lint.rules import RULES, lint
from bot.domain.lint.served import Served
from bot.domain.lint.snippets import Server, replaced_in_nginx, server_of
from bot.edge import EdgeLooker
from bot.system import SystemClock
from providers.http_sightings import sighting
from tests.lint import servers
from tests.lint.cases import APACHE, EXPRESS, FIX, MENDED_ELSEWHERE, NGINX, Case
from tests.lint.pages import made_of_all
from tests.real import PLACES, missing

TABLES = {Server.NGINX: NGINX, Server.APACHE: APACHE, Server.EXPRESS: EXPRESS}
PACKAGES = {Server.NGINX: "nginx", Server.APACHE: "apache2", Server.EXPRESS: "node-express"}
STATUS = {"CC16": 404, "CC17": 301}  # of what keeps a rule
CASES = [(server, case.rule) for server, cases in TABLES.items() for case in cases]
every_case = pytest.mark.parametrize(
    ("server", "rule"),
    [pytest.param(*case, id="-".join(case), marks=pytest.mark.real(PACKAGES[case[0]])) for case in CASES],
)
every_mended_case = pytest.mark.parametrize(
    ("server", "rule"),
    [
        pytest.param(*case, id="-".join(case), marks=pytest.mark.real(PACKAGES[case[0]]))
        for case in CASES
        if case[1] not in MENDED_ELSEWHERE
    ],
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was served for one case: as configured badly, well, and with the lines that were suggested."""

    bad: Served
    good: Served
    mended: Served
    fix: str
    beside: tuple[Served, ...] = ()  # with the lines too


Outcomes = dict[tuple[Server, str], Outcome]


def hosts_of(kind: str, case: Case) -> list[str]:
    first = f"{kind}-{case.rule.lower()}.test"
    return [first, *(f"{first}{n}" for n in range(1, case.nodes))]


def running(
    server: Server, configured: dict[str, tuple[str, str]], behind: int
) -> AbstractContextManager[tuple[int, Path]]:
    """A server with these hosts, each by its lines outside of a location (nginx alone has some), and those inside."""
    match server:
        case Server.NGINX:
            return servers.nginx(configured, behind, ["bad-cc13.test1", "mended-cc13.test1"])
        case Server.APACHE:
            return servers.apache({host: inside for host, (_, inside) in configured.items()}, behind)
        case Server.EXPRESS:
            return servers.express({host: x.replace("NODE", host) for host, (_, x) in configured.items()})


async def visited(look: EdgeLooker, port: int, hosts: Sequence[str], case: Case, path: str) -> Served:
    """The case as visitors get it, after as many visits as it takes, beside what its other servers say."""
    visits = [hosts[0]] * case.visits + [*hosts[1:]]
    address = f"http://127.0.0.1:{port}"
    answers = [await look.fetch(f"http://{host}{path}", "here", address, case.asked) for host in visits]
    answer, others = answers[case.visits - 1], tuple(answers[case.visits :])
    assert [] == [one.problem for one in answers if one.problem]
    origins = (answer,) if case.is_origin else ()
    tries = [await look.fetch(f"http://{hosts[0]}{path}", "here", address, asked) for asked in case.tries]
    cached = look.read(answer).cached
    return Served(answer, cached=cached, origins=origins, others=others, tag_header="Cache-Tag", tries=tuple(tries))


def fix_of(server: Server, case: Case, bad: Served) -> tuple[str, Cure]:
    """The lines that are suggested for what the rule finds."""
    found = next((finding for finding in lint(bad) if finding.rule == case.rule), None)
    if found is None:
        return "", Cure()
    report = Report((found.url,), 1, (found,), server=server, urls=(found.url,), made=made_of_all([bad]))
    return report.fix([found]), found.cure


def mend(server: Server, case: Case, fix: str, cure: Cure) -> tuple[str, str]:
    """The bad configuration with the suggested lines where they say that they go."""
    match server:
        case _ if case.rule in MENDED_ELSEWHERE:
            return "", case.bad.replace(FIX, "")
        case Server.NGINX if fix.startswith("# in the server"):
            return fix, case.bad
        case Server.NGINX if "beside what is there" in fix:
            return "", f"{case.bad}\n{fix}"
        case Server.NGINX if not fix.startswith("# in the location") and "gzip" not in fix:
            return "", case.bad  # lines for a shell
        case Server.NGINX:
            own = [line for line in re.split(r"(?<=;)\s*", case.bad) if not line.startswith(replaced_in_nginx(cure))]
            return "", "\n".join([*own, fix])
        case Server.APACHE:
            return "", f"{case.bad}\n{fix}"
        case Server.EXPRESS:
            by_hand = r"res\.set\('ETag'.*" if "in place of an ETag" in fix else "^$"
            return "", re.sub(by_hand, "", case.bad).replace(FIX, fix)


def build(folder: Path, fix: str) -> None:
    """Do what lines for a shell say, in the folder of each server."""
    for host in hosts_of("mended", next(case for case in NGINX if case.rule == "CC13")):
        environment = {"SOURCE_DATE_EPOCH": str(servers.BUILT), "PATH": PLACES}
        subprocess.run(["sh", "-euc", fix], cwd=folder / host, env=environment, check=True)


async def outcomes_of(server: Server) -> Outcomes:
    """Every case of a server's table. It is started twice: to find, and with what is suggested."""
    cases = TABLES[server]
    plain = {
        host: ("", text.replace(FIX, ""))
        for case in cases
        for kind, text in (("bad", case.bad), ("good", case.good))
        for host in hosts_of(kind, case)
    }
    every = [*plain, *(host for case in cases for host in hosts_of("mended", case))]
    look = EdgeLooker(lambda: frozenset(every), dict.fromkeys(every, sighting), {}, SystemClock())
    with servers.application() as behind:
        with running(server, plain, behind) as (port, _):
            bad = {case.rule: await visited(look, port, hosts_of("bad", case), case, case.path) for case in cases}
            good = {
                case.rule: await visited(look, port, hosts_of("good", case), case, case.good_path or case.path)
                for case in cases
            }
        fixes = {case.rule: fix_of(server, case, bad[case.rule]) for case in cases}
        mended = {host: mend(server, case, *fixes[case.rule]) for case in cases for host in hosts_of("mended", case)}
        with running(server, mended, behind) as (port, folder):
            if server is Server.NGINX:
                build(folder, fixes["CC13"][0])
            after = {
                case.rule: await visited(look, port, hosts_of("mended", case), case, case.mended or case.path)
                for case in cases
            }
            beside = {
                case.rule: [await visited(look, port, hosts_of("mended", case), case, path) for path in case.beside]
                for case in cases
            }
    return {(server, r): Outcome(bad[r], good[r], after[r], fixes[r][0], tuple(beside[r])) for r in bad}


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """All servers that this machine has."""
    there = [server for server in Server if not missing(PACKAGES[server])]
    return {key: one for server in there for key, one in asyncio.run(outcomes_of(server)).items()}


def broken(served: Served) -> set[str]:
    return {finding.rule for finding in lint(served)}


def test_every_rule_is_tried_at_every_server() -> None:
    assert {(server, rule.id) for server in Server for rule in RULES} == set(CASES)


@every_case
def test_what_breaks_a_rule_is_found(outcomes: Outcomes, server: Server, rule: str) -> None:
    assert rule in broken(outcomes[server, rule].bad)


@every_case
def test_what_keeps_a_rule_is_left_alone(outcomes: Outcomes, server: Server, rule: str) -> None:
    good = outcomes[server, rule].good
    assert (STATUS.get(rule, 200), False) == (good.status, rule in broken(good))


@every_mended_case
def test_the_suggested_lines_make_the_finding_disappear(outcomes: Outcomes, server: Server, rule: str) -> None:
    outcome = outcomes[server, rule]
    assert "" != outcome.fix
    assert rule not in broken(outcome.mended)


@every_mended_case
def test_the_suggested_lines_break_nothing_else(outcomes: Outcomes, server: Server, rule: str) -> None:
    outcome = outcomes[server, rule]
    assert outcome.bad.status == outcome.mended.status
    assert set() == broken(outcome.mended) - broken(outcome.bad)


@pytest.mark.parametrize(
    "server", [pytest.param(server, id=server, marks=pytest.mark.real(PACKAGES[server])) for server in Server]
)
def test_files_that_have_such_a_name_themselves_are_left_alone(outcomes: Outcomes, server: Server) -> None:
    beside = outcomes[server, "CC18"].beside
    expected = [(200, servers.FILES["print.20260412.css"]), (200, servers.FILES["app.3f2a91c0.js"])]
    assert expected == [(one.status, one.answer.text) for one in beside]


@pytest.mark.parametrize(
    "server", [pytest.param(server, id=server, marks=pytest.mark.real(PACKAGES[server])) for server in Server]
)
def test_the_server_is_known_by_its_headers(outcomes: Outcomes, server: Server) -> None:
    assert server == server_of(outcomes[server, "CC01"].bad.headers)
