"""A mark on what asks for deeds, made at the door: whoever can write the ledger's file makes none, since the key is not
in it.

HMAC-SHA256 over what is stored, with a key that is derived from the secret by which Slack proves itself: the app-level
token where deliveries come by socket, else the signing secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from bot.ledger.chain import microseconds
from bot.ledger.intake import Delivery
from bot.slack.deliveries import CLICK, COMMAND, MENTION, SHORTCUT, SUBMIT

MARKED = frozenset({COMMAND, MENTION, CLICK, SUBMIT, SHORTCUT})
BEFORE_SECONDS = 600.0  # what was marked before a change of the secret counts so long after it
_PLAIN = json.JSONEncoder(sort_keys=True)  # in ASCII: whatever came in can be told so
_USE = b"purgebot: deliveries, 1"


class Marks:
    """Makes marks and knows its own again."""

    def __init__(self, secret: str) -> None:
        self._key = _key_of(secret)
        self._before = ""
        self._until = 0.0

    def become(self, secret: str, now: float) -> None:
        """From now on the key is that of `secret`; the one before counts for what is still to be done."""
        key = _key_of(secret)
        if key != self._key:
            self._key, self._before, self._until = key, self._key, now + BEFORE_SECONDS

    def make(self, key: str, kind: str, body: Mapping[str, object], at: float) -> str:
        """The mark of a delivery as it is stored; "" without a secret, where nothing comes from Slack."""
        return self._key and _made(self._key, key, kind, body, at)

    def fits(self, delivery: Delivery, now: float) -> bool:
        """Whether `delivery` is as the door stored it. What asks for no deed has no mark."""
        if delivery.kind not in MARKED:
            return True
        keys = filter(None, (self._key, self._before if now < self._until else ""))
        told = (delivery.key, delivery.kind, delivery.body, delivery.at)
        return any(hmac.compare_digest(_made(key, *told).encode(), delivery.mark.encode()) for key in keys)


def _key_of(secret: str) -> str:
    return hmac.new(secret.encode(), _USE, hashlib.sha256).hexdigest() if secret else ""


def _made(mine: str, key: str, kind: str, body: Mapping[str, object], at: float) -> str:
    text = _PLAIN.encode([key, kind, body, microseconds(at)])
    return hmac.new(mine.encode(), text.encode(), hashlib.sha256).hexdigest()
