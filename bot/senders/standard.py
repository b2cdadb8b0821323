"""Deploys signed as Standard Webhooks 1.0.0 says: HMAC-SHA256 over `{id}.{timestamp}.{body}`.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, read 2026-11-26
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from functools import partial

from bot.domain.deploys.proven import Unproven, Verified
from bot.senders.request import Request
from bot.senders.secrets import Keys, the_one
from bot.settings.model import HookSender
from bot.settings.signing import signing_key

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = 300.0  # seconds, both ways
SIGNATURES_MOST = 8  # in one header
# Without braces and blanks, so that no text that was signed can be cut into id, time and a JSON object in two ways.
ID_FORM = re.compile(r"[A-Za-z0-9._~:@/+=#-]{1,200}")
_SECONDS = re.compile(r"[1-9][0-9]{0,11}")


def verify(request: Request, raw: bytes, now: float, senders: Sequence[HookSender], keys: Keys) -> Verified | Unproven:
    """Who signed `raw`, at most five minutes before or after `now` (seconds since the epoch)."""
    id, at = request.one(ID), request.one(TIMESTAMP)
    if not ID_FORM.fullmatch(id):
        return Unproven(f"{ID} is missing or holds odd characters")
    if not _SECONDS.fullmatch(at):
        return Unproven(f"{TIMESTAMP} is not a whole number of seconds")
    given = [text.encode() for text in request.one(SIGNATURE).split(" ") if text.startswith("v1,")]
    if not 1 <= len(given) <= SIGNATURES_MOST:
        return Unproven(f"{SIGNATURE} holds {len(given)} v1 signatures")
    signed = partial(_is_signed, f"{id}.{at}.".encode() + raw, given)
    sender = the_one(senders, keys, signing_key, signed)
    if isinstance(sender, Unproven):
        return sender
    if abs(now - int(at)) > TOLERANCE:
        off = f"{abs(now - int(at)):.0f} s {'ago' if now > int(at) else 'from now'}"
        return Unproven(f"{sender.name} signed it, for {off}, and {TOLERANCE:.0f} s are taken")
    return Verified(sender.name, sender.sites, f"hook {sender.name} {id}", "standard", float(at))


def _is_signed(content: bytes, given: Sequence[bytes], key: bytes) -> bool:
    """Whether one of the signatures is that of `key`; all are compared, each in constant time."""
    wanted = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
    matches = [hmac.compare_digest(wanted, one) for one in given]
    return any(matches)
