"""What Slack says over a WebSocket, read once. What is no frame of Slack's is Strange, never an error.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode, read 2026-11-23.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a connection is over, or is to be."""

    LOST = "lost"  # closed, cut or silent, without a word
    WARNING = "warning"  # Slack closes it in about 10 s
    REFRESH = "refresh_requested"  # Slack closes it now
    DISABLED = "link_disabled"  # Socket Mode was switched off
    TOO_MANY = "too_many_websockets"  # an app has ten at most


@dataclass(frozen=True, slots=True)
class Hello:
    """The connection is open."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """The connection will end."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload to be acknowledged. `attempt` counts how often it was sent before."""

    id: str
    kind: str
    payload: Mapping[str, object]
    attempt: int = 0
    why_again: str = ""


@dataclass(frozen=True, slots=True)
class Strange:
    """Nothing that is known; `id` is the envelope's where it has one, so that it can be acknowledged."""

    why: str
    id: str = ""


Frame = Hello | Farewell | Envelope | Strange


def read(text: str) -> Frame:
    """The frame that `text` is."""
    try:
        doc = json.loads(text)
    except (ValueError, RecursionError):
        return Strange("not JSON")
    if not isinstance(doc, dict):
        return Strange("not an object")
    match doc.get("type"):
        case "hello":
            return Hello()
        case "disconnect":
            return Farewell(_reason(doc.get("reason")))
        case _:
            return _envelope(doc)


def _reason(value: object) -> Reason:
    """A reason of a later year is a reason to open another one."""
    known = [reason for reason in Reason if reason == value and reason is not Reason.LOST]
    return known[0] if known else Reason.REFRESH


def _envelope(doc: Mapping[str, object]) -> Frame:
    id, payload, attempt = doc.get("envelope_id"), doc.get("payload"), doc.get("retry_attempt")
    if not isinstance(id, str) or not id:
        return Strange("no envelope_id")
    if not isinstance(payload, dict):
        return Strange("no payload", id)
    again = attempt if isinstance(attempt, int) else 0
    return Envelope(id, str(doc.get("type", "")), payload, again, str(doc.get("retry_reason") or ""))
