"""Asks resolvers where a host leads: over which names, to which addresses, for how long. Only hosts of configured
sites are asked about; nothing is dialled here but the resolvers themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from bot.domain.resolvers import address_of
from bot.domain.why import Resolved

WITHIN = 2.5  # seconds for one resolver
SYSTEM = "this machine"  # the name of the resolver that the machine itself uses
ADDRESSES_MAX = 8


class Resolvers:
    """Several resolvers, each an address with a port where it is not 53; none means the one of this machine."""

    def __init__(self, resolvers: Sequence[str], hosts: Callable[[], frozenset[str]]) -> None:
        self._resolvers = tuple(resolvers)
        self._hosts = hosts

    async def ask(self, host: str) -> tuple[Resolved, ...]:
        """What each says of `host`; none of a host that is not configured, and of an address. Never raises."""
        if host not in self._hosts() or _is_address(host):
            return ()
        return tuple(await asyncio.gather(*(_ask(where, host) for where in self._resolvers or (SYSTEM,))))


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


async def _ask(where: str, host: str) -> Resolved:
    try:
        answer = await _resolver(where).resolve(host, dns.rdatatype.A, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return Resolved(where, problem=f"there is no {host}")
    except dns.resolver.NoNameservers:
        return Resolved(where, problem="it refused, or could not find out")
    except (dns.exception.DNSException, OSError, ValueError):
        return Resolved(where, problem=f"no answer within {WITHIN:g} s")
    names = [str(rrset.name).rstrip(".") for rrset in answer.response.answer if rrset.rdtype == dns.rdatatype.CNAME]
    last = str(answer.canonical_name).rstrip(".")
    chain = tuple(dict.fromkeys([*names[1:], last])) if last != host else ()
    addresses = tuple(sorted(record.to_text() for record in answer.rrset or ()))[:ADDRESSES_MAX]
    return Resolved(where, chain, addresses, _ttl(answer))


def _ttl(answer: dns.resolver.Answer) -> int:
    """The seconds that the whole answer may be kept: the shortest of its parts."""
    return min((int(rrset.ttl) for rrset in answer.response.answer), default=0)


def _resolver(where: str) -> dns.asyncresolver.Resolver:
    address = address_of(where)
    if address is None:
        found = dns.asyncresolver.Resolver()
    else:
        found = dns.asyncresolver.Resolver(configure=False)
        found.nameservers, found.port = [address[0]], address[1]
    found.lifetime, found.timeout, found.cache = WITHIN, WITHIN, None
    return found
