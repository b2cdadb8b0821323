"""The pretend pipeline: it deploys, and tells the bot so as any pipeline does, signed (Standard Webhooks 1.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from playground.http import loopback_client

SENDER = "ci"
KEY = b"purgebot playground: no secret"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
PATH = "/v1/deploys"


@dataclass(frozen=True, slots=True)
class Told:
    """What the bot answered."""

    status: int
    answer: object


def signed(body: bytes, id: str, at: int) -> Mapping[str, str]:
    """The headers of a delivery; `at` in whole seconds since the epoch."""
    content = b".".join([id.encode(), str(at).encode(), body])
    signature = base64.b64encode(hmac.digest(KEY, content, hashlib.sha256)).decode()
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }


async def tell(url: str, site: str, version: str, paths: list[str], now: float) -> Told:
    """Tell the bot at `url` that `version` of these pages is out, and that each must say so."""
    expect = {path: {"header": {"x-build": version}} for path in paths}
    told = {"site": site, "version": version, "paths": paths, "actor": "the pipeline", "expect": expect}
    body = json.dumps(told).encode()
    async with loopback_client() as client:
        response = await client.post(
            f"{url}{PATH}", content=body, headers=signed(body, f"msg_{secrets.token_hex(12)}", int(now))
        )
    try:
        return Told(response.status_code, response.json())
    except ValueError:
        return Told(response.status_code, response.text[:200])
