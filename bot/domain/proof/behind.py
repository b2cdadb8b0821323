"""Whose looks stand behind those of proofs: what people and tokens have looked at, whatever their pages answer."""

from __future__ import annotations

from contextvars import ContextVar

BEHIND_PROOFS: ContextVar[bool] = ContextVar("behind_proofs", default=False)
"""Whether the look that goes on here is one of those."""
