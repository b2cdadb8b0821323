"""Addresses that a typed URL may lead to, and those it may not."""

from __future__ import annotations

import pytest

from bot.domain.reach import denied

DENIED = {
    "0.0.0.0": "this network",
    "0.1.2.3": "this network",
    "10.0.0.1": "private",
    "100.64.0.1": "shared behind a carrier's NAT",
    "100.100.100.200": "shared behind a carrier's NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "Azure's metadata",
    "169.254.169.254": "link-local, where clouds keep metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.9": "set aside for protocols",
    "192.0.0.192": "set aside for protocols",
    "192.88.99.1": "a 6to4 relay",
    "192.168.1.1": "private",
    "198.19.0.1": "for benchmarks",
    "224.0.0.1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "not public unicast",
    "::1": "not public unicast",
    "::127.0.0.1": "not public unicast",
    "::ffff:127.0.0.1": "not public unicast",
    "::ffff:203.0.113.7": "not public unicast",
    "::ffff:0:7f00:1": "not public unicast",
    "64:ff9b::a9fe:a9fe": "not public unicast",
    "64:ff9b::cb00:7107": "not public unicast",
    "64:ff9b:1::7f00:1": "not public unicast",
    "100::1": "not public unicast",
    "2001::1": "Teredo or set aside for protocols",
    "2001:20::1": "Teredo or set aside for protocols",
    "2002:7f00:1::": "6to4",
    "2001:db8::5efe:7f00:1": "an IPv4 address in an IPv6 one",
    "2001:db8::200:5efe:7f00:1": "an IPv4 address in an IPv6 one",
    "5f00::1": "not public unicast",
    "fc00::1": "not public unicast",
    "fd00:ec2::254": "not public unicast",
    "fe80::1": "not public unicast",
    "fe80::1%eth0": "bound to one interface",
    "2606:4700::1%eth0": "bound to one interface",
    "fec0::1": "not public unicast",
    "ff02::1": "not public unicast",
    "": "not an IP address",
    "localhost": "not an IP address",
    "127.1": "not an IP address",
    "0x7f000001": "not an IP address",
    "2130706433": "not an IP address",
    "0177.0.0.1": "not an IP address",
    "１２７.0.0.1": "not an IP address",
}
PUBLIC = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "168.63.129.15", "168.63.129.17", "169.253.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.0.2.1",
    "192.167.0.1", "192.169.0.1", "198.17.0.1", "198.20.0.1", "203.0.113.7", "223.255.255.255", "2001:200::1",
    "2001:db8::1", "2606:4700::6810:84e5", "2a00:1450:4001:82a::200e",
]  # fmt: skip


@pytest.mark.parametrize(("address", "expected"), DENIED.items(), ids=DENIED)
def test_an_address_that_is_not_public_is_denied_and_named(address: str, expected: str) -> None:
    assert expected == denied(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_dialled(address: str) -> None:
    assert "" == denied(address)
