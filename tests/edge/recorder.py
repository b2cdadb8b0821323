"""Sees every connection and every name look-up of this process, below all libraries, and lets none leave loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Traffic:
    """What was dialled and looked up, in order."""

    dialled: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)


_watching: list[Traffic] = []


def _audit(event: str, args: Sequence[object]) -> None:
    """Runs inside every socket call of the process (PEP 578) and cannot be taken away again, only left idle."""
    if not _watching or not event.startswith("socket."):
        return
    if event == "socket.getaddrinfo":
        _watching[-1].looked_up.append(str(args[0]))
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host, port = str(args[1][0]), int(args[1][1])
        _watching[-1].dialled.append((host, port))
        if host != "127.0.0.1":
            raise ConnectionRefusedError("nothing leaves this machine while it is watched")


sys.addaudithook(_audit)


@contextmanager
def watching() -> Iterator[Traffic]:
    """The traffic of this process until the end of the block; what is dialled beyond loopback is refused."""
    traffic = Traffic()
    _watching.append(traffic)
    try:
        yield traffic
    finally:
        _watching.remove(traffic)
