"""A typed URL never chooses where purgebot connects: attacks, with every packet of the process in sight."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.edge import REFUSED
from tests.edge.looking import HOST, PUBLIC, eyes
from tests.edge.loopback import answer, serving
from tests.edge.recorder import watching

ROOT = Path(__file__).parents[2]
FOREIGN_HOSTS = [
    "localhost", "127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "127.0.0.1.", "１２７.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1", "[::1]", "[::]", "[::ffff:7f00:1]",
    "[::ffff:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[fec0::1]", "[fe80::1%25eth0]", "[fd00:ec2::254]",
    "169.254.169.254", "2852039166", "168.63.129.16", "100.100.100.200", "192.0.0.192", "metadata.google.internal",
    "www.shop.test.evil.test", "evil.test", "evilwww.shop.test", "xn--www-shop-test", "ｗｗｗ.evil.test", "shop.test",
    "www.shop.test%00.evil.test", "www.shop.test%2eevil.test", "www.shop.test:80@evil.test", "evil.test%20www",
]  # fmt: skip
FORMS = [
    "http://{}/", "https://{}/", "http://{}:80/", "http://{}:8080/", "https://{}:443/a?b=1", "HTTP://{}/", "http://{}",
    "http://www.shop.test@{}/", "http://www.shop.test:80@{}/", "http://www.shop.test\\@{}/", "http://{}\\@www.shop.test/",
    "http://{}#@www.shop.test/", "http://{}?@www.shop.test/", "http:///{}/", "//{}/", "http:{}", "ftp://{}/", "gopher://{}/",
    "file://{}/etc/passwd", "http://www.shop.test:22@{}/", "http://www.shop.test.{}/", "\thttp://{}/", "http://{}\t/",
]  # fmt: skip
OUR_HOST_OTHERWISE = [
    "http://www.shop.test:22/", "http://www.shop.test:6379/", "https://www.shop.test:80/", "http://www.shop.test:０/",
    "http://user:secret@www.shop.test/", "ftp://www.shop.test/", "www.shop.test/", "http://www.shop.test\\/",
    "http://www.shop.test/a b", "http://www.shop.test/\r\nHost: evil.test", "http://www.shop.test/a\x00", "http://[www.shop.test]/",
    "",
]  # fmt: skip


async def test_no_form_of_a_foreign_url_sends_a_packet_or_asks_a_name() -> None:
    urls = [form.format(host) for form in FORMS for host in FOREIGN_HOSTS]
    see = eyes(["127.0.0.1"])
    with watching() as traffic:
        problems = {(await see.look(url, "dns")).problem for url in urls}
    assert len(urls) > 500
    assert ({REFUSED}, [], [], []) == (problems, see.names.asked, traffic.dialled, traffic.looked_up)
    assert len(urls) == len(see.refused)


async def test_no_form_of_a_foreign_url_reaches_a_configured_edge() -> None:
    urls = [form.format(host) for form in FORMS for host in FOREIGN_HOSTS]
    see = eyes()
    async with serving(answer(b"page")) as server:
        problems = {(await see.look(url, "fra", server.url)).problem for url in urls}
    assert ({REFUSED}, 0) == (problems, server.connections)


@pytest.mark.parametrize("url", OUR_HOST_OTHERWISE)
async def test_our_host_in_a_form_that_is_read_otherwise_is_refused(url: str) -> None:
    see = eyes(["127.0.0.1"])
    with watching() as traffic:
        look = await see.look(url, "dns")
    assert (REFUSED, [], []) == (look.problem, see.names.asked, traffic.dialled)


ANSWERS: dict[str, Sequence[str]] = {
    "loopback": ["127.0.0.1"],
    "private": ["10.0.0.5"],
    "metadata": ["169.254.169.254"],
    "Azure's metadata": ["168.63.129.16"],
    "carrier's NAT": ["100.100.100.200"],
    "Oracle's metadata": ["192.0.0.192"],
    "loopback of version 6": ["::1"],
    "mapped": ["::ffff:127.0.0.1"],
    "translated": ["64:ff9b::a9fe:a9fe"],
    "tunnelled": ["2002:7f00:1::"],
    "site-local": ["fec0::1"],
    "unique local": ["fd00:ec2::254"],
    "with a zone": ["fe80::1%lo"],
    "multicast": ["224.0.0.1"],
    "public, then private": [PUBLIC, "10.0.0.5"],
    "private, then public": ["10.0.0.5", PUBLIC],
    "one bad among many": [*[f"203.0.113.{n}" for n in range(1, 200)], "127.0.0.1"],
    "not an address": ["0x7f.1"],
}


@pytest.mark.parametrize("addresses", ANSWERS.values(), ids=ANSWERS)
async def test_a_name_of_ours_that_leads_inside_is_not_dialled(addresses: Sequence[str]) -> None:
    see = eyes(addresses)
    with watching() as traffic:
        look = await see.look(f"http://{HOST}/", "dns")
    assert (REFUSED, []) == (look.problem, traffic.dialled)
    assert [HOST] == [host for host, _ in see.refused]


async def test_the_address_that_was_checked_is_the_address_that_is_dialled() -> None:
    see = eyes([PUBLIC], ["127.0.0.1"])
    with watching() as traffic:
        look = await see.look(f"http://{HOST}/", "dns")
    assert ([HOST], [(PUBLIC, 80)], []) == (see.names.asked, traffic.dialled, traffic.looked_up)
    assert "connection refused" == look.problem


async def test_the_next_look_checks_anew() -> None:
    see = eyes([PUBLIC], ["127.0.0.1"])
    with watching() as traffic:
        problems = [(await see.look(f"https://{HOST}/", "dns")).problem for _ in range(2)]
    assert (["connection refused", REFUSED], [(PUBLIC, 443)]) == (problems, traffic.dialled)


async def test_addresses_of_a_name_are_tried_in_turn_and_no_more_than_three() -> None:
    see = eyes([f"203.0.113.{n}" for n in range(1, 9)])
    with watching() as traffic:
        await see.look(f"http://{HOST}/", "dns")
    assert [("203.0.113.1", 80), ("203.0.113.2", 80), ("203.0.113.3", 80)] == traffic.dialled


async def test_an_address_of_version_6_is_dialled() -> None:
    see = eyes(["2001:db8::7"])
    with watching() as traffic:
        await see.look(f"http://{HOST}/", "dns")
    assert [("2001:db8::7", 80)] == traffic.dialled


LEADS_TO = {
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "loopback": "http://127.0.0.1:{port}/inside",
    "another host": "https://evil.test/",
    "without a scheme": "//evil.test/",
    "the same host at another port": "http://www.shop.test:6379/",
    "a file": "file:///etc/passwd",
}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent", "300 Choices"])
@pytest.mark.parametrize("leads_to", LEADS_TO.values(), ids=LEADS_TO)
async def test_a_redirect_is_an_answer_and_never_followed(leads_to: str, status: str) -> None:
    see = eyes()
    async with serving(answer(b"", f"Location: {leads_to}", f"Refresh: 0; url={leads_to}", status=status)) as server:
        with watching() as traffic:
            look = await see.look(f"http://{HOST}/", "fra", server.url)
    assert (int(status[:3]), "") == (look.status, look.problem)
    assert ([("127.0.0.1", server.port)], [], 1) == (traffic.dialled, traffic.looked_up, server.connections)


async def test_redirects_to_two_places_are_two_contents() -> None:
    see = eyes()
    digests = set()
    for leads_to in ("/a", "/b"):
        async with serving(answer(b"Moved", f"Location: {leads_to}", status="301 Moved")) as server:
            digests.add((await see.look(f"http://{HOST}/", "fra", server.url)).digest)
    assert 2 == len(digests)


PROXIED = """
import asyncio, sys
from tests.edge.looking import eyes
print((asyncio.run(eyes().look("http://www.shop.test/", "fra", sys.argv[1]))).status)
"""


async def test_proxy_settings_of_the_machine_are_not_for_looks() -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")
    async with serving(answer(b"page")) as server:
        command = (sys.executable, "-c", PROXIED, server.url)
        child = await asyncio.create_subprocess_exec(*command, stdout=PIPE, env={**os.environ, **proxies}, cwd=ROOT)
        told, _ = await child.communicate()
    assert (b"200\n", 1) == (told, server.connections)


async def test_a_refusal_says_one_thing_to_people_and_the_reason_to_the_log() -> None:
    see = eyes(["10.0.0.5"])
    told = [(await see.look(url, "dns")).problem for url in (f"http://{HOST}/", "http://evil.test/", "http://a@b/")]
    assert [REFUSED] * 3 == told
    assert [
        (HOST, "10.0.0.5 is private"),
        ("evil.test", "not a host of a configured site"),
        ("", "What stands before an @ is a user name or password. Write the URL without it."),
    ] == see.refused
