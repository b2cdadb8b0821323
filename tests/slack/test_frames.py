"""Whatever comes over a WebSocket is read, and nothing of it raises."""

from __future__ import annotations

import pytest

from bot.slack.frames import Envelope, Farewell, Frame, Hello, Reason, Strange, read

FRAMES: dict[str, tuple[str, Frame]] = {
    "hello": ('{"type": "hello", "num_connections": 2, "connection_info": {}}', Hello()),
    "a warning": ('{"type": "disconnect", "reason": "warning"}', Farewell(Reason.WARNING)),
    "a refresh": ('{"type": "disconnect", "reason": "refresh_requested"}', Farewell(Reason.REFRESH)),
    "switched off": ('{"type": "disconnect", "reason": "link_disabled"}', Farewell(Reason.DISABLED)),
    "too many": ('{"type": "disconnect", "reason": "too_many_websockets"}', Farewell(Reason.TOO_MANY)),
    "a reason of a later year": ('{"type": "disconnect", "reason": "moon"}', Farewell(Reason.REFRESH)),
    "our own word for no reason": ('{"type": "disconnect", "reason": "lost"}', Farewell(Reason.REFRESH)),
    "no reason": ('{"type": "disconnect", "reason": 5}', Farewell(Reason.REFRESH)),
    "an envelope": (
        '{"type": "slash_commands", "envelope_id": "e1", "payload": {"text": "a"}}',
        Envelope("e1", "slash_commands", {"text": "a"}),
    ),
    "an envelope again": (
        '{"type": "events_api", "envelope_id": "e1", "payload": {}, "retry_attempt": 1, "retry_reason": "timeout"}',
        Envelope("e1", "events_api", {}, 1, "timeout"),
    ),
    "an envelope of a later year": (
        '{"type": "moon", "envelope_id": "e1", "payload": {}, "retry_attempt": "x", "retry_reason": null}',
        Envelope("e1", "moon", {}),
    ),
    "no payload": ('{"type": "moon", "envelope_id": "e1"}', Strange("no payload", "e1")),
    "a payload that is a list": ('{"type": "moon", "envelope_id": "e1", "payload": []}', Strange("no payload", "e1")),
    "no id": ('{"type": "interactive", "payload": {}}', Strange("no envelope_id")),
    "an id that is none": ('{"envelope_id": 7, "payload": {}}', Strange("no envelope_id")),
    "an empty id": ('{"envelope_id": "", "payload": {}}', Strange("no envelope_id")),
    "a list": ("[1]", Strange("not an object")),
    "a number": ("1", Strange("not an object")),
    "nothing": ("", Strange("not JSON")),
    "half a frame": ('{"type": "hel', Strange("not JSON")),
    "a deep hole": ("[" * 100_000, Strange("not JSON")),
}


@pytest.mark.parametrize(("text", "expected"), FRAMES.values(), ids=FRAMES)
def test_a_frame_is_read(text: str, expected: Frame) -> None:
    assert expected == read(text)
