"""The generic provider, told to believe only what says so: then no page of another kind is a yes."""

from __future__ import annotations

import json

from providers.contract import Call
from tests.providers.manners import Manner
from tests.providers.promises import CANARY


def _addresses(call: Call) -> set[str]:
    return {dict(call.headers)["Host"] + call.path}


PURGE = {
    "url": {"method": "PURGE", "says": "Purged", "headers": {"X-Own-Key": {"secret": "purge.url.headers.X-Own-Key"}}},
    "tag": {"path": "/tags", "headers": {"xkey": "{tag}"}, "per_call": 5, "join": " "},
    "everything": {"path": "/everything", "says": "Purged"},
}
PROBE = {"method": "GET", "path": "/ready", "says": "Ready"}
HEADERS = {"X-Key": {"secret": "headers.X-Key"}}
MANNER = Manner(
    _addresses,
    settings={"purge": json.dumps(PURGE), "probe": json.dumps(PROBE), "headers": json.dumps(HEADERS)},
    secrets={"headers.X-Key": f"{CANARY}-key", "purge.url.headers.X-Own-Key": f"{CANARY}-own"},
)
