"""What a secret of a sender must be like."""

from __future__ import annotations

import base64
import binascii

from bot.domain.shown import count

PREFIX = "whsec_"
KEY_LEAST, KEY_MOST = 24, 64  # bytes; Standard Webhooks 1.0.0, "Signature scheme"
TEXT_LEAST = 24  # characters of a GitHub webhook's secret; GitHub itself takes any


class Unfit(ValueError):
    """A secret that cannot be used; the text says why, and nothing of the secret."""


def signing_key(secret: str) -> bytes:
    """The key that a Standard Webhooks secret stands for, with or without `whsec_`. Raises Unfit."""
    text = secret.strip().removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unfit("is not base64, with or without `whsec_` in front") from None
    if not KEY_LEAST <= len(key) <= KEY_MOST:
        raise Unfit(f"stands for {count(len(key), 'byte')}, and a key has {KEY_LEAST} to {KEY_MOST}")
    return key


def webhook_key(secret: str) -> bytes:
    """The key that a GitHub webhook's secret is. Raises Unfit."""
    if len(secret) < TEXT_LEAST:
        raise Unfit(f"has {count(len(secret), 'character')}, and {TEXT_LEAST} are the least")
    return secret.encode()
