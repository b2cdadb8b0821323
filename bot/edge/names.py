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

    def __init__(self, resolvers: Sequence[str], hosts: Callable[[], frozenset[str]], within: float = WITHIN) -> None:
        """`within` are the seconds for one resolver."""
        self._resolvers = tuple(resolvers)
        self._hosts = hosts
        self._within = within

    def turn_to(self, resolvers: Sequence[str]) -> None:
        """From now on these are asked."""
        self._resolvers = tuple(resolvers)

    async def ask(self, host: str) -> tuple[Resolved, ...]:
        """What each says of `host`; none of a host that is not configured, and of an address. Never raises."""
        if host not in self._hosts() or _is_address(host):
            return ()
        asked = (_ask(where, host, self._within) for where in self._resolvers or (SYSTEM,))
        return tuple(await asyncio.gather(*asked))


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


async def _ask(where: str, host: str, within: float) -> Resolved:
    try:
        answer = await _resolver(where, within).resolve(host, dns.rdatatype.A, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return Resolved(where, problem=f"there is no {host}")
    except dns.resolver.NoNameservers:
        return Resolved(where, problem="it refused, or could not find out")
    except dns.exception.Timeout:
        return Resolved(where, problem=f"no answer within {within:g} s")
    except (dns.exception.DNSException, OSError, ValueError):
        return Resolved(where, problem="it could not be asked")
    addresses = tuple(sorted(record.to_text() for record in answer.rrset or ()))[:ADDRESSES_MAX]
    return Resolved(where, _chain(host, answer), addresses, _ttl(answer))


def _chain(host: str, answer: dns.resolver.Answer) -> tuple[str, ...]:
    """The names that `host` leads over, in order, whatever their order in the answer."""
    aliases = {
        _plain(rrset.name): _plain(next(iter(rrset)).target)
        for rrset in answer.response.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    }
    chain: list[str] = []
    name = host
    while name in aliases and len(chain) < len(aliases):
        name = aliases[name]
        chain.append(name)
    return tuple(chain)


def _plain(name: dns.name.Name) -> str:
    return str(name).rstrip(".").lower()


def _ttl(answer: dns.resolver.Answer) -> int:
    """The seconds that the whole answer may be kept: the shortest of its parts."""
    return min((int(rrset.ttl) for rrset in answer.response.answer), default=0)


def _resolver(where: str, within: float) -> dns.asyncresolver.Resolver:
    address = address_of(where)
    if address is None:
        found = dns.asyncresolver.Resolver()
    else:
        found = dns.asyncresolver.Resolver(configure=False)
        found.nameservers, found.port = [address[0]], address[1]
    found.lifetime, found.timeout, found.cache = within, within, None
    return found
