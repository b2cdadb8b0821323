"""Where a DNS resolver is: `9.9.9.9`, `10.0.0.2:5353`, `2620:fe::fe`, `[2620:fe::fe]:53`."""

from __future__ import annotations

import re
from ipaddress import ip_address

PORT = 53
_WITH_PORT = re.compile(r"(?:\[(?P<six>[^]]+)\]|(?P<four>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")


def address_of(typed: str) -> tuple[str, int] | None:
    """The address and the port; None where `typed` is no such thing."""
    found = _WITH_PORT.fullmatch(typed)
    host = (found["six"] or found["four"]) if found else typed
    port = int(found["port"] or PORT) if found else PORT
    try:
        return (str(ip_address(host)), port) if 0 < port <= 65_535 else None
    except ValueError:
        return None
