"""Cloudflare: URLs stand in a JSON body, as text or with the headers of a variant."""

from __future__ import annotations

import json

from providers.contract import Call
from tests.providers.manners import Manner


def _addresses(call: Call) -> set[str]:
    entries = json.loads(call.body)["files"]
    return {(entry if isinstance(entry, str) else entry["url"]).partition("://")[2] for entry in entries}


MANNER = Manner(_addresses, status_page="https://www.cloudflarestatus.com")
