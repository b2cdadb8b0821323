"""Envelopes that were sent and what came back: an ack counts once, in time, in its shape; all else is noted.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode, read 2026-11-23.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.slack.link import Doc, Link

EVENTS = "events_api"
KEPT = 1000  # envelopes and notes


@dataclass(frozen=True, slots=True)
class Sent:
    """One envelope on its way; `ack` becomes what came back, None where its connection ended first."""

    id: str
    kind: str
    link: Link
    ack: asyncio.Future[Doc | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def frame(self, payload: Mapping[str, object], retry: int, reason: str) -> Doc:
        """As it is sent. Only events say that they come again."""
        doc: Doc = {"envelope_id": self.id, "type": self.kind, "payload": payload}
        doc |= {"accepts_response_payload": self.kind != EVENTS}
        return doc | ({"retry_attempt": retry, "retry_reason": reason} if self.kind == EVENTS else {})


class Envelopes:
    """Judges acks."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}
        self.notes: deque[str] = deque(maxlen=KEPT)

    def send(self, kind: str, link: Link) -> Sent:
        """A new envelope for `link`."""
        sent = Sent(secrets.token_hex(16), kind, link)
        self._sent[sent.id] = sent
        if len(self._sent) > KEPT:
            del self._sent[next(iter(self._sent))]
        return sent

    def lost(self, link: Link) -> None:
        """`link` ended: what it carried will not be acknowledged."""
        for sent in self._sent.values():
            if sent.link is link and not sent.ack.done():
                sent.ack.set_result(None)

    def read(self, text: str, link: Link) -> tuple[Sent, Doc] | None:
        """The envelope that `text` acknowledges, and the ack; None, and a note, where it acknowledges nothing."""
        doc = _object(text)
        sent = self._sent.get(str(doc.get("envelope_id", "")))
        wrong = _wrong(doc, sent)
        if wrong or sent is None:
            self.notes.append(wrong)
            return None
        if sent.link is not link:
            self.notes.append(f"{sent.kind}: an answer came by another connection than its envelope")
        for name in sorted(doc.keys() - {"envelope_id", "payload"}):
            self.notes.append(f"{sent.kind}: an answer has {name}")
        if sent.kind == EVENTS and "payload" in doc:
            self.notes.append(f"{sent.kind}: an answer has a payload, which an event takes none of")
            return sent, {"envelope_id": sent.id}
        return sent, doc


def _wrong(doc: Doc, sent: Sent | None) -> str:
    """Why `doc` acknowledges nothing, "" where it does."""
    if not doc:
        return "an answer is no JSON object"
    if sent is None:
        return f"an answer has an envelope_id that was never sent: {doc.get('envelope_id')}"
    if sent.ack.cancelled() or (sent.ack.done() and sent.ack.result() is None):
        return f"{sent.kind}: an answer came too late"
    if sent.ack.done():
        return f"{sent.kind}: an envelope was answered again"
    if not isinstance(doc.get("payload", {}), dict):
        return f"{sent.kind}: an answer has a payload that is no object"
    return ""


def _object(text: str) -> Doc:
    try:
        doc = json.loads(text)
    except ValueError:
        return {}
    return doc if isinstance(doc, dict) else {}
