"""Where hosts lead, asked of a resolver on loopback that answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from bot.domain.why import Resolved
from bot.edge.names import Resolvers

HOST = "www.shop.test"
ALIAS = ("www.shop.test. 60 IN CNAME shop.cdn.test.", "shop.cdn.test. 300 IN CNAME pop7.cdn.test.")
POP = "pop7.cdn.test. 20 IN A 203.0.113.7"
Speak = Callable[[dns.message.Message], Sequence[bytes]]


@dataclass
class Server(asyncio.DatagramProtocol):
    """A resolver that says what `speak` makes of a query, and remembers what it was asked."""

    speak: Speak
    asked: list[str] = field(default_factory=list)
    port: int = 0
    transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        self.asked.append(query.question[0].to_text())
        assert self.transport is not None
        for said in self.speak(query):
            self.transport.sendto(said, addr)

    @property
    def place(self) -> str:
        """Where it is, as a configuration names it."""
        return f"127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(speak: Speak) -> AsyncIterator[Server]:
    server = Server(speak)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    server.transport, server.port = transport, transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()


def says(*records: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Speak:
    """Always these records, in this order."""

    def speak(query: dns.message.Message) -> Sequence[bytes]:
        answer = dns.message.make_response(query, recursion_available=True)
        answer.set_rcode(rcode)
        for record in records:
            name, ttl, rdclass, rdtype, value = record.split()
            answer.answer.append(dns.rrset.from_text(name, int(ttl), rdclass, rdtype, value))
        return [answer.to_wire()]

    return speak


def noise(query: dns.message.Message) -> Sequence[bytes]:
    return [b"\x00\x01 this is no answer"]


def silence(query: dns.message.Message) -> Sequence[bytes]:
    return []


async def told(server: Server, host: str = HOST, within: float = 2.5) -> Resolved:
    [found] = await Resolvers([server.place], lambda: frozenset({HOST}), within).ask(host)
    return found


CHAINS = [
    pytest.param(("www.shop.test. 60 IN A 203.0.113.7",), (), ("203.0.113.7",), 60, id="no-alias"),
    pytest.param((*ALIAS, POP), ("shop.cdn.test", "pop7.cdn.test"), ("203.0.113.7",), 20, id="two-aliases"),
    pytest.param((POP, *reversed(ALIAS)), ("shop.cdn.test", "pop7.cdn.test"), ("203.0.113.7",), 20, id="in-disorder"),
    pytest.param(ALIAS, ("shop.cdn.test", "pop7.cdn.test"), (), 60, id="aliases-without-an-address"),
    pytest.param((), (), (), 0, id="nothing"),
    pytest.param(
        ("www.shop.test. 60 IN CNAME SHOP.CDN.TEST.", "SHOP.CDN.TEST. 9 IN A 203.0.113.7"),
        ("shop.cdn.test",), ("203.0.113.7",), 9, id="capitals",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("records", "chain", "addresses", "ttl"), CHAINS)
async def test_where_a_host_leads_and_for_how_long(
    records: tuple[str, ...], chain: tuple[str, ...], addresses: tuple[str, ...], ttl: int
) -> None:
    async with serving(says(*records)) as server:
        assert Resolved(server.place, chain, addresses, ttl) == await told(server)


PROBLEMS = [
    pytest.param(says(rcode=dns.rcode.NXDOMAIN), 2.5, "there is no www.shop.test", id="nxdomain"),
    pytest.param(says(rcode=dns.rcode.REFUSED), 2.5, "it refused, or could not find out", id="refused"),
    pytest.param(says(rcode=dns.rcode.SERVFAIL), 0.3, "it refused, or could not find out", id="servfail"),
    pytest.param(silence, 0.2, "no answer within 0.2 s", id="silence"),
]


@pytest.mark.parametrize(("speak", "within", "problem"), PROBLEMS)
async def test_what_is_said_where_there_is_no_answer(speak: Speak, within: float, problem: str) -> None:
    async with serving(speak) as server:
        assert Resolved(server.place, problem=problem) == await told(server, within=within)


async def test_noise_is_no_answer_and_does_no_harm() -> None:
    async with serving(noise) as server:
        found = await told(server, within=0.3)
    assert (server.place, (), ()) == (found.resolver, found.chain, found.addresses)
    assert found.problem in ("no answer within 0.3 s", "it refused, or could not find out", "it could not be asked")


async def test_an_answer_to_another_question_is_not_taken() -> None:
    def other(query: dns.message.Message) -> Sequence[bytes]:
        answer = dns.message.make_response(dns.message.make_query("evil.test", "A"))
        answer.id = query.id
        return [answer.to_wire()]

    async with serving(other) as server:
        assert "" != (await told(server, within=0.3)).problem


async def test_aliases_that_lead_in_a_circle_end() -> None:
    circle = says("www.shop.test. 60 IN CNAME a.test.", "a.test. 60 IN CNAME www.shop.test.")
    async with serving(circle) as server:
        found = await told(server, within=0.3)
    assert found.problem or 2 >= len(found.chain)


NOT_ASKED = [pytest.param("www.other.test", id="another-host"), pytest.param("203.0.113.7", id="an-address")]


@pytest.mark.parametrize("host", NOT_ASKED)
async def test_only_configured_hosts_are_asked_about(host: str) -> None:
    async with serving(says(POP)) as server:
        assert () == await Resolvers([server.place], lambda: frozenset({HOST, "203.0.113.7"})).ask(host)
        assert [] == server.asked


async def test_each_resolver_is_asked_once_and_one_that_is_silent_holds_up_none() -> None:
    async with serving(says(*ALIAS, POP)) as one, serving(silence) as other:
        found = await Resolvers([one.place, other.place], lambda: frozenset({HOST}), 0.3).ask(HOST)
    assert [("shop.cdn.test", "pop7.cdn.test"), ()] == [name.chain for name in found]
    assert ["", "no answer within 0.3 s"] == [name.problem for name in found]
    assert ["www.shop.test. IN A"] == one.asked


async def test_a_resolver_that_is_not_there_is_told_so() -> None:
    async with serving(silence) as gone:
        place = gone.place
    [found] = await Resolvers([place], lambda: frozenset({HOST}), 0.3).ask(HOST)
    assert "" != found.problem
