"""Akamai: URLs stand in a JSON body; each attempt is signed anew, with its own time and nonce."""

from __future__ import annotations

import json

from providers.contract import Call
from tests.providers.manners import Manner

SECRET = "canary-7d1e"
EDGERC = f"""[default]
host = akab-{SECRET[-4:]}.luna.akamaiapis.net
client_token = akab-{SECRET}-client
client_secret = {SECRET}-secret=
access_token = akab-{SECRET}-access
"""


def _addresses(call: Call) -> set[str]:
    return {url.partition("://")[2] for url in json.loads(call.body)["objects"]}


MANNER = Manner(
    _addresses,
    secrets={"edgerc": EDGERC},
    layer={"cpcodes": "123456, 123457"},
    fresh=frozenset({"authorization"}),
    status_page="https://www.akamaistatus.com",
)
