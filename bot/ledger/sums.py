"""The calls of a layer as one number, whatever their order: what was asked for is known without any list of it.

It is the sum of the SHA-256 of each call's JSON, modulo 2^256, which the entry `asked` holds for every layer. A call
that goes on in halves takes its own out and brings those of the halves in, which an entry `halved` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_MODULUS = 1 << 256


def call_hash(text: str | bytes) -> int:
    """That of one call, by its JSON."""
    return int.from_bytes(hashlib.sha256(text.encode() if isinstance(text, str) else text).digest(), "big")


def added(some: int, more: Iterable[int] = (), less: Iterable[int] = ()) -> int:
    """`some` with calls that came and without some that went."""
    return (some + sum(more) - sum(less)) % _MODULUS


def written(some: int) -> str:
    """As the journal has it: 64 hex digits."""
    return f"{some:064x}"


def read(text: object) -> int | None:
    """What `written` wrote; None for anything else."""
    try:
        return int(text, 16) if isinstance(text, str) and len(text) == 64 else None
    except ValueError:
        return None
