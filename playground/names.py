"""Two DNS resolvers on UDP, which lead to the pretend providers' names; one of them may still have an older answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import Mapping, Sequence

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from playground.http import remembered_port
from playground.store import Store

TTL = 300  # seconds
ADDRESS, ELSEWHERE = "127.0.0.1", "203.0.113.99"  # where the zone leads, as the edges are, and where else
RESOLVERS = ("resolver-1", "resolver-2")
_PORTS = range(20_000, 30_000)
_TRIES = 20


class Names:
    """Where hosts lead: the names of `zone`, and what a resolver was told beside them."""

    def __init__(self, store: Store, zone: Mapping[str, Sequence[str]]) -> None:
        self._store = store
        self._zone = zone
        store.execute(
            "create table if not exists names (resolver text, host text, chain text, ttl integer,"
            " primary key (resolver, host))"
        )

    def lead(self, resolver: str, host: str, chain: Sequence[str], ttl: int) -> None:
        """From now on `resolver` leads `host` over these names."""
        row = (resolver, host, json.dumps(list(chain)), ttl)
        self._store.execute("insert or replace into names values (?, ?, ?, ?)", row)

    def clear(self) -> None:
        """Every resolver says the same."""
        self._store.execute("delete from names")

    def chain(self, resolver: str, host: str) -> tuple[Sequence[str], int] | None:
        """The names that `host` leads over, and their seconds to live; None where there is no such host."""
        rows = self._store.rows("select chain, ttl from names where resolver = ? and host = ?", (resolver, host))
        if rows:
            return json.loads(rows[0]["chain"]), int(rows[0]["ttl"])
        return (self._zone[host], TTL) if host in self._zone else None

    def answer(self, resolver: str, asked: bytes) -> bytes:
        """The answer to one query; none to what is no query."""
        try:
            query = dns.message.from_wire(asked)
        except dns.exception.DNSException:
            return b""
        reply = dns.message.make_response(query, recursion_available=True)
        question = query.question[0] if query.question else None
        host = str(question.name).rstrip(".").lower() if question is not None else ""
        found = self.chain(resolver, host)
        if found is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply.to_wire()
        names, ttl = found
        address = ADDRESS if names == self._zone.get(host) else ELSEWHERE
        for name, leads in zip((host, *names), names, strict=False):
            reply.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", "CNAME", f"{leads}."))
        if question is not None and question.rdtype == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(f"{(host, *names)[-1]}.", ttl, "IN", "A", address))
        return reply.to_wire()


class Resolver(asyncio.DatagramProtocol):
    """One resolver on a UDP port of its own, the same after a restart where it is still free."""

    def __init__(self, store: Store, name: str, names: Names) -> None:
        self._store = store
        self._name = name
        self._names = names
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def url(self) -> str:
        """Where it is, once started, as a configuration names it."""
        return f"127.0.0.1:{remembered_port(self._store, self._name)}"

    async def start(self) -> None:
        """Listen; nothing where it listens already."""
        if self._transport is not None:
            return
        place = _bound(remembered_port(self._store, self._name))
        self._store.execute("insert or replace into ports values (?, ?)", (self._name, place.getsockname()[1]))
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=place)

    async def stop(self) -> None:
        """Listen no more."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query."""
        said = self._names.answer(self._name, data)
        if said and self._transport is not None:
            self._transport.sendto(said, addr)


def _bound(wanted: int) -> socket.socket:
    """A socket on that port, or on another that is free: below those that systems hand out by themselves, so that it is
    still free after a restart."""
    place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    place.setblocking(False)
    for port in (*([wanted] if wanted else []), *(secrets.choice(_PORTS) for _ in range(_TRIES))):
        with contextlib.suppress(OSError):
            place.bind(("127.0.0.1", port))
            return place
    place.bind(("127.0.0.1", 0))
    return place
