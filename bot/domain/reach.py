"""Which addresses a typed URL may lead to: an own table, since libraries and Python versions disagree on them.

Everything that is not a public unicast address is refused, and so is every address with another one inside it (NAT64,
6to4, Teredo, IPv4-mapped, ISATAP): what lies at the end of such a tunnel cannot be judged here. Documentation ranges
lead nowhere and are let through. Sources: the IANA special-purpose registries
https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry, read 2026-11.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_DENIED_V4 = {
    IPv4Network("0.0.0.0/8"): "this network",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "shared behind a carrier's NAT",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "Azure's metadata",
    IPv4Network("169.254.0.0/16"): "link-local, where clouds keep metadata",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "set aside for protocols",
    IPv4Network("192.88.99.0/24"): "a 6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "for benchmarks",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
_UNICAST_V6 = IPv6Network("2000::/3")  # all that IANA has given out for public use
_DENIED_V6 = {
    IPv6Network("2001::/23"): "Teredo or set aside for protocols",
    IPv6Network("2002::/16"): "6to4",
}
_ISATAP = (0x00005EFE, 0x02005EFE)  # bits 64-95 of an IPv6 address that carries an IPv4 one (RFC 5214, 6.1)


def denied(address: str) -> str:
    """Why `address` (an IP address as text) is not to be dialled; "" if it is a public one."""
    if "%" in address:
        return "bound to one interface"
    try:
        ip = ip_address(address)
    except ValueError:
        return "not an IP address"
    return _denied_v4(ip) if isinstance(ip, IPv4Address) else _denied_v6(ip)


def _denied_v4(ip: IPv4Address) -> str:
    return next((why for network, why in _DENIED_V4.items() if ip in network), "")


def _denied_v6(ip: IPv6Address) -> str:
    if ip not in _UNICAST_V6:
        return "not public unicast"
    if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
        return "an IPv4 address in an IPv6 one"
    return next((why for network, why in _DENIED_V6.items() if ip in network), "")
